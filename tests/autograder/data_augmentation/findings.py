"""For each graded function: the calls that are made, and what is looked at in them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from grader.judging.checks import drawn, request, sibling

_HERE = str(Path(__file__).resolve())
properties, places, colours, threads = (
    sibling(_HERE, name) for name in ("properties", "places", "colours", "threads")
)


# A seed that nobody foretells.
UNSEEN = drawn(1000, 10**6)


def _calls(name: str, values: str, shape: list[int], *rows: tuple) -> dict:
    """A request: each row is a seed, and the options of the call. UNSEEN: a seed of its own."""
    cases = []
    for i, (seed, options) in enumerate(rows):
        case = {
            "call": name,
            "array": shape,
            "values": values,
            "args": [seed],
            "kwargs": options,
            "after": i == 0,
        }
        cases.append({**case, "hidden": i} if seed is UNSEEN else case)
    return request(None, calls=cases)


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


ONCE = (1, 1, 2, UNSEEN, 4, UNSEEN, 6, 7, 8, 9)
NOTHING = {"degrees": 0, "shear": 0, "warp": 0}
TURN, SHEAR, WARP = (
    {**NOTHING, name: most} for name, most in (("degrees", 20), ("shear", 0.3), ("warp", 3))
)
REQUESTS = {
    "mirror": _calls("mirror", "pixels", [40, 10, 13, 3], *((seed, {}) for seed in ONCE)),
    "random_crop": _calls(
        "random_crop", "pixels", [60, 22, 31, 3], *((seed, {}) for seed in ONCE[:7])
    ),
    "rotate_shear_warp": _calls(
        "rotate_shear_warp",
        "places",
        [40, 24, 32, 3],
        (1, TURN),
        (1, TURN),
        (2, TURN),
        (UNSEEN, SHEAR),
        (UNSEEN, WARP),
        (5, NOTHING),
    ),
    "colour_shift_pca": request(
        None,
        calls=[
            *_calls("colour_shift_pca", "colours", [256, 8, 8, 3], (1, {}), (1, {}), (UNSEEN, {}))[
                "cases"
            ],
            *_calls("colour_shift_pca", "faint", [64, 8, 8, 3], (3, {}))["cases"],
        ],
    ),
    "augment_in_threads": request(
        None,
        calls=[
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
        ],
    ),
}


# exercise -> part -> what looks at the calls: the code of what is wrong, or None.
PARTS: dict[str, dict[str, Callable[[list], str | None]]] = {
    "mirror": {
        "kind": properties.kind,
        "change": properties.mirrored,
        "draws": properties.flips,
        "seeds": properties.seeds,
    },
    "random_crop": {
        "kind": properties.kind,
        "change": properties.windows,
        "draws": properties.places,
        "seeds": properties.seeds,
    },
    "rotate_shear_warp": {
        "kind": lambda calls: properties.kind(calls) or places.still(calls[5]),
        "rotation": lambda calls: places.turned([calls[0], calls[2]]),
        "shear": lambda calls: places.sheared(calls[3]),
        "warp": lambda calls: places.warped(calls[4]),
        "seeds": lambda calls: properties.seeds(calls[:3]),
    },
    "colour_shift_pca": {
        "kind": lambda calls: (
            properties.kind(calls) or colours.clipped(calls[:3]) or colours.rounded(calls[3])
        ),
        "change": lambda calls: colours.constant(calls[:3]),
        "draws": lambda calls: colours.along_axes([calls[0], calls[2]]),
        "seeds": lambda calls: properties.seeds(calls[:3]),
    },
    "augment_in_threads": {
        "kind": lambda runs: threads.kind(runs[0]),
        "pairs": lambda runs: threads.pairs(runs[0]),
        "ops": lambda runs: threads.ops(runs[0]),
        "seeds": lambda runs: threads.seeds(runs[0]),
        "threads": lambda runs: (
            threads.lazy(runs[0]) or threads.together(runs[1]) or threads.together(runs[2])
        ),
    },
}


def finding(exercise: str, part: str, cases: list[tuple]) -> str | None:
    """The code of what is wrong with a part of the exercise, or None.

    cases: the calls, each a case with its seed, and what came back.
    """
    make = threads.Run if exercise == "augment_in_threads" else properties.Call
    return PARTS[exercise][part]([make(case, evidence) for case, evidence in cases])
