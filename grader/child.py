"""The child: imports keras once, then runs each request in a fork of its own.

`python -I child.py {submission|oracle}` reads one JSON job a line on its standard input and answers
with two lines on its standard output: {"job", "pid"} when the fork is made, {"job", "status"} when
it has ended. A job: {"job", "folder", "concurrency", "limits", "request"}, the request
{"cases", "source", "filename"}, or, for the oracle, which is trusted code, {"cases", "module"}.
For its case number i a fork writes i.npz and then i.json into its folder, so that what it has
answered stays when it is stopped. The forking process itself never runs an operation of TensorFlow:
its threads would not survive the fork.
"""

from __future__ import annotations

import ctypes
import importlib
import json
import os
import select
import signal
import sys
import time
import traceback
from pathlib import Path

ROOT = str(Path(__file__).resolve().parent.parent)
sys.path.insert(0, ROOT)

import numpy as np  # noqa: E402

from grader import limits, loading, probe  # noqa: E402

PR_SET_PDEATHSIG = 1


def main(trusted: bool) -> None:
    """Serve jobs until the standard input ends; then every fork that still runs is killed."""
    commands, answers = os.dup(0), os.dup(1)
    quiet = os.open(os.devnull, os.O_RDWR)
    os.dup2(quiet, 0)
    os.dup2(quiet, 1)
    import keras  # noqa: F401

    if not trusted:
        sys.path.remove(ROOT)
        sys.meta_path.append(loading.SharedPackages(ROOT))
    _tell(answers, {"ready": True})
    waiting, running, pending, beat = [], {}, b"", 0.0
    while True:
        patience = 0.01 if running or waiting else None
        if running and time.monotonic() > beat:
            beat = time.monotonic() + 1
            _tell(answers, {"alive": True})
        if select.select([commands], [], [], patience)[0]:
            block = os.read(commands, 65536)
            if not block:
                break
            *lines, pending = (pending + block).split(b"\n")
            waiting += [json.loads(line) for line in lines]
        _reap(running, answers)
        while waiting and len(running) < waiting[0]["concurrency"]:
            job = waiting.pop(0)
            pid = os.fork()
            if pid == 0:
                os.close(commands)
                os.close(answers)
                _serve(job)
            running[pid] = (job["job"], limits.Clock(pid, job["limits"]["seconds"]))
            _tell(answers, {"job": job["job"], "pid": pid})
    for pid in running:
        _kill(pid)


def _tell(answers: int, message: dict) -> None:
    os.write(answers, json.dumps(message).encode() + b"\n")


def _reap(running: dict, answers: int) -> None:
    for pid, (job, clock) in list(running.items()):
        late = clock.late()
        if late:
            _kill(pid)
        ended, status = os.waitpid(pid, 0 if late else os.WNOHANG)
        if ended:
            _kill(pid)  # whatever it has left behind in its process group
            del running[pid]
            code = os.waitstatus_to_exitcode(status)
            _tell(answers, {"job": job, "status": "deadline" if late else code})


def _kill(group: int) -> None:
    for how in (os.killpg, os.kill):
        try:
            how(group, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            continue


def _serve(job: dict) -> None:
    """In the fork: bind it, run the cases, write what came of them, and end."""
    status = 1
    try:
        os.setsid()
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        folder = Path(job["folder"])
        _capture(folder)
        os.chdir(folder / "cwd")
        limits.apply(limits.Limits(**job["limits"]))
        _answer(job["request"], folder)
        status = 0
    except BaseException:  # noqa: B036 - nothing may return from a fork
        traceback.print_exc()
    finally:
        os._exit(status)


def _capture(folder: Path) -> None:
    for descriptor, name in ((1, "stdout"), (2, "stderr")):
        file = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(file, descriptor)
        os.close(file)


def _answer(request: dict, folder: Path) -> None:
    name, cases, module = request.get("filename", ""), request["cases"], None
    try:
        if "module" in request:
            module = importlib.import_module(request["module"])
        else:
            module = loading.load(request["source"], name)
    except loading.Trouble as trouble:
        failed = {"trouble": trouble.record}
    for i, case in enumerate(cases):
        record, arrays = _attempt(module, case, name) if module else (failed, {})
        with open(folder / f"{i}.npz", "wb") as file:
            np.savez(file, **arrays)
        # Last, and by a name of its own: a record that is there is complete.
        (folder / f"{i}.part").write_text(json.dumps(record))
        os.replace(folder / f"{i}.part", folder / f"{i}.json")


def _attempt(module, case: dict, name: str) -> tuple[dict, dict]:
    try:
        return probe.run(module, case, name)
    except loading.Trouble as trouble:
        return {"trouble": trouble.record}, {}
    except BaseException as error:  # noqa: B036 - its graph may raise anything when run
        found = loading.described(error, name)
        return {"trouble": {"kind": "run", "function": case["call"], **found}}, {}


if __name__ == "__main__":
    main(trusted=sys.argv[1:] == ["oracle"])
