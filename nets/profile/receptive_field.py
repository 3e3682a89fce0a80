"""Receptive fields: which pixels of the image one position of a map sees, layer by layer."""

from __future__ import annotations

import math

from keras import layers

_RESAMPLING = (layers.Resizing, layers.AdaptiveAveragePooling2D, layers.AdaptiveMaxPooling2D)
Pair = tuple[float, float]


def field_and_stride(layer, parents: list, shape: tuple) -> tuple[Pair, Pair]:
    """The receptive field and the stride after a layer.

    Araujo, Norris and Sim 2019, Computing receptive fields of convolutional neural networks.

    Args:
        layer: A layer or a bare operation.
        parents: Each `nets.profile.graph.Operation` whose result it takes; none for an input.
        shape: The shape of its result, without the batch.

    Returns:
        The pair (field, stride), each (height, width) in pixels of the image.
    """
    if not parents:
        return (1, 1), (1, 1)
    if isinstance(layer, layers.Resizing) and isinstance(parents[0].layer, layers.InputLayer):
        return (1, 1), (1, 1)
    field, stride = [], []
    for axis in (0, 1):
        window, step = _window(layer, parents[0].shape, shape, axis)
        apart = max(parent.stride[axis] for parent in parents)
        field.append(max(parent.field[axis] for parent in parents) + (window - 1) * apart)
        stride.append(apart * step)
    return (field[0], field[1]), (stride[0], stride[1])


def _window(layer, before: tuple, after: tuple, axis: int) -> Pair:
    """How many positions one position of the result covers along `axis`, and the step to the next.

    before, after: the shapes of what enters and of the result.
    """
    if len(before) != 3:
        return 1, 1
    if len(after) != 3:
        return before[axis], 1
    if isinstance(layer, _RESAMPLING):
        return _resampling_window(before[axis], after[axis])
    size = getattr(layer, "kernel_size", None) or getattr(layer, "pool_size", None)
    if size is None:
        # A layer that does not say what it does is a pooling if it halves the map or more.
        step = max(1, before[axis] // max(1, after[axis]))
        return step, step
    step, dilation = getattr(layer, "strides", 1), getattr(layer, "dilation_rate", 1)
    return (_along(size, axis) - 1) * _along(dilation, axis) + 1, _along(step, axis)


def _along(sides, axis: int) -> int:
    return sides[axis] if isinstance(sides, (tuple, list)) else sides


def _resampling_window(before: int, after: int) -> Pair:
    """Adaptive windows reach from floor(i * step) to ceil((i + 1) * step); the widest counts."""
    step = before / after
    if after > before:
        return 2, step  # an enlargement interpolates between two neighbours
    return max(math.ceil((i + 1) * step) - math.floor(i * step) for i in range(after)), step
