"""What learners read is in short sentences: of at most 30 words, with few exceptions."""

from __future__ import annotations

import re

from tests.grader.i18n.extracted import all_sentences

MOST = 30
# How the others begin, and why they may be longer.
KEPT = {
    "!Four grids": "the description of a figure",
    "!GoogLeNet from left": "the description of a figure",
    "!Ten pictures of one": "the description of a figure",
    "At the first step of a deep plain network": "a citation, with the title of a paper",
    "initializer: called as": "the list of a function's arguments",
}
# A sentence may begin with code, or with the name of an argument.
_BORDER = re.compile(r"(?<=[.!?])[)\"]?\s+(?=[A-Z`\"(0-9*]|[a-z_]+:|[a-z_]+\(|alpha|kernel\[)")


def sentences() -> list[str]:
    """All of them, without tables; formulas are one word, and links are their text."""
    found = []
    for text in all_sentences():
        if not text.startswith("|"):
            text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)
            found += _BORDER.split(re.sub(r"\$[^$]*\$", "x", text))
    return found


def test_sentences_are_short():
    long = [one for one in sentences() if len(re.findall(r"\S*\w\S*", one)) > MOST]
    kept = [start for start in KEPT if any(one.startswith(start) for one in long)]
    assert [one for one in long if not one.startswith(tuple(KEPT))] == []
    assert kept == list(KEPT)
