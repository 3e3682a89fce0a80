"""A few damaged files of every kind; `python -m tests.reliability.fuzz` reads 10,000."""

import os
import random
import subprocess
import sys

import pytest

from tests.reliability import damage, fuzz
from tests.reliability.fuzz_kinds import KINDS, Kind, Refused

FEW = 12


@pytest.mark.sampled(3)
@pytest.mark.parametrize("kind", KINDS)
def test_damaged_files_are_read_or_refused_in_one_line(kind, request):
    seed = request.config.getoption("sample") or 0
    outcomes, memory, failures = fuzz.inputs(kind, FEW, seed, None)
    assert not failures
    assert outcomes.total() == FEW and memory < fuzz.MEMORY


def test_the_same_seed_gives_the_same_damage():
    content = bytes(range(256)) * 40
    for harm in (damage.in_bytes,):
        first, again = (
            [harm(content, random.Random(f"{seed}")) for seed in range(200)] for _ in range(2)
        )
        assert first == again and len(set(first)) > 150


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (KeyError("seconds"), "failed"),
        (Refused("error: x.h5: expected a file, found none\n"), "refused"),
        (Refused("Traceback (most recent call last):\n  a line\n"), "failed"),
        (Refused("no"), "failed"),
        (Refused("expected a terminal that obeys \x1b[2J"), "failed"),
        (MemoryError(), "failed"),
        (None, "read"),
    ],
)
def test_what_counts_as_a_failure(tmp_path, error, outcome):
    def reader(folder):
        if error is not None:
            raise error

    kind = Kind(lambda folder: {}, {"one": reader})
    assert fuzz._outcome(kind, "one", tmp_path)[0] == outcome


@pytest.mark.skipif(sys.platform != "linux", reason="Linux alone counts a process for itself")
def test_the_memory_of_a_process_is_not_that_of_its_parent():
    large = bytearray(os.urandom(1)) * (400 * 2**20)
    code = "from tests.reliability.fuzz import _most_memory; print(_most_memory())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert 2**20 < int(done.stdout) < len(large), done.stderr
