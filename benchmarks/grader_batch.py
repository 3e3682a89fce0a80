"""A class graded at once: submissions per minute beside `otter run`; growth of time and memory.

    python benchmarks/grader_batch.py --otter /path/to/venv/bin/otter [--files 12] [--record]
    python benchmarks/grader_batch.py --simulate 10000 [--record]

Beside otter: both graders get the same scripts on the same cores and make the same requests of
them; both have the expected numbers in advance. The time includes starting up. The environment of
the otter executable needs this project's Keras and TensorFlow.

Simulated: a stand-in replaces the run of each submission; reading, hashing, comparing, the store
and every file of the results are real. Each size runs in a process of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import otter_check, records
from datasets.errors import DataError
from grader import assignments
from grader.batch.run import Batch
from grader.errors import GraderError
from grader.judging import checks, key, source
from grader.judging.oracle import Oracle
from tests.grader.batch.stand_in import SETTINGS, Pool, program

ROOT = Path(__file__).resolve().parent.parent
NAME = "residual_networks"
SIZES = (0.1, 0.2, 0.5, 1.0)
# Right and wrong answers by turns; no two files are the same.
EDITS = (
    ("", ""),
    ("layers.Add()([shortcut, X])", "X"),
    ("shortcut", "kept"),
    ('padding="same"', 'padding="valid"'),
    ("normalised", "step"),
    ("(256, 6)", "(256, 5)"),
)


def submissions(folder: Path, count: int) -> list[Path]:
    """`count` different scripts, all with slot 0 of the reference weights."""
    solution = assignments.find(NAME).file("solutions").read_text(encoding="utf-8")
    # Otter runs a script as __main__, which would start the training.
    text = solution.partition('if __name__ == "__main__":')[0]
    paths, remark = [], 0
    for number in range(count):
        old, new = EDITS[number % len(EDITS)]
        while True:
            remark += 1
            edited = f"{text.replace(old, new) if old else text}# {remark}\n"
            if key.slot(source.of(edited).digest) == 0:
                break
        paths.append(folder / f"learner{number:03}.py")
        paths[-1].write_text(edited, encoding="utf-8")
    return paths


def otters_tests(folder: Path) -> Path:
    """The zip from which otter grades: one test per request of the grader."""
    import zipfile

    path = folder / "autograder.zip"
    requests = checks.module(assignments.find(NAME).checks).REQUESTS
    with zipfile.ZipFile(path, "w") as archive, Oracle() as oracle:
        archive.writestr("otter_config.json", json.dumps({"lang": "python"}))
        for name, request in requests.items():
            cases = [{**case, "seed": 0} for case in request["cases"]]
            expected = oracle.answer({"cases": cases, "module": request["module"]})
            otter_check.keep(folder, name, cases, expected)
            archive.writestr(
                f"tests/{name}.py",
                otter_check.TEST.format(name=name, folder=str(folder)),
            )
    return path


def run_otter(otter: str, archive: Path, paths: list[Path], out: Path) -> tuple[float, list[float]]:
    """Seconds for `otter run` on one file after another, and the share of points of each."""
    environment = {
        **os.environ,
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "KERAS_BACKEND": "tensorflow",
        "PYTHONPATH": str(ROOT),  # its tests import benchmarks.otter_check
    }
    started, scores = time.monotonic(), []
    for path in paths:
        out.mkdir(exist_ok=True)
        done = subprocess.run(
            [otter, "run", str(path), "-a", str(archive), "-o", str(out)],
            env=environment,
            cwd=out,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise GraderError(f"{otter} run {path.name}: {done.stderr.strip()[-300:]}")
        tests = json.loads((out / "results.json").read_text())["tests"]
        tests = [test for test in tests if test.get("max_score")]
        scores.append(
            sum(test["score"] for test in tests) / (sum(test["max_score"] for test in tests) or 1)
        )
    return time.monotonic() - started, scores


def run_ours(folder: Path, out: Path, workers: int) -> tuple[float, list[float]]:
    """Seconds for one batch, and the share of points of each submission."""
    started = time.monotonic()
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "grader",
            "batch",
            NAME,
            str(folder),
            "--out",
            str(out),
            "--workers",
            str(workers),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    seconds = time.monotonic() - started
    if done.returncode:
        raise GraderError(done.stderr.strip()[-300:])
    results = [json.loads(path.read_text()) for path in sorted((out / "json").iterdir())]
    return seconds, [result["score"] / result["max_score"] for result in results]


def compare(otter: str, files: int, rounds: int, workers: int) -> dict:
    """Time both graders on the same files, in turn, `rounds` times; print and return figures."""
    seconds: dict[str, list[float]] = {"grader": [], "otter": []}
    with tempfile.TemporaryDirectory() as name:
        base = Path(name)
        (base / "in").mkdir()
        paths = submissions(base / "in", files)
        archive = otters_tests(base)
        for number in range(rounds):
            took, ours = run_ours(base / "in", base / f"out{number}", workers)
            seconds["grader"].append(took)
            took, theirs = run_otter(otter, archive, paths, base / "otter")
            seconds["otter"].append(took)
    right = [score == 1 for score in ours], [score == 1 for score in theirs]
    if right[0] != right[1]:
        raise GraderError(f"expected the same verdicts from both graders, received {right}")
    rate = {who: 60 * files / statistics.median(took) for who, took in seconds.items()}
    print(f"{files} submissions, {sum(right[0])} of them right, {workers} workers, n = {rounds}")
    print(f"grader batch  {rate['grader']:8.1f} submissions per minute")
    print(f"otter run     {rate['otter']:8.1f} submissions per minute")
    print(f"ratio         {rate['grader'] / rate['otter']:8.1f}")
    return {
        "benchmark": "grader_batch",
        "files": files,
        "right": sum(right[0]),
        "workers": workers,
        "submissions_a_minute": rate,
        "ratio": rate["grader"] / rate["otter"],
        "seconds": {who: records.summary(took) for who, took in seconds.items()},
    }


def simulate(most: int) -> dict:
    """Batches of up to `most` generated submissions; print and return time and memory."""
    rows = []
    print("submissions    seconds   ms each   peak MiB")
    for count in (max(1, int(most * part)) for part in SIZES):
        done = subprocess.run(
            [sys.executable, __file__, "--one", str(count)], capture_output=True, text=True
        )
        if done.returncode:
            raise GraderError(done.stderr.strip()[-300:])
        row = json.loads(done.stdout)
        rows.append(row)
        print(
            f"{count:11,} {row['seconds']:10.1f} {1000 * row['seconds'] / count:9.2f} "
            f"{row['peak_mib']:10.1f}",
            flush=True,
        )
    return {"benchmark": "grader_batch_simulated", "rows": rows}


def run_here(count: int) -> dict:
    """One simulated batch in this process; one submission in ten is a copy or has a new name."""
    draw, last = random.Random(count), ""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "in"
        folder.mkdir()
        for number in range(count):
            text = program(draw) if number % 10 or not number else last
            if number % 20 == 10:
                text = text.replace("x1", "y1")
            (folder / f"learner{number:06}.py").write_text(text)
            last = text
        started = time.monotonic()
        with Batch(folder, Path(name) / "out", SETTINGS) as batch:
            counts = batch.run(Pool())
        seconds = time.monotonic() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {
        "submissions": count,
        "seconds": round(seconds, 2),
        "peak_mib": round(peak, 1),
        "graded": counts.graded,
        "identical": counts.identical,
    }


def main() -> int:
    """Run the command line. Returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--otter", help="an otter executable to compare with")
    parser.add_argument("--files", type=int, default=12, help="submissions that both grade (12)")
    parser.add_argument("--rounds", type=int, default=1, help="rounds, in turn (1)")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--simulate", type=int, metavar="N", help="batches of up to N submissions")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--record", action="store_true", help="append to benchmarks/records.jsonl")
    options = parser.parse_args()
    if options.one:
        print(json.dumps(run_here(options.one)))
        return 0
    if not (options.otter or options.simulate):
        parser.error("expected --otter PATH or --simulate N, received neither")
    try:
        results = []
        if options.otter:
            results.append(compare(options.otter, options.files, options.rounds, options.workers))
        if options.simulate:
            results.append(simulate(options.simulate))
        for record in results if options.record else []:
            records.append(record)
    except (GraderError, DataError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
