"""Find near-identical submissions: renamed variables, comments and layout do not hide them.

A submission is the set of its shingles: eight tokens in a row of its normalised syntax tree. Those
of the released exercise do not count. Sets are compared by MinHash (Broder 1997, "On the
resemblance and containment of documents"): 128 minima estimate the Jaccard index to about 0.03. Two
submissions are compared only if they share all eight minima of one of 16 bands, so the work grows
with the number of submissions, not with the number of pairs.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator

import numpy as np

from grader.batch.store import Store

LENGTH = 8
BANDS, ROWS = 16, 8
ALIKE = 0.85
# Fewer shingles than these are a few lines, which anybody could have written.
FEWEST = 40
# Letters: a longer text is no exercise's, and to compare it would hold up the class.
LONGEST = 300_000
# Per bucket, how many submissions that differ from each other the rest is compared with.
_KEPT = 8
_BLOCK = 2048
_random = np.random.default_rng(0)
_FACTORS = _random.integers(1, 2**63, BANDS * ROWS, dtype=np.uint64) * np.uint64(2) + np.uint64(1)
_SHIFTS = _random.integers(0, 2**63, BANDS * ROWS, dtype=np.uint64)
_BOUND = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def shingles(text: str) -> frozenset[int]:
    """The shingles of a script, as 64-bit hashes; none if it is too long or cannot be parsed."""
    if len(text) > LONGEST:
        return frozenset()
    try:
        tree = ast.parse(text)
        rows: list[list[str]] = []
        _walk(tree, _bound(tree), _new(rows), rows)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return frozenset()
    return frozenset(
        int.from_bytes(
            hashlib.blake2b(
                "\0".join(row[i : i + LENGTH]).encode("utf-8", "surrogatepass"), digest_size=8
            ).digest(),
            "little",
        )
        for row in rows
        for i in range(max(1, len(row) - LENGTH + 1))
    )


def sketch(shingles: frozenset[int]) -> bytes:
    """The MinHash of a set of shingles, 512 bytes; b"" for a set that is too small to compare."""
    if len(shingles) < FEWEST:
        return b""
    values = np.fromiter(shingles, np.uint64, len(shingles))
    minima = np.full(BANDS * ROWS, np.iinfo(np.uint64).max, np.uint64)
    for start in range(0, len(values), _BLOCK):
        block = values[start : start + _BLOCK, None] * _FACTORS + _SHIFTS
        minima = np.minimum(minima, block.min(axis=0))
    return (minima >> np.uint64(32)).astype("<u4").tobytes()


def bands(sketch: bytes) -> list[int]:
    """The 16 buckets into which a sketch falls."""
    size = len(sketch) // BANDS
    return (
        [
            int.from_bytes(
                hashlib.blake2b(sketch[start : start + size], digest_size=7).digest(), "big"
            )
            for start in range(0, len(sketch), size)
        ]
        if sketch
        else []
    )


def resemblance(first: bytes, second: bytes) -> float:
    """The Jaccard index of two sets as their sketches estimate it, 0 to 1."""
    return float(np.mean(np.frombuffer(first, "<u4") == np.frombuffer(second, "<u4")))


def groups(store: Store) -> list[list[str]]:
    """Keys of near-identical results, group by group.

    A group of one key is one text that was handed in more than once.
    """
    parents: dict[str, str] = {}

    def root(key: str) -> str:
        while parents.setdefault(key, key) != key:
            key = parents[key]
        return key

    for first, second in _pairs(store):
        parents[root(second)] = root(first)
    for [key] in store.base.execute(
        "SELECT s.key FROM submissions AS s JOIN results AS r ON r.key = s.key "
        "WHERE length(r.sketch) > 0 GROUP BY s.key HAVING count(*) > 1"
    ):
        root(key)
    members: dict[str, list[str]] = {}
    for key in sorted(parents):
        members.setdefault(root(key), []).append(key)
    return sorted(members.values())


def _pairs(store: Store) -> Iterator[tuple[str, str]]:
    buckets = store.base.execute(
        "SELECT band, hash FROM bands GROUP BY band, hash HAVING count(*) > 1"
    )
    for bucket in buckets:
        kept: list[tuple[str, bytes]] = []
        members = store.base.execute(
            "SELECT b.key, r.sketch FROM bands AS b JOIN results AS r ON r.key = b.key "
            "WHERE b.band = ? AND b.hash = ? AND EXISTS "
            "(SELECT 1 FROM submissions AS s WHERE s.key = b.key) ORDER BY b.key",
            bucket,
        )
        for key, value in members:
            near = next((k for k, other in kept if resemblance(other, value) >= ALIKE), None)
            if near is not None:
                yield near, key
            elif len(kept) < _KEPT:
                kept.append((key, value))


def _bound(tree: ast.AST) -> set[str]:
    """The names that a script defines: of variables, functions, classes and arguments."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            if isinstance(node.ctx, ast.Store):
                names.add(node.id)
        elif isinstance(node, _BOUND):
            names.add(node.name)
        elif isinstance(node, ast.arg):
            names.add(node.arg)
    return names


def _new(rows: list) -> list[str]:
    rows.append([])
    return rows[-1]


def _walk(node: ast.AST, names: set[str], row: list[str], rows: list) -> None:
    """Append the tokens of `node` to `row`; each function has a row of its own."""
    if isinstance(node, ast.expr_context | ast.Import | ast.ImportFrom):
        return
    if isinstance(node, ast.Name):
        row.append("v" if node.id in names else node.id)
    elif isinstance(node, ast.Constant):
        row.append("s" if isinstance(node.value, str | bytes) else repr(node.value))
    elif isinstance(node, ast.arg):
        row.append("v")
    else:
        if isinstance(node, _BOUND):
            row.append("def")
            row = _new(rows)
        row.append(
            f".{node.attr}"
            if isinstance(node, ast.Attribute)
            else f"{node.arg}="
            if isinstance(node, ast.keyword)
            else type(node).__name__
        )
        for child in ast.iter_child_nodes(node):
            if not (
                _is_text(child)
                or child is getattr(node, "annotation", None)
                or child is getattr(node, "returns", None)
            ):
                _walk(child, names, row, rows)


def _is_text(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )
