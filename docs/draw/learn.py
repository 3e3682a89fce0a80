"""Train what the figures show as learnt, on the stand-in for SIGNS, and keep it in numbers.npz.

Transfer to photographs needs SIGNS itself, see datasets.signs.

.venv/bin/python -m docs.draw.learn                  # all: some minutes
.venv/bin/python -m docs.draw.learn lenet alexnet    # only these

Another machine may learn slightly other numbers. So the file is kept in the project, and
`.venv/bin/python -m docs.draw` draws from it without training.
"""

from __future__ import annotations

import sys

import numpy as np

import nets
from datasets.find import resolve
from datasets.signs import Signs
from datasets.synthetic import stand_in
from docs.draw import numbers

HAND = 3  # the test hand that is shown
AUGMENTED, ALONE = 7, 2  # the hand that is changed, and the seed of each function alone
SEEDS, EPOCHS = 2, 12  # of the plain and the residual networks
ALEXNET_EPOCHS = 10
TUNED_EPOCHS = 10, 20  # of the new softmax alone, and of all layers
FILTERS, CHANNELS = 24, 16  # of its first layer that are kept
GRID = 7  # pixels between the lines of the grid


def lenet() -> dict[str, np.ndarray]:
    """The six filters of a LeNet-5 that reads grey hands, one hand, and its accuracy."""
    import keras

    data = stand_in_for_signs()
    keras.utils.set_random_seed(0)
    model = nets.build("lenet5", (64, 64, 1), 6)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    train, test = grey(data.train_x), grey(data.test_x)
    model.fit(train / 255, data.train_y, batch_size=32, epochs=30, verbose=2)
    kernel = first_kernel(model)[:, :, 0].transpose(2, 0, 1)
    accuracy = model.evaluate(test / 255, data.test_y, verbose=0)[1]
    return {
        "lenet_filters": np.rint(kernel * 1000).astype(np.int16),
        "lenet_bias": np.rint(model.layers[1].get_weights()[1] * 1000).astype(np.int16),
        "lenet_hand": np.rint(test[HAND, :, :, 0]).astype(np.uint8),
        "lenet_accuracy": np.array(accuracy),
    }


def data_augmentation() -> dict[str, np.ndarray]:
    """A drawn hand, what each function of the solution makes of it, and all of them at once."""
    from solutions import data_augmentation as solution

    hands, _ = stand_in.batch("test", 0)
    ops = (
        solution.mirror,
        solution.random_crop,
        solution.rotate_shear_warp,
        solution.colour_shift_pca,
    )
    place = AUGMENTED
    shown = [hands[place]] + [op(hands, ALONE)[place] for op in ops]
    for seed in range(ALONE, ALONE + 5):
        images = hands
        for number, op in enumerate(ops):
            images = op(images, len(ops) * seed + number)
        shown.append(images[place])
    indices, palette = quantised(np.array(shown))
    # Where each pixel of the third comes from: what the solution hands to `sample`.
    places: list = []
    sample, solution.sample = solution.sample, lambda images, y, x: places.extend([y, x])
    solution.rotate_shear_warp(hands, ALONE)
    solution.sample = sample
    grid = np.array(places)[:, place, ::GRID, ::GRID]
    return {
        "augmentation_images": indices,
        "augmentation_palette": palette,
        "augmentation_places": grid.astype(np.float32),
    }


def quantised(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Images (n, 64, 64, 3) in 256 colours that they share: uint8 (n, 64, 64) and (256, 3)."""
    from PIL import Image

    strip = Image.fromarray(images.reshape(-1, *images.shape[2:])).quantize(256, dither=0)
    palette = np.zeros((256, 3), np.uint8)
    colours = np.array(strip.getpalette(), np.uint8).reshape(-1, 3)
    palette[: len(colours)] = colours
    return np.array(strip).reshape(images.shape[:3]), palette


def stand_in_for_signs() -> Signs:
    """1,080 drawn hands to train on, 120 to test."""
    return resolve("synthetic", say=print)[0]


def grey(images: np.ndarray) -> np.ndarray:
    """Brightness as in ITU-R 601: (n, h, w, 3) -> float (n, h, w, 1), 0 to 255."""
    return (images @ np.array([0.299, 0.587, 0.114]))[..., None]


def first_kernel(model) -> np.ndarray:
    """The kernel of the first convolution, (height, width, channels, filters)."""
    return next(weight for weight in model.get_weights() if weight.ndim == 4)


def alexnet() -> dict[str, np.ndarray]:
    """Filters of layer 1, what training changed in them, and channels of one pixel."""
    import keras

    data = stand_in_for_signs()
    keras.utils.set_random_seed(0)
    model = nets.build("alexnet", (64, 64, 3), 6)
    before = first_kernel(model)
    adam = keras.optimizers.Adam(3e-4)
    model.compile(adam, "sparse_categorical_crossentropy", metrics=["accuracy"])
    train, test = data.train_x / 255.0, data.test_x / 255.0
    model.fit(train, data.train_y, batch_size=32, epochs=ALEXNET_EPOCHS, verbose=2)
    accuracy = model.evaluate(test, data.test_y, verbose=0)[1]
    layer = next(layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D))
    maps = keras.Model(model.inputs, layer.output)(test[HAND : HAND + 1])
    after = first_kernel(model)
    return {
        **most_changed(before.transpose(3, 0, 1, 2), after.transpose(3, 0, 1, 2)),
        **busiest(np.maximum(np.array(maps)[0], 0)),
        "alexnet_accuracy": np.array(accuracy),
        "alexnet_epochs": np.array(ALEXNET_EPOCHS),
    }


def most_changed(before: np.ndarray, after: np.ndarray) -> dict[str, np.ndarray]:
    """The filters (n, height, width, 3) that training changed most, and the changes."""
    change = after.astype(float) - before
    order = np.argsort(-np.square(change).sum((1, 2, 3)), kind="stable")[:FILTERS]
    return {
        "alexnet_filters": after[order].astype(np.float16),
        "alexnet_changes": change[order].astype(np.float16),
    }


def busiest(maps: np.ndarray) -> dict[str, np.ndarray]:
    """Neighbouring channels of one pixel of (height, width, channels): where most are above 0."""
    windows = np.lib.stride_tricks.sliding_window_view(maps, CHANNELS, axis=2)
    above = (windows > 0).sum(3) + windows.max(3) / maps.max() / 2  # then the largest value
    row, column, first = np.unravel_index(np.argmax(above), above.shape)
    return {
        "alexnet_pixel": windows[row, column, first].astype(np.float16),
        "alexnet_first": np.array(first),
    }


def residual_networks() -> dict[str, np.ndarray]:
    """Training loss of plain and residual networks of 20 and 56 layers, and |F| / |X|."""
    import keras

    data = stand_in_for_signs()
    train, test = (
        images.reshape(-1, 32, 2, 32, 2, 3).mean((2, 4)) / 255
        for images in (data.train_x, data.test_x)
    )
    found: dict[str, list] = {}
    for seed in range(SEEDS):
        for depth in (20, 56):
            for kind in ("plain", "residual"):
                keras.utils.set_random_seed(seed)
                model = small_network(depth, kind == "residual")
                model.compile("adam", "sparse_categorical_crossentropy")
                fitted = model.fit(train, data.train_y, batch_size=32, epochs=EPOCHS, verbose=2)
                losses = fitted.history["loss"]
                found.setdefault(f"residual_loss_{kind}{depth}", []).append(losses)
                print(seed, depth, kind, losses, flush=True)
        found.setdefault("residual_shares", []).append(shares(model, test))
        learnt = {name: np.array(rows, np.float32) for name, rows in found.items()}
        numbers.add(learnt)  # a seed takes minutes
        keras.backend.clear_session()
    return learnt


def small_network(depth: int, residual: bool):
    """The networks of section 4.2 of He et al. (2015) with half of its channels: a keras.Model.

    Three stages of blocks of two 3x3 convolutions, (depth - 2) / 6 in each. The first convolution
    halves the image. Projections on the shortcuts between the stages.
    """
    import keras
    from keras import layers

    def convolved(X, filters, stride=1, side=3):
        X = layers.Conv2D(
            filters, side, stride, "same", use_bias=False, kernel_initializer="he_normal"
        )(X)
        return layers.BatchNormalization()(X)

    images = keras.Input((32, 32, 3))
    X = layers.ReLU()(convolved(images, 8, 2))
    for filters in (8, 16, 32):
        for block in range((depth - 2) // 6):
            stride = 2 if block == 0 and filters > 8 else 1
            path = layers.ReLU()(convolved(X, filters, stride))
            path = convolved(path, filters)
            if residual:
                shortcut = X if stride == 1 else convolved(X, filters, stride, 1)
                path = layers.Add()([shortcut, path])
            X = layers.ReLU()(path)
    X = layers.GlobalAveragePooling2D()(X)
    return keras.Model(images, layers.Dense(6, activation="softmax")(X))


def shares(model, images: np.ndarray) -> list[float]:
    """|F| / |X| of each block: root mean squares of what its sum adds, over these images."""
    import keras

    sums = [layer for layer in model.layers if isinstance(layer, keras.layers.Add)]
    pairs = [tensor for layer in sums for tensor in layer.input]
    values = keras.Model(model.inputs, pairs).predict(images, verbose=0)
    sizes = [float(np.sqrt(np.mean(np.square(value)))) for value in values]
    return [path / shortcut for shortcut, path in zip(sizes[::2], sizes[1::2], strict=True)]


def transfer_learning() -> dict[str, np.ndarray]:
    """First filters of the small network as learnt on drawn hands, and after fine-tuning."""
    from datasets.splits import parts
    from solutions.transfer_learning import fine_tune, replace_head
    from training import lessons
    from training.lessons import transfer_learning as lesson

    network = lesson.pretrain(lessons.options("transfer_learning", []))
    data = parts(resolve("signs", say=print)[0])
    before = first_kernel(network)
    model = replace_head(network, len(data.learning.classes))
    images, labels = data.learning.train_x / 255.0, data.learning.train_y
    model = fine_tune(model, images, labels, *TUNED_EPOCHS, 1e-3)
    answers = model.predict(data.validation_x / 255.0, verbose=0).argmax(1)
    return {
        "transfer_before": before.transpose(3, 0, 1, 2).astype(np.float16),
        "transfer_after": first_kernel(model).transpose(3, 0, 1, 2).astype(np.float16),
        "transfer_epochs": np.array(TUNED_EPOCHS),
        "transfer_photographs": np.array([len(images), len(answers)]),
        "transfer_right": np.array(np.sum(answers == data.validation_y)),
    }


PARTS = {
    "lenet": lenet,
    "alexnet": alexnet,
    "residual_networks": residual_networks,
    "data_augmentation": data_augmentation,
    "transfer_learning": transfer_learning,
}


def main(names: list[str]) -> None:
    """Learn what these parts need, or all."""
    for name in names or PARTS:
        numbers.add(PARTS[name]())
        print(f"{name}: {numbers.FILE} has {numbers.FILE.stat().st_size:,} bytes")


if __name__ == "__main__":
    main(sys.argv[1:])
