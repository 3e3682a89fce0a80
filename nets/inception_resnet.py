"""Inception-ResNet-V2 (Szegedy et al. 2016, arXiv 1602.07261), as in keras.applications.

Inception branches whose concatenation is projected back, scaled down and added to the input. The
order of the weights and the constants are those of keras.applications, whose weights files load.
"""

from __future__ import annotations

import keras
from keras import layers

from nets.common import softmax, to_model
from nets.inception_blocks import Conv, Pool, chain, reduction, side_by_side
from nets.inception_v3 import STEM, enlarged_input

# The published network starts with the stem of Inception-V3, not with that of figure 3.
MIXED_5B = (
    (Conv(96),),
    (Conv(48), Conv(64, 5)),
    (Conv(64), Conv(96, 3), Conv(96, 3)),
    (Pool("average"), Conv(64)),
)
# Figures 16, 17 and 19; widths of the published network.
BLOCK35 = ((Conv(32),), (Conv(32), Conv(32, 3)), (Conv(32), Conv(48, 3), Conv(64, 3)))
BLOCK17 = ((Conv(192),), (Conv(128), Conv(160, (1, 7)), Conv(192, (7, 1))))
BLOCK8 = ((Conv(192),), (Conv(192), Conv(224, (1, 3)), Conv(256, (3, 1))))
# Figures 7 and 18.
MIXED_6A = (
    (reduction(384),),
    (Conv(256), Conv(256, 3), reduction(384)),
    (Pool("max", 2, "valid"),),
)
MIXED_7A = (
    (Conv(256), reduction(384)),
    (Conv(256), reduction(288)),
    (Conv(256), Conv(288, 3), reduction(320)),
    (Pool("max", 2, "valid"),),
)
# Figure 15: the module before the blocks, the blocks, their number, and the scale of the residual.
STAGES = (
    ("mixed_5b", MIXED_5B, "block35", BLOCK35, 10, 0.17),
    ("mixed_6a", MIXED_6A, "block17", BLOCK17, 20, 0.1),
    ("mixed_7a", MIXED_7A, "block8", BLOCK8, 9, 0.2),
)


@keras.saving.register_keras_serializable(package="nets")
class ScaledAdd(layers.Layer):
    """first + scale * second (section 3.3): two tensors of one shape -> that shape.

    Args:
        scale: The factor of the second tensor.
        **options: Arguments of keras.layers.Layer.
    """

    def __init__(self, scale: float, **options):
        super().__init__(**options)
        self.scale = scale

    def call(self, inputs):
        first, second = inputs
        return first + self.scale * second

    def compute_output_shape(self, input_shape):
        return input_shape[0]

    def get_config(self):
        return {**super().get_config(), "scale": self.scale}


def residual_block(X, branches, scale: float, name: str, activate: bool = True):
    """One Inception-ResNet block (section 3.2).

    The branches, a 1x1 convolution back to c channels without activation, `scale` times the result
    added to X, and ReLU. Scales of 0.1 to 0.3 keep the training of more than a thousand filters
    from running away (section 3.3).

    Args:
        X: Keras tensor, (n, h, w, c).
        branches: As in `nets.inception_blocks.side_by_side`.
        scale: The factor of the residual.
        name: Starts the layers' names.
        activate: Whether ReLU ends the block.

    Returns:
        Keras tensor, (n, h, w, c).
    """
    mixed = side_by_side(X, branches, f"{name}_mixed")
    residual = layers.Conv2D(X.shape[-1], 1, name=f"{name}_conv")(mixed)
    X = ScaledAdd(scale, name=f"{name}_add")([X, residual])
    return layers.Activation("relu", name=f"{name}_ac")(X) if activate else X


def InceptionResNetV2(
    input_shape=(75, 75, 3),
    classes: int = 6,
    resize=None,
    *,
    name="inception_resnet_v2",
    weights=None,
) -> keras.Model:
    """Inception-ResNet-V2 (figure 15): 55,873,736 parameters at 1000 classes.

    The whole last map is averaged, whatever its size.

    Args:
        input_shape: (height, width, channels) in pixels, at least 75x75 without `resize`.
        classes: Number of classes.
        resize: As in `nets.inception_v3.InceptionV3`.
        name: The model's name.
        weights: None, the path of a file, or "imagenet"; see `nets.weights.load`.

    Returns:
        Model, not compiled: images (n, *input_shape) -> probabilities (n, classes).

    Raises:
        NetError: A smaller image, a resize below 75, classes below 1, or weights that do not fit.
    """
    inputs, X = enlarged_input(name, input_shape, classes, resize)
    X = chain(X, STEM, "stem")
    for module, module_branches, block, branches, blocks, scale in STAGES:
        X = side_by_side(X, module_branches, module)
        for number in range(1, blocks + 1):
            X = residual_block(X, branches, scale, f"{block}_{number}")
    # The last block is added unscaled and stays without ReLU.
    X = residual_block(X, BLOCK8, 1.0, "block8_10", activate=False)
    X = chain(X, (Conv(1536),), "conv_7b")
    X = layers.GlobalAveragePooling2D(name="avg_pool")(X)
    return to_model(inputs, softmax(X, classes), name, weights)
