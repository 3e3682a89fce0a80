"""What calls of the augmenting functions show: properties, read off the arrays that came back.

A function that draws at random has no one right answer. What must hold is asked part by part, and
each part has a finding: None where it holds, else a short code for what is seen in its place. The
checks give points by them, the bank of misconceptions gives them names. A part is looked at only
where those before it that it needs hold; NEEDS says which.
"""

from __future__ import annotations

import numpy as np

from grader.judging import checks
from grader.runner import reference_weights

likelihood = checks.sibling(__file__, "likelihood")

# Of all calls together, whether about half of something happened: over five standard deviations.
HALF = 0.14
# The chi-square of places: of equally likely ones, 5 or 7, one answer in two million has more. A
# normal draw with half a margin for its deviation has about 130.
UNEVEN = 40.0
# The chi-square of how many were chosen in each of nine calls: independent draws give less in four
# of a million.
EVEN = 0.3


class Call:
    """One call: `inputs` and `outputs` as float32, its seed and options, and the record."""

    def __init__(self, case: dict, evidence):
        self.seed = case["args"][0]
        self.options = case.get("kwargs", {})
        self.inputs = reference_weights.VALUES[case["values"]](tuple(case["array"]), case["seed"])
        self.inputs = self.inputs.astype(np.float32)
        self.outputs = evidence.arrays["as built"]
        self.after = evidence.arrays.get("given")
        self.dtype, self.type = (evidence.record.get(key) for key in ("dtype", "type"))


def kind(calls: list[Call]) -> str | None:
    """Whether images stay images: size, type and range."""
    for call in calls:
        if call.outputs.shape != call.inputs.shape:
            return "size"
    for call in calls:
        if call.type in ("list", "tuple"):
            return "list"
        if call.dtype != "uint8":
            outside = call.outputs.min() < 0 or call.outputs.max() > 255
            return "range" if outside else "scaled" if call.outputs.max() <= 1 else "dtype"
    return None


def seeds(calls: list[Call]) -> str | None:
    """Whether the seed decides and nothing else does, and the input images stay.

    The first two calls have one seed, the others have others.
    """
    first, again, *others = calls
    if any(call.after is not None and (call.after != call.inputs).any() for call in calls):
        return "in place"
    if (first.outputs != again.outputs).any():
        return "unseeded"
    if all((first.outputs == other.outputs).all() for other in others):
        return "same draw"
    return None


def mirrored(calls: list[Call]) -> str | None:
    """Whether each image is itself or its mirror."""
    seen = {}
    for call in calls:
        changes = {
            "right": call.inputs[:, :, ::-1],
            "rows": call.inputs[:, ::-1],
            "both": call.inputs[:, ::-1, ::-1],
            "channels": call.inputs[..., ::-1],
        }
        left = ~_same(call.outputs, call.inputs)
        for name, changed in changes.items():
            same = _same(call.outputs, changed) & left
            seen[name] = seen.get(name, 0) + same.sum()
            left &= ~same
        for image in call.outputs[left]:
            both = np.concatenate([call.inputs, call.inputs[:, :, ::-1]])
            name = "order" if (both == image).all(axis=(1, 2, 3)).any() else "other"
            seen[name] = seen.get(name, 0) + 1
    del seen["right"]
    worst = max(seen, key=seen.get)
    return worst if seen[worst] else None


def flips(calls: list[Call]) -> str | None:
    """Whether each image was mirrored by a draw of its own, half of them in all."""
    drawn = [~_same(call.outputs, call.inputs) for call in calls[1:]]
    if all(flipped.all() or not flipped.any() for flipped in drawn):
        shares = {bool(flipped[0]) for flipped in drawn}
        return "batch" if len(shares) == 2 else "always" if shares == {True} else "never"
    share = np.concatenate(drawn).mean()
    if abs(share - 0.5) >= HALF:
        return "share"
    # Draws for so many images are never the same for two seeds; for all seeds, no seed decides.
    different = len({flipped.tobytes() for flipped in drawn})
    if 1 < different < len(drawn):
        return "pattern"
    counts = np.array([flipped.sum() for flipped in drawn])
    even = ((counts - counts.mean()) ** 2).sum() < EVEN * len(drawn[0]) / 4
    return "exactly half" if even and different > 1 else None


def _same(images, others):
    return (images == others).all(axis=(1, 2, 3))


def _windows(image, margins, mode, **more):
    """Every window of the padded image, (rows, columns, h, w, c), as a view."""
    (top, left), sizes = margins, image.shape[:2]
    padded = np.pad(image, ((top, top), (left, left), (0, 0)), mode, **more)
    return np.moveaxis(np.lib.stride_tricks.sliding_window_view(padded, sizes, (0, 1)), 2, -1)


def _place(image, windows) -> tuple | None:
    where = np.argwhere((windows == image).all(axis=(2, 3, 4)))
    return tuple(where[0]) if len(where) else None


def margins(call: Call) -> tuple[int, int]:
    """The margin above and that on the left."""
    return call.inputs.shape[1] // 8, call.inputs.shape[2] // 8


def windows(calls: list[Call]) -> str | None:
    """Whether each image is a window of its own padded image."""
    lost = [
        (image, original, margins(call))
        for call in calls
        for image, original in zip(call.outputs, call.inputs, strict=True)
        if _place(image, _windows(original, margins(call), "edge")) is None
    ][:12]
    if not lost:
        return None
    wide = (8, 8)
    ways = {
        "mirrored": ("reflect", None),
        "rolled": ("wrap", None),
        "doubled": ("symmetric", None),
        "margin": ("edge", wide),
    }
    # One image may look alike in two ways: what explains the most of them is meant.
    explained = {"black": sum(_framed(*each) for each in lost)} | {
        name: sum(
            _place(image, _windows(original, size or own, mode)) is not None
            for image, original, own in lost
        )
        for name, (mode, size) in ways.items()
    }
    best = max(explained, key=explained.get)
    return best if 2 * explained[best] > len(lost) else "other"


def _framed(image, original, own) -> bool:
    """Whether the image is a window of the original in a frame of one colour, whichever it is."""
    windows = _windows(original, own, "constant", constant_values=np.nan)
    fits = ((windows == image) | np.isnan(windows)).all(axis=(2, 3, 4))
    frames = (image[np.isnan(windows[tuple(place)][..., 0])] for place in np.argwhere(fits))
    return any(len(frame) and (frame == frame[0]).all() for frame in frames)


def places(calls: list[Call]) -> str | None:
    """Whether all places of the window come, each image at its own, down and across apart."""
    top, left = margins(calls[0])
    each = [
        np.array(
            [
                _place(image, _windows(original, (top, left), "edge"))
                for image, original in zip(call.outputs, call.inputs, strict=True)
            ]
        )
        for call in calls[1:]
    ]
    drawn = np.concatenate(each)
    if (drawn == (top, left)).all():
        return "never"
    if all((batch == batch[0]).all() for batch in each):
        return "batch"
    if (drawn == drawn[0]).all(axis=0).any():
        return "one direction"
    if any((batch == batch[0]).all(axis=0).any() for batch in each):
        return "one for all"
    if abs(np.corrcoef(drawn.T)[0, 1]) > 0.6:
        return "tied"
    for column, size in zip(drawn.T, (2 * top + 1, 2 * left + 1), strict=True):
        counts = np.bincount(column, minlength=size)
        even = len(column) / size
        if not counts.all() or ((counts - even) ** 2 / even).sum() > UNEVEN:
            return likelihood.wrong_places(counts)
    return None
