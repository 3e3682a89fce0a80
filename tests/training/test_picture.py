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


RAMP = np.tile(np.linspace(0, 255, 200, dtype="uint8"), (200, 1))


@pytest.mark.parametrize(
    ("name", "pixels"),
    [
        ("deep.png", RAMP.astype("uint16") * 257),
        ("deep.tif", RAMP.astype("uint16") * 257),
        ("big_endian.tif", (RAMP.astype("uint16") * 257).astype(">u2")),
        ("counted.tif", RAMP.astype("int32") * 257),
        ("part.tif", RAMP.astype("float32") / 255),
        ("float.tif", RAMP.astype("float32")),
    ],
)
def test_the_same_brightness_whatever_the_type_of_the_pixels(tmp_path, name, pixels):
    Image.fromarray(RAMP).save(tmp_path / "plain.png")
    Image.fromarray(pixels).save(tmp_path / name)
    plain, other = (picture.read(tmp_path / file).astype(int) for file in ("plain.png", name))
    assert np.ptp(plain) > 240
    assert np.abs(plain - other).max() <= 1


@pytest.mark.parametrize("pixels", [
    np.full((20, 20), 2**20, "int32"),
    np.full((20, 20), -3, "int32"),
    np.full((20, 20), 1e4, "float32"),
    np.full((20, 20), np.nan, "float32"),
])  # fmt: skip
def test_pixels_of_a_range_that_nobody_can_guess_are_one_line(tmp_path, pixels):
    Image.fromarray(pixels).save(tmp_path / "odd.tif")
    with pytest.raises(DataError, match="odd.tif: expected .*, found .*; save it as a JPEG"):
        picture.read(tmp_path / "odd.tif")


def test_an_animation_gives_its_first_picture(tmp_path):
    frames = [Image.new("RGB", (80, 80), colour) for colour in (RED, BLUE)]
    frames[0].save(tmp_path / "moving.gif", save_all=True, append_images=frames[1:])
    assert corners(picture.read(tmp_path / "moving.gif")) == [RED] * 4


@pytest.mark.filterwarnings("error")
def test_a_hundred_megapixels_are_read_in_silence_and_twice_as_many_refused(tmp_path):
    Image.new("L", (10_000, 10_000), 128).save(tmp_path / "large.png")
    assert corners(picture.read(tmp_path / "large.png")) == [GREY] * 4
    Image.new("L", (10_000, 20_000), 128).save(tmp_path / "larger.png")
    with pytest.raises(DataError, match="it has more than 178 megapixels; make it smaller"):
        picture.read(tmp_path / "larger.png")


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".gif", ".tif", ".webp"])
def test_a_few_damaged_bytes_are_read_or_refused_in_one_line(quarters, tmp_path, suffix):
    path, rng = tmp_path / f"damaged{suffix}", np.random.default_rng(0)
    exif = Image.Exif()
    exif[0x0112] = 6
    small = quarters.resize((90, 40))
    small.save(path, **({} if suffix == ".gif" else {"exif": exif}))
    right = path.read_bytes()
    for _ in range(60):
        damaged, size = bytearray(right), int(rng.choice([1, 8, 64]))
        start = int(rng.integers(0, max(1, min(len(right), 700) - size)))
        damaged[start : start + size] = rng.integers(0, 256, size, "uint8").tobytes()
        path.write_bytes(damaged[: int(rng.integers(start, len(right)))])
        try:
            assert picture.read(path).shape == (64, 64, 3)
        except DataError as error:
            assert "expected an image" in str(error) and "\n" not in str(error)


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
        (b"", "expected an image.*the file is empty; copy or download it again"),
        (b"%PDF-1.7\n", "expected an image.*is a PDF document; export its page"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0a\n", "`git lfs pull`"),
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
    with pytest.raises(DataError, match="it is cut short; copy or download it again"):
        picture.read(path)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P", "L", "I;16"])
def test_a_very_large_picture_is_reduced_before_it_is_copied(quarters, tmp_path, monkeypatch, mode):
    large, plain = quarters.resize((3600, 1600)), tmp_path / "plain.png"
    if mode == "I;16":
        large = Image.fromarray(np.asarray(large.convert("L")).astype("uint16") * 257)
    else:
        large = large.convert(mode)
    large.save(plain)
    wanted, sizes = picture.read(plain), []
    monkeypatch.setattr(picture, "REDUCED", 400)
    opaque = picture._opaque
    monkeypatch.setattr(picture, "_opaque", lambda image: sizes.append(image.size) or opaque(image))
    assert np.abs(picture.read(plain).astype(int) - wanted).mean() < 2
    assert sizes == [(900, 400)]
