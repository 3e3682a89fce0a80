"""In a notebook: `from grader.notebook import check, hint, solution_diff`.

`check("identity_block")` shows the verdict on the cells that were run before it, and returns it.
`hint()` shows the next hint for what it missed, and `solution_diff()` the worked lines beside
yours. `start()` readies the grader in the background, so that the first check is quick, too.
"""

from __future__ import annotations

from grader.learner.cells import check, hint, solution_diff, start

__all__ = ["check", "hint", "solution_diff", "start"]
