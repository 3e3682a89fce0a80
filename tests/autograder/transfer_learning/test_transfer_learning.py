"""The checks of transfer learning: 100 points, for networks, lists, training and files.

The models that functions get have the weights of the rule, so a kept weight is recognised. What
fine-tuning trains is seen in which weights it changes, with one phase and with both, and by how
much. The file is checked by several calls of the function on it, see grader.runner.cached_calls.
"""

from __future__ import annotations

import numpy as np

from grader.errors import CheckFailed
from grader.judging.checks import check, drawn, hidden, request, sibling, variants_file
from grader.judging.compare import (
    compare_lists,
    compare_outputs,
    require_alike,
    require_arrays,
    require_probabilities,
    require_shape,
    weights,
)
from grader.judging.messages import asked
from grader.runner import reference_weights

MODULE = variants_file(__file__)
bank = sibling(__file__, "misconceptions")


def _conv(name, filters, **more):
    return {
        "layer": "Conv2D",
        "filters": filters,
        "kernel_size": 3,
        "padding": "same",
        "activation": "relu",
        "name": name,
        **more,
    }


def _norm(name, **more):
    return {"layer": "BatchNormalization", "name": name, **more}


def _dense(name, units, activation="relu"):
    return {"layer": "Dense", "units": units, "activation": activation, "name": name}


POOL, MEAN = {"layer": "MaxPooling2D"}, {"layer": "GlobalAveragePooling2D"}
FLAT, CLASSES = {"layer": "Flatten"}, 4
HEAD = _dense("predictions", CLASSES, "softmax")


def _stages(frozen=()):
    """Three convolutions with batch norm, each a stage of a network that the oracle knows."""
    rows = []
    for i, filters in enumerate((6, 8, 10), 2):
        state = {"frozen": True} if i in frozen else {}
        rows += [_conv(f"conv{i}_conv", filters, **state), _norm(f"conv{i}_bn", **state)]
    return [*rows[:4], POOL, *rows[4:], MEAN, HEAD]


STAGES = {
    "title": "three convolutions with batch norm",
    "name": "resnet18",
    "input": [8, 8, 3],
    "layers": _stages(),
}
FROZEN = {
    **STAGES,
    "title": "the first convolution and its batch norm are frozen",
    "layers": _stages((2,)),
}
DENSE = {
    "title": "two convolutions and two dense layers",
    "name": "lenet5",
    "input": [8, 8, 1],
    "layers": [_conv("c1", 5), POOL, _conv("c3", 7), FLAT, _dense("c5", 9), _dense("f6", 6), HEAD],
}
LONGER = {
    "title": "three convolutions and three dense layers",
    "name": "lenet5",
    "input": [8, 8, 2],
    "layers": [
        *(_conv(f"c{i}", i + 3) for i in (1, 2, 3)),
        *(POOL, FLAT, _dense("d1", 8), _norm("n1"), _dense("d2", 7), HEAD),
    ],
}
# Models of other forms: a Sequential, and one with two branches.
CHAIN = {**DENSE, "title": "a keras.Sequential", "sequential": True}
FROZEN_CHAIN = {**FROZEN, "sequential": True}
BRANCHED = {
    "title": "two branches that are added",
    "name": "lenet5",
    "input": [8, 8, 3],
    "layers": [
        _conv("c1", 6),
        _conv("c3_left", 7),
        {**_conv("c3_right", 7, kernel_size=1), "of": [0]},
        {"layer": "Add", "of": [1, 2]},
        _norm("c3_norm"),
        MEAN,
        HEAD,
    ],
}
# A body as features are taken from it, while it still learns and frozen as it then is; and others
# that it must not be taken for: with other weights in one layer, and the same weights with another
# activation.
LEARNING = {
    "title": "a convolution with batch norm",
    "input": [6, 6, 3],
    "layers": [_conv("conv", 5), _norm("norm"), MEAN],
}
BODY = {
    "title": "a frozen convolution with batch norm",
    "input": [6, 6, 3],
    "layers": [_conv("conv", 5, frozen=True), _norm("norm", frozen=True), MEAN],
}
# Its features stay maps.
MAPS = {**LEARNING, "layers": LEARNING["layers"][:-1]}
OTHER_LAYERS = {
    **BODY,
    "layers": [_conv("conv", 5, activation="tanh", frozen=True), *BODY["layers"][1:]],
}
IMAGES = [5, 6, 6, 3]
RATE, TIMES = 0.01, 3


def _other(body, place):
    """The same layers with other weights in one of them."""
    rows = list(body["layers"])
    rows[place] = {**rows[place], "apart": 1}
    return {**body, "layers": rows}


def _replaced(model, classes, **more):
    return {"call": "replace_head", "model": model, "args": [classes], "weights": True, **more}


def _listed(model, examples):
    return {"call": "layers_to_freeze", "model": model, "args": [examples], "gives": "names"}


def _tuned(head_epochs, epochs, model=STAGES, rate=RATE, **more):
    """One batch for most, so an epoch is a step."""
    return {
        "call": "fine_tune",
        "model": model,
        "array": [8, *model["input"]],
        "labels": CLASSES,
        "args": [head_epochs, epochs, rate],
        "gives": "model",
        "weights": True,
        **more,
    }


def _cached(*again, model=BODY, images=IMAGES, **more):
    return {
        "call": "cache_features",
        "model": model,
        "array": images,
        "path": "features.npz",
        "again": list(again),
        **more,
    }


REQUESTS = {
    "head": request(
        MODULE,
        first=_replaced(STAGES, 3, batch=3, modes=["eval", "as built", "train"]),
        second=_replaced(DENSE, 6, batch=3, modes=["eval"]),
        same_number=_replaced(STAGES, CLASSES),
        frozen=_replaced(FROZEN, 3),
        branched=_replaced(BRANCHED, 3, batch=3, modes=["eval"]),
        given_model=_replaced(FROZEN, 3, gives="argument", batch=3, modes=["eval"]),
        given_chain=_replaced(FROZEN_CHAIN, 3, gives="argument", batch=3, modes=["eval"]),
    ),
    "freeze": request(
        MODULE,
        few=[_listed(STAGES, 5), _listed(DENSE, 5), *hidden(_listed(LONGER, drawn(1, 19)))],
        more=[
            *(_listed(model, 50) for model in (STAGES, DENSE, FROZEN, BRANCHED, CHAIN)),
            *hidden(_listed(LONGER, drawn(20, 99)), 2),
        ],
        many=[_listed(DENSE, 180), *hidden(_listed(LONGER, drawn(100, 400)))],
        edges=[_listed(DENSE, photos) for photos in (19, 20, 99, 100)],
        untouched=[
            {**_listed(FROZEN, photos), "gives": "argument", "weights": True} for photos in (5, 50)
        ],
    ),
    "tune": request(
        MODULE,
        head=_tuned(1, 0),
        all=_tuned(0, 1),
        both=_tuned(1, 1, FROZEN_CHAIN),
    ),
    # Without batch norm, whose mode would change the gradients.
    "rates": request(
        MODULE,
        rates=[
            _tuned(1, 0, DENSE),
            _tuned(0, 1, DENSE),
            _tuned(1, 0, DENSE, TIMES * RATE),
        ],
    ),
    "loss": request(
        MODULE,
        before=_tuned(0, 0, batch=8, modes=["eval"], own=True),
        after=_tuned(4, 4, batch=8, modes=["eval"], own=True),
    ),
    "cache": request(
        MODULE,
        once=[_cached(model=LEARNING, images=[70, 6, 6, 3]), _cached(model=MAPS)],
        twice=_cached({"kept": True}),
        other_images=[
            _cached({"apart": 1}, {"apart": 1}, {}),  # a file out of date is looked at twice
            _cached({"rows": [0, 2, 1, 3, 4]}, values="float_pixels"),
            _cached({"array": [3, *IMAGES[1:]]}),
        ],
        other_model=[
            _cached({"model": _other(BODY, 0)}),
            _cached({"model": _other(BODY, 1)}),
            _cached({"model": _other(LEARNING, 0)}, model=LEARNING),
            _cached({"model": OTHER_LAYERS}),
        ],
    ),
}
NEW = ("first", "second")


# Exercise 1 ------------------------------------------------------------------------------------


def _probabilities(submission, message):
    for case, received, expected in submission.ask(REQUESTS["head"], NEW):
        require_probabilities(received, expected, case, message)


@check(points=7, exercise="replace_head", concept="one probability per new class")
def test_replace_head_gives_new_probabilities(submission):
    """replace_head gives one probability per new class."""
    _probabilities(
        submission,
        "The new last layer is dense, with `classes` units and softmax: the probabilities of "
        "each image sum to 1.",
    )


@check(
    points=8,
    exercise="replace_head",
    concept="learnt weights are kept",
    after=test_replace_head_gives_new_probabilities,
)
def test_replace_head_keeps_what_was_learnt(submission):
    """replace_head keeps the weights of all layers before the head."""
    for case, received, expected in submission.ask(REQUESTS["head"], NEW):
        _require_weights(
            received,
            expected,
            case,
            "trained",
            "All layers except the last are those of the old model, with the weights that it has "
            "learnt: none is built again, left out or added.",
        )


@check(
    points=6,
    exercise="replace_head",
    concept="the features stay what they were",
    after=test_replace_head_gives_new_probabilities,
)
def test_replace_head_computes_the_features(submission):
    """replace_head puts the new layer on the features of the old one, in either mode."""
    message = (
        "The new layer takes the same input as the old one. Nothing before it changes: no layer, "
        "and no mode in which a layer works."
    )
    for mode, cases in (("eval", NEW), ("as built", "first"), ("train", "first")):
        compare_outputs(submission, REQUESTS["head"], cases, mode, message)
    compare_outputs(
        submission,
        REQUESTS["head"],
        "branched",
        "eval",
        bank.CHAINED.sentence,
    )


@check(
    points=4,
    exercise="replace_head",
    concept="a fresh head for as many classes too",
    after=test_replace_head_gives_new_probabilities,
)
def test_replace_head_is_fresh_for_the_same_number(submission):
    """replace_head makes a new head even if the number of classes stays the same."""
    for case, received, expected in submission.ask(REQUESTS["head"], "same_number"):
        _require_weights(
            received,
            expected,
            case,
            "trained",
            "The new head has fresh weights, even if there are as many classes as before: the "
            "old units mean the old classes.",
        )
    for case, received, _ in submission.ask(REQUESTS["head"], (*NEW, "same_number")):
        _requiredrawn(submission, received, case)


@check(
    points=3,
    exercise="replace_head",
    concept="frozen stays frozen",
    after=test_replace_head_gives_new_probabilities,
)
def test_replace_head_leaves_frozen_what_is(submission):
    """replace_head keeps frozen layers frozen, and its new layer is trained."""
    for case, received, expected in submission.ask(REQUESTS["head"], "frozen"):
        _require_weights(
            received,
            expected,
            case,
            "",
            "Frozen layers stay frozen, trained layers stay trained, and the new layer is "
            "trained: replacing the head does not change which layers are frozen.",
        )


@check(points=2, exercise="replace_head", concept="the given model does not change")
def test_replace_head_leaves_the_model_alone(submission):
    """replace_head does not change the model that it gets."""
    message = (
        "The function does not change the model that it gets, not its head and not its frozen "
        "layers: the answer is another model."
    )
    cases = ["given_model"]
    # A Sequential has no `input`. A function that stops there has not changed it.
    [chain] = REQUESTS["head"]["names"]["given_chain"]
    if not submission.received(REQUESTS["head"])[chain].trouble:
        cases.append("given_chain")
    for case, received, expected in submission.ask(REQUESTS["head"], tuple(cases)):
        try:
            require_shape(received, expected, case, message)
            require_alike(received, expected, case, "eval", message)
        except CheckFailed as failure:
            name, sentence = bank.CHANGED.name, bank.CHANGED.sentence
            raise CheckFailed(sentence, failure.table, misconception=name) from None
        _require_weights(received, expected, case, "", message)


def _requiredrawn(submission, received, case):
    """Raise CheckFailed if a new kernel holds one number alone: random weights all differ."""
    for row in received.record["weights"]:
        if row["role"] != "kernel" or row["given"]:
            continue
        alike = reference_weights.fingerprint(
            np.full(row["shape"], row["print"][0]), submission.seed("replace_head")
        )
        if np.allclose(np.abs(row["print"]), np.abs(alike), rtol=1e-3, atol=1e-6):
            raise CheckFailed(
                bank.NOT_RANDOM.sentence,
                [["called", asked(case)], ["every weight", f"{row['print'][0]:.3g}"]],
                misconception=bank.NOT_RANDOM.name,
            )


def _require_weights(received, expected, case, but, message):
    """Raise CheckFailed unless both have the same weights, one by one.

    but: "trained" where it does not matter which of them are trained.
    """

    def seen(evidence):
        table = weights(evidence.record)
        return [(role, shape, kept) for role, shape, _, kept in table] if but else table

    if seen(received) != seen(expected):
        rows = [
            [
                sum(row[-1] == "True" for row in weights(evidence.record)),
                sum(row[2] == "True" for row in weights(evidence.record)),
                len(weights(evidence.record)),
            ]
            for evidence in (expected, received)
        ]
        raise CheckFailed(
            message,
            [
                ["called", "expected", "received"],
                [asked(case), "", ""],
                *(
                    [name, str(rows[0][i]), str(rows[1][i])]
                    for i, name in enumerate(
                        ("weights of the old model", "weights that are trained", "weights in all")
                    )
                ),
            ],
        )


# Exercise 2 ------------------------------------------------------------------------------------


@check(points=8, exercise="layers_to_freeze", concept="few photographs train the head alone")
def test_layers_to_freeze_with_few(submission):
    """layers_to_freeze freezes all layers except the last for few photographs."""
    compare_lists(
        submission,
        REQUESTS["freeze"],
        "few",
        "Below FEW photographs per class all layers except the last are frozen: convolutions, "
        "batch norm and dense layers, all that have weights.",
    )


@check(points=8, exercise="layers_to_freeze", concept="more photographs train later layers too")
def test_layers_to_freeze_with_more(submission):
    """layers_to_freeze freezes the layers before the last convolution for more photographs."""
    compare_lists(
        submission,
        REQUESTS["freeze"],
        "more",
        "From FEW photographs per class on, and below MANY, the layers before the last "
        "convolution are frozen: the last convolution and all layers after it are trained.",
    )


@check(points=4, exercise="layers_to_freeze", concept="many photographs train everything")
def test_layers_to_freeze_with_many(submission):
    """layers_to_freeze freezes nothing for many photographs."""
    compare_lists(
        submission,
        REQUESTS["freeze"],
        "many",
        "From MANY photographs per class on, nothing is frozen: the list is empty.",
    )


FEW_MORE_AND_MANY = (
    test_layers_to_freeze_with_few,
    test_layers_to_freeze_with_more,
    test_layers_to_freeze_with_many,
)


@check(
    points=4, exercise="layers_to_freeze", concept="where the rule changes", after=FEW_MORE_AND_MANY
)
def test_layers_to_freeze_at_the_edges(submission):
    """layers_to_freeze changes exactly at FEW and at MANY photographs."""
    compare_lists(
        submission,
        REQUESTS["freeze"],
        "edges",
        "FEW itself is not few any more, and MANY itself is already many: 19 and 20 differ, and "
        "so do 99 and 100.",
    )


@check(
    points=2, exercise="layers_to_freeze", concept="a list freezes nothing", after=FEW_MORE_AND_MANY
)
def test_layers_to_freeze_changes_nothing(submission):
    """layers_to_freeze only lists layers and changes none of them."""
    for case, received, expected in submission.ask(REQUESTS["freeze"], "untouched"):
        _require_weights(
            received,
            expected,
            case,
            "",
            "This function only says which layers; the code that calls it sets `trainable` "
            "afterwards. The model stays as it is.",
        )


# Exercise 3 ------------------------------------------------------------------------------------

# Of a weight of the head, the change in the second phase by that in the first, and that at TIMES
# the rate by that at the rate. An epoch in smaller batches is several steps, which differ a little.
TENTH, AS_TOLD = (0.07, 0.14), (0.7 * TIMES, 1.4 * TIMES)


def _changed(submission, case):
    """group of weights -> for each of them, whether `case` has changed it."""
    [(_, received, _)] = submission.ask(REQUESTS["tune"], case)
    return bank.changed(received.record, CLASSES)


def _require_changes(submission, cases, right, mistakes, message):
    """Raise CheckFailed unless `right` holds of each case's changes; named by the bank.

    right: from the changes to whether they are right. mistakes: rows of bank.TUNED.
    """
    found = {case: _changed(submission, case) for case in cases}
    wrong = next((case for case, changes in found.items() if not right(changes)), None)
    if wrong is None:
        return
    every = {case: _changed(submission, case) for case in ("head", "all", "both")}
    for case in ("head", "all"):
        [(_, received, _)] = submission.ask(REQUESTS["tune"], case)
        every[f"{case} sizes"] = bank.changes(
            received.record, submission.seed("fine_tune"), CLASSES
        )
    mistake = next((row for row, shows in mistakes if shows(every)), None)
    [(asked_for, _, _)] = submission.ask(REQUESTS["tune"], wrong)
    rows = [
        [name, f"{sum(changes)} / {len(changes)}"]
        for name, changes in found[wrong].items()
        if changes
    ]
    raise CheckFailed(
        mistake.sentence if mistake else message,
        [["called", asked(asked_for)], ["weights", "changed"], *rows],
        misconception=mistake.name if mistake else None,
    )


@check(points=8, exercise="fine_tune", concept="the new layer learns alone first")
def test_fine_tune_trains_the_new_layer_first(submission):
    """fine_tune trains the last layer alone in its first phase."""
    _require_changes(
        submission,
        ["head"],
        lambda of: (
            all(of["last layer"]) and not any(any(v) for k, v in of.items() if k != "last layer")
        ),
        bank.FIRST_PHASE,
        "In the first phase, for head_epochs epochs, only the weights of the last layer change.",
    )


@check(points=8, exercise="fine_tune", concept="compile again after unfreezing")
def test_fine_tune_trains_all_layers_then(submission):
    """fine_tune trains all layers except batch norm in its second phase."""
    _require_changes(
        submission,
        ["all", "both"],
        lambda of: all(of["last layer"]) and all(of["convolutions"]),
        bank.SECOND_PHASE,
        "In the second phase, for `epochs` epochs, all layers except batch norm learn.",
    )


@check(points=6, exercise="fine_tune", concept="batch norm stays in inference mode")
def test_fine_tune_keeps_batch_norm(submission):
    """fine_tune leaves the moving mean and variance of batch norm as they are."""
    _require_changes(
        submission,
        ["head", "all", "both"],
        lambda of: not any(of["moving averages"]),
        bank.NORM,
        bank.TRAINING_MODE.sentence,
    )


BOTH_PHASES = (test_fine_tune_trains_the_new_layer_first, test_fine_tune_trains_all_layers_then)


@check(points=4, exercise="fine_tune", concept="a tenth of the learning rate", after=BOTH_PHASES)
def test_fine_tune_takes_smaller_steps_then(submission):
    """fine_tune trains at learning_rate, and then at a tenth of it."""
    head, slow, fast = (
        _step(submission, received) for _, received, _ in submission.ask(REQUESTS["rates"], "rates")
    )
    size = float(head @ head) or 1.0
    for change, (least, most), expected, mistake in (
        (fast, AS_TOLD, TIMES, lambda _: bank.OWN_RATE),
        (slow, TENTH, 0.1, bank.rate_mistake),
    ):
        ratio = float(change @ head) / size
        if not least < ratio < most:
            raise CheckFailed(
                mistake(ratio).sentence,
                [["expected", "received"], [f"{expected:g}", f"{ratio:.2g}"]],
                misconception=mistake(ratio).name,
            )


def _step(submission, evidence):
    """Three numbers, linear in the change of the last layer's bias, whose gradient is never 0."""
    listed, seed = evidence.record["weights"], submission.seed("fine_tune")
    row = next(row for row in listed if row["role"] == "bias" and row["shape"] == [CLASSES])
    old = reference_weights.weights(row["role"], tuple(row["shape"]), seed)
    return np.subtract(row["print"], reference_weights.fingerprint(old, seed))[1:]


@check(points=2, exercise="fine_tune", concept="the loss goes down", after=BOTH_PHASES)
def test_fine_tune_learns(submission):
    """fine_tune lowers the loss of the photographs that it trains on."""
    answers = submission.ask(REQUESTS["loss"], ("before", "after"))
    (_, _, start), (case, end, right) = answers
    require_probabilities(end, right, case, bank.NO_LEARNING.sentence)
    losses = [_loss(evidence.arrays["eval"]) for evidence in (start, end)]
    if not losses[1] < losses[0]:
        raise CheckFailed(
            bank.NO_LEARNING.sentence,
            [["loss before", "loss after"], [f"{loss:.3f}" for loss in losses]],
            misconception=bank.NO_LEARNING.name,
        )


def _loss(probabilities) -> float:
    """The mean cross-entropy, with the classes in turn as labels."""
    rows = np.arange(len(probabilities))
    return -float(np.log(np.maximum(probabilities[rows, rows % CLASSES], 1e-30)).mean())


# Exercise 4 ------------------------------------------------------------------------------------


def _values(submission, cases, message):
    """All arrays of these cases are the right features."""
    for case, received, expected in submission.ask(REQUESTS["cache"], cases):
        if received.record.get("shapes") != expected.record["shapes"]:
            raise CheckFailed(
                message,
                [
                    ["called", asked(case)],
                    *(
                        [name, " and ".join(map(str, evidence.record.get("shapes", [])))]
                        for name, evidence in (("expected", expected), ("received", received))
                    ),
                ],
            )
        require_alike(received, expected, case, "as built", message)


def _reads(submission, message):
    for case, received, expected in submission.ask(REQUESTS["cache"], "twice"):
        if received.record.get("computed") != expected.record["computed"]:
            raise CheckFailed(
                message,
                [
                    ["called", "expected", "received"],
                    [asked(case), "", ""],
                    *(
                        ["the model was run", "yes" if right else "no", "yes" if actual else "no"]
                        for right, actual in zip(
                            expected.record["computed"],
                            received.record.get("computed", []),
                            strict=False,
                        )
                    ),
                ],
            )


def _second_call_reads(submission):
    """A second call of cache_features reads the file."""
    _reads(submission, "")
    _values(submission, "twice", "")


@check(points=5, exercise="cache_features", concept="features in inference mode")
def test_cache_features_gives_features(submission):
    """cache_features returns the output of the model for all images in inference mode."""
    _values(
        submission,
        "once",
        "The answer is the output of the model for every image in inference mode, in the order of"
        " the images. Batch norm uses its moving mean and variance, not those of a batch.",
    )


@check(
    points=1,
    exercise="cache_features",
    concept="an array of float32",
    after=test_cache_features_gives_features,
)
def test_cache_features_gives_an_array(submission):
    """cache_features returns a NumPy array of float32."""
    for case, received, _ in submission.ask(REQUESTS["cache"], "once"):
        require_arrays(
            received,
            case,
            "The features are a NumPy array of float32, whether they are computed or read: not a "
            "tensor, not a list, and not float64.",
            "float32",
            numpy=True,
        )


@check(
    points=2,
    exercise="cache_features",
    concept="a second call reads",
    after=test_cache_features_gives_features,
)
def test_cache_features_reads_the_second_time(submission):
    """cache_features reads the file the second time, and does not run the model."""
    message = (
        "For the same images and the same model the second call returns what is in the file, and "
        "runs no layer."
    )
    _reads(submission, message)
    _values(submission, "twice", message)


@check(
    points=4,
    exercise="cache_features",
    concept="other images are no match",
    after=(test_cache_features_gives_features, _second_call_reads),
)
def test_cache_features_for_other_images(submission):
    """cache_features does not return the features of other images."""
    _values(
        submission,
        "other_images",
        "A file that was made from other images is out of date: from as many others, from the same "
        "images in another order, or from more. The key must depend on all numbers of the "
        "images.",
    )


@check(
    points=4,
    exercise="cache_features",
    concept="another model is no match",
    after=(test_cache_features_gives_features, _second_call_reads),
)
def test_cache_features_of_another_model(submission):
    """cache_features does not return the features of another model."""
    _values(
        submission,
        "other_model",
        "A file that was made by another model is out of date: by one with other weights, frozen "
        "or not, or by other layers with the same weights. The key must depend on the layers and "
        "on all weights.",
    )
