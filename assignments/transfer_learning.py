# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Transfer learning
#
# You take a network that has learnt one thing and let it learn another, from few photographs: a
# new softmax in place of the old one, as many frozen layers as the photographs are few, and
# features that are computed once and kept in a file.
#
# Three functions are yours: `replace_head`, `layers_to_freeze` and `cache_features`. Fill in what
# lies between the markers `EXERCISE ... STARTS` and `EXERCISE ... ENDS`, and ask as often as you
# like:
#
#     python -m grader check transfer_learning
#
# Once they are filled in, run this file: it trains a small network on drawn hands, hands it on to
# photographs by your three functions, and compares what comes of it with what is said about it.
# `--quick` takes less than a minute, `--help` lists the rest.

# %%
"""Transfer learning: the exercise, from a new softmax to what freezing and a cache are worth."""

from __future__ import annotations

import argparse
import hashlib
import sys
from pathlib import Path

import keras
import numpy as np
from keras import layers

# %% [markdown]
# ## 1. What can be handed on
#
# The first layers of a network that was trained on images find edges and colours, those behind
# them textures and parts, and only the last ones what the labels asked for. Edges are the same in
# all images. So whoever has few images of her own takes a network that somebody else has trained
# on many, and trains again only what is special to her labels.
#
# Here the many images are drawn hands, which cost nothing, and the few are photographs.
#
# ## 2. A new softmax
#
# The last layer has one unit a class of the old labels. It goes; a new one takes its place, on the
# same features, with one unit a class of the new labels and weights that are freshly drawn. It is
# fresh even where both have the same number of classes, for the old units mean the old classes.
#
# Everything before it stays: not layers of the same kind, but these, with the weights that they
# have learnt. A network that is built again or cloned has the shape alone, and begins at random.


# %%
def replace_head(model, classes):
    """A model like `model` with a new softmax for `classes` classes in place of its last layer.

    model: a keras.Model from images to probabilities whose last layer is dense, with softmax. All
    other layers keep their weights, and what is frozen stays frozen. The new layer is dense with
    softmax, its weights are freshly drawn, and it is trained. `model` itself stays as it is.
    Returns a keras.Model, not compiled: the same images -> probabilities (n, classes).
    """
    ### EXERCISE 1 STARTS: replace_head, 34 points ###
    # 1. Find the features: the tensor that the last layer is given.
    # 2. Put the new layer on them, and make a model from the images to there.
    raise NotImplementedError(
        "exercise 1, replace_head, is not filled in yet; hint: "
        "python -m grader hint transfer_learning replace_head"
    )
    ### EXERCISE 1 ENDS ###
    return replaced


# %% [markdown]
# ## 3. Frozen layers
#
# A layer with `layer.trainable = False` keeps its weights: no gradient changes them. Two things
# are easily missed:
#
# - it must be said before `compile`, which looks at it once. A loop that freezes afterwards, or
#   that goes through other layers than those of the model, freezes nothing, and nothing warns;
# - batch norm has two kinds of weights: a scale and an offset that gradients change, and a moving
#   mean and variance that every step in training mode changes without one. In Keras a frozen batch
#   norm works in inference mode even while the rest trains, and so keeps all four. One that is
#   left out of freezing spoils the features of the frozen layers around it.
#
# ## 4. How many of them
#
# A frozen layer cannot be spoilt by few photographs, and cannot get better by many. So the lecture
# freezes fewer layers the more data there is. It says small, larger and a lot; for this exercise
# these are numbers:
#
# | photographs a class | frozen | trained |
# |---|---|---|
# | below 20 | all layers but the last | the new softmax |
# | from 20, below 100 | all before the last convolution | the last convolution and what follows |
# | from 100 | none | all, with the old weights as a better beginning than random ones |

# %%
FEW, MANY = 20, 100


def layers_to_freeze(model, examples_per_class):
    """The layers of `model` that the table freezes, for so many photographs a class.

    model: a keras.Model with at least one layers.Conv2D, whose last layer is the new softmax.
    Below FEW examples: all layers but the last. From FEW on and below MANY: all layers that come
    before the last Conv2D in model.layers. From MANY on: none. Whether a layer is frozen already
    does not matter. Returns a list of layers, or of their names; layers without weights, such as
    pooling, may be in it or not. It freezes nothing itself.
    """
    ### EXERCISE 2 STARTS: layers_to_freeze, 30 points ###
    # 1. Few photographs: everything but the last layer.
    # 2. More: find the place of the last convolution, and take what comes before it.
    # 3. Many: nothing is frozen.
    raise NotImplementedError(
        "exercise 2, layers_to_freeze, is not filled in yet; hint: "
        "python -m grader hint transfer_learning layers_to_freeze"
    )
    ### EXERCISE 2 ENDS ###
    return frozen


# %% [markdown]
# ## 5. Computed once
#
# Where all layers but the last are frozen, they give the same features for the same photograph in
# every epoch. So compute them once, keep them in a file, and train the new layer on the file: then
# a step is a product of two small matrices. A second head, another seed, another learning rate:
# all of them read what is there.
#
# The danger is a stale file: features of other photographs, or of the network as it was before it
# was trained further. They have the right shape, and nothing warns. So the file holds a **key**
# beside the features, made of all that they depend on, and is believed only where the key is the
# one expected now. They depend on three things: the photographs, every weight of the network, and
# its layers with their settings, which `model.to_json()` tells as a text. `digest` below makes one
# short text of all that it is given.
#
# And features are what the layers give in inference mode. In training mode batch norm uses the
# mean and variance of just these photographs, and dropout leaves out some numbers at random: kept
# in a file, one such draw would be taken for the truth.


# %%
def digest(*values):
    """A short text that is another where any of the values is: arrays, and texts."""
    total = hashlib.sha256()
    for value in values:
        array = np.ascontiguousarray(value)
        total.update(f"{array.dtype} {array.shape}".encode())
        total.update(array.tobytes())
    return total.hexdigest()


def cache_features(model, images, path):
    """What `model` gives for `images` in inference mode, from the file where it holds that.

    model: a keras.Model from images to features. images: float32 (n, ...), as it takes them. path:
    the pathlib.Path of a file that ends in .npz and need not be there yet; what is kept is in this
    file. The model is run only where the file is missing, or holds the features of other images,
    of other weights or of other layers; then the file is written anew. Returns the features,
    float32 (n, ...), as a NumPy array.
    """
    ### EXERCISE 3 STARTS: cache_features, 36 points ###
    # 1. The key: of everything that the features depend on.
    # 2. Where the file is there and has this key, its features are the answer.
    # 3. Else run the model in inference mode, 64 images at a time, and join the parts.
    # 4. Keep both, the key and the features.
    raise NotImplementedError(
        "exercise 3, cache_features, is not filled in yet; hint: "
        "python -m grader hint transfer_learning cache_features"
    )
    ### EXERCISE 3 ENDS ###
    return features


# %% [markdown]
# ## 6. Train and compare
#
# The network is small, so that all of this takes minutes: four stages of convolution, batch norm,
# ReLU and pooling, then the mean over the map, then the softmax. It learns from drawn hands, and
# is handed on to the photographs three times for every number of them: all layers before the
# softmax frozen, those before the last convolution, and none. The same few photographs and the
# same recipe for all three; only that a head on the file takes more steps, for there they cost
# next to nothing, and a fresh softmax needs them.
#
# The drawn hands show the digits 0 to 5 too. So this is a mild kind of transfer, and the old
# softmax would not be worthless on the photographs: how good it is there is printed first. Imports
# of our own packages stand inside the functions, so that checking the exercises does not wait for
# them.

# %%
FREEZING = {"all": 5, "some": 50, "none": 180}  # photographs a class at which your rule says so
# steps: of a run at least; head_steps: of a head on the file; timed: epochs of the timing.
FULL = {"sizes": (5, 20, 50, 180), "seeds": 3, "rounds": 3, "hands": 12_000, "epochs": 4,
        "steps": 120, "head_steps": 3000, "timed": 30}
QUICK = {"sizes": (5, 20), "seeds": 1, "rounds": 1, "hands": 600, "epochs": 2, "steps": 20,
         "head_steps": 100, "timed": 2}


def network(input_shape=(64, 64, 3), classes=6):
    """The small network: images float32 from 0 to 1 -> probabilities; 99,174 parameters."""
    images = X = keras.Input(input_shape)
    for filters in (16, 32, 64, 128):
        X = layers.Conv2D(filters, 3, padding="same")(X)
        X = layers.BatchNormalization()(X)
        X = layers.MaxPooling2D(2)(layers.ReLU()(X))
    X = layers.GlobalAveragePooling2D()(X)
    return keras.Model(images, layers.Dense(classes, activation="softmax")(X))


def pretrain(options):
    """The small network after training on drawn hands; a keras.Model."""
    from dataclasses import replace

    from training.loop import fit
    from training.transfer import pretrained as sources

    print(f"drawing {options.hands:,} hands and training on them, {options.epochs} epochs")
    recipe = replace(sources.RECIPE, epochs=options.epochs)
    hands = sources.drawn(options.hands, sources.SEED)
    return fit(network, hands, recipe, seed=options.seed, title="drawn hands").model


def handed_on(pretrained, examples, classes):
    """A copy of the pre-trained network with a new head, frozen as for so many a class."""
    copy = keras.models.clone_model(pretrained)
    copy.set_weights(pretrained.get_weights())
    model = replace_head(copy, classes)
    chosen = [getattr(one, "name", one) for one in layers_to_freeze(model, examples)]
    for name in chosen:
        model.get_layer(name).trainable = False
    return model


def cut(model):
    """The model in two: images -> features, and the last layer, features -> probabilities."""
    last = model.layers[-1]
    given = keras.Input(last.input.shape[1:])
    return keras.Model(model.input, last.input), keras.Model(given, last(given))


def recipe_for(photographs, options):
    """The recipe, with as many epochs as give so few photographs enough steps."""
    from dataclasses import replace

    from datasets.pipeline import steps_per_epoch
    from training.recipes import get

    recipe = get("transfer_learning")
    least = -(-options.steps // steps_per_epoch(photographs, recipe.batch))
    return replace(recipe, epochs=max(least, 1 if options.quick else recipe.epochs))


def train_one(pretrained, freezing, data, rows, seed, options):
    """Train on the photographs of these rows: a training.loop.Fitted.

    Where all but the head is frozen the head alone is trained, on features from the file.
    """
    from dataclasses import replace

    from datasets.files import make_folder
    from datasets.pipeline import scaled
    from training.loop import fit
    from training.transfer.fine_tune import fit_head
    from training.transfer.study import Silent

    keras.utils.set_random_seed(seed)
    part = data._replace(train_x=data.train_x[rows], train_y=data.train_y[rows])
    recipe = recipe_for(len(rows), options)
    model = handed_on(pretrained, FREEZING[freezing], len(data.classes))
    if freezing == "all":
        body, head = cut(model)
        path = make_folder(options.runs) / "features.npz"
        features = cache_features(body, scaled(data.train_x), path)
        fitted = fit_head(head, features[rows], part.train_y, recipe, seed,
                          least=options.head_steps)
        return replace(fitted, model=model)
    return fit(model, part, recipe, seed=seed, reporter=Silent)


def arms(data, options, pretrained=None):
    """What is compared: (size, freezing) -> (passes over the photographs, seed -> Fitted).

    `python -m training reproduce transfer_learning` runs them as well, and keeps each. Where no
    network is given, one is pre-trained once, for the first run.
    """
    from functools import cache

    from datasets.splits import few
    from datasets.pipeline import steps_per_epoch

    begin = cache(lambda: pretrained or pretrain(options))

    def arm(size, freezing):
        count = size * len(data.classes)
        recipe = recipe_for(count, options)
        steps = options.head_steps if freezing == "all" else 0
        passes = max(recipe.epochs, -(-steps // steps_per_epoch(count, recipe.batch)))
        return passes, lambda seed: train_one(begin(), freezing, data, few(data, size, seed), seed,
                                              options)

    return {(size, freezing): arm(size, freezing) for size in options.sizes
            for freezing in FREEZING}


def train_all(pretrained, data, options):
    """All runs: how much is frozen -> photographs a class -> test accuracies, one a seed."""
    from training.evaluate import score

    found = {freezing: {} for freezing in FREEZING}
    runs = arms(data, options, pretrained)
    for size in options.sizes:
        for seed in range(options.seed, options.seed + options.seeds):
            for freezing in FREEZING:
                _, train = runs[size, freezing]
                tested = score(train(seed).model, data)
                found[freezing].setdefault(size, []).append(tested.accuracy)
                print(f"{size} a class, seed {seed}, {freezing} frozen: test accuracy "
                      f"{tested.accuracy:.4f} on {tested.tested} photographs, "
                      f"{tested.accuracy_unseen:.4f} on the {tested.unseen} that train does not "
                      "hold", flush=True)
    return found


# %% [markdown]
# What the file is worth is a matter of seconds. The same head is trained three ways on all
# photographs, for the same number of epochs: through the frozen layers, as if there were no file;
# with a file that has yet to be made; and with the file that is there by then, as a second head
# would find it.


# %%
def time_cache(pretrained, data, options):
    """Seconds to a trained head, each a list with one number a round: three ways, by name."""
    import time
    from dataclasses import replace

    from datasets.pipeline import scaled
    from training.loop import fit
    from training.transfer.fine_tune import fit_head
    from training.transfer.study import Silent

    path = options.runs / "timed.npz"
    recipe = replace(recipe_for(len(data.train_x), options), epochs=options.timed)
    images = scaled(data.train_x)

    def through_layers(model):
        fit(model, data, recipe, seed=options.seed, reporter=Silent)

    def on_file(model):
        body, head = cut(model)
        features = cache_features(body, images, path)
        fit_head(head, features, data.train_y, recipe, options.seed, least=0)

    ways = {"without a file": through_layers, "first head": on_file, "second head": on_file}
    found = {way: [] for way in ways}
    for _ in range(options.rounds):
        path.unlink(missing_ok=True)
        for way, train in ways.items():
            model = handed_on(pretrained, FREEZING["all"], len(data.classes))
            began = time.perf_counter()
            train(model)
            found[way].append(time.perf_counter() - began)
    path.unlink()
    return found, recipe.epochs


# %% [markdown]
# ## 7. Is it borne out?
#
# Three sentences on freezing and one on the file, and what was measured just now beside each. A
# difference counts only where it is more than two standard errors of what so many test
# photographs can tell. And where the photographs are drawn hands themselves, because there were no
# others, nothing is transferred at all: then the sentences cannot be tested.

# %%
CLAIMS = {
    "all": "with few photographs, freeze all layers and train the new softmax alone",
    "some": "with more, freeze fewer layers and train the later ones too",
    "none": "with many, freeze nothing: the old weights are a better beginning",
}


def about_freezing(found, tested, source):
    """Print the claims about freezing, each at the size for which it is made."""
    sizes = sorted(found["all"])
    wanted = {"all": sizes[0], "some": 50, "none": 180}
    for freezing, size in wanted.items():
        if size not in sizes:
            continue
        means = {other: float(np.mean(found[other][size])) for other in found}
        rival = max((other for other in means if other != freezing), key=means.get)
        difference = means[freezing] - means[rival]
        mean = (means[freezing] + means[rival]) / 2
        error = (2 * mean * (1 - mean) / tested) ** 0.5
        print(f"Said: {CLAIMS[freezing]}.")
        print(f"Measured, {size} a class: " + ", ".join(
            f"{other} frozen {100 * means[other]:.1f}%" for other in means)
            + f"; {freezing} against {rival} {100 * difference:+.1f} points, two standard errors "
            f"are {200 * error:.1f}.")
        print(verdict(difference, 2 * error, source))


def verdict(difference, least, source):
    """One sentence: whether a difference in accuracy bears a claim out."""
    if source == "synthetic":
        return "Cannot be tested here: both are drawn hands, so nothing is transferred."
    if difference > least:
        return "Borne out."
    if difference < -least:
        return "Not borne out here: another way was better by more than chance makes."
    return "Neither borne out nor refuted: the difference is within what chance makes."


def about_cache(seconds, epochs, photographs):
    """Print the claim about the file, and the seconds."""
    from training.progress import count

    middle = {way: float(np.median(values)) for way, values in seconds.items()}
    print("Said: with the features in a file, a second head costs much less.")
    print(f"Measured, {photographs:,} photographs and {count(epochs, 'epoch')}, seconds, median "
          f"and range of {len(seconds['first head'])}: " + "; ".join(
              f"{way} {middle[way]:.2f} ({min(values):.2f}-{max(values):.2f})"
              for way, values in seconds.items()) + ".")
    first, second = (middle["without a file"] / middle[way]
                     for way in ("first head", "second head"))
    borne = min(seconds["without a file"]) > 2 * max(seconds["second head"])
    print(f"{'Borne out' if borne else 'Not borne out here'}: the first head is trained "
          f"{first:.1f} times as fast as without a file, the second {second:.1f} times.")


# %% [markdown]
# ## 8. All of it


# %%
def plot(found, options):
    """Write accuracy.png: test accuracy by photographs a class, a line for each way to freeze."""
    from training import plots

    lines = {("drawn hands", f"{freezing} frozen"): by_size for freezing, by_size in found.items()}
    plots.save(plots.by_size(lines, f"Small network, handed on to {options.source}"),
               options.runs / "accuracy.png")


def walk(options):
    """Pre-train, hand on, time the file, plot, and say what is borne out."""
    from datasets.files import make_folder, whole
    from datasets.find import resolve
    from training.evaluate import score

    if options.quick:
        print(f"--quick: {options.hands} drawn hands, {options.steps} steps and one seed, too few "
              "to judge by: what follows shows the way, not the answer")
    data, source = resolve(options.data, say=print)
    options.source = "synthetic hands" if source.name == "synthetic" else source.name
    make_folder(options.runs)
    handed_on(network(), FREEZING["all"], len(data.classes))  # an unfilled exercise is said first
    pretrained = pretrain(options)
    with whole(options.runs / "pretrained.keras") as temporary:
        pretrained.save(temporary)
    old = score(pretrained, data)
    print(f"with its old softmax the network is right on {old.accuracy:.4f} of {old.tested} test "
          "photographs")
    found = train_all(pretrained, data, options)
    plot(found, options)
    about_freezing(found, old.tested, source.name)
    about_cache(*time_cache(pretrained, data, options), len(data.train_x))
    print(f"the plot, the network and its features are in {options.runs}")


def arguments(words=None):
    """The command line, or other words in its place."""
    parser = argparse.ArgumentParser(description="Transfer learning: from drawn hands to "
                                     "photographs, by what is frozen and how many there are.")
    parser.add_argument("--quick", action="store_true", help="few hands, photographs and steps")
    parser.add_argument("--data", choices=["auto", "signs", "synthetic"], default="auto")
    parser.add_argument("--runs", type=Path, default=Path("runs/transfer-learning-homework"),
                        help="the folder for the plot, the network and its features")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(words)
    vars(options).update(QUICK if options.quick else FULL)
    return options


def main():
    """Run the walk; what a user can mend is said in one line. Returns the exit status."""
    from datasets.errors import DataError
    from training.errors import TrainingError

    options = arguments()
    try:
        walk(options)
    except (DataError, TrainingError, NotImplementedError, KeyboardInterrupt) as error:
        print(str(error) or "interrupted", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    sys.exit(main())
# sealed cb3674263a77f127f0bd0e7dbc066ec066e2b6a3e4ebd0b22862d2a6e73142d6
