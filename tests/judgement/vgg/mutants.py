"""Wrong answers to VGG, and the misconception that each shows."""

from __future__ import annotations

from grader.authoring.mutants import Mutant

# Rows of a table: a mutant reads best on one or two lines.
# fmt: off

CONV = ('layers.Conv2D(filters, 3, padding="same", activation="relu", '
        'kernel_initializer="he_normal")')
STEP, POOL = f"X = {CONV}(X)", "X = layers.MaxPooling2D(2)(X)"
LOOP = f"for _ in range(convolutions):\n    {STEP}"

BLOCK = [Mutant("vgg_block", *row) for row in (
    ("average pooling", "average pooling", ((POOL, "X = layers.AveragePooling2D(2)(X)"),)),
    ("no pooling", "pooling missing", ((POOL, ""),)),
    ("overlapping windows, as in AlexNet", "pooling window",
     ((POOL, "X = layers.MaxPooling2D(3, 2)(X)"),)),
    ("the pooling rounds up", "pooling window",
     ((POOL, 'X = layers.MaxPooling2D(2, padding="same")(X)'),)),
    ("pooling first", "pooling before the convolutions",
     ((POOL, ""), (LOOP, f"{POOL}\n{LOOP}"))),
    ("pooling in the loop", "pooling after each convolution",
     ((POOL, ""), (STEP, f"{STEP}\n{POOL}"))),
    ("stride 2 and pooling", "stride of a convolution",
     ((CONV, CONV.replace("3,", "3, strides=2,")),)),
    ("no padding", "valid for same", (('"same"', '"valid"'),)),
    ("5x5 windows", "kernel size", (("3", "5"),)),
    ("1x1 windows", "kernel size", (("3", "1"),)),
    ("no activation", "activation missing", (('"relu"', "None"),)),
    ("the last convolution is linear", "activation missing",
     (('"relu"', '"relu" if _ < convolutions - 1 else None'),)),
    ("one ReLU after the pooling", "activation missing",
     (('"relu"', "None"), (POOL, "X = layers.ReLU()(layers.MaxPooling2D(2)(X))"))),
    ("tanh", "another activation", (('"relu"', '"tanh"'),)),
    ("a leaky ReLU", "another activation", (('"relu"', '"leaky_relu"'),)),
    ("two convolutions written in", "number of convolutions", (("convolutions", "2"),)),
    ("three convolutions written in", "number of convolutions", (("convolutions", "3"),)),
    ("no loop", "number of convolutions", ((LOOP, STEP),)),
    ("the loop counts from 1", "number of convolutions",
     (("range(convolutions)", "range(1, convolutions)"),)),
    ("each convolution takes the block's input", "number of convolutions",
     ((LOOP, f"given = X\nfor _ in range(convolutions):\n    X = {CONV}(given)"),)),
    ("64 filters written in", "filters fixed", (("filters", "64"),)),
    ("filters double inside", "channels grow inside the block",
     ((CONV, CONV.replace("filters", "filters * 2 ** _")),)),
    ("filters and convolutions exchanged", "arguments swapped",
     (("convolutions", "count"), ("filters", "convolutions"), ("count", "filters"))),
    ("batch norm", "batch norm added", ((STEP, f"{STEP}\nX = layers.BatchNormalization()(X)"),)),
    ("no bias", "bias missing", ((CONV, CONV.replace("3,", "3, use_bias=False,")),)),
    ("dropout after the pooling", "dropout in a block",
     ((POOL, "X = layers.Dropout(0.25)(layers.MaxPooling2D(2)(X))"),)),
    ("frozen", "layers frozen", ((CONV, CONV.replace("3,", "3, trainable=False,")),)),
)]

TABLE = "((2, 64), (2, 128), (3, 256), (3, 512), (3, 512))"
WALK = "X = vgg_block(X, convolutions, filters)"
FLAT, DROP = "X = layers.Flatten()(X)", "X = layers.Dropout(0.5)(X)"
DENSE = 'layers.Dense(4096, activation="relu", kernel_initializer="he_normal")'
WIDE = f"X = {DENSE}(X)"
HIDDEN = f"for _ in range(2):\n    {WIDE}\n    {DROP}"
LAST = 'layers.Dense(classes, activation="softmax")'
MODEL = 'model = keras.Model(images, X, name="vgg16")'


def _table(text: str) -> tuple:
    return ((TABLE, text),)


NETWORK = [Mutant("VGG16", *row) for row in (
    ("VGG-19", "another depth", _table("((2, 64), (2, 128), (4, 256), (4, 512), (4, 512))")),
    ("VGG-13", "another depth", _table("((2, 64), (2, 128), (2, 256), (2, 512), (2, 512))")),
    ("three convolutions in every block", "another depth",
     ((WALK, "X = vgg_block(X, 3, filters)"),)),
    ("channels double to the end", "filters of the blocks",
     _table("((2, 64), (2, 128), (3, 256), (3, 512), (3, 1024))")),
    ("half as wide", "filters of the blocks", ((WALK, WALK.replace("filters", "filters // 2")),)),
    ("64 everywhere", "filters of the blocks", ((WALK, WALK.replace("filters", "64")),)),
    ("four blocks", "block missing", _table("((2, 64), (2, 128), (3, 256), (3, 512))")),
    ("filters first", "arguments swapped", ((WALK, "X = vgg_block(X, filters, convolutions)"),)),
    ("not flattened", "flatten missing", ((FLAT, ""),)),
    ("global average pooling", "global pooling",
     ((FLAT, "X = layers.GlobalAveragePooling2D()(X)"),)),
    ("1024 units", "number of units", (("4096", "1024"),)),
    ("one hidden dense layer", "dense layer missing", (("range(2)", "range(1)"),)),
    ("three hidden dense layers", "dense layer added", (("range(2)", "range(3)"),)),
    ("linear dense layers", "activation missing in a dense layer", (('"relu"', "None"),)),
    ("tanh in the dense layers", "another activation", (('"relu"', '"tanh"'),)),
    ("no softmax", "softmax missing", (('"softmax"', "None"),)),
    ("sigmoid at the end", "softmax missing", (('"softmax"', '"sigmoid"'),)),
    ("softmax twice", "softmax twice",
     ((MODEL, f"X = layers.Softmax()(X)\n{MODEL}"),)),
    ("ReLU before softmax", "ReLU before softmax",
     ((f"X = {LAST}(X)",
       'X = layers.Softmax()(layers.Dense(classes, activation="relu")(X))'),)),
    ("1000 classes", "classes fixed", (("classes", "1000"),)),
    ("64x64x3 written in", "input shape fixed", (("input_shape", "(64, 64, 3)"),)),
    ("no dropout", "dropout missing", ((DROP, ""),)),
    ("dropout once, after both", "one dropout",
     ((HIDDEN, f"for _ in range(2):\n    {WIDE}\n{DROP}"),)),
    ("a rate of 0.25", "dropout rate", (("0.5", "0.25"),)),
    ("dropout before the dense layers", "dropout in another place",
     ((HIDDEN, f"for _ in range(2):\n    {DROP}\n    {WIDE}"),)),
    ("dropout after flattening as well", "dropout in another place",
     ((FLAT, f"{FLAT}\n{DROP}"),)),
    ("nothing learns", "layers frozen", ((MODEL, f"{MODEL}\nmodel.trainable = False"),)),
)]

MEAN = "X.mean(axis=(0, 1, 2))"
VARIANCE = "X.var(axis=(0, 1, 2))"
MOVE_MEAN = "moving_mean = momentum * moving_mean + (1 - momentum) * mean"
MOVE_VARIANCE = "moving_variance = momentum * moving_variance + (1 - momentum) * variance"
AVERAGES = "mean, variance = moving_mean, moving_variance"
CENTRED, ROOT = "(X - mean)", "np.sqrt(variance + epsilon)"
Y = f"Y = gamma * {CENTRED} / {ROOT} + beta"
RETURN = "return Y, moving_mean, moving_variance"
MOVES = f"if training:\n    {MOVE_MEAN}\n    {MOVE_VARIANCE}"
BATCH = f"mean, variance = {MEAN}, {VARIANCE}"


def _axes(axes: str) -> tuple:
    return ((MEAN, f"X.mean({axes})"), (VARIANCE, f"X.var({axes})"))


NORM = [Mutant("batch_norm", *row) for row in (
    ("axis 0", "over the images only", _axes("axis=0")),
    ("axis 0, averaged for the averages", "over the images only",
     (*_axes("axis=0"), (MOVE_MEAN, MOVE_MEAN.replace(" mean", " mean.mean((0, 1))")),
      (MOVE_VARIANCE, MOVE_VARIANCE.replace(" variance", " variance.mean((0, 1))")))),
    ("images and rows", "over the images only", _axes("axis=(0, 1)")),
    ("no axis", "all channels together", _axes("")),
    ("rows and columns", "each image by itself", _axes("axis=(1, 2), keepdims=True")),
    ("layer norm", "each image by itself", _axes("axis=(1, 2, 3), keepdims=True")),
    ("axis 3", "each image by itself", _axes("axis=3, keepdims=True")),
    ("rows and columns, without keepdims", "mean of another shape", _axes("axis=(1, 2)")),
    ("keepdims", "averages of another shape", _axes("axis=(0, 1, 2), keepdims=True")),
    ("not centred", "mean not subtracted", ((CENTRED, "X"),)),
    ("divided by the variance", "root missing", ((ROOT, "(variance + epsilon)"),)),
    ("centred only", "not divided", ((Y, f"Y = gamma * {CENTRED} + beta"),)),
    ("ddof=1", "sample variance", ((VARIANCE, "X.var(axis=(0, 1, 2), ddof=1)"),)),
    ("no epsilon", "epsilon missing", ((ROOT, "np.sqrt(variance)"),)),
    ("epsilon after the root", "epsilon outside the root",
     ((ROOT, "(np.sqrt(variance) + epsilon)"),)),
    ("0.001 written in", "epsilon missing", ((ROOT, "np.sqrt(variance + 0.001)"),)),
    ("no gamma", "gamma missing", ((Y, f"Y = {CENTRED} / {ROOT} + beta"),)),
    ("no beta", "beta missing", ((Y, f"Y = gamma * {CENTRED} / {ROOT}"),)),
    ("neither", "gamma and beta missing", ((Y, f"Y = {CENTRED} / {ROOT}"),)),
    ("beta times, plus gamma", "gamma and beta exchanged",
     ((Y, f"Y = beta * {CENTRED} / {ROOT} + gamma"),)),
    ("gamma times all", "beta before gamma", ((Y, f"Y = gamma * ({CENTRED} / {ROOT} + beta)"),)),
    ("the batch in both modes", "batch in inference mode", ((AVERAGES, BATCH),)),
    ("the averages in both modes", "averages in training mode",
     ((Y, f"mean, variance = moving_mean, moving_variance\n{Y}"),)),
    ("not training", "modes exchanged", (("training", "not training"),)),
    ("moved in inference mode", "averages move in inference mode",
     ((Y, f"{Y}\nif not training:\n    mean, variance = {MEAN}, {VARIANCE}\n"
          f"    {MOVE_MEAN}\n    {MOVE_VARIANCE}"),)),
    ("the averages stay", "averages do not move", ((MOVE_MEAN, ""), (MOVE_VARIANCE, ""))),
    ("only the mean moves", "averages do not move", ((MOVE_VARIANCE, ""),)),
    ("1 - momentum stays", "momentum the wrong way round",
     (("momentum", "keep"), ("(1 - keep)", "momentum"), ("keep", "(1 - momentum)"))),
    ("the batch's values", "batch replaces the averages",
     ((MOVE_MEAN, "moving_mean = mean"), (MOVE_VARIANCE, "moving_variance = variance"))),
    ("added up", "averages grow",
     (("momentum * moving_mean", "moving_mean"),
      ("momentum * moving_variance", "moving_variance"))),
    ("averages of deviations", "deviation for variance",
     ((MOVE_VARIANCE, MOVE_VARIANCE.replace("* variance", "* np.sqrt(variance)")),)),
    ("std for var", "deviation for variance", ((VARIANCE, "X.std(axis=(0, 1, 2))"),)),
    ("0.99 written in", "momentum fixed", (("momentum", "0.99"),)),
    ("variance before mean", "averages in another order",
     ((RETURN, "return Y, moving_variance, moving_mean"),)),
    ("Y alone", "averages not returned", ((RETURN, "return Y"),)),
    ("a list of two", "averages not returned", ((RETURN, "return [Y, mean]"),)),
    ("X changed in place", "arguments changed",
     ((Y, f"X -= mean\n{Y.replace(CENTRED, 'X')}"),)),
    ("averages changed in place", "arguments changed",
     ((MOVE_MEAN, "moving_mean[:] = momentum * moving_mean + (1 - momentum) * mean"),)),
)]

# Held out from the bank's first state, which named 6 of these 17; since then it learns from them.
FORMERLY = [Mutant("vgg_block", *row) for row in (
    ("SELU for ReLU", "another activation", (('"relu"', '"selu"'),)),
    ("dilated windows", "kernel size",
     ((CONV, CONV.replace("3,", "3, dilation_rate=2,")),)),
    ("the first convolution keeps the channels", "channels grow inside the block",
     ((CONV, CONV.replace("filters", "(filters if _ else X.shape[-1])")),)),
    ("twice as many convolutions", "number of convolutions",
     (("range(convolutions)", "range(2 * convolutions)"),)),
    ("spatial dropout between convolutions", "dropout in a block",
     ((STEP, f"{STEP}\nX = layers.SpatialDropout2D(0.2)(X)"),)),
    ("a second pooling at the end", "pooling window",
     ((POOL, f"{POOL}\n{POOL}"),)),
    ("32 filters written in", "filters fixed", (("filters", "32"),)),
    ("a 1x1 convolution at the end", "kernel size",
     ((POOL, f'X = layers.Conv2D(filters, 1, activation="relu")(X)\n{POOL}'),)),
)] + [Mutant("VGG16", *row) for row in (
    ("VGG-11", "another depth", _table("((1, 64), (1, 128), (2, 256), (2, 512), (2, 512))")),
    ("every block to 256 at most", "filters of the blocks",
     ((WALK, "X = vgg_block(X, convolutions, min(filters, 256))"),)),
    ("the last block twice", "block added",
     _table("((2, 64), (2, 128), (3, 256), (3, 512), (3, 512), (3, 512))")),
    ("max over the last map", "global pooling", ((FLAT, "X = layers.GlobalMaxPooling2D()(X)"),)),
    ("100 units", "number of units", (("4096", "100"),)),
    ("a rate of 0.8", "dropout rate", (("0.5", "0.8"),)),
    ("dropout in each block", "dropout in another place",
     ((WALK, "X = layers.Dropout(0.1)(vgg_block(X, convolutions, filters))"),)),
    ("two classes fewer", "classes fixed", (("classes", "classes - 2"),)),
    ("images divided by 127.5, less 1", "input scaled",
     (("X = images = keras.Input(input_shape)",
      "images = keras.Input(input_shape)\nX = layers.Rescaling(1 / 127.5, -1)(images)"),)),
)]

MUTANTS = BLOCK + NETWORK + NORM + FORMERLY

HELD_OUT = [Mutant("vgg_block", *row) for row in (
    ("hard tanh-like activation", "another activation", (('"relu"', '"relu6"'),)),
    ("a third of the filters", "filters fixed | channels grow inside the block",
     ((CONV, CONV.replace("filters", "max(1, filters // 3)")),)),
    ("five convolutions", "number of convolutions", (("range(convolutions)", "range(5)"),)),
    ("3x1 windows", "kernel size", ((CONV, CONV.replace("3,", "(3, 1),")),)),
    ("padding after pooling", "pooling window",
     ((POOL, "X = layers.ZeroPadding2D(1)(layers.MaxPooling2D(2)(X))"),)),
    ("layer normalisation", "batch norm added",
     ((STEP, f"{STEP}\nX = layers.LayerNormalization()(X)"),)),
    ("Gaussian noise", "dropout in a block", ((POOL, f"{POOL}\nX = layers.GaussianNoise(1)(X)"),)),
)] + [Mutant("VGG16", *row) for row in (
    ("four convolutions in the fifth block", "another depth",
     _table("((2, 64), (2, 128), (3, 256), (3, 512), (4, 512))")),
    ("48 channels at first", "filters of the blocks",
     _table("((2, 48), (2, 96), (3, 192), (3, 384), (3, 384))")),
    ("3000 units", "number of units", (("4096", "3000"),)),
    ("four hidden dense layers", "dense layer added", (("range(2)", "range(4)"),)),
    ("ELU in the dense layers", "another activation", (('"relu"', '"elu"'),)),
    ("rate 0.05", "dropout rate", (("0.5", "0.05"),)),
    ("a dropout behind the output", "dropout in another place",
     ((MODEL, f"X = layers.Dropout(0.5)(X)\n{MODEL}"),)),
    ("seven classes", "classes fixed", (("classes", "7"),)),
)] + [Mutant("batch_norm", *row) for row in (
    ("the largest number for the deviation", "root missing | not divided",
     ((VARIANCE, "X.max(axis=(0, 1, 2))"),)),
    ("the root of epsilon", "epsilon outside the root",
     ((ROOT, "(np.sqrt(variance) + np.sqrt(epsilon))"),)),
    ("epsilon squared", "epsilon missing", ((ROOT, "np.sqrt(variance + epsilon ** 2)"),)),
    ("momentum of 0.5", "momentum fixed", (("momentum", "0.5"),)),
    ("gamma added to one", "gamma missing", ((Y, Y.replace("gamma *", "(1 + gamma) *")),)),
    ("averages of the averages", "averages in training mode",
     ((Y, f"mean = (mean + moving_mean) / 2\n{Y}"),)),
    ("the mean of absolute differences", "root missing | not divided",
     ((VARIANCE, "np.abs(X - X.mean(axis=(0, 1, 2))).mean(axis=(0, 1, 2))"),)),
)]
