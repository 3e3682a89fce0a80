"""In otter's kernel: the grader's own requests, run on a submission's functions and compared.

Both graders run the same functions on the same inputs; only the way they run them differs.
"""

from __future__ import annotations

import json
import types
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from grader.judging import compare
from grader.runner.cases import run
from grader.runner.loader import Code

TEST = """
OK_FORMAT = False

from otter.test_files import test_case

name = {name!r}
points = 1


@test_case()
def test_{name}(env):
    from benchmarks.otter_check import check

    check(env, {folder!r}, {name!r})
"""


def keep(folder: Path, name: str, cases: list[dict], expected: list) -> None:
    """Write what `check` needs: the cases, and the oracle's results for each."""
    (folder / f"{name}.json").write_text(json.dumps(cases))
    arrays = {
        f"{i}:{mode}": value
        for i, result in enumerate(expected)
        for mode, value in result.arrays.items()
    }
    np.savez(folder / f"{name}.npz", **arrays)


def check(environment: Mapping, folder: str, name: str) -> None:
    """Run the cases `name` on the functions in `environment`; AssertionError if one differs."""
    module = types.SimpleNamespace(**environment)
    cases = json.loads(Path(folder, f"{name}.json").read_text())
    with np.load(Path(folder, f"{name}.npz")) as expected:
        for i, case in enumerate(cases):
            _, arrays = run(Code(module, "submission.py"), case)
            for mode, value in arrays.items():
                assert compare.alike(value, expected[f"{i}:{mode}"]), f"{name}, case {i}, {mode}"
