"""A user who has no home folder, as in some containers: what would be kept there is not kept."""

from pathlib import Path

import pytest

from datasets import files
from grader.judging import key, oracle
from grader.runner.result_files import Evidence
from training import environment


@pytest.fixture(autouse=True)
def homeless(monkeypatch):
    def home():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", home)
    for variable in ("XDG_CACHE_HOME", "XDG_DATA_HOME", "KERAS_HOME", "KERAS_BACKEND"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.delenv(key.VARIABLE, raising=False)
    key._of.cache_clear()
    yield
    key._of.cache_clear()


def test_nothing_is_under_the_place_of_a_home():
    assert not (files.home() / ".cache").exists()
    with pytest.raises(files.DataError):
        files.write_whole(files.home() / "a", "b")


def test_answers_are_not_kept_and_not_missed():
    path = oracle._cache() / "answer.npz"
    oracle._save(path, [Evidence({"shape": [1]}, {})])
    assert oracle._load(path, 1) is None


def test_cases_are_drawn_with_a_key_of_this_process():
    assert not key.place().exists()
    assert key.seed("f", 0) == key.seed("f", 0)


def test_keras_is_on_its_usual_backend():
    assert environment.backend() == "tensorflow"
