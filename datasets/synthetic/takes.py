"""Random numbers that drift: hands are filmed, a take at a time, and pictures are its frames.

Most test photographs of SIGNS have a close neighbour in train, as frames of a film have, and small
networks read them well. Hands that are drawn from numbers that drift have such neighbours too: in a
take, every size, angle and colour goes from its first value to its last.
"""

from __future__ import annotations

import numpy as np


class Takes:
    """Draws as numpy.random.Generator does, for frames of takes.

    Along the axis that has as many places as there are frames, the numbers of one take go along a
    straight line as time passes, and turn back at 0 and at 1.
    """

    def __init__(
        self,
        rng: np.random.Generator,
        take: np.ndarray,
        time: np.ndarray,
        takes: int,
        reach: float,
        noise: np.random.Generator,
    ) -> None:
        """Draw for frames (n,) of `takes` takes; n is no other size that is asked for.

        Args:
            rng: Draws the takes; the same for all frames of one film.
            take: The number of each frame's take, int (n,).
            time: From 0 to 1 in the take, (n,).
            takes: How many there are.
            reach: How far a number may go in a take, where 1 is its whole range.
            noise: Draws what does not drift.
        """
        self.rng, self.take, self.time = rng, take, time
        self.takes, self.reach, self.noise = takes, reach, noise

    def random(self, size: int | tuple[int, ...], dtype: type = np.float64) -> np.ndarray:
        """Numbers from 0 to 1 that drift."""
        size = size if isinstance(size, tuple) else (size,)
        axis = size.index(len(self.take))
        keys = (*size[:axis], self.takes, *size[axis + 1 :])
        first, pace = self.rng.random(keys), self.reach * (2 * self.rng.random(keys) - 1)
        time = self.time.reshape(-1, *[1] * (len(size) - axis - 1))
        moved = first.take(self.take, axis) + pace.take(self.take, axis) * time
        return (1 - abs(1 - moved % 2)).astype(dtype)

    def integers(self, low: int, high: int, size, dtype: type = np.int64) -> np.ndarray:
        """Whole numbers that do not drift, such as noise."""
        return self.noise.integers(low, high, size, dtype)


Source = np.random.Generator | Takes
