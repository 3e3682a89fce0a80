"""The history of a run, one row per epoch, in memory and as history.csv."""

from __future__ import annotations

import csv
import io
import math
import time
from pathlib import Path

from datasets.files import write_whole

NAME = "history.csv"


def read(path: Path) -> list[dict[str, float]]:
    """The rows of a history.csv; a row that a kill left half written, or a disk, is left out."""
    rows: list[dict[str, float]] = []
    with open(path, newline="", encoding="utf-8", errors="replace") as file:
        try:
            for row in csv.DictReader(file):
                numbers = {key: _number(value) for key, value in row.items() if key}
                figures = {key: value for key, value in numbers.items() if value is not None}
                whole = {"epoch", "loss", "seconds", *(rows[0] if rows else ())} <= set(figures)
                if whole and math.isfinite(figures["epoch"]):
                    rows.append(figures)
        except csv.Error:  # a cell as long as a file
            pass
    return rows


def write(path: Path, rows: list[dict[str, float]]) -> None:
    """Write `rows` whole, with the columns that the first has."""
    text = io.StringIO()
    if rows:
        writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n", extrasaction="ignore")
        writer.writeheader()
        writer.writerows([{**row, "epoch": int(row["epoch"])} for row in rows])
    write_whole(path, text.getvalue())


def _number(text) -> float | None:
    try:
        return float(text)
    except (TypeError, ValueError):
        return None


class Recorder:
    """Keeps the rows of a run; with a folder, Keras' CSVLogger writes them as they come.

    start: how many epochs the folder's backup holds. Rows of later epochs, whose weights are
    lost, are dropped.
    """

    def __init__(self, folder: Path | None, start: int = 0):
        self.path = None if folder is None else folder / NAME
        self.rows: list[dict[str, float]] = []
        self._began = 0.0
        self._logger = None
        if start and self.path is not None and self.path.exists():
            self.rows = [row for row in read(self.path) if row["epoch"] < start]

    def clock(self):
        """The callback that adds `seconds` to an epoch's figures; it goes before all others."""
        import keras

        return keras.callbacks.LambdaCallback(on_epoch_begin=self._start, on_epoch_end=self._stop)

    def writers(self) -> list:
        """The callbacks that record; they go after `clock`."""
        import keras

        chain = [keras.callbacks.LambdaCallback(on_epoch_end=self._keep)]
        if self.path is not None:
            if self.path.exists() or self.rows:
                write(self.path, self.rows)
            self._logger = keras.callbacks.CSVLogger(str(self.path), append=bool(self.rows))
            chain.append(self._logger)
        return chain

    def _start(self, epoch: int, logs: dict) -> None:
        self._began = time.perf_counter()

    def _stop(self, epoch: int, logs: dict) -> None:
        logs["seconds"] = time.perf_counter() - self._began

    def _keep(self, epoch: int, logs: dict) -> None:
        figures = {key: float(value) for key, value in logs.items()}
        self.rows.append({"epoch": epoch, **figures})
        if self._logger is not None:
            # Left to itself, CSVLogger adds a column of "NA" for each figure without validation.
            self._logger.keys = sorted(logs)

    def close(self) -> None:
        """Close history.csv, whatever ended the run."""
        if self._logger is not None:
            self._logger.on_train_end()
