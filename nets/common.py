"""What every builder shares: checked arguments, one head, one way to become a model."""

from __future__ import annotations

import keras
from keras import layers

from nets.errors import NetError


def check(net: str, input_shape, classes: int, smallest: int = 1) -> None:
    """Refuse an input or a number of classes that `net` cannot be built for.

    input_shape: (height, width, channels), each a whole number of at least 1. smallest: the
    least height and width in pixels. Raises NetError with what was expected and received.
    """
    shape = tuple(input_shape) if isinstance(input_shape, (tuple, list)) else input_shape
    sound = isinstance(shape, tuple) and len(shape) == 3
    if not sound or not all(_is_count(size) for size in shape):
        raise NetError(
            f"{net}: expected input_shape=(height, width, channels) in whole numbers of at "
            f"least 1, received {input_shape!r}; give for example (64, 64, 3)"
        )
    if min(shape[:2]) < smallest:
        raise NetError(
            f"{net}: expected at least {smallest}x{smallest}, received {shape[0]}x{shape[1]}; "
            "enlarge the images first, for example with keras.layers.Resizing"
        )
    if not _is_count(classes):
        raise NetError(
            f"{net}: expected classes to be a whole number of at least 1, received {classes!r}"
        )


def _is_count(value) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def images(input_shape, resize: int | None = None):
    """The input tensor and what the network sees of it.

    input_shape: (height, width, channels) in pixels. resize: the side in pixels to which smaller
    images are enlarged by a layer that shows in the summary; None never resizes. Returns the pair
    (input tensor, tensor to build on).
    """
    inputs = keras.Input(tuple(input_shape), name="images")
    if resize is None or min(input_shape[:2]) >= resize:
        return inputs, inputs
    return inputs, resized(inputs, resize)


def resized(X, side: int, **options):
    """X brought to side x side pixels by a Resizing layer: (n, h, w, c) -> (n, side, side, c)."""
    # Left alone, the layer takes training=True for its default and hands it on: a call model(x)
    # would put every layer behind it, batch normalisation and dropout, into training mode.
    return layers.Resizing(side, side, name="resize", **options)(X, training=False)


def softmax(X, classes: int, name: str = "predictions", **options):
    """Class probabilities, (batch, features) -> (batch, classes), in float32.

    Float32 whatever the precision of the body: 16 bits are too coarse for a sum of exponentials.
    """
    return layers.Dense(classes, activation="softmax", dtype="float32", name=name, **options)(X)


def finish(inputs, outputs, name: str, weights=None) -> keras.Model:
    """The Functional model `name` from `inputs` to `outputs`, with `weights` loaded if given.

    weights: None, "imagenet" or a path; see `nets.weights.load`, whose errors pass through.
    """
    model = keras.Model(inputs, outputs, name=name)
    if weights is not None:
        from nets.weights import load

        load(model, weights)
    return model
