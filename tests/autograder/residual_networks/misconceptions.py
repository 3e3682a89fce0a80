"""The misconceptions of Residual Networks: what each is called, and what a learner reads."""

from __future__ import annotations

from grader.judging import checks
from grader.judging.misconceptions import Misconception, Seen

# The sum and its ReLUs ---------------------------------------------------------------------------

RELU_BEFORE_SUM = Misconception(
    "ReLU before sum",
    "The last ReLU comes after the sum: a main path that went through a ReLU before it could "
    "only add, never take away. The third convolution ends with its batch norm.",
)
LAST_RELU = Misconception(
    "last ReLU missing",
    "A block ends in a ReLU, after the sum: without it two blocks in a row are partly linear, "
    "and their output may be negative.",
)
INNER_RELU = Misconception(
    "inner ReLU missing",
    "Without a ReLU between them two convolutions are one linear map: batch norm and ReLU follow "
    "both the first and the second convolution.",
)
SHORTCUT_RELU = Misconception(
    "ReLU on shortcut",
    "The shortcut stays linear, so that the gradient passes it unchanged: no ReLU stands on it, "
    "neither on the identity nor after the projection's batch norm.",
)
ACTIVATION = Misconception(
    "another activation",
    "Every activation of a residual block is ReLU, which passes what is positive unchanged and "
    "gives 0 for the rest: here another function stands in its place.",
)
NO_SHORTCUT = Misconception(
    "no shortcut",
    "What makes a block residual is the sum: the block's own input has to be added to the main "
    "path, and here the output does not depend on a shortcut at all.",
)
ONLY_SHORTCUT = Misconception(
    "main path lost",
    "The sum needs both paths: here the three convolutions of the main path do not reach the "
    "output.",
)
WRONG_SHORTCUT = Misconception(
    "shortcut starts late",
    "The shortcut starts at the block's own input: keep X under a name of its own before the "
    "first convolution changes it, and use that name for the shortcut.",
)
CONCATENATED = Misconception(
    "concatenated, not added",
    "A residual block adds its two paths, number by number, and keeps the channels: "
    "concatenation doubles them, and belongs to Inception and DenseNet.",
)
WRONG_JOIN = Misconception(
    "paths not added",
    "The two paths are added, nothing else: with a plain sum the derivative of the shortcut is "
    "one, which no product, mean, maximum or difference keeps.",
)
NO_PROJECTION = Misconception(
    "no projection",
    "Where a block changes the map's shape its shortcut needs a projection: a 1x1 convolution to "
    "F3 channels with stride s, and batch norm. The input itself does not fit the sum.",
)
POOLED_SHORTCUT = Misconception(
    "pooling on shortcut",
    "The projection on the shortcut shrinks the map by its own stride s: no pooling stands "
    "before it.",
)
NEEDLESS_PROJECTION = Misconception(
    "projection on identity",
    "An identity block adds its input as it is: a convolution on the shortcut belongs to the "
    "convolutional block only, where the shape changes.",
)

# Batch norm --------------------------------------------------------------------------------------

NORM_MISSING = Misconception(
    "batch norm missing",
    "Every convolution of the main path is followed by a batch norm of its own, the third one "
    "too: at least one of them is missing.",
)
SHORTCUT_NORM = Misconception(
    "shortcut norm missing",
    "Both paths have to come to the sum at one scale: the projection on the shortcut is followed "
    "by batch norm like every other convolution.",
)
EXTRA_NORM = Misconception(
    "batch norm misplaced",
    "Batch norm follows each convolution once, before the sum: here one stands after the sum or "
    "on an identity shortcut.",
)
NORM_ORDER = Misconception(
    "ReLU before norm",
    "In each step batch norm comes before ReLU: convolution, batch norm, ReLU. Here the ReLU "
    "comes first.",
)
PREACTIVATION = Misconception(
    "pre-activation order",
    "This is the order of the later paper, batch norm and ReLU before each convolution; here "
    "every step is convolution, batch norm, ReLU, and one more ReLU follows the sum.",
)
NORM_AXIS = Misconception(
    "batch norm axis",
    "Batch norm keeps one mean and one variance a channel, and channels are the last axis here: "
    "axis=3. Another axis normalises rows or columns of the map.",
)
TRAINING_IGNORED = Misconception(
    "training ignored",
    "Batch norm has two modes, and `training` says which: at least one batch norm of this block "
    "does not receive it, and stays in inference mode. Pass it to the call of each.",
)
TRAINING_FIXED = Misconception(
    "training always on",
    "Batch norm has two modes, and `training` says which: at least one batch norm of this block "
    "is fixed to training mode. Pass on the argument itself, not True.",
)
TRAINING_INVERTED = Misconception(
    "training inverted",
    "Batch norm normalises by the batch when training is true and by its moving statistics when "
    "it is false: here it is the other way round.",
)
NORM_FROZEN = Misconception(
    "batch norm frozen",
    "A batch norm that cannot be trained works in inference mode for good, and keeps its first "
    "scale and shift: leave trainable as it is in all of them.",
)

# Convolutions ------------------------------------------------------------------------------------

FILTERS_SWAPPED = Misconception(
    "filters swapped",
    "A bottleneck is narrow inside and wide at its end: F1 belongs to the first convolution, F2 "
    "to the second and F3 to the third, in the order of the list.",
)
CHANNELS_DIFFER = Misconception(
    "channels differ",
    "The sum needs two tensors of one shape, and here their channels differ: the main path ends "
    "with F3 filters; the shortcut is the block's input, kept before the first convolution, or "
    "its projection to F3 filters.",
)
KERNEL_PLACE = Misconception(
    "kernel size misplaced",
    "Only the second convolution of a bottleneck looks at a neighbourhood: it is the one with "
    "the kernel f x f, and all others are 1x1.",
)
KERNEL_FIXED = Misconception(
    "kernel size fixed",
    "The size of the second kernel is the argument f: a number written in its place is right for "
    "that one number only.",
)
VALID_PADDING = Misconception(
    "valid for same",
    "A convolution without padding makes the map smaller, and it no longer fits the sum: the f x "
    'f convolution needs padding="same".',
)
BIAS_MISSING = Misconception(
    "bias missing",
    "The convolutions of this exercise keep Keras' default, a bias for each filter: no use_bias.",
)
STRIDE_PLACE = Misconception(
    "stride misplaced",
    "The stride s stands in two places and nowhere else: in the first 1x1 convolution of the "
    "main path, and in the projection on the shortcut.",
)
ONE_STRIDE = Misconception(
    "one path strided",
    "Both paths have to shrink alike: stride s in the first convolution of the main path and in "
    "the projection on the shortcut. Here one of the two is missing.",
)
STRIDE_FIXED = Misconception(
    "stride fixed",
    "The stride is the argument s: a number written in its place, or a default that is left to "
    "stand, is right for that one number only.",
)
STRIDE_IN_IDENTITY = Misconception(
    "stride in identity",
    "An identity block keeps the size of the map, for its shortcut does: none of its "
    "convolutions has a stride.",
)
CONV_COUNT = Misconception(
    "convolution count",
    "A bottleneck has exactly three convolutions on its main path, 1x1, f x f and 1x1: here one "
    "is missing or there twice.",
)
INITIALISER_IGNORED = Misconception(
    "initialiser ignored",
    "Every kernel is drawn by what initializer(seed=0) returns: at least one convolution of this "
    "block does not get it as its kernel_initializer.",
)
INITIALISER_NOT_CALLED = Misconception(
    "initialiser not called",
    "`initializer` is a factory: call it, initializer(seed=0), and give what it returns to "
    "kernel_initializer. The factory itself does not draw a kernel.",
)
UNNAMED = Misconception(
    "layers not named",
    "With stage and block given, every convolution and batch norm of the block gets a name, by "
    "which it is found in a network of fifty layers: pass name=... to each.",
)
MISNAMED = Misconception(
    "layers named wrongly",
    "A layer's name says what it is (res or bn), where (stage and block) and on which branch "
    "(2a, 2b, 2c, or 1 on the shortcut): at least one name here says otherwise.",
)

# The whole network -------------------------------------------------------------------------------

STEM_PADDING = Misconception(
    "stem padding",
    "The 7x7 convolution of the stem would lose the edge of the image: three rows and columns of "
    "zeros come first on every side, and the convolution itself pads nothing.",
)
STEM_CONVOLUTION = Misconception(
    "stem convolution",
    "The stem looks far and shrinks at once: one convolution with 64 filters, a 7x7 kernel and "
    "stride 2.",
)
STEM_NORM = Misconception(
    "stem norm",
    "The first convolution is followed by batch norm over the channels, like all others, and "
    "then by ReLU.",
)
STEM_RELU = Misconception(
    "stem ReLU",
    "The stem is not linear: after its convolution and batch norm comes a ReLU, and then the "
    "pooling.",
)
STEM_POOLING = Misconception(
    "stem pooling",
    "The stem ends in max pooling with a 3x3 window and stride 2, without padding: from 32x32 to "
    "15x15.",
)
STAGE_STRIDE = Misconception(
    "stage stride",
    "Only the convolutional blocks of stages 3, 4 and 5 halve the map, with s=2; in stage 2 it "
    "is s=1, for the pooling has halved it already.",
)
STAGE_FILTERS = Misconception(
    "stage filters",
    "Stage by stage the maps shrink and the filters double: [64, 64, 256], [128, 128, 512], "
    "[256, 256, 1024], [512, 512, 2048], one list for all blocks of a stage. Stage {stage} "
    "differs.",
)
MISPRINT = Misconception(
    "misprinted filters",
    "All blocks of stage 5 have filters [512, 512, 2048]. The [256, 256, 2048] that is found in "
    "old copies of this exercise is a misprint, and gives 17,958,790 parameters.",
)
STAGE_KERNEL = Misconception(
    "stage kernel",
    "The f of every block in this network is 3; in stage {stage} it is another number.",
)
MISSING_BLOCK = Misconception(
    "block missing",
    "The depth of the network is in its table: 3, 4, 6 and 3 blocks, the first of a stage "
    "convolutional. Stage {stage} has too few.",
)
EXTRA_BLOCK = Misconception(
    "block too many",
    "The depth of the network is in its table: 3, 4, 6 and 3 blocks, the first of a stage "
    "convolutional. Stage {stage} has too many.",
)
MISSING_STAGE = Misconception(
    "stage missing",
    "After the stem come four stages, one for each size of map; what follows stage {stage} here "
    "belongs to a later one.",
)
IDENTITY_FIRST = Misconception(
    "stage begins wrongly",
    "Where a stage begins the channels change, and only a convolutional block can do that: its "
    "shortcut has a projection. An identity block stands there.",
)
PROJECTED_EVERYWHERE = Misconception(
    "identity blocks replaced",
    "A projection is for the first block of a stage: in stage {stage} a later block is "
    "convolutional too, where the identity would do.",
)
AVERAGE_POOLING = Misconception(
    "pooling of head",
    "The head begins with average pooling, a 2x2 window without padding: every feature's mean, "
    "neither its maximum nor the whole map.",
)
GLOBAL_POOLING = Misconception(
    "global pooling",
    "The head pools windows of 2x2 and flattens: global pooling is the same for a map of 2x2 "
    "only, and a larger image has a larger map.",
)
FLATTEN_MISSING = Misconception(
    "flatten missing",
    "A dense layer works on the last axis alone: flatten the pooled map first, so that there is "
    "one row of features for each image.",
)
SOFTMAX = Misconception(
    "softmax missing",
    "The outputs are probabilities of classes that exclude each other: softmax on the dense "
    "layer, once, makes them positive with the sum 1.",
)
SOFTMAX_TWICE = Misconception(
    "softmax twice",
    "Softmax of probabilities is nearly flat, and its gradient nearly zero: apply it once, to "
    "the dense layer's output.",
)
DENSE_LAYERS = Misconception(
    "dense layers added",
    "A residual network needs no hidden dense layers: one dense layer, with one unit a class, "
    "follows the pooling.",
)
DROPOUT = Misconception(
    "dropout added",
    "There is no dropout in this network, batch norm regularises it: a layer that draws at "
    "random makes training mode differ.",
)
FROZEN = Misconception(
    "layers frozen",
    "All layers of this network learn: where trainable is False, weights stay as they were drawn "
    "and batch norm stays in inference mode.",
)
CLASSES_FIXED = Misconception(
    "classes fixed",
    "The number of classes is an argument: the dense layer has `classes` units, not 6.",
)
INPUT_FIXED = Misconception(
    "input shape fixed",
    "The shape of the images is an argument: keras.Input gets `input_shape`, and no size that "
    "depends on it is written into a later layer.",
)


def recognise(exercise: str, seen: Seen) -> Misconception | None:
    """The misconception that a failed check of `exercise` shows, None where it is not known."""
    part = "whole" if exercise == "ResNet50" else "blocks"
    return checks.sibling(__file__, part).recognise(seen)
