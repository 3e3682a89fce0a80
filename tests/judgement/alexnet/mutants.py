"""Wrong answers to AlexNet, and the misconception that each shows."""

from __future__ import annotations

from grader.authoring.mutants import Mutant

# Rows of a table: a mutant reads best on one or two lines.
# fmt: off

SQUARED = "ops.square(x)"
SLICE = "squares[..., shift:shift + channels]"
RANGE = "range(2 * radius + 1)"
QUOTIENT = "x / ops.power(bias + alpha * energy, beta)"
PADDED = f"squares = ops.pad({SQUARED}, [(0, 0), (0, 0), (0, 0), (radius, radius)])"

LRN = [Mutant("local_response_normalization", *row) for row in (
    ("alpha divided by the window", "alpha divided by the window",
     ((QUOTIENT, "x / ops.power(bias + alpha / (2 * radius + 1) * energy, beta)"),)),
    ("the channels below only", "neighbours on one side", ((RANGE, "range(radius + 1)"),)),
    ("the last neighbour missing", "neighbours on one side", ((RANGE, "range(2 * radius)"),)),
    ("the radius taken for the window", "radius as size",
     ((SQUARED, "(radius := radius // 2) * 0 + ops.square(x)"),)),
    ("the own square left out", "own channel left out",
     ((QUOTIENT, "x / ops.power(bias + alpha * (energy - ops.square(x)), beta)"),)),
    ("all channels", "all channels",
     ((QUOTIENT, "x / ops.power(bias + alpha * ops.sum(ops.square(x), axis=-1, keepdims=True), "
       "beta)"),)),
    ("no neighbours", "no neighbours",
     ((QUOTIENT, "x / ops.power(bias + alpha * ops.square(x), beta)"),)),
    ("along the height", "neighbours along another axis",
     (("[(0, 0), (0, 0), (0, 0), (radius, radius)]",
       "[(0, 0), (radius, radius), (0, 0), (0, 0)]"),
      (SLICE, "squares[:, shift:shift + x.shape[1]]"))),
    ("the ends joined", "edges joined",
     (("squares[..., shift:shift + channels]", "ops.roll(ops.square(x), shift - radius, -1)"),)),
    ("no squares", "squares missing", ((SQUARED, "x"),)),
    ("absolute values", "squares missing", ((SQUARED, "ops.abs(x)"),)),
    ("the sum squared", "square of the sum",
     ((SQUARED, "x"), (QUOTIENT, "x / ops.power(bias + alpha * ops.square(energy), beta)"))),
    ("multiplied", "multiplied in place of divided",
     ((QUOTIENT, "x * ops.power(bias + alpha * energy, beta)"),)),
    ("no exponent", "exponent missing", ((QUOTIENT, "x / (bias + alpha * energy)"),)),
    ("a square root", "exponent missing", ((QUOTIENT, "x / ops.sqrt(bias + alpha * energy)"),)),
    ("the exponent on the sum alone", "exponent on the sum alone",
     ((QUOTIENT, "x / (bias + ops.power(alpha * energy, beta))"),)),
    ("no bias", "bias missing", ((QUOTIENT, "x / ops.power(alpha * energy + 1e-12, beta)"),)),
    ("alpha times the bias too", "alpha misplaced",
     ((QUOTIENT, "x / ops.power(alpha * (bias + energy), beta)"),)),
    ("alpha forgotten", "alpha misplaced", ((QUOTIENT, "x / ops.power(bias + energy, beta)"),)),
    ("the divisor", "divisor in place of quotient",
     ((QUOTIENT, "ops.power(bias + alpha * energy, beta)"),)),
    ("the paper's constants", "constants written in",
     ((QUOTIENT, "x / ops.power(2.0 + 1e-4 * energy, 0.75)"),)),
    ("a window of five always", "constants written in",
     ((SQUARED, "(radius := 2) * 0 + ops.square(x)"),)),
    ("NumPy", "NumPy in a network",
     (("ops.pad", "__import__('numpy').pad"), ("ops.square", "__import__('numpy').square"),
      ("ops.power", "__import__('numpy').power"))),
)]

CONV = "layers.Conv2D(filters // 2, kernel_size, padding='same')"
FIRST, SECOND = f"first = {CONV}(first)", f"second = {CONV}(second)"
JOIN = "layers.Concatenate()([first, second])"
SPLIT = "first, second = X[..., :half], X[..., half:]"


def _grouped(more: str) -> tuple:
    return ((FIRST, ""), (SECOND, ""), (JOIN, f"layers.Conv2D(filters, kernel_size, {more})(X)"))


TOWERS = [Mutant("two_tower_convolution", *row) for row in (
    ("one whole convolution", "towers not separated", _grouped("padding='same'")),
    ("both towers read everything", "towers not separated",
     ((SPLIT, "first, second = X, X"),)),
    ("both towers read the first half", "both towers on one half",
     ((SPLIT, "first, second = X[..., :half], X[..., :half]"),)),
    ("the second half first", "halves swapped", ((JOIN, JOIN.replace("first, second",
                                                                     "second, first")),)),
    ("even and odd channels", "every other channel",
     ((SPLIT, "first, second = X[..., ::2], X[..., 1::2]"),)),
    ("the image cut in two", "image cut, not channels",
     (("X.shape[-1]", "X.shape[1]"), (SPLIT, "first, second = X[:, :half], X[:, half:]"),
      (JOIN, "layers.Concatenate(axis=1)([first, second])"))),
    ("joined from top to bottom", "image cut, not channels",
     ((JOIN, "layers.Concatenate(axis=1)([first, second])"),)),
    ("one layer for both", "one kernel for both towers",
     ((FIRST, f"tower = {CONV}\nfirst = tower(first)"), (SECOND, "second = tower(second)"))),
    ("all filters in each", "filters not halved", (("filters // 2", "filters"),)),
    ("the first tower alone", "one tower only", ((JOIN, "first"),)),
    ("added", "towers added", ((JOIN, "layers.add([first, second])"),)),
    ("added, all filters in each", "towers added",
     (("filters // 2", "filters"), (JOIN, "layers.add([first, second])"))),
    ("four groups", "more than two towers", _grouped("padding='same', groups=4")),
    ("depthwise", "more than two towers",
     ((FIRST, ""), (SECOND, ""),
      (JOIN, "layers.SeparableConv2D(filters, kernel_size, padding='same')(X)"))),
    ("no padding", "padding missing", (("'same'", "'valid'"),)),
    ("no padding, in groups", "padding missing", _grouped("groups=2")),
    ("stride 2", "stride in the towers",
     ((CONV, CONV.replace("padding", "strides=2, padding")),)),
    ("ReLU", "activation in the towers",
     ((CONV, CONV.replace("padding", "activation='relu', padding")),)),
    ("ReLU, in groups", "activation in the towers",
     _grouped("padding='same', groups=2, activation='relu'")),
    ("no bias", "bias missing", ((CONV, CONV.replace("padding", "use_bias=False, padding")),)),
    ("batch norm behind", "batch norm added", ((JOIN, f"layers.BatchNormalization()({JOIN})"),)),
    ("a kernel of five", "kernel size written in", (("kernel_size", "5"),)),
    ("the paper's filters", "filters written in", (("filters", "256"),)),
)]

STAGE_1 = "layers.Conv2D(96, 11, strides=4, **RELU)"
STAGE_2 = "layers.Conv2D(256, 5, padding='same', **RELU)"
STAGE_3 = "layers.Conv2D(filters, 3, padding='same', **RELU)"
NORM = "X = local_response_normalization(X, radius=2, bias=2.0, alpha=0.0001, beta=0.75)"
POOL = "layers.MaxPooling2D(3, strides=2)"
DENSE = "layers.Dense(4096, **RELU)"
DROPPED = f"X = layers.Dropout(0.5)({DENSE}(X))"
LAST = "layers.Dense(classes, activation='softmax')"
FITS = f"if min(X.shape[1:3]) >= 3:\n    X = {POOL}(X)"

NETWORK = [Mutant("alexnet", *row) for row in (
    ("no normalisation", "normalisation missing", ((NORM, ""),)),
    ("average pooling", "average pooling", ((POOL, "layers.AveragePooling2D(3, strides=2)"),)),
    ("windows of two", "pooling window", ((POOL, "layers.MaxPooling2D(2)"),)),
    ("windows that do not overlap", "pooling window", ((POOL, "layers.MaxPooling2D(3)"),)),
    ("the first convolution padded", "same for valid",
     ((STAGE_1, STAGE_1.replace("strides", "padding='same', strides")),)),
    ("no padding in the second", "valid for same", ((STAGE_2, STAGE_2.replace("same", "valid")),)),
    ("no dropout", "dropout missing", ((DROPPED, f"X = {DENSE}(X)"),)),
    ("dropout of a quarter", "too little dropout", (("0.5", "0.25"),)),
    ("dropout of three quarters", "too much dropout", (("0.5", "0.75"),)),
    ("dropout before each dense layer, as in PyTorch", "dropout in another place",
     ((DROPPED, f"X = {DENSE}(layers.Dropout(0.5)(X))"),)),
    ("no softmax", "softmax missing", ((LAST, "layers.Dense(classes)"),)),
    ("pooling without room", "pooling without room", ((FITS, f"X = {POOL}(X)"),)),
    ("pooling from 4x4 on", "pooling missing", ((FITS, FITS.replace(">= 3", ">= 4")),)),
    ("no last pooling", "pooling missing", ((FITS, ""),)),
    ("the radius is five", "constants of the normalisation",
     ((NORM, NORM.replace("radius=2", "radius=5")),)),
    ("a bias of one", "constants of the normalisation",
     ((NORM, NORM.replace("bias=2.0", "bias=1.0")),)),
    ("batch norm in its place", "batch norm in its place",
     ((NORM, "X = layers.BatchNormalization()(X)"),)),
    ("normalised behind the pooling", "normalisation misplaced",
     ((NORM, ""), (f"X = {POOL}(X)", f"X = {POOL}(X)\n{NORM}"),
      (f"if min(X.shape[1:3]) >= 3:\n    X = {POOL}(X)\n    {NORM}", FITS))),
    ("stride 2 in the first convolution", "stride of a convolution",
     ((STAGE_1, STAGE_1.replace("strides=4", "strides=2")),)),
    ("no stride", "stride of a convolution", ((STAGE_1, STAGE_1.replace("strides=4, ", "")),)),
    ("7x7 first", "kernel size", ((STAGE_1, STAGE_1.replace("11", "7")),)),
    ("one tower's filters", "one tower's filters",
     ((STAGE_1, STAGE_1.replace("96", "48")), (STAGE_2, STAGE_2.replace("256", "128")),
      ("(384, 384, 256)", "(192, 192, 128)"))),
    ("256 filters to the end", "number of filters", (("(384, 384, 256)", "(256, 256, 256)"),)),
    ("two convolutions in stage 3", "number of convolutions",
     (("(384, 384, 256)", "(384, 256)"),)),
    ("the second convolution in two towers", "towers in the one-tower network",
     ((STAGE_2, "(lambda Z: layers.ReLU()(two_tower_convolution(Z, 256, 5)))"),
      (STAGE_3, "(layers.Conv2D(384, 3, padding='same', **RELU) if X.shape[-1] == 256 "
       "else (lambda Z: layers.ReLU()(two_tower_convolution(Z, filters, 3))))"))),
    ("no ReLU in the convolutions of stage 3", "activation missing",
     ((STAGE_3, STAGE_3.replace(", **RELU", "")),)),
    ("no ReLU in the dense layers", "activation missing", ((DENSE, "layers.Dense(4096)"),)),
    ("tanh", "another activation", (("RELU", "{'activation': 'tanh'}"),)),
    ("not flattened", "flatten missing", (("X = layers.Flatten()(X)", ""),)),
    ("global pooling", "global pooling",
     (("layers.Flatten()", "layers.GlobalAveragePooling2D()"),)),
    ("2048 units", "number of units", (("4096", "2048"),)),
    ("one hidden dense layer", "number of dense layers", (("range(2)", "range(1)"),)),
    ("a thousand classes", "classes fixed", (("classes", "1000"),)),
    ("the paper's images", "input shape fixed", (("input_shape", "(227, 227, 3)"),)),
    ("nothing is trained", "layers frozen",
     (("model = keras.Model(images, X, name='alexnet')",
       "model = keras.Model(images, X)\nmodel.trainable = False"),)),
)]

MUTANTS = LRN + TOWERS + NETWORK

HELD_OUT = [Mutant("local_response_normalization", *row) for row in (
    ("divided by the root of the window's energy", "exponent missing | bias missing",
     ((QUOTIENT, "x / ops.sqrt(alpha * energy + 1e-12)"),)),
    ("beta doubled", "exponent missing | constants written in",
     ((QUOTIENT, "x / ops.power(bias + alpha * energy, 2 * beta)"),)),
    ("the channels above only", "neighbours on one side",
     ((SLICE, "squares[..., radius + shift:radius + shift + channels]"),
      (RANGE, "range(radius + 1)"))),
    ("padded on one side only, and sliced from there", "neighbours on one side",
     (("[(0, 0), (0, 0), (0, 0), (radius, radius)]", "[(0, 0), (0, 0), (0, 0), (2 * radius, 0)]"),
      )),
    ("means of the squares", "alpha divided by the window",
     ((QUOTIENT, "x / ops.power(bias + alpha * energy / (2 * radius + 1), beta)"),)),
    ("bias and alpha exchanged", "bias and alpha exchanged",
     ((QUOTIENT, "x / ops.power(alpha + bias * energy, beta)"),)),
    ("along the width", "neighbours along another axis",
     (("[(0, 0), (0, 0), (0, 0), (radius, radius)]",
       "[(0, 0), (0, 0), (radius, radius), (0, 0)]"),
      (SLICE, "squares[:, :, shift:shift + x.shape[2]]"))),
)] + [Mutant("two_tower_convolution", *row) for row in (
    ("leaky ReLU behind each tower", "activation in the towers",
     ((CONV, CONV.replace("padding", "activation='leaky_relu', padding")),)),
    ("the second tower reads everything", "towers not separated",
     ((SPLIT, "first, second = X[..., :half], X"),)),
    ("dilated kernels", "dilated kernels",
     ((CONV, CONV.replace("padding", "dilation_rate=2, padding")),)),
    ("no bias, in groups", "bias missing", _grouped("padding='same', groups=2, use_bias=False")),
    ("multiplied", "towers added", ((JOIN, "layers.multiply([first, second])"),)),
    ("the largest of both", "towers added", ((JOIN, "layers.maximum([first, second])"),)),
    ("both towers frozen", "towers frozen",
     ((CONV, CONV.replace("padding", "trainable=False, padding")),)),
)] + [Mutant("alexnet", *row) for row in (
    ("9x9 first", "kernel size", ((STAGE_1, STAGE_1.replace("11", "9")),)),
    ("GELU everywhere", "another activation", (("RELU", "{'activation': 'gelu'}"),)),
    ("5x5 in stage 3", "kernel size", ((STAGE_3, STAGE_3.replace("3", "5")),)),
    ("dropout behind the flattening too", "too much dropout",
     (("layers.Flatten()", "(lambda Z: layers.Dropout(0.5)(layers.Flatten()(Z)))"),)),
    ("beta of one", "constants of the normalisation",
     ((NORM, NORM.replace("beta=0.75", "beta=1.0")),)),
    ("no bias in the output", "bias missing",
     ((LAST, "layers.Dense(classes, activation='softmax', use_bias=False)"),)),
    ("a hidden layer of a thousand more", "number of dense layers",
     ((LAST, f"(lambda Z: {LAST}(layers.Dense(1000, **RELU)(Z)))"),)),
    ("images divided by 255 inside", "images rescaled",
     ((f"{STAGE_1}(images)", f"{STAGE_1}(layers.Rescaling(1 / 255)(images))"),)),
)]
