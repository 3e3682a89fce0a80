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
# # Data augmentation
#
# You make more photographs out of those that you have: mirrored, cropped, turned, sheared, warped,
# and in other light. Then threads do it while a network trains, and you measure on 100, 300 and
# 1,080 photographs of hands whether it helps.
#
# Five functions are yours: `mirror`, `random_crop`, `rotate_shear_warp`, `colour_shift_pca` and
# `augment_in_threads`. Fill in what lies between the markers `EXERCISE ... STARTS` and
# `EXERCISE ... ENDS`, and ask as often as you like:
#
#     python -m grader check data_augmentation
#
# Once they are filled in, run this file: it shows each distortion, trains with and without, and
# compares. `--quick` takes less than a minute, `--help` lists the rest.

# %%
"""Data augmentation: the exercise, from a mirror to what it is worth on few photographs."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import keras
import numpy as np
from keras import layers

# %% [markdown]
# ## 1. Why
#
# Computer vision rarely has enough data. A network that has seen 100 hands learns these hands by
# heart; one that has seen each of them a little changed, and changed anew in every epoch, must
# find what stays the same. The label must stay the same too: a mirrored hand still shows three
# fingers, while a mirrored letter may be no letter. Which changes keep the label is knowledge of
# the task, and augmentation is the way to tell it to a network.
#
# Four rules hold for every function here:
#
# - **an image stays an image**: the same shape, the same type, and values from 0 to 255;
# - **each image has a draw of its own**, also within one batch;
# - **the seed decides**: the same seed gives the same result, another seed gives another. All
#   draws come from one generator, `np.random.default_rng(seed)`, made anew in every call;
# - **the images that were given stay as they are**: they are needed again in the next epoch.
#
# Augmentation belongs to training. The test photographs are never changed.
#
# ## 2. Mirroring
#
# The simplest change: left and right change places, with probability 1/2. In an array
# (n, height, width, channels) that is the third axis, read backwards.


# %%
def mirror(images, seed):
    """Mirror each image on its vertical axis with probability 1/2.

    images: uint8 (n, height, width, channels), 0 to 255. seed: a whole number. Returns a new
    array of the same kind: each image as it was, or with left and right exchanged.
    """
    ### EXERCISE 1 STARTS: mirror, 15 points ###
    # 1. A generator from the seed, and one draw an image: whether it is mirrored.
    # 2. A copy of the images, in which the chosen ones are read from right to left.
    raise NotImplementedError(
        "exercise 1, mirror, is not filled in yet; hint: "
        "python -m grader hint data_augmentation mirror"
    )
    ### EXERCISE 1 ENDS ###
    return mirrored


# %% [markdown]
# ## 3. Random cropping
#
# A window of the image, at a random place. It must not lose what the label speaks of, so it is
# nearly as large as the image. Here the image first gets a margin that repeats its edge, an eighth
# of the height above and below, an eighth of the width on the left and on the right; the window has
# the size of the image. For an image of 64x64 the margin is 8 pixels, the padded image 80x80, and
# there are 17 x 17 places for the window, from 0 to 16 in each direction.


# %%
def random_crop(images, seed):
    """Cut a window of the image's size, at a place of its own, out of each padded image.

    images: uint8 (n, height, width, channels), 0 to 255. seed: a whole number. The margin is
    height // 8 above and below and width // 8 left and right, and repeats the edge. All places are
    equally likely, the first and the last as well, down and across each for itself. Returns a new
    array of the same kind.
    """
    ### EXERCISE 2 STARTS: random_crop, 20 points ###
    # 1. Pad height and width on both sides; images and channels have no margin.
    # 2. A generator from the seed, and two draws an image: the first row and the first column.
    # 3. The window of each image from there on, as one array.
    raise NotImplementedError(
        "exercise 2, random_crop, is not filled in yet; hint: "
        "python -m grader hint data_augmentation random_crop"
    )
    ### EXERCISE 2 ENDS ###
    return cropped


# %% [markdown]
# ## 4. Rotation, shearing, local warping
#
# These three move pixels, and all are done the same way, from the end: for each pixel of the
# result, where in the image does it come from? Count $x$ and $y$ from the middle of the image.
#
# | change | where the pixel $(x, y)$ comes from |
# |---|---|
# | shearing by $s$ | $(x + s y, y)$ |
# | rotation by $a$ | $(x \cos a - y \sin a, x \sin a + y \cos a)$ |
# | local warping | $(x + u, y + v)$, with $u$ and $v$ that change slowly over the image |
#
# Done one after another on the places, they cost one look into the image at the end, and the image
# is blurred once. Two functions are given: `smooth` spreads a coarse grid of steps over all pixels,
# and `sample` looks up values between pixels; outside it repeats the edge.


# %%
def smooth(steps, height, width):
    """Spread coarse grids over all pixels, linearly in between: (n, k, k) -> (n, height, width)."""
    across, down = (
        np.maximum(0, 1 - abs(np.linspace(0, size - 1, side)[:, None] - np.arange(size)))
        for size, side in ((steps.shape[2], width), (steps.shape[1], height)))
    return down @ steps @ across.T


def sample(images, y, x):
    """The values of images (n, h, w, c) at places y, x (n, h, w) in pixels from the top left.

    Between pixels it weighs the four neighbours, outside it repeats the edge; then it rounds.
    """
    height, width = images.shape[1:3]
    y, x = np.clip(y, 0, height - 1), np.clip(x, 0, width - 1)
    top, left = np.floor(y).astype(int), np.floor(x).astype(int)
    bottom, right = np.minimum(top + 1, height - 1), np.minimum(left + 1, width - 1)
    down, across = (y - top)[..., None], (x - left)[..., None]
    each = np.arange(len(images))[:, None, None]
    upper = images[each, top, left] * (1 - across) + images[each, top, right] * across
    lower = images[each, bottom, left] * (1 - across) + images[each, bottom, right] * across
    return np.rint(upper * (1 - down) + lower * down).astype(images.dtype)


def rotate_shear_warp(images, seed, degrees=10.0, shear=0.1, warp=2.0):
    """Rotate, shear and warp each image, about its middle, by draws of its own.

    images: uint8 (n, height, width, channels), 0 to 255. seed: a whole number. The angle is
    uniform from -degrees to degrees; the shear, pixels sideways for each pixel downwards, from
    -shear to shear. For the warp every point moves by at most `warp` pixels down or up and at most
    as many across, each direction drawn for itself, and neighbouring pixels by less than half of
    `warp` apart. What is 0 changes nothing; what comes from outside repeats the edge. Returns a
    new array of the same kind.
    """
    ### EXERCISE 3 STARTS: rotate_shear_warp, 25 points ###
    # 1. A generator from the seed. For each image an angle in radians, a shear, and two coarse
    #    grids of 5x5 steps.
    # 2. Where each pixel lies, counted from the middle: a column y and a row x.
    # 3. Shear, then rotate: the two rows of the table.
    # 4. Add the smoothed steps, count from the top left again, and look the values up.
    raise NotImplementedError(
        "exercise 3, rotate_shear_warp, is not filled in yet; hint: "
        "python -m grader hint data_augmentation rotate_shear_warp"
    )
    ### EXERCISE 3 ENDS ###
    return changed


# %% [markdown]
# ## 5. Colour shifting by principal components
#
# In other light a photograph has other colours. The simplest way adds a number of its own to red,
# green and blue. AlexNet (Krizhevsky, Sutskever and Hinton 2012, section 4.1) does it along the
# directions in which the colours of the photographs really vary: if red and green mostly change
# together, they are shifted together, and blue less.
#
# Take the colours of all pixels of all images, from 0 to 1, as points in three dimensions. Their
# covariance matrix has three eigenvectors, the columns of $P$, and three eigenvalues
# $\lambda_1, \lambda_2, \lambda_3$. Each image draws three numbers $\alpha_i \sim N(0, 0.1)$, with
# the standard deviation 0.1, and to every one of its pixels the colour
# $P (\alpha_1 \lambda_1, \alpha_2 \lambda_2, \alpha_3 \lambda_3)^T$ is added. It counts from 0 to 1
# too: times 255 for pixels from 0 to 255.
#
# A value that leaves the range ends at its border. Cast to uint8 without that, 260 becomes 4. In
# photographs before a grey wall the eigenvalues are small, and the shift is hardly seen.


# %%
def colour_shift_pca(images, seed):
    """Add to each image one colour, drawn along the principal components of all pixels.

    images: uint8 (n, height, width, 3), 0 to 255; the covariance is that of the colours of all
    their pixels, together, from 0 to 1. seed: a whole number. Adds 255 P (alpha lambda), the same
    at every pixel of an image, with three alphas of its own, normal with deviation 0.1; then
    rounds, and keeps values within 0 to 255. Returns a new array of the same kind.
    """
    ### EXERCISE 4 STARTS: colour_shift_pca, 20 points ###
    # 1. The colours of all pixels as rows, from 0 to 1, and the eigenvalues and eigenvectors of
    #    their covariance.
    # 2. A generator from the seed, three draws an image, and the colour that comes of them.
    # 3. Add each colour to all pixels of its image; round, clip, and back to the images' type.
    raise NotImplementedError(
        "exercise 4, colour_shift_pca, is not filled in yet; hint: "
        "python -m grader hint data_augmentation colour_shift_pca"
    )
    ### EXERCISE 4 ENDS ###
    return shifted


# %% [markdown]
# ## 6. Threads
#
# The distortions are computed anew for every batch, on the CPU. While the device trains on one
# batch, threads of the CPU can prepare the next ones: NumPy lets other threads run while it loops.
# `tf.data` organises that. `dataset.map(f, num_parallel_calls=workers)` calls `f` for so many
# elements at once and hands the results on in the old order; `prefetch` lets some wait ready.
#
# Inside of `map` there are no arrays, but tensors of a graph that runs later.
# `tf.numpy_function(f, inputs, dtype)` puts a Python function into that graph; it knows nothing of
# the shape of what comes back, so that you say it.
#
# Seeds: whichever thread comes first, a batch must get the same draws. So a seed follows from the
# number of the batch, and the functions one after another get different ones: with one seed for
# all, the draw that mirrors an image would also choose the place of its window.


# %%
def augment_in_threads(dataset, ops, workers):
    """Put each batch of a dataset through all functions, in `workers` threads at once.

    dataset: a tf.data.Dataset of pairs, images uint8 (b, height, width, channels) and labels (b,).
    ops: functions (images, seed) -> images of NumPy arrays, such as those above, to be called one
    after another. workers: how many batches are worked on at once, no more and no fewer.

    Returns a tf.data.Dataset of the same pairs, shapes and types, in the same order, the images
    changed, the labels as they were. Every call gets a seed of its own, a whole number, which
    depends on nothing but the number of the batch and the place of the function in `ops`. No
    function is called before the dataset is run.
    """
    ### EXERCISE 5 STARTS: augment_in_threads, 20 points ###
    # 1. A function for arrays: the number of a batch and its images, through all ops in turn.
    # 2. A function for tensors: it calls the other, and says which shape comes back.
    # 3. Number the batches, map them on so many threads, and let two wait ready.
    raise NotImplementedError(
        "exercise 5, augment_in_threads, is not filled in yet; hint: "
        "python -m grader hint data_augmentation augment_in_threads"
    )
    ### EXERCISE 5 ENDS ###
    return made


# %% [markdown]
# ## 7. Look at it
#
# Before you train on augmented images, look at them: a distortion that makes a hand unreadable for
# you makes it unreadable for the network. `distortions.png` shows each function on one photograph,
# under five seeds.

# %%
OPS = {"mirror": mirror, "random crop": random_crop, "rotate, shear, warp": rotate_shear_warp,
       "PCA colour": colour_shift_pca}
SHOWN = 5


def picture(photographs, title):
    """Each distortion of the first photograph under five seeds, as a matplotlib figure."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 6.4), layout="constrained")
    figure.suptitle(title)
    grid = figure.subplots(len(OPS), SHOWN + 1)
    for row, (name, op) in zip(grid, OPS.items(), strict=True):
        # The colours of many photographs give the axes, as in training.
        drawn = [op(photographs, seed)[0] for seed in range(SHOWN)]
        titles = ["as it is", *(f"seed {seed}" for seed in range(SHOWN))]
        for axes, image, text in zip(row, [photographs[0], *drawn], titles, strict=True):
            axes.imshow(image)
            axes.set_xticks([])
            axes.set_yticks([])
            axes.set_title(text, fontsize=9)
        row[0].set_ylabel(name, fontsize=10)
    return figure


# %% [markdown]
# ## 8. With and without, on 100, 300 and 1,080 photographs
#
# One small network, trained from scratch for the same number of steps: on the photographs as they
# are, and on photographs that all four functions change anew for every batch. Nothing else
# differs. Imports of our own packages stand inside the functions, so that checking the exercises
# does not wait for them.

# %%
SIZES, SEEDS, STEPS = (100, 300, 1080), 3, 600
QUICK_SIZES, QUICK_SEEDS, QUICK_STEPS = (100,), 1, 30
ARMS = ("without", "with")
BATCH, AHEAD, RATE = 32, 4, 2e-3


def network(shape, classes):
    """Four convolutions of stride 2, each with batch norm and ReLU; then averages, then softmax."""
    images = X = keras.Input(shape)
    for filters in (32, 64, 128, 256):
        X = layers.Conv2D(filters, 3, strides=2, padding="same", use_bias=False)(X)
        X = layers.ReLU()(layers.BatchNormalization(momentum=0.9)(X))
    X = layers.GlobalAveragePooling2D()(X)
    return keras.Model(images, layers.Dense(classes, activation="softmax")(X))


def chosen(data, size, seed):
    """`size` training photographs by seed: data with these alone; data: datasets.signs.Signs.

    Those that the test set shows as well, or that come twice, are the last to be taken.
    """
    from datasets.splits import repeats

    order = np.random.default_rng(seed).permutation(len(data.train_x))
    last = np.isin(order, repeats(data))
    rows = np.concatenate([order[~last], order[last]])[:size]
    return data._replace(train_x=data.train_x[rows], train_y=data.train_y[rows])


def batches(data, arm, seed, workers):
    """Endless shuffled batches of one arm: (images float32 0..1, labels)."""
    import tensorflow as tf

    dataset = tf.data.Dataset.from_tensor_slices((data.train_x, data.train_y))
    dataset = dataset.shuffle(len(data.train_x), seed=seed).repeat().batch(BATCH)
    if arm == "with":
        dataset = augment_in_threads(dataset, list(OPS.values()), workers)
    return dataset.map(lambda images, labels: (tf.cast(images, "float32") / 255, labels)
                       ).prefetch(AHEAD)


def trained(data, arm, seed, steps, workers):
    """A network trained for `steps` steps on batches of one arm: a training.loop.Fitted."""
    import time

    from training.loop import Fitted

    keras.utils.set_random_seed(seed)
    model = network(data.train_x.shape[1:], len(data.classes))
    rate = keras.optimizers.schedules.CosineDecay(
        RATE / 25, steps, warmup_target=RATE, warmup_steps=steps // 5)
    model.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy")
    began = time.perf_counter()
    model.fit(batches(data, arm, seed, workers), steps_per_epoch=steps, shuffle=False,
              verbose=0)
    return Fitted(model, [], time.perf_counter() - began)


def arms(data, options):
    """What is compared: (size, arm) -> (passes over the photographs, seed -> Fitted).

    `python -m training reproduce data_augmentation` runs them as well, and keeps each.
    """
    return {(size, arm): (options.steps * BATCH // size,
                          lambda seed, size=size, arm=arm: trained(
                              chosen(data, size, seed), arm, seed, options.steps, options.workers))
            for size in options.sizes for arm in ARMS}


def compare(data, options):
    """Train every size, seed and arm: the test accuracies by (size, arm), one a seed."""
    from training.evaluate import score

    runs = arms(data, options)
    found = {key: [] for key in runs}
    for size in options.sizes:
        for seed in range(options.seeds):
            for arm in ARMS:
                _, train = runs[size, arm]
                found[size, arm].append(score(train(seed).model, data).accuracy)
            without, with_it = (found[size, arm][-1] for arm in ARMS)
            print(f"{size} photographs, seed {seed}: test accuracy {without:.4f} without "
                  f"augmentation, {with_it:.4f} with it, on {len(data.test_x)} photographs",
                  flush=True)
    return found


def curve(found, title):
    """Test accuracy by the number of photographs, with and without: a matplotlib figure."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 4.8), layout="constrained")
    axes = figure.subplots()
    sizes = list(dict.fromkeys(size for size, _ in found))
    for arm, apart in zip(ARMS, (0.985, 1.015), strict=True):
        values = [100 * np.asarray(found[size, arm]) for size in sizes]
        means = np.array([value.mean() for value in values])
        low, high = (np.array([end(value) for value in values]) for end in (np.min, np.max))
        axes.errorbar([size * apart for size in sizes], means, [means - low, high - means],
                      marker="o", capsize=4, label=f"{arm} augmentation")
    axes.set_xscale("log")
    axes.set_xticks(sizes, [f"{size:,}" for size in sizes])
    axes.minorticks_off()
    axes.set_xlabel("training photographs (log scale)")
    axes.set_ylabel("test accuracy (%), mean and range")
    axes.set_ylim(0, 102)
    axes.set_title(title)
    axes.grid(alpha=0.3)
    axes.legend(loc="lower right")
    return figure


# %% [markdown]
# ## 9. Is it borne out?
#
# Two sentences of the lecture, and what was measured just now beside each. The test set has 120
# photographs, and all runs meet the same ones: more seeds do not make them more. A difference
# counts here only where it is larger than two standard errors of two shares of 120.


# %%
def about_accuracy(found, tested):
    """Print the claim that augmentation helps, and what it did at each size."""
    print("Said: data augmentation helps with nearly every task of computer vision.")
    sizes = list(dict.fromkeys(size for size, _ in found))
    signs = []
    for size in sizes:
        without, with_it = (float(np.mean(found[size, arm])) for arm in ARMS)
        share = (without + with_it) / 2
        error = (2 * share * (1 - share) / tested) ** 0.5
        difference = with_it - without
        signs.append(0 if abs(difference) <= 2 * error else 1 if difference > 0 else -1)
        print(f"Measured on {size:,} photographs: {without:.4f} without and {with_it:.4f} with it, "
              f"mean of {len(found[size, ARMS[0]])}; a difference of {100 * difference:+.1f} "
              f"points, two standard errors are {200 * error:.1f}.")
    helped = [f"{size:,}" for size, sign in zip(sizes, signs, strict=True) if sign > 0]
    harmed = [f"{size:,}" for size, sign in zip(sizes, signs, strict=True) if sign < 0]
    if len(helped) == len(sizes):
        print("Borne out: it helped by more than chance makes at every size.")
    elif helped:
        print(f"Borne out in part: it helped by more than chance makes on {' and '.join(helped)} "
              "photographs.")
    else:
        print("Not borne out here: at no size did it help by more than chance makes.")
    if harmed:
        print(f"It did harm on {' and '.join(harmed)} photographs.")


def seconds(model, dataset, steps):
    """Seconds a batch, to train the model on a dataset, or to run through it without a model."""
    import time

    dataset = dataset.take(steps + 5)
    if model is None:
        stream = iter(dataset)
        for _ in range(5):  # the first batches start the threads
            next(stream)
        begun = time.perf_counter()
        for _ in stream:
            pass
        return (time.perf_counter() - begun) / steps
    times = []

    class Clock(keras.callbacks.Callback):
        """Notes when a step ends; the first steps compile."""

        def on_train_batch_end(self, batch, logs=None):
            times.append(time.perf_counter())

    model.fit(dataset, shuffle=False, verbose=0, callbacks=[Clock()])
    return (times[-1] - times[-steps - 1]) / steps


def about_threads(data, options):
    """Print the claim that threads hide the cost, and how much of it they hid here."""
    from datasets.workers import cores

    model = network(data.train_x.shape[1:], len(data.classes))
    model.compile("adam", "sparse_categorical_crossentropy")
    steps = options.timed
    plain = seconds(model, batches(data, "without", 0, 1), steps)
    alone = seconds(None, batches(data, "with", 0, 1), steps)
    both = seconds(model, batches(data, "with", 0, options.workers), steps)
    hidden = 1 - (both - plain) / alone
    print("Said: threads augment while the device trains, so that augmentation costs no time.")
    print(f"Measured: a step takes {1000 * plain:.1f} ms without augmentation, and to augment a "
          f"batch on one thread alone {1000 * alone:.1f} ms; together, on {options.workers} "
          f"threads, {1000 * both:.1f} ms. {hidden:.0%} of the cost is hidden.")
    if hidden >= 0.9:
        print("Borne out: nine tenths of it or more.")
    else:
        print(f"{'Borne out in part' if hidden >= 0.5 else 'Not borne out here'}: the network "
              f"trains on the same {cores()} cores that augment. Threads hide what another device "
              "leaves idle.")


# %% [markdown]
# ## 10. All of it


# %%
def walk(options):
    """Show the distortions, train with and without, plot, and say what is borne out."""
    from datasets.files import make_folder
    from datasets.find import resolve
    from training import plots

    data, source = resolve(options.data, say=print)
    make_folder(options.runs)
    title = f"Five draws of each distortion, {source.name}"
    plots.save(picture(data.train_x[:100], title), options.runs / "distortions.png")
    if options.quick:
        print(f"--quick: {QUICK_SIZES[0]} training photographs and {QUICK_STEPS} steps, too few to "
              "judge by: what follows shows the way, not the answer")
    options.sizes = tuple(dict.fromkeys(min(size, len(data.train_x)) for size in options.sizes))
    found = compare(data, options)
    title = f"{options.steps} steps a run, seeds: {options.seeds}, {source.name}"
    plots.save(curve(found, title), options.runs / "accuracy.png")
    about_accuracy(found, len(data.test_x))
    about_threads(data, options)
    print(f"the plots are in {options.runs}")


def arguments(words=None):
    """The command line, or other words in its place."""
    parser = argparse.ArgumentParser(description="Data augmentation: show it, train with and "
                                     "without, and compare.")
    parser.add_argument("--quick", action="store_true", help="few photographs and steps only")
    parser.add_argument("--data", choices=["auto", "signs", "synthetic"], default="auto")
    parser.add_argument("--runs", type=Path, default=Path("runs/augmentation-homework"),
                        help="the folder for plots")
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--workers", type=int, default=2, help="threads that augment")
    options = parser.parse_args(words)
    options.sizes, options.timed = SIZES, 60
    if options.quick:
        options.sizes, options.seeds, options.steps = QUICK_SIZES, QUICK_SEEDS, QUICK_STEPS
        options.timed = 20
    return options


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
# sealed db4b82fce9c187b15fa592abef11b49177a86ab9904365526a631af25c646e57
