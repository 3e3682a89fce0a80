"""Is Grad-CAM right about where a network looks? Covering that must cost it more than chance.

    python benchmarks/grad_cam.py RUN [--record]

Of each test photograph that train does not hold, the hottest fifth of the pixels is covered with
the mean colour of the training photographs, and the probability of the network's answer is asked
for again. A random fifth is covered in two other ways, DRAWS times each: the same form moved
elsewhere, around the edges; and single pixels. What counts is on how many photographs the hottest
fifth costs more probability than the mean of the draws.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

from benchmarks import records
from datasets.signs import read
from training.evaluate import probabilities, unseen
from training.grad_cam import enlarged, grad_cam, hottest
from training.results import find
from training.saving import load_model

BENCHMARK = "grad_cam"
SHARE, DRAWS = 0.2, 20


def moved(mask: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The mask, bool (h, w), moved at random; what leaves on one side comes in on the other."""
    return np.roll(mask, [int(rng.integers(side)) for side in mask.shape], (0, 1))


def scattered(mask: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """As many pixels as in the mask, bool (h, w), anywhere."""
    return rng.permutation(mask.ravel()).reshape(mask.shape)


def covered(images: np.ndarray, masks: np.ndarray, colour: np.ndarray) -> np.ndarray:
    """The images with the pixels of their masks in one colour."""
    return np.where(masks[..., None], colour.astype(np.uint8), images)


def costs(model, images: np.ndarray, colour: np.ndarray, seed: int = 0) -> dict[str, np.ndarray]:
    """Per image, how much of the answer's probability each way of covering costs on average."""
    chances = probabilities(model, images)
    answers = chances.argmax(1)
    rows = np.arange(len(images))
    height, width = images.shape[1:3]
    heats = grad_cam(model, images, answers)
    masks = np.stack([hottest(enlarged(heat, height, width), SHARE) for heat in heats])

    def cost(masks: np.ndarray) -> np.ndarray:
        left = probabilities(model, covered(images, masks, colour))
        return chances[rows, answers] - left[rows, answers]

    found = {"hottest": cost(masks)}
    rng = np.random.default_rng(seed)
    for name, way in (("moved", moved), ("scattered", scattered)):
        draws = [cost(np.stack([way(mask, rng) for mask in masks])) for _ in range(DRAWS)]
        found[name] = np.mean(draws, 0)
    return found


def main(arguments: list[str] | None = None) -> None:
    """Measure one run; with --record, add a line to benchmarks/records.jsonl."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("--record", action="store_true")
    options = parser.parse_args(arguments)
    run = find.at(options.run)
    data, source = read()
    new = unseen(data.test_x, data.train_x)
    model = load_model(run.model)
    found = costs(model, data.test_x[new], data.train_x.mean((0, 1, 2)))
    wins = {name: int((found["hottest"] > cost).sum()) for name, cost in found.items()}
    means = {name: round(float(cost.mean()), 4) for name, cost in found.items()}
    row = {
        "benchmark": BENCHMARK, "run": run.name, "data": source.name, "photographs": int(new.sum()),
        "share": SHARE, "draws": DRAWS, "more_than_moved": wins["moved"],
        "more_than_scattered": wins["scattered"], "mean_cost": means,
    }  # fmt: skip
    print(row)
    if options.record:
        records.append(row)


if __name__ == "__main__":
    sys.exit(main())
