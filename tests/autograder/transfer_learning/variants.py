"""Transfer learning, right and in the wrong ways that are known.

The oracle's process alone loads this file. `network`s that are given are small, so that everything
here runs at once.
"""

from __future__ import annotations

from functools import partial

import keras
import numpy as np
from keras import layers

from nets.transfer import replace_head  # noqa: F401 - the right one

# Heads -------------------------------------------------------------------------------------------


def _headed(model, features, units, *activations, name="new", **more):
    X = layers.Dense(units, name=name, **more)(features)
    for activation in activations:
        X = layers.Activation(activation)(X)
    return keras.Model(model.input, X)


def _head(
    model,
    classes,
    *,
    units=None,
    last=("softmax",),
    take=-2,
    mode=None,
    fresh=False,
    frozen="",
    before="",
    reuse=False,
    old=False,
    bias=True,
):
    """The right head as it stands.

    units: of the new layer, a function of (classes, old classes). last: its activations, one after
    another. take: which layer's output it is put on, -1 the old head's. mode: of a body that is
    called anew. fresh: the body is built again. frozen: "body", "conv" or "head", what is made
    untrainable. before: a layer added in front. reuse: the old head stays
    where the number of classes does. old: the model as it is.
    """
    before_units = model.output_shape[-1]
    if old or (reuse and before_units == classes):
        return model
    body = keras.models.clone_model(model) if fresh else model
    if frozen == "body":
        body.trainable = False
    for layer in body.layers:
        if frozen == "conv" and isinstance(layer, layers.Conv2D):
            layer.trainable = False
    features = body.layers[take].output
    if mode is not None:
        features = keras.Model(body.input, features)(body.input, training=mode)
    makers = {
        "dropout": lambda X: layers.Dropout(0.5)(X),
        "dense": lambda X: layers.Dense(16, activation="relu")(X),
        "norm": lambda X: layers.BatchNormalization()(X),
    }
    features = makers[before](features) if before else features
    count = units(classes, before_units) if units else classes
    return _headed(body, features, count, *last, trainable=frozen != "head", use_bias=bias)


old_classes = partial(_head, units=lambda classes, before: before)
one_more_class = partial(_head, units=lambda classes, before: classes + 1)
one_class_less = partial(_head, units=lambda classes, before: classes - 1)
both_classes = partial(_head, units=lambda classes, before: classes + before)
six_classes = partial(_head, units=lambda classes, before: 6)
ten_classes = partial(_head, units=lambda classes, before: 10)


def freezes_whole_answer(model, classes):
    """Nothing of the answer is trained, the head neither."""
    made = _head(model, classes)
    made.trainable = False
    return made


def freezes_old_layers(model, classes):
    """Each layer by itself, the new one not."""
    made = _head(model, classes)
    for layer in made.layers[:-1]:
        layer.trainable = False
    return made


def frees_whole_answer(model, classes):
    """Everything of the answer is trained."""
    made = _head(model, classes)
    for layer in made.layers:
        layer.trainable = True
    return made


def fresh_head_kept(model, classes):
    """The shape alone, its own head kept where the number of classes is the same."""
    return _head(keras.models.clone_model(model), classes, reuse=True)


# Freezing ----------------------------------------------------------------------------------------

FEW, MANY = 20, 100


def _head_only(model):
    return model.layers[:-1]


def _later(model):
    places = [i for i, layer in enumerate(model.layers) if isinstance(layer, layers.Conv2D)]
    return model.layers[: places[-1]]


def _nothing(model):
    return []


def _freezing(
    model,
    examples_per_class,
    *,
    few=_head_only,
    more=_later,
    many=_nothing,
    below=FEW,
    least=MANY,
    chosen=lambda model, layer: True,
    act=None,
):
    """The right rule as it stands.

    few, more, many: what is frozen of a model. below, least: where these change. chosen: which of
    these layers. act: what is done to each of them besides.
    """
    rule = few if examples_per_class < below else more if examples_per_class < least else many
    found = [layer for layer in rule(model) if chosen(model, layer)]
    for layer in found if act else ():
        act(layer)
    return found


def layers_to_freeze(model, examples_per_class):
    """The right list."""
    return _freezing(model, examples_per_class)


def _everything(model):
    return model.layers


def _last_too(model):
    places = [i for i, layer in enumerate(model.layers) if isinstance(layer, layers.Conv2D)]
    return model.layers[: places[-1] + 1]


def _second_too(model):
    places = [i for i, layer in enumerate(model.layers) if isinstance(layer, layers.Conv2D)]
    return model.layers[: places[-2]]


def _up_to_first(model):
    places = [i for i, layer in enumerate(model.layers) if isinstance(layer, layers.Conv2D)]
    return model.layers[: places[0] + 1]


def _complement(rule):
    def other(model):
        frozen = rule(model)
        return [layer for layer in model.layers if layer not in frozen]

    return other


def _without_kind(*kinds):
    return lambda model, layer: not isinstance(layer, kinds)


def _set(value):
    def act(layer):
        layer.trainable = value

    return act


nothing_for_few = partial(_freezing, few=_nothing)
head_frozen_too = partial(_freezing, few=_everything)
what_is_trained = partial(
    _freezing, few=_complement(_head_only), more=_complement(_later), many=_everything
)
no_batch_norm = partial(_freezing, chosen=_without_kind(layers.BatchNormalization))
only_batch_norm = partial(
    _freezing, chosen=lambda model, layer: isinstance(layer, layers.BatchNormalization)
)
only_convolutions = partial(_freezing, chosen=lambda model, layer: isinstance(layer, layers.Conv2D))
last_convolution_too = partial(_freezing, more=_last_too)
last_two_stages = partial(_freezing, more=_second_too)
first_stage_only = partial(_freezing, more=_up_to_first)
half_of_layers = partial(_freezing, more=lambda model: model.layers[: len(model.layers) // 2])
all_of_some = partial(_freezing, more=_head_only)
none_of_some = partial(_freezing, more=_nothing)
few_as_middle = partial(_freezing, few=_later)
some_of_many = partial(_freezing, many=_later)
all_of_many = partial(_freezing, many=_head_only)
but_two = partial(_freezing, few=lambda model: model.layers[:-2])
but_three = partial(_freezing, few=lambda model: model.layers[:-3])
first_layer_missed = partial(
    _freezing, few=lambda model: model.layers[2:-1], more=lambda model: _later(model)[2:]
)
first_only = partial(_freezing, few=lambda model: model.layers[:2])
few_is_few = partial(_freezing, below=FEW + 1)
many_is_more = partial(_freezing, least=MANY + 1)
both_edges = partial(_freezing, below=FEW + 1, least=MANY + 1)
freezes_itself = partial(_freezing, act=_set(False))
frees_itself = partial(_freezing, act=_set(True))
trained_alone = partial(_freezing, chosen=lambda model, layer: layer.trainable)
frozen_alone = partial(_freezing, chosen=lambda model, layer: not layer.trainable)


def freezes_few_itself(model, examples_per_class):
    """The first row of the table freezes what it lists, and the others do not."""
    few = examples_per_class < FEW
    return _freezing(model, examples_per_class, act=_set(False) if few else None)


def frees_all_first(model, examples_per_class):
    """Everything is trained first, as if to begin anew."""
    for layer in model.layers:
        layer.trainable = True
    return _freezing(model, examples_per_class)


def freezes_all_first(model, examples_per_class):
    """Everything is frozen first."""
    model.trainable = False
    return _freezing(model, examples_per_class)


def frees_then_freezes(model, examples_per_class):
    """The whole job, in place of a list."""
    for layer in model.layers:
        layer.trainable = True
    return _freezing(model, examples_per_class, act=_set(False))


def how_many(model, examples_per_class):
    """A number of layers."""
    return len(_freezing(model, examples_per_class))


def in_one_text(model, examples_per_class):
    """The names in one text."""
    return ", ".join(layer.name for layer in _freezing(model, examples_per_class))


def by_number(model, examples_per_class):
    """The layers' places."""
    return list(range(len(_freezing(model, examples_per_class))))


# The file ----------------------------------------------------------------------------------------


def _text(model):
    return model.to_json()


def _caching(
    model,
    images,
    path,
    *,
    key=None,
    believe=True,
    keep=True,
    suffix="",
    training=False,
    batch=64,
    whole=True,
    change=lambda features: features,
    stored=lambda features: features,
    order=1,
):
    """The right features and file as they stand.

    key: of (model, images), what the file is told by; None: of everything. believe, keep: whether
    the file is read, and written. suffix: of the name that it gets. training: the mode. batch:
    images at a time; whole: the last batch too. change, stored: of the answer, and of what is kept
    and read. order: -1 turns the images round.
    """
    own = (key or _everything_of)(model, images)
    file = path.with_name(path.name + suffix)
    if believe and file.exists():
        with np.load(file, allow_pickle=False) as kept:
            if str(kept["key"]) == own:
                return kept["features"]
    stop = len(images) if whole else len(images) // batch * batch
    parts = [
        model(images[i : i + batch][::order], training=training) for i in range(0, stop, batch)
    ]
    features = np.concatenate([keras.ops.convert_to_numpy(part) for part in parts])
    if keep:
        with open(file, "wb") as opened:
            np.savez(opened, key=own, features=stored(features))
    return change(features)


def _key(*values):
    import hashlib

    total = hashlib.sha256()
    for value in values:
        total.update(np.ascontiguousarray(value).tobytes())
    return total.hexdigest()


def _everything_of(model, images):
    return _key(_text(model), *model.get_weights(), images.shape, images)


def _but_images(*parts):
    return lambda model, images: _key(
        _text(model), *model.get_weights(), *(part(images) for part in parts)
    )


def _trained(model):
    return [keras.ops.convert_to_numpy(weight) for weight in model.trainable_weights]


def _but_model(*parts):
    return lambda model, images: _key(
        images.shape, images, *(value for part in parts for value in part(model))
    )


def cache_features(model, images, path):
    """The right features."""
    return _caching(model, images, path)


first_batch_only = partial(_caching, change=lambda features: features[:64])
first_32_only = partial(_caching, change=lambda features: features[:32])
last_part_only = partial(_caching, change=lambda features: features[64:])
first_image_only = partial(_caching, change=lambda features: features[:1])
scaled_again = partial(_caching, change=lambda features: features / 255)
mean_of_all = partial(_caching, change=lambda features: features.mean(axis=0))
transposed = partial(_caching, change=lambda features: features.T)
flattened = partial(_caching, change=lambda features: features.reshape(-1))
classes_kept = partial(_caching, change=lambda features: features.argmax(axis=-1))
rounded = partial(_caching, stored=lambda features: features.round())
zeros_kept = partial(_caching, stored=np.zeros_like)
as_bytes = partial(_caching, stored=lambda features: features.astype("uint8"))
key_without_images = partial(_caching, key=_but_images())
key_of_shape = partial(_caching, key=_but_images(lambda images: images.shape))
key_of_number = partial(_caching, key=_but_images(len))
key_first_image = partial(_caching, key=_but_images(lambda images: images[0]))
key_of_sum = partial(_caching, key=_but_images(lambda images: np.sort(images, axis=None).sum()))
key_without_model = partial(_caching, key=_but_model())
key_of_layers = partial(_caching, key=_but_model(lambda model: [_text(model)]))
key_of_weights = partial(_caching, key=_but_model(lambda model: model.get_weights()))
key_of_trained = partial(_caching, key=_but_model(lambda model: [_text(model), *_trained(model)]))
key_trained_alone = partial(_caching, key=_but_model(lambda model: _trained(model)))
key_first_weights = partial(
    _caching, key=_but_model(lambda model: [_text(model), *model.get_weights()[:1]])
)
key_first_alone = partial(_caching, key=_but_model(lambda model: model.get_weights()[:1]))


def read_any_file(model, images, path):
    """The file wins, whatever it was made of, as long as it has enough rows."""
    if path.exists():
        with np.load(path) as kept:
            if len(kept["features"]) >= len(images):
                return kept["features"][: len(images)]
    return _caching(model, images, path)


def the_path(model, images, path):
    """Where the file is."""
    _caching(model, images, path)
    return str(path)


def symbolic(model, images, path):
    """What stands for an output, without a number."""
    return model.output
