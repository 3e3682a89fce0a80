"""Transfer learning: the right functions and the known wrong ones.

Only the oracle's process loads this file. `head`, `freezing` and `caching` make most of the wrong
ones, by the options of the rows in misconceptions.py. The models that they get are small, so
everything here runs at once.
"""

from __future__ import annotations

import hashlib

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from nets import transfer

# Heads -------------------------------------------------------------------------------------------


def replace_head(model, classes):
    """The right head: that of nets, which reads the graph that a Sequential has inside."""
    graph = keras.Model(model.inputs, model.outputs, name=model.name)
    return transfer.replace_head(graph, classes)


def _headed(model, features, units, *activations, name="new", **more):
    X = layers.Dense(units, name=name, **more)(features)
    for activation in activations:
        X = layers.Activation(activation)(X)
    return keras.Model(model.input, X)


def head(
    model,
    classes,
    *,
    units="classes",
    last=("softmax",),
    take=-2,
    mode=None,
    fresh=False,
    frozen="",
    frees=False,
    before="",
    reuse=False,
    old=False,
    bias=True,
):
    """The right head as it stands.

    units: of the new layer, an expression of classes and before, the old number of classes. last:
    its activations, one after another. take: which layer's output it is put on, -1 the old head's.
    mode: of a body that is called anew. fresh: the body is built again. frozen: "body", "conv",
    "old layers", "head" or "answer", what is made untrainable; frees: all is made trainable.
    before: a layer added in front. reuse: the old head stays if the number of classes does. old:
    the model as it is.
    """
    old_classes = model.output_shape[-1]
    body = keras.models.clone_model(model) if fresh else model
    if old or (reuse and old_classes == classes):
        return body
    if frozen == "body":
        body.trainable = False
    for layer in body.layers:
        if frozen == "conv" and isinstance(layer, layers.Conv2D):
            layer.trainable = False
    features = body.layers[take].output
    if mode is not None:
        features = keras.Model(body.input, features)(body.input, training=mode)
    makers = {
        "dense": lambda X: layers.Dense(16, activation="relu")(X),
        "norm": lambda X: layers.BatchNormalization()(X),
    }
    features = makers[before](features) if before else features
    count = eval(units, {"classes": classes, "before": old_classes})
    answer = _headed(body, features, count, *last, trainable=frozen != "head", use_bias=bias)
    if frozen == "answer":
        answer.trainable = False
    for layer in answer.layers[:-1] if frozen == "old layers" else ():
        layer.trainable = False
    for layer in answer.layers if frees else ():
        layer.trainable = True
    return answer


# Freezing ----------------------------------------------------------------------------------------


def freezing(
    model,
    examples_per_class,
    *,
    few="layers[:-1]",
    more="layers[:last]",
    many="[]",
    below=20,
    least=100,
    chosen="True",
    begins=None,
    sets=None,
    sets_few=None,
    answer="frozen",
):
    """The right rule as it stands.

    few, more, many: what is frozen, expressions of layers and of the places first, last and
    last_but_one of its convolutions. below, least: where these change. chosen: which of these
    layers, an expression of layer and its kind. begins: what `trainable` of all layers is set to
    first; sets, sets_few: that of the listed ones, and of these for few examples. answer: an
    expression of frozen, the list.
    """
    for layer in model.layers if begins is not None else ():
        layer.trainable = begins
    places = [i for i, layer in enumerate(model.layers) if isinstance(layer, layers.Conv2D)]
    names = {"layers": model.layers, "first": places[0], "last": places[-1]}
    names["last_but_one"] = places[-2]
    is_few = examples_per_class < below
    rule = few if is_few else more if examples_per_class < least else many
    frozen = [
        layer
        for layer in eval(rule, names)
        if eval(chosen, {"layer": layer, "kind": type(layer).__name__})
    ]
    value = sets_few if is_few and sets_few is not None else sets
    for layer in frozen if value is not None else ():
        layer.trainable = value
    return eval(answer, {"frozen": frozen})


def layers_to_freeze(model, examples_per_class):
    """The right list."""
    return freezing(model, examples_per_class)


# Fine-tuning -------------------------------------------------------------------------------------


def fine_tune(model, images, labels, head_epochs, epochs, learning_rate):
    """The right training, by steps of our own: no compile, and batch norm in inference mode."""
    loss = keras.losses.SparseCategoricalCrossentropy()
    model.trainable = True
    phases = (
        (head_epochs, learning_rate, model.layers[-1:]),
        (epochs, learning_rate / 10, model.layers),
    )
    for count, rate, learning in phases:
        weights = [
            weight
            for layer in learning
            if not isinstance(layer, layers.BatchNormalization)
            for weight in layer.trainable_variables
        ]
        optimizer = keras.optimizers.Adam(rate)
        for _ in range(count):
            with tf.GradientTape() as tape:
                value = loss(labels, model(images, training=False))
            optimizer.apply(tape.gradient(value, weights), weights)
    return model


# The file ----------------------------------------------------------------------------------------


def caching(
    model,
    images,
    path,
    *,
    key="text, *weights, images.shape, images",
    believe=True,
    eager=False,
    training=False,
    batch=64,
    whole=True,
    change="features",
    order=1,
):
    """The right features and file as they stand.

    key: what the file is known by, an expression of images and the model's text, weights and
    trained weights. believe: whether the file is read. eager: the model runs even then. training:
    the mode. batch: images at a time; whole: the last batch too. change: the answer, an expression
    of features. order: -1 reverses the images.
    """
    names = {"model": model, "images": images, "path": path, "np": np, "text": model.to_json()}
    names["weights"] = model.get_weights()
    names["trained"] = [keras.ops.convert_to_numpy(weight) for weight in model.trainable_weights]
    total = hashlib.sha256()
    for value in eval(f"({key},)", names):
        total.update(np.ascontiguousarray(value).tobytes())
    if eager:
        model(images, training=training)
    if believe and path.exists():
        with np.load(path, allow_pickle=False) as kept:
            if str(kept["key"]) == total.hexdigest():
                return kept["features"]
    stop = len(images) if whole else len(images) // batch * batch
    parts = [
        model(images[i : i + batch][::order], training=training) for i in range(0, stop, batch)
    ]
    names["features"] = np.concatenate([keras.ops.convert_to_numpy(part) for part in parts])
    np.savez(path, key=total.hexdigest(), features=names["features"])
    return eval(change, names)


def cache_features(model, images, path):
    """The right features."""
    return caching(model, images, path)


def read_any_file(model, images, path):
    """The file wins, whatever it was made of, as long as it has enough rows."""
    if path.exists():
        with np.load(path) as kept:
            if len(kept["features"]) >= len(images):
                return kept["features"][: len(images)]
    return caching(model, images, path)
