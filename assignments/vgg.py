# %% [markdown]
# # VGG-16
#
# You build the network that made depth popular (Simonyan and Zisserman, Very deep convolutional
# networks for large-scale image recognition, 2014): one kind of block, used five times. Then you
# count the parameters of each layer, and test whether three more layers make the network better.
#
# You write two functions: `vgg_block` and `VGG16`. Write your code between the markers
# `EXERCISE ... STARTS` and `EXERCISE ... ENDS`, and check it as often as you like:
#
#     .venv/bin/signs check vgg
#
# `VGG16` is graded with a correct `vgg_block` in place of yours. So you can do the two in either
# order, and a mistake costs you points only once.
#
# When both functions are right, run this file: it counts, trains two networks, and compares the
# results with common claims about them. `--quick` takes less than a minute; `--help` lists the
# other options.

# %%
"""VGG: the exercise, from one block to the question of where its parameters live."""

import sys
from pathlib import Path

try:
    import keras
    from keras import layers
except ModuleNotFoundError as missing:
    sys.exit(f"{missing}: activate .venv, or run .venv/bin/python {sys.argv[0]}")

# %% [markdown]
# ## 1. Why 3x3
#
# AlexNet began with windows of 11x11 and 5x5. VGG has only 3x3, but more of them. Two 3x3
# convolutions, one after the other, see 5x5 pixels of their input, and three see 7x7: each
# convolution adds one pixel on every side. This is their **receptive field**. The cost differs.
# With $c$ channels in and out:
#
# | window seen | as one convolution | as 3x3 convolutions |
# |---|---|---|
# | 5x5 | $25 c^2$ weights, one ReLU | two: $18 c^2$ weights, two ReLU |
# | 7x7 | $49 c^2$ weights, one ReLU | three: $27 c^2$ weights, three ReLU |
#
# ![Four grids, one above the other: one number of the third 3x3 convolution is computed from 3x3
# numbers of the second, these from 5x5 of the first, and these from 7x7 pixels of the
# input.](../docs/figures/vgg_receptive_field.svg)
#
# So small windows cost less, and they allow more ReLUs: one after each convolution.
#
# ## 2. One kind of block
#
# AlexNet uses a different size in every layer. VGG has a rule. In a block, all convolutions keep
# height and width, with one pixel of padding on every side, and all have the same number of
# channels. Then a 2x2 max pooling halves the map. From block to block the channels double, until
# there are 512 of them. Half the height, half the width, twice the channels: at the same kernel
# size, the convolutions of neighbouring blocks need about the same number of multiplications.


# %%
def vgg_block(X, convolutions, filters):
    """One block of VGG: 3x3 convolutions with ReLU, then 2x2 max pooling.

    X: Keras tensor, (n, h, w, c) -> (n, h // 2, w // 2, filters). convolutions: how many there are,
    one after another, each to `filters` channels.
    """
    ### EXERCISE 1 STARTS: vgg_block, 40 points ###
    # 1. The convolutions, each with ReLU, padded so that the map keeps its size. In a deep
    #    network it helps if the kernels start as He et al. draw them for ReLU:
    #    kernel_initializer="he_normal". This is not graded; section 4 explains it.
    # 2. The pooling at the end of the block. Return the result.
    raise NotImplementedError(
        "exercise 1, vgg_block, is not filled in yet; hint: "
        ".venv/bin/signs hint vgg vgg_block"
    )
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
# The 16 counts the layers with weights: thirteen convolutions and three dense layers. This is
# column D of the paper's table; column E, VGG-19, has four convolutions in each of the last three
# blocks.
#
# ## 4. How such a deep network can learn
#
# **Dropout.** Two layers of 4,096 units can memorise a thousand photographs. In training, dropout
# sets each of their outputs to zero with probability 0.5 and doubles the others. When the network
# predicts, dropout does nothing.
#
# **The first weights.** With their random weights of a fixed variance, the authors' deep networks
# did not learn. So they trained a network of 11 layers first, and copied its first four
# convolutions and its dense layers into the deeper ones. Later they found that the initialisation
# of Glorot and Bengio (2010), which is Keras' default, works without this step. ReLU throws away
# half of its input, so the signal still shrinks from layer to layer. He et al. (Delving deep into
# rectifiers, 2015) draw the kernels larger by a factor of $\sqrt{2}$, which matters more the deeper
# the network is. Keras calls this `he_normal`.


# %%
def VGG16(input_shape=(64, 64, 3), classes=6):
    """VGG-16 as in the table: images (n, height, width, channels) -> probabilities.

    input_shape: (height, width, channels) in pixels, at least 32x32, because five blocks halve the
    map. classes: units of the last layer. Returns a keras.Model, not compiled: 138,357,544
    parameters for 224x224x3 and 1000 classes.
    """
    ### EXERCISE 2 STARTS: VGG16, 60 points ###
    # 1. The input, and the five blocks: vgg_block for each row of the table.
    # 2. Stage 6: flatten, then add a dense layer with ReLU and its dropout, twice.
    # 3. The output: one probability per class. Then the model, from the input to there.
    #    Return the result.
    raise NotImplementedError(
        "exercise 2, VGG16, is not filled in yet; hint: "
        ".venv/bin/signs hint vgg VGG16"
    )
    ### EXERCISE 2 ENDS ###


# %% [markdown]
# ## 5. Train it
#
# Keras trains a network in four calls: `compile` chooses the loss and the optimizer, `fit` trains,
# `evaluate` measures on photographs that the network has not seen, and `predict` gives the answers.
# Two epochs are few: change the numbers and run the file again.
#
# The photographs are halved to 32x32. Each image then needs a quarter of the multiplications, and
# the last map is one pixel. `.venv/bin/signs reproduce vgg` trains the 16 layers on full
# photographs of 64x64.
#
# The last line runs the lesson, `training/lessons/vgg.py`. It makes the measurements and pictures
# for the next sections.


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
# ## 6. Which layers have the parameters
#
# A convolution's weights do not depend on the size of the image. The weights of the first dense
# layer do: each of its 4,096 units has one weight per number of the last map. At 224x224 that map
# is 7x7x512; at 64x64 it is 2x2x512. So it is worth counting both.
#
# ![Two bars for each of the 16 layers of VGG-16 at 224x224. The first dense layer has 74% of all
# parameters; the convolutions do 99% of all multiplications.](../docs/figures/vgg_layers.svg)
#
# The year before, Lin et al. (**Network in Network**, 2013) had replaced such layers by the mean of
# each channel over the whole map (**global average pooling**). With it, one dense layer of 513,000
# parameters would stand in place of VGG's three with 123.6 million. ResNets and GoogLeNet do it.
#
# ## 7. From 11 to 19 layers
#
# VGG-19 is VGG-16 with one more convolution in each of its last three blocks. VGG-13 has one less
# there than VGG-16. VGG-11 also has one less in the first two blocks. The lesson builds all of them
# from your network, layer by layer, and trains them with the same recipe, each with five seeds.
#
# ## 8. Do the measurements support it?
#
# Each claim, with who made it and what was just counted or measured. A difference in accuracy
# counts only if its 95% interval, over seeds and test photographs, does not contain zero.
# `lenet.py` explains this, and what the validation set is for.

# %% [markdown]
# ## 9. Questions without code
#
# Answer them in a sentence or two, then compare with the answers at the end of `solutions/vgg.py`.
#
# 1. Five 3x3 convolutions follow each other, with $c$ channels in and out. What is their receptive
#    field, and how many weights would one convolution with this window need?
# 2. You build VGG-16 for images of 64x64 instead of 224x224. Which layer loses parameters, and by
#    what factor?
# 3. A deeper network has a higher loss than a shallower one, on the photographs that train it. Can
#    overfitting be the reason?

# %%
if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    import signs  # noqa: F401 - finds training where the project is installed as a package
    from training import lessons

    sys.exit(lessons.main("vgg", walk))
# sealed ca86589118c62497e7c278ec1a6ca105be558ac8d274ef76e22fda7c7b7e67ca
