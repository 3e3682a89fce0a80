"""A room for each fork: the only files that it can write, in memory, and no other fork sees them.

Inside bubblewrap's walls the fork server keeps one right, to mount. Every fork gets a file system
of bounded size as its folder and another as /dev/shm, then gives up that right for good. Both are
gone, with all that is in them, when the fork has ended. So is every process that it has started:
it is the first process of a namespace of its own, in which it sees no other, neither the fork
server nor a fork beside it, and so can signal to none and change the limits of none. Where the
right is missing, such as without walls, a room is a plain folder, and forks of one submission could
find each other.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

CLONE_NEWNS, CLONE_NEWIPC, CLONE_NEWPID = 0x00020000, 0x08000000, 0x20000000
MS_NOSUID, MS_NODEV, MS_NOEXEC = 2, 4, 8
MS_BIND, MS_REC, MS_PRIVATE = 4096, 16384, 1 << 18
MNT_DETACH = 2
PR_SET_PDEATHSIG = 1
PR_SET_NO_NEW_PRIVS, CAPABILITIES_VERSION_3 = 38, 0x20080522
SHARED_MEMORY = "/dev/shm"
# Room for a result, what is printed, and files of a submission's own; and how many files.
ROOM, MEMORY = "size=256m,nr_inodes=8192,mode=700", "size=64m,nr_inodes=1024,mode=700"


@dataclass
class Rooms:
    """The rooms in `home`, the folder of the fork server. apart: whether forks cannot share files.

    A room has the name of a number, which is not used again. family: a descriptor of the fork
    server's own namespace of processes.
    """

    home: Path
    apart: bool = False
    made: int = 0
    family: int = -1

    def divide(self) -> None:
        """Take a view of files and processes that can be changed. Raises OSError without the right.

        Only a process inside the new namespace can be the fork server. This one waits for it, and
        ends as it does.
        """
        libc = _libc()
        divided = (
            libc is not None
            and libc.unshare(CLONE_NEWNS | CLONE_NEWPID) == 0
            and _mount(None, "/", None, MS_REC | MS_PRIVATE)
            and _mount("tmpfs", str(self.home), "tmpfs", MS_NOSUID | MS_NODEV, ROOM)
        )
        if not divided:
            raise OSError(f"{self.home}: expected the right to mount")
        if server := os.fork():
            _, status = os.waitpid(server, 0)
            os._exit(os.waitstatus_to_exitcode(status) & 0xFF)
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if not _own_processes():
            raise OSError("/proc: expected the right to mount")
        self.family = os.open("/proc/self/ns/pid", os.O_RDONLY)
        self.apart = True

    def fork(self) -> int:
        """os.fork, whose child is the first of its processes if rooms are apart."""
        if not self.apart:
            return os.fork()
        libc = _libc()
        if libc is None or libc.unshare(CLONE_NEWPID):
            raise OSError("expected the right to make a namespace of processes")
        process = os.fork()
        # The next one begins here again: only from its own namespace can it make another.
        if process and libc.setns(self.family, CLONE_NEWPID):
            raise OSError("expected to come back from a namespace of processes")
        return process

    def make(self) -> Path:
        """A new room, as the fork server sees it."""
        self.made += 1
        room = self.home / str(self.made)
        room.mkdir()
        if self.apart and not _mount("tmpfs", str(room), "tmpfs", MS_NOSUID | MS_NODEV, ROOM):
            raise OSError(f"{room}: expected to mount a room")
        (room / "cwd").mkdir()
        return room

    def enter(self, room: Path) -> Path:
        """In a fork: shut the door behind it. Returns the room as the fork sees it."""
        if not self.apart:
            return room
        os.close(self.family)
        libc = _libc()
        shut = (
            libc is not None
            and libc.unshare(CLONE_NEWNS | CLONE_NEWIPC) == 0
            and _mount(None, "/", None, MS_REC | MS_PRIVATE)
            and _mount(str(room), str(self.home), None, MS_BIND)
            and _mount("tmpfs", SHARED_MEMORY, "tmpfs", MS_NOSUID | MS_NODEV, MEMORY)
            and _own_processes()
        )
        if not shut or not _give_up_rights():
            raise OSError(f"{room}: expected to shut a fork's room")
        return self.home

    def remove(self, room: Path) -> None:
        """Remove a room whose fork has ended, and all that is in it."""
        if self.apart and (libc := _libc()) is not None:
            libc.umount2(os.fsencode(room), MNT_DETACH)
        shutil.rmtree(room, ignore_errors=True)
        with suppress(OSError):
            room.unlink()  # a plain room may have been replaced by a file


def _libc():
    """The C library; None where it has no such functions."""
    libc = ctypes.CDLL(None, use_errno=True)
    return libc if hasattr(libc, "unshare") and hasattr(libc, "umount2") else None


def _mount(source: str | None, place: str, kind: str | None, flags: int, data: str = "") -> bool:
    words = [None if word is None else word.encode() for word in (source, place, kind)]
    return ctypes.CDLL(None).mount(*words, flags, data.encode()) == 0


def _own_processes() -> bool:
    """Let /proc show the processes of this namespace."""
    return _mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC)


def _give_up_rights() -> bool:
    """Take every capability from this process; no program that it starts brings one back."""
    libc = ctypes.CDLL(None)
    header = (ctypes.c_uint32 * 2)(CAPABILITIES_VERSION_3, 0)
    return (
        libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
        and libc.capset(header, (ctypes.c_uint32 * 6)()) == 0
    )
