"""A user's own picture, cut and scaled as the photographs of SIGNS were."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from datasets.convert import to_rgb8
from datasets.errors import DataError
from datasets.files import is_lfs_pointer

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".heic", ".heif")
_HEIC = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}


REDUCED = 1024  # pixels, the least that the shorter side keeps


class _Unscaled(ValueError):
    """Pixels of a range that nobody can guess; the text says what was expected and found."""


def read(path: Path, shape: tuple[int, ...] = (64, 64, 3)) -> np.ndarray:
    """The picture at `path` as a network takes it: its middle square, scaled.

    It is turned upright as its EXIF says. What is transparent becomes white, like the wall behind
    the hands of SIGNS. Of an animation the first picture is taken, of 16 bits or floats from 0 to 1
    the same brightness in 8 bits.

    Args:
        path: A JPEG, a PNG, or another format that Pillow reads.
        shape: (height, width, channels); one channel is grey.

    Returns:
        uint8, of that shape.

    Raises:
        DataError: The file is no picture, or too large a one, in one line.
    """
    try:
        with warnings.catch_warnings():
            # Pillow warns at half of what it refuses: phones have sensors of 108 megapixels.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(path) as image:
                ImageOps.exif_transpose(image, in_place=True)
                return fitted(_opaque(_eight_bit(_reduced(image))), shape)
    # It depends on the damaged byte what Pillow raises: OSError, SyntaxError, TypeError and more.
    except Exception as error:
        raise DataError(_refused(path, error)) from None


def fitted(image: Image.Image, shape: tuple[int, ...]) -> np.ndarray:
    """The middle of an RGB image, scaled: uint8 of `shape`, (height, width, channels)."""
    height, width, channels = shape
    square = ImageOps.fit(image, (width, height), Image.Resampling.BILINEAR)
    return np.asarray(square.convert("L" if channels == 1 else "RGB")).reshape(shape)


def _reduced(image: Image.Image) -> Image.Image:
    """A very large picture at a part of its size: each of the steps that follow copies it."""
    factor = min(image.size) // REDUCED
    if factor < 4:
        return image
    if image.mode.startswith("I;16"):  # which Pillow does not reduce
        return Image.fromarray(np.asarray(image)[::factor, ::factor])
    if image.mode in ("1", "P", "PA"):
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    return image.reduce(factor)


def _eight_bit(image: Image.Image) -> Image.Image:
    """Greys of 16 bits and of floats have modes of their own, which Pillow cuts off at 255."""
    if not image.mode.startswith(("I", "F")):
        return image
    pixels = np.asarray(image)
    if image.mode.startswith("I"):  # mode I has room for 32 bits; PNG has 16 in it
        if not 0 <= pixels.min() <= pixels.max() < 2**16:
            raise _Unscaled(f"expected pixels of 8 or 16 bits, found {_span(pixels)}")
        pixels = pixels.astype("uint16")
    elif not 0 <= pixels.min() <= pixels.max() <= 255:
        raise _Unscaled(f"expected float pixels from 0 to 1 or to 255, found {_span(pixels)}")
    return Image.fromarray(to_rgb8(pixels[None, ..., None], say=lambda _: None)[0])


def _span(pixels: np.ndarray) -> str:
    return f"{pixels.min():g} to {pixels.max():g}"


def _opaque(image: Image.Image) -> Image.Image:
    if not image.has_transparency_data:
        return image.convert("RGB")
    image = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")


def _refused(path: Path, error: Exception) -> str:
    head = _head(path)
    if head[4:8] == b"ftyp" and head[8:12] in _HEIC:
        return (
            f"{path} is a HEIC picture, as some phones make them: expected a JPEG or PNG file; "
            "export or share it as JPEG"
        )
    if isinstance(error, _Unscaled):
        return f"{path}: {error}; save it as a JPEG or PNG file of 8 bits"
    reason, advice = _why(path, head, error)
    return f"{path}: expected an image, such as a JPEG or PNG file: {reason}; {advice}"


def _why(path: Path, head: bytes, error: Exception) -> tuple[str, str]:
    """What is wrong with a file that Pillow refuses, and what to do, in a few words."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror, "give another file"
    if not head:
        return "the file is empty", "copy or download it again"
    if head.startswith(b"%PDF"):
        return "it is a PDF document", "export its page as a picture"
    if is_lfs_pointer(path):
        return "it is a pointer of Git LFS", "fetch the picture with `git lfs pull`"
    if isinstance(error, (Image.DecompressionBombError, MemoryError)):
        most = 2 * (Image.MAX_IMAGE_PIXELS or 0) // 10**6
        return f"it has more than {most} megapixels", "make it smaller"
    if "truncated" in str(error) or "broken data stream" in str(error):
        return "it is cut short", "copy or download it again"
    return "it cannot be read as one", "give another file"


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(12)
    except OSError:
        return b""
