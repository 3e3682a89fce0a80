"""The skeleton of an exercise, a small one that works: `python -m grader new NAME`.

grader/templates/exercise/ holds its files at their places in the project, with NAME and TITLE where
the exercise's name and title go.
"""

from __future__ import annotations

import keyword
import re
import shutil
from pathlib import Path

from grader import assignments
from grader.authoring import sentences
from grader.errors import GraderError
from grader.files import write_whole
from grader.i18n import po

TEMPLATES = assignments.ROOT / "grader" / "templates" / "exercise"
SUFFIX = ".template"
LONGEST = 30
# Names that begin with test are those of files of checks.
_NAME = re.compile(r"(?!test)[a-z][a-z0-9]*(_[a-z0-9]+)*")
_HEADER = """\
# {title}: its checks, hints and text, see grader/i18n/language.py.
msgid ""
msgstr ""
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""


def create(name: str) -> list[Path]:
    """Write the files of a new exercise, all or none.

    Args:
        name: The exercise's name and that of its one function, such as tiny_network.

    Returns:
        The files: a solution, its checks with what they need, wrong and other right answers, and a
        catalogue per language with all sentences, still to be translated.

    Raises:
        GraderError: The name does not fit or is taken, or a file cannot be written.
    """
    _require_fit(name)
    title = name.replace("_", " ").capitalize()
    root = assignments.ROOT
    texts = {}
    for template in sorted(TEMPLATES.rglob(f"*{SUFFIX}")):
        place = template.relative_to(TEMPLATES).as_posix().removesuffix(SUFFIX)
        text = template.read_text(encoding="utf-8")
        if re.search(rf"\b{name}\b", text):
            raise GraderError(
                f"expected a new name, received {name!r}: the skeleton uses that word"
            )
        texts[root / place.replace("NAME", name)] = _filled(text, name, title)
    catalogues = {
        folder / f"{name}.po": _HEADER.format(title=title, language=folder.parent.name)
        for folder in sorted(po.FOLDER.glob("*/LC_MESSAGES"))
    }
    _require_free(name, [*texts, *catalogues])
    paths = [*texts, *catalogues]
    folders = {folder for path in paths for folder in path.parents if not folder.exists()}
    try:
        for path, text in texts.items():
            write_whole(path, text)
        entries = sentences.as_po(sentences.of_assignment(assignments.find(name)))
        for path, header in catalogues.items():
            write_whole(path, header + entries)
    except BaseException:
        for path in paths:
            path.unlink(missing_ok=True)
        for folder in folders:
            shutil.rmtree(folder, ignore_errors=True)
        raise
    return [path.relative_to(root) for path in paths]


def _require_fit(name: str) -> None:
    fits = _NAME.fullmatch(name) and len(name) <= LONGEST and not keyword.iskeyword(name)
    if not fits:
        raise GraderError(
            f"expected a name such as tiny_network, of up to {LONGEST} small letters, digits and "
            f"single underscores, without test at its beginning, received {name!r}"
        )


def _require_free(name: str, paths: list[Path]) -> None:
    folders = [assignments.find(name).folder] if name in assignments.names() else []
    taken = next((path for path in [*folders, *paths] if path.exists()), None)
    if taken is not None:
        place = taken.relative_to(assignments.ROOT)
        raise GraderError(f"expected a new name, received {name!r}: {place} exists already")


def _filled(text: str, name: str, title: str) -> str:
    return text.replace("NAME", name).replace("TITLE", title)
