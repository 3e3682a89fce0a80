"""What can be wrong between a card and training: one table, read from top to bottom.

The first row that fits is the cause: a driver that is missing makes every backend complain, so the
rows about the machine come before those about a backend. `tests/training/doctor/` has recorded
failures with the cause of each.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from datasets.folders import INSTALLED, ROOT
from datasets.invocation import python, typed
from training.doctor.seen import Seen, one

# The extra of an installed package, and the file of a checkout, with which each backend has a GPU.
_INSTALLS = {
    "tensorflow": ("gpu", "requirements-gpu.txt"),
    "jax": ("jax-gpu", "requirements-jax-gpu.txt"),
    "torch": ("torch", "requirements-torch.txt"),
}
_OTHER = {"tensorflow": "jax", "jax": "torch", "torch": "jax"}


@dataclass(frozen=True)
class Cause:
    """A row: how the failure is recognised, what is wrong, and what to type.

    Attributes:
        name: A word for tests and JSON.
        sentence: What is wrong.
        type: The line to type, or nothing; words in braces are filled in by `_finding`.
        says: A pattern that the messages hold.
        when: What must be so, of what was seen and the name of the backend.
        needs: "card" if the row is about a card that is seen, "" if it holds without one.
        wrong: False for advice: what works could be faster.
    """

    name: str
    sentence: str
    type: str
    says: str = ""
    when: Callable[[Seen, str], bool] = lambda seen, backend: True
    needs: str = "card"
    wrong: bool = True


@dataclass(frozen=True)
class Finding:
    """A cause that was found; backend is empty if it is the machine's."""

    cause: str
    backend: str
    sentence: str
    type: str
    wrong: bool


def _smi(seen: Seen) -> str:
    return one(seen.machine, "nvidia-smi") or "missing"


def _nodes(seen: Seen) -> str:
    return one(seen.machine, "nodes")


def _container(seen: Seen) -> str:
    return one(seen.machine, "container")


def _boxed(seen: Seen, *_) -> bool:
    return bool(_container(seen))


def _wsl(seen: Seen, *_) -> bool:
    return "wsl" in seen.machine


def _system(seen: Seen) -> str:
    return one(seen.machine, "system").partition(" ")[0]


def _cuda_wheels(seen: Seen) -> list[str]:
    return [name for name in seen.packages if name.startswith(("nvidia-cu", "jax-cuda"))]


def _hidden(seen: Seen, *_) -> bool:
    settings = seen.settings
    return (
        settings.get("CUDA_VISIBLE_DEVICES") in ("", "-1")
        or settings.get("NVIDIA_VISIBLE_DEVICES") in ("none", "void")
        or (seen.backend == "jax" and settings.get("JAX_PLATFORMS") == "cpu")
    )


def _too_old(seen: Seen, backend: str) -> bool:
    """Whether the driver is for an older CUDA than that of the backend's libraries."""
    driver = re.search(r"CUDA (\d+)", one(seen.machine, "driver"))
    prefix = "jax-cuda" if backend == "jax" else "nvidia-cu"
    names = " ".join(name for name in _cuda_wheels(seen) if name.startswith(prefix))
    wheels = [int(found) for found in re.findall(r"cu(?:da)?(\d+)", names)]
    return driver is not None and bool(wheels) and int(driver[1]) < min(wheels)


def _path(seen: Seen, *_) -> bool:
    return bool(seen.settings.get("LD_LIBRARY_PATH"))


_NO_LIBRARIES = r"Cannot dlopen some GPU libraries|Could not load dynamic library"
_CARD_UNKNOWN = (
    r"not built with CUDA kernel binaries compatible|CUDA_ERROR_INVALID_(?:PTX|HANDLE)"
    r"|does not support target 'sm_|is not compatible with the current PyTorch installation"
    r"|no kernel image is available"
)
_UNSET = "unset LD_LIBRARY_PATH"

MACHINE = (
    Cause(
        "native_windows",
        "On Windows itself TensorFlow uses no GPU; in WSL2 it does.",
        "wsl --install",
        when=lambda seen, _: _system(seen) == "Windows",
    ),
    Cause(
        "cards_hidden",
        "A setting hides the cards: CUDA_VISIBLE_DEVICES, NVIDIA_VISIBLE_DEVICES or JAX_PLATFORMS.",
        "unset CUDA_VISIBLE_DEVICES NVIDIA_VISIBLE_DEVICES JAX_PLATFORMS",
        when=_hidden,
    ),
    Cause(
        "docker_lost_its_cards",
        "This container has lost its cards: its host has reloaded systemd since it began.",
        "docker restart CONTAINER",
        when=lambda seen, _: _boxed(seen) and "NVML: Unknown Error" in _smi(seen),
    ),
    Cause(
        "no_permission",
        "You may not open the device files; give yourself their group, and log in again.",
        'sudo usermod -aG "$(stat -c %G /dev/nvidia0)" "$USER"',
        when=lambda seen, _: (
            "no permission" in _nodes(seen) or "Insufficient Permissions" in _smi(seen)
        ),
    ),
    Cause(
        "apptainer_without_nv",
        "The container was started without the driver of its host.",
        "apptainer exec --nv IMAGE COMMAND",
        when=lambda seen, _: _container(seen) == "apptainer" and _smi(seen) == "missing",
    ),
    Cause(
        "docker_without_gpus",
        "The container was started without the cards of its host.",
        "docker run --gpus all IMAGE",
        when=lambda seen, _: _boxed(seen) and (_nodes(seen) == "none" or _smi(seen) == "missing"),
    ),
    Cause(
        "wsl_without_a_driver",
        "WSL2 finds no driver. It uses that of Windows: update it there, and install none in WSL2. "
        "Type this in Windows:",
        "wsl --update && wsl --shutdown",
        when=lambda seen, _: _wsl(seen) and _smi(seen) != "ok",
    ),
    Cause(
        "driver_too_old",
        "The driver is older than the CUDA of the installed libraries: update the driver.",
        "sudo ubuntu-drivers install && sudo reboot",
        when=_too_old,
    ),
    Cause(
        "driver_too_old",
        "The driver is older than the CUDA of the installed libraries: update the driver.",
        "sudo ubuntu-drivers install && sudo reboot",
        says=r"driver on your system is too old|CUDA driver version is insufficient",
    ),
    Cause(
        "driver_mismatch",
        "The container brings a driver library of another version than its host's driver. Remove "
        "its package cuda-compat, or take an image for this driver.",
        _UNSET,
        says=r"does not match DSO version|forward compatibility was attempted",
        when=_boxed,
    ),
    Cause(
        "driver_mismatch",
        "The driver in the kernel and its library have different versions, as after an update.",
        "sudo reboot",
        when=lambda seen, _: "Driver/library version mismatch" in _smi(seen),
    ),
    Cause(
        "driver_mismatch",
        "The driver in the kernel and its library have different versions, as after an update.",
        "sudo reboot",
        says=r"does not match DSO version|forward compatibility was attempted",
    ),
    Cause(
        "driver_not_loaded",
        "The driver is installed but the kernel has not loaded it, as after a new kernel: build it "
        "again.",
        "sudo dkms autoinstall && sudo modprobe nvidia",
        when=lambda seen, _: "communicate with the NVIDIA driver" in _smi(seen),
    ),
    Cause(
        "no_driver",
        "There is an NVIDIA card, but NVIDIA's driver is not installed.",
        "sudo ubuntu-drivers install && sudo reboot",
        when=lambda seen, _: _smi(seen) == "missing" and "kernel module" not in seen.machine,
    ),
    Cause(
        "system_not_ready",
        "The cards wait for the fabric manager, which machines with NVLink switches need.",
        "sudo systemctl start nvidia-fabricmanager",
        says=r"CUDA_ERROR_SYSTEM_NOT_READY|system not yet initialized",
    ),
    Cause(
        "driver_stuck",
        "The driver answers with an unknown error, as after the machine has slept: load its module "
        "for memory again.",
        "sudo modprobe -r nvidia_uvm && sudo modprobe nvidia_uvm",
        says=r"CUDA_ERROR_UNKNOWN|CUDA unknown error",
    ),
)

BACKEND = (
    Cause(
        "backend_missing",
        "Keras is set to {backend}, which is not installed.",
        "{install}",
        when=lambda seen, backend: not seen.version(backend),
        needs="",
    ),
    Cause(
        "metal_plugin",
        "tensorflow-metal was built for an older TensorFlow and breaks this one. Without it "
        "TensorFlow runs on the processor; PyTorch uses the GPU of a Mac.",
        "{python} -m pip uninstall -y tensorflow-metal",
        says=r"libmetal_plugin\.dylib",
        needs="",
    ),
    Cause(
        "cpu_package",
        "The installed package is for the processor alone.",
        "{reinstall}",
        when=lambda seen, backend: (
            seen.version(backend).startswith("tensorflow-cpu") or "+cpu" in seen.version(backend)
        ),
    ),
    Cause(
        "jax_without_plugin",
        "JAX is installed without its part for CUDA.",
        "{install}",
        says=r"CUDA-enabled jaxlib is not installed",
        when=lambda seen, _: not any(name.startswith("jax-cuda") for name in seen.packages),
    ),
    Cause(
        "jax_without_libraries",
        "JAX finds no CUDA libraries: pip has not installed them.",
        "{install}",
        says=r"Error loading CUDA libraries|Unable to load (?:CUDA|cuDNN)\b",
        when=lambda seen, _: not any(name.startswith("nvidia-cu") for name in seen.packages),
    ),
    Cause(
        "jax_plugin_version",
        "JAX and its part for CUDA have different versions.",
        "{reinstall}",
        says=r"not compatible with the installed jaxlib|Jax plugin configuration error"
        r"|Mismatched PJRT plugin",
    ),
    Cause(
        "two_cudas",
        "LD_LIBRARY_PATH leads to another CUDA than the one that pip has installed.",
        _UNSET,
        says=rf"Outdated cu\w+ installation found|Loaded runtime CuDNN library|{_NO_LIBRARIES}",
        when=lambda seen, backend: _path(seen) and bool(_cuda_wheels(seen)),
    ),
    Cause(
        "cudnn_version",
        "The installed CUDA libraries are older than {backend} needs, as where two backends are.",
        "{reinstall}",
        says=r"Loaded runtime CuDNN library.*source was compiled with|Outdated cu\w+ installation",
    ),
    Cause(
        "no_cuda_libraries",
        "TensorFlow finds no CUDA libraries: pip has not installed them.",
        "{install}",
        says=_NO_LIBRARIES,
        when=lambda seen, _: not _cuda_wheels(seen),
    ),
    Cause(
        "cuda_libraries_broken",
        "The CUDA libraries are installed, but TensorFlow cannot open them.",
        "{reinstall}",
        says=_NO_LIBRARIES,
    ),
    Cause(
        "libdevice_missing",
        "The compiler's part of CUDA is not found.",
        "{install}",
        says=r"libdevice not found",
    ),
    Cause(
        "card_unknown",
        "These wheels of {backend} have no code for this card; those of another backend may have.",
        "{other}",
        says=_CARD_UNKNOWN,
    ),
    Cause(
        "memory_taken",
        "Other programs hold the memory of the card: end one, or choose another card.",
        "nvidia-smi",
        says=r"CUDA_ERROR_OUT_OF_MEMORY|RESOURCE_EXHAUSTED|[Ss]tatus: out of memory"
        r"|CUDA out of memory|CUDNN_STATUS_ALLOC_FAILED|cudnn handle: CUDNN_STATUS_INTERNAL_ERROR",
    ),
    Cause(
        "card_busy",
        "Another program has the card for itself, or your job was given another card.",
        "nvidia-smi",
        says=r"CUDA_ERROR_DEVICE_UNAVAILABLE|busy or unavailable",
    ),
    Cause(
        "no_answer",
        "{backend} did not answer in time. Give it more: --seconds 600.",
        "{again} --seconds 600",
        when=lambda seen, backend: one(seen.answers[backend].facts, "exit") == "timeout",
        needs="",
    ),
    Cause(
        "backend_fails",
        "{backend} fails for a reason that is not in our table; its last line: {last}",
        "{again} --save doctor.txt",
        when=lambda seen, backend: one(seen.answers[backend].facts, "exit") not in ("", "0"),
        needs="",
    ),
    Cause(
        "apple_processor",
        "TensorFlow uses only the processor of a Mac. PyTorch uses its GPU.",
        "{other}",
        when=lambda seen, backend: _system(seen) == "Darwin" and backend != "torch",
        needs="",
        wrong=False,
    ),
    Cause(
        "card_not_used",
        "{backend} does not use the card, for a reason that is not in our table.",
        "{again} --save doctor.txt",
        when=lambda seen, backend: not seen.answers[backend].computes_on_gpu,
    ),
)
# Without a card of NVIDIA's that is seen.
ELSEWHERE = (
    Cause(
        "amd_card",
        "The card is from AMD. What we install is for NVIDIA, so the processor is used.",
        "",
        when=lambda seen, _: any(card.startswith("AMD") for card in seen.machine.get("pci", [])),
        needs="",
        wrong=False,
    ),
    Cause(
        "colab_without_gpu",
        "This Colab has no GPU. In its menu: Runtime, Change runtime type, T4 GPU.",
        "",
        when=lambda seen, _: "colab" in seen.machine,
        needs="",
        wrong=False,
    ),
)


def has_card(seen: Seen) -> bool:
    """Whether there is a card of NVIDIA's, as far as this machine shows it."""
    return (
        any(card.startswith("NVIDIA") for card in seen.machine.get("pci", []))
        or _smi(seen) != "missing"
        or "/dev/nvidia" in _nodes(seen)
        or "kernel module" in seen.machine
    )


def diagnose(seen: Seen) -> list[Finding]:
    """What is wrong, in one line each; empty if training uses the best device that is there.

    At most one cause, of the machine or of the backend that Keras uses, and then the advice to use
    another installed backend that works.
    """
    name = seen.backend
    if _works(seen, name):
        return []
    everything = "".join(answer.messages for answer in seen.answers.values())
    row = _first(MACHINE, seen, name, everything)
    if row:
        return [_finding(row, seen, "")]
    row = _first(BACKEND, seen, name, _messages(seen, name))
    if row is None and not has_card(seen):
        row = _first(ELSEWHERE, seen, name, "")
    findings = [] if row is None else [_finding(row, seen, name if row in BACKEND else "")]
    working = next((other for other in seen.answers if _works(seen, other)), None)
    if working:
        use = f"export KERAS_BACKEND={working}"
        findings.append(
            Finding("other_works", working, f"{working} uses the GPU of this machine.", use, False)
        )
    return findings


def _works(seen: Seen, name: str) -> bool:
    return name in seen.answers and seen.answers[name].computes_on_gpu


def _messages(seen: Seen, name: str) -> str:
    return seen.answers[name].messages if name in seen.answers else ""


def _first(rows: tuple[Cause, ...], seen: Seen, backend: str, messages: str) -> Cause | None:
    for row in rows:
        if row.needs == "card" and not has_card(seen):
            continue
        if row.says and not re.search(row.says, messages):
            continue
        if row.when(seen, backend):
            return row
    return None


def _finding(row: Cause, seen: Seen, backend: str) -> Finding:
    name = backend or seen.backend
    last = [line for line in _messages(seen, name).splitlines() if line.strip()]
    words = {
        "backend": name,
        "last": last[-1].strip()[:200] if last else "nothing",
        "python": python(),
        "again": typed("doctor"),
        "install": install(name),
        "reinstall": install(name, "--force-reinstall "),
        "other": f"{install(_other(seen, name))} && export KERAS_BACKEND={_other(seen, name)}",
    }
    sentence, line = row.sentence.format(**words), row.type.format(**words)
    return Finding(row.name, backend, sentence, line, row.wrong)


def _other(seen: Seen, name: str) -> str:
    return "torch" if _system(seen) == "Darwin" else _OTHER.get(name, "jax")


def install(backend: str, options: str = "") -> str:
    """The line that installs `backend` with what it needs for a GPU."""
    extra, file = _INSTALLS.get(backend, _INSTALLS["tensorflow"])
    what = f"-r {_shown(file)}"
    if INSTALLED:
        # No index has the project itself, which --force-reinstall would look for.
        needed = [it for it in metadata.requires("classic-convnets") or () if "extra ==" in it]
        wanted = [
            it.partition(";")[0].strip() for it in needed if f"{extra!r}" in it.replace('"', "'")
        ]
        what = " ".join(f'"{it}"' for it in wanted)
    return f"{python()} -m pip install {options}{what}"


def _shown(file: str) -> str:
    path = ROOT / file
    return file if path.parent == Path.cwd() else str(path)
