"""Wrong answers to transfer learning, and the misconception that each shows."""

from __future__ import annotations

from grader.authoring.mutants import Mutant

# Rows of a table: a mutant reads best on one or two lines.
# fmt: off

FEATURES = "features = model.layers[-1].input"
NEW = 'layers.Dense(classes, activation="softmax")'
ENDS = "replaced = keras.Model(model.input, probabilities)"
HEAD_LINE = f"probabilities = {NEW}(features)"


def _before(line: str) -> tuple:
    return ((FEATURES, f"{line}\n{FEATURES}"),)


def _after(line: str) -> tuple:
    return ((ENDS, f"{ENDS}\n{line}"),)


HEAD = [Mutant("replace_head", *row) for row in (
    ("no softmax", "softmax missing", ((NEW, "layers.Dense(classes)"),)),
    ("softmax once more", "softmax twice", ((HEAD_LINE, f"{HEAD_LINE}\n"
                                             "probabilities = layers.Softmax()(probabilities)"),)),
    ("as many classes as before", "the old number of classes",
     (("classes", "model.output_shape[-1]"),)),
    ("six classes written in", "classes fixed", (("classes", "6"),)),
    ("one class too many", "another number of units", (("classes", "classes + 1"),)),
    ("the old head's probabilities", "head on the old head",
     (("model.layers[-1].input", "model.output"),)),
    ("the layer before the pooling", "features from too early a layer",
     (("model.layers[-1].input", "model.layers[-2].input"),)),
    ("the network cloned", "learnt weights lost",
     _before("model = keras.models.clone_model(model)")),
    ("the body called in training mode", "batch norm in training mode",
     ((HEAD_LINE, "body = keras.Model(model.input, features)\n"
       f"probabilities = {NEW}(body(model.input, training=True))"),)),
    ("the model frozen first", "freezing does not belong here", _before("model.trainable = False")),
    ("all but the new layer frozen", "freezing does not belong here",
     _after("for layer in replaced.layers[:-1]:\n    layer.trainable = False")),
    ("the new layer frozen", "the new head is frozen",
     _after("replaced.layers[-1].trainable = False")),
    ("everything set free", "frozen layers set free", 
     _after("for layer in replaced.layers:\n    layer.trainable = True")),
    ("a dense layer in between", "more than one new layer",
     ((FEATURES, f"{FEATURES}\nfeatures = layers.Dense(64, activation='relu')(features)"),)),
    ("the model itself for as many classes", "the old head for as many classes",
     _after("replaced = model if model.output_shape[-1] == classes else replaced")),
    ("the model as it is", "the old head stays", ((ENDS, "replaced = model"),)),
    ("no bias", "bias missing", ((NEW, NEW.replace("classes,", "classes, use_bias=False,")),)),
    ("a keras.Sequential of the layers", "layers called as a chain",
     ((ENDS, "replaced = keras.Sequential([keras.Input(model.input_shape[1:]), "
             f"*model.layers[1:-1], {NEW}])"),)),
    ("a keras.Sequential that loses its head", "the given model is changed",
     _before("if isinstance(model, keras.Sequential):\n    model.pop()\n    return keras.Model("
             "model.inputs, layers.Dense(classes, activation='softmax')(model.outputs[0]))"),),
    ("every weight one", "no random weights",
     ((NEW, NEW.replace("classes,", "classes, kernel_initializer='ones',")),)),
)]

FEW_TEST = "examples_per_class < FEW"
MANY_TEST = "examples_per_class < MANY"
FEW_LIST = "return model.layers[:-1]"
MORE_LIST = "return model.layers[: places[-1]]"
NOTHING = "frozen = []"
KEPT = "[layer for layer in {} if {}]"


def _chosen(condition: str) -> tuple:
    return tuple((one, f"return {KEPT.format(one.removeprefix('return '), condition)}")
                 for one in (FEW_LIST, MORE_LIST))


FREEZE = [Mutant("layers_to_freeze", *row) for row in (
    ("an empty list ever", 
     "a freeze that freezes nothing | the middle row as the last",
     ((FEW_LIST, "return []"), (MORE_LIST, "return []"))),
    ("the head too", "the head is frozen too", ((FEW_LIST, "return model.layers"),)),
    ("few and many turned round",
     "a freeze that freezes nothing | something frozen with many",
     ((FEW_LIST, "return []"), (NOTHING, "frozen = model.layers[:-1]"))),
    ("the trained ones", "what is trained, not what is frozen",
     ((FEW_LIST, "return model.layers[-1:]"), (MORE_LIST, "return model.layers[places[-1]:]"),
      (NOTHING, "frozen = model.layers"))),
    ("without batch norm", "batch norm left out",
     _chosen("not isinstance(layer, layers.BatchNormalization)")),
    ("convolutions only", "some kinds of layer only | batch norm left out",
     _chosen("isinstance(layer, layers.Conv2D)")),
    ("the last convolution too", "the last convolution frozen too",
     ((MORE_LIST, "return model.layers[: places[-1] + 1]"),)),
    ("from the last convolution but one", "another cut in the middle",
     ((MORE_LIST, "return model.layers[: places[-2]]"),)),
    ("all but the head in the middle", "the middle row as the first", ((MORE_LIST, FEW_LIST),)),
    ("nothing in the middle", "the middle row as the last", ((MORE_LIST, "return []"),)),
    ("the middle row for few", "the first row as the middle",
     ((FEW_LIST, "return model.layers[:max(i for i, layer in enumerate(model.layers) "
       "if isinstance(layer, layers.Conv2D))]"),)),
    ("all but the last two", "too few layers for few photographs",
     ((FEW_LIST, "return model.layers[:-3]"),)),
    ("few is up to FEW", "an edge off by one", ((FEW_TEST, "examples_per_class <= FEW"),)),
    ("more is up to MANY", "an edge off by one", ((MANY_TEST, "examples_per_class <= MANY"),)),
    ("below 10", "other thresholds", (("FEW", "10"),)),
    ("freezes as well", "a list that freezes",
     ((f"if {FEW_TEST}:\n    {FEW_LIST}",
       f"if {FEW_TEST}:\n    for layer in model.layers[:-1]:\n        layer.trainable = False\n"
       f"    {FEW_LIST}"),)),
    ("those that are trained so far", "the answer depends on what is frozen already",
     _chosen("layer.trainable")),
    ("one text", "not a list of layers",
     ((FEW_LIST, "return ', '.join(layer.name for layer in model.layers[:-1])"),)),
)]

ONLY_HEAD = "layer.trainable = layer is model.layers[-1]"
ALL_BUT_NORM = "layer.trainable = not isinstance(layer, layers.BatchNormalization)"
FREEZES = f"for layer in model.layers:\n    {ONLY_HEAD}"
FREES = f"for layer in model.layers:\n    {ALL_BUT_NORM}"
LOSS = '"sparse_categorical_crossentropy"'
AGAIN = f"model.compile(keras.optimizers.Adam(learning_rate / 10), {LOSS})"
HEAD_FIT = "model.fit(images, labels, epochs=head_epochs, verbose=0)"
FIT = "model.fit(images, labels, epochs=epochs, verbose=0)"

TUNE = [Mutant("fine_tune", *row) for row in (
    ("nothing frozen", "old layers trained too early | moving averages lost", ((FREEZES, ""),)),
    ("frozen after the first fit", "old layers trained too early | moving averages lost",
     ((FREEZES, ""), (HEAD_FIT, f"{HEAD_FIT}\n{FREEZES}"))),
    ("frozen as the list says, and one too few", "old layers trained too early",
     ((ONLY_HEAD, "layer.trainable = layer in model.layers[-3:]"),)),
    ("not compiled again", "not compiled again", ((AGAIN, "None"),)),
    ("the rate alone is set", "not compiled again",
     ((AGAIN, "model.optimizer.learning_rate = learning_rate / 10"),)),
    ("unfrozen after the second fit", "never unfrozen",
     ((FREES, ""), (FIT, f"{FIT}\n{FREES}"))),
    ("never unfrozen", "never unfrozen", ((FREES, ""),)),
    ("frozen again", "never unfrozen", ((ALL_BUT_NORM, ONLY_HEAD),)),
    ("the last layers alone", "only some layers in the second phase",
     ((ALL_BUT_NORM, "layer.trainable = layer in model.layers[-4:] and "
       "not isinstance(layer, layers.BatchNormalization)"),)),
    ("convolutions of the last half", "only some layers in the second phase",
     ((ALL_BUT_NORM, "layer.trainable = isinstance(layer, layers.Dense) or 'conv4_conv' in "
       "layer.name"),)),
    ("batch norm unfrozen too", "moving averages lost",
     ((ALL_BUT_NORM, "layer.trainable = True"),)),
    ("batch norm learns at first", "batch norm not frozen at first",
     ((ONLY_HEAD, "layer.trainable = not isinstance(layer, layers.Conv2D)"),)),
    ("one rate", "the same rate in both phases", (("learning_rate / 10", "learning_rate"),)),
    ("ten times the rate", "another rate in the second phase",
     (("learning_rate / 10", "10 * learning_rate"),)),
    ("a hundredth", "another rate in the second phase",
     (("learning_rate / 10", "learning_rate / 100"),)),
    ("Adam by its name", "learning rate written in",
     (("keras.optimizers.Adam(learning_rate)", "'adam'"),)),
    ("a thousandth and a tenth of it", "learning rate written in",
     (("keras.optimizers.Adam(learning_rate)", "keras.optimizers.Adam(1e-3)"),
      ("keras.optimizers.Adam(learning_rate / 10)", "keras.optimizers.Adam(1e-4)"))),
    ("the model frozen", "nothing is trained",
     ((FREEZES, "model.trainable = False\nmodel.layers[-1].trainable = True"),
      (FREES, f"model.trainable = True\n{FREES}"))),
    ("epochs turned round", "phases turned round",
     ((HEAD_FIT, HEAD_FIT.replace("head_epochs", "0 + epochs")),
      (FIT, FIT.replace("epochs=epochs", "epochs=head_epochs")))),
    ("labels as rows", "loss for other labels",
     (('"sparse_categorical_crossentropy"', '"categorical_crossentropy"'),)),
)]

KEY = "key = digest(model.to_json(), *model.get_weights(), images)"
PARTS = "parts = [model(images[i : i + 64], training=False) for i in range(0, len(images), 64)]"
JOINED = "return np.concatenate([keras.ops.convert_to_numpy(part) for part in parts])"
STORED = "features = stored(path, key, compute)"


def _key(*values: str) -> tuple:
    return ((KEY, f"key = digest({', '.join(values)})"),)


TEXT, WEIGHTS, IMAGES = "model.to_json()", "*model.get_weights()", "images"

CACHE = [Mutant("cache_features", *row) for row in (
    ("training mode", "computed in training mode", (("False", "True"),)),
    ("any file is believed", "images missing from the key | model missing from the key",
     ((STORED, "features = stored(path, 'features', compute)"),)),
    ("no images in the key", "images missing from the key", _key(TEXT, WEIGHTS)),
    ("the number of images", "only a part of the images in the key",
     _key(TEXT, WEIGHTS, "len(images)")),
    ("the first image and the shape", "only a part of the images in the key",
     _key(TEXT, WEIGHTS, "images[0]", "str(images.shape)")),
    ("no model in the key", "model missing from the key", _key(IMAGES)),
    ("the layers alone", "weights missing from the key", _key(TEXT, IMAGES)),
    ("the weights alone", "layers missing from the key", _key(WEIGHTS, IMAGES)),
    ("trainable weights", "only trained weights in the key",
     _key(TEXT, "*[w.numpy() for w in model.trainable_weights]", IMAGES)),
    ("the first weight", "only some weights in the key",
     _key(TEXT, "model.get_weights()[0]", IMAGES)),
    ("computed at every call", "the file is never read",
     ((STORED, "made = compute()\nfeatures = stored(path, key, lambda: made)"),)),
    ("never stored", "the file is never read", ((STORED, "features = compute()"),)),
    ("whole batches alone", "not all images",
     (("range(0, len(images), 64)", "range(0, len(images) - 63, 64)"), )),
    ("a mean over images", "features changed",
     ((JOINED, JOINED.replace("parts])", "parts]).mean(axis=0)")),)),
    ("scaled", "features changed",
     ((JOINED, JOINED.replace("parts])", "parts]) / 255")),)),
    ("id of the model", "the file is never read",
     _key("str(id(model))", "str(np.random.rand())", IMAGES)),
    ("the file's name", "no features returned", (("return features", "return str(path)"),)),
)]

MUTANTS = HEAD + FREEZE + TUNE + CACHE

HELD_OUT = [Mutant("replace_head", *row) for row in (
    ("softmax over the wrong axis", "softmax missing",
     ((HEAD_LINE, "probabilities = keras.ops.softmax(layers.Dense(classes)(features), axis=0)"),)),
    ("new classes beside the old ones", "another number of units",
     (("classes", "classes + model.output_shape[-1]"),)),
    ("batch norm set free alone", "frozen layers set free | freezing does not belong here",
     _after("for layer in replaced.layers:\n"
            "    if isinstance(layer, layers.BatchNormalization):\n"
            "        layer.trainable = True")),
    ("the last convolution is lost too", "features from too early a layer",
     ((FEATURES, "features = layers.GlobalAveragePooling2D()([layer for layer in model.layers "
       "if isinstance(layer, layers.Conv2D)][-1].input)"),)),
    ("all weights drawn anew", "learnt weights lost",
     _after("replaced.set_weights([keras.random.normal(w.shape) for w in replaced.weights])")),
    ("the first half frozen", "freezing does not belong here",
     _before("for layer in model.layers[: len(model.layers) // 2]:\n    layer.trainable = False")),
)] + [Mutant("layers_to_freeze", *row) for row in (
    ("the first two convolutions", "another cut in the middle",
     ((MORE_LIST, "return model.layers[: places[1]]"),)),
    ("one layer too early", "another cut in the middle",
     ((MORE_LIST, "return model.layers[: places[-1] - 2]"),)),
    ("dense layers left out", "some kinds of layer only",
     _chosen("not isinstance(layer, layers.Dense)")),
    ("150 are many", "something frozen with many", (("MANY", "150 + 50"),)),
    ("the last only", "what is trained, not what is frozen",
     ((FEW_LIST, "return [model.layers[-1]]"),)),
    ("every second layer", "some kinds of layer only | too few layers for few photographs",
     ((FEW_LIST, "return model.layers[:-1:2]"),)),
)] + [Mutant("cache_features", *row) for row in (
    ("the mean of the images", "only a part of the images in the key",
     _key(TEXT, WEIGHTS, "images.mean()")),
    ("the sum of each weight", "only some weights in the key | weights missing from the key",
     _key(TEXT, "*[w.shape for w in model.get_weights()]", IMAGES)),
    ("the name of the file", "images missing from the key | model missing from the key",
     ((KEY, "key = path.name"),)),
    ("the last weight", "only some weights in the key",
     _key(TEXT, "model.get_weights()[-1]", IMAGES)),
    ("called twice at first", "the file is never read",
     ((KEY, f"{KEY}\nmodel(images[:1], training=False)"),)),
    ("the last photographs are lost", "not all images",
     ((JOINED, JOINED.replace("parts])", "parts])[:50]")),)),
)] + [Mutant("fine_tune", *row) for row in (
    ("everything at once", "old layers trained too early | moving averages lost",
     ((FREEZES, ""), (HEAD_FIT, HEAD_FIT.replace("head_epochs", "head_epochs + epochs")),
      (AGAIN, "None"), (FIT, "None"))),
    ("unfrozen after an epoch too many", "never unfrozen",
     ((FREES, ""), (AGAIN, f"{AGAIN}\nmodel.fit(images, labels, verbose=0)\n{FREES}"))),
    ("batch norm unfrozen by its name", "moving averages lost",
     ((ALL_BUT_NORM, "layer.trainable = 'batch' not in layer.name"),)),
    ("half of the rate", "another rate in the second phase",
     (("learning_rate / 10", "learning_rate / 2"),)),
    ("no training at first", "nothing is trained", ((HEAD_FIT, "None"),)),
    ("the gradient upwards", "the loss does not go down",
     (('"sparse_categorical_crossentropy"',
       "lambda y, p: -keras.losses.sparse_categorical_crossentropy(y, p)"),)),
)]
