"""Arms of a comparison: choices by validation alone, and no finished run is made again."""

from __future__ import annotations

import json

import keras
import numpy as np
import pytest

from datasets.signs import Signs
from datasets.splits import Parts
from training import arms
from training.errors import Interrupted
from training.loop import Fitted


class Fake:
    """An arm whose runs cost nothing: under seed s it reads as many photographs right as `good[s]`
    says, of 10 to validate and, in the opposite order, of 10 to test."""

    def __init__(self, split, good):
        self.good, self.trained = good, []
        self.arm = arms.Arm(self.train, split, chances=self.chances)

    def train(self, seed):
        self.trained.append(seed)
        self.seed = seed
        model = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Flatten()])
        model.add(keras.layers.Dense(2, bias_initializer=keras.initializers.Constant(seed)))
        return Fitted(model, [{"epoch": 0, "loss": 1.0}], 1.0)

    def chances(self, model, images):
        right = self.good[self.seed]
        if images[0, 0, 0, 0] == 2:  # test photographs
            right = 10 - right
        answers = np.arange(len(images)) >= right
        return np.eye(2)[answers.astype(int)] * 0.8 + 0.1


@pytest.fixture
def split():
    """All labels are 0; the pixels tell the parts apart."""
    learning, validation, test = (np.full((10, 8, 8, 3), i, np.uint8) for i in range(3))
    labels = np.zeros(10, np.int64)
    return Parts(Signs(learning, labels, test, labels, np.arange(2)), validation, labels)


def quiet(line):
    pass


def test_the_best_is_chosen_on_validation_photographs_and_never_on_test(split, tmp_path):
    one, other = Fake(split, {0: 5, 1: 9}), Fake(split, {0: 8, 1: 6})
    results = arms.train({"one": one.arm, "other": other.arm}, [0, 1], tmp_path, say=quiet)
    assert arms.best(results) == ("one", 1)
    kept = keras.models.load_model(tmp_path / "model.keras")
    assert kept.layers[-1].get_weights()[1].tolist() == [1, 1]  # the run under seed 1
    name, counts = arms.confusion_of(results)
    assert name == "one" and counts.tolist() == [[1, 9], [0, 0]]  # the worst of all on test
    assert arms.chosen("rate", {0.1: one.arm, 0.2: other.arm}, 0, tmp_path) == 0.2


def test_what_was_right_is_told_by_photograph(split, tmp_path):
    fake = Fake(split, {0: 3, 4: 7})
    found = arms.train({"one": fake.arm}, [0, 4], tmp_path, say=quiet)["one"]
    assert found.test.right.sum(1).tolist() == [7, 3] and found.test.right.shape == (2, 10)
    assert found.train.right.sum(1).tolist() == [3, 7]
    assert found.validation == pytest.approx(0.5)
    expected = [-(k * np.log(0.9) + (10 - k) * np.log(0.1)) / 10 for k in (3, 7)]
    assert found.test.losses == pytest.approx(expected)


def test_finished_runs_are_read_and_only_with_the_same_code_and_data(split, tmp_path):
    def again(code, part=split):
        fake = Fake(part, {0: 3, 1: 7, 2: 1})
        results = arms.train({"one": fake.arm}, [0, 1], tmp_path, code, quiet)
        return fake.trained, results["one"].test.right.tolist()

    trained, right = again("code")
    assert trained == [0, 1]
    assert again("code") == ([], right)
    assert again("other code")[0] == [0, 1]
    changed = split._replace(validation_x=split.validation_x ^ 128)
    assert again("other code", changed)[0] == [0, 1]
    assert again("")[0] == again("")[0] == [0, 1]  # nobody knows what decided those


@pytest.mark.parametrize("kind", [KeyboardInterrupt, Interrupted])
def test_an_interrupted_comparison_goes_on_with_the_next_run(split, tmp_path, kind):
    """`training.loop.fit` raises the second."""

    class Stops(Fake):
        def train(self, seed):
            if seed == 1:
                raise kind
            return super().train(seed)

    one, stops = Fake(split, {0: 3, 1: 7}), Stops(split, {0: 3, 1: 7})
    with pytest.raises(Interrupted, match="run 4 of 4; the same command goes on there"):
        arms.train({"one": one.arm, "two": stops.arm}, [0, 1], tmp_path, "code", quiet)
    two = Fake(split, {0: 3, 1: 7})
    arms.train({"one": one.arm, "two": two.arm}, [0, 1], tmp_path, "code", quiet)
    assert one.trained == [0, 1] and two.trained == [1]


def test_the_saved_network_is_the_chosen_one_also_after_other_runs(split, tmp_path):
    """Such as a quick run, in the same folder."""

    def saved():
        kept = keras.models.load_model(tmp_path / "model.keras")
        return kept.layers[-1].get_weights()[1].tolist()

    good = {0: 5, 1: 9, 2: 1}
    arms.train({"one": Fake(split, good).arm}, [0, 1], tmp_path, "whole", quiet)
    arms.train({"one": Fake(split, {0: 3}).arm}, [0], tmp_path, "quick", quiet)
    assert saved() == [0, 0]
    again = Fake(split, good)
    arms.train({"one": again.arm}, [0, 1], tmp_path, "whole", quiet)
    assert again.trained == [1] and saved() == [1, 1]
    more = Fake(split, good)
    arms.train({"one": more.arm}, [0, 1, 2], tmp_path, "whole", quiet)
    assert more.trained == [2] and saved() == [1, 1]


def test_every_run_has_a_line(split, tmp_path):
    said = []
    arms.train({"one": Fake(split, {0: 5, 1: 5}).arm}, [0, 1], tmp_path, "code", said.append)
    assert said[0].startswith(
        "1 of 2: one, seed 0: training loss 1.204, validation accuracy 0.5000"
    )
    assert "s left" in said[0] and "left" not in said[1]
    said.clear()
    arms.train({"one": Fake(split, {0: 5, 1: 5}).arm}, [0, 1], tmp_path, "code", said.append)
    assert all("finished earlier" in line for line in said)


def test_notes_and_the_photographs_of_a_run_are_the_arms_own(split, tmp_path):
    fake = Fake(split, {0: 2})
    few = split.learning._replace(
        train_x=split.learning.train_x[:4], train_y=split.learning.train_y[:4]
    )
    arm = arms.Arm(
        fake.train,
        split,
        chances=fake.chances,
        look=lambda model, seed: {"layers": len(model.layers), "seed": seed},
        learnt_from=lambda seed: few,
    )
    found = arms.train({"one": arm}, [0], tmp_path, "code", quiet)["one"]
    assert found.notes("seed") == [0] and found.notes("layers") == [2]
    assert len(found.rows[0]["train_answers"]) == 4
    json.dumps(found.rows)


def test_the_code_decides():
    from training.lessons import lenet, vgg

    both = [arms.decided_by(arms.ROOM / "loop.py", [f], 1) for f in (lenet.arm, vgg.run)]
    assert both[0] != both[1] and both[0] != arms.decided_by(arms.ROOM / "loop.py", [lenet.arm], 2)
    names = {}
    exec("def of_a_notebook(): pass", names)
    assert arms.decided_by(arms.ROOM / "loop.py", [names["of_a_notebook"]]) == ""
