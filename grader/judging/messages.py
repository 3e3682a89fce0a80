"""Trouble in words: one clear sentence for each way in which a submission gives no answer.

The keys are kinds, the values are sentences with fields, which are the keys of translations.
"""

from __future__ import annotations

from grader.errors import CheckFailed
from grader.i18n.language import IN_CALLS
from grader.runner.cases import TUPLES
from grader.runner.limits import Limits

SENTENCES = {
    "file_type": "{file} is not a .py, .ipynb or .zip file: hand in one of these.",
    "not_file": "{file} cannot be read ({text}): hand in the file itself.",
    "archive": "{file} cannot be unpacked ({text}): hand in a zip file with one .py or .ipynb "
    "file.",
    "notebook": "{file} cannot be read as a notebook ({text}): save it again in Jupyter.",
    "lfs": "{file} is only a pointer of Git LFS, not the file itself: run `git lfs pull`, and hand "
    "in the file that this brings.",
    "which": "{file} holds several files that could be meant: {text}. Hand in one of them.",
    "nothing": "{file} holds no .py or .ipynb file: hand in one.",
    "crowded": "{file} holds more than {text} files: hand in one .py or .ipynb file.",
    "empty": "{file} is empty: there is nothing to check yet.",
    "too_large": "{file} is larger than {limit:,} bytes: expected a Python script.",
    "not_text": "{file} is not text in UTF-8: expected a Python script.",
    "syntax": "Python cannot read line {line} of {file} ({text}): {code}",
    "import": "Running {file} from the top raised {error}: {text}",
    "import_exit": "Running {file} from the top ended the program: move everything that is not a "
    'definition under `if __name__ == "__main__":`.',
    "python2": "Python 3 cannot read line {line} of {file}, which is written for Python 2: {code}",
    "conflict": "Line {line} of {file} is the mark of a merge conflict: keep one of the two "
    "versions, and delete the marks.",
    "missing": "There is no function {function} in {file}: keep the name of the exercise. "
    "Found: {found}.",
    "not_attempted": "{function} is not attempted: {file} does not define it.",
    "elsewhere": "{file} is other homework, {received}: it defines {found}, and no {function}.",
    "broken": "{function} is not defined, because {place} failed ({text}): {code}",
    "needs": "{function} needs {received}, a module that is not here: write the function without "
    "it, or hand the module in with it, in one zip file.",
    "needs_name": "{function} needs {detail}, which {file} does not define. It may be of a module "
    "that is not here: {received}.",
    "tf_function": "{function} gives a Keras tensor to a function of TensorFlow: tf.* functions do "
    "not take Keras tensors. Use keras.ops, or a layer.",
    "not_callable": "{function} in {file} is not a function: keep `def {function}(...)`.",
    "signature": "{function} cannot be called as the exercise says ({detail}): keep its "
    "parameters as released. Received: {received}.",
    "unfilled": "{text}",
    "raised": "{function} raised {error}: {text}",
    "run": "The network that {function} builds cannot be run: {error}: {text}",
    "waits": "This is checked once {function} gives an answer.",
    "none": "{function} returned None: end it with `return`.",
    "not_model": "{function} returned {received}: expected a keras.Model.",
    "not_tensor": "{function} returned {received}: expected one tensor.",
    "not_arrays": "{function} returned {received}: expected these arrays, in this order: {detail}.",
    "ends": "{function} returned {received}: expected one input and {detail} outputs.",
    "not_number": "{function} returned {received}: expected one number.",
    "not_names": "{function} returned {received}: expected a list of layers or of their names.",
    "not_dataset": "{function} returned {received}: expected a tf.data.Dataset of pairs, images "
    "and labels.",
    "iterated": "The dataset that {function} returned cannot be run: {error}: {text}",
    "symbolic": "{function} was given an array and returned a symbolic tensor: build the result "
    "from X itself.",
    "detached": "{function} returned {received}, which does not depend on X: expected the Keras "
    "tensor that is computed from X.",
    "disconnected": "The tensor that {function} returned is not connected to X: every layer must "
    "take the output of the layer before it.",
    "names": "{function} gives two layers the same name: {text}",
    "precision": "{function} computes in {received}, and its numbers are too coarse to compare: "
    "leave the precision at float32 there.",
    "deadline": "{function} was stopped after {seconds:g} s: it did not return. Look for a loop "
    'that does not end; training belongs under `if __name__ == "__main__":`.',
    "memory": "{function} ran out of the {memory} MiB that it may use: look for a size that is "
    "far too large.",
    "died": "The process ended before {function} had answered{status}: an exercise must not "
    "exit or send signals.",
    "unreadable": "The answer of {function} cannot be read ({text}): return the tensor, and "
    "do not change files.",
}
HIDDEN = "{function} for other inputs, whose values are not shown"
_EXITS = ("SystemExit", "KeyboardInterrupt")


PLACES = {
    "line": "line {line} of {file}",
    "cell": "cell {cell} of {file}",
    "cell_line": "line {line} of cell {cell} of {file}",
}
TRACES = {
    "line": "{file}, line {number}, in {where}: {code}",
    "cell": "{file}, cell {cell}, line {number}, in {where}: {code}",
}


def explain(trouble: dict, case: dict | None, file: str, limits: Limits) -> CheckFailed:
    """The verdict for a record of trouble. It comes from a submission and may have any shape.

    case: what was asked, for the function's name and how it was called.
    """
    kind = trouble.get("kind")
    kind = kind if isinstance(kind, str) and kind in SENTENCES else "unreadable"
    if trouble.get("memory") is True:
        kind = "memory"
    if kind == "import" and trouble.get("error") in _EXITS:
        kind = "import_exit"
    case = case or {}
    fields = {
        "file": file,
        "function": case.get("call", "the function"),
        "seconds": limits.seconds,
        "memory": limits.memory,
        "limit": trouble.get("limit", 0) if isinstance(trouble.get("limit", 0), int) else 0,
        "found": _names(trouble.get("found")),
        "status": _status(trouble.get("status")),
        "place": _place(trouble, file),
    }
    for key in ("line", "text", "code", "error", "detail", "received"):
        fields[key] = _text(trouble.get(key, ""))
    message = SENTENCES[kind].format(**fields).strip().removesuffix(":")
    trace = "" if kind in ("unfilled", "not_attempted") else _trace(trouble, file, case)
    return CheckFailed(message, trace=trace, kind=kind)


def asked(case: dict) -> str:
    """A case as the call that a learner would write; of a hidden one nothing but the name."""
    if "hidden" in case:
        return HIDDEN.format(function=case["call"])
    first = []
    if "input" in case:
        first = [IN_CALLS["tensor"].format(sizes=_sizes(case["input"]))]
    if "model" in case:
        first = ["model"]
    if "array" in case:
        shapes = [one["array"] for one in (case, *case.get("arrays", ()))]
        first += [IN_CALLS["array"].format(sizes=_sizes(sizes)) for sizes in shapes]
    first += [name for name in ("labels", "path") if name in case]
    if "dataset" in case:
        first = ["dataset", "ops"]
    kwargs = case.get("kwargs", {}).items()
    named = [
        f"{key}={tuple(value) if key in TUPLES and isinstance(value, list) else value!r}"
        for key, value in kwargs
    ]
    if "initializer" in case:
        named.append("initializer=...")
    return f"{case['call']}({', '.join([*first, *map(repr, case.get('args', [])), *named])})"


def _sizes(sizes: list[int]) -> str:
    return ", ".join(map(str, sizes))


def _place(trouble: dict, file: str) -> str:
    cell, line = trouble.get("cell"), trouble.get("line")
    kind = "line" if cell is None else "cell" if line is None else "cell_line"
    return PLACES[kind].format(cell=_text(cell), line=_text(line), file=file)


def _text(value) -> str:
    return " ".join(str(value).split())[:300]


def _names(listed) -> str:
    names = [_text(name) for name in listed][:12] if isinstance(listed, list) else []
    return ", ".join(names) or "no functions"


def _status(status) -> str:
    if not isinstance(status, int) or isinstance(status, bool):
        return ""
    return f" (signal {-status})" if status < 0 else f" (exit status {status})"


def _trace(trouble: dict, file: str, case: dict) -> str:
    lines = trouble.get("lines")
    parts = [f"Called: {asked(case)}"] if case and trouble.get("kind") != "import" else []
    for line in lines if isinstance(lines, list) else []:
        if isinstance(line, list) and len(line) in (3, 4):
            number, where, code, *cell = map(_text, line)
            form = TRACES["cell" if cell else "line"]
            parts.append(
                form.format(file=file, number=number, where=where, code=code, cell="".join(cell))
            )
    return "\n".join(parts)
