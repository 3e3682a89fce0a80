"""How loud dropout is: training mode draws at random, and what it draws has a known size.

Of 16 images and 1000 classes the size is known to a hundredth. With a rate of 0.4 in place of 0.5
it is lower by a quarter, and with one of the two dropouts by two fifths.
"""

from __future__ import annotations

import numpy as np

from grader.judging.stages import appears
from grader.runner.result_files import Evidence

# In logarithms. The noise of two right networks differs by about 0.01.
TOLERANCE = 0.15


def of(arrays: dict[str, np.ndarray]) -> float:
    """By how much training mode moves the scores before softmax: the root mean square over the
    classes, and then the geometric mean over the images, so no loud image dominates.
    """
    trained, still = (_scores(arrays[mode]) for mode in ("train", "eval"))
    sizes = np.sqrt(np.mean((trained - still) ** 2, axis=1))
    return float(np.exp(np.mean(np.log(np.maximum(sizes, 1e-9)))))


def _scores(probabilities: np.ndarray) -> np.ndarray:
    """Scores up to what all classes of an image share, which softmax does not show."""
    scores = np.log(np.maximum(probabilities.astype(np.float64), 1e-30))
    return scores - scores.mean(axis=1, keepdims=True)


def is_early(received: Evidence, features: dict) -> bool:
    """Whether something is drawn before the dense layers, as far as the graph shows.

    features: the oracle's operation that gives the last map, which is fixed in either mode.
    """
    for row in received.graph:
        right = {**features, "shape": row.get("shape")}  # flattened, it holds the same numbers
        if appears(right, [row], "eval") and not appears(right, [row], "train"):
            return True
    return False
