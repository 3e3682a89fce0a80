"""Read a folder of submissions: scripts, notebooks, zips, and one folder per learner.

Nothing in it is trusted: links are not followed, nothing is unpacked to disk, and sizes are checked
before anything is read. What cannot be read is a submission too, with a trouble.
"""

from __future__ import annotations

import io
import os
import shlex
import stat
import zipfile
import zlib
from collections.abc import Iterator
from glob import escape
from pathlib import Path

from datasets.invocation import typed
from grader.errors import GraderError
from grader.judging import source
from grader.judging.notebooks import NotANotebook, script
from grader.judging.source import Source

LARGEST = source.LARGEST_NOTEBOOK
MOST_FILES = 1000
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


def read(path: Path, assignment: str) -> Source:
    """The submission at `path`: a script, a notebook, or a zip or folder that holds one.

    Among several files the one named like the assignment counts. Never raises: a submission that
    cannot be graded has a trouble.
    """
    try:
        if path.is_dir() and not path.is_symlink():
            path = _chosen(path, assignment)
        raw = _bytes(path)
        if path.suffix.lower() == ".zip":
            name, raw = _unzipped(raw, assignment)
            return _source(raw, name)
        return _source(raw, path.name)
    except _Refused as refused:
        trouble = {"kind": refused.kind, "text": refused.text}
    except OSError as error:
        trouble = {"kind": "not_file", "text": error.strerror or type(error).__name__}
    return Source(path.name.encode("utf-8", "replace").decode(), "", trouble)


def _source(raw: bytes, name: str) -> Source:
    suffix = Path(name).suffix.lower()
    if suffix == ".ipynb":
        try:
            return source.decode(script(raw).encode("utf-8", "replace"), name)
        except NotANotebook as error:
            raise _Refused("notebook", str(error)) from None
    if suffix != ".py":
        raise _Refused("file_type")
    return source.decode(raw, name)


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


def _chosen(folder: Path, assignment: str) -> Path:
    """The one file of a learner's folder; zips count only if there is nothing else."""
    paths: list[Path] = []
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not _ignored(name))
        paths += [Path(place, name) for name in sorted(names) if not _ignored(name)]
        if len(paths) > MOST_FILES:
            raise _Refused("which", f"more than {MOST_FILES:,} files")
    scripts = [path for path in paths if path.suffix.lower() in READABLE]
    return _one(scripts or [path for path in paths if path.suffix.lower() == ".zip"], assignment)


def _one(paths: list[Path], assignment: str) -> Path:
    called = [path for path in paths if path.stem == assignment]
    if len(paths) != 1 and len(called) != 1:
        raise _Refused(
            "which",
            f"{len(paths)} files that could be meant" if paths else "no file that could be meant",
        )
    return paths[0] if len(paths) == 1 else called[0]


def _unzipped(raw: bytes, assignment: str, nested: int = 1) -> tuple[str, bytes]:
    """The name and content of the one script or notebook in a zip file, or in the zip in it."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            members = {Path(member.filename): member for member in _members(archive)}
            scripts = [path for path in members if path.suffix.lower() in READABLE]
            archives = [path for path in members if path.suffix.lower() == ".zip"]
            chosen = _one(scripts or archives, assignment)
            most = source.LARGEST if chosen.suffix.lower() == ".py" else LARGEST
            with archive.open(members[chosen]) as file:
                content = file.read(most + 1)
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
    if len(content) > LARGEST:
        raise _Refused("archive", f"it holds a file larger than {LARGEST:,} bytes")
    if chosen.suffix.lower() != ".zip":
        return chosen.name, content
    if nested == _NESTED:
        raise _Refused("archive", f"it holds zips in zips, more than {_NESTED} deep")
    return _unzipped(content, assignment, nested + 1)


def _members(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
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
    return [info for info in infos if not info.is_dir()]
