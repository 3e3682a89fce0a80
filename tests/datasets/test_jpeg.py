"""JPEG beside Pillow's, and the same to the bit whatever does the sums."""

import hashlib
import io
import os
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from datasets.synthetic import dataset, jpeg, render

QUALITIES = (50, 75, 90, 95)
# Prints a sum over pictures that went through JPEG.
PRINT = (
    "import hashlib; from datasets.synthetic import dataset; "
    "print(hashlib.sha256(dataset.batch('train', 2)[0].tobytes()).hexdigest())"
)


@pytest.fixture(scope="module")
def pictures():
    """Twenty drawn hands: edges, noise, slopes."""
    return dataset.batch("train", 1)[0][:20]


def by_pillow(pictures, quality):
    """The same through libjpeg, colour at half the size."""
    found = []
    for picture in pictures:
        file = io.BytesIO()
        Image.fromarray(picture).save(file, "JPEG", quality=quality, subsampling="4:2:0")
        found.append(np.asarray(Image.open(file)))
    return np.stack(found).astype(float)


def ours(pictures, quality, dtype="float32"):
    """Through datasets.synthetic.jpeg, all at one quality."""
    planes = np.moveaxis(pictures.astype(dtype), 3, 1)
    return np.moveaxis(jpeg.compressed(planes, np.full(len(planes), quality)), 1, 3)


@pytest.mark.parametrize("quality", QUALITIES)
def test_grey_pictures_are_those_of_libjpeg(pictures, quality):
    grey = np.repeat(np.rint(pictures.mean(-1, keepdims=True)), 3, -1).astype("uint8")
    found, expected = ours(grey, quality), by_pillow(grey, quality)
    # Where a cosine falls between two steps the last bit of libjpeg's tables decides.
    assert (np.abs(found - expected) <= 1).mean() > 0.93
    lost = [np.sqrt(((one - grey) ** 2).mean()) for one in (found, expected)]
    assert lost[0] == pytest.approx(lost[1], rel=0.02) and lost[0] > 1


@pytest.mark.parametrize("quality", QUALITIES)
def test_colours_are_those_of_libjpeg_within_a_patch(quality):
    """Between patches libjpeg makes colour smooth when it enlarges it; we repeat it."""
    rng = np.random.default_rng(0)
    patches = rng.integers(0, 256, (20, 4, 1, 4, 1, 3), "uint8")
    pictures = np.broadcast_to(patches, (20, 4, 16, 4, 16, 3)).reshape(20, 64, 64, 3)
    apart = np.abs(ours(pictures, quality) - by_pillow(pictures, quality))
    assert apart.reshape(20, 4, 16, 4, 16, 3)[:, :, 4:12, :, 4:12].mean() < 1.5


def test_lower_quality_loses_more(pictures):
    lost = [np.square(ours(pictures, quality) - pictures).mean() for quality in QUALITIES]
    assert lost == sorted(lost, reverse=True) and lost[0] > 1.5 * lost[-1]


def test_every_sum_is_exact(pictures):
    rng = np.random.default_rng(1)
    loud = rng.choice([0, 255], (8, 64, 64, 3)).astype("uint8")  # the largest cosines there are
    for images in (pictures, loud):
        for quality in QUALITIES:
            assert (ours(images, quality) == ours(images, quality, "float64")).all()


def test_the_pictures_are_the_same_on_another_processor(root):
    """OpenBLAS is told that it runs on one without AVX, and to use it in one thread."""
    other = {**os.environ, "OPENBLAS_CORETYPE": "Prescott", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, "-c", PRINT], cwd=root, env=other, text=True,
                          capture_output=True, check=True)  # fmt: skip
    here = hashlib.sha256(dataset.batch("train", 2)[0].tobytes()).hexdigest()
    assert done.stdout.strip() == here


def test_half_of_the_hands_go_through_it(monkeypatch):
    seen = []
    exact = jpeg.compressed

    def noting(pictures, quality):
        seen.extend(quality)
        return exact(pictures, quality)

    monkeypatch.setattr(render.jpeg, "compressed", noting)
    images = [dataset.batch("train", number)[0] for number in range(4)]
    assert 90 < len(seen) < 150 and {70 <= one <= 95 for one in seen} == {True}
    monkeypatch.setattr(render.jpeg, "compressed", lambda pictures, quality: pictures)
    plain = [dataset.batch("train", number)[0] for number in range(4)]
    changed = sum((a != b).any((1, 2, 3)).sum() for a, b in zip(images, plain, strict=True))
    assert changed == len(seen)
