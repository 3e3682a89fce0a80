"""Read a folder of submissions: scripts, notebooks, zips, and one folder per learner.

Nothing in it is trusted: links are not followed, nothing is unpacked to disk, and sizes are checked
before anything is read. What cannot be read is a submission too, with a trouble.
"""

from __future__ import annotations

import io
import os
import re
import shlex
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from glob import escape
from pathlib import Path, PurePath

from datasets.invocation import typed
from grader import assignments
from grader.errors import GraderError
from grader.files import holds_lfs_pointer
from grader.judging import checks, source
from grader.judging.notebooks import NotANotebook, script
from grader.judging.source import Source
from grader.runner.signatures import ALSO_CALLED

LARGEST = source.LARGEST_NOTEBOOK
MOST_FILES = 1000
MOST_MODULES = 20
MOST_NAMED = 5
READABLE = (".py", ".ipynb")
_IGNORED = ("__MACOSX", "__pycache__", "node_modules", "venv", "Thumbs.db", "desktop.ini")
_NESTED = 2  # a zip may lie in a zip: a platform packs what the learner has packed
# Moodle gives what was handed in, and the text beside it, an entry each that ends like this.
_BESIDE, _FILES = "_assignsubmission_onlinetext_", "_assignsubmission_file_"


class _Refused(Exception):
    """kind: of grader.judging.messages. text: the reason in a few words."""

    def __init__(self, kind: str, text: str = ""):
        super().__init__(kind)
        self.kind, self.text = kind, text


def scan(folder: Path, without: Path | None = None) -> Iterator[str]:
    """Yield the names of all submissions in `folder`, unordered, unreadable ones included.

    The text that Moodle keeps beside a learner's files is no submission of its own. without: a path
    to leave out, that of the results. Raises GraderError if there is no folder.
    """
    try:
        entries = os.scandir(folder)
    except NotADirectoryError:
        command = typed(f"check ASSIGNMENT --submission {shlex.quote(str(folder))}")
        raise GraderError(
            f"{folder}: expected a folder of submissions, received a file; one file is checked by "
            f"{command}"
        ) from None
    except OSError as error:
        raise GraderError(
            f"{folder}: expected a folder of submissions, received: {error.strerror}"
        ) from None
    with entries:
        for entry in entries:
            if _ignored(entry.name) or (
                without is not None and Path(entry.path).resolve() == without.resolve()
            ):
                continue
            learner, beside, _ = entry.name.partition(_BESIDE)
            if not (beside and any(folder.glob(f"{escape(learner)}{_FILES}*"))):
                yield entry.name


def read(path: Path, assignment: str, strict: bool = False) -> Source:
    """The submission at `path`: a script, a notebook, or a zip or folder that holds one.

    Among several files the one named like the assignment counts, else the one that defines its
    functions; a notebook before the script that was exported from it. The scripts beside it are
    modules that it may import. Never raises: a submission that cannot be graded has a trouble.
    strict: it is run as a whole.
    """
    try:
        if path.is_dir() and not path.is_symlink():
            return _of_files(_listed(path), assignment, strict)
        raw = _bytes(path)
        if path.suffix.lower() == ".zip":
            return _of_files(_members(raw), assignment, strict, nested=1)
        return _source(raw, path.name, strict)
    except _Refused as refused:
        trouble = {"kind": refused.kind, "text": refused.text}
    except OSError as error:
        trouble = {"kind": "not_file", "text": error.strerror or type(error).__name__}
    except Exception as error:  # whatever a file does to its reader, the class goes on
        trouble = {"kind": "not_file", "text": f"it raised {type(error).__name__} when read"}
    return Source(_named(path.name), "", trouble)


def handed_in(path: Path, assignment: str, strict: bool = False) -> Source:
    """The one submission that `check` grades: of a zip the file that is meant, as in a class.

    strict: it is run as a whole. Raises GraderError only if there is no file to read.
    """
    if path.suffix.lower() == ".zip" and path.is_file():
        return read(path, assignment, strict)
    return source.read(path, strict)


def _source(raw: bytes, name: str, strict: bool = False) -> Source:
    name = _named(name)
    suffix = Path(name).suffix.lower()
    if suffix == ".ipynb":
        return source.of_notebook(raw, name, strict)
    if suffix != ".py":
        raise _Refused("file_type")
    return source.decode(raw, name, strict)


def _named(name: str) -> str:
    """The name of a file as text: bytes that are no UTF-8 in it could be written nowhere."""
    return name.encode("utf-8", "replace").decode()


# A file of a submission: its path, and what reads it.
Files = dict[PurePath, Callable[[], bytes]]


def _of_files(files: Files, assignment: str, strict: bool, nested: int = 0) -> Source:
    """The submission among several files; a zip counts only if there is nothing else."""
    scripts = [path for path in files if path.suffix.lower() in READABLE]
    zips = [path for path in files if path.suffix.lower() == ".zip"]
    if zips and not scripts:
        [chosen] = _one_of(zips, assignment)
        if nested == _NESTED:
            raise _Refused("archive", f"it holds zips in zips, more than {_NESTED} deep")
        return _of_files(_members(files[chosen]()), assignment, strict, nested + 1)
    chosen, *others = _in_order(scripts, files, assignment)
    submission = _source(files[chosen](), chosen.name, strict)
    shipped = _modules(chosen, others, files)
    answers = _defining(others, files, assignment) if others else []
    names = sorted(str(path) for path in answers)
    remark = {"kind": "chosen", "file": _named(str(chosen)), "others": _named(", ".join(names))}
    remarks = (*submission.remarks, *([remark] if names else []))
    return replace(source.with_modules(submission, shipped), remarks=remarks)


def _in_order(paths: list[PurePath], files: Files, assignment: str) -> list[PurePath]:
    """The files that could be meant, the one that is meant first; refused if that is not clear."""
    called = [path for path in paths if path.stem == assignment]
    chosen = paths if len(paths) == 1 else called or _defining(paths, files, assignment)
    # A notebook, and the script that Jupyter exported from it.
    if len({path.with_suffix("") for path in chosen}) != 1:
        chosen = _one_of(paths, assignment)
    first = min(chosen, key=lambda path: path.suffix.lower() != ".ipynb")
    return [first, *(path for path in paths if path != first)]


def _one_of(paths: list[PurePath], assignment: str) -> list[PurePath]:
    """The only file, or the one that is called like the assignment; refused if there is none."""
    called = [path for path in paths if path.stem == assignment]
    if len(paths) == 1 or len(called) == 1:
        return called or paths
    if not paths:
        raise _Refused("nothing")
    names = sorted(map(str, paths))
    more = ["..."] if len(names) > MOST_NAMED else []
    raise _Refused("which", _named(", ".join([*names[:MOST_NAMED], *more])))


def _defining(paths: list[PurePath], files: Files, assignment: str) -> list[PurePath]:
    """Those of the files that define a function of the assignment."""
    names = {check.exercise for check in checks.collect(assignments.find(assignment).checks)}
    names |= {other for name in names for other in ALSO_CALLED.get(name, ())}
    defines = re.compile(rf"\bdef (?:{'|'.join(map(re.escape, names))})\s*\(")

    def does(path: PurePath) -> bool:
        try:
            raw = files[path]()
            notebook = path.suffix.lower() == ".ipynb"
            text = script(raw) if notebook else raw.decode("utf-8", "replace")
        except (_Refused, NotANotebook, OSError):
            return False
        return bool(defines.search(text))

    return [path for path in paths[:MOST_MODULES] if does(path)]


def _modules(chosen: PurePath, others: list[PurePath], files: Files) -> Iterator[tuple[str, str]]:
    """The scripts in the folder of the chosen file, as modules: their names and texts."""
    room = source.LARGEST
    for path in others[:MOST_MODULES]:
        if (
            path.parent == chosen.parent
            and path.suffix.lower() == ".py"
            and path.stem.isidentifier()
        ):
            try:
                module = source.decode(files[path](), path.name)
            except (_Refused, OSError):
                continue
            room -= len(module.text)
            if module.trouble is None and room >= 0:
                yield path.stem, module.text


def _ignored(name: str) -> bool:
    return name in _IGNORED or (name.startswith(".") and name not in (".", ".."))


def _bytes(path: Path) -> bytes:
    """The content of a regular file. A script that is too large is cut, one byte too late."""
    if path.is_symlink():
        raise _Refused("not_file", "it is a link")
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as file:
        about = os.fstat(descriptor)
        if not stat.S_ISREG(about.st_mode):
            raise _Refused("not_file", "it is not a regular file")
        if path.suffix.lower() == ".py":
            return file.read(source.LARGEST + 1)
        if about.st_size > LARGEST:
            kind = "archive" if path.suffix.lower() == ".zip" else "notebook"
            raise _Refused(kind, f"larger than {LARGEST:,} bytes")
        return file.read(LARGEST)


def _listed(folder: Path) -> Files:
    """The files in a learner's folder, each with what reads it."""
    paths: list[Path] = []
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not _ignored(name))
        paths += [Path(place, name) for name in sorted(names) if not _ignored(name)]
        if len(paths) > MOST_FILES:
            raise _Refused("crowded", f"{MOST_FILES:,}")
    return {PurePath(path.relative_to(folder)): partial(_bytes, path) for path in paths}


def _members(raw: bytes) -> Files:
    """The files in a zip file, each with what reads it."""
    if holds_lfs_pointer(raw):
        raise _Refused("lfs")
    # Its list of files is counted before it is read.
    if raw.count(b"PK\x01\x02") > 20 * MOST_FILES:
        raise _Refused("archive", f"it holds more than {MOST_FILES:,} files")
    with _reading_zip(), zipfile.ZipFile(io.BytesIO(raw)) as archive:
        return {
            PurePath(info.filename): partial(_member, raw, info.filename)
            for info in _honest(archive)
        }


def _member(raw: bytes, name: str) -> bytes:
    """The content of a member, cut one byte too late if it is too large for a script."""
    most = source.LARGEST if name.lower().endswith(".py") else LARGEST
    with _reading_zip(), zipfile.ZipFile(io.BytesIO(raw)) as archive, archive.open(name) as file:
        content = file.read(most + 1)
    if len(content) > LARGEST:
        raise _Refused("archive", f"it holds a file larger than {LARGEST:,} bytes")
    return content


@contextmanager
def _reading_zip() -> Iterator[None]:
    try:
        yield
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        NotImplementedError,
        RuntimeError,
        ValueError,
        LookupError,
    ) as error:
        raise _Refused("archive", str(error) or type(error).__name__) from None


def _honest(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """The files in the archive; refuses members that an honest archive does not have."""
    infos = [
        info
        for info in archive.infolist()
        if not any(_ignored(part) for part in info.filename.split("/"))
    ]
    if len(infos) > MOST_FILES:
        raise _Refused("archive", f"it holds more than {MOST_FILES:,} files")
    for info in infos:
        parts = info.filename.replace("\\", "/").split("/")
        if ".." in parts or parts[0] == "" or ":" in parts[0]:
            raise _Refused("archive", f"it holds a path that leads out of it, {info.filename!r}")
        kind = stat.S_IFMT(info.external_attr >> 16)
        if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise _Refused("archive", f"it holds a link or device, {info.filename!r}")
        if info.flag_bits & 1:
            raise _Refused("archive", "it asks for a password")
        # What unpacks the others raises errors of its own, and can grow without a bound.
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise _Refused("archive", f"{info.filename!r} is packed in another way than usual")
    return [info for info in infos if not info.is_dir()]
