"""Freed memory stays with the process: counted in page faults, in processes of their own."""

import os
import platform
import subprocess
import sys

import pytest

ROUNDS, BUFFERS, SIZE = 20, 5, 20 << 20

PROGRAM = f"""
import resource, sys
import numpy as np
from datasets.memory import keep_freed_memory

if sys.argv[1] == "keep":
    assert keep_freed_memory()

def touch():
    return [np.ones({SIZE}, dtype="uint8") for _ in range({BUFFERS})]

touch()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range({ROUNDS}):
    touch()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(how: str) -> int:
    # NumPy asks for huge pages, of which one fault brings 512.
    small = {**os.environ, "NUMPY_MADVISE_HUGEPAGE": "0", "GLIBC_TUNABLES": ""}
    command = [sys.executable, "-c", PROGRAM, how]
    done = subprocess.run(command, capture_output=True, text=True, env=small)
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="mallopt is glibc's")
def test_a_buffer_is_fetched_from_the_system_once_and_not_in_every_round():
    once = BUFFERS * SIZE // 4096
    assert faults("keep") < once / 2 < once * ROUNDS / 2 < faults("leave")


def test_another_c_library_is_left_alone(monkeypatch):
    from datasets import memory

    monkeypatch.setattr(memory.ctypes, "CDLL", lambda name: object())
    assert memory.keep_freed_memory() is False
