"""What a dataset that was augmented in threads gave: pairs, seeds, and how many calls met."""

from __future__ import annotations

import numpy as np

from grader.runner import reference_weights

# Rows that the functions write into: two seeds, or who met.
ROWS = 2


class Run:
    """One case, as it was run: see grader.runner.tf_datasets for what the arrays hold."""

    def __init__(self, case: dict, evidence):
        self.case, self.record, self.arrays = case, evidence.record, evidence.arrays
        self.inputs = reference_weights.pixels(tuple(case["dataset"]), case["seed"])
        self.inputs = self.inputs.astype(np.int64)
        self.images, self.labels = (self.arrays[f"{name} 1"] for name in ("images", "labels"))

    def row(self, name: str, row: int) -> np.ndarray:
        """Channel 0 of a row of each image."""
        return self.arrays[name][:, row, :, 0]


def kind(run: Run) -> str | None:
    """Whether the elements are still batches of images and labels."""
    count, batch = len(run.inputs), run.case["batch"]
    shape = [None, *run.case["dataset"][1:]]
    sizes = [min(batch, count - first) for first in range(0, count, batch)]
    if run.record.get("dtypes") != ["uint8", "int64"]:
        return "dtype"
    received = list(run.arrays["sizes 1"])
    if sorted(received) != sorted(sizes):
        again = len(received) > len(sizes) and not len(received) % len(sizes)
        if again and sorted(received) == sorted(sizes * (len(received) // len(sizes))):
            return "repeated"
        return "dropped" if sum(received) < count else "rebatched"
    if run.images.shape != (count, *shape[1:]):
        return "size"
    spec = run.record.get("shapes")
    matches = isinstance(spec, list) and spec[0] is not None and spec[0][1:] == shape[1:]
    return None if matches and spec[1] is not None and len(spec[1]) == 1 else "shape lost"


def pairs(run: Run) -> str | None:
    """Whether all labels come, in their order, each with its image."""
    labels, count = run.labels, len(run.inputs)
    if sorted(labels) != list(range(count)):
        return "labels"
    owners = _owners(run)
    if (labels == np.arange(count)).all():
        traced = owners >= 0
        return "labels" if traced.any() and (owners[traced] != labels[traced]).any() else None
    return "order" if (owners == labels).all() or (owners < 0).all() else "labels"


def _owners(run: Run) -> np.ndarray:
    """Which image each one was made of, as far as the expected change or none tells; else -1."""
    changes = [_changed(run.inputs, way) for way in WAYS]
    owners = []
    for image in run.images:
        own = [
            i
            for changed in changes
            for i in range(len(changed))
            if (changed[i, ROWS:] == image[ROWS:]).all()
        ]
        owners.append(own[0] if own else -1)
    return np.array(owners)


WAYS = {"right": (0, 1), "no ops": (), "first only": (0,), "backwards": (1, 0)}
OPS = ({"does": "affine", "times": 1, "plus": 3}, {"does": "affine", "times": 5, "plus": 0})


def _changed(images, way) -> np.ndarray:
    for place in WAYS[way]:
        images = (images * OPS[place]["times"] + OPS[place]["plus"]) % 256
    return images


def ops(run: Run) -> str | None:
    """Whether all functions were called, in their order."""
    for way in WAYS:
        expected = _changed(run.inputs, way)[run.labels.astype(int)]
        if (run.images[:, ROWS:] == expected[:, ROWS:]).all():
            return None if way == "right" else way
    return "other ops"


def seeds(run: Run) -> str | None:
    """Whether each call got a seed of its own, the same in every pass."""
    first, second = (_read(run, number) for number in (1, 2))
    starts = np.cumsum([0, *run.arrays["sizes 1"][:-1]]).astype(int)
    drawn = first[starts]
    if len(set(drawn.ravel())) == 1:
        return "same seed"
    if first.shape != second.shape or (first != second).any():
        return "unseeded"
    if (drawn[:, 0] == drawn[:, 1]).all():
        return "shared"
    return None if len(set(drawn.ravel())) == drawn.size else "again"


def _read(run: Run, number: int) -> np.ndarray:
    """(n, 2): the seeds that the two functions wrote."""
    rows = [run.row(f"images {number}", row)[:, :8].astype(np.uint8) for row in range(ROWS)]
    return np.stack([np.ascontiguousarray(row).view("<i8")[:, 0] for row in rows], axis=1)


def lazy(run: Run) -> str | None:
    """Whether the functions waited until the dataset was run; one call, for the shape, is well."""
    return "eager" if run.arrays["calls"][0] > 1 else None


def together(run: Run) -> str | None:
    """Whether as many calls as there are workers met, and never more."""
    workers = run.case["kwargs"]["workers"]
    met, inside = run.row("images 1", 0)[:, :2].T
    if inside.max() > workers:
        return "too many"
    if met.mean() > 0.5:
        return None
    return "serial" if inside.max() <= 1 else "too few"
