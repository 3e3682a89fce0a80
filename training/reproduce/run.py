"""The reference runs: every assignment by recipe by seed, trained once and then remembered.

Some assignments compare runs of their own, such as with and without augmentation. There each part
of the comparison takes the place of a recipe.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from datasets.signs import Provenance, Signs
from datasets.splits import held_out
from datasets.synthetic import dataset, stand_in
from training import environment, pages, recipes, runs
from training.compile import PRECISIONS, placed
from training.devices import check_one
from training.errors import Interrupted, TrainingError, unknown
from training.evaluate import Score, score
from training.loop import Fitted, fit
from training.precision import AUTO, STEPS, fastest, measured, sentence
from training.recipes import Recipe
from training.reproduce import announce, assignments
from training.reproduce.expected import Recorded, mark, recorded
from training.transfer import backbone

TRAINING = Path(__file__).resolve().parent.parent
LESSONS = TRAINING / "lessons"
# Where a run's result is made: these files and what they import decide it.
_DECISIVE = (TRAINING / "loop.py", TRAINING / "evaluate.py")
# What a lesson says of its results does not.
_MEASURING = (LESSONS / "verdicts.py", TRAINING / "comparison.py", TRAINING / "arms.py")


@dataclass(frozen=True)
class Options:
    """How all runs of one call are made; epochs: None takes each recipe's own number.

    precision: None takes each recipe's own, "auto" the one that `training.precision` finds fastest.
    exact: whether the same seed must give the same bits. hold_out: whether a fifth of train is kept
    back and answered after each epoch. Such runs are kept apart. devices: how many share each
    batch; None is one.
    """

    runs: Path
    target: str = "solutions"
    seeds: int = 1
    precision: str | None = None
    device: str | None = None
    epochs: int | None = None
    tensorboard: bool = False
    root: Path | None = None
    exact: bool = False
    hold_out: bool = False
    devices: int | None = None


@dataclass(frozen=True)
class Row:
    """One line of the table: an assignment by a recipe, or by what it compares.

    Lists have one value per seed. published: (low, high) of 1, or None. recipe_epochs: the number
    of the recipe, in place of which the user may have asked for `epochs`. folders: of the runs.
    recorded: earlier runs to compare with. recommended: whether to look at this row first.
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
    recorded: Recorded | None = None
    recommended: bool = False

    @property
    def expected(self) -> tuple[float, float] | None:
        """Where the recorded runs say that the accuracy lies, from 0 to 1."""
        return self.recorded.interval(self.tested) if self.recorded else None

    @property
    def as_expected(self) -> str:
        """Whether it lies there: one of the four words of `training.reproduce.expected`."""
        return mark(self.accuracy, self.expected)


def chosen(name: str, choice: str, data: str = "SIGNS") -> list[Recipe]:
    """The recipes of assignment `name` on `data`: "default", "all", or one by its name."""
    row = assignments.get(name)
    if choice == "default":
        names = row.drawn if row.drawn and data == "synthetic" else row.default
    elif choice == "all":
        names = row.every
    elif choice in recipes.RECIPES:
        names = (choice,)
    else:
        raise recipes.unknown("a recipe", choice, ("default", "all", *recipes.RECIPES))
    return [recipes.get(recipe) for recipe in names]


def check(names: list[str], choice: str, options: Options) -> None:
    """Refuse, before any training, what could not be done; raises TrainingError."""
    if options.precision not in (None, AUTO, *PRECISIONS):
        raise unknown("a precision", options.precision, (*PRECISIONS, AUTO))
    check_one(options.device, options.devices)
    for name in names:
        if options.target == "assignments":
            assignments.source(name, options.target, options.root)
        if not assignments.get(name).compared:
            chosen(name, choice)
            continue
        # It has its own epochs and precision; an option that is ignored would mislead.
        asked = {
            f"--recipe {choice}": choice not in ("default", "all"),
            "--epochs": options.epochs is not None,
            "--precision": options.precision is not None,
            "--devices": options.devices is not None,
            "--tensorboard": options.tensorboard,
            "--hold-out": options.hold_out,
        }
        for option in (option for option, there in asked.items() if there):
            raise TrainingError(
                f"{name} compares runs of its own and takes no {option}: leave "
                "it out, or name another assignment"
            )


@dataclass(frozen=True)
class Run:
    """One run of an assignment: by `recipe`, under `seed`, on `data`."""

    assignment: str
    recipe: Recipe
    seed: int
    data: Signs
    provenance: Provenance
    options: Options

    @property
    def precision(self) -> str:
        """The precision asked for, else the recipe's."""
        return self.options.precision or self.recipe.precision

    @property
    def recorded(self) -> Recorded | None:
        """Earlier runs like this one: in the recipe's precision, on hands as drawn now."""
        other_hands = self.provenance.name == "synthetic" and not stand_in.is_current(
            self.provenance.folder
        )
        unlike = self.precision != self.recipe.precision or self.options.hold_out
        if unlike or other_hands:
            return None
        return recorded(self.assignment, self.recipe.name, self.provenance.name, self.recipe.epochs)

    @property
    def finished(self) -> bool:
        """Whether its result is kept, so that nothing is to be trained."""
        return runs.finished(self.folder, self.settings) is not None

    @property
    def folder(self) -> Path:
        """Where the run is kept; its name says what is unusual about the run."""
        unusual = {
            self.precision: "float32",
            f"{self.recipe.epochs}epochs": f"{recipes.get(self.recipe.name).epochs}epochs",
        }
        return self._named([self.recipe.name], unusual)

    @property
    def title(self) -> str:
        """The run in words, for its pictures."""
        words = (self.assignment, self.recipe.name, self.provenance.name, f"seed {self.seed}")
        return ", ".join(words)

    @property
    def settings(self) -> dict:
        """Everything that decides the result, as JSON."""
        return {
            **self._origin(),
            "recipe": self.recipe.settings,
            "precision": self.precision,
        }

    def result(self, say: Callable[[str], None]) -> dict:
        """The result as `runs.finish` writes it: of the run that is kept, or of one made now."""
        classes = self.data.classes
        if self.recipe.beforehand and not self.finished:
            say(f"{self.recipe.name}: {self.recipe.beforehand}")
        page = pages.Page(self.folder, say, self.data)
        return runs.once(
            self.folder, self.settings, self.title, lambda: self.made(page), classes, say, page
        )

    def made(self, page: pages.Page) -> tuple[Fitted, Score]:
        """Train and test the network of the assignment; the page is told of each epoch."""
        recipe, options = self.recipe, self.options
        learning = held_out(self.data) if options.hold_out else self.data
        fitted = fit(
            self.builder(),
            learning,
            recipe,
            self.folder,
            seed=self.seed,
            precision=options.precision,
            device=options.device,
            devices=options.devices,
            callbacks=[page.each_epoch()],
            validation=(learning.test_x, learning.test_y) if options.hold_out else None,
            tensorboard=options.tensorboard,
            title=self.title,
        )
        measured = score(
            fitted.model, self.data, batch=recipe.batch, batch_norm=recipe.batch_norm_at_test
        )
        return fitted, measured

    def builder(self) -> Callable:
        """A function without arguments that builds the network of the assignment."""
        return assignments.builder(self.assignment, self.options.target, self.options.root)

    def _origin(self) -> dict:
        return {
            "assignment": self.assignment,
            "target": self.options.target,
            "code_sha256": code_hash(self.assignment, self.options.target, self.options.root),
            "backend": environment.backend(),
            "data": self.provenance.name,
            "data_sha256": sums(self.provenance),
            "seed": self.seed,
            "device": self.options.device,
            **({"exact": True} if self.options.exact else {}),
            **({"hold_out": True} if self.options.hold_out else {}),
            **({"devices": self.options.devices} if self.options.devices else {}),
        }

    def _named(self, parts: Iterable[str], unusual: dict[str, str]) -> Path:
        unusual = {**unusual, (self.options.device or "").replace(":", ""): ""}
        unusual = {**unusual, "exact" if self.options.exact else "": ""}
        unusual = {**unusual, "heldout" if self.options.hold_out else "": ""}
        unusual = {**unusual, f"{self.options.devices}devices" if self.options.devices else "": ""}
        words = [self.assignment, *parts]
        name = _folder_name(words, f"seed{self.seed}", self.provenance, self.options, unusual)
        return self.options.runs / name


@dataclass(frozen=True)
class ComparedRun(Run):
    """A run of what an assignment compares. key: which; train: seed -> Fitted.

    recipe: its name says what is compared, its epochs are the passes over the data.
    """

    key: tuple
    train: Callable[[int], Fitted]

    @property
    def folder(self) -> Path:
        """Where the run is kept."""
        return self._named(map(str, self.key), {})

    @property
    def settings(self) -> dict:
        """Everything that decides the result, as JSON."""
        return {
            **self._origin(),
            "compared": self.recipe.name,
            "passes": self.recipe.epochs,
            "drawn": dataset.VERSION,
        }

    def made(self, page: pages.Page) -> tuple[Fitted, Score]:
        """Train as the assignment does, and test."""
        with placed("float32", self.options.device, self.seed):
            fitted = self.train(self.seed)
        return fitted, score(fitted.model, self.data)


def reproduce(
    names: list[str],
    choice: str,
    data: Signs,
    provenance: Provenance,
    options: Options,
    say: Callable[[str], None],
) -> Iterator[Row]:
    """Train the reference runs, or read those that are finished.

    Args:
        names: The assignments.
        choice: The recipes of each: "default", "all", or one by its name.
        data: What to train and test on.
        provenance: Where the data came from.
        options: How all runs are made; with names and choice as `check` accepts them.
        say: Gets a line for the user.

    Yields:
        A row per assignment and recipe, or per part of what an assignment compares.

    Raises:
        TrainingError: A name is unknown, or the assignment's code fails.
        Interrupted: Ctrl-C; the message says what is kept.
    """
    groups = {
        name: [
            _group(name, recipe, data, provenance, options, say)
            for recipe in chosen(name, choice, provenance.name)
        ]
        for name in names
        if not assignments.get(name).compared
    }
    _announce(sum(groups.values(), []), options, say)
    for name in names:
        if assignments.get(name).compared:
            yield from _comparison(name, data, provenance, options, say)
        for group in groups.get(name, []):
            yield _row(group, [run.result(say) for run in group])


def _announce(groups: Sequence[Sequence[Run]], options: Options, say: Callable) -> None:
    """Say what is to be trained: nothing of what is finished."""
    planned = []
    for group in groups:
        run, unfinished = group[0], sum(not run.finished for run in group)
        if unfinished:
            epochs, recipe = run.recipe.epochs, run.recipe.name
            planned.append(announce.Planned(run.assignment, recipe, epochs, unfinished))
    for line in announce.before(planned, options.device):
        say(line)


def of_length(recipe: Recipe, epochs: int | None) -> Recipe:
    """The recipe with another number of epochs; None keeps its own."""
    return recipe if epochs is None else dataclasses.replace(recipe, epochs=epochs)


def _group(name, recipe, data, provenance, options, say) -> list[Run]:
    recipe = of_length(recipe, options.epochs)
    if options.precision == AUTO:
        first = Run(name, recipe, 0, data, provenance, options)
        options = dataclasses.replace(options, precision=_fastest(first, say))
    return [Run(name, recipe, seed, data, provenance, options) for seed in range(options.seeds)]


def _fastest(run: Run, say: Callable[[str], None]) -> str:
    """The precision that is fastest for `run`: measured once, then read.

    Without that a run that goes on could find another one faster, and begin again.
    """
    path = run.options.runs / "precision.json"
    where = {"machine": environment.machine(), "versions": environment.versions()}
    key = runs.fingerprint({**run.settings, **where})
    kept = (runs.read(path) or {}).get(key)
    if not isinstance(kept, dict) or kept.get("precision") not in PRECISIONS:
        say(f"{run.assignment}, {run.recipe.name}: timing {STEPS} steps in each precision")
        timed = measured(
            run.builder(), run.data, run.recipe, device=run.options.device,
            devices=run.options.devices,
        )  # fmt: skip
        chosen = fastest(timed)
        kept = {"precision": chosen, "words": sentence(timed, chosen)}
        runs.write(path, {**(runs.read(path) or {}), key: kept})
    say(f"--precision auto, {run.assignment}, {run.recipe.name}: {kept.get('words')}")
    return kept["precision"]


def _comparison(name, data, provenance, options, say) -> Iterator[Row]:
    """A row for each part of what the assignment's file compares."""
    shared = options.runs / _folder_name([name], "shared", provenance, options, {})
    arms = assignments.arms(name, data, shared, options.target, options.root)
    total, done = len(arms) * options.seeds, 0
    groups = []
    for key, (passes, train) in arms.items():
        recipe = Recipe(assignments.get(name).compared.format(*key), epochs=passes)
        group = [
            ComparedRun(name, recipe, seed, data, provenance, options, key, train)
            for seed in range(options.seeds)
        ]
        groups.append(group)
    _announce(groups, options, say)
    try:
        for group in groups:
            results = []
            for run in group:
                results.append(run.result(say))
                done += 1
                accuracy = f"{100 * results[-1]['accuracy']:.1f}%"
                say(f"{done} of {total}: {run.recipe.name}, seed {run.seed}: {accuracy}")
            yield _row(group, results)
    except KeyboardInterrupt as error:
        raise Interrupted(
            f"interrupted in run {done + 1} of {total}; those before are kept, the same command "
            "goes on with this one"
        ) from error


def code_hash(name: str, target: str, root: Path | None = None) -> str:
    """SHA-256 of the code that decides the runs of assignment `name`.

    Raises TrainingError where its file is missing.
    """
    # A recipe trains what the file builds. What a lesson measures afterwards does not count, but
    # some lessons make what is trained; they are imported by their name, which no import shows.
    row, lesson = assignments.get(name), assignments.lesson_file(name)
    if not row.functions and target == "solutions":
        made = runs.decisive_code(*_DECISIVE) + backbone.code_hash(row.net)
        return hashlib.sha256(made.encode()).hexdigest()
    without = _MEASURING if lesson else (LESSONS,)
    file = assignments.source(name, target, root)
    return runs.decisive_code(file, *_DECISIVE, *lesson, without=without)


def sums(provenance: Provenance) -> dict[str, str]:
    """The SHA-256 of both files of the data."""
    return {"train": provenance.train_sha256, "test": provenance.test_sha256}


def _folder_name(first, last, provenance, options, unusual) -> str:
    """The words of a folder's name; unusual: value -> what is usual, which is left out."""
    unusual = {options.target: "solutions", environment.backend(): "tensorflow", **unusual}
    words = [*first, provenance.name.lower(), last]
    return "-".join(words + [value for value, usual in unusual.items() if value != usual])


def _row(group: Sequence[Run], results: list[dict]) -> Row:
    first, published = group[0], group[0].recipe.published
    planned = first.recipe if isinstance(first, ComparedRun) else recipes.get(first.recipe.name)
    return Row(
        assignment=first.assignment,
        recipe=first.recipe.name,
        net=assignments.get(first.assignment).net,
        data=first.provenance.name,
        data_sha256=sums(first.provenance),
        published=(published.low, published.high) if published else None,
        accuracy=[result["accuracy"] for result in results],
        accuracy_unseen=[result["accuracy_unseen"] for result in results],
        seconds=[result["seconds"] for result in results],
        epochs=first.recipe.epochs,
        device=results[0]["device"],
        versions=results[0]["versions"],
        recipe_epochs=planned.epochs,
        tested=results[0]["tested"],
        unseen=results[0]["unseen"],
        target=first.options.target,
        folders=[run.folder for run in group],
        recorded=first.recorded,
        recommended=(first.assignment, first.recipe.name) == assignments.RECOMMENDED,
    )
