"""Ask one backend for its devices, in a process of its own: it may crash, hang or write pages.

    python -P probe.py tensorflow|jax|torch

Prints facts as `training.doctor.seen` records them. It imports nothing of ours.
"""

from __future__ import annotations

import sys


def tensorflow() -> None:
    """TensorFlow's devices, and a convolution on the GPU, which needs cuDNN."""
    import tensorflow as tf  # type: ignore[import-not-found]

    gpus = tf.config.list_physical_devices("GPU")
    _devices(bool(gpus))
    if gpus:
        with tf.device("GPU:0"):
            image, kernel = tf.ones((1, 8, 8, 3)), tf.ones((3, 3, 3, 4))
            _computed(tf.nn.conv2d(image, kernel, 1, "VALID").numpy().sum())


def jax() -> None:
    """The same of JAX."""
    import jax  # type: ignore[import-not-found]
    import jax.numpy as jnp  # type: ignore[import-not-found]

    gpu = any(device.platform != "cpu" for device in jax.devices())
    _devices(gpu)
    if gpu:
        image, kernel = jnp.ones((1, 3, 8, 8)), jnp.ones((4, 3, 3, 3))
        _computed(jax.lax.conv(image, kernel, (1, 1), "VALID").sum())


def torch() -> None:
    """The same of PyTorch, on CUDA or on Apple's MPS."""
    import torch  # type: ignore[import-not-found]

    kinds = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    gpu = next((kind for kind, there in kinds.items() if there), None)
    _devices(gpu is not None)
    if gpu:
        image = torch.ones((1, 3, 8, 8), device=gpu)
        kernel = torch.ones((4, 3, 3, 3), device=gpu)
        _computed(torch.nn.functional.conv2d(image, kernel).sum().item())


def _devices(gpu: bool) -> None:
    print(f"devices: cpu{', gpu' if gpu else ''}", flush=True)


def _computed(total: float) -> None:
    """The sum over 6 x 6 places and 4 channels of 27 products of ones."""
    right = float(total) == 6 * 6 * 4 * 27
    print("computed on: gpu" if right else f"computed wrongly: {float(total)}", flush=True)


if __name__ == "__main__":
    # Where quiet.pth is installed, the first import would hide the very lines that are wanted.
    sys.meta_path[:] = [it for it in sys.meta_path if type(it).__module__ != "signs_quiet"]
    {"tensorflow": tensorflow, "jax": jax, "torch": torch}[sys.argv[1]]()
