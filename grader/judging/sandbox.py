"""The sandbox: bubblewrap's walls around a submission's process, or a sentence on what is missing.

Inside there is no network, no process but the submission's own, and no file of the machine but
Python's and the folders in `SHOWN`, all read-only; Python's packages of ready networks are empty.
Files are written to a small file system in memory, one for each fork where the fork server may keep
the right to mount. Without walls a submission has only its limits, see grader.runner.limits.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from pathlib import Path

from grader.assignments import ROOT
from grader.errors import GraderError
from grader.runner import ready_networks

# Mounted read-only: the folder of the process's own code. The rest of the project, which has right
# answers, is not there.
SHOWN = ("grader/runner",)
SYSTEM = ("bin", "sbin", "lib", "lib32", "lib64")
ETC = ("ld.so.cache", "alternatives", "localtime")
NOBODY = 65534
# Where a submission may write, and how many bytes of files each place holds, in memory.
WRITABLE = ("/run/grader", "/dev/shm")
ROOM = 512 * 2**20
PATIENCE = 60
# Exits with 0 only if the walls hold, and prints whether the number of processes can be limited.
TRIAL = """
import importlib.util, os, resource, socket, sys
root, forkserver, walled, apart, ready, kept = sys.argv[1:]
assert importlib.util.find_spec("keras"), "keras cannot be read inside"
assert os.access(forkserver, os.R_OK), "the grader cannot be read inside"
if walled == "True":
    assert not os.path.exists(os.path.join(root, "nets")), "the project can be read inside"
    shown = os.listdir(os.path.join(root, "grader"))
    assert shown == ["runner"], "more of the grader than its runner can be read inside"
    networks = os.path.join(os.path.dirname(importlib.util.find_spec("keras").origin), ready)
    assert {*os.listdir(networks)} <= {*kept.split()}, "Keras' networks can be read inside"
    assert [name for _, name in socket.if_nameindex()] in ([], ["lo"]), "there is a network inside"
    assert os.getpid() < 20, "other processes can be seen inside"
if apart == "True":
    sys.path.insert(0, root)
    from pathlib import Path
    from grader.runner.rooms import Rooms
    rooms = Rooms(Path(os.getcwd()))
    rooms.divide()
    room = rooms.make()
    if fork := rooms.fork():
        sys.exit(os.waitstatus_to_exitcode(os.waitpid(fork, 0)[1]))
    rooms.enter(room)
resource.setrlimit(resource.RLIMIT_NPROC, (1, 1))
try:
    if os.fork() == 0:
        os._exit(0)
    print("processes")
except BlockingIOError:
    pass
"""
COMPLETE = "bubblewrap: no network, no files of this machine, no processes but its own"
TOGETHER = "bubblewrap, but processes of one submission can leave files to each other here"
UNLIMITED = "bubblewrap, but this system does not limit the number of processes of root"
OPEN = (
    "no walls: a submission has limits of time and memory, but could reach the network and the "
    "files of its user ({reason})"
)
ELSEWHERE = "only Linux has bubblewrap"
MISSING = "bubblewrap is not installed: apt install bubblewrap"
BROKEN = "bubblewrap does not work here: {answer}"
STRANGERS = (
    "expected bubblewrap around files of strangers, received {sentence}; install it, or pass "
    "--trust where this machine holds nothing but the submissions, such as in a container"
)
AS_ROOT = (
    "expected a user other than root for files of strangers, received root, and its Python lies "
    "where no other user can read it; install bubblewrap, or run this as another user"
)
SENTENCES = (COMPLETE, TOGETHER, UNLIMITED, OPEN, ELSEWHERE, MISSING, BROKEN)


@dataclass(frozen=True)
class Walls:
    """A way to start a process.

    wrap: turns a command into one that runs inside. walled: whether bubblewrap is around it. user:
    the id to run it as, if that is not the caller's. sentence: what is protected and what is not.
    apart: whether each fork gets files of its own, see grader.runner.rooms.
    """

    wrap: Callable[[list[str]], list[str]]
    walled: bool
    user: int | None = None
    sentence: str = COMPLETE
    apart: bool = False

    def refuse_strangers(self, trust: bool) -> None:
        """Raise GraderError unless files of strangers may run here.

        Without walls they may if the user trusts them. They never run as root.
        """
        if self.walled:
            return
        if os.name == "posix" and os.geteuid() == 0 and self.user is None:
            raise GraderError(AS_ROOT)
        if not trust:
            raise GraderError(STRANGERS.format(sentence=self.sentence))

    @property
    def complete(self) -> bool:
        """Whether no wall is missing."""
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
    """The best walls that work here; each kind is tried."""
    reason = MISSING if sys.platform == "linux" else ELSEWHERE
    root = os.geteuid() == 0
    program, helper = shutil.which("bwrap"), shutil.which("setpriv")
    candidates = []
    if program:
        for apart in (True, False):
            if root and helper:
                twice = partial(_twice, program, helper, apart)
                candidates.append(Walls(twice, True, apart=apart))
            candidates.append(Walls(partial(_once, program, apart), True, apart=apart))
    if root:
        candidates.append(Walls(list, False, NOBODY, OPEN))
    for candidate in candidates:
        ok, answer = _try(candidate)
        if ok and candidate.walled:
            less = UNLIMITED if "processes" in answer else "" if candidate.apart else TOGETHER
            return replace(candidate, sentence=less or COMPLETE)
        if candidate.walled:
            reason = BROKEN.format(answer=answer or "no answer")
        elif ok:
            return Walls(candidate.wrap, False, candidate.user, OPEN.format(reason=reason))
    return Walls(list, False, None, OPEN.format(reason=reason))


def _try(candidate: Walls) -> tuple[bool, str]:
    forkserver = ROOT / "grader" / "runner" / "forkserver.py"
    argv = [
        sys.executable,
        "-I",
        "-B",
        "-c",
        TRIAL,
        str(ROOT),
        str(forkserver),
        str(candidate.walled),
        str(candidate.apart),
        ready_networks.FOLDERS[0].removeprefix("keras/"),
        " ".join(ready_networks.KEPT),
    ]
    with tempfile.TemporaryDirectory(prefix="grader-") as home:
        process = None
        try:
            process = candidate.start(
                argv,
                Path(home),
                {"PATH": os.defpath},
                text=True,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )
            output, _ = process.communicate(timeout=PATIENCE)
        except (OSError, subprocess.SubprocessError) as error:
            return False, type(error).__name__
        finally:
            if process is not None and process.poll() is None:
                process.kill()
                process.communicate()
    lines = output.strip().splitlines()
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
    # The project's own folder begins empty, even if it lies in a folder that is shown.
    pythons = _pythons()
    view += [part for path in pythons if not path.is_relative_to(ROOT) for part in _shown(path)]
    view += [*_way(ROOT), "--tmpfs", str(ROOT)]
    view += [part for path in pythons if path.is_relative_to(ROOT) for part in _shown(path)]
    view += [part for path in _ready_networks(pythons) for part in _hidden(path)]
    view += [part for name in SHOWN for part in _shown(ROOT / name)]
    home = WRITABLE[0]
    if not any(path.is_relative_to("/tmp") for path in (ROOT, *pythons)):
        view += ["--symlink", home, "/tmp"]
    return [*view, "--remount-ro", str(ROOT), *_way(Path(home)), "--dir", home]


def _ready_networks(pythons: list[Path]) -> list[Path]:
    """The folders of ready networks in the packages of these Pythons and of the system's."""
    places = [
        place
        for home in (Path("/usr"), Path("/usr/local"), *pythons)
        for place in (home, *home.glob("lib*/python3*/*-packages"))
    ]
    folders = [place / name for place in places for name in ready_networks.FOLDERS]
    # One folder can have several names, such as in lib64.
    found = {os.path.realpath(path): path for path in reversed(folders) if path.is_dir()}
    return sorted(path for path in found.values() if not ROOT.is_relative_to(path))


def _hidden(path: Path) -> list[str]:
    """Arguments: only what is no network is left in a folder."""
    kept = [path / name for name in ready_networks.KEPT if (path / name).is_file()]
    files = [part for file in kept for part in ("--ro-bind", str(file), str(file))]
    return ["--tmpfs", str(path), *files, "--remount-ro", str(path)]


def _shown(path: Path) -> list[str]:
    return [*_way(path), "--ro-bind-try", str(path), str(path)]


def _way(path: Path) -> list[str]:
    """Arguments: the folders above `path`, which otherwise only their owner could enter."""
    return [part for folder in reversed(path.parents[:-1]) for part in ("--dir", str(folder))]


def _pythons() -> list[Path]:
    """The folders of this Python: its environment, and the installation behind it."""
    base = Path(getattr(sys, "_base_executable", sys.executable))
    real = Path(os.path.realpath(sys.executable))
    folders = {Path(sys.prefix), Path(sys.base_prefix), Path(os.path.realpath(sys.base_prefix))}
    folders |= {program.parent.parent for program in (base, real) if program.parent.name == "bin"}
    libraries = importlib.util.find_spec("keras")  # a .pth file may lead to another folder
    if libraries is not None and libraries.origin is not None:
        folders.add(Path(libraries.origin).parent.parent)
    return sorted(path for path in folders if path != Path("/") and not path.is_relative_to("/usr"))


def _once(program: str, apart: bool, argv: list[str]) -> list[str]:
    return [program, *_view(), *_inside(program, apart), *argv]


def _inside(program: str, apart: bool) -> list[str]:
    """Arguments: namespaces of its own, no rights, and no place to write but `WRITABLE`.

    apart: the fork server may mount, inside and nowhere else; its forks give that up.
    """
    options = _help(program)
    sized = ["--size", str(ROOM)] if "--size " in options else []
    single = ["--disable-userns"] if "--disable-userns" in options else []
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
        *(["--cap-add", "CAP_SYS_ADMIN"] if apart else []),
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


def _twice(program: str, helper: str, apart: bool, argv: list[str]) -> list[str]:
    """For root: root's rights set up the view, and everything else runs as nobody.

    Nobody cannot enter root's folders, in which Python may lie; and the kernel limits the number of
    processes of every user but root, whatever the user's name is inside.
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
        *_inside(program, apart),
        *argv,
    ]


@lru_cache(maxsize=1)
def _help(program: str) -> str:
    return subprocess.run([program, "--help"], capture_output=True, text=True).stdout
