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
# # Residual Networks
#
# You build the 50-layer residual network of He et al. (2015, arXiv 1512.03385), train it to read
# the digits 0 to 5 from 64x64 photographs of hands, and see what its shortcuts do to the gradient.
#
# Three functions are yours: `identity_block`, `convolutional_block` and `ResNet50`. Fill in what
# lies between the markers `EXERCISE ... STARTS` and `EXERCISE ... ENDS`, and ask as often as you
# like:
#
#     python -m grader check residual_networks
#
# Once they are filled in, run this file: it builds, trains, evaluates and plots. `--quick` takes a
# minute, `--image hand.jpg` reads a photograph of your own, `--help` lists the rest.

# %%
"""Residual Networks: the exercise, from the two blocks to a trained network that reads hands."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import keras
from keras import layers
from keras.initializers import GlorotUniform

# %% [markdown]
# ## 1. Why deeper was not better
#
# A deeper network can compute everything that a shallower one can: let its extra layers do nothing.
# Yet plain networks of more than some twenty layers *trained* worse, on the training set itself.
#
# Backpropagation multiplies one factor a layer. Where the typical factor is below one the product
# vanishes, where it is above one it explodes; fifty factors are enough for either. Two things keep
# the scale in hand:
#
# - **batch normalisation** fixes the scale of the activations on the way forward, and with that
#   keeps them from dying out. It does not by itself fix the scale on the way back: at the first
#   step of a deep plain network with batch norm, gradients grow from layer to layer on their way to
#   the input;
# - **shortcuts** add the input of a block to its output. Apart from the ReLU, the derivative of
#   $X + F(X)$ is $1 + F'(X)$: whatever happens in $F$, one path back to the input multiplies by
#   one.
#
# The plot at the end of this file measures the three cases: plain, plain with batch norm, residual.
#
# ## 2. Why the identity is easy to learn
#
# A block computes $\mathrm{ReLU}(F(X) + X)$, and its $X$ comes out of a ReLU, so that it is never
# negative. Once $F(X) = 0$ the block gives back $X$ exactly: doing nothing is one setting away,
# while three plain layers would have to arrange all their kernels into an identity.
#
# Which setting, precisely? Not small convolution weights: $F$ ends in batch norm, which divides by
# the standard deviation of what it is given. Halve the kernel before it and its output stays the
# same (up to its epsilon). What scales $F$ is the last batch norm's own `gamma`, with its shift
# `beta`: as both go to 0, $F$ goes to 0, whatever the kernels are. That is why some recipes start
# that one `gamma` at zero, so that every block begins as the identity.

# %% [markdown]
# ## 3. The identity block
#
# The shortcut passes the input on unchanged, so the main path must end in the input's own shape.
# The main path is a *bottleneck*: a 1x1 convolution to few channels, an f x f convolution among
# those few, a 1x1 convolution back to many.
#
# | main path | kernel | channels | padding | then |
# |---|---|---|---|---|
# | first | 1x1 | F1 | valid | batch norm, ReLU |
# | second | f x f | F2 | same | batch norm, ReLU |
# | third | 1x1 | F3 | valid | batch norm |
#
# All strides are 1, and the last ReLU comes *after* the sum: (n, h, w, F3) -> (n, h, w, F3).
#
# Two arguments reach into every layer. `initializer` is a factory: call it as `initializer(seed=0)`
# once for each kernel. `training` goes to the *call* of each batch norm, `BatchNormalization(...)
# (X, training=training)`: True normalises by the batch, False by the moving statistics, and None
# leaves it to how the model is called later.


# %%
def identity_block(
    X, f, filters, stage=None, block=None, *, training=None, initializer=GlorotUniform
):
    """The bottleneck block with the identity on its shortcut: (n, h, w, F3) -> (n, h, w, F3).

    X: Keras tensor or array. f: height and width of the second kernel. filters: (F1, F2, F3), the
    channels of the three convolutions. training: passed on to every batch norm.
    initializer: called as initializer(seed=0) for each kernel; biases and batch norm keep Keras'
    defaults, the axis of batch norm is 3.
    stage, block: given both, such as 2 and "b", name the convolutions res2b_branch2a,
    res2b_branch2b and res2b_branch2c, and the batch norms bn2b_branch2a and so on.
    """
    ### EXERCISE 1 STARTS: identity_block, 28 points ###
    # 1. Keep the input for the shortcut.
    # 2. First and second convolution, each with batch norm and ReLU.
    # 3. Third convolution with batch norm, and no ReLU yet.
    # 4. Add the shortcut, then ReLU.
    raise NotImplementedError(
        "exercise 1, identity_block, is not filled in yet; hint: "
        "python -m grader hint residual_networks identity_block"
    )
    ### EXERCISE 1 ENDS ###
    return X


def branch_names(stage, block, branch):
    """The course's names of a branch: (convolution, batch norm), or two None without a stage.

    branch: "2a", "2b" or "2c" on the main path, "1" on the shortcut.
    """
    if stage is None or block is None:
        return None, None
    return f"res{stage}{block}_branch{branch}", f"bn{stage}{block}_branch{branch}"


# %% [markdown]
# ## 4. The convolutional block
#
# Where a stage begins, the map shrinks and gains channels, and the input no longer fits the sum. A
# 1x1 convolution on the shortcut, with batch norm and *without* ReLU, brings it to the shape of the
# main path. The stride s sits in two places, the first convolution of the main path and the one on
# the shortcut: (n, h, w, c) -> (n, ceil(h / s), ceil(w / s), F3).


# %%
def convolutional_block(
    X, f, filters, stage=None, block=None, s=2, *, training=None, initializer=GlorotUniform
):
    """The bottleneck block with a projection on its shortcut.

    X: Keras tensor or array, (n, h, w, c) -> (n, ceil(h / s), ceil(w / s), F3). s: the stride of
    the first convolution and of the shortcut's. The other arguments are those of `identity_block`;
    the layers on the shortcut are named res2a_branch1 and bn2a_branch1.
    """
    ### EXERCISE 2 STARTS: convolutional_block, 28 points ###
    # 1. The shortcut: a 1x1 convolution with stride s to F3 channels, and batch norm.
    # 2. The main path, as in the identity block but for the stride of its first convolution.
    # 3. Add both paths, then ReLU.
    raise NotImplementedError(
        "exercise 2, convolutional_block, is not filled in yet; hint: "
        "python -m grader hint residual_networks convolutional_block"
    )
    ### EXERCISE 2 ENDS ###
    return X


# %% [markdown]
# ## 5. The network
#
# | stage | what | filters | map, from 64x64 |
# |---|---|---|---|
# | 1 | zero padding 3; 7x7 convolution, stride 2; batch norm, ReLU | 64 | 32x32x64 |
# | | max pooling 3x3, stride 2 | | 15x15x64 |
# | 2 | convolutional block, s = 1; 2 identity blocks | 64, 64, 256 | 15x15x256 |
# | 3 | convolutional block, s = 2; 3 identity blocks | 128, 128, 512 | 8x8x512 |
# | 4 | convolutional block, s = 2; 5 identity blocks | 256, 256, 1024 | 4x4x1024 |
# | 5 | convolutional block, s = 2; 2 identity blocks | 512, 512, 2048 | 2x2x2048 |
# | head | average pooling 2x2; flatten; dense with softmax | classes | 6 |
#
# Every f is 3. Stage 2 keeps the size, for the pooling has just halved it. One convolution in the
# stem, three in each of 16 blocks and the dense layer make the 50; the four projections on
# shortcuts are not counted, so that Keras lists 53 convolutions.


# %%
def ResNet50(input_shape=(64, 64, 3), classes=6):
    """The 50-layer residual network: images (n, height, width, channels) -> probabilities.

    input_shape: (height, width, channels) in pixels. classes: units of the last layer. Returns a
    keras.Model, not compiled: 23,600,006 parameters for 64x64x3 and 6 classes. Blocks are named as
    in the course: stage 2 to 5, block "a" for the convolutional one, "b", "c" and so on.
    """
    ### EXERCISE 3 STARTS: ResNet50, 44 points ###
    # 1. Stage 1, from the input to max pooling.
    # 2. Stages 2 to 5: a convolutional block, then identity blocks.
    # 3. The head.
    raise NotImplementedError(
        "exercise 3, ResNet50, is not filled in yet; hint: "
        "python -m grader hint residual_networks ResNet50"
    )
    ### EXERCISE 3 ENDS ###
    return model


# %% [markdown]
# ## 6. The same network without shortcuts
#
# For the comparison only: 49 convolutions one after another, widths and strides as above, with or
# without batch norm.


# %%
def plain_network(input_shape=(64, 64, 3), classes=6, batch_norm=True):
    """ResNet50 without its shortcuts, for the plot of gradients; shapes as in `ResNet50`."""

    def layer(X, channels, kernel, stride=1):
        X = layers.Conv2D(channels, kernel, stride, padding="same")(X)
        X = layers.BatchNormalization()(X) if batch_norm else X
        return layers.Activation("relu")(X)

    images = keras.Input(input_shape)
    X = layers.MaxPooling2D(3, strides=2)(layer(images, 64, 7, 2))
    for width, blocks, stride in ((64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2)):
        for block in range(blocks):
            X = layer(X, width, 1, 1 if block else stride)
            X = layer(layer(X, width, 3), 4 * width, 1)
    X = layers.Flatten()(layers.AveragePooling2D(2)(X))
    return keras.Model(images, layers.Dense(classes, activation="softmax")(X))


# %% [markdown]
# ## 7. Train, evaluate, look
#
# Two epochs first, with the course's settings: enough to see that everything fits together, and
# far too few to be right. Batch norm's moving averages follow slowly, by 1% a step, and two epochs
# are 68 steps: the *training* accuracy is already well above chance while the test accuracy,
# computed with those averages, is about 1 in 6. Then the full run, whose recipe lets the averages
# follow by 10% a step.
#
# Imports of our own packages stand inside the functions, so that checking the exercises does not
# wait for them.


# %%
def train(name, data, recipe, options):
    """Train a new ResNet50 by a recipe, test and plot it; returns the model.

    data: datasets.signs.Signs. Writes NAME-curves.png and NAME-confusion.png into options.runs.
    """
    from training import plots
    from training.evaluate import score
    from training.loop import fit

    fitted = fit(ResNet50, data, recipe, seed=options.seed, title=name)
    tested = score(fitted.model, data, batch_norm=recipe.batch_norm_at_test)
    print(f"{name}: test accuracy {tested.accuracy:.4f} on {tested.tested} photographs, "
          f"{tested.accuracy_unseen:.4f} on the {tested.unseen} that train does not hold")
    title = f"{name}, {options.source}"
    line = f"test {tested.accuracy:.1%}", tested.accuracy
    plots.save(plots.curves(fitted.history, title, line), options.runs / f"{name}-curves.png")
    plots.save(
        plots.confusion(tested.confusion, data.classes, title),
        options.runs / f"{name}-confusion.png",
    )
    return fitted.model


def compare_gradients(data, options, examples=32):
    """Plot the gradient's norm by layer at the first step, plain against residual."""
    from training import plots
    from training.gradients import gradient_norms

    keras.utils.set_random_seed(options.seed)
    networks = {
        "plain": lambda: plain_network(batch_norm=False),
        "plain, batch norm": plain_network,
        "residual, batch norm": ResNet50,
    }
    norms = {}
    for name, build in networks.items():
        norms[name] = gradient_norms(build(), data.train_x[:examples], data.train_y[:examples])
        print(f"gradient at the first layer over that at the last but one, {name}: "
              f"{norms[name][0][1] / norms[name][-2][1]:.3g}; at the first layer: "
              f"{norms[name][0][1]:.3g}")
    figure = plots.gradients(norms, f"before the first step, {options.source}")
    plots.save(figure, options.runs / "gradients.png")


# %% [markdown]
# ## 8. A photograph of your own
#
# Train and test show one hand each, upright, before a light wall. Take yours alike, and be ready to
# see the network err where it is not: 1,080 photographs are few.


# %%
def read_image(path):
    """The photograph at `path` as the network takes it: uint8 (1, 64, 64, 3).

    The middle square is cut out and scaled. Raises DataError, one line, for a file that is not an
    image.
    """
    import numpy as np
    from PIL import Image, ImageOps

    from datasets.errors import DataError

    try:
        with Image.open(path) as image:
            upright = ImageOps.exif_transpose(image).convert("RGB")
            square = ImageOps.fit(upright, (64, 64), Image.Resampling.BILINEAR)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        reason = getattr(error, "strerror", None) or "it cannot be read as one"
        raise DataError(
            f"{path}: expected an image, such as a JPEG or PNG file: {reason}; give another file"
        ) from None
    return np.asarray(square)[None]


def predict(model, image, classes):
    """Print what the model sees on an image, uint8 (1, 64, 64, 3), and how sure it is."""
    from training.evaluate import probabilities

    chances = probabilities(model, image)[0]
    order = chances.argsort()[::-1]
    print(f"your image shows {classes[order[0]]}")
    print("  " + "  ".join(f"{classes[i]}: {chances[i]:.1%}" for i in order))


# %% [markdown]
# ## 9. All of it


# %%
QUICK = 160


def walk(options):
    """Build, summarise, train 2 epochs and then in full, evaluate, plot, and predict."""
    from dataclasses import replace

    from datasets.files import make_folder, whole
    from datasets.find import resolve
    from training.recipes import get

    # Before anything slow, so that a wrong file is known at once.
    image = None if options.image is None else read_image(options.image)
    if options.model is not None:
        predict(saved_model(options.model), image, range(6))
        return
    ResNet50().summary()
    data, found = resolve(options.data, say=print)
    options.source = found.name
    make_folder(options.runs)
    if options.quick:
        print(f"--quick: {QUICK} training photographs, 2 epochs and no full run")
        data = data._replace(train_x=data.train_x[:QUICK], train_y=data.train_y[:QUICK])
        compare_gradients(data, options, examples=8)
        model = train("quick", data, replace(get("course_2017_check"), epochs=2), options)
    else:
        compare_gradients(data, options)
        train("check", data, get("course_2017_check"), options)
        model = train("full", data, get("ours"), options)
    path = options.runs / "model.keras"
    with whole(path) as temporary:
        model.save(temporary)
    print(f"plots and model.keras are in {options.runs}")
    if image is not None:
        predict(model, image, data.classes)


def saved_model(path):
    """The model in a .keras file. Raises DataError, one line, for any other file."""
    from datasets.errors import DataError

    try:
        return keras.saving.load_model(path, compile=False)
    except (OSError, ValueError, KeyError, TypeError):
        raise DataError(
            f"{path}: expected a model saved by an earlier run, such as "
            "runs/homework/model.keras; give another file or leave --model out"
        ) from None


def arguments():
    """The command line."""
    parser = argparse.ArgumentParser(description="Residual Networks, from the blocks to a trained "
                                     "network that reads hands.")
    parser.add_argument("--quick", action="store_true", help="few photographs and 2 epochs only")
    parser.add_argument("--image", type=Path, help="a photograph of your own hand to read")
    parser.add_argument("--model", type=Path,
                        help="with --image: a model.keras of an earlier run, in place of training")
    parser.add_argument("--data", choices=["auto", "signs", "synthetic"], default="auto")
    parser.add_argument("--runs", type=Path, default=Path("runs/homework"),
                        help="the folder for plots and the model")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    if options.model is not None and options.image is None:
        parser.error("--model reads an image: give --image too")
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
# sealed 9b3e7bd77b379fdcd5fcb5796a3afc86c94576736fda4b849eff40bc059e8c3d
