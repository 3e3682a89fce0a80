"""What a figure depends on besides its recipe and the code: versions, machine, backend."""

from __future__ import annotations

import json
import os
import platform
from importlib import metadata
from pathlib import Path

from datasets.files import home
from datasets.quiet import import_keras

_PACKAGES = ("keras", "tensorflow", "jax", "torch", "numpy", "h5py", "pillow")


def versions() -> dict[str, str]:
    """The versions of Python and of what is installed of the packages that decide a figure."""
    installed = {"python": platform.python_version()}
    for name in _PACKAGES:
        try:
            installed[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return installed


def backend() -> str:
    """The backend that Keras uses or will use, without importing it."""
    if os.environ.get("KERAS_BACKEND"):
        return os.environ["KERAS_BACKEND"]
    folder = Path(os.environ.get("KERAS_HOME") or home() / ".keras")
    try:
        named = json.loads((folder / "keras.json").read_text(encoding="utf-8"))["backend"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return "tensorflow"
    return named if isinstance(named, str) else "tensorflow"


def card_visible() -> bool:
    """Whether the system shows a card of NVIDIA's, and no setting hides it; asks no program."""
    if os.environ.get("CUDA_VISIBLE_DEVICES") in ("", "-1"):
        return False
    wsl = Path("/dev/dxg").exists() and Path("/usr/lib/wsl/lib/nvidia-smi").exists()
    return wsl or Path("/dev/nvidia0").exists()


def cuda_libraries() -> bool:
    """Whether pip has installed CUDA's libraries, as those of a GPU's requirements."""
    return any(installed(f"nvidia-cudnn-cu{version}") for version in (12, 13))


def installed(name: str) -> bool:
    """Whether a distribution of this name is installed."""
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def machine() -> str:
    """The processor and how many of its cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        cores = len(os.sched_getaffinity(0))
    else:
        cores = os.cpu_count() or 1
    return f"{_processor()}, {cores} core{'s' if cores > 1 else ''}, {platform.system()}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def device(asked: str | None = None) -> str:
    """The device that a run uses, such as "cpu:0"; imports keras."""
    return (asked or import_keras().distribution.list_devices()[0]).lower()
