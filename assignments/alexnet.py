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
# # AlexNet
#
# You build the network that won the ImageNet contest of 2012 by more than ten points (Krizhevsky,
# Sutskever and Hinton, ImageNet classification with deep convolutional neural networks), together
# with two of its ideas that have gone out of use. Then you ask what some of its ideas do here, on
# photographs of hands that show the digits 0 to 5.
#
# Three functions are yours: `local_response_normalization`, `two_tower_convolution` and `alexnet`.
# Fill in what lies between the markers `EXERCISE ... STARTS` and `EXERCISE ... ENDS`, and ask as
# often as you like:
#
#     python -m grader check alexnet
#
# Once they are filled in, run this file: it counts, trains three networks, and compares them with
# what is said about them. `--quick` takes less than a minute, `--help` lists the rest.

# %%
"""AlexNet: the exercise, from one normalised value to three trained networks side by side."""

from __future__ import annotations

import argparse
import sys
from contextlib import contextmanager
from pathlib import Path

import keras
from keras import layers, ops

# %% [markdown]
# ## 1. LeNet-5 with more of everything
#
# AlexNet has the shape of LeNet-5: convolutions with pooling, then dense layers. What is new is
# how much of it there is, a thousand times as many parameters, and what made so large a network
# learn at all:
#
# - **ReLU** in place of tanh: its slope does not fade where a unit is strongly active;
# - **overlapping max pooling**: windows of 3x3 that move by 2;
# - **dropout**: while training, each unit of the hidden dense layers is left out with probability
#   one half, so that none can rely on another;
# - **local response normalisation**, exercise 1, and **two towers**, exercise 2.

# %% [markdown]
# ## 2. Local response normalisation
#
# In an eye a strongly excited cell quietens its neighbours. The paper imitates that among the
# channels of a map: in each pixel every value is divided by what its neighbours among the channels
# amount to. The value $a_i$ of channel $i$ becomes
# $b_i = a_i / (k + \alpha \sum_j a_j^2)^{\beta}$, where $j$ runs from $i - r$ to $i + r$ as far as
# there are such channels.
#
# The paper has $r = 2$, so a window of $n = 5$ channels, $k = 2$, $\alpha = 10^{-4}$ and
# $\beta = 0.75$. Take care where you read of it elsewhere: Caffe and PyTorch divide $\alpha$ by $n$
# before they use it, the paper and TensorFlow do not.


# %%
def local_response_normalization(x, radius, bias, alpha, beta):
    """Each value divided by (bias + alpha * sum of squares) ** beta; the shape stays.

    x: (n, height, width, channels), an array or a Keras tensor. The sum runs over the channels
    that are at most `radius` away, the own one among them. alpha is that of the paper: it is not
    divided by the size of the window, as in Caffe.
    """
    ### EXERCISE 1 STARTS: local_response_normalization, 30 points ###
    # 1. Square x, and put `radius` channels of zeros before the first and behind the last.
    # 2. Add up as many slices of that as the window has channels, each `channels` wide and one
    #    further on than the last.
    # 3. Divide x by the power.
    raise NotImplementedError(
        "exercise 1, local_response_normalization, is not filled in yet; hint: "
        "python -m grader hint alexnet local_response_normalization"
    )
    ### EXERCISE 1 ENDS ###
    return normalised


# %% [markdown]
# ## 3. Two towers
#
# A graphics card of 2012 had 3 GB of memory, too little for this network. So the paper puts half
# of the filters on one card and half on a second one, and saves most of the traffic between them:
# in the second, fourth and fifth convolution the filters of a card read only the channels that lie
# on the same card. Each of them has a kernel of half the depth, and both halves together have half
# of the weights of a whole convolution.
#
# | convolution from 96 to 256 channels, 5x5 | kernels | biases |
# |---|---|---|
# | whole | 5 x 5 x 96 x 256 = 614,400 | 256 |
# | in two towers | 2 x (5 x 5 x 48 x 128) = 307,200 | 256 |
#
# Memory has grown, and the idea has stayed: it is called a grouped convolution today, and with as
# many groups as channels it makes small networks for telephones.


# %%
def two_tower_convolution(X, filters, kernel_size):
    """Half of the filters read the first half of the channels, half the second; no activation.

    X: (n, height, width, channels), with an even number of channels. filters: of both towers
    together, an even number. kernel_size: a number or a pair. Stride 1 and padding "same".
    Returns (n, height, width, filters), the first tower's maps first.
    """
    ### EXERCISE 2 STARTS: two_tower_convolution, 25 points ###
    # 1. Cut the channels of X in the middle.
    # 2. Give each half a convolution of its own, with half of the filters.
    # 3. Put both maps side by side, as channels.
    raise NotImplementedError(
        "exercise 2, two_tower_convolution, is not filled in yet; hint: "
        "python -m grader hint alexnet two_tower_convolution"
    )
    ### EXERCISE 2 ENDS ###
    return joined


# %% [markdown]
# ## 4. The network
#
# | stage | what | channels or units | map, from 227x227x3 | from 64x64x3 |
# |---|---|---|---|---|
# | 1 | 11x11 convolution, stride 4, no padding; ReLU | 96 | 55x55x96 | 14x14x96 |
# | | local response normalisation; 3x3 max pooling, stride 2 | | 27x27x96 | 6x6x96 |
# | 2 | 5x5 convolution, padded; ReLU | 256 | 27x27x256 | 6x6x256 |
# | | local response normalisation; 3x3 max pooling, stride 2 | | 13x13x256 | 2x2x256 |
# | 3 | 3x3 convolution, padded; ReLU | 384 | 13x13x384 | 2x2x384 |
# | | 3x3 convolution, padded; ReLU | 384 | 13x13x384 | 2x2x384 |
# | | 3x3 convolution, padded; ReLU | 256 | 13x13x256 | 2x2x256 |
# | | 3x3 max pooling, stride 2, where its window fits | | 6x6x256 | 2x2x256 |
# | 4 | flatten; dense with ReLU; dropout of one half | 4096 | 4096 | 4096 |
# | | dense with ReLU; dropout of one half | 4096 | 4096 | 4096 |
# | output | dense with softmax | classes | 1000 | 6 |
#
# This is AlexNet in one tower, as lectures draw it: all convolutions are whole ones, and 3 GB is no
# longer a limit. The normalisation has the paper's constants. Of the smaller photographs so little
# is left after stage 3 that the last pooling has no room, and is left out.
#
# ReLU halves what it lets through, so that from Keras' usual first kernels seven layers would pass
# on next to nothing. He's rule makes up for it: `**RELU` gives a layer both.

# %%
RELU = {"activation": "relu", "kernel_initializer": "he_normal"}


def alexnet(input_shape=(64, 64, 3), classes=6):
    """AlexNet in one tower, as the table says: images (n, h, w, channels) -> probabilities.

    input_shape: (height, width, channels) in pixels, at least 35x35. classes: units of the last
    layer. Returns a keras.Model, not compiled: 62,378,344 parameters for 227x227x3 and 1000
    classes.
    """
    ### EXERCISE 3 STARTS: alexnet, 45 points ###
    # 1. The input, and stage 1: convolution with ReLU, normalisation, pooling.
    # 2. Stage 2: the same with a smaller kernel and more filters.
    # 3. Stage 3: three convolutions, and a pooling if height and width are at least 3.
    # 4. Stage 4: flatten, and twice a dense layer with ReLU and dropout.
    # 5. The output: one probability a class. Then the model, from the input to there.
    raise NotImplementedError(
        "exercise 3, alexnet, is not filled in yet; hint: "
        "python -m grader hint alexnet alexnet"
    )
    ### EXERCISE 3 ENDS ###
    return model


# %% [markdown]
# ## 5. What is said, and how to ask
#
# Of the paper's ideas some have stayed and some are gone. Your own network is enough to ask about
# three of them, each by two runs that differ in one thing only:
#
# - **ReLU learns several times faster than tanh.** The same network with tanh in the place of
#   each ReLU, and first kernels drawn by Glorot's rule, as suits tanh. The steps that both need to
#   come to the same loss are counted.
# - **Local response normalisation turned out not to help much.** The same network without it, and
#   the test accuracy of both.
# - **Strong channels quieten their neighbours.** The first map of the trained network, before and
#   after: by how much is each value divided? The paper's pixels went from 0 to 255, ours from 0 to
#   1, and the sum of squares knows the difference.

# %%
PAPER = {"radius": 2, "bias": 2.0, "alpha": 1e-4, "beta": 0.75}
LEAST = 2.0**0.75  # what a value is divided by where its window is zero
TANH = {"activation": "tanh", "kernel_initializer": "glorot_uniform"}
RUNS = ("ReLU", "tanh", "ReLU, not normalised")
QUICK_IMAGES, QUICK_EPOCHS = 96, 2


@contextmanager
def instead(**replacements):
    """Inside the block, names of this file mean something else: what alexnet builds on."""
    names = globals()
    before = {name: names[name] for name in replacements}
    names.update(replacements)
    try:
        yield
    finally:
        names.update(before)


def build(run, shape, classes):
    """The network of one of RUNS, from your alexnet.

    Raises TrainingError where the replacement changes nothing: alexnet then has to use **RELU and
    local_response_normalization by their names.
    """
    from training.errors import TrainingError

    used = []

    def unchanged(x, radius, bias, alpha, beta):
        used.append(radius)
        return x

    replacement = {"tanh": {"RELU": TANH}, "ReLU": {},
                   "ReLU, not normalised": {"local_response_normalization": unchanged}}[run]
    with instead(**replacement):
        model = alexnet(shape, classes)
    kinds = {getattr(getattr(one, "activation", None), "__name__", "") for one in model.layers}
    if run == "tanh" and ("relu" in kinds or "tanh" not in kinds):
        raise TrainingError("expected alexnet to give its hidden layers **RELU, so that this "
                            "comparison can replace it; found another ReLU")
    if run == RUNS[2] and not used:
        raise TrainingError("expected alexnet to call local_response_normalization, so that this "
                            "comparison can leave it out; found no call")
    return model


# %% [markdown]
# ## 6. Train and compare
#
# Three runs by one recipe, plain Adam without augmentation, on the same photographs in the same
# order. Imports of our own packages stand inside the functions, so that checking the exercises does
# not wait for them.


# %%
def train_all(data, recipe, options):
    """Train the three networks: {run: (Fitted, Score, losses)}, in the order of RUNS."""
    from training.evaluate import score
    from training.loop import fit
    from training.step_losses import StepLosses

    found = {}
    for run in RUNS:
        steps = StepLosses(len(data.train_x), recipe.batch)

        def made(run=run):
            return build(run, data.train_x.shape[1:], len(data.classes))

        fitted = fit(made, data, recipe, seed=options.seed, title=run,
                     callbacks=[steps.callback()])
        tested = score(fitted.model, data)
        found[run] = fitted, tested, steps.losses
        print(f"{run}: training loss {fitted.history[-1]['loss']:.3f}, test accuracy "
              f"{tested.accuracy:.4f} on {tested.tested} photographs, "
              f"{tested.accuracy_unseen:.4f} on the {tested.unseen} that train does not hold")
    return found


def first_map(model, images):
    """What the first convolution with its ReLU gives: images uint8 -> (n, height, width, 96)."""
    first = next((one for one in model.layers if isinstance(one, layers.Conv2D)), None)
    if first is None:
        from training.errors import TrainingError

        raise TrainingError("expected a Conv2D among the layers of alexnet, found none: keep the "
                            "first convolution a layer of the model itself")
    values = keras.Model(model.input, first.output)(images.astype("float32"), training=False)
    return keras.ops.convert_to_numpy(ops.relu(values))


def normalised(before):
    """(the map after normalisation, by what each value was divided); NaN where it was zero."""
    import numpy as np

    after = keras.ops.convert_to_numpy(local_response_normalization(before, **PAPER))
    divided = np.full(before.shape, np.nan, "float32")
    np.divide(before, after, out=divided, where=before > 0)
    return after, divided


def plot_all(found, maps, data, options):
    """Write losses.png, maps.png, and confusion.png of the best network."""
    from training import plots

    steps = {run: losses for run, (_, _, losses) in found.items()}
    plots.save(plots.by_step(steps, f"AlexNet, {options.source}"), options.runs / "losses.png")
    title = f"AlexNet: what normalisation makes of one channel, {options.source}"
    plots.save(plots.divided(maps, title), options.runs / "maps.png")
    run = best(found)
    tested = found[run][1]
    title = f"AlexNet, {run}, {options.source}: test {tested.accuracy:.1%}"
    plots.save(plots.confusion(tested.confusion, data.classes, title),
               options.runs / "confusion.png")


def best(found):
    """The run with the highest test accuracy."""
    return max(found, key=lambda run: found[run][1].accuracy)


# %% [markdown]
# ## 7. Is it borne out?
#
# What is said, and what was counted or measured just now beside it. One seed and some hundred test
# photographs are little: a difference in accuracy counts only where it is more than two standard
# errors.


# %%
def about_parameters():
    """Print the claim about the number of parameters, and what the two towers save."""
    # Nothing is drawn here: 62 million numbers only to be counted.
    with keras.StatelessScope(initialize_variables=False):
        paper, ours = alexnet((227, 227, 3), 1000), alexnet((64, 64, 3), 6)
        dense = sum(one.count_params() for one in paper.layers if isinstance(one, layers.Dense))
        saved = 0
        for channels, filters, kernel in ((96, 256, 5), (384, 384, 3), (384, 256, 3)):
            X = keras.Input((13, 13, channels))
            whole = layers.Conv2D(filters, kernel, padding="same")(X)
            towers = two_tower_convolution(X, filters, kernel)
            counts = [keras.Model(X, Y).count_params() for Y in (whole, towers)]
            saved += counts[0] - counts[1]
    total = paper.count_params()
    print("Said: AlexNet has about 60 million parameters, a thousand times as many as LeNet-5.")
    print(f"Counted: {total:,} for 227x227x3 and 1000 classes, {dense / total:.0%} of them in "
          f"dense layers, and {total / 61_706:.0f} times LeNet-5's 61,706; "
          f"{ours.count_params():,} for 64x64x3 and 6 classes.")
    print("Borne out." if abs(total - 60e6) <= 0.05 * 60e6 else "Not borne out.")
    print(f"The paper's two towers have {saved:,} parameters less than that, {saved / total:.1%}: "
          "they halve three convolutions, and most parameters are elsewhere.")


def smooth(losses, width=9):
    """Losses of steps as the median of those around each, so that no single batch decides."""
    import numpy as np

    reach = width // 2
    return [float(np.median(losses[max(0, i - reach):i + reach + 1])) for i in range(len(losses))]


def first_step(losses, wanted):
    """The first step, from 1, at which the smoothed loss is at most `wanted`; None for never."""
    return next((i for i, loss in enumerate(smooth(losses), 1) if loss <= wanted), None)


def about_relu(found, classes=6):
    """Print the claim that ReLU learns faster, and the steps that both activations needed.

    They are asked for half of the loss of guessing, ln(classes).
    """
    import math

    wanted = math.log(classes) / 2
    fast, slow = (first_step(found[run][2], wanted) for run in RUNS[:2])
    said = ["never" if step is None else f"after {step} steps" for step in (fast, slow)]
    print("Said: with ReLU a network learns several times faster than with tanh.")
    print(f"Measured: half of the loss of guessing, {wanted:.2f}, was reached with ReLU {said[0]} "
          f"and with tanh {said[1]}, of {len(found[RUNS[0]][2])}.")
    if fast is None and slow is None:
        print("Not to be told here: neither came so far.")
    elif fast is None:
        print("Not borne out here: with ReLU the loss did not come so far.")
    elif slow is None or slow >= 2 * fast:
        print("Borne out: tanh took at least twice as many steps.")
    elif slow > fast:
        print(f"Not borne out here: ReLU was faster, but only {slow / fast:.1f} times.")
    else:
        print("Not borne out here: tanh was no slower.")


def about_accuracy(found):
    """Print the claim that the normalisation does not help much, and both accuracies."""
    with_it, without = (found[run][1] for run in (RUNS[0], RUNS[2]))
    difference, tested = with_it.accuracy - without.accuracy, with_it.tested
    mean = (with_it.accuracy + without.accuracy) / 2
    error = (2 * mean * (1 - mean) / tested) ** 0.5
    print("Said: local response normalisation turned out not to help much.")
    print(f"Measured: test accuracy {with_it.accuracy:.4f} with it and {without.accuracy:.4f} "
          f"without, a difference of {100 * difference:+.1f} points; two standard errors are "
          f"{200 * error:.1f}.")
    if abs(difference) <= 2 * error:
        print("Borne out as far as this can tell: the difference is within what chance makes.")
    elif difference > 0:
        print("Not borne out: it helped by more than chance makes.")
    else:
        print("Borne out: without it the network did better by more than chance makes.")


def about_competition(maps):
    """Print the claim that strong channels quieten their neighbours, and by how much they do.

    maps: {name: (before, after, divided)}.
    """
    import numpy as np

    print("Said: strong channels quieten their neighbours.")
    for name, (_, _, divided) in maps.items():
        most = float(np.nanmax(divided)) / LEAST
        print(f"Measured, {name}: values are divided by {LEAST:.2f} to {np.nanmax(divided):.2f}; "
              f"the window accounts for a factor of {most:.3f} at most.")
        print("Borne out." if most > 1.1 else
              "Not borne out at this scale: all values are divided by nearly the same number.")


# %% [markdown]
# ## 8. All of it


# %%
def walk(options):
    """Count, train the three networks, plot, and say what is borne out."""
    from dataclasses import replace

    from datasets.files import make_folder, whole
    from datasets.find import resolve
    from training.recipes import get

    about_parameters()
    data, source = resolve(options.data, say=print)
    options.source, recipe = source.name, get("alexnet")
    make_folder(options.runs)
    if options.quick:
        print(f"--quick: {QUICK_IMAGES} training photographs and {QUICK_EPOCHS} epochs, too few to "
              "judge by: what follows shows the way, not the answer")
        recipe = replace(recipe, epochs=QUICK_EPOCHS)
        data = data._replace(train_x=data.train_x[:QUICK_IMAGES],
                             train_y=data.train_y[:QUICK_IMAGES])
    found = train_all(data, recipe, options)
    model, images = found["ReLU"][0].model, data.test_x[:1]
    maps = {"pixels from 0 to 1": first_map(model, images / 255),
            "pixels from 0 to 255": first_map(model, images)}
    maps = {name: (before, *normalised(before)) for name, before in maps.items()}
    plot_all(found, maps, data, options)
    about_relu(found, len(data.classes))
    about_accuracy(found)
    about_competition(maps)
    model = found[best(found)][0].model
    with whole(options.runs / "model.keras") as temporary:
        # Anew and not compiled: what Adam keeps is twice as large as the network.
        keras.Model(model.input, model.output).save(temporary)
    print(f"the plots and the best network, model.keras, are in {options.runs}")


def arguments():
    """The command line."""
    parser = argparse.ArgumentParser(description="AlexNet: count, train with ReLU, with tanh and "
                                     "without normalisation, and compare.")
    parser.add_argument("--quick", action="store_true", help="few photographs and epochs only")
    parser.add_argument("--data", choices=["auto", "signs", "synthetic"], default="auto")
    parser.add_argument("--runs", type=Path, default=Path("runs/alexnet-homework"),
                        help="the folder for plots and the model")
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


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
# sealed faeb10b8e324a0319cb0b8c80da60e7f6681e9072733a37cbae37de4863fcae7
