"""Layers of the papers that Keras lacks; an import lets Keras load models that have them."""

from nets.layers import lenet, lrn, placed, shortcut

__all__ = ["lenet", "lrn", "placed", "shortcut"]
