"""The stand-in for SIGNS: its counts, its copies and its look, and the same for a seed."""

import hashlib

import h5py
import numpy as np
import pytest

from datasets import duplicates, schema, signs
from datasets.errors import DataError
from datasets.synthetic import dataset, stand_in
from datasets.synthetic.takes import Takes

FIRST_LABELS = [5, 0, 5, 5, 3, 5]
FIRST_PICTURES = "b5b1206dc4d2b69b"


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """The stand-in of seed 0, as runs use it."""
    return stand_in.synthesize(tmp_path_factory.mktemp("stand-in"))


def test_the_pictures_of_seed_0_are_these():
    """Raise stand_in.VERSION with this sum: published results name the pictures by it."""
    images, labels = stand_in.batch("train", 0, 0)
    assert labels[:6].tolist() == FIRST_LABELS
    assert hashlib.sha256(images.tobytes()).hexdigest()[:16] == FIRST_PICTURES
    assert stand_in.VERSION == 1


def test_the_files_load_in_silence_and_say_what_they_are(drawn, recwarn):
    loaded, source = signs.read(drawn)
    assert not list(recwarn) and source.name == "synthetic"
    for labels, each in ((loaded.train_y, 180), (loaded.test_y, 20)):
        assert np.bincount(labels).tolist() == [each] * 6  # as in SIGNS
    for name in schema.FILES.values():
        with h5py.File(drawn / name) as file:
            assert file.attrs["synthetic"] and file.attrs["kind"] == "stand-in"
            assert file.attrs["seed"] == 0 and file.attrs["version"] == stand_in.VERSION


def test_as_many_pictures_occur_twice_as_in_signs(drawn):
    """SIGNS: 13 in train and test, 48 pairs within train and 1 within test, nearly all zeros."""
    loaded = signs.load(drawn)
    shared = duplicates.shared_pairs(loaded.test_x, loaded.train_x)
    within = duplicates.repeated_pairs(loaded.train_x)
    assert 13 <= len(shared) <= 14 and 44 <= len(within) <= 56
    assert len(duplicates.repeated_pairs(loaded.test_x)) == 1
    assert [loaded.test_y[pair.first] for pair in shared].count(0) >= 13
    assert [loaded.train_y[pair.first] for pair in within].count(0) >= 44


def test_a_copy_is_the_same_moment_with_other_noise(drawn):
    loaded, rows = signs.load(drawn), stand_in.frames()
    same = (rows["test"][:, None] == rows["train"]).all(-1)
    assert same.any(1).sum() == 13
    test, train = np.argwhere(same)[0]
    assert duplicates.shared_pairs(loaded.test_x[[test]], loaded.train_x[[train]])[0].pixels < 3
    assert (loaded.test_x[test] != loaded.train_x[train]).any()


@pytest.mark.parametrize("count", [1, 2])
def test_a_seed_means_the_same_files_for_any_number_of_workers(drawn, tmp_path, monkeypatch, count):
    monkeypatch.setattr(dataset, "WORTH", 1)
    stand_in.synthesize(tmp_path, workers=count)
    for name in schema.FILES.values():
        assert (tmp_path / name).read_bytes() == (drawn / name).read_bytes()


def test_another_seed_draws_others(drawn):
    images, labels = stand_in.batch("test", 0, 1)
    first = signs.load(drawn).test_x[:60]
    assert not (images == first).all((1, 2, 3)).any()
    assert len(labels) == 60 and images.shape == first.shape


def test_is_current_sees_what_differs(drawn, tmp_path):
    assert stand_in.is_current(drawn) and not stand_in.is_current(drawn, seed=1)
    assert not stand_in.is_current(tmp_path / "none")
    dataset.synthesize(tmp_path)  # the twin, of the same counts and seed
    assert not stand_in.is_current(tmp_path)


@pytest.mark.filterwarnings("ignore:.*not a published file")
def test_photographs_are_never_overwritten(small):
    before = signs.read(small)[1]
    with pytest.raises(DataError, match="is no synthetic file and would be lost"):
        stand_in.synthesize(small)
    assert signs.read(small)[1] == before


def test_a_seed_that_cannot_be(tmp_path):
    with pytest.raises(DataError, match="seed from 0"):
        stand_in.synthesize(tmp_path / "x", -1)
    assert not (tmp_path / "x").exists()


def takes(take, time, reach=1.0, noise=0):
    """Numbers of two takes at these places and times."""
    film, grain = np.random.default_rng(5), np.random.default_rng(noise)
    return Takes(film, np.array(take), np.array(time), 2, reach, grain)


def test_numbers_drift_in_a_straight_line_between_0_and_1():
    times = np.linspace(0, 1, 7)
    for dtype in (np.float32, np.float64):
        numbers = takes([1] * 7, times, 0.3).random((4, 7, 3), dtype)
        assert numbers.dtype == dtype and numbers.min() >= 0 and numbers.max() <= 1
        steps = np.diff(numbers, axis=1)
        assert abs(steps).max() < 0.3 / 6 + 1e-6
        straight = abs(np.diff(steps, axis=1)).max(1) < 1e-6
        assert 0.5 < straight.mean() < 1  # the others turn back at 0 or 1
    far = takes([1] * 7, times, 5.0).random((7, 100))
    assert far.min() >= 0 and far.max() <= 1 and abs(far.mean() - 0.5) < 0.1


def test_frames_of_a_take_share_its_numbers_whatever_stands_beside_them():
    one, other = takes([0, 1, 1], [0.2, 0.5, 0.9]), takes([1, 1], [0.9, 0.5], noise=9)
    for size in (3, (3, 5), (4, 3, 2)):
        axis = (size if isinstance(size, tuple) else (size,)).index(3)
        there = other.random(tuple(2 if n == 3 else n for n in np.atleast_1d(size)))
        assert (one.random(size).take([2, 1], axis) == there).all()
    assert (one.integers(0, 99, (2, 8)) != other.integers(0, 99, (2, 8))).any()
