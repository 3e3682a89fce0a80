"""The study: its table is right on made-up results; runs are recorded, resumed and read."""

import inspect
import io
import json
import sys
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console
from tuned import three_stages

from datasets.signs import Provenance
from training import __main__ as command
from training import plots
from training.errors import Interrupted, TrainingError
from training.recipes import Recipe
from training.transfer import backbone, commands, fine_tune, pretrained, report, study

PROVENANCE = Provenance("synthetic", "a" * 64, "b" * 64, Path("data"))


def result(per_class, source, policy, seed, accuracy, unseen=None):
    return {"net": "resnet18", "per_class": per_class, "source": source, "policy": policy,
            "seed": seed, "accuracy": accuracy, "tested": 120, "unseen": 107, "seconds": 1.0,
            "accuracy_unseen": accuracy - 0.1 if unseen is None else unseen}  # fmt: skip


MADE_UP = [
    result(10, "random", "initial", 0, 0.30), result(10, "random", "initial", 1, 0.40),
    result(10, "synthetic", "softmax", 1, 0.50), result(10, "synthetic", "softmax", 0, 0.70),
    result(50, "random", "initial", 0, 0.80), result(50, "random", "initial", 1, 0.90),
    result(50, "synthetic", "softmax", 0, 0.85),
    result(50, "synthetic", "later", 0, 0.90), result(50, "synthetic", "later", 1, 1.00),
]  # fmt: skip


def shown(results, data="SIGNS", **options) -> list[str]:
    texts = []
    for table in report.tables(results, data, **options):
        text = io.StringIO()
        Console(file=text, width=80).print(table)
        texts.append(text.getvalue())
    return texts


def test_the_series_are_those_of_the_results():
    assert report.series(MADE_UP) == {
        ("random", "initial"): {10: [0.30, 0.40], 50: [0.80, 0.90]},
        ("synthetic", "softmax"): {10: [0.70, 0.50], 50: [0.85]},
        ("synthetic", "later"): {50: [0.90, 1.00]},
    }


def test_the_tables_are_right_and_fit_80_columns():
    every, unseen = shown(MADE_UP)
    lines = every.splitlines()
    assert max(map(len, lines)) <= 80 and "…" not in every
    rows = [line.split() for line in lines]
    assert ["random", "initial", "35.0", "85.0"] in rows and ["30.0-40.0", "80.0-90.0"] in rows
    assert ["synthetic", "softmax", "60.0", "85.0"] in rows and ["50.0-70.0"] in rows
    assert ["synthetic", "later", "-", "95.0"] in rows
    assert "resnet18 on SIGNS, all 120 test photographs" in " ".join(every.split())
    assert "of 2 seeds; some cells of 1" in " ".join(every.split())
    assert "the 107 that train does not hold" in " ".join(unseen.split())
    assert ["random", "initial", "25.0", "75.0"] in [line.split() for line in unseen.splitlines()]


def test_the_whole_study_fits_80_columns():
    cells = list(study.Plan(Path("runs")).cells())
    assert len(cells) == 5 * 4 * 2 * 5
    whole = [result(cell.per_class, cell.source, cell.policy, cell.seed, 1 - cell.seed / 9)
             for cell in cells]  # fmt: skip
    for text in shown(whole):
        assert max(map(len, text.splitlines())) <= 80 and "…" not in text
        assert "55.6-100.0" in text or "45.6-90.0" in text


def test_drawn_hands_and_held_out_ones_say_so():
    drawn, held_out = (
        " ".join(text.split())
        for text in (shown(MADE_UP, "synthetic")[0], shown(MADE_UP, held_out=True)[0])
    )
    assert "on synthetic hands, all 120 test images" in drawn
    assert "held-out training photographs" in held_out


def test_a_table_of_the_unseen_only_where_there_are_any_others():
    same = [{**row, "unseen": 120} for row in MADE_UP]
    none = [{**row, "accuracy_unseen": float("nan")} for row in MADE_UP]
    assert len(shown(same)) == len(shown(none)) == 1
    assert json.loads(report.as_json(none, "SIGNS"))[0]["accuracy_unseen"] is None


def test_gains_are_against_training_from_scratch_by_the_advised_policy():
    assert report.gains(MADE_UP) == [
        "10 per class: synthetic, softmax: +25.0 points over training from scratch",
        "50 per class: synthetic, later: +10.0 points over training from scratch",
    ]


def test_the_picture_shows_mean_and_range():
    figure = plots.by_size(report.series(MADE_UP), "resnet18 on synthetic hands")
    (axes,) = figure.axes
    bars = {bar.get_label(): bar for bar in axes.containers}
    points, _, (ranges,) = bars["random, initial"]
    np.testing.assert_allclose(points.get_ydata(), [35, 85])
    ends = [segment[:, 1].tolist() for segment in ranges.get_segments()]
    np.testing.assert_allclose(ends, [[30, 40], [80, 90]])
    assert set(bars) == {"random, initial", "synthetic, softmax", "synthetic, later"}
    assert "synthetic" in axes.get_title() and axes.get_xscale() == "log"
    (legend,) = figure.legends  # beside the axes, where it hides no line
    assert len(legend.get_texts()) == 3 and axes.get_legend() is None


def test_a_few_photographs_take_more_epochs():
    plan = study.Plan(Path("runs"))
    assert [plan.recipe(size, 6).epochs for size in (5, 10, 180)] == [120, 60, 9]
    assert study.Plan(Path("runs"), epochs=2).recipe(5, 6).epochs == 2


@pytest.fixture
def small(monkeypatch, tmp_path, colours):
    """A plan of eight runs on the tiny network, and what study needs besides."""

    def build(name, input_shape, classes, weights=None):
        return three_stages(classes)

    monkeypatch.setattr(backbone, "build", build)
    monkeypatch.setattr(backbone, "stages_of", lambda name: ["stage1", "stage2", "stage3"])
    monkeypatch.setattr(backbone, "code_hash", lambda name: "tiny")
    monkeypatch.setattr(fine_tune, "HEAD_STEPS", 8)
    monkeypatch.setattr(pretrained, "pretrained", lambda wanted, folder, say: folder / "none.keras")
    monkeypatch.setattr(pretrained, "check", lambda source: None)
    return study.Plan(tmp_path, "lenet5", (2, 4), ("softmax", "initial"), epochs=1, seeds=1)


def test_an_interrupted_study_goes_on_and_is_then_read(small, colours, monkeypatch):
    run, figures = [], {"accuracy": 0.5, "accuracy_unseen": 0.5, "tested": 12, "unseen": 12}

    def counted(plan, cell, *others):
        if len(run) == stop:
            raise KeyboardInterrupt
        run.append(cell)
        return {**vars(cell), **figures, "net": plan.net, "seconds": 1.0}

    monkeypatch.setattr(study, "one", counted)
    said, stop = [], 2
    with pytest.raises(Interrupted, match="in run 3 of 8; .* the same command goes on"):
        study.study(small, colours, PROVENANCE, said.append)
    assert len(said) == 2
    assert said[0].startswith("1 of 8: 2 per class, random weights, policy softmax")
    assert len(study.recorded(small, colours, PROVENANCE)) == 2
    stop = None
    results = study.study(small, colours, PROVENANCE, said.append)
    assert run == list(small.cells()) and len(results) == 8
    assert len(list(small.folder.glob("*.json"))) == 8
    assert study.study(small, colours, PROVENANCE, pytest.fail) == results
    assert study.recorded(small, colours, PROVENANCE) == results
    # What decides a result makes it another's: nothing of it is read.
    other = Provenance("synthetic", "c" * 64, "b" * 64, Path("data"))
    assert study.recorded(small, colours, other) == []
    path, settings = study.where(small, next(small.cells()), colours, PROVENANCE)
    assert study.finished(path, settings) and not study.finished(path, {**settings, "net": "x"})
    path.write_text(path.read_text()[:50])  # half a file
    assert study.finished(path, settings) is None


def test_results_of_earlier_code_are_kept_and_trained_again_in_words(small, colours, monkeypatch):
    figures = {"accuracy": 0.5, "accuracy_unseen": 0.5, "tested": 12, "unseen": 12, "seconds": 1.0}
    monkeypatch.setattr(study, "one", lambda plan, cell, *_: {**vars(cell), **figures})
    monkeypatch.setattr(study.runs, "decisive_code", lambda *files: "a")
    study.study(small, colours, PROVENANCE, print)
    other_size = study.Plan(**{**vars(small), "sizes": (3,)})
    assert study.earlier(small, colours, PROVENANCE) == 0
    monkeypatch.setattr(study.runs, "decisive_code", lambda *files: "b")
    said, kept = [], set(small.folder.glob("*.json"))
    assert study.recorded(small, colours, PROVENANCE) == []
    assert study.earlier(small, colours, PROVENANCE) == 8
    assert study.earlier(other_size, colours, PROVENANCE) == 0
    study.study(small, colours, PROVENANCE, said.append)
    assert said[0] == (
        f"{small.folder}: 8 runs made by an earlier version of the code, kept; trained again"
    )
    assert len(said) == 9 and kept < set(small.folder.glob("*.json"))
    assert study.earlier(small, colours, PROVENANCE) == 0


def test_one_run_is_what_its_cell_says(small, colours):
    plan = study.Plan(small.folder, "lenet5", epochs=1)
    for policy, phases in (("softmax", [1]), ("later", [1, 1])):
        found = study.one(plan, study.Cell(2, policy, "random", 0), colours, "random", print)
        assert found["epochs"] == phases and found["policy"] == policy
        assert len(found["predictions"]) == found["tested"] == 12
        assert 0 <= found["accuracy"] <= 1
    assert len(list((small.folder / "features").iterdir())) == 1  # one file for both policies


def test_a_study_that_cannot_be_done_is_refused_before_training(small, colours, monkeypatch):
    monkeypatch.setattr(study, "one", pytest.fail)
    for changes, message in (
        ({"policies": ("sofmax",)}, "did you mean softmax"),
        ({"sizes": (11,)}, "expected 11 train photographs"),
    ):
        plan = study.Plan(**{**vars(small), **changes})
        with pytest.raises(ValueError, match=message):
            study.study(plan, colours, PROVENANCE, print)
    monkeypatch.setattr(backbone, "stages_of", lambda name: ["one"])
    plan = study.Plan(**{**vars(small), "policies": ("later",)})
    with pytest.raises(TrainingError, match="trains 2 stages, and lenet5 has 1"):
        study.study(plan, colours, PROVENANCE, print)


def test_the_commands_defaults_are_those_of_the_study():
    given = inspect.signature(commands.study_transfer).parameters
    plan = study.Plan(Path("runs"))
    assert given["net"].default == plan.net and given["hands"].default == plan.hands
    assert commands._numbers(given["sizes"].default) == plan.sizes
    assert commands._words(given["policies"].default) == plan.policies
    assert commands._words(given["weights"].default) == plan.weights
    assert given["seeds"].default == plan.seeds
    one = inspect.signature(commands.pretrain_command).parameters
    assert one["seed"].default == pretrained.SEED and one["net"].default == plan.net


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["--net", "resnet81"], "did you mean"),
        (["--sizes", "5,ten"], "such as 5,10,20, received '5,ten'"),
        (["--sizes", "0"], "such as 5,10,20"),
        (["--policies", "head"], "expected the name of a policy"),
        (["--weights", "sinthetic"], "did you mean synthetic"),
        (["--show"], "no run of this study is recorded"),
    ],
)
def test_wrong_arguments_are_one_line(arguments, message, monkeypatch, capsys, tmp_path,
                                      colours_folder):  # fmt: skip
    fixed = ["training", "study", "transfer", "--sizes", "2", "--runs", str(tmp_path),
             "--folder", str(colours_folder)]  # fmt: skip
    monkeypatch.setattr(sys, "argv", [*fixed, *arguments])
    assert command.main() == 1
    (line,) = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error")]
    assert message in line


def test_a_made_up_study_is_shown_with_its_picture(monkeypatch, capsys, tmp_path, colours_folder):
    monkeypatch.setattr(study, "study", lambda plan, *others: MADE_UP)
    monkeypatch.setattr(sys, "argv", [
        "training", "study", "transfer", "--runs", str(tmp_path), "--folder",
        str(colours_folder), "--json", str(tmp_path / "study.json"),
    ])  # fmt: skip
    assert command.main() == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "on data of your own" in out and "+25.0 points over training from scratch" in out
    assert (tmp_path / "resnet18-other.png").stat().st_size > 10_000
    records = json.loads((tmp_path / "study.json").read_text())
    assert len(records) == len(MADE_UP) and list(records[0])[1:] == list(report.FIELDS)
    assert {row["data"] for row in records} == {"other"}


def test_a_recipe_of_other_epochs_is_another_pre_training():
    plan = study.Plan(Path("runs"), pretraining_recipe=Recipe("test", epochs=1))
    assert plan.pretraining.path(Path()) != study.Plan(Path("runs")).pretraining.path(Path())
