"""What is damaged, and how it is read: one `Kind` for every form of file that a command reads.

A reader returns for a file that it can read in spite of the damage. It raises an error of the
project for any other. `command` turns a command line into such a reader.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import random
import sqlite3
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from tests.reliability import damage

ROOT = Path(__file__).resolve().parent.parent.parent


class Refused(Exception):
    """What a command printed when it ended with a status other than 0."""


@dataclass(frozen=True)
class Kind:
    """make: fills a folder with whole files, and returns reader -> the file that it reads.

    readers: name -> what reads the folder. harm: a file's content -> a damaged one.
    """

    make: Callable[[Path], dict[str, Path]]
    readers: dict[str, Callable[[Path], object]]
    harm: Callable[[bytes, random.Random], bytes] = damage.in_bytes


def command(main: Callable, *words: object) -> None:
    """A command line in this process; raises Refused with what it printed on standard error."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = main([str(word) for word in words])
    if status:
        raise Refused(err.getvalue())


# Data sets


def _arrays(folder: Path, names: dict[str, str], classes: int, **options) -> None:
    import h5py

    rng = np.random.default_rng(0)
    for split, name in names.items():
        with h5py.File(folder / name, "w", libver=options.pop("libver", "earliest")) as file:
            images = rng.integers(0, 256, (12, 64, 64, 3), "uint8")
            file.create_dataset(f"{split}_set_x", data=images, **options)
            file[f"{split}_set_y"] = np.arange(12) % classes
            file["list_classes"] = np.arange(classes)
            file.attrs["synthetic"] = True


def _data(folder: Path, **options) -> dict[str, Path]:
    from datasets import happy, schema

    _arrays(folder, schema.FILES, 6, **options)
    _arrays(folder, happy.FILES, 2, **options)
    signs, faces = folder / "train_signs.h5", folder / "train_happy.h5"
    return {"load": signs, "stream": signs, "audit": signs, "drawn": signs, "happy": faces}


def _load(folder: Path) -> None:
    from datasets import signs

    signs.load(folder)


def _stream(folder: Path) -> None:
    from datasets import stream

    for _ in stream.Stream(folder / "train_signs.h5").batches(4):
        pass


def _audit(folder: Path) -> None:
    from datasets.__main__ import main

    command(main, "audit", "--data", folder)


def _is_drawn(folder: Path) -> None:
    from datasets import schema
    from datasets.synthetic import dataset

    schema.is_synthetic(folder / "train_signs.h5")
    dataset.holds(folder / "train_signs.h5", "train", 12, 0, dataset.TWIN)


def _happy(folder: Path) -> None:
    from datasets import happy

    happy.load(folder)


DATA = {"load": _load, "stream": _stream, "audit": _audit, "drawn": _is_drawn, "happy": _happy}
PACKED = {"chunks": (5, 64, 64, 3), "compression": "gzip", "libver": "latest"}


# Networks


def _network(channels: int = 4):
    import keras
    from keras import layers

    keras.utils.set_random_seed(0)
    image = keras.Input((16, 16, 3))
    X = layers.Conv2D(channels, 3, activation="relu", name="conv")(image)
    X = layers.BatchNormalization(name="norm")(X)
    X = layers.Flatten(name="flat")(layers.MaxPooling2D(2, name="pool")(X))
    X = layers.Dense(6, activation="softmax", name="predictions")(X)
    return keras.Model(image, X, name="small")


def _networks(folder: Path) -> dict[str, Path]:
    model = _network()
    model.compile("adam", "categorical_crossentropy")
    paths = {name: folder / f"saved.{name}" for name in ("weights.h5", "keras", "h5")}
    model.save_weights(paths["weights.h5"])
    model.save(paths["keras"])
    with contextlib.redirect_stderr(io.StringIO()):
        model.save(paths["h5"])
    return {**paths, "model": paths["keras"]}


def _weights(folder: Path, suffix: str) -> None:
    from nets.weights import load

    load(_network_kept(), folder / f"saved.{suffix}")


def _network_kept(kept: list = []):  # noqa: B006  one network for all inputs
    if not kept:
        kept.append(_network())
    return kept[0]


def _whole_model(folder: Path) -> None:
    from training.saving import load_model

    load_model(folder / "saved.keras")


def _in_keras(content: bytes, rng: random.Random) -> bytes:
    if not zipfile.is_zipfile(io.BytesIO(content)):
        return damage.in_bytes(content, rng)
    return damage.in_zip(content, rng, _in_member)


def _in_member(content: bytes, rng: random.Random) -> bytes:
    return damage.in_json(content, rng) if content[:1] == b"{" else damage.in_bytes(content, rng)


NETWORKS = {
    name: partial(_weights, suffix=name) for name in ("weights.h5", "keras", "h5")
} | {"model": _whole_model}  # fmt: skip


# Kept answers and features, in NPZ, NPY and HDF5


def _kept_arrays(folder: Path) -> dict[str, Path]:
    import h5py

    from training.transfer import feature_cache

    rng = np.random.default_rng(0)
    records = np.frombuffer(json.dumps([{"shape": [2, 3]}, {"shape": [2, 3]}]).encode(), "uint8")
    values = {f"{i}:{mode}": rng.random((4, 5)) for i in (0, 1) for mode in ("eval", "train")}
    np.savez(folder / "oracle.npz", records=records, **values)
    np.savez(folder / "0.npz", eval=rng.random((4, 5)))
    (folder / "0.json").write_text(json.dumps({"shape": [4, 5], "names": ["a"], "trouble": None}))
    np.save(folder / "0.npy", rng.random((7, 5)).astype("float32"))
    with h5py.File(folder / "features.h5", "w") as file:
        file.attrs.update(_key())
        data = rng.random((7, 5)).astype("float32")
        file.create_dataset(feature_cache.DATASET, data=data, chunks=(3, 5))
    feature_cache._seal(folder / "features.h5")
    names = {"oracle": "oracle.npz", "answer": "0.npz", "record": "0.json", "part": "0.npy"}
    kept = {name: folder / file for name, file in names.items()}
    return {**kept, "features": folder / "features.h5"}


def _key() -> dict[str, str]:
    return {"model": "m", "images": "i", "preparation": "p", "software": "s"}


def _oracle(folder: Path) -> None:
    from grader.judging.oracle import _load

    _load(folder / "oracle.npz", 2)


def _answer(folder: Path) -> None:
    from grader.runner import result_files

    files = {name: (folder / name).read_bytes() for name in ("0.npz", "0.json")}
    [evidence] = result_files.parse(files, 1, 0)
    assert evidence.trouble is None or isinstance(evidence.trouble, dict)


def _part(folder: Path) -> None:
    from training.transfer.feature_cache import _part

    part = _part(folder, 0, (7, 5))
    assert part is None or part.shape == (7, 5)


def _features(folder: Path) -> None:
    from training.transfer import feature_cache

    feature_cache.check(folder / "features.h5", feature_cache.Key(**_key()), 7)
    feature_cache.read(folder / "features.h5", slice(0, 3))


def _in_archive(content: bytes, rng: random.Random) -> bytes:
    if content[:1] == b"{":
        return damage.in_json(content, rng)
    zipped = zipfile.is_zipfile(io.BytesIO(content))
    return (damage.in_zip if zipped else damage.in_bytes)(content, rng)


KEPT = {
    "oracle": _oracle, "answer": _answer, "record": _answer, "part": _part, "features": _features,
}  # fmt: skip


# Runs


def _runs(folder: Path) -> dict[str, Path]:
    from training import recipes, runs

    recipe = recipes.get("ours")
    sums = {"train": "a", "test": "b"}
    settings = {
        "assignment": "residual_networks", "target": "solutions", "code_sha256": "old",
        "backend": "tensorflow", "data": "SIGNS", "data_sha256": sums, "seed": 0, "device": None,
        "recipe": recipe.settings, "precision": "float32",
    }  # fmt: skip
    answers = [number % 6 for number in range(24)]
    result = {
        "fingerprint": runs.fingerprint(settings), "accuracy": 1.0, "accuracy_unseen": 1.0,
        "tested": 24, "unseen": 20, "classes": [str(number) for number in range(6)],
        "predictions": answers, "labels": answers, "unseen_rows": list(range(20)),
        "confusion": np.diag([4] * 6).tolist(), "seconds": 12.5, "device": "cpu:0 (a, 2 cores)",
        "versions": {"keras": "3.12.0"}, "finished": "2026-11-30 12:00:00 +0000",
    }  # fmt: skip
    record = {
        "fingerprint": runs.fingerprint(settings), "settings": settings,
        "versions": {"keras": "3.12.0"}, "backend": "tensorflow", "device": "cpu:0",
        "machine": "a, 2 cores", "started": "2026-11-30 11:00:00 +0000",
    }  # fmt: skip
    for name in ("first", "second"):
        place = folder / "runs" / name
        place.mkdir(parents=True)
        runs.write(place / runs.RESULT, result)
        runs.write(place / runs.ENVIRONMENT, record)
        rows = "".join(f"{i},0.5,1.2,2.5\n" for i in range(9))
        (place / "history.csv").write_text("epoch,accuracy,loss,seconds\n" + rows)
        (place / runs.MODEL).write_bytes(b"")
    first = folder / "runs" / "first"
    result_of, record_of = first / runs.RESULT, first / runs.ENVIRONMENT
    words = ("list", "show", "compare", "best", "begin", "once")
    readers = {name: result_of for name in words}
    readers |= {f"{name} environment": record_of for name in words}
    return {**readers, "list history": first / "history.csv", "show history": first / "history.csv"}


def _runs_command(folder: Path, *words: str) -> None:
    from training.__main__ import main

    command(main, "runs", *words, "--runs", folder / "runs", "--json", folder / "out.json")


def _best(folder: Path) -> None:
    from training.results import predict

    run = predict.best(folder / "runs")
    predict.cautions(run)


def _begin(folder: Path) -> None:
    from training import runs

    first = folder / "runs" / "first"
    settings = json.loads((folder / "runs" / "second" / runs.ENVIRONMENT).read_text())["settings"]
    runs.finished(first, settings)
    runs.difference((runs.read(first / runs.ENVIRONMENT) or {}).get("settings"), settings)


def _once(folder: Path) -> None:
    """A run that is read, or made again where its result cannot be."""
    from training import runs

    first = folder / "runs" / "first"
    settings = json.loads((folder / "runs" / "second" / runs.ENVIRONMENT).read_text())["settings"]

    class Made(Exception):
        pass

    def made():
        raise Made

    with contextlib.suppress(Made):
        result = runs.once(first, settings, "title", made, range(6), lambda _: None)
        for key in ("accuracy", "accuracy_unseen", "seconds"):
            float(result[key])
    for other in (folder / "runs").glob("first.before-*"):  # the next input finds its place again
        for file in other.iterdir():
            file.replace(first / file.name) if first.is_dir() else None


def _listed(folder: Path) -> None:
    _runs_command(folder, "list")


def _shown(folder: Path) -> None:
    _runs_command(folder, "show", "first")


def _compared(folder: Path) -> None:
    _runs_command(folder, "compare", "first", "second")


RUNS = {
    "list": _listed, "show": _shown, "compare": _compared, "best": _best, "begin": _begin,
    "once": _once,
}  # fmt: skip
RUNS |= {f"{name} environment": reader for name, reader in RUNS.items()}
RUNS |= {"list history": _listed, "show history": _shown}


def _in_text(content: bytes, rng: random.Random) -> bytes:
    return (damage.in_json if content[:1] in b"{[" else damage.in_bytes)(content, rng)


# Other JSON: progress, studies, backups, settings


def _records(folder: Path) -> dict[str, Path]:
    record = {"earned": 4.0, "code": "abc", "failing": "one", "passed": "", "hints": {"one": 2},
              "seen": False, "mistake": ""}  # fmt: skip
    progress = {
        "version": 1,
        "assignments": {"lenet": {"lenet5": record}, "vgg": {"VGG16": record}},
    }
    (folder / "progress.json").write_text(json.dumps(progress))
    cell = {"per_class": 5, "policy": "all", "source": "random", "seed": 0}
    result = {**cell, "net": "resnet18", "accuracy": 0.5, "accuracy_unseen": 0.5, "tested": 24,
              "unseen": 20, "predictions": [0] * 24, "epochs": [9], "seconds": 3.0,
              "fingerprint": "f", "settings": cell, "machine": "m", "versions": {},
              "finished": "2026-11-30"}  # fmt: skip
    (folder / "study.json").write_text(json.dumps(result))
    (folder / "backup").mkdir()
    (folder / "backup" / "training_metadata.json").write_text('{"epoch": 3, "batch": 0}')
    (folder / "keras.json").write_text('{"backend": "tensorflow", "floatx": "float32"}')
    (folder / "mirrors.toml").write_text('folders = ["https://example.org/a", "http://b.org/c"]\n')
    return {
        "status": folder / "progress.json", "hint": folder / "progress.json",
        "study": folder / "study.json", "backup": folder / "backup" / "training_metadata.json",
        "keras": folder / "keras.json", "mirrors": folder / "mirrors.toml",
    }  # fmt: skip


def _status(folder: Path) -> None:
    from grader.__main__ import run

    os.environ["GRADER_PROGRESS"] = str(folder / "progress.json")
    with contextlib.redirect_stderr(io.StringIO()), contextlib.redirect_stdout(io.StringIO()):
        assert run(["status"]) == 0


def _note(folder: Path) -> None:
    from grader.learner.progress import Progress

    with Progress(folder / "progress.json", warn=lambda _: None).change("lenet", "lenet5") as row:
        row.earned = 3.0


def _study(folder: Path) -> None:
    from training import runs
    from training.transfer import study

    result = runs.read(folder / "study.json")
    runs.difference((result or {}).get("settings"), {"seed": 1})
    study.finished(folder / "study.json", {"seed": 1})


def _backup(folder: Path) -> None:
    from training import backup

    assert backup.epochs(folder) >= 0


def _backend(folder: Path) -> None:
    from training import environment

    os.environ["KERAS_HOME"] = str(folder)
    kept = os.environ.pop("KERAS_BACKEND", None)
    try:
        assert isinstance(environment.backend(), str)
    finally:
        if kept is not None:
            os.environ["KERAS_BACKEND"] = kept


def _mirrors(folder: Path) -> None:
    from datasets.download import read_mirrors

    read_mirrors(folder / "mirrors.toml")


RECORDS = {
    "status": _status, "hint": _note, "study": _study, "backup": _backup, "keras": _backend,
    "mirrors": _mirrors,
}  # fmt: skip


# The store of a class


def _store(folder: Path) -> dict[str, Path]:
    from grader.batch.store import NAME, Store

    with Store(folder / "out", "lenet", "hash") as store:
        store.register(f"learner{i}.py" for i in range(9))
        for i in range(9):
            store.point(f"learner{i}.py", f"key{i % 3}", f"learner{i}.py")
        for i in range(3):
            store.record(f"key{i}", _document(), bytes(512), range(4))
    base = sqlite3.connect(folder / "out" / NAME)
    base.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    base.close()
    return {"store": folder / "out" / NAME}


def _document() -> dict:
    more = {"kind": "wrong", "concept": "one", "exercise": "lenet5", "check": "a",
            "misconception": None}  # fmt: skip
    test = {"name": "a", "status": "failed", "score": 0, "max_score": 4, "output": "no",
            "extra_data": more}  # fmt: skip
    return {"score": 3.0, "max_score": 4.0, "execution_time": 0.5, "output": "text",
            "tests": [test], "extra_data": {"status": "graded", "assignment": "lenet"}}  # fmt: skip


def _graded(folder: Path) -> None:
    """All that a batch asks of its store, in its order."""
    from grader.batch import class_list, class_report
    from grader.batch.store import NAME, Store

    for name in ("-wal", "-shm"):
        (folder / "out" / f"{NAME}{name}").unlink(missing_ok=True)
    with Store(folder / "out", "lenet", "hash") as store:
        store.register(f"learner{i}.py" for i in range(10))
        for entry in store.entries():
            store.has_result(entry.key)
            store.document(entry.key)
            store.reason(entry.key)
            store.named(entry.name)
        store.point("learner9.py", "key9", "learner9.py")
        store.record("key9", _document(), bytes(512), range(4))
        for entry in store.holders("key9"):
            store.wrote(entry.path, "key9")
        lines = class_list.of(store)
        class_report.write(store, folder, "lenet", lines, folder / "out" / "index.html")


# Pictures


def _pictures(folder: Path) -> dict[str, Path]:
    from PIL import Image

    rng = np.random.default_rng(0)
    pixels = np.repeat(np.repeat(rng.integers(0, 256, (12, 12, 4), "uint8"), 8, 0), 8, 1)
    forms = {
        "jpg": ("RGB", {"exif": _turned()}), "png": ("RGBA", {}), "gif": ("P", {}),
        "webp": ("RGB", {}), "bmp": ("RGB", {}), "tif": ("RGB", {"compression": "tiff_lzw"}),
        "16.png": ("I;16", {}), "float.tif": ("F", {}), "p.png": ("P", {"transparency": 3}),
        "ppm": ("RGB", {}), "ico": ("RGBA", {}), "jp2": ("RGB", {}), "avif": ("RGB", {}),
    }  # fmt: skip
    paths = {}
    for suffix, (mode, options) in forms.items():
        image = Image.fromarray(pixels)
        if mode == "I;16":
            image = Image.fromarray(pixels[..., 0].astype("uint16") * 257)
        elif mode == "F":
            image = Image.fromarray(pixels[..., 0] / np.float32(255))
        else:
            image = image.convert(mode)
        path = folder / f"hand.{suffix}"
        with contextlib.suppress(OSError, KeyError, ValueError):  # this Pillow lacks the format
            image.save(path, **options)
            paths[suffix] = path
    return paths


def _turned() -> bytes:
    from PIL import Image

    exif = Image.Exif()
    exif[0x0112] = 6
    return exif.tobytes()


def _picture(folder: Path, suffix: str) -> None:
    from training import picture

    assert picture.read(folder / f"hand.{suffix}").shape == (64, 64, 3)


PICTURES = {
    name: partial(_picture, suffix=name)
    for name in ("jpg", "png", "gif", "webp", "bmp", "tif", "16.png", "float.tif", "p.png", "ppm",
                 "ico", "jp2", "avif")
}  # fmt: skip


# Submissions

NESTED = 100_000  # deeper than any parser may go


def _handed_in(folder: Path) -> dict[str, Path]:
    text = (ROOT / "solutions" / "lenet.py").read_text(encoding="utf-8")
    cells = [
        {"cell_type": "markdown", "metadata": {}, "source": ["# LeNet\n"]},
        {"cell_type": "code", "metadata": {}, "source": "%matplotlib inline\nimport keras",
         "outputs": [], "execution_count": 1},
        {"cell_type": "code", "metadata": {"nbgrader": {"grade": False, "solution": True}},
         "source": text.splitlines(keepends=True), "outputs": [], "execution_count": 2},
        {"cell_type": "code", "metadata": {}, "source": "%%time\nx = !ls\nx?", "outputs": [],
         "execution_count": 3},
    ]  # fmt: skip
    kernel = {"kernelspec": {"language": "python", "name": "python3"}}
    notebook = {"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}
    (folder / "a.py").write_text(text, encoding="utf-8")
    (folder / "a.ipynb").write_text(json.dumps(notebook))
    with zipfile.ZipFile(folder / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mine/lenet.py", text)
        archive.writestr("mine/helper.py", "x = 1\n")
        archive.writestr("mine/notes.ipynb", json.dumps(notebook))
    return {name: folder / f"a.{name}" for name in ("py", "ipynb", "zip")} | {
        "one py": folder / "a.py", "one ipynb": folder / "a.ipynb"
    }  # fmt: skip


def _of_class(folder: Path, suffix: str) -> None:
    from grader.batch import submissions

    _worded(submissions.read(folder / f"a.{suffix}", "lenet"))


def _alone(folder: Path, suffix: str) -> None:
    from grader.judging import source

    _worded(source.read(folder / f"a.{suffix}"))


def _worded(submission) -> None:
    """A submission that cannot be graded has a sentence; any other has text for its process."""
    from grader.judging import messages
    from grader.learner.fingerprint import fingerprints
    from grader.runner.limits import Limits

    submission.text.encode()
    json.dumps([submission.parts, submission.shipped, submission.remarks])
    if submission.trouble is not None:
        raise messages.explain(submission.trouble, None, submission.filename, Limits())
    fingerprints(submission.text, {"lenet5"})


def _in_submission(content: bytes, rng: random.Random) -> bytes:
    if content[:2] == b"PK":
        return damage.in_zip(content, rng, _in_submission)
    if content[:1] == b"{":
        return damage.in_json(content, rng)
    if rng.random() < 0.3:
        return rng.choice(_ODD_SCRIPTS)
    return damage.in_bytes(content, rng)


_ODD_SCRIPTS = tuple(
    text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    for text in (
        "(" * NESTED, "-" * NESTED + "1", "x = " + "[" * 90 + "]" * 90, "not " * NESTED + "x",
        "a" + ".a" * NESTED, "1" + "+1" * NESTED, "f" + "()" * NESTED, "x = 1" + "0" * NESTED,
        "if x:\n" + "\n".join(" " * depth + "if x:" for depth in range(1, 120)),
        "elif\n" * 100, "\x00", "# coding: undefined\nx = 1", "# coding: punycode\n" + "a-" * 5000,
        "# coding: idna\nx = 1", "# coding: hex\n00", "# coding: utf-7\n+AAA-x = 1",
        "# coding: zlib\nx", "# coding: unicode_escape\nx = '\\U00110000'", "\ud800 = 1",
        "# coding: raw_unicode_escape\nx = '\\ud800'", "# coding: utf-16\nx = 1",
        "# coding: ../../etc/passwd\nx", "f'" + "{f'" * 200, "lambda: " * 3000 + "1",
        "x = '''", "\f\n" * 1000, "\r" * 1000, "match x:\n case " + "[" * 300, "\ufeff" * 3,
        "x" * 900_000, "async " * 1000, "@a\n" * 5000 + "def f(): pass", "else: " * 5000,
        b"\xff\xfex\x00", b"\xef\xbb\xbf# coding: latin-1\nx", b"# coding: mbcs\n\xff",
    )
)  # fmt: skip

SUBMISSIONS = {name: partial(_of_class, suffix=name) for name in ("py", "ipynb", "zip")} | {
    f"one {name}": partial(_alone, suffix=name) for name in ("py", "ipynb")
}

KINDS = {
    "data": Kind(_data, DATA),
    "packed data": Kind(partial(_data, **PACKED), DATA),
    "networks": Kind(_networks, NETWORKS, _in_keras),
    "kept arrays": Kind(_kept_arrays, KEPT, _in_archive),
    "runs": Kind(_runs, RUNS, _in_text),
    "records": Kind(_records, RECORDS, _in_text),
    "store": Kind(_store, {"store": _graded}),
    "pictures": Kind(_pictures, PICTURES),
    "submissions": Kind(_handed_in, SUBMISSIONS, _in_submission),
}
