"""In a fork: takes its request, binds itself to its limits, and writes what comes of each case."""

from __future__ import annotations

import ctypes
import importlib.util
import json
import os
import signal
import socket
import sys
import tempfile
import traceback
import types
from pathlib import Path

import numpy as np

from grader.runner import cases as probe
from grader.runner import limits, loader, preload

ROOT = Path(__file__).resolve().parent.parent.parent
PR_SET_PDEATHSIG = 1
READY, TAKEN, GO = b"r", b"t", b"g"


def serve(commands: int, line: socket.socket, spare: bool) -> None:
    """Run one job and end the process; see grader.runner.forkserver for what a job is.

    line: to the child, which says what the job is and when to begin. spare: there is no job yet,
    and time to get ready for one. The request itself is read here and nowhere else, so that no
    later fork finds it in its memory.
    """
    status = 1
    try:
        os.setsid()
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if spare:
            preload.uses()
            line.sendall(READY)
        job, text = _job(commands, line)
        folder = Path(job["folder"])
        _capture(folder)
        _settle(folder / "cwd")
        limits.apply(limits.Limits(**job["limits"]))
        _answer(json.loads(text), folder)
        status = 0
    except BaseException:  # noqa: B036 - nothing may return from a fork
        traceback.print_exc()
    finally:
        os._exit(status)


def _job(commands: int, line: socket.socket) -> tuple[dict, bytes]:
    """Wait for a job, take its request from the commands, and wait until it may begin."""
    with line, line.makefile("rb", buffering=0) as said:
        job = json.loads(said.readline())
        text = _read(commands, job["size"])
        os.close(commands)
        line.sendall(TAKEN)
        if said.read(1) != GO:
            os._exit(1)
    return job, text


def _read(descriptor: int, size: int) -> bytes:
    blocks = []
    while size:
        block = os.read(descriptor, min(size, 2**20))
        if not block:
            raise EOFError("the request ends too soon")
        blocks.append(block)
        size -= len(block)
    return b"".join(blocks)


def _capture(folder: Path) -> None:
    for descriptor, name in ((1, "stdout"), (2, "stderr")):
        file = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(file, descriptor)
        os.close(file)


def _settle(folder: Path) -> None:
    """Work in `folder`, which also is where a library keeps its files."""
    os.chdir(folder)
    os.environ["HOME"] = os.environ["TMPDIR"] = str(folder)
    tempfile.tempdir = None  # it may have looked already


def _answer(request: dict, folder: Path) -> None:
    name, cases, module = request.get("filename", ""), request["cases"], None
    try:
        if "module" in request:
            module = _module(request["module"])
        else:
            module = loader.load(request["source"], name)
    except loader.Trouble as trouble:
        failed = {"trouble": trouble.record}
    for i, case in enumerate(cases):
        record, arrays = _attempt(module, case, name) if module else (failed, {})
        with open(folder / f"{i}.npz", "wb") as file:
            np.savez(file, **arrays)
        # Last, and by a name of its own: a record that is there is complete.
        (folder / f"{i}.part").write_text(json.dumps(record))
        os.replace(folder / f"{i}.part", folder / f"{i}.json")


def _module(name: str) -> types.ModuleType:
    """For the oracle: a module by its name, or by its file where that ends in .py."""
    if not name.endswith(".py"):
        return importlib.import_module(name)
    path = ROOT / name
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _attempt(module, case: dict, name: str) -> tuple[dict, dict]:
    try:
        return probe.run(module, case, name)
    except loader.Trouble as trouble:
        return {"trouble": trouble.record}, {}
    except BaseException as error:  # noqa: B036 - its graph may raise anything when run
        found = loader.described(error, name)
        return {"trouble": {"kind": "run", "function": case["call"], **found}}, {}
