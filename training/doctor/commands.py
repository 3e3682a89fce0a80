"""`python -m training doctor`."""

from __future__ import annotations

import re
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from datasets.errors import DataError
from datasets.files import why, write_whole
from training.command_line import say, stoppable
from training.doctor.causes import Finding, diagnose, has_card
from training.doctor.seen import Seen, as_text, one, parsed


@stoppable
def doctor_command(
    log: Annotated[
        Path | None, typer.Option(help="Read a log that --save has written, not this machine.")
    ] = None,
    save: Annotated[Path | None, typer.Option(help="Write what is seen, to send it.")] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write all as JSON, too.")
    ] = None,
    seconds: Annotated[float, typer.Option(min=1, help="How long a backend may take.")] = 120,
) -> None:
    """What training finds here: driver, cards, backends; what is wrong, and the line to type."""
    import json

    from training.doctor import look

    seen = look.seen(seconds, _aside) if log is None else parsed(_text(log))
    findings = diagnose(seen)
    for line in [*table(seen), *verdict(seen, findings)]:
        say(line)
    if save is not None:
        write_whole(save, as_text(seen))
    if json_file is not None:
        result = {**asdict(seen), "findings": [asdict(finding) for finding in findings]}
        write_whole(json_file, json.dumps(result, indent=1) + "\n")
    if any(finding.wrong for finding in findings):
        raise typer.Exit(1)


def table(seen: Seen) -> list[str]:
    """The lines that say what is there."""
    machine = seen.machine
    kind = [f"Python {one(machine, 'python')}"]
    kind += ["WSL2"] if "wsl" in machine else []
    kind += [f"in {one(machine, 'container')}"] if "container" in machine else []
    rows = [("machine", ", ".join([one(machine, "system"), *kind]))]
    rows += [("driver", one(machine, "driver") or _without_driver(seen))]
    rows += [("card", card) for card in machine.get("card", machine.get("pci", ["none seen"]))]
    rows += [("set", line) for line in machine.get("set", [])]
    for name, answer in seen.answers.items():
        used = ", which Keras uses" if name == seen.backend else ""
        devices = " and ".join(answer.devices) or "no answer"
        done = ", computed on the GPU" if answer.computes_on_gpu else ""
        rows.append((name, f"{seen.version(name)}{used}: {devices}{done}"))
    rows.append(("precision", precision(seen)))
    return [f"{head:<11}{text}" for head, text in rows]


def _without_driver(seen: Seen) -> str:
    if one(seen.machine, "system").startswith("Darwin"):
        return "macOS'"
    smi = one(seen.machine, "nvidia-smi")
    return "none seen" if smi in ("", "missing") else smi


def precision(seen: Seen) -> str:
    """Which --precision the hardware has units for; what is faster is not known before a run."""
    name = seen.backend
    if name in seen.answers and seen.answers[name].computes_on_gpu:
        levels = re.findall(r"compute (\d+)\.", "\n".join(seen.machine.get("card", [])))
        if levels and int(levels[0]) >= 8:
            return "float32; the card also has units for --precision mixed_bfloat16"
        if levels and int(levels[0]) >= 7:
            return "float32; the card also has units for --precision mixed_float16"
        return "float32"
    if one(seen.machine, "processor") == "bfloat16 yes":
        return "float32; the processor also has units for --precision mixed_bfloat16"
    return "float32"


def verdict(seen: Seen, findings: list[Finding]) -> list[str]:
    """What is wrong, in a line each, with the line to type."""
    name = seen.backend
    works = name in seen.answers and seen.answers[name].computes_on_gpu
    wrong = [finding for finding in findings if finding.wrong]
    lines = []
    if not wrong:
        device = "the GPU" if works else "the processor"
        there = "" if works or has_card(seen) else "; no card of NVIDIA's is seen"
        lines.append(f"nothing is wrong: training uses {device}{there}")
    for finding in findings:
        head = "wrong" if finding.wrong else "advice"
        lines.append(f"{head}: {finding.sentence}")
        lines += [f"  type: {finding.type}"] if finding.type else []
    return lines


def _aside(line: str) -> None:
    """Progress goes to standard error, so that what is seen can be piped."""
    print(line, file=sys.stderr, flush=True)


def _text(log: Path) -> str:
    try:
        return log.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise DataError(f"cannot read {log}: {why(error)}") from error
