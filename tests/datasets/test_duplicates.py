"""Which photographs are the same."""

import numpy as np
import pytest

from datasets import duplicates, signs


def slow_distance(a, b):
    """RMS over 8x8 block means, by loops."""
    total = 0.0
    for r in range(0, 64, 8):
        for c in range(0, 64, 8):
            for k in range(3):
                d = a[r : r + 8, c : c + 8, k].mean() - b[r : r + 8, c : c + 8, k].mean()
                total += d * d
    return (total / 192) ** 0.5


def test_noise_hides_no_copy_and_strangers_are_strangers(random_signs):
    data = random_signs()
    noise = np.random.default_rng(1).integers(-6, 7, data.train_x[7].shape)
    data.test_x[3] = np.clip(data.train_x[7] + noise, 0, 255)
    data.test_x[5] = data.train_x[40]
    pairs = duplicates.shared_pairs(data.test_x, data.train_x)
    assert [(p.first, p.second) for p in pairs] == [(3, 7), (5, 40)]
    assert pairs[0].blocks == pytest.approx(slow_distance(data.test_x[3], data.train_x[7]), 1e-6)
    assert pairs[1].pixels == 0
    mask = duplicates.unseen(data.test_x, data.train_x)
    assert mask.dtype == bool and np.flatnonzero(~mask).tolist() == [3, 5]


def test_the_threshold_lies_between_a_copy_and_a_stranger(random_signs):
    data = random_signs()
    copy, stranger = data.test_x[0].astype(int), data.test_x[1].astype(int)
    data.train_x[0] = np.clip(copy + 2, 0, 255)  # 2 levels brighter: the same
    data.train_x[1] = np.clip(stranger + 4, 0, 255)  # 4 levels: not
    assert [(p.first, p.second) for p in duplicates.shared_pairs(data.test_x, data.train_x)] == [
        (0, 0)
    ]


def test_repeats_are_found_across_slices(random_signs, monkeypatch):
    data = random_signs()
    data.train_x[50] = data.train_x[2]
    data.train_x[11] = data.train_x[10]
    for rows in (7, 512):
        monkeypatch.setattr(duplicates, "SLICE", rows)
        found = [(p.first, p.second) for p in duplicates.repeated_pairs(data.train_x)]
        assert sorted(found) == [(2, 50), (10, 11)]


@pytest.mark.signs
def test_the_photographs_that_signs_repeats(signs_dir):
    data = signs.load(signs_dir)
    pairs = duplicates.shared_pairs(data.test_x, data.train_x)
    assert len(pairs) == 13 and {int(data.test_y[p.first]) for p in pairs} == {0}
    assert all(data.train_y[p.second] == 0 for p in pairs)
    assert duplicates.unseen(data.test_x, data.train_x).sum() == 107
    test = duplicates.repeated_pairs(data.test_x)
    assert [(p.first, p.second, p.pixels) for p in test] == [(1, 66, 0.0)]
    if not signs.read(signs_dir)[1].train_sha256.startswith("56235ac8"):
        return  # what follows was measured on the file that was rebuilt from JPEG
    pixels = sorted(p.pixels for p in pairs)
    assert pixels[11] < 5 and pixels[12] == pytest.approx(6.2, abs=0.05)
    blocks = sorted(p.blocks for p in pairs)
    assert blocks[11] < 1.3 and blocks[12] == pytest.approx(2.37, abs=0.01)
    train = duplicates.repeated_pairs(data.train_x)
    assert sum(p.pixels == 0 for p in train) == 43 and len(train) == 48
