"""Every command in README and docs is typed in a clean clone, as a person would, and succeeds.

What would train for hours gets options that make it short, and nothing else is changed.
"""

from __future__ import annotations

import json
import re
import shlex
import shutil
import zipfile

import pytest
from PIL import Image

from tests.first_run.play import ROOT, User, clone, install
from tests.sampling import LONGEST

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
SHORT = ["--epochs", "1", "--data", "synthetic"]
SHORTER = {
    "reproduce": SHORT,
    "race": [*SHORT, "--seeds", "1"],
    "pretrain": ["--hands", "60", "--epochs", "1"],
    "study": [*SHORT, "--sizes", "5", "--seeds", "1", "--weights", "random", "--policies", "all"],
    "data throughput": ["--steps", "0", "--rounds", "1", "--count", "64"],
    "data synthesize": ["--count", "1200"],
}
# Run elsewhere: by a person (tests/first_run/play.py), and beside a server (test_download.py).
ELSEWHERE = {"watch", "data download"}
# An exercise in the middle of being made: `prove` says what it lacks, and ends with 1.
STATUS = {"prove": 1}


def commands() -> list[str]:
    """What stands after `.venv/bin/signs` in a block or a span; [optional] parts are forms."""
    words = []
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        blocks = re.findall(r"^```\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
        lines = [line.partition("#")[0] for block in blocks for line in block.splitlines()]
        prose = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
        lines += [" ".join(span.split()) for span in re.findall(r"`([^`]+)`", prose)]
        words += [match[1].strip() for line in lines
                  if (match := re.match(r"\.venv/bin/signs\b([^\[]*)$", line))]  # fmt: skip
    return list(dict.fromkeys(words))


def key(words: list[str], table) -> str:
    """The name under which a table holds a command: its first words."""
    return next((name for name in (" ".join(words[:2]), *words[:1]) if name in table), "")


def shortened(command: str) -> list[str]:
    """The words of a command, with the options of SHORTER in place of its own."""
    words = shlex.split(command)
    extra = SHORTER.get(key(words, SHORTER), [])
    if words[:1] == ["reproduce"] and "all" in words:
        words = [word for word in words if word not in ("--recipe", "all")] + ["lenet"]
    if words[:2] == ["data", "synthesize"] and "--count" not in words:
        return words
    for option in (word for word in extra if word.startswith("--") and word in words):
        place = words.index(option)
        del words[place : place + 2]
    return words + extra


@pytest.fixture(scope="module")
def user(tmp_path_factory):
    """A person in a clone that has what the pages speak of: a run, answers, a photograph."""
    folder = tmp_path_factory.mktemp("user") / "project"
    clone(folder)
    user = User(folder, whole=False)
    install(user)
    user.types(".venv/bin/signs reproduce lenet --epochs 1 --data synthetic --seeds 2")
    (folder / "FOLDER").mkdir()
    shutil.copy(folder / "solutions" / "vgg.py", folder / "hers.py")
    for name in ("vgg", "residual_networks"):
        shutil.copy(folder / "solutions" / f"{name}.py", folder / "FOLDER" / f"{name}.py")
    Image.effect_noise((640, 480), 50).convert("RGB").save(folder / "hand.jpg")
    return user


def test_the_pages_hold_commands_and_no_table_is_outdated():
    found = [shlex.split(command) for command in commands()]
    assert len(found) > 25
    for table in (SHORTER, ELSEWHERE):
        assert {key(words, table) for words in found} >= set(table)


def notebook(code: str) -> str:
    """A notebook with this code in one cell."""
    cell = {"cell_type": "code", "metadata": {}, "source": code, "outputs": []}
    return json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def hand_in(folder, words: list[str]) -> None:
    """Write the files that `check` is given: right answers to the exercise named, or to one."""
    solutions = {path.stem: path.read_text() for path in (folder / "solutions").glob("*.py")}
    answer = solutions.get(words[0], solutions["residual_networks"])
    for file in (folder / word for word in words):
        if file.suffix == ".zip":
            with zipfile.ZipFile(file, "w") as archive:
                archive.writestr("hers.py", answer)
        elif file.suffix in (".py", ".ipynb"):
            file.write_text(notebook(answer) if file.suffix == ".ipynb" else answer)


@LONGEST
@pytest.mark.parametrize("command", commands())
def test_a_command_of_the_pages_succeeds(user, command):
    words = shlex.split(command)
    if key(words, ELSEWHERE):
        pytest.skip("run by another test, see ELSEWHERE")
    words = shortened(command)
    if words[:1] == ["check"]:  # hers is a right answer to the exercise that the page names
        hand_in(user.folder, words[1:])
    runs = sorted(path.name for path in (user.folder / "runs").glob("lenet-*"))
    named = {"NAME": ["my_exercise"], "RUN": runs}
    words = [named[word].pop(0) if named.get(word) else word for word in words]
    if words[:1] == ["batch"]:  # results of another exercise are refused
        shutil.rmtree(user.folder / "RESULTS", ignore_errors=True)
    if "--show" in words and words[:1] == ["study"]:
        user.types(shlex.join([".venv/bin/signs", *shortened("study transfer")]))
    if "mine.keras" in words:
        [run, *_] = (user.folder / "runs").glob("lenet-*/model.keras")
        shutil.copy(run, user.folder / "mine.keras")
    if words[:1] == ["prove"]:
        user.types(".venv/bin/signs new my_exercise", status=None)
    line = shlex.join([".venv/bin/signs", *words])
    user.types(line, status=STATUS.get(key(words, STATUS), 0))
