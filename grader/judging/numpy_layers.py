"""Layers in NumPy at the reference weights: what a wrong network would compute.

There is no Keras here, so to name a mistake takes milliseconds and starts no process.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from grader.runner import reference_weights

EPSILON = 1e-3  # Keras' default for batch norm


class Misfit(Exception):
    """Layers that do not fit together; `shapes` are the two that meet, without the batch size.

    There are none if a map is smaller than the window that goes over it.
    """

    def __init__(self, *shapes: tuple[int, ...]):
        super().__init__(*shapes)
        self.shapes = frozenset(shapes)


class Layers:
    """The layers of one network, with the weights that a submission with this seed gets.

    training: batch norm normalises by the batch. kernel: None if all weights are the reference
    weights. Otherwise the block was called on an array and has the initial weights of its layers:
    reference kernels ("reference") or kernels of one number, zero biases, batch norm as it begins.
    """

    def __init__(self, seed: int, training: bool = False, kernel: str | float | None = None):
        self.seed, self.training, self.kernel = seed, training, kernel

    def conv(
        self, X, filters: int, size: int, stride: int = 1, padding: str = "same", bias: bool = True
    ) -> np.ndarray:
        """A convolution with a square kernel: (n, h, w, c) -> (n, h', w', filters)."""
        kernel = self._kernel((size, size, X.shape[-1], filters))
        if padding == "same":
            X = _padded(X, size, stride)
        if min(X.shape[1:3]) < size:
            raise Misfit()
        if size == 1:
            Y = X[:, ::stride, ::stride] @ kernel[0, 0]
        else:
            Y = np.tensordot(_windows(X, size, stride), kernel, axes=([4, 5, 3], [0, 1, 2]))
        return Y + self._weight("bias", filters, 0) if bias else Y

    def norm(self, X, axis: int = 3, training: bool | None = None) -> np.ndarray:
        """Batch norm over `axis`. training: None means as the network is run."""
        size = X.shape[axis]
        gamma, beta, mean, variance = (
            self._weight(role, size, first)
            for role, first in (
                ("gamma", 1),
                ("beta", 0),
                ("moving_mean", 0),
                ("moving_variance", 1),
            )
        )
        if self.training if training is None else training:
            others = tuple(i for i in range(4) if i != axis)
            mean, variance = X.mean(axis=others), X.var(axis=others)
        along = [size if i == axis else 1 for i in range(4)]
        scale = gamma / np.sqrt(variance + EPSILON)
        return X * scale.reshape(along) + (beta - mean * scale).reshape(along)

    def dense(self, X, units: int, bias: bool = True) -> np.ndarray:
        """A dense layer on the last axis."""
        Y = X @ self._kernel((X.shape[-1], units))
        return Y + self._weight("bias", units, 0) if bias else Y

    def _kernel(self, shape: tuple[int, ...]) -> np.ndarray:
        if self.kernel is None or self.kernel == "reference":
            return reference_weights.weights("kernel", shape, self.seed)
        return np.full(shape, self.kernel, np.float32)

    def _weight(self, role: str, size: int, first: float) -> np.ndarray:
        if self.kernel is None:
            return reference_weights.weights(role, (size,), self.seed)
        return np.full(size, first, np.float32)


def relu(X: np.ndarray) -> np.ndarray:
    """The rectifier."""
    return np.maximum(X, 0)


def sigmoid(X: np.ndarray) -> np.ndarray:
    """The logistic function."""
    return 1 / (1 + np.exp(-X))


# Other activations in place of ReLU. Two slopes of a leaky ReLU are in use.
ACTIVATIONS = {
    "relu": relu,
    "leaky 0.2": lambda X: np.where(X > 0, X, np.float32(0.2) * X),
    "leaky 0.3": lambda X: np.where(X > 0, X, np.float32(0.3) * X),
    "elu": lambda X: np.where(X > 0, X, np.expm1(np.minimum(X, 0))),
    "silu": lambda X: X * sigmoid(X),
    "tanh": np.tanh,
    "sigmoid": sigmoid,
}


def softmax(X: np.ndarray) -> np.ndarray:
    """Probabilities along the last axis."""
    powers = np.exp(X - X.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def zero_padded(X: np.ndarray, width: int) -> np.ndarray:
    """An edge of zeros on all sides of a map."""
    return np.pad(X, ((0, 0), (width, width), (width, width), (0, 0)))


def pool(
    X: np.ndarray, kind: str, size: int = 2, stride: int | None = None, padding: str = "valid"
) -> np.ndarray:
    """Pooling of the kind "max" or "avg": (n, h, w, c) -> (n, h', w', c)."""
    stride = stride or size
    if padding == "same":  # padded pixels count neither in a maximum nor in a mean
        X = _padded(X, size, stride, np.nan)
    if min(X.shape[1:3]) < size:
        raise Misfit()
    windows = _windows(X, size, stride)
    reduce = np.nanmax if kind == "max" else np.nanmean
    return reduce(windows, axis=(4, 5)).astype(np.float32)


def joined(kind: str, X: np.ndarray, Y: np.ndarray) -> np.ndarray:
    """Join two paths, by "add", "concatenate", "multiply", "subtract" and so on.

    Raises:
        Misfit: The two shapes cannot be joined like this.
    """
    if kind == "concatenate":
        if X.shape[:3] != Y.shape[:3]:
            raise Misfit(X.shape[1:], Y.shape[1:])
        return np.concatenate([X, Y], axis=-1)
    pairs = zip(X.shape, Y.shape, strict=True)
    if any(a != b and 1 not in (a, b) for a, b in pairs):
        raise Misfit(X.shape[1:], Y.shape[1:])
    return _JOINS[kind](X, Y)


_JOINS: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "add": np.add,
    "multiply": np.multiply,
    "subtract": np.subtract,
    "subtract from": lambda X, Y: Y - X,
    "average": lambda X, Y: (X + Y) / 2,
    "maximum": np.maximum,
}


def _windows(X: np.ndarray, size: int, stride: int) -> np.ndarray:
    return sliding_window_view(X, (size, size), axis=(1, 2))[:, ::stride, ::stride]


def _padded(X: np.ndarray, size: int, stride: int, value: float = 0.0) -> np.ndarray:
    """Padded as TensorFlow pads for "same": the odd pixel is at the far side."""
    widths = [(0, 0)]
    for side in X.shape[1:3]:
        total = max((-(-side // stride) - 1) * stride + size - side, 0)
        widths.append((total // 2, total - total // 2))
    return np.pad(X, (*widths, (0, 0)), constant_values=value)
