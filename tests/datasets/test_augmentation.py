"""Every row of the catalogue: what it must keep, when it acts, and that it can be saved."""

import json

import numpy as np
import pytest

from datasets.augmentation import catalogue, colour
from datasets.augmentation.catalogue import CATALOGUE, LECTURE
from datasets.errors import DataError

pytestmark = pytest.mark.sampled(3, by="name")
N, SIDE, CLASSES = 8, 24, 4
RNG = np.random.default_rng(0)
# Coarse blocks, so that a map of any strength shows.
IMAGES = RNG.integers(0, 256, (N, 6, 6, 3)).repeat(4, 1).repeat(4, 2).astype("float32")
LABELS = np.eye(CLASSES, dtype="float32")[np.arange(N) % CLASSES]
DATA = {"images": IMAGES, "labels": LABELS}


def made(name, seed=1, **options):
    layer = catalogue.layer(name, seed=seed, **options)
    if CATALOGUE[name].fitted:
        layer.adapt(IMAGES.astype("uint8"))
    return layer


def numpy(tensors):
    import keras

    return keras.tree.map_structure(keras.ops.convert_to_numpy, tensors)


def called(layer, data=None, training=True):
    return numpy(layer(dict(DATA) if data is None else data, training=training))


def model_of(layer):
    import keras

    inputs = {
        "images": keras.Input((SIDE, SIDE, 3), name="images"),
        "labels": keras.Input((CLASSES,), name="labels"),
    }
    return keras.Model(inputs, layer(inputs))


def settings(layer):
    """Its configuration as JSON reads it again, but for the dtype, which holds a memory address."""
    return json.loads(json.dumps({**layer.get_config(), "dtype": None}))


every = pytest.mark.parametrize("name", CATALOGUE)


@every
@pytest.mark.parametrize("top", [255, 1])
def test_what_it_keeps(name, top):
    images = IMAGES * np.float32(top / 255)
    given = {"images": images.copy(), "labels": LABELS.copy()}
    found = called(made(name, value_range=(0, top)), given)
    assert found["images"].shape == images.shape and found["images"].dtype == np.float32
    assert -1e-4 * top <= found["images"].min() and found["images"].max() <= 1.0001 * top
    assert not np.allclose(found["images"], images, atol=0.02 * top)
    if CATALOGUE[name].mixes:
        assert not np.array_equal(found["labels"], LABELS)
        assert found["labels"].min() >= 0
        np.testing.assert_allclose(found["labels"].sum(1), 1, rtol=1e-5)
    else:
        np.testing.assert_array_equal(found["labels"], LABELS)


@every
def test_it_takes_bytes(name):
    found = called(made(name), {"images": IMAGES.astype("uint8"), "labels": LABELS})
    assert found["images"].dtype == np.float32
    np.testing.assert_allclose(found["images"], called(made(name))["images"], atol=1e-3)


@every
def test_a_seed_means_the_same_and_another_another(name):
    first, again, other = (called(made(name, seed))["images"] for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.allclose(first, other, atol=1)


@every
def test_a_second_call_draws_anew(name):
    layer = made(name)
    assert not np.allclose(called(layer)["images"], called(layer)["images"], atol=1)


@every
def test_nothing_happens_at_inference(name):
    found = called(made(name), training=False)
    np.testing.assert_array_equal(found["images"], IMAGES)
    np.testing.assert_array_equal(found["labels"], LABELS)


@every
def test_in_a_chain_nothing_happens_even_where_nobody_says_inference(name):
    from datasets.augmentation.layers import Chain

    chain = Chain([made(name)])
    for found in (numpy(chain(dict(DATA))), numpy(model_of(chain)(dict(DATA)))):
        np.testing.assert_array_equal(found["images"], IMAGES)
        np.testing.assert_array_equal(found["labels"], LABELS)


@every
def test_the_same_in_tf_data_and_in_a_model_and_by_itself(name):
    import tensorflow as tf

    layer = made(name)
    rows = tf.data.Dataset.from_tensor_slices(dict(DATA)).batch(N)
    piped = numpy(next(iter(rows.map(lambda data: layer(data, training=True)))))
    alone = called(made(name))
    inside = numpy(model_of(made(name))(dict(DATA), training=True))
    for other in (piped, inside):
        for key in DATA:
            np.testing.assert_allclose(other[key], alone[key], atol=2e-3, err_msg=key)


@every
def test_it_is_saved_with_the_model(name, tmp_path):
    import keras

    model = model_of(made(name))
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert settings(model.layers[-1]) == settings(loaded.layers[-1])
    before, after = (called(one)["images"] for one in (model, loaded))
    np.testing.assert_array_equal(before, after)
    np.testing.assert_array_equal(called(loaded, training=False)["images"], IMAGES)


def test_what_differs_from_the_defaults_is_kept_in_the_configuration():
    from datasets.augmentation.layers import ColourShift, PCAColour, RandomMap

    for made_, options in (
        (RandomMap, {"mirror": True, "crop": 0.1, "rotate": 5.0, "shear": 0.3, "warp": 0.07}),
        (ColourShift, {"shift": 0.3}),
        (PCAColour, {"alpha": 0.7, "axes": ((1.0, 0.0, 0.0), (0.0, 0.5, 0.0), (0.0, 0.0, 0.1))}),
    ):
        layer = made_(**options, value_range=(0, 1), seed=9)
        again = made_.from_config(layer.get_config())
        assert settings(again) == settings(layer)
        expected = {**options, "value_range": (0, 1), "seed": 9}
        assert {key: again.get_config()[key] for key in expected} == expected


def test_the_whole_lecture_in_a_model_that_predicts_trains_and_is_saved(tmp_path):
    import keras

    keras.utils.set_random_seed(0)
    body = [keras.layers.Rescaling(1 / 255), keras.layers.Flatten(), keras.layers.Dense(CLASSES)]
    chain = catalogue.chain(seed=0, fit=IMAGES.astype("uint8"))
    model = keras.Sequential([keras.Input((SIDE, SIDE, 3)), chain, *body])
    plain = numpy(keras.Sequential(body)(IMAGES))
    np.testing.assert_allclose(model.predict(IMAGES, verbose=0), plain, rtol=1e-4, atol=1e-5)
    assert not np.allclose(numpy(model(IMAGES, training=True)), plain, atol=0.05)
    model.compile("sgd", "mse")
    model.fit(IMAGES, LABELS, epochs=1, verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert [type(step) for step in loaded.layers[0].steps] == [type(step) for step in chain.steps]
    # Seeds are saved, and not how often they were drawn from: a loaded chain starts again.
    fresh = catalogue.chain(seed=0, fit=IMAGES.astype("uint8"))
    expected, found = (called(one, IMAGES) for one in (fresh, loaded.layers[0]))
    np.testing.assert_allclose(found, expected, atol=2e-3)


def test_the_chain_leaves_what_it_is_given_alone():
    data = dict(DATA)
    called(catalogue.chain(["mirror", "mixup"], seed=0), data)
    assert data["images"] is IMAGES and data["labels"] is LABELS


def test_the_axes_of_colour_are_those_of_an_eigen_decomposition():
    rng = np.random.default_rng(3)
    mixed = rng.random((600, 4, 4, 3)) @ rng.random((3, 3)) / 3
    images = (255 * mixed).astype("uint8")
    covariance = np.cov(images.reshape(-1, 3).T / 255, bias=True)
    values, vectors = np.linalg.eigh(covariance)
    found = colour.axes(images)
    np.testing.assert_allclose(np.abs(found), np.abs(vectors * values)[:, ::-1], atol=1e-12)
    np.testing.assert_allclose(np.linalg.norm(found, axis=0), values[::-1], rtol=1e-9)
    np.testing.assert_allclose(colour.axes(images[i : i + 50] for i in range(0, 600, 50)), found)
    np.testing.assert_allclose(colour.axes((images / 255).astype("float64")), found)
    # What the layer adds: one colour an image, of the covariance 0.01 sum_i lambda_i^2 p_i p_i'.
    layer = catalogue.layer("pca_colour", seed=0, value_range=(0, 1))
    layer.adapt(images)
    grey = np.full((8000, 2, 2, 3), 0.5, "float32")
    added = called(layer, grey) - 0.5
    assert np.ptp(added, axis=(1, 2)).max() == 0
    expected = 0.01 * (vectors * values**2) @ vectors.T
    np.testing.assert_allclose(np.cov(added[:, 0, 0].T), expected, atol=0.05 * expected.max())


@pytest.mark.parametrize("images, words", [
    (np.zeros((2, 4, 4, 1), "uint8"), r"\(n, h, w, 3\).*received uint8 \(2, 4, 4, 1\)"),
    (np.full((2, 4, 4, 3), 200.0), "0 to 1, received 200 to 200; divide them by 255"),
    (np.full((2, 4, 4, 3), np.nan), "0 to 1"),
    (np.zeros((0, 4, 4, 3), "uint8"), "received none"),
    ([], "received none"),
])  # fmt: skip
def test_pca_colour_refuses_what_it_cannot_fit(images, words):
    with pytest.raises(DataError, match=words):
        colour.axes(images)


def test_faults_are_one_line():
    with pytest.raises(DataError, match="received 'rotatoin'; did you mean rotation"):
        catalogue.layer("rotatoin")
    with pytest.raises(DataError, match="expected training images to fit on"):
        catalogue.chain()
    with pytest.raises(DataError, match="found none; call adapt"):
        catalogue.layer("pca_colour")(IMAGES, training=True)
    with pytest.raises(DataError, match="expected crop from 0 to 0.9, received 1.5"):
        catalogue.layer("crop", crop=1.5)
    with pytest.raises(DataError, match="expected shift from 0 to 1, received 20"):
        catalogue.layer("colour_shift", shift=20)
    with pytest.raises(DataError, match="expected names among mirror.*received mixup"):
        catalogue.fused(["mirror", "mixup"])


def test_the_fused_chain_has_the_strengths_of_the_layers():
    how = catalogue.fused(fit=IMAGES.astype("uint8"))
    strength = {name: CATALOGUE[name].strength for name in LECTURE}
    assert how.map.mirror and how.map.crop == strength["crop"]["crop"]
    assert how.map.rotate == pytest.approx(360 * strength["rotation"]["factor"])
    assert how.map.shear == strength["shear"]["x_factor"][1]
    assert how.map.warp == strength["warp"]["warp"]
    assert how.shift == strength["colour_shift"]["shift"]
    np.testing.assert_allclose(how.axes, made("pca_colour").axes)
    only = catalogue.fused(["crop"])
    assert only.map.crop and not (only.map.mirror or only.map.warp or only.shift)
    assert only.axes is None


PRECISIONS = pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])


@pytest.fixture
def precise(policy):
    """The precision of everything that is built in the test."""
    import keras

    keras.config.set_dtype_policy(policy)
    yield policy
    keras.config.set_dtype_policy("float32")


@every
@PRECISIONS
@pytest.mark.parametrize("type_", ["int64", "float64"])
def test_labels_pass_unchanged_in_value_and_type(name, precise, type_):
    import tensorflow as tf

    labels, training = (np.arange(N) * 0.3 + 1001).astype(type_), not CATALOGUE[name].mixes
    chain = catalogue.chain([name], seed=1, fit=IMAGES.astype("uint8"))
    passed = [called(chain, {"images": IMAGES, "labels": labels}, training)["labels"]]
    if type_ == "int64":  # there Keras casts whole numbers too
        data = tf.data.Dataset.from_tensors({"images": IMAGES, "labels": labels})
        passed += [
            each["labels"].numpy() for each in data.map(lambda x: chain(x, training=training))
        ]
    for received in passed:
        assert received.dtype == labels.dtype
        np.testing.assert_array_equal(received, labels)


@pytest.mark.sampled(2)
@pytest.mark.parametrize("name", ["crop", "colour_shift"])
@PRECISIONS
def test_our_layers_alone_keep_labels_too(name, precise):
    labels = np.array([[0.3, 0.7], [257, 999]] * 4)
    passed = numpy(
        catalogue.layer(name, seed=1)({"images": IMAGES, "labels": labels}, training=True)
    )
    assert passed["labels"].tolist() == labels.tolist()


@pytest.mark.sampled(2)
@pytest.mark.parametrize("name", ["mixup", "cutmix"])
@PRECISIONS
def test_mixed_labels_are_as_exact_as_float32(name, precise):
    passed = catalogue.chain([name, "mirror"], seed=1)(dict(DATA), training=True)
    labels = numpy(passed["labels"])
    assert labels.dtype == np.float32
    np.testing.assert_allclose(labels.sum(1), 1, atol=1e-6)
    assert str(passed["images"].dtype).count(precise.removeprefix("mixed_"))


@pytest.mark.sampled(2)
@pytest.mark.parametrize("name", ["mixup", "cutmix"])
@pytest.mark.parametrize("data, received", [
    (IMAGES, "images alone"),
    ({"images": IMAGES}, "images alone"),
    ({"images": IMAGES, "labels": np.arange(N) % CLASSES}, r"labels of int64 and shape \(8,\)"),
    ({"images": IMAGES, "labels": LABELS.astype("int64")}, r"labels of int64 and shape \(8, 4\)"),
    ({"images": IMAGES, "labels": np.arange(N, dtype="float32")}, r"labels of float32 and shape"),
], ids=["no dict", "no labels", "numbers", "whole one-hot", "float numbers"])  # fmt: skip
def test_labels_that_cannot_be_mixed_are_one_line(name, data, received):
    chain = catalogue.chain([name], seed=1)
    with pytest.raises(DataError, match=f"one-hot labels in floats.*received {received}.*; see"):
        chain(data, training=True)
    np.testing.assert_array_equal(numpy(chain(IMAGES)), IMAGES)  # inference needs no labels
