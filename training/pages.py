"""The pages about runs, by signs/run_report: a run is watched, and never fails for its page.

Training works without signs/, as it does without nets/, so nothing here imports it: the pages join
packages that training may not import. They are asked for when there is something to show.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from datasets.signs import Signs
from training.errors import TrainingError

LIBRARY = "signs.run_report"  # page.write(), compared.write()


@dataclass(frozen=True)
class Page:
    """The page about the run in `folder`: written as it begins, after each epoch, and at its end.

    say: gets the one line, once, if it cannot be written. data: what the run learns from and is
    tested on.
    """

    folder: Path
    say: Callable[[str], None]
    data: Signs | None = None
    _said: list[str] = field(default_factory=list)

    @contextmanager
    def live(self) -> Iterator[None]:
        """Inside the block the run is in training; what ends it early is on the page."""
        self._write("training")
        try:
            yield
        except BaseException:
            self._write("stopped")
            raise

    def each_epoch(self):
        """The Keras callback that writes the page after each epoch."""
        import keras

        return keras.callbacks.LambdaCallback(
            on_epoch_end=lambda epoch, logs: self._write("training")
        )

    def finished(self, model) -> None:
        """Write the page, and the model card, of the finished run; model: what it has trained."""
        self._write("finished", model)

    def _write(self, state: str, model=None) -> None:
        try:
            writer = importlib.import_module(f"{LIBRARY}.page")
            writer.write(self.folder, state, model=model, data=self.data)
        # Whatever is wrong with a page, hours of training are worth more.
        except Exception as error:
            reason = " ".join(str(error).split()) or type(error).__name__
            if not self._said:
                self._said.append(reason)
                self.say(f"{self.folder}: its page is not written: {reason}")


def library(name: str):
    """The module `name` of signs/run_report; raises TrainingError where it is not installed."""
    try:
        return importlib.import_module(f"{LIBRARY}.{name}")
    except ModuleNotFoundError as missing:
        raise TrainingError(
            f"expected signs/run_report, which writes the pages, found none ({missing}); use a "
            "whole checkout, or install the package"
        ) from missing
