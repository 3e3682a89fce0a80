"""Which data a run trains on: the photographs if they can be had, else drawn hands."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from datasets import download as mirrors
from datasets import schema, signs
from datasets.errors import DataError, DownloadError, MissingData
from datasets.invocation import typed
from datasets.signs import Provenance, Signs
from datasets.synthetic import stand_in

CHOICES = ("auto", "signs", "synthetic")


def resolve(
    choice: str = "auto",
    folder: str | os.PathLike | None = None,
    *,
    cache: str | os.PathLike | None = None,
    online: bool = True,
    say: Callable[[str], None] = lambda _: None,
) -> tuple[Signs, Provenance]:
    """Data for a run, and where it came from.

    Args:
        choice: signs: `folder`, else $SIGNS_DIR, else datasets/data, else a download into it.
            synthetic: the stand-in, drawn only once. auto: signs if it is there, else the stand-in
            if it is there, else signs by download, else the stand-in.
        folder: Where the photographs are. A named folder that is wrong is an error.
        cache: Where the stand-in is kept; by default datasets/data/stand-in.
        online: Whether a download may be tried. Offline the attempt ends within seconds.
        say: Gets a line for the user before a download, and where drawn hands are used instead.

    Returns:
        The data and its provenance.

    Raises:
        DataError: No data can be had, in one line.
    """
    if choice not in CHOICES:
        raise DataError(f"expected data auto, signs or synthetic, received {choice!r}")
    cache = Path(cache) if cache is not None else signs.STAND_IN
    if choice == "synthetic":
        return _drawn(cache)
    named = folder is not None or bool(os.environ.get("SIGNS_DIR"))
    folder = signs.default_folder(folder) if named else signs.DATA
    try:
        return _photographs(folder, choice)
    except MissingData:
        if named:
            raise
    if choice == "auto" and stand_in.is_current(cache):
        say(_absent(folder))
        return _drawn(cache)
    try:
        if not online:
            raise DownloadError(
                f"no photographs in {folder}, and downloading is off: {schema.GET}",
                reason="downloading is off",
            )
        say("looking for the photographs of SIGNS on public mirrors")
        mirrors.download(folder, patience=mirrors.QUICK)
        return _photographs(folder, choice)
    except DownloadError as error:
        if choice == "signs":
            raise
        say(_absent(folder, f" ({error.reason})"))
    return _drawn(cache)


def _absent(folder: Path, why: str = "") -> str:
    here = folder.relative_to(Path.cwd()) if folder.is_relative_to(Path.cwd()) else folder
    return (
        f"no photographs of SIGNS{why}: drawn hands are used; for the photographs, put "
        f"{' and '.join(schema.FILES.values())} into {here}, or run `{typed('data download')}`"
    )


def _photographs(folder: Path, choice: str) -> tuple[Signs, Provenance]:
    data, source = signs.read(folder)
    if choice == "signs" and source.name == "synthetic":
        raise DataError(
            f"expected photographs, found drawn hands in {folder}: "
            "name another folder, or choose synthetic"
        )
    return data, source


def _drawn(cache: Path) -> tuple[Signs, Provenance]:
    if not stand_in.is_current(cache):
        stand_in.synthesize(cache)
    return signs.read(cache)
