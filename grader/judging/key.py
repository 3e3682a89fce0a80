"""The secret key of an installation: from it come the cases and the weights of every check.

Nobody foretells what a check asks without it, and with it every score can be reproduced. The key is
made once, in a file that its owner alone can read. A submission's process never gets it: only
seeds that follow from it, and those of one slot. Results name it by its fingerprint.
"""

from __future__ import annotations

import atexit
import hmac
import os
import re
import secrets
import stat
import tempfile
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Annotated

import typer

from datasets.files import home
from grader.errors import GraderError

# The file of the key to use, in place of the installation's own.
VARIABLE = "GRADER_KEY"
# How many slots the reference values have: a submission gets one of them. Each has other values,
# and the oracle's answers to all of them are still few enough to store.
SLOTS = 8
_BYTES = 32
_SEED_BITS = 48  # JSON's readers keep whole numbers of this size
_WRITTEN = re.compile(rb"[0-9a-f]{64}\n?")


def fingerprint() -> str:
    """What tells one key from another, and nothing about the key."""
    return _drawn("fingerprint").hex()[:16]


def slot(digest: str) -> int:
    """The slot of the submission with this digest."""
    return int.from_bytes(_drawn("slot", digest)[:8], "big") % SLOTS


def seed(exercise: str, slot: int) -> int:
    """The seed of the reference values of an exercise in a slot."""
    return int.from_bytes(_drawn("seed", exercise, str(slot)), "big") >> (256 - _SEED_BITS)


def number(exercise: str, slot: int, *parts: str) -> int:
    """A large number that follows from the exercise, the slot and these texts."""
    return int.from_bytes(_drawn("number", exercise, str(slot), *parts), "big")


def use(path: Path | None) -> Path | None:
    """Use the key in this file from now on, in this process and those it starts.

    None changes nothing. Raises GraderError if there is no key in it.
    """
    if path is not None:
        _read(path)
        os.environ[VARIABLE] = str(path.absolute())
    return path


Key = Annotated[
    Path | None,
    typer.Option(
        "--key",
        metavar="FILE",
        help="The key that cases are drawn with, in place of your own; see the command key.",
        callback=use,
        is_eager=True,
    ),
]


def place() -> Path:
    """The file of the key: $GRADER_KEY, or grader.key in the user's data folder."""
    if chosen := os.environ.get(VARIABLE):
        return Path(chosen)
    base = os.environ.get("XDG_DATA_HOME") or home() / ".local" / "share"
    return Path(base) / "classic-convnets" / "grader.key"


def text() -> str:
    """The key as a file holds it, for who is to draw the same cases."""
    return _current().hex() + "\n"


def export(path: Path) -> None:
    """Write the key to a new file that its owner alone can read."""
    key = _current()
    try:
        if not _write(path, key):
            raise GraderError(f"{path}: expected a new file for the key, found one; name another")
    except OSError as error:
        raise GraderError(f"{path}: cannot write the key: {error.strerror}") from None


def _drawn(*parts: str) -> bytes:
    # The lengths keep ("ab", "c") and ("a", "bc") apart.
    text = "".join(f"{len(part)}:{part}" for part in parts)
    return hmac.digest(_current(), text.encode("utf-8", "surrogatepass"), "sha256")


def _current() -> bytes:
    names = (VARIABLE, "XDG_DATA_HOME", "HOME")
    return _of(tuple(os.environ.get(name) for name in names))


@lru_cache(maxsize=4)
def _of(environment: tuple[str | None, ...]) -> bytes:
    """The key in this environment; a grading asks for it hundreds of times."""
    return _key(place())


def _key(path: Path) -> bytes:
    """The key in the file at `path`; the installation's own is made if there is none."""
    if os.environ.get(VARIABLE):
        return _read(path)
    if path.exists():
        return _read(path, own=True)
    try:
        _write(path, secrets.token_bytes(_BYTES))
    except OSError:
        return _for_this_process()
    return _read(path)


def _read(path: Path, own: bool = False) -> bytes:
    """The key in a file; the installation's own must be its owner's alone."""
    try:
        with path.open("rb") as file:
            content = file.read(2 * _BYTES + 2)
            mode = os.fstat(file.fileno()).st_mode
    except OSError as error:
        raise GraderError(
            f"{path}: expected the key of the grader, received: {error.strerror}; "
            f"copy it there, or name another file with --key or {VARIABLE}"
        ) from None
    if not _WRITTEN.fullmatch(content):
        raise GraderError(
            f"{path}: expected a key, 64 hexadecimal digits, received something else; copy it "
            "there again, or remove the file and a new key is made"
        )
    if own and stat.S_IMODE(mode) & 0o077:
        raise GraderError(
            f"{path}: expected a key that its owner alone can read, received one that others can "
            f"read too; remove it, and a new one is made, or keep it with chmod 600 {path}"
        )
    return bytes.fromhex(content.decode())


def _write(path: Path, key: bytes) -> bool:
    """Write a key whole; False, and nothing is written, if a file is there already."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".grader-")  # for its owner alone
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(key.hex().encode() + b"\n")
            file.flush()
            os.fsync(descriptor)
        # Of two that begin at once one is first, and both then read its key.
        os.link(name, path)
    except FileExistsError:
        return False
    except OSError:
        if path.exists():
            return False
        os.replace(name, path)  # some file systems have no links
    finally:
        with suppress(OSError):
            os.unlink(name)
    return True


def _for_this_process() -> bytes:
    """A key for this process and those it starts, where none can be kept."""
    folder = Path(tempfile.mkdtemp(prefix="grader-key-"))
    path, key = folder / "key", secrets.token_bytes(_BYTES)
    _write(path, key)
    os.environ[VARIABLE] = str(path)
    atexit.register(_forget, os.getpid(), path)
    return key


def _forget(owner: int, path: Path) -> None:
    if os.getpid() == owner:
        with suppress(OSError):
            path.unlink()
            path.parent.rmdir()
