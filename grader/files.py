"""Files written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from grader.errors import GraderError


def write_whole(path: Path | str, content: bytes | str) -> None:
    """Put `content` (text as UTF-8) at `path`, which keeps its old content until then.

    Missing folders are made. Raises GraderError where the file system refuses.
    """
    with whole(path) as file:
        file.write(content.encode() if isinstance(content, str) else content)


@contextmanager
def whole(path: Path | str) -> Iterator[BinaryIO]:
    """Give a file to write piece by piece; it stands at `path` once the block ends well.

    Missing folders are made. Raises GraderError where the file system refuses.
    """
    path = Path(path)
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
        temporary = None
    except OSError as error:
        raise GraderError(
            f"{path}: expected to write this file, received: {error.strerror or error}; "
            "check its folder's permissions and free space, or name another file"
        ) from None
    finally:
        if temporary is not None and os.path.exists(temporary):
            os.unlink(temporary)
