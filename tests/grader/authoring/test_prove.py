"""What is missing of an exercise is said point by point, and nothing where nothing is missing."""

from __future__ import annotations

import sys
from contextlib import nullcontext

import pytest

from datasets.invocation import typed
from grader import assignments
from grader.__main__ import run
from grader.authoring import new, prove, regions, release
from grader.authoring.mutants import Mutant, mutated, restyled
from grader.errors import GraderError
from grader.i18n import po
from grader.judging import source
from grader.judging.grade import Grader
from tests.sampling import STORY

pytestmark = STORY
NET = assignments.Assignment("net")


@pytest.fixture
def skeleton(empty):
    """A project whose one exercise, net, is a fresh skeleton."""
    new.create("net")
    forget()
    yield empty
    forget()


def forget():
    """Import the exercise's modules anew."""
    for name in [name for name in sys.modules if name.startswith(("net.", "test_net"))]:
        del sys.modules[name]


def edit(path, *pairs):
    """Replace text in a file; it must be there."""
    text = path.read_text(encoding="utf-8")
    for old, new_text in pairs:
        assert old in text, old
        text = text.replace(old, new_text)
    path.write_text(text, encoding="utf-8")


def looked_at(grader) -> dict[str, prove.Point]:
    return {point.title: point for point in prove.points(NET, grader)}


def test_a_skeleton_works_and_its_gaps_are_named(grader, skeleton):
    found = looked_at(grader)
    assert {title for title, point in found.items() if point.ok} == {
        "points of net",
        "hints of net",
        "stub",
        "solution",
    }
    assert typed("release net") in str(found["exercise file"])
    assert "write 8 more in tests/judgement/net/mutants.py" in str(found["mutants of net"])
    assert "2 of 2 caught, 2 named" in found["mutants of net"].state
    assert "1 of 1 accepted" in found["styles of net"].state
    assert "write 2 more in tests/judgement/net/styles.py" in str(found["styles of net"])
    for language in ("de", "zh_CN"):
        point = found[f"texts in {language}"]
        assert point.state.startswith("0 of ") and f"--po {language}" in point.advice
    assert all(
        str(point).startswith("ok " if point.ok else "missing ") and "\n" not in str(point)
        for point in found.values()
    )


def test_of_a_complete_exercise_nothing_is_missing(grader, skeleton, capsys, monkeypatch):
    release.release(NET)
    for path in po.FOLDER.rglob("*.po"):
        header, mark, entries = path.read_text(encoding="utf-8").partition("#: ")
        path.write_text(header + mark + entries.replace('msgstr ""', 'msgstr "x"'))
    po.load.cache_clear()
    rows = "".join(f'("{i} filters", "none", (("8", "{i}"),)),' for i in range(9, 17))
    edit(prove.judgement(NET) / "mutants.py", ("    for row in (", f"    for row in ({rows}"))
    edit(
        prove.judgement(NET) / "styles.py",
        (
            "SEQUENTIAL}",
            """SEQUENTIAL,
        (("net",), "a"): SEQUENTIAL + "# a", (("net",), "b"): SEQUENTIAL + "# b"}""",
        ),
    )
    monkeypatch.setattr("grader.judging.grade.Grader", lambda **_: nullcontext(grader))
    assert run(["prove", "net"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == "net: nothing missing"
    assert len(lines) == 10 and all(line.startswith("ok ") for line in lines[:-1])


def test_what_the_checks_let_pass_is_named(grader, skeleton):
    """A check that any network passes, a mutant that computes the same, a style that is wrong."""
    edit(
        NET.checks, ("    compare_outputs(submission", "    return\n    compare_outputs(submission")
    )
    edit(prove.judgement(NET) / "styles.py", ("Softmax()", "ReLU()"))
    caught = prove._caught(grader, NET, "net")
    assert caught.state == "1 of 2 caught, 1 named"
    assert "no check of net notices no ReLU" in caught.advice
    solution = NET.file("solutions").read_text(encoding="utf-8")
    accepted = prove._accepted(grader, NET, "net", solution)
    assert accepted.state == "0 of 1 accepted"
    assert (
        "a right answer is refused: sequential (After the dense layer of 6 units, the ReLU"
        in accepted.advice
    )


def test_a_stub_with_points_and_a_solution_without_are_named(grader, skeleton):
    solution = NET.file("solutions").read_text(encoding="utf-8")
    wrong = prove._full(grader, NET, solution.replace('"relu"', '"tanh"'))
    assert wrong.state == "20 of 100 points" and "the solution fails net_output: " in wrong.advice
    empty = prove._empty(grader, NET, solution)
    assert empty.state == "100 of 100 points, wanted 0"
    assert "net_gives_probabilities, net_output, net_for_other_images" in empty.advice


def test_an_edit_that_fits_no_more_is_named(grader, skeleton):
    edit(NET.file("solutions"), ('"relu"', '"elu"'))
    point = prove._caught(grader, NET, "net")
    assert not point.ok and "no ReLU: net has no '\"relu\"' any more" in point.advice


def test_what_is_no_python_is_named(grader, skeleton):
    edit(prove.judgement(NET) / "mutants.py", ('"None"', '"No ne"'))
    edit(prove.judgement(NET) / "styles.py", ("def net(", "def net "))
    assert "correct the edit in tests/judgement/net/mutants.py" in str(
        prove._caught(grader, NET, "net")
    )
    solution = NET.file("solutions").read_text(encoding="utf-8")
    assert "sequential (" in prove._accepted(grader, NET, "net", solution).advice


def test_points_hints_and_files_that_are_not_there(grader, skeleton):
    edit(NET.file("solutions"), ("net, 100 points", "net, 90 points"))
    hints = NET.folder / "hints.toml"
    edit(hints, ('["one probability per class"]', '["another"]'), ('["softmax missing"]', "[]"))
    release.release(NET)
    edit(NET.file("assignments"), ("# # Net", "# # My net"))
    for file in ("mutants.py", "styles.py"):
        (prove.judgement(NET) / file).unlink()
    found = looked_at(grader)
    assert found["points of net"].state == "100 of 90"
    hinted = found["hints of net"]
    assert hinted.state == "2 of 3 concepts have a ladder, and 1 of 2 misconceptions"
    assert "one probability per class" in hinted.advice and "softmax missing" in hinted.advice
    assert found["exercise file"].state == "not that of the solution"
    assert "write 10 more" in found["mutants of net"].advice
    assert "write 3 more" in found["styles of net"].advice
    (NET.folder / "hints.toml").unlink()
    advice = prove._hinted(NET, regions.find(NET.file("solutions").read_text())[0]).advice
    assert "ladders of 4 steps for one" in advice and "an explanation" in advice
    NET.file("solutions").unlink()
    with pytest.raises(GraderError, match="expected the worked solution"):
        looked_at(grader)


def test_the_sentences_are_printed_as_entries(skeleton, capsys):
    assert run(["prove", "net", "--po", "de"]) == 0
    text = capsys.readouterr().out
    entries = po.entries(text.replace('msgstr ""', 'msgstr "x"'))
    assert "one probability per class" in entries and len(entries) > 30
    (po.FOLDER / "de" / "LC_MESSAGES" / "net.po").write_text(text.replace('""', '"x"'))
    po.load.cache_clear()
    assert run(["prove", "net", "--po", "de"]) == 0
    assert capsys.readouterr().out == ""
    assert run(["prove", "nett"]) == 2
    assert "did you mean net?" in capsys.readouterr().err


def test_a_style_takes_its_functions_place():
    text = "def a():\n    return 1\n\nb = 2\n\ndef c():\n    return a()\n"
    assert restyled(text, ("a", "c"), "def a(): return 3\ndef c(): return 4") == (
        "def a():\n    return 3\n\ndef c():\n    return 4\nb = 2"
    )
    assert mutated(text, Mutant("c", "none", "none", (("a()", "b"),))).endswith("return b")


def test_with_one_slot_every_submission_gets_the_first(skeleton, monkeypatch):
    monkeypatch.setattr("grader.judging.key.SLOTS", 8)
    texts = [source.of(f"x = {number}") for number in range(20)]
    with Grader(slots=1) as one, Grader() as usual:
        slots = [{each.submission(NET, text, ["none"]).slot for text in texts}
                 for each in (one, usual)]  # fmt: skip
    assert slots[0] == {0} and len(slots[1]) > 1
