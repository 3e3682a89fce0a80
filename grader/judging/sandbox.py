"""The walls around a submission's process: bubblewrap where it works, and words where it does not.

Inside there is no network, no process but the submission's own, and no file of the machine but
Python's and what `SHOWN` names, all read-only; what is written goes to a small file system in
memory. Where there are no walls a submission is kept to its limits, see grader.runner.limits, and no more.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from grader.assignments import ROOT

# The process's own code, and the packages that an exercise may import; the rest of the project,
# nets and solutions above all, is not there.
SHOWN = ("grader/runner", "datasets", "training")
SYSTEM = ("bin", "sbin", "lib", "lib32", "lib64")
ETC = ("ld.so.cache", "alternatives", "localtime")
NOBODY = 65534
# Where a submission may write, and the bytes of memory that its files may take in each place.
WRITABLE = ("/run/grader", "/dev/shm")
ROOM = 512 * 2**20
PATIENCE = 60
# Exits with 0 only where the walls hold, and says whether the number of processes can be limited.
TRIAL = """
import importlib.util, os, resource, socket, sys
root, child, walled = sys.argv[1:]
assert importlib.util.find_spec("keras"), "keras cannot be read inside"
assert os.access(child, os.R_OK), "the grader cannot be read inside"
if walled == "True":
    assert not os.path.exists(os.path.join(root, "nets")), "the project can be read inside"
    assert [name for _, name in socket.if_nameindex()] in ([], ["lo"]), "there is a network inside"
    assert os.getpid() < 20, "other processes can be seen inside"
resource.setrlimit(resource.RLIMIT_NPROC, (1, 1))
try:
    if os.fork() == 0:
        os._exit(0)
    print("processes")
except BlockingIOError:
    pass
"""
COMPLETE = "bubblewrap: no network, no files of this machine, no processes but its own"
UNLIMITED = "bubblewrap, but this system does not limit the number of processes of root"
OPEN = (
    "no walls: a submission is kept to its limits of time and memory, but could reach the "
    "network and the files of its user ({reason})"
)
ELSEWHERE = "Linux alone has bubblewrap"
MISSING = "bubblewrap is not installed: apt install bubblewrap"
BROKEN = "bubblewrap does not work here: {answer}"
SENTENCES = (COMPLETE, UNLIMITED, OPEN, ELSEWHERE, MISSING, BROKEN)


@dataclass(frozen=True)
class Walls:
    """A way to start a child.

    wrap: makes of a command one that runs inside. user: the id to run it as, where that is not the
    caller's. walled: whether bubblewrap stands around it. sentence: what holds and what does not.
    """

    wrap: Callable[[list[str]], list[str]]
    walled: bool
    user: int | None = None
    sentence: str = COMPLETE

    @property
    def complete(self) -> bool:
        """Whether nothing is missing."""
        return self.sentence == COMPLETE

    def start(self, argv: list[str], home: Path, environment: dict[str, str], **more):
        """Start `argv` as subprocess.Popen does, with `environment` and nothing else.

        home: the folder to work in, which is not seen inside walls.
        """
        if self.user is not None:
            os.chown(home, self.user, self.user)
            more |= {"user": self.user, "group": self.user, "extra_groups": []}
        return subprocess.Popen(
            self.wrap(argv),
            cwd="/" if self.walled else home,
            env=environment,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            **more,
        )


@lru_cache(maxsize=1)
def walls() -> Walls:
    """The best walls that work here, found out by a trial of each."""
    reason = MISSING if sys.platform == "linux" else ELSEWHERE
    root = os.geteuid() == 0
    program, helper = shutil.which("bwrap"), shutil.which("setpriv")
    candidates = []
    if program and root and helper:
        candidates.append(Walls(lambda argv: _twice(program, helper, argv), True))
    if program:
        candidates.append(Walls(lambda argv: [program, *_view(), *_inside(program), *argv], True))
    if root:
        candidates.append(Walls(list, False, NOBODY, OPEN))
    for one in candidates:
        ok, said = _tried(one)
        if ok and one.walled:
            return Walls(one.wrap, True, one.user, UNLIMITED if "processes" in said else COMPLETE)
        if one.walled:
            reason = BROKEN.format(answer=said or "no answer")
        elif ok:
            return Walls(one.wrap, False, one.user, OPEN.format(reason=reason))
    return Walls(list, False, None, OPEN.format(reason=reason))


def _tried(one: Walls) -> tuple[bool, str]:
    child = ROOT / "grader" / "runner" / "forkserver.py"
    argv = [sys.executable, "-I", "-B", "-c", TRIAL, str(ROOT), str(child), str(one.walled)]
    with tempfile.TemporaryDirectory(prefix="grader-") as home:
        process = None
        try:
            process = one.start(
                argv,
                Path(home),
                {"PATH": os.defpath},
                text=True,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )
            said, _ = process.communicate(timeout=PATIENCE)
        except (OSError, subprocess.SubprocessError) as error:
            if process is not None:
                process.kill()
                process.communicate()
            return False, type(error).__name__
    lines = said.strip().splitlines()
    return process.returncode == 0, lines[-1] if lines else ""


def _view() -> list[str]:
    """Arguments: the files that are there inside, all read-only."""
    view = ["--ro-bind", "/usr", "/usr"]
    for name in SYSTEM:
        path = Path("/", name)
        if path.is_symlink():
            view += ["--symlink", os.readlink(path), str(path)]
        elif path.is_dir():
            view += _shown(path)
    for name in ETC:
        view += _shown(Path("/etc", name))
    # The project's own folder begins empty, even where it lies in a folder that is shown.
    pythons = _pythons()
    view += [part for path in pythons if not path.is_relative_to(ROOT) for part in _shown(path)]
    view += [*_way(ROOT), "--tmpfs", str(ROOT)]
    view += [part for path in pythons if path.is_relative_to(ROOT) for part in _shown(path)]
    view += [part for name in SHOWN for part in _shown(ROOT / name)]
    home = WRITABLE[0]
    if not any(path.is_relative_to("/tmp") for path in (ROOT, *pythons)):
        view += ["--symlink", home, "/tmp"]
    return [*view, "--remount-ro", str(ROOT), *_way(Path(home)), "--dir", home]


def _shown(path: Path) -> list[str]:
    return [*_way(path), "--ro-bind-try", str(path), str(path)]


def _way(path: Path) -> list[str]:
    """Arguments: the folders on the way to `path`, which else are open to their owner alone."""
    return [part for folder in reversed(path.parents[:-1]) for part in ("--dir", str(folder))]


def _pythons() -> list[Path]:
    """The folders of this Python: its environment, and the installation which that is made from."""
    base = Path(getattr(sys, "_base_executable", sys.executable))
    real = Path(os.path.realpath(sys.executable))
    found = {Path(sys.prefix), Path(sys.base_prefix), Path(os.path.realpath(sys.base_prefix))}
    found |= {program.parent.parent for program in (base, real) if program.parent.name == "bin"}
    return sorted(path for path in found if path != Path("/") and not path.is_relative_to("/usr"))


def _inside(program: str) -> list[str]:
    """Arguments: namespaces of its own, no rights, and nothing to write to but `WRITABLE`."""
    known = _help(program)
    sized = ["--size", str(ROOM)] if "--size " in known else []
    single = ["--disable-userns"] if "--disable-userns" in known else []
    return [
        "--unshare-all",
        "--unshare-user",
        *single,
        "--uid",
        str(NOBODY),
        "--gid",
        str(NOBODY),
        "--hostname",
        "grader",
        "--die-with-parent",
        "--new-session",
        "--cap-drop",
        "ALL",
        "--proc",
        "/proc",
        "--dev",
        "/dev",
        *(part for place in WRITABLE for part in (*sized, "--tmpfs", place)),
        "--remount-ro",
        "/dev",
        "--remount-ro",
        "/",
        "--chdir",
        WRITABLE[0],
        "--",
    ]


def _twice(program: str, helper: str, argv: list[str]) -> list[str]:
    """For root: the view is made with root's rights, everything else as nobody.

    Nobody may not enter root's folders, where Python may lie; and the kernel limits the number of
    processes of every user but root, whatever a user is called inside.
    """
    rights = (
        part for right in ("SETUID", "SETGID", "SETPCAP") for part in ("--cap-add", f"CAP_{right}")
    )
    return [
        program,
        *_view(),
        "--dev-bind",
        "/dev",
        "/dev",
        "--bind",
        "/proc",
        "/proc",
        "--die-with-parent",
        "--cap-drop",
        "ALL",
        *rights,
        "--remount-ro",
        "/",
        "--",
        helper,
        f"--reuid={NOBODY}",
        f"--regid={NOBODY}",
        "--clear-groups",
        "--bounding-set=-all",
        "--no-new-privs",
        "--",
        program,
        "--ro-bind",
        "/",
        "/",
        *_inside(program),
        *argv,
    ]


@lru_cache(maxsize=1)
def _help(program: str) -> str:
    return subprocess.run([program, "--help"], capture_output=True, text=True).stdout
