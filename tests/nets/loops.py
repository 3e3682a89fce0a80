"""Layers as plain loops over NumPy arrays in float64, to hold the networks' layers against."""

from __future__ import annotations

import numpy as np


def convolved(X, kernel, bias, strides: int = 1, padding: str = "valid") -> np.ndarray:
    """A convolution of X (n, h, w, c) by kernel (side, side, c, filters), one number at a time.

    "same" adds zeros as Keras does on TensorFlow: what is odd goes below and to the right.
    """
    side = kernel.shape[0]
    X = np.asarray(X, np.float64)
    if padding == "same":
        need = [max((-(-s // strides) - 1) * strides + side - s, 0) for s in X.shape[1:3]]
        X = np.pad(X, [(0, 0), *[(n // 2, n - n // 2) for n in need], (0, 0)])
    rows, columns = ((s - side) // strides + 1 for s in X.shape[1:3])
    out = np.zeros((len(X), rows, columns, kernel.shape[-1]))
    for n, i, j, f in np.ndindex(out.shape):
        window = X[n, i * strides : i * strides + side, j * strides : j * strides + side]
        out[n, i, j, f] = (window * kernel[..., f]).sum() + bias[f]
    return out


def pooled(X, side: int, strides: int, take=np.max) -> np.ndarray:
    """Windows of side x side pixels, `strides` apart, each reduced by `take`."""
    rows, columns = ((s - side) // strides + 1 for s in X.shape[1:3])
    out = np.zeros((len(X), rows, columns, X.shape[-1]))
    for n, i, j, c in np.ndindex(out.shape):
        i0, j0 = i * strides, j * strides
        out[n, i, j, c] = take(X[n, i0 : i0 + side, j0 : j0 + side, c])
    return out


def normalised(X, size: int, k: float, alpha: float, beta: float) -> np.ndarray:
    """Local response normalisation, with alpha as it stands."""
    X = np.asarray(X, np.float64)
    out, channels = np.zeros(X.shape), X.shape[-1]
    for n, i, j, c in np.ndindex(X.shape):
        energy = 0.0
        for other in range(max(0, c - size // 2), min(channels - 1, c + size // 2) + 1):
            energy += X[n, i, j, other] ** 2
        out[n, i, j, c] = X[n, i, j, c] / (k + alpha * energy) ** beta
    return out
