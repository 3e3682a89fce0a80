# %% [markdown]
# # VGG-16
#
# You build the network that made depth popular (Simonyan and Zisserman, Very deep convolutional
# networks for large-scale image recognition, 2014): one kind of block, used five times. You also
# compute batch norm by hand, which soon made such deep networks easier to train. Then you count the
# parameters of each layer, and test whether three more layers make the network better.
#
# You write three functions: `vgg_block`, `VGG16` and `batch_norm`. Write your code between the
# markers `EXERCISE ... STARTS` and `EXERCISE ... ENDS`, and check it as often as you like:
#
#     .venv/bin/signs check vgg
#
# `VGG16` is graded with a correct `vgg_block` in place of yours. So you can do the three in any
# order, and a mistake costs you points only once.
#
# When all functions are right, run this file: it counts, trains networks of four depths, and
# compares the results with common claims about them. `--quick` takes less than a minute; `--help`
# lists the other options.

# %%
"""VGG: the exercise, from one block to the question which layers have the parameters."""

import sys
from pathlib import Path

try:
    import keras
    import numpy as np
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
    ### EXERCISE 1 STARTS: vgg_block, 32 points ###
    # 1. The convolutions, each with ReLU, padded so that the map keeps its size. In a deep
    #    network it helps if the kernels start as He et al. draw them for ReLU:
    #    kernel_initializer="he_normal". This is not graded; section 4 explains it.
    for _ in range(convolutions):
        X = layers.Conv2D(
            filters, 3, padding="same", activation="relu", kernel_initializer="he_normal"
        )(X)
    # 2. The pooling at the end of the block. Return the result.
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
    ### EXERCISE 2 STARTS: VGG16, 44 points ###
    # 1. The input, and the five blocks: vgg_block for each row of the table.
    X = images = keras.Input(input_shape)
    for convolutions, filters in ((2, 64), (2, 128), (3, 256), (3, 512), (3, 512)):
        X = vgg_block(X, convolutions, filters)
    # 2. Stage 6: flatten, then add a dense layer with ReLU and its dropout, twice.
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
# ## 5. Batch norm, five months later
#
# VGG's authors trained a smaller network first and copied its layers, until they found better first
# weights. Five months after their paper, Ioffe and Szegedy published batch normalisation (2015), or
# batch norm, which lets one "be less careful about initialization". `VGG16` stays without it, as in
# the paper; the residual networks of the next exercise have it after every convolution. It is a
# layer of its own, and it works on each channel separately:
#
# - it subtracts the mean of the channel, and divides by its standard deviation. Now the channel has
#   mean 0 and variance 1, however large the kernel before it is;
# - it multiplies by `gamma` and adds `beta`, two numbers per channel that are learnt. They begin as
#   1 and 0. So the network can learn whatever scale and shift it needs.
#
# As a formula, $Y = \gamma \, (X - \mu) / \sqrt{\sigma^2 + \epsilon} + \beta$. Here $\mu$ is the
# mean and $\sigma^2$ the variance, the mean of $(X - \mu)^2$. The small $\epsilon$ keeps the
# divisor away from zero.
#
# In **training mode**, mean and variance are those of the batch, over all its images, rows and
# columns. But when the network predicts, in **inference mode**, the answer for one image must not
# depend on the others. So in training the layer also keeps a **moving average** of the mean and one
# of the variance. Each batch changes them a little: the new average is 0.99 times the old one plus
# 0.01 times the batch's value. Keras calls the 0.99 `momentum`. The averages begin as 0 and 1. They
# are not learnt: no gradient changes them.
#
# Compute by hand what Keras' `layers.BatchNormalization()` does, in NumPy. When you run this file,
# it compares your function with the layer.


# %%
def batch_norm(X, gamma, beta, moving_mean, moving_variance, training, momentum=0.99, epsilon=1e-3):
    """Batch norm by its formula: (n, h, w, c) -> the same shape, and the two moving averages.

    gamma, beta, moving_mean, moving_variance: (c,). training: True normalises by the mean and the
    variance of the batch, and moves the averages; False normalises by the averages, and returns
    them unchanged. momentum: the part of an average that stays. Returns Y, moving_mean and
    moving_variance, in this order, as new arrays: the arguments stay as they are.
    """
    ### EXERCISE 3 STARTS: batch_norm, 24 points ###
    # 1. In training mode: mean and variance of each channel, over images, rows and columns; and new
    #    moving averages.
    if training:
        mean, variance = X.mean(axis=(0, 1, 2)), X.var(axis=(0, 1, 2))
        moving_mean = momentum * moving_mean + (1 - momentum) * mean
        moving_variance = momentum * moving_variance + (1 - momentum) * variance
    # 2. In inference mode: the moving averages take their place.
    else:
        mean, variance = moving_mean, moving_variance
    # 3. Normalise, then scale and shift. Return the result and both averages.
    Y = gamma * (X - mean) / np.sqrt(variance + epsilon) + beta
    return Y, moving_mean, moving_variance
    ### EXERCISE 3 ENDS ###


# %% [markdown]
# ## 6. Train it
#
# Keras trains a network in four calls. `compile` chooses the loss and the optimizer, `fit` trains,
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
def compare_with_keras(images):
    """Print how far your batch norm is from Keras' layer, in training mode and after it.

    images: (n, h, w, 3), one batch.
    """
    # In float32, sums of so many numbers would differ by rounding in the fourth digit.
    layer = layers.BatchNormalization(dtype="float64")
    layer.build(images.shape)
    for training in (True, False):
        own = batch_norm(images, *layer.get_weights(), training=training)
        Y = layer(images, training=training)
        expected = keras.ops.convert_to_numpy(Y), *layer.get_weights()[2:]
        difference = max(np.abs(a - b).max() for a, b in zip(own, expected, strict=True))
        print(f"your batch_norm, {training=}: at most {difference:.1e} from Keras' layer")


def walk(options):
    """Load the photographs, train your VGG16 by Keras' four calls, then run the lesson."""
    from datasets.find import resolve
    from datasets.splits import parts
    from training.lessons import halved, vgg

    VGG16().summary()
    model = VGG16((32, 32, 3), classes=6)
    data, source = resolve(options.data, say=print)
    split = parts(data).mapped(halved)  # the test photographs wait for the lesson
    images, labels = split.learning.train_x / 255, split.learning.train_y
    images, labels = images[: options.images], labels[: options.images]
    held_out, right = split.validation_x / 255, split.validation_y
    keras.utils.set_random_seed(options.seed)
    compare_with_keras(images[:32])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(images, labels, batch_size=32, epochs=2, verbose=2)
    loss, accuracy = model.evaluate(held_out, right, verbose=0)
    print(f"your VGG16 after two epochs, on the validation set: {loss=:.3f}, {accuracy=:.4f}")
    answers = model.predict(held_out[:8], verbose=0).argmax(axis=1)
    print(f"it reads the first of these photographs as {answers}, they show {right[:8]}")
    vgg.run(VGG16, data, source.name, options)


# %% [markdown]
# ## 7. Which layers have the parameters
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
# parameters would replace VGG's three with 123.6 million. ResNets and GoogLeNet do it.
#
# ## 8. From 11 to 19 layers
#
# VGG-19 is VGG-16 with one more convolution in each of its last three blocks. VGG-13 has one less
# there than VGG-16. VGG-11 also has one less in the first two blocks. The lesson builds all of them
# from your network, layer by layer, and trains them with the same recipe, each with five seeds.
#
# ## 9. Do the measurements support it?
#
# Each claim, with who made it and what was just counted or measured. A difference in accuracy
# counts only if its 95% interval, over seeds and test photographs, does not contain zero.
# `lenet.py` explains this, and what the validation set is for.

# %% [markdown]
# ## 10. Questions without code
#
# Answer them in a sentence or two, then compare with the answers at the end of `solutions/vgg.py`.
#
# 1. Five 3x3 convolutions follow each other, with $c$ channels in and out. What is their receptive
#    field, and how many weights would one convolution with this window need?
# 2. You build VGG-16 for images of 64x64 instead of 224x224. Which layer loses parameters, and by
#    what factor?
# 3. A deeper network has a higher loss than a shallower one, on the photographs that train it. Can
#    overfitting be the reason?

# %% [markdown] tags=["solution"]
# ## Answers
#
# 1. 11x11, as in AlexNet's first layer. The five have 45 c^2 weights, one convolution would have
#    121 c^2.
# 2. Only the first dense layer. It reads 2x2x512 = 2,048 numbers instead of 7x7x512 = 25,088, so it
#    has about a twelfth of the weights.
# 3. No. A network that overfits is good on the photographs that train it, and bad on others. A
#    higher training loss means that training did not find weights that exist: the extra layers
#    would only have to do nothing. The next exercise is about this.

# %%
if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    import signs  # noqa: F401 - finds training where the project is installed as a package
    from training import lessons

    sys.exit(lessons.main("vgg", walk))
