"""Wrong answers to Residual Networks, and the misconception that each shows."""

from __future__ import annotations

from grader.authoring.mutants import Mutant

# Rows of a table: a mutant reads best on one or two lines.
# fmt: off

FIRST = 'layers.Activation("relu")(normalised(X, F1, 1, "2a"))'
FIRST_STRIDED = 'layers.Activation("relu")(normalised(X, F1, 1, "2a", s))'
SECOND = 'layers.Activation("relu")(normalised(X, F2, f, "2b"))'
THIRD = 'normalised(X, F3, 1, "2c")'
SUM = "layers.Add()([shortcut, X])"
END = f'layers.Activation("relu")({SUM})'
SIDE = 'normalised(X, F3, 1, "1", s)'
NORM = "layers.BatchNormalization(axis=3, name=norm)(X, training=training)"
CONV = """layers.Conv2D(channels, kernel, padding="same", kernel_initializer=first, name=conv)"""
STRIDED = """layers.Conv2D(
    channels, kernel, stride, padding="same", kernel_initializer=first, name=conv)"""
STEM = """layers.Conv2D(
    64, 7, strides=2, kernel_initializer=GlorotUniform(seed=0), name="conv1")"""
STRIDE = "1 if stage == 2 else 2"
TABLE = "((64, 3), (128, 4), (256, 6), (512, 3))"


# Of the mistakes that either block can have, those that are tried on the identity block alone.
ONCE = {"ReLU before the sum and after it", "no ReLU after the first convolution",
        "product in place of the sum", "no batch norm at all", "training fixed to True",
        "f in the first convolution", "3 in the place of f", "the initialiser is not called",
        "names of convolution and batch norm change places", "batch norm over the rows",
        "F1 and F2 change places", "concatenation in place of the sum", "the sum is left out"}


def _both(exercise: str, first: str, conv: str) -> list[Mutant]:
    """The mistakes that can be made in either block."""
    unset = conv.replace("kernel_initializer=first", "kernel_initializer=initializer")
    return [Mutant(exercise, *row) for row in (
        ("the last ReLU is left out", "last ReLU missing", ((END, SUM),)),
        ("ReLU on the main path, then the sum", "ReLU before sum",
         ((END, "layers.Add()([shortcut, layers.ReLU()(X)])"),)),
        ("ReLU before the sum and after it", "ReLU before sum",
         ((THIRD, f'layers.Activation("relu")({THIRD})'),)),
        ("no ReLU after the first convolution", "inner ReLU missing",
         ((first, first.removeprefix('layers.Activation("relu")')),)),
        ("the sum is left out", "no shortcut", ((END, 'layers.Activation("relu")(X)'),)),
        ("concatenation in place of the sum", "concatenated, not added",
         ((SUM, "layers.Concatenate()([shortcut, X])"),)),
        ("product in place of the sum", "paths not added",
         ((SUM, "layers.Multiply()([shortcut, X])"),)),
        ("no batch norm at all", "batch norm missing", ((NORM, "X"),)),
        ("batch norm over the rows", "batch norm axis", ((NORM, NORM.replace("3", "1")),)),
        ("training is not passed on", "training ignored",
         ((NORM, NORM.replace(", training=training", "")),)),
        ("training fixed to True", "training always on",
         ((NORM, NORM.replace("training=training", "training=True")),)),
        ("F1 and F2 change places", "filters swapped",
         (("F1, F2, F3 = filters", "F2, F1, F3 = filters"),)),
        ("F2 and F3 change places", "channels differ",
         ((SECOND, SECOND.replace("F2", "F3")), (THIRD, THIRD.replace("F3", "F2")))),
        ("f in the first convolution", "kernel size misplaced",
         ((first, first.replace("F1, 1", "F1, f")), (SECOND, SECOND.replace("F2, f", "F2, 1")))),
        ("3 in the place of f", "kernel size fixed", ((SECOND, SECOND.replace("f,", "3,")),)),
        ("valid in the place of same", "valid for same",
         ((conv, conv.replace("same", "valid")),)),
        ("the initialiser is not used", "initialiser ignored",
         (("initializer(seed=0)", "GlorotUniform(seed=0)"),)),
        ("the initialiser is not called", "initialiser not called", ((conv, unset),)),
        ("no names", "layers not named",
         (("conv, norm = branch_names(stage, block, branch)", "conv = norm = None"),)),
        ("names of convolution and batch norm change places", "layers named wrongly",
         (("conv, norm = branch_names(stage, block, branch)",
           "norm, conv = branch_names(stage, block, branch)"),)),
    ) if exercise == "identity_block" or row[0] not in ONCE]


IDENTITY = _both("identity_block", FIRST, CONV) + [Mutant("identity_block", *row) for row in (
    ("the shortcut begins after the first convolution", "channels differ",
     (("shortcut = X", ""), (f"X = {FIRST}", f"X = {FIRST}\nshortcut = X"))),
    ("the main path is added to itself", "shortcut starts late",
     (("shortcut = X", ""), (f"X = {THIRD}", f"X = {THIRD}\nshortcut = X"))),
    ("stride 2 in the first convolution", "stride in identity",
     ((CONV, CONV.replace("kernel,", "kernel, 1 if kernel == f else 2,")),)),
    ("a projection on the shortcut", "projection on identity",
     (("shortcut = X", 'shortcut = normalised(X, F3, 1, "1")'),)),
    ("the second convolution is left out", "convolution count", ((f"X = {SECOND}", ""),)),
)]

CONVOLUTIONAL = _both("convolutional_block", FIRST_STRIDED, STRIDED) + [
    Mutant("convolutional_block", *row) for row in (
        ("the stride in the second convolution", "stride misplaced",
         ((FIRST_STRIDED, FIRST), (SECOND, SECOND.replace('"2b"', '"2b", s')))),
        ("no stride on the shortcut", "one path strided", ((SIDE, SIDE.replace(", s", "")),)),
        ("no stride on the main path", "one path strided", ((FIRST_STRIDED, FIRST),)),
        ("stride 2 whatever s says", "stride fixed",
         ((FIRST_STRIDED, FIRST_STRIDED.replace(", s", ", 2")),
          (SIDE, SIDE.replace(", s", ", 2")))),
        ("the input itself on the shortcut", "no projection", ((SIDE, "X"),)),
        ("ReLU after the projection", "ReLU on shortcut", ((SIDE, f"layers.ReLU()({SIDE})"),)),
        ("no batch norm on the shortcut", "shortcut norm missing",
         ((SIDE, "layers.Conv2D(F3, 1, s, kernel_initializer=initializer(seed=0))(X)"),)),
        ("the projection has F1 filters", "channels differ", ((SIDE, SIDE.replace("F3", "F1")),)),
        ("f x f on the shortcut", "kernel size misplaced", ((SIDE, SIDE.replace("1,", "f,", 1)),)),
    )]

NETWORK = [Mutant("ResNet50", *row) for row in (
    ("no softmax", "softmax missing", (('"softmax"', "None"),)),
    ("five blocks in stage 4", "block missing", ((TABLE, TABLE.replace("256, 6", "256, 5")),)),
    ("five blocks in stage 3", "block too many", ((TABLE, TABLE.replace("128, 4", "128, 5")),)),
    ("stage 5 as misprinted", "misprinted filters",
     (("identity_block(X, 3, filters, stage, block)",
       "identity_block(X, 3, [256, 256, 2048] if stage == 5 else filters, stage, block)"),)),
    ("stage 2 halves the map", "stage stride", ((STRIDE, "2"),)),
    ("a stage begins with an identity block", "stage begins wrongly",
     (('X = convolutional_block(X, 3, filters, stage, "a", s=1 if stage == 2 else 2)',
       'X = identity_block(X, 3, filters, stage, "a")'),)),
    ("no padding before the stem", "stem padding",
     (("layers.ZeroPadding2D(3)(images)", "images"),)),
    ("no batch norm in the stem", "stem norm",
     (('X = layers.BatchNormalization(axis=3, name="bn_conv1")(X)', ""),)),
    ("global pooling in the head", "global pooling",
     (('layers.AveragePooling2D(2, name="avg_pool")', "layers.GlobalAveragePooling2D()"),)),
    ("no flattening", "flatten missing", (("X = layers.Flatten()(X)", ""),)),
    ("six classes written in", "classes fixed",
     (("classes", "6"),)),
    ("the shape of the images written in", "input shape fixed",
     (("keras.Input(input_shape)", "keras.Input((64, 64, 3))"),)),
    ("the stem's batch norm is frozen", "layers frozen",
     (('layers.BatchNormalization(axis=3, name="bn_conv1")',
       'layers.BatchNormalization(axis=3, name="bn_conv1", trainable=False)'),)),
)]

# These were held out from a first bank, which named 16 of 23; what it missed is now in it.
FORMERLY_HELD_OUT = [Mutant("identity_block", *row) for row in (
    ("ReLU on the shortcut", "ReLU on shortcut",
     (("shortcut = X", "shortcut = layers.ReLU()(X)"),)),
    ("training is not passed on to the last batch norm", "training ignored",
     ((NORM, NORM.replace(
         "training=training", "**({} if branch == '2c' else {'training': training})")),)),
    ("not training", "training inverted",
     ((NORM, NORM.replace("training=training", "training=not training")),)),
    ("leaky ReLU throughout", "another activation", (('"relu"', '"leaky_relu"'),)),
    ("one kernel is drawn by another initialiser", "initialiser ignored",
     ((CONV, CONV.replace("=first", "=first if kernel == 1 else GlorotUniform(seed=0)")),)),
    ("no last ReLU, and batch norm over the rows", "last ReLU missing | batch norm axis",
     ((END, SUM), (NORM, NORM.replace("3", "1")))),
)] + [Mutant("convolutional_block", *row) for row in (
    ("the stride in the third convolution too", "stride misplaced",
     ((THIRD, THIRD.replace('"2c"', '"2c", s')),)),
    ("3x3 on the shortcut", "kernel size misplaced", ((SIDE, SIDE.replace("1,", "3,", 1)),)),
    ("no bias in the projection", "bias missing",
     ((STRIDED, STRIDED.replace("padding", "use_bias=branch != '1', padding")),)),
    ("training is not passed on on the shortcut", "training ignored",
     ((NORM, NORM.replace("training=training", "training=None if branch == '1' else training")),)),
    ("max pooling on the shortcut", "pooling on shortcut",
     ((SIDE, "normalised(layers.MaxPooling2D(s, padding='same')(X), F3, 1, '1')"),)),
    ("s is 1 where it is not given", "stride fixed", (("2", "1"),)),
    ("ReLU before the sum, and no names", "ReLU before sum | layers not named",
     ((THIRD, f"layers.ReLU()({THIRD})"), ("branch_names(stage, block, branch)", "(None, None)"))),
)] + [Mutant("ResNet50", *row) for row in (
    ("blocks end twice as wide, not four times", "stage filters",
     (("4 * width", "2 * width"),)),
    ("a hidden dense layer", "dense layers added",
     (("X = layers.Flatten()(X)", "X = layers.Dense(64, 'relu')(layers.Flatten()(X))"),)),
    ("dropout before the dense layer", "dropout added",
     (("X = layers.Flatten()(X)", "X = layers.Dropout(0.5)(layers.Flatten()(X))"),)),
    ("stage 5 is left out", "stage missing", ((TABLE, TABLE.replace(", (512, 3)", "")),)),
)]

MUTANTS = IDENTITY + CONVOLUTIONAL + NETWORK + FORMERLY_HELD_OUT

HELD_OUT = [Mutant("identity_block", *row) for row in (
    ("stride 2 in the last convolution", "stride in identity",
     ((THIRD, "layers.Conv2D(F3, 1, 2, kernel_initializer=initializer(seed=0))(X)"),)),
    ("the shortcut is taken after the second convolution", "channels differ",
     (("shortcut = X", ""), (f"X = {SECOND}", f"X = {SECOND}\nshortcut = X"))),
    ("layer normalisation in the place of batch norm", "batch norm missing",
     ((NORM, "layers.LayerNormalization(axis=3, name=norm)(X)"),)),
    ("the second kernel is f x 1", "kernel size misplaced",
     ((SECOND, SECOND.replace("f,", "(f, 1),")),)),
    ("two main paths are added, and the input is not", "shortcut starts late | no shortcut",
     ((SUM, "layers.Add()([X, X])"),)),
    ("sigmoid as the last activation", "another activation",
     ((END, END.replace("relu", "sigmoid")),)),
)] + [Mutant("convolutional_block", *row) for row in (
    ("the shortcut branches off after the first convolution", "shortcut starts late",
     ((f"shortcut = {SIDE}", ""), (f"X = {FIRST_STRIDED}",
                                   f"X = {FIRST_STRIDED}\nshortcut = normalised(X, F3, 1, '1')"))),
    ("the last ReLU on the main path only, batch norm over the columns",
     "ReLU before sum | batch norm axis",
     ((END, "layers.Add()([shortcut, layers.ReLU()(X)])"), (NORM, NORM.replace("3", "2")))),
    ("stride s + 1", "stride fixed | stride misplaced",
     ((FIRST_STRIDED, FIRST_STRIDED.replace(", s", ", s + 1")),
      (SIDE, SIDE.replace(", s", ", s + 1")))),
    ("the names of the shortcut are those of 2c", "layers named wrongly",
     ((SIDE, SIDE.replace('"1"', '"3"')),)),
    ("batch norm after the sum", "batch norm misplaced",
     ((END, f"layers.Activation('relu')(layers.BatchNormalization(axis=3)({SUM}))"),)),
)] + [Mutant("ResNet50", *row) for row in (
    ("ReLU after the dense layer, then softmax", "softmax missing",
     (("layers.Flatten()(X)", "layers.Dense(classes, 'relu')(layers.Flatten()(X))"),
      ("layers.Dense(classes, activation='softmax', kernel_initializer=GlorotUniform(seed=0), "
       "name=f'fc{classes}')", "layers.Softmax()"))),
    ("all stages one block short", "block missing",
     (("'bcdef'[:blocks - 1]", "'bcdef'[:blocks - 2]"),)),
    ("stride 1 in the stem", "stem convolution", ((STEM, STEM.replace("strides=2, ", "")),)),
    ("channels double in stage 4 only inside", "stage filters",
     (("[width, width, 4 * width]", "[width, 2 * width if stage == 4 else width, 4 * width]"),)),
)]
