"""In the child, before it forks: what every fork would otherwise do again."""

from __future__ import annotations

import gc


def up() -> None:
    """Import keras; then keep the collector away from all that was imported.

    No operation of TensorFlow runs here, for its threads would not survive a fork.
    """
    import keras  # noqa: F401
    import numpy.random  # noqa: F401

    gc.collect()
    gc.freeze()
