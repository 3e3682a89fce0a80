"""Residual networks, and their plain twins without shortcuts (He et al. 2015, arXiv 1512.03385).

The architecture is the table `BLOCKS` and the row `FILTERS`; the code walks them in one of the
editions of `nets.editions`. As functions the two differ: the course pools without padding and
flattens its last map, keras.applications pads first and averages the map.
"""

from __future__ import annotations

from collections.abc import Iterator

import keras
from keras import layers
from keras.initializers import GlorotUniform

from nets.common import check, finish, images, softmax
from nets.editions import Edition, course, imagenet
from nets.errors import NetError

# Table 1 of the paper: the blocks of each stage, conv2 to conv5.
BLOCKS = {
    18: (2, 2, 2, 2),
    34: (3, 4, 6, 3),
    50: (3, 4, 6, 3),
    101: (3, 4, 23, 3),
    152: (3, 8, 36, 3),
}
FILTERS = (64, 128, 256, 512)
BOTTLENECK_FROM = 50
EXPANSION = 4
# Five halvings leave one pixel of 32; below that the last stages would see little but padding.
SMALLEST = 32


def walk(depth: int) -> Iterator[tuple[int, int, int, int]]:
    """The blocks of table 1 in order: (stage, block, filters, blocks in the stage), from (2, 1)."""
    for stage, (blocks, filters) in enumerate(zip(BLOCKS[depth], FILTERS, strict=True), 2):
        for block in range(1, blocks + 1):
            yield stage, block, filters, blocks


def identity_block(
    X, f: int, filters, stage=None, block=None, *, training=None, initializer=GlorotUniform
):
    """The bottleneck block whose shortcut is the identity (section 3.3, figure 5 right).

    1x1, f x f and 1x1 convolutions to `filters` (F1, F2, F3) channels, each followed by batch
    normalisation; ReLU after the first two, and after the input has been added. X: Keras tensor or
    array, (n, h, w, F3) -> (n, h, w, F3). stage, block: name the layers as in 2017, for example
    res2b_branch2a. training: as in `nets.editions.Edition`. initializer: called with seed=0 for
    every kernel. Raises NetError where F3 is not the number of channels of X.
    """
    if X.shape[-1] != filters[-1]:
        raise NetError(
            f"identity_block: expected filters to end with the input's {X.shape[-1]} channels, "
            f"received {filters[-1]}; convolutional_block changes the channels"
        )
    return _bottleneck(X, f, filters, course(stage, block, training, initializer))


def convolutional_block(
    X, f: int, filters, stage=None, block=None, s=2, *, training=None, initializer=GlorotUniform
):
    """The bottleneck block with a convolution on its shortcut (section 3.3, option B).

    As `identity_block`, with stride s in the first 1x1 convolution and in that of the shortcut:
    X: (n, h, w, c) -> (n, ceil(h / s), ceil(w / s), F3).
    """
    edition = course(stage, block, training, initializer)
    return _bottleneck(X, f, filters, edition, s, project=True)


def _bottleneck(X, f, filters, edition: Edition, s=1, project=False, residual=True):
    F1, F2, F3 = filters
    path = edition.relu(edition.norm(edition.conv(X, "1", F1, s=s), "1"), "1")
    path = edition.relu(edition.norm(edition.conv(path, "2", F2, f, padding="same"), "2"), "2")
    path = edition.norm(edition.conv(path, "3", F3), "3")
    return _join(X, path, edition, s, project, residual)


def _basic(X, filters: int, edition: Edition, s=1, project=False, residual=True):
    # With a stride "same" would pad the far side alone; the original pads all sides.
    path, padding = (edition.pad(X, "1"), "valid") if s > 1 else (X, "same")
    path = edition.conv(path, "1", filters, 3, s, padding)
    path = edition.relu(edition.norm(path, "1"), "1")
    path = edition.norm(edition.conv(path, "2", filters, 3, padding="same"), "2")
    return _join(X, path, edition, s, project, residual)


def _join(X, path, edition: Edition, s, project, residual):
    if residual:
        if project:
            X = edition.norm(edition.conv(X, "0", path.shape[-1], s=s), "0")
        path = edition.add(X, path)
    return edition.relu(path, kind="out")


def imagenet_stem(X, edition: Edition, activate: bool = True):
    """The first stage of the ImageNet edition: (n, h, w, c) -> (n, h / 4, w / 4, 64)."""
    X = edition.conv(edition.pad(X, "", 3), "", 64, 7, 2)
    if activate:
        X = edition.relu(edition.norm(X, ""), "")
    X = layers.ZeroPadding2D(1, name="pool1_pad")(X)
    return layers.MaxPooling2D(3, strides=2, name="pool1_pool")(X)


def _residual(depth, input_shape, classes, name, weights, residual=True) -> keras.Model:
    check(name, input_shape, classes, SMALLEST)
    deep = depth >= BOTTLENECK_FROM
    inputs, X = images(input_shape)
    # Batch normalisation cancels the biases; keras.applications has them in its deep networks.
    X = imagenet_stem(X, imagenet("conv1", bias=deep))
    for stage, block, filters, _ in walk(depth):
        edition = imagenet(f"conv{stage}_block{block}", bias=deep)
        s = 2 if stage > 2 and block == 1 else 1
        if deep:
            widths = (filters, filters, EXPANSION * filters)
            X = _bottleneck(X, 3, widths, edition, s, block == 1, residual)
        else:
            X = _basic(X, filters, edition, s, X.shape[-1] != filters, residual)
    X = layers.GlobalAveragePooling2D(name="avg_pool")(X)
    return finish(inputs, softmax(X, classes), name, weights)


def _course_resnet50(input_shape, classes, name, weights) -> keras.Model:
    check(name, input_shape, classes, SMALLEST)
    inputs, X = images(input_shape)
    first = {"kernel_initializer": GlorotUniform(seed=0)}  # as in every block of the course
    X = layers.ZeroPadding2D(3, name="conv1_pad")(X)
    X = layers.Conv2D(64, 7, strides=2, name="conv1", **first)(X)
    X = layers.BatchNormalization(axis=3, name="bn_conv1")(X)
    X = layers.Activation("relu", name="relu_conv1")(X)
    X = layers.MaxPooling2D(3, strides=2, name="pool1")(X)
    for stage, block, filters, _ in walk(50):
        widths, letter = (filters, filters, EXPANSION * filters), " abcdef"[block]
        if block == 1:
            X = convolutional_block(X, 3, widths, stage, letter, s=1 if stage == 2 else 2)
        else:
            X = identity_block(X, 3, widths, stage, letter)
    window = tuple(min(2, side) for side in X.shape[1:3])  # one pixel is its own average
    X = layers.Flatten(name="flatten")(layers.AveragePooling2D(window, name="avg_pool")(X))
    return finish(inputs, softmax(X, classes, f"fc{classes}", **first), name, weights)


def ResNet50(
    input_shape=(64, 64, 3), classes: int = 6, stem: str = "course", *, name=None, weights=None
) -> keras.Model:
    """The 50-layer residual network (table 1), from 32x32 pixels up.

    Images (n, *input_shape) -> probabilities (n, classes). stem="course" is the homework's network,
    23,600,006 parameters at 64x64x3 and 6 classes: its last map is pooled 2x2, left as it is where
    it is one pixel, and flattened, so larger images give the dense layer more inputs.
    stem="imagenet" averages all of the last map, and loads weights of keras.applications.ResNet50.
    Raises NetError for an unknown stem, a smaller image and classes below 1.
    """
    if stem == "course":
        return _course_resnet50(input_shape, classes, name or "resnet50_course", weights)
    if stem == "imagenet":
        return _residual(50, input_shape, classes, name or "resnet50", weights)
    raise NetError(f'ResNet50: expected stem="course" or stem="imagenet", received {stem!r}')


def ResNet18(input_shape=(64, 64, 3), classes: int = 6, *, name="resnet18", weights=None):
    """The 18-layer network of basic blocks (table 1): 11,689,512 trainable at 1000 classes.

    Shapes and errors, here and below, are those of `ResNet50` with stem="imagenet".
    """
    return _residual(18, input_shape, classes, name, weights)


def ResNet34(input_shape=(64, 64, 3), classes: int = 6, *, name="resnet34", weights=None):
    """The 34-layer residual network of basic blocks (table 1): 21,797,672 trainable parameters."""
    return _residual(34, input_shape, classes, name, weights)


def ResNet101(input_shape=(64, 64, 3), classes: int = 6, *, name="resnet101", weights=None):
    """The 101-layer network (table 1); loads weights of keras.applications.ResNet101."""
    return _residual(101, input_shape, classes, name, weights)


def ResNet152(input_shape=(64, 64, 3), classes: int = 6, *, name="resnet152", weights=None):
    """The 152-layer network (table 1); loads weights of keras.applications.ResNet152."""
    return _residual(152, input_shape, classes, name, weights)


def Plain18(input_shape=(64, 64, 3), classes: int = 6, *, name="plain18", weights=None):
    """ResNet-18 without its shortcuts (section 3.3, plain network)."""
    return _residual(18, input_shape, classes, name, weights, residual=False)


def Plain34(input_shape=(64, 64, 3), classes: int = 6, *, name="plain34", weights=None):
    """ResNet-34 without its shortcuts: the one that trains worse than plain18 (figure 4)."""
    return _residual(34, input_shape, classes, name, weights, residual=False)


def Plain50(input_shape=(64, 64, 3), classes: int = 6, *, name="plain50", weights=None):
    """ResNet-50 without its shortcuts; not in the paper, which stops its plain nets at 34."""
    return _residual(50, input_shape, classes, name, weights, residual=False)
