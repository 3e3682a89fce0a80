"""What every builder shares: checked arguments, one head, one way to become a model."""

from __future__ import annotations

from numbers import Integral

import keras
from keras import layers

from nets.errors import NetError


def check_arguments(net: str, input_shape, classes: int, smallest: int = 1) -> None:
    """Refuse an input shape or a number of classes that a network cannot be built for.

    Args:
        net: Name of the network, for the message.
        input_shape: (height, width, channels), each a whole number of at least 1, NumPy's too.
        classes: A whole number of at least 1, as `labels.max() + 1` is.
        smallest: The least height and width in pixels.

    Raises:
        NetError: With what was expected and what was received.
    """
    row = isinstance(input_shape, (tuple, list)) or getattr(input_shape, "ndim", 0) == 1
    shape = tuple(input_shape) if row else input_shape
    three = isinstance(shape, tuple) and len(shape) == 3
    if not three or not all(_is_count(size) for size in shape):
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
    return isinstance(value, Integral) and not isinstance(value, bool) and int(value) >= 1


def image_input(input_shape, smallest: int | None = None):
    """The input of a network, enlarged if it is small.

    Args:
        input_shape: (height, width, channels) in pixels.
        smallest: The side in pixels to which smaller images are enlarged by a layer that shows in
            the summary; None never enlarges.

    Returns:
        The pair (input tensor, tensor to build on), both (n, height, width, channels).
    """
    # Keras cannot save a model with NumPy's numbers in it.
    inputs = keras.Input(tuple(map(int, input_shape)), name="images")
    if smallest is None or min(input_shape[:2]) >= smallest:
        return inputs, inputs
    return inputs, resize(inputs, smallest)


def resize(X, side: int, **options):
    """Bring images to side x side pixels: (n, h, w, c) -> (n, side, side, c).

    Args:
        X: Keras tensor.
        side: Height and width of the result in pixels.
        **options: Arguments of keras.layers.Resizing.
    """
    # Left alone, the layer takes training=True for its default and hands it on: a call model(x)
    # would put every layer after it, batch normalisation and dropout, into training mode.
    return layers.Resizing(side, side, name="resize", **options)(X, training=False)


def softmax(X, classes: int, name: str = "predictions", **options):
    """One probability per class: (n, features) -> (n, classes), in float32.

    Float32 whatever the precision of the body: 16 bits are too coarse for a sum of exponentials.

    Args:
        X: Keras tensor.
        classes: Number of classes.
        name: The layer's name.
        **options: Arguments of keras.layers.Dense.
    """
    units = int(classes)  # Keras cannot save NumPy's numbers
    return layers.Dense(units, activation="softmax", dtype="float32", name=name, **options)(X)


def to_model(inputs, outputs, name: str, weights=None) -> keras.Model:
    """The Functional model from `inputs` to `outputs`.

    Args:
        inputs: Keras tensor.
        outputs: Keras tensor, or a list of them.
        name: The model's name.
        weights: None, "imagenet" or a path; see `nets.weights.load`.

    Raises:
        NetError: The weights do not fit.
    """
    model = keras.Model(inputs, outputs, name=name)
    if weights is not None:
        from nets.weights import load

        load(model, weights)
    return model
