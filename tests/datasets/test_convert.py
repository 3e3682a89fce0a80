"""Images of other sizes, channels and dtypes: converted with a word, or refused in one line."""

import numpy as np
import pytest

from datasets.convert import to_rgb8
from datasets.errors import DataError

RGB = np.random.default_rng(0).integers(1, 256, (3, 8, 8, 3), "uint8")
RGB[0, 0, 0, 0] = 255


@pytest.mark.parametrize("given, word, expected", [
    (RGB, None, RGB),
    (RGB[0], "a batch of 1", RGB[:1]),
    (((RGB - 0.4) / 255).astype("float32"), "multiplied by 255", RGB),
    (RGB.astype("float64") - 0.2, "rounded", RGB),
    (RGB.astype("int64"), "rounded", RGB),
    (RGB.astype("uint16") * 257, "divided by 257", RGB),
    (RGB > 99, "bool", (RGB > 99) * np.uint8(255)),
    (RGB[..., :1], "greys repeated", RGB[..., [0, 0, 0]]),
    (np.concatenate([RGB, np.full_like(RGB[..., :1], 255)], -1), "RGBA laid on white", RGB),
    (np.concatenate([RGB, RGB[..., :1] * 0], -1), "RGBA laid on white", RGB * 0 + 255),
    (np.concatenate([RGB * 0, np.full_like(RGB[..., :1], 51)], -1), "on white", RGB * 0 + 204),
])  # fmt: skip
def test_converted_with_a_word(given, word, expected):
    said = []
    found = to_rgb8(given, say=said.append)
    np.testing.assert_array_equal(found, expected)
    assert found.dtype == np.uint8
    assert len(said) == (word is not None) and all(word in line for line in said)


def test_another_size_is_stretched():
    said = []
    halves = np.zeros((2, 20, 10, 3), "uint8")
    halves[:, :, 5:] = 200
    found = to_rgb8(halves, side=8, say=said.append)
    assert found.shape == (2, 8, 8, 3) and said == ["images: 20x10 stretched to 8x8 pixels"]
    assert (found[:, :, :3] == 0).all() and (found[:, :, 5:] == 200).all()


def test_by_default_the_word_is_a_warning():
    with pytest.warns(UserWarning, match="greys repeated") as caught:
        to_rgb8(RGB[..., :1])
    assert caught[0].filename == __file__


@pytest.mark.parametrize("given, words", [
    (RGB - 300.0, "received float64 from -299.0"),
    (np.full((1, 4, 4, 3), np.nan), "from nan to nan"),
    (np.full((1, 4, 4, 3), 1e4), "to 10000.0; scale them"),
    (RGB.transpose(0, 3, 1, 2), r"received \(3, 3, 8, 8\); stack them, channels last"),
    (RGB[0, 0], r"received \(8, 3\)"),
    (RGB[:0], r"received \(0, 8, 8, 3\)"),
    (RGB.astype(complex), "received complex"),
    (np.array([["a"]]), r"received \(1, 1\)"),
])  # fmt: skip
def test_refused_in_one_line(given, words):
    with pytest.raises(DataError, match=words):
        to_rgb8(given, say=pytest.fail)
