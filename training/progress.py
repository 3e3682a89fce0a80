"""What a run shows while it works: a bar in a terminal, else a line per epoch."""

from __future__ import annotations

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)


def count(n: int, noun: str) -> str:
    """The number with its noun: 1 epoch, 2 epochs."""
    return f"{n} {noun}{'' if n == 1 else 's'}"


class Reporter:
    """Shows one run of `epochs` epochs of `steps` batches, from epoch `start` on.

    title: which run. console: by default standard output. Close it at the end, also after an
    error, or the terminal keeps its cursor hidden.
    """

    def __init__(
        self, title: str, epochs: int, steps: int, start: int = 0, console: Console | None = None
    ):
        self.console = console or Console(soft_wrap=True, highlight=False)
        self.title, self.epochs, self.steps, self.start = title, epochs, steps, start
        self.bar: Progress | None = None
        self.task = TaskID(0)

    def callback(self):
        """The Keras callback that feeds this reporter."""
        import keras

        # A callback for each batch makes Keras wait for the device each time, so only a bar,
        # which needs it, has one.
        each_batch = {"on_train_batch_end": self._batch} if self.console.is_terminal else {}
        return keras.callbacks.LambdaCallback(
            on_train_begin=self._begin, on_epoch_end=self._epoch, **each_batch
        )

    def _begin(self, logs=None) -> None:
        done = f", {self.start} done before" if self.start else ""
        self.console.print(
            f"{self.title}: {count(self.epochs, 'epoch')} of {count(self.steps, 'step')}{done}; "
            "the first step also compiles the network"
        )
        if self.console.is_terminal:
            columns = (
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeRemainingColumn(),
            )
            self.bar = Progress(*columns, console=self.console, transient=True)
            total = self.epochs * self.steps
            self.task = self.bar.add_task("steps", total=total, completed=self.start * self.steps)
            self.bar.start()

    def _batch(self, batch: int, logs=None) -> None:
        if self.bar is not None:
            self.bar.advance(self.task)

    def _epoch(self, epoch: int, logs: dict) -> None:
        figures = [f"{key} {value:.4f}" for key, value in logs.items() if _is_shown(key)]
        seconds = f"{logs['seconds']:.1f} s" if "seconds" in logs else ""
        self.console.print(f"  epoch {epoch + 1}/{self.epochs}", *figures, seconds, sep="  ")

    def close(self) -> None:
        """Take the bar away."""
        if self.bar is not None:
            self.bar.stop()


class Silent:
    """A reporter that says nothing, where many runs have one line each."""

    def __init__(self, *arguments):
        pass

    def callback(self):
        """A Keras callback that does nothing."""
        import keras

        return keras.callbacks.Callback()

    def close(self) -> None:
        """Nothing is open."""


def _is_shown(key: str) -> bool:
    return key.removeprefix("val_") in ("loss", "accuracy")
