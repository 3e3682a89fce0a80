# %% [markdown]
# # Transfer learning
#
# You take a network that has learnt one thing and let it learn another, from few photographs: a
# new softmax in place of the old one, as many frozen layers as the photographs are few, and
# features that are computed once and kept in a file.
#
# Three functions are yours: `replace_head`, `layers_to_freeze` and `cache_features`. Fill in what
# lies between the markers `EXERCISE ... STARTS` and `EXERCISE ... ENDS`, and ask as often as you
# like:
#
#     python -m grader check transfer_learning
#
# Once they are filled in, run this file: it trains a small network on drawn hands, hands it on to
# photographs by your three functions, and compares what comes of it with what is said about it.
# `--quick` takes less than a minute, `--help` lists the rest.

# %%
"""Transfer learning: the exercise, from a new softmax to what freezing and a cache are worth."""

import hashlib
import sys
from pathlib import Path

import keras
import numpy as np
from keras import layers

# %% [markdown]
# ## 1. What can be handed on
#
# The first layers of a network that was trained on images find edges and colours, those behind
# them textures and parts, and only the last ones what the labels asked for. Edges are the same in
# all images. So whoever has few images of her own takes a network that somebody else has trained
# on many, and trains again only what is special to her labels.
#
# Here the many images are drawn hands, which cost nothing, and the few are photographs.
#
# ## 2. A new softmax
#
# The last layer has one unit a class of the old labels. It goes; a new one takes its place, on the
# same features, with one unit a class of the new labels and weights that are freshly drawn. It is
# fresh even where both have the same number of classes, for the old units mean the old classes.
#
# Everything before it stays: not layers of the same kind, but these, with the weights that they
# have learnt. A network that is built again or cloned has the shape alone, and begins at random.


# %%
def replace_head(model, classes):
    """A model like `model` with a new softmax for `classes` classes in place of its last layer.

    model: a keras.Model from images to probabilities whose last layer is dense, with softmax. All
    other layers keep their weights, and what is frozen stays frozen. The new layer is dense with
    softmax, its weights are freshly drawn, and it is trained. `model` itself stays as it is.
    Returns a keras.Model, not compiled: the same images -> probabilities (n, classes).
    """
    ### EXERCISE 1 STARTS: replace_head, 34 points ###
    # 1. Find the features: the tensor that the last layer is given.
    features = model.layers[-1].input
    # 2. Put the new layer on them, and make a model from the images to there. Return the result.
    probabilities = layers.Dense(classes, activation="softmax")(features)
    replaced = keras.Model(model.input, probabilities)
    return replaced
    ### EXERCISE 1 ENDS ###


# %% [markdown]
# ## 3. Frozen layers
#
# A layer with `layer.trainable = False` keeps its weights: no gradient changes them. Two things
# are easily missed:
#
# - it must be said before `compile`, which looks at it once. A loop that freezes afterwards, or
#   that goes through other layers than those of the model, freezes nothing, and nothing warns;
# - batch norm has two kinds of weights: a scale and an offset that gradients change, and a moving
#   mean and variance that every step in training mode changes without one. In Keras a frozen batch
#   norm works in inference mode even while the rest trains, and so keeps all four. One that is
#   left out of freezing spoils the features of the frozen layers around it.
#
# ## 4. How many of them
#
# A frozen layer cannot be spoilt by few photographs, and cannot get better by many. So the lecture
# freezes fewer layers the more data there is. It says small, larger and a lot; for this exercise
# these are numbers:
#
# | photographs a class | frozen | trained |
# |---|---|---|
# | below 20 | all layers but the last | the new softmax |
# | from 20, below 100 | all before the last convolution | the last convolution and what follows |
# | from 100 | none | all, with the old weights as a better beginning than random ones |

# %%
FEW, MANY = 20, 100


def layers_to_freeze(model, examples_per_class):
    """The layers of `model` that the table freezes, for so many photographs a class.

    model: a keras.Model with at least one layers.Conv2D, whose last layer is the new softmax.
    Below FEW examples: all layers but the last. From FEW on and below MANY: all layers that come
    before the last Conv2D in model.layers. From MANY on: none. Whether a layer is frozen already
    does not matter. Returns a list of layers, or of their names; layers without weights, such as
    pooling, may be in it or not. It freezes nothing itself.
    """
    ### EXERCISE 2 STARTS: layers_to_freeze, 30 points ###
    # 1. Few photographs: everything but the last layer.
    if examples_per_class < FEW:
        return model.layers[:-1]
    # 2. More: find the place of the last convolution, and take what comes before it.
    if examples_per_class < MANY:
        places = [i for i, layer in enumerate(model.layers) if isinstance(layer, layers.Conv2D)]
        return model.layers[: places[-1]]
    # 3. Many: nothing is frozen. Return the result.
    frozen = []
    return frozen
    ### EXERCISE 2 ENDS ###


# %% [markdown]
# ## 5. Computed once
#
# Where all layers but the last are frozen, they give the same features for the same photograph in
# every epoch. So compute them once, keep them in a file, and train the new layer on the file: then
# a step is a product of two small matrices. A second head, another seed, another learning rate:
# all of them read what is there.
#
# The danger is a stale file: features of other photographs, or of the network as it was before it
# was trained further. They have the right shape, and nothing warns. So the file holds a **key**
# beside the features, made of all that they depend on, and is believed only where the key is the
# one expected now. They depend on three things: the photographs, every weight of the network, and
# its layers with their settings, which `model.to_json()` tells as a text. `digest` below makes one
# short text of all that it is given.
#
# And features are what the layers give in inference mode. In training mode batch norm uses the
# mean and variance of just these photographs, and dropout leaves out some numbers at random: kept
# in a file, one such draw would be taken for the truth.


# %%
def digest(*values):
    """A short text that is another where any of the values is: arrays, and texts."""
    total = hashlib.sha256()
    for value in values:
        array = np.ascontiguousarray(value)
        total.update(f"{array.dtype} {array.shape}".encode())
        total.update(array.tobytes())
    return total.hexdigest()


def cache_features(model, images, path):
    """What `model` gives for `images` in inference mode, from the file where it holds that.

    model: a keras.Model from images to features. images: float32 (n, ...), as it takes them. path:
    the pathlib.Path of a file that ends in .npz and need not be there yet; what is kept is in this
    file. The model is run only where the file is missing, or holds the features of other images,
    of other weights or of other layers; then the file is written anew. Returns the features,
    float32 (n, ...), as a NumPy array.
    """
    ### EXERCISE 3 STARTS: cache_features, 36 points ###
    # 1. The key: of everything that the features depend on.
    key = digest(model.to_json(), *model.get_weights(), images)
    # 2. Where the file is there and has this key, its features are the answer.
    if path.exists():
        with np.load(path) as kept:
            if str(kept["key"]) == key:
                return kept["features"]
    # 3. Else run the model in inference mode, 64 images at a time, and join the parts.
    parts = [model(images[i : i + 64], training=False) for i in range(0, len(images), 64)]
    features = np.concatenate([keras.ops.convert_to_numpy(part) for part in parts])
    # 4. Keep both, the key and the features. Return the result.
    np.savez(path, key=key, features=features)
    return features
    ### EXERCISE 3 ENDS ###


# %% [markdown]
# ## 6. Train it
#
# Keras trains a network in four calls: `compile` chooses the loss and the optimizer, `fit` trains,
# `evaluate` measures on photographs that the network has not seen, and `predict` answers. The
# numbers are yours to change: how many photographs, how many epochs.
#
# The network is small, so that all of this takes minutes: four stages of convolution, batch norm,
# ReLU and pooling, then the mean over the map, then the softmax. It learns from drawn hands, and is
# handed on to photographs by your functions.
#
# The last line runs the lesson, `training/lessons/transfer_learning.py`: it makes the measurements
# and pictures that the next sections are about.


# %%
def walk(options):
    """Hand a network on to photographs, train it by Keras' four calls, then run the lesson."""
    from datasets.find import resolve
    from datasets.splits import few
    from training.lessons import transfer_learning as lesson

    layers_to_freeze(replace_head(lesson.network(), 6), 20)  # Is anything not filled in yet?
    data, source = resolve(options.data, say=print)
    pretrained, rows = lesson.pretrain(options), few(data, 20, options.seed)
    keras.utils.set_random_seed(options.seed)
    copy = keras.models.clone_model(pretrained)
    copy.set_weights(pretrained.get_weights())
    model = replace_head(copy, 6)
    lesson.freeze(model, layers_to_freeze(model, 20))
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(data.train_x[rows] / 255, data.train_y[rows], batch_size=32, epochs=5, verbose=2)
    loss, accuracy = model.evaluate(data.test_x / 255, data.test_y, verbose=0)
    print(f"handed on to {len(rows)} photographs: test loss {loss:.3f}, accuracy {accuracy:.4f}")
    answers = model.predict(data.test_x[:8] / 255, verbose=0).argmax(axis=1)
    print(f"it reads the first test photographs as {answers}, they show {data.test_y[:8]}")
    functions = replace_head, layers_to_freeze, cache_features
    lesson.run(functions, pretrained, data, source.name, options)


# %% [markdown]
# ## 7. Compare
#
# The lesson hands the network on three times for every number of photographs: all layers before the
# softmax frozen, those before the last convolution, and none. The same few photographs and the same
# recipe for all three; only that a head on the file takes more steps, for there they cost next to
# nothing, and a fresh softmax needs them.
#
# The drawn hands show the digits 0 to 5 too. So this is a mild kind of transfer, and the old
# softmax would not be worthless on the photographs: how good it is there is printed first.
#
# What the file is worth is a matter of seconds. The same head is trained three ways on all
# photographs, for the same number of epochs: through the frozen layers, as if there were no file;
# with a file that has yet to be made; and with the file that is there by then, as a second head
# would find it.
#
# ## 8. Is it borne out?
#
# Three sentences on freezing and one on the file, and what was measured just now beside each. A
# difference counts only where it is more than two standard errors of what so many test
# photographs can tell. And where the photographs are drawn hands themselves, because there were no
# others, nothing is transferred at all: then the sentences cannot be tested.

# %%
if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    from training import lessons

    sys.exit(lessons.main("transfer_learning", walk))
