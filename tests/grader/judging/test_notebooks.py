"""Cells as Python: IPython's language, its bounds, and what serves where IPython is not here."""

from __future__ import annotations

import json

import pytest

from grader.judging import notebooks, source
from grader.judging.notebooks import (
    MOST_WORK,
    NotANotebook,
    as_python,
    joined,
    read_cells,
    without_asking,
)


def one(text):
    return as_python([(1, text)])[0][1]


@pytest.fixture(params=["with IPython", "without IPython"])
def ipython(request, monkeypatch):
    if request.param == "with IPython":
        pytest.importorskip("IPython")
    else:
        monkeypatch.setattr(notebooks, "_transformer", lambda: None)


@pytest.mark.parametrize(
    "text",
    [
        "%matplotlib inline\nx = 1",
        "!pip install numpy\nx = 1",
        "?len\nx = 1",
        "%%time\nx = 1",
        "%%capture out\nx = 1",
        "if True:\n    !ls\nx = 1",
        "get_ipython().run_line_magic('time', 'x = 1')",
        "get_ipython().run_cell_magic('time', '', 'x = 1\\n')",
    ],
)
def test_a_cell_with_magics_keeps_its_python(ipython, text):
    space = {"get_ipython": lambda: _Nothing()}
    exec(one(text), space)
    assert space["x"] == 1


class _Nothing:
    def __getattr__(self, name):
        return lambda *_: []


@pytest.mark.parametrize(
    "text", ["files = !ls\n", "t = %timeit -o 1\n", "len?\n", "!ls \\\n  -l\n"]
)
def test_what_ipython_reads_is_python(text):
    pytest.importorskip("IPython")
    compile(one(text), "cell", "exec")
    assert one("%time x = 1") == "x = 1"


def test_lines_keep_their_numbers_below_a_magic_of_the_whole_cell(ipython):
    assert one("%%time\nx = 1\ny = x").splitlines()[2] == "y = x"


def test_other_cells_are_no_python(ipython):
    space = {"get_ipython": lambda: _Nothing()}
    exec("\n".join(code for _, code in as_python([(1, "%%bash\nls -la\nx = (")])), space)


def test_nothing_is_run_while_a_cell_is_read(tmp_path):
    path = tmp_path / "touched"
    as_python([(1, f"!touch {path}\n%run {path}\nx = !touch {path}\n%%writefile {path}\nx")])
    assert not path.exists()


def test_the_work_is_bounded(monkeypatch):
    """Past the bound, cells are read in one pass, without IPython."""
    asked = []

    class Counting:
        def transform_cell(self, text):
            asked.append(len(text))
            return "pass"

    monkeypatch.setattr(notebooks, "_transformer", Counting)
    cell = "%magic\n" * 200
    as_python((number, cell) for number in range(600))
    assert 0 < sum(asked) * 200 <= 2 * MOST_WORK


def test_a_cell_that_is_no_python_is_a_comment_in_the_script():
    text = joined([(1, "x = 1"), (2, "def f(:"), (3, "y = 2")])
    space = {}
    exec(text, space)
    assert (space["x"], space["y"]) == (1, 2) and "# def f(:" in text


def test_cells_are_counted_among_the_code_cells():
    cells = [
        {"cell_type": kind, "metadata": {}, "source": text}
        for kind, text in (("markdown", "hi"), ("code", "x = 1"), ("code", ""), ("code", "y = 2"))
    ]
    raw = json.dumps({"cells": cells, "metadata": {}}).encode()
    assert read_cells(raw) == [(1, "x = 1"), (3, "y = 2")]
    assert source.of_notebook(raw, "a.ipynb").parts[1] == {"number": 3, "code": "y = 2"}


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b'<<<<<<< HEAD\n{"cells": []}\n=======\n>>>>>>> b\n', "marks of a merge conflict"),
        (b'{"cells": [], "metadata": {"kernelspec": {"language": "julia"}}}', "julia, not Python"),
        (b'{"cells": [], "metadata": []}', "structure"),
    ],
)
def test_why_a_file_is_no_notebook(raw, said):
    with pytest.raises(NotANotebook, match=said):
        read_cells(raw)


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("# coding: latin-1\nx = 'é'\n".encode("latin-1"), "é"),
        ("\ufeffx = 'é'\n".encode(), "é"),
        ("# vim: set fileencoding=cp1252 :\nx = '€'\n".encode("cp1252"), "€"),
    ],
)
def test_a_declared_encoding_is_obeyed(raw, text):
    read = source.decode(raw, "mine.py")
    assert read.trouble is None and text in read.text


@pytest.mark.parametrize(
    "raw",
    [
        b"# coding: nonsense\nx = 1\n",
        b"# coding: utf-8\nx = '\xe9'\n",
        b"# coding: undefined\nx",
        b"# coding: utf-7\nx = '+2AA-'\n",
    ],
)
def test_an_encoding_that_is_wrong_is_said(raw):
    assert source.decode(raw, "mine.py").trouble["kind"] == "not_text"


@pytest.mark.parametrize(
    "text",
    ["print 'x'", "print x, y", "try:\n    f()\nexcept ValueError, e:\n    pass", "exec 'x'"],
)
def test_python_2_is_named(text):
    assert source.of(text).trouble["kind"] == "python2"


@pytest.mark.parametrize("text", ["x = (", "print(x) y", "def f(:\n    print('x')"])
def test_another_slip_is_not_taken_for_python_2(text):
    assert source.of(text).trouble["kind"] == "syntax"


def notebook(*cells) -> bytes:
    rows = [{"cell_type": "code", "metadata": {}, "source": text} for text in cells]
    return json.dumps({"cells": rows, "metadata": {}}).encode()


def test_cells_write_modules():
    cells, written = notebooks.read_notebook(
        notebook(
            "%%writefile blocks.py\nold = 1",
            "%%writefile blocks.py\n\ndef block(X):\n    return X",
            "%%writefile -a blocks.py\nmore = 2\n",
            "%%file other.py\nx = (",
            "%%writefile ../far.py\nx = 1",
            "%%writefile notes.txt\nhello",
            "from blocks import block",
        )
    )
    assert written == {"blocks": "\ndef block(X):\n    return X\nmore = 2\n\n"}
    assert cells[-1] == (7, "from blocks import block")
    writing = [code for number, code in cells if number in (1, 2, 3)]
    assert all(line.startswith("#") for code in writing for line in code.splitlines())


def test_too_much_is_not_written(monkeypatch):
    monkeypatch.setattr(notebooks, "MOST_WRITTEN", 20)
    assert notebooks.read_notebook(notebook("%%writefile a.py\nx = " + "1" * 30))[1] == {}


def test_a_notebook_of_very_many_parts_is_not_parsed(monkeypatch):
    monkeypatch.setattr(notebooks, "json", None)
    with pytest.raises(notebooks.NotANotebook, match="more than 500,000 parts"):
        notebooks.read_cells(b'{"cells": [' + b"[]," * 500_000 + b"[]]}")


def test_cells_are_measured_before_they_are_read(monkeypatch):
    """A cell that is too large, and all of them if they are so together, are never parsed."""
    monkeypatch.setattr(notebooks, "ast", None)
    large = "x = 1\n" * (notebooks.LARGEST_CELL // 6 + 1)
    raw = json.dumps({"cells": [{"cell_type": "code", "source": large}]}).encode()
    with monkeypatch.context() as patch:
        patch.setattr(notebooks, "_ASKS", None)
        assert notebooks.read_cells(raw) == [(1, large)]
    many = [(number, "x = 1\n" * 20_000) for number in range(10)]
    assert as_python(many) == many
    assert source.of_cells(many, "mine.ipynb").trouble["kind"] == "too_large"
    rows = [{"cell_type": "code", "source": text} for _, text in many]
    with pytest.raises(notebooks.NotANotebook, match="letters of code"):
        notebooks.script(json.dumps({"cells": rows}).encode())


@pytest.mark.parametrize(
    "text",
    [
        "\n" * 150_000 + "%x",
        "x ==" + "\n" * 150_000 + "(",
        "from grader.notebook import (\n" * 6_000,
        "print\n" * 20_000 + "except x" + "\n" * 100_000 + "(",
    ],
)
def test_blank_lines_and_open_brackets_take_no_time(text):
    """Patterns that read on from every line took minutes for these."""
    assert as_python([(1, without_asking(text))])
    assert source.of(text).trouble
