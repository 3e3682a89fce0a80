"""A few photographs per class and a held-out fifth: balanced, drawn by seed, without copies."""

import numpy as np
import pytest

from datasets.duplicates import shared_pairs, unseen
from datasets.errors import DataError
from datasets.signs import Signs, load
from datasets.splits import few, held_out, parts, repeats


def tiles(n: int, seed: int) -> np.ndarray:
    """n images of 8x8 tiles, no two alike."""
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (n, 8, 8, 3), np.uint8).repeat(8, 1).repeat(8, 2)


@pytest.fixture
def signs() -> Signs:
    """10 of each class; row 6 shows row 0 again, and test shows row 1 and row 13."""
    train, test = tiles(60, 0), tiles(12, 1)
    train[6] = train[0]
    test[3], test[4] = train[1], train[13] ^ 1  # the second a grey level apart
    return Signs(train, np.arange(60) % 6, test, np.arange(12) % 6, np.arange(6))


def test_repeats_are_found(signs):
    assert repeats(signs).tolist() == [1, 6, 13]


@pytest.mark.parametrize("per_class", [1, 5, 8, 10])
def test_the_same_number_of_every_class(signs, per_class):
    rows = few(signs, per_class, 3)
    assert np.bincount(signs.train_y[rows]).tolist() == [per_class] * 6
    assert len(set(rows.tolist())) == len(rows) and (np.diff(rows) > 0).all()


def test_repeats_come_last(signs):
    for seed in range(20):
        assert not {1, 6, 13} & set(few(signs, 8, seed).tolist())
    nine = set(few(signs, 9, 0).tolist())
    assert 6 not in nine and len({1, 13} & nine) == 1  # both of class 1, which has eight others
    assert set(few(signs, 10).tolist()) == set(range(60))


def test_a_seed_decides_and_smaller_choices_are_parts_of_larger_ones(signs):
    assert few(signs, 4, 1).tolist() == few(signs, 4, 1).tolist() != few(signs, 4, 2).tolist()
    assert set(few(signs, 2, 5).tolist()) < set(few(signs, 7, 5).tolist())


@pytest.mark.parametrize("per_class, message", [(11, "expected 11 .* class 0, found 10"),
                                                (0, "at least 1 photograph")])  # fmt: skip
def test_what_cannot_be_chosen_is_refused(signs, per_class, message):
    with pytest.raises(DataError, match=message):
        few(signs, per_class)


def test_what_is_judged_by_is_in_no_part_of_train(signs):
    split, held = parts(signs), held_out(signs)
    assert (split.learning.train_x == held.train_x).all()
    assert (split.validation_x == held.test_x).all()
    assert (split.validation_y == held.test_y).all()
    # Rows 3 and 4 of test are photographs of train, wherever the split puts those.
    rows = [row for row in range(12) if row not in (3, 4)]
    assert (split.learning.test_x == signs.test_x[rows]).all()
    assert (split.learning.test_y == signs.test_y[rows]).all()


def test_parts_are_changed_alike_and_shortened_only_to_learn_from(signs):
    split = parts(signs)
    darker = split.mapped(lambda images: images // 2)
    for old, new in ((split.learning.train_x, darker.learning.train_x),
                     (split.learning.test_x, darker.learning.test_x),
                     (split.validation_x, darker.validation_x)):  # fmt: skip
        assert (new == old // 2).all()
    assert (darker.learning.train_y == split.learning.train_y).all()
    short = split.shortened(7)
    assert (short.learning.train_x == split.learning.train_x[:7]).all()
    assert len(short.learning.train_y) == 7
    assert len(short.learning.test_x) == 10 and len(short.validation_x) == 12


@pytest.mark.signs
def test_on_the_photographs(signs_dir):
    signs = load(signs_dir)
    tested = {pair.second for pair in shared_pairs(signs.test_x, signs.train_x)}
    assert len(tested) >= 12
    for seed in range(3):
        rows = few(signs, 50, seed)
        assert np.bincount(signs.train_y[rows]).tolist() == [50] * 6
        assert not tested & set(rows.tolist())
    assert len(few(signs, 180)) == 1080


def test_held_out_is_a_fifth_of_each_class_and_splits_no_photograph(random_signs):
    data = random_signs()
    for a, b, c in ((0, 6, 12), (1, 7, 13), (3, 9, 15), (4, 10, 16)):  # threefold copies
        data.train_x[b] = data.train_x[c] = data.train_x[a]
    for seed in range(8):
        part = held_out(data, seed)
        assert np.bincount(part.test_y).tolist() == [2] * 6
        assert np.bincount(part.train_y).tolist() == [8] * 6
        assert unseen(part.test_x, part.train_x).all()
    again, other = held_out(data, 3), held_out(data, 4)
    assert (held_out(data, 3).test_x == again.test_x).all()
    assert (again.test_x != other.test_x).any()


def test_labels_stay_with_their_photographs(random_signs):
    data = random_signs()
    part = held_out(data)
    where = {x.tobytes(): y for x, y in zip(data.train_x, data.train_y, strict=True)}
    for x, y in ((part.train_x, part.train_y), (part.test_x, part.test_y)):
        assert [where.pop(one.tobytes()) for one in x] == y.tolist()
    assert not where


def test_too_few_to_hold_out(random_signs):
    with pytest.raises(DataError, match="at least 3 train photographs of class 0, found 2"):
        held_out(random_signs(train=12))


@pytest.mark.signs
def test_held_out_of_signs(signs_dir):
    part = held_out(load(signs_dir))
    assert np.bincount(part.train_y).tolist() == [144] * 6
    assert np.bincount(part.test_y).tolist() == [36] * 6
    assert unseen(part.test_x, part.train_x).all()
