"""A round of held-out answers to all exercises, written from the exercises alone.

They were graded before any check or bank was read. Of 81 wrong answers 68 failed, 59 of them named
rightly; of 25 right ones one was refused, whose 1x1 convolutions were one layer. Left out here: a
network that is kept between calls, for which see test_kept.py; a fine-tuning on four fifths of the
images, which no text forbids; and a normalisation behind one of two equal poolings, which no edit
makes.
"""

from __future__ import annotations

from grader.authoring.mutants import Mutant

WRONG = {
    "lenet": [
        Mutant(
            "convolution",
            "a list of lists",
            "another type",
            (("return maps", "return maps.tolist()"),),
        ),
        Mutant(
            "convolution",
            "bias inside the sum",
            "bias in each product",
            (
                (
                    "maps[:, i, j] = (window * kernel).sum(axis=(1, 2, 3)) + bias",
                    "maps[:, i, j] = (window * kernel + bias).sum(axis=(1, 2, 3))",
                ),
            ),
        ),
        Mutant(
            "convolution",
            "pixels scaled",
            "images scaled",
            (
                (
                    'images = np.asarray(images, dtype="float64")',
                    'images = np.asarray(images, dtype="float64") / 255',
                ),
            ),
        ),
        Mutant(
            "convolution",
            "centred images",
            "another amount",
            (
                (
                    'images = np.asarray(images, dtype="float64")',
                    """
images = np.asarray(images, dtype="float64")
images = images - images.mean(axis=(1, 2, 3), keepdims=True)
""",
                ),
            ),
        ),
        Mutant(
            "convolution",
            "summed up over the maps",
            "right in part",
            (
                (
                    """
for i in range(maps.shape[1]):
    for j in range(maps.shape[2]):
        y, x = (i * stride, j * stride)
        window = images[:, y : y + f_h, x : x + f_w, :, None]
        maps[:, i, j] = (window * kernel).sum(axis=(1, 2, 3)) + bias
""",
                    """
total = 0
for i in range(maps.shape[1]):
    for j in range(maps.shape[2]):
        y, x = (i * stride, j * stride)
        window = images[:, y : y + f_h, x : x + f_w, :, None]
        total = total + (window * kernel).sum(axis=(1, 2, 3))
        maps[:, i, j] = total + bias
""",
                ),
            ),
        ),
        Mutant(
            "lenet5",
            "dropout before the output",
            "dropout added",
            (
                (
                    'X = layers.Dense(84, activation="relu")(X)',
                    """
X = layers.Dense(84, activation="relu")(X)
X = layers.Dropout(0.5)(X)
""",
                ),
            ),
        ),
        Mutant(
            "lenet5",
            "rescaling inside",
            "a step added",
            (
                (
                    'X = layers.Conv2D(6, 5, activation="relu")(images)',
                    """
X = layers.Conv2D(6, 5, activation="relu")(layers.Rescaling(1 / 255)(images))
""",
                ),
            ),
        ),
        Mutant(
            "lenet5",
            "ReLU after the pooling",
            "activation after pooling",
            (
                ('layers.Conv2D(6, 5, activation="relu")', "layers.Conv2D(6, 5)"),
                ('layers.Conv2D(16, 5, activation="relu")', "layers.Conv2D(16, 5)"),
                (
                    "X = layers.AveragePooling2D(2)(X)",
                    "X = layers.ReLU()(layers.AveragePooling2D(2)(X))",
                ),
            ),
        ),
        Mutant(
            "lenet5",
            "same pooling",
            "another setting",
            (("layers.AveragePooling2D(2)", 'layers.AveragePooling2D(2, padding="same")'),),
        ),
    ],
    "alexnet": [
        Mutant(
            "local_response_normalization",
            "edges repeated",
            "edge repeated",
            (
                (
                    """
squares = ops.pad(ops.square(x), [(0, 0), (0, 0), (0, 0), (radius, radius)])
""",
                    """
squares = ops.square(x)
squares = ops.concatenate(
    [squares[..., :1]] * radius + [squares] + [squares[..., -1:]] * radius, axis=-1
)
""",
                ),
            ),
        ),
        Mutant(
            "local_response_normalization",
            "power of the sum alone",
            "exponent on the sum alone",
            (
                (
                    "normalised = x / ops.power(bias + alpha * energy, beta)",
                    "normalised = x / (bias + ops.power(alpha * energy, beta))",
                ),
            ),
        ),
        Mutant(
            "local_response_normalization",
            "normalised neighbours",
            "right in part",
            (
                (
                    "normalised = x / ops.power(bias + alpha * energy, beta)",
                    """
done = []
for i in range(channels):
    near = 0.0
    for j in range(max(0, i - radius), min(channels, i + radius + 1)):
        near = near + ops.square(done[j] if j < i else x[..., j])
    done.append(x[..., i] / ops.power(bias + alpha * near, beta))
normalised = ops.stack(done, axis=-1)
""",
                ),
            ),
        ),
        Mutant(
            "two_tower_convolution",
            "odd and even channels",
            "every other channel",
            (
                (
                    "first, second = (X[..., :half], X[..., half:])",
                    "first, second = (X[..., ::2], X[..., 1::2])",
                ),
            ),
        ),
        Mutant(
            "two_tower_convolution",
            "maps interleaved",
            "another step",
            (
                (
                    "joined = layers.Concatenate()([first, second])",
                    """
joined = ops.reshape(ops.stack([first, second], axis=-1), (-1, *first.shape[1:3], filters))
""",
                ),
            ),
        ),
        Mutant(
            "two_tower_convolution",
            "one layer for both",
            "one kernel for both towers",
            (
                (
                    """
first = layers.Conv2D(filters // 2, kernel_size, padding="same")(first)
""",
                    """
tower = layers.Conv2D(filters // 2, kernel_size, padding="same")
first, second = (tower(first), tower(second))
""",
                ),
                (
                    """
second = layers.Conv2D(filters // 2, kernel_size, padding="same")(second)
""",
                    "",
                ),
            ),
        ),
        Mutant(
            "alexnet",
            "dropout before the dense layers",
            "dropout in another place",
            (
                (
                    "X = layers.Dropout(0.5)(layers.Dense(4096, **RELU)(X))",
                    "X = layers.Dense(4096, **RELU)(layers.Dropout(0.5)(X))",
                ),
            ),
        ),
        Mutant(
            "alexnet",
            "LRN after the third stage too",
            "a step added",
            (
                (
                    """
for filters in (384, 384, 256):
    X = layers.Conv2D(filters, 3, padding="same", **RELU)(X)
""",
                    """
for filters in (384, 384, 256):
    X = layers.Conv2D(filters, 3, padding="same", **RELU)(X)
X = local_response_normalization(X, radius=2, bias=2.0, alpha=0.0001, beta=0.75)
""",
                ),
            ),
        ),
        Mutant(
            "alexnet",
            "last pooling by height alone",
            "pooling without room",
            (
                (
                    """
if min(X.shape[1:3]) >= 3:
    X = layers.MaxPooling2D(3, strides=2)(X)
""",
                    """
if X.shape[1] >= 3:
    X = layers.MaxPooling2D(3, strides=2)(X)
""",
                ),
            ),
        ),
    ],
    "vgg": [
        Mutant(
            "vgg_block",
            "pooling rounds up",
            "pooling window",
            (("X = layers.MaxPooling2D(2)(X)", 'X = layers.MaxPooling2D(2, padding="same")(X)'),),
        ),
        Mutant(
            "vgg_block",
            "one layer again and again",
            "one layer for several convolutions",
            (
                (
                    """
for _ in range(convolutions):
    X = layers.Conv2D(
        filters, 3, padding="same", activation="relu", kernel_initializer="he_normal"
    )(X)
""",
                    """
X = layers.Conv2D(filters, 3, padding="same", activation="relu")(X)
again = layers.Conv2D(filters, 3, padding="same", activation="relu")
for _ in range(convolutions - 1):
    X = again(X)
""",
                ),
            ),
        ),
        Mutant(
            "vgg_block",
            "ReLU before each convolution",
            "another order of steps",
            (
                (
                    """
X = layers.Conv2D(
    filters, 3, padding="same", activation="relu", kernel_initializer="he_normal"
)(X)
""",
                    """
X = layers.ReLU()(X)
X = layers.Conv2D(filters, 3, padding="same", kernel_initializer="he_normal")(X)
""",
                ),
            ),
        ),
        Mutant(
            "vgg_block",
            "a shortcut",
            "a step added",
            (
                (
                    """
for _ in range(convolutions):
    X = layers.Conv2D(
        filters, 3, padding="same", activation="relu", kernel_initializer="he_normal"
    )(X)
""",
                    """
for number in range(convolutions):
    before = X
    X = layers.Conv2D(
        filters, 3, padding="same", activation="relu", kernel_initializer="he_normal"
    )(X)
    if number > 0:
        X = layers.Add()([before, X])
""",
                ),
            ),
        ),
        Mutant(
            "VGG16",
            "batch norm before the dense layers",
            "a step added",
            (
                (
                    "X = layers.Flatten()(X)",
                    """
X = layers.Flatten()(X)
X = layers.BatchNormalization()(X)
""",
                ),
            ),
        ),
        Mutant(
            "VGG16",
            "a dropout after every block",
            "dropout in another place",
            (
                (
                    "X = vgg_block(X, convolutions, filters)",
                    "X = layers.Dropout(0.25)(vgg_block(X, convolutions, filters))",
                ),
            ),
        ),
        Mutant(
            "batch_norm",
            "unbiased moving variance",
            "nearly right",
            (
                (
                    """
moving_variance = momentum * moving_variance + (1 - momentum) * variance
""",
                    """
moving_variance = momentum * moving_variance + (1 - momentum) * X.var(axis=(0, 1, 2), ddof=1)
""",
                ),
            ),
        ),
        Mutant(
            "batch_norm",
            "new averages normalise",
            "averages in training mode",
            (
                (
                    """
moving_variance = momentum * moving_variance + (1 - momentum) * variance
""",
                    """
moving_variance = momentum * moving_variance + (1 - momentum) * variance
mean, variance = (moving_mean, moving_variance)
""",
                ),
            ),
        ),
        Mutant(
            "batch_norm",
            "beta inside",
            "beta before gamma",
            (
                (
                    "Y = gamma * (X - mean) / np.sqrt(variance + epsilon) + beta",
                    "Y = gamma * ((X - mean) / np.sqrt(variance + epsilon) + beta)",
                ),
            ),
        ),
        Mutant(
            "batch_norm",
            "variance about the moving mean",
            "another factor | nearly right",
            (
                (
                    "mean, variance = (X.mean(axis=(0, 1, 2)), X.var(axis=(0, 1, 2)))",
                    """
mean = X.mean(axis=(0, 1, 2))
variance = ((X - moving_mean) ** 2).mean(axis=(0, 1, 2))
""",
                ),
            ),
        ),
    ],
    "residual_networks": [
        Mutant(
            "identity_block",
            "average for sum",
            "paths not added",
            (
                (
                    'X = layers.Activation("relu")(layers.Add()([shortcut, X]))',
                    'X = layers.Activation("relu")(layers.Average()([shortcut, X]))',
                ),
            ),
        ),
        Mutant(
            "identity_block",
            "ReLU on the shortcut",
            "ReLU on shortcut",
            (("shortcut = X", 'shortcut = layers.Activation("relu")(X)'),),
        ),
        Mutant(
            "identity_block",
            "batch norm after the sum",
            "batch norm misplaced",
            (
                (
                    'X = layers.Activation("relu")(layers.Add()([shortcut, X]))',
                    """
X = layers.BatchNormalization(axis=3)(layers.Add()([shortcut, X]), training=training)
X = layers.Activation("relu")(X)
""",
                ),
            ),
        ),
        Mutant(
            "identity_block",
            "shortcut of the first convolution's input and output",
            "a step added",
            (
                (
                    'X = layers.Activation("relu")(normalised(X, F1, 1, "2a"))',
                    """
X = layers.Activation("relu")(normalised(X, F1, 1, "2a"))
first = X
""",
                ),
                (
                    'X = layers.Activation("relu")(normalised(X, F2, f, "2b"))',
                    """
X = layers.Activation("relu")(normalised(X, F2, f, "2b"))
X = layers.Add()([first, X]) if F1 == F2 else X
""",
                ),
            ),
        ),
        Mutant(
            "convolutional_block",
            "pooling on the shortcut",
            "pooling on shortcut",
            (
                (
                    'shortcut = normalised(X, F3, 1, "1", s)',
                    """
shortcut = normalised(layers.AveragePooling2D(s, padding="same")(X), F3, 1, "1")
""",
                ),
            ),
        ),
        Mutant(
            "convolutional_block",
            "pre-activation",
            "another order of steps",
            (
                (
                    """
def normalised(X, channels, kernel, branch, stride=1):
    conv, norm = branch_names(stage, block, branch)
    first = initializer(seed=0)
    X = layers.Conv2D(
        channels, kernel, stride, padding="same", kernel_initializer=first, name=conv
    )(X)
    return layers.BatchNormalization(axis=3, name=norm)(X, training=training)
""",
                    """
def normalised(X, channels, kernel, branch, stride=1):
    conv, norm = branch_names(stage, block, branch)
    first = initializer(seed=0)
    X = layers.Conv2D(
        channels, kernel, stride, padding="same", kernel_initializer=first, name=conv
    )(X)
    return X


def norm(X, branch):
    return layers.BatchNormalization(axis=3, name=branch_names(stage, block, branch)[1])(
        X, training=training
    )


shortcut = norm(normalised(X, F3, 1, "1", s), "1")
X = normalised(layers.Activation("relu")(norm(X, "2a")), F1, 1, "2a", s)
X = normalised(layers.Activation("relu")(norm(X, "2b")), F2, f, "2b")
X = normalised(layers.Activation("relu")(norm(X, "2c")), F3, 1, "2c")
""",
                ),
                ('shortcut = normalised(X, F3, 1, "1", s)', ""),
                ('X = layers.Activation("relu")(normalised(X, F1, 1, "2a", s))', ""),
                ('X = layers.Activation("relu")(normalised(X, F2, f, "2b"))', ""),
                ('X = normalised(X, F3, 1, "2c")', ""),
            ),
        ),
        Mutant(
            "ResNet50",
            "a dropout in the head",
            "dropout added",
            (
                (
                    "X = layers.Flatten()(X)",
                    """
X = layers.Flatten()(X)
X = layers.Dropout(0.5)(X)
""",
                ),
            ),
        ),
        Mutant(
            "ResNet50",
            "convolutional block last",
            "a step added",
            (
                (
                    """
X = convolutional_block(X, 3, filters, stage, "a", s=1 if stage == 2 else 2)
""",
                    'X = convolutional_block(X, 3, filters, stage, "a", s=1)',
                ),
                (
                    """
for block in "bcdef"[: blocks - 1]:
    X = identity_block(X, 3, filters, stage, block)
""",
                    """
for block in "bcdef"[: blocks - 1]:
    X = identity_block(X, 3, filters, stage, block)
if stage < 5:
    X = layers.MaxPooling2D(2, padding="same")(X)
""",
                ),
            ),
        ),
        Mutant(
            "ResNet50",
            "pool before ReLU in the stem",
            "another order of steps",
            (
                ("X = layers.MaxPooling2D(3, strides=2)(X)", "X = X"),
                (
                    'X = layers.BatchNormalization(axis=3, name="bn_conv1")(X)',
                    """
X = layers.MaxPool2D(3, 2)(X)
X = layers.BatchNormalization(axis=3, name="bn_conv1")(X)
""",
                ),
            ),
        ),
    ],
    "inception": [
        Mutant(
            "multiplications",
            "a float",
            "another type",
            (("return number", "return float(number)"),),
        ),
        Mutant(
            "multiplications",
            "biases too",
            "additions counted",
            (
                (
                    "number = outputs * kernel_size[0] * kernel_size[1] * channels",
                    """
number = outputs * kernel_size[0] * kernel_size[1] * channels + outputs
""",
                ),
            ),
        ),
        Mutant(
            "multiplications",
            "strides of valid padding",
            "padding forgotten",
            (
                (
                    "outputs = height * width * filters",
                    """
outputs = (height - kernel_size[0] + 1) * (width - kernel_size[1] + 1) * filters
""",
                ),
            ),
        ),
        Mutant(
            "inception_module_naive",
            "ReLU of the whole",
            "activation after concatenation",
            (
                (
                    "Y = layers.Concatenate()([X1, X3, X5, pooled])",
                    "Y = layers.ReLU()(layers.Concatenate()([X1, X3, X5, pooled]))",
                ),
            ),
        ),
        Mutant(
            "inception_module",
            "one bottleneck for both",
            "another map taken",
            (
                (
                    'X3 = layers.Conv2D(R3, 1, activation="relu")(X)',
                    """
narrow = layers.Conv2D(R3, 1, activation="relu")(X)
X3 = layers.Conv2D(F3, 3, padding="same", activation="relu")(narrow)
X5 = layers.Conv2D(R5, 1, activation="relu")(narrow)
""",
                ),
                ('X3 = layers.Conv2D(F3, 3, padding="same", activation="relu")(X3)', ""),
                ('X5 = layers.Conv2D(R5, 1, activation="relu")(X)', ""),
            ),
        ),
        Mutant(
            "inception_module",
            "two 3x3 for one 5x5",
            "a step added",
            (
                (
                    'X5 = layers.Conv2D(F5, 5, padding="same", activation="relu")(X5)',
                    """
X5 = layers.Conv2D(F5, 3, padding="same", activation="relu")(X5)
X5 = layers.Conv2D(F5, 3, padding="same", activation="relu")(X5)
""",
                ),
            ),
        ),
        Mutant(
            "auxiliary_head",
            "by height alone",
            "rule for small maps",
            (
                (
                    """
if min(X.shape[1:3]) >= 14:
    X = layers.AveragePooling2D(5, strides=3)(X)
else:
    X = layers.AdaptiveAveragePooling2D(4)(X)
""",
                    """
if X.shape[1] >= 14:
    X = layers.AveragePooling2D(5, strides=3)(X)
else:
    X = layers.AdaptiveAveragePooling2D(4)(X)
""",
                ),
            ),
        ),
        Mutant(
            "GoogLeNet",
            "heads behind the pooling",
            "heads in other places",
            (
                (
                    """
if name in ("4a", "4d"):
    heads.append(auxiliary_head(X, classes))
""",
                    """
if name in ("4b", "4e"):
    heads.append(auxiliary_head(X, classes))
""",
                ),
            ),
        ),
        Mutant(
            "GoogLeNet",
            "averaged outputs",
            "a step added",
            (
                (
                    'X = layers.Dense(classes, activation="softmax")(X)',
                    """
X = layers.Dense(classes, activation="softmax")(X)
X = layers.Average()([X, *heads])
""",
                ),
            ),
        ),
        Mutant(
            "auxiliary_head",
            "dropout before the dense layer",
            "dropout rate",
            (
                ("X = layers.Dropout(0.7)(X)", "X = X"),
                (
                    'X = layers.Dense(1024, activation="relu")(X)',
                    """
X = layers.Dropout(rate=0.7)(X)
X = layers.Dense(1024, activation="relu")(X)
""",
                ),
            ),
        ),
    ],
    "transfer_learning": [
        Mutant(
            "replace_head",
            "a hidden layer added",
            "more than one new layer",
            (
                (
                    'probabilities = layers.Dense(classes, activation="softmax")(features)',
                    """
probabilities = layers.Dense(classes, activation="softmax")(
    layers.Dense(64, activation="relu")(features)
)
""",
                ),
            ),
        ),
        Mutant(
            "replace_head",
            "zeros at the start",
            "no random weights",
            (
                (
                    'probabilities = layers.Dense(classes, activation="softmax")(features)',
                    """
probabilities = layers.Dense(classes, activation="softmax", kernel_initializer="zeros")(
    features
)
""",
                ),
            ),
        ),
        Mutant(
            "replace_head",
            "a chain rebuilt",
            "layers called as a chain",
            (
                (
                    "features = model.layers[-1].input",
                    """
features = model.input
for layer in model.layers[:-1]:
    if not isinstance(layer, layers.InputLayer):
        features = layer(features)
""",
                ),
            ),
        ),
        Mutant(
            "layers_to_freeze",
            "only those that are not yet frozen",
            "the answer depends on what is frozen already",
            (
                (
                    """
if examples_per_class < FEW:
    return model.layers[:-1]
""",
                    """
if examples_per_class < FEW:
    return [layer for layer in model.layers[:-1] if layer.trainable]
if examples_per_class < MANY:
    places = [i for i, layer in enumerate(model.layers) if isinstance(layer, layers.Conv2D)]
    return [layer for layer in model.layers[: places[-1]] if layer.trainable]
""",
                ),
                (
                    """
if examples_per_class < MANY:
    places = [i for i, layer in enumerate(model.layers) if isinstance(layer, layers.Conv2D)]
    return model.layers[: places[-1]]
""",
                    "",
                ),
            ),
        ),
        Mutant(
            "layers_to_freeze",
            "only convolutions",
            "batch norm left out",
            (
                (
                    "return model.layers[: places[-1]]",
                    """
return [layer for layer in model.layers[: places[-1]] if isinstance(layer, layers.Conv2D)]
""",
                ),
            ),
        ),
        Mutant(
            "fine_tune",
            "epochs counted twice",
            "second phase too long",
            (
                (
                    "model.fit(images, labels, epochs=epochs, verbose=0)",
                    "model.fit(images, labels, epochs=head_epochs + epochs, verbose=0)",
                ),
            ),
        ),
        Mutant(
            "fine_tune",
            "thaws only what was trainable",
            "only some layers in the second phase",
            (
                (
                    """
for layer in model.layers:
    layer.trainable = layer is model.layers[-1]
""",
                    """
before = [layer.trainable for layer in model.layers]
for layer in model.layers:
    layer.trainable = layer is model.layers[-1]
""",
                ),
                (
                    """
for layer in model.layers:
    layer.trainable = not isinstance(layer, layers.BatchNormalization)
""",
                    """
for layer, was in zip(model.layers, before):
    layer.trainable = was and (not isinstance(layer, layers.BatchNormalization))
""",
                ),
            ),
        ),
        Mutant(
            "cache_features",
            "kept in memory",
            "images missing from the key | model missing from the key",
            (
                (
                    "features = stored(path, key, compute)",
                    """
if str(path) not in vars(cache_features):
    vars(cache_features)[str(path)] = stored(path, key, compute)
features = vars(cache_features)[str(path)]
""",
                ),
            ),
        ),
        Mutant(
            "cache_features",
            "key of the sums",
            "only a part of the images in the key",
            (
                (
                    "key = digest(model.to_json(), *model.get_weights(), images)",
                    """
key = digest(
    model.to_json(), *model.get_weights(), str(float(np.sum(images, dtype="float64").round(3)))
)
""",
                ),
            ),
        ),
        Mutant(
            "cache_features",
            "features as float64",
            "another type",
            (("return features", 'return features.astype("float64")'),),
        ),
        Mutant(
            "cache_features",
            "the rest is dropped",
            "not all images",
            (
                (
                    """
parts = [model(images[i : i + 64], training=False) for i in range(0, len(images), 64)]
""",
                    """
parts = [
    model(images[i : i + 64], training=False) for i in range(0, max(64, len(images) - 63), 64)
]
""",
                ),
            ),
        ),
    ],
    "data_augmentation": [
        Mutant(
            "mirror",
            "exactly half",
            "exactly half of them",
            (
                (
                    "chosen = rng.random(len(images)) < 0.5",
                    "chosen = rng.permutation(len(images)) < len(images) // 2",
                ),
            ),
        ),
        Mutant(
            "mirror",
            "one generator for all calls",
            "seed ignored",
            (
                (
                    "rng = np.random.default_rng(seed)",
                    'rng = vars(mirror).setdefault("rng", np.random.default_rng(seed))',
                ),
            ),
        ),
        Mutant(
            "mirror",
            "floats",
            "type changed",
            (("return mirrored", 'return mirrored.astype("float64")'),),
        ),
        Mutant(
            "random_crop",
            "the middle more often",
            "places not equally likely",
            (
                (
                    "rows = rng.integers(0, 2 * top + 1, count)",
                    """
rows = np.clip(np.rint(rng.normal(top, top / 2, count)), 0, 2 * top).astype(int)
columns = np.clip(np.rint(rng.normal(left, left / 2, count)), 0, 2 * left).astype(int)
""",
                ),
                ("columns = rng.integers(0, 2 * left + 1, count)", ""),
            ),
        ),
        Mutant(
            "random_crop",
            "wrapped around",
            "rolled round",
            (
                (
                    """
padded = np.pad(images, ((0, 0), (top, top), (left, left), (0, 0)), mode="edge")
""",
                    """
padded = np.pad(images, ((0, 0), (top, top), (left, left), (0, 0)), mode="wrap")
""",
                ),
            ),
        ),
        Mutant(
            "rotate_shear_warp",
            "a normal angle",
            "draws not uniform",
            (
                (
                    "angle = np.deg2rad(rng.uniform(-degrees, degrees, (count, 1, 1)))",
                    "angle = np.deg2rad(rng.normal(0, degrees / 2, (count, 1, 1)))",
                ),
            ),
        ),
        Mutant(
            "rotate_shear_warp",
            "columns move with columns",
            "sheared downwards",
            (("x = x + slope * y", "y, x = (y + slope * x, x + 0 * slope)"),),
        ),
        Mutant(
            "rotate_shear_warp",
            "a warp of the corners",
            "shifted, not warped",
            (
                (
                    "steps = rng.uniform(-warp, warp, (2, count, 5, 5))",
                    """
steps = rng.uniform(-warp, warp, (2, count, 1, 1)) * np.ones((2, count, 5, 5))
""",
                ),
            ),
        ),
        Mutant(
            "colour_shift_pca",
            "correlation",
            "correlation for covariance",
            (
                (
                    "values, vectors = np.linalg.eigh(np.cov(pixels, rowvar=False))",
                    "values, vectors = np.linalg.eigh(np.corrcoef(pixels, rowvar=False))",
                ),
            ),
        ),
        Mutant(
            "colour_shift_pca",
            "not centred",
            "mean not removed",
            (
                (
                    "values, vectors = np.linalg.eigh(np.cov(pixels, rowvar=False))",
                    "values, vectors = np.linalg.eigh(pixels.T @ pixels / len(pixels))",
                ),
            ),
        ),
        Mutant(
            "colour_shift_pca",
            "truncated",
            "cut, not rounded",
            (
                (
                    "shifted = np.clip(np.rint(shifted), 0, 255).astype(images.dtype)",
                    "shifted = np.clip(shifted, 0, 255).astype(images.dtype)",
                ),
            ),
        ),
        Mutant(
            "augment_in_threads",
            "counts its calls",
            "seed ignored",
            (
                (
                    """
def augmented(number, images):
    for place, op in enumerate(ops):
        images = op(images, number * len(ops) + place)
    return images
""",
                    """
count = iter(range(10**9))


def augmented(number, images):
    for op in ops:
        images = op(images, next(count))
    return images
""",
                ),
            ),
        ),
        Mutant(
            "augment_in_threads",
            "cached",
            "order lost",
            (
                (
                    """
made = dataset.enumerate().map(mapped, num_parallel_calls=workers).prefetch(2)
""",
                    """
made = dataset.enumerate().map(mapped, num_parallel_calls=workers).shuffle(4).prefetch(2)
""",
                ),
            ),
        ),
    ],
    "happy_house": [
        Mutant(
            "happy_model",
            "dropout added",
            "dropout added",
            (
                (
                    "X = layers.Flatten()(X)",
                    """
X = layers.Flatten()(X)
X = layers.Dropout(0.5)(X)
""",
                ),
            ),
        ),
        Mutant(
            "happy_model",
            "a second batch norm",
            "a step added",
            (
                (
                    'X = layers.MaxPooling2D(2, name="max_pool")(X)',
                    """
X = layers.MaxPooling2D(2, name="max_pool")(X)
X = layers.BatchNormalization(axis=-1)(X)
""",
                ),
            ),
        ),
        Mutant(
            "happy_model",
            "LeakyReLU",
            "another step",
            (('X = layers.Activation("relu")(X)', "X = layers.LeakyReLU()(X)"),),
        ),
        Mutant(
            "happy_model",
            "frame after the convolution",
            "another order of steps",
            (
                ("X = layers.ZeroPadding2D(3)(images)", "X = images"),
                (
                    'X = layers.Conv2D(32, 7, name="conv0")(X)',
                    """
X = layers.Conv2D(32, 7, name="conv0")(X)
X = layers.ZeroPadding2D(3)(X)
""",
                ),
            ),
        ),
        Mutant(
            "happy_model",
            "slow averages",
            "another momentum",
            (
                (
                    'X = layers.BatchNormalization(axis=-1, name="bn0")(X)',
                    'X = layers.BatchNormalization(axis=-1, momentum=0.9, name="bn0")(X)',
                ),
            ),
        ),
        Mutant(
            "happy_model",
            "probability of unhappy",
            "a step added",
            (
                (
                    'model = keras.Model(images, X, name="happy_model")',
                    'model = keras.Model(images, 1 - X, name="happy_model")',
                ),
            ),
        ),
        Mutant(
            "happy_model",
            "pool then batch norm",
            "batch norm after pooling",
            (
                ('X = layers.MaxPooling2D(2, name="max_pool")(X)', "X = X"),
                (
                    'X = layers.BatchNormalization(axis=-1, name="bn0")(X)',
                    """
X = layers.MaxPool2D(2, name="max_pool")(X)
X = layers.BatchNormalization(axis=-1, name="bn0")(X)
""",
                ),
            ),
        ),
    ],
}

RIGHT = {
    "lenet": {
        (("convolution",), "held out: einsum over sliding windows"): """
def convolution(images, kernel, bias, stride=1):
    images = np.asarray(images, dtype="float64")
    n, h, w, _ = images.shape
    f_h, f_w, _, k = kernel.shape
    maps = np.zeros((n, (h - f_h) // stride + 1, (w - f_w) // stride + 1, k))
    views = np.lib.stride_tricks.sliding_window_view(images, (f_h, f_w), axis=(1, 2))
    maps = np.einsum("nijcuv,uvck->nijk", views[:, ::stride, ::stride], kernel) + bias
    return maps
""",
        (("convolution",), "held out: float32 in, float32 out"): """
def convolution(images, kernel, bias, stride=1):
    images = np.asarray(images, dtype="float32")
    n, h, w, _ = images.shape
    f_h, f_w, _, k = kernel.shape
    maps = np.zeros((n, (h - f_h) // stride + 1, (w - f_w) // stride + 1, k))
    for i in range(maps.shape[1]):
        for j in range(maps.shape[2]):
            y, x = (i * stride, j * stride)
            window = images[:, y : y + f_h, x : x + f_w, :, None]
            maps[:, i, j] = (window * kernel).sum(axis=(1, 2, 3)) + bias
    return maps.astype("float32")
""",
        (("lenet5",), "held out: a Sequential model"): """
def lenet5(input_shape=(64, 64, 3), classes=6):
    return keras.Sequential(
        [
            keras.Input(input_shape),
            layers.Conv2D(6, 5),
            layers.ReLU(),
            layers.AveragePooling2D((2, 2)),
            layers.Conv2D(16, (5, 5)),
            layers.ReLU(),
            layers.AvgPool2D(2, 2),
            layers.Flatten(),
            *[layers.Dense(units, "relu") for units in (120, 84)],
            layers.Dense(classes),
            layers.Softmax(),
        ]
    )
    images = keras.Input(input_shape)
    X = layers.Conv2D(6, 5, activation="relu")(images)
    X = layers.AveragePooling2D(2)(X)
    X = layers.Conv2D(16, 5, activation="relu")(X)
    X = layers.AveragePooling2D(2)(X)
    X = layers.Flatten()(X)
    X = layers.Dense(120, activation="relu")(X)
    X = layers.Dense(84, activation="relu")(X)
    X = layers.Dense(classes, activation="softmax")(X)
    model = keras.Model(images, X, name="lenet5")
    return model
""",
    },
    "alexnet": {
        (("local_response_normalization",), "held out: differences of cumulative sums"): """
def local_response_normalization(x, radius, bias, alpha, beta):
    channels = x.shape[-1]
    squares = ops.pad(ops.square(x), [(0, 0), (0, 0), (0, 0), (radius, radius)])
    total = ops.cumsum(ops.pad(squares, [(0, 0), (0, 0), (0, 0), (1, 0)]), axis=-1)
    energy = total[..., 2 * radius + 1 :] - total[..., :channels]
    normalised = x / ops.power(bias + alpha * energy, beta)
    return normalised
""",
        (("local_response_normalization",), "held out: exp and log"): """
def local_response_normalization(x, radius, bias, alpha, beta):
    channels = x.shape[-1]
    squares = ops.pad(ops.square(x), [(0, 0), (0, 0), (0, 0), (radius, radius)])
    energy = 0.0
    for shift in range(2 * radius + 1):
        energy = energy + squares[..., shift : shift + channels]
    normalised = x * ops.exp(-beta * ops.log(bias + alpha * energy))
    return normalised
""",
        (("two_tower_convolution",), "held out: groups"): """
def two_tower_convolution(X, filters, kernel_size):
    half = X.shape[-1] // 2
    first, second = (X[..., :half], X[..., half:])
    return layers.Conv2D(filters, kernel_size, padding="same", groups=2)(X)
    joined = layers.Concatenate()([first, second])
    return joined
""",
    },
    "vgg": {
        (("vgg_block",), "held out: a frame of zeros and a pool of maxima"): """
def vgg_block(X, convolutions, filters):
    for _ in range(convolutions):
        X = layers.ZeroPadding2D(1)(X)
        X = keras.activations.relu(layers.Conv2D(filters, 3)(X))
    h, w = (X.shape[1] // 2 * 2, X.shape[2] // 2 * 2)
    X = X[:, :h, :w]
    X = keras.ops.maximum(
        keras.ops.maximum(X[:, ::2, ::2], X[:, 1::2, ::2]),
        keras.ops.maximum(X[:, ::2, 1::2], X[:, 1::2, 1::2]),
    )
    return X
""",
        (("batch_norm",), "held out: channel by channel"): """
def batch_norm(
    X, gamma, beta, moving_mean, moving_variance, training, momentum=0.99, epsilon=0.001
):
    if training:
        old = (moving_mean, moving_variance)
        moving_mean, moving_variance = (np.empty(X.shape[-1]), np.empty(X.shape[-1]))
        Y = np.empty(X.shape)
        for c in range(X.shape[-1]):
            x = X[..., c]
            m = x.sum() / x.size
            v = ((x - m) ** 2).sum() / x.size
            Y[..., c] = gamma[c] * (x - m) / (v + epsilon) ** 0.5 + beta[c]
            moving_mean[c] = old[0][c] + (1 - momentum) * (m - old[0][c])
            moving_variance[c] = old[1][c] + (1 - momentum) * (v - old[1][c])
        return (Y, moving_mean, moving_variance)
        mean, variance = (X.mean(axis=(0, 1, 2)), X.var(axis=(0, 1, 2)))
        moving_mean = momentum * moving_mean + (1 - momentum) * mean
        moving_variance = momentum * moving_variance + (1 - momentum) * variance
    else:
        mean, variance = (moving_mean, moving_variance)
    Y = gamma * (X - mean) / np.sqrt(variance + epsilon) + beta
    return (Y, moving_mean, moving_variance)
""",
        (("batch_norm",), "held out: scale and offset first"): """
def batch_norm(
    X, gamma, beta, moving_mean, moving_variance, training, momentum=0.99, epsilon=0.001
):
    if training:
        mean, variance = (X.mean(axis=(0, 1, 2)), X.var(axis=(0, 1, 2)))
        moving_mean = momentum * moving_mean + (1 - momentum) * mean
        moving_variance = momentum * moving_variance + (1 - momentum) * variance
    else:
        mean, variance = (moving_mean, moving_variance)
    scale = gamma / np.sqrt(variance + epsilon)
    offset = beta - mean * scale
    return (X * scale + offset, np.array(moving_mean), np.array(moving_variance))
""",
    },
    "residual_networks": {
        (("identity_block",), "held out: plus sign, relu function, nested helper"): """
def identity_block(
    X, f, filters, stage=None, block=None, *, training=None, initializer=GlorotUniform
):
    F1, F2, F3 = filters

    def normalised(X, channels, kernel, branch):
        conv, norm = branch_names(stage, block, branch)
        first = initializer(seed=0)
        X = layers.Conv2D(
            channels, kernel, padding="same", kernel_initializer=first, name=conv
        )(X)
        return layers.BatchNormalization(axis=3, name=norm)(X, training=training)

    shortcut = X
    X = layers.Activation("relu")(normalised(X, F1, 1, "2a"))
    X = layers.Activation("relu")(normalised(X, F2, f, "2b"))
    X = normalised(X, F3, 1, "2c")
    return keras.activations.relu(X + shortcut)
""",
        (("convolutional_block",), "held out: slices before a 1x1"): """
def convolutional_block(
    X, f, filters, stage=None, block=None, s=2, *, training=None, initializer=GlorotUniform
):
    F1, F2, F3 = filters

    def normalised(X, channels, kernel, branch, stride=1):
        conv, norm = branch_names(stage, block, branch)
        first = initializer(seed=0)
        X = X[:, ::stride, ::stride]
        X = layers.Conv2D(
            channels, kernel, padding="same", kernel_initializer=first, name=conv
        )(X)
        return layers.BatchNormalization(axis=3, name=norm)(X, training=training)

    shortcut = normalised(X, F3, 1, "1", s)
    X = layers.Activation("relu")(normalised(X, F1, 1, "2a", s))
    X = layers.Activation("relu")(normalised(X, F2, f, "2b"))
    X = normalised(X, F3, 1, "2c")
    X = layers.Activation("relu")(layers.Add()([shortcut, X]))
    return X
""",
    },
    "inception": {
        (("multiplications",), "held out: numpy product"): """
def multiplications(input_shape, filters, kernel_size):
    height, width, channels = input_shape
    if isinstance(kernel_size, int):
        kernel_size = (kernel_size, kernel_size)
    outputs = height * width * filters
    number = outputs * kernel_size[0] * kernel_size[1] * channels
    import numpy as np

    return np.prod([number], dtype=np.int64)
""",
        (("auxiliary_head",), "held out: softmax layer, slices of a mean"): """
def auxiliary_head(X, classes):
    if min(X.shape[1:3]) >= 14:
        X = layers.AveragePooling2D(5, strides=3)(X)
    else:
        X = layers.AdaptiveAveragePooling2D((4, 4))(X)
    X = layers.Conv2D(128, 1, activation="relu")(X)
    X = layers.Flatten()(X)
    X = layers.Dense(1024, activation="relu")(X)
    X = layers.Dropout(0.7)(X)
    X = layers.Activation(keras.activations.softmax)(layers.Dense(classes)(X))
    return X
""",
    },
    "transfer_learning": {
        (("replace_head",), "held out: the output of the layer before"): """
def replace_head(model, classes):
    features = model.layers[-1]._inbound_nodes[0].input_tensors[0]
    probabilities = layers.Dense(classes, activation="softmax")(features)
    replaced = keras.models.Model(
        inputs=model.inputs, outputs=probabilities, name=model.name + "_new"
    )
    return replaced
""",
        (("layers_to_freeze",), "held out: names, from behind"): """
def layers_to_freeze(model, examples_per_class):
    if examples_per_class < FEW:
        return model.layers[:-1]
    if examples_per_class < MANY:
        names = [layer.name for layer in model.layers]
        while not isinstance(model.get_layer(names.pop()), layers.Conv2D):
            pass
        return names
    frozen = []
    return frozen
""",
        (("fine_tune",), "held out: one-hot labels and SGD, train_on_batch"): """
def fine_tune(model, images, labels, head_epochs, epochs, learning_rate):
    for layer in model.layers:
        layer.trainable = layer is model.layers[-1]

    def train(epochs, rate):
        hot = keras.utils.to_categorical(labels, model.output_shape[-1])
        model.compile(keras.optimizers.RMSprop(rate), "categorical_crossentropy")
        for _ in range(epochs):
            for i in range(0, len(images), 16):
                model.train_on_batch(images[i : i + 16], hot[i : i + 16])

    train(head_epochs, learning_rate)
    for layer in model.layers:
        layer.trainable = not isinstance(layer, layers.BatchNormalization)
    train(epochs, learning_rate / 10)
    return model
""",
        (("cache_features",), "held out: predict in its own batches"): """
def cache_features(model, images, path):
    key = digest(model.to_json(), *model.get_weights(), images)

    def compute():
        return model.predict(images, batch_size=64, verbose=0)

    features = stored(path, key, compute)
    return features
""",
    },
    "data_augmentation": {
        (("mirror",), "held out: where"): """
def mirror(images, seed):
    rng = np.random.default_rng(seed)
    chosen = rng.random(len(images)) < 0.5
    mirrored = np.where(chosen[:, None, None, None], np.flip(images, axis=2), images)
    return mirrored
""",
        (("random_crop",), "held out: clipped indices"): """
def random_crop(images, seed):
    count, height, width = images.shape[:3]
    top, left = (height // 8, width // 8)
    padded = np.pad(images, ((0, 0), (top, top), (left, left), (0, 0)), mode="edge")
    rng = np.random.default_rng(seed)
    rows = rng.integers(0, 2 * top + 1, count)
    columns = rng.integers(0, 2 * left + 1, count)
    y = np.clip(np.arange(height) + rows[:, None] - top, 0, height - 1)
    x = np.clip(np.arange(width) + columns[:, None] - left, 0, width - 1)
    cropped = images[np.arange(count)[:, None, None], y[:, :, None], x[:, None, :]]
    return cropped
""",
        (("rotate_shear_warp",), "held out: matrices and loops"): """
def rotate_shear_warp(images, seed, degrees=10.0, shear=0.1, warp=2.0):
    count, height, width = images.shape[:3]
    rng = np.random.default_rng(seed)
    angle = np.deg2rad(rng.uniform(-degrees, degrees, (count, 1, 1)))
    slope = rng.uniform(-shear, shear, (count, 1, 1))
    steps = rng.uniform(-warp, warp, (2, count, 5, 5))
    middle, centre = ((height - 1) / 2, (width - 1) / 2)
    y = np.arange(height)[:, None] - middle
    x = np.arange(width)[None, :] - centre
    points = np.stack([(x + 0 * y).ravel(), (y + 0 * x).ravel()])
    down, across = (np.empty((count, height, width)), np.empty((count, height, width)))
    for i in range(count):
        a, s = (angle[i, 0, 0], slope[i, 0, 0])
        turn = np.array([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]])
        moved = turn @ np.array([[1, s], [0, 1]]) @ points
        across[i], down[i] = moved.reshape(2, height, width)
    down = down + smooth(steps[0], height, width) + middle
    across = across + smooth(steps[1], height, width) + centre
    changed = sample(images, down, across)
    return changed
""",
        (("colour_shift_pca",), "held out: singular values"): """
def colour_shift_pca(images, seed):
    pixels = images.reshape(-1, 3) / 255
    _, singular, transposed = np.linalg.svd(pixels - pixels.mean(axis=0), full_matrices=False)
    values, vectors = (singular**2 / (len(pixels) - 1), transposed.T)
    rng = np.random.default_rng(seed)
    alphas = rng.normal(0, 0.1, (len(images), 3))
    colours = 255 * (alphas * values) @ vectors.T
    shifted = images + colours[:, None, None, :]
    shifted = np.clip(np.rint(shifted), 0, 255).astype(images.dtype)
    return shifted
""",
        (("augment_in_threads",), "held out: zip with a range"): """
def augment_in_threads(dataset, ops, workers):
    import tensorflow as tf

    def augmented(number, images):
        for place, op in enumerate(ops):
            images = op(images, number * len(ops) + place)
        return images

    def mapped(number, pair):
        images, labels = pair
        found = tf.numpy_function(augmented, (number, images), images.dtype)
        found.set_shape(images.shape)
        return (found, labels)

    made = tf.data.Dataset.zip((tf.data.Dataset.range(2**40), dataset)).map(
        mapped, num_parallel_calls=workers, deterministic=True
    )
    return made
""",
    },
    "happy_house": {
        (("happy_model",), "held out: Sequential, pad by ops, activation in the dense"): """
def happy_model(input_shape=(64, 64, 3)):
    images = keras.Input(input_shape)
    X = keras.ops.pad(images, ((0, 0), (3, 3), (3, 3), (0, 0)))
    X = layers.Conv2D(32, 7, name="conv0")(X)
    X = layers.BatchNormalization(axis=-1, name="bn0")(X)
    X = layers.Activation("relu")(X)
    X = layers.MaxPooling2D(2, name="max_pool")(X)
    X = layers.Flatten()(X)
    X = keras.ops.sigmoid(layers.Dense(1, name="fc")(X))
    model = keras.Model(images, X, name="happy_model")
    return model
""",
        (("happy_model",), "held out: a subclassed model built at once"): """
def happy_model(input_shape=(64, 64, 3)):
    images = keras.Input(input_shape)
    X = layers.ZeroPadding2D(3)(images)
    X = layers.Conv2D(32, 7, name="conv0")(X)
    X = layers.BatchNormalization(axis=-1, name="bn0")(X)
    X = layers.Activation("relu")(X)
    X = layers.MaxPooling2D(2, name="max_pool")(X)
    X = layers.Flatten()(X)
    X = layers.Dense(1, activation="sigmoid", name="fc")(X)

    class Happy(keras.Model):
        pass

    model = Happy(inputs=images, outputs=X)
    return model
""",
    },
}
