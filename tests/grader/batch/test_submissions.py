"""What platforms really hand over: one learner each, and the one file that is meant."""

import io
import json
import zipfile

import pytest

from grader.batch import submissions
from grader.judging import source

NAME, RIGHT = "lenet", "def lenet5():\n    pass\n"


def packed(members: dict) -> bytes:
    """The bytes of a zip with these members; a member that is a dict is a zip itself."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, packed(content) if isinstance(content, dict) else content)
    return buffer.getvalue()


def read(tmp_path, members):
    path = tmp_path / "hers.zip"
    path.write_bytes(packed(members))
    return submissions.read(path, NAME)


@pytest.mark.parametrize(
    "ignored", ["node_modules", "__MACOSX", ".git", "venv", "__pycache__", "work/.venv/lib"]
)
def test_many_files_in_folders_that_do_not_count(tmp_path, ignored):
    rest = {f"{ignored}/{number}.py": "" for number in range(submissions.MOST_FILES + 5)}
    source = read(tmp_path, {"./work/mine.py": RIGHT, **rest})
    assert (source.filename, source.text, source.trouble) == ("mine.py", RIGHT, None)
    folder = tmp_path / "hers"
    for name, text in {"work/mine.py": RIGHT, **rest}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    assert submissions.read(folder, NAME).text == RIGHT


def test_many_files_that_count_are_refused(tmp_path):
    rest = {f"pictures/{number}.png": "" for number in range(submissions.MOST_FILES)}
    trouble = read(tmp_path, {"mine.py": RIGHT, **rest}).trouble
    assert trouble == {"kind": "archive", "text": "it holds more than 1,000 files"}


def test_a_path_that_leads_out_is_refused_still(tmp_path):
    for name in ("../mine.py", "work/../../mine.py", "/mine.py"):
        assert "leads out of it" in read(tmp_path, {name: RIGHT}).trouble["text"]


def test_a_zip_in_a_zip_is_opened(tmp_path):
    source = read(tmp_path, {"report.pdf": "", "hers/homework.zip": {"week 2/mine.py": RIGHT}})
    assert (source.filename, source.text, source.trouble) == ("mine.py", RIGHT, None)
    inner = {"mine.ipynb": json.dumps({"cells": [{"cell_type": "code", "source": RIGHT}]})}
    assert RIGHT in read(tmp_path, {"a.zip": inner}).text
    # What lies beside a script or notebook does not count.
    assert read(tmp_path, {"mine.py": RIGHT, "data.zip": {"other.py": "x = 1"}}).text == RIGHT


@pytest.mark.parametrize("members, kind, said", [
    ({"a.zip": {"b.zip": {"mine.py": RIGHT}}}, "archive", "zips in zips, more than 2 deep"),
    ({"a.zip": {"mine.py": RIGHT}, "b.zip": {"mine.py": RIGHT}}, "which", "a.zip, b.zip"),
    ({"a.zip": {"notes.txt": ""}}, "nothing", ""),
    ({"a.zip": "not a zip"}, "archive", "not a zip file"),
    ({"a.zip": {"../mine.py": RIGHT}}, "archive", "leads out of it"),
])  # fmt: skip
def test_a_zip_in_a_zip_that_is_refused(tmp_path, members, kind, said):
    trouble = read(tmp_path, members).trouble
    assert trouble["kind"] == kind and said in trouble["text"]


def test_a_zip_in_a_zip_is_bounded_in_size(tmp_path, monkeypatch):
    monkeypatch.setattr(submissions, "LARGEST", 4000)
    bomb = {"a.zip": {"mine.ipynb": "0" * 1_000_000}}
    assert "larger than 4,000 bytes" in read(tmp_path, bomb).trouble["text"]


@pytest.mark.parametrize("form", ["folders", "files"])
def test_moodles_text_beside_the_files_is_no_learner(tmp_path, form):
    online, files = "_assignsubmission_onlinetext_", "_assignsubmission_file_"
    learners = {"Ann [B]_101": (online, files), "Bo Li_102": (files,), "Cy_103": (online,)}
    for name, kinds in learners.items():
        for kind in kinds:
            file = "onlinetext.html" if kind == online else "mine.py"
            path = tmp_path / f"{name}{kind}" / file if form == "folders" else None
            path = path or tmp_path / f"{name}{kind}{file}"
            path.parent.mkdir(exist_ok=True)
            path.write_text(RIGHT)
    found = sorted(submissions.scan(tmp_path))
    assert [name.split("_assign")[0] for name in found] == sorted(learners)
    # Who handed in a text alone keeps a row, which says that there is no file to grade.
    troubles = {name[:2]: submissions.read(tmp_path / name, NAME).trouble for name in found}
    assert troubles["An"] is None and troubles["Bo"] is None
    assert troubles["Cy"]["kind"] == ("nothing" if form == "folders" else "file_type")


@pytest.mark.parametrize("way", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_zip_that_is_packed_in_another_way_is_refused_unread(tmp_path, way):
    """A damaged one of these ended the grading of a class, and a small one filled the memory."""
    path = tmp_path / "hers.zip"
    with zipfile.ZipFile(path, "w", way) as archive:
        archive.writestr("mine.py", "#" * 10_000)
    torn = bytearray(path.read_bytes())
    torn[60:70] = bytes(10)
    for content in (path.read_bytes(), bytes(torn)):
        path.write_bytes(content)
        trouble = submissions.read(path, "lenet").trouble
        assert trouble["kind"] == "archive" and "another way than usual" in trouble["text"]


POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:0a1b2c\nsize 1328\n"


@pytest.mark.parametrize("name", ["mine.py", "mine.ipynb", "mine.zip"])
def test_a_pointer_of_git_lfs_is_called_so(tmp_path, name):
    path = tmp_path / name
    path.write_text(POINTER)
    assert submissions.read(path, NAME).trouble["kind"] == "lfs"
    if not name.endswith(".zip"):
        assert source.read(path).trouble == {"kind": "lfs"}
        assert read(tmp_path, {name: POINTER}).trouble["kind"] == "lfs"


def test_a_module_that_the_notebook_writes_counts_before_one_beside_it(tmp_path):
    cells = ["%%writefile blocks.py\nx = 1", RIGHT]
    rows = [{"cell_type": "code", "source": text} for text in cells]
    members = {"mine.ipynb": json.dumps({"cells": rows}), "blocks.py": "x = 2", "other.py": "y = 3"}
    assert dict(read(tmp_path, members).shipped) == {"blocks": "x = 1\n", "other": "y = 3"}


def test_whatever_a_file_does_to_its_reader_is_its_row(tmp_path, monkeypatch):
    def fail(*_):
        raise MemoryError

    monkeypatch.setattr(submissions.source, "decode", fail)
    trouble = read(tmp_path, {"mine.py": RIGHT}).trouble
    assert trouble == {"kind": "not_file", "text": "it raised MemoryError when read"}


def test_a_list_of_very_many_files_is_not_read(tmp_path, monkeypatch):
    path = tmp_path / "hers.zip"
    path.write_bytes(packed({"mine.py": RIGHT}) + b"PK\x01\x02" * (20 * submissions.MOST_FILES))
    monkeypatch.setattr(submissions.zipfile, "ZipFile", None)
    assert submissions.read(path, NAME).trouble["text"] == "it holds more than 1,000 files"
