"""System calls that a submission cannot make: those that would outlive its process or escape it.

System V's shared memory, semaphores and message queues, POSIX message queues and the kernel's
keyrings stay after the process that made them has ended, so that the next submission would find
them. A new session, process group or priority would take a process out of what the grader counts
and stops. All of them fail with EPERM, by a filter of the kernel (seccomp) that no process of the
submission can take off again.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import struct
import sys

# name: its number on (x86_64, aarch64), from the kernel's asm/unistd.h.
FORBIDDEN = {
    "shmget": (29, 194),
    "shmat": (30, 196),
    "shmctl": (31, 195),
    "semget": (64, 190),
    "semop": (65, 193),
    "semctl": (66, 191),
    "semtimedop": (220, 192),
    "msgget": (68, 186),
    "msgsnd": (69, 189),
    "msgrcv": (70, 188),
    "msgctl": (71, 187),
    # What is kept in them is memory that no limit of the process counts.
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    # Abstract addresses and the loopback connect processes that share no file.
    "socket": (41, 198),
    "mq_open": (240, 180),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "setsid": (112, 157),
    "setpgid": (109, 154),
    "setpriority": (141, 140),
    "sched_setscheduler": (144, 119),
    "sched_setattr": (314, 274),
    "ioprio_set": (251, 30),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "pidfd_getfd": (438, 438),
    "unshare": (272, 97),
    "setns": (308, 268),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    # Its operations would pass the filter unseen.
    "io_uring_setup": (425, 425),
}
# How the kernel calls these processors: linux/audit.h.
MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
# A second set of numbers for the same calls begins here on x86_64.
X32 = 0x40000000

PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2
LOAD, EQUAL, AT_LEAST, RETURN = 0x20, 0x15, 0x35, 0x06
ALLOW, REFUSE = 0x7FFF0000, 0x00050000 | errno.EPERM
# Offsets of the number and the processor in what the filter sees.
NUMBER, PROCESSOR = 0, 4


class Program(ctypes.Structure):
    """The kernel's struct sock_fprog: how many instructions, and where they are."""

    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p)]


def forbid() -> bool:
    """Take the calls in FORBIDDEN from this process and all that it starts; whether that worked.

    It works on Linux on the processors in MACHINES. It cannot be undone.
    """
    machine = MACHINES.get(platform.machine())
    if sys.platform != "linux" or machine is None:
        return False
    code = _program(*machine)
    buffer = ctypes.create_string_buffer(code, len(code))
    program = Program(len(code) // 8, ctypes.addressof(buffer))
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    if prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        return False
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(program)) == 0


def _program(column: int, processor: int) -> bytes:
    """The filter, in the kernel's instructions: (code, steps if true, steps if false, number)."""
    numbers = sorted(row[column] for row in FORBIDDEN.values())
    left = len(numbers)  # instructions between the first comparison of a number and ALLOW
    rows = [
        (LOAD, 0, 0, PROCESSOR),
        (EQUAL, 0, left + 3, processor),  # calls of another processor's kind are refused
        (LOAD, 0, 0, NUMBER),
        (AT_LEAST, left + 1, 0, X32),
    ]
    rows += [(EQUAL, left - place, 0, number) for place, number in enumerate(numbers)]
    rows += [(RETURN, 0, 0, ALLOW), (RETURN, 0, 0, REFUSE)]
    return b"".join(struct.pack("=HBBI", *row) for row in rows)
