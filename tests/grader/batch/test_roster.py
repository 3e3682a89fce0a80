"""A teacher's own files: a roster of any make, overrides, gradebooks, and a regrade."""

from __future__ import annotations

import csv

import pytest

from grader.batch import overrides, roster, teacher_csv
from grader.batch.class_list import Line
from grader.batch.run import Batch
from grader.errors import GraderError
from tests.grader.batch import stand_in
from tests.grader.batch.stand_in import SETTINGS, Pool

CANVAS = """Student,ID,SIS User ID,SIS Login ID,Section,Homework (7)
"    Points Possible",,,,,100
"Müller, Vera",105,s100123,vera@x.org,A,
"李, 小明",106,s100124,ming@x.org,A,
"Student, Test",107,,,A,
"""
MOODLE = """Identifier,Full name,Email address,Status,Grade,Maximum Grade,Feedback comments
Participant 105,Vera Müller,vera@x.org,Submitted,,100,
Participant 106,小明 李,ming@x.org,Submitted,,100,
"""
GRADESCOPE = """First Name,Last Name,SID,Email,Role
Vera,Müller,105,vera@x.org,Student
小明,李,106,ming@x.org,Student
Tom,Teacher,1,tom@x.org,Instructor
"""
PLAIN = "学号;姓名\n105;Vera Müller\n106;小明 李\n"


def line(file, **more):
    fields = {"by_exercise": {"identity_block": 20.0}, "by_check": {}, "missed": [], "page": None}
    learner = more.pop("learner", file)
    return Line(file, file, file, learner, "", "k", 50.0, 100, "graded", 1.0, **{**fields, **more})


@pytest.mark.parametrize("text", [CANVAS, MOODLE, GRADESCOPE, PLAIN])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_roster_of_any_make_is_read(text, encoding, tmp_path):
    path = tmp_path / "roster.csv"
    path.write_bytes(text.encode(encoding))
    found = roster.read(path)
    assert [one.name for one in found.people] == ["Vera Müller", "小明 李"] and not found.said
    files = ["Müller, Vera (123).py", "小明 李_106_assignsubmission_file_a.py", "李小明.py"]
    lines = [line(file) for file in files]
    assert roster.join(lines, found) == []
    assert [one.learner for one in lines] == ["Vera Müller", "小明 李", "小明 李"]


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("姓名\t学号\n张小明\t1\n王镕\t2\n".encode("gbk"), "张小明"),
        ("name|id\nJosé Müller|1\n".encode("cp1252"), "José Müller"),
        ("name,id\nVera Müller,1\n".encode("utf-16-le"), None),
    ],
)
def test_other_separators_and_encodings(raw, name, tmp_path):
    path = tmp_path / "roster.csv"
    path.write_bytes(raw)
    if name is None:
        with pytest.raises(GraderError, match="another kind of file"):
            roster.read(path)
    else:
        assert roster.read(path).people[0].name == name


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "found it empty"),
        ("colour,size\nred,1\n", "expected a column with the title name, id or email"),
        ("name,id\n\n,\n", "expected learners below the titles, found none"),
        ('name,id\n"Anna,1\nBo,2\n', "up to line 3: .*; is a quotation mark missing?"),
    ],
)
def test_what_is_no_roster_is_one_line(text, said, tmp_path):
    (tmp_path / "r.csv").write_text(text)
    with pytest.raises(GraderError, match=said):
        roster.read(tmp_path / "r.csv")
    with pytest.raises(GraderError, match="expected a CSV, received: No such file"):
        roster.read(tmp_path / "none.csv")


def test_of_two_columns_with_one_title_the_first_counts(tmp_path):
    (tmp_path / "r.csv").write_text("name,name,id\nAnna,Bo\nCleo,,3,more\n")
    people = roster.read(tmp_path / "r.csv").people
    assert [(one.name, one.id) for one in people] == [("Anna", ""), ("Cleo", "3")]


# The file's name, and who it is; the number in Moodle's name is another learner's id.
PEOPLE = (
    "name,id\nVera Müller,1001\nMing Li,1002\nMing Li Hua,1003\nVera Klein,1004\nמיכל לוי,1005\n"
)
JOINS = {
    "1001.py": "Vera Müller",
    "hw1_1004.ipynb": "Vera Klein",
    "mullervera_LATE_77_88_hw.py": "Vera Müller",
    "Ming Li.py": "Ming Li",
    "Li Ming Hua homework.py": "Ming Li Hua",
    "Vera Klein_1001_assignsubmission_file_x.py": "Vera Klein",
    "VERA MU\u0308LLER.py": "Vera Müller",
    "מיכל לוי.py": "מיכל לוי",
    "Vera.py": None,
    "🦊.py": None,
    "1001 Ming Li.py": None,
}


@pytest.mark.parametrize(("file", "name"), JOINS.items())
def test_a_file_joins_one_learner_or_none(file, name, tmp_path):
    (tmp_path / "r.csv").write_text(PEOPLE, encoding="utf-8")
    own = line(file)
    said = " ".join(roster.join([own], roster.read(tmp_path / "r.csv")))
    assert (own.person.name if own.person else None) == name
    assert ("join nobody" in said) == (name is None)
    assert ("fits more than one" in said) == (file == "1001 Ming Li.py")


def test_doubles_and_who_is_missing_are_said(tmp_path):
    (tmp_path / "r.csv").write_text("name,id\nAnna,1\nAnna,1\nBo,2\n")
    said = roster.join([line("Anna.py")], roster.read(tmp_path / "r.csv"))
    assert said == [
        "Anna stands 2 times in the roster; the first line counts.",
        "1 in the roster have handed in nothing: Bo.",
    ]


def test_of_two_files_the_later_counts():
    lines = [line("anna.py", learner="anna"), line("anna.ipynb", learner="anna"), line("bo.py")]
    [said] = roster.later_ones(lines, {"anna.py": 20, "anna.ipynb": 10})
    assert said == "anna has handed in 2 files: the latest counts, anna.py."
    assert [one.counts for one in lines] == [True, False, True]
    assert lines[1].notes == ["Does not count: anna.py is later."]


def test_odd_names_stand_in_one_line_and_show_what_is_invisible(tmp_path):
    (tmp_path / "r.csv").write_text("name\nAnna\n")
    files = ["a\nb.py", "x\u202ey.py", "李" * 80 + ".py", "x" * 237 + ".py"]
    said = roster.join([line(file) for file in files], roster.read(tmp_path / "r.csv"))
    assert said[0].startswith("4 submissions join nobody in the roster: a b.py; x\ufffdy.py; 李")
    assert "\n" not in said[0] and "x ... (140 more)" in said[0]


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "in"
    path.mkdir()
    for number, name in enumerate(("Vera Müller", "小明 李", "Bo")):
        (path / f"{name}.py").write_text(f"x = {number}\n")
    return path


def run(folder, out, **more):
    with Batch(folder, out, SETTINGS, **more) as batch:
        batch.run(Pool())
    return batch


def table(path):
    with path.open(newline="", encoding="utf-8-sig") as file:
        return [*csv.DictReader(file)]


def test_overrides_are_honoured_and_shown_and_one_for_nobody_is_said(folder, tmp_path):
    out = tmp_path / "out"
    run(folder, out)
    before = {row["learner"]: float(row["score"]) for row in table(out / "scores.csv")}
    path = out / overrides.NAME
    assert path.read_text() == "who,exercise,score,late,regrade,reason\n"
    path.write_text(
        "who;exercise;score;late;regrade;reason\n"
        "vera müller;;50;;;told it well\nVera Müller.py;;;80%;;two days\n"
        "小明 李;identity_block;7,5;;;\n\n;;;;;\n"
        "Nobody;;3;;;\nBo;;many;;;\nBo;no_such;1;;;\nBo;;;1.5;;\n",
        encoding="utf-8",
    )
    batch = run(folder, out)
    rows = {row["learner"]: row for row in table(out / "scores.csv")}
    assert rows["Vera Müller"]["score"] == "40"
    assert (
        "in place of" in rows["Vera Müller"]["note"] and "two days" in rows["Vera Müller"]["note"]
    )
    exercise = stand_in.document("x = 1\n")["tests"]
    points = sum(t["score"] for t in exercise if t["extra_data"]["exercise"] == "identity_block")
    assert float(rows["小明 李"]["score"]) == before["小明 李"] - points + 7.5
    assert float(rows["Bo"]["score"]) == before["Bo"]
    assert batch.unusable == 4 and batch.counts.graded == 0
    said = " ".join(batch.said)
    assert "overrides.csv, line 7: nobody is called 'Nobody'; this line is left out." in said
    assert "expected for score a number" in said and "no exercise is called no_such" in said
    assert "nobody is called" in (out / "index.html").read_text()
    assert "told it well" in (out / "learners" / "Vera Müller.html").read_text()
    path.write_text("colour\nred\n")
    with pytest.raises(GraderError, match="expected the titles who"):
        run(folder, out)


def test_a_word_grades_once_more(folder, tmp_path):
    out = tmp_path / "out"
    run(folder, out)
    (out / overrides.NAME).write_text("who,regrade\nBo,monday\n")
    assert run(folder, out).counts.graded == 1
    assert run(folder, out).counts.graded == 0
    (out / overrides.NAME).write_text("who,regrade\nBo,tuesday\n")
    assert run(folder, out).counts.graded == 1
    note = {row["learner"]: row["note"] for row in table(out / "scores.csv")}["Bo"]
    assert note.startswith("Graded again (monday): ") and "(tuesday)" in note


@pytest.mark.parametrize("text", [CANVAS, MOODLE, PLAIN])
def test_gradebooks_have_every_learner_of_the_roster(text, folder, tmp_path):
    path, out = tmp_path / "roster.csv", tmp_path / "out"
    path.write_text(text, encoding="utf-8")
    (folder / "小明 李.py").unlink()
    run(folder, out, roster_file=path)
    score = f"{stand_in.document('x = 0' + chr(10))['score']:g}"
    possible, *canvas = table(out / "gradebook_canvas.csv")
    assert possible["Student"].strip() == "Points Possible"
    assert possible["Residual networks"] == "100"
    assert [row["Residual networks"] for row in canvas] == [score, ""]
    moodle = table(out / "gradebook_moodle.csv")
    assert [row["Grade"] for row in moodle] == [score, ""]
    if text is CANVAS:
        assert [row["SIS User ID"] for row in canvas] == ["s100123", "s100124"]
        assert canvas[0]["Student"] == "Müller, Vera"
    if text is MOODLE:
        assert moodle[0]["Identifier"] == "Participant 105" and moodle[0]["Maximum Grade"] == "100"


def test_a_regrade_says_whose_score_moves_before_it_is_written(folder, tmp_path, monkeypatch):
    out = tmp_path / "out"
    run(folder, out)
    before = {path: path.read_bytes() for path in out.rglob("*.[chj]*") if path.is_file()}
    monkeypatch.setattr("grader.judging.digest._versions", lambda: {"keras": "4.0"})
    monkeypatch.setattr(
        stand_in, "document", lambda text, old=stand_in.document: old(text.replace("2", "5"))
    )
    with pytest.raises(GraderError, match="--regrade grades again"):
        run(folder, out)
    shown = run(folder, out, regrade=True)
    assert {path: path.read_bytes() for path in before} == before
    moves = [one for one in shown.said if "->" in one]
    assert len(moves) == 1 and moves[0].startswith("Bo: ") and "block" in moves[0]
    assert shown.said[-2] == "1 of 3 scores move under the changed checks."
    assert "Nothing is written yet" in shown.said[-1]
    written = run(folder, out, regrade=True, accept=True)
    assert written.counts.graded == 0 and moves[0] in written.said
    rows = {row["learner"]: float(row["score"]) for row in table(out / "scores.csv")}
    assert rows["Bo"] == stand_in.document("x = 2\n")["score"]
    assert run(folder, out).counts.known == 3


def test_pairs_of_high_bytes_tell_gbk_from_latin():
    assert teacher_csv._text("张小明".encode("gb18030")) == "张小明"
    assert teacher_csv._text("Zoë Çelik; Müller".encode("cp1252")) == "Zoë Çelik; Müller"
