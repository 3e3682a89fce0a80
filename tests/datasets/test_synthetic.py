"""Drawn hands: the schema of SIGNS, the same for a seed, every class, and worth learning from."""

import hashlib
import signal
import subprocess
import sys
import time

import h5py
import numpy as np
import pytest

from datasets import schema, signs
from datasets.duplicates import unseen
from datasets.errors import DataError
from datasets.synthetic import dataset, render
from datasets.synthetic import pose as hands

FIRST_LABELS = [3, 2, 5, 4, 0, 1]
FIRST_PICTURES = "c785dc0abf109226"


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """A small twin: 372 train (not a multiple of the chunk), 120 test."""
    return dataset.synthesize(tmp_path_factory.mktemp("twin"), train=372, test=120, seed=5)


def test_the_files_load_in_silence_and_say_synthetic(drawn, recwarn):
    loaded = signs.load(drawn)
    assert not list(recwarn)
    assert signs.read(drawn)[1].name == "synthetic"
    assert loaded.train_x.shape == (372, 64, 64, 3) and loaded.train_x.dtype == np.uint8
    assert loaded.train_y.dtype == np.int64
    for name in schema.FILES.values():
        with h5py.File(drawn / name) as file:
            assert file.attrs["synthetic"] and file.attrs["kind"] == "twin"
            assert file.attrs["seed"] == 5 and file.attrs["version"] == dataset.VERSION
            assert file["list_classes"].dtype == np.int64


def test_classes_are_balanced_in_every_prefix(drawn):
    loaded = signs.load(drawn)
    for labels in (loaded.train_y, loaded.test_y, loaded.train_y[:36]):
        assert set(np.bincount(labels)) == {len(labels) // 6}
    assert len({tuple(six) for six in loaded.train_y.reshape(-1, 6)}) > 30  # in mixed order


def test_no_picture_occurs_twice(drawn):
    loaded = signs.load(drawn)
    both = np.concatenate([loaded.train_x, loaded.test_x]).reshape(492, -1)
    assert len(np.unique(both, axis=0)) == 492
    assert unseen(loaded.test_x, loaded.train_x).all()


def test_a_seed_means_the_same_files_to_the_byte(tmp_path):
    sums = []
    for folder, seed in (("a", 1), ("b", 1), ("c", 2)):
        dataset.synthesize(tmp_path / folder, 66, 12, seed)
        sums.append(signs.read(tmp_path / folder)[1])
    assert sums[0].train_sha256 == sums[1].train_sha256 != sums[2].train_sha256
    assert sums[0].test_sha256 == sums[1].test_sha256 != sums[2].test_sha256


def test_chunks_depend_on_nothing_but_their_number(drawn):
    images, labels = dataset.batch("train", 6, 5)
    loaded = signs.load(drawn)
    assert (loaded.train_x[360:] == images[:12]).all()
    assert (loaded.train_y[360:] == labels[:12]).all()


def test_the_pictures_of_seed_0_are_these():
    """Raise dataset.VERSION with this sum: published results name the pictures by it."""
    images, labels = dataset.batch("train", 0, 0)
    assert labels[:6].tolist() == FIRST_LABELS
    assert hashlib.sha256(images.tobytes()).hexdigest()[:16] == FIRST_PICTURES
    assert dataset.VERSION == 2


def test_nothing_hangs_on_the_last_bit_of_a_sine(monkeypatch):
    """Other processors, other last bits of sin and cos: every joint stays to the bit."""
    labels = np.arange(60) % 6

    def placed():
        rng = np.random.default_rng(0)
        return hands.view(hands.pose(labels, rng), labels, rng)

    before = placed()
    for name in ("sin", "cos"):
        exact = getattr(np, name)
        monkeypatch.setattr(np, name, lambda angle, f=exact: np.nextafter(f(angle), 2))
    for one, other in zip(before, placed(), strict=True):
        assert (one == other).all()


def test_nearer_rods_hide_those_behind():
    one = np.zeros((1, hands.PARTS, 3))
    start, end = one - 5, one - 5  # all others far outside
    start[0, 0], end[0, 0] = [0.5, 0.2, 0.4], [0.5, 0.8, 0.4]  # upright, near, drawn first
    start[0, 1], end[0, 1] = [0.2, 0.5, 0.0], [0.8, 0.5, 0.0]  # level, behind it
    radius = np.full((1, hands.PARTS), 0.1)
    rods = hands.Capsules(start, end, radius, radius, np.ones((1, hands.PARTS)))
    ((cover, light, *_),) = render._draw(rods, np.zeros((1, 2), np.float32))
    assert cover[32, 16] == cover[16, 32] == cover[32, 32] == 1 and cover[16, 16] == 0
    assert abs(light[32, 27:37] - light[20, 27:37]).max() < 1e-6  # the upright rod, uncut
    area = cover.sum() / 64**2  # two rods, 0.6 by 0.2 with round ends, less their crossing
    assert area == pytest.approx(2 * (0.12 + np.pi * 0.01) - 0.04, rel=0.01)


def test_raised_fingers_reach_up_and_folded_ones_do_not():
    labels = np.repeat(np.arange(6), 10)
    pose = hands.pose(labels, np.random.default_rng(0))
    tips = pose.end[:, [7, 10, 13, 16], 1]  # y of index, middle, ring and little finger
    for label, raised in ((1, 1), (2, 2), (3, 2), (4, 4), (5, 4)):  # the thumb not counted
        assert set((tips[labels == label] > 1.25).sum(1)) == {raised}, label
    out = pose.end[:, 19, 0] > 0.45  # x of the tip of the thumb; the palm ends at about 0.4
    assert out[np.isin(labels, (3, 5))].all() and not out[np.isin(labels, (1, 2, 4))].any()
    ring = np.linalg.norm(pose.end[:, 19] - pose.end[:, 7], axis=1)[labels == 0]
    assert ring.max() < 0.3  # thumb and index finger touch


def gradients(images):
    """Histograms of 8 edge directions over 8x8 cells, unit length: (n, 512)."""
    grey = images.astype(np.float32).mean(-1)
    dy, dx = np.gradient(grey, axis=(1, 2))
    turn = np.minimum((np.arctan2(dy, dx) % np.pi / np.pi * 8).astype(int), 7)
    cells = [(np.hypot(dx, dy) * (turn == k)).reshape(-1, 8, 8, 8, 8).sum((2, 4)) for k in range(8)]
    features = np.sqrt(np.stack(cells, 1).reshape(len(images), -1))
    return features / (np.linalg.norm(features, axis=1, keepdims=True) + 1e-6)


def guess(train_x, train_y, test_x):
    """Kernel ridge regression on the gradients: no network, and a second or two."""

    def kernel(a, b):
        return np.exp(-3 * ((a**2).sum(1)[:, None] + (b**2).sum(1) - 2 * a @ b.T))

    known = kernel(train_x, train_x) + 0.03 * np.eye(len(train_x))
    weights = np.linalg.solve(known, np.eye(6)[train_y])
    return (kernel(test_x, train_x) @ weights).argmax(1)


def test_the_twin_can_be_learnt(drawn):
    loaded = signs.load(drawn)
    right = (
        guess(gradients(loaded.train_x), loaded.train_y, gradients(loaded.test_x)) == loaded.test_y
    )
    assert right.mean() > 0.30  # chance is 0.167, and 0.30 three deviations above it


@pytest.mark.signs
def test_what_drawn_hands_teach_holds_for_photographs(drawn, signs_dir):
    twin, real = signs.load(drawn), signs.load(signs_dir)
    right = guess(gradients(twin.train_x), twin.train_y, gradients(real.test_x)) == real.test_y
    assert right.mean() > 0.35


def test_the_contact_sheet_has_a_row_a_class():
    labels = np.array([0, 1, 2, 3, 4, 5, 0])
    images = np.broadcast_to(labels[:, None, None, None], (7, 64, 64, 3)).astype(np.uint8)
    sheet = dataset.contact_sheet(images, labels, 2)
    assert sheet.shape == (384, 128, 3)
    assert (sheet[:64] == 0).all() and (sheet[70, :64] == 1).all() and (sheet[70, 64:] == 255).all()


@pytest.mark.parametrize(
    "train, test, seed, words",
    [
        (5, 12, 0, "at least 6 train hands"),
        (12, 0, 0, "at least 6 test hands"),
        (12, 12, -1, "seed from 0"),
        (12, 12, 2**40, "seed from 0"),
    ],
)
def test_counts_and_seeds_that_cannot_be(tmp_path, train, test, seed, words):
    with pytest.raises(DataError, match=words):
        dataset.synthesize(tmp_path / "x", train, test, seed)
    assert not (tmp_path / "x").exists()


@pytest.mark.filterwarnings("ignore:.*not a published file")
def test_photographs_are_never_overwritten(small):
    before = signs.read(small)[1]
    with pytest.raises(DataError, match="is no synthetic file and would be lost"):
        dataset.synthesize(small, 12, 12)
    assert signs.read(small)[1] == before


def test_what_a_file_holds_is_told_by_its_attributes(tmp_path):
    dataset.synthesize(tmp_path, 12, 6, 3)
    path = tmp_path / "test_signs.h5"
    assert dataset.holds(path, "test", 6, 3, dataset.TWIN)
    others = (dataset.TWIN._replace(version=1), dataset.TWIN._replace(name="stand-in"))
    assert not any(dataset.holds(path, "test", 6, 3, kind) for kind in others)
    assert not dataset.holds(path, "test", 12, 3, dataset.TWIN)
    assert not dataset.holds(path, "test", 6, 0, dataset.TWIN)
    with h5py.File(path, "r+") as file:
        del file.attrs["kind"]  # an earlier file, which can only be of the twin
    assert dataset.holds(path, "test", 6, 3, dataset.TWIN)
    assert not dataset.holds(path, "test", 6, 3, others[1])
    path.write_bytes(b"")
    assert not dataset.holds(path, "test", 6, 3, dataset.TWIN)
    assert not dataset.holds(tmp_path / "none", "test", 6, 3, dataset.TWIN)


def test_ctrl_c_leaves_nothing_behind(root, tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-m", "datasets", "synthesize", "--diverse", "--count", "500000"]
        + ["--out", tmp_path],
        cwd=root,
        stderr=subprocess.PIPE,
        text=True,
    )
    end = time.monotonic() + 30
    while not list(tmp_path.iterdir()) and time.monotonic() < end:
        time.sleep(0.05)
    assert list(tmp_path.iterdir()), "it never began to write"
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 130 and said.strip().startswith("stopped")
    assert list(tmp_path.iterdir()) == []
