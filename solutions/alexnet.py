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

import sys
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
    channels = x.shape[-1]
    squares = ops.pad(ops.square(x), [(0, 0), (0, 0), (0, 0), (radius, radius)])
    # 2. Add up as many slices of that as the window has channels, each `channels` wide and one
    #    further on than the last.
    energy = 0.0
    for shift in range(2 * radius + 1):
        energy = energy + squares[..., shift : shift + channels]
    # 3. Divide x by the power. Return the result.
    normalised = x / ops.power(bias + alpha * energy, beta)
    return normalised
    ### EXERCISE 1 ENDS ###


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
    half = X.shape[-1] // 2
    first, second = X[..., :half], X[..., half:]
    # 2. Give each half a convolution of its own, with half of the filters.
    first = layers.Conv2D(filters // 2, kernel_size, padding="same")(first)
    second = layers.Conv2D(filters // 2, kernel_size, padding="same")(second)
    # 3. Put both maps side by side, as channels. Return the result.
    joined = layers.Concatenate()([first, second])
    return joined
    ### EXERCISE 2 ENDS ###


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
    images = keras.Input(input_shape)
    X = layers.Conv2D(96, 11, strides=4, **RELU)(images)
    X = local_response_normalization(X, radius=2, bias=2.0, alpha=1e-4, beta=0.75)
    X = layers.MaxPooling2D(3, strides=2)(X)
    # 2. Stage 2: the same with a smaller kernel and more filters.
    X = layers.Conv2D(256, 5, padding="same", **RELU)(X)
    X = local_response_normalization(X, radius=2, bias=2.0, alpha=1e-4, beta=0.75)
    X = layers.MaxPooling2D(3, strides=2)(X)
    # 3. Stage 3: three convolutions, and a pooling if height and width are at least 3.
    for filters in (384, 384, 256):
        X = layers.Conv2D(filters, 3, padding="same", **RELU)(X)
    if min(X.shape[1:3]) >= 3:
        X = layers.MaxPooling2D(3, strides=2)(X)
    # 4. Stage 4: flatten, and twice a dense layer with ReLU and dropout.
    X = layers.Flatten()(X)
    for _ in range(2):
        X = layers.Dropout(0.5)(layers.Dense(4096, **RELU)(X))
    # 5. The output: one probability per class. Then the model, from the input to there.
    #    Return the result.
    X = layers.Dense(classes, activation="softmax")(X)
    model = keras.Model(images, X, name="alexnet")
    return model
    ### EXERCISE 3 ENDS ###


# %% [markdown]
# ## 5. Train it
#
# Keras trains a network in four calls: `compile` chooses the loss and the optimizer, `fit` trains,
# `evaluate` measures on photographs that the network has not seen, and `predict` answers. Two
# epochs are few: change the numbers and run the file again.
#
# The last line runs the lesson, `training/lessons/alexnet.py`: it makes the measurements and
# pictures that the next sections are about.


# %%
def walk(options):
    """Load the photographs, train your alexnet by Keras' four calls, then run the lesson."""
    from datasets.find import resolve
    from training.lessons import alexnet as lesson

    model = alexnet((64, 64, 3), classes=6)
    data, source = resolve(options.data, say=print)
    images, labels = data.train_x[: options.images] / 255, data.train_y[: options.images]
    keras.utils.set_random_seed(options.seed)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(images, labels, batch_size=32, epochs=2, verbose=2)
    loss, accuracy = model.evaluate(data.test_x / 255, data.test_y, verbose=0)
    print(f"your alexnet after two epochs: test loss {loss:.3f}, test accuracy {accuracy:.4f}")
    answers = model.predict(data.test_x[:8] / 255, verbose=0).argmax(axis=1)
    print(f"it reads the first test photographs as {answers}, they show {data.test_y[:8]}")
    functions = local_response_normalization, two_tower_convolution, alexnet
    lesson.run(*functions, data, source.name, options)


# %% [markdown]
# ## 6. What is said, and how to ask
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
#
# The lesson makes three runs by one recipe, plain Adam without augmentation, on the same
# photographs in the same order.
#
# ## 7. Is it borne out?
#
# What is said, and what was counted or measured just now beside it. One seed and some hundred test
# photographs are little: a difference in accuracy counts only where it is more than two standard
# errors.

# %%
if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    from training import lessons

    sys.exit(lessons.main("alexnet", walk))
