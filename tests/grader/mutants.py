"""Wrong answers made from the worked solution by edits of its syntax tree, and what each shows.

Each names the misconception that its feedback must name; the names are written down here, by hand,
and come from nowhere else. `HELD_OUT` was written after the bank of misconceptions was finished,
and the bank was not changed for it.
"""

from __future__ import annotations

import ast
import textwrap
from dataclasses import dataclass


@dataclass(frozen=True)
class Mutant:
    """edits: (old, new) in turn, each an expression or statements; the old one must be there."""

    exercise: str
    title: str
    expected: str
    edits: tuple


class _Edit(ast.NodeTransformer):
    """Every occurrence of a subtree becomes another; statements may become several, or none."""

    def __init__(self, old: str, new: str):
        self.old, self.found = ast.parse(textwrap.dedent(old)).body[0], 0
        self.new = new
        self.whole = not isinstance(self.old, ast.Expr)
        self.key = ast.dump(self.old if self.whole else self.old.value)

    def visit(self, node):
        if isinstance(node, ast.expr | ast.stmt) and ast.dump(node) == self.key:
            self.found += 1
            body = ast.parse(textwrap.dedent(self.new)).body
            return body if self.whole else body[0].value
        return self.generic_visit(node)


def mutated(text: str, mutant: Mutant) -> str:
    """The solution's text with the mutant's edits made in its function, and nowhere else."""
    tree = ast.parse(text)
    [function] = [node for node in tree.body if getattr(node, "name", "") == mutant.exercise]
    # The edits read and write names in Load context; that of a target never matches one.
    for old, new in mutant.edits:
        edit = _Edit(old, new)
        edit.visit(function)
        assert edit.found, f"{mutant.title}: {mutant.exercise} has no {old!r} any more"
    return ast.unparse(ast.fix_missing_locations(tree))


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
        ("batch norm over the columns", "batch norm axis", ((NORM, NORM.replace("3", "2")),)),
        ("training is not passed on", "training ignored",
         ((NORM, NORM.replace(", training=training", "")),)),
        ("training fixed to False", "training ignored",
         ((NORM, NORM.replace("training=training", "training=False")),)),
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
    )]


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
    ("sigmoid in the place of softmax", "softmax missing", (('"softmax"', '"sigmoid"'),)),
    ("five blocks in stage 4", "block missing", ((TABLE, TABLE.replace("256, 6", "256, 5")),)),
    ("two blocks in stage 5", "block missing", ((TABLE, TABLE.replace("512, 3", "512, 2")),)),
    ("five blocks in stage 3", "block too many", ((TABLE, TABLE.replace("128, 4", "128, 5")),)),
    ("stage 5 as misprinted", "misprinted filters",
     (("identity_block(X, 3, filters, stage, block)",
       "identity_block(X, 3, [256, 256, 2048] if stage == 5 else filters, stage, block)"),)),
    ("stage 3 is 64 wide inside", "stage filters",
     (("[width, width, 4 * width]", "[64 if width == 128 else width, width, 4 * width]"),)),
    ("stage 2 halves the map", "stage stride", ((STRIDE, "2"),)),
    ("stage 5 keeps the size", "stage stride", ((STRIDE, "1 if stage in (2, 5) else 2"),)),
    ("a stage begins with an identity block", "stage begins wrongly",
     (('X = convolutional_block(X, 3, filters, stage, "a", s=1 if stage == 2 else 2)',
       'X = identity_block(X, 3, filters, stage, "a")'),)),
    ("no padding before the stem", "stem padding",
     (("layers.ZeroPadding2D(3)(images)", "images"),)),
    ("3x3 in the stem", "stem convolution", ((STEM, STEM.replace("7", "3")),)),
    ("average pooling in the stem", "stem pooling",
     (("layers.MaxPooling2D(3, strides=2)", "layers.AveragePooling2D(3, strides=2)"),)),
    ("no batch norm in the stem", "stem norm",
     (('X = layers.BatchNormalization(axis=3, name="bn_conv1")(X)', ""),)),
    ("no ReLU in the stem", "stem ReLU", (('X = layers.Activation("relu")(X)', ""),)),
    ("max pooling in the head", "pooling of head",
     (('layers.AveragePooling2D(2, name="avg_pool")', "layers.MaxPooling2D(2)"),)),
    ("no pooling in the head", "pooling of head",
     (('X = layers.AveragePooling2D(2, name="avg_pool")(X)', ""),)),
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

MUTANTS = IDENTITY + CONVOLUTIONAL + NETWORK
HELD_OUT = []
