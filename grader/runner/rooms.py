"""A room for each fork: the only files that it can write, in memory, and no other fork sees them.

Inside bubblewrap's walls the fork server keeps one right, to mount. Every fork gets a file system
of bounded size as its folder and another as /dev/shm, then gives up that right for good. Both are
gone, with all that is in them, when the fork has ended. Where the right is missing, such as without
walls, a room is a plain folder, and forks of one submission could find each other's files.
"""

from __future__ import annotations

import ctypes
import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

CLONE_NEWNS, CLONE_NEWIPC = 0x00020000, 0x08000000
MS_NOSUID, MS_NODEV, MS_BIND, MS_REC, MS_PRIVATE = 2, 4, 4096, 16384, 1 << 18
MNT_DETACH = 2
PR_SET_NO_NEW_PRIVS, CAPABILITIES_VERSION_3 = 38, 0x20080522
SHARED_MEMORY = "/dev/shm"
# Room for a result, what is printed, and files of a submission's own; and how many files.
ROOM, MEMORY = "size=256m,nr_inodes=8192,mode=700", "size=64m,nr_inodes=1024,mode=700"


@dataclass
class Rooms:
    """The rooms in `home`, the folder of the fork server. apart: whether forks cannot share files.

    A room has the name of a number, which is not used again.
    """

    home: Path
    apart: bool = False
    made: int = 0

    def divide(self) -> None:
        """Take a view of the file systems that can be changed. Raises OSError without the right."""
        libc = _libc()
        self.apart = (
            libc is not None
            and libc.unshare(CLONE_NEWNS) == 0
            and _mount(None, "/", None, MS_REC | MS_PRIVATE)
            and _mount("tmpfs", str(self.home), "tmpfs", MS_NOSUID | MS_NODEV, ROOM)
        )
        if not self.apart:
            raise OSError(f"{self.home}: expected the right to mount")

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
        libc = _libc()
        shut = (
            libc is not None
            and libc.unshare(CLONE_NEWNS | CLONE_NEWIPC) == 0
            and _mount(None, "/", None, MS_REC | MS_PRIVATE)
            and _mount(str(room), str(self.home), None, MS_BIND)
            and _mount("tmpfs", SHARED_MEMORY, "tmpfs", MS_NOSUID | MS_NODEV, MEMORY)
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


def _give_up_rights() -> bool:
    """Take every capability from this process; no program that it starts brings one back."""
    libc = ctypes.CDLL(None)
    header = (ctypes.c_uint32 * 2)(CAPABILITIES_VERSION_3, 0)
    return (
        libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
        and libc.capset(header, (ctypes.c_uint32 * 6)()) == 0
    )
