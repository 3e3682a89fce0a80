"""Parts of SIGNS: a few photographs per class, and a held-out fifth of train."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from datasets.duplicates import repeated_pairs, unseen
from datasets.errors import DataError
from datasets.signs import Signs


def few(signs: Signs, per_class: int, seed: int = 0) -> np.ndarray:
    """Choose the same number of train photographs per class, at random.

    A photograph that train holds twice counts once, and one that test holds too is left out: the
    network would learn the answer by heart. Only a class that has no others left, as at all 180,
    takes these as well. For one seed the smaller choices are parts of the larger ones.

    Args:
        signs: The data.
        per_class: How many photographs per class.
        seed: Another seed gives another choice.

    Returns:
        Rows of train, int (classes * per_class,), ascending.

    Raises:
        DataError: A class has fewer than `per_class` photographs.
    """
    if per_class < 1:
        raise DataError(f"expected at least 1 photograph per class, received {per_class}")
    rng, spare, chosen = np.random.default_rng(seed), repeats(signs), []
    for label in signs.classes:
        rows = np.flatnonzero(signs.train_y == label)
        if len(rows) < per_class:
            raise DataError(
                f"expected {per_class} train photographs of class {label}, "
                f"found {len(rows)}: ask for fewer"
            )
        rows = rng.permutation(rows)
        last = np.isin(rows, spare)
        chosen += [*rows[~last], *rows[last]][:per_class]
    return np.sort(np.array(chosen))


def repeats(signs: Signs) -> np.ndarray:
    """Rows of train, ascending, whose photograph is also in an earlier row or in test."""
    train = len(signs.train_x)
    pairs = repeated_pairs(np.concatenate([signs.train_x, signs.test_x]))
    twice = {pair.second for pair in pairs if pair.second < train}
    tested = {pair.first for pair in pairs if pair.first < train <= pair.second}
    return np.array(sorted(twice | tested), np.int64)


def held_out(signs: Signs, seed: int = 0) -> Signs:
    """Train split in five: four parts stay in train, the fifth takes the place of test.

    1,080 photographs -> 864 and 216, the same number per class. Recipes are chosen on this split;
    the test set is not touched. Both copies of a photograph that train holds twice go to the same
    side. Photographs that the real test set also holds stay in.

    Args:
        signs: The data; its test part is not used.
        seed: Another seed gives another fifth.

    Returns:
        The data with a smaller train and the held-out fifth as test.

    Raises:
        DataError: A class has too few photographs to split.
    """
    rng = np.random.default_rng(seed)
    chosen = np.zeros(len(signs.train_y), bool)
    for label in signs.classes:
        rows = np.flatnonzero(signs.train_y == label)
        wanted = round(len(rows) / 5)
        if not wanted:
            raise DataError(
                f"expected at least 3 train photographs of class {label}, "
                f"found {len(rows)}: hold out from a larger set"
            )
        for group in _shuffled_groups(signs.train_x[rows], rng):
            if len(group) <= wanted:
                chosen[rows[group]] = True
                wanted -= len(group)
    return signs._replace(
        train_x=signs.train_x[~chosen],
        train_y=signs.train_y[~chosen],
        test_x=signs.train_x[chosen],
        test_y=signs.train_y[chosen],
    )


class Parts(NamedTuple):
    """Photographs to learn from, to choose by, and to judge by: uint8 images and their labels.

    learning: its train part is what networks learn from; its test part, for the verdict, holds no
    photograph of train. validation_x, validation_y: for every choice, such as of a learning rate.
    """

    learning: Signs
    validation_x: np.ndarray
    validation_y: np.ndarray

    def mapped(self, function: Callable[[np.ndarray], np.ndarray]) -> Parts:
        """The same parts with all images as `function` makes them."""
        learning = self.learning
        return Parts(
            learning._replace(train_x=function(learning.train_x), test_x=function(learning.test_x)),
            function(self.validation_x),
            self.validation_y,
        )

    def shortened(self, images: int) -> Parts:
        """The first `images` photographs to learn from alone; the other parts stay."""
        learning = self.learning
        return self._replace(
            learning=learning._replace(
                train_x=learning.train_x[:images], train_y=learning.train_y[:images]
            )
        )


def parts(signs: Signs, seed: int = 0) -> Parts:
    """Split for a comparison: 864 photographs to learn from, 216 to choose by, 107 to judge by.

    The 864 and 216 are those of `held_out`. The 107 are the test photographs that train, whole,
    does not hold.

    Raises:
        DataError: A class has too few photographs to split.
    """
    split, new = held_out(signs, seed), unseen(signs.test_x, signs.train_x)
    learning = split._replace(test_x=signs.test_x[new], test_y=signs.test_y[new])
    return Parts(learning, split.test_x, split.test_y)


def _shuffled_groups(images: np.ndarray, rng: np.random.Generator) -> list[list[int]]:
    """Indices in random order; copies of one photograph stay together."""
    leader = list(range(len(images)))
    for pair in repeated_pairs(images):
        old, new = leader[pair.second], leader[pair.first]
        leader = [new if row == old else row for row in leader]
    groups: dict[int, list[int]] = {}
    for i in rng.permutation(len(images)):
        groups.setdefault(leader[i], []).append(int(i))
    return list(groups.values())
