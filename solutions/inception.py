# %% [markdown]
# # Inception
#
# You build GoogLeNet, which won ImageNet in 2014 (Szegedy and others, Going deeper with
# convolutions). You count what a convolution costs. You build a module of several windows, the same
# module made cheap by 1x1 convolutions, and classifiers in the middle of the network. Then you
# train it with these classifiers and without.
#
# You write five functions. Write your code between the markers `EXERCISE ... STARTS` and
# `EXERCISE ... ENDS`, and check it as often as you like:
#
#     .venv/bin/signs check inception
#
# When all five are right, run this file: it counts, measures times, trains two networks, and
# compares the results with common claims. `--quick` takes a minute; `--help` lists the options.

# %%
"""Inception: the exercise, from the cost of a convolution to GoogLeNet with auxiliary heads."""

import sys
from pathlib import Path

try:
    import keras
    from keras import layers
except ModuleNotFoundError as missing:
    sys.exit(f"{missing}: activate .venv, or run .venv/bin/python {sys.argv[0]}")

# %% [markdown]
# ## 1. What a convolution costs
#
# A convolution with padding "same" and stride 1 keeps height and width. Each output number is a sum
# of products: one for each position in the window and each channel of the input.
#
# The lecture's example: a map of 28x28x192 and a 5x5 convolution with 32 filters. 28 x 28 x 32
# numbers come out, each costs 5 x 5 x 192 multiplications, and together that is 120 million.
# Products with the zeros of the padding count too; additions and biases do not.


# %%
def multiplications(input_shape, filters, kernel_size):
    """The multiplications of a convolution of one image, padding "same" and stride 1.

    input_shape: (height, width, channels). filters: the number of output channels. kernel_size: the
    side of the window in pixels, or (height, width), as in layers.Conv2D. Returns a whole number.
    """
    ### EXERCISE 1 STARTS: multiplications, 12 points ###
    # 1. Unpack height, width and channels; a kernel size of one number means a square.
    # 2. Multiply the number of outputs by the cost of each of them. Return the result.
    height, width, channels = input_shape
    if isinstance(kernel_size, int):
        kernel_size = (kernel_size, kernel_size)
    outputs = height * width * filters
    number = outputs * kernel_size[0] * kernel_size[1] * channels
    return number
    ### EXERCISE 1 ENDS ###


# %% [markdown]
# ## 2. Several windows at once
#
# 1x1, 3x3 or 5x5, or a pooling? An Inception module does not choose. It applies all of them to the
# same input and concatenates the results along the channels; training decides which are useful. The
# maps must have the same height and width. So every branch keeps the size: padding "same" and
# stride 1. This is true for the pooling too, although pooling usually makes maps smaller.
#
# | branch | what | channels |
# |---|---|---|
# | 1 | 1x1 convolution, ReLU | F1 |
# | 2 | 3x3 convolution, ReLU | F3 |
# | 3 | 5x5 convolution, ReLU | F5 |
# | 4 | 3x3 max pooling | those of the input |
#
# The branches are concatenated in the order of the table. There is no batch norm: it came five
# months after GoogLeNet.


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
    # 3. Concatenate all four along the channels, in the table's order. Return the result.
    Y = layers.Concatenate()([X1, X3, X5, pooled])
    return Y
    ### EXERCISE 2 ENDS ###


# %% [markdown]
# ## 3. The bottleneck
#
# The naive module has two problems. It is expensive: the 5x5 convolution alone costs 120 million
# multiplications on 28x28x192. And its output grows: the pooling keeps all input channels.
#
# A 1x1 convolution (Lin and others, Network in network, 2013) solves both. It mixes the channels of
# each pixel, as in the bottleneck of ResNet-50, and can output fewer channels than it receives. In
# front of the 5x5 convolution it reduces 192 channels to 16:
#
# | | multiplications |
# |---|---|
# | 5x5 on 28x28x192, to 32 channels | 120,422,400 |
# | 1x1 on 28x28x192, to 16 channels | 2,408,448 |
# | 5x5 on 28x28x16, to 32 channels | 10,035,200 |
#
# Both together are 12,443,648, a tenth. The map of 16 channels between the two is the bottleneck.
#
# | branch | what, each convolution with ReLU | channels |
# |---|---|---|
# | 1 | 1x1 convolution | F1 |
# | 2 | 1x1 convolution, then 3x3 convolution | R3, then F3 |
# | 3 | 1x1 convolution, then 5x5 convolution | R5, then F5 |
# | 4 | 3x3 max pooling, then 1x1 convolution | those of the input, then FP |
#
# ![Module 3a without and with bottlenecks; the width of a box is its number of channels. Without:
# 416 channels come out, for 303,464,448 multiplications. With 1x1 bottlenecks: 256 channels,
# 128,049,152 multiplications.](../docs/figures/inception_module.svg)


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
    # 2. Branches 2 and 3: a bottleneck first, then the larger window.
    X3 = layers.Conv2D(R3, 1, activation="relu")(X)
    X3 = layers.Conv2D(F3, 3, padding="same", activation="relu")(X3)
    X5 = layers.Conv2D(R5, 1, activation="relu")(X)
    X5 = layers.Conv2D(F5, 5, padding="same", activation="relu")(X5)
    # 3. Branch 4: the pooling first, then its projection.
    XP = layers.MaxPooling2D(3, strides=1, padding="same")(X)
    XP = layers.Conv2D(FP, 1, activation="relu")(XP)
    # 4. Concatenate all four along the channels, in the table's order. Return the result.
    Y = layers.Concatenate()([X1, X3, X5, XP])
    return Y
    ### EXERCISE 3 ENDS ###


# %% [markdown]
# ## 4. Classifiers in the middle
#
# GoogLeNet has 22 layers with weights and no shortcuts, so the gradient has a long way back to the
# first layer. So two small classifiers on maps in the middle predict the same classes; 0.3 times
# each one's loss is added to the network's loss. After training they are removed.
#
# | stage | what | channels or units | map, from 14x14x512 |
# |---|---|---|---|
# | 1 | average pooling, see below | | 4x4x512 |
# | 2 | 1x1 convolution; ReLU | 128 | 4x4x128 |
# | 3 | flatten; dense with ReLU; dropout of 0.7 | 1024 | 1024 |
# | output | dense with softmax | classes | classes |
#
# The paper pools with a window of 5x5, stride 3 and no padding. Images of 224x224 give a map of
# 14x14 here, which becomes 4x4. Images of 64x64 give 4x4, too small for that window. So in this
# exercise: **if height and width are both at least 14, use the paper's pooling. If one of them is
# smaller, use `layers.AdaptiveAveragePooling2D(4)`**, which turns any map into 4x4.


# %%
def auxiliary_head(X, classes):
    """A classifier in the middle: (n, h, w, c) -> probabilities (n, classes).

    Section 5 of the paper. A map with a side below 14 pixels is pooled to 4x4, see the text.
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
    # 3. The dense layer with ReLU, its dropout, and one probability per class. Return the result.
    X = layers.Dense(1024, activation="relu")(X)
    X = layers.Dropout(0.7)(X)
    X = layers.Dense(classes, activation="softmax")(X)
    return X
    ### EXERCISE 4 ENDS ###


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
# ![GoogLeNet from left to right: 7x7 convolution, pooling, 1x1 and 3x3 convolution, pooling,
# modules 3a and 3b, pooling, modules 4a to 4e, pooling, modules 5a and 5b, then the network's own
# softmax. Two heads follow 4a and 4d; the loss of each counts
# 0.3.](../docs/figures/inception_network.svg)
#
# All padding is "same". The model has three outputs: the network's own, that of a head on the map
# of 4a, and that of a head on the map of 4d. The paper also normalises over neighbouring channels
# twice, as AlexNet does; this exercise leaves that out, as VGG did.

# %%
MODULES = {  # the rows of the paper's table 1: F1, R3, F3, R5, F5, FP
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


def GoogLeNet(input_shape=(64, 64, 3), classes=6):
    """GoogLeNet with both auxiliary heads: images (n, height, width, channels) -> probabilities.

    input_shape: (height, width, channels) in pixels, at least 32x32. Returns a keras.Model, not
    compiled, with the outputs [network, head after 4a, head after 4d], each (n, classes).
    """
    ### EXERCISE 5 STARTS: GoogLeNet, 32 points ###
    # 1. The input, and stage 1: a convolution that halves the map, and a pooling that does too.
    images = keras.Input(input_shape)
    X = layers.Conv2D(64, 7, strides=2, padding="same", activation="relu")(images)
    X = layers.MaxPooling2D(3, strides=2, padding="same")(X)
    # 2. Stage 2: a 1x1 and a 3x3 convolution, and a pooling.
    X = layers.Conv2D(64, 1, activation="relu")(X)
    X = layers.Conv2D(192, 3, padding="same", activation="relu")(X)
    X = layers.MaxPooling2D(3, strides=2, padding="same")(X)
    # 3. Stages 3 to 5: loop over MODULES, pool at the start of a stage, and add the heads.
    heads = []
    for name, filters in MODULES.items():
        if name in ("4a", "5a"):
            X = layers.MaxPooling2D(3, strides=2, padding="same")(X)
        X = inception_module(X, filters)
        if name in ("4a", "4d"):
            heads.append(auxiliary_head(X, classes))
    # 4. The output, and the model with its three outputs. Return the result.
    X = layers.GlobalAveragePooling2D()(X)
    X = layers.Dropout(0.4)(X)
    X = layers.Dense(classes, activation="softmax")(X)
    model = keras.Model(images, [X, *heads], name="googlenet")
    return model
    ### EXERCISE 5 ENDS ###


# %% [markdown]
# ## 6. Train with heads, predict without
#
# The three outputs have the same labels, but only the first is the answer. So the loss of each head
# counts 0.3 in training; afterwards a model of the first output alone predicts. The last line runs
# the lesson, `training/lessons/inception.py`.
#
# Fewer multiplications do not always mean less time. So your function counts those of the lecture's
# two ways from 28x28x192 to 28x28x32, and then both are timed.
#
# Do the heads help? Two papers by the same first author disagree. Going deeper with convolutions
# (2014, section 5) expects them to give the early layers a stronger gradient and to regularise.
# Rethinking the Inception architecture (2015, section 4) found that a network with heads did not
# become good earlier. It was slightly better only near the end, so the heads seem to regularise. To
# test this, two networks are trained from the same first weights, with heads and without, each with
# five seeds. Here the first weights are He's: with Keras' own, heads might only help against a bad
# start.
#
# A difference in accuracy counts only if its 95% interval, over seeds and test photographs, does
# not contain zero. `lenet.py` explains this, and what the validation set is for.


# %%
def walk(options):
    """Load the photographs, train your GoogLeNet by Keras' four calls, then run the lesson."""
    from datasets.find import resolve
    from datasets.splits import parts
    from training.lessons import inception

    model, loss = GoogLeNet((64, 64, 3), classes=6), "sparse_categorical_crossentropy"
    data, source = resolve(options.data, say=print)
    learning, held_out, true = parts(data)
    images, labels = learning.train_x[: options.images] / 255, learning.train_y[: options.images]
    keras.utils.set_random_seed(options.seed)
    model.compile("adam", [loss, loss, loss], loss_weights=[1, 0.3, 0.3])
    model.fit(images, [labels, labels, labels], batch_size=32, epochs=2, verbose=2)
    network = keras.Model(model.inputs[0], model.outputs[0])
    network.compile(loss=loss, metrics=["accuracy"])
    loss, accuracy = network.evaluate(held_out / 255, true, verbose=0)
    print(f"your GoogLeNet after two epochs: validation loss {loss:.3f}, accuracy {accuracy:.4f}")
    print(network.predict(held_out[:8] / 255, verbose=0).argmax(axis=1), true[:8])
    inception.run(multiplications, GoogLeNet, data, source.name, options)


# %% [markdown]
# ## 7. Questions without code
#
# Answer them in a sentence or two, then compare with the answers at the end of
# `solutions/inception.py`.
#
# 1. The input of module 3a is 28x28x192. How many channels does it give with bottlenecks, and how
#    many would the naive module give with the same F1, F3 and F5?
# 2. What is lost if there is no ReLU between the 1x1 convolution and the 5x5 convolution after it?
# 3. At the first step the loss with both heads is 1.6 times the loss without them. Does this show
#    that the heads help or harm?

# %% [markdown] tags=["solution"]
# ## Answers
#
# 1. With bottlenecks 64 + 128 + 32 + 32 = 256. The naive module keeps all channels of its pooling:
#    64 + 128 + 32 + 192 = 416.
# 2. The two together are then one linear map: a 5x5 convolution whose kernel is a product of two
#    small ones. It is still cheap, but it can compute less than with a ReLU between them.
# 3. Neither. All three outputs know nothing yet, so each costs about ln 6, and the sum counts 1 +
#    0.3 + 0.3 of it. Compare the loss of the network's own output.

# %%
if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    import signs  # noqa: F401 - finds training where the project is installed as a package
    from training import lessons

    sys.exit(lessons.main("inception", walk))
