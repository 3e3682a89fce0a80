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
# # LeNet-5
#
# You build the network that read the amounts on cheques in the 1990s (LeCun, Bottou, Bengio and
# Haffner, Gradient-based learning applied to document recognition, 1998), count its parameters, and
# let it read the digits 0 to 5 from photographs of hands: in grey and in colour, with the
# activation of its own time and with today's.
#
# Two functions are yours: `lenet5` and `count_parameters`. Fill in what lies between the markers
# `EXERCISE ... STARTS` and `EXERCISE ... ENDS`, and ask as often as you like:
#
#     python -m grader check lenet
#
# Once they are filled in, run this file: it counts, trains four networks, and compares them with
# what is said about them. `--quick` takes less than a minute, `--help` lists the rest.

# %%
"""LeNet-5: the exercise, from two convolutions to four trained networks side by side."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import keras
from keras import layers

# %% [markdown]
# ## 1. Why not dense layers alone
#
# An image of 32x32 pixels is a row of 1,024 numbers, and a dense layer could take it as it is. It
# would have to learn each stroke anew for every place where it may stand, with a weight for each
# pixel and unit. Two ideas make that unnecessary, and each is one kind of layer:
#
# - **convolution**: one small window of weights, moved over the whole image. What it has learned
#   to see in one corner it sees in all others, and its weights are few: 5x5 of them, whatever the
#   size of the image;
# - **pooling**: the mean of each 2x2 window. It keeps that something was seen, and forgets by a
#   pixel where, so that a digit that is a little shifted looks nearly the same.
#
# Sizes follow from counting the places where a window fits. A window of $f$ pixels that moves by
# $s$ fits $\lfloor (n - f) / s \rfloor + 1$ times into $n$ pixels: 28 times for a 5x5
# convolution on 32 pixels, and then 14 times for a 2x2 pooling that moves by 2.
#
# ## 2. The shape that networks still have
#
# Convolution, pooling, convolution, pooling, dense, dense, output: the map shrinks from layer to
# layer and its channels grow, until what is left is a short list of features that dense layers can
# weigh. AlexNet and VGG, the next two lectures, have the same shape and more of everything.

# %% [markdown]
# ## 3. The network
#
# | stage | what | channels or units | map, from 32x32x1 |
# |---|---|---|---|
# | 1 | 5x5 convolution, no padding; ReLU | 6 | 28x28x6 |
# | | 2x2 average pooling, stride 2 | | 14x14x6 |
# | 2 | 5x5 convolution, no padding; ReLU | 16 | 10x10x16 |
# | | 2x2 average pooling, stride 2 | | 5x5x16 |
# | 3 | flatten; dense with ReLU | 120 | 120 |
# | | dense with ReLU | 84 | 84 |
# | output | dense with softmax | classes | 10 |
#
# This is the network as lectures draw it today. That of the paper differs in four ways: its
# activation is a scaled tanh, its pooling has a weight and a bias for each channel, each map of
# the second convolution reads only some of the first six, and its outputs measure distances to
# drawn digits. `nets/lenet.py` has both.


# %%
def lenet5(input_shape=(64, 64, 3), classes=6):
    """LeNet-5 as the table says: images (n, height, width, channels) -> probabilities.

    input_shape: (height, width, channels) in pixels, at least 16x16. classes: units of the last
    layer. Returns a keras.Model, not compiled: 61,706 parameters for 32x32x1 and 10 classes.
    """
    ### EXERCISE 1 STARTS: lenet5, 70 points ###
    # 1. The input, and stage 1: convolution with ReLU, then average pooling.
    images = keras.Input(input_shape)
    X = layers.Conv2D(6, 5, activation="relu")(images)
    X = layers.AveragePooling2D(2)(X)
    # 2. Stage 2: the same with 16 channels.
    X = layers.Conv2D(16, 5, activation="relu")(X)
    X = layers.AveragePooling2D(2)(X)
    # 3. Stage 3: flatten, and two dense layers with ReLU.
    X = layers.Flatten()(X)
    X = layers.Dense(120, activation="relu")(X)
    X = layers.Dense(84, activation="relu")(X)
    # 4. The output: one probability a class. Then the model, from the input to there.
    X = layers.Dense(classes, activation="softmax")(X)
    model = keras.Model(images, X, name="lenet5")
    ### EXERCISE 1 ENDS ###
    return model


# %% [markdown]
# ## 4. Counting parameters
#
# A parameter is a number that the model keeps and computes with. A dense layer from $m$ inputs to
# $k$ units keeps $m k$ numbers in its kernel and $k$ in its bias. A convolution with $k$ filters of
# $f$ x $f$ over $c$ channels keeps $f f c k$ and $k$: neither the height nor the width of the image
# is in that product.
#
# | layer of LeNet-5, 32x32x1 | kernel | bias | together |
# |---|---|---|---|
# | first convolution | 5 x 5 x 1 x 6 = 150 | 6 | 156 |
# | second convolution | 5 x 5 x 6 x 16 = 2,400 | 16 | 2,416 |
# | dense, 120 | 400 x 120 = 48,000 | 120 | 48,120 |
# | dense, 84 | 120 x 84 = 10,080 | 84 | 10,164 |
# | output, 10 | 84 x 10 = 840 | 10 | 850 |
#
# Three cases need care: a layer that is used in two places keeps its weights once; what is frozen,
# or never trained at all such as the moving statistics of batch norm, is kept all the same; and a
# model may stand in another model like a layer.
#
# Keras has an answer of its own, `model.count_params()`. Use it to check yours; the exercise is to
# know what it adds up.


# %%
def count_parameters(model):
    """How many parameters a model keeps: a whole number.

    model: a keras.Model. Every number in every weight counts once, whether it is trained or not,
    and however deep the layer that holds it.
    """
    ### EXERCISE 2 STARTS: count_parameters, 30 points ###
    # 1. Go through all weights of the model, each of which has a shape.
    # 2. Multiply the sizes of each shape, and add up what comes of it.
    total = 0
    for weight in model.weights:
        numbers = 1
        for size in weight.shape:
            numbers *= size
        total += numbers
    ### EXERCISE 2 ENDS ###
    return total


# %% [markdown]
# ## 5. Sigmoid and ReLU
#
# In the 1990s a layer ended in a sigmoid or a tanh. The slope of the sigmoid is $s (1 - s)$, at
# most a quarter, and nearly zero where its input is large: through four such layers a gradient
# loses at least a factor of $4^4 = 256$, apart from what the kernels do to it. ReLU has slope 1
# wherever it is active. So the lecture says that networks with ReLU learn much faster.
#
# Your own network is enough to test that: the same layers, the same first kernels, the
# same photographs in the same order, and only the activation differs.
#
# ## 6. Grey and colour
#
# LeNet-5 saw grey images. Which number of fingers a hand shows does not depend on its colour
# either, but a network may find a hand against a wall more easily by colour than by brightness.
# Three channels cost it 300 more weights, all in the first layer.


# %%
def grey(images):
    """The brightness of images: uint8 (n, h, w, 3) -> uint8 (n, h, w, 1)."""
    import numpy as np

    weights = np.array([0.299, 0.587, 0.114], dtype="float32")
    return (images @ weights).round().astype("uint8")[..., None]


def in_grey(data):
    """The same photographs without colour; data: datasets.signs.Signs."""
    return data._replace(train_x=grey(data.train_x), test_x=grey(data.test_x))


def with_activation(model, activation):
    """A new network like `model`, with `activation` in place of each ReLU; its weights are drawn.

    Raises TrainingError where there is no ReLU in a layer that could be replaced.
    """
    from training.errors import TrainingError

    replaced = []

    def clone(layer):
        settings = layer.get_config()
        if isinstance(layer, layers.ReLU):
            replaced.append(layer.name)
            return layers.Activation(activation, name=layer.name)
        if settings.get("activation") == "relu":
            replaced.append(layer.name)
            settings["activation"] = activation
        return type(layer).from_config(settings)

    made = keras.models.clone_model(model, clone_function=clone)
    if not replaced:
        raise TrainingError("expected ReLU in layers of lenet5, found none: give it to them as "
                            'activation="relu", so that this comparison can replace it')
    return made


# %% [markdown]
# ## 7. Train and compare
#
# Four runs by one recipe, plain Adam without augmentation, so that nothing but the activation and
# the colour differs. Imports of our own packages stand inside the functions, so that checking the
# exercises does not wait for them.

# %%
INPUTS = ("grey", "colour")
ACTIVATIONS = ("sigmoid", "relu")
QUICK_IMAGES, QUICK_EPOCHS = 360, 6


def train_all(data, recipe, options):
    """Train the four networks: {(input, activation): (Fitted, Score)}, in the order of the table.

    data: datasets.signs.Signs, in colour.
    """
    from training.evaluate import score
    from training.loop import fit

    found = {}
    for name in INPUTS:
        photographs = in_grey(data) if name == "grey" else data
        shape = photographs.train_x.shape[1:]
        for activation in ACTIVATIONS:
            def build(shape=shape, activation=activation):
                model = lenet5(shape, len(data.classes))
                return model if activation == "relu" else with_activation(model, activation)

            title = f"{name}, {activation}"
            fitted = fit(build, photographs, recipe, seed=options.seed, title=title)
            tested = score(fitted.model, photographs)
            found[name, activation] = fitted, tested
            print(f"{title}: training loss {fitted.history[-1]['loss']:.3f}, "
                  f"test accuracy {tested.accuracy:.4f} on {tested.tested} photographs, "
                  f"{tested.accuracy_unseen:.4f} on the {tested.unseen} that train does not hold")
    return found


def plot_all(found, data, options):
    """Write losses.png of all four runs, and confusion.png of the best of them."""
    from training import plots

    histories = {f"{name}, {activation}": fitted.history
                 for (name, activation), (fitted, _) in found.items()}
    plots.save(plots.losses(histories, f"LeNet-5, {options.source}"), options.runs / "losses.png")
    name, activation = best(found)
    tested = found[name, activation][1]
    title = f"LeNet-5, {name}, {activation}, {options.source}: test {tested.accuracy:.1%}"
    plots.save(plots.confusion(tested.confusion, data.classes, title),
               options.runs / "confusion.png")


def best(found):
    """The (input, activation) with the highest test accuracy."""
    return max(found, key=lambda one: found[one][1].accuracy)


# %% [markdown]
# ## 8. Is it borne out?
#
# Three sentences about LeNet-5, and what was measured just now beside each. One seed and some
# hundred test photographs are little: a photograph more or less is nearly a percentage point, so
# that a difference counts only where it is more than two standard errors.


# %%
def about_parameters():
    """Print the claim about the number of parameters, and the counts."""
    paper = count_parameters(lenet5((32, 32, 1), 10))
    ours = count_parameters(lenet5((64, 64, 3), 6))
    # Neither convolution knows the size of the image, so the smallest network has them whole.
    model = lenet5((32, 32, 1), 10)
    dense = sum(layer.count_params() for layer in model.layers if isinstance(layer, layers.Dense))
    print("Said: LeNet-5 has about 60,000 parameters, small by today's measure.")
    print(f"Counted: {paper:,} for 32x32x1 and 10 classes, {dense / paper:.0%} of them in dense "
          f"layers; {ours:,} for 64x64x3 and 6 classes.")
    near = abs(paper - 60_000) <= 0.05 * 60_000
    print(f"{'Borne out' if near else 'Not borne out'} for the images of its time; for ours it has "
          f"{ours / paper:.1f} times as many, as the first dense layer grows with the map.")


def epoch_of(history, loss):
    """The first epoch, from 1, whose training loss is at most `loss`, or None; and in words."""
    epoch = next((int(row["epoch"]) + 1 for row in history if row["loss"] <= loss), None)
    return epoch, "never" if epoch is None else f"in epoch {epoch}"


def about_relu(found, classes=6):
    """Print the claim that ReLU learns faster, and by how much it did in these runs.

    A network begins to learn where its loss falls 5% below that of guessing, ln(classes).
    """
    import math

    print("Said: with ReLU a network learns much faster than with sigmoid.")
    faster, guessing = [], math.log(classes)
    for name in INPUTS:
        slow, fast = (found[name, one][0].history for one in ACTIVATIONS)
        # Where the ReLU network was as far as the sigmoid network is at the end.
        passed, when = epoch_of(fast, slow[-1]["loss"])
        faster.append(passed is not None and 2 * passed <= len(slow))
        begun = [epoch_of(history, 0.95 * guessing)[1] for history in (slow, fast)]
        print(f"Measured, {name}: guessing has a loss of {guessing:.2f}; with sigmoid the network "
              f"gets clear of it {begun[0]}, with ReLU {begun[1]}. After {len(slow)} epochs the "
              f"losses are {slow[-1]['loss']:.3f} and {fast[-1]['loss']:.3f}; the ReLU network "
              f"came to the sigmoid's last loss {when}.")
    print({
        2: "Borne out: with ReLU half of the epochs or fewer were enough, in grey and in colour.",
        1: "Borne out in part: half of the epochs were enough for one of the two inputs only.",
        0: "Not borne out here: in neither input were half of the epochs enough.",
    }[sum(faster)])


def about_colour(found):
    """Print the claim that grey is enough, and the difference that colour made."""
    name = ACTIVATIONS[1]
    plain, coloured = (found[one, name][1] for one in INPUTS)
    difference, tested = coloured.accuracy - plain.accuracy, plain.tested
    mean = (coloured.accuracy + plain.accuracy) / 2
    error = (2 * mean * (1 - mean) / tested) ** 0.5
    print("Said: grey images are enough to read a digit.")
    print(f"Measured with ReLU: test accuracy {plain.accuracy:.4f} in grey and "
          f"{coloured.accuracy:.4f} in colour, a difference of {100 * difference:+.1f} points; two "
          f"standard errors are {200 * error:.1f}.")
    if abs(difference) <= 2 * error:
        print("Borne out as far as this can tell: the difference is within what chance makes.")
    elif difference > 0:
        print("Not borne out: colour helped by more than chance makes.")
    else:
        print("Borne out: grey did better by more than chance makes.")


# %% [markdown]
# ## 9. All of it


# %%
def walk(options):
    """Count, train the four networks, plot, and say what is borne out."""
    from dataclasses import replace

    from datasets.files import make_folder, whole
    from datasets.find import resolve
    from training.recipes import get

    lenet5().summary()
    about_parameters()
    data, source = resolve(options.data, say=print)
    options.source, recipe = source.name, get("lenet")
    make_folder(options.runs)
    if options.quick:
        print(f"--quick: {QUICK_IMAGES} training photographs and {QUICK_EPOCHS} epochs, too few to "
              "judge by: what follows shows the way, not the answer")
        recipe = replace(recipe, epochs=QUICK_EPOCHS)
        data = data._replace(train_x=data.train_x[:QUICK_IMAGES],
                             train_y=data.train_y[:QUICK_IMAGES])
    found = train_all(data, recipe, options)
    plot_all(found, data, options)
    about_relu(found, len(data.classes))
    about_colour(found)
    with whole(options.runs / "model.keras") as temporary:
        found[best(found)][0].model.save(temporary)
    print(f"the plots and the best network, model.keras, are in {options.runs}")


def arguments():
    """The command line."""
    parser = argparse.ArgumentParser(description="LeNet-5: count, train in grey and in colour, "
                                     "with sigmoid and with ReLU, and compare.")
    parser.add_argument("--quick", action="store_true", help="few photographs and epochs only")
    parser.add_argument("--data", choices=["auto", "signs", "synthetic"], default="auto")
    parser.add_argument("--runs", type=Path, default=Path("runs/lenet-homework"),
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
