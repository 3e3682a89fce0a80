"""Nothing is carried from one submission to the next: each finds what the first one found."""

from __future__ import annotations

import json
import os
import sys

import pytest

from grader.judging.worker import FORKSERVER, Worker
from grader.runner.limits import Limits
from tests.sampling import LONG

# Says in the text of an error what a submission finds, a digest for each thing.
SURVEY = """
import builtins, gc, hashlib, json, os, signal, sys, tempfile, threading, warnings
import keras
import numpy as np

def of(module):
    return sorted((key, id(value)) for key, value in vars(module).items())

def survey():
    here = os.getcwd()
    job = os.path.dirname(here)
    return {
        "modules": sorted(sys.modules),
        "patched": [of(one) for one in (np, json, keras, keras.layers.Dense, keras.ops, builtins)],
        "globals": sorted(globals()),
        "environment": sorted((key, value) for key, value in os.environ.items()
                              if key not in ("HOME", "TMPDIR")),
        "homes": [os.environ.get("HOME") == here, tempfile.gettempdir() == here],
        "folder": [os.path.basename(here), os.listdir(here)],
        "others": [os.listdir(os.path.dirname(job)) == [os.path.basename(job)]],
        "path": [sys.path, [type(one).__name__ for one in sys.meta_path], sys.argv],
        "random": np.random.rand(),  # Python's own draws anew after every fork
        "keras": [keras.config.floatx(), keras.config.image_data_format(),
                  keras.config.epsilon(), keras.backend.backend()],
        "names": keras.layers.ReLU().name,
        "warnings": len(warnings.filters),
        "signals": [str(signal.getsignal(one)) for one in (signal.SIGTERM, signal.SIGALRM)],
        "umask": [os.umask(0o22), os.umask(0o22)],
        "threads": threading.active_count(),
        "limits": [sys.getrecursionlimit(), gc.isenabled(), str(sys.gettrace())],
    }

def look(*_, **__):
    found = {key: hashlib.sha256(repr(value).encode()).hexdigest()[:8]
             for key, value in survey().items()}
    raise RuntimeError(json.dumps(found))
"""
VANDAL = """
import builtins, gc, json, os, signal, sys, threading, time, warnings
import keras
import numpy as np

def look(*_, **__):
    np.random.seed(1), keras.utils.set_random_seed(1)
    builtins.len = json.dumps = np.savez = print
    keras.ops.add = keras.layers.Dense.call = print
    sys.path[:] = ["/nowhere"]
    sys.modules["numpy.more"] = sys.modules["json"] = np
    sys.meta_path.clear()
    os.environ.clear()
    os.environ["KERAS_BACKEND"] = "none"
    keras.config.set_floatx("float64"), keras.config.set_epsilon(0.5)
    keras.config.set_image_data_format("channels_first")
    warnings.simplefilter("error")
    signal.signal(signal.SIGTERM, signal.SIG_IGN), signal.signal(signal.SIGALRM, signal.SIG_IGN)
    os.umask(0), sys.setrecursionlimit(77777), gc.disable()
    for folder in (".", "..", "../..", "/tmp", "/dev/shm"):
        try:
            open(os.path.join(folder, "left"), "w").write("x")
            os.makedirs(os.path.join(folder, "deep", "er"), exist_ok=True)
        except OSError:
            pass
    os.chdir("/")
    threading.Thread(target=time.sleep, args=(60,)).start()
    return None
"""
CASE = {"call": "look", "array": [1, 2, 2, 1], "seed": 0}


@pytest.fixture(scope="module")
def worker():
    with Worker() as warm:
        yield warm


def found(worker, text: str) -> dict:
    """What a submission of this text reports."""
    request = {"cases": [CASE], "source": text, "filename": "mine.py"}
    [evidence] = worker.result(worker.start(request, Limits(seconds=20)))
    assert evidence.trouble["kind"] == "raised", evidence.trouble
    return json.loads(evidence.trouble["text"])


def test_a_submission_finds_nothing_of_the_one_before(worker):
    first = found(worker, SURVEY)
    request = {"cases": [CASE], "source": VANDAL, "filename": "mine.py"}
    [evidence] = worker.result(worker.start(request))
    assert evidence.trouble["kind"] in ("none", "raised", "died"), evidence.trouble
    assert found(worker, SURVEY + "# again\n") == first


def test_the_survey_sees_what_a_submission_changes(worker):
    """The test above could not fail if the survey saw nothing."""
    first = found(worker, SURVEY)
    inside = "    try:\n        vandalise()\n    except BaseException:\n        pass\n"
    text = (
        VANDAL.replace("def look(*_, **__):", "def vandalise():")
        .replace("builtins.len = json.dumps = np.savez = print", "pass")
        .replace('sys.modules["json"] = ', "")
        + SURVEY
    )
    changed = found(worker, text.replace("def look(*_, **__):\n", f"def look(*_, **__):\n{inside}"))
    assert {name for name in first if first[name] != changed[name]} >= {
        "patched",
        "environment",
        "folder",
        "path",
        "random",
        "keras",
        "warnings",
        "signals",
        "umask",
        "threads",
        "limits",
    }


# Says which descriptors a submission has that are no files: pipes, sockets, processes.
DESCRIPTORS = """
import json, os, time

def look(*_, **__):
    time.sleep(0.5)
    links = [os.readlink(f"/proc/self/fd/{one}") for one in os.listdir("/proc/self/fd")
             if os.path.lexists(f"/proc/self/fd/{one}")]
    raise RuntimeError(json.dumps(sorted(one for one in links if not one.startswith("/"))))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the descriptors are listed in Linux's /proc")
def test_a_fork_holds_no_line_to_the_fork_server_or_to_another_fork(worker):
    request = {"cases": [CASE], "source": DESCRIPTORS, "filename": "mine.py"}
    numbers = [worker.start(request, Limits(seconds=20)) for _ in range(4)]
    for number in numbers:
        [evidence] = worker.result(number)
        assert json.loads(evidence.trouble["text"]) == []


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="that is how it is here anyway")
@LONG
def test_forks_are_waited_for_where_their_ends_have_no_descriptors(tmp_path, monkeypatch):
    """As on macOS, and on a Linux older than 5.3."""
    forkserver = tmp_path / "forkserver.py"
    forkserver.write_text(
        f"import os, runpy, sys\ndel os.pidfd_open\nsys.argv[0] = {str(FORKSERVER)!r}\n"
        f"runpy.run_path({str(FORKSERVER)!r}, run_name='__main__')\n"
    )
    monkeypatch.setattr("grader.judging.worker.FORKSERVER", forkserver)
    request = {
        "module": "nets.resnet",
        "cases": [
            {
                "call": "identity_block",
                "input": [4, 4, 6],
                "args": [3, [2, 3, 6]],
                "seed": 0,
                "modes": ["eval"],
            }
        ],
    }
    with Worker(trusted=True) as worker:
        numbers = [worker.start(request) for _ in range(3)]
        for number in numbers:
            [evidence] = worker.result(number)
            assert evidence.arrays["eval"].shape == (2, 4, 4, 6)
