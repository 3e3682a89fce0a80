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


def on_image(model, heats: np.ndarray) -> np.ndarray:
    """Heat of `grad_cam` at the size of the image: float32 (n, h, w), linear between its places.

    Each place lies where the middle of the pixels is that it sees. To enlarge the map as a picture
    would move it: a convolution with stride 2 that is padded by one pixel on either side has its
    places at 0, 2, 4, and not at 0.5, 2.5, 4.5.
    """
    below, _ = _cut(model)
    image = below.inputs[0]
    places = {id(image): [(1.0, 0.0, 0.0)] * 2}
    for layer in below.operations:
        for node in layer._inbound_nodes:
            known = [places[id(x)] for x in node.input_tensors if id(x) in places]
            if known:
                # Where branches meet, a place mostly sees what the narrowest shows: a shortcut.
                own = min((_after(layer, node, one) for one in known), key=_reach)
                places.update({id(y): own for y in node.output_tensors})
    for axis, (stride, first, _) in enumerate(places[id(below.outputs[0])], 1):
        pixels = (np.arange(image.shape[axis]) - first) / stride
        low = np.clip(np.floor(pixels).astype(int), 0, heats.shape[axis] - 1)
        high = np.minimum(low + 1, heats.shape[axis] - 1)
        part = np.clip(pixels - low, 0, 1).reshape([-1 if n == axis else 1 for n in range(3)])
        heats = heats.take(low, axis) * (1 - part) + heats.take(high, axis) * part
    return heats.astype("float32")


# Of the places of a map, by axis and in pixels of the image: from one to the next, the first, and
# how far one sees beyond its middle.
Places = list[tuple[float, float, float]]


def _reach(places: Places) -> float:
    return sum(reach for *_, reach in places)


def _after(layer, node, places: Places) -> Places:
    """The places of a layer's result, from those of its input."""
    before, after = node.input_tensors[0].shape, node.output_tensors[0].shape
    if len(after) != 4 or len(before) != 4:
        return places
    padding = getattr(layer, "padding", None)
    window = getattr(layer, "kernel_size", getattr(layer, "pool_size", None))
    found = []
    for axis, (stride, first, reach) in enumerate(places):
        size, less = before[1 + axis], after[1 + axis]
        wide, step, moved = 0, size / less, 0.0
        if window is not None and padding in ("same", "valid"):
            step = layer.strides[axis]
            wide = (window[axis] - 1) * getattr(layer, "dilation_rate", (1, 1))[axis]
            added = max(0, (less - 1) * step + wide + 1 - size) if padding == "same" else 0
            moved = wide / 2 - added // 2
        elif isinstance(padding, (tuple, list)):  # zeros before and after
            step, moved = 1, -padding[axis][0]
        elif isinstance(getattr(layer, "strides", None), int):  # every so many-th pixel
            step = layer.strides
        elif step != 1:  # another size of the same picture
            moved = (step - 1) / 2
        found.append((stride * step, first + stride * moved, reach + stride * wide / 2))
    return found


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
    import_keras()
    import keras

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
