"""Receptive fields: which pixels of the image one position of a map sees, layer by layer."""

from __future__ import annotations

import math

from keras import layers

_RESAMPLING = (layers.Resizing, layers.AdaptiveAveragePooling2D, layers.AdaptiveMaxPooling2D)
Pair = tuple[float, float]


def field_of(layer, parents: list, shape: tuple) -> tuple[Pair, Pair, Pair]:
    """The receptive field after a layer, the stride, and where the first position's field starts.

    Araujo, Norris and Sim 2019, Computing receptive fields of convolutional neural networks. What
    scales whole maps, as squeeze and excitation does, is left out: it sees all of the image.

    Args:
        layer: A layer or a bare operation.
        parents: Each `nets.profile.graph.Operation` whose result it takes; none for an input.
        shape: The shape of its result, without the batch.

    Returns:
        The three (field, stride, start), each (height, width) in pixels of the image. The position
        (i, j) of the result sees, along the height, `field` pixels from `start + i * stride` on.
    """
    if not parents:
        return (1, 1), (1, 1), (0, 0)
    if isinstance(layer, layers.Resizing) and isinstance(parents[0].layer, layers.InputLayer):
        return (1, 1), (1, 1), (0, 0)
    if len(shape) == 3:
        parents = [one for one in parents if one.shape[:2] == shape[:2]] or parents
    rows, columns = (_along_axis(layer, parents, shape, axis) for axis in (0, 1))
    return (rows[0], columns[0]), (rows[1], columns[1]), (rows[2], columns[2])


def _along_axis(layer, parents: list, shape: tuple, axis: int) -> tuple[float, float, float]:
    """The field, the stride and the start along an axis."""
    window, step, first = _window(layer, parents[0].shape, shape, axis)
    apart = max(parent.stride[axis] for parent in parents)
    start = min(parent.start[axis] for parent in parents)
    end = max(parent.start[axis] + parent.field[axis] for parent in parents)
    return end - start + (window - 1) * apart, apart * step, start + first * apart


def _window(layer, before: tuple, after: tuple, axis: int) -> tuple[float, float, float]:
    """The positions before that one position of the result covers, the step, and the first one.

    before, after: the shapes of what enters and of the result.
    """
    if len(before) != 3:
        return 1, 1, 0
    if len(after) != 3:
        return before[axis], 1, 0
    if isinstance(layer, _RESAMPLING):
        return (*_resampling_window(before[axis], after[axis]), 0)
    if isinstance(layer, layers.UpSampling2D):
        linear = layer.interpolation != "nearest"
        return 1 + linear, 1 / _along(layer.size, axis), -int(linear)
    if isinstance(layer, (layers.ZeroPadding2D, layers.Cropping2D)):
        removed = isinstance(layer, layers.Cropping2D)
        edge = (layer.cropping if removed else layer.padding)[axis][0]
        return 1, 1, edge if removed else -edge
    size = getattr(layer, "kernel_size", None) or getattr(layer, "pool_size", None)
    if size is None:
        # A layer that does not say what it does is a pooling if it halves the map or more.
        step = max(1, before[axis] // max(1, after[axis]))
        return step, step, 0
    size, step = _along(size, axis), _along(getattr(layer, "strides", 1), axis)
    reach = (size - 1) * _along(getattr(layer, "dilation_rate", 1), axis) + 1
    same = getattr(layer, "padding", "valid") == "same"
    if isinstance(layer, layers.Conv2DTranspose):
        cut = max(reach - step, 0) // 2 if same else 0
        return math.ceil(reach / step), 1 / step, -((reach - 1 - cut) // step)
    padding = max((after[axis] - 1) * step + reach - before[axis], 0) // 2 if same else 0
    return reach, step, -padding


def _along(sides, axis: int) -> int:
    return sides[axis] if isinstance(sides, (tuple, list)) else sides


def _resampling_window(before: int, after: int) -> Pair:
    """Adaptive windows reach from floor(i * step) to ceil((i + 1) * step); the widest counts."""
    step = before / after
    if after > before:
        return 2, step  # an enlargement interpolates between two neighbours
    return max(math.ceil((i + 1) * step) - math.floor(i * step) for i in range(after)), step
