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
    for _ in range(convolutions):
        X = layers.Conv2D(
            filters, 3, padding="same", activation="relu", kernel_initializer="he_normal"
        )(X)
    # 2. The pooling that ends the block. Return the result.
    X = layers.MaxPooling2D(2)(X)
    return X
    ### EXERCISE 1 ENDS ###


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
    X = images = keras.Input(input_shape)
    for convolutions, filters in ((2, 64), (2, 128), (3, 256), (3, 512), (3, 512)):
        X = vgg_block(X, convolutions, filters)
    # 2. Stage 6: flatten, then twice a dense layer with ReLU and its dropout.
    X = layers.Flatten()(X)
    for _ in range(2):
        X = layers.Dense(4096, activation="relu", kernel_initializer="he_normal")(X)
        X = layers.Dropout(0.5)(X)
    # 3. The output: one probability per class. Then the model, from the input to there.
    #    Return the result.
    X = layers.Dense(classes, activation="softmax")(X)
    model = keras.Model(images, X, name="vgg16")
    return model
    ### EXERCISE 2 ENDS ###


# %% [markdown]
# ## 5. Train it
#
# Keras trains a network in four calls: `compile` chooses the loss and the optimizer, `fit` trains,
# `evaluate` measures on photographs that the network has not seen, and `predict` answers. Two
# epochs are few: change the numbers and run the file again.
#
# The photographs are halved to 32x32: each image then takes a quarter of the multiplications, and
# the last map is one pixel. `python -m training reproduce vgg` trains the 16 layers on the whole
# 64x64.
#
# The last line runs the lesson, `training/lessons/vgg.py`: it makes the measurements and pictures
# that the next sections are about.


# %%
def walk(options):
    """Load the photographs, train your VGG16 by Keras' four calls, then run the lesson."""
    from datasets.find import resolve
    from training.lessons import halved, vgg

    VGG16().summary()
    model = VGG16((32, 32, 3), classes=6)
    data, source = resolve(options.data, say=print)
    images, test = halved(data.train_x) / 255, halved(data.test_x) / 255
    images, labels = images[: options.images], data.train_y[: options.images]
    keras.utils.set_random_seed(options.seed)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(images, labels, batch_size=32, epochs=2, verbose=2)
    loss, accuracy = model.evaluate(test, data.test_y, verbose=0)
    print(f"your VGG16 after two epochs: test loss {loss:.3f}, test accuracy {accuracy:.4f}")
    answers = model.predict(test[:8], verbose=0).argmax(axis=1)
    print(f"it reads the first test photographs as {answers}, they show {data.test_y[:8]}")
    vgg.run(VGG16, data, source.name, options)


# %% [markdown]
# ## 6. Where the parameters live
#
# A convolution's weights do not depend on the size of the image, and those of the first dense layer
# do: each of its 4,096 units has a weight for each number of the last map. At 224x224 that map is
# 7x7x512, and at 64x64 it is 2x2x512. So it is worth counting both.
#
# ## 7. Three layers more
#
# VGG-19 is VGG-16 with one more convolution in each of its last three blocks. Yours is enough to
# make it: the lesson copies your network layer by layer, puts them in, and trains both networks by
# one recipe.
#
# ## 8. Is it borne out?
#
# Two sentences of the lecture, and what was counted and measured just now beside each. One seed and
# some hundred test photographs are little: a photograph more or less is nearly a percentage point,
# so that a difference counts only where it is more than two standard errors.

# %%
if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    from training import lessons

    sys.exit(lessons.main("vgg", walk))
