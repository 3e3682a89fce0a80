"""The figures of docs/notes.md, from the runs of benchmarks/notes.py."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from docs.draw.svg import SMALL, Figure

RECORDED = Path(__file__).resolve().parents[2] / "benchmarks" / "notes.json"
GREY, DRAWS = 150, 9
LOW, HIGH = 0.4, 0.7


def colour(say) -> Figure:
    """Each kind of shift: what nine draws make of a grey, and the accuracy of five networks."""
    found = json.loads(RECORDED.read_text(encoding="utf-8"))["colour"]
    rows = {
        "none": (say("no shift"), None, 0),
        "PCA, 1 times": (say("PCA"), "PCA", 1),
        "independent, 1 times": (say("independent"), "independent", 1),
        "PCA, 10 times": (say("PCA, ten times"), "PCA", 10),
        "independent, 10 times": (say("independent, ten times"), "independent", 10),
    }
    figure = Figure(
        330,
        say(
            "Five kinds of colour shift, each with what nine draws make of a grey, and the "
            "accuracy of five networks on unseen photographs. PCA makes greys lighter or darker "
            "and changes little; independent shifts make them coloured, and accuracy falls."
        ),
    )
    left, right, top, step = 424, 616, 74, 46
    figure.text(24, 34, say("what nine draws make of a grey"), bold=True)
    figure.text(left, 34, say("accuracy, 107 unseen"), bold=True)

    def across(value: float) -> float:
        return left + (right - left) * (value - LOW) / (HIGH - LOW)

    for mark in (0.4, 0.5, 0.6, 0.7):
        x, bottom = across(mark), top + step * len(rows) - 20
        figure.line([(x, top - 20), (x, bottom)], dashed=True)
        figure.text(x, bottom + 20, f"{mark:.1f}", SMALL, anchor="middle", fill="soft")
    for number, (name, (words, along, scale)) in enumerate(rows.items()):
        y = top + step * number
        figure.text(24, y + 5, words, SMALL)
        for place, shade in enumerate(shades(found, along, scale)):
            figure.square(196 + 23 * place, y - 11, 22, "#{:02x}{:02x}{:02x}".format(*shade))
        for value in found["accuracy"][name]:
            figure.circle(across(value), y, 4.5, fill="blue")
    return figure


def shades(found: dict, along: str | None, scale: float) -> np.ndarray:
    """Nine draws of the exercise's shift, on a grey: uint8 (9, 3)."""
    if along is None:
        return np.full((DRAWS, 3), GREY, np.uint8)
    values, axes = np.array(found["eigenvalues"]), np.array(found["vectors"])
    if along == "independent":
        values, axes = np.full(3, np.sqrt((values**2).mean())), np.eye(3)
    alphas = np.random.default_rng(1).normal(0, 0.1, (DRAWS, 3))
    shifted = GREY + 255 * scale * (alphas * values) @ axes
    return np.clip(np.rint(shifted), 0, 255).astype(np.uint8)


FIGURES = {"notes_colour": colour}
