"""Memory between steps, of training or of drawing: kept by the process, not handed back."""

from __future__ import annotations

import ctypes

# <malloc.h>: the parameters of mallopt.
_TRIM_THRESHOLD, _TOP_PAD, _MMAP_THRESHOLD = -1, -2, -3
_LARGEST_MMAP_THRESHOLD = 32 << 20  # what glibc accepts on 64 bits


def keep_freed_memory() -> bool:
    """Tell glibc's malloc to keep what is freed; False with another C library.

    By default a large buffer is a mapping of its own, which goes back to the system when it is
    freed. A training step frees hundreds of them and asks for as many again, and the system clears
    every page again. Two epochs of ResNet-50 (68 steps of 32 images, TensorFlow, 2 cores, one run
    of each) met 5.1 million page faults, with this 0.4 million; the second epoch took 20 to 22 s,
    then 18.5. Drawing 1,200 hands took a sixth less of the processor's time (medians of 3 runs of
    each, on a busy machine).
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # musl, macOS, Windows
        return False
    done = (
        mallopt(_MMAP_THRESHOLD, _LARGEST_MMAP_THRESHOLD),
        mallopt(_TRIM_THRESHOLD, 2**31 - 1),
        mallopt(_TOP_PAD, 64 << 20),
    )
    return all(done)
