"""The misconceptions of transfer learning: names, what a learner reads, and the wrong answers."""

from __future__ import annotations

import numpy as np

from grader.judging.misconceptions import Misconception, Seen, wrong
from grader.runner import reference_weights

# How many weights a layer has.
WEIGHTS = {"Conv2D": 2, "Dense": 2, "BatchNormalization": 4}

NOT_RANDOM = Misconception(
    "no random weights",
    "The new layer begins with the same number in every weight: keep the initialiser of Keras, "
    "which draws each weight at random.",
)
CHAINED = Misconception(
    "layers called as a chain",
    "A model may have branches: its layers must not be called one after another. Put the new layer "
    "on the tensor that the old last layer receives.",
)
# What fine-tuning has changed: the checks name these themselves, by which weights changed and when.
NOTHING = Misconception(
    "nothing is trained",
    "The last layer does not learn in the first phase. `model.trainable = False` freezes every "
    "layer and the model itself: set `trainable` of each layer instead.",
)
TURNED = Misconception(
    "phases turned round",
    "head_epochs are the epochs of the first phase, with all layers except the last frozen; epochs "
    "are those of the second.",
)
TOO_LONG = Misconception(
    "second phase too long",
    "The second phase trains even if `epochs` is 0: it lasts for `epochs` epochs, and head_epochs "
    "are those of the first phase alone.",
)
TOO_EARLY = Misconception(
    "old layers trained too early",
    "Old layers change in the first phase, while the new layer is still random: freeze them before "
    "compile.",
)
CHANGED = Misconception(
    "the given model is changed",
    "After the call the given model computes something else: `pop` and `add` change a model. Make "
    "a new keras.Model from its tensors instead.",
)
NORM_TOO_EARLY = Misconception(
    "batch norm not frozen at first",
    "In the first phase batch norm changes: it is one of the layers before the last, so freeze it "
    "too. In training mode its moving mean and variance change without a gradient.",
)
NOT_COMPILED = Misconception(
    "not compiled again",
    "After the first phase the old layers stay as they are, although they are unfrozen: the first "
    "compile and fit decided what a step changes. Compile again before you train again.",
)
NEVER_UNFROZEN = Misconception(
    "never unfrozen",
    "In the second phase only the last layer learns: set `trainable` of the other layers to True, "
    "and compile again.",
)
ONLY_SOME = Misconception(
    "only some layers in the second phase",
    "In the second phase all layers except batch norm learn, also those that were frozen when the "
    "model came: here some of them do not change.",
)
TRAINING_MODE = Misconception(
    "moving averages lost",
    "The moving mean and variance of batch norm change: they come from many images, and a few "
    "photographs must not replace them. Leave batch norm layers frozen in both phases.",
)
SAME_RATE = Misconception(
    "the same rate in both phases",
    "The second phase has a tenth of the learning rate: at the whole rate, the first steps change "
    "the old weights more than they improve them.",
)
ANOTHER_RATE = Misconception(
    "another rate in the second phase",
    "The second phase has a tenth of the learning rate: learning_rate / 10.",
)
OWN_RATE = Misconception(
    "learning rate written in",
    "learning_rate is an argument: give it to the optimizer. The name of an optimizer, such as "
    '"adam", stands for its own default rate.',
)
NO_LEARNING = Misconception(
    "the loss does not go down",
    "Training makes the cross-entropy of these photographs smaller: here it does not.",
)
ONE_HOT = Misconception(
    "loss for other labels",
    "The labels are numbers of classes, one per image: use sparse_categorical_crossentropy. "
    "categorical_crossentropy and others expect one row per image, with a column per class.",
)


def group(row: dict, classes: int) -> str:
    """Which group a weight of a record belongs to, see `changed`."""
    role, shape = str(row.get("role")), row.get("shape")
    if role.startswith("moving"):
        return "moving averages"
    if role in ("gamma", "beta"):
        return "scales of batch norm"
    small = isinstance(shape, list) and len(shape) < 3
    return "last layer" if small and shape[-1:] == [classes] else "convolutions"


def changed(record: dict, classes: int) -> dict[str, list[bool]]:
    """group -> for each of its weights, whether it has changed."""
    groups = ("last layer", "convolutions", "scales of batch norm", "moving averages")
    found: dict[str, list[bool]] = {name: [] for name in groups}
    for row in record.get("weights", []):
        found[group(row, classes)].append(row.get("given") is not True)
    return found


def changes(record: dict, seed: int, classes: int) -> dict[str, float]:
    """group -> by how much its weights have changed, up to a factor that all of them share."""
    sizes = dict.fromkeys(("last layer", "convolutions"), 0.0)
    for row in record.get("weights", []):
        name = group(row, classes)
        if name in sizes:
            old = reference_weights.weights(row["role"], tuple(row["shape"]), seed)
            moved = np.subtract(row["print"], reference_weights.fingerprint(old, seed))[1:]
            sizes[name] += float(moved @ moved)
    return {name: size**0.5 for name, size in sizes.items()}


def goes_on(head: dict[str, float], all_layers: dict[str, float]) -> bool:
    """Whether old layers change in the first phase by no more than steps of the second phase do,
    while the last layer takes larger ones: then a second phase follows. Steps differ by ten times.
    """

    def larger(name):
        return head[name] > 10**0.5 * all_layers[name]

    return larger("last layer") and not larger("convolutions")


def _old(of: dict) -> list[bool]:
    return of["convolutions"]


# (misconception, whether the changes show it: those of the first phase alone, "head", of the second
# alone, "all", and of "both").
FIRST_PHASE = (
    (TURNED, lambda of: any(_old(of["head"])) and not any(_old(of["all"]))),
    (TOO_LONG, lambda of: any(_old(of["head"])) and goes_on(of["head sizes"], of["all sizes"])),
    (TOO_EARLY, lambda of: any(_old(of["head"]))),
    (NOTHING, lambda of: not any(of["head"]["last layer"])),
    (NORM_TOO_EARLY, lambda of: True),
)
SECOND_PHASE = (
    (TURNED, FIRST_PHASE[0][1]),
    (NOT_COMPILED, lambda of: any(_old(of["all"])) and not any(_old(of["both"]))),
    (NEVER_UNFROZEN, lambda of: not any(_old(of["both"]))),
    (ONLY_SOME, lambda of: True),
)
NORM = (
    (NORM_TOO_EARLY, lambda of: any(of["head"]["moving averages"]) and not any(_old(of["head"]))),
    (TRAINING_MODE, lambda of: True),
)


def rate_mistake(ratio: float) -> Misconception:
    """The misconception of a second phase that makes steps `ratio` times as large."""
    return SAME_RATE if 0.7 < ratio < 1.4 else ANOTHER_RATE


BANK = {
    "replace_head": [
        Misconception(
            "softmax missing",
            "Each image belongs to exactly one class: the dense layer of the new head ends in "
            "softmax.",
            wrong("head", last=()),
            wrong("head", last=("sigmoid",)),
            wrong("head", last=("relu",)),
        ),
        Misconception(
            "softmax twice",
            "Softmax of probabilities is nearly flat, and its gradient is nearly zero: the new "
            "layer has only one softmax.",
            wrong("head", last=("softmax", "softmax")),
        ),
        Misconception(
            "the old head for as many classes",
            "The same number of classes does not mean the same classes: the head is new and its "
            "weights are fresh, even if the number stays.",
            wrong("head", reuse=True),
        ),
        Misconception(
            "the old head stays",
            "A new layer replaces the old one: here the answer still ends in the old one.",
            wrong("head", old=True),
        ),
        Misconception(
            "the old number of classes",
            "The new layer has one unit per new class, `classes` units: here it has as many as "
            "the old one.",
            wrong("head", units="before"),
        ),
        Misconception(
            "classes fixed",
            "The number of classes is an argument: the new layer has `classes` units, not the "
            "number of classes in the data of this exercise.",
            wrong("head", units="6"),
            wrong("head", units="10"),
        ),
        Misconception(
            "another number of units",
            "The new layer has exactly one unit per new class, and none for the old classes.",
            wrong("head", units="classes + 1"),
            wrong("head", units="classes - 1"),
            wrong("head", units="classes + before"),
        ),
        Misconception(
            "head on the old head",
            "The new layer takes the same features as the old one, not the probabilities of the "
            "old one: these are only about the old classes.",
            wrong("head", take=-1),
        ),
        Misconception(
            "features from too early a layer",
            "Only the last layer is replaced: the layer directly before it, such as the pooling, "
            "stays.",
            wrong("head", take=-3),
        ),
        Misconception(
            "learnt weights lost",
            "A network that is built again, or cloned, has new random weights and nothing of "
            "what was learnt. Use the layers of the model that you get.",
            wrong("head", fresh=True),
            wrong("head", fresh=True, reuse=True),
        ),
        Misconception(
            "batch norm in training mode",
            "With `training=True` in the call of the body, its batch norm always normalises by "
            "the batch: the call of the model decides the mode.",
            wrong("head", mode=True),
        ),
        Misconception(
            "more than one new layer",
            "One dense layer with softmax replaces the last one, and there is nothing between it "
            "and the features.",
            wrong("head", before="dense"),
            wrong("head", before="norm"),
        ),
        Misconception(
            "bias missing",
            "The new dense layer keeps the default of Keras, one bias per unit: leave use_bias "
            "as it is.",
            wrong("head", bias=False),
        ),
        Misconception(
            "freezing does not belong here",
            "This function does not decide which layers are frozen: it changes `trainable` "
            "nowhere, and the layers of the model stay frozen or not.",
            wrong("head", frozen="body"),
            wrong("head", frozen="conv"),
            wrong("head", frozen="old layers"),
        ),
        Misconception(
            "the new head is frozen",
            "The new head has to learn: if it is frozen, its weights stay random.",
            wrong("head", frozen="head"),
            wrong("head", frozen="answer"),
        ),
        Misconception(
            "frozen layers set free",
            "Layers that were frozen stay frozen: leave `trainable` of the existing layers as it "
            "is.",
            wrong("head", frees=True),
        ),
    ],
    "layers_to_freeze": [
        Misconception(
            "an edge off by one",
            '"From FEW on" means that FEW itself belongs to the next row, and so does MANY: '
            "compare with <, not with <=.",
            wrong("freezing", below=21),
            wrong("freezing", least=101),
            wrong("freezing", below=21, least=101),
        ),
        Misconception(
            "other thresholds",
            "The rows of the table change at FEW and at MANY photographs per class, 20 and 100: "
            "here they change at other numbers.",
            wrong("freezing", below=10),
            wrong("freezing", least=90),
        ),
        Misconception(
            "a freeze that freezes nothing",
            "With few photographs, an empty list trains everything, and the first steps destroy "
            "what was learnt: put all layers except the last into it.",
            wrong("freezing", few="[]"),
        ),
        Misconception(
            "what is trained, not what is frozen",
            "The list has the layers that are frozen, those nearest to the images: here it has "
            "those that are trained.",
            wrong("freezing", few="layers[-1:]", more="layers[last:]", many="layers"),
        ),
        Misconception(
            "the head is frozen too",
            "The last layer is the new one and has to learn: it is never in the list.",
            wrong("freezing", few="layers"),
        ),
        Misconception(
            "batch norm left out",
            "Batch norm is frozen with the layers around it: otherwise its moving mean and "
            "variance and its scale keep changing, and the frozen layers after it get other "
            "numbers.",
            wrong("freezing", chosen="kind != 'BatchNormalization'"),
        ),
        Misconception(
            "some kinds of layer only",
            "Every kind of layer with weights is frozen: convolutions, batch norm, dense layers.",
            wrong("freezing", chosen="kind == 'BatchNormalization'"),
            wrong("freezing", chosen="kind == 'Conv2D'"),
        ),
        Misconception(
            "the first row as the middle",
            "Below FEW photographs only the last layer is trained: the last convolution is "
            "frozen too.",
            wrong("freezing", few="layers[:last]"),
        ),
        Misconception(
            "too few layers for few photographs",
            "Below FEW photographs all layers except the very last are frozen: here more layers "
            "at the end are left out.",
            wrong("freezing", few="layers[:-2]"),
            wrong("freezing", few="layers[:-3]"),
            wrong("freezing", few="layers[:2]"),
        ),
        Misconception(
            "the first layers left out",
            "Freezing begins at the images: the first convolution, which finds edges, is frozen "
            "first.",
            wrong("freezing", few="layers[2:-1]", more="layers[2:last]"),
        ),
        Misconception(
            "the last convolution frozen too",
            "In the middle row the last convolution is trained, so the list ends before it.",
            wrong("freezing", more="layers[: last + 1]"),
        ),
        Misconception(
            "the middle row as the first",
            "Between FEW and MANY fewer layers are frozen than below FEW: the last convolution "
            "and all layers after it are trained.",
            wrong("freezing", more="layers[:-1]"),
        ),
        Misconception(
            "the middle row as the last",
            "Between FEW and MANY not everything is trained yet: the layers before the last "
            "convolution stay frozen.",
            wrong("freezing", more="[]"),
        ),
        Misconception(
            "another cut in the middle",
            "In the middle row everything before the last convolution is frozen, and nothing "
            "else: the cut is at that layer, wherever it is in the network.",
            wrong("freezing", more="layers[:last_but_one]"),
            wrong("freezing", more="layers[: first + 1]"),
            wrong("freezing", more="layers[: len(layers) // 2]"),
        ),
        Misconception(
            "something frozen with many",
            "From MANY photographs per class on, nothing is frozen: the list is empty.",
            wrong("freezing", many="layers[:last]"),
            wrong("freezing", many="layers[:-1]"),
        ),
        Misconception(
            "a list that freezes",
            "The function lists layers and changes none: here it changes `trainable` in the model.",
            wrong("freezing", sets=False),
            wrong("freezing", sets_few=False),
            wrong("freezing", sets=True),
            wrong("freezing", begins=True),
            wrong("freezing", begins=False),
            wrong("freezing", begins=True, sets=False),
        ),
        Misconception(
            "the answer depends on what is frozen already",
            "It does not matter if a layer is frozen already: only the number of photographs and "
            "the places of the layers decide.",
            wrong("freezing", chosen="layer.trainable"),
            wrong("freezing", chosen="not layer.trainable"),
        ),
        Misconception(
            "not a list of layers",
            "The answer is a list of layers or of their names: not a number, not one text, and "
            "not positions.",
            wrong("freezing", answer="len(frozen)"),
            wrong("freezing", answer="', '.join(layer.name for layer in frozen)"),
            wrong("freezing", answer="list(range(len(frozen)))"),
        ),
    ],
    "fine_tune": [
        TURNED,
        TOO_EARLY,
        NOTHING,
        NORM_TOO_EARLY,
        NOT_COMPILED,
        NEVER_UNFROZEN,
        ONLY_SOME,
        TRAINING_MODE,
        SAME_RATE,
        ANOTHER_RATE,
        OWN_RATE,
        NO_LEARNING,
        ONE_HOT,
    ],
    "cache_features": [
        Misconception(
            "computed in training mode",
            "The features are those of inference mode. In training mode batch norm uses the mean "
            "and variance of the batch, so the features of an image depend on the other images.",
            wrong("caching", training=True),
            wrong("caching", training=True, batch=10_000),
        ),
        Misconception(
            "the file is never read",
            "The model runs at every call: give `stored` the key and a function that runs the "
            "model, not its result. A key with id(model) or a random number is different at every "
            "call, so it is never right.",
            wrong("caching", believe=False),
            wrong("caching", eager=True),
        ),
        Misconception(
            "images missing from the key",
            "The key does not depend on the images: features of other photographs are returned "
            "for these.",
            wrong("caching", key="text, *weights"),
        ),
        Misconception(
            "only a part of the images in the key",
            "The key must depend on every number of every image: other images can have the same "
            "count, the same shape, the same first image or the same sum.",
            wrong("caching", key="text, *weights, images.shape"),
            wrong("caching", key="text, *weights, len(images)"),
            wrong("caching", key="text, *weights, images[0]"),
            wrong("caching", key="text, *weights, np.sort(images, axis=None).sum()"),
        ),
        Misconception(
            "model missing from the key",
            "The key does not depend on the model: features of an earlier network are returned "
            "for this one.",
            wrong("caching", key="images.shape, images"),
        ),
        Misconception(
            "weights missing from the key",
            "Two networks with the same layers but different weights give different features: "
            "all weights belong in the key.",
            wrong("caching", key="text, images.shape, images"),
        ),
        Misconception(
            "layers missing from the key",
            "The same weights in other layers, for example with another activation, give other "
            "features: the text of model.to_json() belongs in the key.",
            wrong("caching", key="*weights, images.shape, images"),
        ),
        Misconception(
            "only trained weights in the key",
            "Frozen layers have no trainable weights, so a key made of trainable weights does "
            "not depend on them: take all weights.",
            wrong("caching", key="text, *trained, images.shape, images"),
            wrong("caching", key="*trained, images.shape, images"),
        ),
        Misconception(
            "only some weights in the key",
            "Every weight belongs in the key: if one that is left out changes, the features "
            "change and the key does not.",
            wrong("caching", key="text, *weights[:1], images.shape, images"),
            wrong("caching", key="*weights[:1], images.shape, images"),
        ),
        Misconception(
            "any file is believed",
            "A file may have been made from other images or by another model: here it is always "
            "believed.",
            wrong("read_any_file"),
        ),
        Misconception(
            "not all images",
            "The answer has features for every image: here some are left out, for example those "
            "of a last, smaller batch.",
            wrong("caching", whole=False),
            wrong("caching", change="features[:64]"),
            wrong("caching", change="features[:32]"),
            wrong("caching", change="features[64:]"),
            wrong("caching", change="features[:1]"),
        ),
        Misconception(
            "another order of images",
            "The features are in the order of the images.",
            wrong("caching", order=-1),
        ),
        Misconception(
            "features changed",
            "The answer is exactly the output of the model, float32 (n, ...): not scaled, not "
            "averaged and not transposed.",
            wrong("caching", change="features / 255"),
            wrong("caching", change="features.mean(axis=0)"),
            wrong("caching", change="features.T"),
            wrong("caching", change="features.reshape(-1)"),
            wrong("caching", change="features.argmax(axis=-1)"),
        ),
        Misconception(
            "no features returned",
            "The answer is the features themselves, a NumPy array, both when they are read and "
            "when they are computed.",
            wrong("caching", change="str(path)"),
            wrong("caching", change="model.output"),
        ),
    ],
}


def recognise(exercise: str, seen: Seen) -> str | Misconception | None:
    """What no wrong function can foretell: layers between features and head, and other labels."""
    if exercise == "fine_tune":
        text = str((seen.trouble or {}).get("text", "")).lower()
        return ONE_HOT.name if "shape" in text and "target" in text else None
    if exercise != "replace_head" or not seen.cases:
        return None
    branched = [any("of" in row for row in case["model"]["layers"]) for case, _ in seen.cases]
    if seen.trouble and all(branched):
        return CHAINED
    more = all(_adds(case, evidence.record) for case, evidence in seen.cases)
    return "more than one new layer" if more else None


def _adds(case: dict, record: dict) -> bool:
    """Whether all weights before the head are kept, and more than a head's two are new."""
    body = sum(WEIGHTS.get(row["layer"], 0) for row in case["model"]["layers"][:-1])
    kept = [row.get("given") is True for row in record.get("weights", [])]
    return sum(kept) == body and len(kept) > body + 2
