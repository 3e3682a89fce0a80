"""Importing Keras without the start-up lines of its backend; see `datasets.quiet`."""

from datasets.quiet import import_keras

__all__ = ["import_keras"]
