"""One job in a fork: take its request, obey its limits, run its cases, write a file for each."""

from __future__ import annotations

import ctypes
import faulthandler
import importlib
import importlib.util
import json
import os
import signal
import socket
import sys
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import NoReturn

import numpy as np

from grader.runner import cases, cells, limits, loader, preload, syscalls

ROOT = Path(__file__).resolve().parent.parent.parent
PR_SET_PDEATHSIG = 1
READY, TAKEN, GO = b"r", b"t", b"g"
# At this signal a fork writes to its errors where it is, in Python or in what Python has called.
LATE = signal.SIGUSR1


def serve(commands: int, line: socket.socket, enter: Callable[[], Path], spare: bool) -> NoReturn:
    """Run one job and end the process; see grader.runner.forkserver for what a job is.

    The request itself is read here and nowhere else, so no later fork finds it in its memory.

    Args:
        commands: The descriptor from which the request is read.
        line: To the fork server, which says what the job is and when it may begin.
        enter: Goes into the job's room, see grader.runner.rooms, and returns its folder.
        spare: There is no job yet, and time to prepare for one.
    """
    status = 1
    try:
        os.setsid()
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        folder = enter()
        if spare:
            preload.first_uses()
            line.sendall(READY)
        job, request = _take(commands, line)
        _capture_output(folder)
        faulthandler.register(LATE, file=2)
        # Libraries keep their files where the submission works.
        os.chdir(folder / "cwd")
        os.environ["HOME"] = os.environ["TMPDIR"] = str(folder / "cwd")
        tempfile.tempdir = None  # it may be set already
        limits.apply(limits.Limits(**job["limits"]), job["tasks"])
        syscalls.forbid()
        _answer(json.loads(request), folder)
        status = 0
    except BaseException:  # noqa: B036 - nothing may return from a fork
        traceback.print_exc()
    finally:
        os._exit(status)


def _take(commands: int, line: socket.socket) -> tuple[dict, bytes]:
    """Wait for a job, take its request from the commands, and wait until it may begin."""
    with line, line.makefile("rb", buffering=0) as messages:
        job = json.loads(messages.readline())
        blocks, left = [], job["size"]
        while left:
            blocks.append(os.read(commands, min(left, 2**20)))
            if not blocks[-1]:
                raise EOFError("the request ends too soon")
            left -= len(blocks[-1])
        os.close(commands)
        line.sendall(TAKEN)
        if messages.read(1) != GO:
            os._exit(1)
    return job, b"".join(blocks)


def _capture_output(folder: Path) -> None:
    # The fork server's own would keep the marks that a submission sets on it.
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    for descriptor, name in ((1, "stdout"), (2, "stderr")):
        file = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(file, descriptor)
        os.close(file)


def _answer(request: dict, folder: Path) -> None:
    """Write NUMBER.npz and NUMBER.json for each case of a request."""
    code: loader.Code | None = None
    failed: dict = {}
    try:
        if "module" in request:
            code = loader.Code(_module(request["module"]))
        elif "cells" in request:
            parts = (request[key] for key in ("cells", "filename", "roots", "shipped"))
            code = cells.load(*parts)
        else:
            shipped = request.get("shipped", {})
            code = loader.load(request["source"], request["filename"], shipped)
    except loader.Trouble as trouble:
        failed = {"trouble": trouble.record}
    for number, case in enumerate(request["cases"]):
        record, arrays = _attempt(code, case) if code else (failed, {})
        if code and code.loaded and (told := code.loaded.record()):
            record = {**record, "loaded": told}
        if code and "lent" in case:
            record = {**record, "used": sorted(code.used)}
        with open(folder / f"{number}.npz", "wb") as file:
            np.savez(file, **arrays)
        # Last, and by a name of its own: a record that is there is complete.
        part = folder / f"{number}.part"
        part.write_text(json.dumps(record))
        os.replace(part, folder / f"{number}.json")


def _module(name: str) -> ModuleType:
    """The oracle's module by its name, or by its file if the name ends in .py."""
    if not name.endswith(".py"):
        return importlib.import_module(name)
    path = ROOT / name
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path}: expected a Python file")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _attempt(code: loader.Code, case: dict) -> tuple[dict, dict]:
    try:
        return cases.run(code, case)
    except loader.Trouble as trouble:
        return {"trouble": trouble.record}, {}
    except BaseException as error:  # noqa: B036 - its graph may raise anything when run
        details = loader.describe(error, code.filename)
        return {"trouble": {"kind": "run", "function": case["call"], **details}}, {}
