"""The skeleton of an exercise: whole, clean, only under a new and fitting name, or not there."""

from __future__ import annotations

import ast
import shutil
import subprocess

import pytest

from datasets.invocation import typed
from grader import assignments
from grader.__main__ import run
from grader.authoring import new, regions, sentences
from grader.errors import GraderError
from grader.i18n import po

LONGEST = "a_network_with_the_longest_nam"


def files(folder) -> dict[str, str]:
    """The files of a folder by their places in it, with their texts."""
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }


@pytest.mark.parametrize("name", ["net", LONGEST])
def test_the_skeleton_is_whole_and_clean(empty, name, capsys):
    assert run(["new", name]) == 0
    written = files(empty)
    *lines, last = capsys.readouterr().out.splitlines()
    assert sorted(line.removesuffix(": written") for line in lines) == sorted(written)
    assert typed(f"prove {name}") in last
    assert sorted(written) == sorted(
        [
            f"grader/locale/de/LC_MESSAGES/{name}.po",
            f"grader/locale/zh_CN/LC_MESSAGES/{name}.po",
            f"solutions/{name}.py",
            *(
                f"tests/autograder/{name}/{file}"
                for file in ("hints.toml", "misconceptions.py", f"test_{name}.py", "variants.py")
            ),
            *(f"tests/judgement/{name}/{file}" for file in ("mutants.py", "styles.py")),
        ]
    )
    for place, text in written.items():
        assert "NAME" not in text and "TITLE" not in text, place
        if place.endswith(".py"):
            assert ast.get_docstring(ast.parse(text)) or place.startswith("solutions"), place
    [region] = regions.find(written[f"solutions/{name}.py"])
    assert (region.name, region.points) == (name, 100)
    assert assignments.names() == [name]


def test_every_sentence_waits_for_its_translation(empty):
    new.create("net")
    text = (po.FOLDER / "de" / "LC_MESSAGES" / "net.po").read_text(encoding="utf-8")
    assert (
        po.entries(text) == {"": po.entries(text)[""]} and "Language: de\n" in po.entries(text)[""]
    )
    filled = po.entries(text.replace('msgstr ""', 'msgstr "x"'))
    every = sentences.of_assignment(assignments.find("net"))
    assert set(filled) - {""} == set(every) and len(every) > 30


def test_it_needs_no_linter(empty):
    ruff = shutil.which("ruff")
    if ruff is None:
        pytest.skip("ruff is not installed")
    new.create(LONGEST)
    config = ["--config", str(new.TEMPLATES.parents[2] / "pyproject.toml"), str(empty)]
    for command in (["check"], ["format", "--check"]):
        done = subprocess.run([ruff, *command, *config], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    "name",
    [
        "Net",
        "9net",
        "my-net",
        "class",
        "net_",
        "a__b",
        "test_net",
        "",
        "../net",
        f"{LONGEST}e",
        "nét",
    ],
)
def test_a_name_that_does_not_fit_is_refused_in_one_line(empty, capsys, name):
    before = files(empty)
    assert run(["new", name]) == 2
    said = capsys.readouterr().err
    assert "such as tiny_network" in said and said.count("\n") == 1
    assert files(empty) == before


@pytest.mark.parametrize(
    "taken",
    [
        "solutions/net.py",
        "tests/judgement/net/styles.py",
        "tests/autograder/net/test_net.py",
        "grader/locale/de/LC_MESSAGES/net.po",
    ],
)
def test_a_name_that_is_taken_is_refused_in_one_line(empty, capsys, taken):
    (empty / taken).parent.mkdir(parents=True, exist_ok=True)
    (empty / taken).write_text("mine\n")
    assert run(["new", "net"]) == 2
    said = capsys.readouterr().err
    assert "received 'net'" in said and said.count("\n") == 1
    assert files(empty) == {taken: "mine\n"}


@pytest.mark.parametrize("name", ["keras", "layers", "network", "walk", "sys"])
def test_a_word_of_the_skeleton_is_refused(empty, capsys, name):
    before = files(empty)
    assert run(["new", name]) == 2
    assert "the skeleton uses that word" in capsys.readouterr().err and files(empty) == before


@pytest.mark.parametrize("number", [0, 3, 6, 8])
def test_where_one_file_cannot_be_written_none_stays(empty, monkeypatch, number):
    write, calls, folders = new.write_whole, [], sorted(empty.rglob("*"))

    def failing(path, content):
        calls.append(path)
        if len(calls) > number:
            raise GraderError("no space left")
        write(path, content)

    monkeypatch.setattr(new, "write_whole", failing)
    with pytest.raises(GraderError, match="no space left"):
        new.create("net")
    left = [path for path in sorted(empty.rglob("*")) if "__pycache__" not in str(path)]
    assert left == folders and len(calls) == number + 1
