"""What the commands of `python -m training` share."""

from __future__ import annotations

import functools
from pathlib import Path

from training.errors import Interrupted, unknown


class Stopped(Exception):
    """Ctrl-C, under a name that typer does not know: it would swallow the message."""


def stoppable(command):
    """The same command, but Ctrl-C leaves it as Stopped, with one line that says what is kept."""

    @functools.wraps(command)
    def run(*arguments, **options):
        try:
            return command(*arguments, **options)
        except Interrupted as error:
            raise Stopped(str(error)) from error
        except KeyboardInterrupt as error:
            raise Stopped("interrupted between two runs; finished ones are kept") from error

    return run


def say(line: str) -> None:
    """Print one line for the user, now."""
    print(line, flush=True)


def short(path: Path) -> Path:
    """The path from the working directory, where it is inside that."""
    try:
        return path.resolve().relative_to(Path.cwd())
    except ValueError:
        return path


def resolved(choice: str, folder: Path | None):
    """The data of a run and where it came from; raises TrainingError for another `choice`."""
    from datasets import find

    if choice not in find.CHOICES:
        raise unknown("the data", choice, find.CHOICES)
    return find.resolve(choice, folder, say=say)
