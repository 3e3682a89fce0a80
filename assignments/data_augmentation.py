# %% [markdown]
# # Data augmentation
#
# You make more photographs out of those that you have: mirrored, cropped, turned, sheared, warped,
# and in other light. Then threads do it while a network trains, and you measure whether it helps.
#
# Five functions are yours. Fill in what lies between the markers `EXERCISE ... STARTS` and
# `EXERCISE ... ENDS`, and ask as often as you like:
#
#     python -m grader check data_augmentation
#
# Once they are filled in, run this file: it shows each distortion, trains with and without, and
# compares. `--quick` takes less than a minute, `--help` lists the rest.

# %%
"""Data augmentation: the exercise, from a mirror to what it is worth on few photographs."""

import sys
from pathlib import Path

import keras
import numpy as np

# %% [markdown]
# ## 1. Why
#
# A network that has seen 100 hands learns these hands by heart. One that sees each of them a little
# changed, anew in every epoch, must find what stays the same. The label must stay the same too: a
# mirrored hand still shows three fingers, while a mirrored letter may be no letter. Which changes
# keep the label is knowledge of the task.
#
# Four rules hold for every function here, and test photographs are never changed:
#
# - **an image stays an image**: the same shape, the same type, and values from 0 to 255;
# - **each image has a draw of its own**, also within one batch;
# - **the seed decides**: the same seed gives the same result, another seed gives another. All
#   draws come from one generator, `np.random.default_rng(seed)`, made anew in every call;
# - **the images that were given stay as they are**: they are needed again in the next epoch.
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
    # 1. A generator from the seed, and one draw per image: whether it is mirrored.
    # 2. A copy, in which the chosen images are read from right to left. Return the result.
    raise NotImplementedError(
        "exercise 1, mirror, is not filled in yet; hint: "
        "python -m grader hint data_augmentation mirror"
    )
    ### EXERCISE 1 ENDS ###


# %% [markdown]
# ## 3. Random cropping
#
# A window at a random place. It must not lose what the label is about: the image first gets a
# margin that repeats its edge, an eighth of the height above and below, an eighth of the width on
# the left and on the right; the window has the size of the image. For 64x64 the margin is 8 pixels,
# the padded image 80x80, and there are 17 x 17 places, from 0 to 16 in each direction.


# %%
def random_crop(images, seed):
    """Cut a window of the image's size, at a place of its own, out of each padded image.

    images, seed: as in `mirror`. The margin is height // 8 above and below and width // 8 left and
    right, and repeats the edge. All places are equally likely, the first and the last as well, down
    and across each for itself. Returns a new array of the same kind.
    """
    ### EXERCISE 2 STARTS: random_crop, 20 points ###
    # 1. Pad height and width on both sides; images and channels have no margin.
    # 2. A generator from the seed, and two draws per image: the first row and the first column.
    # 3. The window of each image from there on, as one array. Return the result.
    raise NotImplementedError(
        "exercise 2, random_crop, is not filled in yet; hint: "
        "python -m grader hint data_augmentation random_crop"
    )
    ### EXERCISE 2 ENDS ###


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
# Done one after another on the places, they look into the image once, at the end. Two functions are
# given: `smooth` spreads a coarse grid of steps over all pixels, and `sample` looks up values
# between pixels; outside it repeats the edge.


# %%
def smooth(steps, height, width):
    """Spread coarse grids over all pixels, linearly in between: (n, k, k) -> (n, height, width)."""
    across, down = (
        np.maximum(0, 1 - abs(np.linspace(0, size - 1, side)[:, None] - np.arange(size)))
        for size, side in ((steps.shape[2], width), (steps.shape[1], height)))  # fmt: skip
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

    images, seed: as in `mirror`. The angle is uniform from -degrees to degrees; the shear, pixels
    sideways for each pixel downwards, from -shear to shear. For the warp every point moves by at
    most `warp` pixels down or up and at most as many across, each direction drawn for itself, and
    neighbouring pixels by less than half of `warp` apart. What is 0 changes nothing; what comes
    from outside repeats the edge. Returns a new array of the same kind.
    """
    ### EXERCISE 3 STARTS: rotate_shear_warp, 25 points ###
    # 1. A generator from the seed; per image an angle in radians, a shear, two 5x5 grids of steps.
    # 2. Where each pixel lies, counted from the middle: a column y and a row x.
    # 3. Shear, then rotate: the two rows of the table.
    # 4. Add the smoothed steps, count from the top left, look the values up. Return the result.
    raise NotImplementedError(
        "exercise 3, rotate_shear_warp, is not filled in yet; hint: "
        "python -m grader hint data_augmentation rotate_shear_warp"
    )
    ### EXERCISE 3 ENDS ###


# %% [markdown]
# ## 5. Colour shifting by principal components
#
# In other light a photograph has other colours. AlexNet (Krizhevsky, Sutskever and Hinton 2012,
# section 4.1) shifts them along the directions in which the colours of the photographs really vary:
# if red and green mostly change together, they are shifted together, and blue less.
#
# Take the colours of all pixels of all images, from 0 to 1, as points in three dimensions. Their
# covariance matrix has three eigenvectors, the columns of $P$, and three eigenvalues $\lambda_1,
# \lambda_2, \lambda_3$. Each image draws three numbers $\alpha_i \sim N(0, 0.1)$, of standard
# deviation 0.1, and to all its pixels the colour $P (\alpha_1 \lambda_1, \alpha_2 \lambda_2,
# \alpha_3 \lambda_3)^T$ is added, times 255 for pixels from 0 to 255.
#
# A value that leaves the range ends at its border. Cast to uint8 without that, 260 becomes 4. In
# front of a grey wall the eigenvalues are small, and the shift is hardly seen.


# %%
def colour_shift_pca(images, seed):
    """Add to each image one colour, drawn along the principal components of all pixels.

    images: uint8 (n, height, width, 3), 0 to 255. seed: a whole number. Adds 255 P (alpha lambda),
    the same at every pixel of an image, with three alphas of its own, normal with deviation 0.1;
    the covariance is that of all pixels of all images, from 0 to 1. Then rounds, and keeps values
    within 0 to 255. Returns a new array of the same kind.
    """
    ### EXERCISE 4 STARTS: colour_shift_pca, 20 points ###
    # 1. All colours as rows, from 0 to 1; the eigenvalues and eigenvectors of their covariance.
    # 2. A generator from the seed, three draws per image, and the colour that they give.
    # 3. Add each colour to all pixels of its image; round, clip, cast back. Return the result.
    raise NotImplementedError(
        "exercise 4, colour_shift_pca, is not filled in yet; hint: "
        "python -m grader hint data_augmentation colour_shift_pca"
    )
    ### EXERCISE 4 ENDS ###


# %% [markdown]
# ## 6. Threads
#
# The distortions are computed anew for every batch, on the CPU. While the device trains on one
# batch, threads can prepare the next ones: NumPy lets other threads run while it loops. `tf.data`
# organises that. `dataset.map(f, num_parallel_calls=workers)` calls `f` for so many elements at
# once and keeps their order; `prefetch` lets some wait ready.
#
# Inside `map` there are no arrays, but tensors of a graph that runs later. `tf.numpy_function(f,
# inputs, dtype)` puts a Python function into that graph; you say which shape comes back.
#
# Seeds: whichever thread comes first, a batch must get the same draws, so its seed follows from its
# number. Each function gets another seed: else the draw that mirrors would also place the window.


# %%
def augment_in_threads(dataset, ops, workers):
    """Put each batch of a dataset through all functions, in `workers` threads at once.

    dataset: a tf.data.Dataset of pairs, images uint8 (b, height, width, channels) and labels (b,).
    ops: functions of NumPy arrays, (images, seed) -> images, called one after another. workers: how
    many batches are worked on at once, no more and no fewer. Returns a tf.data.Dataset of the same
    pairs, shapes and types, in the same order, the images changed, the labels as they were. Every
    call gets a seed of its own, a whole number, which depends on the number of the batch and the
    place of the function in `ops` alone. No function is called before the dataset is run.
    """
    ### EXERCISE 5 STARTS: augment_in_threads, 20 points ###
    # 1. A function for arrays: the number of a batch and its images, through all ops in turn.
    # 2. A function for tensors: it calls the other, and says which shape comes back.
    # 3. Number the batches, map them on so many threads, and let two wait ready.
    #    Return the result.
    raise NotImplementedError(
        "exercise 5, augment_in_threads, is not filled in yet; hint: "
        "python -m grader hint data_augmentation augment_in_threads"
    )
    ### EXERCISE 5 ENDS ###


# %% [markdown]
# ## 7. Train it, look at it, compare
#
# One small network learns from batches that your functions change anew. The last line runs the
# lesson, `training/lessons/data_augmentation.py`. It draws each distortion under five seeds: one
# that makes a hand unreadable for you makes it unreadable for the network. Then it trains on 100,
# 300 and 1,080 photographs, with augmentation and without, for the same number of steps. All runs
# meet the same 120 test photographs: only more than two standard errors count as a difference.


# %%
def walk(options):
    """Train on batches that your functions change, by Keras' calls, then run the lesson."""
    import tensorflow as tf

    from datasets.find import resolve
    from training.lessons import data_augmentation as lesson

    data, source = resolve(options.data, say=print)
    changes = [mirror, random_crop, rotate_shear_warp, colour_shift_pca]
    pairs = (data.train_x[: options.images], data.train_y[: options.images])
    batches = tf.data.Dataset.from_tensor_slices(pairs).shuffle(1080, options.seed).batch(32)
    batches = augment_in_threads(batches, changes, options.workers)
    batches = batches.map(lambda images, labels: (tf.cast(images, "float32") / 255, labels))
    keras.utils.set_random_seed(options.seed)
    model = lesson.network((64, 64, 3), classes=6)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(batches, epochs=2, verbose=2)
    loss, accuracy = model.evaluate(data.test_x / 255, data.test_y, verbose=0)
    print(f"after two epochs: test loss {loss:.3f}, test accuracy {accuracy:.4f}")
    print(model.predict(data.test_x[:8] / 255, verbose=0).argmax(axis=1), data.test_y[:8])
    lesson.run([*changes, augment_in_threads], data, source.name, options)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    from training import lessons

    sys.exit(lessons.main("data_augmentation", walk))
# sealed 3bcca18c952c65fbcb128e93191a604db57681b4eb8ff1c5123fdcc4a4424770
