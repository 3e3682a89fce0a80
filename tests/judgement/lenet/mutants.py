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

LOOP = "for weight in model.weights:\n    numbers = 1\n    for size in weight.shape:\n" \
       "        numbers *= size\n    total += numbers"


def _counted(expression: str) -> tuple:
    return ((LOOP, f"total = {expression}"),)


COUNT = [Mutant("count_parameters", *row) for row in (
    ("kernels only", "biases forgotten",
     (("model.weights", "[w for w in model.weights if len(w.shape) > 1]"),)),
    ("by the weight's name", "biases forgotten",
     (("model.weights", "[w for w in model.weights if 'bias' not in w.name]"),)),
    ("the sizes added", "sizes added", _counted("sum(sum(w.shape) for w in model.weights)")),
    ("weights counted", "things, not numbers", _counted("len(model.weights)")),
    ("layers counted", "things, not numbers", _counted("len(model.layers)")),
    ("trainable weights", "trained only",
     (("model.weights", "model.trainable_weights"),)),
    ("trainable variables", "trained only",
     (("model.weights", "model.trainable_variables"),)),
    ("layers that are trained", "trained only",
     _counted("sum(l.count_params() for l in model.layers if l.trainable)")),
    ("no moving statistics", "moving statistics forgotten",
     (("model.weights", "[w for w in model.weights if 'moving' not in w.name]"),)),
    ("each call of a layer", "shared layer twice",
     _counted("sum(n.operation.count_params() for ns in model._nodes_by_depth.values() "
              "for n in ns if not n.is_input)")),
    ("only layers with a kernel", "nested layers missing",
     _counted("sum(l.count_params() for l in model.layers if not hasattr(l, 'layers'))")),
    ("dense layers and convolutions", "some layers only | nested layers missing",
     _counted("sum(l.count_params() for l in model.layers "
              "if isinstance(l, (layers.Dense, layers.Conv2D)))")),
    ("dense layers", "some layers only",
     _counted("sum(l.count_params() for l in model.layers if isinstance(l, layers.Dense))")),
    ("without the last layer", "a layer left out",
     _counted("sum(l.count_params() for l in model.layers[:-1])")),
    ("without the channels of the input", "input channels forgotten",
     (("for size in weight.shape:\n    numbers *= size",
       "for i, size in enumerate(weight.shape):\n"
       "    numbers *= 1 if len(weight.shape) == 4 and i == 2 else size"),)),
    ("bytes", "bytes, not parameters", (("total += numbers", "total += 4 * numbers"),)),
    ("the last weight only", "a layer left out",
     _counted("sum(w.numpy().size for w in model.layers[-1].weights)")),
    ("a list by layer", "not one number", _counted("[l.count_params() for l in model.layers]")),
    ("a text", "not one number", _counted("f'{model.count_params():,}'")),
    ("activations", "activations counted",
     _counted("sum(int(keras.ops.prod(l.output.shape[1:])) for l in model.layers[1:])")),
)]

MUTANTS = NETWORK + COUNT

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
)] + [Mutant("count_parameters", *row) for row in (
    ("the weights of the layers, without opening them", "nested layers missing",
     _counted("sum(w.numpy().size for l in model.layers if type(l).__name__ != 'Functional' "
              "for w in l.weights)")),
    ("non-trainable weights", "trained only",
     (("model.weights", "model.non_trainable_weights"),)),
    ("one too many", "a layer left out | off by one", (("total = 0", "total = 1"),)),
    ("thousands", "not one number | thousands", _counted("model.count_params() / 1000")),
    ("without the first layer", "a layer left out",
     _counted("sum(w.numpy().size for w in model.weights[2:])")),
    ("the last size of each shape", "sizes added | biases forgotten",
     _counted("sum(w.shape[-1] for w in model.weights)")),
)]
