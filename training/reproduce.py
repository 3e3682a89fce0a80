"""The reference runs: every assignment by recipe by seed, trained once and then remembered."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from datasets.signs import Provenance, Signs
from training import assignments, environment, recipes, runs
from training.evaluate import score
from training.loop import fit
from training.recipes import Recipe

# The modules whose code decides a result; a change to any of them makes earlier runs another's.
_DECISIVE = ("augment", "batches", "evaluate", "loop", "setup")
HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Options:
    """How all runs of one call are made; epochs: None is each recipe's own number."""

    runs: Path
    target: str = "solutions"
    seeds: int = 1
    precision: str | None = None
    device: str | None = None
    epochs: int | None = None
    tensorboard: bool = False
    root: Path = assignments.ROOT


@dataclass(frozen=True)
class Row:
    """One line of the table: an assignment by a recipe, its figures one a seed.

    published: (low, high) of 1, or None. recipe_epochs: what the recipe says, where `epochs` was
    asked for otherwise. folders: the runs, one a seed.
    """

    assignment: str
    recipe: str
    net: str
    data: str
    data_sha256: dict[str, str]
    published: tuple[float, float] | None
    accuracy: list[float]
    accuracy_unseen: list[float]
    seconds: list[float]
    epochs: int
    device: str
    versions: dict[str, str]
    recipe_epochs: int
    tested: int
    unseen: int
    target: str
    folders: list[Path]


def chosen(name: str, choice: str) -> list[Recipe]:
    """The recipes of assignment `name`: "default", "all", or one by its name."""
    row = assignments.get(name)
    if choice == "default":
        names = row.default
    elif choice == "all":
        names = row.every
    elif choice in recipes.RECIPES:
        names = (choice,)
    else:
        raise recipes.unknown("a recipe", choice, ("default", "all", *recipes.RECIPES))
    return [recipes.get(recipe) for recipe in names]


def reproduce(
    names: list[str],
    choice: str,
    data: Signs,
    provenance: Provenance,
    options: Options,
    say: Callable[[str], None],
) -> Iterator[Row]:
    """Yield a row for each assignment and recipe, its runs trained or, if finished before, read.

    say: takes one line for the user. Raises what `fit` raises, and TrainingError for names.
    """
    for name in names:
        for recipe in chosen(name, choice):
            planned = recipe.epochs
            if options.epochs is not None:
                recipe = dataclasses.replace(recipe, epochs=options.epochs)
            results, folders = [], []
            for seed in range(options.seeds):
                folder, result = _run(name, recipe, seed, data, provenance, options, say)
                results.append(result)
                folders.append(folder)
            yield _row(name, recipe, planned, provenance, options, results, folders)


def _run(name, recipe, seed, data, provenance, options, say) -> tuple[Path, dict]:
    settings = _settings(name, recipe, seed, provenance, options)
    folder = options.runs / _folder_name(name, recipe, seed, provenance, options)
    result = runs.finished(folder, settings)
    if result is not None:
        say(f"{folder}: finished on {result['finished'][:10]}, read")
        return folder, result
    # Before the folder is touched: names that this machine lacks must not set a run aside.
    build = assignments.builder(name, options.target, options.root)
    moved = runs.begin(folder, settings)
    if moved is not None:
        say(f"{moved}: an earlier run with other settings, kept under this name")
    title = f"{name}, {recipe.name}, {provenance.name}, seed {seed}"
    fitted = fit(
        build,
        data,
        recipe,
        folder,
        seed=seed,
        precision=options.precision,
        device=options.device,
        tensorboard=options.tensorboard,
        title=title,
    )
    measured = score(
        fitted.model, data, batch=recipe.batch, batch_norm=recipe.batch_norm_at_test
    )
    return folder, runs.finish(folder, settings, fitted, measured, data.classes, title)


def _settings(name, recipe, seed, provenance, options) -> dict:
    """Everything that decides a run's result, as JSON."""
    file = assignments.source(name, options.target, options.root)
    return {
        "assignment": name,
        "target": options.target,
        "source_sha256": environment.code_hash(file),
        "training_sha256": environment.code_hash(*(HERE / f"{part}.py" for part in _DECISIVE)),
        "recipe": {**dataclasses.asdict(recipe), "published": None, "note": ""},
        "seed": seed,
        "precision": options.precision or recipe.precision,
        "device": options.device,
        "backend": environment.backend(),
        "data": provenance.name,
        "data_sha256": sums(provenance),
    }


def sums(provenance: Provenance) -> dict[str, str]:
    """The SHA-256 of both files of the data."""
    return {"train": provenance.train_sha256, "test": provenance.test_sha256}


def _folder_name(name, recipe, seed, provenance, options) -> str:
    parts = [name, recipe.name, provenance.name.lower(), f"seed{seed}"]
    precision = options.precision or recipe.precision
    extra = {
        options.target: "solutions",
        precision: "float32",
        environment.backend(): "tensorflow",
        f"{recipe.epochs}epochs": f"{recipes.get(recipe.name).epochs}epochs",
        (options.device or "").replace(":", ""): "",
    }
    return "-".join(parts + [value for value, usual in extra.items() if value != usual])


def _row(name, recipe, planned, provenance, options, results, folders) -> Row:
    published = recipe.published
    return Row(
        assignment=name,
        recipe=recipe.name,
        net=assignments.get(name).net,
        data=provenance.name,
        data_sha256=sums(provenance),
        published=(published.low, published.high) if published else None,
        accuracy=[result["accuracy"] for result in results],
        accuracy_unseen=[result["accuracy_unseen"] for result in results],
        seconds=[result["seconds"] for result in results],
        epochs=recipe.epochs,
        device=results[0]["device"],
        versions=results[0]["versions"],
        recipe_epochs=planned,
        tested=results[0]["tested"],
        unseen=results[0]["unseen"],
        target=options.target,
        folders=folders,
    )
