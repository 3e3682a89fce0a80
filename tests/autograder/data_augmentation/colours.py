"""Colours added to images, and whether they are those of PCA colour augmentation."""

from __future__ import annotations

import numpy as np

from grader.judging import checks

likelihood = checks.sibling(__file__, "likelihood")

ALPHA = 0.1
# The part of what is expected that the variance along an axis may be: 512 draws stay well within.
LEAST, MOST = 0.55, 1.8
# Of 512 draws: four standard deviations from 3, where uniform draws have 1.8.
FLAT = 2.2
# From black to white. Of the right shifts none is half as large.
RANGE = 255


def _values(call) -> tuple[np.ndarray, np.ndarray]:
    """Pixels as they were and as they are, (n, pixels, 3), without the black and white row."""
    return tuple(
        images[:, 1:].reshape(len(images), -1, 3) for images in (call.inputs, call.outputs)
    )


def added(calls) -> np.ndarray:
    """The colour added to each image, (n, 3)."""
    return np.concatenate([_added(call) for call in calls])


def _added(call) -> np.ndarray:
    """What most of the dark pixels gained, or of the bright ones: the range cuts the smaller off.

    Where that does not explain the image, values may have gone round the end of the range.
    """
    inputs, outputs = _values(call)
    # Black or white as a whole, with the row that has both: the shift is at least the range.
    full = np.where((call.outputs == 255).all(axis=(1, 2)), RANGE, 0)
    full = np.where((call.outputs == 0).all(axis=(1, 2)), -RANGE, full)
    plain, put_back = (
        _larger(inputs, changes)
        for changes in (outputs - inputs, (outputs - inputs + 128) % 256 - 128)
    )
    error = abs(outputs - np.clip(inputs + plain[:, None], 0, 255)).mean(axis=1)
    return np.where(full, full, np.where(error < 1, plain, put_back))


def _larger(inputs, changes) -> np.ndarray:
    bright = inputs > 128
    ends = [
        np.nan_to_num(np.nanmedian(np.where(which, changes, np.nan), axis=1))
        for which in (bright, ~bright)
    ]
    return np.where(abs(ends[0]) > abs(ends[1]), *ends)


def constant(calls) -> str | None:
    """Whether the same colour is added to every pixel of an image."""
    for call in calls:
        inputs, outputs = _values(call)
        error = abs(outputs - np.clip(inputs + _added(call)[:, None], 0, 255))
        if (error > 1).mean() < 0.01:
            continue
        related = [
            abs(np.corrcoef(a[:, c], b[:, c])[0, 1])
            for a, b in zip((outputs - inputs)[:20], inputs[:20], strict=True)
            for c in range(3)
            if a[:, c].std() and b[:, c].std()
        ]
        return "factor" if related and np.mean(related) > 0.8 else "pixels"
    return None


def clipped(calls) -> str | None:
    """Whether black and white pixels stay within the range, and do not go round its end."""
    even = constant(calls) is None
    for call in calls:
        expected = np.clip(call.inputs + _added(call)[:, None, None], 0, 255)
        error = abs(call.outputs - expected)[:, 0].max()
        if error > 128:
            return "wrapped"
        if error > 2 and even:
            return "clipped early"
    return None


def rounded(call) -> str | None:
    """Whether values are rounded: shifts far below a half leave images as they were."""
    changes = call.outputs - call.inputs
    return "truncated" if changes.min() == -1 and changes.max() == 0 else None


def along_axes(calls) -> str | None:
    """Whether the colours are P (alpha lambda), each image's its own.

    The covariance of P (alpha lambda) is ALPHA^2 C^2, where C is that of the colours: so colours
    multiplied by the inverse of C have the variance ALPHA^2 in every direction, however the
    eigenvectors were ordered or signed.
    """
    colours, images = added(calls) / 255, calls[0].inputs / 255
    if not colours.any():
        return "never"
    if all(len(np.unique(added([call]), axis=0)) == 1 for call in calls):
        return "batch"
    if (abs(colours) * 255 >= RANGE).mean() > 0.1:
        return "another size"
    C = np.cov(images.reshape(-1, 3), rowvar=False)
    alphas = colours @ np.linalg.inv(C)
    sizes = np.linalg.eigvalsh(alphas.T @ alphas / len(alphas)) / ALPHA**2
    if sizes.min() > LEAST and sizes.max() < MOST:
        widest = alphas @ np.linalg.eigh(C)[1][:, -1]  # rounding hides least of it
        return "not normal" if likelihood.flatness(widest) < FLAT else None
    covariance = colours.T @ colours / len(colours)
    if np.linalg.eigvalsh(covariance)[1] < 0.01 * np.trace(covariance):
        return "grey" if np.ptp(added(calls), axis=1).max() <= 1 else "one alpha"
    return _nearest(covariance, C, images)


def _nearest(covariance, C, images) -> str:
    """Which wrong covariance is nearest to that of the added colours, but for its size."""
    values, P = np.linalg.eigh(C)
    deviations = np.sqrt(np.diag(C))
    flat = images.reshape(-1, 3)
    each = [np.cov(image.reshape(-1, 3), rowvar=False) for image in images]
    ways = {
        "another size": C @ C,
        "roots": C,
        "no eigenvalues": np.eye(3),
        "channels": np.diag(np.diag(C @ C)),
        "transposed": P.T @ np.diag(values**2) @ P,
        "backwards": P @ np.diag(values[::-1] ** 2) @ P.T,
        "correlation": np.linalg.matrix_power(C / np.outer(deviations, deviations), 2),
        "not centred": np.linalg.matrix_power(flat.T @ flat / len(flat), 2),
        "own axes": np.mean([own @ own for own in each], axis=0),
    }

    def distance(name):
        actual, other = covariance / np.trace(covariance), ways[name] / np.trace(ways[name])
        # The sign of an eigenvector is free, and shows where it stands as a row.
        return np.linalg.norm(abs(actual) - abs(other) if name == "transposed" else actual - other)

    return min(ways, key=distance)
