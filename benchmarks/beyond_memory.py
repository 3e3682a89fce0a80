"""More images than memory holds: resident memory while they are drawn, streamed and trained on.

    python benchmarks/beyond_memory.py [--count 1000000] [--keep FOLDER] [--record]

Hands are drawn into shards, then a network is trained for one pass over them through
`datasets.stream`. The memory of a phase is that of its process and of every process it started, by
their proportional set size (Linux): the peak of samples every 0.2 s. The same is done with a few
hands first: that shows what the interpreter and the model need without many images.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import records
from datasets.errors import DataError

ROOT = Path(__file__).resolve().parent.parent
BENCHMARK = "beyond_memory"
FEW = 12_000  # more than the shuffle buffer holds
SHARD = 50_000
BATCH = 32
EVERY = 0.2  # seconds between two samples of the memory
MIB = 1 << 20


def of_tree(process: int) -> int:
    """Bytes of proportional set size of `process` and all its descendants, now."""
    total = 0
    with contextlib.suppress(OSError):  # the process may end meanwhile
        for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total += 1024 * int(line.split()[1])
        for task in os.listdir(f"/proc/{process}/task"):
            children = Path(f"/proc/{process}/task/{task}/children").read_text().split()
            total += sum(of_tree(int(child)) for child in children)
    return total


def watched(command: list[str]) -> dict:
    """Seconds and peak memory of a command, from the project's folder; raises DataError."""
    began, peak = time.perf_counter(), 0
    with tempfile.TemporaryFile("w+") as stderr:  # a pipe that nobody reads would fill up
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=stderr)
        while process.poll() is None:
            peak = max(peak, of_tree(process.pid))
            time.sleep(EVERY)
        stderr.seek(0)
        if process.returncode:
            raise DataError(f"{' '.join(command[1:])}: {stderr.read().strip()[-300:]}")
    seconds = time.perf_counter() - began
    return {"seconds": round(seconds, 1), "peak_mib": round(peak / MIB, 1)}


def phases(count: int, folder: Path, net: str) -> dict:
    """Draw `count` hands into `folder` and train on them once: phase -> seconds and memory."""
    shards = max(1, round(0.9 * count / SHARD))
    draw = [
        sys.executable,
        "-m",
        "datasets",
        "synthesize",
        "--diverse",
        "--count",
        str(count),
        "--shards",
        str(shards),
        "--out",
        str(folder),
    ]
    train = [sys.executable, __file__, "--train", str(folder), "--net", net]
    results = {"drawn": watched(draw)}
    results["bytes"] = sum(path.stat().st_size for path in folder.iterdir())
    results["trained"] = watched(train)
    return results


def train(folder: Path, net: str) -> None:
    """Train for one pass over all train shards in `folder`, in the process that is watched."""
    from datasets.memory import keep_freed_memory
    from datasets.quiet import import_keras
    from datasets.stream import Stream
    from training.transfer import backbone

    keep_freed_memory()
    keras = import_keras()
    keras.utils.set_random_seed(0)
    stream = Stream(str(folder / "train*.h5"))
    model = backbone.build(net, stream.shape, 6).model
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(stream.prepared(BATCH), shuffle=False, verbose=0)


def run(count: int, net: str, keep: Path | None) -> dict:
    """The record: a few hands, then `count`, and how much more memory the second needs."""
    with tempfile.TemporaryDirectory() as name:
        few = phases(FEW, Path(name) / "few", net)
        folder = keep or Path(name) / "many"
        if shutil.disk_usage(folder.parent).free < 1.2 * few["bytes"] * count / FEW:
            raise DataError(
                f"expected {1.2 * few['bytes'] * count / FEW / 1e9:.0f} GB free in "
                f"{folder.parent}: name another folder by --keep"
            )
        many = phases(count, folder, net)
    return {
        "benchmark": BENCHMARK,
        "net": net,
        "batch": BATCH,
        "few": {"count": FEW, **few},
        "many": {"count": count, **many},
        "grown_mib": {
            phase: round(many[phase]["peak_mib"] - few[phase]["peak_mib"], 1)
            for phase in ("drawn", "trained")
        },
    }


def words(row: dict) -> str:
    """A record in words."""
    lines = [
        f"{'images':>11} {'on disk':>9}   {'drawn in':>9} {'peak':>9}   {row['net']} trained "
        f"in {'peak':>9}"
    ]
    for phase in (row["few"], row["many"]):
        drawn, trained = phase["drawn"], phase["trained"]
        lines.append(
            f"{phase['count']:11,} {phase['bytes'] / 1e9:6.2f} GB   {drawn['seconds']:7.0f} s "
            f"{drawn['peak_mib']:5.0f} MiB   {trained['seconds']:{len(row['net']) + 10}.0f} s "
            f"{trained['peak_mib']:5.0f} MiB"
        )
    grown = row["grown_mib"]
    lines.append(
        f"the number of images adds {grown['drawn']:+.0f} MiB to drawing and "
        f"{grown['trained']:+.0f} MiB to training"
    )
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; an error is one line and status 1."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=1_000_000, help="hands in all (1000000)")
    parser.add_argument("--net", default="lenet5", help="a network of nets/ (lenet5)")
    parser.add_argument("--keep", type=Path, help="draw into this folder, and keep the files")
    parser.add_argument("--train", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--record", action="store_true", help=f"append to {records.RECORDS.name}")
    options = parser.parse_args(arguments)
    if options.count <= FEW:
        parser.error(f"expected --count above {FEW}, received {options.count}")
    try:
        if options.train:
            train(options.train, options.net)
            return 0
        if not Path("/proc/self/smaps_rollup").exists():
            raise DataError("expected Linux with /proc/PID/smaps_rollup to measure memory by")
        row = run(options.count, options.net, options.keep)
        print(words(row))
        if options.record:
            records.append(row)
    except DataError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
