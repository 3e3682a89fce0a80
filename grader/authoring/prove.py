"""What an exercise still lacks, point by point: `python -m grader prove NAME`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from datasets.invocation import typed
from grader import assignments
from grader.assignments import Assignment
from grader.authoring import regions, release, sentences
from grader.authoring.mutants import graded, restyled
from grader.errors import GraderError
from grader.i18n import po
from grader.judging import checks, misconceptions, source
from grader.judging.grade import Grader

POINTS = 100
# How many wrong answers, and how many right ones in another style, each function needs.
MUTANTS, STYLES = 10, 3
# The steps of a ladder of hints: the concept, the place, the API, nearly the line.
STEPS = 4
# How many of several things a line names.
NAMED = 3


@dataclass(frozen=True)
class Point:
    """One thing that an exercise needs: what there is, and what to do next if it is not enough."""

    title: str
    state: str
    advice: str = ""

    @property
    def ok(self) -> bool:
        """Whether nothing is missing."""
        return not self.advice

    def __str__(self) -> str:
        text = f"{'ok' if self.ok else 'missing':8} {self.title}: {self.state}"
        return text if self.ok else f"{text}; {self.advice}"


def points(assignment: Assignment, grader: Grader) -> Iterator[Point]:
    """Look at everything that an exercise needs, the slow things last.

    Args:
        assignment: The exercise.
        grader: It grades the stub, the solution, the mutants and the styles.

    Yields:
        One Point per thing, as soon as it is known.

    Raises:
        GraderError: The exercise has no solution or no markers.
    """
    path = assignment.file("solutions")
    if not path.is_file():
        raise GraderError(f"{path}: expected the worked solution, found nothing there")
    solution = path.read_text(encoding="utf-8")
    exercises = regions.find(solution, str(path))
    stub = release.stub(solution, assignment.name)
    yield _released(assignment, stub)
    for exercise in exercises:
        yield _weighed(assignment, exercise)
    for exercise in exercises:
        yield _hinted(assignment, exercise)
    for language in po.folders():
        yield _translated(assignment, language)
    yield _empty(grader, assignment, stub)
    yield _full(grader, assignment, solution)
    for exercise in exercises:
        yield _caught(grader, assignment, exercise.name)
    for exercise in exercises:
        yield _accepted(grader, assignment, exercise.name, solution)


def untranslated(assignment: Assignment, language: str) -> dict[str, str]:
    """The sentences of an exercise without a translation: sentence -> where it stands."""
    translations = po.load(language)
    every = sentences.of_assignment(assignment)
    return {text: where for text, where in every.items() if text not in translations}


def _released(assignment: Assignment, stub: str) -> Point:
    path = assignment.file("assignments")
    if path.is_file() and release.up_to_date(path.read_text(encoding="utf-8"), stub):
        return Point("exercise file", "up to date")
    state = "not that of the solution" if path.is_file() else "none"
    return Point("exercise file", state, f"run {typed(f'release {assignment.name}')}")


def _weighed(assignment: Assignment, exercise: regions.Region) -> Point:
    own = sum(check.points for check in checks.collect(assignment.checks, [exercise.name]))
    state = f"{own:g} of {exercise.points}"
    advice = f"the checks in {_short(assignment.checks)} must have the points of the marker"
    return Point(f"points of {exercise.name}", state, "" if own == exercise.points else advice)


def _hinted(assignment: Assignment, exercise: regions.Region) -> Point:
    path = assignment.folder / "hints.toml"
    prose = sentences.hints(assignment).get(exercise.name, {})
    ladders = [ladder for ladder in prose.get("ladder", []) if len(ladder["steps"]) == STEPS]
    helped = {concept for ladder in ladders for concept in ladder["concepts"]}
    own = checks.collect(assignment.checks, [exercise.name])
    concepts = list(dict.fromkeys(check.concept for check in own))
    missing = [concept for concept in concepts if concept not in helped]
    listed = {name for ladder in ladders for name in ladder.get("misconceptions", [])}
    mistakes = misconceptions.names(str(assignment.checks), exercise.name)
    astray = [name for name in mistakes if name not in listed]
    state = (
        f"{len(concepts) - len(missing)} of {len(concepts)} concepts have a ladder, and "
        f"{len(mistakes) - len(astray)} of {len(mistakes)} misconceptions"
    )
    advice = []
    if missing:
        advice.append(f"add to {_short(path)} ladders of {STEPS} steps for {_some(missing)}")
    if astray:
        advice.append(f"add to the misconceptions of a ladder in {_short(path)}: {_some(astray)}")
    if "explanation" not in prose:
        advice.append(f"add an explanation to {_short(path)}")
    return Point(f"hints of {exercise.name}", state, "; ".join(advice))


def _translated(assignment: Assignment, language: str) -> Point:
    missing, count = untranslated(assignment, language), len(sentences.of_assignment(assignment))
    path = po.FOLDER / language / "LC_MESSAGES" / f"{assignment.name}.po"
    advice = (
        f"fill in the empty msgstr in {_short(path)}; for sentences that it does not hold, "
        f"add what {typed(f'prove {assignment.name} --po {language}')} prints"
    )
    state = f"{count - len(missing)} of {count} sentences translated"
    return Point(f"texts in {language}", state, advice if missing else "")


def _empty(grader: Grader, assignment: Assignment, stub: str) -> Point:
    report = grader.grade(assignment, source.of(stub, "stub.py"))
    advice = "a check passes an exercise that is not filled in: " + _some(
        [outcome.check.name for outcome in report.outcomes if outcome.earned]
    )
    state = f"{report.score:g} of {report.max_score:g} points, wanted 0"
    return Point("stub", state, advice if report.score else "")


def _full(grader: Grader, assignment: Assignment, solution: str) -> Point:
    report = grader.grade(assignment, source.of(solution, "solution.py"))
    failed = [f"{o.check.name}: {o.failure.message}" for o in report.outcomes if o.failure]
    advice = f"the solution fails {_some(failed)}" if failed else ""
    if not failed and report.max_score != POINTS:
        advice = f"share {POINTS} points among the checks"
    return Point("solution", f"{report.score:g} of {report.max_score:g} points", advice)


def _caught(grader: Grader, assignment: Assignment, exercise: str) -> Point:
    path = judgement(assignment) / "mutants.py"
    written = getattr(_module(path), "MUTANTS", [])
    # The same edit twice is one mutant.
    mutants = list({m.edits: m for m in written if m.exercise == exercise}.values())
    title = f"mutants of {exercise}"
    try:
        verdicts = list(graded(grader, assignment, mutants))
    except (GraderError, SyntaxError) as error:
        return Point(
            title, f"{len(mutants)} written", f"correct the edit in {_short(path)}: {error}"
        )
    caught, named = (sum(getattr(v, what) for v in verdicts) for what in ("caught", "named"))
    state = f"{caught} of {len(mutants)} caught, {named} named"
    missed = [verdict.mutant.title for verdict in verdicts if not verdict.caught]
    advice = []
    if missed:
        advice.append(f"no check of {exercise} notices {_some(missed)}")
    if len(mutants) < MUTANTS:
        advice.append(f"write {MUTANTS - len(mutants)} more in {_short(path)}")
    return Point(title, state, "; ".join(advice))


def _accepted(grader: Grader, assignment: Assignment, exercise: str, solution: str) -> Point:
    path = judgement(assignment) / "styles.py"
    written = getattr(_module(path), "STYLES", {})
    styles = {key: text for key, text in written.items() if exercise in key[0]}
    refused = []
    for (functions, title), text in styles.items():
        try:
            answer = source.of(restyled(solution, functions, text), "style.py")
        except SyntaxError as error:
            refused.append(f"{title} ({error})")
            continue
        report = grader.grade(assignment, answer, functions)
        failures = [outcome.failure.message for outcome in report.outcomes if outcome.failure]
        refused += [f"{title} ({message})" for message in failures[:1]]
    state = f"{len(styles) - len(refused)} of {len(styles)} accepted"
    advice = [f"a right answer is refused: {_some(refused)}"] if refused else []
    if len(styles) < STYLES:
        advice.append(f"write {STYLES - len(styles)} more in {_short(path)}")
    return Point(f"styles of {exercise}", state, "; ".join(advice))


def judgement(assignment: Assignment) -> Path:
    """The folder of an exercise's wrong answers and of its right ones in other styles."""
    return assignments.ROOT / "tests" / "judgement" / assignment.name


def _module(path: Path) -> ModuleType | None:
    return checks.module(path) if path.is_file() else None


def _short(path: Path) -> str:
    return path.relative_to(assignments.ROOT).as_posix()


def _some(names: list[str]) -> str:
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")
