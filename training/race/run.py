"""The race: the network that we recommend where time counts, its seconds, and its accuracy.

ResNet-18 by the recipe "ours": of all networks of the lectures it is the fastest that reads nearly
every test photograph of SIGNS (docs/results.md).
"""

from __future__ import annotations

import dataclasses
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from datasets.quiet import import_keras
from datasets.signs import Provenance, Signs
from training import environment, runs
from training.errors import TrainingError
from training.evaluate import Score, score
from training.loop import Fitted, fit
from training.recipes import RECIPES, Recipe
from training.transfer import backbone

NET, RECIPE = "resnet18", "ours"
CLOCK = "race.json"


@dataclass(frozen=True)
class Race:
    """Runs of the network on `data`, kept in the folder `runs`; epochs: None takes the recipe's."""

    data: Signs
    provenance: Provenance
    runs: Path
    epochs: int | None = None
    device: str | None = None

    @property
    def recipe(self) -> Recipe:
        """How it trains."""
        recipe = RECIPES[RECIPE]
        return recipe if self.epochs is None else dataclasses.replace(recipe, epochs=self.epochs)

    def folder(self, seed: int) -> Path:
        """Where the run under a seed is kept; its name says what is unusual about it."""
        words = ["race", NET, self.provenance.name.lower(), f"seed{seed}"]
        if self.epochs not in (None, RECIPES[RECIPE].epochs):
            words.append(f"{self.epochs}epochs")
        if self.device is not None:
            words.append(self.device.replace(":", ""))
        if environment.backend() != "tensorflow":
            words.append(environment.backend())
        return self.runs / "-".join(words)

    def settings(self, seed: int) -> dict:
        """Everything that decides the result, as JSON."""
        sums = {"train": self.provenance.train_sha256, "test": self.provenance.test_sha256}
        return {
            "race": NET,
            **code(),
            "backend": environment.backend(),
            "data": self.provenance.name,
            "data_sha256": sums,
            "seed": seed,
            "device": self.device,
            "recipe": self.recipe.settings,
            "precision": self.recipe.precision,
        }

    def result(self, seed: int, say: Callable[[str], None]) -> dict:
        """The result under a seed, as `training.runs.finish` writes it: kept, or of a run made now.

        It has `seconds`, of training without the compilation of the first steps, and
        `seconds_total`, which has all: the import of Keras, building, compiling, and the test.
        """
        folder, title = self.folder(seed), f"race, {NET}, {self.provenance.name}, seed {seed}"

        def made() -> tuple[Fitted, Score]:
            began = time.perf_counter()
            fitted, tested = self._trained(seed, folder, title)
            # What an earlier, interrupted session trained counts, too.
            total = imported + max(time.perf_counter() - began, fitted.seconds)
            runs.write(folder / CLOCK, {"seconds_total": total, "seconds": steady(fitted.history)})
            return fitted, tested

        settings, classes = self.settings(seed), self.data.classes
        if runs.finished(folder, settings) is None:
            imported = _import_seconds()
        result = runs.once(folder, settings, title, made, classes, say)
        clock = runs.read(folder / CLOCK)
        if clock is None:
            raise TrainingError(f"expected {CLOCK} in {folder}, found none; remove that folder")
        return {**result, **clock}

    def _trained(self, seed: int, folder: Path, title: str) -> tuple[Fitted, Score]:
        shape, classes = self.data.train_x.shape[1:], len(self.data.classes)
        fitted = fit(
            lambda: backbone.build(NET, shape, classes).model,
            self.data,
            self.recipe,
            folder,
            seed=seed,
            device=self.device,
            title=title,
        )
        return fitted, score(fitted.model, self.data, batch=self.recipe.batch)


def code() -> dict[str, str]:
    """The hashes of the code that decides a race."""
    return {
        "code_sha256": runs.decisive_code(Path(__file__)),
        "net_sha256": backbone.code_hash(NET),
    }


_imported: list[float] = []


def _import_seconds() -> float:
    """What the import of Keras took in this process."""
    if not _imported:
        began = time.perf_counter()
        import_keras()
        _imported.append(time.perf_counter() - began)
    return _imported[0]


def steady(history: Sequence[Mapping[str, float]]) -> float:
    """The seconds of training without compilation.

    The first epoch, which also compiles, counts as the median of the others.
    """
    first, *others = (row["seconds"] for row in history)
    return sum(others) + (statistics.median(others) if others else first)


def record(results: Sequence[Mapping], data: str) -> dict:
    """All runs of a race as JSON; lists have one value per seed."""
    return {
        "network": NET,
        "recipe": RECIPE,
        "data": data,
        "seeds": len(results),
        **{
            name: [result[name] for result in results]
            for name in ("accuracy", "accuracy_unseen", "seconds", "seconds_total")
        },
        "tested": results[0]["tested"],
        "unseen": results[0]["unseen"],
        "device": results[0]["device"],
        "versions": results[0]["versions"],
    }


def sentences(raced: Mapping) -> list[str]:
    """What a race measured, in words."""
    return [
        f"{raced['network']} by the recipe {raced['recipe']}, {raced['seeds']} "
        f"seed{'' if raced['seeds'] == 1 else 's'}, on {raced['device']}",
        f"- accuracy: {_spread(raced['accuracy'])} of {raced['tested']} test images, "
        f"{_spread(raced['accuracy_unseen'])} of the {raced['unseen']} that train does not hold",
        f"- training: {_seconds(raced['seconds'])}",
        f"- with the import of Keras, compilation and the test: {_seconds(raced['seconds_total'])}",
    ]


def _spread(values: Sequence[float]) -> str:
    percents = [100 * value for value in values]
    mean = f"{statistics.mean(percents):.1f}%"
    return mean if len(values) == 1 else f"{mean} ({min(percents):.1f} to {max(percents):.1f})"


def _seconds(values: Sequence[float]) -> str:
    median = f"{statistics.median(values):.1f} s"
    return median if len(values) == 1 else f"{median} ({min(values):.1f} to {max(values):.1f})"
