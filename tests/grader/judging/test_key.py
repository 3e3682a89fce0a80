"""The key: made once and whole, nobody else's to read; cases, weights and slots follow from it."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from typer.testing import CliRunner

from grader import assignments
from grader.__main__ import app
from grader.errors import GraderError
from grader.judging import checks, key, messages, source
from grader.judging.submission import Submission, for_oracle, seeded

MAKE = "from grader.judging import key; print(key.fingerprint(), key.seed('f', 3))"


def made(environment):
    return subprocess.run(
        [sys.executable, "-c", MAKE],
        cwd=assignments.ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
    )


@pytest.fixture
def own(monkeypatch, tmp_path):
    """An installation's own key, in a data folder of this test."""
    monkeypatch.delenv(key.VARIABLE)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path / "data" / "classic-convnets" / "grader.key"


@pytest.fixture
def another(monkeypatch, tmp_path):
    """another(digit): use the key of this digit alone."""

    def use(digit):
        path = tmp_path / f"{digit}.key"
        path.write_text(digit * 64)
        monkeypatch.setenv(key.VARIABLE, str(path))

    return use


def test_it_is_made_once_for_its_owner_alone(own):
    first = key.fingerprint()
    assert stat.S_IMODE(own.stat().st_mode) == 0o600
    text = own.read_text()
    assert len(text) == 65 and first not in text
    assert list(own.parent.iterdir()) == [own]
    key._of.cache_clear()
    assert key.fingerprint() == first and own.read_text() == text


def test_those_who_begin_at_once_agree(own):
    environment = {"XDG_DATA_HOME": str(own.parent.parent), key.VARIABLE: ""}
    with ThreadPoolExecutor(6) as pool:
        said = {run.stdout for run in pool.map(made, [environment] * 6)}
    assert len(said) == 1 and said != {""}


def test_what_is_drawn_depends_on_the_key_and_on_nothing_else(another):
    def everything():
        texts = [source.of(f"x = {n}") for n in range(40)]
        slots = [Submission(text, None, None).slot for text in texts]
        return slots, [key.seed(name, slot) for name in ("f", "g") for slot in range(8)]

    another("1")
    first = everything()
    assert everything() == first
    assert len(set(first[0])) == key.SLOTS or key.SLOTS == 1
    assert len(set(first[1])) == 16 and max(first[1]) > 2**40
    another("2")
    second = everything()
    assert not set(first[1]) & set(second[1])
    assert key.SLOTS == 1 or first[0] != second[0]


def test_hidden_cases_are_drawn_within_their_bounds_and_never_shown(another):
    name = {"call": "f", "args": [{"drawn": [3, 9]}, [{"drawn": [1, 1000]}, 2]], "gives": "number"}
    request = checks.request(
        "m", first=[{"call": "f", "args": [4, [5, 2]]}, *checks.hidden(name, 4)]
    )
    another("1")
    asked = for_oracle(request, 0)["cases"]
    again = for_oracle(request, 0)["cases"]
    assert asked == again and asked[0]["args"] == [4, [5, 2]]
    drawn = [case["args"] for case in asked[1:]]
    assert all(3 <= a <= 9 and 1 <= b <= 1000 and c == 2 for a, (b, c) in drawn)
    assert len({json.dumps(one) for one in drawn}) == 4
    assert "hidden" not in json.dumps(asked)
    # A request for the rest of the cases asks the same.
    assert seeded(request["cases"][3:], 0) == asked[3:]
    another("2")
    assert [case["args"] for case in seeded(request["cases"], 0)[1:]] != drawn


@pytest.mark.parametrize(
    ("content", "mode", "said"),
    [
        ("", 0o600, "64 hexadecimal digits"),
        ("f" * 63, 0o600, "64 hexadecimal digits"),
        ("f" * 65, 0o600, "64 hexadecimal digits"),
        ("f" * 64, 0o644, "its owner alone"),
    ],
)
def test_a_key_that_is_none_or_everybodys_is_refused(own, content, mode, said):
    own.parent.mkdir(parents=True)
    own.write_text(content)
    own.chmod(mode)
    key._of.cache_clear()
    with pytest.raises(GraderError, match=said):
        key.fingerprint()


@pytest.mark.parametrize("command", ["check", "watch", "batch"])
def test_a_command_grades_with_the_key_that_it_is_given(monkeypatch, tmp_path, command):
    """The key is read before anything is graded: a file that is no key is refused."""
    monkeypatch.setenv(key.VARIABLE, "none.key")  # put back afterwards
    path = tmp_path / "class.key"
    path.write_text("no key")
    more = [str(tmp_path)] if command == "batch" else []
    arguments = [command, "lenet", *more, "--key", str(path)]
    refused = CliRunner().invoke(app, arguments)
    assert isinstance(refused.exception, GraderError), refused.output
    assert "64 hexadecimal digits" in str(refused.exception)
    path.write_text("0" * 64)
    CliRunner().invoke(app, [*arguments, "--help"])
    assert os.environ[key.VARIABLE] == str(path)


def test_a_key_that_is_named_must_be_there(monkeypatch, tmp_path):
    monkeypatch.setenv(key.VARIABLE, str(tmp_path / "none.key"))
    with pytest.raises(GraderError, match="expected the key of the grader, received: No such file"):
        key.fingerprint()


def test_where_none_can_be_kept_one_serves_this_process_and_its_own(tmp_path):
    place = tmp_path / "file"
    place.write_text("")
    script = (
        "import subprocess, sys; from grader.judging import key; key.fingerprint();"
        f"print({MAKE!r} and key.fingerprint(), key.seed('f', 3), flush=True);"
        f"subprocess.run([sys.executable, '-c', {MAKE!r}]); print(key.place().parent)"
    )
    environment = {**os.environ, "XDG_DATA_HOME": str(place)}
    del environment[key.VARIABLE]
    lines = subprocess.run(
        [sys.executable, "-c", script],
        cwd=assignments.ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    assert lines[0] == lines[1]
    assert not os.path.exists(lines[2])


def test_an_exported_key_draws_the_same(own, tmp_path, monkeypatch):
    key._of.cache_clear()
    first = key.fingerprint(), key.seed("f", 1)
    key.export(tmp_path / "class.key")
    with pytest.raises(GraderError, match="expected a new file"):
        key.export(tmp_path / "class.key")
    assert stat.S_IMODE((tmp_path / "class.key").stat().st_mode) == 0o600
    monkeypatch.setenv(key.VARIABLE, "")
    own.unlink()
    key.use(tmp_path / "class.key")
    assert (key.fingerprint(), key.seed("f", 1)) == first


def test_a_table_of_what_feedback_says_earns_nothing(grader):
    """An answer that holds all expected values it was ever told, and computes none."""
    inception, table = assignments.find("inception"), {}
    answer = (
        "TABLE = {}\ndef multiplications(*args, **kwargs):\n"
        "    return TABLE.get(repr((args, sorted(kwargs.items()))), 0)\n"
    )
    for _ in range(4):
        report = grader.grade(inception, source.of(answer.format(table)), ["multiplications"])
        rows = [dict(one.failure.table) for one in report.outcomes if one.failure.table]
        for row in rows:
            if "expected" in row:
                call = eval(f"(lambda *a, **k: (a, sorted(k.items()))){row['called'][15:]}")
                table[repr(call)] = int(row["expected"].replace(",", ""))
    assert len(table) == 3 and report.score == 0
    assert rows == [{"called": messages.HIDDEN.format(function="multiplications")}]
