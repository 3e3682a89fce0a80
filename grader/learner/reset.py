"""Put the released lines of an exercise, or of all, back; a dated copy of the old file stays."""

from __future__ import annotations

from pathlib import Path

from datasets.invocation import typed
from grader.assignments import Assignment
from grader.authoring import regions
from grader.authoring.release import keep, released
from grader.errors import GraderError
from grader.files import write_whole
from grader.i18n.language import say


def reset(assignment: Assignment, exercise: str | None = None, path: Path | None = None) -> str:
    """Put the stub of an exercise, or the whole file, back.

    Args:
        assignment: The assignment.
        exercise: By default all of them.
        path: The learner's file, by default assignments/NAME.py.

    Returns:
        A line that says what was done.

    Raises:
        GraderError: The assignment, or the learner's file, does not have this exercise.
    """
    path = path or assignment.file("assignments")
    fresh = released(assignment)
    if exercise is not None:
        region(fresh, exercise, f"assignments/{assignment.name}.py")
    if not path.exists():
        write_whole(path, fresh)
        return say("{path}: released", path=path)
    before = path.read_text(encoding="utf-8", errors="surrogateescape")
    after = fresh if exercise is None else _restored(before, fresh, exercise, path)
    if after == before:
        return say("{path}: nothing to reset", path=path)
    kept = keep(path)
    write_whole(path, after.encode("utf-8", "surrogateescape"))
    return say(
        "{path}: {what} is as released; the file before it is now {kept}",
        path=path,
        what=exercise or assignment.name,
        kept=kept.name,
    )


def region(text: str, exercise: str, where: str) -> regions.Region:
    """The region of an exercise; raises GraderError, with all names, if there is none."""
    by_name = {region.name: region for region in regions.find(text, where)}
    if exercise not in by_name:
        raise GraderError(
            f"{where}: expected one of its exercises, received {exercise!r}; "
            f"known: {', '.join(by_name)}"
        )
    return by_name[exercise]


def _restored(before: str, fresh: str, exercise: str, path: Path) -> str:
    try:
        old = region(before, exercise, str(path))
    except GraderError:
        command = typed(f"reset {path.stem}")
        raise GraderError(
            f"{path}: expected the markers of {exercise}, found them changed; reset the whole file "
            f"with {command}"
        ) from None
    new = region(fresh, exercise, "the release")
    old_lines, new_lines = before.splitlines(), fresh.splitlines()
    first, begin = _definition(old_lines, old), _definition(new_lines, new)
    if first is None or begin is None:
        first, begin = old.start, new.start
    lines = [*old_lines[:first], *new_lines[begin : new.end], *old_lines[old.end :]]
    return "\n".join(lines) + "\n"


def _definition(lines: list[str], region: regions.Region) -> int | None:
    """The line on which the exercise's function begins: its signature is reset too."""
    begins = [i for i in range(region.start) if lines[i].startswith(f"def {region.name}(")]
    return begins[-1] if begins else None
