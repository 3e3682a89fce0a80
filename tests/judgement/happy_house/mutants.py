"""Wrong answers to the Happy House, and the misconception that each shows."""

from __future__ import annotations

from grader.authoring.mutants import Mutant

# Rows of a table: a mutant reads best on one or two lines.
# fmt: off

INPUT = "keras.Input(input_shape)"
PAD = "layers.ZeroPadding2D(3)"
CONVOLUTION = 'layers.Conv2D(32, 7, name="conv0")'
NORM = 'layers.BatchNormalization(axis=-1, name="bn0")'
RELU = 'layers.Activation("relu")'
POOL = 'layers.MaxPooling2D(2, name="max_pool")'
FLAT = "layers.Flatten()"
LAST = 'layers.Dense(1, activation="sigmoid", name="fc")'
MODEL = 'model = keras.Model(images, X, name="happy_model")'


def _line(layer: str) -> str:
    return f"X = {layer}(X)"


def _order(*layers: str) -> tuple:
    """Edits that put these layers in the place of batch norm, ReLU and pooling."""
    return ((_line(NORM), ""), (_line(RELU), ""), (_line(POOL), "\n".join(map(_line, layers))))


def _convolution(text: str) -> tuple:
    return ((CONVOLUTION, f"layers.Conv2D({text})"),)


def _mutants(*rows) -> list[Mutant]:
    return [Mutant("happy_model", *row) for row in rows]


MUTANTS = _mutants(
    ("no frame of zeros", "padding missing", ((f"X = {PAD}(images)", "X = images"),)),
    ("a frame of 1", "padding of another width", ((PAD, "layers.ZeroPadding2D(1)"),)),
    ("a frame, and padding same", "padded twice", _convolution("32, 7, padding='same'")),
    ("16 filters", "number of filters", _convolution("16, 7")),
    ("3x3 kernel", "kernel size", _convolution("32, 3")),
    ("5x5 kernel with padding same", "kernel size",
     ((f"X = {PAD}(images)", "X = images"), *_convolution("32, 5, padding='same'"))),
    ("stride 2", "stride of the convolution", _convolution("32, 7, strides=2")),
    ("convolution without bias", "bias missing", _convolution("32, 7, use_bias=False")),
    ("no batch norm", "batch norm missing", ((_line(NORM), ""),)),
    ("ReLU in the convolution, then batch norm", "batch norm after ReLU",
     ((CONVOLUTION, "layers.Conv2D(32, 7, activation='relu')"), (_line(RELU), ""))),
    ("ReLU, batch norm, pooling", "batch norm after ReLU", _order(RELU, NORM, POOL)),
    ("pooling, batch norm, ReLU", "batch norm after pooling", _order(POOL, NORM, RELU)),
    ("batch norm over rows", "batch norm over the wrong axis",
     ((NORM, "layers.BatchNormalization(axis=1)"),)),
    ("batch norm over columns", "batch norm over the wrong axis",
     ((NORM, "layers.BatchNormalization(axis=2)"),)),
    ("layer norm", "another normalisation", ((NORM, "layers.LayerNormalization()"),)),
    ("batch norm frozen", "batch norm frozen",
     ((NORM, "layers.BatchNormalization(trainable=False)"),)),
    ("nothing is trained", "layers frozen", ((MODEL, f"{MODEL}\nmodel.trainable = False"),)),
    ("no ReLU", "ReLU missing", ((_line(RELU), ""),)),
    ("tanh", "another activation", (('"relu"', '"tanh"'),)),
    ("leaky ReLU", "another activation", ((RELU, "layers.Activation('leaky_relu')"),)),
    ("average pooling", "average pooling", ((POOL, "layers.AveragePooling2D(2)"),)),
    ("no pooling", "pooling missing", ((_line(POOL), ""),)),
    ("pooling by 3", "pooling window", ((POOL, "layers.MaxPooling2D(3, 2)"),)),
    ("no flattening", "flatten missing", ((_line(FLAT), ""),)),
    ("global average", "global pooling", ((FLAT, "layers.GlobalAveragePooling2D()"),)),
    ("softmax on one unit", "softmax of one unit", (('"sigmoid"', '"softmax"'),)),
    ("two units with softmax", "more units than one",
     ((LAST, 'layers.Dense(2, activation="softmax")'),)),
    ("no activation at the end", "sigmoid missing", ((LAST, "layers.Dense(1)"),)),
    ("a hidden layer of 64", "dense layer added",
     ((_line(LAST), f"X = {LAST}(layers.Dense(64, activation='relu')(X))"),)),
    ("dropout before the answer", "dropout added",
     ((_line(LAST), f"X = {LAST}(layers.Dropout(0.5)(X))"),)),
    ("images of 64x64x3 written in", "input shape fixed", ((INPUT, "keras.Input((64, 64, 3))"),)),
    ("a row of 32,768 written in", "input shape fixed", ((FLAT, "layers.Reshape((32768,))"),)),
    ("divided by 255 inside", "pixels divided inside",
     ((f"{PAD}(images)", f"{PAD}(layers.Rescaling(1 / 255)(images))"),)),
)

HELD_OUT = _mutants(
    ("48 filters", "number of filters", _convolution("48, 7")),
    ("9x9 kernel in a frame of 4", "kernel size | padding of another width",
     ((PAD, "layers.ZeroPadding2D(4)"), *_convolution("32, 9"))),
    ("stride 2 along the rows only", "stride of the convolution",
     _convolution("32, 7, strides=(1, 2)")),
    ("batch norm of the images", "batch norm before the convolution",
     ((_line(NORM), ""), (f"{PAD}(images)", f"{PAD}(layers.BatchNormalization()(images))"))),
    ("batch norm without gamma and beta", "gamma and beta missing",
     ((NORM, "layers.BatchNormalization(center=False, scale=False)"),)),
    ("group norm", "another normalisation", ((NORM, "layers.GroupNormalization(8)"),)),
    ("SELU", "another activation", (('"relu"', '"selu"'),)),
    ("pooling by 8", "pooling window", ((POOL, "layers.MaxPooling2D(8)"),)),
    ("dropout of whole channels", "dropout added",
     ((POOL, "(lambda Z: layers.SpatialDropout2D(0.2)(layers.MaxPooling2D(2)(Z)))"),)),
    ("a hidden layer of 256 with tanh", "dense layer added",
     ((_line(LAST), f"X = {LAST}(layers.Dense(256, activation='tanh')(X))"),)),
    ("the probability of the class 0", "classes turned round",
     ((_line(LAST), f"X = 1 - {LAST}(X)"),)),
    ("three units with softmax", "more units than one",
     ((LAST, 'layers.Dense(3, activation="softmax")'),)),
)
