"""Mutation testing: does a small change of the code make a test fail?

    python -m venv .venv-mutation && .venv-mutation/bin/pip install cosmic-ray
    .venv-mutation/bin/python -m tests.reliability.mutation nets --mutants 60 --save nets.jsonl

Places in the code are drawn by the seed, and at each of them one of Cosmic Ray's changes: another
operator, comparison, number, condition, ... The change is made in a copy of the checkout, where the
tests of that file's room run until one fails, first those that name the file. A change that they do
not see survives; its line is printed, to be read. `--python` runs the tests. On Linux only.

Changes in annotations are left out: nothing reads them. A mutant's line in the file that is saved
holds all there is to know about it; mutants that are in it are not run again.
"""

from __future__ import annotations

import argparse
import ast
import concurrent.futures
import json
import os
import queue
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGES = ("nets", "datasets", "grader")
NO_TESTS = 5  # pytest's exit status
# Tests that look at the project's text, or that take minutes and look at other things.
NOT_THESE = re.compile(r"test_attacks|test_house|test_fuzz|test_dask_cluster")
# A mutant may loop for ever. Every room's tests end sooner than this, on two loaded cores.
SECONDS = 1200
# A mutant may end any process and delete any file: so it sees its own processes alone, and cannot
# write into the checkout.
WALLS = """mount -t proc proc /proc
mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"
"""


def main(words: list[str] | None = None) -> int:
    """Draw mutants, test them, and say how many were killed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("packages", nargs="*", default=list(PACKAGES))
    parser.add_argument("--mutants", type=int, default=60, help="of each package")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--at-once", type=int, default=2)
    parser.add_argument("--python", default=str(ROOT / ".venv/bin/python"))
    parser.add_argument("--save", type=Path, required=True)
    options = parser.parse_args(words)
    known = _read(options.save)
    trees: queue.Queue[Path] = queue.Queue()
    with tempfile.TemporaryDirectory(dir="/var/tmp") as temporary:
        for number in range(options.at_once):
            trees.put(_copy(Path(temporary) / str(number) / "project"))

        def test(mutant: dict) -> dict:
            if (done := known.get(_key(mutant))) is not None:
                return done
            tree = trees.get()
            try:
                return _tested(mutant, tree, options.python)
            finally:
                trees.put(tree)

        with concurrent.futures.ThreadPoolExecutor(options.at_once) as pool:
            for package in options.packages:
                results = []
                for result in pool.map(test, drawn(package, options.mutants, options.seed)):
                    results.append(result)
                    if _key(result) not in known:
                        known[_key(result)] = result
                        with options.save.open("a", encoding="utf-8") as file:
                            file.write(json.dumps(result, ensure_ascii=False) + "\n")
                    _say(result)
                counts = Counter(result["outcome"] for result in results)
                print(f"{package}: {len(results)} mutants, {dict(counts)}", flush=True)
    return 0


def drawn(package: str, number: int, seed: int) -> Iterator[dict]:
    """Mutants of a package's files, places drawn without replacement."""
    places: dict[tuple, list[dict]] = {}
    for path in sorted((ROOT / package).rglob("*.py")):
        for mutant in mutants(path):
            places.setdefault((mutant["file"], *mutant["start"]), []).append(mutant)
    draws = random.Random(f"{package} {seed}")
    for place in draws.sample(sorted(places), min(number, len(places))):
        yield draws.choice(places[place])


def mutants(path: Path) -> Iterator[dict]:
    """All mutants of a file: the operator, which of its places, and where that is."""
    from cosmic_ray import plugins
    from cosmic_ray.ast import ast_nodes, get_ast

    code = path.read_text(encoding="utf-8")
    unread = list(_annotations(code))
    nodes = list(ast_nodes(get_ast(code)))
    for name in plugins.operator_names():
        operator = plugins.get_operator(name)
        if operator.arguments() or name == "core/NoOp":
            continue
        positions = (at for node in nodes for at in operator().mutation_positions(node))
        for occurrence, (start, end) in enumerate(positions):
            if not any(first <= start and end <= last for first, last in unread):
                yield {
                    "file": path.relative_to(ROOT).as_posix(),
                    "operator": name,
                    "occurrence": occurrence,
                    "start": list(start),
                }


def _annotations(code: str) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    for node in ast.walk(ast.parse(code)):
        for name in ("annotation", "returns"):
            found = getattr(node, name, None)
            if isinstance(found, ast.expr):
                last = found.end_lineno, found.end_col_offset
                yield (found.lineno, found.col_offset), last  # type: ignore[misc]


def _tested(mutant: dict, tree: Path, python: str) -> dict:
    from cosmic_ray import plugins
    from cosmic_ray.mutating import mutate_code

    path = tree / mutant["file"]
    right = path.read_text(encoding="utf-8")
    operator = plugins.get_operator(mutant["operator"])()
    wrong = mutate_code(right, operator, mutant["occurrence"])
    line = mutant["start"][0] - 1
    told = {"was": right.splitlines()[line].strip(), "is": wrong.splitlines()[line].strip()}
    began, result = time.monotonic(), {"outcome": "survived", "by": None}
    steps = [[*tests] for tests in tests_of(mutant["file"])]
    while steps:
        path.write_text(wrong, encoding="utf-8")
        try:
            status, failed = _run(python, tree, steps[0])
        finally:
            path.write_text(right, encoding="utf-8")
        if status in (0, NO_TESTS):
            steps.pop(0)
        elif failed is not None and not _passes(python, tree, failed):
            steps[0] += ["--deselect", failed]  # it fails by itself here, so it says nothing
        else:
            result = {"outcome": "timed out" if status is None else "killed", "by": failed}
            break
    seconds = round(time.monotonic() - began, 1)
    return {**mutant, **told, **result, "seconds": seconds}


def _passes(python: str, tree: Path, test: str) -> bool:
    """Whether a test passes with the right code; each is asked once."""
    if test not in _passing:
        _passing[test] = _run(python, tree, [test], [])[0] == 0
    return _passing[test]


_passing: dict[str, bool] = {}


def tests_of(file: str) -> list[list[str]]:
    """The test files that should see a change of a file: those that name it, then its room's."""
    module = Path(file).with_suffix("")
    package, stem = ".".join(module.parent.parts), module.name
    names = re.compile(
        rf"{re.escape(package)}\.{stem}\b|from {re.escape(package)} import [^\n]*\b{stem}\b"
    )
    room = ROOT / "tests" / module.parent
    while not room.is_dir():
        room = room.parent
    every = [
        path
        for path in sorted((ROOT / "tests").rglob("test_*.py"))
        if not NOT_THESE.search(path.name)
    ]
    nearest = [path for path in every if stem in path.stem and path.is_relative_to(room)]
    naming = [
        path for path in every if names.search(path.read_text("utf-8")) and path not in nearest
    ]
    others = [
        path for path in every if path.is_relative_to(room) and path not in (*nearest, *naming)
    ]
    steps = ([str(path.relative_to(ROOT)) for path in some] for some in (nearest, naming, others))
    return [some for some in steps if some]


def _run(
    python: str, tree: Path, tests: list[str], sample: Sequence[str] = ("--sample=1",)
) -> tuple[int | None, str | None]:
    """The exit status of pytest, None if it takes too long; and the test that failed."""
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    options = ["-x", "-q", "-n0", "-p", "no:cacheprovider", *sample]
    process = subprocess.Popen(
        ["unshare", *user, "--pid", "--mount", "--fork", "--kill-child", "sh", "-c", WALLS, ROOT]
        + [python, "-m", "pytest", *options, *tests],
        cwd=tree,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    try:
        output, _ = process.communicate(timeout=SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return None, None
    failed = re.search(r"^(?:FAILED|ERROR) (.+?)(?: - .*)?$", output, re.M)
    return process.returncode, failed and failed[1]


def _copy(folder: Path) -> Path:
    files = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split("\0")
    for name in filter(None, files):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, folder / name)
    (folder / ".venv").symlink_to(ROOT / ".venv")
    return folder


def _key(mutant: dict) -> tuple:
    return mutant["file"], mutant["operator"], mutant["occurrence"], *mutant["start"]


def _read(path: Path) -> dict[tuple, dict]:
    if not path.is_file():
        return {}
    rows = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    return {_key(row): row for row in rows}


def _say(result: dict) -> None:
    print(f"{result['outcome']:<10}{result['file']}:{result['start'][0]} ({result['seconds']} s)")
    if result["outcome"] != "killed":
        print(f"    {result['was']}\n    {result['is']}")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
