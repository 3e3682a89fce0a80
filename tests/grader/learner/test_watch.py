"""`watch`: what is checked at a save, what is said, and how keys, pipes and terminals go."""

from __future__ import annotations

import io
import os
import pty
import re
import select
import signal
import subprocess
import sys
import termios
import time
from contextlib import closing
from pathlib import Path

import pytest
from rich.console import Console

from datasets.invocation import typed
from grader.authoring import release
from grader.i18n import language
from grader.judging import checks, source
from grader.judging.stop import Stop, Stopped
from grader.learner import hints
from grader.learner.background import Background
from grader.learner.events import END, SAVED, events
from grader.learner.fingerprint import fingerprints
from grader.learner.progress import Progress
from grader.learner.watch import Session
from tests.grader.learners import NAMES, FakeBackground, FakeGrader, assignment, solved
from tests.grader.processes import descendants, looping, until
from tests.sampling import LONG

BATCH_NORM = "batch norm in training mode"
LAYER_NAMES = "layer names of 2017"


def begin(text):
    """The first words of a text, which stand on one line of a terminal."""
    return " ".join(text.split()[:4])


EXPLANATION = begin(hints.explanation("residual_networks", "identity_block"))


@pytest.fixture
def path(project):
    return assignment().file("assignments")


class Watching:
    """A session whose saves and output a test can follow."""

    def __init__(self, path, interactive=True):
        self.path, self.out = path, io.StringIO()
        self.released = path.read_text(encoding="utf-8")
        self.grader = FakeGrader()
        self.background = FakeBackground(self.grader)
        self.progress = Progress(path.parent.parent / ".progress.json")
        console = Console(file=self.out, width=80, highlight=False)
        self.session = Session(
            assignment(), path, self.background, self.progress, console, interactive
        )

    def save(self, text):
        """What is said about a save, on one line; self.asked is what was graded."""
        self.begin(text)
        return self.end()

    def begin(self, text):
        """Save; the first check then runs."""
        self.path.write_text(text, encoding="utf-8")
        self.grader.asked.clear()
        self.session.happened(SAVED)

    def end(self):
        """Let all checks come to their end; what was said since the last time."""
        while self.background.running:
            self.session.happened(self.background.ended())
        return self.said()

    def press(self, key):
        """What a key makes it say at once."""
        self.going = self.session.happened(key)
        return self.said()

    def said(self):
        """What was said since the last time."""
        self.text = self.out.getvalue()
        self.out.seek(0)
        self.out.truncate()
        return " ".join(self.text.split())

    @property
    def asked(self):
        return list(self.grader.asked)


@pytest.fixture
def watching(path):
    return Watching(path)


# What changed -> whose code that is.
CHANGES = {
    "a comment": ("# 4. Add the shortcut", "# 4. Sum", ()),
    "a docstring": ("The bottleneck block with the identity", "A block", ()),
    "empty lines": ("# 4. Add the shortcut", "\n\n\n    #", ()),
    "an unused function": ("def walk(", "def other(", ()),
    "the main guard": ("sys.exit(lessons.main(", "print(lessons.main(", ()),
    "the first block": ("shortcut = X\n", "shortcut = X + 0\n", ("identity_block", "ResNet50")),
    "a helper of both": ("return None, None", "return None, 0", NAMES),
    "the network": ("layers.Flatten()(X)", "layers.Flatten()(X + 0)", ("ResNet50",)),
    "an import in use": ("from keras.initializers", "from keras.src.initializers", NAMES),
    "a patch from outside": ("def walk(", "layers.Add.call = print\n\n\ndef walk(", NAMES),
    "a change of another's global": ("def walk(", "layers = 2\n\n\ndef walk(", NAMES),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_concerns_what_uses_it(path, name):
    old, new, expected = CHANGES[name]
    text = solved(*NAMES)
    before, after = fingerprints(text, NAMES), fingerprints(text.replace(old, new, 1), NAMES)
    assert old in text and {one for one in NAMES if before[one] != after[one]} == set(expected)


def test_what_reaches_anywhere_depends_on_everything(path):
    text = solved(*NAMES).replace("shortcut = X\n", "shortcut = globals()['walk'] and X\n", 1)
    changed = text.replace("def walk(options)", "def walk(changed)")
    before, after = fingerprints(text, NAMES), fingerprints(changed, NAMES)
    assert before["identity_block"] != after["identity_block"]
    assert before["convolutional_block"] == after["convolutional_block"]
    assert fingerprints("def f(:", NAMES) == {}
    assert len(set(fingerprints("x = 1", NAMES).values())) == 1


def test_only_what_changed_is_checked_and_the_first_failure_ends_it(watching):
    watching.grader.failing = {"convolutional_block": BATCH_NORM}
    said = watching.save(solved(*NAMES))
    assert watching.asked == ["identity_block", "convolutional_block"]
    assert f"{BATCH_NORM} The sum [of both] comes first. stage expected" in said
    assert "in helper: return X + y (2 more lines: " in said and said.endswith("q quit")
    assert f"{typed('check residual_networks')} --traceback" in said
    assert watching.save(solved(*NAMES)) == ""
    assert watching.save(solved(*NAMES) + "# note\n").startswith("Saved; the code")
    assert watching.asked == []
    projection = 'normalised(X, F3, 1, "1", s)'
    mended = solved(*NAMES).replace(projection, f"{projection} + 0")
    watching.grader.failing = {"ResNet50": "the stem"}
    said = watching.save(mended)
    assert watching.asked == ["convolutional_block", "ResNet50"]
    assert "convolutional_block: 28 of 28 points" in said and "the stem" in said
    watching.grader.failing = {}
    said = watching.save(mended.replace("layers.ZeroPadding2D(3)", "layers.ZeroPadding2D((3, 3))"))
    assert watching.asked == ["ResNet50"] and said.endswith("Everything is done.")


def test_a_learner_may_begin_where_she_likes(watching):
    watching.grader.failing = {"identity_block": "layer names of 2017", "ResNet50": "the stem"}
    watching.save(solved())
    assert watching.asked == ["identity_block"]
    said = watching.save(solved("convolutional_block"))
    assert watching.asked == ["convolutional_block"]
    assert "convolutional_block: 28 of 28" in said and "layer names of 2017" in said
    watching.grader.failing["convolutional_block"] = BATCH_NORM
    said = watching.save(solved("convolutional_block").replace("shortcut, X]", "X, shortcut]"))
    assert watching.asked == ["convolutional_block"] and "layer names of 2017" not in said
    assert BATCH_NORM in said and "1/4 concept: The shortcut's batch norm" in watching.press("h")
    watching.save("def f(:\n")
    watching.save(solved("convolutional_block", released=watching.released))
    assert watching.asked == ["convolutional_block"] and BATCH_NORM in watching.text


def test_after_a_syntax_error_what_is_known_is_said_again(watching):
    watching.grader.failing = {"identity_block": BATCH_NORM}
    text = solved(*NAMES)
    watching.save(text)
    watching.save("def f(:\n")
    assert watching.asked == ["identity_block"]
    said = watching.save(text)
    assert BATCH_NORM in said and watching.asked == []


def test_a_pass_brings_the_explanation_and_the_difference_once(watching):
    mine = (
        solved(*NAMES)
        .replace("shortcut = X\n", "kept = X\n", 1)
        .replace("[shortcut, X]", "[kept, X]", 1)
    )
    watching.grader.failing = {"ResNet50": "the stem"}
    said = watching.save(mine)
    assert EXPLANATION in said and "worked solution" in said
    assert "> shortcut = X" in [line.rstrip() for line in watching.text.splitlines()]
    assert "Line for line the worked solution." in said  # the second block
    assert max(map(len, watching.text.splitlines())) <= 80
    said = watching.save(mine.replace("kept = X\n", "kept = X + 0\n"))
    assert "identity_block: 28 of 28 points" in said and EXPLANATION not in said


def test_a_file_that_is_gone_or_empty_for_a_moment(watching):
    watching.grader.failing = {"identity_block": BATCH_NORM}
    watching.save(solved(*NAMES))
    watching.path.unlink()
    watching.session.happened(SAVED)
    assert "found none" in watching.said()


def test_keys(watching):
    watching.grader.failing = {"convolutional_block": LAYER_NAMES}
    text = solved(*NAMES)
    watching.save(text)
    first, second = next(
        ladder.steps[:2]
        for ladder in hints.ladders("residual_networks", "convolutional_block")
        if LAYER_NAMES in ladder.concepts
    )
    assert f"1/4 concept: {begin(first)}" in watching.press("h")
    assert f"2/4 place: {begin(second)}" in watching.press("h")
    record = watching.progress.of("residual_networks", "convolutional_block")
    assert record.hints == {LAYER_NAMES: 2} and record.failing == LAYER_NAMES
    assert "q quit" in watching.press("?")
    assert "convolutional_block back?" in watching.press("x")
    assert watching.press("n") == "Nothing was reset." and watching.path.read_text() == text
    watching.press("x")
    assert ".kept" in watching.press("y")
    assert watching.path.read_text() == solved("identity_block", "ResNet50")
    [kept] = watching.path.parent.glob("*.kept")
    assert kept.read_text() == text and watching.going
    assert "q quit" in watching.press("y")  # the question was answered
    watching.press(END)
    assert not watching.going


def test_l_lists_all_checks_with_their_points_and_state(watching):
    watching.grader.failing = {"convolutional_block": LAYER_NAMES}
    watching.save(solved(*NAMES))
    watching.press("l")
    listed = {
        title: (points, state)
        for title in (check.title for check in checks.collect(assignment().checks))
        for points, state in re.findall(
            rf"^ *([\d of]+?)  (pass|miss|) *{re.escape(title[:40])}", watching.text, re.M
        )
    }
    every = checks.collect(assignment().checks)
    assert [*listed] == [check.title for check in every]
    for check in every:
        expected = {
            "identity_block": (f"{check.points:g} of {check.points:g}", "pass"),
            "convolutional_block": (f"{check.points:g} of {check.points:g}", "pass"),
            "ResNet50": (f"{check.points:g}", ""),
        }[check.exercise]
        if (check.exercise, check.concept) == ("convolutional_block", LAYER_NAMES):
            expected = (f"0 of {check.points:g}", "miss")
        assert listed[check.title] == expected
    headings = [line for line in watching.text.splitlines() if re.match(r"\d\. ", line)]
    assert [" ".join(line.split()) for line in headings] == [
        "1. identity_block 28 of 28 passed",
        "2. convolutional_block 25 of 28 points missing",
        "3. ResNet50 0 of 44 not checked yet",
    ]


def test_a_new_save_stops_the_check_that_runs(watching):
    watching.begin(solved(*NAMES))
    old = watching.background.ended()
    watching.background.running = [1]  # it had not ended yet when the file was saved
    watching.grader.failing = {"identity_block": BATCH_NORM}
    watching.begin(solved(*NAMES).replace("shortcut = X\n", "shortcut = X + 0\n", 1))
    assert watching.background.stopped == 1 and watching.said() == ""
    watching.session.happened(old)
    assert watching.said() == "" and watching.background.running
    said = watching.end()
    assert BATCH_NORM in said and watching.asked == ["identity_block"]


def test_what_a_stopped_check_was_about_is_checked_with_the_next_save(watching):
    watching.save(solved(*NAMES))
    projection = 'normalised(X, F3, 1, "1", s)'
    mended = solved(*NAMES).replace(projection, f"{projection} + 0")
    watching.begin(mended)
    watching.begin(mended.replace("layers.ZeroPadding2D(3)", "layers.ZeroPadding2D((3, 3))"))
    watching.end()
    assert watching.asked == ["convolutional_block", "ResNet50"]


def test_x_stops_the_check_that_runs_and_n_begins_it_again(watching):
    watching.begin(solved(*NAMES))
    assert "identity_block back?" in watching.press("x")
    assert watching.background.stopped == 1 and not watching.background.running
    assert "Nothing was reset." in watching.press("n")
    assert "Everything is done." in watching.end()
    watching.begin(solved(*NAMES).replace("shortcut = X\n", "shortcut = X + 0\n", 1))
    watching.press("x")
    assert ".kept" in watching.press("y")
    watching.end()
    assert "x = 1" not in watching.path.read_text() and watching.asked[0] == "identity_block"


def test_keys_are_answered_while_a_check_runs(watching):
    watching.begin(solved(*NAMES))
    assert "1/4 concept" in watching.press("h")
    assert "identity_block 0 of 28 not checked yet" in watching.press("l")
    assert watching.background.running and watching.background.stopped == 0
    watching.press(END)
    assert not watching.going


def test_nothing_is_graded_after_stop_returns(path):
    ended = []

    class Slow:
        """Grades until it is stopped."""

        def grade(self, *_):
            select.select([stop], [], [])
            time.sleep(0.05)
            ended.append(1)
            raise Stopped

    done = []
    with closing(Stop()) as stop:
        background = Background(Slow(), stop, done.append)
        for _ in range(3):
            background.start(assignment(), source.of("x = 1"), "identity_block")
        assert len(ended) == 2  # the new one begins when the old one has ended
        background.stop()
        assert len(ended) == 3 and done == []
        assert not select.select([stop], [], [], 0)[0]  # and the next one may go on


def test_in_a_pipe_every_result_is_one_line(path):
    watching = Watching(path, interactive=False)
    watching.grader.failing = {"convolutional_block": BATCH_NORM}
    watching.save(solved(*NAMES))
    assert watching.text.splitlines() == [
        "checking identity_block",
        "identity_block: 28 of 28 points",
        "checking convolutional_block",
        f"convolutional_block: 14 of 28 points: {BATCH_NORM}: The sum [of both] comes first.",
    ]


def test_chinese(watching):
    language.use("zh")
    watching.grader.failing = {"convolutional_block": BATCH_NORM}
    said = watching.save(solved(*NAMES, released=release.released(assignment())))
    assert "训练模式下的批归一化" in said and "阶段 应为 实际" in said
    explanation = language.translated(hints.explanation("residual_networks", "identity_block"))
    assert explanation[:8] in said
    assert "1/4 概念" in watching.press("h") and "尚未满分" in watching.press("l")


@pytest.fixture
def patience():
    """What waits in vain for longer than this fails, in place of hanging."""

    def give_up(*_):
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(240)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def test_saves_by_writing_and_by_renaming_are_seen(tmp_path, patience):
    path = tmp_path / "mine.py"
    path.write_text("1")
    with events(path, keys=False) as queue:
        time.sleep(0.3)  # until the folder is being watched
        (tmp_path / "other.py").write_text("1")
        path.write_text("2")
        assert queue.get() == SAVED
        (tmp_path / "new").write_text("3")
        os.replace(tmp_path / "new", path)
        assert queue.get() == SAVED


def started(root, project, content, **more):
    path = project / "mine.py"
    path.write_text(content)
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "TERM": "xterm", "COLUMNS": "80"}
    return path, subprocess.Popen(
        [sys.executable, "-m", "grader", "watch", "residual_networks", "--submission", str(path)],
        cwd=root,
        env=environment,
        start_new_session=True,
        **more,
    )


@LONG
def test_a_pipe_and_control_c(root, project, patience):
    wrong = solved(*NAMES).replace("layers.Add()([shortcut, X])", "layers.Add()([shortcut, X, X])")
    path, process = started(
        root,
        project,
        wrong,
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        lines = [process.stdout.readline() for _ in range(3)]
        assert lines[:2] == ["starting\n", "checking identity_block\n"]
        assert lines[2].startswith(
            "identity_block: 2 of 28 points: main path, shortcut, then the last ReLU: Look at"
        )
        path.write_text("def f(:\n")
        assert process.stdout.readline() == "checking identity_block\n"
        assert process.stdout.readline().startswith(
            "identity_block: 0 of 28 points: Python cannot read line 1 of mine.py"
        )
    finally:
        process.send_signal(signal.SIGINT)
        out, error = process.communicate(timeout=60)
    assert (process.returncode, out, error) == (0, "", "")


def read_until(terminal, wanted):
    """What the terminal shows up to `wanted`."""
    said = ""
    while wanted not in said:
        said += os.read(terminal, 65536).decode("utf-8", "replace")
    return said


def test_a_terminal_with_keys(root, project, patience):
    try:
        terminal, its_end = pty.openpty()
    except OSError as error:
        pytest.skip(f"no pseudo-terminal here: {error}")
    before = termios.tcgetattr(its_end)
    path, process = started(
        root, project, "def f(:\n", stdin=its_end, stdout=its_end, stderr=its_end
    )
    try:
        assert read_until(terminal, "\n") == "starting\r\n"
        said = read_until(terminal, "q quit")
        assert "Python cannot read line 1 of mine.py" in said and "\x1b[" in said
        os.write(terminal, b"\x1b[A\x1bOPh")  # an arrow and F1 are no keys of ours
        assert "concept" in read_until(terminal, "sum.")
        os.write(terminal, b"l")
        read_until(terminal, "ResNet50 works for other images")
        path.write_text("def g(:\n")
        read_until(terminal, "q quit")
        assert termios.tcgetattr(its_end)[3] & termios.ICANON == 0
        os.write(terminal, b"q")
        assert process.wait(timeout=60) == 0
        assert termios.tcgetattr(its_end) == before
    finally:
        process.kill()
        process.wait()
        os.close(terminal)
        os.close(its_end)


@LONG
def test_an_endless_loop_can_be_left_and_leaves_no_process(root, project, patience):
    """A new save stops it, h and l do not wait for it, and q ends all of it."""
    terminal, its_end = pty.openpty()
    text = solved(*NAMES)
    endless = text.replace("    shortcut = X\n", "    while True:\n        pass\n", 1)
    path, process = started(root, project, endless, stdin=its_end, stdout=its_end, stderr=its_end)
    try:
        read_until(terminal, "checking identity_block")
        assert until(lambda: looping(process.pid))
        os.write(terminal, b"h")
        assert "points" not in read_until(terminal, "1/4 concept")
        os.write(terminal, b"l")
        assert "points -" not in read_until(terminal, "ResNet50 works for other images")
        path.write_text("def f(:\n")
        assert "stopped after" not in read_until(terminal, "Python cannot read line 1 of mine.py")
        assert until(lambda: not looping(process.pid))
        path.write_text(endless)
        assert until(lambda: looping(process.pid))
        os.write(terminal, b"x")
        read_until(terminal, "y/n")
        assert until(lambda: not looping(process.pid))
        os.write(terminal, b"n")
        assert until(lambda: looping(process.pid))
        all_of_it = descendants(process.pid)
        os.write(terminal, b"q")
        assert process.wait(timeout=60) == 0
        assert until(lambda: not [one for one in all_of_it if Path(f"/proc/{one}").exists()])
    finally:
        process.kill()
        process.wait()
        os.close(terminal)
        os.close(its_end)
