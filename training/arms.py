"""The networks that a lesson compares, its arms, each trained under the same seeds.

Every choice, such as of a learning rate or of the network to keep, is made on the validation
photographs. What a run answers on the test photographs is kept with it, and is looked at once, when
all runs are finished.
"""

from __future__ import annotations

import gc
import hashlib
import inspect
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from datasets.files import make_folder
from datasets.signs import Signs
from datasets.splits import Parts
from training import runs
from training.comparison import Runs
from training.errors import Interrupted
from training.evaluate import confusion, probabilities
from training.loop import Fitted
from training.saving import save_model

ROOM = Path(__file__).parent
MODEL, KEPT, SAVED = "model.keras", "kept", "saved.json"


@dataclass(frozen=True)
class Arm:
    """One of the networks that are compared.

    train: seed -> Fitted. parts: the photographs as this network sees them. look: the trained
    model and its seed -> notes, as JSON, that are kept with the run. chances: (model, images uint8)
    -> (n, classes). learnt_from: seed -> the photographs that a run learns from; by default all.
    """

    train: Callable[[int], Fitted]
    parts: Parts
    look: Callable[[Any, int], dict] = lambda model, seed: {}
    chances: Callable[[Any, np.ndarray], np.ndarray] = probabilities
    learnt_from: Callable[[int], Signs] | None = None


@dataclass(frozen=True)
class Trained:
    """The runs of one arm, in the order of the seeds; each is what `_measured` returns."""

    name: str
    arm: Arm
    rows: list[dict] = field(default_factory=list)

    @property
    def test(self) -> Runs:
        """Right and wrong on the test photographs."""
        return self._runs("answers", self.arm.parts.learning.test_y)

    @property
    def train(self) -> Runs:
        """Right and wrong on the photographs that it learnt from, if every run had the same."""
        return self._runs("train_answers", self.arm.parts.learning.train_y)

    @property
    def validation(self) -> float:
        """The mean accuracy on the validation photographs, from 0 to 1."""
        return float(np.mean([row["validation"] for row in self.rows]))

    @property
    def histories(self) -> list[list[dict]]:
        """One list of epochs per run."""
        return [row["history"] for row in self.rows]

    def notes(self, name: str) -> list:
        """A note of each run."""
        return [row["notes"][name] for row in self.rows]

    def _runs(self, answers: str, labels: np.ndarray) -> Runs:
        right = np.array([np.array(row[answers]) == labels for row in self.rows])
        return Runs(self.name, right, [row["loss"] for row in self.rows])


def train(
    arms: Mapping[str, Arm],
    seeds: Sequence[int],
    folder: Path,
    code: str = "",
    say: Callable[[str], None] = lambda line: print(line, flush=True),
) -> dict[str, Trained]:
    """Train every arm under every seed, or read the runs that an interrupted call has finished.

    A seed's arms follow each other, so an early stop leaves whole pairs. Writes model.keras, the
    network with the highest accuracy on the validation photographs, and kept/, one file per run.

    Args:
        arms: name -> Arm.
        seeds: One run of each arm per seed.
        folder: Where the model and the finished runs go.
        code: What else decides a run, such as a hash of the code: see `decided_by`. If it is empty
            no run is read.
        say: Gets a line per run.

    Raises:
        Interrupted: Ctrl-C; the message says what is kept.
    """
    make_folder(folder / KEPT)
    results = {name: Trained(name, arm) for name, arm in arms.items()}
    total, spent, best_yet = len(arms) * len(seeds), [], -1.0
    pairs = [(seed, name) for seed in seeds for name in arms]
    for done, (seed, name) in enumerate(pairs, 1):
        arm = arms[name]
        wanted = _fingerprint(code, name, seed, arm.parts)
        # Runs with other settings, such as quick ones, lie beside it.
        path = folder / KEPT / f"{slug(name)}-seed{seed}-{wanted[:8]}.json"
        row, how = _finished(path, wanted) if code else None, ", finished earlier"
        if row is None:
            began = time.perf_counter()
            try:
                fitted = arm.train(seed)
            except KeyboardInterrupt as error:  # Interrupted is one, too
                after = "the same command goes on there" if code else "nothing of it is read again"
                raise Interrupted(f"interrupted in run {done} of {total}; {after}") from error
            row = {"fingerprint": wanted, **_measured(arm, fitted, seed)}
            if row["validation"] > best_yet:
                _save(fitted, wanted, folder)
            runs.write(path, row)
            del fitted
            gc.collect()  # a model lies in circles of references
            spent.append(time.perf_counter() - began)
            how = _left(spent, total - done)
        best_yet = max(best_yet, row["validation"])
        results[name].rows.append(row)
        say(
            f"{done} of {total}: {name}, seed {seed}: training loss {row['loss']:.3f}, "
            f"validation accuracy {row['validation']:.4f}, {row['seconds']:.0f} s{how}"
        )
    name, number = best(results)
    wanted = results[name].rows[number]["fingerprint"]
    if _finished(folder / KEPT / SAVED, wanted) is None or not (folder / MODEL).exists():
        say(f"{name}, seed {seeds[number]}: trained again, for its network is not kept")
        _save(arms[name].train(seeds[number]), wanted, folder)
    return results


def _save(fitted: Fitted, fingerprint: str, folder: Path) -> None:
    save_model(fitted.model, folder / MODEL)
    runs.write(folder / KEPT / SAVED, {"fingerprint": fingerprint})


def _finished(path: Path, wanted: str) -> dict | None:
    row = runs.read(path)
    return row if row is not None and row.get("fingerprint") == wanted else None


def _measured(arm: Arm, fitted: Fitted, seed: int) -> dict:
    """What is kept of a run, as JSON. loss: cross-entropy at the end, on what it learnt from."""
    parts, model = arm.parts, fitted.model
    learning = arm.learnt_from(seed) if arm.learnt_from else parts.learning
    chances = arm.chances(model, learning.train_x)
    of_truth = chances[np.arange(len(chances)), learning.train_y]
    validation = arm.chances(model, parts.validation_x).argmax(1) == parts.validation_y
    return {
        "loss": float(-np.log(np.maximum(of_truth, 1e-7)).mean()),
        "validation": float(validation.mean()),
        "answers": arm.chances(model, parts.learning.test_x).argmax(1).tolist(),
        "train_answers": chances.argmax(1).tolist(),
        "history": fitted.history,
        "seconds": fitted.seconds,
        "notes": arm.look(model, seed),
    }


def chosen(name: str, arms: Mapping[Any, Arm], seed: int, folder: Path, code: str = "") -> Any:
    """The key of the arm with the highest validation accuracy, each trained once under `seed`.

    The seed should be none of those that are compared afterwards. name: what is chosen for.
    """
    named = {f"{name}, {key:g}": key for key in arms}
    results = train(
        {text: arms[key] for text, key in named.items()}, [seed], folder / "choice", code
    )
    best = max(results, key=lambda text: results[text].validation)
    return named[best]


def best(results: Mapping[str, Trained]) -> tuple[str, int]:
    """(name, index of the run): the run whose network `train` has saved, chosen by validation."""
    pairs = ((name, run) for name, result in results.items() for run in range(len(result.rows)))
    # As `train` does: in the order of the seeds, and the first of equals.
    order = sorted(pairs, key=lambda pair: pair[1])
    return max(order, key=lambda pair: results[pair[0]].rows[pair[1]]["validation"])


def confusion_of(results: Mapping[str, Trained]) -> tuple[str, np.ndarray]:
    """The name of the saved network's arm, and its confusion matrix on the test photographs."""
    name, run = best(results)
    data = results[name].arm.parts.learning
    answers = np.array(results[name].rows[run]["answers"])
    return name, confusion(data.test_y, answers, len(data.classes))


def decided_by(lesson: Path, functions: Sequence[Callable], *settings: object) -> str:
    """A hash of what decides a lesson's runs: its code, the learner's functions, and settings.

    It is empty if a function's file cannot be found, as in a notebook.
    """
    try:
        files = {Path(inspect.getfile(inspect.unwrap(function))) for function in functions}
        entries = [lesson, ROOM / "arms.py", *sorted(files)]
        code = runs.decisive_code(*entries, without=(ROOM / "comparison.py",))
    except (OSError, TypeError):
        return ""
    return hashlib.sha256(repr((code, settings)).encode()).hexdigest()


def _fingerprint(code: str, name: str, seed: int, parts: Parts) -> str:
    total = hashlib.sha256(repr((code, name, seed)).encode())
    for images in (*parts.learning, parts.validation_x, parts.validation_y):
        total.update(np.ascontiguousarray(images).tobytes())
    return total.hexdigest()


def _left(spent: Sequence[float], runs_left: int) -> str:
    seconds = sum(spent) / len(spent) * runs_left
    if not runs_left:
        return ""
    return (
        f", about {seconds:.0f} s left" if seconds < 90 else f", about {seconds / 60:.0f} min left"
    )


def slug(name: str) -> str:
    """The name of an arm as a part of the name of a file."""
    return "-".join("".join(c if c.isalnum() else " " for c in name.lower()).split())
