"""Kill -9 at random moments: the same command goes on, and ends as if nothing had happened.

    python -m tests.reliability.kills training --moments 100
    python -m tests.reliability.kills batch --moments 100

`training` trains a small network to its end once, then again and again with a process that is
killed after a random time, and started again until the run is finished. The weights must be those
of the undisturbed run to the bit, and the history must have the same figures. `batch` grades a
class in the same way; every score must be the same. Prints a line per kill, and what was found at
the end. The exit status is 1 if anything differs, or if a command ends in an error.
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
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
# Seconds: more than any undisturbed run takes, on a busy machine too.
PATIENCE = 1800


class Different(Exception):
    """A disturbed run has ended otherwise than the undisturbed one."""


def start(command: list[str], log: Path) -> subprocess.Popen:
    """Start a command of this project in a session of its own."""
    with log.open("ab") as file:
        return subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=file,
            stderr=file,
            start_new_session=True,
        )


def finish(command: list[str], log: Path) -> float:
    """Run a command to its end; returns its seconds. Raises Different if it fails."""
    began = time.monotonic()
    status = start(command, log).wait(timeout=PATIENCE)
    if status:
        raise Different(f"status {status}: {log.read_text(errors='replace')[-2000:]}")
    return time.monotonic() - began


def disturb(
    command: Callable[[Path], list[str]],
    result: Callable[[Path], object],
    place: Path,
    moments: int,
    seed: int,
) -> int:
    """Kill the command `moments` times and compare every finished run with an undisturbed one.

    Args:
        command: The folder of a run -> the words of its command.
        result: The folder of a finished run -> what must be the same.
        place: An empty folder.
        moments: How many kills.
        seed: Of the moments.

    Returns:
        How many runs were finished and compared.

    Raises:
        Different: A run ended otherwise.
    """
    rng = random.Random(seed)
    calm = place / "calm"
    whole = finish(command(calm), place / "calm.log")
    expected = result(calm)
    print(f"undisturbed: {whole:.1f} s", flush=True)
    killed = runs = 0
    while killed < moments:
        folder, log = place / f"run{runs}", place / f"run{runs}.log"
        while True:
            process = start(command(folder), log)
            try:
                status = process.wait(timeout=rng.uniform(0, whole) if killed < moments else None)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                killed += 1
                print(f"kill {killed} of {moments}, run {runs}", flush=True)
                continue
            if status:
                raise Different(f"run {runs}: status {status}: {log.read_text()[-2000:]}")
            break
        if result(folder) != expected:
            raise Different(f"run {runs}, in {folder}, differs from the undisturbed one")
        runs += 1
    return runs


def training(folder: Path) -> list[str]:
    """A LeNet-5 for 30 epochs on 96 images of noise, with a backup after each."""
    import h5py
    import numpy as np

    data = folder.parent / "images"
    if not data.exists():
        data.mkdir()
        rng = np.random.default_rng(0)
        for split, size in (("train", 96), ("test", 12)):
            with h5py.File(data / f"{split}_signs.h5", "w") as file:
                file[f"{split}_set_x"] = rng.integers(0, 256, (size, 64, 64, 3), "uint8")
                file[f"{split}_set_y"] = np.arange(size) % 6
                file["list_classes"] = np.arange(6)
    chosen = ["--data", "signs", "--folder", str(data), "--runs", str(folder)]
    return ["training", "reproduce", "lenet", *chosen]


def trained(folder: Path) -> list[str]:
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


def batch(folder: Path) -> list[str]:
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
    out = str(folder)
    return ["grader", "batch", "lenet", str(handed_in), "--out", out, "--workers", "1", "--trust"]


def scores(folder: Path) -> list[list[str]]:
    """The rows of scores.csv without their seconds, and the names of the result files."""
    with open(folder / "scores.csv", newline="", encoding="utf-8") as file:
        rows = [[row[key] for key in row if key != "seconds"] for row in csv.DictReader(file)]
    return [*rows, sorted(path.name for path in (folder / "json").iterdir())]


KINDS = {"training": (training, trained), "batch": (batch, scores)}


def main(words: list[str] | None = None) -> int:
    """Disturb a command, and say how it ended."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("--moments", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(words)
    command, result = KINDS[options.kind]
    with tempfile.TemporaryDirectory(prefix="kills-") as place:
        try:
            runs = disturb(command, result, Path(place), options.moments, options.seed)
        except Different as error:
            print(error)
            return 1
    print(f"{options.moments} kills, {runs} runs finished: each as the undisturbed one")
    return 0


if __name__ == "__main__":
    sys.exit(main())
