"""The experiments of docs/notes.md: what three of a student's questions come to, measured.

    python benchmarks/notes.py width          LeNet-5's blocks, 1 to 16 times as wide, on more data
    python benchmarks/notes.py decay          weight decay, and how near blocks are to the identity
    python benchmarks/notes.py colour         PCA's shifts of colour against independent ones
    python benchmarks/notes.py --table        the tables of docs/notes.md, from notes.json

SIGNS_DIR names the photographs. Each trains under five seeds, judges by the 107 test photographs
that train does not hold, and keeps finished runs in --runs. Choices are made on the 216 held out.
"""

from __future__ import annotations

import argparse
import functools
import json
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from datasets.files import write_whole
from datasets.find import resolve
from datasets.signs import Signs
from datasets.splits import Parts, few, parts
from training import comparison
from training.arms import Arm, Trained, chosen, decided_by, train
from training.lessons import halved
from training.loop import Fitted

SAVED = Path(__file__).with_name("notes.json")
BATCH = 32
# Question 1: factors on LeNet-5's 6 and 16 channels and 120 and 84 units. 16 gives the 96 and 256
# channels of AlexNet's first two convolutions.
WIDTHS, SHARES, RATES, STEPS = (1, 4, 16), (10, 30, 100), (3e-4, 1e-3), 300
# Question 3: the coefficient, and whether it holds for batch norm's gammas, too.
DECAYS = {
    "no decay": (0.0, False),
    "1e-4, kernels": (1e-4, False),
    "5e-2, kernels": (5e-2, False),
    "5e-2, kernels and gammas": (5e-2, True),
}
EPOCHS, LOOKS = 12, (0, 4, 8, 12)
# Question 4.
FEW, SCALES = 100, (1, 10)


def main(words: Sequence[str] | None = None) -> int:
    """Run one experiment and keep its figures, or print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("experiment", nargs="?", choices=[*EXPERIMENTS])
    parser.add_argument("--table", action="store_true")
    parser.add_argument("--seeds", type=int, default=comparison.SEEDS)
    parser.add_argument("--runs", type=Path, default=Path("runs/notes"))
    options = parser.parse_args(words)
    if options.experiment is None:
        if not options.table:
            parser.error(f"expected one of {', '.join(EXPERIMENTS)}, or --table; received neither")
        print(table())
        return 0
    data, source = resolve("signs", say=print)
    figures = EXPERIMENTS[options.experiment](
        parts(data), range(options.seeds), options.runs / options.experiment
    )
    kept = json.loads(SAVED.read_text(encoding="utf-8")) if SAVED.is_file() else {}
    kept[options.experiment] = {"data": source.name, "seeds": options.seeds, **figures}
    write_whole(SAVED, json.dumps(kept, indent=1) + "\n")
    return 0


def width(split: Parts, seeds: Sequence[int], folder: Path) -> dict:
    """The same blocks with more channels, on 10, 30 and 100% of the training photographs."""
    small = split.mapped(halved)
    arms, code = {}, decided_by(Path(__file__), [], WIDTHS, SHARES, RATES, STEPS)
    for factor in WIDTHS:
        ways = {rate: Arm(_wide(factor, rate, small.learning), small) for rate in RATES}
        rate = chosen(f"rate of width {factor}", ways, 99, folder, code)
        for share in SHARES:
            some = _share(small, share)
            arms[f"{factor} times, {share}%"] = Arm(_wide(factor, rate, some.learning), some)
    results = train(arms, seeds, folder, code)
    return {
        "accuracy": _accuracies(results),
        "differences": {
            f"{share}%": _difference(
                results, f"1 times, {share}%", f"16 times, {share}%", len(SHARES)
            )
            for share in SHARES
        },
    }


def _share(split: Parts, share: int) -> Parts:
    """A share, in percent, of the photographs to learn from, with as many of each class."""
    learning = split.learning
    if share == 100:
        return split
    rows = few(learning, round(len(learning.train_x) * share / 100 / len(learning.classes)))
    return split._replace(
        learning=learning._replace(train_x=learning.train_x[rows], train_y=learning.train_y[rows])
    )


def _wide(factor: int, rate: float, data: Signs) -> Callable[[int], Fitted]:
    """LeNet-5's blocks with ReLU and maximum pooling, all widths times `factor`."""
    import keras
    from keras import layers

    def build():
        images = X = keras.Input(data.train_x.shape[1:])
        for filters in (6, 16):
            X = layers.MaxPooling2D()(layers.Conv2D(factor * filters, 5, activation="relu")(X))
        X = layers.Flatten()(X)
        for units in (120, 84):
            X = layers.Dense(factor * units, activation="relu")(X)
        X = layers.Dense(len(data.classes), activation="softmax")(X)
        return keras.Model(images, X)

    def fitted(seed: int) -> Fitted:
        keras.utils.set_random_seed(seed)
        model = build()
        schedule = keras.optimizers.schedules.CosineDecay(rate, STEPS)
        return _trained(model, keras.optimizers.Adam(schedule), data, seed, STEPS)

    return fitted


def decay(split: Parts, seeds: Sequence[int], folder: Path) -> dict:
    """Residual blocks under decay: how near each is to the identity, and what gradient it gets."""
    small = split.mapped(halved)
    arms = {
        name: Arm(_decayed(*how, small.learning), small, _looked) for name, how in DECAYS.items()
    }
    code = decided_by(Path(__file__), [], DECAYS, EPOCHS, LOOKS)
    results = train(arms, seeds, folder, code)
    return {
        "accuracy": _accuracies(results),
        "looks": LOOKS,
        "branch": {name: result.notes("branch") for name, result in results.items()},
        "gradient": {name: result.notes("gradient") for name, result in results.items()},
        "gamma": {name: result.notes("gamma") for name, result in results.items()},
        "differences": {
            name: _difference(results, "no decay", name, len(DECAYS) - 1) for name in [*DECAYS][1:]
        },
    }


def _decayed(amount: float, gammas: bool, data: Signs) -> Callable[[int], Fitted]:
    import keras

    import nets

    def fitted(seed: int) -> Fitted:
        keras.utils.set_random_seed(seed)
        model = nets.build("resnet20", data.train_x.shape[1:], len(data.classes))
        for layer in model.layers:
            if isinstance(layer, keras.layers.BatchNormalization):
                layer.momentum = 0.9  # so few steps
        steps = EPOCHS * (len(data.train_x) // BATCH)
        rate = keras.optimizers.schedules.CosineDecay(
            0.02, steps, warmup_target=0.1, warmup_steps=steps // 5
        )
        optimizer = keras.optimizers.SGD(
            rate, momentum=0.9, nesterov=True, weight_decay=amount or None
        )
        spared = ["beta", "bias"] if gammas else ["beta", "bias", "gamma"]
        if amount:
            optimizer.exclude_from_weight_decay(var_names=spared)
        looks: list[dict] = []
        done = _trained(model, optimizer, data, seed, steps, looks)
        done.model.looks = looks
        return done

    return fitted


def _looked(model, seed: int) -> dict:
    """What was seen at each look: the notes of a run."""
    return {name: [look[name] for look in model.looks] for name in ("branch", "gradient", "gamma")}


def _look(model, data: Signs) -> dict:
    """Three figures of a residual network in training mode, over its blocks with plain shortcuts.

    branch: how large what a block adds is, relative to what it was given; 0 is the identity.
    gradient: of the loss by the first block's output, relative to that by the last block's.
    gamma: the mean size of the last batch norm's gammas.
    """
    import keras
    import tensorflow as tf

    images, labels = data.train_x[:128].astype("float32") / 255, data.train_y[:128]
    kept = model.get_weights()  # in training mode a look moves batch norm's averages
    sums = [layer for layer in model.layers if isinstance(layer, keras.layers.Add)]
    names = {layer.name for layer in model.layers}
    same = [layer for layer in sums if layer.name.replace("_add", "_0_pad") not in names]
    blocks = [tensor for layer in same for tensor in layer.input]
    values = keras.Model(model.input, blocks)(images, training=True)
    shares = [
        tf.norm(branch) / tf.norm(given)
        for given, branch in zip(values[::2], values[1::2], strict=True)
    ]
    norms = [layer.input[1]._keras_history.operation for layer in same]
    before, first, last = (layer.output for layer in (model.layers[0], sums[0], sums[-1]))
    after = keras.Model(first, [last, model.output])
    with tf.GradientTape(persistent=True) as tape:
        start = keras.Model(before, first)(images, training=True)
        tape.watch(start)
        end, chances = after(start, training=True)
        loss = tf.reduce_mean(keras.losses.sparse_categorical_crossentropy(labels, chances))
    ends = [tf.norm(tape.gradient(loss, at)) for at in (start, end)]
    model.set_weights(kept)
    return {
        "branch": float(tf.reduce_mean(shares)),
        "gamma": statistics.mean(float(tf.reduce_mean(tf.abs(norm.gamma))) for norm in norms),
        "gradient": float(ends[0] / ends[1]),
    }


def colour(split: Parts, seeds: Sequence[int], folder: Path) -> dict:
    """No shift of colour, PCA's, and independent ones of the same variance in all."""
    from solutions.data_augmentation import augment_in_threads
    from training.lessons import data_augmentation as lesson

    shifts: dict[str, list[Callable]] = {"none": []}
    for scale in SCALES:
        for along in ("PCA", "independent"):
            shift = functools.partial(shift_colours, along=along, scale=scale)
            shifts[f"{along}, {scale} times"] = [shift]

    def arm(name: str) -> Arm:
        functions = [*shifts[name], augment_in_threads]
        return Arm(
            lambda seed: lesson.trained(
                functions,
                lesson.chosen(split.learning, FEW, seed),
                "with" if shifts[name] else "without",
                seed,
                lesson.STEPS,
                2,
            ),
            split,
            learnt_from=lambda seed: lesson.chosen(split.learning, FEW, seed),
        )

    code = decided_by(Path(__file__), [augment_in_threads], FEW, SCALES, lesson.STEPS)
    results = train({name: arm(name) for name in shifts}, seeds, folder, code)
    names = [*shifts]
    pairs = [(names[0], name) for name in names[1:]] + [(names[2], names[1]), (names[4], names[3])]
    pixels = split.learning.train_x.reshape(-1, 3) / 255
    values, vectors = np.linalg.eigh(np.cov(pixels, rowvar=False))
    return {
        "accuracy": _accuracies(results),
        "eigenvalues": values[::-1].tolist(),
        "vectors": vectors.T[::-1].tolist(),
        "differences": {
            f"{first} -> {second}": _difference(results, first, second, len(pairs))
            for first, second in pairs
        },
    }


def shift_colours(images: np.ndarray, seed: int, along: str, scale: float) -> np.ndarray:
    """As `colour_shift_pca` of the exercise, `scale` times as large; or by independent draws.

    along: "PCA", or "independent": red, green and blue are shifted each by itself, all alike, and
    the sum of their three variances is that of PCA's shifts.
    """
    values, vectors = np.linalg.eigh(np.cov(images.reshape(-1, 3) / 255, rowvar=False))
    if along == "independent":
        values, vectors = np.full(3, np.sqrt((values**2).mean())), np.eye(3)
    alphas = np.random.default_rng(seed).normal(0, 0.1, (len(images), 3))
    colours = 255 * scale * (alphas * values) @ vectors.T
    return np.clip(np.rint(images + colours[:, None, None]), 0, 255).astype(images.dtype)


def _trained(
    model, optimizer, data: Signs, seed: int, steps: int, looks: list[dict] | None = None
) -> Fitted:
    """The model after so many steps. looks: gets what `_look` sees at the epochs of LOOKS."""
    import keras
    import tensorflow as tf

    class Look(keras.callbacks.Callback):
        """Look at the network before training and after some epochs."""

        def on_train_begin(self, logs=None):
            self.on_epoch_end(-1)

        def on_epoch_end(self, epoch, logs=None):
            if looks is not None and epoch + 1 in LOOKS:
                looks.append(_look(self.model, data))

    model.compile(optimizer, "sparse_categorical_crossentropy")
    stream = tf.data.Dataset.from_tensor_slices((data.train_x, data.train_y))
    stream = stream.shuffle(len(data.train_x), seed=seed).repeat().batch(BATCH)
    stream = stream.map(lambda images, labels: (tf.cast(images, "float32") / 255, labels)).prefetch(
        2
    )
    per_epoch = min(steps, len(data.train_x) // BATCH) if looks is not None else steps
    began = time.perf_counter()
    model.fit(
        stream,
        epochs=steps // per_epoch,
        steps_per_epoch=per_epoch,
        verbose=0,
        shuffle=False,
        callbacks=[Look()],
    )
    return Fitted(model, [], time.perf_counter() - began)


def _accuracies(results: dict[str, Trained]) -> dict[str, list[float]]:
    """On the 107, per seed."""
    return {name: result.test.right.mean(1).tolist() for name, result in results.items()}


def _difference(results: dict[str, Trained], first: str, second: str, tests: int) -> str:
    found = comparison.compare(results[first].test, results[second].test, 6, tests=tests)
    return f"{found.points:+.1f} ({found.low:+.1f} to {found.high:+.1f}): {found.answer()}"


def table() -> str:
    """The tables of docs/notes.md."""
    kept = json.loads(SAVED.read_text(encoding="utf-8"))
    lines = []
    for name, found in kept.items():
        lines += [f"{name}, {found['seeds']} seeds", ""]
        for arm, values in found["accuracy"].items():
            mean = statistics.mean(values)
            lines.append(f"| {arm} | {mean:.4f} ({min(values):.4f}-{max(values):.4f}) |")
        lines += [f"{pair}: {said}" for pair, said in found["differences"].items()] + [""]
    return "\n".join(lines)


EXPERIMENTS = {"width": width, "decay": decay, "colour": colour}

if __name__ == "__main__":
    sys.exit(main())
