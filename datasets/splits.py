"""A few photographs of every class: what a network is fine-tuned on when there are no more."""

from __future__ import annotations

import numpy as np

from datasets.duplicates import repeated_pairs
from datasets.errors import DataError
from datasets.signs import Signs


def few(signs: Signs, per_class: int, seed: int = 0) -> np.ndarray:
    """Rows of train, int (6 * per_class,), ascending: the same number of every class, by `seed`.

    A photograph that train holds twice counts once, as in `held_out`, and one that test holds as
    well is left out: what stands beside a test photograph would be learnt by heart. Only where a
    class has no others left, as at all 180, are these taken, too. For one seed the smaller choices
    are parts of the larger ones. Raises DataError where a class has fewer than `per_class`.
    """
    if per_class < 1:
        raise DataError(f"expected at least 1 photograph a class, found {per_class}")
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
    """Rows of train that an earlier row of train, or any of test, shows as well, ascending."""
    train = len(signs.train_x)
    pairs = repeated_pairs(np.concatenate([signs.train_x, signs.test_x]))
    twice = {pair.second for pair in pairs if pair.second < train}
    tested = {pair.first for pair in pairs if pair.first < train <= pair.second}
    return np.array(sorted(twice | tested), np.int64)
