"""How draws at random are told apart: each wrong way by its own name, and a right way never."""

from __future__ import annotations

import numpy as np
import pytest

from grader import assignments
from grader.judging import checks
from grader.judging.misconceptions import Seen
from grader.judging.submission import seeded
from grader.runner.result_files import Evidence

CHECKS = str(assignments.find("data_augmentation").checks)
bank, colours, findings, places, properties = (
    checks.sibling(CHECKS, name)
    for name in ("misconceptions", "colours", "findings", "places", "properties")
)
MOST, SLACK, COUNT = 20.0, 1.0, 80
SEEDS = range(200)
WAYS = {
    "far": lambda rng: rng.uniform(-30, 30, COUNT),
    "narrow": lambda rng: rng.uniform(-8, 8, COUNT),
    "one side": lambda rng: rng.uniform(0, 20, COUNT),
    "not uniform": lambda rng: rng.normal(0, 10, COUNT),
    "two values": lambda rng: rng.choice([-20.0, 20.0], COUNT) + rng.normal(0, 0.1, COUNT),
}


@pytest.mark.parametrize("way", WAYS)
def test_each_way_to_draw_a_strength_is_the_likeliest_of_its_own_draws(way):
    found = []
    for seed in SEEDS:
        drawn = WAYS[way](np.random.default_rng(seed))
        found.append(places._range(drawn[:40], drawn, MOST, SLACK))
    # A normal draw may look like a uniform one, or one that is right.
    assert found.count(way) > (0.8 if way == "not uniform" else 0.99) * len(SEEDS), set(found)


def test_uniform_strengths_are_right():
    for seed in SEEDS:
        drawn = np.random.default_rng(seed).uniform(-MOST, MOST, COUNT)
        assert places._range(drawn[:40], drawn, MOST, SLACK) is None


def calls(exercise, change):
    """The calls of an exercise as they come back from `change(images, seed)`."""
    [request] = [r for r in findings.REQUESTS.values() if r["cases"][0]["call"] == exercise]
    made = []
    for case in seeded(request["cases"], 0):
        call = properties.Call({**case, "seed": 0}, Evidence(arrays={"as built": None}))
        call.outputs = change(call.inputs, case["args"][0])
        made.append(call)
    return made


def flipped(choose):
    def change(images, seed):
        chosen = choose(np.random.default_rng(seed), len(images))
        return np.where(chosen[:, None, None, None], images[:, :, ::-1], images)

    return change


def test_independent_draws_mirror_another_number_in_each_call():
    alone = flipped(lambda rng, n: rng.random(n) < 0.5)
    half = flipped(lambda rng, n: rng.permutation(n) < n // 2)
    for shift in range(20):
        right = calls("mirror", lambda images, seed, shift=shift: alone(images, seed + 9 * shift))
        assert properties.flips(right) is None
    assert properties.flips(calls("mirror", half)) == "exactly half"


def cropped(mode, same_column=False, **more):
    def change(images, seed):
        rng = np.random.default_rng(seed)
        n, h, w, _ = images.shape
        top, left = h // 8, w // 8
        wide = np.pad(images, ((0, 0), (top, top), (left, left), (0, 0)), mode, **more)
        y, x = rng.integers(0, 2 * top + 1, n), rng.integers(0, 2 * left + 1, n)
        x = x * 0 + x[0] if same_column else x
        return np.stack([wide[i, y[i] : y[i] + h, x[i] : x[i] + w] for i in range(n)])

    return change


@pytest.mark.parametrize("colour", [0, 1, 128, 255])
def test_a_frame_of_any_colour_is_one(colour):
    framed = calls("random_crop", cropped("constant", constant_values=colour))
    assert properties.windows(framed) == "black"


def test_the_edge_repeated_is_no_frame_and_one_column_for_all_is_told():
    assert properties.windows(right := calls("random_crop", cropped("edge"))) is None
    assert properties.places(right) is None
    assert properties.places(calls("random_crop", cropped("edge", True))) == "one for all"
    rows = [row for row in bank.ROWS if row.name == "one direction only"]
    seen = Seen("draws", [], {"random_crop": "one for all"})
    assert bank.recognise("random_crop", seen) is rows[1]


def shifted(scale=1.0, rounded=np.rint):
    def change(images, seed):
        pixels = images.reshape(-1, 3) / 255 * scale
        values, vectors = np.linalg.eigh(np.cov(pixels, rowvar=False))
        alphas = np.random.default_rng(seed).normal(0, 0.1, (len(images), 3))
        shift = (255 * (alphas * values) @ vectors.T)[:, None, None]
        return np.clip(rounded(images + shift), 0, 255)

    return change


@pytest.mark.parametrize(
    ("change", "part", "code"),
    [
        (shifted(), "kind", None),
        (shifted(), "draws", None),
        (shifted(rounded=np.floor), "kind", "truncated"),
        (shifted(scale=255), "draws", "another size"),
        (shifted(scale=1.5), "draws", "another size"),
    ],
)
def test_the_size_of_a_shift_and_its_rounding(change, part, code):
    made = calls("colour_shift_pca", change)
    for call in made:
        call.dtype = "uint8"
    assert findings.PARTS["colour_shift_pca"][part](made) == code
