"""The loss of every step, for pictures in which epochs are too coarse."""

from __future__ import annotations


class StepLosses:
    """Collects `losses`, one number per step, while a run goes on.

    Keras reports the mean over the epoch so far; it is taken apart by how many examples each step
    has seen. examples, batch: of an epoch, whose last batch may be smaller.
    """

    def __init__(self, examples: int, batch: int):
        self.examples, self.batch = examples, batch
        self.losses: list[float] = []
        self._total, self._seen = 0.0, 0

    def callback(self):
        """The callback to give to `fit`."""
        import keras

        return keras.callbacks.LambdaCallback(
            on_epoch_begin=self._begin, on_train_batch_end=self._step
        )

    def _begin(self, epoch: int, logs: dict | None = None) -> None:
        self._total, self._seen = 0.0, 0

    def _step(self, step: int, logs: dict) -> None:
        seen = min((step + 1) * self.batch, self.examples)
        total = float(logs["loss"]) * seen
        self.losses.append((total - self._total) / (seen - self._seen))
        self._total, self._seen = total, seen
