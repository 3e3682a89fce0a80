"""The first edit from one network to another, on networks whose tensors are names of themselves."""

from __future__ import annotations

import random

import numpy as np
import pytest

from grader.judging.alignment import first_edit
from grader.judging.steps import phrase, steps
from grader.runner.result_files import Evidence

MODES = ["eval", "train"]
CONV = ("Conv2D", {"filters": 8, "kernel_size": [3, 3], "strides": [1, 1], "padding": "same"})
NARROW = ("Conv2D", {"filters": 4, "kernel_size": [1, 1], "strides": [1, 1], "padding": "valid"})
DENSE = ("Dense", {"units": 6})
RELU, TANH = ("ReLU", {}), ("Activation", {"activation": "tanh"})
NORM = ("BatchNormalization", {"axis": -1, "epsilon": 0.001})
POOL = ("MaxPooling2D", {"pool_size": [2, 2], "strides": [2, 2], "padding": "valid"})
FLAT, ADD, JOIN = ("Flatten", {}), ("Add", {}), ("Concatenate", {"axis": -1})
DROP, LESS = ("Dropout", {"rate": 0.5}), ("Dropout", {"rate": 0.2})
SOFTMAX = ("Dense", {"units": 3, "activation": "softmax"})
CHAIN = [CONV, NORM, RELU, POOL, NARROW, TANH, FLAT, DENSE, DROP, SOFTMAX]


def network(*layers) -> Evidence:
    """Each layer takes the one before, or the places that stand third in its tuple."""
    rows, values = [], {mode: ["images"] for mode in MODES}
    for i, (kind, settings, *places) in enumerate(layers):
        inputs = places[0] if places else [i - 1]
        prints = {}
        for mode in MODES:
            sources = [values[mode][place + 1] for place in inputs]
            values[mode].append(computed(kind, settings, sources, mode, i))
            prints[mode] = numbers(values[mode][-1])
        shape = [None, 7] if "Flatten" in values["eval"][-1] else [None, 5, 5, 7]
        weighty = 9 if kind in ("Conv2D", "Dense", "BatchNormalization") else 0
        rows.append(
            {"kind": kind, "layer": True, "settings": settings, "inputs": inputs, "shape": shape}
            | {"prints": prints, "parameters": weighty}
        )
    outputs = {mode: np.float32([numbers(values[mode][-1])]) for mode in MODES}
    return Evidence({"graph": rows}, outputs)


def computed(kind, settings, sources, mode, place) -> str:
    """What a layer gives, as an expression in which an activation stands by itself."""
    [first, *_] = sources
    if kind == "Dropout":
        return first if mode == "eval" else f"dropped({first}, {place}, {random.random()})"
    if kind in ("ReLU", "Activation"):
        return f"{settings.get('activation', 'relu')}({first})"
    inside = {name: value for name, value in settings.items() if name != "activation"}
    inside.pop("trainable", None)
    text = f"{kind}({', '.join(sources)}, {inside})"
    return f"{settings['activation']}({text})" if "activation" in settings else text


def numbers(text: str) -> list[float]:
    draw = random.Random(text)
    return [1.0, *(draw.uniform(-1, 1) for _ in range(3))]


def edit(own, right):
    return first_edit(network(*own), network(*right), MODES)


def changed(i, **settings):
    kind, before = CHAIN[i]
    return [*CHAIN[:i], (kind, {**before, **settings}), *CHAIN[i + 1 :]]


@pytest.mark.parametrize(
    ("own", "kind", "told"),
    [
        ([*CHAIN[:4], NORM, *CHAIN[4:]], "added", "the 2x2 max pooling (map 5x5x7), remove the ba"),
        ([("Rescaling", {}), *CHAIN], "added", "After the input, remove the rescaling"),
        ([*CHAIN, RELU], "added", "remove the ReLU"),
        ([*CHAIN[:6], DROP, *CHAIN[6:]], "added", "remove the dropout of rate 0.5"),
        ([*CHAIN[:2], *CHAIN[3:]], "missing", "the ReLU is missing"),
        (CHAIN[:-1], "missing", "the dense layer of 3 units is missing"),
        ([*CHAIN[:8], *CHAIN[9:]], "missing", "the dropout of rate 0.5 is missing"),
        ([*CHAIN[:2], TANH, *CHAIN[3:]], "replaced", "the activation tanh replaces"),
        ([*CHAIN[:3], ("AveragePooling2D", POOL[1]), *CHAIN[4:]], "replaced", "2x2 average poo"),
        ([CHAIN[0], RELU, NORM, *CHAIN[3:]], "moved", "the ReLU comes before the batch norm"),
        ([*CHAIN[:3], NARROW, POOL, *CHAIN[5:]], "moved", "the 1x1 convolution to 4 channels"),
        (changed(0, strides=[2, 2]), "setting", "`strides=2`: the exercise asks for `strides=1`"),
        (changed(1, epsilon=0.1), "setting", "`epsilon=0.1`"),
        (changed(7, units=7), "setting", "the dense layer of 6 units has `units=7`"),
        (changed(8, rate=0.2), "setting", "`rate=0.2`: the exercise asks for `rate=0.5`"),
        (changed(1, trainable=False), "setting", "`trainable=False`"),
        ([*CHAIN[:7], DROP, DENSE, SOFTMAX], "wiring", "Look at the dropout of rate 0.5."),
    ],
)  # fmt: skip
def test_the_first_edit_of_a_chain_is_described(own, kind, told):
    found = edit(own, CHAIN)
    assert (found.kind, told in found.sentence) == (kind, True), found.sentence


BLOCK = [NARROW, RELU, CONV, (*ADD, [2, -1]), RELU, POOL, SOFTMAX]
BRANCHES = [NARROW, (*CONV, [-1]), (*POOL, [-1]), (*NARROW, [2]), (*JOIN, [0, 1, 3]), SOFTMAX]


@pytest.mark.parametrize(
    ("own", "right", "kind", "told"),
    [
        ([*BLOCK[:3], (*ADD, [2, 1]), *BLOCK[4:]], BLOCK, "wiring", "output of the input. Here"),
        ([*BLOCK[:3], (*ADD, [2, -1, -1]), *BLOCK[4:]], BLOCK, "inputs", "takes 2 maps. Here it"),
        ([*BLOCK[:3], ("Multiply", {}, [2, -1]), *BLOCK[4:]], BLOCK, "replaced", "the product"),
        ([*BLOCK[:3], *BLOCK[4:]], BLOCK, "missing", "the sum is missing"),
        ([*BRANCHES[:3], (*NARROW, [1]), *BRANCHES[4:]], BRANCHES, "wiring", "2x2 max pooling"),
        ([*BRANCHES[:4], (*JOIN, [1, 0, 3]), SOFTMAX], BRANCHES, None, ""),
    ],
)  # fmt: skip
def test_another_wiring_is_described(own, right, kind, told):
    found = edit(own, right)
    assert (found and found.kind) == kind and (not found or told in found.sentence), found


@pytest.mark.parametrize(
    ("kind", "words"), [("GetItem", "the slice `X[...]`"), ("Sin", "the computation with Sin")]
)
def test_a_function_has_words_as_a_layer_has(kind, words):
    [step] = steps({"kind": kind, "layer": False, "inputs": [0], "shape": [None, 5, 5, 7]}, 1)
    assert phrase(step) == words


def test_the_same_network_in_other_layers_has_no_edit():
    fused = ("Conv2D", {**NARROW[1], "activation": "tanh"})
    assert edit([*CHAIN[:4], fused, *CHAIN[6:]], CHAIN) is None
    assert edit(CHAIN, [*CHAIN[:4], fused, *CHAIN[6:]]) is None
    framed = [("ZeroPadding2D", {}), ("Conv2D", {**CONV[1], "padding": "valid", "filters": 9})]
    told = edit([*framed, *CHAIN[1:]], CHAIN).sentence
    assert "`filters=9`: the exercise asks for `filters=8`" in told


def test_a_frame_of_zeros_behind_its_convolution_was_moved():
    frame, bare = ("ZeroPadding2D", {}), ("Conv2D", {**CONV[1], "padding": "valid"})
    found = edit([bare, frame, *CHAIN[1:]], [frame, bare, *CHAIN[1:]])
    assert found.kind == "moved" and "comes before the zero padding" in found.sentence
    doubled = edit([frame, CONV, *CHAIN[1:]], [frame, bare, *CHAIN[1:]])
    assert "`padding='same'`: the exercise asks for `padding='valid'`" in doubled.sentence


def test_an_edit_is_found_wherever_it_stands_and_not_beside_it():
    drawn = random.Random(0)
    for _ in range(60):
        right = [
            drawn.choice((CONV, NARROW, NORM, RELU, POOL)) for _ in range(drawn.randint(4, 30))
        ]
        place = drawn.randrange(len(right) + 1)
        found = edit([*right[:place], ("ELU", {}), *right[place:]], right)
        assert (found.kind, found.words["what"]) == ("added", "the activation elu")
        place = drawn.randrange(len(right))
        found = edit([*right[:place], ("Softplus", {}), *right[place + 1 :]], right)
        assert (found.kind, found.words["what"]) == ("replaced", "the activation softplus")


def test_another_network_altogether_has_no_first_edit():
    own = [DENSE, TANH, DENSE, TANH, ("Dense", {"units": 40}), ("LSTM", {}), ("GRU", {}), FLAT]
    assert edit(own, CHAIN) is None


@pytest.mark.parametrize(
    "row", [{}, {"kind": 3, "inputs": [9, "x", None], "settings": [], "prints": {"eval": [1]}}]
)
def test_a_forged_graph_is_no_error(row):
    received = network(*CHAIN)
    received.record["graph"].insert(3, row)
    first_edit(received, network(*CHAIN), MODES)
