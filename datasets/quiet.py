"""Importing Keras without the start-up lines of its backend."""

from __future__ import annotations

import importlib.util
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType


def import_keras() -> ModuleType:
    """Import keras and return it; what its backend logs is shown only if that fails."""
    if "keras" in sys.modules:
        return sys.modules["keras"]
    with _silent():
        import keras
    return keras


def when_imported() -> None:
    """Make the first `import keras` or `import tensorflow` of this process silent, wherever it is.

    `quiet.pth` calls it at the start of every Python of the project's environment, so that an
    exercise may simply import keras.
    """
    sys.meta_path.insert(0, _Finder())


class _Finder:
    """Finds keras or tensorflow, once, as the other finders do, and loads it silently."""

    def find_spec(self, name: str, path=None, target=None):
        if name not in ("keras", "tensorflow"):
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.loader is not None:
            spec.loader.exec_module = _silent()(spec.loader.exec_module)  # type: ignore[method-assign]
        return spec


@contextmanager
def _silent() -> Iterator[None]:
    """Keep what is written to file descriptor 2, and write it only if the block fails.

    TensorFlow reports its CPU features and the absence of a GPU there before its own log level is
    read, so no environment variable silences those lines.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # TensorFlow leaves oneDNN off on processors without AVX-512, where a training step of ResNet-50
    # then takes 3.2 times as much processor time.
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    try:
        kept = os.dup(2)
    except OSError:  # no standard error at all, as under some services
        yield
        return
    with tempfile.TemporaryFile() as log:
        os.dup2(log.fileno(), 2)
        try:
            yield
        except BaseException:
            log.seek(0)
            os.write(kept, log.read())
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)
