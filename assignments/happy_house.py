# %% [markdown]
# # The Happy House
#
# A camera watches the front door of a house, and the door opens only for happy faces. You build the
# network that decides, and train it with Keras' own methods. This is the first homework in the week
# on residual networks. It teaches Keras, and it is optional.
#
# You write one function, `happy_model`. Write your code between the markers `EXERCISE ... STARTS`
# and `EXERCISE ... ENDS`, and check it:
#
#     .venv/bin/signs check happy_house
#
# Then run this file. It trains your network with batch norm and without, and compares the two. The
# photographs are in two files, `train_happy.h5` and `test_happy.h5`, which come with the course:
# give their folder with `--folder`, or set HAPPY_DIR. Without them the door opens for an open hand
# and stays shut for a closed hand, and the output and the pictures say so. `--quick` takes seconds.

# %%
"""The Happy House: the exercise, by Keras' four steps, with batch norm and without."""

import sys
from pathlib import Path

try:
    import keras
    from keras import layers
except ModuleNotFoundError as missing:
    sys.exit(f"{missing}: activate .venv, or run .venv/bin/python {sys.argv[0]}")

# %% [markdown]
# ## 1. Keras in four steps
#
# | step | call | what it does |
# |---|---|---|
# | create | `model = keras.Model(inputs, outputs)` | takes both ends of a chain of layers |
# | compile | `model.compile(optimizer, loss, metrics)` | says what to make small, and how |
# | fit | `model.fit(images, labels, batch_size, epochs)` | trains, epoch by epoch |
# | evaluate | `model.evaluate(images, labels)` | loss and accuracy on images that it has not seen |
#
# You create a layer once and call it on a tensor: `layers.Flatten()` is the layer, and
# `X = layers.Flatten()(X)` sends the tensor `X` through it. No numbers flow yet. `keras.Input`
# holds a place for images that come later, and each call adds a layer after it.
#
# `fit` continues from the current weights: call it twice, and the network trains twice as long. To
# start again, build a new model.

# %% [markdown]
# ## 2. What each layer is for
#
# **Zero padding.** A window of 7x7 fits 58 times into 64 pixels. Without padding the map would
# shrink. And a pixel in the corner would be in only one window, while a pixel in the middle is in
# 49 windows. A frame of 3 zeros on each side gives every pixel a window of its own, so there are 64
# positions again. For a stride of 1 this is what `padding="same"` does; here it is a layer, so you
# can see it.
#
# ![How many of the 7x7 windows see each pixel in the top left corner of a 64x64 image. Without
# padding: 1 at the corner, 7 at an edge, 49 in the middle. With a frame of 3 zeros: 16 at the
# corner, 28 at an edge, 49 in the middle.](../docs/figures/happy_house_padding.svg)
#
# **Convolution.** 32 filters of 7x7 over three colours: each looks for one pattern, everywhere in
# the image.
#
# **Batch norm.** For each channel, batch norm subtracts the mean and divides by the standard
# deviation. Then it multiplies by $\gamma$ and adds $\beta$, two numbers that are learnt. In
# training, mean and variance are those of the batch, over all its images and all positions. At any
# other time they are moving averages, because the other people at the door must not change the
# answer for a face. The moving averages start at 0 and 1, and each batch moves them by a hundredth
# of the way. After $n$ batches $0.99^n$ of the start is left, four fifths after 23 batches and a
# hundredth after 460. For this reason alone, a network at the start of training may look good in
# `fit` and bad in `evaluate`.
#
# **ReLU and max pooling.** Where a filter found nothing, ReLU gives 0. Of each four neighbours, max
# pooling keeps the largest: it says that the pattern was here, to within a pixel.
#
# **One unit with a sigmoid.** Two classes need only one number: $p = \sigma(z) = 1 / (1 + e^{-z})$
# is the probability of "happy", and $1 - p$ is the probability of "not happy". Softmax divides 1
# among its units, so with a single unit it answers 1 to every face.
#
# ## 3. Binary cross-entropy
#
# The loss of one image is $-\ln p$ if the label is 1, and $-\ln(1 - p)$ if it is 0. If you always
# say 0.5, the loss is $\ln 2 = 0.69$; if you are sure and wrong, the loss has no limit. Together
# with the sigmoid, its slope with respect to $z$ is $p - y$: as long as the answer is wrong, the
# network learns.

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
    parameters for 64x64x3; 64 of them, batch norm's moving averages, are not trained.
    """
    ### EXERCISE 1 STARTS: happy_model, 100 points ###
    # 1. The input, and a frame of zeros around it.
    # 2. The convolution, batch norm over its channels, and ReLU.
    # 3. Max pooling, which halves height and width.
    # 4. Flatten the map; one unit gives the probability. Then the model, from input to output.
    raise NotImplementedError(
        "exercise 1, happy_model, is not filled in yet; hint: "
        ".venv/bin/signs hint happy_house happy_model"
    )
    ### EXERCISE 1 ENDS ###


# %% [markdown]
# ## 5. Train it
#
# These are the other three steps of Keras: compile, fit, evaluate; and `predict`, which gives the
# answers. Pixels from 0 to 255 are divided by 255, because networks learn best if their inputs are
# about 1 in size. Two epochs are few: change the numbers and run the file again.
#
# `evaluate` gets a fifth of the training photographs, which `fit` does not see: the validation set.
# The test photographs wait for the lesson.
#
# The last line runs the lesson, `training/lessons/happy_house.py`. It makes the measurements and
# pictures for the next sections.


# %%
def walk(options):
    """Load the photographs, train your happy_model by Keras' steps, then run the lesson."""
    from datasets import happy
    from datasets.splits import parts
    from training.lessons import happy_house

    model = happy_model()
    model.summary()
    data, source = happy.resolve(options.folder, options.data, say=print)
    learning, held_out, true = parts(data)
    images, labels = learning.train_x[: options.images] / 255, learning.train_y[: options.images]
    keras.utils.set_random_seed(options.seed)
    model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
    model.fit(images, labels, batch_size=16, epochs=2, verbose=2)
    loss, accuracy = model.evaluate(held_out / 255, true, verbose=0)
    print(f"your network after two epochs: validation loss {loss:.3f}, accuracy {accuracy:.4f}")
    answers = model.predict(held_out[:4] / 255, verbose=0)[:, 0].round(3)
    print(f"its answers to the first validation photographs: {answers}, labels {true[:4]}")
    happy_house.run(happy_model, data, source, options)


# %% [markdown]
# ## 6. With and without batch norm
#
# "Batch norm makes a network learn faster": to test this claim, the same network is trained
# unchanged and without batch norm, each at two learning rates and with five seeds. Both start from
# the same kernels and see the same photographs in the same order.
#
# ## 7. Look at the answers
#
# An accuracy is only one number, so look at some photographs too. `model.predict` gives the
# probability of each.
#
# ## 8. Do the measurements support it?
#
# Two claims, with who made them and what was just counted or measured. A difference in accuracy
# counts only if its 95% interval, over seeds and test photographs, does not contain zero.
# `lenet.py` explains this, and what the validation set is for.

# %% [markdown]
# ## 9. Questions without code
#
# Answer them in a sentence or two, then compare with the answers at the end of
# `solutions/happy_house.py`.
#
# 1. The network answers 0.9 to every photograph, and 60% of the photographs are happy. What is its
#    loss? What is the loss of 0.6 to every photograph?
# 2. Batch norm follows a dense layer, and the batch has only one image. What is its output in
#    training mode?
# 3. Which layer has most of the 37,633 parameters? How many would be left with global average
#    pooling in place of flattening?

# %%
if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    import signs  # noqa: F401 - finds training where the project is installed as a package
    from training import lessons

    sys.exit(lessons.main("happy_house", walk))
# sealed e7507d65bee69db373b01c416d43c3b050721724563452fe9e41080ea0c83b2f
