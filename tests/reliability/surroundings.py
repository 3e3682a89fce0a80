"""Commands in odd surroundings: each does its work, or says in one line why it cannot.

    python -m tests.reliability.surroundings
    python -m tests.reliability.surroundings --only disk network

Full and read-only disks, a user without a home, odd locales, a path with spaces and Chinese, no
network, one core and 2 GiB of memory, made with bubblewrap and taskset. Prints a line per command;
the exit status is 1 if one ends in a traceback, in another status than expected, or says more or
less than it should. Nothing outside of a temporary folder is written.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
ODD = "空 格"
MEMORY = 2 * 2**20  # KiB


@dataclass(frozen=True)
class Try:
    """A command in a surrounding, and how it must end.

    around: the words before the command. says: what its last line on standard error has in it.
    """

    surrounding: str
    words: list[str]
    status: int = 0
    says: str = ""
    around: list[str] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=dict)


def tries(place: Path) -> Iterator[Try]:
    """All of them; place: a folder with a copy of the project, `signs`, and an odd folder."""
    project, odd = place / "project", place / ODD
    walls = ["bwrap", "--dev-bind", "/", "/"]
    full = "disk is full"
    for size, words in (
        (3_000_000, ["data", "synthesize", "--out", str(odd / "hands")]),
        (300_000, ["export", "gradescope", "lenet", "--out", str(odd / "all.zip")]),
        (100_000, ["batch", "lenet", str(project / "solutions"), "--out", str(odd / "r"),
                   "--trust", "--workers", "1"]),
        (100_000, ["reproduce", "lenet", "--data", "signs", "--folder", str(place / "images"),
                   "--runs", str(odd / "runs")]),
    ):  # fmt: skip
        status = 2 if words[0] in ("export", "batch") else 1
        says = "full" if words[0] in ("batch", "reproduce") else full
        tmpfs = [*walls, "--size", str(size), "--tmpfs", str(odd)]
        yield Try("disk", words, status, says, tmpfs)
    fixed = [*walls, "--ro-bind", str(project), str(project)]
    readable = "read-only: write elsewhere"
    yield Try("read-only", ["status"], around=fixed)
    yield Try("read-only", ["hint", "lenet"], says=readable, around=fixed)
    yield Try("read-only", ["reproduce", "lenet"], 1, readable, fixed)
    yield Try("read-only", ["data", "synthesize"], 1, readable, fixed)
    yield Try("read-only", ["batch", "lenet", "solutions", "--out", "r", "--trust"], 2,
              "name another folder", fixed)  # fmt: skip
    yield Try("read-only", ["check", "lenet", "--target", "solutions"], around=fixed)
    homeless = [*walls, "--unshare-user", "--uid", "12345", "--gid", "12345"]
    homeless += ["--unsetenv", "HOME", "--unsetenv", "XDG_CACHE_HOME"]
    yield Try("home", ["status"], around=homeless)
    yield Try("home", ["check", "lenet", "--target", "solutions"], around=homeless)
    for locale in ("tr_TR.UTF-8", "C", "zh_CN.GB18030"):
        plain = {"LC_ALL": locale, "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
        coded = {"PYTHONIOENCODING": "gb18030"} if "GB" in locale else {}
        for words in (["status", "--lang", "zh"], ["hint", "lenet", "--lang", "zh"]):
            yield Try("locale", words, variables={**plain, **coded})
    runs = ["--runs", str(odd / "runs"), "--folder", str(place / "images")]
    reproduce = ["reproduce", "lenet", "--data", "signs", "--epochs", "1", *runs]
    yield Try("path", reproduce)
    yield Try("path", ["runs", "list", "--runs", str(odd / "runs")])
    yield Try("path", ["check", "lenet", "--submission", str(odd / "答案.py")])
    cut = [*walls, "--unshare-net"]
    yield Try("network", ["data", "download", "--out", str(odd / "d")], 1, "", cut)
    yield Try("network", reproduce, around=cut)
    yield Try("core", ["check", "lenet", "--target", "solutions"], around=["taskset", "-c", "0"])
    yield Try("core", ["reproduce", "lenet", "--data", "signs", "--epochs", "2", *runs],
              around=["taskset", "-c", "0"])  # fmt: skip


def main(words: list[str] | None = None) -> int:
    """Try everything, and say what went wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="*", default=[], help="surroundings by name")
    options = parser.parse_args(words)
    wrong = 0
    with tempfile.TemporaryDirectory(prefix="surroundings-") as folder:
        place = Path(folder)
        _prepared(place)
        for one in tries(place):
            if options.only and one.surrounding not in options.only:
                continue
            why, memory = _tried(one, place / "project")
            wrong += bool(why)
            shown = " ".join(one.words).replace(str(place), "")[:60]
            print(
                f"{one.surrounding:<10}{shown:<62}{memory >> 10:>5} MiB  {why or 'ok'}", flush=True
            )
    return 1 if wrong else 0


def _prepared(place: Path) -> None:
    import h5py
    import numpy as np

    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    names = listed.stdout.splitlines() or [
        str(path.relative_to(ROOT)) for path in ROOT.rglob("*.*") if path.is_file()
    ]
    for name in names:
        if (ROOT / name).is_file():
            (place / "project" / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, place / "project" / name)
    (place / ODD).mkdir()
    shutil.copy(ROOT / "solutions" / "lenet.py", place / ODD / "答案.py")
    (place / "images").mkdir()
    rng = np.random.default_rng(0)
    for split, size in (("train", 96), ("test", 12)):
        with h5py.File(place / "images" / f"{split}_signs.h5", "w") as file:
            file[f"{split}_set_x"] = rng.integers(0, 256, (size, 64, 64, 3), "uint8")
            file[f"{split}_set_y"] = np.arange(size) % 6
            file["list_classes"] = np.arange(6)


def _tried(one: Try, project: Path) -> tuple[str, int]:
    """What went wrong, empty if nothing did, and the most memory in KiB that a process used."""
    timed = [sys.executable, "-c", _TIMED, sys.executable, "-m", "signs", *one.words]
    environment = {**os.environ, "PYTHONPATH": str(project), **one.variables}
    environment.pop("SIGNS_DIR", None)
    done = subprocess.run(
        [*one.around, *timed], cwd=project, env=environment, capture_output=True, timeout=1800
    )
    error = done.stderr.decode(errors="replace")
    lines = [line for line in error.splitlines() if line.strip() and "warning: " not in line]
    used = [int(line.split()[1]) for line in lines if line.startswith("MEMORY ")]
    lines = [line for line in lines if not line.startswith("MEMORY ")]
    memory = max(used, default=0)
    if "Traceback" in error:
        return f"traceback: {lines[-1]}", memory
    if done.returncode != one.status:
        return f"status {done.returncode}: {' | '.join(lines[-2:])}", memory
    if one.says and one.says not in (lines or [""])[-1]:
        return f"says {lines[-1:]}", memory
    if one.status and len(lines) != 1:
        return f"{len(lines)} lines: {' | '.join(lines)[:300]}", memory
    return (f"{memory} KiB" if memory > MEMORY else ""), memory


# A process that runs a command, and says how much memory it and its children used.
_TIMED = """
import resource, subprocess, sys
status = subprocess.call(sys.argv[1:])
print("MEMORY", resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)
sys.exit(status)
"""


if __name__ == "__main__":
    sys.exit(main())
