# %% [markdown]
# # Data augmentation
#
# You make more photographs from the ones you have: mirrored, cropped, rotated, sheared, warped, and
# in other light. Then threads do this while a network trains, and you measure whether it helps.
#
# You write five functions. Write your code between the markers `EXERCISE ... STARTS` and
# `EXERCISE ... ENDS`, and check it as often as you like:
#
#     .venv/bin/signs check data_augmentation
#
# When all five are right, run this file: it shows each distortion, trains with and without
# augmentation, and compares. `--quick` takes less than a minute; `--help` lists the other options.

# %%
"""Data augmentation: the exercise, from a mirror to what it is worth on few photographs."""

import sys
from pathlib import Path

try:
    import keras
    import numpy as np
except ModuleNotFoundError as missing:
    sys.exit(f"{missing}: activate .venv, or run .venv/bin/python {sys.argv[0]}")

# %% [markdown]
# ## 1. Why
#
# A network that has seen 100 hands memorises these hands: it overfits. If each hand is changed a
# little, and differently in every epoch, the network must find what stays the same. The label must
# stay the same too: a mirrored hand still shows three fingers, but a mirrored letter may not be a
# letter. It takes knowledge of the task to say which changes keep the label.
#
# ![Ten pictures of one drawn hand that shows 3: as it is, mirrored, cropped, rotated with shear and
# warp, with its colours shifted; and five times with all four changes at once, each time
# differently.](../docs/figures/data_augmentation_hands.svg)
#
# Four rules hold for every function here, and test photographs are never changed:
#
# - **an image stays an image**: the same shape, the same type, and values from 0 to 255;
# - **each image has its own random draw**, also within one batch;
# - **the seed decides**: the same seed gives the same result, another seed gives another result.
#   All draws come from one generator, `np.random.default_rng(seed)`, newly created in every call;
# - **the input images do not change**: they are needed again in the next epoch.
#
# ## 2. Mirroring
#
# The simplest change: left and right change places, with probability 1/2. In an array (n, height,
# width, channels) this means that the third axis is read backwards.


# %%
def mirror(images, seed):
    """Mirror each image left to right with probability 1/2.

    images: uint8 (n, height, width, channels), 0 to 255. seed: a whole number. Returns a new array
    of the same kind: each image unchanged, or with left and right exchanged.
    """
    ### EXERCISE 1 STARTS: mirror, 15 points ###
    # 1. A generator from the seed, and one draw per image: whether it is mirrored.
    rng = np.random.default_rng(seed)
    chosen = rng.random(len(images)) < 0.5
    # 2. A copy, in which the chosen images are read from right to left. Return the result.
    mirrored = images.copy()
    mirrored[chosen] = images[chosen, :, ::-1]
    return mirrored
    ### EXERCISE 1 ENDS ###


# %% [markdown]
# ## 3. Random cropping
#
# A window at a random position. It must not lose what the label is about, so the image first gets a
# margin that repeats its edge. The margin is an eighth of the height above and below, and an eighth
# of the width on the left and on the right. The window has the size of the image. For 64x64 the
# margin is 8 pixels, the padded image is 80x80, and there are 17 x 17 positions, from 0 to 16 in
# each direction.
#
# Padding and cropping like this only shifts the image; He et al. (2015, section 4.2) do it on
# CIFAR-10, with 4 pixels. The crop of the lecture and of AlexNet cuts 224x224 pixels out of 256x256
# and adds no margin.


# %%
def random_crop(images, seed):
    """Cut a window of the image's size, at its own random position, out of each padded image.

    images, seed: as in `mirror`. The margin is height // 8 above and below and width // 8 left and
    right, and repeats the edge. All positions are equally likely, including the first and the last;
    down and across are drawn separately. Returns a new array of the same kind.
    """
    ### EXERCISE 2 STARTS: random_crop, 20 points ###
    # 1. Pad height and width on both sides; images and channels have no margin.
    count, height, width = images.shape[:3]
    top, left = height // 8, width // 8
    padded = np.pad(images, ((0, 0), (top, top), (left, left), (0, 0)), mode="edge")
    # 2. A generator from the seed, and two draws per image: the first row and the first column.
    rng = np.random.default_rng(seed)
    rows = rng.integers(0, 2 * top + 1, count)
    columns = rng.integers(0, 2 * left + 1, count)
    # 3. The window of each image from there on, all in one array. Return the result.
    windows = [padded[i, y:y + height, x:x + width]
               for i, (y, x) in enumerate(zip(rows, columns, strict=True))]  # fmt: skip
    cropped = np.stack(windows)
    return cropped
    ### EXERCISE 2 ENDS ###


# %% [markdown]
# ## 4. Rotation, shear, local warp
#
# These three move pixels. All three work backwards: for each output pixel, find where in the input
# it comes from (**inverse mapping**). Count $x$ and $y$ from the middle of the image.
#
# | change | where the pixel $(x, y)$ comes from |
# |---|---|
# | shear by $s$ | $(x + s y, y)$ |
# | rotation by $a$ | $(x \cos a - y \sin a, x \sin a + y \cos a)$ |
# | local warp | $(x + u, y + v)$, with $u$ and $v$ that change slowly over the image |
#
# ![On the right the result with a straight grid, on the left the input with the same grid rotated,
# sheared and warped. An arrow leads from a pixel of the result back to the place in the input where
# its value is read.](../docs/figures/data_augmentation_grid.svg)
#
# Compose the three coordinate changes, then sample once; so the image is blurred only once. Two
# functions are given: `smooth` interpolates a coarse grid of moves for all pixels, and `sample`
# reads values between pixels; outside the image it repeats the edge.


# %%
def smooth(steps, height, width):
    """Interpolate coarse grids linearly for all pixels: (n, k, k) -> (n, height, width)."""
    across, down = (
        np.maximum(0, 1 - abs(np.linspace(0, size - 1, side)[:, None] - np.arange(size)))
        for size, side in ((steps.shape[2], width), (steps.shape[1], height)))  # fmt: skip
    return down @ steps @ across.T


def sample(images, y, x):
    """The values of images (n, h, w, c) at positions y, x (n, h, w) in pixels from the top left.

    Between pixels it interpolates the four neighbours, outside it repeats the edge; then it rounds.
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
    """Rotate, shear and warp each image about its middle, with its own random draws.

    images, seed: as in `mirror`. The angle is uniform from -degrees to degrees; the shear, pixels
    sideways per pixel downwards, from -shear to shear. The warp moves every point by at most `warp`
    pixels down or up, and across by at most as many, drawn separately. The moves of neighbouring
    pixels differ by less than half of `warp`. A strength of 0 changes nothing; outside the image
    the edge is repeated. Returns a new array of the same kind.
    """
    ### EXERCISE 3 STARTS: rotate_shear_warp, 25 points ###
    # 1. A generator from the seed; per image an angle in radians, a shear, two 5x5 grids.
    count, height, width = images.shape[:3]
    rng = np.random.default_rng(seed)
    angle = np.deg2rad(rng.uniform(-degrees, degrees, (count, 1, 1)))
    slope = rng.uniform(-shear, shear, (count, 1, 1))
    steps = rng.uniform(-warp, warp, (2, count, 5, 5))
    # 2. Coordinates from the middle: y as a column vector (row numbers), x as a row vector.
    middle, centre = (height - 1) / 2, (width - 1) / 2
    y = np.arange(height)[:, None] - middle
    x = np.arange(width)[None, :] - centre
    # 3. Shear, then rotate: the two rows of the table.
    x = x + slope * y
    down = x * np.sin(angle) + y * np.cos(angle)
    across = x * np.cos(angle) - y * np.sin(angle)
    # 4. Add the smoothed moves, count from the top left, read the values. Return the result.
    down = down + smooth(steps[0], height, width) + middle
    across = across + smooth(steps[1], height, width) + centre
    changed = sample(images, down, across)
    return changed
    ### EXERCISE 3 ENDS ###


# %% [markdown]
# ## 5. Colour shift by principal components
#
# In other light a photograph has other colours. AlexNet (Krizhevsky, Sutskever and Hinton 2012,
# section 4.1) shifts colours along the directions in which those of its training set really vary.
# If red and green mostly change together, they are shifted together. AlexNet computes these
# directions once, from all training images; here each batch has its own.
#
# Take the colours of all pixels of all images, from 0 to 1, as points in three dimensions. Their
# covariance matrix has three eigenvectors, the columns of $P$, and three eigenvalues
# $\lambda_1, \lambda_2, \lambda_3$. Each image draws three $\alpha_i \sim N(0, 0.1)$, with standard
# deviation 0.1. Add the colour $P (\alpha_1 \lambda_1, \alpha_2 \lambda_2, \alpha_3 \lambda_3)^T$
# to all its pixels, times 255 for pixels from 0 to 255.
#
# Clip values that leave the range: without clipping, the cast to uint8 turns 260 into 4. In front
# of a grey wall the eigenvalues are small, and the shift is hardly visible.


# %%
def colour_shift_pca(images, seed):
    """Add one colour to each image, drawn along the principal components of all pixels.

    images: uint8 (n, height, width, 3), 0 to 255. seed: a whole number. Adds 255 P (alpha lambda),
    the same at every pixel of an image; each image has its own three alphas, normal with deviation
    0.1. The covariance is that of all pixels of all images, from 0 to 1. Then it rounds, and clips
    to 0 to 255. Returns a new array of the same kind.
    """
    ### EXERCISE 4 STARTS: colour_shift_pca, 20 points ###
    # 1. All colours as rows, from 0 to 1; the eigenvalues and eigenvectors of their covariance.
    pixels = images.reshape(-1, 3) / 255
    values, vectors = np.linalg.eigh(np.cov(pixels, rowvar=False))
    # 2. A generator from the seed, three draws per image, and the colour that they give.
    rng = np.random.default_rng(seed)
    alphas = rng.normal(0, 0.1, (len(images), 3))
    colours = 255 * (alphas * values) @ vectors.T
    # 3. Add each colour to all pixels of its image; round, clip, cast back. Return the result.
    shifted = images + colours[:, None, None, :]
    shifted = np.clip(np.rint(shifted), 0, 255).astype(images.dtype)
    return shifted
    ### EXERCISE 4 ENDS ###


# %% [markdown]
# ## 6. Threads
#
# The distortions are computed again for every batch, on the CPU. While the device trains on one
# batch, threads can prepare the next. `tf.data` organises this. `dataset.map(f,
# num_parallel_calls=workers)` calls `f` for this many elements at once and keeps their order;
# `prefetch` keeps some results ready.
#
# Inside `map` there are only graph tensors. `tf.numpy_function(f, inputs, dtype)` puts a Python
# function into the graph. TensorFlow cannot infer the result's shape: call `set_shape`.
#
# Python lets only one thread run at a time, by its **global interpreter lock** (GIL). NumPy
# releases the lock during part of its work. But TensorFlow's documentation warns that
# `tf.numpy_function` acquires it, which "will preclude efficient parallelization", and advises
# against it outside of prototypes. Only a measurement can tell how much two threads gain here.
#
# Seeds: a batch must get the same draws, whichever thread finishes first, so compute its seed from
# its number. Give each function another seed, or one draw would both mirror and place the window.


# %%
def augment_in_threads(dataset, ops, workers):
    """Apply all functions to each batch of a dataset, in `workers` threads at once.

    dataset: a tf.data.Dataset of pairs, images uint8 (b, height, width, channels) and labels (b,).
    ops: functions of NumPy arrays, (images, seed) -> images, called one after another. workers: the
    number of batches processed at once, no more and no fewer. Returns a tf.data.Dataset of the same
    pairs, shapes and types, in the same order, the images changed, the labels unchanged. Every call
    gets its own seed, a whole number, which depends only on the number of the batch and the
    position of the function in `ops`. No function is called before the dataset runs.
    """
    ### EXERCISE 5 STARTS: augment_in_threads, 20 points ###
    import tensorflow as tf

    # 1. A function for arrays: the number of a batch and its images, through all ops in turn.
    def augmented(number, images):
        for place, op in enumerate(ops):
            images = op(images, number * len(ops) + place)
        return images

    # 2. A function for tensors: it calls the first function, and sets the shape of the result.
    def mapped(number, pair):
        images, labels = pair
        found = tf.numpy_function(augmented, (number, images), images.dtype)
        found.set_shape(images.shape)
        return found, labels

    # 3. Number the batches, map them with this many threads, and prefetch two. Return the
    #    result.
    made = dataset.enumerate().map(mapped, num_parallel_calls=workers).prefetch(2)
    return made
    ### EXERCISE 5 ENDS ###


# %% [markdown]
# ## 7. Train it, look at it, compare
#
# One small network learns from batches that your functions change again each time. The last line
# runs the lesson, `training/lessons/data_augmentation.py`. It draws each distortion with five
# seeds: is every hand still readable for you? Then it trains on 100, 300 and 864 photographs, with
# augmentation and without, for the same number of steps and with five seeds. On 100 photographs it
# also leaves out each distortion in turn, to see what it adds. A difference in accuracy counts only
# if its 95% interval, over seeds and test photographs, does not contain zero. `lenet.py` explains
# this, and what the validation set is for.


# %%
def walk(options):
    """Train on batches that your functions change, by Keras' calls, then run the lesson."""
    import tensorflow as tf

    from datasets.find import resolve
    from datasets.splits import parts
    from training.lessons import data_augmentation as lesson

    data, source = resolve(options.data, say=print)
    learning, held_out, true = parts(data)
    changes = [mirror, random_crop, rotate_shear_warp, colour_shift_pca]
    [change(data.train_x[:2], 0) for change in changes]  # an error here names its function
    pairs = (learning.train_x[: options.images], learning.train_y[: options.images])
    batches = tf.data.Dataset.from_tensor_slices(pairs).shuffle(1080, options.seed).batch(32)
    batches = augment_in_threads(batches, changes, options.workers)
    batches = batches.map(lambda images, labels: (tf.cast(images, "float32") / 255, labels))
    keras.utils.set_random_seed(options.seed)
    model = lesson.network((64, 64, 3), classes=6)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(batches, epochs=2, shuffle=False, verbose=2)
    print("validation loss and accuracy:", model.evaluate(held_out / 255, true, verbose=0))
    print(model.predict(held_out[:8] / 255, verbose=0).argmax(axis=1), true[:8])
    lesson.run([*changes, augment_in_threads], data, source.name, options)


# %% [markdown]
# ## 8. Questions without code
#
# Answer them in a sentence or two, then compare with the answers at the end of
# `solutions/data_augmentation.py`.
#
# 1. Name two tasks in which mirroring an image changes its label.
# 2. Why are test photographs never augmented here?
# 3. All photographs of a batch are grey: red, green and blue are the same in each pixel. What does
#    `colour_shift_pca` do to them?

# %% [markdown] tags=["solution"]
# ## Answers
#
# 1. Reading letters (b and d), telling left hands from right hands, road signs with arrows.
# 2. The test says how good the network is on photographs as they really come. Random changes would
#    add a random part to the result, and two networks would not be tested on the same images.
# 3. All colours lie on the line on which red, green and blue are equal. Only one eigenvalue is not
#    0, and its eigenvector points along this line. So each photograph gets a little lighter or
#    darker, and stays grey.

# %%
if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    import signs  # noqa: F401 - finds training where the project is installed as a package
    from training import lessons

    sys.exit(lessons.main("data_augmentation", walk))
