"""The misconceptions of transfer learning: what each is called, and what a learner reads."""

from __future__ import annotations

from grader.judging.misconceptions import Misconception, Seen

NO_SOFTMAX = Misconception(
    "softmax missing",
    "The new head gives probabilities of classes that exclude each other: its dense layer ends in "
    "softmax.",
)
SOFTMAX_TWICE = Misconception(
    "softmax twice",
    "Softmax of probabilities is nearly flat, and its gradient nearly zero: the new layer has one.",
)
OLD_CLASSES = Misconception(
    "the old number of classes",
    "The new layer has one unit for each of the new classes, `classes` of them: here it has as "
    "many as the old one had.",
)
CLASSES_FIXED = Misconception(
    "classes fixed",
    "The number of classes is an argument: the new layer has `classes` units, whatever the data "
    "of this exercise have.",
)
CLASSES_OFF = Misconception(
    "another number of units",
    "One unit for each new class, no more and no less, and none for the old classes.",
)
NOT_REPLACED = Misconception(
    "the old head stays",
    "The old layer goes and a new one comes: here the answer ends in the old one still.",
)
ON_PROBABILITIES = Misconception(
    "head on the old head",
    "The new layer takes the features that the old one took, not the old one's probabilities: a "
    "few numbers about the old classes are what is to be left behind.",
)
TOO_EARLY = Misconception(
    "features from too early a layer",
    "Only the last layer is replaced: what comes right before it, such as the pooling, stays.",
)
FRESH = Misconception(
    "learnt weights lost",
    "A network that is built again, or cloned, has the shape and not what was learnt: its weights "
    "are drawn anew. Go on with the layers of the model that is given.",
)
BAKED_IN = Misconception(
    "batch norm in training mode",
    "`training=True` in the call of the body leaves its batch norm normalising by the batch, even "
    "where nothing is trained: leave the mode to whoever calls the model.",
)
FREEZES = Misconception(
    "freezing does not belong here",
    "Which layers are frozen is not this function's affair: it changes `trainable` of nothing, and "
    "what was frozen or not in the given model stays so.",
)
HEAD_FROZEN = Misconception(
    "the new head is frozen",
    "The new head is what has to learn: where it is frozen, its random weights stay.",
)
FREES = Misconception(
    "frozen layers set free",
    "Layers that were frozen stay frozen: `trainable` of a layer that is already there is left as "
    "it is.",
)
ADDED = Misconception(
    "more than one new layer",
    "One dense layer with softmax replaces the last, and nothing is put between it and the "
    "features.",
)
HEAD_KEPT = Misconception(
    "the old head for as many classes",
    "As many classes are not the same classes: the head is new and its weights fresh, also where "
    "the number stays.",
)
NO_BIAS = Misconception(
    "bias missing", "The new dense layer keeps Keras' default, a bias a unit: no use_bias."
)

FREEZES_NOTHING = Misconception(
    "a freeze that freezes nothing",
    "With few photographs a list that is empty trains everything, and what was learnt is undone by "
    "the first steps: all layers but the last belong in it.",
)
HEAD_TOO = Misconception(
    "the head is frozen too", "The last layer is the new one and has to learn: it is in no list."
)
COMPLEMENT = Misconception(
    "what is trained, not what is frozen",
    "The list holds the layers that are frozen, those from the images on: here are those that are "
    "trained.",
)
NO_NORM = Misconception(
    "batch norm left out",
    "Batch norm is frozen with the layers around it: left out, its moving mean and variance and "
    "its scale go on changing, and the frozen layers behind it get other numbers.",
)
KINDS = Misconception(
    "some kinds of layer only",
    "Whatever has weights is frozen, whatever kind of layer it is: convolutions, batch norm, dense "
    "layers.",
)
LAST_TOO = Misconception(
    "the last convolution frozen too",
    "In the middle row the last convolution is trained: the list ends before it.",
)
OTHER_CUT = Misconception(
    "another cut in the middle",
    "In the middle row everything before the last convolution is frozen, and nothing else: the cut "
    "is at that layer, wherever in the network it stands.",
)
MIDDLE_ALL = Misconception(
    "the middle row as the first",
    "Between FEW and MANY fewer layers are frozen than below FEW: the last convolution and what "
    "follows are trained.",
)
MIDDLE_NONE = Misconception(
    "the middle row as the last",
    "Between FEW and MANY not everything is trained yet: the layers before the last convolution "
    "stay frozen.",
)
FEW_AS_MIDDLE = Misconception(
    "the first row as the middle",
    "Below FEW photographs the last layer alone is trained: the last convolution is frozen too.",
)
MANY_FROZEN = Misconception(
    "something frozen with many",
    "From MANY photographs a class on nothing is frozen: the list is empty.",
)
TOO_FEW = Misconception(
    "too few layers for few photographs",
    "Below FEW photographs it is all layers but the very last: here further ones at the end are "
    "left out.",
)
FIRST_MISSED = Misconception(
    "the first layers left out",
    "Freezing begins at the images: the first convolution, which finds edges, is frozen first of "
    "all.",
)
EDGE = Misconception(
    "an edge off by one",
    "From FEW on means that FEW itself belongs to the next row, and so does MANY: compare by < and "
    "not by <=.",
)
THRESHOLD = Misconception(
    "other thresholds",
    "The rows of the table change at FEW and at MANY photographs a class, 20 and 100: here they "
    "change elsewhere.",
)
ACTS = Misconception(
    "a list that freezes",
    "The function lists layers and changes none: here `trainable` of the given model is other "
    "afterwards.",
)
FROM_STATE = Misconception(
    "the answer depends on what is frozen already",
    "Whether a layer is frozen already does not matter: the number of photographs and the layers' "
    "places decide.",
)
NOT_A_LIST = Misconception(
    "not a list of layers",
    "The answer is a list of layers, or of their names: neither a number, nor one text, nor "
    "positions.",
)

TRAINING = Misconception(
    "computed in training mode",
    "The features are those of inference mode: in training mode batch norm uses the mean and "
    "variance of the batch at hand, and the features of an image depend on its neighbours.",
)
NO_READ = Misconception(
    "the file is never read",
    "The model is run at every call: look into the file first, and return what it holds where its "
    "key is the right one. A key with id(model) in it, or anything drawn, is another at every "
    "call and never the right one.",
)
NO_WRITE = Misconception(
    "nothing is kept",
    "The features are computed and not written: without a file the next call has nothing to read.",
)
BESIDE = Misconception(
    "a file under another name",
    "What is kept is in the file `path` itself: np.savez and np.save put an ending behind a name "
    "that lacks theirs, and none is needed here.",
)
STALE = Misconception(
    "any file is believed",
    "That there is a file does not say of what: here it is believed whatever images and whatever "
    "model it was made of.",
)
NO_IMAGES = Misconception(
    "images missing from the key",
    "The key does not depend on the images: features of other photographs are taken for those of "
    "these.",
)
PART_OF_IMAGES = Misconception(
    "only a part of the images in the key",
    "The key must depend on every number of every image: their count, their shape, the first of "
    "them or a sum are the same for others too.",
)
NO_MODEL = Misconception(
    "model missing from the key",
    "The key does not depend on the model: features of a network as it was before are taken for "
    "those of the one that is here now.",
)
NO_WEIGHTS = Misconception(
    "weights missing from the key",
    "Two networks of the same layers give other features where their weights differ: all weights "
    "belong in the key.",
)
NO_LAYERS = Misconception(
    "layers missing from the key",
    "The same weights in other layers, with another activation for example, give other features: "
    "what model.to_json() tells belongs in the key.",
)
TRAINED_ONLY = Misconception(
    "only trained weights in the key",
    "Frozen layers have no trainable weights, so a key of these does not depend on them at all: "
    "take all weights.",
)
PARTLY = Misconception(
    "only some weights in the key",
    "Every weight belongs in the key: another one that is left out gives other features under the "
    "same key.",
)
BATCHES = Misconception(
    "not all images",
    "Every image has its features in the answer: here some are left out, those of a last, smaller "
    "batch for example.",
)
ORDER = Misconception("another order of images", "The features stand in the order of the images.")
CHANGED = Misconception(
    "features changed",
    "The answer is just what the model gives, float32 (n, ...): neither scaled nor averaged nor "
    "turned.",
)
KEPT_OTHERWISE = Misconception(
    "other numbers in the file",
    "What is read must be what was computed: the file holds the features in float32 as they are.",
)
NOT_FEATURES = Misconception(
    "no features returned",
    "The answer is the features themselves, a NumPy array, whether they were read or computed.",
)

# How many weights a layer has.
WEIGHTS = {"Conv2D": 2, "Dense": 2, "BatchNormalization": 4}

BANK = {
    "replace_head": [
        (NO_SOFTMAX, "no_softmax", "sigmoid_head", "relu_head"),
        (SOFTMAX_TWICE, "softmax_twice"),
        (HEAD_KEPT, "old_head_kept"),
        (NOT_REPLACED, "model_unchanged"),
        (OLD_CLASSES, "old_classes"),
        (CLASSES_FIXED, "six_classes", "ten_classes"),
        (CLASSES_OFF, "one_more_class", "one_class_less", "both_classes"),
        (ON_PROBABILITIES, "on_old_head"),
        (TOO_EARLY, "layer_too_early"),
        (FRESH, "fresh_body", "fresh_head_kept"),
        (BAKED_IN, "training_baked_in"),
        (ADDED, "dense_before", "norm_before_head"),
        (NO_BIAS, "no_bias_head"),
        (FREEZES, "freezes_body", "freezes_convolutions", "freezes_old_layers"),
        (HEAD_FROZEN, "freezes_head", "freezes_whole_answer"),
        (FREES, "frees_whole_answer"),
    ],
    # A check looks at one row of the table: what is wrong in that row alone comes first.
    "layers_to_freeze": [
        (EDGE, "few_is_few", "many_is_more", "both_edges"),
        (THRESHOLD, "ten", "ninety"),
        (FREEZES_NOTHING, "nothing_for_few"),
        (COMPLEMENT, "what_is_trained"),
        (HEAD_TOO, "head_frozen_too"),
        (NO_NORM, "no_batch_norm"),
        (KINDS, "only_batch_norm", "only_convolutions"),
        (FEW_AS_MIDDLE, "few_as_middle"),
        (TOO_FEW, "but_two", "but_three", "first_only"),
        (FIRST_MISSED, "first_layer_missed"),
        (LAST_TOO, "last_convolution_too"),
        (MIDDLE_ALL, "all_of_some"),
        (MIDDLE_NONE, "none_of_some"),
        (OTHER_CUT, "last_two_stages", "first_stage_only", "half_of_layers"),
        (MANY_FROZEN, "some_of_many", "all_of_many"),
        (
            ACTS,
            "freezes_itself",
            "freezes_few_itself",
            "frees_itself",
            "frees_all_first",
            "freezes_all_first",
            "frees_then_freezes",
        ),
        (FROM_STATE, "trained_alone", "frozen_alone"),
        (NOT_A_LIST, "how_many", "in_one_text", "by_number"),
    ],
    "cache_features": [
        (TRAINING, "in_training_mode"),
        (NO_WRITE, "never_kept"),
        (BESIDE, "beside_the_path", "beside_as_npy"),
        (NO_READ, "always_run"),
        (NO_IMAGES, "key_without_images"),
        (PART_OF_IMAGES, "key_of_shape", "key_of_number", "key_first_image", "key_of_sum"),
        (NO_MODEL, "key_without_model"),
        (NO_WEIGHTS, "key_of_layers"),
        (NO_LAYERS, "key_of_weights"),
        (TRAINED_ONLY, "key_of_trained", "key_trained_alone"),
        (PARTLY, "key_first_weights", "key_first_alone"),
        (STALE, "read_any_file"),
        (
            BATCHES,
            "last_batch_lost",
            "first_batch_only",
            "first_32_only",
            "last_part_only",
            "first_image_only",
        ),
        (ORDER, "batches_turned_round"),
        (CHANGED, "scaled_again", "mean_of_all", "transposed", "flattened", "classes_kept"),
        (KEPT_OTHERWISE, "rounded", "zeros_kept", "as_bytes"),
        (NOT_FEATURES, "the_path", "symbolic"),
    ],
}


def recognise(exercise: str, seen: Seen) -> Misconception | None:
    """What no variant can foretell: whatever else is put between the features and the head."""
    if exercise != "replace_head" or not seen.cases:
        return None
    return ADDED if all(_adds(case, evidence.record) for case, evidence in seen.cases) else None


def _adds(case: dict, record: dict) -> bool:
    """Whether all weights before the head are kept, and more than a head's two are new."""
    body = sum(WEIGHTS.get(row["layer"], 0) for row in case["model"]["layers"][:-1])
    given = [row.get("given") is True for row in record.get("weights", [])]
    return sum(given) == body and len(given) > body + 2
