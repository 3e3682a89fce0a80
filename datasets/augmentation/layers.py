"""The layers of augmentation that Keras lacks: crop, local warping, colour shift, PCA colour.

All take images (n, h, w, c), or a dict of "images" and other values, such as "labels", which pass
unchanged. In tf.data as in a model the call is `layer(data, training=True)`; in inference, the
default, nothing happens. Keras' own layers augment by default, even in a bare `model(x)`: `Chain`
tells each of its layers whether it trains.
"""

from __future__ import annotations

import keras
import numpy as np
from keras import layers, ops

from datasets.augmentation import colour, maps
from datasets.errors import DataError

MIXING = (layers.MixUp, layers.CutMix)  # they change labels too


class _Augmentation(layers.Layer):
    """A layer that changes images in training: a subclass says how in `changed(images)`."""

    def __init__(self, value_range=(0, 255), seed=None, **options):
        # What is not an image keeps its type; `call` casts the images.
        super().__init__(autocast=False, **options)
        self.value_range = tuple(value_range)
        self.seed = seed
        self.generator = keras.random.SeedGenerator(seed)

    def call(self, data, training=None):
        if isinstance(data, dict):
            return {**data, "images": self.call(data["images"], training)}
        images = ops.cast(data, self.compute_dtype)
        return self.changed(images) if training else images

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        own = {"value_range": self.value_range, "seed": self.seed}
        return {**super().get_config(), **own}

    def _uniform(self, *shape):
        return keras.random.uniform(shape, seed=self.generator)

    def _added(self, images, parts):
        """images plus a part of the range for each channel, (n, c), kept within the range."""
        low, high = self.value_range
        added = ops.cast(parts * (high - low), images.dtype)
        return ops.clip(images + added[:, None, None, :], low, high)


@keras.saving.register_keras_serializable(package="datasets")
class RandomMap(_Augmentation):
    """Mirror, crop, rotation, shearing and local warping as one map, interpolated once.

    mirror, crop, rotate, shear, warp: as in `maps.Map`. (n, h, w, c) -> the same shape; what comes
    into view from outside repeats the edge. keras.layers.RandomCrop cuts all images of a batch at
    one place and makes them smaller; keras.layers.RandomElasticTransform draws one number for both
    directions, so it moves pixels along a diagonal only. Raises DataError for strengths out
    of range.
    """

    def __init__(self, mirror=False, crop=0.0, rotate=0.0, shear=0.0, warp=0.0, **options):
        super().__init__(**options)
        self.how = maps.Map(mirror, crop, rotate, shear, warp)

    def changed(self, images):
        n, (height, width) = ops.shape(images)[0], images.shape[1:3]
        grid = (maps.NODES, maps.NODES) if self.how.warp else (1, 1)
        draws, steps = self._uniform(n, maps.DRAWS), self._uniform(n, 2, *grid)
        points = maps.controls(self.how, draws, steps, height, width, ops)
        return _sampled(images, maps.places(points, height, width, ops))

    def get_config(self):
        return {**super().get_config(), **vars(self.how)}


def _sampled(images, places):
    """Bilinear values of images (n, h, w, c) at places (n, 2, h, w), the edges repeated."""
    n, (height, width, channels) = ops.shape(images)[0], images.shape[1:]
    flat = ops.reshape(images, (-1, channels))
    first = ops.reshape(ops.arange(n, dtype="int32") * (height * width), (-1, 1, 1))
    y, x = ops.clip(places[:, 0], 0, height - 1), ops.clip(places[:, 1], 0, width - 1)
    top, left = ops.floor(y), ops.floor(x)
    down, right = (ops.cast((a - b)[..., None], images.dtype) for a, b in ((y, top), (x, left)))
    top, left = ops.cast(top, "int32"), ops.cast(left, "int32")
    bottom, far = ops.minimum(top + 1, height - 1), ops.minimum(left + 1, width - 1)

    def at(row, column):
        return ops.take(flat, first + row * width + column, axis=0)

    upper = at(top, left) * (1 - right) + at(top, far) * right
    lower = at(bottom, left) * (1 - right) + at(bottom, far) * right
    return upper * (1 - down) + lower * down


@keras.saving.register_keras_serializable(package="datasets")
class ColourShift(_Augmentation):
    """Add to each channel of each image a number of its own, as the lecture does with R, G and B.

    shift: the largest, as a part of the value range. (n, h, w, c) -> the same shape.
    keras.layers.RandomColorJitter changes brightness, contrast, saturation and hue instead.
    Raises DataError for a shift outside 0 to 1.
    """

    def __init__(self, shift=0.08, **options):
        super().__init__(**options)
        if not 0 <= shift <= 1:
            raise DataError(f"colour shift: expected shift from 0 to 1, received {shift!r}")
        self.shift = shift

    def changed(self, images):
        parts = self.shift * (2 * self._uniform(ops.shape(images)[0], images.shape[-1]) - 1)
        return self._added(images, parts)

    def get_config(self):
        return {**super().get_config(), "shift": self.shift}


@keras.saving.register_keras_serializable(package="datasets")
class PCAColour(_Augmentation):
    """PCA colour of AlexNet (Krizhevsky et al. 2012, section 4.1); see `colour`.

    alpha: the deviation of each alpha_i. axes: what `colour.axes` gave, or None until
    `adapt(images)` has found it in the training set. (n, h, w, 3) -> the same shape. Raises
    DataError when it has to change images before it was adapted.
    """

    def __init__(self, alpha=colour.ALPHA, axes=None, **options):
        super().__init__(**options)
        self.alpha = alpha
        self.axes = None if axes is None else _nested(axes)

    def adapt(self, images):
        """Find the axes in images uint8 0..255 or float 0..1, (n, h, w, 3), or parts of them."""
        self.axes = _nested(colour.axes(images))

    def changed(self, images):
        if self.axes is None:
            raise DataError(
                "PCA colour: expected axes of the training set, found none; call "
                "adapt(images) first, or pass axes=datasets.augmentation.colour.axes(images)"
            )
        drawn = keras.random.normal((ops.shape(images)[0], 3), seed=self.generator)
        return self._added(images, self.alpha * ops.matmul(drawn, np.transpose(self.axes)))

    def get_config(self):
        return {**super().get_config(), "alpha": self.alpha, "axes": self.axes}


def _check_mixable(name, data):
    """Raise DataError unless `data` has labels that can be mixed: floats, one row per image."""
    labels = data.get("labels") if isinstance(data, dict) else None
    if labels is None:
        received = "images alone"
    else:
        dtype, rank = keras.backend.standardize_dtype(labels.dtype), len(labels.shape)
        if "float" in dtype and rank == 2:
            return
        received = f"labels of {dtype} and shape {tuple(labels.shape)}"
    raise DataError(
        f'{name}: expected {{"images": images, "labels": labels}} with one-hot labels in floats, '
        f"(n, classes), received {received}; see datasets.pipeline.one_hot"
    )


def _nested(axes) -> tuple:
    return tuple(tuple(row) for row in np.asarray(axes, "float64").tolist())


@keras.saving.register_keras_serializable(package="datasets")
class Chain(layers.Layer):
    """Layers of augmentation, one after another; in inference the images pass unchanged.

    data: images (n, h, w, c), or a dict of "images" and "labels"; both come back in the same form.
    Labels keep their values and their type. mixup and cutmix change them, so in training they need
    the dict, with one-hot labels in floats; without it they raise DataError. keras.layers.Pipeline
    is nearly this, and augments unless it is called with training=False.
    """

    def __init__(self, steps, **options):
        super().__init__(autocast=False, **options)
        self.steps = list(steps)

    def build(self, input_shape):
        """Nothing: each step builds itself. Keras would trace `call`, and warn where it raises."""

    def call(self, data, training=None):
        for step in self.steps:
            data = self._done(step, data, bool(training))
        if not isinstance(data, dict):
            return ops.cast(data, self.compute_dtype)
        return {**data, "images": ops.cast(data["images"], self.compute_dtype)}

    def _done(self, step, data, training):
        mixes = training and isinstance(step, MIXING)
        if mixes:
            _check_mixable(step.name, data)
        result = step(data, training=training)
        if mixes or not isinstance(data, dict) or "labels" not in data:
            return result
        return {**result, "labels": data["labels"]}  # Keras' own layers have cast them

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        steps = [keras.saving.serialize_keras_object(step) for step in self.steps]
        return {**super().get_config(), "steps": steps}

    @classmethod
    def from_config(cls, config):
        steps = [keras.saving.deserialize_keras_object(step) for step in config.pop("steps")]
        return cls(steps, **config)
