"""The house rules, checked on every source file: who imports whom, lengths, docstrings."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from nets.catalogue import CATALOGUE

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("nets", "datasets", "training", "grader", "solutions", "benchmarks")
OURS = {"nets", "datasets", "training", "grader", "solutions", "assignments", "benchmarks"}
# Whom each package may import of ours; benchmarks stand outside and may use all.
MAY_IMPORT = {
    "nets": {"nets"},
    "datasets": {"datasets"},
    "training": {"training", "datasets"},
    "solutions": {"datasets", "training"},
    "grader": {"grader", "nets"},
    "benchmarks": OURS,
}
FILES = [
    path.relative_to(ROOT)
    for package in PACKAGES
    for path in sorted((ROOT / package).rglob("*.py"))
    if "data" not in path.relative_to(ROOT).parts
]
# The files in which networks stand, by the catalogue; the rest of nets/ are tools.
NETWORKS = {Path("nets") / f"{row.builder.split('.')[0]}.py" for row in CATALOGUE.values()}


def parsed(path: Path) -> ast.Module:
    return ast.parse((ROOT / path).read_text(encoding="utf-8"))


def imported(tree: ast.Module) -> set[str]:
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found.add((node.module or "").split(".")[0])
    return found


def functions(tree: ast.Module):
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return [node for node in ast.walk(tree) if isinstance(node, kinds)]


def test_there_are_files_to_check():
    assert {path.parts[0] for path in FILES} == set(PACKAGES)


@pytest.mark.parametrize("path", FILES, ids=str)
def test_imports_only_whom_it_may(path):
    ours = imported(parsed(path)) & OURS
    assert ours <= MAY_IMPORT[path.parts[0]], f"{path} imports {sorted(ours)}"


@pytest.mark.parametrize("path", FILES, ids=str)
def test_lengths(path):
    text = (ROOT / path).read_text(encoding="utf-8")
    lines = text.splitlines()
    long = [number for number, line in enumerate(lines, 1) if len(line) > 100]
    assert not long, f"{path}: over 100 columns at lines {long}"
    most = 200 if path in NETWORKS else 300
    allowed = path.parts[0] == "solutions" or len(lines) < most  # a homework is as long as it is
    assert allowed, f"{path}: {len(lines)} lines; expected under {most}"
    sizes = {f.name: f.end_lineno - f.lineno + 1 for f in functions(parsed(path))}
    assert not {name: size for name, size in sizes.items() if size > 50}, path


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
