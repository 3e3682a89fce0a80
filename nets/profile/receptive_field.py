"""Receptive fields: what one position of a map sees of the image, layer by layer."""

from __future__ import annotations

import math

from keras import layers

_RESAMPLED = (layers.Resizing, layers.AdaptiveAveragePooling2D, layers.AdaptiveMaxPooling2D)


def view(layer, before: list, shape: tuple) -> tuple[tuple, tuple]:
    """The receptive field and stride after `layer`, each (height, width) in pixels.

    before: the operations of nets.profile.graph whose results the layer takes. shape: of its own result,
    without the batch.
    """
    if not before:
        return (1, 1), (1, 1)
    if isinstance(layer, layers.Resizing) and isinstance(before[0].layer, layers.InputLayer):
        return (1, 1), (1, 1)
    field = tuple(max(row.field[axis] for row in before) for axis in (0, 1))
    stride = tuple(max(row.stride[axis] for row in before) for axis in (0, 1))
    windows = [_window(layer, before[0].shape, shape, axis) for axis in (0, 1)]
    return (
        tuple(f + (size - 1) * s for f, s, (size, _) in zip(field, stride, windows, strict=True)),
        tuple(s * step for s, (_, step) in zip(stride, windows, strict=True)),
    )


def _window(layer, entering: tuple, shape: tuple, axis: int) -> tuple[float, float]:
    """What one position of the result covers of the input along `axis`, and the step between."""
    if len(entering) != 3:
        return 1, 1
    if len(shape) != 3:
        return entering[axis], 1
    if isinstance(layer, _RESAMPLED):
        return _resampled(entering[axis], shape[axis])
    size = getattr(layer, "kernel_size", None) or getattr(layer, "pool_size", None)
    if size is None:
        # A layer that does not say what it does is a pooling where it halves the map or more.
        step = max(1, entering[axis] // max(1, shape[axis]))
        return step, step
    step, spread = getattr(layer, "strides", 1), getattr(layer, "dilation_rate", 1)
    return (_along(size, axis) - 1) * _along(spread, axis) + 1, _along(step, axis)


def _along(sides, axis: int) -> int:
    return sides[axis] if isinstance(sides, (tuple, list)) else sides


def _resampled(before: int, after: int) -> tuple[float, float]:
    """Adaptive windows reach from floor(i * step) to ceil((i + 1) * step); the widest counts.

    An enlargement interpolates between two neighbours.
    """
    step = before / after
    if after > before:
        return 2, step
    return max(math.ceil((i + 1) * step) - math.floor(i * step) for i in range(after)), step
