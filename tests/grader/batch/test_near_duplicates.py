"""Who is alike: renaming and layout hide nothing, other solutions stay apart, work stays linear."""

from __future__ import annotations

import random

import pytest

from grader.batch import class_report, near_duplicates
from grader.batch.run import Batch
from tests.grader.batch.stand_in import SETTINGS, Pool, program
from tests.judgement.residual_networks.whole_styles import STYLES


@pytest.fixture(scope="module")
def own(solution):
    """own(text) -> the shingles of a submission that are not the exercise's."""
    from grader.batch.server import released

    return lambda text: near_duplicates.shingles(text) - released("residual_networks")


def jaccard(one, other):
    return len(one & other) / len(one | other)


def disguised(solution):
    text = solution
    for old, new in (
        ("shortcut", "kept"),
        ("normalised", "step"),
        ("F1", "few"),
        ("    # 1. ", "    # first of all, "),
        ("    # 3. Add both", "    # and"),
    ):
        assert old in text
        text = text.replace(old, new)
    head, mark, rest = text.partition("    ### EXERCISE 2 STARTS")
    return f"{head}{mark}{rest.replace('stride=1', 'stride = 1')}"


def test_renaming_comments_and_layout_hide_nothing(own, solution):
    assert own(disguised(solution)) == own(solution)


def test_another_constant_or_step_is_another_shingle(own, solution):
    other = solution.replace("stride=1", "stride=2").replace("layers.Add()", "layers.Subtract()")
    assert 0.5 < jaccard(own(other), own(solution)) < 1


def test_other_solutions_are_not_alike(own, solution):
    texts = [solution, *STYLES.values()]
    found = [own(text) for text in texts]
    for i, one in enumerate(found):
        for other in found[:i]:
            assert jaccard(one, other) < near_duplicates.ALIKE - 0.2


def test_an_unfilled_exercise_is_like_nobody(own, solution):
    from grader.authoring.release import stub

    assert near_duplicates.sketch(own(stub(solution, "residual_networks"))) == b""
    assert near_duplicates.shingles("def f(:") == frozenset()
    assert (
        near_duplicates.sketch(near_duplicates.shingles("x = 1")) == b""
        and near_duplicates.bands(b"") == []
    )


def test_sketches_estimate_the_index():
    draw = random.Random(0)
    for share in (0.5, 0.8, 0.95):
        common = {draw.getrandbits(64) for _ in range(int(600 * share))}
        one, other = (
            {draw.getrandbits(64) for _ in range(int(300 * (1 - share)))} | common for _ in range(2)
        )
        estimate = near_duplicates.resemblance(
            near_duplicates.sketch(one), near_duplicates.sketch(other)
        )
        assert abs(estimate - jaccard(one, other)) < 4 * 0.5 / (128**0.5)


def test_a_class_falls_into_its_groups(tmp_path, monkeypatch):
    draw = random.Random(1)
    folder = tmp_path / "in"
    folder.mkdir()
    texts = [program(draw) for _ in range(200)]
    for number, text in enumerate(texts):
        (folder / f"{number:03}.py").write_text(text)
    (folder / "renamed.py").write_text(texts[5].replace("x1", "y1").replace("def g", "def h"))
    (folder / "one_line.py").write_text(texts[5].replace("x7 = ", "x7 = 1 + "))
    (folder / "twice.py").write_text(texts[9])
    compared = []
    real = near_duplicates.resemblance
    monkeypatch.setattr(
        near_duplicates, "resemblance", lambda *two: compared.append(1) or real(*two)
    )
    with Batch(folder, tmp_path / "out", SETTINGS) as batch:
        batch.run(Pool())
        found = class_report.groups(batch.store, folder, "residual_networks")
    groups, left_out = found
    assert left_out == 0
    assert [group.names for group in groups] == [["009", "twice"], ["005", "one_line", "renamed"]]
    assert groups[0].alike == 1 and len(compared) < 400  # all pairs would be 20,000
    differing = [line for line in groups[1].lines if not line[2]]
    assert any("1 + " in right for _, right, _ in differing)


def test_lines_stand_beside_their_partners():
    left = ["a = 1", "b = f(a)", "return b"]
    right = ["first = 1  # new", "print(first)", "b = f(first)", "return b"]
    assert list(class_report.side_by_side(left, right)) == [
        ("a = 1", "first = 1  # new", False),
        ("", "print(first)", False),
        ("b = f(a)", "b = f(first)", False),
        ("return b", "return b", True),
    ]


def test_what_a_submission_says_is_text_on_the_page(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    text = program(random.Random(2)) + 's = "<script>alert(1)</script>"\n'
    for name in ("<b>a", "b"):
        (folder / f"{name}.py").write_text(text)
    with Batch(folder, tmp_path / "out", SETTINGS) as batch:
        batch.run(Pool())
    written = (tmp_path / "out" / "index.html").read_text()
    assert "<script>alert" not in written and "&lt;script&gt;" in written and "<b>a" not in written


def test_a_text_that_is_too_long_is_not_compared(monkeypatch):
    text = program(random.Random(3))
    assert near_duplicates.shingles(text)
    monkeypatch.setattr(near_duplicates, "LONGEST", len(text) - 1)
    monkeypatch.setattr(near_duplicates, "ast", None)
    assert near_duplicates.shingles(text) == frozenset()


def test_no_more_lines_are_compared_than_the_page_shows(monkeypatch):
    compared = []
    real = class_report.difflib.SequenceMatcher

    def noted(a, b, autojunk):
        compared.append((len(a), len(b), max(map(len, a))))
        return real(a=a, b=b, autojunk=autojunk)

    monkeypatch.setattr(class_report.difflib, "SequenceMatcher", noted)
    lines = ["x = " + "1" * 10_000] * 50_000
    assert len(list(class_report.side_by_side(lines, lines[:9]))) == class_report.MOST_LINES
    assert compared[0][:2] == (class_report.MOST_LINES, 9) and compared[0][2] < 300


def test_the_page_shows_what_is_invisible_and_names_points_without_code(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    text = program(random.Random(2)) + 's = "\u202egnitset\x1b[31m"\n'
    for name in ("a", "b"):
        (folder / f"{name}.py").write_text(text)
    (folder / "hidden.py").write_text("import base64\nexec(base64.b64decode('cHJpbnQoMSk='))\n")
    with Batch(folder, tmp_path / "out", SETTINGS) as batch:
        batch.run(Pool())
    written = (tmp_path / "out" / "index.html").read_text()
    assert "gnitset" in written and "\u202e" not in written and "\x1b" not in written
    assert "look at these files. hidden</p>" in " ".join(written.split())
