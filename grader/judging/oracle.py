"""The expected answer to a request: what nets computes, stored on disk between runs.

A file is named by its request and by the code that computes the answer, so an answer of other code
is never read: it is removed, and `Oracle.outdated` says so.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import io
import json
import os
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from datasets.code_hash import code_hash
from datasets.files import home
from grader.assignments import ROOT
from grader.errors import GraderError
from grader.files import write_whole
from grader.judging.stop import Stop
from grader.judging.worker import Worker
from grader.runner.limits import Limits
from grader.runner.result_files import Evidence

# This file and what it imports decide the numbers; the rest of the grader does not.
CASES = ROOT / "grader" / "runner" / "cases.py"
PATIENCE = Limits(seconds=120)


class Oracle:
    """Answers requests with the functions of nets; starts a process only for new requests.

    folder: of stored answers, by default `classic-convnets/oracle` in the user's cache. stop: see
    grader.judging.worker.Worker. outdated: whether an answer that other code had stored was
    computed again.
    """

    def __init__(self, folder: Path | None = None, stop: Stop | None = None):
        self.folder, self.stop = folder or _cache(), stop
        self.outdated = False
        self._worker: Worker | None = None
        self._started: dict[str, tuple[Worker, int]] = {}
        self._answers: dict[str, list[Evidence]] = {}

    def __enter__(self) -> Oracle:
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def start(self, request: dict) -> None:
        """Begin to compute the answer, unless that is done or begun already.

        request: {"module", "cases"}; the module is a name, such as nets.resnet, or a file of the
        project, such as tests/autograder/lenet/variants.py.
        """
        key = _key(request)
        if key in self._answers or key in self._started:
            return
        stored = _load(self.folder / f"{key}.npz", len(request["cases"]))
        if stored is not None:
            self._answers[key] = stored
            return
        for old in self.folder.glob(f"{key.partition('-')[0]}-*.npz"):
            self.outdated = True
            with suppress(OSError):
                old.unlink()
        if self._worker is None:
            self._worker = Worker(trusted=True, stop=self.stop)
        self._started[key] = self._worker, self._worker.start(request, PATIENCE)

    def answer(self, request: dict, may_fail: bool = False) -> list[Evidence]:
        """The expected evidence, one per case.

        Raises GraderError if the module fails, unless it may: then its trouble is the answer.
        """
        self.start(request)
        key = _key(request)
        if key not in self._answers:
            worker, number = self._started.pop(key)
            answer = worker.result(number)
            for case, evidence in zip(request["cases"], answer, strict=True):
                if evidence.trouble and not may_fail:
                    raise GraderError(
                        f"{request['module']} cannot answer {case}: {evidence.trouble}"
                    )
            if all(evidence.record for evidence in answer):  # no case was stopped
                _save(self.folder / f"{key}.npz", answer)
            self._answers[key] = answer
        return self._answers[key]

    def forget(self) -> None:
        """Drop what is being computed."""
        self._started.clear()
        if self._worker is not None:
            self._worker.forget()

    def close(self) -> None:
        """End the oracle's process, if there is one."""
        if self._worker is not None:
            self._worker.close()
            self._worker = None


def _cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or home() / ".cache"
    return Path(base) / "classic-convnets" / "oracle"


def _key(request: dict) -> str:
    """The name of an answer's file: the request, then the code that answers it."""
    parts = (request, _origin(request["module"]))
    texts = (json.dumps(part, sort_keys=True).encode() for part in parts)
    return "-".join(hashlib.sha256(text).hexdigest()[:32] for text in texts)


@lru_cache
def _origin(module: str) -> list[str]:
    """The hash of the code that answers for `module`, a name or a file, and the versions."""
    file = module if module.endswith(".py") else f"{module.replace('.', '/')}.py"
    versions = [importlib.metadata.version(name) for name in ("keras", "tensorflow", "numpy")]
    return [code_hash(ROOT / file, CASES), *versions]


def _save(path: Path, answer: list[Evidence]) -> None:
    arrays: dict[str, Any] = {
        f"{i}:{mode}": value
        for i, evidence in enumerate(answer)
        for mode, value in evidence.arrays.items()
    }
    records = json.dumps([evidence.record for evidence in answer]).encode()
    buffer = io.BytesIO()
    np.savez(buffer, records=np.frombuffer(records, dtype=np.uint8), **arrays)
    try:
        write_whole(path, buffer.getvalue())
    except GraderError:
        return  # without a stored answer the next run takes longer, but the score is the same


def _load(path: Path, cases: int) -> list[Evidence] | None:
    try:
        with np.load(path, allow_pickle=False) as archive:
            values = {name: archive[name] for name in archive.files}
        records = json.loads(values.pop("records").tobytes())
    except Exception:  # it depends on the damaged byte what numpy and zipfile raise
        return None
    whole = isinstance(records, list) and all(isinstance(record, dict) for record in records)
    if not whole or len(records) != cases:
        return None
    return [
        Evidence(
            record,
            {
                key.partition(":")[2]: value
                for key, value in values.items()
                if key.partition(":")[0] == str(i)
            },
            record.get("trouble"),
        )
        for i, record in enumerate(records)
    ]
