"""Fetch the photographs from public mirrors: verified, resumed, never half a file in place.

keras.utils.get_file would be the library's way. It starts a backend first (3 to 6 seconds), sets
no timeout, cannot resume, accepts one checksum where two files are right, and leaves a file that
failed its check in place; so this is urllib.
"""

from __future__ import annotations

import os
import queue
import threading
import time
import tomllib
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import NamedTuple

from datasets import files, schema, signs
from datasets.errors import DataError, DownloadError
from datasets.invocation import typed

MIRRORS = Path(__file__).with_name("mirrors.toml")
CHUNK = 1 << 16

Expected = Mapping[str, Mapping[str, int]]  # file name -> {sha256: size in bytes}
Progress = Callable[[str, int, int], None]  # file name, bytes so far, bytes in all


class Patience(NamedTuple):
    """Seconds: until a mirror answers, between two pieces of a file, and for one file in all."""

    answer: float = 10.0
    piece: float = 20.0
    file: float = 900.0


QUICK = Patience(answer=4.0, piece=5.0, file=60.0)  # for runs that have drawn hands


def read_mirrors(path: str | os.PathLike = MIRRORS) -> list[str]:
    """The addresses of folders listed in a TOML file under `folders`; raises DataError."""
    try:
        folders = tomllib.loads(Path(path).read_text(encoding="utf-8")).get("folders")
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: expected a TOML list of mirrors ({error})") from error
    except OSError as error:
        raise DataError(f"cannot read the mirrors in {path}: {files.why(error)}") from error
    if not (
        isinstance(folders, list)
        and folders
        and all(
            isinstance(folder, str) and folder.startswith(("http://", "https://"))
            for folder in folders
        )
    ):
        raise DataError(f'{path}: expected folders = ["https://...", ...], found {folders!r}')
    return folders


def known_files() -> Expected:
    """The names of both files, each with the SHA-256 and size of every published version."""
    versions: dict[str, dict[str, int]] = {}
    for digest, published in signs.KNOWN.items():
        versions.setdefault(published.file, {})[digest] = published.size
    return versions


def download(
    folder: str | os.PathLike | None = None,
    *,
    mirrors: list[str] | None = None,
    expected: Expected | None = None,
    patience: Patience | None = None,
    progress: Progress = lambda *_: None,
    force: bool = False,
) -> list[Path]:
    """Download every expected file that is not there yet.

    A broken transfer is kept as NAME.part and resumed, also from another mirror.

    Args:
        folder: Where the files go; by default datasets/data.
        mirrors: Addresses of folders; by default those of mirrors.toml.
        expected: The files, with the SHA-256 and size of each version.
        patience: How long to wait.
        progress: Called with the file's name, the bytes so far and in all.
        force: Replace a wrong file; otherwise it is kept and refused.

    Returns:
        The files that were downloaded.

    Raises:
        DownloadError: No mirror gives a file of the expected SHA-256.
        DataError: A file is wrong, or cannot be written.
    """
    folder = files.make_folder(signs.DATA if folder is None else folder)
    mirrors = read_mirrors() if mirrors is None else mirrors
    fetched = []
    for name, versions in (known_files() if expected is None else expected).items():
        path = folder / name
        if not _in_place(path, versions, force):
            _from_any(path, versions, mirrors, patience or Patience(), progress)
            fetched.append(path)
    return fetched


def _in_place(path: Path, versions: Mapping[str, int], force: bool) -> bool:
    if not path.exists():
        return False
    if path.is_dir():
        raise DataError(f"cannot download to {path}: a folder has that name; move it away")
    if schema.sha256(path) in versions:
        return True
    if not force:
        raise DataError(
            f"{path} is there already and is not a published file of SIGNS: "
            "move it away, or replace it with --force"
        )
    return False


def _from_any(
    path: Path,
    versions: Mapping[str, int],
    mirrors: list[str],
    patience: Patience,
    progress: Progress,
) -> None:
    part = path.with_name(path.name + ".part")
    faults: dict[str, str] = {}  # by host: three mirrors on one silent host are one fault
    silent: set[str] = set()
    for mirror in mirrors:
        host = urllib.parse.urlsplit(mirror).netloc
        if host in silent:
            continue
        url = mirror.rstrip("/") + "/" + urllib.parse.quote(path.name)
        try:
            _fetch(url, part, versions, patience, progress)
            os.replace(part, path)
            return
        except _Silent as error:
            silent.add(host)
            faults[host] = str(error)
        except DownloadError as error:
            faults[host] = str(error)
        except OSError as error:
            raise DataError(f"cannot write {path}: {files.why(error)}") from error
    reasons = "; ".join(f"{host}: {fault}" for host, fault in faults.items())
    offline = len(silent) == len(faults)
    start = "offline, or no mirror can be reached" if offline else "no mirror"
    raise DownloadError(
        f"cannot download {path.name}, {start} ({reasons}): try again later, "
        f"or use drawn hands: `{typed('data synthesize')}`",
        reason="no mirror can be reached" if offline else "no mirror has them",
    )


class _Silent(DownloadError):
    """The host could not be reached at all."""


def _fetch(
    url: str, part: Path, versions: Mapping[str, int], patience: Patience, progress: Progress
) -> None:
    """Complete `part` from `url` and check it; a resumed file that is wrong starts again."""
    resumed = part.exists() and part.stat().st_size > 0
    _transfer(url, part, versions, patience, progress)
    digest = schema.sha256(part)
    if digest in versions:
        return
    part.unlink()
    if resumed:
        _fetch(url, part, versions, patience, progress)
        return
    raise DownloadError(
        f"gave another file (sha256 {digest[:12]}..., "
        f"expected {' or '.join(version[:12] + '...' for version in versions)})"
    )


def _transfer(
    url: str, part: Path, versions: Mapping[str, int], patience: Patience, progress: Progress
) -> None:
    largest = max(versions.values())
    done = part.stat().st_size if part.exists() else 0
    if done in versions.values() and schema.sha256(part) in versions:
        return  # killed between the last byte and the rename
    if done >= largest:
        done = 0
    end = time.monotonic() + patience.file
    with _answer(url, done, patience) as response:
        if done and response.status != 206:
            done = 0  # this mirror cannot resume
        total = largest if response.length is None else done + response.length
        if total > largest:
            raise DownloadError(f"gave a file of {total} bytes, expected {largest}")
        with part.open("ab" if done else "wb") as file:
            for piece in _pieces(response, patience, end):
                done += len(piece)
                if done > largest:
                    break  # no Content-Length, and no end; the checksum will say it is wrong
                file.write(piece)
                progress(part.name.removesuffix(".part"), done, total)
            file.flush()
            os.fsync(file.fileno())
        announced = response.headers.get("Content-Length") is not None
    if announced and done < total:
        raise DownloadError(f"broke off after {done} of {total} bytes (kept, to be resumed)")


def _pieces(response: HTTPResponse, patience: Patience, end: float):
    while True:
        if time.monotonic() > end:
            raise DownloadError(
                f"too slow: not done after {patience.file:g} s (kept, to be resumed)"
            )
        try:
            piece = response.read1(CHUNK)  # what has come, without waiting for a full chunk
        except TimeoutError as error:
            raise DownloadError(
                f"stopped for {patience.piece:g} s in mid-file (kept, to be resumed)"
            ) from error
        except (OSError, HTTPException) as error:
            raise DownloadError(f"broke off: {error} (kept, to be resumed)") from error
        if not piece:
            return
        yield piece


def _answer(url: str, start: int, patience: Patience) -> HTTPResponse:
    """Open `url` from byte `start` on, or raise within patience.answer seconds.

    In a thread, since no timeout of a socket bounds a name server that does not answer.
    """
    request = urllib.request.Request(url, headers={"User-Agent": "classic-convnets"})
    if start:
        request.add_header("Range", f"bytes={start}-")
    box: queue.Queue = queue.Queue()

    def open_it() -> None:
        try:
            box.put(urllib.request.urlopen(request, timeout=patience.piece))
        except Exception as error:  # handed over, not lost: the caller sorts them
            box.put(error)

    threading.Thread(target=open_it, daemon=True).start()
    try:
        answer = box.get(timeout=patience.answer)
    except queue.Empty:
        raise _Silent(f"no answer within {patience.answer:g} s") from None
    if isinstance(answer, HTTPResponse):
        return answer
    if start and getattr(answer, "code", None) == 416:  # the part is no part of this file
        return _answer(url, 0, patience)
    raise _sorted_out(answer) from answer


def _sorted_out(error: Exception) -> Exception:
    if isinstance(error, urllib.error.HTTPError):
        return DownloadError(f"answered {error.code} {error.reason}")
    if isinstance(error, urllib.error.URLError):
        return _Silent(str(error.reason))
    if isinstance(error, (OSError, HTTPException)):
        return _Silent(f"{type(error).__name__}: {error}")
    return error
