# %% [markdown]
# # The Happy House
#
# A camera stands at the front door of a house, and the door opens to happy faces only. You build
# the network that decides, and train it by Keras' own means. It is the first homework of the week
# of residual networks; what it teaches is Keras, and it is optional.
#
# One function is yours, `happy_model`. Fill in what lies between the markers
# `EXERCISE ... STARTS` and `EXERCISE ... ENDS`, and have it checked:
#
#     python -m grader check happy_house
#
# Then run this file. It trains your network with batch norm and without, and says what that made
# of it. The photographs are in two files, `train_happy.h5` and `test_happy.h5`, which come with the
# course: name their folder by `--folder`, or by HAPPY_DIR. Without them the door opens to an open
# hand and stays shut to a closed one, and the run and its pictures say so. `--quick` takes seconds.

# %%
"""The Happy House: the exercise, by Keras' four steps, with batch norm and without."""

import sys
from pathlib import Path

import keras
from keras import layers

# %% [markdown]
# ## 1. Keras in four steps
#
# | step | call | what it does |
# |---|---|---|
# | create | `model = keras.Model(inputs, outputs)` | takes a chain of layers by both ends |
# | compile | `model.compile(optimizer, loss, metrics)` | says what to make small, and how |
# | fit | `model.fit(images, labels, batch_size, epochs)` | trains, epoch by epoch |
# | evaluate | `model.evaluate(images, labels)` | loss and accuracy on what it has not seen |
#
# A layer is made once and called on a tensor: `layers.Flatten()` is the layer, and
# `X = layers.Flatten()(X)` sends the tensor `X` through it. No number flows yet. `keras.Input` is
# a place for images that are still to come, and each call adds a layer behind it.
#
# `fit` goes on from the weights that there are: call it twice, and the network trains twice as
# long. Only building the model anew starts from the beginning.

# %% [markdown]
# ## 2. What each layer is for
#
# **Zero padding.** A window of 7x7 fits 58 times into 64 pixels. Without padding the map would
# shrink, and a pixel in the corner would lie in one window where one in the middle lies in 49. A
# frame of 3 zeros on each side gives every pixel a window of its own, and 64 places again. For a
# stride of 1 this is what `padding="same"` does; here it is a layer, so that you see it.
#
# **Convolution.** 32 filters of 7x7 over three colours: each looks for one pattern, everywhere.
#
# **Batch norm.** For each channel, it takes away the mean and divides by the standard deviation,
# then multiplies by $\gamma$ and adds $\beta$, two numbers that are learnt. While the network
# trains, mean and variance are those of the batch, over all its images and all places. At any other
# time they are moving averages, for a face must not be judged by who else is at the door. Those
# start at 0 and 1, and each batch moves them by a hundredth of the way: after $n$ batches
# $0.99^n$ of the start is left, four fifths after 23 of them and a hundredth after 460. A network
# that has just begun may look good in `fit` and bad in `evaluate` for this reason alone.
#
# **ReLU and max pooling.** What a filter did not find becomes 0, and of four neighbours the largest
# stays: the pattern was here, a pixel more or less.
#
# **One unit with a sigmoid.** Two classes need one number: $\sigma(z) = 1 / (1 + e^{-z})$ is the
# probability of "happy", and the rest to 1 is that of "not happy". Softmax shares 1 among its
# units, so that with a single unit it answers 1 to every face.
#
# ## 3. Binary cross-entropy
#
# The loss of one image is $-\ln p$ where the label is 1, and $-\ln(1 - p)$ where it is 0. Whoever
# always says 0.5 pays $\ln 2 = 0.69$, and whoever is sure and wrong pays without limit. With the
# sigmoid its slope by $z$ is $p - y$: as long as the answer is wrong, the network learns.

# %% [markdown]
# ## 4. The network
#
# | layer | settings | map, from 64x64x3 | parameters |
# |---|---|---|---|
# | zero padding | 3 on each side | 70x70x3 | 0 |
# | convolution | 32 filters of 7x7, stride 1, no padding of its own | 64x64x32 | 4,736 |
# | batch norm | over the channels, the last axis | 64x64x32 | 128 |
# | ReLU | | 64x64x32 | 0 |
# | max pooling | windows of 2x2 | 32x32x32 | 0 |
# | flatten | | 32,768 | 0 |
# | dense | 1 unit, sigmoid | 1 | 32,769 |


# %%
def happy_model(input_shape=(64, 64, 3)):
    """The network of the table: images (n, height, width, channels) -> probabilities (n, 1).

    input_shape: (height, width, channels) in pixels. Returns a keras.Model, not compiled: 37,633
    parameters for 64x64x3, of which batch norm's 64 moving averages are not trained.
    """
    ### EXERCISE 1 STARTS: happy_model, 100 points ###
    # 1. The input, and a frame of zeros around it.
    # 2. The convolution, batch norm over its channels, and ReLU.
    # 3. Max pooling, which halves height and width.
    # 4. Flatten the map; one unit gives the probability. Then the model, from end to end.
    #    Return the result.
    raise NotImplementedError(
        "exercise 1, happy_model, is not filled in yet; hint: "
        "python -m grader hint happy_house happy_model"
    )
    ### EXERCISE 1 ENDS ###


# %% [markdown]
# ## 5. Train it
#
# The other three of Keras' steps: compile, fit, evaluate; and `predict`, which answers. Pixels from
# 0 to 255 are divided by 255, for networks learn best from numbers about as large as 1. Two epochs
# are few: change the numbers and run the file again.
#
# The last line runs the lesson, `training/lessons/happy_house.py`: it makes the measurements and
# pictures that the next sections are about.


# %%
def walk(options):
    """Load the photographs, train your happy_model by Keras' steps, then run the lesson."""
    from datasets import happy
    from training.lessons import happy_house

    model = happy_model()
    model.summary()
    data, source = happy.resolve(options.folder, options.data, say=print)
    images, labels = data.train_x[: options.images] / 255, data.train_y[: options.images]
    keras.utils.set_random_seed(options.seed)
    model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
    model.fit(images, labels, batch_size=16, epochs=2, verbose=2)
    loss, accuracy = model.evaluate(data.test_x / 255, data.test_y, verbose=0)
    print(f"your network after two epochs: test loss {loss:.3f}, test accuracy {accuracy:.4f}")
    answers = model.predict(data.test_x[:4] / 255, verbose=0)[:, 0].round(3)
    print(f"its answers to the first test photographs: {answers}, labels {data.test_y[:4]}")
    happy_house.run(happy_model, data, source, options)


# %% [markdown]
# ## 6. With and without batch norm
#
# "Batch norm makes a network learn faster": to measure that, the same network is trained twice,
# once as it is and once with nothing in batch norm's place. Both start from the same kernels and
# meet the same photographs in the same order.
#
# ## 7. Look at the answers
#
# An accuracy is one number; look at some photographs too. `model.predict` gives the probability of
# each.
#
# ## 8. Is it borne out?
#
# Two sentences, and beside each what was counted or measured just now. One seed is one run: the
# next may differ.

# %%
if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    from training import lessons

    sys.exit(lessons.main("happy_house", walk))
# sealed c1e833a2d59846dac537b16325ce01abb1f65256041db4d4758eba1270b1e51e
