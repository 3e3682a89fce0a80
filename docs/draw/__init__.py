"""The figures of the exercise texts and of docs/notes.md, drawn from numbers.

.venv/bin/python -m docs.draw            # draws all into docs/figures
.venv/bin/python -m docs.draw --check    # status 1 if a file there differs
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from docs.draw.svg import Figure
from grader.i18n import po

FOLDER = Path(__file__).resolve().parents[1] / "figures"
TEXTS = (
    "lenet",
    "alexnet",
    "vgg",
    "residual_networks",
    "inception",
    "transfer_learning",
    "data_augmentation",
    "happy_house",
)
# The pages of docs/ that have figures of their own.
PAGES = ("notes",)
# language: how the names of its files end. Their words are not among those of grader/locale: as
# short as they are, they would be found in the sentences of the grader.
LANGUAGES = {"en": "", "zh-CN": ".zh-CN"}


def figures(text: str) -> dict:
    """The figures of a text or a page: name -> function of `say` that returns a Figure."""
    return import_module(f"docs.draw.{text}").FIGURES


def drawn() -> Iterator[tuple[str, str]]:
    """(file name, content) of each figure in each language, and of a page that shows them."""
    for language, ending in LANGUAGES.items():
        say = speaker(language)
        page = [opening(say)]
        for text in TEXTS + PAGES:
            page.append(f"## {text}")
            for name, draw in figures(text).items():
                figure: Figure = draw(say)
                page.append(f"![{figure.title}]({name}{ending}.svg)")
                yield f"{name}{ending}.svg", figure.svg(language)
        yield f"README{ending}.md", "\n\n".join(page) + "\n"


def opening(say) -> str:
    """How the page that shows all figures begins."""
    told = say(
        "The figures of the exercise texts and of the notes, drawn from numbers. What is learnt in "
        "them was learnt from drawn hands, and in two figures from photographs."
    )
    return f"# {say('Figures')}\n\n{told}\n\n    .venv/bin/python -m docs.draw"


def words() -> dict[str, str]:
    """The Chinese words of the figures by the English ones."""
    path = Path(__file__).with_name("zh_CN.po")
    return po.entries(path.read_text(encoding="utf-8"), path.name)


def speaker(language: str):
    """The function that the figures call for every label: say(text, field=value)."""
    known = {} if language == "en" else words()

    def say(text: str, **fields) -> str:
        return known.get(text, text).format(**fields)

    return say
