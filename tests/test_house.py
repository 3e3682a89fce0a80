"""The rules of docs/design.md, checked on every source file: imports, docstrings, sys.path."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from datasets.code_hash import imported as imported_files

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("nets", "datasets", "training", "grader", "solutions", "benchmarks", "signs")
OURS = {*PACKAGES, "assignments"}
# What each package may import of ours; benchmarks stand outside and may use all.
MAY_IMPORT = {
    "nets": {"nets"},
    "datasets": {"datasets"},
    "training": {"training", "datasets"},
    "solutions": {"signs", "datasets", "training"},  # never nets, which has the answers
    "grader": {"grader", "nets", "datasets"},
    "benchmarks": OURS,
    "signs": {"signs", "nets", "datasets", "training", "grader"},
}
FILES = [
    path.relative_to(ROOT)
    for package in PACKAGES
    for path in sorted((ROOT / package).rglob("*.py"))
    if "data" not in path.relative_to(ROOT).parts
]
CHECKS = [path.relative_to(ROOT) for path in sorted((ROOT / "tests/autograder").rglob("*.py"))]
# The rooms of a package, from the lowest: each may import from the rooms named here. "" is the
# package's own folder, such as grader/errors.py; its __main__.py may use all. So may
# grader/notebook.py, which is the same for a notebook.
ROOMS = {
    "grader": {
        "": set(),
        "runner": set(),
        "i18n": {""},
        "judging": {"", "runner", "i18n"},
        "authoring": {"", "runner", "i18n", "judging"},
        "learner": {"", "runner", "i18n", "judging", "authoring"},
        "batch": {"", "runner", "i18n", "judging", "authoring"},
    },
    "training": {
        "": set(),
        "doctor": {""},
        "transfer": {""},
        "lessons": {"", "transfer"},
        "reproduce": {"", "transfer", "lessons"},
        "race": {"", "transfer", "reproduce"},
        "results": {"", "transfer", "lessons", "reproduce", "race"},
    },
}


def parsed(path: Path) -> ast.Module:
    return ast.parse((ROOT / path).read_text(encoding="utf-8"))


def imported(tree: ast.Module) -> set[str]:
    """The dotted names of everything that is imported, also inside functions."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def room(name: str) -> str:
    """The room of a module, such as "batch" for grader.batch.run; "" for the package's folder."""
    package, part = f"{name}.".split(".")[:2]
    return part if part and (ROOT / package / part).is_dir() else ""


def test_there_are_files_to_check():
    assert {path.parts[0] for path in FILES} == set(PACKAGES)


@pytest.mark.parametrize("path", FILES, ids=str)
def test_a_package_imports_only_what_it_may(path):
    ours = {name.split(".")[0] for name in imported(parsed(path))} & OURS
    assert ours <= MAY_IMPORT[path.parts[0]], f"{path} imports {sorted(ours)}"


@pytest.mark.parametrize("path", [path for path in FILES if path.parts[0] in ROOMS], ids=str)
def test_a_room_imports_only_what_it_may(path):
    package, own = path.parts[0], path.parts[1] if len(path.parts) > 2 else ""
    used = {room(name) for name in imported(parsed(path)) if name.split(".")[0] == package}
    if path.name != "__main__.py" and path != Path("grader/notebook.py"):
        assert used <= {own, *ROOMS[package][own]}, f"{path} imports from {sorted(used)}"


def test_the_runner_imports_nothing_of_ours_outside_itself():
    files = [ROOT / path for path in FILES if path.parts[:2] == ("grader", "runner")]
    outside = set(imported_files(*files)) - {*files, ROOT / "grader" / "__init__.py"}
    assert len(files) > 5 and not outside


@pytest.mark.parametrize("package", ["nets", "datasets", "training", "grader"])
def test_no_circle_of_imports(package):
    files = {
        ".".join(path.with_suffix("").parts): path
        for path in FILES
        if path.parts[0] == package and path.name != "__init__.py"
    }
    left = {}
    for module, path in files.items():
        names = imported(parsed(path))
        parents = {name.rpartition(".")[0] for name in names}
        left[module] = (names | parents) & set(files) - {module}
    while left:
        free = [name for name, needs in left.items() if not needs & set(left)]
        assert free, f"these import each other in a circle: {left}"
        left = {name: needs for name, needs in left.items() if name not in free}


@pytest.mark.parametrize("path", CHECKS, ids=str)
def test_the_checks_import_no_submission(path):
    ours = {name.split(".")[0] for name in imported(parsed(path))} & OURS
    assert not ours & {"solutions", "assignments"}


def changes_sys_path(tree: ast.Module) -> bool:
    """Whether the code calls a method of sys.path, such as insert, or assigns to it."""
    texts = {ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    if any(text.startswith("sys.path.") for text in texts):
        return True
    stored = [node for node in ast.walk(tree) if isinstance(getattr(node, "ctx", None), ast.Store)]
    return any(ast.unparse(node).partition("[")[0] == "sys.path" for node in stored)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("import sys\nsys.path.insert(0, 'x')", True),
        ("import sys\nsys.path = []", True),
        ("import sys\nsys.path[:] = []", True),
        ("import sys\nsys.path += ['x']", True),
        ("import sys\nprint(sys.path, sys.path[0])\nx = 'sys.path.insert(0)'", False),
    ],
)
def test_a_change_of_sys_path_is_seen(code, expected):
    assert changes_sys_path(ast.parse(code)) is expected


def test_only_exercise_scripts_and_the_command_change_sys_path():
    """They find the packages by themselves; the rest is importable: the project is installed."""
    # A submission's process makes its own path: the project must not be on it.
    others = [path.relative_to(ROOT) for path in (ROOT / "tests").rglob("*.py")]
    free = ("solutions/", "grader/runner/", "signs/__init__.py")
    files = [path for path in (*FILES, *others) if not path.as_posix().startswith(free)]
    assert [path for path in files if changes_sys_path(parsed(path))] == []


@pytest.mark.parametrize("path", FILES, ids=str)
def test_what_is_public_says_what_it_does(path):
    tree = parsed(path)
    assert path.name == "__init__.py" or ast.get_docstring(tree), f"{path} has no docstring"
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    silent = [
        node.name
        for node in tree.body
        if isinstance(node, kinds)
        and not node.name.startswith("_")
        and ast.get_docstring(node) is None
    ]
    assert not silent, f"{path}: no docstring: {silent}"


@pytest.mark.parametrize("package", ["nets", "datasets", "training", "grader"])
def test_importing_a_package_loads_no_framework(package):
    heavy = "{'keras', 'tensorflow', 'jax', 'torch'} & set(sys.modules)"
    code = f"import sys, {package}; sys.exit(str(sorted({heavy})) if {heavy} else 0)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_no_photograph_is_in_the_project():
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True).stdout
    assert not [name for name in listed.splitlines() if name.endswith((".h5", ".hdf5", ".keras"))]


# What the project keeps as it is, besides text.
BINARY = {".png", ".npz", ".webp"}


def test_every_other_file_of_the_project_is_text():
    """A wheel, an archive or a picture of somebody's home does not come in with `git add`."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True).stdout
    for name in listed.splitlines():
        path = ROOT / name
        if path.suffix not in BINARY and path.is_file():
            path.read_bytes().decode("utf-8")


def test_the_lock_holds_one_version_of_each_requirement_with_hashes():
    """requirements.lock stands beside the ranges and keeps to them; `make lock` writes it."""
    from packaging.markers import default_environment
    from packaging.requirements import Requirement

    rows: list[tuple[Requirement, list[str]]] = []
    for line in (ROOT / "requirements.lock").read_text().splitlines():
        if line.lstrip().startswith("--hash=sha256:"):
            rows[-1][1].append(line)
        elif line and not line.startswith("#"):
            rows.append((Requirement(line.rstrip(" \\")), []))
    assert all(hashes for _, hashes in rows)
    here = [row for row, _ in rows if row.marker is None or row.marker.evaluate()]
    locked = {row.name.lower(): next(iter(row.specifier)).version for row in here}
    assert len(locked) == len(here), default_environment()
    for file in ("requirements.txt", "requirements-test.txt", "requirements-grader.txt"):
        for line in (ROOT / file).read_text().splitlines():
            if line and not line.startswith("#"):
                wanted = Requirement(line)
                assert wanted.specifier.contains(locked[wanted.name.lower()]), (file, line)


def test_every_requirement_has_its_licence_listed():
    listed = (ROOT / "docs" / "licences.md").read_text()
    for file in ROOT.glob("requirements*.txt"):
        for line in file.read_text().splitlines():
            if line and not line.startswith("#"):
                name = re.split(r"[\[<>=]", line)[0]
                assert f"| {name} |" in listed, (file.name, name)
