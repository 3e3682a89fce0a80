"""What a teacher reads in place of the grader's codes for what became of a submission."""

from __future__ import annotations

from grader.i18n.language import say

GRADED, NOT_GRADED = "graded", "not graded"
# The kinds of grader.judging.messages, each in a few words.
SENTENCES = {
    GRADED: "graded",
    NOT_GRADED: "not graded, tried again in the next run",
    "wrong": "another result",
    "follows": "waits for another check",
    "file_type": "neither a script, nor a notebook, nor a zip file",
    "not_file": "the file cannot be read",
    "archive": "the zip file cannot be unpacked",
    "notebook": "the notebook cannot be read",
    "lfs": "only a pointer of Git LFS",
    "which": "more than one file could be meant",
    "nothing": "neither a script nor a notebook is in it",
    "crowded": "too many files",
    "empty": "the file is empty",
    "too_large": "the file is too large",
    "not_text": "the file is not text in UTF-8",
    "syntax": "Python cannot read it",
    "import": "an error when the file is run",
    "import_exit": "the file ends the program",
    "python2": "written for Python 2",
    "conflict": "marks of a merge conflict are left",
    "missing": "the graded functions are missing",
    "not_attempted": "not attempted",
    "elsewhere": "another homework",
    "broken": "a definition failed",
    "needs": "needs a module that is not here",
    "needs_name": "needs a name that is not defined",
    "tf_function": "a TensorFlow function on a Keras tensor",
    "not_callable": "not a function",
    "signature": "other parameters than released",
    "unfilled": "not filled in",
    "raised": "raises an error",
    "run": "the network cannot be run",
    "waits": "waits for an answer of the function",
    "none": "nothing is returned",
    "not_model": "what is returned is not a model",
    "not_tensor": "what is returned is not a tensor",
    "not_arrays": "what is returned are not the arrays",
    "ends": "other inputs or outputs than expected",
    "not_number": "what is returned is not a number",
    "not_names": "what is returned are not names of layers",
    "not_dataset": "what is returned is not a dataset",
    "iterated": "the dataset cannot be run",
    "symbolic": "a symbolic tensor is returned for an array",
    "detached": "the result does not depend on the input",
    "disconnected": "the output is not connected to the input",
    "names": "two layers have the same name",
    "precision": "computed in too coarse a precision",
    "deadline": "stopped: out of time",
    "memory": "stopped: out of memory",
    "died": "the process ended before it had answered",
    "unreadable": "the answer cannot be read",
}


def in_words(kind: str) -> str:
    """A kind of grader.judging.messages, or a status, in the spoken language."""
    return say(SENTENCES[kind]) if kind in SENTENCES else kind.replace("_", " ")
