"""`signs`: the commands of all packages under one name; each package is imported when asked for."""

from __future__ import annotations

import difflib
import pkgutil
import sys
from dataclasses import dataclass

from datasets.invocation import typed, without_library

BAD_USE = 2
INTERRUPTED = 130


@dataclass(frozen=True)
class Command:
    """A word after `signs`: what it does in a line, and the function that does it.

    entry: takes the words and the name of the program, and returns the exit status.
    group: commands of its own follow the word, which alone shows them. whole: the entry does not
    know the word: it is all of a package, or one command.
    """

    about: str
    entry: str
    group: bool = False
    whole: bool = False


GRADER, TRAINING = "grader.__main__:run", "training.__main__:main"
NETS, DATASETS = "signs.explore.commands:main", "datasets.__main__:main"
REPORT = "signs.report.commands:main"
# By who you are, and what you would want first.
GROUPS = {
    "You learn": {
        "status": Command("your points, and what is next; also without a command", GRADER),
        "watch": Command("check an exercise whenever you save it", GRADER),
        "check": Command("check an exercise once; the exit status is 0 at full marks", GRADER),
        "hint": Command("the next hint for an exercise", GRADER),
        "solution": Command("the worked solution beside yours", GRADER),
        "reset": Command("put the empty exercise back; a dated copy of yours stays", GRADER),
        "report": Command("a page about your progress, for you alone", REPORT, whole=True),
        "predict": Command("what a trained network sees in your own photographs", TRAINING),
    },
    "You teach": {
        "release": Command("make the exercises, as scripts or notebooks", GRADER),
        "batch": Command("grade a folder of submissions", GRADER),
        "export": Command("write for Gradescope, GitHub Classroom or nbgrader", GRADER),
        "key": Command("the secret key of your checks, to reproduce scores elsewhere", GRADER),
        "new": Command("begin an exercise of your own", GRADER),
        "prove": Command("what an exercise still lacks", GRADER),
    },
    "You research": {
        "reproduce": Command("train the reference runs; published beside measured", TRAINING),
        "runs": Command("list, show, compare and evaluate what was trained", TRAINING, True),
        "doctor": Command("is the GPU used? What is wrong, and what to type", TRAINING),
        "race": Command("how soon a fast network reads hands: accuracy, seconds", TRAINING),
        "pretrain": Command("train a network on drawn hands, to transfer it", TRAINING),
        "study": Command("transfer learning: size of the data, policy, weights", TRAINING, True),
        "nets": Command("list, show, explore and compare networks", NETS, True, True),
        "data": Command("audit, download, draw and time the data", DATASETS, True, True),
    },
}
COMMANDS = {word: command for group in GROUPS.values() for word, command in group.items()}


def main(words: list[str] | None = None) -> int:
    """Run the command line; returns the exit status that the command of the package gives."""
    if words is None:  # typed, not called from a program
        from training import huge_pages

        words = sys.argv[1:]
        huge_pages.restart(words)
    if words[:1] in (["--help"], ["-h"], ["help"]):
        print(overview())
        return 0
    name, rest, prog = (words or ["status"])[0], words, "signs"
    if name.startswith("-"):  # such as --lang zh, before the command or without one
        command = COMMANDS["status"]
    elif name in COMMANDS:
        command = COMMANDS[name]
    else:
        return _failed(_unknown(name), BAD_USE)
    if command.group:
        rest = words if words[1:] else [name, "--help"]
    if command.whole:
        rest, prog = rest[1:], f"signs {name}"
    try:
        entry = pkgutil.resolve_name(command.entry)
    except ModuleNotFoundError as missing:
        return _failed(without_library(missing), 1)
    except KeyboardInterrupt:
        return INTERRUPTED
    return entry(rest, prog)


def overview() -> str:
    """What `signs --help` prints."""
    lines = ["Usage: signs [COMMAND] [ARGUMENTS]", ""]
    lines += ["Classic convolutional networks: learn them, grade them, reproduce them.", ""]
    for title, commands in GROUPS.items():
        lines += [f"{title}:", *(f"  {word:<11}{it.about}" for word, it in commands.items()), ""]
    return "\n".join([*lines, f"More about one: {typed('COMMAND --help')}"])


def _unknown(name: str) -> str:
    close = difflib.get_close_matches(name, COMMANDS, n=1, cutoff=0.6)
    advice = f"did you mean {close[0]}?" if close else f"{typed('--help')} lists them"
    return f"expected a command, received {name!r}; {advice}"


def _failed(line: str, status: int) -> int:
    print(f"error: {line}", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
