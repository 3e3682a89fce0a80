"""The languages of the grader: which of them is spoken, and a sentence in it.

The languages are English and the folders of grader/locale. Feedback is translated where it is
shown: a check writes a plain English sentence, results are kept in English, and each reader reads
them in her own language.
"""

from __future__ import annotations

import os
import re
from copy import copy
from typing import Annotated

import typer

from grader.errors import CheckFailed, GraderError
from grader.i18n import po

# What stands in a call in place of an array or a tensor, in words.
IN_CALLS = {"tensor": "X of shape (n, {sizes})", "array": "an array of shape ({sizes})"}
# The language that is spoken, and the folder of its catalogues.
_spoken: str = "en"
_folder: str | None = None


def languages() -> dict[str, str | None]:
    """What --lang takes -> the folder of its catalogues; English needs none.

    A folder such as zh_CN is called zh. If there is another one for the same language, such as
    zh_TW, both keep their full names.
    """
    codes = [folder.partition("_")[0] for folder in po.folders()]
    short = {code for code in codes if codes.count(code) == 1}
    named = zip(codes, po.folders(), strict=True)
    return {"en": None} | {code if code in short else folder: folder for code, folder in named}


def of_locale(environment=os.environ) -> str:
    """The language that the environment asks for, English if there is no catalogue for it.

    The first variable that is set decides, in gettext's order; LANGUAGE may hold several.
    """
    for variable in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        for wanted in filter(None, environment.get(variable, "").split(":")):
            code = _code(wanted.partition(".")[0])
            if code:
                return code
        if environment.get(variable):
            return "en"
    return "en"


def _code(wanted: str) -> str | None:
    """The language that a name such as zh, zh_CN, zh-cn or zh_SG means, None if there is none."""
    wanted = wanted.replace("-", "_").lower()
    short = wanted.partition("_")[0]
    codes = languages()
    for name in (wanted, short):
        for code, folder in codes.items():
            if name in (code.lower(), str(folder).lower()):
                return code
    return next((code for code in codes if code.partition("_")[0].lower() == short), None)


def use(language: str | None) -> str | None:
    """Speak this language from now on; None changes nothing. Raises GraderError for another."""
    global _spoken, _folder
    if language is not None:
        code = _code(language)
        if code is None:
            choices = " or ".join(languages())
            raise GraderError(f"expected the language {choices}, received {language!r}")
        _spoken, _folder = code, languages()[code]
    return language


def spoken() -> str:
    """The language that is spoken, as --lang takes it: "en", "zh"."""
    return _spoken


def _choices() -> str:
    """The languages with their own names, for --help."""
    names = {code: po.header(folder) if folder else {} for code, folder in languages().items()}
    named = [
        f"{code} ({header['X-Language-Name']})" if "X-Language-Name" in header else code
        for code, header in names.items()
    ]
    return f"{', '.join(named)}; without it, the language of the locale."


Lang = Annotated[
    str | None,
    typer.Option("--lang", help=_choices(), callback=use, is_eager=True),
]


def say(sentence: str, **values) -> str:
    """The sentence in the spoken language, with the values formatted into its fields."""
    if _folder is not None:
        sentence = po.load(_folder).get(sentence, sentence)
    return sentence.format(**values) if values else sentence


def translated(text: str) -> str:
    """An English text, whose fields are filled in already, in the spoken language.

    A text that is in no catalogue stays as it is, but for the words in a call.
    """
    if _folder is None or not text:
        return text
    translations = po.load(_folder)
    if text in translations:
        return translations[text]
    # A sentence that ends in a field which is empty has lost its colon.
    for candidate in (text, f"{text}: "):
        for pattern, names, translation in po.patterns(_folder):
            match = pattern.fullmatch(candidate)
            if match:
                groups = [translated(text) if " " in text else text for text in match.groups()]
                values = dict(zip(reversed(names), reversed(groups), strict=True))
                return po.filled(translation, values).strip().rstrip(":：")
    for part in IN_CALLS.values():
        before, after = map(re.escape, part.split("{sizes}"))
        own = translations.get(part, part).replace("{sizes}", r"\1")
        text = re.sub(rf"{before}([\d, ]+){after}", own, text)
    return text


def localised(failure: CheckFailed) -> CheckFailed:
    """A check's verdict with its sentence, table and trace in the spoken language."""
    own = copy(failure)
    own.message = translated(failure.message)
    own.table = [[translated(cell) for cell in row] for row in failure.table]
    own.trace = "\n".join(translated(line) for line in failure.trace.splitlines())
    return own
