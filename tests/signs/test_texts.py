"""What users read names commands that work: `signs` with its commands, arguments and options."""

from __future__ import annotations

import ast
import importlib
import re
import shlex
import subprocess
from functools import cache
from pathlib import Path

import pytest
import typer

from signs.__main__ import COMMANDS

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGES = ("nets", "datasets", "training", "grader", "signs", "benchmarks")
MODULE = re.compile(r"python3? -m (?:grader|training|datasets|nets)\b")
# What has been, what other programs run, and what says that these forms exist.
NOT_READ_BY_USERS = {
    "CHANGELOG.md",
    "docs/design.md",
    "grader/templates/classroom.yml",
    "grader/templates/gradescope_run_autograder",
}
LISTED = subprocess.run(
    ["git", "ls-files", "-co", "--exclude-standard"],
    cwd=ROOT,
    capture_output=True,
    text=True,
    check=True,
).stdout.split()
FILES = [Path(name) for name in LISTED if (ROOT / name).is_file()]
TEXTS = [
    path
    for path in FILES
    if path.suffix in (".md", ".po", ".toml", ".ipynb")
    or path.parts[0] in ("solutions", "assignments")
    or path.parts[:2] == ("grader", "templates")
]
CODE = [path for path in FILES if path.suffix == ".py" and path.parts[0] in PACKAGES]
# In a page a command is a span or a line of code; a comment or a full stop ends it.
SPAN = re.compile(r"\.venv/bin/signs\b([^`#\"。；，]*)")


def read(path: Path) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def docstrings(tree: ast.Module) -> set[int]:
    """The ids of the constants that are docstrings, and of what a help text is made of."""
    kinds = ast.Module | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    bodies = [node.body[0] for node in ast.walk(tree) if isinstance(node, kinds) and node.body]
    return {id(first.value) for first in bodies if isinstance(first, ast.Expr)}


def strings(path: Path) -> list[str]:
    """The texts in a file of code that may be printed: all but docstrings."""
    tree = ast.parse(read(path))
    others = docstrings(tree)
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in others
    ]


def test_there_are_texts_and_code():
    assert {path.suffix for path in TEXTS} >= {".md", ".po", ".toml", ".py"} and len(CODE) > 100


@pytest.mark.parametrize("path", TEXTS, ids=str)
def test_a_text_names_the_one_command(path):
    if path.as_posix() not in NOT_READ_BY_USERS:
        assert not MODULE.findall(" ".join(read(path).split()))


def test_a_message_names_the_one_command():
    assert not {
        f"{path}: {text}"
        for path in CODE
        for text in strings(path)
        if MODULE.search(text) and text != f"python -m {path.parts[0]}"  # as --help calls it
    }


@pytest.mark.parametrize("path", TEXTS, ids=str)
def test_a_text_does_not_install_for_another_python(path):
    assert not re.findall(r"(?<!-m )\bpip install -r", " ".join(read(path).split()))


@cache
def app(name: str):
    """The command line of a package: its commands, with their parameters."""
    return typer.main.get_command(importlib.import_module(name).app)


def fault(words: str) -> str:
    """Why a command after `signs` cannot be typed like this, "" if it can."""
    name, *rest = shlex.split(words) or ["status"]
    if name == "--help":
        return ""
    if name not in COMMANDS:
        return f"signs has no command {name}"
    command = app(COMMANDS[name].entry.partition(":")[0])
    rest = rest if COMMANDS[name].whole else [name, *rest]
    while hasattr(command, "commands"):
        if not rest or rest[0] == "--help":
            return ""
        if rest[0] not in command.commands:
            return f"{name} has no command {rest[0]}"
        command, rest = command.commands[rest[0]], rest[1:]
    return misused(command, rest)


def misused(command, words: list[str]) -> str:
    """Which option or argument a command does not have, or lacks."""
    options = {option: it for it in command.params for option in (*it.opts, *it.secondary_opts)}
    places = [it for it in command.params if it.param_type_name == "argument"]
    given = 0
    while words:
        word, *words = words
        if word == "--help":
            return ""
        if not word.startswith("-"):
            given += 1
        elif word not in options:
            return f"no option {word}"
        elif not options[word].is_flag:
            if not words:
                return f"{word} without a value"
            words = words[1:]
    needed = sum(it.required for it in places)
    most = float("inf") if any(it.nargs < 0 for it in places) else len(places)
    return "" if needed <= given <= most else f"{given} arguments"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("", ""),
        ("status --lang zh", ""),
        ("hint lenet lenet5", ""),
        ("hint", "0 arguments"),
        ("hint a b c", "3 arguments"),
        ("nets", ""),
        ("nets show resnet50 --size 64", ""),
        ("nets lst", "nets has no command lst"),
        ("study transfer --sizes 10,50 --show", ""),
        ("reproduce lenet vgg --seeds 3", ""),
        ("reproduce --seed 3", "no option --seed"),
        ("reproduce --seeds", "--seeds without a value"),
        ("release", ""),
        ("relase", "signs has no command relase"),
    ],
)
def test_a_command_that_cannot_be_typed_is_seen(words, said):
    assert fault(words) == said


def named(path: Path) -> list[str]:
    """The commands that a page or an exercise names, without [optional] parts."""
    text = read(path)
    if path.suffix == ".md":
        text = re.sub(r"`[^`\n]*\n?[^`\n]*`", lambda span: " ".join(span[0].split()), text)
    lines = [re.sub(r"\[.*", "", line) for line in SPAN.findall(text)]
    return [part.split("\n")[0].strip(" .,") for part in lines]


@pytest.mark.parametrize("path", [path for path in TEXTS if SPAN.search(read(path))], ids=str)
def test_each_command_in_a_text_can_be_typed(path):
    commands = [re.sub(r"\\n|\{[\w. ]+\}", "X", command) for command in named(path)]
    assert {command: fault(command) for command in commands if fault(command)} == {}


def test_the_pages_name_commands_of_every_package():
    words = {command.partition(" ")[0] for path in TEXTS for command in named(path)}
    assert {"check", "reproduce", "nets", "data", "watch", "study", "batch"} <= words


def in_messages() -> dict[str, str]:
    """The words of every `typed(...)` in the code: where they stand; X for what is filled in."""
    found = {}
    for path in CODE:
        for node in ast.walk(ast.parse(read(path))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "typed" and node.args:
                parts = getattr(node.args[0], "values", [node.args[0]])
                texts = [getattr(part, "value", "X") for part in parts]
                words = "".join(text if isinstance(text, str) else "X" for text in texts)
                found[words] = str(path)
    return found


def test_each_command_in_a_message_can_be_typed():
    found = in_messages()
    assert len(found) > 10 and "hint X X" in found
    found.pop("COMMAND --help")
    # What is filled in before an option may be an option itself, or nothing.
    others = {words: re.sub(r"X(?= ?--)", "", words) for words in found}
    assert not {
        f"{found[words]}: {words}: {fault(words)}"
        for words, other in others.items()
        if fault(words) and fault(other)
    }


def test_a_message_takes_its_command_from_typed():
    """No `release NAME` without the program, no program without its folder."""
    bare = re.compile(rf"`(?:signs )?(?:{'|'.join(COMMANDS)}) [^`]*`")
    helps = re.compile(r"^[A-Z].*\.$", re.DOTALL)
    assert not {
        f"{path}: {text}"
        for path in CODE
        for text in strings(path)
        if bare.search(text) and not helps.search(text)
    }
