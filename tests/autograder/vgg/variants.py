"""The block of VGG and the network, right and in the wrong ways that are known.

The oracle's process alone loads this file. `_wrong_block` and `network` make any of the wrong ones.
"""

from __future__ import annotations

from functools import partial

import keras
from keras import layers

from nets.vgg import VGG16, vgg_block  # noqa: F401 - the right ones, asked for by name

TABLE = ((2, 64), (2, 128), (3, 256), (3, 512), (3, 512))


def _pool(X, kind, window, stride, padding):
    if not kind:
        return X
    maker = layers.MaxPooling2D if kind == "max" else layers.AveragePooling2D
    return maker(window, stride, padding)(X)


def _wrong_block(
    X,
    convolutions,
    filters,
    *,
    count=None,
    widths=None,
    kernel=3,
    stride=1,
    padding="same",
    activation="relu",
    linear="",
    norm="",
    bias=True,
    pool="max",
    window=(2, 2),
    pool_padding="valid",
    order="end",
    shortcut=False,
    kind=layers.Conv2D,
    trained=True,
):
    """A block, right as it stands.

    count, widths: functions of `convolutions` and `filters`, for how many convolutions there are,
    and for the channels of the convolution at a place. linear: "all", "first", "last" or "all but
    last", the convolutions without activation. norm: "before" or "after" the activation. order:
    where the pooling stands, "end", "begin" or "each".
    """
    count, before = (count(convolutions) if count else convolutions), X
    X = _pool(X, pool, *window, pool_padding) if order == "begin" else X
    for place in range(count):
        channels = widths(filters, place, convolutions) if widths else filters
        layer = kind(channels, kernel, strides=stride, padding=padding, use_bias=bias)
        layer.trainable = trained
        X = layer(X)
        plain = {
            "": False,
            "all": True,
            "first": place == 0,
            "last": place == count - 1,
            "all but last": place < count - 1,
        }[linear]
        X = layers.BatchNormalization()(X) if norm == "before" else X
        X = X if plain else layers.Activation(activation)(X)
        X = layers.BatchNormalization()(X) if norm == "after" else X
        X = _pool(X, pool, *window, pool_padding) if order == "each" else X
    X = layers.Add()([X, layers.Conv2D(filters, 1)(before)]) if shortcut else X
    return _pool(X, pool, *window, pool_padding) if order == "end" else X


no_pooling = partial(_wrong_block, pool="")
average_pooling = partial(_wrong_block, pool="avg")
pooling_padded = partial(_wrong_block, pool_padding="same")
window_3_stride_2 = partial(_wrong_block, window=(3, 2))
window_3_stride_2_padded = partial(_wrong_block, window=(3, 2), pool_padding="same")
window_2_stride_1 = partial(_wrong_block, window=(2, 1))
window_3 = partial(_wrong_block, window=(3, 3))
window_4 = partial(_wrong_block, window=(4, 4))
pooling_first = partial(_wrong_block, order="begin")
pooling_each = partial(_wrong_block, order="each")
strides_for_pooling = partial(_wrong_block, pool="", stride=2)
strides_and_pooling = partial(_wrong_block, stride=2)

valid_padding = partial(_wrong_block, padding="valid")
kernel_1 = partial(_wrong_block, kernel=1)
kernel_2 = partial(_wrong_block, kernel=2)
kernel_5 = partial(_wrong_block, kernel=5)
kernel_7 = partial(_wrong_block, kernel=7)
dilated = partial(_wrong_block, kind=partial(layers.Conv2D, dilation_rate=2))
separable = partial(_wrong_block, kind=layers.SeparableConv2D)

linear = partial(_wrong_block, linear="all")
linear_first = partial(_wrong_block, linear="first")
linear_last = partial(_wrong_block, linear="last")
linear_but_last = partial(_wrong_block, linear="all but last")
tanh = partial(_wrong_block, activation="tanh")
sigmoid = partial(_wrong_block, activation="sigmoid")
leaky = partial(_wrong_block, activation="leaky_relu")
elu = partial(_wrong_block, activation="elu")
gelu = partial(_wrong_block, activation="gelu")
silu = partial(_wrong_block, activation="silu")
selu = partial(_wrong_block, activation="selu")

one_convolution = partial(_wrong_block, count=lambda asked: 1)
two_convolutions = partial(_wrong_block, count=lambda asked: 2)
three_convolutions = partial(_wrong_block, count=lambda asked: 3)
one_fewer = partial(_wrong_block, count=lambda asked: asked - 1)
one_more = partial(_wrong_block, count=lambda asked: asked + 1)

sixty_four = partial(_wrong_block, widths=lambda filters, place, count: 64)
doubling = partial(_wrong_block, widths=lambda filters, place, count: filters * 2**place)
twice_at_last = partial(
    _wrong_block, widths=lambda filters, place, count: filters * (2 if place == count - 1 else 1)
)
growing = partial(
    _wrong_block, widths=lambda filters, place, count: filters * (place + 1) // count or 1
)
half_at_first = partial(
    _wrong_block, widths=lambda filters, place, count: filters if place else filters // 2 or 1
)

no_bias = partial(_wrong_block, bias=False)
norm_before = partial(_wrong_block, norm="before")
norm_after = partial(_wrong_block, norm="after")
residual = partial(_wrong_block, shortcut=True)
frozen = partial(_wrong_block, trained=False)


def swapped(X, convolutions, filters):
    """The arguments the wrong way round."""
    return _wrong_block(X, filters, convolutions)


def network(
    input_shape=(64, 64, 3),
    classes=6,
    *,
    table=TABLE,
    block=vgg_block,
    between="flatten",
    units=(4096, 4096),
    activations=("relu", "relu"),
    bias=True,
    norm=False,
    last=("softmax",),
    output=True,
    scale=0,
    trained=True,
):
    """VGG-16, right in inference mode as it stands; dropout is not known by its output.

    table: convolutions and filters by block. between: "flatten", "global", "global max" or "" for
    nothing. units, activations: of the hidden dense layers. norm: batch norm after each of these.
    last: activations of the output, one after another. output: whether there is a third dense
    layer. scale: what images are divided by.
    """
    images = keras.Input(input_shape)
    X = layers.Rescaling(1 / scale)(images) if scale else images
    for convolutions, filters in table:
        X = block(X, convolutions, filters)
    makers = {
        "flatten": layers.Flatten,
        "global": layers.GlobalAveragePooling2D,
        "global max": layers.GlobalMaxPooling2D,
    }
    X = makers[between]()(X) if between else X
    for count, activation in zip(units, activations, strict=True):
        X = layers.Dense(count, activation=activation, use_bias=bias)(X)
        X = layers.BatchNormalization()(X) if norm else X
    X = layers.Dense(classes, use_bias=bias)(X) if output else X
    for activation in last:
        X = layers.Activation(activation)(X)
    model = keras.Model(images, X)
    model.trainable = trained
    return model


def _table(counts=(2, 2, 3, 3, 3), filters=(64, 128, 256, 512, 512)):
    return tuple(zip(counts, filters, strict=True))


vgg_19 = partial(network, table=_table((2, 2, 4, 4, 4)))
vgg_13 = partial(network, table=_table((2, 2, 2, 2, 2)))
vgg_11 = partial(network, table=_table((1, 1, 2, 2, 2)))
threes = partial(network, table=_table((3, 3, 3, 3, 3)))
counts_reversed = partial(network, table=_table((3, 3, 3, 2, 2)))
last_of_1024 = partial(network, table=_table(filters=(64, 128, 256, 512, 1024)))
last_of_256 = partial(network, table=_table(filters=(64, 128, 256, 512, 256)))
half_as_wide = partial(network, table=_table(filters=(32, 64, 128, 256, 256)))
from_32 = partial(network, table=_table(filters=(32, 64, 128, 256, 512)))
all_64 = partial(network, table=_table(filters=(64,) * 5))
all_512 = partial(network, table=_table(filters=(512,) * 5))
fourth_of_256 = partial(network, table=_table(filters=(64, 128, 256, 256, 512)))
first_of_128 = partial(network, table=_table(filters=(128, 128, 256, 512, 512)))
filters_reversed = partial(network, table=_table(filters=(512, 512, 256, 128, 64)))
four_blocks = partial(network, table=TABLE[:4])
without_first = partial(network, table=TABLE[1:])
without_third = partial(network, table=(*TABLE[:2], *TABLE[3:]))

no_flatten = partial(network, between="")
global_pooling = partial(network, between="global")
global_max_pooling = partial(network, between="global max")
units_1024 = partial(network, units=(1024, 1024))
units_4096_1024 = partial(network, units=(4096, 1024))
units_4096_1000 = partial(network, units=(4096, 1000))
units_2048 = partial(network, units=(2048, 2048))
units_512 = partial(network, units=(512, 512))
units_256 = partial(network, units=(256, 256))
one_dense = partial(network, units=(4096,), activations=("relu",))
no_dense = partial(network, units=(), activations=())
three_dense = partial(network, units=(4096,) * 3, activations=("relu",) * 3)
linear_dense = partial(network, activations=(None, None))
linear_first_dense = partial(network, activations=(None, "relu"))
linear_second_dense = partial(network, activations=("relu", None))
tanh_dense = partial(network, activations=("tanh", "tanh"))
sigmoid_dense = partial(network, activations=("sigmoid", "sigmoid"))
softmax_dense = partial(network, activations=("relu", "softmax"))

logits = partial(network, last=())
sigmoid_end = partial(network, last=("sigmoid",))
relu_end = partial(network, last=("relu",))
tanh_end = partial(network, last=("tanh",))
softmax_twice = partial(network, last=("softmax", "softmax"))
relu_then_softmax = partial(network, last=("relu", "softmax"))
no_output = partial(network, output=False, last=())
no_output_softmax = partial(network, output=False)
no_bias_dense = partial(network, bias=False)
norm_dense = partial(network, norm=True)
scaled = partial(network, scale=255)
network_frozen = partial(network, trained=False)


def thousand_classes(input_shape=(64, 64, 3), classes=6):
    """The paper's classes, whatever is asked for."""
    return network(input_shape, 1000)


def six_classes(input_shape=(64, 64, 3), classes=6):
    """Our classes, whatever is asked for."""
    return network(input_shape, 6)


def ten_classes(input_shape=(64, 64, 3), classes=6):
    """Ten classes, as in CIFAR-10, whatever is asked for."""
    return network(input_shape, 10)


def one_class_more(input_shape=(64, 64, 3), classes=6):
    """One class too many."""
    return network(input_shape, classes + 1)


def fixed_32(input_shape=(64, 64, 3), classes=6):
    """Images of 32x32x3, whatever is asked for."""
    return network((32, 32, 3), classes)


def fixed_64(input_shape=(64, 64, 3), classes=6):
    """Our images, whatever is asked for."""
    return network((64, 64, 3), classes)


def fixed_both(input_shape=(64, 64, 3), classes=6):
    """Our images and classes."""
    return network((64, 64, 3), 6)
