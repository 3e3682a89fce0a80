"""All sentences that a learner may read, taken from where they stand, as a catalogue's keys."""

from __future__ import annotations

import ast
import re

from grader import assignments
from grader.authoring import translate
from grader.judging import checks, messages, sandbox
from grader.learner import hints

GRADER = assignments.ROOT / "grader"
# Where verdicts and one-line errors are written in place.
FEEDBACK = ("judge", "stages", "sentences", "check")
LOOP = (
    "__main__",
    "assignments",
    "check",
    "files",
    "hints",
    "language",
    "learner",
    "progress",
    "release",
    "reset",
    "source",
    "status",
    "watch",
)


def all_sentences() -> dict[str, str]:
    """sentence -> where it stands; the fields of an f-string as {name} or {what_it_computes}."""
    found: dict[str, str] = {}
    for path in sorted(GRADER.glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        found |= dict.fromkeys(_said(tree), path.name)
        if path.stem in LOOP:
            found |= dict.fromkeys(_raised(tree, "GraderError"), path.name)
        if path.stem in FEEDBACK:
            found |= dict.fromkeys(_in_code(tree), path.name)
    found |= dict.fromkeys(messages.SENTENCES.values(), "sentences.py")
    found |= dict.fromkeys(hints.STEPS, "hints.py")
    found |= dict.fromkeys(sandbox.SENTENCES, "sandbox.py")
    for name in assignments.names():
        found |= of_assignment(assignments.find(name))
    found.pop("{text}", None)
    return found


def of_assignment(assignment) -> dict[str, str]:
    """What belongs to one assignment: its checks, hints and text."""
    found = {}
    for path in sorted(assignment.folder.glob("*.py")):
        if assignment.name in path.stem:
            tree = ast.parse(path.read_text(encoding="utf-8"))
            found |= dict.fromkeys(_in_code(tree), path.name)
    for check in checks.collect(assignment.checks):
        found |= dict.fromkeys((check.title, check.concept), assignment.checks.name)
    for exercise in hints.prose(assignment.name).values():
        texts = [exercise["explanation"]]
        texts += [step for ladder in exercise["ladder"] for step in ladder["steps"]]
        found |= dict.fromkeys(texts, f"prose/{assignment.name}.toml")
    text = assignment.file("solutions").read_text(encoding="utf-8")
    keys = [one.key for one in translate.paragraphs(text)]
    return found | dict.fromkeys(keys, f"solutions/{assignment.name}.py")


def _text(node: ast.expr) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if not isinstance(node, ast.JoinedStr):
        return None
    parts = []
    for part in node.values:
        if isinstance(part, ast.Constant):
            parts.append(part.value)
        else:
            name = re.sub(r"[^\w.]+", "_", ast.unparse(part.value)).strip("_")
            parts.append("{" + name + "}")
    return "".join(parts)


def _calls(tree: ast.AST, name: str) -> list[ast.Call]:
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "id", None) == name
    ]


def _said(tree: ast.AST) -> list[str]:
    return [text for call in _calls(tree, "say") if (text := _text(call.args[0]))]


def _raised(tree: ast.AST, name: str) -> list[str]:
    return [text for call in _calls(tree, name) if call.args and (text := _text(call.args[0]))]


def _in_code(tree: ast.AST) -> list[str]:
    """Strings of four words or more that are no docstrings, and the titles inside tables."""
    skipped, found = set(), []
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef):
            first = node.body[0]
            skipped |= {id(first.value)} if isinstance(first, ast.Expr) else set()
        if isinstance(node, ast.JoinedStr):
            skipped |= {id(part) for part in ast.walk(node) if part is not node}
        if isinstance(node, ast.AnnAssign | ast.Assign) and "SENTENCES" in ast.unparse(node)[:20]:
            skipped |= {id(part) for part in ast.walk(node)}  # taken as a whole
        if isinstance(node, ast.List):
            cells = [cell for row in node.elts if isinstance(row, ast.List) for cell in row.elts]
            texts = [_text(cell) for cell in cells if isinstance(cell, ast.Constant)]
            found += [text for text in texts if text and re.search("[a-z]{2}", text)]
    for node in ast.walk(tree):
        text = _text(node) if id(node) not in skipped else None
        if text and len(re.findall(r"[A-Za-z]{2,}", re.sub(r"\{.*?\}", "", text))) >= 4:
            found.append(text)
    return found
