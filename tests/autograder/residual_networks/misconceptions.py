"""The misconceptions of Residual Networks: what each is called, and what a learner reads."""

from __future__ import annotations

from grader.judging import checks
from grader.judging.misconceptions import Misconception, Seen

# The sum and its ReLUs ---------------------------------------------------------------------------

RELU_BEFORE_SUM = Misconception(
    "ReLU before sum",
    "The last ReLU comes after the sum: with a ReLU before the sum, the main path could only add "
    "and never subtract. The third convolution ends with its batch norm.",
)
LAST_RELU = Misconception(
    "last ReLU missing",
    "A block ends in a ReLU, after the sum: without it, two blocks in a row are partly linear, "
    "and their output may be negative.",
)
INNER_RELU = Misconception(
    "inner ReLU missing",
    "Two convolutions without a ReLU between them are one linear map: batch norm and ReLU follow "
    "the first and the second convolution.",
)
SHORTCUT_RELU = Misconception(
    "ReLU on shortcut",
    "The shortcut stays linear, so the gradient passes it unchanged: there is no ReLU on it, "
    "neither on the identity nor after the batch norm of the projection.",
)
ACTIVATION = Misconception(
    "another activation",
    "Every activation of a residual block is ReLU, which keeps positive numbers and sets the "
    "others to 0: here another function replaces it.",
)
NO_SHORTCUT = Misconception(
    "no shortcut",
    "The sum makes a block residual: the input of the block is added to the main path. Here the "
    "output does not depend on a shortcut.",
)
ONLY_SHORTCUT = Misconception(
    "main path lost",
    "The sum needs both paths: here the three convolutions of the main path do not reach the "
    "output.",
)
WRONG_SHORTCUT = Misconception(
    "shortcut starts late",
    "The shortcut starts at the input of the block: give X another name before the first "
    "convolution changes it, and use that name for the shortcut.",
)
CONCATENATED = Misconception(
    "concatenated, not added",
    "A residual block adds its two paths, number by number, and keeps the number of channels: "
    "concatenation doubles it, and belongs to Inception and DenseNet.",
)
WRONG_JOIN = Misconception(
    "paths not added",
    "The two paths are added: with a plain sum the derivative of the shortcut is one. A product, "
    "mean, maximum or difference changes that.",
)
NO_PROJECTION = Misconception(
    "no projection",
    "A block that changes the shape of the map needs a projection on its shortcut: a 1x1 "
    "convolution to F3 channels with stride s, and batch norm. The input itself does not fit the "
    "sum.",
)
POOLED_SHORTCUT = Misconception(
    "pooling on shortcut",
    "The projection on the shortcut makes the map smaller by its own stride s: no pooling comes "
    "before it.",
)
NEEDLESS_PROJECTION = Misconception(
    "projection on identity",
    "An identity block adds its input as it is: only the convolutional block, which changes the "
    "shape, has a convolution on the shortcut.",
)

# Batch norm --------------------------------------------------------------------------------------

NORM_MISSING = Misconception(
    "batch norm missing",
    "Every convolution of the main path has its own batch norm, also the third one: here at "
    "least one is missing.",
)
SHORTCUT_NORM = Misconception(
    "shortcut norm missing",
    "Both paths must have the same scale at the sum: batch norm follows the projection on the "
    "shortcut, as it follows every other convolution.",
)
EXTRA_NORM = Misconception(
    "batch norm misplaced",
    "Batch norm follows each convolution once, before the sum: here there is one after the sum "
    "or on an identity shortcut.",
)
NORM_ORDER = Misconception(
    "ReLU before norm",
    "In each step batch norm comes before ReLU: convolution, batch norm, ReLU. Here the ReLU "
    "comes first.",
)
PREACTIVATION = Misconception(
    "pre-activation order",
    "Your order, batch norm and ReLU before each convolution, is that of the later paper. In "
    "this exercise every step is convolution, batch norm, ReLU, and the last ReLU follows the "
    "sum.",
)
NORM_AXIS = Misconception(
    "batch norm axis",
    "Batch norm keeps one mean and one variance per channel, and channels are the last axis "
    "here: axis=3. With another axis it normalises rows or columns of the map.",
)
TRAINING_IGNORED = Misconception(
    "training ignored",
    "Batch norm has two modes, and `training` chooses one: at least one batch norm of this block "
    "does not get it and stays in inference mode. Pass it to the call of each.",
)
TRAINING_OF_SHORTCUT = Misconception(
    TRAINING_IGNORED.name,
    "Batch norm has two modes, and `training` chooses one: the batch norm on the shortcut does not "
    "get it and stays in inference mode. Pass it to the call of all four.",
)
TRAINING_FIXED = Misconception(
    "training always on",
    "Batch norm has two modes, and `training` chooses one: at least one batch norm of this block "
    "is fixed to training mode. Pass the argument, not True.",
)
TRAINING_INVERTED = Misconception(
    "training inverted",
    "Batch norm normalises by the batch if training is true, and by its moving statistics if it "
    "is false: here it is the opposite.",
)
NORM_FROZEN = Misconception(
    "batch norm frozen",
    "A batch norm with trainable=False always works in inference mode and keeps its initial "
    "scale and shift: leave trainable as it is.",
)

# Convolutions ------------------------------------------------------------------------------------

FILTERS_SWAPPED = Misconception(
    "filters swapped",
    "A bottleneck has few channels inside and many at its end. F1 belongs to the first "
    "convolution, F2 to the second and F3 to the third, in the order of the list.",
)
CHANNELS_DIFFER = Misconception(
    "channels differ",
    "The sum needs two tensors of the same shape, and here their channels differ. The main path "
    "ends with F3 filters; the shortcut is the input of the block, kept before the first "
    "convolution, or its projection to F3 filters.",
)
KERNEL_PLACE = Misconception(
    "kernel size misplaced",
    "Only the second convolution of a bottleneck has the kernel f x f; all others are 1x1.",
)
KERNEL_FIXED = Misconception(
    "kernel size fixed",
    "The size of the second kernel is the argument f: a fixed number is right only for that "
    "number.",
)
VALID_PADDING = Misconception(
    "valid for same",
    "A convolution without padding makes the map smaller, and then it does not fit the sum: the "
    'f x f convolution needs padding="same".',
)
BIAS_MISSING = Misconception(
    "bias missing",
    "The convolutions of this exercise keep the default of Keras, one bias per filter: leave "
    "use_bias as it is.",
)
STRIDE_PLACE = Misconception(
    "stride misplaced",
    "The stride s is in two places only: in the first 1x1 convolution of the main path, and in "
    "the projection on the shortcut.",
)
ONE_STRIDE = Misconception(
    "one path strided",
    "Both paths must shrink by the same factor: stride s in the first convolution of the main "
    "path and in the projection on the shortcut. Here one of the two is missing.",
)
STRIDE_FIXED = Misconception(
    "stride fixed",
    "The stride is the argument s: a fixed number, or the default of Keras, is right only for "
    "that number.",
)
STRIDE_IN_IDENTITY = Misconception(
    "stride in identity",
    "An identity block keeps the size of the map, because its shortcut does: none of its "
    "convolutions has a stride.",
)
CONV_COUNT = Misconception(
    "convolution count",
    "A bottleneck has exactly three convolutions on its main path, 1x1, f x f and 1x1: here one "
    "is missing or appears twice.",
)
INITIALISER_IGNORED = Misconception(
    "initialiser ignored",
    "initializer(seed=0) returns what draws every kernel: at least one convolution of this block "
    "does not get it as its kernel_initializer.",
)
INITIALISER_NOT_CALLED = Misconception(
    "initialiser not called",
    "`initializer` is a factory: call it, initializer(seed=0), and pass the result as "
    "kernel_initializer. The factory itself does not draw a kernel.",
)
UNNAMED = Misconception(
    "layers not named",
    "If stage and block are given, every convolution and batch norm of the block gets a name, so "
    "you can find it in a network of fifty layers. Pass name=... to each.",
)
MISNAMED = Misconception(
    "layers named wrongly",
    "The name of a layer says what it is (res or bn), where it is (stage and block) and on which "
    "branch (2a, 2b, 2c, or 1 on the shortcut). Here at least one name is wrong.",
)

# The whole network -------------------------------------------------------------------------------

STEM_PADDING = Misconception(
    "stem padding",
    "The 7x7 convolution of the stem would lose the edge of the image: first add three rows and "
    "columns of zeros on every side. The convolution itself has no padding.",
)
STEM_CONVOLUTION = Misconception(
    "stem convolution",
    "The stem begins with a large kernel and a stride: one convolution with 64 filters, a 7x7 "
    "kernel and stride 2.",
)
STEM_NORM = Misconception(
    "stem norm",
    "Batch norm over the channels follows the first convolution, as it follows all others, and "
    "then comes ReLU.",
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
    "Only the convolutional blocks of stages 3, 4 and 5 halve the map, with s=2. Stage 2 has "
    "s=1, because the pooling has already halved the map.",
)
STAGE_FILTERS = Misconception(
    "stage filters",
    "Stage by stage the maps shrink and the filters double: [64, 64, 256], [128, 128, 512], "
    "[256, 256, 1024], [512, 512, 2048], one list for all blocks of a stage. Stage {stage} "
    "differs.",
)
MISPRINT = Misconception(
    "misprinted filters",
    "All blocks of stage 5 have filters [512, 512, 2048]. The [256, 256, 2048] in old copies of "
    "this exercise is a misprint, and gives 17,958,790 parameters.",
)
STAGE_KERNEL = Misconception(
    "stage kernel",
    "Every block of this network has f = 3; in stage {stage} it is another number.",
)
MISSING_BLOCK = Misconception(
    "block missing",
    "The table gives the depth of the network: 3, 4, 6 and 3 blocks, the first of each stage "
    "convolutional. Stage {stage} has too few.",
)
EXTRA_BLOCK = Misconception(
    "block too many",
    "The table gives the depth of the network: 3, 4, 6 and 3 blocks, the first of each stage "
    "convolutional. Stage {stage} has too many.",
)
MISSING_STAGE = Misconception(
    "stage missing",
    "Four stages follow the stem, one per size of the map. Here a later stage follows stage "
    "{stage} too early.",
)
IDENTITY_FIRST = Misconception(
    "stage begins wrongly",
    "The channels change where a stage begins, and only a convolutional block can change them, "
    "by the projection on its shortcut. Here an identity block is in its place.",
)
PROJECTED_EVERYWHERE = Misconception(
    "identity blocks replaced",
    "Only the first block of a stage needs a projection: in stage {stage} a later block is "
    "convolutional too, where an identity block is enough.",
)
AVERAGE_POOLING = Misconception(
    "pooling of head",
    "The head begins with average pooling, a 2x2 window without padding: it takes the mean of "
    "each feature, not the maximum and not the whole map.",
)
GLOBAL_POOLING = Misconception(
    "global pooling",
    "The head pools windows of 2x2 and flattens: global pooling is the same only for a map of "
    "2x2, and a larger image has a larger map.",
)
FLATTEN_MISSING = Misconception(
    "flatten missing",
    "A dense layer works only on the last axis: flatten the pooled map first, so there is one "
    "row of features per image.",
)
SOFTMAX = Misconception(
    "softmax missing",
    "Each image belongs to exactly one class: softmax on the dense layer, once, makes the "
    "outputs positive, with the sum 1.",
)
SOFTMAX_TWICE = Misconception(
    "softmax twice",
    "Softmax of probabilities is nearly flat, and its gradient is nearly zero: apply softmax "
    "once, to the output of the dense layer.",
)
DENSE_LAYERS = Misconception(
    "dense layers added",
    "A residual network needs no hidden dense layers: one dense layer, with one unit per class, "
    "follows the pooling.",
)
DROPOUT = Misconception(
    "dropout added",
    "There is no dropout in this network, because batch norm regularises it: a random layer "
    "gives other results in training mode.",
)
FROZEN = Misconception(
    "layers frozen",
    "All layers of this network learn: with trainable=False, weights keep their random initial "
    "values and batch norm stays in inference mode.",
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
