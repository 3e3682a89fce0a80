"""The light augmentation of our recipe: one affine map for each image, in one interpolation."""

from __future__ import annotations

import numpy as np
from PIL import Image

from training.recipes import Augmentation


def augment(images: np.ndarray, how: Augmentation, rng: np.random.Generator) -> np.ndarray:
    """Flip, shift, rotate and zoom each image at random, uint8 (n, h, w, c) -> the same.

    What comes into view from outside repeats the edge. c is 1 or 3. All four changes are one
    matrix, so that the image is interpolated once, not once for each of them.
    """
    height, width = images.shape[1:3]
    matrices = _matrices(len(images), how, rng, height, width)
    return np.stack([_warp(image, m) for image, m in zip(images, matrices, strict=True)])


def _matrices(n, how, rng, height, width) -> np.ndarray:
    """(n, 2, 3): where each point of the output, about its centre, lies in the input."""
    angle = np.deg2rad(rng.uniform(-how.rotate, how.rotate, n))
    scale = 1 + rng.uniform(-how.zoom, how.zoom, n)
    mirror = np.where(rng.random(n) < 0.5, -1, 1) if how.flip else np.ones(n)
    matrices = np.empty((n, 2, 3))
    matrices[:, 0, 0] = mirror * scale * np.cos(angle)
    matrices[:, 0, 1] = -mirror * scale * np.sin(angle)
    matrices[:, 1, 0] = scale * np.sin(angle)
    matrices[:, 1, 1] = scale * np.cos(angle)
    matrices[:, 0, 2] = rng.uniform(-how.shift, how.shift, n) * width
    matrices[:, 1, 2] = rng.uniform(-how.shift, how.shift, n) * height
    return matrices


def _warp(image: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    height, width, channels = image.shape
    # Half an image of repeated edge on every side is more than any light map reaches.
    top, left = height // 2, width // 2
    padded = np.pad(image, ((top, top), (left, left), (0, 0)), "edge")
    # Pillow counts from the corner and the map is about the centre: move there and back.
    centre = np.array([width / 2, height / 2])
    offset = matrix[:, 2] + centre - matrix[:, :2] @ centre + (left, top)
    numbers = np.column_stack([matrix[:, :2], offset]).ravel()
    source = Image.fromarray(padded if channels == 3 else padded[..., 0])
    moved = source.transform(
        (width, height), Image.Transform.AFFINE, numbers, Image.Resampling.BILINEAR
    )
    return np.asarray(moved).reshape(image.shape)
