"""What is known about a machine and its backends, and the text in which it is recorded.

# A comment, such as where the log is from.
[machine]
system: Linux x86_64
card: NVIDIA GeForce RTX 4090, 24564 MiB, 24000 MiB free, compute 8.9
[tensorflow]
exit: 0
devices: cpu, gpu
[tensorflow messages]
whatever TensorFlow wrote to standard error
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from training.errors import TrainingError

# Backends of Keras that train, and the packages that are each of them.
BACKENDS = {
    "tensorflow": ("tensorflow", "tensorflow-cpu", "tensorflow-rocm"),
    "jax": ("jax",),
    "torch": ("torch",),
}
_SECTION = re.compile(rf"\[(machine|(?:{'|'.join(BACKENDS)})(?: messages)?)\]")

Facts = dict[str, list[str]]


@dataclass
class Answer:
    """What a backend answered: its facts, and what it wrote to standard error."""

    facts: Facts = field(default_factory=dict)
    messages: str = ""

    @property
    def devices(self) -> list[str]:
        """The kinds of its devices, such as ["cpu", "gpu"]."""
        return [word.strip() for word in one(self.facts, "devices").split(",") if word.strip()]

    @property
    def computes_on_gpu(self) -> bool:
        """Whether a convolution was computed on the GPU."""
        return one(self.facts, "computed on") == "gpu"


@dataclass
class Seen:
    """A machine, and what each installed backend answered."""

    machine: Facts
    answers: dict[str, Answer]

    @property
    def backend(self) -> str:
        """The backend that Keras uses here."""
        return one(self.machine, "keras backend") or "tensorflow"

    @property
    def packages(self) -> dict[str, str]:
        """The installed packages that matter, with their versions."""
        pairs = [pair.split() for pair in one(self.machine, "packages").split(",")]
        return {pair[0]: pair[1] for pair in pairs if len(pair) == 2}

    @property
    def settings(self) -> dict[str, str]:
        """The environment variables that matter and are set."""
        return dict(line.partition("=")[::2] for line in self.machine.get("set", []))

    def version(self, backend: str) -> str:
        """The installed package and version of a backend, or nothing."""
        found = [f"{it} {self.packages[it]}" for it in BACKENDS[backend] if it in self.packages]
        return found[0] if found else ""


def one(facts: Facts, key: str) -> str:
    """The first value of a fact, or nothing."""
    return facts.get(key, [""])[0]


def as_text(seen: Seen) -> str:
    """The text that `parsed` reads."""
    lines = [
        "# Written by signs doctor --save. Names packages and settings: read it, then send it."
    ]
    lines += ["[machine]", *_lines(seen.machine)]
    for name, answer in seen.answers.items():
        lines += [f"[{name}]", *_lines(answer.facts), f"[{name} messages]"]
        # A message must not read as the head of a section.
        lines += [
            f" {line}" if _SECTION.fullmatch(line) else line
            for line in answer.messages.splitlines()
        ]
    return "\n".join(lines) + "\n"


def _lines(facts: Facts) -> list[str]:
    return [f"{key}: {value}" for key, values in facts.items() for value in values]


def parsed(text: str) -> Seen:
    """The machine of a recorded text; raises TrainingError if it records none."""
    machine: Facts = {}
    answers: dict[str, Answer] = {}
    section = ""
    for line in text.splitlines():
        head = _SECTION.fullmatch(line.rstrip())
        if head:
            section = head[1]
            if section != "machine":
                answers.setdefault(section.removesuffix(" messages"), Answer())
        elif section.endswith(" messages"):
            answers[section.removesuffix(" messages")].messages += line + "\n"
        elif section and ":" in line and not line.startswith("#"):
            key, _, value = line.partition(":")
            facts = machine if section == "machine" else answers[section].facts
            facts.setdefault(key.strip(), []).append(value.strip())
    if not machine:
        raise TrainingError(
            "expected a log of signs doctor --save, with a line [machine] and facts below it; "
            "received a text without them"
        )
    return Seen(machine, answers)
