"""Results of worker processes: in order, few at a time, and a word where one dies."""

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from datasets import workers
from datasets.errors import DataError
from datasets.synthetic import dataset


@pytest.mark.parametrize("count", [1, 2])
def test_results_come_in_order_and_are_asked_for_as_they_are_taken(count):
    asked = []

    def arguments():
        for number in range(1000):
            asked.append(number)
            yield (number, 3)

    results = workers.ordered(pow, arguments(), count)
    assert [next(results) for _ in range(30)] == [number**3 for number in range(30)]
    assert len(asked) <= 30 + 4 * count + 1
    results.close()


def test_a_process_that_dies_is_one_line():
    with pytest.raises(DataError, match="found one dead.*--workers 1"):
        list(workers.ordered(os._exit, [(1,)], 2))


# Prints the numbers of its two workers, and waits.
PARENT = """
import os, time
from datasets import workers
if __name__ == "__main__":
    results = workers.ordered(time.sleep, [(0,)] * 2 + [(600,)] * 20, 2)
    next(results)
    print("ready", flush=True)
    next(results), next(results)
"""


def children(process):
    """The processes that `process` has started, by its threads' lists (Linux)."""
    return [
        int(child)
        for task in os.listdir(f"/proc/{process}/task")
        for child in open(f"/proc/{process}/task/{task}/children").read().split()
    ]


@pytest.mark.skipif(not os.path.exists("/proc/self/task"), reason="needs Linux' /proc")
def test_workers_end_when_their_parent_is_killed(root, tmp_path):
    (tmp_path / "parent.py").write_text(PARENT)
    parent = subprocess.Popen(
        [sys.executable, tmp_path / "parent.py"],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(root)},
    )
    parent.stdout.readline()
    started = children(parent.pid)
    parent.kill()
    parent.wait()
    assert len(started) >= 2
    end = time.monotonic() + 20
    while any(map(runs, started)) and time.monotonic() < end:
        time.sleep(0.05)
    left = list(filter(runs, started))
    for process in left:
        os.kill(process, signal.SIGKILL)
    assert left == []


def runs(process):
    """Whether it is there and no zombie, for which nobody here waits."""
    try:
        return open(f"/proc/{process}/stat").read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_what_a_worker_raises_arrives():
    with pytest.raises(ZeroDivisionError):
        list(workers.ordered(divmod, [(1, 1), (1, 0)], 2))


def test_drawn_by_workers_a_seed_means_the_same_files(tmp_path, monkeypatch):
    monkeypatch.setattr(dataset, "WORTH", 1)
    for count in (1, 2):
        dataset.synthesize(tmp_path / str(count), 186, 12, 5, workers=count)
    one, two = (
        [(tmp_path / count / f"{split}_signs.h5").read_bytes() for split in ("train", "test")]
        for count in ("1", "2")
    )
    assert one == two


def test_ctrl_c_of_a_terminal_reaches_all_processes_and_is_one_line(root, tmp_path):
    command = [sys.executable, "-m", "datasets", "synthesize", "--diverse", "--workers", "2"]
    process = subprocess.Popen(
        [*command, "--count", "90000", "--out", tmp_path],
        cwd=root,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    end = time.monotonic() + 30
    while not list(tmp_path.iterdir()) and time.monotonic() < end:
        time.sleep(0.02)
    time.sleep(1)  # the processes start, or draw
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 130 and said.strip() == "stopped: no half file is in place", said
    assert list(tmp_path.iterdir()) == []


def test_a_worker_never_hears_of_ctrl_c():
    pytest.importorskip("resource")  # not on Windows
    masks = list(workers.ordered(signal.pthread_sigmask, [(signal.SIG_BLOCK, [])] * 3, 2))
    assert all(signal.SIGINT in mask for mask in masks)
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, [])


def test_a_start_is_not_interrupted_though_another_thread_takes_the_signal():
    ends, done = threading.Event(), []
    other = threading.Thread(target=ends.wait)  # begun before, as NumPy's are
    other.start()
    try:
        with pytest.raises(KeyboardInterrupt), workers._ctrl_c_held():
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.2)
            done.append("handed over")
    finally:
        ends.set()
        other.join()
    assert done == ["handed over"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
