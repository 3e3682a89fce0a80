"""Attacks on the grader: none gains a point, none does harm, and the next submission is graded as
if there had been none.

They run inside the full sandbox or not at all.
"""

from __future__ import annotations

import os
import shutil
import socket
import time
from pathlib import Path

import pytest

from grader import assignments
from grader.judging import sandbox, source
from grader.judging.grade import Grader
from grader.runner.limits import Limits
from tests.grader.runner import tricks
from tests.grader.runner.attacks import FORGERIES, HEAD, THEFTS
from tests.grader.runner.harms import HARMS

pytestmark = [
    pytest.mark.skipif(
        os.environ.get("RUN_ATTACKS") != "1",
        reason="attacks fill the machine's limits on purpose: make test-attacks runs them",
    ),
    pytest.mark.skipif(
        not sandbox.walls().complete, reason=f"attacks need all walls: {sandbox.walls().sentence}"
    ),
]

ATTACKS = FORGERIES | THEFTS | HARMS | tricks.TRICKS
EXERCISE = ["identity_block"]
SECRET = "hush"
# Computing an honest answer takes less than one of these seconds.
TIGHT = Limits(seconds=3, memory=1500, tasks=80)
# What an attack must end in, where it is not enough that it gains nothing: a part of the feedback.
SAID = {
    "import nets": "No module named 'nets'",
    "nets opened": "No such file",
    "solutions opened": "No such file",
    "the environment": "nothing",
    "the fork server's memory changed": "nothing",
    "a fork bomb": "made",
    "a thread bomb": "made",
    "a memory bomb": "ran out of the 1500 MiB",
    "a loop without an end": "stopped after 3 s",
    "a slow import": "stopped after 3 s",
    "sleepers behind loops of its own": "stopped after 3 s",
    "output without an end": "stopped after 3 s",
    "files without an end": "process ended before",
    "descriptors without an end": "process ended before",
    "a fork server that is told to end, then killed": "nothing",
    "an exit": "ended the program",
} | tricks.SAID


class Range:
    """The grader under attack, and what must not change: a port, a file, and whole folders."""

    def __init__(self, folder: Path, solution: str):
        self.assignment = assignments.find("residual_networks")
        self.canary, self.solution = folder / "canary", solution
        self.canary.write_text(SECRET)
        self.server = socket.create_server(("127.0.0.1", 0))
        self.server.setblocking(False)
        self.grader = Grader(TIGHT)
        self.cache = self.grader.oracle.folder = folder / "oracle"
        self.rights = 0

    def grade(self, text: str, strict: bool = True):
        """Grade a text. strict: all of it is run, what stands outside the functions too."""
        return self.grader.grade(self.assignment, source.of(text, "mine.py", strict), EXERCISE)

    def honest(self):
        """Grade a right answer, of another text than the last one's."""
        self.rights += 1
        words = "-".join(["# honest", "learner", "wrote", "this", "now"])
        return self.grade(f"{self.solution}\n{words} {self.rights}\n")

    def attack(self, text: str, strict: bool):
        for name, value in (
            ("ROOT", assignments.ROOT),
            ("CANARY", self.canary),
            ("CACHE", self.cache),
            ("PORT", self.server.getsockname()[1]),
        ):
            text = text.replace(name, str(value))
        return self.grade(HEAD + text, strict)

    def state(self) -> dict:
        """Everything that an attack might have changed outside."""
        folders = [
            assignments.ROOT,
            *(
                assignments.ROOT / name
                for name in (
                    "grader",
                    "nets",
                    "solutions",
                    "tests/autograder",
                    "training",
                    "datasets",
                )
            ),
            self.cache,
            self.canary.parent,
            Path(sandbox.__file__).parent.parent,
            Path(pytest.__file__).parent.parent,
            Path.home(),
        ]
        found = {
            folder: sorted(
                entry.name
                for entry in os.scandir(folder)
                if not entry.name.startswith("__pycache__")
            )
            for folder in map(Path, folders)
        }
        answers = {path: path.read_bytes() for path in self.cache.iterdir()}
        return {"folders": found, "canary": self.canary.read_text(), "answers": answers}

    def connected(self) -> bool:
        try:
            self.server.accept()
        except BlockingIOError:
            return False
        return True

    def family(self) -> int:
        """How many processes the worker's fork server has, itself included."""
        parents = {}
        for entry in os.listdir("/proc"):
            if entry.isdigit():
                try:
                    stat = Path("/proc", entry, "stat").read_text().rpartition(")")[2].split()
                except OSError:
                    continue
                parents[int(entry)] = int(stat[1])
        found, last = {self.grader.worker._process.pid}, 0
        while len(found) > last:
            last = len(found)
            found |= {child for child, parent in parents.items() if parent in found}
        return len(found)


@pytest.fixture(scope="module")
def field(tmp_path_factory, solution):
    """The range, whose fork server starts with a secret in its parent's environment."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("grader.judging.key.SLOTS", 1)
        patch.setattr("grader.judging.worker.SILENCE", 5.0)
        patch.setattr("grader.judging.worker.LOSSES", 2)
        patch.setenv("GRADER_SECRET", SECRET)
        found = Range(tmp_path_factory.mktemp("range"), solution)
        with found.grader, found.server:
            assert found.honest().score == 28
            found.quiet = found.family()
            found.wrong = found.grade(HEAD).score
            assert 0 <= found.wrong < 28
            yield found


@pytest.mark.parametrize("strict", [True, False], ids=["whole", "functions"])
@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_gains_nothing_and_harms_nobody(field, name, strict):
    before = field.state()
    report = field.attack(ATTACKS[name], strict)
    said = "\n".join(str(outcome.failure) for outcome in report.outcomes)
    said += "\n".join(map(str, report.notes))
    assert report.score <= field.wrong, said
    assert SECRET not in said and "learner-wrote" not in said
    assert not strict or SAID.get(name, "") in said
    after = field.honest()
    assert after.score == 28, [str(outcome.failure) for outcome in after.outcomes]
    assert field.state() == before
    assert not field.connected()
    until = time.monotonic() + 5
    while field.family() != field.quiet and time.monotonic() < until:
        time.sleep(0.02)
    assert field.family() == field.quiet


RIGHT = {
    "a thread left behind": "import threading\n"
    "threading.Thread(target=lambda: [None for _ in iter(int, 1)]).start()\n",
    "much output": "import sys\nprint('x' * 10_000_000)\nprint('y' * 10_000_000, file=sys.stderr)"
    "\n",
    "files and settings left behind": "import os\nopen('/tmp/mine', 'w').write('x')\n"
    "os.environ['HOME'] = '/nowhere'\nkeras.config.set_epsilon(0.5)\nos.chdir('/')\n",
}


@pytest.mark.parametrize("name", RIGHT)
def test_noise_costs_nothing(field, solution, name, monkeypatch):
    # A thread that computes all the time takes half of them: what learners have is enough.
    monkeypatch.setattr(field.grader, "limits", Limits())
    assert field.grade(f"{solution}\n{RIGHT[name]}").score == 28


def test_a_function_that_kills_whom_it_can_ends_nothing(field, changed):
    text = changed(
        "    return X\n    ### EXERCISE 1 ENDS ###",
        "    import os, signal\n    os.kill(os.getppid(), signal.SIGKILL)\n"
        "    return X\n    ### EXERCISE 1 ENDS ###",
    )
    report = field.grader.grade(
        field.assignment, source.of(text), ["identity_block", "convolutional_block"]
    )
    assert report.score == report.max_score


def test_a_source_of_100_mb_is_refused_unread(tmp_path):
    path = tmp_path / "mine.py"
    with path.open("wb") as file:
        file.truncate(100 * 10**6)
    assert source.read(path).trouble["kind"] == "too_large"


def test_a_source_that_is_no_text_is_refused(field):
    report = field.grader.grade(field.assignment, source.decode(b"\x7fELF\x00\xff", "mine.py"))
    assert report.score == 0 and report.status == "not_text"


def test_no_bubblewrap_is_said_in_a_sentence(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    found = sandbox.walls.__wrapped__()
    assert not found.complete and not found.walled
    assert "apt install bubblewrap" in found.sentence
