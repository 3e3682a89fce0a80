"""The catalogue of augmentation: the lecture's and later ones, as a table."""

from __future__ import annotations

import difflib
import importlib
import inspect
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from datasets.errors import DataError

OURS = "datasets.augmentation.layers"
KERAS = "keras.layers"


@dataclass(frozen=True)
class Augmentation:
    """One row: word, the lecture's or the paper; the layer's module and class; its strength.

    strength: the arguments of the layer by default. mixes: it changes labels too, and needs a dict
    of images and one-hot labels. fitted: it must see the training set first (`adapt`).
    """

    word: str
    module: str
    layer: str
    strength: Mapping = field(default_factory=dict)
    mixes: bool = False
    fitted: bool = False


# The lecture's in its order, then the papers' by year.
CATALOGUE: dict[str, Augmentation] = {
    "mirror": Augmentation(
        "mirroring on the vertical axis", KERAS, "RandomFlip", {"mode": "horizontal"}
    ),
    "crop": Augmentation("random cropping", OURS, "RandomMap", {"crop": 0.15}),
    "rotation": Augmentation(
        "rotation", KERAS, "RandomRotation", {"factor": 0.03, "fill_mode": "nearest"}
    ),
    "shear": Augmentation(
        "shearing",
        KERAS,
        "RandomShear",
        # Pairs: saved from one number, Keras' layer cannot be loaded again.
        {"x_factor": (0.0, 0.1), "y_factor": (0.0, 0.0), "fill_mode": "nearest"},
    ),
    "warp": Augmentation("local warping", OURS, "RandomMap", {"warp": 0.04}),
    "colour_shift": Augmentation("colour shifting", OURS, "ColourShift", {"shift": 0.08}),
    "pca_colour": Augmentation(
        "PCA colour augmentation: Krizhevsky et al. 2012, section 4.1",
        OURS,
        "PCAColour",
        {"alpha": 0.1},
        fitted=True,
    ),
    "erasing": Augmentation(
        "random erasing: Zhong et al. 2017",
        KERAS,
        "RandomErasing",
        {"factor": (0.5, 0.5), "scale": (0.02, 0.33)},
    ),
    "mixup": Augmentation("mixup: Zhang et al. 2017", KERAS, "MixUp", {"alpha": 0.2}, mixes=True),
    "cutmix": Augmentation(
        "CutMix: Yun et al. 2019", KERAS, "CutMix", {"factor": (1.0, 1.0)}, mixes=True
    ),
    "randaugment": Augmentation(
        "RandAugment: Cubuk et al. 2019", KERAS, "RandAugment", {"num_ops": 2, "factor": 0.3}
    ),
    "colour_jitter": Augmentation(
        "brightness, contrast, saturation and hue",
        KERAS,
        "RandomColorJitter",
        {
            "brightness_factor": 0.15,
            "contrast_factor": 0.15,
            "saturation_factor": (0.4, 0.6),
            "hue_factor": 0.03,
        },
    ),
}
LECTURE = ("mirror", "crop", "rotation", "shear", "warp", "colour_shift", "pca_colour")


def get(name: str) -> Augmentation:
    """The row called `name`. Raises DataError, with close names, for an unknown name."""
    if name in CATALOGUE:
        return CATALOGUE[name]
    close = difflib.get_close_matches(str(name), CATALOGUE, n=3, cutoff=0.5)
    advice = f"did you mean {' or '.join(close)}?" if close else f"known: {', '.join(CATALOGUE)}"
    raise DataError(f"expected the name of an augmentation, received {name!r}; {advice}")


def layer(name: str, *, seed: int | None = None, value_range=(0, 255), **strength):
    """The Keras layer of row `name`, with `strength` over its default.

    value_range: what the images hold, (0, 255) or (0, 1). Call it with training=True; better, put
    it into a `chain`, which augments in training only.
    """
    row = get(name)
    kind = getattr(importlib.import_module(row.module), row.layer)
    options = {"seed": seed, **row.strength, **strength}
    if row.module == KERAS:  # 16 bits are too coarse for mixed labels, and RandomErasing fails
        options.setdefault("dtype", "float32")
    if "value_range" in inspect.signature(kind).parameters or row.module == OURS:
        options["value_range"] = value_range
    return kind(**options)


def chain(names: Iterable[str] = LECTURE, *, seed: int | None = None, value_range=(0, 255),
          fit=None):  # fmt: skip
    """A layer that does all of `names`, in their order: the lecture's, if none are given.

    fit: the training images, for PCA colour: uint8, or float 0..1. Each step draws from a seed of
    its own. Raises DataError for unknown names, and where PCA colour has nothing to fit on.
    """
    from datasets.augmentation.layers import Chain

    steps = []
    for place, name in enumerate(names):
        own = None if seed is None else seed + place
        steps.append(layer(name, seed=own, value_range=value_range))
        if get(name).fitted:
            if fit is None:
                raise DataError(f"{name}: expected training images to fit on; pass fit=images")
            steps[-1].adapt(fit)
    return Chain(steps)


def fused(names: Iterable[str] = LECTURE, *, fit=None):
    """The same chain at the same strengths as one NumPy step, `fused.Fused`: far faster.

    names: some of the lecture's. fit: as for `chain`. Raises DataError for what cannot be fused.
    """
    from datasets.augmentation.colour import axes
    from datasets.augmentation.fused import Fused
    from datasets.augmentation.maps import Map

    names = list(names)
    for name in names:
        get(name)
        if name not in LECTURE:
            raise DataError(f"expected names among {', '.join(LECTURE)} to fuse, received {name}")
    if "pca_colour" in names and fit is None:
        raise DataError("pca_colour: expected training images to fit on; pass fit=images")

    def strength(name: str, option: str, scale: float = 1.0) -> float:
        return scale * CATALOGUE[name].strength[option] if name in names else 0.0

    return Fused(
        Map(
            mirror="mirror" in names,
            crop=strength("crop", "crop"),
            rotate=strength("rotation", "factor", 360),  # Keras counts in turns
            shear=CATALOGUE["shear"].strength["x_factor"][1] if "shear" in names else 0.0,
            warp=strength("warp", "warp"),
        ),
        shift=strength("colour_shift", "shift"),
        axes=axes(fit) if "pca_colour" in names else None,
    )
