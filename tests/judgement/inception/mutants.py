"""Wrong answers to Inception, and the misconception that each shows."""

from __future__ import annotations

from grader.authoring.mutants import Mutant

# Rows of a table: a mutant reads best on one or two lines.
# fmt: off

PRODUCT = "number = outputs * kernel_size[0] * kernel_size[1] * channels"
SQUARED = "kernel_size = (kernel_size, kernel_size)"


def _number(expression: str) -> tuple:
    return ((PRODUCT, f"number = {expression}"),)


COUNT = [Mutant("multiplications", *row) for row in (
    ("without channels", "input channels forgotten",
     _number("outputs * kernel_size[0] * kernel_size[1]")),
    ("without filters", "filters forgotten",
     (("outputs = height * width * filters", "outputs = height * width"),)),
    ("without the window", "window forgotten", _number("outputs * channels")),
    ("one side of the window", "window forgotten", _number("outputs * kernel_size[0] * channels")),
    ("the sides of the window added", "sides of the window added",
     _number("outputs * sum(kernel_size) * channels")),
    ("the first side squared", "window taken as square",
     _number("outputs * kernel_size[0] ** 2 * channels")),
    ("the second side squared", "window taken as square",
     _number("outputs * kernel_size[1] ** 2 * channels")),
    ("parameters", "places forgotten",
     _number("filters * kernel_size[0] * kernel_size[1] * channels")),
    ("parameters with biases", "places forgotten",
     _number("filters * (kernel_size[0] * kernel_size[1] * channels + 1)")),
    ("height squared", "map taken as square",
     (("outputs = height * width * filters", "outputs = height ** 2 * filters"),)),
    ("width squared", "map taken as square",
     (("outputs = height * width * filters", "outputs = width * width * filters"),)),
    ("a row only", "places forgotten",
     (("outputs = height * width * filters", "outputs = width * filters"),)),
    ("no padding", "padding forgotten",
     (("outputs = height * width * filters",
       "outputs = (height - kernel_size[0] + 1) * (width - kernel_size[1] + 1) * filters"),)),
    ("additions too", "additions counted",
     _number("2 * outputs * kernel_size[0] * kernel_size[1] * channels")),
    ("a bias each", "additions counted",
     _number("outputs * (kernel_size[0] * kernel_size[1] * channels + 1)")),
    ("what comes out", "cost of a number missing", _number("outputs")),
    ("channels for filters", "channels and filters mixed up",
     (("outputs = height * width * filters", "outputs = height * width * channels"),)),
    ("depthwise separable", "separable convolution",
     _number("height * width * channels * (kernel_size[0] * kernel_size[1] + filters)")),
    ("millions", "not the whole number",
     _number("outputs * kernel_size[0] * kernel_size[1] * channels / 1000000.0")),
    ("a text", "not the whole number",
     _number("f'{outputs * kernel_size[0] * kernel_size[1] * channels:,}'")),
    ("divided, and so a float", "another type",
     _number("outputs * 2 * kernel_size[0] * kernel_size[1] * channels / 2")),
)]

ONE, THREE, FIVE = (f'layers.Conv2D(F{i}, {i}{more}, activation="relu")' for i, more in
                    ((1, ""), (3, ', padding="same"'), (5, ', padding="same"')))
POOL = 'layers.MaxPooling2D(3, strides=1, padding="same")'
JOIN = "layers.Concatenate()([X1, X3, X5, pooled])"


def _without(layer: str, what: str) -> str:
    assert what in layer
    return layer.replace(what, "")


NAIVE = [Mutant("inception_module_naive", *row) for row in (
    ("no padding in the convolutions", "valid for same",
     ((THREE, _without(THREE, ', padding="same"')), (FIVE, _without(FIVE, ', padding="same"')))),
    ("no padding in the 5x5", "valid for same", ((FIVE, _without(FIVE, ', padding="same"')),)),
    ("no padding in the pooling", "valid for same", ((POOL, _without(POOL, ', padding="same"')),)),
    ("the pooling's default stride", "pooling halves the map",
     ((POOL, _without(POOL, ", strides=1")),)),
    ("a pooling with stride 2", "pooling halves the map", ((POOL, POOL.replace("=1", "=2")),)),
    ("average pooling", "average pooling in a module", ((POOL, POOL.replace("Max", "Average")),)),
    ("no pooling branch", "pooling missing",
     ((JOIN, "layers.Concatenate()([X1, X3, X5])"),)),
    ("the input in the pooling's place", "pooling missing", ((f"pooled = {POOL}(X)",
                                                              "pooled = X"),)),
    ("2x2 pooling", "pooling window", ((POOL, POOL.replace("3,", "2,")),)),
    ("no activation", "activation missing", (('"relu"', "None"),)),
    ("no activation in the 3x3", "activation missing",
     ((THREE, _without(THREE, ', activation="relu"')),)),
    ("pooling first", "order of the branches",
     ((JOIN, "layers.Concatenate()([pooled, X1, X3, X5])"),)),
    ("5x5 before 3x3", "order of the branches",
     ((JOIN, "layers.Concatenate()([X1, X5, X3, pooled])"),)),
    ("3x3 twice", "kernel size", ((FIVE, FIVE.replace("F5, 5", "F5, 3")),)),
    ("7x7 for 5x5", "kernel size", ((FIVE, FIVE.replace("F5, 5", "F5, 7")),)),
    ("filters of 3x3 and 5x5 changed", "filters mixed up",
     ((THREE, THREE.replace("F3", "F0")), (FIVE, FIVE.replace("F5", "F3")), ("F0", "F5"))),
    ("no 1x1", "branch missing", ((JOIN, "layers.Concatenate()([X3, X5, pooled])"),)),
    ("one after another", "branches in a row",
     ((f"X3 = {THREE}(X)", f"X3 = {THREE}(X1)"), (f"X5 = {FIVE}(X)", f"X5 = {FIVE}(X3)"))),
    ("tanh", "another activation", (('"relu"', '"tanh"'),)),
    ("added", "added, not concatenated", ((JOIN, "layers.Add()([X1, X3, X5, pooled])"),)),
    ("along the rows", "concatenation axis",
     ((JOIN, "layers.Concatenate(axis=1)([X1, X3, X5, pooled])"),)),
    ("a projection behind the pooling", "projection in the naive module",
     ((f"pooled = {POOL}(X)", f"pooled = {ONE}({POOL}(X))"),)),
    ("dropout behind", "dropout added", ((JOIN, f"layers.Dropout(0.4)({JOIN})"),)),
)]

REDUCE3, REDUCE5, PROJECT = (f'layers.Conv2D({name}, 1, activation="relu")'
                             for name in ("R3", "R5", "FP"))
JOINED = "layers.Concatenate()([X1, X3, X5, XP])"
UNPACKED = "F1, R3, F3, R5, F5, FP = filters"

MODULE = [Mutant("inception_module", *row) for row in (
    ("no padding in the 3x3", "valid for same", ((THREE, _without(THREE, ', padding="same"')),)),
    ("no padding in the convolutions", "valid for same",
     ((THREE, _without(THREE, ', padding="same"')), (FIVE, _without(FIVE, ', padding="same"')))),
    ("the pooling's default stride", "pooling halves the map",
     ((POOL, _without(POOL, ", strides=1")),)),
    ("no bottlenecks", "bottleneck missing",
     ((f"X3 = {THREE}(X3)", f"X3 = {THREE}(X)"), (f"X5 = {FIVE}(X5)", f"X5 = {FIVE}(X)"))),
    ("no bottleneck before the 5x5", "bottleneck missing",
     ((f"X5 = {FIVE}(X5)", f"X5 = {FIVE}(X)"),)),
    ("no projection", "projection missing", ((f"XP = {PROJECT}(XP)", ""),)),
    ("projection before pooling", "projection before pooling",
     ((f"XP = {POOL}(X)", f"XP = {POOL}({PROJECT}(X))"), (f"XP = {PROJECT}(XP)", ""))),
    ("average pooling", "average pooling in a module", ((POOL, POOL.replace("Max", "Average")),)),
    ("no pooling, a projection only", "pooling missing", ((f"XP = {POOL}(X)", "XP = X"),)),
    ("linear bottlenecks", "activation missing",
     ((REDUCE3, _without(REDUCE3, ', activation="relu"')),
      (REDUCE5, _without(REDUCE5, ', activation="relu"')))),
    ("a linear projection", "activation missing",
     ((PROJECT, _without(PROJECT, ', activation="relu"')),)),
    ("no activation", "activation missing", (('"relu"', "None"),)),
    ("bottlenecks behind", "bottleneck too late",
     ((f"X3 = {REDUCE3}(X)", f"X3 = {THREE}(X)"), (f"X3 = {THREE}(X3)", f"X3 = {REDUCE3}(X3)"),
      (f"X5 = {REDUCE5}(X)", f"X5 = {FIVE}(X)"), (f"X5 = {FIVE}(X5)", f"X5 = {REDUCE5}(X5)"))),
    ("the 3x3's bottleneck for both", "one bottleneck for two",
     ((f"X3 = {REDUCE3}(X)", f"XR = {REDUCE3}(X)"), (f"X3 = {THREE}(X3)", f"X3 = {THREE}(XR)"),
      (f"X5 = {REDUCE5}(X)", "X5 = XR"))),
    ("3x3 bottlenecks", "bottleneck with a large window",
     ((REDUCE3, REDUCE3.replace("1,", "3, padding='same',")),
      (REDUCE5, REDUCE5.replace("1,", "3, padding='same',")))),
    ("pooling first", "order of the branches",
     ((JOINED, "layers.Concatenate()([XP, X1, X3, X5])"),)),
    ("5x5 before 3x3", "order of the branches",
     ((JOINED, "layers.Concatenate()([X1, X5, X3, XP])"),)),
    ("3x3 twice", "kernel size", ((FIVE, FIVE.replace("F5, 5", "F5, 3")),)),
    ("unpacked by kind", "filters mixed up", ((UNPACKED, "F1, F3, F5, R3, R5, FP = filters"),)),
    ("reductions behind their outputs", "filters mixed up",
     ((UNPACKED, "F1, F3, R3, F5, R5, FP = filters"),)),
    ("projection read as 1x1", "filters mixed up",
     ((UNPACKED, "FP, R3, F3, R5, F5, F1 = filters"),)),
    ("three branches come out", "branch missing",
     ((JOINED, "layers.Concatenate()([X1, X3, X5])"),)),
    ("sigmoid", "another activation", (('"relu"', '"sigmoid"'),)),
    ("added", "added, not concatenated", ((JOINED, "layers.Add()([X1, X3, X5, XP])"),)),
    ("along the columns", "concatenation axis",
     ((JOINED, "layers.Concatenate(axis=2)([X1, X3, X5, XP])"),)),
    ("batch norm behind the 3x3", "batch norm added",
     ((THREE, f"(lambda Z: layers.BatchNormalization()({THREE}(Z)))"),)),
)]

LARGE = "layers.AveragePooling2D(5, strides=3)"
SMALL = "layers.AdaptiveAveragePooling2D(4)"
NARROW = 'layers.Conv2D(128, 1, activation="relu")'
HIDDEN = 'layers.Dense(1024, activation="relu")'
LAST = 'layers.Dense(classes, activation="softmax")'
RULE = "min(X.shape[1:3]) >= 14"

HEAD = [Mutant("auxiliary_head", *row) for row in (
    ("max pooling", "max pooling in a head",
     ((LARGE, LARGE.replace("Average", "Max")), (SMALL, SMALL.replace("Average", "Max")))),
    ("no pooling", "pooling of the head missing",
     ((f"X = {LARGE}(X)", "pass"), (f"X = {SMALL}(X)", "pass"))),
    ("the pooling's default stride", "pooling window of the head",
     ((LARGE, _without(LARGE, ", strides=3")),)),
    ("3x3 pooling", "pooling window of the head", ((LARGE, LARGE.replace("(5", "(3")),)),
    ("padded pooling", "pooling window of the head",
     ((LARGE, LARGE.replace("=3", "=3, padding='same'")),)),
    ("always adaptive", "rule for small maps", ((RULE, "False"),)),
    ("never adaptive", "rule for small maps", ((RULE, "True"),)),
    ("small maps as they are", "rule for small maps", ((f"X = {SMALL}(X)", "pass"),)),
    ("the window from 5 pixels on", "rule for small maps", ((RULE, RULE.replace("14", "5")),)),
    ("64 filters", "filters of the head", ((NARROW, NARROW.replace("128", "64")),)),
    ("3x3 convolution", "filters of the head",
     ((NARROW, NARROW.replace("1,", "3, padding='same',")),)),
    ("no convolution", "convolution of the head missing", ((f"X = {NARROW}(X)", ""),)),
    ("linear convolution", "activation missing",
     ((NARROW, _without(NARROW, ', activation="relu"')),)),
    ("linear dense layer", "activation missing",
     ((HIDDEN, _without(HIDDEN, ', activation="relu"')),)),
    ("not flattened", "flatten missing", (("X = layers.Flatten()(X)", ""),)),
    ("global pooling", "global pooling in the head",
     (("layers.Flatten()", "layers.GlobalAveragePooling2D()"),)),
    ("no hidden layer", "dense layer missing | dropout rate", ((f"X = {HIDDEN}(X)", ""),)),
    ("256 units", "number of units", ((HIDDEN, HIDDEN.replace("1024", "256")),)),
    ("no softmax", "softmax missing", (('"softmax"', "None"),)),
    ("sigmoid at the end", "softmax missing", (('"softmax"', '"sigmoid"'),)),
    ("softmax twice", "softmax twice", ((LAST, f"(lambda Z: layers.Softmax()({LAST}(Z)))"),)),
    ("no dropout", "dropout missing", (("X = layers.Dropout(0.7)(X)", ""),)),
    ("keeps 0.7", "dropout rate", (("0.7", "0.3"),)),
    ("dropout of one half", "dropout rate", (("0.7", "0.5"),)),
    ("a thousand classes", "classes fixed", (("classes", "1000"),)),
)]

CONV1 = 'layers.Conv2D(64, 7, strides=2, padding="same", activation="relu")'
CONV3 = 'layers.Conv2D(192, 3, padding="same", activation="relu")'
CONV2 = 'layers.Conv2D(64, 1, activation="relu")'
HALVE = 'layers.MaxPooling2D(3, strides=2, padding="same")'
BEGIN, HANG = 'name in ("4a", "5a")', 'name in ("4a", "4d")'
MEAN, SCORE = "X = layers.GlobalAveragePooling2D()(X)", f"X = {LAST}(X)"
MODEL = 'model = keras.Model(images, [X, *heads], name="googlenet")'
CALL = "X = inception_module(X, filters)"
ITEMS = "MODULES.items()"

NETWORK = [Mutant("GoogLeNet", *row) for row in (
    ("5x5 stem", "convolutions of the stem", ((CONV1, CONV1.replace("7", "5")),)),
    ("stem without stride", "convolutions of the stem",
     ((CONV1, _without(CONV1, ", strides=2")),)),
    ("no 1x1 in the stem", "convolutions of the stem", ((f"X = {CONV2}(X)", ""),)),
    ("128 channels in the stem", "convolutions of the stem",
     ((CONV3, CONV3.replace("192", "128")),)),
    ("linear stem", "activation missing", ((CONV1, _without(CONV1, ', activation="relu"')),)),
    ("average poolings", "pooling between stages | pooling of the stem",
     ((HALVE, HALVE.replace("Max", "Average")),)),
    ("no pooling between the stages", "pooling between stages", ((BEGIN, "False"),)),
    ("poolings one module late", "pooling between stages", ((BEGIN, 'name in ("4b", "5b")'),)),
    ("pooling before 4a only", "pooling between stages", ((BEGIN, 'name == "4a"'),)),
    ("no 5b", "module missing", ((ITEMS, f"list({ITEMS})[:-1]"),)),
    ("no 4c", "module missing", ((CALL, f"if name != '4c':\n    {CALL}"),)),
    ("backwards", "order of the modules",
     ((CALL, "X = inception_module(X, list(MODULES.values())[8 - list(MODULES).index(name)])"),)),
    ("heads after 4b and 4e", "heads in other places", ((HANG, 'name in ("4b", "4e")'),)),
    ("heads after 3b and 4d", "heads in other places", ((HANG, 'name in ("3b", "4d")'),)),
    ("no heads among the outputs", "outputs of the model",
     ((MODEL, "model = keras.Model(images, X)"),)),
    ("one head only", "outputs of the model", ((HANG, 'name == "4d"'),)),
    ("heads first", "order of the outputs", ((MODEL, "model = keras.Model(images, [*heads, X])"),)),
    ("global max pooling", "end of the network", ((MEAN, "X = layers.GlobalMaxPooling2D()(X)"),)),
    ("flattened", "end of the network", ((MEAN, "X = layers.Flatten()(X)"),)),
    ("a hidden layer of 1024", "hidden dense layer",
     ((SCORE, f'X = {LAST}(layers.Dense(1024, activation="relu")(X))'),)),
    ("no softmax", "softmax missing", (('"softmax"', "None"),)),
    ("softmax twice", "softmax twice", ((SCORE, f"X = layers.Softmax()({LAST}(X))"),)),
    ("no dropout", "dropout missing", (("X = layers.Dropout(0.4)(X)", ""),)),
    ("dropout of 0.7", "dropout rate", (("0.4", "0.7"),)),
    ("six classes written in", "classes fixed", ((LAST, LAST.replace("classes", "6")),)),
    ("the input written in", "input shape fixed",
     (("keras.Input(input_shape)", "keras.Input((64, 64, 3))"),)),
    ("nothing is trained", "layers frozen", ((MODEL, f"{MODEL}\nmodel.trainable = False"),)),
)]

MUTANTS = COUNT + NAIVE + MODULE + HEAD + NETWORK

HELD_OUT = [Mutant("multiplications", *row) for row in (
    ("channels twice", "input channels forgotten | channels and filters mixed up",
     _number("outputs * kernel_size[0] * kernel_size[1] * channels ** 2")),
    ("a window a row", "places forgotten",
     (("outputs = height * width * filters", "outputs = height * filters"),)),
    ("half of the map", "padding forgotten | windows side by side",
     (("outputs = height * width * filters", "outputs = (height // 2) * (width // 2) * filters"),)),
    ("everything added", "sides of the window added",
     _number("outputs + kernel_size[0] * kernel_size[1] * channels")),
    ("perimeter of the window", "sides of the window added",
     _number("outputs * 2 * (kernel_size[0] + kernel_size[1]) * channels")),
    ("a list", "not the whole number",
     _number("[outputs, kernel_size[0] * kernel_size[1] * channels]")),
)] + [Mutant("inception_module_naive", *row) for row in (
    ("3x3 and 5x5 from the 1x1", "branches in a row",
     ((f"X3 = {THREE}(X)", f"X3 = {THREE}(X1)"), (f"X5 = {FIVE}(X)", f"X5 = {FIVE}(X1)"))),
    ("SiLU", "another activation", (('"relu"', '"silu"'),)),
    ("average of the branches", "added, not concatenated",
     ((JOIN, "layers.Average()([X1, X3, X5, pooled])"),)),
    ("4x4 for 3x3", "kernel size", ((THREE, THREE.replace("F3, 3", "F3, 4")),)),
    ("pooling of the 1x1", "branches in a row",
     ((f"pooled = {POOL}(X)", f"pooled = {POOL}(X1)"),)),
    ("1x1 twice", "order of the branches | branch missing | filters mixed up",
     ((JOIN, "layers.Concatenate()([X1, X1, X3, X5, pooled])"),)),
)] + [Mutant("inception_module", *row) for row in (
    ("no bottleneck before the 3x3", "bottleneck missing",
     ((f"X3 = {THREE}(X3)", f"X3 = {THREE}(X)"),)),
    ("projection of the input beside the pooling", "pooling missing | branch missing",
     ((JOINED, f"layers.Concatenate()([X1, X3, X5, {PROJECT}(X)])"),)),
    ("two projections", "projection missing | batch norm added",
     ((f"XP = {PROJECT}(XP)", f"XP = {PROJECT}({PROJECT}(XP))"),)),
    ("linear bottleneck of the 3x3 only", "activation missing",
     ((REDUCE3, _without(REDUCE3, ', activation="relu"')),)),
    ("dropout of the bottleneck", "dropout added",
     ((f"X5 = {FIVE}(X5)", f"X5 = {FIVE}(layers.Dropout(0.2)(X5))"),)),
    ("R3 and R5 changed", "filters mixed up", ((UNPACKED, "F1, R5, F3, R3, F5, FP = filters"),)),
)] + [Mutant("auxiliary_head", *row) for row in (
    ("4x4 window", "pooling window of the head", ((LARGE, LARGE.replace("(5", "(4")),)),
    ("maximum over small maps", "max pooling in a head",
     ((SMALL, SMALL.replace("Average", "Max")),)),
    ("the larger side decides", "rule for small maps", ((RULE, RULE.replace("min", "max")),)),
    ("32 filters", "filters of the head", ((NARROW, NARROW.replace("128", "32")),)),
    ("dropout before the hidden layer", "dropout rate",
     ((f"X = {HIDDEN}(X)", f"X = {HIDDEN}(layers.Dropout(0.7)(X))"),
      ("X = layers.Dropout(0.7)(X)", ""))),
    ("2,000 units", "number of units", ((HIDDEN, HIDDEN.replace("1024", "2000")),)),
)] + [Mutant("GoogLeNet", *row) for row in (
    ("heads after 4a and 4e", "heads in other places", ((HANG, 'name in ("4a", "4e")'),)),
    ("valid poolings", "valid for same", ((HALVE, _without(HALVE, ', padding="same"')),)),
    ("4b twice", "module too many", ((CALL, f"{CALL}\nif name == '4b':\n    {CALL}"),)),
    ("modules go on with the head", "heads in the main path",
     (("heads.append(auxiliary_head(X, classes))",
       "heads.append(X := auxiliary_head(X, classes))"),)),
    ("dropout of 0.2", "dropout rate", (("0.4", "0.2"),)),
    ("first head twice", "heads in other places | order of the outputs",
     ((MODEL, "model = keras.Model(images, [X, heads[0], heads[0]])"),)),
    ("96 filters in the stem", "convolutions of the stem",
     ((CONV1, CONV1.replace("64, 7", "96, 7")),)),
)]
