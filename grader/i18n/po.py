"""Gettext catalogues: the .po files of grader/locale, read as they are.

No compiled copy lies beside them that could be out of date; every tool that knows gettext edits and
checks them.
"""

from __future__ import annotations

import ast
import re
from functools import lru_cache

from grader.assignments import ROOT
from grader.errors import GraderError

FOLDER = ROOT / "grader" / "locale"
_LINE = re.compile(r'^(?:(msgid|msgstr) )?("(?:[^"\\]|\\.)*")$')
_FIELD = re.compile(r"\{([\w.]+)(?::[^{}]*)?\}")
# Fewer letters than these between its fields do not tell a sentence from another.
_TELLING = 4
_NUMBER = r"(-?[\d.,]+)"
_PARTS = re.compile(r"(\{[\w.]+(?::[^{}]*)?\})")
_PART = re.compile(r"\{(?P<name>[\w.]+)(?P<format>:[^{}]*)?\}|(?P<text>.*)", re.DOTALL)


def entries(text: str, where: str = "the catalogue") -> dict[str, str]:
    """msgid -> msgstr of a .po file, its header under "".

    Entries without a translation are left out, as gettext does. Raises GraderError at a line that
    is neither a comment nor a quoted string of a msgid or msgstr.
    """
    found: list[dict[str, str]] = []
    field = ""
    for number, line in enumerate(text.splitlines(), 1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        match = _LINE.match(line)
        if match is None or not (match[1] or field):
            raise GraderError(f"{where}, line {number}: expected msgid, msgstr or a quoted string")
        field = match[1] or field
        if match[1] == "msgid":
            found.append({"msgid": "", "msgstr": ""})
        elif not found:
            raise GraderError(f"{where}, line {number}: expected a msgid before the msgstr")
        found[-1][field] += ast.literal_eval(match[2])
    return {entry["msgid"]: entry["msgstr"] for entry in found if entry["msgstr"]}


@lru_cache
def load(language: str) -> dict[str, str]:
    """All translations into a language, such as "zh_CN", from all its catalogues."""
    known: dict[str, str] = {}
    for path in sorted((FOLDER / language / "LC_MESSAGES").glob("*.po")):
        known.update(entries(path.read_text(encoding="utf-8"), str(path)))
    known.pop("", None)
    return known


def fields(sentence: str) -> list[str]:
    """The names of the fields in a sentence: "{earned:g} of {points:g}" has two."""
    return _FIELD.findall(sentence)


@lru_cache
def patterns(language: str) -> list[tuple[re.Pattern, list[str], str]]:
    """(pattern, fields, translation) of the sentences with fields, the most telling first.

    A field with a format, as {earned:g}, stands for a number.
    """
    found = []
    for sentence, translation in load(language).items():
        parts = [_PART.fullmatch(part) for part in _PARTS.split(sentence)]
        names = [part["name"] for part in parts if part["name"]]
        numbers = [part["format"] for part in parts if part["name"]]
        telling = sum(len(part["text"].strip()) for part in parts if not part["name"])
        if names and (telling >= _TELLING or all(numbers)):
            pattern = "".join(
                re.escape(part["text"])
                if not part["name"]
                else _NUMBER
                if part["format"]
                else "(.*?)"
                for part in parts
            )
            found.append((telling, re.compile(pattern, re.DOTALL), names, translation))
    found.sort(key=lambda one: -one[0])
    return [one[1:] for one in found]


def filled(sentence: str, values: dict[str, str]) -> str:
    """The sentence with the values put into its fields as they are."""
    return _FIELD.sub(lambda match: values.get(match[1], match[0]), sentence)
