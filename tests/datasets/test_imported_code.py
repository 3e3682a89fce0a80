"""Which files a result depends on, found by walking imports, and what changes their hash."""

import pytest

from datasets.code_hash import ROOT, code_hash, files_hash, imported

FILES = {
    "main.py": "import tools.cut\nfrom shop import till\ndef f():\n  from shop.deep import well\n",
    "tools/__init__.py": "",
    "tools/cut.py": "import json\nimport numpy as np\n",
    "tools/unused.py": "x = 1\n",
    "shop/__init__.py": "from shop.sign import NAME\n",
    "shop/sign.py": "NAME = 'shop'\n",
    "shop/till.py": "import shop.circle\n",
    "shop/circle.py": "import shop.till\n",
    "shop/deep/__init__.py": "",
    "shop/deep/well.py": "from . import rope\nfrom ..sign import NAME\nfrom .bucket import full\n",
    "shop/deep/rope.py": "",
    "shop/deep/bucket.py": "full = True\n",
}  # fmt: skip


@pytest.fixture
def project(tmp_path):
    """A small project, in which only tools/unused.py is imported by nobody."""
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def names(project, *entries, **options):
    files = imported(*(project / entry for entry in entries), root=project, **options)
    return [path.relative_to(project).as_posix() for path in files]


def test_everything_that_is_imported_counts(project):
    """Imports in functions, packages' __init__, relative imports and circles included."""
    assert names(project, "main.py") == sorted(set(FILES) - {"tools/unused.py"})
    assert names(project, "shop/circle.py") == [
        "shop/__init__.py", "shop/circle.py", "shop/sign.py", "shop/till.py"]  # fmt: skip
    assert "tools/unused.py" in names(project, "main.py", "tools/unused.py")


def test_a_name_of_a_module_is_no_file_beside_it(project):
    """`from shop.sign import NAME` imports no file NAME.py of another folder."""
    (project / "NAME.py").write_text("")
    assert "NAME.py" not in names(project, "main.py")


def test_the_walk_stops_where_it_is_told(project):
    assert names(project, "main.py", without=[project / "shop" / "deep"]) == [
        "main.py", "shop/__init__.py", "shop/circle.py", "shop/sign.py", "shop/till.py",
        "tools/__init__.py", "tools/cut.py"]  # fmt: skip
    # What is behind it counts if another file imports it.
    left = names(project, "main.py", without=[project / "shop" / "till.py"])
    assert "shop/till.py" not in left and "shop/circle.py" not in left and "shop/sign.py" in left


@pytest.mark.parametrize("name", sorted(set(FILES) - {"tools/unused.py"}))
def test_code_changes_the_hash_and_words_do_not(project, name):
    before = code_hash(project / "main.py", root=project)
    file = project / name
    file.write_text(f'"""What it is for."""\n\n{FILES[name]}# a comment\n')
    assert code_hash(project / "main.py", root=project) == before
    file.write_text(FILES[name] + "more = 2\n")
    assert code_hash(project / "main.py", root=project) != before
    (project / "tools" / "unused.py").write_text("x = 3\n")
    file.write_text(FILES[name])
    assert code_hash(project / "main.py", root=project) == before


def test_docstrings_of_functions_and_layout_do_not_count(tmp_path):
    file, hashes = tmp_path / "a.py", []
    for text in (
        'def f(x):\n    """Twice."""\n    return 2 * x\n',
        "def f(x):\n\n    return (2 *\n            x)  # doubled\n",
        "def f(x):\n    return 2 * x + 0\n",
        "def f(x):\n    return '2 * x'\n",
    ):
        file.write_text(text)
        hashes.append(files_hash(file))
    assert hashes[0] == hashes[1] and len(set(hashes)) == 3


def test_a_file_that_is_not_python_counts_as_it_stands(project):
    file = project / "main.py"
    hashes = []
    for text in ("def f(:\n", "def f(:  # why\n", "import tools.cut\nx = \0\n"):
        file.write_text(text)
        assert names(project, "main.py") == ["main.py"]
        hashes.append(code_hash(file, root=project))
    assert len(set(hashes)) == 3


def test_an_entry_that_is_missing_is_an_error(tmp_path):
    with pytest.raises(OSError, match="nowhere"):
        code_hash(tmp_path / "nowhere.py")


def test_a_file_outside_the_project_may_import_it(tmp_path):
    (tmp_path / "mine.py").write_text("from datasets import errors\n")
    files = imported(tmp_path / "mine.py")
    assert ROOT / "datasets" / "errors.py" in files and tmp_path / "mine.py" in files
