"""Write a report as Gradescope's results.json."""

from __future__ import annotations

import json
from pathlib import Path

from grader.files import write_whole
from grader.i18n.language import localised, say, translated
from grader.judging import key
from grader.judging.grade import Outcome, Report
from grader.judging.sandbox import walls


def as_results(report: Report) -> dict:
    """The report in Gradescope's schema: points, and a reason per check in the spoken language.

    extra_data holds what the schema has no room for: the exercise, concept, kind of failure, known
    misconception, the parts of the output, the walls around the submission, and the fingerprint of
    the key.
    """
    return {
        "score": report.score,
        "max_score": report.max_score,
        "execution_time": round(report.seconds, 3),
        "output_format": "text",
        "visibility": "visible",
        **({"output": "\n".join(note.said(say) for note in report.notes)} if report.notes else {}),
        "tests": [_test(outcome) for outcome in report.outcomes],
        "extra_data": {
            "assignment": report.assignment,
            "submission": report.source.filename,
            "sha256": report.source.digest,
            "status": report.status,
            "isolation": walls().sentence,
            "key": key.fingerprint(),
        },
    }


def _test(outcome: Outcome) -> dict:
    check = outcome.check
    failure = None if outcome.failure is None else localised(outcome.failure)
    return {
        "name": f"{check.exercise}: {translated(check.title)}",
        "score": outcome.earned,
        "max_score": check.points,
        "status": "passed" if outcome.passed else "failed",
        "output": "" if failure is None else str(failure),
        "visibility": "visible",
        "extra_data": {
            "check": check.name,
            "exercise": check.exercise,
            "concept": check.concept,
            "kind": None if failure is None else failure.kind,
            "misconception": outcome.misconception,
            "told": None
            if failure is None
            else {"sentence": failure.message, "table": failure.table, "trace": failure.trace},
            "attempted": outcome.attempted,
            "seconds": round(outcome.seconds, 3),
        },
    }


def write(report: Report, path: Path) -> None:
    """Write results.json, as a whole or not at all; the file is pure ASCII."""
    text = json.dumps(as_results(report), indent=2)
    write_whole(path, text + "\n")
