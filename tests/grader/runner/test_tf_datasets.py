"""Cases that draw at random or work on datasets: no oracle, images that say where from."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from grader.assignments import find
from grader.judging import checks
from grader.judging.messages import explain
from grader.judging.submission import Submission
from grader.runner import loader, reference_weights, tf_datasets
from grader.runner.limits import Limits
from grader.runner.result_files import Evidence

SOURCE = """
import numpy as np

def halved(images, seed):
    result = (images / 2).astype("float64") + seed
    images[0] = 0
    return result

def threads(dataset, ops, workers):
    return dataset.map(lambda x, y: (x, y * workers))

def listed(dataset, ops, workers):
    return list(dataset)

def broken(dataset, ops, workers):
    import tensorflow as tf
    def fail(x):
        raise ValueError("no such image")
    return dataset.map(lambda x, y: (tf.numpy_function(fail, [x], tf.uint8), y))

def endless(dataset, ops, workers):
    return dataset.repeat()
"""


@pytest.fixture(scope="module")
def run_cases(grader):
    def run(*cases):
        cases = [{"seed": 1, **case} for case in cases]
        job = {"cases": cases, "source": SOURCE, "filename": "mine.py"}
        return grader.worker.result(grader.worker.start(job, Limits()))

    return run


def case(**more):
    return {
        "call": "threads",
        "dataset": [7, 8, 8, 3],
        "batch": 2,
        "functions": [],
        "gives": "dataset",
        "kwargs": {"workers": 2},
        "seed": 1,
        **more,
    }


def test_an_array_comes_back_with_its_type_and_with_what_became_of_the_argument(run_cases):
    [found] = run_cases(
        {"call": "halved", "array": [2, 4, 5, 3], "values": "pixels", "args": [3], "after": True}
    )
    given = reference_weights.pixels((2, 4, 5, 3), 1)
    assert found.record == {"shape": [2, 4, 5, 3], "dtype": "float64", "type": "ndarray"}
    np.testing.assert_allclose(found.arrays["as built"], given / 2 + 3)
    assert not found.arrays["given"][0].any() and (found.arrays["given"][1] == given[1]).all()


def test_a_dataset_comes_back_as_arrays_and_one_that_is_none_as_trouble(run_cases):
    pairs, endless, listed, broken = run_cases(
        case(), case(call="endless"), case(call="listed"), case(call="broken")
    )
    assert pairs.record["dtypes"] == ["uint8", "int64"]
    assert pairs.record["shapes"] == [[None, 8, 8, 3], [None]]
    assert (pairs.arrays["images 1"] == reference_weights.pixels((7, 8, 8, 3), 1)).all()
    assert list(pairs.arrays["labels 1"]) == [2 * i for i in range(7)]
    assert list(pairs.arrays["sizes 1"]) == [2, 2, 2, 1]
    assert len(endless.arrays["sizes 1"]) == 28
    said = [
        explain(one.trouble, case(call="f"), "mine.py", Limits()).message
        for one in (listed, broken)
    ]
    assert said[0] == "f returned list: expected a tf.data.Dataset of pairs, images and labels."
    assert said[1].startswith("The dataset that f returned cannot be run: ")
    assert "no such image" in said[1]


def test_functions_leave_their_mark():
    images = reference_weights.pixels((2, 8, 8, 3), 0)
    affine, seed = tf_datasets.functions(
        {"functions": [{"does": "affine", "times": 5, "plus": 3}, {"does": "seed", "row": 1}]}
    )
    assert (affine(images, 0) == (5 * images.astype(int) + 3) % 256).all()
    marked = seed(images, 2**40 + 7)
    assert [*marked[1, 1, :8, 0]] == [7, 0, 0, 0, 0, 1, 0, 0]
    assert (marked[:, 2:] == images[:, 2:]).all() and (affine.calls, seed.calls) == (1, 1)


def met(parties, calls, seconds):
    """(met, inside) of calls on so many threads at once."""
    [meet] = tf_datasets.functions(
        {"functions": [{"does": "meet", "parties": parties, "seconds": seconds, "row": 0}]}
    )
    images, found = np.zeros((1, 2, 2, 3), np.uint8), []
    threads = [
        threading.Thread(target=lambda: found.append(meet(images, 0)[0, 0, :2, 0]))
        for _ in range(calls)
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    return np.array(found)


def test_calls_meet_where_there_are_enough_threads_and_nowhere_else():
    assert met(3, 3, 30)[:, 0].all() and met(3, 3, 30)[:, 1].max() == 3
    assert not met(3, 2, 0.05)[:, 0].any()


def test_places_and_colours_are_what_they_say():
    places = reference_weights.places((2, 24, 32, 3))
    assert (places[1, 5, :, 0] == 5 * reference_weights.step(24)).all() and places.max() <= 255
    assert (places[0, :, 7, 1] == 7 * reference_weights.step(32)).all() and (
        places[..., 2] == 200
    ).all()
    for seed in range(8):
        colours = reference_weights.colours((256, 8, 8, 3), seed) / 255
        values = np.linalg.eigvalsh(np.cov(colours.reshape(-1, 3), rowvar=False))
        # Far enough apart to tell the axes, and each wide enough to be seen in whole numbers.
        assert values[0] > 0.025 and (values[1:] / values[:-1] > 1.4).all()


def test_a_request_without_a_module_asks_no_oracle(grader):
    class Silent:
        """An oracle that nobody may ask."""

    from grader.judging.source import of

    text = "def halved(images, seed):\n    return images"
    submission = Submission(of(text, "mine.py"), grader.worker, Silent())
    request = {
        "cases": [{"call": "halved", "array": [2, 4, 4, 3], "values": "pixels", "args": [1]}]
    }
    submission.start([request])
    [(_, received, expected)] = submission.ask(request)
    assert expected is None and received.record["dtype"] == "uint8"


def test_ahead_of_a_save_nothing_is_asked_for_it(monkeypatch):
    from grader.learner import precompute

    asked = []
    monkeypatch.setattr(precompute.Oracle, "answer", lambda *_, **__: asked.append(1))
    precompute.work("data_augmentation")
    assert checks.requests(find("data_augmentation").checks) and not asked


def test_what_is_no_pair_is_told(run_cases):
    import tensorflow as tf

    alone = tf.data.Dataset.range(3)
    with pytest.raises(loader.Trouble) as caught:
        tf_datasets.run(alone, case(), tf_datasets.functions(case()))
    assert caught.value.record["kind"] == "not_dataset"
    assert isinstance(Evidence(trouble=caught.value.record), Evidence)
