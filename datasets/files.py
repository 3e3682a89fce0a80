"""Files that are written whole or not at all, so a killed run leaves no half of a file."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from datasets.errors import DataError

_ADVICE = {
    errno.ENOSPC: "the disk is full: free some space, or write elsewhere",
    errno.EDQUOT: "the disk quota is used up: free some space, or write elsewhere",
    errno.EFBIG: "the file is larger than this account or file system allows: write elsewhere",
    errno.EACCES: "no permission to write there: change it, or write elsewhere",
    errno.EPERM: "no permission to write there: change it, or write elsewhere",
    errno.EROFS: "the file system is read-only: write elsewhere",
    errno.ENOTDIR: "a part of the path is a file, expected a folder: name another path",
    errno.EEXIST: "there is a file where a folder is expected: name another path",
    errno.ENAMETOOLONG: "the name is too long: name another path",
}

_POINTER = b"version https://git-lfs.github.com/spec/"


def why(error: OSError) -> str:
    """The reason for an OSError and what to do about it, in a few plain words."""
    number = error.errno
    if number is None:  # h5py keeps the number in its text only
        number = next((n for n in _ADVICE if os.strerror(n) in str(error)), None)
    advice = None if number is None else _ADVICE.get(number)
    return advice or error.strerror or str(error)


def is_lfs_pointer(path: str | os.PathLike) -> bool:
    """Whether a file is the small text that Git LFS leaves in place of one it has not fetched."""
    try:
        with open(path, "rb") as file:
            return file.read(len(_POINTER)) == _POINTER
    except OSError:
        return False


def user_path(path: str | os.PathLike) -> Path:
    """A path as a user gives it: `~` is the home folder, also where no shell expands it."""
    return Path(os.path.expanduser(path))


def home() -> Path:
    """The home folder; of a user without one, a place under which nothing is and nothing can be."""
    try:
        return Path.home()
    except RuntimeError:  # a number without a name, as in some containers
        return Path(os.devnull)


def make_folder(folder: str | os.PathLike) -> Path:
    """Make a folder and those above it; raises DataError if that cannot be done."""
    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(f"cannot make the folder {folder}: {why(error)}") from error
    return folder


@contextmanager
def alone(path: str | os.PathLike, waits: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Let one process at a time work on `path`; others wait, and `waits` is called before that.

    A hidden file beside it is locked while it lasts. The system lets go of it when a process ends,
    however it ends. Where files cannot be locked, nobody waits.
    """
    path = Path(path)
    lock = path.with_name(f".{path.name}.lock")
    held = _held(lock, waits)
    try:
        yield
    finally:
        if held is not None:
            lock.unlink(missing_ok=True)
            os.close(held)


def busy(path: str | os.PathLike) -> bool:
    """Whether a process works on `path` by `alone`; False where files cannot be locked."""
    path = Path(path)
    lock = path.with_name(f".{path.name}.lock")
    try:
        import fcntl

        with open(lock, "rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except (ImportError, OSError):
        return False
    return False


def _held(lock: Path, waits: Callable[[], None]) -> int | None:
    try:
        import fcntl
    except ImportError:  # Windows
        return None
    told = False
    while True:
        try:
            descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o666)
        except OSError:
            return None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if not told:
                told = True
                waits()
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        except OSError:  # some network file systems have no locks
            os.close(descriptor)
            return None
        # Whoever had it before may have removed the file: then another one counts.
        with suppress(FileNotFoundError):
            if os.fstat(descriptor).st_ino == os.stat(lock).st_ino:
                return descriptor
        os.close(descriptor)


@contextmanager
def whole(path: str | os.PathLike) -> Iterator[Path]:
    """Give a temporary path to write to; it takes the name `path` when the block ends well.

    The temporary file keeps the suffix, since many writers choose the format by it. If the block
    raises, what was at `path` is still there, and the temporary file is gone.
    Raises DataError, one line, for what the file system refuses.
    """
    path = Path(path)
    if path.is_dir():
        raise DataError(f"cannot write {path}: a folder has that name; expected a file")
    target = Path(os.path.realpath(path))  # a link stays a link
    make_folder(target.parent)
    temporary = target.with_name(f".{target.stem}.{secrets.token_hex(4)}{target.suffix}")
    try:
        temporary.touch(exist_ok=False)
        yield temporary
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        os.replace(temporary, target)
    except OSError as error:
        if error.filename not in (None, str(temporary), str(target)):
            raise  # the block failed at another file
        raise DataError(f"cannot write {path}: {why(error)}") from error
    finally:
        with suppress(OSError):
            temporary.unlink()


def write_whole(path: str | os.PathLike, data: bytes | str) -> None:
    """Write `data` (text as UTF-8) to `path`, whole or not at all; raises DataError."""
    with whole(path) as temporary:
        temporary.write_bytes(data.encode() if isinstance(data, str) else data)
