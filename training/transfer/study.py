"""The study of transfer learning: accuracy by photographs per class, policy and source of weights.

Its network is resnet18. Of the networks with batch normalisation, whose freezing is half of the
lesson, it is the cheapest: 0.15 G multiply-adds per image of 64x64, about 0.2 s per training step
of 32 on two cores. So one run takes half a minute, and the whole study an evening. It has five
stages to freeze. LeNet-5 is cheaper still, but has neither.

Every run is a file of its own in runs/, written when it is done: stop the study at any moment, and
the same command goes on with what is missing.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from datasets.files import write_whole
from datasets.pipeline import steps_per_epoch
from datasets.quiet import import_keras
from datasets.signs import Provenance, Signs
from datasets.splits import few, held_out
from training import environment, runs
from training.compile import placed
from training.errors import Interrupted, TrainingError
from training.evaluate import score
from training.progress import Silent, count
from training.recipes import RECIPES, Recipe
from training.transfer import backbone, feature_cache, fine_tune, pretrained

NET = "resnet18"
SIZES = (5, 10, 20, 50, 180)
SEEDS = 5
# The fewest steps of a run: an epoch of 30 photographs is a single step.
MIN_STEPS = 120
RECIPE = dataclasses.replace(RECIPES["ours"], name="transfer")


@dataclass(frozen=True)
class Cell:
    """One run: photographs per class, policy, source of weights, seed."""

    per_class: int
    policy: str
    source: str
    seed: int


@dataclass(frozen=True)
class Plan:
    """The whole study. epochs: of every run, or None for the recipe's and at least MIN_STEPS.

    held_out: test on 216 training photographs in place of the test set, to choose settings by.
    hands, pretraining_recipe: of the pre-training. folder: where runs and weights go.
    """

    folder: Path
    net: str = NET
    sizes: tuple[int, ...] = SIZES
    policies: tuple[str, ...] = tuple(fine_tune.POLICIES)
    weights: tuple[str, ...] = ("random", "synthetic")
    seeds: int = SEEDS
    epochs: int | None = None
    held_out: bool = False
    hands: int = pretrained.HANDS
    pretraining_recipe: Recipe = pretrained.RECIPE

    @property
    def pretraining(self) -> pretrained.Pretraining:
        """The pre-training of the source synthetic."""
        return pretrained.Pretraining(self.net, self.hands, recipe=self.pretraining_recipe)

    def cells(self) -> Iterator[Cell]:
        """All runs, those of the first seed first: a study cut short has whole lines."""
        for seed in range(self.seeds):
            for per_class in self.sizes:
                for source in self.weights:
                    for policy in self.policies:
                        yield Cell(per_class, policy, source, seed)

    def recipe(self, per_class: int, classes: int) -> Recipe:
        """The recipe for this number of photographs per class."""
        if self.epochs is not None:
            return dataclasses.replace(RECIPE, epochs=self.epochs)
        least = -(-MIN_STEPS // steps_per_epoch(per_class * classes, RECIPE.batch))
        return dataclasses.replace(RECIPE, epochs=max(RECIPE.epochs, least))


def check(plan: Plan, data: Signs) -> None:
    """Refuse, before any training, what the study could not do; raises TrainingError."""
    stages = backbone.stages_of(plan.net)
    for name in plan.policies:
        for phase in fine_tune.get(name).phases:
            if (phase.moving or 0) > len(stages):
                raise TrainingError(
                    f"the policy {name} trains {phase.moving} stages, and {plan.net} has "
                    f"{len(stages)}: choose another network or policy"
                )
    for source in plan.weights:
        pretrained.check(source)
    part = held_out(data) if plan.held_out else data
    for per_class in plan.sizes:
        few(part, per_class)


def study(
    plan: Plan, data: Signs, provenance: Provenance, say: Callable[[str], None]
) -> list[dict]:
    """The results of all runs of `plan`, each trained, or read if it was trained before.

    A result has the figures of `one` and its cell. `say` gets a line per run that is trained, and
    one about earlier results that no longer count. Raises what `fit` raises.
    """
    check(plan, data)
    old = earlier(plan, data, provenance)
    if old:
        say(f"{plan.folder}: {count(old, 'run')} made {runs.EARLIER_CODE}, kept; trained again")
    if plan.held_out:
        data = held_out(data)
    cells, results = list(plan.cells()), []
    try:
        for number, cell in enumerate(cells, 1):
            path, settings = where(plan, cell, data, provenance)
            result = finished(path, settings)
            if result is None:
                weights = _pretrained(plan, cell, say)
                result = {**one(plan, cell, data, weights, say), **_context(settings)}
                text = json.dumps(result, indent=1) + "\n"
                write_whole(path, text)
                result = json.loads(text)  # as it will be read
                say(f"{number} of {len(cells)}: {described(cell)}: "
                    f"{100 * result['accuracy']:.1f}% in {result['seconds']:.0f} s")  # fmt: skip
            results.append(result)
    except _InPretraining as error:
        raise Interrupted(str(error)) from error
    except KeyboardInterrupt as error:
        raise Interrupted(
            f"interrupted in run {len(results) + 1} of {len(cells)}; those before are recorded, "
            "the same command goes on with this one"
        ) from error
    return results


class _InPretraining(Exception):
    """Interrupted while epochs are saved: the message says so."""


def _pretrained(plan: Plan, cell: Cell, say: Callable[[str], None]) -> str:
    if cell.source != "synthetic":
        return cell.source
    try:
        return str(pretrained.pretrained(plan.pretraining, plan.folder / "weights", say=say))
    except Interrupted as error:
        raise _InPretraining(str(error)) from error


def recorded(plan: Plan, data: Signs, provenance: Provenance) -> list[dict]:
    """The results of the runs of `plan` that are done; nothing is trained."""
    if plan.held_out:
        data = held_out(data)
    results = (finished(*where(plan, cell, data, provenance)) for cell in plan.cells())
    return [result for result in results if result is not None]


def earlier(plan: Plan, data: Signs, provenance: Provenance) -> int:
    """How many unfinished runs of `plan` an earlier version of the code has finished."""
    if plan.held_out:
        data = held_out(data)
    cells = (where(plan, cell, data, provenance) for cell in plan.cells())
    return sum(
        any(
            runs.difference((runs.read(other) or {}).get("settings"), settings) == runs.EARLIER_CODE
            for other in path.parent.glob(f"{path.stem.rpartition('-')[0]}-*.json")
        )
        for path, settings in cells
        if finished(path, settings) is None
    )


def one(plan: Plan, cell: Cell, data: Signs, weights: str, say: Callable[[str], None]) -> dict:
    """Train one cell and test it; accuracies on all of test and on what train does not hold.

    weights: the source of the cell, as `sources.network` takes it.
    """
    recipe = plan.recipe(cell.per_class, len(data.classes))
    policy = fine_tune.get(cell.policy)
    rows = few(data, cell.per_class, cell.seed)
    part = data._replace(train_x=data.train_x[rows], train_y=data.train_y[rows])
    with placed(recipe.precision, None, cell.seed):
        network = pretrained.network(weights, plan.net)
    features = None
    if any(phase.moving == 0 for phase in policy.phases):
        # Of all photographs: the runs of other sizes and policies read the same file.
        store = plan.folder / "features"
        features = feature_cache.cached(network.features, data.train_x, store, say=say)[rows]
    began = time.perf_counter()
    tuned = fine_tune.fine_tune(
        network, part, recipe, policy, seed=cell.seed, features=features, reporter=Silent
    )
    seconds = time.perf_counter() - began
    measured = score(network.model, data)
    import_keras().utils.clear_session()
    return {
        **dataclasses.asdict(cell),
        "net": plan.net,
        "accuracy": measured.accuracy,
        "accuracy_unseen": measured.accuracy_unseen,
        "tested": measured.tested,
        "unseen": measured.unseen,
        "predictions": measured.predictions.tolist(),
        "epochs": [len(history) for _, history, _ in tuned.phases],
        "seconds": round(seconds, 2),
    }


def described(cell: Cell) -> str:
    """A cell in words."""
    return (
        f"{cell.per_class} per class, {cell.source} weights, policy {cell.policy}, seed {cell.seed}"
    )


def where(plan: Plan, cell: Cell, data: Signs, provenance: Provenance) -> tuple[Path, dict]:
    """The file of a run's result, and everything that decides the result, as JSON."""
    recipe = plan.recipe(cell.per_class, len(data.classes))
    settings = {
        **dataclasses.asdict(cell),
        "net": plan.net,
        "recipe": recipe.settings,
        "phases": dataclasses.asdict(fine_tune.get(cell.policy))["phases"],
        "held_out": plan.held_out,
        "data_sha256": [provenance.train_sha256, provenance.test_sha256],
        "code_sha256": runs.decisive_code(Path(__file__)),
        "net_sha256": backbone.code_hash(plan.net),
        "weights": _weights(plan, cell.source),
        "backend": environment.backend(),
    }
    parts = (
        plan.net,
        provenance.name.lower() + ("-heldout" if plan.held_out else ""),
        f"{cell.per_class}aclass",
        Path(cell.source.replace(pretrained.HUB, "hub-")).name,
        cell.policy,
        f"seed{cell.seed}",
        runs.fingerprint(settings)[:12],
    )
    return plan.folder / f"{'-'.join(parts)}.json", settings


def _weights(plan: Plan, source: str):
    if source == "synthetic":
        return plan.pretraining.settings()
    if Path(source).is_file():
        return hashlib.sha256(Path(source).read_bytes()).hexdigest()
    return source


def _context(settings: dict) -> dict:
    return {
        "fingerprint": runs.fingerprint(settings),
        "settings": settings,
        "machine": environment.machine(),
        "versions": environment.versions(),
        "finished": time.strftime("%Y-%m-%d %H:%M:%S %z"),
    }


def finished(path: Path, settings: dict) -> dict | None:
    """The result in `path`, if it is complete and was made with `settings`."""
    result = runs.read(path) or {}
    return result if result.get("fingerprint") == runs.fingerprint(settings) else None
