"""Damaged files for every reader: each is read, or refused in one clear line.

    python -m tests.reliability.fuzz --inputs 10000
    python -m tests.reliability.fuzz runs --inputs 200 --seed 7 --keep FOLDER

A child process reads the inputs of one kind, one after another. It is a failure if a reader raises
anything but an error of the project, or says more or less than one sentence; if the child dies, is
silent for a minute, or uses 2 GiB; or if a file outside its folder is written. With --keep the
inputs that failed are kept. Prints a line per kind; the exit status is 1 if anything failed.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import select
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections import Counter
from pathlib import Path

from tests.reliability.fuzz_kinds import KINDS, ROOT, Kind, Refused

SILENT, STARTING = 60, 600  # seconds
MEMORY = 2 * 2**30  # bytes
LONGEST = 700  # letters of a refusal, the paths in it left out
# Events of Python's audit hooks that change the file system, or reach beyond it.
_CHANGES = ("os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.symlink", "os.link", "os.chmod")
_BEYOND = ("subprocess.Popen", "os.system", "os.exec", "socket.connect")


def main(words: list[str] | None = None) -> int:
    """Damage files of the kinds that are named, or of all, and say how their readers took it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kinds", nargs="*", choices=[*KINDS, []], metavar="KIND")
    parser.add_argument("--inputs", type=int, default=10_000, help="of all kinds together")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, help="a folder for the inputs that failed")
    parser.add_argument("--child", nargs=2, type=int, metavar=("FIRST", "STOP"))
    options = parser.parse_args(words)
    kinds = options.kinds or list(KINDS)
    if options.child:
        return child(kinds[0], range(*options.child), options.seed, options.keep)
    failed = 0
    print(f"{'kind':<14}{'inputs':>8}{'read':>8}{'refused':>9}{'failed':>8}{'MiB':>7}")
    for kind in kinds:
        count = -(-options.inputs // len(kinds))
        outcomes, memory, failures = inputs(kind, count, options.seed, options.keep)
        failed += len(failures)
        print(
            f"{kind:<14}{count:>8}{outcomes['read']:>8}{outcomes['refused']:>9}"
            f"{len(failures):>8}{memory >> 20:>7}",
            flush=True,
        )
        for (reader, text), times in Counter(failures).most_common():
            print(f"  {times} x {reader}: {text}", flush=True)
    return 1 if failed else 0


def inputs(kind: str, count: int, seed: int, keep: Path | None):
    """Read `count` damaged inputs of a kind in child processes.

    Returns:
        How many were read and refused, the most bytes that a child used, and a (reader, text) for
        each failure.
    """
    outcomes: Counter[str] = Counter()
    failures: list[tuple[str, str]] = []
    memory, number = 0, 0
    while number < count:
        words = ["--seed", str(seed), "--child", str(number), str(count), kind]
        words += ["--keep", str(keep)] if keep else []
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.reliability.fuzz", *words],
            cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3"},
        )  # fmt: skip
        assert process.stdout is not None and process.stderr is not None
        ended, ready = "was silent for a minute", False
        while select.select([process.stdout], [], [], SILENT if ready else STARTING)[0]:
            line = process.stdout.readline()
            if not line:
                ended = f"ended the process: {process.wait()}"
                break
            answer = json.loads(line)
            if "ready" in answer:
                ready = True
                continue
            number, memory = answer["number"] + 1, max(memory, answer["memory"])
            if answer["outcome"] == "failed":
                failures.append((answer["reader"], answer["text"]))
            else:
                outcomes[answer["outcome"]] += 1
            if number == count:
                break
        process.kill()
        error = process.communicate()[1].decode(errors="replace")
        if not ready:
            raise SystemExit(f"{kind}: whole files are not read: {error[-2000:]}")
        if number < count:
            failures.append((f"input {number}", f"{ended} {error[-300:]!r}"))
            number += 1
    return outcomes, memory, failures


def child(name: str, numbers: range, seed: int, keep: Path | None) -> int:
    """Read inputs in this process; prints a line of JSON for each."""
    warnings.simplefilter("ignore")
    answers = os.fdopen(os.dup(1), "w")
    with tempfile.TemporaryDirectory(prefix="fuzz-") as place:
        os.environ["TMPDIR"] = tempfile.tempdir = place
        os.environ["XDG_CACHE_HOME"] = os.environ["HOME"] = place
        folder = Path(place, "folder")
        folder.mkdir()
        kind = KINDS[name]
        targets = kind.make(folder)
        whole = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        for reader, path in targets.items():  # what is whole is read
            kind.readers[reader](folder)
            _restored(folder, whole)
            assert path in whole, path
        outside = _watched(Path(place))
        print(json.dumps({"ready": True}), file=answers, flush=True)
        for number in numbers:
            reader, damaged = _input(kind, targets, whole, random.Random(f"{seed} {number}"))
            targets[reader].write_bytes(damaged)
            outcome, text = _outcome(kind, reader, folder)
            memory = _most_memory()
            if memory > MEMORY:
                outcome, text = "failed", "used 2 GiB"
            if outside:
                outcome, text = "failed", f"changed {outside.pop()}"
                outside.clear()
            if outcome == "failed" and keep is not None:
                keep.mkdir(parents=True, exist_ok=True)
                outside.clear()
                (keep / f"{name}-{number}-{reader}-{targets[reader].name}").write_bytes(damaged)
                outside.clear()
            answer = {"number": number, "reader": reader, "outcome": outcome, "text": text}
            print(json.dumps({**answer, "memory": memory}), file=answers, flush=True)
            if memory > MEMORY:
                return 1  # another process goes on, with little memory
            _restored(folder, whole)
    return 0


def _input(kind: Kind, targets: dict, whole: dict, rng: random.Random) -> tuple[str, bytes]:
    reader = rng.choice(sorted(targets))
    content = whole[targets[reader]]
    damaged = content
    while damaged == content:
        damaged = kind.harm(content, rng)
    return reader, damaged


def _outcome(kind: Kind, reader: str, folder: Path) -> tuple[str, str]:
    from datasets.errors import DataError
    from grader.errors import CheckFailed, GraderError
    from nets.errors import NetError
    from training.errors import TrainingError

    ours = (DataError, TrainingError, NetError, GraderError, CheckFailed, Refused)
    try:
        kind.readers[reader](folder)
    except ours as error:
        return _judged(str(error).replace(str(folder), ""))
    except BaseException as error:
        line = (str(error).splitlines() or [""])[0]
        return "failed", f"{type(error).__name__}: {line[:200]}{_where(error)}"
    return "read", ""


def _judged(text: str) -> tuple[str, str]:
    """Whether what a reader said of a file is one clear line."""
    lines = [line for line in text.strip().splitlines() if not line.startswith("warning: ")]
    if len(lines) != 1 or "Traceback" in text or not 20 <= len(lines[0]) <= LONGEST:
        return "failed", f"said {text[:300]!r}, {len(text)} letters"
    if not lines[0].isprintable():
        return "failed", f"said what a terminal obeys: {lines[0][:200]!r}"
    return "refused", lines[0]


def _where(error: BaseException) -> str:
    """The last of our own lines that an error went through."""
    place, trace = "", error.__traceback__
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if file.startswith(str(ROOT)) and "/tests/" not in file and ".venv" not in file:
            place = f" ({Path(file).relative_to(ROOT)}:{trace.tb_lineno})"
        trace = trace.tb_next
    return place


def _most_memory() -> int:
    """The most bytes that this process has had; getrusage would count those of its parent, too."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))


def _restored(folder: Path, whole: dict[Path, bytes]) -> None:
    """Put the folder back as it was."""
    for path in sorted(folder.rglob("*"), reverse=True):
        if path not in whole:
            if not path.is_dir():
                path.unlink()
            elif not any(known.is_relative_to(path) for known in whole):
                shutil.rmtree(path)
    for path, content in whole.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_bytes() != content:
            path.write_bytes(content)


def _watched(place: Path) -> list[str]:
    """A list that gets whatever this process changes outside `place` from now on."""
    seen: list[str] = []

    def hook(event: str, arguments: tuple) -> None:
        if event in _BEYOND:
            seen.append(f"{event} {arguments[:2]}"[:200])
        elif event == "open":
            path, _, flags = arguments
            writes = flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
            if writes and isinstance(path, (str, bytes)) and not _inside(path, place):
                seen.append(os.fsdecode(path))
        elif event in _CHANGES:
            path = arguments[0]
            # A path in an open folder, as rmtree goes through one, was judged when that was opened.
            relative = event in ("os.remove", "os.rmdir") and arguments[-1] != -1
            if isinstance(path, (str, bytes)) and not relative and not _inside(path, place):
                seen.append(f"{event} {os.fsdecode(path)}")

    sys.addaudithook(hook)
    return seen


def _inside(path: str | bytes, place: Path) -> bool:
    path = os.fsdecode(path)
    return (
        path == os.devnull or "__pycache__" in path or os.path.abspath(path).startswith(str(place))
    )


if __name__ == "__main__":
    sys.exit(main())
