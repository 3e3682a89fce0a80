"""A user's own picture, cut and scaled as the photographs of SIGNS were."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from datasets.errors import DataError

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".heic", ".heif")
_HEIC = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}


def read(path: Path, shape: tuple[int, ...] = (64, 64, 3)) -> np.ndarray:
    """The picture at `path` as a network takes it: its middle square, scaled.

    It is turned upright as its EXIF says. What is transparent becomes white, like the wall behind
    the hands of SIGNS.

    Args:
        path: A JPEG, a PNG, or another format that Pillow reads.
        shape: (height, width, channels); one channel is grey.

    Returns:
        uint8, of that shape.

    Raises:
        DataError: The file is no picture, in one line.
    """
    height, width, channels = shape
    try:
        with Image.open(path) as image:
            upright = _opaque(_eight_bit(ImageOps.exif_transpose(image)))
            square = ImageOps.fit(upright, (width, height), Image.Resampling.BILINEAR)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise DataError(_refused(path, error)) from None
    return np.asarray(square.convert("L" if channels == 1 else "RGB")).reshape(shape)


def _eight_bit(image: Image.Image) -> Image.Image:
    """Grey of 16 bits has a mode of its own, which Pillow would cut off at 255."""
    if not image.mode.startswith("I"):
        return image
    return Image.fromarray(np.round(np.asarray(image) / 257).clip(0, 255).astype("uint8"))


def _opaque(image: Image.Image) -> Image.Image:
    if not image.has_transparency_data:
        return image.convert("RGB")
    image = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")


def _refused(path: Path, error: Exception) -> str:
    if _is_heic(path):
        return (
            f"{path} is a HEIC picture, as some phones make them: expected a JPEG or PNG file; "
            "export or share it as JPEG"
        )
    reason = getattr(error, "strerror", None) or "it cannot be read as one"
    return f"{path}: expected an image, such as a JPEG or PNG file: {reason}; give another file"


def _is_heic(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            head = file.read(12)
    except OSError:
        return False
    return head[4:8] == b"ftyp" and head[8:12] in _HEIC
