"""Write a file as a whole or not at all, as datasets.files does, with GraderError for refusals."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from datasets import files
from datasets.errors import DataError
from grader.errors import GraderError


def write_whole(path: Path | str, content: bytes | str) -> None:
    """Put `content` (text as UTF-8) at `path`, which keeps its old content until then.

    Missing folders are made. Raises GraderError if the file system refuses.
    """
    with replacing(path) as file:
        file.write(content.encode() if isinstance(content, str) else content)


@contextmanager
def replacing(path: Path | str) -> Iterator[BinaryIO]:
    """Give a file to write piece by piece; it takes the name `path` once the block ends well.

    Missing folders are made. Raises GraderError if the file system refuses.
    """
    try:
        with files.whole(path) as temporary, temporary.open("wb") as file:
            yield file
    except DataError as error:
        raise GraderError(str(error)) from None


def holds_lfs_pointer(content: bytes) -> bool:
    """Whether this is the small text that Git LFS leaves in place of a file it has not fetched.

    datasets.files says this of a path; a file in a zip has none.
    """
    return content.startswith(b"version https://git-lfs.github.com/spec/")
