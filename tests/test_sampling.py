"""Samples of tests: what a mark keeps, that a seed decides, and that nothing is lost."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter

import pytest

from tests import sampling
from tests.test_conftest import run_pytest

SMALL = """
import pytest

NAMES = [f"net{i}" for i in range(9)]


@pytest.mark.sampled(3)
@pytest.mark.parametrize("i", range(20))
def test_three(i): pass


@pytest.mark.sampled(3)
@pytest.mark.parametrize("i", range(20))
def test_three_more(i): pass


@pytest.mark.sampled(1, per="name")
@pytest.mark.parametrize(("name", "i"), [(name, i) for name in ("a", "b") for i in range(20)])
def test_one_each(name, i): pass


@pytest.mark.sampled(2, by="name")
@pytest.mark.parametrize("name", NAMES)
def test_first(name): pass


@pytest.mark.sampled(2, by="name")
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("i", range(3))
def test_second(name, i): pass


@pytest.mark.sampled(2, by="name")
def test_without_the_parameter(): pass


@pytest.mark.parametrize("i", range(20))
def test_always(i): pass


@pytest.mark.parametrize("i", range(2))
def test_some(some, i): assert len(some(range(9), 4)) in (4, 9)
"""
ONE_OF_FILES = """
import pytest

pytestmark = pytest.mark.sampled(1, by="file")


@pytest.mark.parametrize("i", range(5))
def test_of_a_file(i): pass


@pytest.mark.sampled(2, by="test", of="long")
def test_long(): pass
"""
KEPT = {
    "test_three": 3,
    "test_three_more": 3,
    "test_one_each": 2,
    "test_first": 2,
    "test_second": 6,
    "test_without_the_parameter": 1,
    "test_always": 20,
    "test_some": 2,
    "test_of_a_file": 5,
    "test_long": 2,
}
# Each of these is in both parts.
DRAWING = {"test_some[0]", "test_some[1]"}


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    folder = tmp_path_factory.mktemp("small")
    (folder / "test_small.py").write_text(SMALL)
    for i in range(4):
        (folder / f"test_file{i}.py").write_text(ONE_OF_FILES)
    return folder


@pytest.fixture(scope="module")
def chosen(root, small):
    """chosen(*options) -> the tests of the small project that they run."""

    def collect(*options):
        run = run_pytest(root, small, "--collect-only", *options)
        assert run.returncode == 0, run.stdout + run.stderr
        return re.findall(r"^(test_\w+\.py::\S+)$", run.stdout, re.MULTILINE)

    return collect


def functions(ids) -> Counter:
    return Counter(one.partition("::")[2].partition("[")[0] for one in ids)


def test_a_mark_says_how_many_are_kept(chosen):
    kept = chosen("--sample=1")
    assert functions(kept) == KEPT
    values = {name: re.findall(rf"::{name}\[.*(net\d)", "\n".join(kept)) for name in KEPT}
    assert len(set(values["test_first"])) == 2
    assert set(values["test_first"]) == set(values["test_second"])
    assert {one[-1] for one in re.findall(r"test_one_each\[(\w)-", "\n".join(kept))} == {"a", "b"}
    assert len({one for one in kept if "test_file" in one and "[0]" in one}) == 1
    assert len({one for one in kept if "test_long" in one}) == 2  # of those of four files


def test_a_seed_decides_and_the_rest_is_what_it_leaves_out(chosen):
    every, kept = chosen(), chosen("--sample=1")
    assert chosen("--sample=1") == kept != chosen("--sample=2")
    rest = chosen("--rest=1")
    assert set(kept) | set(rest) == set(every)
    assert {one.partition("::")[2] for one in set(kept) & set(rest)} == DRAWING
    assert len(every) == 20 + 20 + 40 + 9 + 27 + 1 + 20 + 2 + 4 * 5 + 4


def test_a_pool_gives_the_same_whatever_else_is_collected(chosen, small):
    kept = [one for one in chosen("--sample=1") if "test_second" in one]
    assert kept == [one for one in chosen("--sample=1", "-k", "second") if "test_second" in one]


def test_all_workers_run_the_same_sample_and_the_seed_is_said(root, small, chosen):
    run = run_pytest(root, small, "-vv", "-n", "2", "--dist", "loadfile", "--sample=1")
    assert f"{sum(KEPT.values())} passed" in run.stdout, run.stdout + run.stderr
    assert set(re.findall(r"test_\w+\.py::\w+\S*", run.stdout)) == set(chosen("--sample=1"))
    last = run.stdout.splitlines()[-2]
    assert last == "a sample, seed 1: make test SEED=1 repeats it, make test-all runs all tests"


# Collects the project's tests once, and divides them by several seeds.
COLLECTED = """
import json, sys
import pytest
from tests import sampling

class Divided:
    def pytest_collection_finish(self, session):
        parts = [sampling.divide(session.items, seed) for seed in range(10)]
        found = {
            "all": [item.nodeid for item in session.items],
            "parts": [[[item.nodeid for item in part] for part in both] for both in parts],
            "drawing": [item.nodeid for item in session.items if "some" in item.fixturenames],
            **{
                pool: [
                    item.nodeid for item in session.items
                    if (one := sampling.unit(item)) and one.pool == pool
                ]
                for pool in ("long", "stories")
            },
        }
        with open(sys.argv[1], "w") as file:
            json.dump(found, file)

sys.exit(pytest.main(["--collect-only", "-q", "tests"], plugins=[Divided()]))
"""
ROOMS = {
    "",
    "benchmarks",
    "datasets",
    "first_run",
    "grader/authoring",
    "grader/batch",
    "grader/i18n",
    "grader/judging",
    "grader/learner",
    "grader/runner",
    "judgement",
    "nets",
    "signs",
    "solutions",
    "training",
    "training/lessons",
    "training/results",
}


@pytest.fixture(scope="module")
def divided(root, tmp_path_factory):
    """All tests of the project, and for each seed those that it keeps and those it leaves out."""
    path = tmp_path_factory.mktemp("divided") / "found.json"
    run = subprocess.run(
        [sys.executable, "-c", COLLECTED, str(path)], cwd=root, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stdout[-2000:] + run.stderr
    return json.loads(path.read_text())


def rooms(ids) -> set[str]:
    return {
        one.partition("::")[0].rpartition("/")[0].removeprefix("tests").strip("/") for one in ids
    }


@sampling.LONG
def test_every_room_keeps_tests_by_every_seed(divided):
    assert rooms(divided["all"]) >= ROOMS
    for kept, _ in divided["parts"]:
        assert rooms(kept) == rooms(divided["all"])


@sampling.LONG
def test_no_test_is_in_neither_part(divided):
    for kept, left in divided["parts"]:
        assert set(kept) | set(left) == set(divided["all"])
        assert set(kept) & set(left) == set(kept) & set(divided["drawing"])
    assert len({json.dumps(kept) for kept, _ in divided["parts"]}) == len(divided["parts"])


@sampling.LONG
def test_every_function_keeps_an_item_unless_it_or_its_file_is_one_of_several(divided):
    size, *_ = sampling.LONG.args
    several = divided["long"] + divided["stories"]
    assert len(divided["long"]) > 2 * size
    for kept, _ in divided["parts"]:
        assert len(set(kept) & set(divided["long"])) == size
        # One file, or one test of a file of which other tests always run.
        assert len({one.partition("::")[0] for one in set(kept) & set(divided["stories"])}) == 1
        functions = {one.partition("[")[0] for one in divided["all"]}
        functions -= {one.partition("[")[0] for one in several}
        assert functions <= {one.partition("[")[0] for one in kept}


@sampling.LONG
def test_a_style_of_every_exercise_is_kept(divided):
    styles = "tests/judgement/test_mutants.py::test_right_answers_in_another_style_earn_all["
    exercises = {
        one.removeprefix(styles).partition("-")[0]
        for one in divided["all"]
        if one.startswith(styles)
    }
    for kept, _ in divided["parts"]:
        of = {one.removeprefix(styles).partition("-")[0] for one in kept if one.startswith(styles)}
        assert of == exercises and len(of) >= 8
