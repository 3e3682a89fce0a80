"""Of each graded function: the calls that are made of it, and the parts that are judged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from grader.judging.checks import beside

_HERE = str(Path(__file__).resolve())
properties, places, colours, threads = (
    beside(_HERE, name) for name in ("properties", "places", "colours", "threads")
)


def _calls(name: str, values: str, shape: list[int], *rows: tuple) -> dict:
    """A request: each row is a seed, and the options of the call."""
    cases = [
        {
            "call": name,
            "array": shape,
            "values": values,
            "args": [seed],
            "kwargs": options,
            "after": i == 0,
        }
        for i, (seed, options) in enumerate(rows)
    ]
    return {"cases": cases}


def _run(functions, workers: int, passes: int, count: int) -> dict:
    return {
        "call": "augment_in_threads",
        "dataset": [count, 8, 8, 3],
        "batch": 2,
        "functions": list(functions),
        "kwargs": {"workers": workers},
        "passes": passes,
        "gives": "dataset",
    }


def _meeting(parties: int) -> list[dict]:
    # Right answers meet at once; the seconds are what a loaded machine may take to wake a thread.
    return [{"does": "meet", "parties": parties, "seconds": 4, "row": 0}]


ONCE = (1, 1, 2, 3, 4, 5, 6, 7, 8, 9)
NOTHING = {"degrees": 0, "shear": 0, "warp": 0}
TURN, SHEAR, WARP = (
    {**NOTHING, name: most} for name, most in (("degrees", 20), ("shear", 0.3), ("warp", 3))
)
PROBES = {
    "mirror": _calls("mirror", "pixels", [40, 10, 14, 3], *((seed, {}) for seed in ONCE)),
    "random_crop": _calls(
        "random_crop", "pixels", [60, 16, 24, 3], *((seed, {}) for seed in ONCE[:7])
    ),
    "rotate_shear_warp": _calls(
        "rotate_shear_warp",
        "places",
        [40, 24, 32, 3],
        (1, TURN),
        (1, TURN),
        (2, TURN),
        (3, SHEAR),
        (4, WARP),
        (5, NOTHING),
    ),
    "colour_shift_pca": _calls(
        "colour_shift_pca", "colours", [256, 8, 8, 3], (1, {}), (1, {}), (2, {})
    ),
    "augment_in_threads": {
        "cases": [
            _run(
                [
                    *threads.OPS,
                    {"does": "seed", "row": 0},
                    {"does": "seed", "row": 1},
                    {"does": "hold", "seconds": 0.05},
                ],
                2,
                2,
                23,
            ),
            _run(_meeting(3), 3, 1, 24),
            _run(_meeting(1), 1, 1, 8),
        ]
    },
}


@dataclass(frozen=True)
class Part:
    """What is judged of a function: `look` at its calls; `after` the parts that must hold first."""

    look: Callable
    after: tuple[str, ...] = ("kind",)


def _kind(calls):
    return properties.kind(calls)


PARTS = {
    "mirror": {
        "kind": Part(_kind, ()),
        "change": Part(properties.mirrored),
        "draws": Part(properties.flips, ("kind", "change")),
        "seeds": Part(properties.seeds, ("kind", "change", "draws")),
    },
    "random_crop": {
        "kind": Part(_kind, ()),
        "change": Part(properties.windows),
        "draws": Part(properties.places, ("kind", "change")),
        "seeds": Part(properties.seeds, ("kind", "change", "draws")),
    },
    "rotate_shear_warp": {
        "kind": Part(lambda calls: properties.kind(calls) or places.still(calls[5]), ()),
        "rotation": Part(lambda calls: places.turned([calls[0], calls[2]])),
        "shear": Part(lambda calls: places.sheared(calls[3])),
        "warp": Part(lambda calls: places.warped(calls[4])),
        "seeds": Part(lambda calls: properties.seeds(calls[:3]), ("kind", "rotation")),
    },
    "colour_shift_pca": {
        "kind": Part(lambda calls: properties.kind(calls) or colours.clipped(calls), ()),
        "change": Part(colours.constant),
        "draws": Part(lambda calls: colours.along_axes([calls[0], calls[2]]), ("kind", "change")),
        "seeds": Part(properties.seeds, ("kind", "change", "draws")),
    },
    "augment_in_threads": {
        "kind": Part(lambda runs: threads.kind(runs[0]), ()),
        "pairs": Part(lambda runs: threads.pairs(runs[0])),
        "ops": Part(lambda runs: threads.ops(runs[0]), ("kind", "pairs")),
        "seeds": Part(lambda runs: threads.seeds(runs[0]), ("kind", "pairs", "ops")),
        "threads": Part(
            lambda runs: (
                threads.lazy(runs[0]) or threads.together(runs[1]) or threads.together(runs[2])
            ),
            ("kind", "pairs", "ops"),
        ),
    },
}


def looked_at(exercise: str, cases: list[tuple]) -> list:
    """The calls in the cases, each with its seed, and what came back."""
    make = threads.Run if exercise == "augment_in_threads" else properties.Call
    return [make(case, evidence) for case, evidence in cases]


def finding(exercise: str, part: str, calls: list) -> tuple[str, str] | None:
    """The first part that does not hold, of `part` and those that it needs, and what is seen."""
    for name in (*PARTS[exercise][part].after, part):
        code = PARTS[exercise][name].look(calls)
        if code is not None:
            return name, code
    return None
