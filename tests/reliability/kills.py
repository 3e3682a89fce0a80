"""Kill -9 at random moments: the same command goes on, and ends as if nothing had happened.

    python -m tests.reliability.kills training --moments 100
    python -m tests.reliability.kills class --moments 100
    python -m tests.reliability.kills batch --moments 20

Each kind runs its command to the end once, then again and again with a process that is killed after
a random time, and started again until it is finished. `training` trains a small network: the
weights must be those of the undisturbed run to the bit, and the history must have the same
figures. `class` is a batch whose grading takes no time, so that the kills meet the store and the
files; `batch` grades a class in truth. Their scores and files must be the same. The processes of
the first two are forked from this one, which has imported everything: so no kill is spent on an
import. Prints a line per run, and what was found at the end. The exit status is 1 if anything
differs, or if a command ends in an error. TMPDIR=/dev/shm makes it quicker.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import io
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
# Seconds: more than any undisturbed run takes, on a busy machine too.
PATIENCE = 1800


class Different(Exception):
    """A disturbed run has ended otherwise than the undisturbed one."""


@dataclass(frozen=True)
class Kind:
    """start: (folder of a run, its log) -> a process id; result: folder -> what must be the same.

    ready: imports what the forked processes need.
    """

    start: Callable[[Path, Path], int]
    result: Callable[[Path], object]
    ready: Callable[[], None] = lambda: None


def forked(entry: Callable[[], int], log: Path) -> int:
    """Run a function in a fork, in a session of its own; returns the fork's process id."""
    sys.stdout.flush()
    pid = os.fork()
    if pid:
        return pid
    status = 99
    try:
        os.setsid()
        file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(file, 1)
        os.dup2(file, 2)
        status = entry()
    finally:
        sys.stdout.flush()
        os._exit(status)


def ended(pid: int, seconds: float) -> int | None:
    """The exit status of a process, or None if it is still running after so many seconds."""
    until = time.monotonic() + seconds
    while True:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() >= until:
            return None
        time.sleep(0.002)


def disturb(kind: Kind, place: Path, moments: int, seed: int) -> int:
    """Kill a command `moments` times; compare each finished run with an undisturbed one.

    Args:
        kind: What is killed.
        place: An empty folder.
        moments: How many kills.
        seed: Of the moments.

    Returns:
        How many runs were finished and compared.

    Raises:
        Different: A run ended otherwise, or in an error.
    """
    rng = random.Random(seed)
    kind.ready()
    began = time.monotonic()
    expected = _finished(kind, place / "calm", place / "calm.log", [])
    whole = time.monotonic() - began
    print(f"undisturbed: {whole:.1f} s", flush=True)
    killed = runs = 0
    while killed < moments:
        times = [rng.uniform(0, whole) for _ in range(moments - killed)]
        before = len(times)
        found = _finished(kind, place / f"run{runs}", place / f"run{runs}.log", times)
        killed += before - len(times)
        print(f"{killed} of {moments} kills, run {runs}", flush=True)
        if found != expected:
            raise Different(f"run {runs}, in {place}, differs from the undisturbed one")
        runs += 1
    return runs


def _finished(kind: Kind, folder: Path, log: Path, times: list[float]):
    """The result of a run, killed after each of `times` until it ends before one of them."""
    while True:
        pid = kind.start(folder, log)
        status = ended(pid, times[-1] if times else PATIENCE)
        if status == 0:
            return kind.result(folder)
        if status is not None or not times:
            if status is None:
                _kill(pid)
            raise Different(f"{folder.name}: status {status}: {log.read_text()[-2000:]}")
        times.pop()
        _kill(pid)
        os.waitpid(pid, 0)


def _kill(pid: int) -> None:
    """Kill a process and all that it has started."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:  # so young that it has no group of its own yet
        os.kill(pid, signal.SIGKILL)


def _training(folder: Path, log: Path) -> int:
    """A LeNet-5 for 30 epochs on 96 images of noise, with a backup after each."""
    import h5py
    import numpy as np

    from training.__main__ import main

    data = folder.parent / "images"
    if not data.exists():
        data.mkdir()
        rng = np.random.default_rng(0)
        for split, size in (("train", 96), ("test", 12)):
            with h5py.File(data / f"{split}_signs.h5", "w") as file:
                file[f"{split}_set_x"] = rng.integers(0, 256, (size, 64, 64, 3), "uint8")
                file[f"{split}_set_y"] = np.arange(size) % 6
                file["list_classes"] = np.arange(6)
    words = ["reproduce", "lenet", "--data", "signs", "--folder", str(data), "--runs", str(folder)]
    return forked(lambda: main(words), log)


def _import_training() -> None:
    import matplotlib.pyplot  # noqa: F401

    import training.plots
    import training.reproduce.run
    import training.reproduce.table  # noqa: F401
    from datasets.quiet import import_keras

    import_keras()


def _trained(folder: Path) -> list[str]:
    """A hash of all weights of the trained network, and its history without the seconds."""
    import h5py
    import numpy as np

    [path] = folder.glob("lenet-*/model.keras")
    with (path.parent / "history.csv").open(newline="", encoding="utf-8") as rows:
        history = [
            f"{row['epoch']} {row['loss']} {row['accuracy']}" for row in csv.DictReader(rows)
        ]
    total = hashlib.sha256()
    with zipfile.ZipFile(path) as archive:
        file = h5py.File(io.BytesIO(archive.read("model.weights.h5")))

    def add(name, item):
        if isinstance(item, h5py.Dataset):
            total.update(name.encode() + np.ascontiguousarray(item[()]).tobytes())

    file.visititems(add)
    return [total.hexdigest(), *history]


def _class(folder: Path, log: Path) -> int:
    """A class of 20 submissions, graded by a stand-in."""
    from tests.grader.batch import stand_in

    handed_in = folder.parent / "class"
    if not handed_in.exists():
        handed_in.mkdir()
        rng = random.Random(0)
        for number in range(20):
            (handed_in / f"learner{number:02}.py").write_text(stand_in.program(rng))

    def entry() -> int:
        sys.argv[1:] = [str(handed_in), str(folder), str(folder.parent / "graded")]
        stand_in.main()
        return 0

    return forked(entry, log)


def _batch(folder: Path, log: Path) -> int:
    """A class of right, wrong and broken submissions, beside the folder of results."""
    handed_in = folder.parent / "class"
    if not handed_in.exists():
        handed_in.mkdir()
        right = (ROOT / "solutions" / "lenet.py").read_text(encoding="utf-8")
        for number in range(5):
            text = f"{right}\n# {number}\n"
            if number % 3 == 1:
                text = text.replace("Conv2D(16, 5", f"Conv2D({8 + number}, 5")
            (handed_in / f"learner{number}.py").write_text(text, encoding="utf-8")
        (handed_in / "torn.zip").write_bytes(b"PK\x03\x04")
    words = ["grader", "batch", "lenet", str(handed_in), "--out", str(folder), "--workers", "1"]
    with log.open("ab") as file:
        return subprocess.Popen(
            [sys.executable, "-m", *words, "--trust"],
            cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=file, stderr=file,
            start_new_session=True,
        ).pid  # fmt: skip


def _scores(folder: Path) -> list[list[str]]:
    """The rows of scores.csv without their seconds, and the names of the result files."""
    with open(folder / "scores.csv", newline="", encoding="utf-8") as file:
        rows = [[row[key] for key in row if key != "seconds"] for row in csv.DictReader(file)]
    return [*rows, sorted(path.name for path in (folder / "json").iterdir())]


KINDS = {
    "training": Kind(_training, _trained, _import_training),
    "class": Kind(_class, _scores),
    "batch": Kind(_batch, _scores),
}


def main(words: list[str] | None = None) -> int:
    """Disturb a command, and say how it ended."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("--moments", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(words)
    with tempfile.TemporaryDirectory(prefix="kills-") as place:
        try:
            runs = disturb(KINDS[options.kind], Path(place), options.moments, options.seed)
        except Different as error:
            print(error)
            return 1
    print(f"{options.moments} kills, {runs} runs finished: each as the undisturbed one")
    return 0


if __name__ == "__main__":
    sys.exit(main())
