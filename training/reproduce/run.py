"""The reference runs: every assignment by recipe by seed, trained once and then remembered.

Where an assignment compares runs of its own, such as with and without augmentation, each of these
stands where a recipe stands elsewhere.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from datasets.code_hash import code_hash, files_hash
from datasets.signs import Provenance, Signs
from datasets.synthetic import dataset
from training import environment, recipes, runs
from training.compile import placed
from training.errors import Interrupted, TrainingError
from training.evaluate import Score, score
from training.loop import Fitted, fit
from training.recipes import Recipe
from training.reproduce import assignments

TRAINING = Path(__file__).resolve().parent.parent
# Where a run's result is made: these files and what they import decide it.
_DECISIVE = (TRAINING / "loop.py", TRAINING / "evaluate.py")
# And what the comparing assignments use besides.
_COMPARING = (
    *_DECISIVE,
    TRAINING / "transfer" / "pretrained.py",
    TRAINING / "transfer" / "fine_tune.py",
)


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
    """One line of the table: an assignment by a recipe, or by what it compares, one figure a seed.

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


def check(names: list[str], choice: str, options: Options) -> None:
    """Refuse, before any training, what could not be done; raises TrainingError."""
    for name in names:
        if not assignments.get(name).compared:
            chosen(name, choice)
            continue
        # It has its own epochs and precision, and an option that it ignores would mislead.
        asked = {
            f"--recipe {choice}": choice not in ("default", "all"),
            "--epochs": options.epochs is not None,
            "--precision": options.precision is not None,
            "--tensorboard": options.tensorboard,
        }
        for option in (option for option, there in asked.items() if there):
            raise TrainingError(
                f"{name} compares runs of its own, which know no {option}: leave "
                "it out, or name another assignment"
            )


def reproduce(
    names: list[str],
    choice: str,
    data: Signs,
    provenance: Provenance,
    options: Options,
    say: Callable[[str], None],
) -> Iterator[Row]:
    """Yield a row for each assignment and recipe, its runs trained or, if finished before, read.

    names, choice, options: as `check` lets them pass. say: takes one line for the user. Raises what
    `fit` raises, and TrainingError for names.
    """
    for name in names:
        if assignments.get(name).compared:
            yield from _compared(name, data, provenance, options, say)
            continue
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


def _compared(name, data, provenance, options, say) -> Iterator[Row]:
    """A row for each of what the assignment's file compares, one after another."""
    shared = options.runs / _folder_name([name, "shared"], provenance, {}, options)
    arms = assignments.arms(name, data, shared, options.target, options.root)
    total, done = len(arms) * options.seeds, 0
    try:
        for key, (passes, train) in arms.items():
            arm = Recipe(assignments.get(name).compared.format(*key), epochs=passes)
            made = []
            for seed in range(options.seeds):
                made.append(_arm(name, key, arm, train, seed, data, provenance, options, say))
                done += 1
                say(f"{done} of {total}: {arm.name}, seed {seed}: "
                    f"{100 * made[-1][1]['accuracy']:.1f}%")  # fmt: skip
            folders, results = zip(*made, strict=True)
            yield _row(name, arm, passes, provenance, options, results, list(folders))
    except KeyboardInterrupt as error:
        raise Interrupted(
            f"interrupted in run {done + 1} of {total}; those before are kept, the same command "
            "goes on with this one"
        ) from error


def _arm(name, key, arm, train, seed, data, provenance, options, say) -> tuple[Path, dict]:
    """One run of what is compared, trained or read."""
    settings = {
        **_origin(name, _COMPARING, provenance, options),
        "compared": arm.name,
        "passes": arm.epochs,
        "seed": seed,
        "device": options.device,
        "drawn": dataset.VERSION,
    }
    parts = [name, *map(str, key), f"seed{seed}"]
    unusual = {(options.device or "").replace(":", ""): ""}
    folder = options.runs / _folder_name(parts, provenance, unusual, options)

    def run() -> tuple[Fitted, Score]:
        with placed("float32", options.device, seed):
            fitted = train(seed)
        return fitted, score(fitted.model, data)

    title = f"{name}, {arm.name}, {provenance.name}, seed {seed}"
    return folder, runs.once(folder, settings, title, run, data.classes, say)


def _run(name, recipe, seed, data, provenance, options, say) -> tuple[Path, dict]:
    settings = _settings(name, recipe, seed, provenance, options)
    unusual = {
        settings["precision"]: "float32",
        f"{recipe.epochs}epochs": f"{recipes.get(recipe.name).epochs}epochs",
        (options.device or "").replace(":", ""): "",
    }
    parts = [name, recipe.name, f"seed{seed}"]
    folder = options.runs / _folder_name(parts, provenance, unusual, options)
    title = f"{name}, {recipe.name}, {provenance.name}, seed {seed}"

    def run() -> tuple[Fitted, Score]:
        fitted = fit(
            assignments.builder(name, options.target, options.root),
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
        return fitted, measured

    return folder, runs.once(folder, settings, title, run, data.classes, say)


def _settings(name, recipe, seed, provenance, options) -> dict:
    """Everything that decides a run's result, as JSON."""
    return {
        **_origin(name, _DECISIVE, provenance, options),
        "recipe": {**dataclasses.asdict(recipe), "published": None, "note": ""},
        "seed": seed,
        "precision": options.precision or recipe.precision,
        "device": options.device,
    }


def _origin(name, decisive, provenance, options) -> dict:
    """What decides the result of any run of an assignment: code, backend and data."""
    file = assignments.source(name, options.target, options.root)
    return {
        "assignment": name,
        "target": options.target,
        "source_sha256": files_hash(file),
        "training_sha256": code_hash(*decisive),
        "backend": environment.backend(),
        "data": provenance.name,
        "data_sha256": sums(provenance),
    }


def sums(provenance: Provenance) -> dict[str, str]:
    """The SHA-256 of both files of the data."""
    return {"train": provenance.train_sha256, "test": provenance.test_sha256}


def _folder_name(parts, provenance, extra, options) -> str:
    """parts, the data, and of `extra`, what there is -> what is usual, whatever is not usual."""
    *first, last = parts
    extra = {options.target: "solutions", environment.backend(): "tensorflow", **extra}
    words = [*first, provenance.name.lower(), last]
    return "-".join(words + [value for value, usual in extra.items() if value != usual])


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
