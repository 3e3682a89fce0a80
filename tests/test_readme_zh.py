"""The Chinese pages say what the English ones say: the same headings, figures, code and links."""

import re
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ENGLISH, CHINESE, NOTES, CHINESE_NOTES = (
    (ROOT / name).read_text(encoding="utf-8")
    for name in ("README.md", "README.zh-CN.md", "docs/notes.md", "docs/notes.zh-CN.md")
)
FENCED = re.compile(r"^```\n(.*?)^```", re.MULTILINE | re.DOTALL)


def headings(page: str) -> list[int]:
    """The level of each heading."""
    return [len(marks) for marks in re.findall(r"^(#+) ", FENCED.sub("", page), re.MULTILINE)]


def code(page: str) -> Counter:
    """Every code span and every line of a block, without its comment."""
    lines = [line for block in FENCED.findall(page) for line in block.splitlines()]
    spans = re.findall(r"`([^`]+)`", FENCED.sub("", page))
    return Counter(re.sub(r"\s+#.*", "", line).strip() for line in lines + spans)


def numbers(page: str) -> Counter:
    """Every number of the text; small ones may be words, such as "two"."""
    text = re.sub(r"`[^`]+`|\]\([^)]*\)", "", FENCED.sub("", page))
    return Counter(re.findall(r"\d+(?:\.\d+)*(?:e-\d+)?", text))


def measured(page: str) -> Counter:
    """Every number with a point, but those of millions, which Chinese counts in other units."""
    return Counter(re.findall(r"\d+\.\d+(?! ?(?:\d|million|万|亿))", page))


def links(page: str) -> Counter:
    """The targets of all links, except to the other language."""
    others = ("README.md", "README.zh-CN.md", "notes.md", "notes.zh-CN.md")
    targets = re.findall(r"\]\(([^)]*)\)", page.replace(".zh-CN.svg", ".svg"))
    return Counter(target for target in targets if target.rpartition("/")[2] not in others)


def table_rows(page: str) -> list[int]:
    """How many columns each row of each table has."""
    return [line.count("|") for line in page.splitlines() if line.startswith("|")]


@pytest.mark.parametrize("part", [headings, code, numbers, links, table_rows])
def test_both_readmes_agree(part):
    assert part(ENGLISH) and part(ENGLISH) == part(CHINESE)


@pytest.mark.parametrize("part", [headings, code, measured, links, table_rows])
def test_both_pages_of_notes_agree(part):
    assert part(NOTES) and part(NOTES) == part(CHINESE_NOTES)


def test_the_readme_is_one_screen():
    assert len(ENGLISH.splitlines()) <= 120
