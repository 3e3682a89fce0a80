"""Any picture becomes the middle square, upright, scaled, in eight bits."""

import numpy as np
import pytest
from PIL import Image

from datasets.errors import DataError
from training import picture

RED, GREEN, BLUE, GREY = (200, 20, 20), (20, 200, 20), (20, 20, 200), (128, 128, 128)


@pytest.fixture(scope="module")
def quarters():
    """A wide picture: grey sides, and in the middle red, green / blue, grey."""
    image = np.full((400, 900, 3), 90, "uint8")
    image[:200, 250:450], image[:200, 450:650] = RED, GREEN
    image[200:, 250:450], image[200:, 450:650] = BLUE, GREY
    return Image.fromarray(image)


def corners(pixels):
    return [tuple(int(v) for v in pixels[row, column]) for row in (16, 48) for column in (16, 48)]


def test_the_middle_square_is_cut_out_and_scaled(quarters, tmp_path):
    quarters.save(tmp_path / "wide.png")
    pixels = picture.read(tmp_path / "wide.png")
    assert pixels.shape == (64, 64, 3) and pixels.dtype == np.uint8
    assert corners(pixels) == [RED, GREEN, BLUE, GREY]


@pytest.mark.parametrize(
    ("orientation", "undone_by"),
    [(3, "ROTATE_180"), (6, "ROTATE_90"), (8, "ROTATE_270"), (2, "FLIP_LEFT_RIGHT")],
)
def test_a_phones_turn_is_followed(quarters, tmp_path, orientation, undone_by):
    exif = Image.Exif()
    exif[0x0112] = orientation
    turned = quarters.transpose(getattr(Image.Transpose, undone_by))
    turned.save(tmp_path / "turned.jpg", exif=exif, quality=95)
    pixels = picture.read(tmp_path / "turned.jpg")
    for received, wanted in zip(corners(pixels), (RED, GREEN, BLUE, GREY), strict=True):
        assert np.abs(np.subtract(received, wanted)).max() < 12


def test_what_is_transparent_becomes_white(tmp_path):
    image = np.zeros((80, 80, 4), "uint8")
    image[:40] = (*RED, 255)
    Image.fromarray(image).save(tmp_path / "clear.png")
    assert corners(picture.read(tmp_path / "clear.png")) == [RED, RED, (255,) * 3, (255,) * 3]


def test_sixteen_bits_are_scaled_not_cut_off(tmp_path):
    image = np.full((70, 70), 128 * 257, "uint16")
    image[35:] = 20 * 257
    Image.fromarray(image).save(tmp_path / "deep.png")
    corner = corners(picture.read(tmp_path / "deep.png"))
    assert corner == [(128,) * 3, (128,) * 3, (20,) * 3, (20,) * 3]


@pytest.mark.parametrize("mode", ["L", "P", "CMYK", "1"])
def test_other_modes_are_read(quarters, tmp_path, mode):
    path = tmp_path / ("image.jpg" if mode == "CMYK" else "image.png")
    quarters.convert(mode).save(path)
    assert picture.read(path).shape == (64, 64, 3)


def test_a_network_may_take_other_sizes_and_grey(quarters, tmp_path):
    quarters.save(tmp_path / "wide.png")
    pixels = picture.read(tmp_path / "wide.png", (32, 32, 1))
    assert pixels.shape == (32, 32, 1)
    assert pixels[8, 8, 0] == round(0.299 * 200 + 0.587 * 20 + 0.114 * 20)


def test_a_large_photograph_is_read(tmp_path):
    Image.new("RGB", (4000, 3000), GREY).save(tmp_path / "large.jpg")
    assert corners(picture.read(tmp_path / "large.jpg")) == [GREY] * 4


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\0\0\0\x18ftypheic\0\0\0\0", "is a HEIC picture.*export or share it as JPEG"),
        (b"not a picture", "expected an image.*cannot be read as one"),
        (b"", "expected an image.*cannot be read as one"),
        (None, "expected an image.*No such file"),
    ],
)
def test_what_is_no_picture_is_one_line(tmp_path, content, said):
    path = tmp_path / "hand.heic"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError, match=said) as raised:
        picture.read(path)
    assert len(str(raised.value).splitlines()) == 1


def test_half_a_jpeg_is_one_line(quarters, tmp_path):
    path = tmp_path / "half.jpg"
    quarters.save(path)
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(DataError, match="cannot be read as one"):
        picture.read(path)
