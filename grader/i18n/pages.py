"""HTML pages in the spoken language: one environment, one style sheet."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from grader.assignments import ROOT
from grader.i18n.language import say, spoken

if TYPE_CHECKING:
    import jinja2

TEMPLATES = ROOT / "grader" / "templates"


def environment(*folders: Path) -> jinja2.Environment:
    """What makes pages from the templates in `folders` and grader/templates."""
    import jinja2

    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader([*folders, TEMPLATES]),
        undefined=jinja2.StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(say=say, language="zh-CN" if spoken() == "zh" else spoken())
    return made
