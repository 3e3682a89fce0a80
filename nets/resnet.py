"""Residual networks, and their plain twins without shortcuts (He et al. 2015, arXiv 1512.03385).

Two networks of 50 layers share table 1 and the bottleneck block, and compute different functions:

* `ResNet50`, which is `nets.build("resnet50_course")`, is the network of the course's homework. It
  pools without padding and flattens its last map. Its layers have the names of 2017.
* `ResNet50Applications`, which is `nets.build("resnet50")`, is the network of keras.applications.
  It pads before it pools and averages its last map, as in the paper. Weights files of
  keras.applications load. All other depths, and the plain networks, are written in this way too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import keras
from keras import layers
from keras.initializers import GlorotUniform, HeNormal

from nets.common import check_arguments, image_input, softmax, to_model
from nets.errors import NetError

# Table 1: the number of blocks in each stage, conv2 to conv5, and the filters of its 3x3 layers.
BLOCKS = {
    18: (2, 2, 2, 2),
    34: (3, 4, 6, 3),
    50: (3, 4, 6, 3),
    101: (3, 4, 23, 3),
    152: (3, 8, 36, 3),
}
FILTERS = (64, 128, 256, 512)
# From 50 layers up the blocks are bottlenecks, which end with four times the filters (figure 5).
BOTTLENECK_FROM = 50
EXPANSION = 4
# Five halvings leave one pixel of 32; below that the last stages would see little but padding.
SMALLEST = 32


def table_blocks(depth: int) -> Iterator[tuple[int, int, int, int]]:
    """Walk the blocks of table 1 in order.

    Args:
        depth: A key of `BLOCKS`.

    Yields:
        (stage, block, filters, blocks in this stage); stages count from 2, blocks from 1.
    """
    for stage, (blocks, filters) in enumerate(zip(BLOCKS[depth], FILTERS, strict=True), 2):
        for block in range(1, blocks + 1):
            yield stage, block, filters, blocks


# How a layer is written ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Convention:
    """Names, constants and first weights of a block's layers.

    The blocks below are the same in the course and in keras.applications; this is what differs.
    A branch is "1", "2" or "3" for the convolutions of the main path, "0" for the one on the
    shortcut, and "" for what belongs to the whole block.

    Attributes:
        name: (kind of layer, branch) -> the layer's name; None lets Keras choose one.
        epsilon: Added to the variance by batch normalisation.
        bias: Whether convolutions have biases, which the batch normalisation after them cancels.
        initializer: Called without arguments for every kernel; He et al. 2015, as in section 3.4.
        training: True normalises by the batch, False by the moving statistics, None as the model
            is called.
    """

    name: Callable[[str, str], str | None]
    epsilon: float
    bias: bool = True
    initializer: Callable = HeNormal
    training: bool | None = None

    def conv(self, X, branch: str, filters: int, f: int = 1, s: int = 1, padding: str = "valid"):
        """An f x f convolution with stride s: (n, h, w, c) -> (n, h', w', filters)."""
        return layers.Conv2D(
            filters,
            f,
            strides=s,
            padding=padding,
            use_bias=self.bias,
            kernel_initializer=self.initializer(),
            name=self.name("conv", branch),
        )(X)

    def norm(self, X, branch: str):
        """Batch normalisation over the channels; the shape stays."""
        name = self.name("bn", branch)
        layer = layers.BatchNormalization(axis=3, epsilon=self.epsilon, name=name)
        return layer(X, training=self.training)

    def conv_norm(self, X, branch: str, filters: int, f=1, s=1, padding="valid"):
        """`conv`, then `norm`, as everywhere in this paper (section 3.4)."""
        return self.norm(self.conv(X, branch, filters, f, s, padding), branch)

    def relu(self, X, branch: str = "", kind: str = "relu"):
        """ReLU; the shape stays. kind: "out" names the one that ends a block."""
        return layers.Activation("relu", name=self.name(kind, branch))(X)

    def pad(self, X, branch: str, width: int):
        """`width` zeros on every side; with a stride "same" would pad the far side alone."""
        return layers.ZeroPadding2D(width, name=self.name("pad", branch))(X)


def applications(prefix: str, bias: bool = True) -> Convention:
    """The convention of keras.applications: layers are named prefix_branch_kind.

    Args:
        prefix: Starts the layers' names, for example "conv2_block1".
        bias: Whether convolutions have biases.
    """

    def name(kind: str, branch: str) -> str:
        return "_".join(part for part in (prefix, branch, kind) if part)

    return Convention(name, epsilon=1.001e-5, bias=bias)


def course(stage, block, training: bool | None, initializer: Callable) -> Convention:
    """The course's convention: names of 2017 if stage and block are given, and Keras' epsilon.

    Args:
        stage: 2 to 5, or None for names that Keras chooses.
        block: "a", "b", ..., or None.
        training: As in `Convention`.
        initializer: Called as initializer(seed=0), as in both years of the course.
    """
    kinds = {"conv": "res", "out": "relu"}
    branches = {"0": "_branch1", "1": "_branch2a", "2": "_branch2b", "3": "_branch2c"}

    def name(kind: str, branch: str) -> str | None:
        if stage is None or block is None:
            return None
        return f"{kinds.get(kind, kind)}{stage}{block}{branches.get(branch, '')}"

    first = partial(initializer, seed=0)
    return Convention(name, epsilon=1e-3, initializer=first, training=training)


# Blocks (sections 3.2 and 4.1, figure 5) ----------------------------------------------------------


def identity_block(
    X, f: int, filters, stage=None, block=None, *, training=None, initializer=GlorotUniform
):
    """The bottleneck block with an identity shortcut (section 4.1, figure 5 right, equation 1).

    1x1, f x f and 1x1 convolutions, each followed by batch normalisation; ReLU after the first
    two, and after the input has been added.

    Args:
        X: Keras tensor or array, (n, h, w, F3).
        f: Side of the middle kernel in pixels.
        filters: (F1, F2, F3), the channels after each convolution.
        stage: With `block` names the layers as in 2017, for example res2b_branch2a.
        block: A letter.
        training: True normalises by the batch, False by the moving statistics, None as the model
            is called.
        initializer: Called as initializer(seed=0) for every kernel.

    Returns:
        Keras tensor, (n, h, w, F3).

    Raises:
        NetError: F3 is not the number of channels of X.
    """
    if X.shape[-1] != filters[-1]:
        raise NetError(
            f"identity_block: expected filters to end with the input's {X.shape[-1]} channels, "
            f"received {filters[-1]}; convolutional_block changes the channels"
        )
    convention = course(stage, block, training, initializer)
    return _bottleneck(X, f, filters, convention, shortcut="identity")


def convolutional_block(
    X, f: int, filters, stage=None, block=None, s=2, *, training=None, initializer=GlorotUniform
):
    """The bottleneck block with a convolution on its shortcut (section 4.1, equation 2).

    The layers of `identity_block`, and on the shortcut a 1x1 convolution and batch normalisation.

    Args:
        X: Keras tensor or array, (n, h, w, c).
        f: Side of the middle kernel in pixels.
        filters: (F1, F2, F3), the channels after each convolution.
        stage: With `block` names the layers as in 2017, for example res2a_branch1.
        block: A letter.
        s: Stride of the first 1x1 convolution and of the one on the shortcut.
        training: As in `identity_block`.
        initializer: As in `identity_block`.

    Returns:
        Keras tensor, (n, ceil(h / s), ceil(w / s), F3).
    """
    convention = course(stage, block, training, initializer)
    return _bottleneck(X, f, filters, convention, s, shortcut="projection")


def _bottleneck(X, f: int, filters, convention: Convention, s=1, *, shortcut: str | None):
    """Figure 5, right: reduce the channels, convolve, restore them."""
    F1, F2, F3 = filters
    path = convention.relu(convention.conv_norm(X, "1", F1, s=s), "1")
    path = convention.relu(convention.conv_norm(path, "2", F2, f, padding="same"), "2")
    path = convention.conv_norm(path, "3", F3)
    return _join(X, path, convention, s, shortcut)


def _basic(X, f: int, filters, convention: Convention, s=1, *, shortcut: str | None):
    """Figure 5, left: two f x f convolutions."""
    F1, F2 = filters
    path, padding = (convention.pad(X, "1", f // 2), "valid") if s > 1 else (X, "same")
    path = convention.relu(convention.conv_norm(path, "1", F1, f, s, padding), "1")
    path = convention.conv_norm(path, "2", F2, f, padding="same")
    return _join(X, path, convention, s, shortcut)


def _join(X, path, convention: Convention, s: int, shortcut: str | None):
    """ReLU(path + shortcut); a plain block, whose shortcut is None, is ReLU(path)."""
    if shortcut == "projection":
        X = convention.conv_norm(X, "0", path.shape[-1], s=s)
    if shortcut is not None:
        # The shortcut first: in this order keras.applications saves its weights.
        path = layers.Add(name=convention.name("add", ""))([X, path])
    return convention.relu(path, kind="out")


# Networks (section 3.3, table 1) ------------------------------------------------------------------


def ResNet50(
    input_shape=(64, 64, 3), classes: int = 6, *, name="resnet50_course", weights=None
) -> keras.Model:
    """The course's ResNet-50 (table 1), which is `nets.build("resnet50_course")`.

    23,600,006 parameters at 64x64x3 and 6 classes. The last map is pooled 2x2, left as it is if it
    is one pixel, and flattened, so larger images give the dense layer more inputs. For the network
    of keras.applications, whose weights files load, see `ResNet50Applications`.

    Args:
        input_shape: (height, width, channels) in pixels, at least 32x32.
        classes: Number of classes.
        name: The model's name.
        weights: None or the path of a file; see `nets.weights.load`.

    Returns:
        Model, not compiled: images (n, *input_shape) -> probabilities (n, classes).

    Raises:
        NetError: A smaller image, classes below 1, or weights that do not fit.
    """
    check_arguments(name, input_shape, classes, SMALLEST)
    inputs, X = image_input(input_shape)
    first = {"kernel_initializer": GlorotUniform(seed=0)}  # as in every block of the course
    X = layers.ZeroPadding2D(3, name="conv1_pad")(X)
    X = layers.Conv2D(64, 7, strides=2, name="conv1", **first)(X)
    X = layers.BatchNormalization(axis=3, name="bn_conv1")(X)
    X = layers.Activation("relu", name="relu_conv1")(X)
    X = layers.MaxPooling2D(3, strides=2, name="pool1")(X)
    for stage, block, filters, _ in table_blocks(50):
        widths, letter = (filters, filters, EXPANSION * filters), " abcdef"[block]
        if block == 1:
            X = convolutional_block(X, 3, widths, stage, letter, s=1 if stage == 2 else 2)
        else:
            X = identity_block(X, 3, widths, stage, letter)
    window = tuple(min(2, side) for side in X.shape[1:3])  # one pixel is its own average
    X = layers.Flatten(name="flatten")(layers.AveragePooling2D(window, name="avg_pool")(X))
    return to_model(inputs, softmax(X, classes, f"fc{classes}", **first), name, weights)


def applications_stem(X, bias: bool = True, activate: bool = True):
    """The first stage of keras.applications (table 1, conv1 and its pooling).

    Args:
        X: Keras tensor, (n, h, w, c).
        bias: Whether the convolution has a bias.
        activate: Whether batch normalisation and ReLU follow it.

    Returns:
        Keras tensor, (n, ceil(h / 4), ceil(w / 4), 64).
    """
    convention = applications("conv1", bias)
    X = convention.conv(convention.pad(X, "", 3), "", 64, 7, 2)
    if activate:
        X = convention.relu(convention.norm(X, ""))
    X = layers.ZeroPadding2D(1, name="pool1_pad")(X)
    return layers.MaxPooling2D(3, strides=2, name="pool1_pool")(X)


def _walk_table(depth: int, input_shape, classes, name, weights, plain=False) -> keras.Model:
    """The column `depth` of table 1 in the convention of keras.applications."""
    check_arguments(name, input_shape, classes, SMALLEST)
    deep = depth >= BOTTLENECK_FROM
    residual_block = _bottleneck if deep else _basic
    inputs, X = image_input(input_shape)
    # Batch normalisation cancels the biases; keras.applications has them in its deep networks.
    X = applications_stem(X, bias=deep)
    for stage, block, filters, _ in table_blocks(depth):
        convention = applications(f"conv{stage}_block{block}", bias=deep)
        widths = (filters, filters, EXPANSION * filters) if deep else (filters, filters)
        s = 2 if stage > 2 and block == 1 else 1
        # Option B of section 3.3: a projection where the channels change.
        shortcut = "identity" if X.shape[-1] == widths[-1] else "projection"
        X = residual_block(X, 3, widths, convention, s, shortcut=None if plain else shortcut)
    X = layers.GlobalAveragePooling2D(name="avg_pool")(X)
    return to_model(inputs, softmax(X, classes), name, weights)


def ResNet50Applications(
    input_shape=(64, 64, 3), classes: int = 6, *, name="resnet50", weights=None
) -> keras.Model:
    """ResNet-50 as in keras.applications (table 1), which is `nets.build("resnet50")`.

    25,636,712 parameters at 1000 classes. The whole last map is averaged, whatever its size, so
    every image has the same weights. For the course's network see `ResNet50`.

    Args:
        input_shape: (height, width, channels) in pixels, at least 32x32.
        classes: Number of classes.
        name: The model's name.
        weights: None, the path of a file, or "imagenet" if keras.applications has this depth; see
            `nets.weights.load`.

    Returns:
        Model, not compiled: images (n, *input_shape) -> probabilities (n, classes).

    Raises:
        NetError: A smaller image, classes below 1, or weights that do not fit.
    """
    return _walk_table(50, input_shape, classes, name, weights)


def ResNet18(input_shape=(64, 64, 3), classes: int = 6, *, name="resnet18", weights=None):
    """The 18-layer network of basic blocks (table 1): 11,689,512 trainable at 1000 classes.

    Args, Returns and Raises are those of `ResNet50Applications`.
    """
    return _walk_table(18, input_shape, classes, name, weights)


def ResNet34(input_shape=(64, 64, 3), classes: int = 6, *, name="resnet34", weights=None):
    """The 34-layer residual network of basic blocks (table 1): 21,797,672 trainable parameters.

    Args, Returns and Raises are those of `ResNet50Applications`.
    """
    return _walk_table(34, input_shape, classes, name, weights)


def ResNet101(input_shape=(64, 64, 3), classes: int = 6, *, name="resnet101", weights=None):
    """The 101-layer network (table 1); loads weights of keras.applications.ResNet101.

    Args, Returns and Raises are those of `ResNet50Applications`.
    """
    return _walk_table(101, input_shape, classes, name, weights)


def ResNet152(input_shape=(64, 64, 3), classes: int = 6, *, name="resnet152", weights=None):
    """The 152-layer network (table 1); loads weights of keras.applications.ResNet152.

    Args, Returns and Raises are those of `ResNet50Applications`.
    """
    return _walk_table(152, input_shape, classes, name, weights)


def Plain18(input_shape=(64, 64, 3), classes: int = 6, *, name="plain18", weights=None):
    """ResNet-18 without its shortcuts (section 3.3, plain network).

    Args, Returns and Raises are those of `ResNet50Applications`.
    """
    return _walk_table(18, input_shape, classes, name, weights, plain=True)


def Plain34(input_shape=(64, 64, 3), classes: int = 6, *, name="plain34", weights=None):
    """ResNet-34 without its shortcuts: the one that trains worse than plain18 (figure 4).

    Args, Returns and Raises are those of `ResNet50Applications`.
    """
    return _walk_table(34, input_shape, classes, name, weights, plain=True)


def Plain50(input_shape=(64, 64, 3), classes: int = 6, *, name="plain50", weights=None):
    """ResNet-50 without its shortcuts; not in the paper, which stops its plain nets at 34.

    Args, Returns and Raises are those of `ResNet50Applications`.
    """
    return _walk_table(50, input_shape, classes, name, weights, plain=True)
