"""The field's words in English and Chinese: one table, a page for readers, a rule for catalogues.

`python -m grader.i18n.glossary` writes docs/glossary.md.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from grader.assignments import ROOT

TABLE = Path(__file__).with_name("terms.toml")
PAGE = ROOT / "docs" / "glossary.md"
_TOP = """# Glossary 术语表

The field's words in this project, in English and Chinese, with one line each. The page is written
from `grader/i18n/terms.toml`, and a test holds all translations to that table.

本项目用到的术语，中英对照，每个术语一行说明；译名以大陆教材的通行译法为准。"""
_HEAD = "| English | 中文 | meaning | 含义 |\n|---|---|---|---|"
# Code and formulas are the same in both languages, so no word in them is looked for.
_CODE = re.compile(r"`[^`]*`|\$[^$]*\$|[\w.]+\([^()]*\)|\w*_\w*|\w+\.\w[\w.]*|--\w+|\{[^{}]*\}")


@dataclass(frozen=True)
class Term:
    """A row of the table.

    also: other Chinese words that a translation may use. forms: other English forms.
    """

    english: str
    chinese: str
    meaning: str
    meaning_chinese: str
    also: Sequence[str] = ()
    forms: Sequence[str] = ()

    @cached_property
    def pattern(self) -> re.Pattern:
        """Finds the English word in any of its forms."""
        words = "|".join(map(re.escape, (self.english, *self.forms)))
        return re.compile(rf"(?<![\w-])(?:{words})s?(?![\w-])", re.IGNORECASE)


def topics() -> Iterator[tuple[str, str, list[Term]]]:
    """Each topic of the table: its English title, its Chinese title, and its terms."""
    for topic in tomllib.loads(TABLE.read_text(encoding="utf-8"))["topic"]:
        yield topic["english"], topic["chinese"], [Term(**row) for row in topic["term"]]


def terms() -> list[Term]:
    """All terms, the longest first: "batch norm" is found before "batch"."""
    rows = [term for _, _, rows in topics() for term in rows]
    return sorted(rows, key=lambda term: -len(term.english))


def used(text: str, known: list[Term]) -> list[Term]:
    """The terms that an English text uses; a part of a longer term does not count."""
    text, found = _CODE.sub(" ", text), []
    for term in known:
        text, count = term.pattern.subn(" ", text)
        if count:
            found.append(term)
    return found


def missing(english: str, translation: str, known: list[Term]) -> list[str]:
    """The terms of an English text whose Chinese word its translation lacks."""
    return [
        f"{term.english}: {term.chinese}"
        for term in used(english, known)
        if not any(word in translation for word in (term.chinese, *term.also))
    ]


def page() -> str:
    """The text of docs/glossary.md."""
    parts = [_TOP]
    for english, chinese, rows in topics():
        parts += [f"\n## {english} {chinese}\n", _HEAD]
        parts += [
            f"| {row.english} | {row.chinese} | {row.meaning} | {row.meaning_chinese} |"
            for row in rows
        ]
    return "\n".join(parts) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
