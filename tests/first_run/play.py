"""A new user's first run, from a clean clone with an empty home and no photographs.

    python3 -m tests.first_run.play            # whole, as `make first-run`: installs and reproduces
    python3 -m tests.first_run.play --quick    # with this environment, and LeNet for a few epochs

She installs, reproduces, does the first exercise from its text with typical mistakes, watches
an endless loop, shows the network a picture, and checks a notebook. Each step prints its time and
the last lines that she reads; the first step that breaks a promise ends the run with status 1. It
needs nothing but Python's standard library, as she has.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.first_run.terminal import Failure, Terminal

ROOT = Path(__file__).resolve().parents[2]
SHOWN = 12  # last lines of a step

# What she writes into the first file, from its text: a convolution, and the network of the table.
CONVOLUTION = """\
    n, h, w, c = images.shape
    f_h, f_w, c, k = kernel.shape
    maps = np.zeros((n, (h - f_h) // stride + 1, (w - f_w) // stride + 1, k))
    for i in range(maps.shape[1]):
        for j in range(maps.shape[2]):
            window = images[:, i * stride : i * stride + f_h, j * stride : j * stride + f_w]
            maps[:, i, j] = np.tensordot(window.astype(float), kernel, 3) + bias
    return maps
"""
LENET = """\
    images = keras.Input(input_shape)
    X = layers.Conv2D(6, 5, activation="relu")(images)
    X = layers.AveragePooling2D(2)(X)
    X = layers.Conv2D(16, 5, activation="relu")(X)
    X = layers.AveragePooling2D(2)(X)
    X = layers.Flatten()(X)
    X = layers.Dense(120, activation="relu")(X)
    X = layers.Dense(84, activation="relu")(X)
    X = layers.Dense(classes, activation="softmax")(X)
    return keras.Model(images, X)
"""
# A typical mistake: what she writes in its place, and what she reads.
MISTAKES = {
    "no stride": ("stride", "1", "The window moves by `stride` pixels"),
    "max pooling": ("AveragePooling2D", "MaxPooling2D", "takes the mean of each 2x2 window"),
    "padding": ("Conv2D(6, 5,", 'Conv2D(6, 5, padding="same",', "5x5"),
    "no softmax": (', activation="softmax"', "", "softmax"),
}
ENDLESS = "    while True:\n        pass\n"


class User:
    """One person in her clone of the project.

    folder: the clone. whole: she installs everything herself and reproduces in full.
    """

    def __init__(self, folder: Path, whole: bool):
        self.folder, self.whole = folder, whole
        home = folder.parent / "home"
        home.mkdir()
        # Nothing of ours or of her shell: what works here works on a fresh machine.
        kept = ("PATH", "LANG", "SSL_CERT_FILE", "PIP_INDEX_URL", "PIP_CONFIG_FILE", "PIP_CERT",
                "http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY")  # fmt: skip
        self.environment = {name: os.environ[name] for name in kept if name in os.environ}
        self.environment |= {"HOME": str(home), "LANG": self.environment.get("LANG", "C.UTF-8")}
        self.read = ""

    def types(self, command: str, status: int | None = 0, seconds: float = 600) -> str:
        """Run a command to its end and return what she read.

        Failure for another status, if one is named, and for a traceback.
        """
        terminal = Terminal(shlex.split(command), self.folder, self.environment)
        ended = terminal.end(seconds)
        self.read = f"$ {command}\n{terminal.text}"
        if status is not None and ended != status:
            raise Failure(f"expected status {status}, received {ended}:\n{self.read}")
        self.checks_for(r"^(?!.*Traceback)")
        return terminal.text

    def checks_for(self, *patterns: str) -> None:
        """Failure unless each pattern is in what she read last."""
        text = " ".join(self.read.split())
        for pattern in patterns:
            if not re.search(pattern, text):
                raise Failure(f"expected {pattern!r} in:\n{self.read}")

    def watches(self) -> Terminal:
        """Begin to watch exercise one."""
        command = [".venv/bin/signs", "watch", "lenet"]
        return Terminal(command, self.folder, self.environment)

    def writes(self, network: str, convolution: str = CONVOLUTION) -> None:
        """Fill in assignments/lenet.py."""
        path = self.folder / "assignments" / "lenet.py"
        path.write_text(
            filled(path.read_text(encoding="utf-8"), convolution, network), encoding="utf-8"
        )


def filled(text: str, *answers: str) -> str:
    """An exercise file, or one cell of its notebook, with `answers` between the markers."""
    for number, answer in enumerate(answers, 1):
        marked = rf"(    ### EXERCISE {number} STARTS[^\n]*\n).*?(    ### EXERCISE {number} ENDS)"
        text = re.sub(marked, lambda m, a=answer: m[1] + a + m[2], text, flags=re.DOTALL)
    return text


def install(user: User) -> None:
    """`make`: one environment, one command."""
    if user.whole:
        user.types("make", seconds=1200)
        user.checks_for(r"\.venv/bin/signs")
    else:  # the environment of this Python, which looks into the clone first
        (user.folder / ".venv").symlink_to(sys.prefix)
        user.environment["PYTHONPATH"] = str(user.folder)
    user.types(".venv/bin/signs --help")
    user.checks_for("watch", "reproduce", "predict")


def reproduce(user: User) -> None:
    """`make reproduce`: at least 0.95 of the drawn hands, and what to do next."""
    if user.whole:
        text = user.types("make reproduce", seconds=3600)
        user.checks_for("drawn hands", "train_signs.h5", "as expected", "signs predict")
        accuracy = max(map(float, re.findall(r"\d\d\.\d", text)))
        if accuracy < 95:
            raise Failure(f"expected an accuracy of at least 95%, read:\n{text}")
    else:
        user.types(".venv/bin/signs reproduce lenet --data synthetic --epochs 4")
        user.checks_for("synthetic hands", "signs predict", "signs watch lenet")


def exercise(user: User) -> Iterator[str]:
    """The first file from its text: typical mistakes, each named, then full marks."""
    user.types(".venv/bin/signs check lenet", status=1)
    user.checks_for("not filled in yet")
    for name, (right, wrong, sentence) in MISTAKES.items():
        user.writes(LENET.replace(right, wrong), CONVOLUTION.replace(right, wrong))
        user.types(".venv/bin/signs check lenet", status=1)
        user.checks_for(re.escape(sentence))
        yield name
    user.types(".venv/bin/signs hint lenet lenet5")
    user.writes(LENET)
    user.types(".venv/bin/signs check lenet")
    user.checks_for("100 of 100 points")


def watch(user: User) -> None:
    """`watch` with an endless loop: a save ends the check, and so does q."""
    user.writes(ENDLESS)
    terminal = user.watches()
    terminal.wait_for("starting", 20)
    terminal.wait_for("checking", 60)
    time.sleep(1)
    user.writes(LENET.replace("AveragePooling2D", "MaxPooling2D"))
    terminal.wait_for("takes the mean of each 2x2 window", 60)
    user.writes(ENDLESS)
    terminal.wait_for("checking", 60)
    terminal.wait_for(r"stopped after 5 s.*lenet\.py, line \d+, in lenet5: (while|pass)", 120)
    user.writes(LENET)
    terminal.wait_for("lenet is done", 120)
    user.writes(ENDLESS)
    terminal.wait_for("checking", 60)
    terminal.press("q")
    ended = time.monotonic()
    status = terminal.end(30)
    user.read = f"{terminal.text}\n(q to the end: {time.monotonic() - ended:.1f} s)"
    if status != 0:
        raise Failure(f"expected status 0 after q, received {status}:\n{user.read}")
    user.writes(LENET)


def predict(user: User) -> None:
    """`signs predict`: the network of her own run reads a picture."""
    code = ("import h5py, PIL.Image, pathlib; path = next(pathlib.Path('datasets/data').rglob("
            "'test_signs.h5')); PIL.Image.fromarray(h5py.File(path)['test_set_x'][0]).resize("
            "(640, 640)).save('hand.png')")  # fmt: skip
    python = [".venv/bin/python", "-c", code]
    subprocess.run(python, cwd=user.folder, env=user.environment, check=True)
    user.types(".venv/bin/signs predict hand.png")
    user.checks_for(r"hand\.png", "%")


def notebook(user: User) -> None:
    """The first exercise as a notebook: written, filled in and checked."""
    if user.whole:
        user.types(".venv/bin/python -m pip install -q -r requirements-grader.txt", seconds=900)
    user.types(".venv/bin/signs release --notebooks lenet")
    path = user.folder / "assignments" / "lenet.ipynb"
    book = json.loads(path.read_text(encoding="utf-8"))
    for cell in book["cells"]:
        source = "".join(cell["source"])
        cell["source"] = filled(source, CONVOLUTION, LENET).splitlines(keepends=True)
    path.write_text(json.dumps(book), encoding="utf-8")
    user.types(f".venv/bin/signs check lenet --submission {path.relative_to(user.folder)}")
    user.checks_for("100 of 100 points")


STEPS: dict[str, Callable[[User], object]] = {
    "install": install,
    "reproduce": reproduce,
    "exercise": exercise,
    "watch": watch,
    "predict": predict,
    "notebook": notebook,
}


def clone(folder: Path) -> None:
    """This project as a stranger gets it: what is committed, or all of it where git is not used."""
    if (ROOT / ".git").exists():
        subprocess.run(["git", "clone", "-q", str(ROOT), str(folder)], check=True)
    else:
        unwanted = shutil.ignore_patterns(".venv*", "runs", "data", "__pycache__")
        shutil.copytree(ROOT, folder, ignore=unwanted)


def play(whole: bool, say: Callable[[str], None] = print) -> None:
    """All steps, one after another; raises Failure at the first broken promise."""
    # What watch computes ahead may still write while the folder goes.
    with tempfile.TemporaryDirectory(prefix="first-run-", ignore_cleanup_errors=True) as place:
        folder = Path(place) / "project"
        clone(folder)
        user = User(folder, whole)
        for name, step in STEPS.items():
            start = time.monotonic()
            for part in step(user) or ():
                say(f"    {part}: named after {time.monotonic() - start:.1f} s")
            say(f"{name}: {time.monotonic() - start:.1f} s")
            say("\n".join(f"    {line}" for line in user.read.rstrip().splitlines()[-SHOWN:]))


def main() -> int:
    """Run from the command line; the status is 1 where a promise is broken."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="with this environment, few epochs")
    try:
        play(whole=not parser.parse_args().quick, say=lambda line: print(line, flush=True))
    except Failure as failure:
        print(f"error: {failure}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
