"""Gettext catalogues: the .po files of grader/locale, read as they are.

There is no compiled copy that could be out of date. Every tool for gettext can edit and check them.
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
# A sentence with fewer letters than these between its fields may be mistaken for another one.
_TELLING = 4
_NUMBER = r"(-?[\d.,]+)"
_PARTS = re.compile(r"(\{[\w.]+(?::[^{}]*)?\})")
_PART = re.compile(r"\{(?P<name>[\w.]+)(?P<format>:[^{}]*)?\}|(?P<text>.*)", re.DOTALL)


def entries(text: str, where: str = "the catalogue") -> dict[str, str]:
    """msgid -> msgstr of a .po file, its header under "".

    Entries without a translation are left out, as gettext does.

    Raises:
        GraderError: A line is neither a comment nor a quoted string of a msgid or msgstr.
    """
    read: list[dict[str, str]] = []
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
            read.append({"msgid": "", "msgstr": ""})
        elif not read:
            raise GraderError(f"{where}, line {number}: expected a msgid before the msgstr")
        read[-1][field] += ast.literal_eval(match[2])
    return {entry["msgid"]: entry["msgstr"] for entry in read if entry["msgstr"]}


def folders() -> list[str]:
    """The languages that have catalogues: the folders of grader/locale, such as "zh_CN"."""
    return sorted(path.parent.name for path in FOLDER.glob("*/LC_MESSAGES"))


def header(language: str) -> dict[str, str]:
    """The header of a language's grader.po, such as {"X-Language-Name": "中文", ...}."""
    path = FOLDER / language / "LC_MESSAGES" / "grader.po"
    try:
        first = path.read_text(encoding="utf-8").partition("\n\n")[0]
        lines = entries(first, str(path)).get("", "").splitlines()
    except (OSError, UnicodeDecodeError, GraderError):
        return {}
    pairs = (line.partition(":") for line in lines)
    return {name.strip(): value.strip() for name, _, value in pairs}


@lru_cache
def load(language: str) -> dict[str, str]:
    """All translations into a language, such as "zh_CN", from all its catalogues."""
    translations: dict[str, str] = {}
    for path in sorted((FOLDER / language / "LC_MESSAGES").glob("*.po")):
        translations.update(entries(path.read_text(encoding="utf-8"), str(path)))
    translations.pop("", None)
    return translations


def fields(sentence: str) -> list[str]:
    """The names of the fields in a sentence: "{earned:g} of {points:g}" has two."""
    return _FIELD.findall(sentence)


@lru_cache
def patterns(language: str) -> list[tuple[re.Pattern, list[str], str]]:
    """(pattern, fields, translation) of the sentences with fields, the most telling first.

    A field with a format, as {earned:g}, stands for a number.
    """
    rows = []
    for sentence, translation in load(language).items():
        parts = [match for part in _PARTS.split(sentence) if (match := _PART.fullmatch(part))]
        names = [part["name"] for part in parts if part["name"]]
        numbers = [part["format"] for part in parts if part["name"]]
        telling = sum(len(part["text"].strip()) for part in parts if not part["name"])
        if names and (telling >= _TELLING or all(numbers)):
            pattern = "".join(map(_pattern, parts))
            rows.append((telling, re.compile(pattern, re.DOTALL), names, translation))
    rows.sort(key=lambda row: -row[0])
    return [row[1:] for row in rows]


def _pattern(part: re.Match) -> str:
    if not part["name"]:
        return re.escape(part["text"])
    return _NUMBER if part["format"] else "(.*?)"


def filled(sentence: str, values: dict[str, str]) -> str:
    """The sentence with the values put into its fields as they are."""
    return _FIELD.sub(lambda match: values.get(match[1], match[0]), sentence)
