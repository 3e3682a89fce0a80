"""Wrong answers to LeNet-5, and the misconception that each shows."""

from __future__ import annotations

from grader.authoring.mutants import Mutant

# Rows of a table: a mutant reads best on one or two lines.
# fmt: off

FIRST = 'layers.Conv2D(6, 5, activation="relu")'
SECOND = 'layers.Conv2D(16, 5, activation="relu")'
POOL = "layers.AveragePooling2D(2)"
FLAT = "layers.Flatten()"
D120, D84 = (f'layers.Dense({units}, activation="relu")' for units in (120, 84))
LAST = 'layers.Dense(classes, activation="softmax")'
INPUT = "keras.Input(input_shape)"
MODEL = 'model = keras.Model(images, X, name="lenet5")'


def _line(layer: str) -> str:
    return f"X = {layer}(X)"


NETWORK = [Mutant("lenet5", *row) for row in (
    ("max pooling in both places", "max pooling", ((POOL, "layers.MaxPooling2D(2)"),)),
    ("both convolutions padded", "same for valid",
     ((FIRST, FIRST.replace("5,", "5, padding='same',")),
      (SECOND, SECOND.replace("5,", "5, padding='same',")))),
    ("the second convolution padded", "same for valid",
     ((SECOND, SECOND.replace("5,", "5, padding='same',")),)),
    ("no activation in the convolutions", "activation missing",
     ((FIRST, "layers.Conv2D(6, 5)"), (SECOND, "layers.Conv2D(16, 5)"))),
    ("no activation in the dense layers", "activation missing",
     ((D120, "layers.Dense(120)"), (D84, "layers.Dense(84)"))),
    ("tanh everywhere, as in the paper", "another activation", (('"relu"', '"tanh"'),)),
    ("sigmoid everywhere", "another activation", (('"relu"', '"sigmoid"'),)),
    ("16 filters, then 6", "filters swapped", (("6", "17"), ("16", "6"), ("17", "16"))),
    ("6 filters twice", "number of filters", ((SECOND, FIRST),)),
    ("3x3 kernels", "kernel size", (("5", "3"),)),
    ("stride 2 in the first convolution", "stride of a convolution",
     ((FIRST, FIRST.replace("5,", "5, strides=2,")),)),
    ("no pooling after the second convolution", "pooling missing",
     ((f"X = {FIRST}(images)", f"X = {POOL}({FIRST}(images))"), (_line(POOL), ""))),
    ("the map is not flattened", "flatten missing", ((_line(FLAT), ""),)),
    ("global pooling for flattening", "global pooling",
     ((FLAT, "layers.GlobalAveragePooling2D()"),)),
    ("84 units, then 120", "units swapped", (("84", "85"), ("120", "84"), ("85", "120"))),
    ("no layer of 84", "dense layer missing", ((_line(D84), ""),)),
    ("no softmax", "softmax missing", (('"softmax"', "None"),)),
    ("sigmoid at the end", "softmax missing", (('"softmax"', '"sigmoid"'),)),
    ("softmax twice", "softmax twice",
     ((_line(LAST), f"X = layers.Softmax()({LAST}(X))"),)),
    ("ten classes written in", "classes fixed", (("classes", "10"),)),
    ("the paper's images written in", "input shape fixed",
     ((INPUT, "keras.Input((32, 32, 1))"),)),
    ("dropout before the output", "dropout added",
     ((_line(LAST), f"X = {LAST}(layers.Dropout(0.5)(X))"),)),
    ("batch norm after each convolution", "batch norm added",
     ((FIRST, f"(lambda Z: layers.BatchNormalization()({FIRST}(Z)))"),
      (SECOND, f"(lambda Z: layers.BatchNormalization()({SECOND}(Z)))"))),
    ("nothing is trained", "layers frozen", ((MODEL, f"{MODEL}\nmodel.trainable = False"),)),
    ("128 units, then 64", "number of units", (("120", "128"), ("84", "64"))),
)]

FLOATS = 'images = np.asarray(images, dtype="float64")'
ROWS, COLUMNS = "(h - f_h) // stride + 1", "(w - f_w) // stride + 1"
MAPS = f"maps = np.zeros((n, {ROWS}, {COLUMNS}, k))"
SIDES = "f_h, f_w, _, k = kernel.shape"
PLACE = "y, x = i * stride, j * stride"
WINDOW = "images[:, y : y + f_h, x : x + f_w, :, None]"
SUM = "(window * kernel).sum(axis=(1, 2, 3))"
STEP = f"maps[:, i, j] = {SUM} + bias"
RETURN = "return maps"

CONVOLUTION = [Mutant("convolution", *row) for row in (
    ("the kernel rotated by 180 degrees", "kernel flipped",
     ((FLOATS, f"{FLOATS}\nkernel = kernel[::-1, ::-1]"),)),
    ("flipped up and down", "kernel flipped", ((FLOATS, f"{FLOATS}\nkernel = np.flipud(kernel)"),)),
    ("zeros around the images", "same for valid",
     ((SIDES, f"{SIDES}\nimages = np.pad(images, ((0, 0), ((f_h - 1) // 2, f_h // 2), "
              "((f_w - 1) // 2, f_w // 2), (0, 0)))\nn, h, w, _ = images.shape"),)),
    ("maps as large as the images", "same for valid",
     ((MAPS, "maps = np.zeros((n, h // stride, w // stride, k))"),
      ("range(maps.shape[1])", f"range({ROWS})"), ("range(maps.shape[2])", f"range({COLUMNS})"))),
    ("one place forgotten", "one position short",
     ((ROWS, "(h - f_h) // stride"), (COLUMNS, "(w - f_w) // stride"))),
    ("columns before rows", "rows and columns exchanged",
     (("range(maps.shape[1])", f"range({ROWS})"), ("range(maps.shape[2])", f"range({COLUMNS})"),
      (MAPS, f"maps = np.zeros((n, {COLUMNS}, {ROWS}, k))"),
      (STEP, f"maps[:, j, i] = {SUM} + bias"))),
    ("channels before rows", "channels first", ((RETURN, "return maps.transpose(0, 3, 1, 2)"),)),
    ("a mean", "mean for sum", ((SUM, "(window * kernel).mean(axis=(1, 2, 3))"),)),
    ("divided by the channels", "mean for sum", ((SUM, f"{SUM} / kernel.shape[2]"),)),
    ("a map for each channel and filter", "channels apart",
     ((MAPS, f"maps = np.zeros((n, {ROWS}, {COLUMNS}, kernel.shape[2] * k))"),
      (STEP, "maps[:, i, j] = (window * kernel).sum(axis=(1, 2)).reshape(n, -1)"))),
    ("the first channel", "one channel only",
     ((SUM, "(window * kernel)[:, :, :, 0].sum((1, 2))"),)),
    ("the first filter", "one filter only",
     ((SUM, "(window * kernel[..., :1]).sum(axis=(1, 2, 3))"),)),
    ("the whole batch in one sum", "images mixed", ((SUM, "(window * kernel).sum((0, 1, 2, 3))"),)),
    ("no loop over the images", "first image only",
     ((STEP, "maps[0, i, j] = (window[0] * kernel).sum(axis=(0, 1, 2)) + bias"),)),
    ("no bias", "bias missing", ((f"{SUM} + bias", SUM),)),
    ("the bias within the sum", "bias in each product",
     ((f"{SUM} + bias", "(window * kernel + bias).sum(axis=(1, 2, 3))"),)),
    ("bias[0]", "first bias for all", ((f"{SUM} + bias", f"{SUM} + bias[0]"),)),
    ("no stride", "stride ignored", (("stride", "1"),)),
    ("the stride down only", "stride in one direction",
     ((COLUMNS, "(w - f_w) + 1"), (PLACE, "y, x = i * stride, j"))),
    ("the stride to the right only", "stride in one direction",
     ((ROWS, "(h - f_h) + 1"), (PLACE, "y, x = i, j * stride"))),
    ("the window moves by one", "stride in the size only", ((PLACE, "y, x = i, j"),)),
    ("ReLU", "activation added", ((RETURN, "return np.maximum(maps, 0)"),)),
    ("no floats", "whole numbers", ((FLOATS, ""),)),
    ("maps in the type of the images", "whole numbers",
     ((MAPS, MAPS.replace("k))", "k), images.dtype)")), (FLOATS, ""))),
    ("divided by 255", "images scaled", ((FLOATS, f"{FLOATS} / 255"),)),
    ("square kernels", "window and kernel do not fit",
     (("f_w", "f_h"),)),
    ("width before height", "window and kernel do not fit",
     ((SIDES, "f_w, f_h, _, k = kernel.shape"),)),
    ("the kernel doubled in place", "arguments changed",
     ((RETURN, "kernel *= 2\nreturn maps"),)),
)]

MUTANTS = CONVOLUTION + NETWORK

HELD_OUT = [Mutant("lenet5", *row) for row in (
    ("the last pooling is the largest number", "max pooling",
     ((_line(SECOND), f"X = layers.MaxPooling2D(2)({SECOND}(X))"), (_line(POOL), ""),
      (f"X = {FIRST}(images)", f"X = {POOL}({FIRST}(images))"))),
    ("GELU everywhere", "another activation", (('"relu"', '"gelu"'),)),
    ("a third hidden layer of 10", "dense layer added",
     ((_line(LAST), f"X = {LAST}(layers.Dense(10, activation='relu')(X))"),)),
    ("dropout after flattening", "dropout added",
     ((FLAT, "(lambda Z: layers.Dropout(0.25)(layers.Flatten()(Z)))"),)),
    ("images divided by 255 inside", "input scaled",
     ((f"{FIRST}(images)", f"{FIRST}(layers.Rescaling(1 / 255)(images))"),)),
    ("7x7, then 5x5", "kernel size", ((FIRST, FIRST.replace("5,", "7,")),)),
    ("one output too many", "class too many",
     ((LAST, LAST.replace("classes", "classes + 1")),)),
    ("no bias in the convolutions", "bias missing",
     ((FIRST, FIRST.replace("5,", "5, use_bias=False,")),
      (SECOND, SECOND.replace("5,", "5, use_bias=False,")))),
)] + [Mutant("convolution", *row) for row in (
    ("the whole kernel turned around", "kernel flipped",
     ((FLOATS, f"{FLOATS}\nkernel = np.flip(kernel, (0, 1, 2))"),)),
    ("the largest product", "mean for sum | max for sum",
     ((SUM, "(window * kernel).max(axis=(1, 2, 3))"),)),
    ("one row too many", "one position short | same for valid",
     ((ROWS, f"{ROWS} + 1"), ("range(maps.shape[1])", "range(maps.shape[1] - 1)"))),
    ("the bias taken away", "bias missing", ((f"{SUM} + bias", f"{SUM} - bias"),)),
    ("maps in int", "whole numbers", ((MAPS, MAPS.replace("k))", "k), int)")),)),
    ("the stride squared", "stride ignored | stride in the size only",
     ((PLACE, "y, x = i * stride % h // 2, j * stride"),)),
    ("the images divided in place", "arguments changed",
     ((RETURN, "given //= 2\nreturn maps"), (FLOATS, f"given = images\n{FLOATS}"))),
)]
