"""The editions in which the residual networks are written down: names, constants, first weights.

The layers are the same. The course's edition has the layer names of 2017 and Keras' defaults; the
ImageNet edition has the names, the order and the constants of keras.applications, so that its
weights files load.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from keras import layers
from keras.initializers import HeNormal

_BRANCHES_2017 = {"0": "_branch1", "1": "_branch2a", "2": "_branch2b", "3": "_branch2c"}
_KINDS_2017 = {"conv": "res", "out": "relu"}


@dataclass(frozen=True)
class Edition:
    """The layers of a residual network in one edition.

    name: (kind of layer, branch) -> the layer's name, or None for one that Keras makes up.
    initializer: called without arguments for every kernel, by default He et al. 2015 as in the
    paper. training: True normalises by the batch, False by the moving statistics, None as the model
    is called.
    """

    name: Callable[[str, str], str | None]
    epsilon: float = 1.001e-5
    bias: bool = True
    initializer: Callable = HeNormal
    training: bool | None = None

    def conv(self, X, branch: str, filters: int, f: int = 1, s: int = 1, padding: str = "valid"):
        """An f x f convolution with stride s: (n, h, w, c) -> (n, h', w', filters)."""
        return layers.Conv2D(
            filters,
            f,
            strides=s,
            padding=padding,
            use_bias=self.bias,
            kernel_initializer=self.initializer(),
            name=self.name("conv", branch),
        )(X)

    def norm(self, X, branch: str):
        """Batch normalisation over the channels; the shape stays."""
        name = self.name("bn", branch)
        norm = layers.BatchNormalization(axis=3, epsilon=self.epsilon, name=name)
        return norm(X, training=self.training)

    def relu(self, X, branch: str = "", kind: str = "relu"):
        """The rectifier; the shape stays. kind: "out" for the one that ends a block."""
        return layers.Activation("relu", name=self.name(kind, branch))(X)

    def pad(self, X, branch: str, width: int = 1):
        """An edge of zeros, `width` pixels on all sides, where "same" would pad one side only."""
        return layers.ZeroPadding2D(width, name=self.name("pad", branch))(X)

    def add(self, shortcut, X, kind: str = "add"):
        """Shortcut plus main path, in the order in which keras.applications files its weights."""
        return layers.Add(name=self.name(kind, ""))([shortcut, X])


def imagenet(prefix: str, **options) -> Edition:
    """The ImageNet edition of a block: its layers are named prefix_branch_kind."""

    def name(kind: str, branch: str) -> str:
        return "_".join(part for part in (prefix, branch, kind) if part)

    return Edition(name, **options)


def course(stage, block, training: bool | None, initializer: Callable) -> Edition:
    """The course's edition of a block: names of 2017 where stage and block are given.

    initializer: called as initializer(seed=0), as both years of the course do.
    """

    def name(kind: str, branch: str) -> str | None:
        if stage is None or block is None:
            return None
        return f"{_KINDS_2017.get(kind, kind)}{stage}{block}{_BRANCHES_2017.get(branch, '')}"

    first = partial(initializer, seed=0)
    return Edition(name, epsilon=1e-3, initializer=first, training=training)
