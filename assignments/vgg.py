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
# # VGG-16
#
# You build the network that made depth a habit (Simonyan and Zisserman, Very deep convolutional
# networks for large-scale image recognition, 2014): one kind of block, five times over. Then you
# count where its parameters live, layer by layer, and see whether three more layers make it better.
#
# Two functions are yours: `vgg_block` and `VGG16`. Fill in what lies between the markers
# `EXERCISE ... STARTS` and `EXERCISE ... ENDS`, and ask as often as you like:
#
#     python -m grader check vgg
#
# `VGG16` is judged with a right `vgg_block` in the place of yours, so that you can do them in
# either order, and a mistake costs once.
#
# Once they are filled in, run this file: it counts, trains two networks, and compares them with
# what is said about them. `--quick` takes less than a minute, `--help` lists the rest.

# %%
"""VGG: the exercise, from one block to the question of where its parameters live."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import keras
from keras import layers

# %% [markdown]
# ## 1. Why 3x3
#
# AlexNet began with windows of 11x11 and 5x5. VGG has nothing but 3x3, and more of them. Two 3x3
# convolutions, one after the other, see 5x5 pixels of their input, and three see 7x7: each one adds
# a pixel on every side. What differs is the price. With $c$ channels in and out,
#
# | window seen | as one convolution | as 3x3 convolutions |
# |---|---|---|
# | 5x5 | $25 c^2$ weights, one ReLU | two: $18 c^2$ weights, two ReLU |
# | 7x7 | $49 c^2$ weights, one ReLU | three: $27 c^2$ weights, three ReLU |
#
# So small windows cost less and bend more: a ReLU stands after each of them.
#
# ## 2. One kind of block
#
# AlexNet has a size of its own for every layer. VGG has a rule: in a block all convolutions keep
# height and width, which takes one pixel of padding on every side, and all give the same number of
# channels; then a 2x2 max pooling halves the map. From block to block the channels double, until
# there are 512. Half the height, half the width, twice the channels: at the same kernel size the
# convolutions of neighbouring blocks cost about the same number of multiplications.


# %%
def vgg_block(X, convolutions, filters):
    """One block of VGG: 3x3 convolutions with ReLU, then 2x2 max pooling.

    X: Keras tensor, (n, h, w, c) -> (n, h // 2, w // 2, filters). convolutions: how many there are,
    one after another, each to `filters` channels.
    """
    ### EXERCISE 1 STARTS: vgg_block, 40 points ###
    # 1. The convolutions, each with ReLU, padded so that the map keeps its size. Where many layers
    #    follow each other, let the kernels begin as He et al. draw them for ReLU:
    #    kernel_initializer="he_normal". It is not judged; section 4 says what it is for.
    # 2. The pooling that ends the block.
    raise NotImplementedError(
        "exercise 1, vgg_block, is not filled in yet; hint: "
        "python -m grader hint vgg vgg_block"
    )
    ### EXERCISE 1 ENDS ###
    return X


# %% [markdown]
# ## 3. The network
#
# | stage | what | filters or units | map, from 64x64x3 |
# |---|---|---|---|
# | 1 | block of 2 convolutions | 64 | 32x32x64 |
# | 2 | block of 2 convolutions | 128 | 16x16x128 |
# | 3 | block of 3 convolutions | 256 | 8x8x256 |
# | 4 | block of 3 convolutions | 512 | 4x4x512 |
# | 5 | block of 3 convolutions | 512 | 2x2x512 |
# | 6 | flatten; dense with ReLU; dropout 0.5 | 4096 | 4096 |
# | | dense with ReLU; dropout 0.5 | 4096 | 4096 |
# | output | dense with softmax | classes | 6 |
#
# Layers with weights make the 16: thirteen convolutions and three dense layers. This is column D of
# the paper's table; column E, VGG-19, has four convolutions in each of the last three blocks.
#
# ## 4. What makes so deep a network learn
#
# **Dropout.** Two layers of 4,096 units can learn a thousand photographs by heart. While the
# network trains, dropout sets each of their outputs to zero with probability 0.5 and doubles the
# others; when it is asked for an answer, dropout does nothing.
#
# **The first weights.** The authors trained a network of 11 layers first and began the deep ones
# with its weights, for from random ones these did not learn. He et al. (2015) found what was
# wrong: ReLU throws half of its input away, so that from layer to layer the numbers shrink, unless
# the kernels are drawn larger by a factor of $\sqrt{2}$. Keras calls that `he_normal`.


# %%
def VGG16(input_shape=(64, 64, 3), classes=6):
    """VGG-16 as the table says: images (n, height, width, channels) -> probabilities.

    input_shape: (height, width, channels) in pixels, at least 32x32, for five blocks halve the map.
    classes: units of the last layer. Returns a keras.Model, not compiled: 138,357,544 parameters
    for 224x224x3 and 1000 classes.
    """
    ### EXERCISE 2 STARTS: VGG16, 60 points ###
    # 1. The input, and the five blocks: vgg_block for each row of the table.
    # 2. Stage 6: flatten, then twice a dense layer with ReLU and its dropout.
    # 3. The output: one probability a class. Then the model, from the input to there.
    raise NotImplementedError(
        "exercise 2, VGG16, is not filled in yet; hint: "
        "python -m grader hint vgg VGG16"
    )
    ### EXERCISE 2 ENDS ###
    return model


# %% [markdown]
# ## 5. Where the parameters live
#
# A convolution's weights do not depend on the size of the image, and those of the first dense layer
# do: each of its 4,096 units has a weight for each number of the last map. At 224x224 that map is
# 7x7x512, and at 64x64 it is 2x2x512. So it is worth counting both.


# %%
def parameters_by_layer(model):
    """[(name, parameters)] of the layers with weights, from the input on: conv 1, ..., dense 1."""
    from training.compile import layers as all_layers

    found, seen = [], {"conv": 0, "dense": 0}
    for layer in all_layers(model):
        if layer.weights:
            kind = "conv" if len(layer.weights[0].shape) == 4 else "dense"
            seen[kind] += 1
            found.append((f"{kind} {seen[kind]}", layer.count_params()))
    return found


def plot_parameters(counts, path):
    """A bar a layer, a panel a network; counts: title -> [(name, parameters)]."""
    from matplotlib.figure import Figure

    from training import plots

    figure = Figure(figsize=(8, 4.5), layout="constrained")
    for axes, (title, pairs) in zip(figure.subplots(1, len(counts)), counts.items(), strict=True):
        names, numbers = zip(*pairs, strict=True)
        millions, total = [number / 1e6 for number in numbers], sum(numbers)
        axes.barh(names, millions, color=["C0" if "conv" in name else "C1" for name in names])
        for place, number in enumerate(numbers):
            axes.text(millions[place], place, f" {number / total:.1%}", va="center", fontsize=8)
        axes.invert_yaxis()
        axes.set_xlim(right=1.25 * max(millions))
        axes.set_xlabel("parameters (millions), and their part of all")
        axes.set_title(f"{title}: {total / 1e6:.1f} million", fontsize=10)
        axes.grid(alpha=0.3, axis="x")
    figure.suptitle("VGG-16: convolutions blue, dense layers orange")
    plots.save(figure, path)


# %% [markdown]
# ## 6. Three layers more
#
# VGG-19 is VGG-16 with one more convolution in each of its last three blocks. Yours is enough to
# make it: the function below copies your network layer by layer and puts them in.


# %%
def deeper(model, blocks=3):
    """A new network like `model` with one more convolution in each of its last blocks.

    Its weights are drawn anew. Raises TrainingError where the layers are no chain of blocks.
    """
    from training.errors import TrainingError

    chain = [layer for layer in model.layers if not isinstance(layer, layers.InputLayer)]
    pools = [layer for layer in chain if isinstance(layer, layers.MaxPooling2D)]
    if len(pools) < blocks or not isinstance(chain[0], layers.Conv2D):
        raise TrainingError("expected VGG16 as a chain of layers, with a MaxPooling2D at the end "
                            "of each block, so that this comparison can add a convolution there")

    def copy(layer):
        settings = layer.get_config()
        del settings["name"]
        return type(layer).from_config(settings)

    X, last = keras.Input(model.input_shape[1:]), None
    images = X
    for layer in chain:
        if layer in pools[-blocks:]:
            X = copy(last)(X)
        X = copy(layer)(X)
        last = layer if isinstance(layer, layers.Conv2D) else last
    return keras.Model(images, X, name="vgg19")


# %% [markdown]
# ## 7. Train and compare
#
# Both networks by one recipe, on photographs halved to 32x32: each image then takes a quarter of
# the multiplications, and the last map is one pixel. `python -m training reproduce vgg` trains the
# 16 layers on the whole 64x64. Imports of our own packages stand inside the functions, so that
# checking the exercises does not wait for them.

# %%
QUICK_IMAGES, QUICK_EPOCHS = 64, 2


def halved(images):
    """Images of half the height and width, the mean of each 2x2: uint8 -> uint8."""
    n, h, w, c = images.shape
    mean = images.reshape(n, h // 2, 2, w // 2, 2, c).mean(axis=(2, 4))
    return mean.round().astype("uint8")


def networks(shape, classes):
    """name -> a function that builds that network."""
    return {"VGG-16": lambda: VGG16(shape, classes),
            "VGG-19": lambda: deeper(VGG16(shape, classes))}


def train_both(data, recipe, options):
    """Train both networks: {name: (history, Score, parameters)}; the first one's model is kept.

    data: datasets.signs.Signs. Writes model.keras, the VGG-16.
    """
    from datasets.files import whole
    from training.evaluate import score
    from training.loop import fit

    found = {}
    for name, build in networks(data.train_x.shape[1:], len(data.classes)).items():
        fitted = fit(build, data, recipe, seed=options.seed, title=name)
        tested = score(fitted.model, data)
        found[name] = fitted.history, tested, fitted.model.count_params()
        print(f"{name}: {found[name][2]:,} parameters, {fitted.seconds:.0f} s, training loss "
              f"{fitted.history[-1]['loss']:.3f}, test accuracy {tested.accuracy:.4f} on "
              f"{tested.tested} photographs, {tested.accuracy_unseen:.4f} on the {tested.unseen} "
              "that train does not hold")
        if name == "VGG-16":
            with whole(options.runs / "model.keras") as temporary:
                fitted.model.save(temporary)
    return found


def plot_training(found, data, options):
    """Write losses.png of both runs, and confusion.png of VGG-16."""
    from training import plots

    histories = {name: history for name, (history, _, _) in found.items()}
    title = f"VGG on 32x32, {options.source}"
    plots.save(plots.losses(histories, title), options.runs / "losses.png")
    tested = found["VGG-16"][1]
    title = f"VGG-16 on 32x32, {options.source}: test {tested.accuracy:.1%}"
    plots.save(plots.confusion(tested.confusion, data.classes, title),
               options.runs / "confusion.png")


# %% [markdown]
# ## 8. Is it borne out?
#
# Two sentences of the lecture, and what was counted and measured just now beside each. One seed and
# some hundred test photographs are little: a photograph more or less is nearly a percentage point,
# so that a difference counts only where it is more than two standard errors.


# %%
def about_parameters(options):
    """Print and plot the claim about the first dense layer, for the paper's images and for ours."""
    print("Said: VGG-16 has about 138 million parameters, most of them in the first dense layer.")
    counts = {}
    for shape, classes in (((224, 224, 3), 1000), ((64, 64, 3), 6)):
        title = f"{shape[0]}x{shape[1]}x{shape[2]}, {classes} classes"
        counts[title] = parameters_by_layer(VGG16(shape, classes))
        by_name, total = dict(counts[title]), sum(number for _, number in counts[title])
        first, largest = by_name.get("dense 1", 0), max(by_name, key=by_name.get)
        print(f"Counted, {title}: {total:,}, of them {first:,} or {first / total:.0%} in the first "
              f"dense layer; the largest is {largest} with {by_name[largest]:,}. "
              f"{'Borne out' if 2 * first > total else 'Not borne out'} for these images.")
    plot_parameters(counts, options.runs / "parameters.png")


def about_depth(found, classes=6):
    """Print the claim that VGG-19 is about as good as VGG-16, and the difference measured."""
    print("Said: VGG-19 is about as good as VGG-16, so that the smaller one is used.")
    (_, small, fewer), (_, large, more) = (found[name] for name in ("VGG-16", "VGG-19"))
    difference, tested = large.accuracy - small.accuracy, small.tested
    mean = (large.accuracy + small.accuracy) / 2
    error = (2 * mean * (1 - mean) / tested) ** 0.5
    print(f"Measured: test accuracy {small.accuracy:.4f} with 16 layers and {large.accuracy:.4f} "
          f"with 19, a difference of {100 * difference:+.1f} points for {more - fewer:,} more "
          f"parameters; two standard errors are {200 * error:.1f}.")
    # What guesses is as good as anything else that guesses.
    if min(small.accuracy, large.accuracy) < 2 / classes:
        print(f"Not tested: guessing is right once in {classes}, and not both are twice as good. "
              "A longer run may tell.")
    elif abs(difference) <= 2 * error:
        print("Borne out as far as this can tell: the difference is within what chance makes.")
    else:
        better = "19" if difference > 0 else "16"
        print(f"Not borne out: the network with {better} layers did better by more than chance "
              "makes.")


# %% [markdown]
# ## 9. All of it


# %%
def walk(options):
    """Count, train both networks, plot, and say what is borne out."""
    from dataclasses import replace

    from datasets.files import make_folder
    from datasets.find import resolve
    from training.recipes import get

    VGG16().summary()
    make_folder(options.runs)
    about_parameters(options)
    data, source = resolve(options.data, say=print)
    options.source, recipe = source.name, get("vgg")
    data = data._replace(train_x=halved(data.train_x), test_x=halved(data.test_x))
    if options.quick:
        print(f"--quick: {QUICK_IMAGES} training photographs and {QUICK_EPOCHS} epochs, too few to "
              "judge by: what follows shows the way, not the answer")
        recipe = replace(recipe, epochs=QUICK_EPOCHS)
        data = data._replace(train_x=data.train_x[:QUICK_IMAGES],
                             train_y=data.train_y[:QUICK_IMAGES])
    found = train_both(data, recipe, options)
    plot_training(found, data, options)
    about_depth(found, len(data.classes))
    print(f"the plots and the network of 16 layers, model.keras, are in {options.runs}")


def arguments():
    """The command line."""
    parser = argparse.ArgumentParser(description="VGG: count by layer, train 16 and 19 layers, "
                                     "and compare.")
    parser.add_argument("--quick", action="store_true", help="few photographs and epochs only")
    parser.add_argument("--data", choices=["auto", "signs", "synthetic"], default="auto")
    parser.add_argument("--runs", type=Path, default=Path("runs/vgg-homework"),
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
# sealed ad928bec0046fd879303427c2074f79027b2263143c636f700cc04b8e4e6e8c0
