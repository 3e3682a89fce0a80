"""Look at this machine: driver, cards, permissions, packages, and what each backend answers."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

from training import environment
from training.doctor.seen import BACKENDS, Answer, Facts, Seen

SMI_SECONDS = 20
# What changes which device a backend finds.
SETTINGS = (
    "KERAS_BACKEND", "CUDA_VISIBLE_DEVICES", "NVIDIA_VISIBLE_DEVICES", "LD_LIBRARY_PATH",
    "JAX_PLATFORMS", "XLA_FLAGS", "XLA_PYTHON_CLIENT_PREALLOCATE", "TF_FORCE_GPU_ALLOW_GROWTH",
)  # fmt: skip
_VENDORS = {"0x10de": "NVIDIA", "0x1002": "AMD"}
_QUERY = "name,memory.total,memory.free,compute_cap"


def machine(root: Path = Path("/")) -> Facts:
    """The facts of this machine; `root` is the top of the file system. No backend is imported."""
    facts: Facts = {
        "system": [f"{platform.system()} {platform.machine()}"],
        "python": [platform.python_version()],
        "wsl": ["2"] if _wsl(root) else [],
        "container": _container(root),
        "colab": ["yes"] if "COLAB_RELEASE_TAG" in os.environ else [],
        "processor": [f"bfloat16 {'yes' if _bfloat16(root) else 'no'}"],
        "pci": _display_cards(root),
        **_smi(),
        "kernel module": _kernel_module(root),
        "nodes": [_nodes(root)],
        "keras backend": [environment.backend()],
        "set": [f"{key}={without_home(os.environ[key])}" for key in SETTINGS if key in os.environ],
        "packages": [", ".join(f"{name} {version}" for name, version in _packages().items())],
        "toolkit": sorted(str(path) for path in (root / "usr/local").glob("cuda-*")),
    }
    return {key: values for key, values in facts.items() if values}


def seen(seconds: float, say: Callable[[str], None]) -> Seen:
    """This machine and the answers of the installed backends, that of Keras first.

    Args:
        seconds: How long a backend may take.
        say: Is told in a line which backend is asked.
    """
    found = Seen(machine(), {})
    for name in sorted(BACKENDS, key=lambda name: name != found.backend):
        if found.version(name):
            say(f"asking {found.version(name)} for its devices (at most {seconds:g} s)")
            found.answers[name] = answer(name, seconds)
    return found


def answer(name: str, seconds: float) -> Answer:
    """What the backend answers in a process of its own, within `seconds`."""
    command = [sys.executable, "-P", str(Path(__file__).with_name("probe.py")), name]
    environ = {
        **os.environ,
        "TF_CPP_MIN_LOG_LEVEL": "0",
        # The whole memory of a card that somebody else uses is not ours to ask for.
        "TF_FORCE_GPU_ALLOW_GROWTH": "true",
        "XLA_PYTHON_CLIENT_PREALLOCATE": "false",
    }
    began = time.monotonic()
    try:
        done = subprocess.run(command, env=environ, capture_output=True, timeout=seconds)
        status, out, messages = str(done.returncode), done.stdout, done.stderr
    except subprocess.TimeoutExpired as late:
        status, out, messages = "timeout", late.stdout or b"", late.stderr or b""
    facts: Facts = {"exit": [status], "seconds": [f"{time.monotonic() - began:.0f}"]}
    for line in out.decode(errors="replace").splitlines():
        key, colon, value = line.partition(": ")
        if colon:
            facts.setdefault(key, []).append(value)
    return Answer(facts, without_home(messages.decode(errors="replace")))


def without_home(text: str) -> str:
    """The text with ~ for the user's folder: a log may be sent to others."""
    home = str(Path.home())
    return text.replace(home, "~") if len(home) > 1 else text


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _wsl(root: Path) -> bool:
    return "microsoft" in _read(root / "proc/version").lower()


def _container(root: Path) -> list[str]:
    if (root / ".dockerenv").exists():
        return ["docker"]
    if (root / "run/.containerenv").exists():
        return ["podman"]
    if (root / ".singularity.d").exists():
        return ["apptainer"]
    groups = _read(root / "proc/1/cgroup")
    return [name for name in ("docker", "kubepods", "lxc") if name in groups][:1]


def _bfloat16(root: Path) -> bool:
    return bool(re.search(r"\b(avx512_bf16|amx_bf16|bf16)\b", _read(root / "proc/cpuinfo")))


def _display_cards(root: Path) -> list[str]:
    """The display controllers that the PCI bus has, with the kernel's driver of each."""
    cards = []
    for device in sorted((root / "sys/bus/pci/devices").glob("*")):
        vendor = _VENDORS.get(_read(device / "vendor").strip())
        if vendor and _read(device / "class").startswith("0x03"):
            driver = device / "driver"
            cards.append(f"{vendor}, driver {driver.resolve().name if driver.exists() else 'none'}")
    return cards


def _smi() -> Facts:
    """What nvidia-smi says: the driver and the cards, or how it fails."""
    program = shutil.which("nvidia-smi", path=f"{os.environ.get('PATH', '')}:/usr/lib/wsl/lib")
    if program is None:
        return {} if platform.system() == "Darwin" else {"nvidia-smi": ["missing"]}
    failed, text = _run([program])
    if failed:
        return {"nvidia-smi": [next(iter(text.strip().splitlines()), "no answer")]}
    version = re.search(r"Driver Version: *(\S+) +CUDA Version: *(\S+)", text)
    failed, rows = _run([program, f"--query-gpu={_QUERY}", "--format=csv,noheader,nounits"])
    return {
        "nvidia-smi": ["ok"],
        "driver": [f"{version[1]}, CUDA {version[2]}"] if version else [],
        "card": [] if failed else [_card(row) for row in rows.strip().splitlines()],
    }


def _card(row: str) -> str:
    """`name, total, free, compute` as a fact; a field of an old driver may be missing."""
    name, total, free, compute = ([*map(str.strip, row.split(",")), "?", "?", "?"])[:4]
    return f"{name}, {total} MiB, {free} MiB free, compute {compute}"


def _run(command: list[str]) -> tuple[bool, str]:
    """Whether a command fails, and what it writes."""
    try:
        done = subprocess.run(command, capture_output=True, timeout=SMI_SECONDS)
    except subprocess.TimeoutExpired:
        return True, f"nvidia-smi does not answer within {SMI_SECONDS} s"
    except OSError as error:
        return True, f"nvidia-smi: {error.strerror}"
    return done.returncode != 0, (done.stdout + done.stderr).decode(errors="replace")


def _kernel_module(root: Path) -> list[str]:
    return re.findall(
        r"Module.*?\s(\d+\.\d+(?:\.\d+)?)\s", _read(root / "proc/driver/nvidia/version")
    )


def _nodes(root: Path) -> str:
    """The device files, and which of them this user may not use."""
    names = ("nvidia[0-9]*", "nvidiactl", "nvidia-uvm", "dxg")
    paths = [path for name in names for path in sorted((root / "dev").glob(name))]
    words = [
        f"/dev/{path.name}" + ("" if os.access(path, os.R_OK | os.W_OK) else " (no permission)")
        for path in paths
    ]
    return " ".join(words) or "none"


def _packages() -> dict[str, str]:
    """Keras, the backends, and the CUDA libraries that pip has installed; none is imported."""
    wanted = re.compile(
        r"keras|jax(lib|-cuda.*)?|tensorflow(-cpu|-rocm|-metal)?|torch|nvidia-(cu|nccl|nv).*"
    )
    versions = {}
    for distribution in metadata.distributions():
        name = re.sub(r"[-_.]+", "-", distribution.metadata["Name"] or "").lower()
        if wanted.fullmatch(name):
            versions[name] = distribution.version
    return dict(sorted(versions.items()))
