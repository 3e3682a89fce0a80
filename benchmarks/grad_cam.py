"""Is Grad-CAM right about where a network looks? Covering that must cost it more than chance.

    python benchmarks/grad_cam.py RUN [--record]

Of each test photograph that train does not hold, the hottest fifth of the pixels is covered with
the mean colour of the training photographs, and the probability of the network's answer is asked
for again. A random fifth is covered in two other ways, DRAWS times each: the same form moved
elsewhere, around the edges; and single pixels. What counts is on how many photographs the hottest
fifth costs more probability than a random one: the median over the draws, with the lowest and the
highest. Beside it stands on how many it costs more than the mean of all draws, which asks for more:
most random fifths cost nothing, and a few, which hide a finger, nearly everything.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

from benchmarks import records
from datasets.signs import read
from training.evaluate import probabilities, unseen
from training.grad_cam import grad_cam, hottest, on_image
from training.results import find
from training.saving import load_model

BENCHMARK = "grad_cam"
SHARE, DRAWS = 0.2, 10
# How the map is laid over the image; records of earlier say other ways.
PLACES = "each place in the middle of what it sees, the narrowest branch"


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
    """How much of the answer's probability each way of covering costs: (draws, images)."""
    chances = probabilities(model, images)
    answers = chances.argmax(1)
    rows = np.arange(len(images))
    heats = on_image(model, grad_cam(model, images, answers))
    masks = np.stack([hottest(heat, SHARE) for heat in heats])

    def cost(masks: np.ndarray) -> np.ndarray:
        left = probabilities(model, covered(images, masks, colour))
        return chances[rows, answers] - left[rows, answers]

    found = {"hottest": cost(masks)[None]}
    rng = np.random.default_rng(seed)
    for name, way in (("moved", moved), ("scattered", scattered)):
        found[name] = np.stack(
            [cost(np.stack([way(mask, rng) for mask in masks])) for _ in range(DRAWS)]
        )
    return found


def wins_over(hottest: np.ndarray, draws: np.ndarray) -> dict[str, float]:
    """On how many images the hottest part costs more than one draw, and than the mean of them."""
    counts = (hottest > draws).sum(1)
    return {
        "median": float(np.median(counts)),
        "lowest": int(counts.min()),
        "highest": int(counts.max()),
        "mean_of_draws": int((hottest[0] > draws.mean(0)).sum()),
    }


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
    wins = {name: wins_over(found["hottest"], found[name]) for name in ("moved", "scattered")}
    means = {name: round(float(cost.mean()), 4) for name, cost in found.items()}
    row = {
        "benchmark": BENCHMARK,
        "run": run.name,
        "places": PLACES,
        "data": source.name,
        "photographs": int(new.sum()),
        "share": SHARE,
        "draws": DRAWS,
        "more_than": wins,
        "mean_cost": means,
    }
    print(row)
    if options.record:
        records.append(row)


if __name__ == "__main__":
    sys.exit(main())
