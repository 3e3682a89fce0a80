"""The misconceptions of transfer learning: names, what a learner reads, and the wrong answers."""

from __future__ import annotations

from grader.judging.misconceptions import Misconception, Seen, wrong

# How many weights a layer has.
WEIGHTS = {"Conv2D": 2, "Dense": 2, "BatchNormalization": 4}

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
    "cache_features": [
        Misconception(
            "computed in training mode",
            "The features are those of inference mode: in training mode batch norm uses the mean "
            "and variance of the batch, so the features of an image depend on the other images.",
            wrong("caching", training=True),
        ),
        Misconception(
            "nothing is kept",
            "The features are computed but not written: without a file, the next call has "
            "nothing to read.",
            wrong("caching", keep=False),
        ),
        Misconception(
            "a file under another name",
            "The features are kept in the file `path` itself: np.savez and np.save add an ending "
            "to a name without one. Open the file yourself to avoid that.",
            wrong("caching", suffix=".npz"),
            wrong("caching", suffix=".npy"),
        ),
        Misconception(
            "the file is never read",
            "The model runs at every call: read the file first, and return its features if its "
            "key is right. A key with id(model) or a random number is different at every call, "
            "so it is never right.",
            wrong("caching", believe=False),
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
            "other numbers in the file",
            "The second call must return what the first one computed: the file has the features "
            "in float32 as they are.",
            wrong("caching", stored="features.round()"),
            wrong("caching", stored="0 * features"),
            wrong("caching", stored="features.astype('uint8')"),
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


def recognise(exercise: str, seen: Seen) -> str | None:
    """What no wrong function can foretell: other layers between the features and the head."""
    if exercise != "replace_head" or not seen.cases:
        return None
    more = all(_adds(case, evidence.record) for case, evidence in seen.cases)
    return "more than one new layer" if more else None


def _adds(case: dict, record: dict) -> bool:
    """Whether all weights before the head are kept, and more than a head's two are new."""
    body = sum(WEIGHTS.get(row["layer"], 0) for row in case["model"]["layers"][:-1])
    kept = [row.get("given") is True for row in record.get("weights", [])]
    return sum(kept) == body and len(kept) > body + 2
