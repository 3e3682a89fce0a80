"""HDF5 beyond memory: every row once, the same for a seed, and memory that does not grow."""

import subprocess
import sys

import h5py
import numpy as np
import pytest

from datasets.errors import DataError
from datasets.stream import Stream
from datasets.synthetic import dataset

SIZES = (50, 7, 64)


@pytest.fixture(scope="module")
def shards(tmp_path_factory):
    """Three files, 121 images of 4x5; the first pixel holds the row's number among all."""
    folder = tmp_path_factory.mktemp("shards")
    first = 0
    for number, size in enumerate(SIZES):
        rows = np.arange(first, first + size)
        images = np.zeros((size, 4, 5, 3), "uint8")
        images[:] = rows[:, None, None, None]
        with h5py.File(folder / f"train-{number}.h5", "w") as file:
            file["train_set_x"], file["train_set_y"] = images, rows % 6
        first += size
    return folder


def rows(batches):
    """The numbers of the rows, in order; labels and pixels must agree."""
    found = []
    for images, labels in batches:
        numbers = images[:, 0, 0, 0].astype(int)
        assert (images == images[:, :1, :1, :1]).all() and (labels == numbers % 6).all()
        assert images.dtype == np.uint8 and labels.dtype == np.int64
        found.append(numbers)
    return found


@pytest.mark.parametrize("chunk, buffer", [(9, 5), (8, 1), (1, 1), (100, 2), (7, 100)])
@pytest.mark.parametrize("batch", [10, 1, 200])
def test_every_row_once_in_another_order(shards, chunk, buffer, batch):
    stream = Stream(str(shards / "train-*.h5"), chunk=chunk, buffer=buffer)
    assert len(stream) == 121 and stream.shape == (4, 5, 3)
    sizes = [batch] * (121 // batch) + [121 % batch] * (121 % batch > 0)
    for epoch in range(4):
        found = rows(stream.batches(batch, epoch=epoch))
        assert [len(numbers) for numbers in found] == sizes
        order = np.concatenate(found)
        assert sorted(order) == list(range(121)) and list(order) != list(range(121))


def test_rows_travel_beyond_their_chunk_and_file(shards):
    stream = Stream(shards / "train-*.h5", chunk=8, buffer=3)
    place = np.argsort(np.concatenate(rows(stream.batches(10))))
    gaps = np.abs(np.diff(place))  # how far apart neighbours of a file end up
    assert np.median(gaps) > 8 and (gaps == 1).mean() < 0.1
    thirds = np.concatenate(rows(stream.batches(40)))[:40]
    assert len({0 if r < 50 else 1 if r < 57 else 2 for r in thirds}) >= 2


def test_the_same_for_a_seed_and_an_epoch(shards):
    stream = Stream(shards / "train-*.h5", chunk=8, buffer=3)

    def order(**options):
        return np.concatenate(rows(stream.batches(10, **options))).tolist()

    assert order(seed=3, epoch=2) == order(seed=3, epoch=2)
    assert len({tuple(order(seed=s, epoch=e)) for s, e in ((0, 0), (0, 1), (1, 0))}) == 3


def test_machines_share_the_rows(shards):
    stream = Stream(shards / "train-*.h5", chunk=8, buffer=2)
    parts = [np.concatenate(rows(stream.batches(10, seed=1, part=(i, 3)))) for i in range(3)]
    assert sorted(np.concatenate(parts)) == list(range(121))
    assert max(map(len, parts)) - min(map(len, parts)) <= 16


def test_augmented_by_workers(shards):
    from datasets.augmentation.fused import Fused

    stream = Stream(shards / "train-*.h5", chunk=8, buffer=3)
    plain = list(stream.prepared(10, seed=1))
    expected = list(stream.batches(10, seed=1))
    assert len(plain) == len(expected) == 13
    for (images, labels), (raw, answers) in zip(plain, expected, strict=True):
        np.testing.assert_allclose(images, raw / 255, rtol=1e-6)
        np.testing.assert_array_equal(labels, answers)
    first, again = (list(stream.prepared(10, how=Fused(shift=0.2), workers=w)) for w in (1, 3))
    for (one, _), (two, _) in zip(first, again, strict=True):
        np.testing.assert_array_equal(one, two)
    assert not np.allclose(first[0][0], next(stream.batches(10))[0] / 255, atol=0.05)


# Rows that were never written take no disk, and are read as zeros: 14 MB and 290 MB of them.
FLAT = """
import resource, sys
import h5py, numpy as np
from datasets.stream import Stream

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024

def run(count):
    path = f"{sys.argv[1]}/{count}.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset("train_set_x", (count, 48, 48, 3), "u1")
        file.create_dataset("train_set_y", (count,), "i8")
    assert sum(len(y) for _, y in Stream(path, chunk=128, buffer=8).batches(64)) == count
    return peak()

few = run(2_000)
many = run(42_000)
print(many - few)
"""


def test_memory_is_flat(root, tmp_path):
    pytest.importorskip("resource")
    done = subprocess.run([sys.executable, "-c", FLAT, tmp_path], cwd=root, capture_output=True,
                          text=True)  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 25, f"{done.stdout} MB more for 20 times the rows"


def written(path, images, labels, split="train"):
    with h5py.File(path, "w") as file:
        file[f"{split}_set_x"], file[f"{split}_set_y"] = images, labels
    return path


def test_faults_are_one_line(shards, tmp_path):
    good, zeros = shards / "train-0.h5", np.zeros((3, 4, 5, 3), "uint8")
    cases = [
        (tmp_path / "none-*.h5", "files that match .*none-"),
        ([], "an empty list"),
        ([good, tmp_path / "gone.h5"], "expected the file gone.h5"),
        (written(tmp_path / "f.h5", zeros.astype("f4"), [0] * 3), "uint8 .* found float32"),
        (written(tmp_path / "n.h5", zeros, [0] * 2), "found 3 images and 2 labels"),
        (written(tmp_path / "t.h5", zeros, [0] * 3, "test"), "expected the array train_set_x"),
        ([good, written(tmp_path / "s.h5", zeros[:, :3], [0] * 3)], "resize them, or stream"),
        (written(tmp_path / "e.h5", zeros[:0], np.zeros(0, int)), r"found uint8 \(0, 4"),
    ]
    (tmp_path / "x.h5").write_text("no HDF5")
    cases.append((tmp_path / "x.h5", "expected an HDF5 file"))
    for paths, words in cases:
        with pytest.raises(DataError, match=words):
            Stream(paths)
    stream = Stream(good)
    for options in ({"batch": 0}, {"batch": 1, "part": (2, 2)}):
        with pytest.raises(DataError, match="at least 1 and a part"):
            next(stream.batches(**options))
    with pytest.raises(DataError, match="chunk and buffer of at least 1"):
        Stream(good, buffer=0)


def test_labels_are_checked_as_they_are_read(tmp_path):
    path = written(tmp_path / "y.h5", np.zeros((3, 4, 5, 3), "uint8"), [0, 1, 6])
    with pytest.raises(DataError, match="train_set_y from 0 to 5, found 6"):
        list(Stream(path).batches(2))


def test_a_file_that_changes_meanwhile_is_noticed(tmp_path):
    zeros = np.zeros((9, 4, 5, 3), "uint8")
    path = written(tmp_path / "c.h5", zeros, [0] * 9)
    stream = Stream(path, chunk=4)
    written(path, zeros[:3], [0] * 3)
    with pytest.raises(DataError, match="expected it unchanged"):
        list(stream.batches(2))


def test_shards_hold_the_rows_of_the_one_file_and_are_streamed(tmp_path):
    one, many = (
        dataset.synthesize(tmp_path / name, 200, 6, 3, shards=shards)
        for name, shards in (("one", None), ("many", 3))
    )
    with h5py.File(one / "train_signs.h5") as file:
        images, labels = file["train_set_x"][:], file["train_set_y"][:]
    found = [h5py.File(path) for path in sorted(many.glob("train-*-of-00003.h5"))]
    np.testing.assert_array_equal(np.concatenate([file["train_set_x"] for file in found]), images)
    np.testing.assert_array_equal(np.concatenate([file["train_set_y"] for file in found]), labels)
    assert len(found) == 3 and all(len(file["train_set_y"]) >= 60 for file in found[:2])
    for file in found:
        file.close()
    assert (many / "test_signs.h5").read_bytes() == (one / "test_signs.h5").read_bytes()
    seen = np.concatenate([batch[1] for batch in Stream(str(many / "train-*.h5")).batches(32)])
    np.testing.assert_array_equal(np.bincount(seen), np.bincount(labels))


def test_shards_that_are_there_are_kept_and_those_of_another_run_refused(tmp_path, monkeypatch):
    dataset.synthesize(tmp_path, 180, 6, shards=3)
    gone, *kept = sorted(tmp_path.glob("train-*.h5"))
    whole, times = gone.read_bytes(), [path.stat().st_mtime_ns for path in kept]
    gone.unlink()
    drawn, batch = [], dataset.batch
    noted = dataset.TWIN._replace(batch=lambda *each: drawn.append(each) or batch(*each))
    monkeypatch.setattr(dataset, "TWIN", noted)
    dataset.synthesize(tmp_path, 180, 6, shards=3)
    assert drawn == [("train", 0, 0)]
    assert gone.read_bytes() == whole and [path.stat().st_mtime_ns for path in kept] == times
    with pytest.raises(DataError, match="found train-00001-of-00003.h5: remove"):
        dataset.synthesize(tmp_path, 180, 6, shards=2)
    with pytest.raises(DataError, match="expected 1 to 3 shards for 180"):
        dataset.synthesize(tmp_path, 180, 6, shards=4)
