"""What `reproduce` says before it trains: what comes, how long it takes, what to expect."""

from pathlib import Path

import pytest

from datasets.signs import Provenance
from training import recipes, runs
from training.reproduce import announce, expected, run

PROVENANCE = Provenance("SIGNS", "a" * 64, "b" * 64, Path())


@pytest.fixture
def said(colours, tmp_path, monkeypatch):
    """said(recipe, **options): the lines that a call says; nothing is trained."""
    monkeypatch.setattr(announce, "gigaflops", lambda: 100.0)
    monkeypatch.setattr(announce.environment, "machine", lambda: "a machine, 2 cores")
    monkeypatch.setattr(announce.Path, "exists", lambda path: False)
    monkeypatch.setattr(run, "_row", lambda group, results: None)

    def once(folder, settings, title, make, classes, say, watcher):
        say(f"training {title}")

    monkeypatch.setattr(runs, "once", once)

    def lines(recipe="default", **options):
        said = []
        options = run.Options(tmp_path, **options)
        list(
            run.reproduce(["residual_networks"], recipe, colours, PROVENANCE, options, said.append)
        )
        return said

    return lines


def test_it_says_what_comes_and_about_how_long(said):
    heading, ours, check, *_ = said()
    works = [epochs * expected.work("residual_networks", name)
             for name, epochs in (("ours", 9), ("course_2017_check", 2))]  # fmt: skip
    assert (
        heading
        == f"to train, {announce.about(sum(works) / 100)} on this machine (a machine, 2 cores):"
    )
    assert ours == f"- residual_networks, ours: 9 epochs, {announce.about(works[0] / 100)}"
    assert check.startswith("- residual_networks, course_2017_check: 2 epochs, about ")


def test_the_recommended_run_comes_first_and_chance_is_announced_before_it_is_trained(said):
    *_, ours, chance, check = said()
    assert "ours" in ours and "course_2017_check" in check and check.startswith("training ")
    assert chance.startswith("course_2017_check: expect chance, 1 in 6 or about 16.7%")
    assert "0.99" in chance and "68 steps" in chance  # 34 steps an epoch, as for SIGNS


def test_only_the_stand_in_of_today_is_compared_with_its_record(colours, tmp_path, monkeypatch):
    drawn = Provenance("synthetic", "a" * 64, "b" * 64, tmp_path)
    (recipe,) = run.chosen("residual_networks", "ours")
    one = run.Run("residual_networks", recipe, 0, colours, drawn, run.Options(tmp_path))
    assert one.recorded is None  # hands of another style, or of another version
    monkeypatch.setattr(run.stand_in, "is_current", lambda folder: folder == tmp_path)
    assert one.recorded is not None


def test_seeds_are_counted(said):
    assert said("ours", seeds=3)[1].startswith("- residual_networks, ours: 9 epochs, 3 seeds, ")


def test_nothing_is_said_of_what_is_finished(said, monkeypatch):
    monkeypatch.setattr(runs, "finished", lambda folder, settings: {"accuracy": 1.0})
    assert [line.split()[0] for line in said()] == ["training", "training"]


def test_a_gpu_has_no_time(said):
    heading, ours, *_ = said("ours", device="gpu:0")
    assert heading == "to train:" and ours == "- residual_networks, ours: 9 epochs"


def test_a_card_without_its_libraries_is_said_with_what_to_type(said, monkeypatch):
    monkeypatch.setattr(announce.Path, "exists", lambda path: str(path) == "/dev/nvidia0")
    monkeypatch.setattr(announce.environment, "cuda_libraries", lambda: False)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    first, heading, *_ = said("ours")
    assert "make reproduce GPU=1" in first and "signs doctor" in first
    assert heading == "to train:"
    assert said("ours", device="cpu:0")[0].startswith("to train, about ")
    monkeypatch.setattr(announce.environment, "cuda_libraries", lambda: True)
    assert said("ours")[0] == "to train:"


def test_a_hidden_card_is_not_mentioned(said, monkeypatch):
    monkeypatch.setattr(announce.Path, "exists", lambda path: True)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")
    assert said("ours")[0].startswith("to train, about ")


@pytest.mark.parametrize(
    "seconds, words",
    [(0.1, "5 s"), (12, "10 s"), (94, "95 s"), (100, "1.5 min"), (130, "2 min"),
     (3000, "50 min"), (7000, "2 h"), (9000, "2.5 h")],
)  # fmt: skip
def test_times_are_round(seconds, words):
    assert announce.about(seconds) == f"about {words}"


def test_the_speed_of_the_machine_is_a_matrix_product():
    assert 0.1 < announce.gigaflops(0) < 1e5


def test_words_before_a_run_do_not_make_another_run():
    import dataclasses

    recipe = recipes.get("course_2017_check")
    for change in ({"beforehand": ""}, {"note": ""}, {"published": None}):
        assert dataclasses.replace(recipe, **change).settings == recipe.settings
    assert dataclasses.replace(recipe, epochs=3).settings != recipe.settings
