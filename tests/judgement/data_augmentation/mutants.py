"""Wrong answers to the augmenting functions, and the misconception that each shows."""

from __future__ import annotations

from grader.authoring.mutants import Mutant

# Rows of a table: a mutant reads best on one or two lines.
# fmt: off

RNG = "rng = np.random.default_rng(seed)"


def _of(exercise, rows):
    return [Mutant(exercise, *row) for row in rows]


CHOSEN = "chosen = rng.random(len(images)) < 0.5"
COPY = "mirrored = images.copy()"
FLIP = "mirrored[chosen] = images[chosen, :, ::-1]"
FLIPPED = "images[chosen, :, ::-1]"

MIRROR = _of("mirror", (
    ("the rows are reversed", "rows for columns", ((FLIPPED, "images[chosen, ::-1]"),)),
    ("np.flip on all axes of an image", "channels reversed | not a mirror",
     ((FLIPPED, "np.flip(images[chosen], (1, 2, 3))"),)),
    ("half a turn", "both axes reversed", ((FLIPPED, "images[chosen, ::-1, ::-1]"),)),
    ("the channels are reversed", "channels reversed", ((FLIPPED, "images[chosen, ..., ::-1]"),)),
    ("the images are reversed", "images reordered", ((FLIPPED, "images[chosen][::-1]"),)),
    ("one draw for the batch", "one draw for the batch",
     ((CHOSEN, "chosen = np.full(len(images), rng.random() < 0.5)"),)),
    ("all are mirrored", "always mirrored", ((FLIP, "mirrored = images[:, :, ::-1]"),)),
    ("none is mirrored", "no change", ((FLIP, "pass"),)),
    ("every other image, by the seed", "drawn by place",
     ((CHOSEN, "chosen = np.arange(len(images)) % 2 == seed % 2"),)),
    ("one of five", "not half of them", (("0.5", "0.2"),)),
    ("nine of ten", "not half of them", (("0.5", "0.9"),)),
    ("normal draws compared with a half", "not half of them",
     ((CHOSEN, "chosen = rng.normal(size=len(images)) < 0.5"),)),
    ("no seed", "seed ignored", ((RNG, "rng = np.random.default_rng()"),)),
    ("the global generator", "seed ignored",
     ((CHOSEN, "chosen = np.random.rand(len(images)) < 0.5"),)),
    ("a seed of its own", "same draw in every call", ((RNG, "rng = np.random.default_rng(0)"),)),
    ("every second image", "same draw in every call",
     ((CHOSEN, "chosen = np.arange(len(images)) % 2 == 0"),)),
    ("no copy", "changed in place", ((COPY, "mirrored = images"), (FLIPPED, f"{FLIPPED}.copy()"))),
    ("floats", "type changed", ((COPY, 'mirrored = images.astype("float32")'),)),
    ("from 0 to 1", "values scaled",
     ((FLIP, f'{FLIP}\nmirrored = mirrored / 255'),)),
    ("only the mirrored ones", "size changed", ((FLIP, f"mirrored = {FLIPPED}"),)),
    ("both of each", "size changed",
     ((FLIP, "mirrored = np.concatenate([images, images[:, :, ::-1]])"),)),
    ("shifted by a column", "not a mirror",
     ((FLIPPED, "np.roll(images[chosen, :, ::-1], 1, 2)"),)),
))

PAD = 'padded = np.pad(images, ((0, 0), (top, top), (left, left), (0, 0)), mode="edge")'
SIZES = "count, height, width = images.shape[:3]"
ROWS, COLUMNS = ("rows = rng.integers(0, 2 * top + 1, count)",
                 "columns = rng.integers(0, 2 * left + 1, count)")
STACK = "cropped = np.stack(windows)"
MARGINS = "top, left = height // 8, width // 8"
WINDOW = "padded[i, y:y + height, x:x + width]"

CROP = _of("random_crop", (
    ("a margin of zeros", "black margin",
     ((PAD, "padded = np.pad(images, ((0, 0), (top, top), (left, left), (0, 0)))"),)),
    ("a mirrored margin", "reflected margin", (('"edge"', '"reflect"'),)),
    ("a doubled margin", "reflected margin", (('"edge"', '"symmetric"'),)),
    ("rolled", "rolled round", (('"edge"', '"wrap"'),)),
    ("a quarter as margin", "another margin", ((MARGINS, "top, left = height // 4, width // 4"),)),
    ("height and width exchanged", "another margin",
     ((MARGINS, "top, left = width // 8, height // 8"),)),
    ("the last place left out", "first or last place left out",
     ((ROWS, ROWS.replace(" + 1", "")), (COLUMNS, COLUMNS.replace(" + 1", "")))),
    ("the first place left out", "first or last place left out",
     ((ROWS, ROWS.replace("(0", "(1")), (COLUMNS, COLUMNS.replace("(0", "(1")))),
    ("half of the places", "first or last place left out",
     ((ROWS, "rows = rng.integers(0, top + 1, count)"),
      (COLUMNS, "columns = rng.integers(0, left + 1, count)"))),
    ("one place for the batch", "one draw for the batch",
     ((ROWS, "rows = np.repeat(rng.integers(0, 2 * top + 1), count)"),
      (COLUMNS, "columns = np.repeat(rng.integers(0, 2 * left + 1), count)"))),
    ("the middle", "no change", ((ROWS, "rows = np.full(count, top)"),
                                 (COLUMNS, "columns = np.full(count, left)"))),
    ("down only", "one direction only", ((COLUMNS, "columns = np.full(count, left)"),)),
    ("one draw for both", "one draw for both directions",
     ((ROWS, "rows = rng.integers(0, 2 * top + 1, count)\ndrawn = rows"),
      (COLUMNS, "columns = drawn"))),
    ("the height's margin on all sides", "another margin",
     ((MARGINS, "top, left = height // 8, height // 8"),)),
    ("normal places", "places not equally likely",
     ((ROWS, "rows = np.clip(np.rint(rng.normal(top, 0.7, count)), 0, 2 * top).astype(int)"),)),
    ("two generators of one seed", "one draw for both directions",
     ((COLUMNS, "columns = np.random.default_rng(seed).integers(0, 2 * left + 1, count)"),)),
    ("no seed", "seed ignored", ((RNG, "rng = np.random.default_rng()"),)),
    ("a seed of its own", "same draw in every call", ((RNG, "rng = np.random.default_rng(42)"),)),
    ("smaller windows", "size changed",
     ((WINDOW, "padded[i, y:y + height - 2, x:x + width - 2]"),)),
    ("no padding, smaller windows", "size changed",
     ((PAD, "padded = images"), (WINDOW, "padded[i, y:y + height - 4, x:x + width - 6]"))),
    ("the padded images", "size changed", ((STACK, "cropped = padded"),)),
    ("floats", "type changed", ((STACK, 'cropped = np.stack(windows).astype("float32")'),)),
    ("from 0 to 1", "values scaled", ((STACK, "cropped = np.stack(windows) / 255"),)),
    ("a part, enlarged", "not a window",
     ((STACK, "cropped = np.array(keras.ops.image.resize(np.stack(windows)[:, 1:-1, 1:-1], "
              "(height, width))).round().astype('uint8')"),)),
))

ANGLE = "angle = np.deg2rad(rng.uniform(-degrees, degrees, (count, 1, 1)))"
SLOPE = "slope = rng.uniform(-shear, shear, (count, 1, 1))"
STEPS = "steps = rng.uniform(-warp, warp, (2, count, 5, 5))"
SHEAR = "x = x + slope * y"
DOWN, ACROSS = ("down = x * np.sin(angle) + y * np.cos(angle)",
                "across = x * np.cos(angle) - y * np.sin(angle)")
MOVED_DOWN = "down = down + smooth(steps[0], height, width) + middle"
MOVED_ACROSS = "across = across + smooth(steps[1], height, width) + centre"
MIDDLE = "middle, centre = (height - 1) / 2, (width - 1) / 2"
SAMPLE = "changed = sample(images, down, across)"

WARP = _of("rotate_shear_warp", (
    ("degrees given to sine and cosine", "degrees as radians",
     ((ANGLE, "angle = rng.uniform(-degrees, degrees, (count, 1, 1))"),)),
    ("to one side", "to one side only", (("-degrees", "0"),)),
    ("one angle for the batch", "one draw for the batch",
     ((ANGLE, "angle = np.deg2rad(rng.uniform(-degrees, degrees))"),)),
    ("one shear for the batch", "one draw for the batch",
     ((SLOPE, "slope = rng.uniform(-shear, shear)"),)),
    ("one warp for the batch", "one draw for the batch",
     ((STEPS, "steps = rng.uniform(-warp, warp, (2, 1, 5, 5))"),)),
    ("no rotation", "a change left out", (("angle", "0 * angle"),)),
    ("no shear", "a change left out", ((SHEAR, "x = x + 0 * slope"),)),
    ("no warp", "a change left out",
     ((MOVED_DOWN, "down = down + middle + 0 * steps[0, :, :1, :1]"),
      (MOVED_ACROSS, "across = across + centre"))),
    ("about the corner", "about the corner", ((MIDDLE, "middle, centre = 0, 0"),)),
    ("both signs plus", "distorted",
     ((ACROSS, "across = x * np.cos(angle) + y * np.sin(angle)"),)),
    ("sheared downwards", "sheared downwards", ((SHEAR, "y = y + slope * x"),)),
    ("noise for a warp", "noise for a warp",
     ((STEPS, "steps = rng.uniform(-warp, warp, (2, count, height, width))"),)),
    ("one step for the image", "shifted, not warped",
     ((STEPS, "steps = rng.uniform(-warp, warp, (2, count, 1, 1))"),
      ("smooth(steps[0], height, width)", "steps[0]"),
      ("smooth(steps[1], height, width)", "steps[1]"))),
    ("the same grid twice", "one draw for both directions", (("steps[1]", "steps[0]"),)),
    ("warped across only", "one direction only",
     ((MOVED_DOWN, "down = down + middle"),)),
    ("steps to one side", "to one side only",
     ((STEPS, "steps = rng.uniform(0, warp, (2, count, 5, 5))"),)),
    ("a fixed angle range", "strength ignored",
     ((ANGLE, "angle = np.deg2rad(rng.uniform(-10, 10, (count, 1, 1)))"),)),
    ("a fixed warp", "strength ignored",
     ((STEPS, "steps = rng.uniform(-2, 2, (2, count, 5, 5))"),)),
    ("twice the warp", "too strong", (("-warp", "-2 * warp"),)),
    ("twice the shear", "too strong",
     ((SLOPE, "slope = rng.uniform(-2 * shear, 2 * shear, (count, 1, 1))"),)),
    ("normal angles", "draws not uniform",
     ((ANGLE, "angle = np.deg2rad(rng.normal(0, degrees / 2, (count, 1, 1)))"),)),
    ("half of the angle", "too weak", ((ANGLE, f"{ANGLE}\nangle = angle / 2"),)),
    ("black outside", "black margin",
     ((SAMPLE, f"{SAMPLE}\nout = (down < 0) | (down > height - 1) | (across < 0) | "
               "(across > width - 1)\nchanged[out] = 0"),)),
    ("wrapped round", "edge not repeated",
     ((SAMPLE, "changed = sample(images, down % height, across % width)"),)),
    ("no seed", "seed ignored", ((RNG, "rng = np.random.default_rng()"),)),
    ("a seed of its own", "same draw in every call", ((RNG, "rng = np.random.default_rng(7)"),)),
    ("floats", "type changed",
     ((SAMPLE, 'changed = sample(images, down, across).astype("float32")'),)),
    ("from 0 to 1", "values scaled", ((SAMPLE, "changed = sample(images, down, across) / 255"),)),
    ("in place", "changed in place",
     ((SAMPLE, "changed = images\nchanged[:] = sample(images, down, across)"),)),
))

PIXELS = "pixels = images.reshape(-1, 3) / 255"
EIGEN = "values, vectors = np.linalg.eigh(np.cov(pixels, rowvar=False))"
ALPHAS = "alphas = rng.normal(0, 0.1, (len(images), 3))"
COLOURS = "colours = 255 * (alphas * values) @ vectors.T"
ADD = "shifted = images + colours[:, None, None, :]"
CLIP = "shifted = np.clip(np.rint(shifted), 0, 255).astype(images.dtype)"

COLOUR = _of("colour_shift_pca", (
    ("uniform alphas", "alphas not normal",
     ((ALPHAS, "alphas = rng.uniform(-0.17, 0.17, (len(images), 3))"),)),
    ("cast without clipping", "wrapped by uint8",
     ((CLIP, "shifted = np.rint(shifted).astype(int).astype(images.dtype)"),)),
    ("clipped after the cast", "wrapped by uint8",
     ((CLIP, "shifted = np.clip(np.rint(shifted).astype(int).astype(images.dtype), 0, 255)"),)),
    ("added as uint8", "wrapped by uint8",
     ((ADD, "shifted = images + np.rint(colours).astype(int).astype('uint8')[:, None, None, :]"),
      (CLIP, "pass"))),
    ("clipped to 16 to 235", "border of the range",
     ((CLIP, "shifted = np.clip(np.rint(shifted), 16, 235).astype(images.dtype)"),)),
    ("floats", "type changed | not clipped",
     ((CLIP, "shifted = np.clip(np.rint(shifted), 0, 255)"),)),
    ("floats, not clipped", "not clipped", ((CLIP, "pass"),)),
    ("from 0 to 1", "values scaled", ((CLIP, "shifted = np.clip(shifted / 255, 0, 1)"),)),
    ("one colour for the batch", "one draw for the batch",
     ((ALPHAS, "alphas = rng.normal(0, 0.1, (1, 3))"), (ADD, "shifted = images + colours"))),
    ("one alpha an image", "one number for three axes",
     ((ALPHAS, "alphas = rng.normal(0, 0.1, (len(images), 1))"),)),
    ("one number for all channels", "brightness only",
     ((COLOURS, "colours = 25.0 * np.repeat(alphas[:, :1], 3, 1)"),)),
    ("a colour for each pixel", "a draw for each pixel",
     ((ALPHAS, "alphas = rng.normal(0, 0.1, (*images.shape[:3], 3))"),
      (ADD, "shifted = images + colours"))),
    ("multiplied", "multiplied, not added",
     ((ADD, "shifted = images * (1 + colours[:, None, None, :] / 64)"),)),
    ("roots of the eigenvalues", "roots of the eigenvalues",
     ((COLOURS, "colours = 255 * (alphas * np.sqrt(values)) @ vectors.T"),)),
    ("no eigenvalues", "eigenvalues forgotten", ((COLOURS, "colours = 255 * alphas @ vectors.T"),)),
    ("no eigenvectors", "channels drawn apart",
     ((COLOURS, "colours = 255 * alphas * values[::-1]"),)),
    ("each channel by its own variance", "channels drawn apart",
     ((COLOURS, "colours = 255 * alphas * pixels.var(axis=0)"),)),
    ("rows of the eigenvectors", "eigenvectors as rows",
     (("vectors.T", "vectors"),)),
    ("eigenvalues reversed", "eigenvalues in another order",
     (("alphas * values", "alphas * values[::-1]"),)),
    ("correlation", "correlation for covariance",
     (("np.cov(pixels, rowvar=False)", "np.corrcoef(pixels, rowvar=False)"),)),
    ("no mean taken away", "mean not removed",
     (("np.cov(pixels, rowvar=False)", "pixels.T @ pixels / len(pixels)"),)),
    ("alpha of deviation 1", "size of the shift", (("0.1", "1.0"),)),
    ("alpha with variance 0.1", "size of the shift", (("0.1", "0.1 ** 0.5"),)),
    ("uniform alpha", "size of the shift",
     ((ALPHAS, "alphas = rng.uniform(-0.1, 0.1, (len(images), 3))"),)),
    ("not times 255", "no change",
     ((COLOURS, "colours = (alphas * values) @ vectors.T"),)),
    ("no shift", "no change", ((ADD, "shifted = images + 0 * colours[:, None, None, :]"),)),
    ("the axes of each image", "axes of each image",
     ((COLOURS, "eigen = [np.linalg.eigh(np.cov(one.reshape(-1, 3) / 255, rowvar=False)) "
                "for one in images]\n"
                "colours = np.array([255 * P @ (a * v) for a, (v, P) in zip(alphas, eigen)])"),)),
    ("no seed", "seed ignored", ((RNG, "rng = np.random.default_rng()"),)),
    ("a seed of its own", "same draw in every call", ((RNG, "rng = np.random.default_rng(3)"),)),
    ("in place", "changed in place",
     ((CLIP, "images[:] = np.clip(np.rint(shifted), 0, 255)\nshifted = images"),)),
))

LOOP = "for place, op in enumerate(ops):\n    images = op(images, number * len(ops) + place)"
SEED = "number * len(ops) + place"
MADE = "made = dataset.enumerate().map(mapped, num_parallel_calls=workers).prefetch(2)"
SHAPE = "found.set_shape(images.shape)"
CALL = "found = tf.numpy_function(augmented, (number, images), images.dtype)"
BACK = "return found, labels"
THREADS = "num_parallel_calls=workers"

STREAM = _of("augment_in_threads", (
    ("a map without threads", "one after another",
     ((MADE, "made = dataset.enumerate().map(mapped).prefetch(2)"),)),
    ("a lock around the work", "one after another",
     ((LOOP, "with lock:\n    for place, op in enumerate(ops):\n"
             "        images = op(images, number * len(ops) + place)"),
      (MADE, f"import threading\nlock = threading.Lock()\n{MADE}"))),
    ("a generator", "one after another",
     ((MADE, "made = tf.data.Dataset.from_generator(lambda: ((augmented(i, x), y) for i, (x, y) in "
             "enumerate(dataset.as_numpy_iterator())), output_signature=dataset.element_spec)"),)),
    ("two passes in one", "batches repeated", ((MADE, f"{MADE}.repeat(2)"),)),
    ("two threads, always", "number of threads", (("workers", "2"),)),
    ("as many as it likes", "number of threads", (("workers", "16"),)),
    ("one thread more", "number of threads", (("workers", "workers + 1"),)),
    ("any order", "order lost",
     ((MADE, MADE.replace(THREADS, f"{THREADS}, deterministic=False")),)),
    ("no labels", "not a dataset of pairs", ((BACK, "return found"),)),
    ("labels shuffled", "labels lost", ((BACK, "return found, tf.reverse(labels, [0])"),)),
    ("zeros for labels", "labels lost", ((BACK, "return found, tf.zeros_like(labels)"),)),
    ("images shuffled", "labels lost",
     ((LOOP, f"{LOOP}\nimages = images[::-1].copy()"),)),
    ("one seed for all", "one seed for all", ((SEED, "0"),)),
    ("one seed for a batch", "one seed for all functions", ((SEED, "number"),)),
    ("number + place", "a seed used again", ((SEED, "number + place"),)),
    ("the place alone", "a seed used again", ((SEED, "place"),)),
    ("random seeds", "seed ignored", ((SEED, "int(np.random.default_rng().integers(2 ** 40))"),)),
    ("the functions backwards", "functions out of order",
     (("enumerate(ops)", "enumerate(ops[::-1])"),)),
    ("the first function alone", "some functions only",
     (("enumerate(ops)", "enumerate(ops[:1])"),)),
    ("each function on the images that came", "functions not called",
     (("op(images, number * len(ops) + place)", "op(given, number * len(ops) + place)"),
      ("for place, op in enumerate(ops):\n    images = op(given, number * len(ops) + place)",
       "given = images\nfor place, op in enumerate(ops):\n"
       "    images = op(given, number * len(ops) + place)"))),
    ("what comes back is dropped", "functions not called",
     ((LOOP, "for place, op in enumerate(ops):\n    op(images, number * len(ops) + place)"),)),
    ("no shape", "shape lost", ((SHAPE, "None"),)),
    ("floats", "type changed",
     ((BACK, 'return tf.cast(found, "float32"), labels'),)),
    ("labels as int32", "type changed", ((BACK, 'return found, tf.cast(labels, "int32")'),)),
    ("one image an element", "batches cut anew", ((MADE, f"{MADE}\nmade = made.unbatch()"),)),
    ("the last batch dropped", "images dropped",
     ((MADE, f"{MADE}\nmade = made.unbatch().batch(2, drop_remainder=True)"),)),
    ("the first batch alone", "images dropped", ((MADE, f"{MADE}\nmade = made.take(1)"),)),
    ("called on tensors", "tensors, not arrays", ((CALL, "found = augmented(number, images)"),)),
    ("a list", "not a dataset of pairs", ((MADE, f"{MADE}\nmade = list(dataset)"),)),
    ("a generator object", "not a dataset of pairs",
     ((MADE, "made = ((augmented(i, x), y) for i, (x, y) in enumerate(dataset))"),)),
    ("worked out at once", "worked ahead of time",
     ((MADE, f"{MADE}\nkept = list(made)\nmade = tf.data.Dataset.from_generator(lambda: "
             "iter(kept), output_signature=dataset.element_spec)"),)),
))

MUTANTS = MIRROR + CROP + WARP + COLOUR + STREAM

HELD_OUT = _of("mirror", (
    ("np.flipud on the batch", "images reordered", ((FLIPPED, "np.flipud(images[chosen])"),)),
    ("turned by half with rot90", "both axes reversed",
     ((FLIPPED, "np.rot90(images[chosen], 2, (1, 2))"),)),
    ("three of four", "not half of them", (("0.5", "0.75"),)),
    ("an inverted image", "not a mirror", ((FLIPPED, "255 - images[chosen]"),)),
    ("a generator from the first pixel", "same draw in every call",
     ((RNG, "rng = np.random.default_rng(int(images[0, 0, 0, 0]))"),)),
    ("only the left half", "not a mirror",
     ((FLIP, "half = images.shape[2] // 2\nmirrored[chosen, :, :half] = "
             "images[chosen, :, half - 1::-1]"),)),
)) + _of("random_crop", (
    ("grey in the margin", "black margin",
     ((PAD, PAD.replace('"edge"', '"constant", constant_values=128')),)),
    ("a margin at the end alone", "first or last place left out | not a window",
     ((PAD, "padded = np.pad(images, ((0, 0), (0, 2 * top), (0, 2 * left), (0, 0)), 'edge')"),)),
    ("the same column for all", "one direction only",
     ((COLUMNS, "columns = np.repeat(rng.integers(0, 2 * left + 1), count)"),)),
    ("places in turn", "same draw in every call",
     ((ROWS, "rows = np.arange(count) % (2 * top + 1)"),
      (COLUMNS, "columns = np.arange(count) % (2 * left + 1)"))),
    ("the channels padded too", "size changed",
     ((PAD, "padded = np.pad(images, ((0, 0), (top, top), (left, left), (1, 1)), 'edge')"),)),
    ("windows of the next image", "not a window", ((WINDOW, WINDOW.replace("i,", "i - 1,")),)),
)) + _of("rotate_shear_warp", (
    ("rotated about the upper edge", "about the corner",
     ((MIDDLE, "middle, centre = 0, (width - 1) / 2"),)),
    ("scaled as well", "strength ignored",
     ((SAMPLE, "changed = sample(images, 0.9 * down, across)"),)),
    ("an angle and a half", "too strong", ((ANGLE, f"{ANGLE}\nangle = angle * 1.5"),)),
    ("sheared by x itself", "distorted", ((SHEAR, "x = x + slope * x"),)),
    ("a shift with every warp", "noise for a warp | too strong | to one side only",
     ((MOVED_DOWN, f"{MOVED_DOWN} + 2 * warp"),)),
    ("the angle drawn from two values", "a draw of two values",
     ((ANGLE, "angle = np.deg2rad(rng.choice([-degrees, degrees], (count, 1, 1)))"),)),
)) + _of("colour_shift_pca", (
    ("brightness by the first component's number", "brightness only",
     ((COLOURS, "colours = 255 * np.repeat((alphas * values)[:, 2:], 3, 1)"),)),
    ("the first component alone", "one number for three axes",
     ((COLOURS, "colours = 255 * (alphas * values * [0, 0, 1]) @ vectors.T"),)),
    ("colours from 0 to 255", "size of the shift",
     ((PIXELS, "pixels = images.reshape(-1, 3).astype(float)"),)),
    ("the first image's axes", "axes of each image | axes of one image",
     ((PIXELS, "pixels = images[0].reshape(-1, 3) / 255"),)),
    ("a colour for each row", "a draw for each pixel",
     ((ALPHAS, "alphas = rng.normal(0, 0.1, (*images.shape[:2], 1, 3))"),
      (ADD, "shifted = images + colours"))),
    ("contrast", "multiplied, not added",
     ((ADD, "shifted = 128 + (images - 128.0) * (1 + colours[:, None, None, :] / 60)"),)),
)) + _of("augment_in_threads", (
    ("one thread", "one after another", ((MADE, MADE.replace("=workers", "=1")),)),
    ("half of the workers", "number of threads | one after another",
     ((MADE, MADE.replace("=workers", "=max(1, workers // 2)")),)),
    ("the first label as seed", "one seed for all functions",
     ((SEED, "number"), (MADE, MADE.replace("dataset.enumerate()", "dataset.map(lambda x, y: "
                                            "(y[0], (x, y)))")))),
    ("shuffled", "order lost", ((MADE, f"{MADE}\nmade = made.shuffle(100)"),)),
    ("each function twice", "functions out of order",
     ((LOOP, f"{LOOP}\n{LOOP}"),)),
    ("a dictionary", "not a dataset of pairs",
     ((BACK, 'return {"images": found, "labels": labels}'),)),
    ("a flat shape", "size changed | shape lost",
     ((SHAPE, "found = tf.reshape(found, [tf.shape(images)[0], -1])"),)),
))
