"""The misconceptions of the Happy House: names, what a learner reads, and the wrong answers."""

from __future__ import annotations

from grader.judging.misconceptions import Misconception, Seen, wrong

BANK = {
    "happy_model": [
        Misconception(
            "padding missing",
            "Without a frame of zeros the map shrinks from 64x64 to 58x58: with 3 zeros on each "
            "side, every pixel has its own 7x7 window.",
            wrong("network", pad=0),
        ),
        Misconception(
            "padded twice",
            'There is a frame of zeros already: with padding="same" the convolution adds another '
            "one, and the map grows to 70x70.",
            wrong("network", padding="same"),
        ),
        Misconception(
            "batch norm missing",
            "Batch norm comes between the convolution and ReLU: here nothing normalises the map.",
            wrong("network", order=("relu", "max")),
        ),
        Misconception(
            "batch norm after ReLU",
            "Batch norm comes directly after the convolution, so ReLU gets a map with a known "
            "mean. Here the order is reversed.",
            wrong("network", order=("relu", "norm", "max")),
        ),
        Misconception(
            "batch norm after pooling",
            "Batch norm takes the mean and variance of the whole output of the convolution. "
            "After the pooling it would see only the largest of every four numbers.",
            wrong("network", order=("max", "norm", "relu")),
            wrong("network", order=("relu", "max", "norm")),
        ),
        Misconception(
            "batch norm over the wrong axis",
            "Batch norm has one mean and one variance per channel, and channels are the last "
            "axis, axis=3 or axis=-1. Here it normalises rows or columns of the image.",
            wrong("network", axis=1),
            wrong("network", axis=2),
        ),
        Misconception(
            "ReLU missing",
            "ReLU comes between batch norm and pooling: it sets to 0 what a filter did not find. "
            "Here negative numbers remain.",
            wrong("network", order=("norm", "max")),
        ),
        Misconception(
            "average pooling",
            "Max pooling keeps the largest of four neighbours, the best match with the pattern: "
            "here it is their mean.",
            wrong("network", order=("norm", "relu", "avg")),
        ),
        Misconception(
            "pooling missing",
            "Pooling halves height and width, and saves three quarters of the dense unit's "
            "weights: here there is no pooling.",
            wrong("network", order=("norm", "relu")),
        ),
        Misconception(
            "flatten missing",
            "A dense layer reads only the last axis: without Flatten there is one answer per "
            "place of the map instead of one per image.",
            wrong("network", between=""),
        ),
        Misconception(
            "softmax of one unit",
            "The outputs of softmax sum to 1: with one unit the answer is always 1, for every "
            "image. One unit needs a sigmoid.",
            wrong("network", last=("softmax",)),
        ),
        Misconception(
            "sigmoid missing",
            "The answer is a probability, between 0 and 1: the last layer needs a sigmoid.",
            wrong("network", last=()),
            wrong("network", last=("relu",)),
            wrong("network", last=("tanh",)),
            wrong("network", last=("hard_sigmoid",)),
        ),
        Misconception(
            "more units than one",
            "Two classes need only one unit: its sigmoid is the probability of class 1, and one "
            "minus it that of class 0. Here the last layer has more units.",
            wrong("network", units=2, last=("softmax",)),
            wrong("network", units=2),
            wrong("network", units=2, last=()),
            wrong("network", units=6, last=("softmax",)),
        ),
        Misconception(
            "stride of the convolution",
            "The convolution has stride 1 and visits every pixel: the pooling halves the map "
            "afterwards.",
            wrong("network", convolutions=((32, 7, 2),)),
            wrong("network", convolutions=((32, 7, 3),)),
            wrong("network", pad=0, padding="same", convolutions=((32, 7, 2),)),
        ),
        Misconception(
            "number of filters",
            "The convolution looks for 32 patterns: it has 32 filters, so the map has 32 channels.",
            wrong("network", convolutions=((16, 7, 1),)),
            wrong("network", convolutions=((64, 7, 1),)),
            wrong("network", convolutions=((3, 7, 1),)),
            wrong("network", convolutions=((1, 7, 1),)),
        ),
        Misconception(
            "kernel size",
            "Each filter has a window of 7x7 pixels: here it has another size.",
            wrong("network", convolutions=((32, 3, 1),)),
            wrong("network", convolutions=((32, 5, 1),)),
            wrong("network", pad=0, padding="same", convolutions=((32, 3, 1),)),
            wrong("network", pad=0, padding="same", convolutions=((32, 5, 1),)),
        ),
        Misconception(
            "global pooling",
            "The unit has one weight per place of the map, 32x32x32 weights. Global pooling "
            "leaves one number per channel, and loses where it was.",
            wrong("network", between="global"),
            wrong("network", between="global max"),
        ),
        Misconception(
            "another activation",
            "The activation after batch norm is ReLU: here another function replaces it.",
            wrong("network", order=("norm", "tanh", "max")),
            wrong("network", order=("norm", "sigmoid", "max")),
            wrong("network", order=("norm", "leaky_relu", "max")),
            wrong("network", order=("norm", "elu", "max")),
            wrong("network", order=("norm", "relu6", "max")),
            wrong("network", order=("norm", "gelu", "max")),
            wrong("network", order=("norm", "swish", "max")),
            wrong("network", order=("norm", "softplus", "max")),
        ),
        Misconception(
            "pooling window",
            "The windows of the pooling are 2x2 with stride 2 and lie side by side: here they "
            "have another size or stride.",
            wrong("network", window=(3, 3)),
            wrong("network", window=(3, 2)),
            wrong("network", window=(2, 1)),
            wrong("network", window=(4, 4)),
        ),
        Misconception(
            "input shape fixed",
            "keras.Input gets the argument input_shape, and no size is written into a later "
            "layer: Flatten finds out the size itself.",
            wrong("network", input_shape=(64, 64, 3)),
            wrong("fixed_row"),
        ),
        Misconception(
            "batch norm frozen",
            "With trainable=False batch norm uses its moving averages even in training mode. "
            "They stay at 0 and 1, so it would do nothing.",
            wrong("network", norm_trained=False),
        ),
        Misconception(
            "layers frozen",
            "With trainable=False a layer learns nothing: all layers of this network are trained.",
            wrong("network", trained=False),
        ),
        Misconception(
            "padding of another width",
            "The frame is 3 pixels wide on each side, (7 - 1) / 2: with any other width, the map "
            "and the image differ in size.",
            wrong("network", pad=1),
            wrong("network", pad=2),
            wrong("network", pad=4),
            wrong("network", pad=6),
            wrong("network", pad=7),
        ),
        Misconception(
            "dense layer added",
            "One dense layer leads from the flattened map to the answer: here there is another "
            "one between them.",
            wrong("network", hidden=(32,)),
            wrong("network", hidden=(64,)),
            wrong("network", hidden=(100,)),
            wrong("network", hidden=(128,)),
        ),
        Misconception(
            "convolution added",
            "This network has only one convolution: here there are more.",
            wrong("network", convolutions=((32, 7, 1), (32, 7, 1))),
            wrong("network", pad=0, padding="same", convolutions=((32, 7, 1), (32, 7, 1))),
        ),
        Misconception(
            "pooled twice",
            "The map is halved once, from 64x64 to 32x32: here it is halved again.",
            wrong("network", order=("norm", "relu", "max", "max")),
        ),
        Misconception(
            "batch norm twice",
            "The output of batch norm is already normalised: once is enough.",
            wrong("network", order=("norm", "norm", "relu", "max")),
        ),
        Misconception(
            "another normalisation",
            "Layer norm and similar layers normalise each image separately. Batch norm "
            "normalises each channel over all images of the batch.",
            wrong("network", order=("layer norm", "relu", "max")),
        ),
        Misconception(
            "sigmoid twice",
            "The sigmoid of a probability lies between 0.5 and 0.73, so the door would open for "
            "everybody: apply the sigmoid once.",
            wrong("network", last=("sigmoid", "sigmoid")),
        ),
        Misconception(
            "ReLU before the sigmoid",
            "No ReLU comes before the sigmoid: with it, every answer would be 0.5 or more.",
            wrong("network", last=("relu", "sigmoid")),
        ),
        Misconception(
            "bias missing",
            "The convolution and the dense unit keep their bias, the default of Keras: the 4,736 "
            "and 32,769 parameters in the table include it.",
            wrong("network", bias=False),
            wrong("network", last_bias=False),
            wrong("network", bias=False, last_bias=False),
        ),
        Misconception(
            "pixels divided inside",
            "The images are divided by 255 before they reach the network: inside it, they would "
            "be divided again.",
            wrong("network", divided=255),
        ),
        # Only `recognise` names this one.
        Misconception(
            "dropout added",
            "This network has no dropout: remove it.",
        ),
    ],
}


# By a check, what its stage may have too much of, or another of.
OF_STAGE = {
    "stage_1": ("number of filters", "kernel size"),
    "stage_2": ("another normalisation",),
    "stage_3": ("average pooling", "batch norm twice"),
    "stage_4": ("convolution added", "global pooling", "pooled twice"),
    "output": ("dense layer added", "more units than one"),
    "in_training_mode": ("dropout added",),
    "for_other_images": ("input shape fixed",),
}


def recognise(exercise: str, seen: Seen) -> str | None:
    """What stands in the graph and in no right one, with settings that no row foretells.

    For a check of one stage what may be wrong in it, for others what matters most.
    """
    rows = [row for _, evidence in seen.cases for row in evidence.graph]
    kinds = [str(row.get("kind")) for row in rows]

    def of(*names):
        return [row for row, kind in zip(rows, kinds, strict=True) if kind in names]

    convolutions, dense = of("Conv2D"), of("Dense")
    signs = {
        "convolution added": len(convolutions) > 1,
        "number of filters": any(row["shape"][-1] != 32 for row in convolutions[:1]),
        # (49 x 3 + 1) x 32, with or without biases.
        "kernel size": any(row["parameters"] not in (4736, 4704) for row in convolutions[:1]),
        "another normalisation": bool(
            of("LayerNormalization", "GroupNormalization", "UnitNormalization")
        ),
        "batch norm twice": len(of("BatchNormalization")) > 1,
        "average pooling": bool(of("AveragePooling2D", "AveragePool")),
        "global pooling": any("Global" in kind for kind in kinds),
        "pooled twice": len(of("MaxPooling2D", "MaxPool")) > 1,
        "dense layer added": len(dense) > 1,
        "more units than one": any(row["shape"][-1] != 1 for row in dense[-1:]),
        "dropout added": any("Dropout" in kind for kind in kinds),
        "input shape fixed": any(
            evidence.record.get("input", [None])[1:] != case["kwargs"]["input_shape"]
            for case, evidence in seen.cases
        ),
    }
    own = OF_STAGE.get(seen.check.removeprefix("happy_model_"), signs)
    return next((name for name in own if signs[name]), None)
