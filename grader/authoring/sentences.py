"""What a learner may read of an exercise, as the keys of a catalogue, from where it stands."""

from __future__ import annotations

import ast
import json
import re
import tomllib

from grader.assignments import Assignment
from grader.authoring import translate
from grader.judging import checks


def of_assignment(assignment: Assignment) -> dict[str, str]:
    """Collect the sentences of an exercise: of its checks, misconceptions, hints and text.

    Returns:
        sentence -> the file in which it stands. The fields of an f-string are {name}, or
        {what_it_computes}.
    """
    sentences: dict[str, str] = {}
    for path in sorted(assignment.folder.glob("*.py")):
        if path.name == "variants.py":  # wrong answers, which no learner reads
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        sentences |= dict.fromkeys(in_code(tree), path.name)
    for check in checks.collect(assignment.checks):
        texts = [check.title, check.concept, *map(checks.title, check.after)]
        sentences |= dict.fromkeys(texts, assignment.checks.name)
    for exercise in hints(assignment).values():
        texts = [exercise["explanation"]] if "explanation" in exercise else []
        texts += exercise.get("begin", [])
        for ladder in exercise.get("ladder", []):
            texts += [*ladder["steps"], *([ladder["title"]] if "title" in ladder else [])]
        sentences |= dict.fromkeys(texts, "hints.toml")
    text = assignment.file("solutions").read_text(encoding="utf-8")
    keys = [paragraph.key for paragraph in translate.paragraphs(text)]
    return sentences | dict.fromkeys(keys, f"solutions/{assignment.name}.py")


def hints(assignment: Assignment) -> dict[str, dict]:
    """The hints and explanations in the exercise's hints.toml, by function; none without a file."""
    path = assignment.folder / "hints.toml"
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def in_code(tree: ast.AST) -> list[str]:
    """Strings of four words or more that are not docstrings, and the titles inside tables."""
    skipped: set[int] = set()
    texts: list[str | None] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef):
            first = node.body[0] if node.body else None
            skipped |= {id(first.value)} if isinstance(first, ast.Expr) else set()
        if isinstance(node, ast.JoinedStr):
            skipped |= {id(part) for part in ast.walk(node) if part is not node}
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "wrong":
            skipped |= {id(part) for part in ast.walk(node)}  # a wrong answer
        if isinstance(node, ast.AnnAssign | ast.Assign) and "SENTENCES" in ast.unparse(node)[:20]:
            skipped |= {id(part) for part in ast.walk(node)}  # taken as a whole
        if isinstance(node, ast.List):
            cells = [cell for row in node.elts if isinstance(row, ast.List) for cell in row.elts]
            titles = [text_of(cell) for cell in cells if isinstance(cell, ast.Constant)]
            texts += [text for text in titles if text and re.search("[a-z]{2}", text)]
    for node in ast.walk(tree):
        text = text_of(node) if id(node) not in skipped else None
        if text and len(re.findall(r"[A-Za-z]{2,}", re.sub(r"\{.*?\}", "", text))) >= 4:
            texts.append(text)
    return [text for text in texts if text]


def text_of(node: ast.AST) -> str | None:
    """The text of a string or an f-string, its fields by name; None for any other node."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if not isinstance(node, ast.JoinedStr):
        return None
    parts = []
    for part in node.values:
        if isinstance(part, ast.FormattedValue):
            name = re.sub(r"[^\w.]+", "_", ast.unparse(part.value)).strip("_")
            parts.append("{" + name + "}")
        else:
            parts.append(str(getattr(part, "value", "")))
    return "".join(parts)


def as_po(sentences: dict[str, str]) -> str:
    """Entries of a catalogue, still without a translation, for sentence -> where it stands."""
    entries = [
        f'#: {where}\nmsgid {json.dumps(text, ensure_ascii=False)}\nmsgstr ""\n'
        for text, where in sentences.items()
    ]
    return "\n".join(entries)
