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
    # 2. Stage 2: the same with 16 channels.
    # 3. Stage 3: flatten, and two dense layers with ReLU.
    # 4. The output: one probability per class. Then the model, from the input to there.
    #    Return the result.
    raise NotImplementedError(
        "exercise 1, lenet5, is not filled in yet; hint: "
        "python -m grader hint lenet lenet5"
    )
    ### EXERCISE 1 ENDS ###


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
    # 2. Multiply the sizes of each shape, and add up what comes of it. Return the result.
    raise NotImplementedError(
        "exercise 2, count_parameters, is not filled in yet; hint: "
        "python -m grader hint lenet count_parameters"
    )
    ### EXERCISE 2 ENDS ###


# %% [markdown]
# ## 5. Train it
#
# Keras trains a network in four calls: `compile` chooses the loss and the optimizer, `fit` trains,
# `evaluate` measures on photographs that the network has not seen, and `predict` answers. Two
# epochs are few: change the numbers and run the file again.
#
# The last line runs the lesson, `training/lessons/lenet.py`: it makes the measurements and pictures
# that the next sections are about.


# %%
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
# In the 1990s a layer ended in a sigmoid or a tanh. The slope of the sigmoid is $s (1 - s)$, at
# most a quarter, and nearly zero where its input is large: through four such layers a gradient
# loses at least a factor of $4^4 = 256$, apart from what the kernels do to it. ReLU has slope 1
# wherever it is active. So the lecture says that networks with ReLU learn much faster.
#
# Your own network is enough to test that: the same layers, the same first kernels, the
# same photographs in the same order, and only the activation differs.
#
# ## 7. Grey and colour
#
# LeNet-5 saw grey images. Which number of fingers a hand shows does not depend on its colour
# either, but a network may find a hand against a wall more easily by colour than by brightness.
# Three channels cost it 300 more weights, all in the first layer.
#
# So the lesson makes four runs by one recipe, plain Adam without augmentation, and nothing but the
# activation and the colour differs.
#
# ## 8. Is it borne out?
#
# Three sentences about LeNet-5, and what was measured just now beside each. One seed and some
# hundred test photographs are little: a photograph more or less is nearly a percentage point, so
# that a difference counts only where it is more than two standard errors.

# %%
if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    from training import lessons

    sys.exit(lessons.main("lenet", walk))
# sealed d46fb547adeb91edea3f0636382c3d6ce5449edc8e629de0000a0c83de1ad8ff
