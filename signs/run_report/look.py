"""What a trained network makes of its test images: the worst answers, heat, maps and filters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from PIL import Image

from datasets.signs import Signs
from grader.i18n.language import say
from signs.explore.maps import CHANNELS, webp
from training.results.find import KeptRun

WORST = 8  # test images
SIDE = 128  # pixels of a picture with its heat
MAP = 64  # pixels of a side of one activation map, at most
FILTERS = 64
LEARNT = 32  # training images of which the gradients are taken


@dataclass(frozen=True)
class Answer:
    """A test image: what it shows, what the network said, and where it looked.

    place: its row of the test images. seen: whether train holds it too. heat: "" without Grad-CAM.
    """

    place: int
    truth: str
    answer: str
    chances: Mapping[str, float]
    seen: bool
    image: str
    heat: str


@dataclass(frozen=True)
class Stage:
    """The result that a stage hands on, of one image."""

    name: str
    shape: str
    shown: int
    total: int
    maps: str


@dataclass
class Look:
    """All that needs the network and the images; what is not there is named in `left_out`."""

    answers: list[Answer] = field(default_factory=list)
    filters: str = ""
    of_filters: str = ""
    stages: list[Stage] = field(default_factory=list)
    gradients: list[tuple[str, float]] = field(default_factory=list)
    learnt: int = LEARNT
    parameters: int = 0
    left_out: list[str] = field(default_factory=list)


def look(run: KeptRun, model, data: Signs | None) -> Look:
    """Everything that can be shown; a part that fails is left out, with its reason."""
    from training.saving import bare

    found = Look()
    network = bare(model)
    found.parameters = int(network.count_params())
    parts = {say("the first filters"): lambda: _filters(found, network)}
    if data is not None:
        parts |= {
            say("the worst answers"): lambda: _answers(found, run, network, data),
            say("the activation maps"): lambda: _stages(found, network, data),
            say("the gradients"): lambda: _gradients(found, model, data),
        }
    for name, part in parts.items():
        try:
            part()
        except Exception as error:  # whatever a network of the learner's own does
            reason = " ".join(str(error).split()) or type(error).__name__
            found.left_out.append(say("{what}: {reason}", what=name, reason=reason[:200]))
    return found


def _answers(found: Look, run: KeptRun, network, data: Signs) -> None:
    from training.evaluate import probabilities
    from training.grad_cam import grad_cam, on_image

    chances = probabilities(
        network,
        data.test_x,
        batch=run.recipe.get("batch", 32),
        batch_norm=run.recipe.get("batch_norm_at_test", "inference"),
    )
    truth = chances[np.arange(len(chances)), data.test_y]
    rows = np.argsort(truth, kind="stable")[:WORST]
    answers = chances[rows].argmax(1)
    try:
        heats = list(on_image(network, grad_cam(network, data.test_x[rows], answers)))
    except Exception as error:
        heats = [None] * len(rows)
        found.left_out.append(say("Grad-CAM: {reason}", reason=" ".join(str(error).split())[:200]))
    new = set((run.result or {}).get("unseen_rows", ()))
    names = run.classes
    for row, answer, heat in zip(rows.tolist(), answers.tolist(), heats, strict=True):
        image = np.asarray(_rgb(data.test_x[row]).resize((SIDE, SIDE), Image.Resampling.BICUBIC))
        hot = "" if heat is None else webp(_heated(image, _enlarged(heat)), 85)
        found.answers.append(
            Answer(
                row,
                names[int(data.test_y[row])],
                names[answer],
                {name: float(value) for name, value in zip(names, chances[row], strict=True)},
                bool(new) and row not in new,
                webp(Image.fromarray(image), 85),
                hot,
            )
        )


def _rgb(pixels: np.ndarray) -> Image.Image:
    return Image.fromarray(pixels.squeeze()).convert("RGB")


def _enlarged(heat: np.ndarray) -> np.ndarray:
    return np.asarray(Image.fromarray(heat).resize((SIDE, SIDE), Image.Resampling.BILINEAR))


def _heated(image: np.ndarray, heat: np.ndarray) -> Image.Image:
    """The image in grey, with the heat in colour over it: what is cold stays grey."""
    from matplotlib import colormaps

    grey = np.repeat(image.mean(-1, keepdims=True), 3, axis=-1)
    colour = 255 * colormaps["inferno"](0.45 + 0.55 * heat)[..., :3]
    part = 0.8 * np.clip(heat, 0, 1)[..., None]
    return Image.fromarray((grey * (1 - part) + colour * part).round().astype(np.uint8))


def _filters(found: Look, network) -> None:
    from training.compile import layers
    from training.plots import filter_wall

    first = next((one for one in layers(network) if _is_convolution(one)), None)
    if first is None:
        raise ValueError(say("the network has no convolution"))
    kernel = np.asarray(first.kernel, "float32")[..., :FILTERS]
    if kernel.shape[2] not in (1, 3):
        kernel = kernel[:, :, :1]
    wall = filter_wall(np.broadcast_to(kernel, (*kernel.shape[:2], 3, kernel.shape[3])), 8)
    found.filters = _large(wall)
    found.of_filters = say(
        "{shown} of {total} filters of {layer}, {height}×{width}; grey is zero",
        shown=kernel.shape[3], total=first.kernel.shape[3], layer=first.name,
        height=kernel.shape[0], width=kernel.shape[1],
    )  # fmt: skip


def _is_convolution(layer) -> bool:
    kernel = getattr(layer, "kernel", None)
    return kernel is not None and len(kernel.shape) == 4


def _large(wall: np.ndarray) -> str:
    """A small picture, colours from 0 to 1, so large that every browser draws its pixels sharp."""
    image = Image.fromarray((255 * np.clip(wall, 0, 1)).astype(np.uint8))
    factor = max(1, 360 // max(image.size))
    return webp(image.resize([factor * side for side in image.size], Image.Resampling.NEAREST), 90)


def _stages(found: Look, network, data: Signs) -> None:
    from datasets.pipeline import scaled
    from nets.profile import graph
    from nets.profile.activations import activations
    from nets.profile.structure import structure

    operations = graph.operations(network)
    last = [part.last for part in structure(operations) if part.kind == "maps"]
    image = scaled(data.test_x[:1])[0]
    for number, (i, values) in enumerate(activations(operations, image, set(last)), 1):
        if values.ndim == 3:
            one = operations[i]
            tiles = np.moveaxis(values[..., :CHANNELS], -1, 0)
            shape = "×".join(map(str, one.shape))
            title = say("Stage {number}", number=number)
            stage = Stage(f"{title}: {one.name}", shape, len(tiles), values.shape[2], _wall(tiles))
            found.stages.append(stage)


def _wall(tiles: np.ndarray) -> str:
    """Maps in four columns, each on its own scale in viridis, with gaps."""
    from matplotlib import colormaps

    count, height, width = tiles.shape
    low, high = tiles.min((1, 2), keepdims=True), tiles.max((1, 2), keepdims=True)
    tiles = (tiles - low) / np.where(high > low, high - low, 1)
    factor = max(1, MAP // max(height, width))
    tiles = tiles.repeat(factor, 1).repeat(factor, 2)
    if tiles.shape[1] > MAP:
        tiles = np.stack(
            [np.asarray(Image.fromarray(one.astype("float32")).resize((MAP, MAP))) for one in tiles]
        )
    _, height, width = tiles.shape
    columns, gap = min(4, count), 3
    rows = -(-count // columns)
    wall = np.zeros((rows * (height + gap) - gap, columns * (width + gap) - gap, 4), np.float32)
    for n, tile in enumerate(tiles):
        y, x = n // columns * (height + gap), n % columns * (width + gap)
        wall[y : y + height, x : x + width] = colormaps["viridis"](tile)
    return webp(Image.fromarray((255 * wall).round().astype(np.uint8), "RGBA"), 85)


def _gradients(found: Look, model, data: Signs) -> None:
    from training.gradients import gradient_norms

    images, labels = data.train_x[:LEARNT], data.train_y[:LEARNT]
    found.learnt = len(images)
    found.gradients = gradient_norms(model, images, labels)
