"""What a submission says reaches a terminal, a page or a table as plain text of bounded size."""

from __future__ import annotations

import pytest

from grader.errors import CELL, MOST_ROWS, CheckFailed
from grader.plain_text import plain

SHOWN = "\N{REPLACEMENT CHARACTER}"


@pytest.mark.parametrize(
    "character",
    [
        "\x1b",  # begins a command to the terminal
        "\r",  # writes over the line
        "\x00",
        "\x7f",
        "\x9b",  # begins a command in one byte
        "\u202e",  # what follows runs from right to left
        "\u2066",
        "\u200e",
        "\u2028",
        "\ufeff",
        "\ud800",  # half of a character, which no file can hold
    ],
)
def test_an_invisible_character_is_seen(character):
    assert plain(f"a{character}b", 100) == f"a{SHOWN}b"


@pytest.mark.parametrize(
    "text", ["two\nlines\tand a tab", "卷积核 3×3", "Zoë", "שלום", "👩‍💻 and क्‍ष", "r² ≥ 0.5"]
)
def test_words_of_any_language_stay(text):
    assert plain(text, 100) == text


def test_a_long_text_says_how_much_is_left_out():
    assert plain("x" * 1250, 50) == "x" * 50 + " ... (1,200 more)"


def test_a_verdict_is_bounded_whatever_is_received():
    verdict = CheckFailed(
        "m" * 10**6, [["expected", "received"], *[["1", "9" * 10**6]] * 1000], trace="t\x1b" * 10**6
    )
    assert len(str(verdict)) < 100_000 and "\x1b" not in str(verdict)
    assert len(verdict.table) == MOST_ROWS + 1
    assert verdict.table[-1] == ["... (941 more)", ""]
    assert verdict.table[1][1].startswith("9" * CELL + " ...")
