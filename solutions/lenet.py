# %% [markdown]
# # LeNet-5
#
# You build the network that read the amounts on cheques in the 1990s (LeCun, Bottou, Bengio and
# Haffner, Gradient-based learning applied to document recognition, 1998). You count its parameters
# and train it to read the digits 0 to 5 from photographs of hands: in grey and in colour, with a
# sigmoid and with ReLU.
#
# You write two functions: `lenet5` and `count_parameters`. Write your code between the markers
# `EXERCISE ... STARTS` and `EXERCISE ... ENDS`, and check it as often as you like:
#
#     .venv/bin/signs check lenet
#
# When both functions are right, run this file: it counts, trains four networks, and compares the
# results with common claims about them. `--quick` takes less than a minute; `--help` lists the
# other options.

# %%
"""LeNet-5: the exercise, from two convolutions to four trained networks side by side."""

import math
import sys
from pathlib import Path

try:
    import keras
    from keras import layers
except ModuleNotFoundError as missing:
    sys.exit(f"{missing}: activate .venv, or run .venv/bin/python {sys.argv[0]}")

# %% [markdown]
# ## 1. Why not only dense layers
#
# An image of 32x32 pixels is a row of 1,024 numbers, and a dense layer could read it directly. But
# it would have to learn each stroke again for every position in the image, because it has its own
# weight for each pixel and unit. Two ideas make this unnecessary, and each is one kind of layer:
#
# - **convolution**: one small window of weights moves over the whole image and makes one **feature
#   map** per filter. What it learns to see in one corner, it sees everywhere (**weight sharing**),
#   and if the digit moves, its map moves with it (**translation equivariance**). It has few
#   weights: 5x5 per filter and input channel, for every size of image;
# - **pooling**: the mean of each 2x2 window. It keeps the fact that a feature was found but blurs
#   its position by a pixel, so a slightly shifted digit gives almost the same output.
#
# To get the size of a map, count the positions where the window fits. A window of $f$ pixels with
# stride $s$ fits $\lfloor (n - f) / s \rfloor + 1$ times into $n$ pixels: 28 times for a 5x5
# convolution on 32 pixels, and then 14 times for a 2x2 pooling with stride 2.
#
# ![A digit 3, and below it the same digit moved three pixels to the right. The map of a 5x5
# convolution moves by the same three pixels. After 2x2 pooling the move is one and a half cells, so
# the two pooled maps differ a little.](../docs/figures/lenet_shift.svg)
#
# ## 2. The pattern that networks still follow
#
# Convolution, pooling, convolution, pooling, dense, dense, output: from layer to layer the map gets
# smaller and has more channels. At the end there is a short list of features, and dense layers
# compute weighted sums of them. AlexNet and VGG, which come next, follow the same pattern with more
# of everything.

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
# This is the network as lectures draw it today. The paper's network differs in four ways. Its
# activation is a scaled tanh. Its pooling has one weight and one bias per channel, followed by a
# squashing function. In its second convolution, fifteen of the sixteen maps read only some of the
# first six maps. And each output unit measures the distance to a hand-drawn picture of its digit.
# `nets/lenet.py` has both networks.
#
# ![A drawn hand in grey, the six 5x5 filters that a LeNet-5 learnt from drawn hands, and the map of
# each filter for this hand. Different filters find different
# edges.](../docs/figures/lenet_filters.svg)
#
# You create a layer once and call it on a tensor: `layers.Flatten()` is the layer, and
# `X = layers.Flatten()(X)` sends the tensor `X` through it. No numbers flow yet. `keras.Input`
# holds a place for images that come later, and each call adds a layer after it.
#
# At the end, `keras.Model(inputs, outputs)` takes both ends of this chain. Keras calls this its
# **functional API**, and all networks of these exercises are written in it.


# %%
def lenet5(input_shape=(64, 64, 3), classes=6):
    """LeNet-5 as in the table: images (n, height, width, channels) -> probabilities.

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
    # 4. The output: one probability per class. Then the model, from the input to there.
    #    Return the result.
    X = layers.Dense(classes, activation="softmax")(X)
    model = keras.Model(images, X, name="lenet5")
    return model
    ### EXERCISE 1 ENDS ###


# %% [markdown]
# ## 4. Counting parameters
#
# A parameter is a number that the model stores and computes with. A dense layer from $m$ inputs to
# $k$ units has $m k$ numbers in its kernel and $k$ in its bias. A convolution with $k$ filters of
# $f$ x $f$ over $c$ channels has $f f c k$ numbers in its kernel and $k$ in its bias. The height
# and the width of the image are not in that product.
#
# | layer of LeNet-5, 32x32x1 | kernel | bias | together |
# |---|---|---|---|
# | first convolution | 5 x 5 x 1 x 6 = 150 | 6 | 156 |
# | second convolution | 5 x 5 x 6 x 16 = 2,400 | 16 | 2,416 |
# | dense, 120 | 400 x 120 = 48,000 | 120 | 48,120 |
# | dense, 84 | 120 x 84 = 10,080 | 84 | 10,164 |
# | output, 10 | 84 x 10 = 840 | 10 | 850 |
#
# Three cases need care. A layer that is used in two places stores its weights only once. Frozen
# weights are stored too, and so are numbers that are never trained, such as the moving averages of
# batch norm, a layer that `residual_networks.py` explains. And a model can be part of another
# model, like a layer.
#
# Keras has its own answer, `model.count_params()`. Use it to check yours; the point is to
# understand what that number counts.


# %%
def count_parameters(model):
    """The number of parameters of a model: a whole number.

    model: a keras.Model. Every number in every weight counts once, whether it is trained or not,
    and however deep its layer is nested.
    """
    ### EXERCISE 2 STARTS: count_parameters, 30 points ###
    # 1. Loop over all weights of the model; each of them has a shape.
    # 2. Multiply the sizes of each shape, and add up the products. Return the result.
    total = 0
    for weight in model.weights:
        numbers = 1
        for size in weight.shape:
            numbers *= size
        total += numbers
    return total
    ### EXERCISE 2 ENDS ###


# %% [markdown]
# ## 5. Train it
#
# Keras trains a network in four calls: `compile` chooses the loss and the optimizer, `fit` trains,
# `evaluate` measures on photographs that the network has not seen, and `predict` gives the answers.
# Two epochs are few: change the numbers and run the file again.
#
# Before a network is trained for long, two **sanity checks** cost seconds and find most mistakes. A
# network that knows nothing should give each of six classes about 1/6, so its first loss should be
# near $\ln 6 = 1.79$. And it should be able to learn 20 photographs by heart: if it cannot, its
# code or its data are wrong.
#
# Every choice, such as the learning rate or which of several networks to keep, is made on
# photographs that are held out from training, the **validation set**. The test photographs are used
# once, at the end. If you choose by them, luck chooses too, and the accuracy that you report is too
# high.
#
# The last line runs the lesson, `training/lessons/lenet.py`. It makes the measurements and pictures
# for the next sections.


# %%
def sanity_checks(images, labels):
    """Print the first loss of a new lenet5, and how many of 20 photographs it learns by heart.

    images: float32 (n, 64, 64, 3), from 0 to 1. labels: (n,), from 0 to 5.
    """
    model = lenet5((64, 64, 3), classes=6)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    loss, _ = model.evaluate(images, labels, verbose=0)
    print(f"before training: loss {loss:.3f}, where guessing costs ln 6 = {math.log(6):.3f}")
    model.fit(images[:20], labels[:20], batch_size=20, epochs=100, verbose=0)
    _, accuracy = model.evaluate(images[:20], labels[:20], verbose=0)
    print(f"after 100 steps on the same 20 photographs: {accuracy:.0%} of them right")


def walk(options):
    """Load the photographs, train your lenet5 by Keras' four calls, then run the lesson."""
    from datasets.find import resolve
    from training.lessons import lenet

    model = lenet5((64, 64, 3), classes=6)
    model.summary()
    print(f"by your count it has {count_parameters(model):,} parameters")
    data, source = resolve(options.data, say=print)
    images, labels = data.train_x[: options.images] / 255, data.train_y[: options.images]
    keras.utils.set_random_seed(options.seed)
    sanity_checks(images, labels)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(images, labels, batch_size=32, epochs=2, verbose=2)
    loss, accuracy = model.evaluate(data.test_x / 255, data.test_y, verbose=0)
    print(f"your lenet5 after two epochs: test loss {loss:.3f}, test accuracy {accuracy:.4f}")
    answers = model.predict(data.test_x[:8] / 255, verbose=0).argmax(axis=1)
    print(f"it reads the first test photographs as {answers}, they show {data.test_y[:8]}")
    lenet.run(lenet5, count_parameters, data, source.name, options)


# %% [markdown]
# ## 6. Sigmoid and ReLU
#
# In the 1990s each layer used a sigmoid or a tanh as its activation. The slope of the sigmoid is
# $s (1 - s)$. It is at most a quarter, and nearly zero if the input is far from zero. So through
# four such layers a gradient shrinks at least by a factor of $4^4 = 256$, not counting the effect
# of the kernels. ReLU has slope 1 wherever it is active. So the lecture says that networks with
# ReLU learn much faster.
#
# ![Sigmoid, tanh and ReLU for inputs from -5 to 5, and their slopes. The slope of the sigmoid is at
# most 0.25 and that of tanh at most 1; both go to 0 on either side. The slope of ReLU is 1 for
# every positive input.](../docs/figures/lenet_activations.svg)
#
# You can test that with your own network: the same layers and the same photographs in the same
# order, with three activations. The paper's scaled tanh sees pixels from -1 to 1, which suits it.
# Each activation has the learning rate that suits it best.
#
# ## 7. Grey and colour
#
# LeNet-5 saw grey images. The number of fingers on a hand does not depend on colour either. But a
# network may find a hand in front of a wall more easily by colour than by brightness. Three
# channels need only 300 more weights, all in the first layer.
#
# So the lesson trains four networks, each with five seeds: by plain Adam, without augmentation.
#
# ## 8. Do the measurements support it?
#
# 13 of the 120 test photographs are in the training set too, so only the other 107 count.
#
# Each claim is printed with who made it and what was just measured. With another seed the accuracy
# is another, and with other photographs too. So the lesson computes a 95% interval for the
# difference, over seeds and photographs. Only if zero is not in it, a claim is supported or
# contradicted. Otherwise it is too close to tell, and the lesson says how many runs would tell. One
# seed, as with `--quick`, makes no verdict.

# %% [markdown]
# ## 9. Questions without code
#
# Answer them in a sentence or two, then compare with the answers at the end of
# `solutions/lenet.py`.
#
# 1. An image is twice as high and twice as wide: 64x64 instead of 32x32. How many parameters do the
#    two convolutions have now, and how many numbers does the first dense layer read?
# 2. The digit in the image moves by three pixels. What changes in the map of the first convolution,
#    and what changes after the first pooling?
# 3. Before its first step your network has a loss of 4.2 on six classes. What would you expect, and
#    what may be wrong?

# %% [markdown] tags=["solution"]
# ## Answers
#
# 1. The convolutions have the same parameters as before, because the size of the image is not in
#    their product. The map before the first dense layer grows from 5x5x16 = 400 numbers to 13x13x16
#    = 2,704, so this layer has almost seven times as many weights.
# 2. The map of the convolution moves by three pixels too, and nothing else changes, apart from the
#    border. After 2x2 pooling three pixels are one and a half positions, so the numbers themselves
#    change. The network as a whole does not give the same answer for every position: the dense
#    layers have a weight for each.
# 3. A network that knows nothing should give every class about 1/6, which costs ln 6 = 1.79. A
#    larger loss means that it is sure and wrong, by chance. Often the pixels still go from 0 to
#    255, or the first weights are too large.

# %%
if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    import signs  # noqa: F401 - finds training where the project is installed as a package
    from training import lessons

    sys.exit(lessons.main("lenet", walk))
