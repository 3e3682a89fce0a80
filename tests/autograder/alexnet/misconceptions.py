"""The misconceptions of AlexNet: their names, what a learner reads, and the wrong answers."""

from __future__ import annotations

from grader.judging.misconceptions import Misconception, Seen, is_misfit, wrong
from grader.judging.numpy_layers import Misfit

# The check of training mode notes one of these, by how much dropout changes.
NO_DROPOUT = Misconception(
    "dropout missing",
    "Dropout with rate 0.5 follows both hidden dense layers: without it, the paper's network "
    "overfits. Here nothing is random in training mode.",
)
LITTLE_DROPOUT = Misconception(
    "too little dropout",
    "Dropout with rate 0.5 follows both hidden dense layers: here there is less of it. One is "
    "missing, or drops fewer units.",
)
MUCH_DROPOUT = Misconception(
    "too much dropout",
    "Dropout with rate 0.5 follows the two hidden dense layers and nothing else: here more is "
    "dropped.",
)
MOVED_DROPOUT = Misconception(
    "dropout in another place",
    "Dropout with rate 0.5 follows each of the two hidden dense layers: here it stands in another "
    "place.",
)
FROZEN = Misconception(
    "layers frozen",
    "All layers learn: with trainable=False, the weights keep their random initial values.",
)

BANK = {
    "local_response_normalization": [
        Misconception(
            "alpha divided by the window",
            "Alpha multiplies the sum, as in the paper. Caffe and PyTorch divide alpha by the "
            "size of the window, so their alpha is larger by the same factor.",
            wrong("lrn", mean=True),
        ),
        Misconception(
            "neighbours on one side",
            "The window reaches `radius` channels down and `radius` channels up: here neighbours "
            "on one side are missing.",
            wrong("lrn", shifts="range(-r, 1)"),
            wrong("lrn", shifts="range(r + 1)"),
            wrong("lrn", shifts="range(-r, r)"),
        ),
        Misconception(
            "radius as size",
            "A radius of 2 gives a window of 5 channels: two on each side and the channel "
            "itself. In the paper n is the whole window; here radius is about half of it.",
            wrong("lrn", shifts="range(-(r // 2), r // 2 + 1)"),
            wrong("lrn", shifts="range(-2 * r, 2 * r + 1)"),
            wrong("lrn", shifts="range(-r - 1, r + 2)"),
        ),
        Misconception(
            "own channel left out",
            "The channel itself belongs to its window: its own square is part of the sum.",
            wrong("lrn", shifts="[s for s in range(-r, r + 1) if s]"),
        ),
        Misconception(
            "no neighbours",
            "The sum is over the channel and its neighbours, up to radius channels away, not "
            "only over the channel.",
            wrong("lrn", shifts="[0]"),
        ),
        Misconception(
            "all channels",
            "The sum is local: over the channels at most radius away, not over all channels.",
            wrong("lrn", shifts="range(-20, 21)"),
        ),
        Misconception(
            "neighbours along another axis",
            "The neighbours are channels of the same pixel, along the last axis, not along "
            "height, width or the batch.",
            wrong("lrn", axis=1),
            wrong("lrn", axis=2),
            wrong("lrn", axis=0),
            wrong("within_channel"),
        ),
        Misconception(
            "edges joined",
            "The first and the last channel are not neighbours: a window ends at the last channel.",
            wrong("lrn", edges="wrap"),
        ),
        Misconception(
            "edge repeated",
            "There is nothing to add beyond the last channel: the window has fewer neighbours "
            "there, and the last channel does not count twice.",
            wrong("lrn", edges="edge"),
        ),
        Misconception(
            "squares missing",
            "Add the squares of the neighbours, so the sign does not matter and large values "
            "count most.",
            wrong("lrn", power="x"),
            wrong("lrn", power="ops.abs(x)"),
            wrong("lrn", power="ops.abs(x) ** 3"),
        ),
        Misconception(
            "square of the sum",
            "Square first, then add: the sum of the squares, not the square of the sum.",
            wrong("lrn", power="x", outcome="x / (k + e * e / alpha) ** b"),
        ),
        Misconception(
            "multiplied in place of divided",
            "Strong neighbours make a value smaller: divide by the power, or multiply by the "
            "power of minus beta.",
            wrong("lrn", outcome="x * (k + e) ** b"),
        ),
        Misconception(
            "exponent missing",
            "The value is divided by the whole bracket, bias plus alpha times the sum, to the "
            "power of beta.",
            wrong("lrn", outcome="x / (k + e)"),
            wrong("lrn", outcome="x / ((k + e) * b)"),
            wrong("lrn", outcome="x / ops.sqrt(k + e)"),
        ),
        Misconception(
            "exponent on the sum alone",
            "The exponent belongs to the whole bracket, including the bias.",
            wrong("lrn", outcome="x / (k + e**b)"),
        ),
        Misconception(
            "bias missing",
            "The bias is inside the bracket and keeps the divisor away from zero: bias plus "
            "alpha times the sum.",
            wrong("lrn", outcome="x / (e + 1e-12) ** b"),
            wrong("lrn", outcome="k + x / (e + 1e-12) ** b"),
        ),
        Misconception(
            "alpha misplaced",
            "Alpha multiplies the sum of the squares once: not the bias, and not before squaring.",
            wrong("lrn", outcome="x / (alpha * (k + e / alpha)) ** b"),
            wrong("lrn", outcome="x / (k + alpha * e) ** b"),
            wrong("local_response_normalization", alpha=1.0),
        ),
        Misconception(
            "divisor in place of quotient",
            "The result is x divided by the power, not the divisor or the factor itself.",
            wrong("lrn", outcome="(k + e) ** b"),
            wrong("lrn", outcome="(k + e) ** -b"),
        ),
        Misconception(
            "value altered first",
            "Divide the value as it is, also if it is negative: do not square, rectify or shift "
            "it.",
            wrong("lrn", outcome="x * x / (k + e) ** b"),
            wrong("lrn", outcome="ops.relu(x) / (k + e) ** b"),
            wrong("lrn", outcome="x - (k + e) ** b"),
        ),
        Misconception(
            "constants written in",
            "radius, bias, alpha and beta are arguments: at least one of them is ignored here.",
            wrong("local_response_normalization", radius=2, bias=2.0, alpha=1e-4, beta=0.75),
            wrong("local_response_normalization", radius=2),
            wrong("local_response_normalization", bias=2.0),
            wrong("local_response_normalization", bias=1.0),
            wrong("local_response_normalization", alpha=1e-4),
            wrong("local_response_normalization", beta=0.75),
            wrong("local_response_normalization", alpha=1e-4, beta=0.75),
        ),
        Misconception(
            "NumPy in a network",
            "While a network is built, its tensors have no numbers yet, and NumPy cannot work on "
            "them: use keras.ops, which also works on arrays.",
            wrong("numpy_only"),
        ),
    ],
    "two_tower_convolution": [
        Misconception(
            "towers not separated",
            "Each tower reads its own half of the channels: here every filter reads all channels.",
            wrong("grouped", groups=1),
            wrong("both_read_all"),
        ),
        Misconception(
            "both towers on one half",
            "Both towers read the same half of the channels: the second one reads the second half.",
            wrong("towers", read=(0, 0)),
            wrong("towers", read=(1, 1)),
        ),
        Misconception(
            "halves swapped",
            "The first tower reads the first half of the channels, and its map comes first.",
            wrong("towers", read=(1, 0)),
        ),
        Misconception(
            "every other channel",
            "The channels are cut in the middle: into the first half and the second half, not "
            "into even and odd ones.",
            wrong("towers", take="every other"),
        ),
        Misconception(
            "image cut, not channels",
            "Each tower gets half of the channels: split and join along the last axis, not along "
            "height or width.",
            wrong("towers", axis=1),
            wrong("towers", axis=2),
            wrong("towers", along=1),
            wrong("towers", along=2),
            wrong("towers", axis=1, along=1),
            wrong("towers", axis=2, along=2),
            wrong("towers", axis=1, each=1, along=1),
            wrong("towers", axis=2, each=1, along=2),
        ),
        Misconception(
            "one kernel for both towers",
            "Each tower learns its own kernels: make two layers, or one layer with two groups, "
            "not one layer that is called twice.",
            wrong("towers", shared=True),
        ),
        Misconception(
            "filters not halved",
            "`filters` is the number for both towers together: each tower has half of it.",
            wrong("towers", each=1),
            wrong("towers", each=4),
            wrong("grouped", times=2),
        ),
        Misconception(
            "one tower only",
            "There are two towers, and their maps are joined.",
            wrong("one_tower"),
            wrong("one_tower_full"),
        ),
        Misconception(
            "towers added",
            "The channels of both towers stand side by side: the maps are concatenated, not added.",
            wrong("towers", join="add"),
            wrong("towers", each=1, join="add"),
            wrong("towers", join="average"),
            wrong("towers", each=1, join="average"),
        ),
        Misconception(
            "more than two towers",
            "There are two towers, so two groups of channels: here there are more.",
            wrong("grouped", groups=4),
            wrong("group_a_channel"),
            wrong("separable"),
        ),
        Misconception(
            "padding missing",
            "The towers use padding (same), so height and width do not change.",
            wrong("towers", padding="valid"),
            wrong("grouped", padding="valid"),
        ),
        Misconception(
            "stride in the towers",
            "Both towers have stride 1: height and width do not change.",
            wrong("towers", strides=2),
            wrong("grouped", strides=2),
        ),
        Misconception(
            "activation in the towers",
            "The function is only the convolution: the code that calls it adds the ReLU.",
            wrong("towers", activation="relu"),
            wrong("grouped", activation="relu"),
            wrong("towers", activation="tanh"),
            wrong("grouped", activation="tanh"),
        ),
        Misconception(
            "bias missing",
            "Each filter keeps its bias, the default of Keras: leave use_bias as it is.",
            wrong("towers", use_bias=False),
            wrong("grouped", use_bias=False),
        ),
        Misconception(
            "batch norm added",
            "After the two convolutions the maps are joined, and nothing else: AlexNet is older "
            "than batch norm.",
            wrong("towers", norm=True),
            wrong("grouped", norm=True),
        ),
        Misconception(
            "kernel size written in",
            "kernel_size is an argument, a number or a pair.",
            wrong("towers", kernel=3),
            wrong("grouped", kernel=3),
            wrong("towers", kernel=5),
            wrong("grouped", kernel=5),
        ),
        Misconception(
            "filters written in",
            "`filters` is an argument: the number for both towers together.",
            wrong("towers", filters=256),
            wrong("grouped", filters=256),
        ),
        Misconception(
            "towers frozen",
            "Both towers learn: leave trainable as it is.",
            wrong("towers", trainable=False),
            wrong("grouped", trainable=False),
        ),
    ],
    "alexnet": [
        Misconception(
            "normalisation missing",
            "Local response normalisation follows the ReLU of the first and of the second "
            "convolution: here one is missing.",
            wrong("network", norms=(0,) * 5),
            wrong("network", norms=(0, 1, 0, 0, 0)),
            wrong("network", norms=(1, 0, 0, 0, 0)),
        ),
        Misconception(
            "average pooling",
            "AlexNet takes the largest number of each window; LeNet-5 took the mean.",
            wrong("network", pool="avg"),
        ),
        Misconception(
            "pooling window",
            "The pooling of AlexNet overlaps: windows of 3x3 with stride 2, without padding.",
            wrong("network", window=(2, 2)),
            wrong("network", window=(3, 3)),
            wrong("network", pool_padding="same"),
        ),
        Misconception(
            "same for valid",
            "The first convolution has no padding: (n - 11) // 4 + 1 windows fit.",
            wrong("network", paddings=("same",) * 5),
        ),
        Misconception(
            "softmax missing",
            "Each image belongs to exactly one class: put softmax on the last dense layer.",
            wrong("network", last=()),
            wrong("network", last=("sigmoid",)),
        ),
        Misconception(
            "pooling without room",
            "The last map may have a side below 3, as it has for images of 64x64: then the "
            "window of the last pooling does not fit. Leave this pooling out.",
            wrong("network", always=True),
        ),
        Misconception(
            "valid for same",
            "All convolutions except the first are padded (same): their maps keep their size.",
            wrong("network", paddings=("valid",) * 5),
            wrong("network", paddings=("valid", "valid", "same", "same", "same")),
        ),
        Misconception(
            "pooling missing",
            "Pooling follows the first, the second and the fifth convolution: here one is missing.",
            wrong("network", pools=(0, 1, 0, 0, 1)),
            wrong("network", pools=(1, 0, 0, 0, 1)),
            wrong("network", pools=(1, 1, 0, 0, 0)),
        ),
        Misconception(
            "normalisation added",
            "Only the first two convolutions are followed by local response normalisation.",
            wrong("network", norms=(1,) * 5),
        ),
        Misconception(
            "normalisation misplaced",
            "The order is convolution, ReLU, normalisation, pooling.",
            wrong("network", norm_last=True),
            wrong("network", activation="late", at=(0, 1)),
        ),
        Misconception(
            "constants of the normalisation",
            "The paper's constants are radius 2 (a window of 5), bias 2, alpha 0.0001, which is "
            "not divided by the window, and beta 0.75.",
            wrong("network", norm={"convention": "caffe"}),
            wrong("network", norm={"size": 11}),
            wrong("network", norm={"size": 3}),
            wrong("network", norm={"k": 1.0}),
            wrong("network", norm={"alpha": 1e-3}),
            wrong("network", norm={"beta": 0.5}),
        ),
        Misconception(
            "batch norm in its place",
            "AlexNet is older than batch norm: it normalises by the neighbouring channels, with "
            "no weights.",
            wrong("network", norm="batch"),
        ),
        Misconception(
            "stride of a convolution",
            "The first convolution has stride 4, all others have stride 1.",
            wrong("network", strides=(2, 1, 1, 1, 1)),
            wrong("network", strides=(3, 1, 1, 1, 1)),
            wrong("network", strides=(5, 1, 1, 1, 1)),
            wrong("network", strides=(4, 2, 1, 1, 1)),
        ),
        Misconception(
            "kernel size",
            "The kernels are 11x11, 5x5, and three times 3x3: here at least one is different.",
            wrong("network", kernels=(7, 5, 3, 3, 3)),
            wrong("network", kernels=(9, 5, 3, 3, 3)),
            wrong("network", kernels=(5, 5, 3, 3, 3)),
            wrong("network", kernels=(11, 3, 3, 3, 3)),
            wrong("network", kernels=(11, 5, 5, 5, 5)),
        ),
        Misconception(
            "one tower's filters",
            "48, 128, 192, 192 and 128 are the filters of one tower of the paper. Here both "
            "towers are one, with 96, 256, 384, 384 and 256 filters.",
            wrong("network", filters=(48, 128, 192, 192, 128)),
        ),
        Misconception(
            "number of filters",
            "The convolutions have 96, 256, 384, 384 and 256 filters: here at least one is "
            "different.",
            wrong("network", filters=(64, 192, 384, 256, 256)),
            wrong("network", filters=(96, 256, 384, 384, 384)),
            wrong("network", filters=(96, 256, 256, 256, 256)),
            wrong("network", filters=(64, 256, 384, 384, 256)),
        ),
        Misconception(
            "number of convolutions",
            "There are five convolutions: two with a pooling each, and then three in a row.",
            wrong("network", filters=(96, 256, 384, 256), pools=(1, 1, 0, 1)),
            wrong("network", filters=(96, 256, 256), pools=(1, 1, 1)),
            wrong("network", filters=(96, 256, 384, 384), pools=(1, 1, 0, 1)),
            wrong(
                "network",
                filters=(96, 256, 384, 384, 384, 256),
                kernels=(11, 5, 3, 3, 3, 3),
                strides=(4, 1, 1, 1, 1, 1),
                paddings=("valid", *("same",) * 5),
                norms=(1, 1, 0, 0, 0, 0),
                pools=(1, 1, 0, 0, 0, 1),
            ),
        ),
        Misconception(
            "towers in the one-tower network",
            "This network has one tower, as in the table: its convolutions read all channels. "
            "The paper used two towers because of its small memory.",
            wrong("network", towers="two layers"),
            wrong("network", towers="groups"),
        ),
        Misconception(
            "activation missing",
            "ReLU follows all five convolutions and both hidden dense layers: here it is missing "
            "at least once.",
            wrong("network", activations=("linear",) * 7),
            wrong("network", activation="linear", at=(0, 1, 2, 3, 4)),
            wrong("network", activation="linear", at=(0, 1)),
            wrong("network", activation="linear", at=(2, 3, 4)),
            wrong("network", activation="linear", at=(0,)),
            wrong("network", activation="linear", at=(1,)),
            wrong("network", activation="linear", at=(2,)),
            wrong("network", activation="linear", at=(3,)),
            wrong("network", activation="linear", at=(4,)),
            wrong("network", activation="linear", at=(5, 6)),
            wrong("network", activation="linear", at=(5,)),
            wrong("network", activation="linear", at=(6,)),
        ),
        Misconception(
            "another activation",
            "AlexNet has ReLU in all hidden layers: here another function replaces it.",
            wrong("network", activations=("tanh",) * 7),
            wrong("network", activations=("sigmoid",) * 7),
            wrong("network", activations=("leaky_relu",) * 7),
            wrong("network", activations=("elu",) * 7),
            wrong("network", activation="tanh", at=(0, 1, 2, 3, 4)),
            wrong("network", activation="tanh", at=(5, 6)),
        ),
        Misconception(
            "flatten missing",
            "A dense layer works only on the last axis: flatten the last map first.",
            wrong("network", between=""),
        ),
        Misconception(
            "global pooling",
            "The last map is flattened, not averaged: global pooling came with later networks.",
            wrong("network", between="global"),
        ),
        Misconception(
            "number of units",
            "Both hidden dense layers have 4096 units.",
            wrong("network", units=(2048, 2048)),
            wrong("network", units=(1024, 1024)),
            wrong("network", units=(4096, 1000)),
        ),
        Misconception(
            "number of dense layers",
            "Three dense layers end the network: 4096 units, 4096 units, and one unit per class.",
            wrong("network", units=(4096,)),
            wrong("network", units=()),
            wrong("network", units=(4096,) * 3, rates=(0.5,) * 3, activations=("relu",) * 8),
        ),
        Misconception(
            "softmax twice",
            "Softmax of probabilities is nearly flat: apply softmax once, to the output of the "
            "last dense layer.",
            wrong("network", last=("softmax", "softmax")),
        ),
        Misconception(
            "ReLU before softmax",
            "The last dense layer has only softmax: a ReLU before it would turn all negative "
            "scores into the same number, 0.",
            wrong("network", last=("relu", "softmax")),
        ),
        Misconception(
            "bias missing",
            "Convolutions and dense layers keep the default of Keras, one bias per filter or unit.",
            wrong("network", bias=(False,) * 3),
            wrong("network", bias=(False, True, True)),
            wrong("network", bias=(True, False, False)),
        ),
        Misconception(
            "images rescaled",
            "The network takes its images as they are: they have been scaled already.",
            wrong("network", rescaled=True),
        ),
        Misconception(
            "classes fixed",
            "The number of classes is an argument: the last dense layer has `classes` units.",
            wrong("network", classes=1000),
            wrong("network", classes=6),
            wrong("network", more_classes=1),
        ),
        Misconception(
            "input shape fixed",
            "The shape of the images is an argument: keras.Input gets `input_shape`.",
            wrong("network", input_shape=(227, 227, 3)),
            wrong("network", input_shape=(64, 64, 3)),
        ),
    ],
}


DRAWN = {"alexnet_dropout"}


def revised(mistake: Misconception, edit) -> Misconception:
    """How much is dropped says little, where the graph shows that it is dropped elsewhere."""
    elsewhere = edit.kind in ("wiring", "moved")
    return MOVED_DROPOUT if elsewhere and mistake in (LITTLE_DROPOUT, MUCH_DROPOUT) else mistake


def recognise(exercise: str, seen: Seen) -> str | Misconception | None:
    """How much is dropped, as the check has noted; and a first convolution without a stride, by its
    map of 99 - 11 + 1 pixels.

    The network after it has 105 million weights: too many to run for everyone who fails.
    """
    if exercise == "alexnet" and is_misfit(Misfit(), seen.trouble):
        return "pooling without room"
    if seen.check in DRAWN:
        return seen.notes.get("dropout")
    maps = [row.get("shape") for _, evidence in seen.cases for row in evidence.graph]
    if exercise == "alexnet" and [None, 89, 89, 96] in maps:
        return "stride of a convolution"
    return None
