"""The misconceptions of transfer learning: what each is called, and what a learner reads."""

from __future__ import annotations

from grader.judging.misconceptions import Misconception, Seen, wrong

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
            wrong("old_classes"),
        ),
        Misconception(
            "classes fixed",
            "The number of classes is an argument: the new layer has `classes` units, whatever "
            "the data of this exercise have.",
            wrong("six_classes"),
            wrong("ten_classes"),
        ),
        Misconception(
            "another number of units",
            "One unit for each new class, no more and no less, and none for the old classes.",
            wrong("one_more_class"),
            wrong("one_class_less"),
            wrong("both_classes"),
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
            wrong("fresh_head_kept"),
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
            wrong("freezes_old_layers"),
        ),
        Misconception(
            "the new head is frozen",
            "The new head is what has to learn: where it is frozen, its random weights stay.",
            wrong("head", frozen="head"),
            wrong("freezes_whole_answer"),
        ),
        Misconception(
            "frozen layers set free",
            "Layers that were frozen stay frozen: `trainable` of a layer that is already there "
            "is left as it is.",
            wrong("frees_whole_answer"),
        ),
    ],
    "layers_to_freeze": [
        Misconception(
            "an edge off by one",
            "From FEW on means that FEW itself belongs to the next row, and so does MANY: "
            "compare by < and not by <=.",
            wrong("few_is_few"),
            wrong("many_is_more"),
            wrong("both_edges"),
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
            wrong("nothing_for_few"),
        ),
        Misconception(
            "what is trained, not what is frozen",
            "The list holds the layers that are frozen, those from the images on: here are those "
            "that are trained.",
            wrong("what_is_trained"),
        ),
        Misconception(
            "the head is frozen too",
            "The last layer is the new one and has to learn: it is in no list.",
            wrong("head_frozen_too"),
        ),
        Misconception(
            "batch norm left out",
            "Batch norm is frozen with the layers around it: left out, its moving mean and "
            "variance and its scale go on changing, and the frozen layers behind it get other "
            "numbers.",
            wrong("no_batch_norm"),
        ),
        Misconception(
            "some kinds of layer only",
            "Whatever has weights is frozen, whatever kind of layer it is: convolutions, batch "
            "norm, dense layers.",
            wrong("only_batch_norm"),
            wrong("only_convolutions"),
        ),
        Misconception(
            "the first row as the middle",
            "Below FEW photographs the last layer alone is trained: the last convolution is "
            "frozen too.",
            wrong("few_as_middle"),
        ),
        Misconception(
            "too few layers for few photographs",
            "Below FEW photographs it is all layers but the very last: here further ones at the "
            "end are left out.",
            wrong("but_two"),
            wrong("but_three"),
            wrong("first_only"),
        ),
        Misconception(
            "the first layers left out",
            "Freezing begins at the images: the first convolution, which finds edges, is frozen "
            "first of all.",
            wrong("first_layer_missed"),
        ),
        Misconception(
            "the last convolution frozen too",
            "In the middle row the last convolution is trained: the list ends before it.",
            wrong("last_convolution_too"),
        ),
        Misconception(
            "the middle row as the first",
            "Between FEW and MANY fewer layers are frozen than below FEW: the last convolution "
            "and what follows are trained.",
            wrong("all_of_some"),
        ),
        Misconception(
            "the middle row as the last",
            "Between FEW and MANY not everything is trained yet: the layers before the last "
            "convolution stay frozen.",
            wrong("none_of_some"),
        ),
        Misconception(
            "another cut in the middle",
            "In the middle row everything before the last convolution is frozen, and nothing "
            "else: the cut is at that layer, wherever in the network it stands.",
            wrong("last_two_stages"),
            wrong("first_stage_only"),
            wrong("half_of_layers"),
        ),
        Misconception(
            "something frozen with many",
            "From MANY photographs a class on nothing is frozen: the list is empty.",
            wrong("some_of_many"),
            wrong("all_of_many"),
        ),
        Misconception(
            "a list that freezes",
            "The function lists layers and changes none: here `trainable` of the given model is "
            "other afterwards.",
            wrong("freezes_itself"),
            wrong("freezes_few_itself"),
            wrong("frees_itself"),
            wrong("frees_all_first"),
            wrong("freezes_all_first"),
            wrong("frees_then_freezes"),
        ),
        Misconception(
            "the answer depends on what is frozen already",
            "Whether a layer is frozen already does not matter: the number of photographs and "
            "the layers' places decide.",
            wrong("trained_alone"),
            wrong("frozen_alone"),
        ),
        Misconception(
            "not a list of layers",
            "The answer is a list of layers, or of their names: neither a number, nor one text, "
            "nor positions.",
            wrong("how_many"),
            wrong("in_one_text"),
            wrong("by_number"),
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
            wrong("key_without_images"),
        ),
        Misconception(
            "only a part of the images in the key",
            "The key must depend on every number of every image: their count, their shape, the "
            "first of them or a sum are the same for others too.",
            wrong("key_of_shape"),
            wrong("key_of_number"),
            wrong("key_first_image"),
            wrong("key_of_sum"),
        ),
        Misconception(
            "model missing from the key",
            "The key does not depend on the model: features of a network as it was before are "
            "taken for those of the one that is here now.",
            wrong("key_without_model"),
        ),
        Misconception(
            "weights missing from the key",
            "Two networks of the same layers give other features where their weights differ: all "
            "weights belong in the key.",
            wrong("key_of_layers"),
        ),
        Misconception(
            "layers missing from the key",
            "The same weights in other layers, with another activation for example, give other "
            "features: what model.to_json() tells belongs in the key.",
            wrong("key_of_weights"),
        ),
        Misconception(
            "only trained weights in the key",
            "Frozen layers have no trainable weights, so a key of these does not depend on them "
            "at all: take all weights.",
            wrong("key_of_trained"),
            wrong("key_trained_alone"),
        ),
        Misconception(
            "only some weights in the key",
            "Every weight belongs in the key: another one that is left out gives other features "
            "under the same key.",
            wrong("key_first_weights"),
            wrong("key_first_alone"),
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
            wrong("first_batch_only"),
            wrong("first_32_only"),
            wrong("last_part_only"),
            wrong("first_image_only"),
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
            wrong("scaled_again"),
            wrong("mean_of_all"),
            wrong("transposed"),
            wrong("flattened"),
            wrong("classes_kept"),
        ),
        Misconception(
            "other numbers in the file",
            "What is read must be what was computed: the file holds the features in float32 as "
            "they are.",
            wrong("rounded"),
            wrong("zeros_kept"),
            wrong("as_bytes"),
        ),
        Misconception(
            "no features returned",
            "The answer is the features themselves, a NumPy array, whether they were read or "
            "computed.",
            wrong("the_path"),
            wrong("symbolic"),
        ),
    ],
}


def recognise(exercise: str, seen: Seen) -> Misconception | None:
    """What no variant can foretell: whatever else is put between the features and the head."""
    if exercise != "replace_head" or not seen.cases:
        return None
    return (
        "more than one new layer"
        if all(_adds(case, evidence.record) for case, evidence in seen.cases)
        else None
    )


def _adds(case: dict, record: dict) -> bool:
    """Whether all weights before the head are kept, and more than a head's two are new."""
    body = sum(WEIGHTS.get(row["layer"], 0) for row in case["model"]["layers"][:-1])
    given = [row.get("given") is True for row in record.get("weights", [])]
    return sum(given) == body and len(given) > body + 2
