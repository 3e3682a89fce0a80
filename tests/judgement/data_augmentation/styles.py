"""Right answers to the augmenting functions in other styles: (exercises, name) -> the text."""

from __future__ import annotations

MIRRORS = {
    "where": """
rng = np.random.default_rng(seed)
chosen = rng.integers(0, 2, len(images)).astype(bool)
return np.where(chosen[:, None, None, None], np.flip(images, 2), images)""",
    "a loop": """
rng = np.random.default_rng(seed)
return np.array([np.fliplr(image) if rng.random() < 0.5 else image for image in images])""",
    "an index": """
import random
random.seed(seed)
result = np.empty_like(images)
for i in range(images.shape[0]):
    step = random.choice([1, -1])
    result[i] = images[i, :, ::step]
return result""",
    "the old generator": """
state = np.random.RandomState(seed)
coin = state.uniform(size=images.shape[0]) > 0.5
result = np.array(images)
for i in np.flatnonzero(coin):
    result[i] = images[i][:, ::-1, :]
return result""",
    "a column each": """
coin = np.random.default_rng(seed).choice([False, True], size=len(images))
width = images.shape[2]
order = np.where(coin[:, None], width - 1 - np.arange(width), np.arange(width))
return np.take_along_axis(images, order[:, None, :, None], axis=2)""",
    "keras.random": """
coin = keras.random.uniform((len(images), 1, 1, 1), seed=seed) < 0.5
flipped = keras.ops.flip(keras.ops.convert_to_tensor(images), axis=2)
return keras.ops.convert_to_numpy(keras.ops.where(coin, flipped, images))""",
    "a Keras layer": """
layer = keras.layers.RandomFlip("horizontal", seed=seed)
result = layer(images.astype("float32"), training=True)
return keras.ops.convert_to_numpy(result).astype(images.dtype)""",
    "tf.image": """
import tensorflow as tf
seeds = tf.random.experimental.stateless_split([seed, 1], len(images))
flip = tf.image.stateless_random_flip_left_right
return tf.stack([flip(image, one) for image, one in zip(images, seeds)]).numpy()""",
    "the global generator, seeded": """
np.random.seed(seed)
coin = np.random.rand(len(images)) >= 0.5
images = images.copy()
images[coin] = images[coin][:, :, ::-1]
return images""",
}

CROPS = {
    "indices": """
n, h, w = images.shape[:3]
rng = np.random.default_rng(seed)
y = rng.integers(-(h // 8), h // 8, n, endpoint=True)
x = rng.integers(-(w // 8), w // 8, n, endpoint=True)
rows = np.clip(y[:, None] + np.arange(h), 0, h - 1)
columns = np.clip(x[:, None] + np.arange(w), 0, w - 1)
return images[np.arange(n)[:, None, None], rows[:, :, None], columns[:, None, :]]""",
    "one image after another": """
rng = np.random.default_rng(seed)
result = np.zeros_like(images)
for i, image in enumerate(images):
    h, w, _ = image.shape
    p, q = h // 8, w // 8
    padded = np.pad(image, [(p, p), (q, q), (0, 0)], "edge")
    y, x = rng.integers(2 * p + 1), rng.integers(2 * q + 1)
    result[i] = padded[y:y + h, x:x + w, :]
return result""",
    "random": """
import random
draw = random.Random(seed)
n, h, w, c = images.shape
padded = np.pad(images, ((0,), (h // 8,), (w // 8,), (0,)), mode="edge")
result = []
for image in padded:
    y = draw.randint(0, 2 * (h // 8))
    x = draw.randint(0, 2 * (w // 8))
    result.append(image[y:y + h, x:x + w])
return np.asarray(result)""",
    "windows": """
n, h, w = images.shape[:3]
p, q = h // 8, w // 8
padded = np.pad(images, ((0, 0), (p, p), (q, q), (0, 0)), "edge")
all_windows = np.lib.stride_tricks.sliding_window_view(padded, (h, w), axis=(1, 2))
rng = np.random.default_rng(seed)
y, x = (rng.integers(0, size, n) for size in all_windows.shape[1:3])
return np.moveaxis(all_windows[np.arange(n), y, x], 1, -1).copy()""",
    "floor of a uniform draw": """
state = np.random.RandomState(seed)
n, h, w = images.shape[:3]
p, q = h // 8, w // 8
padded = np.pad(images, ((0, 0), (p, p), (q, q), (0, 0)), mode="edge")
y = np.floor(state.rand(n) * (2 * p + 1)).astype(int)
x = np.floor(state.rand(n) * (2 * q + 1)).astype(int)
return np.stack([padded[i, y[i]:y[i] + h, x[i]:x[i] + w] for i in range(n)])""",
    "rolled within the padding": """
n, h, w = images.shape[:3]
p, q = h // 8, w // 8
rng = np.random.default_rng(seed)
result = []
for image in np.pad(images, ((0, 0), (p, p), (q, q), (0, 0)), "edge"):
    shift = rng.integers([-p, -q], [p + 1, q + 1])
    result.append(np.roll(image, shift, (0, 1))[p:p + h, q:q + w])
return np.stack(result)""",
    "tensors": """
import tensorflow as tf
n, h, w, c = images.shape
p, q = h // 8, w // 8
y = tf.random.stateless_uniform([n], [seed, 0], 0, 2 * p + 1, tf.int32)
x = tf.random.stateless_uniform([n], [seed, 1], 0, 2 * q + 1, tf.int32)
rows = tf.clip_by_value(y[:, None] + tf.range(h) - p, 0, h - 1)
columns = tf.clip_by_value(x[:, None] + tf.range(w) - q, 0, w - 1)
chosen = tf.gather(images, rows, axis=1, batch_dims=1)
return tf.gather(tf.transpose(chosen, [0, 2, 1, 3]), columns, axis=1,
                 batch_dims=1).numpy().transpose(0, 2, 1, 3)""",
    "keras.ops": """
n, h, w, c = images.shape
p, q = h // 8, w // 8
padded = np.pad(images, ((0, 0), (p, p), (q, q), (0, 0)), "edge")
rng = np.random.default_rng(seed)
cut = [keras.ops.slice(one, (int(rng.integers(2 * p + 1)), int(rng.integers(2 * q + 1)), 0),
                       (h, w, c)) for one in padded]
return keras.ops.convert_to_numpy(keras.ops.stack(cut))""",
}

# Bodies of rotate_shear_warp: maps are drawn, joined and looked up in different ways.
MAPS = {
    "matrices": """
n, h, w = images.shape[:3]
rng = np.random.default_rng(seed)
a = np.radians(rng.uniform(-degrees, degrees, n))
s = rng.uniform(-shear, shear, n)
turn = np.array([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]]).transpose(2, 0, 1)
slide = np.array([[np.ones(n), s], [np.zeros(n), np.ones(n)]]).transpose(2, 0, 1)
y, x = np.mgrid[:h, :w].astype(float)
points = np.stack([x - (w - 1) / 2, y - (h - 1) / 2]).reshape(2, -1)
moved = (turn @ slide @ points).reshape(n, 2, h, w)
u, v = (smooth(rng.uniform(-warp, warp, (n, 4, 4)), h, w) for _ in range(2))
return sample(images, moved[:, 1] + v + (h - 1) / 2, moved[:, 0] + u + (w - 1) / 2)""",
    "rotated before it is sheared, the other way round": """
n, h, w = images.shape[:3]
rng = np.random.default_rng(seed)
a = np.deg2rad(rng.uniform(-degrees, degrees, n))[:, None, None]
s = rng.uniform(-shear, shear, n)[:, None, None]
y, x = np.arange(h)[:, None] - (h - 1) / 2, np.arange(w) - (w - 1) / 2
down, across = np.cos(a) * y - np.sin(a) * x, np.sin(a) * y + np.cos(a) * x
across = across - s * down
grids = rng.uniform(-warp, warp, (2, n, 6, 6))
return sample(images, down + smooth(grids[0], h, w) + (h - 1) / 2,
              across + smooth(grids[1], h, w) + (w - 1) / 2)""",
    "one image after another, the nearest pixel": """
rng = np.random.default_rng(seed)
h, w = images.shape[1:3]
result = np.empty_like(images)
for i, image in enumerate(images):
    a = rng.uniform(-degrees, degrees) * np.pi / 180
    s = rng.uniform(-shear, shear)
    steps = smooth(rng.uniform(-warp, warp, (2, 5, 5)), h, w)
    y, x = np.meshgrid(np.arange(h) - (h - 1) / 2, np.arange(w) - (w - 1) / 2, indexing="ij")
    x = x + s * y
    y, x = x * np.sin(a) + y * np.cos(a), x * np.cos(a) - y * np.sin(a)
    rows = np.rint(y + steps[0] + (h - 1) / 2).astype(int).clip(0, h - 1)
    columns = np.rint(x + steps[1] + (w - 1) / 2).astype(int).clip(0, w - 1)
    result[i] = image[rows, columns]
return result""",
    "complex numbers": """
n, h, w = images.shape[:3]
rng = np.random.default_rng(seed)
angle, slope = (rng.uniform(-most, most, (n, 1, 1)) for most in (np.deg2rad(degrees), shear))
y, x = np.ogrid[:h, :w]
z = ((x - (w - 1) / 2) + slope * (y - (h - 1) / 2) + 1j * (y - (h - 1) / 2)) * np.exp(1j * angle)
grid = rng.uniform(-warp, warp, (n, 5, 5, 2))
return sample(images, z.imag + smooth(grid[..., 0], h, w) + (h - 1) / 2,
              z.real + smooth(grid[..., 1], h, w) + (w - 1) / 2)""",
    "waves for a warp": """
n, h, w = images.shape[:3]
rng = np.random.default_rng(seed)
a = np.deg2rad(rng.uniform(-degrees, degrees, n))[:, None, None]
s = rng.uniform(-shear, shear, n)[:, None, None]
y, x = np.arange(h)[:, None] - (h - 1) / 2, np.arange(w)[None] - (w - 1) / 2
x = x + s * y
down, across = x * np.sin(a) + y * np.cos(a), x * np.cos(a) - y * np.sin(a)
size, phase = rng.uniform(-warp, warp, (2, n, 1, 1)), rng.uniform(0, 6.28, (2, n, 1, 1))
down = down + size[0] * np.sin(6.28 * np.arange(w) / w + phase[0])
across = across + size[1] * np.sin(6.28 * np.arange(h)[:, None] / h + phase[1])
return sample(images, down + (h - 1) / 2, across + (w - 1) / 2)""",
    "tensors": """
n, h, w = images.shape[:3]
ops = keras.ops
draw = lambda shape, most, place: keras.random.uniform(shape, -1, 1, seed=7 * seed + place) * most
a, s = draw((n, 1, 1), degrees * np.pi / 180, 0), draw((n, 1, 1), shear, 1)
y = ops.arange(h, dtype="float32")[:, None] - (h - 1) / 2
x = ops.arange(w, dtype="float32")[None] - (w - 1) / 2
x = x + s * y
down, across = x * ops.sin(a) + y * ops.cos(a), x * ops.cos(a) - y * ops.sin(a)
u, v = (ops.image.resize(draw((n, 5, 5, 1), warp, place), (h, w))[..., 0] for place in (2, 3))
down, across = down + v + (h - 1) / 2, across + u + (w - 1) / 2
found = [ops.stack([ops.image.map_coordinates(ops.cast(image[..., c], "float32"), [yy, xx], 1,
                                              fill_mode="nearest") for c in range(3)], -1)
         for image, yy, xx in zip(images, down, across)]
return ops.convert_to_numpy(ops.stack(found)).round().astype("uint8")""",
    "Keras' own affine map": """
n, h, w = images.shape[:3]
rng = np.random.default_rng(seed)
a, s = np.deg2rad(rng.uniform(-degrees, degrees, n)), rng.uniform(-shear, shear, n)
zero, c, d = np.zeros(n), np.cos(a), np.sin(a)
m = np.array([[c, c * s - d], [d, d * s + c]])
middle = np.array([(w - 1) / 2, (h - 1) / 2])
offset = middle[:, None] - np.einsum("ijn,j->in", m, middle)
rows = np.stack([m[0, 0], m[0, 1], offset[0], m[1, 0], m[1, 1], offset[1], zero, zero], 1)
turned = keras.ops.image.affine_transform(images.astype("float32"), rows.astype("float32"),
                                          fill_mode="nearest")
turned = keras.ops.convert_to_numpy(turned)
y, x = np.mgrid[:h, :w]
steps = rng.uniform(-warp, warp, (2, n, 5, 5))
found = sample(turned, y + smooth(steps[0], h, w), x + smooth(steps[1], h, w))
return np.clip(found, 0, 255).astype("uint8")""",
    "Pillow": """
from PIL import Image
rng = np.random.default_rng(seed)
h, w = images.shape[1:3]
result = []
for image in images:
    a, s = np.deg2rad(rng.uniform(-degrees, degrees)), rng.uniform(-shear, shear)
    c, d = np.cos(a), np.sin(a)
    m = np.array([[c, c * s - d], [d, d * s + c]])
    padded = np.pad(image, ((h, h), (w, w), (0, 0)), "edge")
    # Pillow counts pixels from their corners.
    offset = [w / 2 + w, h / 2 + h] - m @ [w / 2, h / 2]
    turned = Image.fromarray(padded).transform(
        (w, h), Image.Transform.AFFINE,
        (m[0, 0], m[0, 1], offset[0], m[1, 0], m[1, 1], offset[1]), Image.Resampling.BILINEAR)
    result.append(np.asarray(turned))
y, x = np.mgrid[:h, :w]
steps = rng.uniform(-warp, warp, (2, len(images), 5, 5))
return sample(np.stack(result), y + smooth(steps[0], h, w), x + smooth(steps[1], h, w))""",
}

COLOURS = {
    "svd": """
rng = np.random.default_rng(seed)
X = images.reshape(-1, 3) / 255.0
X = X - X.mean(0)
_, s, Vt = np.linalg.svd(X, full_matrices=False)
values = s ** 2 / (len(X) - 1)
shift = (rng.standard_normal((len(images), 3)) * 0.1 * values) @ Vt
return (images + 255 * shift[:, None, None]).round().clip(0, 255).astype(np.uint8)""",
    "eig, a loop": """
rng = np.random.default_rng(seed)
C = np.cov((images / 255.0).reshape(-1, 3).T)
values, P = np.linalg.eig(C)
result = np.zeros_like(images)
for i, image in enumerate(images):
    alpha = rng.normal(scale=0.1, size=3)
    shift = P @ (alpha * values)
    result[i] = np.clip(np.round(image + 255 * shift), 0, 255)
return result""",
    "the covariance itself": """
X = images.reshape(-1, 3) / 255
C = np.cov(X, rowvar=False)
# P diag(lambda) z has the covariance of C z where z is normal in every direction.
z = np.random.default_rng(seed).normal(0, 0.1, (len(images), 3))
return np.uint8(np.clip(np.rint(images + 255 * (z @ C)[:, None, None]), 0, 255))""",
    "from 0 to 1": """
rng = np.random.default_rng(seed)
floats = images.astype("float32") / 255
values, P = np.linalg.eigh(np.cov(floats.reshape(-1, 3), rowvar=False))
shift = np.einsum("ij,nj,j->ni", P, rng.normal(0, 0.1, (len(images), 3)), values)
return (255 * np.clip(floats + shift[:, None, None], 0, 1)).round().astype("uint8")""",
    "sorted from the largest": """
state = np.random.RandomState(seed)
centred = images.reshape(-1, 3).astype(float) / 255
centred -= centred.mean(axis=0)
values, vectors = np.linalg.eigh(centred.T @ centred / len(centred))
order = np.argsort(values)[::-1]
values, vectors = values[order], vectors[:, order]
shift = (state.randn(len(images), 3) * 0.1 * values) @ vectors.T
return np.clip(images + np.round(255 * shift)[:, None, None], 0, 255).astype("uint8")""",
    "on 0 to 255": """
rng = np.random.default_rng(seed)
values, P = np.linalg.eigh(np.cov(images.reshape(-1, 3).astype(float), rowvar=False))
shift = (rng.normal(0, 0.1, (len(images), 3)) * values / 255) @ P.T
return np.clip(np.rint(images + shift.reshape(-1, 1, 1, 3)), 0, 255).astype("uint8")""",
    "keras.ops": """
ops = keras.ops
X = ops.reshape(ops.cast(images, "float32"), (-1, 3)) / 255
X = X - ops.mean(X, axis=0)
values, P = ops.linalg.eigh(ops.matmul(ops.transpose(X), X) / X.shape[0])
alpha = keras.random.normal((len(images), 3), stddev=0.1, seed=seed)
shift = 255 * ops.matmul(alpha * values, ops.transpose(P))
return ops.convert_to_numpy(ops.cast(ops.clip(ops.round(
    ops.cast(images, "float32") + shift[:, None, None, :]), 0, 255), "uint8"))""",
    "tensors": """
import tensorflow as tf
X = tf.cast(tf.reshape(images, [-1, 3]), tf.float64) / 255
X -= tf.reduce_mean(X, 0)
values, P = tf.linalg.eigh(tf.matmul(X, X, transpose_a=True) / len(X))
alpha = tf.random.stateless_normal([len(images), 3], [seed, 0], 0, 0.1, tf.float64)
shift = 255 * tf.matmul(alpha * values, P, transpose_b=True)
return tf.saturate_cast(tf.round(tf.cast(images, tf.float64) + shift[:, None, None]),
                        tf.uint8).numpy()""",
    "truncated": """
rng = np.random.default_rng(seed)
values, P = np.linalg.eigh(np.cov(images.reshape(-1, 3) / 255, rowvar=False))
shift = 255 * (rng.normal(0, 0.1, (len(images), 3)) * values) @ P.T
return np.clip(images + shift[:, None, None] + 0.5, 0, 255).astype("uint8")""",
}

STREAMS = {
    "flat arguments": """
import tensorflow as tf
spec = dataset.element_spec
def one(i, images):
    for k, op in enumerate(ops):
        images = op(images, int(i) * len(ops) + k)
    return np.asarray(images)
def work(i, pair):
    x, y = pair
    z = tf.ensure_shape(tf.numpy_function(one, [i, x], tf.uint8), spec[0].shape)
    return z, y
return dataset.enumerate().map(work, num_parallel_calls=workers, deterministic=True)""",
    "py_function": """
import tensorflow as tf
shape = dataset.element_spec[0].shape
def one(i, images):
    images = images.numpy()
    for k, op in enumerate(ops):
        images = op(images, int(i) + 1000003 * k)
    return images
def work(i, pair):
    z = tf.py_function(one, [i, pair[0]], pair[0].dtype)
    z.set_shape(shape)
    return z, pair[1]
return dataset.enumerate().map(work, workers).prefetch(tf.data.AUTOTUNE)""",
    "zip with a counter": """
import tensorflow as tf
def one(i, images):
    for k, op in enumerate(ops):
        images = op(images, hash((int(i), k)) % 2 ** 62)
    return images
def work(i, images, labels):
    z = tf.numpy_function(one, (i, images), tf.uint8)
    return tf.reshape(z, tf.shape(images)), labels
numbers = tf.data.Dataset.range(2 ** 40)
made = tf.data.Dataset.zip(numbers, dataset).map(lambda i, pair: (i, *pair))
made = made.map(work, num_parallel_calls=workers)
shape = dataset.element_spec[0].shape
return made.map(lambda x, y: (tf.ensure_shape(x, shape), y))""",
    "a pool of threads": """
from concurrent.futures import ThreadPoolExecutor
import itertools
import tensorflow as tf
def one(job):
    i, (images, labels) = job
    for k, op in enumerate(ops):
        images = op(images, i * len(ops) + k)
    return images, labels
def generate():
    jobs = enumerate(dataset.as_numpy_iterator())
    with ThreadPoolExecutor(workers) as pool:
        waiting = [pool.submit(one, job) for job in itertools.islice(jobs, workers)]
        while waiting:
            yield waiting.pop(0).result()
            waiting += [pool.submit(one, job) for job in itertools.islice(jobs, 1)]
return tf.data.Dataset.from_generator(generate, output_signature=dataset.element_spec)""",
    "a map for each function": """
import tensorflow as tf
def all_ops(i, images):
    images = np.asarray(images)
    seeds = np.random.SeedSequence([int(i), 5]).generate_state(len(ops), np.uint32)
    for op, seed in zip(ops, seeds):
        images = op(images, int(seed))
    return images
def work(i, pair):
    z = tf.numpy_function(all_ops, [i, pair[0]], pair[0].dtype, stateful=False)
    z.set_shape(pair[0].get_shape())
    return (z, pair[1])
made = dataset.enumerate(start=11)
options = tf.data.Options()
options.threading.private_threadpool_size = workers
return made.map(work, num_parallel_calls=workers).with_options(options)""",
    "labels through the function": """
import tensorflow as tf
shapes = [one.shape for one in dataset.element_spec]
types = [one.dtype for one in dataset.element_spec]
def both(i, images, labels):
    for k, op in enumerate(ops):
        images = op(images.copy(), 2 ** 20 * i + k)
    return images, labels
def work(i, pair):
    found = tf.numpy_function(both, [i, *pair], types)
    for one, shape in zip(found, shapes):
        one.set_shape(shape)
    return tuple(found)
return dataset.enumerate().map(work, num_parallel_calls=workers)""",
    "reduced": """
from functools import reduce
import tensorflow as tf
chain = lambda i, x: reduce(lambda x, job: job[1](x, i * len(ops) + job[0]), enumerate(ops), x)
def work(i, pair):
    z = tf.numpy_function(chain, (i, pair[0]), tf.uint8)
    z.set_shape(pair[0].shape)
    return z, pair[1]
return dataset.enumerate().map(work, num_parallel_calls=workers).prefetch(1)""",
    "a class": """
import tensorflow as tf
class Worker:
    def __init__(self, shape):
        self.shape = shape
    def arrays(self, i, images):
        for k in range(len(ops)):
            images = ops[k](images, np.int64(i) * len(ops) + k)
        return images
    def __call__(self, i, pair):
        changed = tf.numpy_function(self.arrays, [i, pair[0]], [pair[0].dtype])[0]
        return tf.ensure_shape(changed, self.shape), pair[1]
work = Worker(dataset.element_spec[0].shape)
return dataset.enumerate().map(work, num_parallel_calls=workers)""",
}

ALL = (
    ("mirror", "images, seed", MIRRORS),
    ("random_crop", "images, seed", CROPS),
    ("rotate_shear_warp", "images, seed, degrees=10.0, shear=0.1, warp=2.0", MAPS),
    ("colour_shift_pca", "images, seed", COLOURS),
    ("augment_in_threads", "dataset, ops, workers", STREAMS),
)


def _function(name: str, arguments: str, body: str) -> str:
    lines = "\n".join(f"    {line}" for line in body.strip().splitlines())
    return f"def {name}({arguments}):\n{lines}\n"


STYLES = {
    ((name,), f"{name}, {style}"): _function(name, arguments, body)
    for name, arguments, bodies in ALL
    for style, body in bodies.items()
}
