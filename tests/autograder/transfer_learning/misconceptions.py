"""The misconceptions of transfer learning: names, what a learner reads, and the wrong answers."""

from __future__ import annotations

from grader.judging.misconceptions import Misconception, Seen, wrong

# How many weights a layer has.
WEIGHTS = {"Conv2D": 2, "Dense": 2, "BatchNormalization": 4}

BANK = {
    "replace_head": [
        Misconception(
            "softmax missing",
            "The new head gives probabilities of classes that exclude each other: its dense "
            "layer ends in softmax.",
            wrong("head", last=()),
            wrong("head", last=("sigmoid",)),
            wrong("head", last=("relu",)),
        ),
        Misconception(
            "softmax twice",
            "Softmax of probabilities is nearly flat, and its gradient nearly zero: the new "
            "layer has one.",
            wrong("head", last=("softmax", "softmax")),
        ),
        Misconception(
            "the old head for as many classes",
            "As many classes are not the same classes: the head is new and its weights fresh, "
            "also where the number stays.",
            wrong("head", reuse=True),
        ),
        Misconception(
            "the old head stays",
            "The old layer goes and a new one comes: here the answer ends in the old one still.",
            wrong("head", old=True),
        ),
        Misconception(
            "the old number of classes",
            "The new layer has one unit for each of the new classes, `classes` of them: here it "
            "has as many as the old one had.",
            wrong("head", units="before"),
        ),
        Misconception(
            "classes fixed",
            "The number of classes is an argument: the new layer has `classes` units, whatever "
            "the data of this exercise have.",
            wrong("head", units="6"),
            wrong("head", units="10"),
        ),
        Misconception(
            "another number of units",
            "One unit for each new class, no more and no less, and none for the old classes.",
            wrong("head", units="classes + 1"),
            wrong("head", units="classes - 1"),
            wrong("head", units="classes + before"),
        ),
        Misconception(
            "head on the old head",
            "The new layer takes the features that the old one took, not the old one's "
            "probabilities: a few numbers about the old classes are what is to be left behind.",
            wrong("head", take=-1),
        ),
        Misconception(
            "features from too early a layer",
            "Only the last layer is replaced: what comes right before it, such as the pooling, "
            "stays.",
            wrong("head", take=-3),
        ),
        Misconception(
            "learnt weights lost",
            "A network that is built again, or cloned, has the shape and not what was learnt: "
            "its weights are drawn anew. Go on with the layers of the model that is given.",
            wrong("head", fresh=True),
            wrong("head", fresh=True, reuse=True),
        ),
        Misconception(
            "batch norm in training mode",
            "`training=True` in the call of the body leaves its batch norm normalising by the "
            "batch, even where nothing is trained: leave the mode to whoever calls the model.",
            wrong("head", mode=True),
        ),
        Misconception(
            "more than one new layer",
            "One dense layer with softmax replaces the last, and nothing is put between it and "
            "the features.",
            wrong("head", before="dense"),
            wrong("head", before="norm"),
        ),
        Misconception(
            "bias missing",
            "The new dense layer keeps Keras' default, a bias a unit: no use_bias.",
            wrong("head", bias=False),
        ),
        Misconception(
            "freezing does not belong here",
            "Which layers are frozen is not this function's affair: it changes `trainable` of "
            "nothing, and what was frozen or not in the given model stays so.",
            wrong("head", frozen="body"),
            wrong("head", frozen="conv"),
            wrong("head", frozen="old layers"),
        ),
        Misconception(
            "the new head is frozen",
            "The new head is what has to learn: where it is frozen, its random weights stay.",
            wrong("head", frozen="head"),
            wrong("head", frozen="answer"),
        ),
        Misconception(
            "frozen layers set free",
            "Layers that were frozen stay frozen: `trainable` of a layer that is already there "
            "is left as it is.",
            wrong("head", frees=True),
        ),
    ],
    "layers_to_freeze": [
        Misconception(
            "an edge off by one",
            "From FEW on means that FEW itself belongs to the next row, and so does MANY: "
            "compare by < and not by <=.",
            wrong("freezing", below=21),
            wrong("freezing", least=101),
            wrong("freezing", below=21, least=101),
        ),
        Misconception(
            "other thresholds",
            "The rows of the table change at FEW and at MANY photographs a class, 20 and 100: "
            "here they change elsewhere.",
            wrong("freezing", below=10),
            wrong("freezing", least=90),
        ),
        Misconception(
            "a freeze that freezes nothing",
            "With few photographs a list that is empty trains everything, and what was learnt is "
            "undone by the first steps: all layers but the last belong in it.",
            wrong("freezing", few="[]"),
        ),
        Misconception(
            "what is trained, not what is frozen",
            "The list holds the layers that are frozen, those from the images on: here are those "
            "that are trained.",
            wrong("freezing", few="layers[-1:]", more="layers[last:]", many="layers"),
        ),
        Misconception(
            "the head is frozen too",
            "The last layer is the new one and has to learn: it is in no list.",
            wrong("freezing", few="layers"),
        ),
        Misconception(
            "batch norm left out",
            "Batch norm is frozen with the layers around it: left out, its moving mean and "
            "variance and its scale go on changing, and the frozen layers behind it get other "
            "numbers.",
            wrong("freezing", chosen="kind != 'BatchNormalization'"),
        ),
        Misconception(
            "some kinds of layer only",
            "Whatever has weights is frozen, whatever kind of layer it is: convolutions, batch "
            "norm, dense layers.",
            wrong("freezing", chosen="kind == 'BatchNormalization'"),
            wrong("freezing", chosen="kind == 'Conv2D'"),
        ),
        Misconception(
            "the first row as the middle",
            "Below FEW photographs the last layer alone is trained: the last convolution is "
            "frozen too.",
            wrong("freezing", few="layers[:last]"),
        ),
        Misconception(
            "too few layers for few photographs",
            "Below FEW photographs it is all layers but the very last: here further ones at the "
            "end are left out.",
            wrong("freezing", few="layers[:-2]"),
            wrong("freezing", few="layers[:-3]"),
            wrong("freezing", few="layers[:2]"),
        ),
        Misconception(
            "the first layers left out",
            "Freezing begins at the images: the first convolution, which finds edges, is frozen "
            "first of all.",
            wrong("freezing", few="layers[2:-1]", more="layers[2:last]"),
        ),
        Misconception(
            "the last convolution frozen too",
            "In the middle row the last convolution is trained: the list ends before it.",
            wrong("freezing", more="layers[: last + 1]"),
        ),
        Misconception(
            "the middle row as the first",
            "Between FEW and MANY fewer layers are frozen than below FEW: the last convolution "
            "and what follows are trained.",
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
            "else: the cut is at that layer, wherever in the network it stands.",
            wrong("freezing", more="layers[:last_but_one]"),
            wrong("freezing", more="layers[: first + 1]"),
            wrong("freezing", more="layers[: len(layers) // 2]"),
        ),
        Misconception(
            "something frozen with many",
            "From MANY photographs a class on nothing is frozen: the list is empty.",
            wrong("freezing", many="layers[:last]"),
            wrong("freezing", many="layers[:-1]"),
        ),
        Misconception(
            "a list that freezes",
            "The function lists layers and changes none: here `trainable` of the given model is "
            "other afterwards.",
            wrong("freezing", sets=False),
            wrong("freezing", sets_few=False),
            wrong("freezing", sets=True),
            wrong("freezing", begins=True),
            wrong("freezing", begins=False),
            wrong("freezing", begins=True, sets=False),
        ),
        Misconception(
            "the answer depends on what is frozen already",
            "Whether a layer is frozen already does not matter: the number of photographs and "
            "the layers' places decide.",
            wrong("freezing", chosen="layer.trainable"),
            wrong("freezing", chosen="not layer.trainable"),
        ),
        Misconception(
            "not a list of layers",
            "The answer is a list of layers, or of their names: neither a number, nor one text, "
            "nor positions.",
            wrong("freezing", answer="len(frozen)"),
            wrong("freezing", answer="', '.join(layer.name for layer in frozen)"),
            wrong("freezing", answer="list(range(len(frozen)))"),
        ),
    ],
    "cache_features": [
        Misconception(
            "computed in training mode",
            "The features are those of inference mode: in training mode batch norm uses the mean "
            "and variance of the batch at hand, and the features of an image depend on its "
            "neighbours.",
            wrong("caching", training=True),
        ),
        Misconception(
            "nothing is kept",
            "The features are computed and not written: without a file the next call has nothing "
            "to read.",
            wrong("caching", keep=False),
        ),
        Misconception(
            "a file under another name",
            "What is kept is in the file `path` itself: np.savez and np.save put an ending "
            "behind a name that lacks theirs, and none is needed here.",
            wrong("caching", suffix=".npz"),
            wrong("caching", suffix=".npy"),
        ),
        Misconception(
            "the file is never read",
            "The model is run at every call: look into the file first, and return what it holds "
            "where its key is the right one. A key with id(model) in it, or anything drawn, is "
            "another at every call and never the right one.",
            wrong("caching", believe=False),
        ),
        Misconception(
            "images missing from the key",
            "The key does not depend on the images: features of other photographs are taken for "
            "those of these.",
            wrong("caching", key="text, *weights"),
        ),
        Misconception(
            "only a part of the images in the key",
            "The key must depend on every number of every image: their count, their shape, the "
            "first of them or a sum are the same for others too.",
            wrong("caching", key="text, *weights, images.shape"),
            wrong("caching", key="text, *weights, len(images)"),
            wrong("caching", key="text, *weights, images[0]"),
            wrong("caching", key="text, *weights, np.sort(images, axis=None).sum()"),
        ),
        Misconception(
            "model missing from the key",
            "The key does not depend on the model: features of a network as it was before are "
            "taken for those of the one that is here now.",
            wrong("caching", key="images.shape, images"),
        ),
        Misconception(
            "weights missing from the key",
            "Two networks of the same layers give other features where their weights differ: all "
            "weights belong in the key.",
            wrong("caching", key="text, images.shape, images"),
        ),
        Misconception(
            "layers missing from the key",
            "The same weights in other layers, with another activation for example, give other "
            "features: what model.to_json() tells belongs in the key.",
            wrong("caching", key="*weights, images.shape, images"),
        ),
        Misconception(
            "only trained weights in the key",
            "Frozen layers have no trainable weights, so a key of these does not depend on them "
            "at all: take all weights.",
            wrong("caching", key="text, *trained, images.shape, images"),
            wrong("caching", key="*trained, images.shape, images"),
        ),
        Misconception(
            "only some weights in the key",
            "Every weight belongs in the key: another one that is left out gives other features "
            "under the same key.",
            wrong("caching", key="text, *weights[:1], images.shape, images"),
            wrong("caching", key="*weights[:1], images.shape, images"),
        ),
        Misconception(
            "any file is believed",
            "That there is a file does not say of what: here it is believed whatever images and "
            "whatever model it was made of.",
            wrong("read_any_file"),
        ),
        Misconception(
            "not all images",
            "Every image has its features in the answer: here some are left out, those of a "
            "last, smaller batch for example.",
            wrong("caching", whole=False),
            wrong("caching", change="features[:64]"),
            wrong("caching", change="features[:32]"),
            wrong("caching", change="features[64:]"),
            wrong("caching", change="features[:1]"),
        ),
        Misconception(
            "another order of images",
            "The features stand in the order of the images.",
            wrong("caching", order=-1),
        ),
        Misconception(
            "features changed",
            "The answer is just what the model gives, float32 (n, ...): neither scaled nor "
            "averaged nor turned.",
            wrong("caching", change="features / 255"),
            wrong("caching", change="features.mean(axis=0)"),
            wrong("caching", change="features.T"),
            wrong("caching", change="features.reshape(-1)"),
            wrong("caching", change="features.argmax(axis=-1)"),
        ),
        Misconception(
            "other numbers in the file",
            "What is read must be what was computed: the file holds the features in float32 as "
            "they are.",
            wrong("caching", stored="features.round()"),
            wrong("caching", stored="0 * features"),
            wrong("caching", stored="features.astype('uint8')"),
        ),
        Misconception(
            "no features returned",
            "The answer is the features themselves, a NumPy array, whether they were read or "
            "computed.",
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
    given = [row.get("given") is True for row in record.get("weights", [])]
    return sum(given) == body and len(given) > body + 2
