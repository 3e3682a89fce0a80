"""The grader's two exceptions: one for its user, one for a submission that fails a check."""

from __future__ import annotations

from rich.cells import cell_len

from grader.plain_text import plain

# What a verdict may hold: rows of a table, and letters of a message, a cell and a trace. What is
# received may be anything, also words that fill a disk.
MOST_ROWS, MESSAGE, CELL, TRACE = 60, 2000, 400, 4000


class GraderError(Exception):
    """The grader cannot do what it was asked to do; the message is one line for the user."""


class CheckFailed(AssertionError):
    """A submission fails a check: a sentence about the concept, then expected and received.

    All of it is cut to a bounded size, and its invisible characters become visible ones.

    Args:
        message: The sentence, which the learner reads first.
        table: Rows of cells; the first row holds the titles.
        trace: The learner's own lines of a traceback, shown folded.
        earned: The part of the check's points, 0 to 1, that the submission earns in spite of it.
        kind: What went wrong, for programs.
        misconception: The name of the known mistake, see grader.judging.misconceptions.
    """

    def __init__(
        self,
        message: str,
        table: list[list[str]] | None = None,
        *,
        trace: str = "",
        earned: float = 0.0,
        kind: str = "wrong",
        misconception: str | None = None,
    ):
        self.message = plain(message, MESSAGE)
        super().__init__(self.message)
        rows = table or []
        self.table = [[plain(cell, CELL) for cell in row] for row in rows[:MOST_ROWS]]
        if len(rows) > MOST_ROWS:
            more = f"... ({len(rows) - MOST_ROWS:,} more)"
            self.table.append([more, *[""] * (len(rows[0]) - 1)])
        self.trace = plain(trace, TRACE)
        self.earned = earned
        self.kind = kind
        self.misconception = misconception

    def __str__(self) -> str:
        rows = "\n".join("  ".join(cell for cell in row) for row in aligned(self.table))
        return "\n".join(part for part in (self.message, rows, self.trace) if part)


def aligned(table: list[list[str]]) -> list[list[str]]:
    """The table with every cell padded to its column's width; a Chinese character takes two."""
    widths = [max(map(cell_len, column)) for column in zip(*table, strict=True)]
    return [
        [cell + " " * (width - cell_len(cell)) for cell, width in zip(row, widths, strict=True)]
        for row in table
    ]
