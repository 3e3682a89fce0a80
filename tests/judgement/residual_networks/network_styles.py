"""Right ResNet50s in styles further from the solution's; the blocks are the solution's own."""

# Each stage is a model of its own.
STAGES = """
def stage_model(shape, stage, width, blocks, s):
    inside = keras.Input(shape)
    filters = [width, width, width * 4]
    X = convolutional_block(inside, 3, filters, stage, "a", s=s)
    for letter in "bcdef"[:blocks - 1]:
        X = identity_block(X, 3, filters, stage, letter)
    return keras.Model(inside, X, name=f"stage{stage}")

def ResNet50(input_shape=(64, 64, 3), classes=6):
    stem = keras.Sequential([
        keras.Input(input_shape), layers.ZeroPadding2D(3), layers.Conv2D(64, 7, 2),
        layers.BatchNormalization(), layers.ReLU(), layers.MaxPooling2D(3, 2)], name="stem")
    images = keras.Input(input_shape)
    X = stem(images)
    for stage, width, blocks, s in (2, 64, 3, 1), (3, 128, 4, 2), (4, 256, 6, 2), (5, 512, 3, 2):
        X = stage_model(X.shape[1:], stage, width, blocks, s)(X)
    head = keras.Sequential([layers.AveragePooling2D(2), layers.Flatten(),
                             layers.Dense(classes, "softmax")], name="head")
    return keras.Model(images, head(X))
"""

# Padding belongs to a layer of its own at every edge; a while loop; softmax as a layer.
LOOPED = """
def ResNet50(input_shape=(64, 64, 3), classes=6):
    start = layers.Input(shape=input_shape)
    X = layers.ZeroPadding2D(padding=((3, 3), (3, 3)))(start)
    X = layers.Conv2D(filters=64, kernel_size=(7, 7), strides=(2, 2))(X)
    X = layers.Activation(keras.activations.relu)(layers.BatchNormalization()(X))
    X = layers.MaxPooling2D(pool_size=(3, 3), strides=(2, 2), padding="valid")(X)
    todo = [("conv" if i == 0 else "id", 64 * 2 ** n) for n, k in enumerate((3, 4, 6, 3))
            for i in range(k)]
    while todo:
        kind, width = todo.pop(0)
        filters = (width, width, 4 * width)
        if kind == "conv":
            X = convolutional_block(X, 3, filters, s=1 if width == 64 else 2)
        else:
            X = identity_block(X, 3, filters)
    X = layers.AveragePooling2D(pool_size=(2, 2))(X)
    X = layers.Reshape((-1,))(X)
    return keras.Model(start, layers.Softmax()(layers.Dense(classes)(X)))
"""

# One expression after another, folded.
FUNCTIONAL = """
from functools import reduce

def ResNet50(input_shape=(64, 64, 3), classes=6):
    def stage(X, row):
        number, width, blocks = row
        filters = [width] * 2 + [4 * width]
        first = convolutional_block(X, 3, filters, number, "a", 1 + (number > 2))
        return reduce(lambda Y, b: identity_block(Y, 3, filters, number, b),
                      map(chr, range(98, 97 + blocks)), first)

    steps = (layers.ZeroPadding2D(3), layers.Conv2D(64, 7, 2), layers.BatchNormalization(),
             keras.ops.relu, layers.MaxPooling2D(3, 2))
    images = keras.Input(input_shape)
    X = reduce(lambda Y, step: step(Y), steps, images)
    X = reduce(stage, [(2, 64, 3), (3, 128, 4), (4, 256, 6), (5, 512, 3)], X)
    X = layers.Flatten()(keras.ops.average_pool(X, 2))
    return keras.Model(images, keras.activations.softmax(layers.Dense(classes)(X)))
"""

# A class keeps the tensor and counts the names.
BUILDER = """
class Builder:
    def __init__(self, shape):
        self.inputs = self.X = keras.Input(shape)

    def add(self, *made):
        for layer in made:
            self.X = layer(self.X)
        return self

    def stage(self, number, width, blocks, s=2):
        self.X = convolutional_block(self.X, 3, [width, width, 4 * width], number, "a", s=s)
        for i in range(1, blocks):
            self.X = identity_block(self.X, 3, [width, width, 4 * width], number, "abcdef"[i])
        return self

def ResNet50(input_shape=(64, 64, 3), classes=6):
    net = Builder(input_shape).add(
        layers.ZeroPadding2D(3), layers.Conv2D(64, 7, 2, name="conv1"),
        layers.BatchNormalization(axis=-1, name="bn_conv1"), layers.ReLU(),
        layers.MaxPool2D(3, 2))
    net.stage(2, 64, 3, s=1).stage(3, 128, 4).stage(4, 256, 6).stage(5, 512, 3)
    net.add(layers.AvgPool2D(2), layers.Flatten(), layers.Dense(classes, activation="softmax"))
    return keras.Model(net.inputs, net.X)
"""

# As the pictures of the paper are: the table first, padding by ops, channels from the tensor.
TABLED = """
PLAN = {2: dict(width=64, letters="abc", s=1), 3: dict(width=128, letters="abcd", s=2),
        4: dict(width=256, letters="abcdef", s=2), 5: dict(width=512, letters="abc", s=2)}

def ResNet50(input_shape=(64, 64, 3), classes=6):
    images = keras.Input(input_shape)
    X = keras.ops.pad(images, [[0, 0], [3, 3], [3, 3], [0, 0]])
    X = layers.Conv2D(64, 7, 2, activation=None)(X)
    X = layers.BatchNormalization()(X)
    X = layers.MaxPooling2D(3, 2)(X)
    X = layers.Activation("relu")(X)  # ReLU and a maximum may change places
    for number, row in PLAN.items():
        filters = [row["width"], row["width"], 4 * row["width"]]
        for letter in row["letters"]:
            X = (convolutional_block(X, 3, filters, number, letter, s=row["s"])
                 if letter == "a" else identity_block(X, 3, filters, number, letter))
    X = layers.Dense(classes, activation=keras.ops.softmax)(
        layers.Flatten()(layers.AveragePooling2D((2, 2), (2, 2))(X)))
    return keras.Model(inputs=[images], outputs=X, name="ResNet50")
"""

NETWORK_STYLES = {
    "stages": STAGES,
    "looped": LOOPED,
    "functional": FUNCTIONAL,
    "builder": BUILDER,
    "tabled": TABLED,
}
