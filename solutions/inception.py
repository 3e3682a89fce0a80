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
# # Inception
#
# You build GoogLeNet, which won the ImageNet competition of 2014 (Szegedy and others, Going deeper
# with convolutions, 2014): the cost of a convolution, the module that looks through several windows
# at once, the same module made affordable by 1x1 convolutions, and the classifiers half-way that
# help such a deep network to learn. Then you train it on photographs of hands, with these
# classifiers and without.
#
# Five functions are yours: `multiplications`, `inception_module_naive`, `inception_module`,
# `auxiliary_head` and `GoogLeNet`. Fill in what lies between the markers `EXERCISE ... STARTS` and
# `EXERCISE ... ENDS`, and ask as often as you like:
#
#     python -m grader check inception
#
# Once they are filled in, run this file: it counts, times, trains two networks, and compares them
# with what is said about them. `--quick` takes about a minute, `--help` lists the rest.

# %%
"""Inception: the exercise, from the cost of a convolution to GoogLeNet with auxiliary heads."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import keras
from keras import layers

# %% [markdown]
# ## 1. What a convolution costs
#
# A convolution with padding "same" and stride 1 gives a map of the height and width that it was
# given. Each number in that map is a sum of products: one for each place in the window and each
# channel of the input. So the multiplications are
#
# $$\text{numbers that come out} \times \text{numbers in one window}.$$
#
# The lecture's example: a map of 28x28x192 and a 5x5 convolution to 32 channels. 28 x 28 x 32
# numbers come out, each costs 5 x 5 x 192 multiplications, and together that is 120 million.
#
# At the border a part of the window lies on padding. These products with zero are counted too:
# the machine makes them, or takes as long as if it did. Additions and biases are not counted.


# %%
def multiplications(input_shape, filters, kernel_size):
    """The multiplications of a convolution of one image, padding "same" and stride 1.

    input_shape: (height, width, channels). filters: the channels that come out. kernel_size: the
    side of the window in pixels, or (height, width), as in layers.Conv2D. Returns a whole number.
    """
    ### EXERCISE 1 STARTS: multiplications, 12 points ###
    # 1. Take height, width and channels apart; a kernel of one number is a square.
    # 2. Multiply how many numbers come out by what each of them costs.
    height, width, channels = input_shape
    if isinstance(kernel_size, int):
        kernel_size = (kernel_size, kernel_size)
    outputs = height * width * filters
    number = outputs * kernel_size[0] * kernel_size[1] * channels
    ### EXERCISE 1 ENDS ###
    return number


# %% [markdown]
# ## 2. Several windows at once
#
# 1x1, 3x3 or 5x5, or a pooling? An Inception module does not choose. It does all of them side by
# side on the same input, and puts the maps that come of it behind each other along the channels;
# what is useful is left to the weights.
#
# Maps can only be put behind each other if they agree in height and width. So every branch keeps
# the size: padding "same" and stride 1, in the pooling too, although pooling is known for making
# maps smaller.
#
# | branch | what | channels |
# |---|---|---|
# | 1 | 1x1 convolution, ReLU | F1 |
# | 2 | 3x3 convolution, ReLU | F3 |
# | 3 | 5x5 convolution, ReLU | F5 |
# | 4 | 3x3 max pooling | those of the input |
#
# The order of the branches in the concatenation is that of the table. There is no batch norm:
# GoogLeNet is a year older.


# %%
def inception_module_naive(X, filters):
    """The module without bottlenecks: (n, h, w, c) -> (n, h, w, F1 + F3 + F5 + c).

    filters: (F1, F3, F5), the channels of the 1x1, 3x3 and 5x5 convolutions. The paper's figure
    2a; branches in the table's order.
    """
    ### EXERCISE 2 STARTS: inception_module_naive, 14 points ###
    # 1. Three convolutions of X, each with ReLU, that keep height and width.
    F1, F3, F5 = filters
    X1 = layers.Conv2D(F1, 1, activation="relu")(X)
    X3 = layers.Conv2D(F3, 3, padding="same", activation="relu")(X)
    X5 = layers.Conv2D(F5, 5, padding="same", activation="relu")(X)
    # 2. A max pooling of X that keeps height and width.
    pooled = layers.MaxPooling2D(3, strides=1, padding="same")(X)
    # 3. All four along the channels, in the table's order.
    Y = layers.Concatenate()([X1, X3, X5, pooled])
    ### EXERCISE 2 ENDS ###
    return Y


# %% [markdown]
# ## 3. The bottleneck
#
# The naive module has two faults. It is dear: the 5x5 convolution alone costs 120 million
# multiplications on 28x28x192. And it grows: the pooling passes on all channels of the input, so
# that each module gives more than it was given.
#
# A 1x1 convolution mends both. It mixes the channels of each pixel, like a small dense layer that
# is the same for every pixel, and it may give fewer channels than it takes. In front of the 5x5
# convolution it takes 192 channels to 16:
#
# | | multiplications |
# |---|---|
# | 5x5 on 28x28x192, to 32 channels | 120,422,400 |
# | 1x1 on 28x28x192, to 16 channels | 2,408,448 |
# | 5x5 on 28x28x16, to 32 channels | 10,035,200 |
# | both together | 12,443,648 |
#
# A tenth, for a map of the same shape. The narrow map between the two is the bottleneck.
#
# | branch | what, each convolution with ReLU | channels |
# |---|---|---|
# | 1 | 1x1 convolution | F1 |
# | 2 | 1x1 convolution, then 3x3 convolution | R3, then F3 |
# | 3 | 1x1 convolution, then 5x5 convolution | R5, then F5 |
# | 4 | 3x3 max pooling, then 1x1 convolution | those of the input, then FP |


# %%
def inception_module(X, filters):
    """The module with bottlenecks: (n, h, w, c) -> (n, h, w, F1 + F3 + F5 + FP).

    filters: (F1, R3, F3, R5, F5, FP), a row of the paper's table 1. Figure 2b; branches in the
    table's order.
    """
    ### EXERCISE 3 STARTS: inception_module, 22 points ###
    # 1. Branch 1: a 1x1 convolution.
    F1, R3, F3, R5, F5, FP = filters
    X1 = layers.Conv2D(F1, 1, activation="relu")(X)
    # 2. Branches 2 and 3: a bottleneck first, then the wider window.
    X3 = layers.Conv2D(R3, 1, activation="relu")(X)
    X3 = layers.Conv2D(F3, 3, padding="same", activation="relu")(X3)
    X5 = layers.Conv2D(R5, 1, activation="relu")(X)
    X5 = layers.Conv2D(F5, 5, padding="same", activation="relu")(X5)
    # 3. Branch 4: the pooling first, then its projection.
    XP = layers.MaxPooling2D(3, strides=1, padding="same")(X)
    XP = layers.Conv2D(FP, 1, activation="relu")(XP)
    # 4. All four along the channels, in the table's order.
    Y = layers.Concatenate()([X1, X3, X5, XP])
    ### EXERCISE 3 ENDS ###
    return Y


# %% [markdown]
# ## 4. Classifiers half-way
#
# GoogLeNet has 22 layers with weights one after another and no shortcuts, and a gradient has a long
# way back to the first. So two small classifiers hang on maps in the middle, are asked for the same
# classes, and add 0.3 of their loss to the network's own. After training they are thrown away.
#
# | stage | what | channels or units | map, from 14x14x512 |
# |---|---|---|---|
# | 1 | average pooling, see below | | 4x4x512 |
# | 2 | 1x1 convolution; ReLU | 128 | 4x4x128 |
# | 3 | flatten; dense with ReLU | 1024 | 1024 |
# | | dropout of 0.7 | | 1024 |
# | output | dense with softmax | classes | classes |
#
# The paper pools with a window of 5x5 that moves by 3 and has no padding: from 14x14, which is what
# images of 224x224 leave here, to 4x4. Images of 64x64 leave 4x4, where that window does not fit.
# So this exercise decides: **where height and width are both at least 14, the paper's pooling;
# where one of them is smaller, `layers.AdaptiveAveragePooling2D(4)`**, which makes 4x4 of any map,
# and leaves 4x4 as it is. The head then has the same weights for all small images.


# %%
def auxiliary_head(X, classes):
    """A classifier half-way: (n, h, w, c) -> probabilities (n, classes).

    Section 5 of the paper. Maps with a side below 14 pixels are pooled to 4x4, see the text.
    """
    ### EXERCISE 4 STARTS: auxiliary_head, 20 points ###
    # 1. The pooling, which depends on the map's height and width.
    if min(X.shape[1:3]) >= 14:
        X = layers.AveragePooling2D(5, strides=3)(X)
    else:
        X = layers.AdaptiveAveragePooling2D(4)(X)
    # 2. The 1x1 convolution with ReLU, flattened.
    X = layers.Conv2D(128, 1, activation="relu")(X)
    X = layers.Flatten()(X)
    # 3. The dense layer with ReLU, its dropout, and one probability a class.
    X = layers.Dense(1024, activation="relu")(X)
    X = layers.Dropout(0.7)(X)
    X = layers.Dense(classes, activation="softmax")(X)
    ### EXERCISE 4 ENDS ###
    return X


# %% [markdown]
# ## 5. The network
#
# | stage | what | map, from 64x64x3 |
# |---|---|---|
# | 1 | 7x7 convolution to 64 channels with stride 2; ReLU | 32x32x64 |
# | | 3x3 max pooling, stride 2 | 16x16x64 |
# | 2 | 1x1 convolution to 64 channels; ReLU | 16x16x64 |
# | | 3x3 convolution to 192 channels; ReLU | 16x16x192 |
# | | 3x3 max pooling, stride 2 | 8x8x192 |
# | 3 | modules 3a and 3b | 8x8x480 |
# | 4 | 3x3 max pooling, stride 2 | 4x4x480 |
# | | modules 4a to 4e | 4x4x832 |
# | 5 | 3x3 max pooling, stride 2 | 2x2x832 |
# | | modules 5a and 5b | 2x2x1024 |
# | output | global average pooling; dropout of 0.4 | 1024 |
# | | dense with softmax | classes |
#
# Everything is padded "same". Auxiliary heads hang on the maps of 4a and of 4d. The model has three
# outputs: the network's own, that of the head after 4a, and that of the head after 4d.
#
# The paper normalises over neighbouring channels twice in stages 1 and 2, as AlexNet does. This
# exercise leaves that out: the VGG networks of the same year found no use in it, and Keras has no
# such layer. `nets/inception.py` has it.

# %%
# The rows of the paper's table 1: F1, R3, F3, R5, F5, FP.
MODULES = {
    "3a": (64, 96, 128, 16, 32, 32),
    "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 208, 16, 48, 64),
    "4b": (160, 112, 224, 24, 64, 64),
    "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 32, 128, 128),
    "5b": (384, 192, 384, 48, 128, 128),
}


# %%
def GoogLeNet(input_shape=(64, 64, 3), classes=6):
    """GoogLeNet with both auxiliary heads: images (n, height, width, channels) -> probabilities.

    input_shape: (height, width, channels) in pixels, at least 32x32. Returns a keras.Model, not
    compiled, with the outputs [network, head after 4a, head after 4d], each (n, classes).
    """
    ### EXERCISE 5 STARTS: GoogLeNet, 32 points ###
    # 1. The input, and stage 1: a convolution that halves the map, and a pooling that does.
    images = keras.Input(input_shape)
    X = layers.Conv2D(64, 7, strides=2, padding="same", activation="relu")(images)
    X = layers.MaxPooling2D(3, strides=2, padding="same")(X)
    # 2. Stage 2: a 1x1 and a 3x3 convolution, and a pooling.
    X = layers.Conv2D(64, 1, activation="relu")(X)
    X = layers.Conv2D(192, 3, padding="same", activation="relu")(X)
    X = layers.MaxPooling2D(3, strides=2, padding="same")(X)
    # 3. Stages 3 to 5: walk through MODULES, pool where a stage begins, and hang on the heads.
    heads = []
    for name, filters in MODULES.items():
        if name in ("4a", "5a"):
            X = layers.MaxPooling2D(3, strides=2, padding="same")(X)
        X = inception_module(X, filters)
        if name in ("4a", "4d"):
            heads.append(auxiliary_head(X, classes))
    # 4. The output, and the model with its three outputs.
    X = layers.GlobalAveragePooling2D()(X)
    X = layers.Dropout(0.4)(X)
    X = layers.Dense(classes, activation="softmax")(X)
    model = keras.Model(images, [X, *heads], name="googlenet")
    ### EXERCISE 5 ENDS ###
    return model


# %% [markdown]
# ## 6. Training with heads, predicting without
#
# The three outputs have the same labels, and only the first is the answer. The model below says
# that to Keras: while it trains, the loss of each head counts 0.3; accuracy, `predict` and
# everything else are of the network alone.

# %%
LOSS_WEIGHT = 0.3


@keras.saving.register_keras_serializable(package="inception")
class WithHeads(keras.Model):
    """A model of three outputs that trains with all of them and answers with the first."""

    @property
    def output_shape(self):
        """Of its answer: (n, classes)."""
        return self.outputs[0].shape

    def call(self, inputs, training=None, mask=None):
        """All outputs in training mode, and the first of them otherwise."""
        outputs = super().call(inputs, training=training, mask=mask)
        return outputs if training else outputs[0]

    def compute_output_spec(self, inputs, training=None, mask=None):
        """The shapes of what `call` gives."""
        outputs = super().compute_output_spec(inputs, training=training, mask=mask)
        return outputs if training else outputs[0]

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """The network's loss, and 0.3 of that of each head."""
        own, *heads = y_pred if isinstance(y_pred, (list, tuple)) else [y_pred]
        loss = super().compute_loss(x, y, own, sample_weight, training)
        for head in heads:
            loss += LOSS_WEIGHT * super().compute_loss(x, y, head, sample_weight, training)
        return loss

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        """Those of the network alone."""
        own = y_pred[0] if isinstance(y_pred, (list, tuple)) else y_pred
        return super().compute_metrics(x, y, own, sample_weight)


def with_heads(input_shape=(64, 64, 3), classes=6):
    """GoogLeNet that trains with its auxiliary heads; what `python -m training` trains."""
    model = GoogLeNet(input_shape, classes)
    return WithHeads(model.inputs[0], model.outputs, name="with_heads")


def without_heads(input_shape=(64, 64, 3), classes=6):
    """The same network, of the same first weights under the same seed, without its heads."""
    return network_of(GoogLeNet(input_shape, classes))


def network_of(model):
    """The network without its heads; its layers, and so its weights, are those of `model`."""
    return keras.Model(model.inputs[0], model.outputs[0], name="without_heads")


# %% [markdown]
# ## 7. Measure
#
# Multiplications are not seconds. So the lecture's two ways from 28x28x192 to 28x28x32 are counted
# by your function, and then timed.
#
# The heads are said to help in two ways: they give the early layers a gradient of their own, and
# they regularise. The first shows before any training, in the gradient of each layer at the first
# step. For both, two networks are trained from the same first weights on the same photographs in
# the same order: one with heads, one without. Imports of our own packages stand inside the
# functions, so that checking the exercises does not wait for them.

# %%
EXAMPLE, CHANNELS, NARROW = (28, 28, 192), 32, 16
NETWORKS = {"with heads": with_heads, "without heads": without_heads}
QUICK_IMAGES, QUICK_EPOCHS = 64, 2


def counted():
    """The lecture's multiplications: (5x5 at once, 1x1 and then 5x5)."""
    height, width, _ = EXAMPLE
    direct = multiplications(EXAMPLE, CHANNELS, 5)
    reduced = multiplications(EXAMPLE, NARROW, 1)
    return direct, reduced + multiplications((height, width, NARROW), CHANNELS, 5)


def timed(rounds, batch=16):
    """The seconds of both ways for one batch, timed in turn: two lists of `rounds` numbers."""
    import time

    import numpy as np

    draw = np.random.default_rng(0)
    maps = keras.ops.convert_to_tensor(draw.random((batch, *EXAMPLE), "float32"))
    X = keras.Input(EXAMPLE)
    narrow = layers.Conv2D(NARROW, 1, activation="relu")(X)
    models = [keras.Model(X, layers.Conv2D(CHANNELS, 5, padding="same", activation="relu")(Y))
              for Y in (X, narrow)]
    found = [[], []]
    for round_ in range(rounds + 2):  # two rounds warm up
        for model, seconds in zip(models, found, strict=True):
            start = time.perf_counter()
            keras.ops.convert_to_numpy(model(maps))  # waits for a device that computes by itself
            if round_ >= 2:
                seconds.append(time.perf_counter() - start)
    return found


def gradients(data, options, examples=32):
    """The gradient's norm by layer at the first step: name -> [(layer, norm)], and gradients.png.

    Only layers that both networks have; those of the heads are left out.
    """
    from training import plots
    from training.gradients import gradient_norms

    found = {}
    for name, build in NETWORKS.items():
        keras.utils.set_random_seed(options.seed)
        model = build(data.train_x.shape[1:], len(data.classes))
        own = {layer.name for layer in network_of(model).layers}
        norms = gradient_norms(model, data.train_x[:examples], data.train_y[:examples])
        found[name] = [(layer, norm) for layer, norm in norms if layer in own]
    figure = plots.gradients(found, f"GoogLeNet before the first step, {options.source}")
    plots.save(figure, options.runs / "gradients.png")
    return found


def train_both(data, recipe, options):
    """Train both networks from the same first weights: {name: (Fitted, Score)}."""
    from functools import partial

    from training.evaluate import score
    from training.loop import fit

    found = {}
    for name, build in NETWORKS.items():
        build = partial(build, data.train_x.shape[1:], len(data.classes))
        fitted = fit(build, data, recipe, seed=options.seed, title=name)
        tested = score(fitted.model, data)
        found[name] = fitted, tested
        print(f"{name}: training accuracy {fitted.history[-1]['accuracy']:.4f}, "
              f"test accuracy {tested.accuracy:.4f} on {tested.tested} photographs, "
              f"{tested.accuracy_unseen:.4f} on the {tested.unseen} that train does not hold")
    return found


def plot_all(found, data, options):
    """Write accuracy.png of both runs, and confusion.png of the better one."""
    from training import plots

    histories = {name: fitted.history for name, (fitted, _) in found.items()}
    plots.save(plots.accuracies(histories, f"GoogLeNet, {options.source}"),
               options.runs / "accuracy.png")
    name = best(found)
    tested = found[name][1]
    title = f"GoogLeNet, {name}, {options.source}: test {tested.accuracy:.1%}"
    plots.save(plots.confusion(tested.confusion, data.classes, title),
               options.runs / "confusion.png")


def best(found):
    """The name of the network with the higher test accuracy."""
    return max(found, key=lambda name: found[name][1].accuracy)


# %% [markdown]
# ## 8. Is it borne out?
#
# Three sentences about Inception, and what was measured just now beside each. One seed and some
# hundred test photographs are little: a difference in accuracy counts only where it is more than
# two standard errors.


# %%
def about_bottlenecks(rounds=11):
    """Print the claim about multiplications, the counts, and the seconds."""
    from statistics import median

    direct, bottleneck = counted()
    slow, fast = timed(rounds)
    ratios = sorted(one / other for one, other in zip(slow, fast, strict=True))
    print("Said: through a bottleneck 120 million multiplications become 12.4 million, a tenth of "
          "the computation.")
    print(f"Counted: {direct:,} and {bottleneck:,}, {direct / bottleneck:.2f} times fewer. "
          f"Measured: {median(ratios):.2f} times faster (median of {rounds}, from {ratios[0]:.2f} "
          f"to {ratios[-1]:.2f}).")
    right = abs(direct - 120e6) < 1e6 and abs(bottleneck - 12.4e6) < 1e5
    print(f"{'Borne out' if right else 'Not borne out'} for multiplications, and "
          f"{bought(median(ratios), direct / bottleneck)}")


def bought(measured, predicted):
    """What the clock says, in words: how much of the ratio `predicted` was `measured`."""
    if measured >= 0.8 * predicted:
        return "the clock sees nearly all of it."
    if measured > 1:
        return ("the clock sees less of it: a narrow convolution moves as many pixels for fewer "
                "products, and there are two of them to start.")
    return "not borne out by the clock here: the bottleneck was no faster."


def about_gradients(norms):
    """Print the claim that heads bring a gradient to the first layers, and the gradients there."""
    first = {name: rows[0][1] for name, rows in norms.items()}
    plain, helped = first["without heads"], first["with heads"]
    print("Said: auxiliary heads give the early layers a gradient of their own.")
    print(f"Measured before the first step: the gradient's norm at the first convolution is "
          f"{plain:.3g} without heads and {helped:.3g} with them, {helped / plain:.1f} times as "
          "large.")
    print("Borne out: the first layer's gradient is at least twice as large with heads."
          if helped >= 2 * plain else
          "Not borne out here: the heads do not double the first layer's gradient.")


def learnt_in(history, classes):
    """The first epoch, from 1, whose training accuracy is twice that of guessing, or None."""
    return next((int(row["epoch"]) + 1 for row in history if row["accuracy"] >= 2 / classes), None)


def about_learning(found, classes=6):
    """Print the claim that heads help to learn and regularise, and what the two runs did."""
    runs = [found[name] for name in ("with heads", "without heads")]
    begun = [learnt_in(fitted.history, classes) for fitted, _ in runs]
    words = ["never" if epoch is None else f"in epoch {epoch}" for epoch in begun]
    tested, plain = (score.accuracy for _, score in runs)
    trained = [fitted.history[-1]["accuracy"] for fitted, _ in runs]
    mean, count = (tested + plain) / 2, runs[0][1].tested
    error = (2 * mean * (1 - mean) / count) ** 0.5
    print("Said: auxiliary heads help a deep network to learn, and regularise it.")
    print(f"Measured: training accuracy is twice that of guessing {words[0]} with heads, "
          f"{words[1]} without. At the end it is {trained[0]:.4f} and {trained[1]:.4f}; test "
          f"accuracy is {tested:.4f} and {plain:.4f}, a difference of "
          f"{100 * (tested - plain):+.1f} points; two standard errors are {200 * error:.1f}.")
    print(verdict(begun, tested - plain, error))


def verdict(begun, difference, error):
    """The sentence on both halves of the claim; begun: the epochs with and without heads."""
    if begun == [None, None]:
        return "Not to be judged here: neither network began to learn in these epochs."
    late = [float("inf") if epoch is None else epoch for epoch in begun]
    earlier = late[0] < late[1]
    learning = "Borne out for learning: with heads it began earlier." if earlier else (
        "Not borne out for learning: without heads it began no later.")
    if abs(difference) <= 2 * error:
        return (f"{learning} For regularising not to be told: the difference on test photographs "
                "is within what chance makes.")
    if difference < 0:
        return f"{learning} Not borne out for regularising: without heads the test went better."
    if None in begun:
        return (f"{learning} For regularising not to be told: a network that did not learn cannot "
                "show it.")
    return f"{learning} Borne out for regularising: the test went better by more than chance makes."


# %% [markdown]
# ## 9. All of it


# %%
def walk(options):
    """Count, time, look at gradients, train both networks, plot, and say what is borne out."""
    from dataclasses import replace

    from datasets.files import make_folder, whole
    from datasets.find import resolve
    from training.recipes import get

    model = GoogLeNet()
    print(f"GoogLeNet for 64x64x3 and 6 classes: {model.count_params():,} parameters, of which "
          f"{model.count_params() - network_of(model).count_params():,} are in the heads")
    about_bottlenecks()
    data, source = resolve(options.data, say=print)
    options.source, recipe = source.name, get("inception")
    make_folder(options.runs)
    if options.quick:
        print(f"--quick: {QUICK_IMAGES} training photographs and {QUICK_EPOCHS} epochs, too few to "
              "judge by: what follows shows the way, not the answer")
        recipe = replace(recipe, epochs=QUICK_EPOCHS)
        data = data._replace(train_x=data.train_x[:QUICK_IMAGES],
                             train_y=data.train_y[:QUICK_IMAGES])
    about_gradients(gradients(data, options, examples=8 if options.quick else 32))
    found = train_both(data, recipe, options)
    plot_all(found, data, options)
    about_learning(found, len(data.classes))
    with whole(options.runs / "model.keras") as temporary:
        network_of(found[best(found)][0].model).save(temporary)
    print(f"the plots and the better network, model.keras, are in {options.runs}")


def arguments():
    """The command line."""
    parser = argparse.ArgumentParser(description="Inception: count and time bottlenecks, train "
                                     "GoogLeNet with auxiliary heads and without, and compare.")
    parser.add_argument("--quick", action="store_true", help="few photographs and epochs only")
    parser.add_argument("--data", choices=["auto", "signs", "synthetic"], default="auto")
    parser.add_argument("--runs", type=Path, default=Path("runs/inception-homework"),
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
