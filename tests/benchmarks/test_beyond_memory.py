"""The memory of a process and of what it started, and what the benchmark refuses."""

import subprocess
import sys
import time

import pytest

from benchmarks import beyond_memory
from datasets.errors import DataError

MIB = 1 << 20
# A process that starts another; each holds 40 MiB of its own until its input ends.
HOLD = """
import subprocess, sys
held = bytearray(40 << 20)
for place in range(0, len(held), 4096):
    held[place] = 1
if len(sys.argv) == 1:
    child = subprocess.Popen([sys.executable, __file__, "child"], stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE, text=True)
    child.stdout.readline()
print("ready", flush=True)
sys.stdin.read()
"""


def test_the_memory_of_children_counts(tmp_path):
    (tmp_path / "hold.py").write_text(HOLD)
    process = subprocess.Popen(
        [sys.executable, tmp_path / "hold.py"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        process.stdout.readline()
        assert 80 * MIB < beyond_memory.of_tree(process.pid) < 120 * MIB
    finally:
        process.communicate("")
    assert beyond_memory.of_tree(process.pid) == 0


def test_the_peak_is_seen_and_a_failure_is_said():
    grow = "a = bytearray(90 << 20); a[::4096] = b'1' * len(a[::4096]); import time; time.sleep(.6)"
    began = time.perf_counter()
    result = beyond_memory.watched([sys.executable, "-c", grow])
    assert 90 < result["peak_mib"] < 130
    assert 0.6 < result["seconds"] < time.perf_counter() - began + 0.1
    with pytest.raises(DataError, match="no room left"):
        beyond_memory.watched([sys.executable, "-c", "import sys; sys.exit('no room left')"])


def test_a_full_disk_is_said_before_it_is_full(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(beyond_memory, "phases", lambda count, folder, net: {"bytes": 1e9})
    assert beyond_memory.main(["--count", str(10**12), "--keep", str(tmp_path / "x")]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: expected 100000000 GB free") and "--keep" in line


def test_the_record_says_what_the_number_of_images_adds(monkeypatch, tmp_path):
    def phases(count, folder, net):
        much = 0 if count == beyond_memory.FEW else 7
        return {
            "bytes": 10**6 * count,
            "drawn": {"seconds": 1.0, "peak_mib": 100.0},
            "trained": {"seconds": 2.0, "peak_mib": 500.0 + much},
        }

    monkeypatch.setattr(beyond_memory, "phases", phases)
    monkeypatch.setattr(beyond_memory.shutil, "disk_usage", lambda _: type("", (), {"free": 1e18}))
    row = beyond_memory.run(20_000, "lenet5", tmp_path / "x")
    assert row["grown_mib"] == {"drawn": 0.0, "trained": 7.0}
    assert "adds +0 MiB to drawing and +7 MiB to training" in beyond_memory.words(row)
