"""Saved models: those of Keras' own layers are read, all others are refused, and none is run."""

from __future__ import annotations

import json
import zipfile

import keras
import pytest
from keras import layers
from typer.testing import CliRunner

from nets import NetError
from nets.__main__ import app
from nets.model_files import load_file, outline_file, read_config


@keras.saving.register_keras_serializable(package="theirs")
class Own(layers.Layer):
    """A layer of a learner's own."""

    def call(self, inputs):
        return inputs


@keras.saving.register_keras_serializable(package="theirs")
def own(x):
    return x


class Subclassed(keras.Model):
    """A network whose graph is Python."""

    def __init__(self, **options):
        super().__init__(**options)
        self.dense = layers.Dense(2)

    def call(self, inputs):
        return self.dense(inputs)


def saved(path, *inside):
    model = keras.Sequential([keras.Input((8, 8, 1)), *inside, layers.Flatten(), layers.Dense(3)])
    model.save(path)
    return path


@pytest.fixture
def good(tmp_path):
    return saved(tmp_path / "hers.keras", layers.Conv2D(2, 3, activation="relu"))


def forged(path, old: str, new: str):
    """The file with another text in its description."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    text = parts["config.json"].decode()
    assert old in text
    parts["config.json"] = text.replace(old, new).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)


def test_a_file_of_keras_own_layers_is_read(good):
    outline, model = outline_file(good), load_file(good)
    assert outline.count_params() == model.count_params() == 3 * 3 * 2 + 2 + 6 * 6 * 2 * 3 + 3
    assert all(weight._value is None for weight in outline.weights)


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        (lambda: layers.Lambda(lambda x: x), "found a Lambda layer (lambda"),
        (lambda: Own(), "found Own (own"),
        (lambda: layers.Activation(own), "found own, a custom object"),
    ],
)
def test_code_of_others_is_refused_before_keras_reads_it(inside, expected, tmp_path, monkeypatch):
    path = saved(tmp_path / "hers.keras", inside())

    def never(*arguments, **options):
        raise AssertionError("read by Keras")

    monkeypatch.setattr(keras.saving, "load_model", never)
    monkeypatch.setattr(keras.saving, "deserialize_keras_object", never)
    for read in (read_config, outline_file, load_file):
        with pytest.raises(NetError) as refused:
            read(path)
        assert expected in str(refused.value) and "run" in str(refused.value)


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("os", "system"),
        ("builtins", "eval"),
        ("keras.utils", "get_file"),
        ("keras.saving", "load_model"),
        ("keras.src.utils.file_utils", "get_file"),
        ("keras.layers", "TFSMLayer"),
    ],
)
def test_a_class_from_elsewhere_is_refused(module, name, good):
    forged(good, '"module": "keras.layers", "class_name": "Flatten"',
           f'"module": "{module}", "class_name": "{name}"')  # fmt: skip
    with pytest.raises(NetError, match="expected layers of Keras alone"):
        outline_file(good)


def test_a_subclassed_model_is_refused_in_words(tmp_path):
    model = Subclassed()
    model(keras.ops.ones((1, 3)))
    model.save(tmp_path / "hers.keras")
    with pytest.raises(NetError, match="expected a Functional or Sequential.*received Subclassed"):
        outline_file(tmp_path / "hers.keras")


def test_a_description_that_promises_more_than_the_file_holds_is_refused(good):
    forged(good, '"units": 3', '"units": 300000000')
    assert outline_file(good).count_params() > 10**9  # takes no memory
    with pytest.raises(NetError, match="expected weights for .* it is damaged"):
        load_file(good)


def empty(path):
    path.write_bytes(b"")


def cut(path):
    path.write_bytes(path.read_bytes()[:-200])


def flipped(path):
    data = bytearray(path.read_bytes())
    where = data.index(b'"class_name"')
    data[where : where + 400] = b"x" * 400
    path.write_bytes(bytes(data))


def text(path):
    path.write_text("import keras\n")


def older(path):
    path.write_bytes(b"\x89HDF\r\n\x1a\n" + b"0" * 100)


def another_zip(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("homework.py", "")


def no_network(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", json.dumps([1, 2]))


def pointer(path):
    path.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n")


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (empty, "received an empty file"),
        (cut, "it is cut short"),
        (flipped, "the file is damaged"),
        (text, "a file of another kind"),
        (older, "an HDF5 file, the older format"),
        (another_zip, "it has no config.json"),
        (no_network, "no network is described"),
        (pointer, "a pointer of Git LFS"),
    ],
)
def test_a_file_that_is_no_network_is_one_line_and_status_2(damage, expected, good):
    damage(good)
    for command in ("cost", "compare"):
        words = [command, str(good), *(["lenet5"] if command == "compare" else [])]
        result = CliRunner().invoke(app, words)
        assert result.exit_code == 2 and result.stdout == ""
        assert result.stderr.startswith("error: ") and result.stderr.count("\n") == 1
        assert expected in result.stderr


def test_a_name_that_is_not_there_has_a_close_one(good, tmp_path):
    def refused(*words):
        result = CliRunner().invoke(app, list(words))
        assert result.exit_code == 2 and result.stderr.count("\n") == 1
        return result.stderr

    assert "did you mean resnet50" in refused("cost", "resent50")
    assert f"did you mean {good}?" in refused("cost", str(tmp_path / "her.keras"))
    assert f"did you mean {good}?" in refused("cost", str(tmp_path))
    assert "expected two networks or more" in refused("compare", "lenet5")


def table(*words) -> str:
    result = CliRunner().invoke(app, list(words))
    assert result.exit_code == 0, result.stderr
    assert max(map(len, result.stdout.splitlines())) <= 80
    return result.stdout


def test_cost_is_a_table_by_stage_or_by_layer(good):
    total = 3 * 3 * 2 + 2 + 6 * 6 * 2 * 3 + 3
    for words in (("cost", str(good)), ("cost", str(good), "--layers")):
        (line,) = [line for line in table(*words).splitlines() if line.split()[:1] == ["total"]]
        assert line.split()[1:3] == [f"{total:,}", f"{6 * 6 * 9 * 2 + 6 * 6 * 2 * 3:,}"]
    assert "conv2d" in table("cost", str(good), "--layers")
    assert "25,636,712" in table("cost", "resnet50")


def test_compare_takes_any_number_and_files(good):
    text = table("compare", "lenet5", str(good), "resnet20")
    rows = {line.split()[0]: line for line in text.splitlines() if line.split()}
    assert "61.71 k" in rows["lenet5"] and "271.1 k" in rows["resnet20"]
    assert "4.39" in rows["resnet20"]  # 271,098 / 61,706
    assert "inception_resnet_v2" in table("compare", "lenet5", "vgg16", "inception_resnet_v2")
