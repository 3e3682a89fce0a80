"""Words that a submission may have chosen, made safe for a terminal, a page or a table."""

from __future__ import annotations

import unicodedata

# Invisible characters that names and emoji of some languages are written with.
JOINERS = "\u200c\u200d"
# Categories of Unicode: control and format characters, such as those that turn the direction of
# what follows, halves of characters, and separators of lines and paragraphs.
_UNSEEN = ("Cc", "Cf", "Cs", "Zl", "Zp")
_KEPT = "\n\t" + JOINERS
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def plain(text: str, most: int) -> str:
    """The text with a visible sign for each invisible character, and at most `most` characters.

    A text that is cut ends in how many characters are left out.
    """
    kept = text[:most]
    if not kept.isascii() or not kept.isprintable():
        kept = "".join(map(_visible, kept))
    left = len(text) - most
    return f"{kept} ... ({left:,} more)" if left > 0 else kept


def _visible(character: str) -> str:
    unseen = unicodedata.category(character) in _UNSEEN and character not in _KEPT
    return REPLACEMENT if unseen else character
