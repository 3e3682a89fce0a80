"""A PNG of few pixels, not compressed, so that its bytes depend on no version of zlib."""

from __future__ import annotations

import struct
import zlib

import numpy as np

_BLOCK = 65535  # what a stored block of deflate holds at most


def grey(values: np.ndarray) -> bytes:
    """A PNG of uint8 (height, width), 0 black to 255 white."""
    return _png(values, 0)


def colours(values: np.ndarray) -> bytes:
    """A PNG of uint8 (height, width, 3)."""
    return _png(values, 2)


def indexed(values: np.ndarray, palette: np.ndarray) -> bytes:
    """A PNG of uint8 (height, width) that are rows of the palette, uint8 (n, 3)."""
    return _png(values, 3, _chunk(b"PLTE", palette.astype(np.uint8).tobytes()))


def _png(values: np.ndarray, kind: int, palette: bytes = b"") -> bytes:
    if values.dtype != np.uint8:
        raise TypeError(f"expected pixels as uint8, received {values.dtype}")
    height, width = values.shape[:2]
    rows = np.zeros((height, 1 + values[0].size), np.uint8)  # each begins with its filter, none
    rows[:, 1:] = values.reshape(height, -1)
    header = struct.pack(">IIBBBBB", width, height, 8, kind, 0, 0, 0)
    data = _chunk(b"IHDR", header) + palette + _chunk(b"IDAT", _stored(rows.tobytes()))
    return b"\x89PNG\r\n\x1a\n" + data + _chunk(b"IEND", b"")


def _stored(data: bytes) -> bytes:
    blocks = [data[start : start + _BLOCK] for start in range(0, len(data), _BLOCK)]
    written = b"".join(
        struct.pack("<BHH", block is blocks[-1], len(block), len(block) ^ 0xFFFF) + block
        for block in blocks
    )
    return b"\x78\x01" + written + struct.pack(">I", zlib.adler32(data))


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
