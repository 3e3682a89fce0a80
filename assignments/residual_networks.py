# %% [markdown]
# # Residual Networks
#
# You build the 50-layer residual network of He et al. (Deep residual learning for image
# recognition, 2015, arXiv 1512.03385) and train it to read the digits 0 to 5 from 64x64 photographs
# of hands. Then you see what its shortcuts are worth in a deep network.
#
# You write three functions: `identity_block`, `convolutional_block` and `ResNet50`. Write your code
# between the markers `EXERCISE ... STARTS` and `EXERCISE ... ENDS`, and check it as often as you
# like:
#
#     .venv/bin/signs check residual_networks
#
# When all three are right, run this file: it builds, trains, evaluates and plots. `--quick` takes a
# minute, `--image hand.jpg` reads your own photograph, and `--help` lists the other options.

# %%
"""Residual Networks: the exercise, from the two blocks to a trained network that reads hands."""

import sys
from pathlib import Path

try:
    import keras
    from keras import layers
    from keras.initializers import GlorotUniform
except ModuleNotFoundError as missing:
    sys.exit(f"{missing}: activate .venv, or run .venv/bin/python {sys.argv[0]}")

# %% [markdown]
# ## 1. Why deeper was not better
#
# A deeper network can compute everything that a shallower network can: its extra layers only have
# to do nothing. Yet plain networks of more than about twenty layers *trained* worse, even on the
# training set itself. The paper calls this **degradation**.
#
# ![Training loss by epoch, on the left of plain networks, on the right of residual networks. At the
# end: plain, 20 layers 0.15, 56 layers 1.79; residual, 20 layers 0.01, 56 layers
# 0.23.](../docs/figures/residual_networks_training.svg)
#
# Backpropagation multiplies by one factor per layer. If the typical factor is below one, the
# product vanishes; if it is above one, the product explodes (**vanishing** and **exploding
# gradients**). Fifty factors are enough for either. Two things control the scale:
#
# - batch normalisation, explained in `vgg.py`, fixes the scale of the activations on the way
#   forward, so they do not die out. By itself it does not fix the scale on the way back. At the
#   first step of a deep plain network with batch norm, gradients grow on their way from layer to
#   layer to the input (Yang et al., A mean field theory of batch normalization, 2019);
# - **shortcuts** add the input of a block to its output (**skip connections**). The derivative of
#   $X + F(X)$ is $1 + F'(X)$: whatever happens in $F$, within a stage and apart from the ReLUs, one
#   path back to the input only multiplies by one. Between the stages this path goes through a 1x1
#   convolution.
#
# In short, batch norm subtracts from each channel its mean and divides by its standard deviation.
# Then it multiplies by `gamma` and adds `beta`, two numbers that are learnt. In training, mean and
# standard deviation are those of the batch. When the network predicts, they are moving averages. In
# `vgg.py` you compute all of this by hand.
#
# The lesson plots the gradients of a plain and a residual network, both with batch norm. The plot
# alone cannot say why deep plain networks train worse. The paper (section 4.1) finds vanishing
# gradients an unlikely cause: its plain networks of 34 layers were trained with batch norm and had
# healthy gradients.
#
# ## 2. Why the identity is easy to learn
#
# A block computes $\mathrm{ReLU}(F(X) + X)$. Its $X$ comes out of a ReLU, so it is never negative.
# If $F(X) = 0$, the block returns exactly $X$: one simple setting is enough to do nothing. Three
# plain layers would have to adjust all their kernels together to form the identity.
#
# ![A bar for each of the 27 blocks of a trained residual network of 56 layers: the size of F(X),
# divided by the size of what the shortcut brings. Their mean is 0.63; in 24 of the blocks it is
# below 1.](../docs/figures/residual_networks_shares.svg)
#
# Which setting exactly? Small convolution weights are not enough: $F$ ends in batch norm, which
# divides by the standard deviation of its input. If you halve the kernel before it, its output
# stays the same (up to its epsilon). The factor `gamma` of the last batch norm is what scales $F$,
# and its `beta` shifts $F$. If both go to 0, $F$ goes to 0, whatever the kernels are. That is why
# some recipes start this one `gamma` at zero: then every block begins as the identity.

# %% [markdown]
# ## 3. The identity block
#
# The shortcut passes the input on unchanged, so the main path must end in the shape of the input.
# The main path is a **bottleneck**: a 1x1 convolution to few channels, an f x f convolution on
# these few channels, and a 1x1 convolution back to many channels.
#
# A 1x1 convolution (from Network in Network) looks at one pixel only. It mixes the channels of the
# pixel, like a small dense layer that all pixels share. So it can change the number of channels at
# little cost. On 256 channels, 1x1 to 64, 3x3 on 64 and 1x1 back to 256 have 69,632 weights; two
# 3x3 convolutions on all 256 channels would have 1,179,648.
#
# | main path | kernel | channels | padding | then |
# |---|---|---|---|---|
# | first | 1x1 | F1 | valid | batch norm, ReLU |
# | second | f x f | F2 | same | batch norm, ReLU |
# | third | 1x1 | F3 | valid | batch norm |
#
# All strides are 1, and the last ReLU comes *after* the sum: (n, h, w, F3) -> (n, h, w, F3). For a
# 1x1 kernel, the paddings valid and same do the same thing.
#
# ![Two blocks side by side. In both, X goes through three convolutions on the main path, and a
# shortcut goes around them; both are added, then ReLU follows. In the identity block the shortcut
# is X itself; in the convolutional block it is a 1x1 convolution with stride s and batch
# norm.](../docs/figures/residual_networks_blocks.svg)
#
# Pass two arguments on. `initializer` is a function that creates an initialiser: call
# `initializer(seed=0)` once for each kernel. Pass `training` to every *call* of a batch norm,
# `BatchNormalization(...) (X, training=training)`: True uses the batch's statistics, False the
# moving averages, and None lets the caller of the model decide.
#
# With the same seed, all kernels of the same shape start with the same numbers. The course does
# this so that results can be compared. In your own networks, let each kernel draw its own numbers.


# %%
def identity_block(
    X, f, filters, stage=None, block=None, *, training=None, initializer=GlorotUniform
):
    """The bottleneck block with the identity on its shortcut: (n, h, w, F3) -> (n, h, w, F3).

    X: Keras tensor or array. f: height and width of the second kernel. filters: (F1, F2, F3), the
    channels of the three convolutions. training: passed on to every batch norm. initializer: called
    as initializer(seed=0) for each kernel; biases and batch norm keep Keras' defaults, the axis of
    batch norm is 3. stage, block: if both are given, such as 2 and "b", they name the convolutions
    res2b_branch2a, res2b_branch2b and res2b_branch2c, and the batch norms bn2b_branch2a and so on.
    """
    ### EXERCISE 1 STARTS: identity_block, 28 points ###
    # 1. Keep the input for the shortcut.
    # 2. First and second convolution, each with batch norm and ReLU.
    # 3. Third convolution with batch norm, and no ReLU yet.
    # 4. Add the shortcut, then ReLU. Return the result.
    raise NotImplementedError(
        "exercise 1, identity_block, is not filled in yet; hint: "
        ".venv/bin/signs hint residual_networks identity_block"
    )
    ### EXERCISE 1 ENDS ###


def branch_names(stage, block, branch):
    """The course's names of a branch: (convolution, batch norm), or None twice without a stage.

    branch: "2a", "2b" or "2c" on the main path, "1" on the shortcut.
    """
    if stage is None or block is None:
        return None, None
    return f"res{stage}{block}_branch{branch}", f"bn{stage}{block}_branch{branch}"


# %% [markdown]
# ## 4. The convolutional block
#
# At the start of a stage, the map shrinks and gets more channels, so the input no longer fits the
# sum. A 1x1 convolution on the shortcut, with batch norm and *without* ReLU, gives the input the
# shape of the main path. The stride s is needed in two places, in the first convolution of the main
# path and in the one on the shortcut. So (n, h, w, c) becomes (n, ceil(h / s), ceil(w / s), F3).
#
# The first convolution is 1x1, so with stride 2 it skips three quarters of the pixels. Most
# libraries now put this stride into the 3x3 convolution (ResNet v1.5), which gains about half a
# percentage point of top-1 accuracy on ImageNet. Here it stays where the paper and the course have
# it.


# %%
def convolutional_block(
    X, f, filters, stage=None, block=None, s=2, *, training=None, initializer=GlorotUniform
):
    """The bottleneck block with a projection on its shortcut.

    X: Keras tensor or array, (n, h, w, c) -> (n, ceil(h / s), ceil(w / s), F3). s: the stride of
    the first convolution and of the shortcut's convolution. The other arguments are the same as in
    `identity_block`; the layers on the shortcut are named res2a_branch1 and bn2a_branch1.
    """
    ### EXERCISE 2 STARTS: convolutional_block, 28 points ###
    # 1. The shortcut: a 1x1 convolution with stride s to F3 channels, and batch norm.
    # 2. The main path, as in the identity block, except for the stride of its first convolution.
    # 3. Add both paths, then ReLU. Return the result.
    raise NotImplementedError(
        "exercise 2, convolutional_block, is not filled in yet; hint: "
        ".venv/bin/signs hint residual_networks convolutional_block"
    )
    ### EXERCISE 2 ENDS ###


# %% [markdown]
# ## 5. The network
#
# | stage | what | filters | map, from 64x64 |
# |---|---|---|---|
# | 1 | zero padding 3; 7x7 convolution, stride 2; batch norm, ReLU | 64 | 32x32x64 |
# | | max pooling 3x3, stride 2 | | 15x15x64 |
# | 2 | convolutional block, s = 1; 2 identity blocks | 64, 64, 256 | 15x15x256 |
# | 3 | convolutional block, s = 2; 3 identity blocks | 128, 128, 512 | 8x8x512 |
# | 4 | convolutional block, s = 2; 5 identity blocks | 256, 256, 1024 | 4x4x1024 |
# | 5 | convolutional block, s = 2; 2 identity blocks | 512, 512, 2048 | 2x2x2048 |
# | head | average pooling 2x2; flatten; dense with softmax | classes | 6 |
#
# Every f is 3. Stage 2 keeps the size, because the pooling has just halved it. The 50 layers are
# one convolution in the stem, three in each of the 16 blocks, and the dense layer. The four
# projections on the shortcuts are not counted, so Keras lists 53 convolutions.


# %%
def ResNet50(input_shape=(64, 64, 3), classes=6):
    """The 50-layer residual network: images (n, height, width, channels) -> probabilities.

    input_shape: (height, width, channels) in pixels. classes: units of the last layer. Returns a
    keras.Model, not compiled: 23,600,006 parameters for 64x64x3 and 6 classes. Blocks are named as
    in the course: stages 2 to 5, block "a" for the convolutional block, then "b", "c" and so on.
    """
    ### EXERCISE 3 STARTS: ResNet50, 44 points ###
    # 1. Stage 1, from the input to max pooling.
    # 2. Stages 2 to 5: a convolutional block, then identity blocks.
    # 3. The head. Return the result.
    raise NotImplementedError(
        "exercise 3, ResNet50, is not filled in yet; hint: "
        ".venv/bin/signs hint residual_networks ResNet50"
    )
    ### EXERCISE 3 ENDS ###


# %% [markdown]
# ## 6. Train it
#
# First train two epochs with the course's settings. This is enough to see that everything fits
# together, but far too little for good answers. Batch norm's moving averages follow slowly, by 1%
# per step, and two epochs are 54 steps. So the *training* accuracy is already well above chance,
# while the accuracy on the validation set, computed with those averages, is about 1 in 6.
#
# The last line runs the lesson, `training/lessons/residual_networks.py`. It compares networks with
# and without shortcuts, and makes the full run; its recipe lets the averages follow by 10% per
# step.


# %%
def walk(options):
    """Load the photographs, train your ResNet50 by Keras' four calls, then run the lesson."""
    from datasets.find import resolve
    from datasets.splits import parts
    from training.lessons import residual_networks as lesson

    if options.model is not None:  # a network of an earlier run reads your image
        return lesson.read(options)
    model = ResNet50((64, 64, 3), classes=6)
    model.summary()
    data, source = resolve(options.data, say=print)
    split = parts(data)  # the test photographs wait for the lesson
    images, labels = split.learning.train_x / 255, split.learning.train_y
    images, labels = images[: options.images], labels[: options.images]
    held_out, right = split.validation_x / 255, split.validation_y
    keras.utils.set_random_seed(options.seed)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(images, labels, batch_size=32, epochs=2, verbose=2)
    loss, accuracy = model.evaluate(held_out, right, verbose=0)
    print(f"your ResNet50 after two epochs, on the validation set: {loss=:.3f}, {accuracy=:.4f}")
    answers = model.predict(held_out[:8], verbose=0).argmax(axis=1)
    print(f"it reads the first of these photographs as {answers}, they show {right[:8]}")
    lesson.run(ResNet50, data, source.name, options)


# %% [markdown]
# ## 7. Deep networks without shortcuts
#
# The paper says that without shortcuts a deeper network learns even its training photographs worse.
# The lesson tests this with four networks, of 20 and 50 layers, with shortcuts and without.
# Everything else is the same: layers, initialisation, batch norm, photographs (halved to 32x32).
# One plot shows the training loss at each step. The other shows the gradient by the activations at
# the end of each block, before and after training.
#
# ## 8. A photograph of your own
#
# The training and test photographs show one upright hand each, in front of a light wall. Take yours
# the same way. If it differs, expect mistakes: 1,080 training photographs are few.

# %% [markdown]
# ## 9. Questions without code
#
# Answer them in a sentence or two, then compare with the answers at the end of
# `solutions/residual_networks.py`.
#
# 1. The last batch norm of a block starts with `gamma` = 0. Which gradient do the three kernels of
#    this block get at the first step? How does the block begin to learn?
# 2. A kernel is halved, and a batch norm follows it. What happens to the output of the block, and
#    what to the gradient of this kernel?
# 3. Why does a block that keeps its shape have no 1x1 convolution on its shortcut?

# %%
if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    import signs  # noqa: F401 - finds training where the project is installed as a package
    from training import lessons

    sys.exit(lessons.main("residual_networks", walk))
# sealed ddcf27ad0b9fb208928f134de29bc55d5a66b0fb7dc700e96e813441c5db13f6
