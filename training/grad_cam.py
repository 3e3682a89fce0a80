"""Where in an image a network saw its answer: Grad-CAM.

Selvaraju et al. 2017, Grad-CAM: visual explanations from deep networks via gradient-based
localization, section 3. Of the last feature map A, each channel k gets a weight for class c, the
mean over all places of the gradient of the class's score y before softmax (equation 1), and the
map is what the weighted channels say for the class (equation 2):

    a_k = mean over i, j of dy_c / dA_ijk        map = ReLU(sum over k of a_k A_k)

It holds for any network whose answer depends on the image through one last feature map, whatever
follows: global average pooling, as in ResNet, or flattening and dense layers, as in LeNet.
"""

from __future__ import annotations

import numpy as np

from datasets.pipeline import scaled
from datasets.quiet import import_keras
from training.errors import TrainingError

BATCH = 32  # images at a time


def grad_cam(model, images: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """The heat of each place of the last feature map, for one class per image.

    The network is in inference mode and is left as it was. The same code runs on every backend of
    Keras.

    Args:
        model: A keras.Model from images float32 0 to 1 to class probabilities.
        images: uint8 (n, h, w, c).
        classes: int (n,), the class that is asked about, such as the answer.

    Returns:
        float32 (n, height, width), of the feature map's size, from 0 to 1 in each image. All of
        an image is 0 where nothing speaks for its class.

    Raises:
        TrainingError: The network has no such feature map.
    """
    keras = import_keras()
    below, above = _cut(model)
    heats = []
    for first in range(0, len(images), BATCH):
        rows = slice(first, first + BATCH)
        maps = below(scaled(images[rows]), training=False)
        maps = keras.ops.convert_to_numpy(keras.ops.cast(maps, "float32"))
        weights = _gradients(above, maps, np.asarray(classes)[rows]).mean((1, 2), keepdims=True)
        heat = np.maximum((weights * maps).sum(-1), 0)
        highest = heat.max((1, 2), keepdims=True)
        heats.append(heat / np.where(highest > 0, highest, 1))
    return np.concatenate(heats)


def enlarged(heat: np.ndarray, height: int, width: int) -> np.ndarray:
    """Heat, float32 (h, w), at the size of the image, between its places linearly."""
    from PIL import Image

    resized = Image.fromarray(heat).resize((width, height), Image.Resampling.BILINEAR)
    return np.asarray(resized)


def hottest(heat: np.ndarray, share: float) -> np.ndarray:
    """The hottest `share` of all pixels, bool of the shape of `heat`; ties go by position."""
    count = round(share * heat.size)
    chosen = np.zeros(heat.size, bool)
    chosen[np.argsort(-heat, axis=None, kind="stable")[:count]] = True
    return chosen.reshape(heat.shape)


def _cut(model) -> tuple:
    """The network below its last feature map, and what makes scores, before softmax, from it."""
    keras = import_keras()
    image, answer = model.inputs[0], model.outputs[0]
    scores = _before_softmax(answer)
    last = _last_map(scores, image)
    return keras.Model(image, last), keras.Model(last, scores)


def _before_softmax(answer):
    """The scores of which the answer is the softmax; the answer itself where that is not known.

    A layer with softmax inside is called again without it, on the same weights.
    """
    keras = import_keras()
    layer, index, _ = answer._keras_history
    before = layer._inbound_nodes[index].input_tensors
    activation = getattr(getattr(layer, "activation", None), "__name__", "")
    if isinstance(layer, keras.layers.Softmax) or (
        isinstance(layer, keras.layers.Activation) and activation == "softmax"
    ):
        return before[0]
    if activation != "softmax":
        return answer
    linear = type(layer).from_config({**layer.get_config(), "activation": "linear"})
    scores = linear(before[0])
    linear.set_weights(layer.get_weights())
    return scores


def _last_map(scores, image):
    """The last tensor that is a map of more than one place, and through which all that follows
    goes.

    Pooling and what computes no more than an activation are passed by in the way down, so that
    the map is that of the last convolution, normalised and activated.
    """
    keras = import_keras()
    pooling = (
        keras.layers.AveragePooling2D,
        keras.layers.MaxPooling2D,
        keras.layers.Dropout,
        keras.layers.SpatialDropout2D,
    )
    here = scores
    while here is not image:
        layer, index, _ = here._keras_history
        shape = here.shape
        if len(shape) == 4 and shape[1] * shape[2] > 1 and not isinstance(layer, pooling):
            return here
        below = layer._inbound_nodes[index].input_tensors
        if len(below) != 1:
            break
        here = below[0]
    raise TrainingError(
        "expected a network whose answer comes from one last feature map, received one without"
    )


def _gradients(above, maps: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """The gradient of each image's score for its class, by its map: the shape of `maps`."""
    keras = import_keras()

    # Keras has no function for a gradient that every backend knows, but its optimizers have: zeros
    # are added to the maps, and one step of descent with momentum, at rate 1, leaves in the
    # momentum minus their gradient.
    class Nudged(keras.layers.Layer):
        def build(self, shape):
            self.zeros = self.add_weight(shape=maps.shape, initializer="zeros")

        def call(self, inputs):
            # Not kept as an attribute: the weights of the network are not to be trained.
            return above(inputs + self.zeros, training=False)

    image = keras.Input(batch_shape=maps.shape)
    model = keras.Model(image, Nudged(dtype="float32")(image))
    descent = keras.optimizers.SGD(1.0, momentum=0.9)
    # Keras takes the mean over the images, of which each has a gradient of its own.
    model.compile(descent, lambda y, scores: -keras.ops.sum(y * scores, -1), run_eagerly=True)
    model.train_on_batch(maps, np.eye(above.output_shape[-1], dtype="float32")[classes])
    return len(maps) * keras.ops.convert_to_numpy(descent.momentums[0])
