# %% [markdown]
# # AlexNet
#
# You build the network that won the ImageNet contest of 2012 (Krizhevsky, Sutskever and Hinton,
# ImageNet classification with deep convolutional neural networks). Then you test what some of its
# ideas do here, on photographs of hands that show the digits 0 to 5.
#
# The contest counted the **top-5 error**: the share of images whose class is not among the five
# most probable answers. The winning entry averaged seven networks (an **ensemble**) and had 15.3%;
# the second-best entry had 26.2%. One network of this paper alone has 18.2%.
#
# You write three functions: `local_response_normalization`, `two_tower_convolution` and `alexnet`.
# Write your code between the markers `EXERCISE ... STARTS` and `EXERCISE ... ENDS`, and check it as
# often as you like:
#
#     .venv/bin/signs check alexnet
#
# When all three are right, run this file: it counts, trains five networks, and compares the
# results with common claims. `--quick` takes less than a minute; `--help` lists other options.

# %%
"""AlexNet: the exercise, from one normalised value to five trained networks side by side."""

import sys
from pathlib import Path

try:
    import keras
    from keras import layers, ops
except ModuleNotFoundError as missing:
    sys.exit(f"{missing}: activate .venv, or run .venv/bin/python {sys.argv[0]}")

# %% [markdown]
# ## 1. LeNet-5 with more of everything
#
# AlexNet has the structure of LeNet-5: convolutions with pooling, then dense layers. New are its
# size, a thousand times as many parameters, and the ideas that made it possible to train such a
# large network:
#
# - **ReLU** instead of tanh: its slope does not go to zero when a unit is strongly active;
# - **overlapping max pooling**: windows of 3x3 with stride 2;
# - **dropout**: in training, each unit of the hidden dense layers is set to zero with probability
#   one half, so no unit can rely on another. (Keras doubles the others in training; the paper
#   instead halves all outputs when the network predicts.) Dropout works against **overfitting**:
#   knowing the training photographs by heart and failing on others;
# - **local response normalisation**, exercise 1, and **two towers**, exercise 2.

# %% [markdown]
# ## 2. Local response normalisation
#
# In the eye, a strongly excited cell weakens the signals of its neighbours (**lateral
# inhibition**). The paper imitates this among the channels of a map. At each pixel, every value is
# divided by a term that grows with the squares of the neighbouring channels at the same pixel. The
# value $a_i$ of channel $i$ becomes $b_i = a_i / (k + \alpha \sum_j a_j^2)^{\beta}$, where $j$ runs
# from $i - r$ to $i + r$, as far as these channels exist.
#
# ![Bars for 12 channels of one pixel, before and after local response normalisation. Each value is
# divided by a term that grows with the squares of the five channels around it: the strongest
# channel goes from 117 to 40.](../docs/figures/alexnet_normalisation.svg)
#
# The paper uses $r = 2$, so a window of $n = 5$ channels, $k = 2$, $\alpha = 10^{-4}$ and
# $\beta = 0.75$. Be careful with other sources: Caffe and PyTorch divide $\alpha$ by $n$ before
# they use it; the paper and TensorFlow do not.


# %%
def local_response_normalization(x, radius, bias, alpha, beta):
    """Each value divided by (bias + alpha * sum of squares) ** beta; the shape does not change.

    x: (n, height, width, channels), an array or a Keras tensor. The sum runs over the channels that
    are at most `radius` away, including the channel itself. alpha is the paper's: it is not divided
    by the size of the window, as it is in Caffe.
    """
    ### EXERCISE 1 STARTS: local_response_normalization, 30 points ###
    # 1. Square x, and put `radius` channels of zeros before the first channel and after the
    #    last.
    channels = x.shape[-1]
    squares = ops.pad(ops.square(x), [(0, 0), (0, 0), (0, 0), (radius, radius)])
    # 2. Add up as many slices of that as the window has channels. Each slice is `channels` wide
    #    and starts one channel after the previous one.
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
# The authors' graphics cards (GTX 580) had 3 GB of memory each, too little for this network. So the
# paper puts half of the filters on one card and half on a second card. To save traffic between the
# cards, the filters of the second, fourth and fifth convolutions read only the channels on their
# own card. Each of these filters covers half of the channels, so both halves together have half of
# the weights of a full convolution.
#
# | convolution from 96 to 256 channels, 5x5 | kernels | biases |
# |---|---|---|
# | full | 5 x 5 x 96 x 256 = 614,400 | 256 |
# | in two towers | 2 x (5 x 5 x 48 x 128) = 307,200 | 256 |
#
# ![Two matrices, a row for the filters and a column for the input channels. With one group every
# filter reads all 96 channels: 614,400 weights. With two groups the first 128 filters read channels
# 1 to 48, the others channels 49 to 96: 307,200 weights.](../docs/figures/alexnet_groups.svg)
#
# Today this is called a grouped convolution. With one group per channel (**depthwise
# convolution**), it is what makes phone-sized networks such as MobileNet small.


# %%
def two_tower_convolution(X, filters, kernel_size):
    """Half of the filters read the first half of the channels, the others the second half; no
    activation.

    X: (n, height, width, channels), with an even number of channels. filters: the total for both
    towers, an even number. kernel_size: a number or a pair. Stride 1 and padding "same". Returns
    (n, height, width, filters), the first tower's maps first.
    """
    ### EXERCISE 2 STARTS: two_tower_convolution, 25 points ###
    # 1. Split the channels of X in the middle.
    half = X.shape[-1] // 2
    first, second = X[..., :half], X[..., half:]
    # 2. Give each half its own convolution, with half of the filters.
    first = layers.Conv2D(filters // 2, kernel_size, padding="same")(first)
    second = layers.Conv2D(filters // 2, kernel_size, padding="same")(second)
    # 3. Concatenate both maps along the channels.
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
# This is AlexNet in one tower, as lectures draw it: none of its convolutions is split, because 3 GB
# is no longer a limit. The paper writes 224x224, but its map sizes come out right only with
# 227x227. The normalisation uses the paper's constants. For 64x64 photographs the map is only 2x2
# after stage 3, too small for the last pooling, so we skip it.
#
# ReLU halves the mean square of its input, so with Keras' default weights little of the signal is
# left after seven layers. He initialisation makes up for this with weights that are larger by a
# factor of about $\sqrt{2}$. `**RELU` sets a layer's activation and initialiser.
#
# ![24 filters of the first layer of AlexNet, 11x11 pixels in three colours. On the left after
# training: they still look random. On the right what training changed in each of them: edges and
# patches in the colours of hand and wall.](../docs/figures/alexnet_filters.svg)

# %%
RELU = {"activation": "relu", "kernel_initializer": "he_normal"}


def alexnet(input_shape=(64, 64, 3), classes=6):
    """AlexNet in one tower, as in the table: images (n, h, w, channels) -> probabilities.

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
    # 4. Stage 4: flatten, then add a dense layer with ReLU and dropout, twice.
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
# Keras trains a network in four calls. `compile` chooses the loss and the optimizer, `fit` trains,
# `evaluate` measures on photographs that the network has not seen, and `predict` gives the answers.
# These are the held-out validation photographs; the test photographs wait for the lesson. Two
# epochs are few: change the numbers and run the file again.
#
# The last line runs the lesson, `training/lessons/alexnet.py`. It makes the measurements and
# pictures for the next sections.


# %%
def walk(options):
    """Load the photographs, train your alexnet by Keras' four calls, then run the lesson."""
    from datasets.find import resolve
    from datasets.splits import parts
    from training.lessons import alexnet as lesson

    model = alexnet((64, 64, 3), classes=6)
    data, source = resolve(options.data, say=print)
    learning, held_out, true = parts(data)
    images, labels = learning.train_x[: options.images] / 255, learning.train_y[: options.images]
    keras.utils.set_random_seed(options.seed)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(images, labels, batch_size=32, epochs=2, verbose=2)
    loss, accuracy = model.evaluate(held_out / 255, true, verbose=0)
    print(f"your alexnet after two epochs: validation loss {loss:.3f}, accuracy {accuracy:.4f}")
    answers = model.predict(held_out[:8] / 255, verbose=0).argmax(axis=1)
    print(f"it reads the first validation photographs as {answers}, they show {true[:8]}")
    functions = local_response_normalization, two_tower_convolution, alexnet
    lesson.run(*functions, data, source.name, options)


# %% [markdown]
# ## 6. Claims, and how to test them
#
# With your own network you can test four of the paper's ideas, three of them with two networks that
# differ in only one thing:
#
# - **ReLU learns several times faster than tanh.** (The paper says six times, for a small network
#   on CIFAR-10.) We train the same network with tanh instead of each ReLU. For tanh, the kernels
#   start with Glorot's initialisation, which suits it. As in the paper, each has its own learning
#   rate. Then we count the steps that both need to reach the same loss.
# - **Two towers.** Your `two_tower_convolution` takes the place of the second, fourth and fifth
#   convolution of your `alexnet`: is it as good with half of the weights there? `filters.png` shows
#   the first layer's filters by the tower that reads them. In the paper, one tower's filters learnt
#   shapes and the other's colours.
# - **Local response normalisation helps.** Two papers disagree. This one reports 1.4 points less
#   top-1 error and 1.2 points less top-5 error; the authors of VGG (2014, section 4.1) found no
#   gain. Our pixels go from 0 to 1, the paper's up to 255. At our scale the normalisation divides
#   every value by almost the same number. So we compare two networks: one normalises as at the
#   paper's scale, the other divides by that number. Both subtract the mean of the training
#   photographs first, as the paper does.
# - **Strong channels weaken their neighbours.** We look at the first map of the trained network
#   before and after normalisation: by how much is each value divided? The paper's pixels kept their
#   scale of 0 to 255, less the mean; ours go from 0 to 1. This makes a large difference to the sum
#   of squares.
#
# The lesson trains five networks, each with five seeds, on the same photographs in the same order.
# The recipe is plain Adam, without augmentation and without **weight decay**, which makes every
# weight a little smaller in each step; the paper uses both.
#
# ## 7. Do the measurements support it?
#
# Each claim, with who made it and what was just counted or measured. A difference in accuracy
# counts only if its 95% interval, over seeds and test photographs, does not contain zero.
# `lenet.py` explains this, and what the validation set is for.

# %% [markdown]
# ## 8. Questions without code
#
# Answer them in a sentence or two, then compare with the answers at the end of
# `solutions/alexnet.py`.
#
# 1. The convolutions have a tenth of AlexNet's parameters or less. Why do they need most of the
#    multiplications?
# 2. Pixels go from 0 to 1, and all values in the first map are below 3. What does local response
#    normalisation with the paper's constants do to them?
# 3. Dropout follows the two hidden dense layers. Why is it more useful there than after a
#    convolution?

# %% [markdown] tags=["solution"]
# ## Answers
#
# 1. A convolution uses each weight once at every position of its map, 3,025 times in the first one.
#    A dense layer uses each weight once per image.
# 2. Almost nothing but a division by a constant. The sum over 5 channels is at most 5 x 9 = 45, and
#    times 0.0001 it is below 0.005. So every value is divided by nearly 2 to the power of 0.75,
#    which is 1.68, whatever its neighbours are.
# 3. The dense layers have more than nine tenths of the parameters, so they can learn photographs by
#    heart. A convolution has few weights, and each must be useful at all positions, which already
#    works against overfitting. Neighbouring pixels of a map are also so alike that one of them can
#    replace another that is dropped.

# %%
if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    import signs  # noqa: F401 - finds training where the project is installed as a package
    from training import lessons

    sys.exit(lessons.main("alexnet", walk))
