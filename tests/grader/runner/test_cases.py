"""What a case can ask for: numbers, names, models with several outputs, models that are changed."""

from __future__ import annotations

import numpy as np
import pytest

from grader.errors import CheckFailed
from grader.judging import messages
from grader.judging.compare import require_alike, require_number, require_unchanged, same
from grader.runner import cached_calls, cases, model_specs, reference_weights
from grader.runner.limits import Limits
from grader.runner.result_files import Evidence

SOURCE = """
import keras
import numpy as np
from keras import layers

def emptied(x, factor, offset):
    factor[:] = 0
    return x

def parts(x, kind):
    return {"tuple": (x, x[0]), "array": x, "three": [x, x, x]}[kind]

def number(kind):
    return {"int": 3, "float": 3.0, "half": 0.5, "numpy": np.int64(3), "large": 2 ** 70,
            "tensor": keras.ops.convert_to_tensor(3), "bool": True, "text": "3", "list": [3],
            "nan": float("nan"), "array": np.array([3]), "none": None}[kind]

def multiplications(input_shape, filters, kernel_size):
    height, width, channels = input_shape
    assert isinstance(input_shape, tuple)
    return height * width * channels * filters * kernel_size ** 2

def scaled(x, factor, offset=0):
    return factor * x.astype("float32") + offset

def heads(input_shape, classes, more=2):
    images = keras.Input(input_shape)
    X = layers.Dense(5)(layers.Flatten()(images))
    return keras.Model(images, [layers.Dense(classes + i)(X) for i in range(more)])

def replace_head(model, classes):
    model.trainable = False
    features = model.layers[-2].output
    return keras.Model(model.inputs, layers.Dense(classes, "softmax")(features))

def freeze(model, count):
    for layer in [layer for layer in model.layers if layer.weights][:count]:
        layer.trainable = False

def to_freeze(model, examples):
    return [layer for layer in model.layers if layer.weights]

def step(x):
    raise NotImplementedError("exercise 1, step, is not filled in yet")

def built(x, factor):
    return factor * step(x.astype("float32"))

def weighed(x, by=2):
    return by * x

def with_more(x):
    return weighed(x, by=5)

def taught(model, images, labels, rate):
    model.layers[-1].bias.assign_add(rate * np.bincount(labels, minlength=3))
    return model
"""
MODEL = {
    "title": "two dense layers",
    "input": [6],
    "layers": [
        {"layer": "Dense", "units": 4, "name": "a"},
        {"layer": "Dense", "units": 3, "name": "b"},
    ],
}


@pytest.fixture(scope="module")
def run_cases(grader):
    """run_cases(case, ...) -> the evidence of each, all in one process."""

    def run(*cases):
        cases = [{"seed": 1, **case} for case in cases]
        job = {"cases": cases, "source": SOURCE, "filename": "mine.py"}
        return grader.worker.result(grader.worker.start(job, Limits()))

    return run


def test_numbers_of_any_type_are_one_number_and_others_are_none(run_cases):
    kinds = [
        "int",
        "float",
        "numpy",
        "tensor",
        "half",
        "bool",
        "text",
        "list",
        "nan",
        "array",
        "large",
        "none",
    ]
    found = run_cases(*({"call": "number", "args": [kind], "gives": "number"} for kind in kinds))
    assert [one.record.get("number") for one in found[:5]] == [3, 3, 3, 3, 0.5]
    assert all(isinstance(one.record["number"], int) for one in found[:4])
    kinds_told = dict(zip(kinds, (one.record.get("type") for one in found[:5]), strict=False))
    assert [name for name, kind in kinds_told.items() if kind == "float"] == ["float", "half"]
    assert [one.trouble["kind"] for one in found[5:]] == ["not_number"] * 6 + ["none"]
    assert found[7].trouble["received"] == "list"
    said = messages.explain(found[6].trouble, {"call": "number"}, "mine.py", Limits())
    assert said.message == "number returned str: expected one number."


def test_shapes_arrays_and_other_arguments(run_cases):
    shape, array, pixels = run_cases(
        {
            "call": "multiplications",
            "gives": "number",
            "kwargs": {"input_shape": [28, 28, 192], "filters": 32, "kernel_size": 5},
        },
        {"call": "scaled", "array": [2, 3, 3, 4], "args": [2.0], "kwargs": {"offset": 1}},
        {"call": "scaled", "array": [2, 8, 8, 3], "values": "pixels", "args": [1]},
    )
    assert shape.record == {"number": 120_422_400, "type": "int"}
    expected = 2 * reference_weights.inputs((2, 3, 3, 4), 1) + 1
    np.testing.assert_allclose(array.arrays["as built"], expected, rtol=1e-6)
    values = pixels.arrays["as built"]
    assert values.min() >= 0 and values.max() > 200 and (values == values.round()).all()


def test_several_outputs_are_compared_one_by_one(run_cases):
    case = {
        "call": "heads",
        "kwargs": {"input_shape": [4, 4, 1], "classes": 3},
        "outputs": 2,
        "modes": ["eval"],
    }
    right, alike, three = run_cases(
        case, case, {**case, "args": [], "kwargs": {**case["kwargs"], "more": 3}}
    )
    assert right.record["shapes"] == [[None, 3], [None, 4]]
    assert {name: value.shape for name, value in right.arrays.items()} == {
        "eval": (2, 3),
        "eval 2": (2, 4),
    }
    require_alike(alike, right, case, "eval", "no")
    assert same(alike, right)
    wrong = Evidence(right.record, {**right.arrays, "eval 2": right.arrays["eval 2"] + 1})
    assert not same(wrong, right)
    with pytest.raises(CheckFailed, match="no"):
        require_alike(wrong, right, case, "eval", "no")
    said = messages.explain(three.trouble, case, "mine.py", Limits())
    assert said.message == (
        "heads returned a model with 1 inputs and 3 outputs: expected one input and 2 outputs."
    )


def test_a_model_that_is_given_keeps_its_weights_and_says_what_is_trained(run_cases):
    new, frozen, names = run_cases(
        {"call": "replace_head", "model": MODEL, "args": [5], "modes": ["eval"], "weights": True},
        {"call": "freeze", "model": MODEL, "args": [1], "gives": "argument", "weights": True},
        {"call": "to_freeze", "model": MODEL, "args": [20], "gives": "names"},
    )
    first = reference_weights.fingerprint(reference_weights.weights("kernel", (6, 4), 1), 1)
    assert new.record["shape"] == [None, 5] and new.arrays["eval"].shape == (2, 5)
    kernel, bias, head, _ = new.record["weights"]
    assert kernel["print"] == pytest.approx(first) and kernel["shape"] == [6, 4]
    assert [one["trained"] for one in (kernel, bias, head)] == [False, False, True]
    assert [one["trained"] for one in frozen.record["weights"]] == [False, False, True, True]
    assert frozen.record["trainable"] == 15
    assert names.record == {"listed": ["a", "b"]}


def test_a_model_that_is_trained_is_run_with_its_own_weights(run_cases):
    case = {"call": "taught", "model": MODEL, "array": [7, 6], "labels": 3, "args": [0.5]}
    case |= {"gives": "model", "weights": True, "modes": ["eval"], "batch": 7}
    before, after = run_cases(case, {**case, "own": True})
    for found in (before, after):
        assert [row["given"] for row in found.record["weights"]] == [True, True, True, False]
    # The labels are 0, 1, 2, 0, 1, 2, 0.
    change = after.arrays["eval"] - before.arrays["eval"]
    np.testing.assert_allclose(change, np.tile([1.5, 1, 1], (7, 1)), rtol=1e-4)


def test_what_is_lent_answers_in_place_of_another_exercise(run_cases):
    source = "def step(x):\n    return x + 1\n"
    case = {"call": "built", "array": [1, 2], "args": [3]}
    alone, lent = run_cases(case, {**case, "lent": {"step": source}})
    assert alone.trouble["kind"] == "unfilled"
    assert lent.record["used"] == ["step"] and "used" not in alone.record
    right = 3 * (reference_weights.inputs((1, 2), 1) + 1)
    assert lent.arrays["as built"] == pytest.approx(right)
    [again] = run_cases(case)
    assert again.trouble["kind"] == "unfilled"  # it was lent to one process


def test_a_call_that_only_the_own_function_understands_is_its_own_to_answer(run_cases):
    source = "def weighed(x):\n    return x + 1\n"
    case = {"call": "with_more", "array": [1, 2], "lent": {"weighed": source}}
    [own] = run_cases(case)
    assert own.arrays["as built"] == pytest.approx(5 * reference_weights.inputs((1, 2), 1))


def test_more_arrays_follow_the_first_and_are_kept_as_they_are_after_the_call(run_cases):
    case = {
        "call": "scaled",
        "array": [2, 3],
        "arrays": [{"array": [3], "values": "gamma"}, {"array": [3], "values": "ones"}],
        "after": True,
    }
    scaled, emptied = run_cases(case, {**case, "call": "emptied"})
    X = reference_weights.inputs((2, 3), 1)
    gamma = reference_weights.weights("gamma", (3,), 1)
    assert scaled.arrays["as built"] == pytest.approx(gamma * X + 1, rel=1e-6)
    given = [scaled.arrays[name] for name in ("given", "given 2", "given 3")]
    for one, right in zip(given, (X, gamma, np.ones(3)), strict=True):
        np.testing.assert_array_equal(one, right)
    require_unchanged(scaled, scaled, case, "no")
    assert not emptied.arrays["given 2"].any()
    with pytest.raises(CheckFailed, match="no") as caught:
        require_unchanged(emptied, scaled, case, "no")
    assert caught.value.misconception == "arguments changed"
    assert caught.value.table[1] == ["changed", "argument 2"]
    assert caught.value.table[0][1].startswith("scaled(an array of shape (2, 3), an array of")
    # What a case before it has emptied is whole again in the next.
    [again] = run_cases(case)
    np.testing.assert_array_equal(again.arrays["given 2"], gamma)


def test_a_list_of_names_asks_for_as_many_arrays(run_cases):
    case = {"call": "parts", "array": [2, 3], "gives": ["first", "second"]}
    both, one, three = run_cases(
        *({**case, "args": [kind]} for kind in ("tuple", "array", "three"))
    )
    X = reference_weights.inputs((2, 3), 1)
    assert both.record["types"] == ["ndarray", "ndarray"]
    assert both.record["shapes"] == [[2, 3], [3]] and set(both.arrays) == {"first", "second"}
    np.testing.assert_array_equal(both.arrays["second"], X[0])
    require_alike(both, both, case, "second", "no")
    said = [messages.explain(e.trouble, case, "mine.py", Limits()).message for e in (one, three)]
    expected = "expected these arrays, in this order: first, second."
    assert said == [f"parts returned {kind}: {expected}" for kind in ("ndarray", "list of 3")]


def test_a_model_may_have_branches_or_be_a_sequential():
    rows = [
        {"layer": "Dense", "units": 4, "name": "a"},
        {"layer": "Dense", "units": 4, "name": "b", "of": [0]},
        {"layer": "Add", "of": [0, 1]},
    ]
    branched = model_specs.build({"input": [6], "layers": rows}, 1)
    chain = {"input": [6], "layers": rows[:1], "sequential": True, "name": "chain"}
    one = model_specs.build(chain, 1)
    kernels, images = branched.get_weights(), np.ones((2, 6), np.float32)
    first = images @ kernels[0] + kernels[1]
    added = first + first @ kernels[2] + kernels[3]
    np.testing.assert_allclose(branched(images), added, rtol=1e-4)
    np.testing.assert_allclose(one(images), first, rtol=1e-4)
    assert (type(one).__name__, one.name) == ("Sequential", "chain")


@pytest.mark.parametrize("values", reference_weights.VALUES)
def test_no_values_share_memory_from_case_to_case(values):
    shape = (2, 4, 4, 3)
    one, two = (cases._drawn({"array": shape, "values": values}, 1) for _ in range(2))
    one[:] = 7
    assert (two != 7).any() and two.shape == shape


@pytest.mark.parametrize("number", [38, 39.5, True, "39", None, float("nan")])
def test_only_the_right_number_is_right(number):
    right, case = Evidence({"number": 39}), {"call": "count", "model": MODEL}
    require_number(Evidence({"number": 39}), right, case, "no")
    with pytest.raises(CheckFailed) as caught:
        require_number(Evidence({"number": number}), right, case, "no")
    assert caught.value.table[:2] == [["called", "count(model)"], ["expected", "39"]]


def test_errors_are_the_same_where_their_sizes_are(run_cases):
    def trouble(text, error="ValueError"):
        return Evidence(trouble={"kind": "run", "error": error, "text": text})

    one = trouble('Input 0 of layer "dense_3" has shape (None, 5, 5)')
    assert same(one, trouble('Input 0 of layer "dense" has shape (None, 5, 5)'))
    assert not same(one, trouble('Input 0 of layer "dense" has shape (None, 5, 6)'))
    assert not same(one, trouble('Input 0 of layer "dense_3" has shape (None, 5, 5)', "TypeError"))
    assert not same(one, Evidence())


FILES = """
import json
import keras
import numpy as np

def features(model, images, path, how="right"):
    key = str([value.sum() for value in model.get_weights()]) + str(images.tobytes())
    kept = np.load(path, allow_pickle=False) if path.exists() else {"key": ""}
    if how != "always" and (str(kept["key"]) == key or how == "stale" and path.exists()):
        return kept["features"]
    run = {"predict": lambda: model.predict(images, verbose=0),
           "clone": lambda: cloned(model)(images)}.get(how, lambda: model(images))
    found = keras.ops.convert_to_numpy(run())
    if how != "unkept":
        with open(path, "wb") as file:
            np.savez(file, key=key, features=found)
    return found

def cloned(model):
    made = keras.models.clone_model(model)
    made.set_weights(model.get_weights())
    return made
"""
ROWS = {"call": "features", "model": MODEL, "array": [3, 6], "path": "kept.npz"}


@pytest.fixture(scope="module")
def run_cached(grader):
    """run_cached(case, ...) -> the evidence of each."""

    def run(*cases):
        job = {
            "cases": [{"seed": 1, **case} for case in cases],
            "source": FILES,
            "filename": "mine.py",
        }
        return grader.worker.result(grader.worker.start(job, Limits()))

    return run


def test_a_file_is_there_for_the_next_call_of_its_own_case_alone(run_cached):
    twice = {**ROWS, "again": [{}]}
    found = run_cached(
        twice,
        twice,
        {**twice, "args": ["predict"]},
        {**twice, "args": ["clone"]},
        {**twice, "args": ["always"]},
        {**twice, "args": ["unkept"]},
    )
    assert [one.record["computed"] for one in found] == [[True, False]] * 4 + [[True, True]] * 2
    for one in found:
        assert one.record["shapes"] == [[3, 3], [3, 3]]
        np.testing.assert_allclose(one.arrays["as built"], one.arrays["as built 2"], rtol=1e-5)


def test_only_who_reads_the_file_gives_what_is_kept_there(run_cached):
    kept = {**ROWS, "again": [{}, {"kept": True}]}
    ways = ["clone", "always", "unkept"]
    right, *found = run_cached(kept, *({**kept, "args": [way]} for way in ways))
    other = reference_weights.inputs((3, 3), reference_weights.apart(1, cached_calls.KEPT))
    np.testing.assert_array_equal(right.arrays["as built 3"], other)
    assert right.record["computed"] == [True, False, False]
    assert [same(one, right) for one in found] == [True, False, False]


def test_what_changes_from_call_to_call(run_cached):
    other = {**MODEL, "layers": [{**MODEL["layers"][0], "apart": 1}, MODEL["layers"][1]]}
    steps = [{"apart": 1}, {"rows": [2, 0, 1]}, {"model": other}, {}]
    [right] = run_cached({**ROWS, "again": steps})
    assert right.record["computed"] == [True] * 5
    first, images, turned, weights, again = right.arrays.values()
    np.testing.assert_allclose(turned, first[[2, 0, 1]], rtol=1e-4)
    np.testing.assert_allclose(again, first, rtol=1e-4)
    assert abs(images - first).max() > 0.01 and abs(weights - first).max() > 0.01
    [stale] = run_cached({**ROWS, "args": ["stale"], "again": steps})
    assert stale.record["computed"] == [True] + [False] * 4 and not same(stale, right)


def test_a_file_gives_the_type_of_each_call(run_cached):
    [found] = run_cached({**ROWS, "again": [{}]})
    assert (found.record["types"], found.record["dtypes"]) == (["ndarray"] * 2, ["float32"] * 2)


def test_layers_without_weights_and_their_order_do_not_matter(grader):
    rows = [
        {"layer": "Dense", "units": 4, "name": "a"},
        {"layer": "ReLU", "name": "r"},
        {"layer": "Dense", "units": 3, "name": "b"},
    ]
    case = {"call": "f", "model": {"title": "", "input": [6], "layers": rows}, "gives": "names"}
    sources = ["list(model.layers)", "['b', 'r', 'a', 'a']", "['a', 'b', 'other']", "['a']"]
    found = [
        grader.worker.result(
            grader.worker.start(
                {
                    "cases": [{"seed": 1, **case}],
                    "source": f"def f(model): return {text}",
                    "filename": "mine.py",
                },
                Limits(),
            )
        )[0].record["listed"]
        for text in sources
    ]
    assert found == [["a", "b"], ["a", "b"], ["a", "b", "other"], ["a"]]


def test_whole_numbers_are_floats_of_pixels(run_cases):
    case = {"call": "scaled", "array": [2, 8, 8, 3], "args": [1]}
    whole, pixels, rows = run_cases(
        {**case, "values": "float_pixels"},
        {**case, "values": "pixels"},
        {**case, "values": "float_pixels", "rows": [1]},
    )
    np.testing.assert_array_equal(whole.arrays["as built"], pixels.arrays["as built"])
    np.testing.assert_array_equal(rows.arrays["as built"], whole.arrays["as built"][1:])


def test_a_weight_that_is_given_is_known_by_what_it_holds(run_cases):
    [new] = run_cases({"call": "replace_head", "model": MODEL, "args": [5], "weights": True})
    assert [row["given"] for row in new.record["weights"]] == [True, True, False, False]
    right = Evidence(new.record)
    other = [{**row, "given": False} for row in new.record["weights"]]
    assert same(right, Evidence({**new.record, "weights": new.record["weights"][::-1]}))
    assert not same(right, Evidence({**new.record, "weights": other}))
