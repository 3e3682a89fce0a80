# %% [markdown]
# # Transfer learning
#
# You take a network that has learnt one task and let it learn another task from few photographs.
# You put a new softmax in place of the old one. The fewer the photographs, the more layers you
# freeze. You fine-tune: first the new softmax alone, then all layers, gently. And you compute the
# features of frozen layers only once and store them in a file.
#
# You write four functions: `replace_head`, `layers_to_freeze`, `fine_tune` and `cache_features`.
# Write your code between the markers `EXERCISE ... STARTS` and `EXERCISE ... ENDS`, and check it as
# often as you like:
#
#     .venv/bin/signs check transfer_learning
#
# When all four are right, run this file. It trains a small network on drawn hands, transfers it to
# photographs with your functions, and compares the results with common claims. `--quick` takes less
# than a minute; `--help` lists the other options.

# %%
"""Transfer learning: the exercise, from a new softmax to what freezing and a cache are worth."""

import hashlib
import sys
from pathlib import Path

try:
    import keras
    import numpy as np
    from keras import layers
except ModuleNotFoundError as missing:
    sys.exit(f"{missing}: activate .venv, or run .venv/bin/python {sys.argv[0]}")

# %% [markdown]
# ## 1. What can be transferred
#
# The first layers of a network trained on images find edges and colours. The layers after them find
# textures and parts, and only the last layers find what the labels ask for. Edges are the same in
# all images. So if you have few images, take a network that was trained on many images, and train
# again only the layers that are specific to your labels (**fine-tuning**).
#
# Here the many images are drawn hands, which cost nothing; the few images are photographs.
#
# ## 2. A new softmax
#
# The last layer has one unit per class of the old labels. Remove it and put a new layer on the same
# features, with one unit per class of the new labels and new random weights. The layer must be new
# even if both have the same number of classes, because the old units stand for the old classes.
#
# Everything before it stays. Keep the original layer objects with their trained weights. Rebuilding
# or cloning the network copies only its architecture; its weights are random again.


# %%
def replace_head(model, classes):
    """A model like `model` with a new softmax for `classes` classes in place of its last layer.

    model: a keras.Model from images to probabilities whose last layer is dense, with softmax. All
    other layers keep their weights, and frozen layers stay frozen. The new layer is dense with
    softmax, has new random weights, and is trained. `model` itself does not change. Returns a
    keras.Model, not compiled: the same images -> probabilities (n, classes).
    """
    ### EXERCISE 1 STARTS: replace_head, 30 points ###
    # 1. Get the features: the tensor that the last layer receives.
    # 2. Call the new layer on them, and make a model from the images to its output.
    raise NotImplementedError(
        "exercise 1, replace_head, is not filled in yet; hint: "
        ".venv/bin/signs hint transfer_learning replace_head"
    )
    ### EXERCISE 1 ENDS ###


# %% [markdown]
# ## 3. Frozen layers
#
# A layer with `layer.trainable = False` keeps its weights: no gradient changes them. Two things are
# easily missed:
#
# - set it before `compile`. Set later, it may or may not have an effect, and there is no warning.
#   A loop over the layers of another model freezes nothing in yours, also without a warning;
# - batch norm has two kinds of weights. Gradients change its scale and its offset. Every step in
#   training mode changes its moving mean and variance, without a gradient. In Keras, a frozen batch
#   norm works in inference mode even while the rest trains, so it keeps all four. A batch norm that
#   you forget to freeze spoils the frozen layers around it.
#
# ## 4. How many layers to freeze
#
# Few photographs cannot spoil a frozen layer, and many cannot improve it. So the more data there
# are, the fewer layers the lecture freezes. It says "small", "larger" and "a lot"; in this exercise
# these are numbers:
#
# | photographs per class | frozen | trained |
# |---|---|---|
# | fewer than 20 | all layers except the last | the new softmax |
# | 20 to 99 | all before the last convolution | the last convolution and what follows |
# | 100 or more | none | all, with the old weights as a better start than random weights |
#
# This is a rule of thumb, and it leaves two things out. The more the new images differ from the old
# ones, the fewer of the old layers are of use. A cut in the middle can also be harmful: Yosinski et
# al. (How transferable are features in deep neural networks?, 2014) found that neighbouring layers
# have adapted to each other. They also found that old weights help even if all layers are trained
# further.
#
# ![Three columns of the same network: four stages, the mean over the map, a new softmax. With fewer
# than 20 photographs per class all but the softmax is frozen; with 20 to 99 the last stage is
# trained too; with 100 or more everything is
# trained.](../docs/figures/transfer_learning_freezing.svg)

# %%
FEW, MANY = 20, 100


def layers_to_freeze(model, examples_per_class):
    """The layers of `model` that the table freezes, for this number of photographs per class.

    model: a keras.Model with at least one layers.Conv2D, whose last layer is the new softmax. Below
    FEW examples: all layers except the last. From FEW on and below MANY: all layers that come
    before the last Conv2D in model.layers. From MANY on: none. It does not matter whether a layer
    is already frozen. Returns a list of layers, or of their names; layers without weights, such as
    pooling, may be in it or not. The function itself freezes nothing.
    """
    ### EXERCISE 2 STARTS: layers_to_freeze, 26 points ###
    # 1. Few photographs: everything except the last layer.
    # 2. More: find the index of the last convolution, and take the layers before it.
    # 3. Many: nothing is frozen. Return the result.
    raise NotImplementedError(
        "exercise 2, layers_to_freeze, is not filled in yet; hint: "
        ".venv/bin/signs hint transfer_learning layers_to_freeze"
    )
    ### EXERCISE 2 ENDS ###


# %% [markdown]
# ## 5. Fine-tuning in two phases
#
# The new softmax starts with random weights, so its first gradients are large and have no meaning
# yet. If they reach the old layers, they change features that were good. So train in two phases:
#
# 1. **The new layer alone.** Freeze all layers before it, compile, and train.
# 2. **All layers, gently.** Unfreeze, **compile again**, and train with about a tenth of the
#    learning rate.
#
# `compile` and the first `fit` decide which weights a training step changes. If you unfreeze layers
# after that and do not compile again, they still do not learn, and there is no warning.
#
# Batch norm is the exception: it works in inference mode in both phases. Its moving mean and
# variance come from many thousands of images. A few photographs in training mode would replace them
# by poor estimates. In Keras it is enough to leave batch norm layers frozen.
#
# ![The 16 filters of the first layer, 3x3 pixels in three colours, before and after fine-tuning on
# photographs. They look almost the same. Beside them the size of the change of each: from 1% to 7%
# of the filter, 3% in the middle.](../docs/figures/transfer_learning_filters.svg)


# %%
def fine_tune(model, images, labels, head_epochs, epochs, learning_rate):
    """Train the last layer alone, then all layers at a tenth of the learning rate.

    model: a keras.Model from images to probabilities whose last layer is new; layers of it may be
    frozen. It is trained in place. images: float32 (n, ...). labels: int (n,), the class of each.
    head_epochs: epochs of the first phase, at learning_rate; all layers except the last keep their
    weights. epochs: epochs of the second phase, at learning_rate / 10; all layers learn except
    batch norm. Its moving mean and variance never change. Optimizer and batch size are your choice;
    the loss is cross-entropy. Returns the model.
    """
    ### EXERCISE 3 STARTS: fine_tune, 28 points ###
    # 1. Freeze all layers except the last. Then compile, and train for head_epochs.
    # 2. Unfreeze all layers except batch norm.
    # 3. Compile again with a tenth of the learning rate, and train for epochs. Return the model.
    raise NotImplementedError(
        "exercise 3, fine_tune, is not filled in yet; hint: "
        ".venv/bin/signs hint transfer_learning fine_tune"
    )
    ### EXERCISE 3 ENDS ###


# %% [markdown]
# ## 6. Computed once
#
# If all layers except the last are frozen, they give the same features for the same photograph in
# every epoch. So compute the features once, store them in a file, and train the new layer on the
# file: then a step is a product of two small matrices. A second head, another seed, another
# learning rate: all of them can read the same file.
#
# The danger is an outdated file: features of other photographs, or of the network before it was
# trained further. They have the right shape, and there is no warning. So the file stores a **key**
# with the features, made from everything they depend on, and is used only if its key is the
# expected one. Two functions for this are given: `digest` makes one string from its arguments, and
# `stored` reads or writes the file.
#
# What do features depend on? On the photographs, on every weight of the network, and on its layers
# with their settings, which `model.to_json()` gives as a string.
#
# And the features must be computed in inference mode. In training mode, batch norm uses the mean
# and variance of just these photographs, and dropout sets some numbers to zero at random. If you
# stored such features, one random draw would be used as if it were the true features.


# %%
def digest(*values):
    """A short string that changes if any of the values changes: arrays and strings."""
    total = hashlib.sha256()
    for value in values:
        array = np.ascontiguousarray(value)
        total.update(f"{array.dtype} {array.shape}".encode())
        total.update(array.tobytes())
    return total.hexdigest()


def stored(path, key, compute):
    """The features in the file if they have this key; otherwise compute(), which is then stored."""
    if path.exists():
        with np.load(path) as kept:
            if str(kept["key"]) == key:
                return kept["features"]
    features = compute()
    np.savez(path, key=key, features=features)
    return features


def cache_features(model, images, path):
    """The output of `model` for `images` in inference mode, from the file if it is there.

    model: a keras.Model from images to features. images: float32 (n, ...), as the model takes them.
    path: the pathlib.Path of a file that ends in .npz and need not exist yet. The model runs only
    if the file is missing, or has the features of other images, other weights or other layers.
    Returns the features, float32 (n, ...), as a NumPy array.
    """
    ### EXERCISE 4 STARTS: cache_features, 16 points ###
    # 1. The key: made from everything that the features depend on.
    # 2. A function that runs the model in inference mode, 64 images at a time, and joins the parts.
    # 3. Give both to `stored`, which calls the function only if the file is of no use.
    raise NotImplementedError(
        "exercise 4, cache_features, is not filled in yet; hint: "
        ".venv/bin/signs hint transfer_learning cache_features"
    )
    ### EXERCISE 4 ENDS ###


# %% [markdown]
# ## 7. Train it
#
# Keras trains a network in four calls. `compile` chooses the loss and the optimizer, `fit` trains,
# `evaluate` measures on photographs that the network has not seen, and `predict` gives the answers.
# You can change the numbers of photographs and epochs.
#
# The network is small, so all of this takes minutes: four stages of convolution, batch norm, ReLU
# and pooling, then the mean over the map, then the softmax. It learns from drawn hands, and your
# functions transfer it to photographs.
#
# The last line runs the lesson, `training/lessons/transfer_learning.py`. It makes the measurements
# and pictures for the next sections.


# %%
def walk(options):
    """Transfer a network to photographs, train it by Keras' four calls, then run the lesson."""
    from datasets.find import resolve
    from datasets.splits import few, parts
    from training.lessons import transfer_learning as lesson

    layers_to_freeze(replace_head(lesson.network(), 6), 20)  # Is anything not filled in yet?
    data, source = resolve(options.data, say=print)
    pretrained, split = lesson.pretrain(options), parts(data)
    learning, rows = split.learning, few(split.learning, 20, options.seed)
    keras.utils.set_random_seed(options.seed)
    copy = keras.models.clone_model(pretrained)
    copy.set_weights(pretrained.get_weights())
    model = replace_head(copy, 6)
    lesson.freeze(model, layers_to_freeze(model, 20))
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(learning.train_x[rows] / 255, learning.train_y[rows], epochs=5, verbose=2)
    loss, accuracy = model.evaluate(split.validation_x / 255, split.validation_y, verbose=0)
    print(f"from {len(rows)} photographs: validation loss {loss:.3f}, accuracy {accuracy:.4f}")
    answers = model.predict(split.validation_x[:8] / 255, verbose=0).argmax(axis=1)
    print(f"it reads validation photographs as {answers}, they show {split.validation_y[:8]}")
    functions = replace_head, layers_to_freeze, fine_tune, cache_features
    lesson.run(functions, pretrained, data, source.name, options)


# %% [markdown]
# ## 8. Compare
#
# The lesson transfers the network in four ways, for each number of photographs. Three differ in
# what is frozen: all layers before the softmax, the layers before the last convolution, or none.
# The fourth is your `fine_tune`, with half of the epochs in each phase. A fifth network starts from
# random weights. All use the same photographs and take the same number of steps, each with five
# seeds.
#
# The drawn hands also show the digits 0 to 5. So this is an easy kind of transfer, and even the old
# softmax is of some use on the photographs: how good it is there is printed first. A sixth network
# learnt other classes from the same drawn hands: how far each is turned, in quarter turns. All of
# its layers are then trained, too.
#
# The time that the file saves is measured in seconds. The same head is trained in three ways on all
# photographs, for the same number of epochs. First through the frozen layers, as if there were no
# file. Then with a file that must first be made. Then with the file already there, as a second head
# would find it.
#
# ## 9. Do the measurements support it?
#
# Three claims about freezing, a question about the two phases and one about the old classes, and a
# claim about the file, each with what was just measured. A difference in accuracy counts only if
# its 95% interval, over seeds and test photographs, does not contain zero. `lenet.py` explains
# this, and what the validation set is for. If the photographs are themselves drawn hands, because
# there were no others, nothing is transferred at all: then the claims cannot be tested.

# %% [markdown]
# ## 10. Questions without code
#
# Answer them in a sentence or two, then compare with the answers at the end of
# `solutions/transfer_learning.py`.
#
# 1. All layers are trained from the first step, with a large learning rate. What does the new
#    softmax do to the old layers?
# 2. The features are stored in a file. Why can you not use data augmentation as well?
# 3. You have 15 photographs per class, and the old network was trained on photographs of animals
#    instead of drawn hands. Which layers would you keep?

# %%
if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    import signs  # noqa: F401 - finds training where the project is installed as a package
    from training import lessons

    sys.exit(lessons.main("transfer_learning", walk))
# sealed d01bcb2e4c9f7f040f1f3d1c6adaabca358ea0ed2dd01dac011da3c1c2f3af32
