"""Huge pages for what training allocates: less time per step, where glibc and the kernel have them.

glibc reads its settings when a process starts, so the process begins once more, with them.
"""

from __future__ import annotations

import os
import sys

SETTING = "glibc.malloc.hugetlb"
# These train, so they are worth a second start of Python.
COMMANDS = ("reproduce", "race", "pretrain", "study")
# Set by us, for a process that is given no GLIBC_TUNABLES, as one of another user's rights.
MARK = "SIGNS_HUGE_PAGES"


def restart(words: list[str]) -> None:
    """Begin this process again with huge pages, if its command trains and it has none yet.

    Only the program that was typed may call it: what the process has done before is lost. It
    returns, and nothing happens, without glibc, in a notebook, in an interactive Python, after a
    backend was imported, for another command, and the second time.
    """
    if words[:1] and words[0] in COMMANDS and not {"--help", "-h"} & {*words} and _may():
        tunables = os.environ.get("GLIBC_TUNABLES")
        setting = f"{SETTING}=1"
        os.environ["GLIBC_TUNABLES"] = f"{tunables}:{setting}" if tunables else setting
        os.environ[MARK] = "1"
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])


def _may() -> bool:
    if SETTING in os.environ.get("GLIBC_TUNABLES", "") or MARK in os.environ:
        return False
    if {"ipykernel", "IPython", "tensorflow", "jax", "torch"} & {*sys.modules}:
        return False
    if hasattr(sys, "ps1") or sys.flags.interactive or not sys.executable:
        return False
    return sys.platform == "linux" and _glibc()


def _glibc() -> bool:
    """Whether the C library is glibc; others have no such settings."""
    try:
        return (os.confstr("CS_GNU_LIBC_VERSION") or "").startswith("glibc")
    except (ValueError, OSError):
        return False
