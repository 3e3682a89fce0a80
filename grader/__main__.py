"""The command line: `python -m grader` shows your progress and the next exercise."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Annotated

from datasets.invocation import typed, without_library

try:
    import typer
except ModuleNotFoundError as missing:
    sys.exit(f"error: {without_library(missing)}")

from grader import assignments
from grader.authoring import commands as authoring_commands
from grader.batch import commands as batch_commands
from grader.errors import GraderError
from grader.i18n import language
from grader.i18n.language import Lang
from grader.judging.key import Key
from grader.learner import commands as learner_commands

BAD_USE = 2
OUTDATED = (
    "The networks, the checks or Keras have changed: the expected answers from before are old, and "
    "were computed again."
)
RECOGNISED = "{file} has the functions of {assignment}."
app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Checks exercises, explains what is missing, and releases exercises from solutions; "
    "without a command it shows your progress.",
)
Name = Annotated[str, typer.Argument(help="The assignment, for example residual_networks.")]
Target = Annotated[str, typer.Option(help="Which copy: solutions or assignments.")]


@app.callback(invoke_without_command=True)
def main(context: typer.Context, lang: Lang = None) -> None:
    """Without a command, show progress and the next exercise."""
    if context.invoked_subcommand is None:
        learner_commands.first_screen()


@app.command()
def check(
    assignment: Annotated[
        str, typer.Argument(help="The assignment, or a file that has its functions.")
    ],
    file: Annotated[
        Path | None, typer.Argument(help="A script, a notebook or a zip elsewhere.")
    ] = None,
    target: Target = "assignments",
    submission: Annotated[Path | None, typer.Option(help="The same as FILE.")] = None,
    json: Annotated[Path | None, typer.Option(help="Write Gradescope's results.json here.")] = None,
    traceback: Annotated[
        bool, typer.Option("--traceback", help="All of your lines that an error went through.")
    ] = False,
    strict: Annotated[
        bool,
        typer.Option(
            "--strict", help="Run the whole file first; an error in it stops every check."
        ),
    ] = False,
    key: Key = None,
    lang: Lang = None,
) -> None:
    """Check one submission; the exit status is 0 only at full marks."""
    from grader.batch import submissions
    from grader.judging import gradescope
    from grader.judging.grade import Grader
    from grader.learner import terminal

    if file and submission:
        raise GraderError(f"expected one file, received {file} and {submission}")
    submission = file or submission
    chosen, submission = _asked(assignment, submission, strict)
    path = submission or chosen.file(target)
    if submission is None and not path.is_file():
        command = typed(f"release {chosen.name}")
        raise GraderError(
            f"{path}: expected the exercise, found nothing there; make it with {command}"
        )
    source = submissions.handed_in(path, chosen.name, strict)
    with Grader() as grader:
        report = grader.grade(chosen, source)
        if grader.oracle.outdated:
            print(language.say(OUTDATED), file=sys.stderr)
    if json is not None:
        gradescope.write(report, json)
    if submission is None and target == "assignments":
        learner_commands.note(report)
    copy = shlex.quote(str(submission)) if submission else f"--target {target}"
    unfolding = None if traceback else typed(f"check {chosen.name} {copy} --traceback")
    terminal.show(report, terminal.console(), unfolding)
    raise typer.Exit(0 if report.score == report.max_score else 1)


def _asked(
    name: str, submission: Path | None, strict: bool
) -> tuple[assignments.Assignment, Path | None]:
    """The assignment, and the file unless it is the exercise in assignments/.

    A file in the place of the name is known by the functions that it defines.
    """
    from grader.judging import editions, source

    if submission or name in assignments.names() or not Path(name).is_file():
        return assignments.find(name), submission
    path = Path(name)
    chosen = editions.assignment_of(source.read(path, strict), path)
    own = path.resolve() == chosen.file("assignments").resolve()
    print(language.say(RECOGNISED, file=path.name, assignment=chosen.name))
    return chosen, None if own else path


@app.command()
def release(
    assignment: Annotated[
        str | None, typer.Argument(help="One assignment; all if left out.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Write to this file or folder, not to assignments/.")
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace a changed file; a dated copy of it stays.")
    ] = False,
    notebooks: Annotated[
        bool, typer.Option("--notebooks", help="Write NAME.ipynb instead of NAME.py.")
    ] = False,
    lang: Lang = None,
) -> None:
    """Make assignments/NAME.py, or NAME.ipynb, from solutions/NAME.py."""
    from grader.authoring.release import release

    names = [assignment] if assignment else assignments.names()
    if out is not None and len(names) > 1 and not out.is_dir():
        raise GraderError(f"{out}: expected an existing folder for {len(names)} exercises")
    refusals: list[GraderError] = []
    for name in names:
        try:
            print(release(assignments.find(name), out, force, notebooks))
        except GraderError as error:  # the other exercises are released all the same
            refusals.append(error)
    for refusal in refusals[:-1]:
        print(language.translated(str(refusal)), file=sys.stderr)
    if refusals:
        raise refusals[-1]


learner_commands.register(app)
batch_commands.register(app)
authoring_commands.register(app)


def run(arguments: list[str] | None = None, prog: str = "python -m grader") -> int:
    """Run the command line; returns the exit status: 0, 1 for missing points, 2 for bad use."""
    language.use(language.of_locale())
    try:
        app(arguments, prog, standalone_mode=True)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else BAD_USE
    except GraderError as error:
        print(language.translated(str(error)), file=sys.stderr)
        return BAD_USE
    return 0


if __name__ == "__main__":
    sys.exit(run())
