"""Several benchmarks may record at once."""

import subprocess
import sys

from benchmarks import records

WRITERS, LINES = 4, 8
PROGRAM = """
import sys
from benchmarks import records
records.environment.versions = dict  # what takes time here is not what is tested
for i in range(int(sys.argv[2])):
    records.append({"benchmark": sys.argv[1], "i": i}, sys.argv[3])
"""


def test_no_line_is_lost_between_writers(tmp_path, root):
    path = tmp_path / "records.jsonl"
    writers = [
        subprocess.Popen([sys.executable, "-c", PROGRAM, str(i), str(LINES), str(path)], cwd=root)
        for i in range(WRITERS)
    ]
    assert [writer.wait() for writer in writers] == [0] * WRITERS
    lines = sorted((row["benchmark"], row["i"]) for row in records.read(path))
    assert lines == [(str(w), i) for w in range(WRITERS) for i in range(LINES)]
