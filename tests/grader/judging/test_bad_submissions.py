"""Submissions that cannot be checked: a clear sentence each, and all other checks still count."""

from __future__ import annotations

import io
import json
import os
import pickle
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest

from grader import assignments
from grader.errors import GraderError
from grader.judging import gradescope, source
from grader.judging.submission import Submission
from grader.runner import result_files
from grader.runner.limits import Clock, Limits
from tests.sampling import LONG

BLOCKS = ("identity_block", "convolutional_block")
CALLED = """
def identity_block(X, f, filters, stage=None, block=None, *, training=None,
                   initializer=GlorotUniform):
"""
# Nothing of these can be run: name -> (text, kind, what is said).
UNUSABLE = {
    "nothing": ("", "empty", "mine.py is empty"),
    "comments alone": ("# soon\n", "empty", "mine.py is empty"),
    "a syntax error": ("x = 1\ndef f(:\n    pass\n", "syntax", "cannot read line 2 of mine.py"),
    "none of the functions": (
        "def other(): pass\n",
        "missing",
        "There is no function identity_block in mine.py",
    ),
    "a name that is no function": (
        "identity_block = convolutional_block = 3\n",
        "not_callable",
        "identity_block in mine.py is not a function",
    ),
}
# What stands outside the functions, and what is said of it where the file is run as a whole.
OUTSIDE = {
    "an error at the top": (
        "import keras\nkeras.no_such_thing\n",
        "import",
        "from the top raised AttributeError",
    ),
    "an exit at the top": ("import sys\nsys.exit(0)\n", "import_exit", "ended the program"),
    "a hard exit at the top": ("import os\nos._exit(0)\n", "died", "process ended before"),
    "the oracle's import": ("import nets.resnet\n", "import", "No module named 'nets'"),
}
# A body for identity_block: name -> (body, kind, what is said).
BODIES = {
    "returns None": ("pass", "none", "identity_block returned None"),
    "returns a number": ("return 3", "not_tensor", "identity_block returned int"),
    "returns an array": (
        "import numpy as np; return np.ones((3, 7, 7, 12), 'float32')",
        "detached",
        "does not depend on X",
    ),
    "is not connected": ("return keras.Input((7, 7, 12))", "disconnected", "not connected to X"),
    "raises": ("return X + undefined_name", "raised", "raised NameError: name 'undefined_name'"),
    "exits": ("raise SystemExit(0)", "raised", "identity_block raised SystemExit"),
    "exits hard": ("import os; os._exit(0)", "died", "(exit status 0)"),
    # In a namespace of its own a process cannot kill itself by a signal, but it can crash.
    "crashes": (
        "import ctypes; ctypes.string_at(0)",
        "died",
        "(signal 11)",
    ),
    "recurses": ("return identity_block(X, f, filters)", "raised", "raised RecursionError"),
    "takes all memory": ("return bytearray(1 << 40)", "memory", "ran out of the"),
}


def first(report):
    failure = report.outcomes[0].failure
    return failure.kind, str(failure)


@pytest.mark.sampled(2)
@pytest.mark.parametrize("name", UNUSABLE)
def test_what_cannot_be_run_is_said_in_one_sentence(grade, name):
    text, kind, said = UNUSABLE[name]
    report = grade(text, BLOCKS)
    assert report.score == 0 and first(report)[0] == kind and said in first(report)[1]
    json.dumps(gradescope.as_results(report))


@pytest.mark.sampled(2)
@pytest.mark.parametrize("name", OUTSIDE)
def test_what_stands_outside_the_functions_counts_only_if_the_file_is_run_as_a_whole(
    grader, grade, solution, name
):
    text, kind, said = OUTSIDE[name]
    strict = source.of(text, "mine.py", strict=True)
    report = grader.grade(assignments.find("residual_networks"), strict, BLOCKS)
    assert report.score == 0 and first(report)[0] == kind and said in first(report)[1]
    assert first(grade(text, BLOCKS))[0] == "missing"
    assert grade(f"{solution}\n{text}", BLOCKS[:1]).score == 28


@pytest.mark.parametrize("strict", [False, True])
def test_a_module_that_came_with_the_submission_is_used(grader, solution, strict):
    text = solution.replace("from keras.initializers import GlorotUniform", "from own import *")
    text = source.of(text, "mine.py", strict)
    own = {"own": "from keras.initializers import GlorotUniform\n"}
    one = assignments.find("residual_networks")
    whole = grader.grade(one, source.with_modules(text, own.items()), BLOCKS[:1])
    assert whole.score == whole.max_score
    alone = grader.grade(one, text, BLOCKS[:1])
    assert alone.score == 0


@pytest.mark.sampled(2)
@pytest.mark.parametrize("name", BODIES)
def test_a_bad_function_costs_its_own_points_alone(grade, changed, name):
    body, kind, said = BODIES[name]
    report = grade(changed("def branch_names", f"{CALLED}    {body}\n\n\ndef branch_names"), BLOCKS)
    assert first(report)[0] == kind and said in first(report)[1]
    assert report.score == 28
    assert {o.check.exercise for o in report.outcomes if o.passed} == {"convolutional_block"}


def test_a_wrong_signature_is_shown(grade, changed):
    report = grade(
        changed(
            "def branch_names", "def identity_block(X, f):\n    return X\n\n\ndef branch_names"
        ),
        BLOCKS,
    )
    kind, said = first(report)
    assert kind == "signature" and "Received: identity_block(X, f)" in said
    assert report.score == 28


def test_a_wrong_rank_is_compared_as_a_shape(grade, changed):
    report = grade(
        changed(
            "    return X\n    ### EXERCISE 1 ENDS ###",
            "    X = layers.Flatten()(X)\n    return X\n    ### EXERCISE 1 ENDS ###",
        ),
        BLOCKS,
    )
    failure = report.outcomes[0].failure
    assert failure.kind == "wrong" and failure.table[1][1:] == ["7x7x12", "588"]
    assert report.score == 28


def test_the_traceback_is_the_learners_own_lines(grade, changed):
    report = grade(changed("shortcut = X\n", "shortcut = X + undefined_name\n"), BLOCKS)
    assert "mine.py, line" in first(report)[1]
    assert "in identity_block: shortcut = X + undefined_name" in first(report)[1]
    assert "site-packages" not in first(report)[1]


def test_noise_changes_no_score(grade, solution):
    noise = (
        "import sys, warnings\nprint('x' * 100_000)\nprint('y', file=sys.stderr)\n"
        "warnings.warn('w')\nextra = [1]\n"
    )
    text = solution.replace("import sys", noise + "import sys", 1)
    assert grade(text, BLOCKS).score == 56


@LONG
def test_an_endless_loop_ends_and_the_rest_counts(grader, grade, changed):
    loop = f"{CALLED}    while True:\n        pass\n\n\n"
    text = changed("def branch_names", f"{loop}def branch_names")
    before, grader.limits = grader.limits, Limits(seconds=3)
    try:
        report = grade(text, BLOCKS)
    finally:
        grader.limits = before
    assert first(report)[0] == "deadline" and "stopped after 3 s" in first(report)[1]
    assert report.score == 28


def test_sleep_counts_and_waiting_for_a_core_does_not():
    child = os.fork()
    if child == 0:
        time.sleep(60)
        os._exit(0)
    try:
        clock = Clock(child, 0.2)
        assert not clock.late()
        time.sleep(0.5)
        assert clock.late()
    finally:
        os.kill(child, 9)
        os.waitpid(child, 0)


def test_what_a_process_of_its_own_group_computes_counts():
    """A process that sleeps while another of its group computes has used what both have."""
    child = os.fork()
    if child == 0:
        os.setsid()
        if os.fork() == 0:
            while True:
                pass
        time.sleep(60)
        os._exit(0)
    clock = Clock(child, 0.2)
    try:
        until = time.monotonic() + 60
        while (ran := clock._scheduled()[0]) < 0.5 and time.monotonic() < until:
            time.sleep(0.05)
        [alone, *_] = Path(f"/proc/{child}/schedstat").read_text().split()
        assert ran >= 0.5 > int(alone) / 1e9
    finally:
        os.killpg(child, 9)
        os.waitpid(child, 0)


def test_nothing_is_carried_from_one_run_to_the_next(grade, changed):
    vandal = (
        "import numpy, json, builtins, os\nlayers.Add.call = lambda self, X: X[0]\n"
        "numpy.savez = json.dumps = None\nkeras.initializers.Constant = None\n"
        "open('left_behind', 'w').write('x')\n"
    )
    grade(changed("# %% [markdown]\n# ## 1.", vandal + "# %% [markdown]\n# ## 1."), BLOCKS)
    assert (
        grade(
            changed(
                "# %% [markdown]\n# ## 1.",
                "import os\nassert os.listdir('.') == []\n# %% [markdown]\n# ## 1.",
            ),
            BLOCKS,
        ).score
        == 56
    )


def test_a_forged_equality_earns_nothing(grade, changed):
    text = changed(
        "    return X\n    ### EXERCISE 1 ENDS ###",
        "    class Yes:\n        shape, __eq__ = (7, 7, 12), lambda *_: True\n"
        "    X = Yes()\n    return X\n    ### EXERCISE 1 ENDS ###",
    )
    assert grade(text, BLOCKS).score == 28


def test_the_slot_follows_from_the_text(monkeypatch):
    monkeypatch.setattr("grader.judging.key.SLOTS", 8)
    slots = {Submission(source.of(f"x = {n}"), None, None).slot for n in range(60)}
    assert slots == set(range(8))
    again = [Submission(source.of("x = 1"), None, None).slot for _ in range(2)]
    assert again[0] == again[1]


def test_files_that_are_not_python(tmp_path):
    path = tmp_path / "mine.py"
    path.write_bytes(b"\xff\xfe\x00import keras")
    assert source.read(path).trouble["kind"] == "not_text"
    path.write_bytes(b"x = '\x00'\n")
    assert source.read(path).trouble["kind"] in ("not_text", "syntax")
    path.write_bytes(b"#" * (source.LARGEST + 1))
    assert source.read(path).trouble["kind"] == "too_large"
    path.write_bytes(("(" * 5000 + ")" * 5000).encode())
    assert source.read(path).trouble is not None
    with pytest.raises(GraderError, match="received a folder"):
        source.read(tmp_path)
    with pytest.raises(GraderError, match="found none"):
        source.read(tmp_path / "none.py")


def test_results_are_read_as_by_a_stranger(tmp_path):
    def parsed():
        [evidence] = result_files.parse(result_files.read(tmp_path, 1), 1, 0)
        return evidence

    def kind():
        return parsed().trouble["kind"]

    record, arrays = tmp_path / "0.json", tmp_path / "0.npz"
    assert kind() == "died"
    record.write_text("{}")
    np.savez(arrays, x=np.zeros(2))
    assert parsed().trouble is None
    for forged in ("[" * 100_000, "[1]", "no", '{"trouble": 3}'):
        record.write_text(forged)
        assert kind() == "unreadable"
    record.write_text("{}")
    np.savez(arrays, x=np.array([{}], dtype=object))
    assert kind() == "unreadable"
    with zipfile.ZipFile(arrays, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.npy", bytes(result_files.LARGEST_ARRAYS + 1))
    assert kind() == "unreadable"
    arrays.unlink()
    os.mkfifo(arrays)
    writer = os.open(arrays, os.O_RDWR)
    os.write(writer, b"what a process has left in a pipe")
    assert result_files.read(tmp_path, 1)["0.npz"] == b"" and kind() == "unreadable"
    os.close(writer)
    arrays.unlink()
    arrays.symlink_to("/dev/zero")
    assert kind() == "unreadable"
    arrays.unlink()
    arrays.mkdir()
    assert kind() == "unreadable"
    (tmp_path / "stderr").symlink_to("/etc/hostname")
    assert result_files.read(tmp_path, 1)["stderr"] == b""
    with record.open("wb") as file:
        file.truncate(result_files.LARGEST_JSON + 1)
    assert result_files.read(tmp_path, 1)["0.json"] == b""


def test_bytes_are_parsed_as_a_strangers():
    """The fork server checks sizes too, but the grader does not take its word for it."""

    def trouble(**changes):
        files = {"0.json": b"{}", "0.npz": saved(x=np.zeros(2)), "stderr": b"", **changes}
        return result_files.parse(files, 1, 0)[0].trouble

    def saved(**arrays):
        buffer = io.BytesIO()
        np.savez(buffer, **arrays)
        return buffer.getvalue()

    class Touch:
        def __reduce__(self):
            return os.mkdir, ("pickled",)

    assert trouble() is None
    for arrays in (b"", b"PK", b"\x93NUMPY", pickle.dumps(Touch()), saved(x=np.array([Touch()]))):
        assert trouble(**{"0.npz": arrays})["kind"] == "unreadable"
    assert not os.path.exists("pickled")
    large = {"0.npz": saved(x=np.zeros(result_files.LARGEST_ARRAYS // 8))}
    assert "more than" in trouble(**large)["text"]
    large = {"0.json": b" " * result_files.LARGEST_JSON + b"{}"}
    assert "more than" in trouble(**large)["text"]
