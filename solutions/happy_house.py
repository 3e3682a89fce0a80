# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # The Happy House
#
# A camera stands at the front door of a house, and the door opens to happy faces only. You build
# the network that decides, and train it by Keras' own means. It is the first homework of the week
# of residual networks; what it teaches is Keras, and it is optional.
#
# One function is yours, `happy_model`. Fill in what lies between the markers
# `EXERCISE ... STARTS` and `EXERCISE ... ENDS`, and have it checked:
#
#     python -m grader check happy_house
#
# Then run this file. It trains your network with batch norm and without, and says what that made
# of it. The photographs are in two files, `train_happy.h5` and `test_happy.h5`, which come with the
# course: name their folder by `--folder`, or by HAPPY_DIR. Without them the door opens to an open
# hand and stays shut to a closed one, and the run and its pictures say so. `--quick` takes seconds.

# %%
"""The Happy House: the exercise, by Keras' four steps, with batch norm and without."""

from __future__ import annotations

import argparse
import sys
from collections import namedtuple
from pathlib import Path

import keras
from keras import layers

# %% [markdown]
# ## 1. Keras in four steps
#
# | step | call | what it does |
# |---|---|---|
# | create | `model = keras.Model(inputs, outputs)` | takes a chain of layers by both ends |
# | compile | `model.compile(optimizer, loss, metrics)` | says what to make small, and how |
# | fit | `model.fit(images, labels, batch_size, epochs)` | trains, epoch by epoch |
# | evaluate | `model.evaluate(images, labels)` | loss and accuracy on what it has not seen |
#
# A layer is made once and called on a tensor: `layers.Flatten()` is the layer, and
# `X = layers.Flatten()(X)` sends the tensor `X` through it. No number flows yet. `keras.Input` is
# a place for images that are still to come, and each call adds a layer behind it.
#
# `fit` goes on from the weights that there are: call it twice, and the network trains twice as
# long. Only building the model anew starts from the beginning.

# %% [markdown]
# ## 2. What each layer is for
#
# **Zero padding.** A window of 7x7 fits 58 times into 64 pixels. Without padding the map would
# shrink, and a pixel in the corner would lie in one window where one in the middle lies in 49. A
# frame of 3 zeros on each side gives every pixel a window of its own, and 64 places again. For a
# stride of 1 this is what `padding="same"` does; here it is a layer, so that you see it.
#
# **Convolution.** 32 filters of 7x7 over three colours: each looks for one pattern, everywhere.
#
# **Batch norm.** For each channel, it takes away the mean and divides by the standard deviation,
# then multiplies by $\gamma$ and adds $\beta$, two numbers that are learnt. While the network
# trains, mean and variance are those of the batch, over all its images and all places. At any other
# time they are moving averages, for a face must not be judged by who else is at the door. Those
# start at 0 and 1, and each batch moves them by a hundredth of the way: after $n$ batches
# $0.99^n$ of the start is left, four fifths after 23 of them and a hundredth after 460. A network
# that has just begun may look good in `fit` and bad in `evaluate` for this reason alone.
#
# **ReLU and max pooling.** What a filter did not find becomes 0, and of four neighbours the largest
# stays: the pattern was here, a pixel more or less.
#
# **One unit with a sigmoid.** Two classes need one number: $\sigma(z) = 1 / (1 + e^{-z})$ is the
# probability of "happy", and the rest to 1 is that of "not happy". Softmax shares 1 among its
# units, so that with a single unit it answers 1 to every face.
#
# ## 3. Binary cross-entropy
#
# The loss of one image is $-\ln p$ where the label is 1, and $-\ln(1 - p)$ where it is 0. Whoever
# always says 0.5 pays $\ln 2 = 0.69$, and whoever is sure and wrong pays without limit. With the
# sigmoid its slope by $z$ is $p - y$: as long as the answer is wrong, the network learns.

# %% [markdown]
# ## 4. The network
#
# | layer | settings | map, from 64x64x3 | parameters |
# |---|---|---|---|
# | zero padding | 3 on each side | 70x70x3 | 0 |
# | convolution | 32 filters of 7x7, stride 1, no padding of its own | 64x64x32 | 4,736 |
# | batch norm | over the channels, the last axis | 64x64x32 | 128 |
# | ReLU | | 64x64x32 | 0 |
# | max pooling | windows of 2x2 | 32x32x32 | 0 |
# | flatten | | 32,768 | 0 |
# | dense | 1 unit, sigmoid | 1 | 32,769 |


# %%
def happy_model(input_shape=(64, 64, 3)):
    """The network of the table: images (n, height, width, channels) -> probabilities (n, 1).

    input_shape: (height, width, channels) in pixels. Returns a keras.Model, not compiled: 37,633
    parameters for 64x64x3, of which batch norm's 64 moving averages are not trained.
    """
    ### EXERCISE 1 STARTS: happy_model, 100 points ###
    # 1. The input, and a frame of zeros around it.
    images = keras.Input(input_shape)
    X = layers.ZeroPadding2D(3)(images)
    # 2. The convolution, batch norm over its channels, and ReLU.
    X = layers.Conv2D(32, 7, name="conv0")(X)
    X = layers.BatchNormalization(axis=-1, name="bn0")(X)
    X = layers.Activation("relu")(X)
    # 3. Max pooling, which halves height and width.
    X = layers.MaxPooling2D(2, name="max_pool")(X)
    # 4. Flatten the map; one unit gives the probability. Then the model, from end to end.
    X = layers.Flatten()(X)
    X = layers.Dense(1, activation="sigmoid", name="fc")(X)
    model = keras.Model(images, X, name="happy_model")
    ### EXERCISE 1 ENDS ###
    return model


# %% [markdown]
# ## 5. With and without batch norm
#
# "Batch norm makes a network learn faster": to measure that, the same network is trained twice,
# once as it is and once with nothing in batch norm's place. Both start from the same kernels and
# meet the same photographs in the same order.


# %%
def without_batch_norm(model):
    """A new network like `model`, without its batch norm and with the same first weights.

    Raises TrainingError where there is no BatchNormalization among its layers, and where one of
    them is not Keras' own.
    """
    from training.compile import layers as all_layers
    from training.errors import TrainingError

    # Unlike layers.Identity it takes all arguments that batch norm may have been called with.
    class Nothing(layers.Layer):
        def call(self, X, training=None, mask=None):
            return X

    def clone(layer):
        if isinstance(layer, layers.BatchNormalization):
            return Nothing(name=layer.name)
        if not type(layer).__module__.startswith("keras."):
            raise TrainingError("expected layers of Keras' own in happy_model, received "
                                f"{type(layer).__name__}: this comparison copies them")
        return type(layer).from_config(layer.get_config())

    made = keras.models.clone_model(model, clone_function=clone, recursive=True)
    found = False
    for old, new in zip(all_layers(model), all_layers(made), strict=True):
        if isinstance(old, layers.BatchNormalization):
            found = True
        else:
            new.set_weights(old.get_weights())
    if not found:
        raise TrainingError("expected a layer BatchNormalization in happy_model, found none: this "
                            "comparison takes it out")
    return made


# %% [markdown]
# ## 6. Train
#
# The other three of Keras' steps: compile, fit, evaluate. Pixels from 0 to 255 are divided by 255,
# for networks learn best from numbers about as large as 1. Imports of our own packages stand
# inside the functions, so that checking the exercise does not wait for them.

# %%
BATCH, EPOCHS = 16, 20
QUICK_IMAGES, QUICK_EPOCHS = 160, 3
WITH, WITHOUT = "with batch norm", "without batch norm"


# Of a trained network: its loss by epoch, the seconds of `fit`, and what `evaluate` gave.
Trained = namedtuple("Trained", "model losses seconds test_loss test_accuracy")


def scaled(images):
    """Pixels 0 to 255 as float32 0 to 1: what the network reads."""
    return images.astype("float32") / 255


def trained(model, data, epochs, seed):
    """Compile, fit and evaluate a network; data: datasets.signs.Signs with the labels 0 and 1."""
    import time

    # Keras draws the order of the photographs from this seed: one and the same for both networks,
    # and again in every epoch.
    keras.utils.set_random_seed(seed)
    model.compile(optimizer=keras.optimizers.Adam(), loss="binary_crossentropy",
                  metrics=["accuracy"])
    begun = time.perf_counter()
    told = model.fit(scaled(data.train_x), data.train_y, batch_size=BATCH, epochs=epochs,
                     verbose=0)
    seconds = time.perf_counter() - begun
    loss, accuracy = model.evaluate(scaled(data.test_x), data.test_y, batch_size=BATCH, verbose=0)
    return Trained(model, told.history["loss"], seconds, loss, accuracy)


def train_both(data, epochs, seed):
    """Train the network with batch norm and without: {WITH: Trained, WITHOUT: Trained}."""
    keras.utils.set_random_seed(seed)
    model = happy_model(data.train_x.shape[1:])
    found = {}
    # Cloned before the first one is trained, for the first weights are what both begin with.
    for name, network in ((WITH, model), (WITHOUT, without_batch_norm(model))):
        print(f"{name}: {epochs} epochs on {len(data.train_x)} photographs", flush=True)
        one = found[name] = trained(network, data, epochs, seed)
        print(f"{name}: training loss {one.losses[-1]:.4f}, test loss {one.test_loss:.4f}, test "
              f"accuracy {one.test_accuracy:.4f} on {len(data.test_x)} photographs, "
              f"{one.seconds:.1f} s")
    return found


# %% [markdown]
# ## 7. Look at the answers
#
# An accuracy is one number; look at some photographs too. `model.predict` gives the probability of
# each.

# %%
SHOWN = 8


def picture(model, data, title):
    """Test photographs, each with its probability and label below: a matplotlib figure."""
    from matplotlib.figure import Figure

    # As many of each label, as far as there are.
    by_label = [[i for i, label in enumerate(data.test_y) if label == one] for one in (1, 0)]
    rows = sorted(i for own in by_label for i in own[: SHOWN // 2])
    answers = model.predict(scaled(data.test_x[rows]), verbose=0)[:, 0]
    figure = Figure(figsize=(8, 5), layout="constrained")
    figure.suptitle(title)
    for place, (i, answer) in enumerate(zip(rows, answers, strict=True), 1):
        axes = figure.add_subplot(2, SHOWN // 2, place)
        axes.imshow(data.test_x[i])
        axes.set_xticks([])
        axes.set_yticks([])
        right = (answer > 0.5) == data.test_y[i]
        axes.set_xlabel(f"{answer:.3f}, label {data.test_y[i]}", fontsize=13,
                        color="black" if right else "tab:red")
    return figure


def plot_all(found, data, options):
    """Write losses.png of both networks and photographs.png of the one with batch norm."""
    from training import plots

    histories = {name: [{"epoch": i, "loss": loss} for i, loss in enumerate(one.losses)]
                 for name, one in found.items()}
    plots.save(plots.losses(histories, f"happy_model: {options.source}"),
               options.runs / "losses.png")
    title = f"Probability that the door opens: {options.source}, test"
    plots.save(picture(found[WITH].model, data, title), options.runs / "photographs.png")


# %% [markdown]
# ## 8. Is it borne out?
#
# Two sentences, and beside each what was counted or measured just now. One seed is one run: the
# next may differ.


# %%
def about_parameters():
    """Print the claim that convolutions need few parameters, and who has them here."""
    from training.compile import layers as all_layers

    def counted(shape):
        model = happy_model(shape)
        kinds = (layers.Conv2D, layers.Dense)
        return model.count_params(), *(
            sum(layer.count_params() for layer in all_layers(model) if isinstance(layer, kind))
            for kind in kinds)

    total, convolution, dense = counted((64, 64, 3))
    _, wide_convolution, wide_dense = counted((128, 128, 3))
    print("Said: convolutions need few parameters, for all places of the image share them.")
    print(f"Counted: {total:,} for 64x64x3, of them {convolution:,} in the convolution and "
          f"{dense:,}, {dense / total:.0%}, in dense layers. For 128x128x3 the convolution has "
          f"{wide_convolution:,} and dense layers {wide_dense:,}.")
    if convolution == wide_convolution and convolution < dense:
        print("Borne out: a larger image costs the convolution nothing. What shares nothing is the "
              "dense unit, with a weight of its own for every place and channel.")
    else:
        print("Not borne out here: the convolution grows with the image, or has more than the rest")


def about_batch_norm(found):
    """Print the claim that batch norm makes a network learn faster, and what it did here.

    It is borne out where half of the epochs were enough to come to the other's last loss.
    """
    fast, slow = found[WITH], found[WITHOUT]
    epochs, goal = len(slow.losses), slow.losses[-1]
    passed = next((i for i, loss in enumerate(fast.losses, 1) if loss <= goal), None)
    print("Said: batch norm makes a network learn faster.")
    print(f"Measured: in the first epoch the training loss is {fast.losses[0]:.3f} with it and "
          f"{slow.losses[0]:.3f} without, in epoch {epochs} {fast.losses[-1]:.4f} and {goal:.4f}. "
          f"With it the network came to {goal:.4f} "
          f"{'never' if passed is None else f'in epoch {passed}'}.")
    if passed is not None and 2 * passed <= epochs:
        print("Borne out: half of the epochs or fewer were enough.")
    else:
        print("Not borne out here: half of the epochs were not enough.")
    worst = max(fast.losses[(passed or 0):], default=goal)
    if passed is not None and worst > goal:
        print(f"It did not stay there: later its loss was {worst:.3f}.")
    each = fast.seconds / epochs
    print(f"By the clock an epoch took {each:.2f} s with it and {slow.seconds / epochs:.2f} s "
          "without, the start of the first one included.")
    if passed is not None:
        print(f"So it came there after {passed * each:.1f} s, and the network without it after "
              f"{slow.seconds:.1f} s.")


# %% [markdown]
# ## 9. All of it


# %%
def walk(options):
    """Build, train with batch norm and without, plot, and say what is borne out."""
    from datasets import happy
    from datasets.files import make_folder, whole

    happy_model().summary()
    about_parameters()
    data, options.source = happy.resolve(options.folder, options.data, say=print)
    make_folder(options.runs)
    epochs = EPOCHS
    if options.quick:
        print(f"--quick: {QUICK_IMAGES} training photographs and {QUICK_EPOCHS} epochs, too few to "
              "judge by: what follows shows the way, not the answer")
        epochs = QUICK_EPOCHS
        data = data._replace(train_x=data.train_x[:QUICK_IMAGES],
                             train_y=data.train_y[:QUICK_IMAGES])
    found = train_both(data, epochs, options.seed)
    plot_all(found, data, options)
    about_batch_norm(found)
    with whole(options.runs / "model.keras") as temporary:
        found[WITH].model.save(temporary)
    print(f"the plots and the network with batch norm, model.keras, are in {options.runs}")


def arguments():
    """The command line."""
    parser = argparse.ArgumentParser(description="The Happy House: train a small network with "
                                     "batch norm and without, and compare.")
    parser.add_argument("--quick", action="store_true", help="few photographs and epochs only")
    parser.add_argument("--folder", type=Path, help="where train_happy.h5 and test_happy.h5 lie; "
                        "else HAPPY_DIR, else datasets/data/happy")
    parser.add_argument("--data", choices=["auto", "signs", "synthetic"], default="auto",
                        help="the hands that stand in where there are no such photographs")
    parser.add_argument("--runs", type=Path, default=Path("runs/happy-house-homework"),
                        help="the folder for plots and the model")
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


def main():
    """Run the walk; what a user can mend is said in one line. Returns the exit status."""
    from datasets.errors import DataError
    from training.errors import TrainingError

    options = arguments()
    try:
        walk(options)
    except (DataError, TrainingError, NotImplementedError, KeyboardInterrupt) as error:
        print(str(error) or "interrupted", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    sys.exit(main())
