"""Maps of images, read off images that say of each pixel where it lies; see rule.places."""

from __future__ import annotations

import numpy as np

from grader.judging import checks
from grader.runner import reference_weights

likelihood = checks.sibling(__file__, "likelihood")

# Pixels: what rounding and taking the nearest pixel, in place of a mean of four, can make.
NEAR = 0.75
# Of a slope, as fitted to a whole image.
SLOPE = 0.03
# Degrees: of so many angles from anywhere on the circle, one at least is larger.
CIRCLE = 150


def decoded(images) -> np.ndarray:
    """Where each pixel comes from, (n, 2, h, w): x and y from the middle of the image."""
    height, width = images.shape[1:3]
    y = images[..., 0] / reference_weights.step(height) - (height - 1) / 2
    x = images[..., 1] / reference_weights.step(width) - (width - 1) / 2
    return np.stack([x, y], axis=1)


def grid(height: int, width: int) -> np.ndarray:
    """Where each pixel lies, (2, h, w): x and y from the middle."""
    y, x = np.mgrid[:height, :width].astype(float)
    return np.stack([x - (width - 1) / 2, y - (height - 1) / 2])


def affine(images) -> tuple[np.ndarray, np.ndarray]:
    """For each image the matrix (2, 2) and the offset (2,) that fit the middle of it best.

    What shows the edge may come from anywhere beyond it, and is left out where enough remains.
    """
    height, width = images.shape[1:3]
    own, border = grid(height, width), np.array([width, height])[:, None, None] / 2 - 1
    inner = (abs(own[0]) <= width / 3) & (abs(own[1]) <= height / 3)
    fits = []
    for origins in decoded(images):
        which = inner & (abs(origins) < border).all(axis=0)
        which = which if which.sum() > 20 else inner
        coordinates = np.column_stack([*own[:, which], np.ones(which.sum())])
        fits.append(np.linalg.lstsq(coordinates, origins[:, which].T, rcond=None)[0].T)
    return np.array(fits)[:, :, :2], np.array(fits)[:, :, 2]


def still(call) -> str | None:
    """Whether strengths of 0 change nothing."""
    return None if abs(call.outputs - call.inputs).max() <= 1 else "zero"


def turned(calls) -> str | None:
    """Whether images are rotated about their middle, by angles of their own within the range."""
    most, parts = calls[0].options["degrees"], [affine(call.outputs) for call in calls]
    matrices = np.concatenate([matrix for matrix, _ in parts])
    angles = np.rad2deg(np.arctan2(matrices[:, 1, 0], matrices[:, 0, 0]))
    if max(abs(call.outputs - call.inputs).max() for call in calls) <= 1:
        return "never"
    if abs(angles).max() > CIRCLE:  # angles of many turns lie anywhere on the circle
        return "radians"
    c, s = np.cos(np.deg2rad(angles)), np.sin(np.deg2rad(angles))
    right = np.moveaxis(np.array([[c, -s], [s, c]]), 2, 0)
    if abs(matrices - right).max() > 2 * SLOPE:
        return "distorted"
    return (
        _range(angles[len(calls[0].outputs) :], angles, most, 1.0)
        or _centre(parts)
        or _edges(calls, parts)
    )


def sheared(call) -> str | None:
    """Whether images are sheared sideways about their middle, by numbers of their own."""
    most, (matrices, offsets) = call.options["shear"], affine(call.outputs)
    if abs(call.outputs - call.inputs).max() <= 1:
        return "never"
    across, down = matrices[:, 0, 1], matrices[:, 1, 0]
    if abs(down).max() > SLOPE:
        return "vertical" if abs(across).max() < SLOPE else "distorted"
    if abs(matrices[:, [0, 1], [0, 1]] - 1).max() > 2 * SLOPE:
        return "distorted"
    parts = [(matrices, offsets)]
    return _range(across, across, most, 0.02) or _centre(parts) or _edges([call], parts)


def _range(call, drawn, most, slack) -> str | None:
    """Whether numbers drawn uniformly from -most to most are what they should be.

    call: those of one call alone.
    """
    if np.ptp(call) < slack:
        return "batch"
    far = abs(drawn).max() > most + slack
    narrow = min(drawn.max(), -drawn.min()) < 0.6 * most
    # About half of them lie nearer to 0 than to the ends: five standard deviations of 40 draws.
    if not far and not narrow and 0.1 < (abs(drawn) < most / 2).mean() < 0.9:
        return None
    return likelihood.strengths(drawn, most, slack)


def _centre(parts) -> str | None:
    offsets = np.concatenate([offset for _, offset in parts])
    return "corner" if abs(offsets).max() > NEAR else None


def _edges(calls, parts) -> str | None:
    """Whether what comes from outside repeats the edge."""
    for call, (matrices, offsets) in zip(calls, parts, strict=True):
        if abs(call.outputs[..., 2] - 200).max() > 2:
            return "black"
        own = grid(*call.outputs.shape[1:3])
        expected = np.einsum("nij,jhw->nihw", matrices, own) + offsets[:, :, None, None]
        expected = np.clip(
            expected, own.min(axis=(1, 2))[:, None, None], own.max(axis=(1, 2))[:, None, None]
        )
        if np.quantile(abs(decoded(call.outputs) - expected), 0.995) > 2 * NEAR:
            return "outside"
    return None


def warped(call) -> str | None:
    """Whether images are warped: little, smoothly, each by itself, down and across apart."""
    most, own = call.options["warp"], grid(*call.outputs.shape[1:3])
    border = int(most) + 2
    steps = (decoded(call.outputs) - own)[:, :, border:-border, border:-border]
    if abs(call.outputs - call.inputs).max() <= 1:
        return "never"
    if abs(steps).max() > most + NEAR:
        return "far"
    if abs(np.diff(steps, axis=-1)).mean() > 0.4 * most:
        return "rough"
    if steps.std(axis=(2, 3)).mean() < 0.1:
        return "constant"
    if steps.std(axis=(2, 3)).mean(axis=0).min() < 0.1:
        return "one direction"
    if abs(np.corrcoef(steps[:, 0].ravel(), steps[:, 1].ravel())[0, 1]) > 0.9:
        return "tied"
    if steps.std(axis=0).max() < 0.2:
        return "batch"
    if steps.min() > -0.2 * most or steps.max() < 0.2 * most:
        return "one side"
    if abs(steps).max() < 0.3 * most:
        return "narrow"
    return "black" if abs(call.outputs[..., 2] - 200).max() > 2 else None
