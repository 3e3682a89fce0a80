# %% [markdown]
# # LeNet-5
#
# You build the network that read the amounts on cheques in the 1990s (LeCun, Bottou, Bengio and
# Haffner, Gradient-based learning applied to document recognition, 1998). First you compute a
# convolution by hand. Then you build the network and train it to read the digits 0 to 5 from
# photographs of hands: in grey and in colour, with a sigmoid and with ReLU.
#
# You write two functions: `convolution` and `lenet5`. Write your code between the markers
# `EXERCISE ... STARTS` and `EXERCISE ... ENDS`, and check it as often as you like:
#
#     .venv/bin/signs check lenet
#
# When both functions are right, run this file: it counts parameters, trains four networks, and
# compares the results with common claims about them. `--quick` takes less than a minute; `--help`
# lists the other options.

# %%
"""LeNet-5: the exercise, from one convolution to four trained networks side by side."""

import math
import sys
from pathlib import Path

try:
    import keras
    import numpy as np
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
# - **pooling**: the mean of each 2x2 window. It halves height and width, and it keeps only roughly
#   where a feature was found. One pooling forgets little: if a narrow stroke moves by a pixel, the
#   pooled map changes almost as much as the map before it.
#
# ![A digit 3, and below it the same digit moved three pixels to the right. The map of a 5x5
# convolution moves by the same three pixels. After 2x2 pooling the move is one and a half cells, so
# the numbers themselves change.](../docs/figures/lenet_shift.svg)
#
# ## 2. A convolution by hand
#
# Lay the window of one filter on an image. Multiply each number under it, in all channels, by the
# filter's weight for this place and channel. The sum of these products, plus the bias of the
# filter, is one number of the map. Then the window moves on, to the right and down, by the
# **stride**: the number of pixels from one window to the next. Each filter makes a map of its own.
#
# So the number in row $i$ and column $j$ of the map of filter $k$, with stride $s$, is $b_k +
# \sum_{u,v,c} X_{is+u,\,js+v,\,c} \, W_{u,v,c,k}$. Here $u$ and $v$ count the rows and columns of
# the window, and $c$ the channels.
#
# To get the size of a map, count the positions where the window fits. A window of $f$ pixels with
# stride $s$ fits $\lfloor (n - f) / s \rfloor + 1$ times into $n$ pixels. That is 28 times for a
# 5x5 convolution on 32 pixels, and then 14 times for a 2x2 pooling with stride 2. Height and width
# are counted separately.
#
# In mathematics a convolution first flips the kernel, up and down and left and right. What deep
# learning calls a convolution does not: it is a **cross-correlation**. The kernel is learnt, so a
# flip would make no difference: the network would learn the flipped kernel.
#
# Keras' `Conv2D` computes exactly this, only faster. Write it once in NumPy. The grader only looks
# at the numbers, so a call of Keras would earn the points and teach you nothing. When you run this
# file, it compares your function with `Conv2D` on a photograph.


# %%
def convolution(images, kernel, bias, stride=1):
    """What Conv2D computes, by its definition: images (n, h, w, c) -> maps (n, h', w', k).

    images: numbers of any type, also pixels in uint8. kernel: (f_h, f_w, c, k), k filters of f_h x
    f_w. bias: (k,), one per filter. stride: a whole number, the same down and to the right. There
    is no padding and no activation. Returns floats; h' and w' are how often the window fits into
    height and width. The arguments stay as they are.
    """
    ### EXERCISE 1 STARTS: convolution, 30 points ###
    # 1. Floats: in uint8, products of whole numbers would not fit.
    images = np.asarray(images, dtype="float64")
    # 2. The maps, full of zeros: their height and width are how often the window fits.
    n, h, w, _ = images.shape
    f_h, f_w, _, k = kernel.shape
    maps = np.zeros((n, (h - f_h) // stride + 1, (w - f_w) // stride + 1, k))
    # 3. For each row and column of the maps, take the window out of all images and multiply it by
    #    each filter. Sum over its height, width and channels, and add the bias. Return the result.
    for i in range(maps.shape[1]):
        for j in range(maps.shape[2]):
            y, x = i * stride, j * stride
            window = images[:, y : y + f_h, x : x + f_w, :, None]
            maps[:, i, j] = (window * kernel).sum(axis=(1, 2, 3)) + bias
    return maps
    ### EXERCISE 1 ENDS ###


# %% [markdown]
# ## 3. The network
#
# LeNet-5 set a pattern that networks still follow: convolution, pooling, convolution, pooling,
# dense, dense, output. From layer to layer the map gets smaller and has more channels. At the end
# there is a short list of features, and dense layers compute weighted sums of them. AlexNet and
# VGG, which come next, follow the same pattern with more of everything.
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
    ### EXERCISE 2 STARTS: lenet5, 70 points ###
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
    ### EXERCISE 2 ENDS ###


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
# `model.count_params()` counts all of them for you. It counts each stored number once, whether
# training changes it or not.

# %% [markdown]
# ## 5. Train it
#
# Keras trains a network in four calls. `compile` chooses the loss and the optimizer, `fit` trains,
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
def compare_with_keras(images):
    """Print how far the maps of your convolution are from those of a new Conv2D.

    images: (n, h, w, 3).
    """
    layer = layers.Conv2D(6, 5, strides=2)
    expected = keras.ops.convert_to_numpy(layer(images))
    maps = convolution(images, *layer.get_weights(), stride=2)
    difference = np.abs(maps - expected).max()
    print(f"your convolution and Keras' Conv2D differ by at most {difference:.1e} on a photograph")


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
    from datasets.splits import parts
    from training.lessons import lenet

    model = lenet5((64, 64, 3), classes=6)
    model.summary()
    data, source = resolve(options.data, say=print)
    split = parts(data)  # the test photographs wait for the lesson
    images, labels = split.learning.train_x / 255, split.learning.train_y
    images, labels = images[: options.images], labels[: options.images]
    held_out, right = split.validation_x / 255, split.validation_y
    keras.utils.set_random_seed(options.seed)
    compare_with_keras(images[:1])
    sanity_checks(images, labels)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(images, labels, batch_size=32, epochs=2, verbose=2)
    loss, accuracy = model.evaluate(held_out, right, verbose=0)
    print(f"your lenet5 after two epochs, on the validation set: {loss=:.3f}, {accuracy=:.4f}")
    answers = model.predict(held_out[:8], verbose=0).argmax(axis=1)
    print(f"it reads the first of these photographs as {answers}, they show {right[:8]}")
    lenet.run(lenet5, data, source.name, options)


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
# changes, and with other photographs too. So the lesson computes a 95% interval for the difference,
# over seeds and photographs. A claim is supported or contradicted only if zero is not in it.
# Otherwise it is too close to tell, and the lesson says how many runs would tell. One seed, as with
# `--quick`, makes no verdict.

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
