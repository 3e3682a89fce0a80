"""All sentences that a learner may read, taken from where they stand, as a catalogue's keys."""

from __future__ import annotations

import ast

import jinja2
from jinja2.ext import extract_from_ast

from grader import assignments
from grader.authoring.sentences import in_code, of_assignment, text_of
from grader.batch import words
from grader.i18n import language
from grader.judging import alignment, differences, messages, notes, sandbox, steps
from grader.learner import hints

GRADER = assignments.ROOT / "grader"
PAGES = [assignments.ROOT / "signs" / name for name in ("explore", "report", "run_report")]
# Where verdicts and one-line errors are written in place.
FEEDBACK = (
    "judging/checks",
    "judging/compare",
    "judging/cuts",
    "judging/stages",
    "judging/messages",
    "judging/grade",
)
LOOP = (
    "__main__",
    "assignments",
    "authoring/release",
    "files",
    "i18n/language",
    "judging/grade",
    "judging/source",
    "learner/cells",
    "learner/commands",
    "learner/hints",
    "learner/history",
    "learner/progress",
    "learner/reset",
    "learner/status",
    "learner/watch",
)


def all_sentences() -> dict[str, str]:
    """sentence -> where it stands; the fields of an f-string as {name} or {what_it_computes}."""
    sentences: dict[str, str] = {}
    for path in sorted(GRADER.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        module = path.relative_to(GRADER).with_suffix("").as_posix()
        sentences |= dict.fromkeys(_said(tree), path.name)
        if module in LOOP:
            sentences |= dict.fromkeys(_raised(tree, "GraderError"), path.name)
            sentences |= dict.fromkeys(_raised(tree, "InNotebook"), path.name)
        if module in FEEDBACK:
            sentences |= dict.fromkeys(in_code(tree), path.name)
    for path in sorted(path for folder in PAGES for path in folder.glob("*.py")):
        sentences |= dict.fromkeys(_said(ast.parse(path.read_text(encoding="utf-8"))), path.name)
    templates = (GRADER / "templates", *(folder / "templates" for folder in PAGES))
    pages = [path for folder in templates for path in folder.glob("*.html")]
    for path in sorted(pages):
        parsed = jinja2.Environment().parse(path.read_text(encoding="utf-8"))
        found = (row[2] for row in extract_from_ast(parsed, ("say",)))
        texts = (text[0] if isinstance(text, tuple) else text for text in found)
        sentences |= dict.fromkeys(texts, path.name)
    for told in (alignment, differences, messages, notes, steps, words):
        sentences |= dict.fromkeys(told.SENTENCES.values(), told.__name__)
    for table in (messages.PLACES, messages.TRACES):
        sentences |= dict.fromkeys(table.values(), "messages.py")
    sentences |= dict.fromkeys(language.IN_CALLS.values(), "messages.py")
    sentences |= dict.fromkeys(
        [*hints.STEPS, hints.BEGINNING, hints.NEW_LAYERS.name, *hints.NEW_LAYERS.steps], "hints.py"
    )
    sentences |= dict.fromkeys(sandbox.SENTENCES, "sandbox.py")
    for name in assignments.names():
        sentences |= of_assignment(assignments.find(name))
    sentences.pop("{text}", None)
    return sentences


def _calls(tree: ast.AST, name: str) -> list[ast.Call]:
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return [node for node in calls if ast.unparse(node.func) in (name, f"language.{name}")]


def _said(tree: ast.AST) -> list[str]:
    return [text for call in _calls(tree, "say") if (text := text_of(call.args[0]))]


def _raised(tree: ast.AST, name: str) -> list[str]:
    return [text for call in _calls(tree, name) if call.args and (text := text_of(call.args[0]))]
