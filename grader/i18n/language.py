"""English and 中文: which of them is spoken, and a sentence in it.

Feedback is translated where it is shown: a check writes a plain English sentence, results are kept
in English, and whoever reads them later reads them in her own language.
"""

from __future__ import annotations

import os
from copy import copy
from typing import Annotated

import typer

from grader.errors import CheckFailed, GraderError
from grader.i18n import po

# What --lang takes -> the folder of its catalogues; English needs none.
LANGUAGES = {"en": None, "zh": "zh_CN"}
_spoken = "en"


def of_locale(environment=os.environ) -> str:
    """The language that the environment asks for, English where it is none of ours.

    The first variable that is set decides, in gettext's order; LANGUAGE may hold several.
    """
    for variable in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        for wanted in filter(None, environment.get(variable, "").split(":")):
            code = wanted.replace("-", "_").partition("_")[0].partition(".")[0].lower()
            if code in LANGUAGES:
                return code
        if environment.get(variable):
            return "en"
    return "en"


def use(language: str | None) -> str | None:
    """Speak this language from now on; None changes nothing. Raises GraderError for another."""
    global _spoken
    if language is not None:
        code = language.replace("-", "_").partition("_")[0].lower()
        if code not in LANGUAGES:
            raise GraderError(
                f"expected the language {' or '.join(LANGUAGES)}, received {language!r}"
            )
        _spoken = code
    return language


def spoken() -> str:
    """The language that is spoken: "en" or "zh"."""
    return _spoken


Lang = Annotated[
    str | None,
    typer.Option("--lang", help="en or zh; else the locale.", callback=use, is_eager=True),
]


def say(sentence: str, **values) -> str:
    """The sentence in the spoken language, with the values formatted into its fields."""
    folder = LANGUAGES[_spoken]
    if folder is not None:
        sentence = po.load(folder).get(sentence, sentence)
    return sentence.format(**values) if values else sentence


def translated(text: str) -> str:
    """An English text, whose fields are filled in already, in the spoken language.

    A text that no catalogue knows stays as it is.
    """
    folder = LANGUAGES[_spoken]
    if folder is None or not text:
        return text
    known = po.load(folder)
    if text in known:
        return known[text]
    # A sentence that ends in a field which is empty has lost its colon.
    for candidate in (text, f"{text}: "):
        for pattern, names, translation in po.patterns(folder):
            match = pattern.fullmatch(candidate)
            if match:
                groups = [translated(one) if " " in one else one for one in match.groups()]
                values = dict(zip(reversed(names), reversed(groups), strict=True))
                return po.filled(translation, values).strip().rstrip(":：")
    return text


def localised(failure: CheckFailed) -> CheckFailed:
    """A check's verdict with its sentence, table and trace in the spoken language."""
    found = copy(failure)
    found.message = translated(failure.message)
    found.table = [[translated(cell) for cell in row] for row in failure.table]
    found.trace = "\n".join(translated(line) for line in failure.trace.splitlines())
    return found
