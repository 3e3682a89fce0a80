"""The misconceptions of the Happy House: names, what a learner reads, and the wrong answers."""

from __future__ import annotations

from grader.judging.misconceptions import Misconception, Seen, wrong

BANK = {
    "happy_model": [
        Misconception(
            "padding missing",
            "Without a frame of zeros the map shrinks from 64x64 to 58x58: 3 zeros on each side "
            "give each pixel a 7x7 window of its own.",
            wrong("network", pad=0),
        ),
        Misconception(
            "padded twice",
            'The frame of zeros is there already: with padding="same" the convolution adds one '
            "of its own, and the map grows to 70x70.",
            wrong("network", padding="same"),
        ),
        Misconception(
            "batch norm missing",
            "Between the convolution and ReLU stands batch norm: here nothing normalises the map.",
            wrong("network", order=("relu", "max")),
        ),
        Misconception(
            "batch norm after ReLU",
            "Batch norm comes right behind the convolution: ReLU then cuts a map whose mean is "
            "under control. Here the order is the other way round.",
            wrong("network", order=("relu", "norm", "max")),
        ),
        Misconception(
            "batch norm after pooling",
            "Batch norm takes mean and variance of all that the convolution gives. Behind the "
            "pooling it would see only the largest of each four numbers.",
            wrong("network", order=("max", "norm", "relu")),
            wrong("network", order=("relu", "max", "norm")),
        ),
        Misconception(
            "batch norm over the wrong axis",
            "Batch norm has one mean and one variance for each channel, and channels are the "
            "last axis, axis=3 or axis=-1. Here it normalises rows or columns of the image.",
            wrong("network", axis=1),
            wrong("network", axis=2),
        ),
        Misconception(
            "ReLU missing",
            "Between batch norm and pooling stands ReLU: it turns what a filter did not find to "
            "0. Here negative numbers go on.",
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
            "weights: here there is none.",
            wrong("network", order=("norm", "relu")),
        ),
        Misconception(
            "flatten missing",
            "A dense layer reads the last axis only: without Flatten there is an answer for "
            "every place of the map in place of one for the image.",
            wrong("network", between=""),
        ),
        Misconception(
            "softmax of one unit",
            "Softmax shares 1 among its units: with one unit the answer is 1, whatever the "
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
            "Two classes need one unit: its sigmoid is the probability of 1, and the rest to 1 "
            "is that of 0. Here the last layer has more units.",
            wrong("network", units=2, last=("softmax",)),
            wrong("network", units=2),
            wrong("network", units=2, last=()),
            wrong("network", units=6, last=("softmax",)),
        ),
        Misconception(
            "stride of the convolution",
            "The convolution visits every pixel, with stride 1: pooling halves the map afterwards.",
            wrong("network", convolutions=((32, 7, 2),)),
            wrong("network", convolutions=((32, 7, 3),)),
            wrong("network", pad=0, padding="same", convolutions=((32, 7, 2),)),
        ),
        Misconception(
            "number of filters",
            "The convolution looks for 32 patterns: it has 32 filters, and so the map 32 channels.",
            wrong("network", convolutions=((16, 7, 1),)),
            wrong("network", convolutions=((64, 7, 1),)),
            wrong("network", convolutions=((3, 7, 1),)),
            wrong("network", convolutions=((1, 7, 1),)),
        ),
        Misconception(
            "kernel size",
            "Each filter looks through a window of 7x7 pixels: here it has another size.",
            wrong("network", convolutions=((32, 3, 1),)),
            wrong("network", convolutions=((32, 5, 1),)),
            wrong("network", pad=0, padding="same", convolutions=((32, 3, 1),)),
            wrong("network", pad=0, padding="same", convolutions=((32, 5, 1),)),
        ),
        Misconception(
            "global pooling",
            "The unit has a weight for every place of the map, 32x32x32 of them. Global pooling "
            "leaves one number a channel, and forgets where it was.",
            wrong("network", between="global"),
            wrong("network", between="global max"),
        ),
        Misconception(
            "another activation",
            "The activation behind batch norm is ReLU: here another function stands in its place.",
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
            "The windows of the pooling are 2x2 and lie side by side, with stride 2: here they "
            "have another size or stride.",
            wrong("network", window=(3, 3)),
            wrong("network", window=(3, 2)),
            wrong("network", window=(2, 1)),
            wrong("network", window=(4, 4)),
        ),
        Misconception(
            "input shape fixed",
            "keras.Input gets the function's argument input_shape, and no later layer is told a "
            "size: Flatten finds it out.",
            wrong("network", input_shape=(64, 64, 3)),
            wrong("fixed_row"),
        ),
        Misconception(
            "batch norm frozen",
            "With trainable=False batch norm works by its moving averages even while the network "
            "trains, and these stay at 0 and 1: it would do nothing.",
            wrong("network", norm_trained=False),
        ),
        Misconception(
            "layers frozen",
            "Where trainable is False, nothing is learnt: all layers of this network train.",
            wrong("network", trained=False),
        ),
        Misconception(
            "padding of another width",
            "The frame is 3 pixels wide on each side, (7 - 1) / 2: with any other width the map "
            "is no longer as large as the image.",
            wrong("network", pad=1),
            wrong("network", pad=2),
            wrong("network", pad=4),
            wrong("network", pad=6),
            wrong("network", pad=7),
        ),
        Misconception(
            "dense layer added",
            "From the flattened map one dense layer leads to the answer: here another one lies "
            "between.",
            wrong("network", hidden=(32,)),
            wrong("network", hidden=(64,)),
            wrong("network", hidden=(100,)),
            wrong("network", hidden=(128,)),
        ),
        Misconception(
            "convolution added",
            "One convolution is all that this network has: here there are more.",
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
            "What batch norm gives has been normalised: once is enough.",
            wrong("network", order=("norm", "norm", "relu", "max")),
        ),
        Misconception(
            "another normalisation",
            "Layer norm and its kin treat every image by itself. Batch norm goes over all images "
            "of the batch, for each channel.",
            wrong("network", order=("layer norm", "relu", "max")),
        ),
        Misconception(
            "sigmoid twice",
            "A sigmoid of a probability lies between 0.5 and 0.73, and the door opens to "
            "everybody: apply it once.",
            wrong("network", last=("sigmoid", "sigmoid")),
        ),
        Misconception(
            "ReLU before the sigmoid",
            "Before the sigmoid comes no ReLU: it would make every answer 0.5 or more.",
            wrong("network", last=("relu", "sigmoid")),
        ),
        Misconception(
            "bias missing",
            "The convolution and the dense unit keep their bias, as Keras has it by default: the "
            "table counts 4,736 and 32,769 parameters with it.",
            wrong("network", bias=False),
            wrong("network", last_bias=False),
            wrong("network", bias=False, last_bias=False),
        ),
        Misconception(
            "pixels divided inside",
            "Dividing by 255 is done before the images come to the network: inside, it would be "
            "done twice.",
            wrong("network", divided=255),
        ),
        # Only `recognise` names this one.
        Misconception(
            "dropout added",
            "Nothing in this network is left out at random: take the dropout away.",
        ),
    ],
}


def recognise(exercise: str, seen: Seen) -> str | None:
    """What stands in the graph and in no right one, with settings that no row foretells."""
    rows = [row for _, evidence in seen.cases for row in evidence.graph]
    kinds = [str(row.get("kind")) for row in rows]

    def of(*names):
        return [row for row, kind in zip(rows, kinds, strict=True) if kind in names]

    convolutions, dense = of("Conv2D"), of("Dense")
    signs = (
        ("dropout added", any("Dropout" in kind for kind in kinds)),
        ("convolution added", len(convolutions) > 1),
        ("number of filters", any(row["shape"][-1] != 32 for row in convolutions)),
        # (49 x 3 + 1) x 32, with or without biases.
        ("kernel size", any(row["parameters"] not in (4736, 4704) for row in convolutions)),
        ("batch norm twice", len(of("BatchNormalization")) > 1),
        (
            "another normalisation",
            of("LayerNormalization", "GroupNormalization", "UnitNormalization"),
        ),
        ("average pooling", of("AveragePooling2D", "AveragePool")),
        ("pooled twice", len(of("MaxPooling2D", "MaxPool")) > 1),
        ("global pooling", any("Global" in kind for kind in kinds)),
        ("dense layer added", len(dense) > 1),
        ("more units than one", any(row["shape"][-1] != 1 for row in dense)),
    )
    return next((name for name, there in signs if there), None)
