"""A PyTorch ResNet that runs a training step on request, in a process of its own.

TensorFlow and PyTorch in one process have two thread pools, which compete for the cores. In a
process of its own PyTorch sleeps until it is asked.
"""

from __future__ import annotations

import importlib.util
import subprocess
import sys

DEPTHS = {
    "resnet50": (3, 4, 6, 3),
    "resnet50_course": (3, 4, 6, 3),
    "resnet101": (3, 4, 23, 3),
    "resnet152": (3, 8, 36, 3),
}


class BenchmarkError(RuntimeError):
    """A peer failed while it was timed."""


class TorchStep:
    """When called, runs one training step in the other process and waits for it."""

    def __init__(self, process: subprocess.Popen):
        self.process = process

    @classmethod
    def start(
        cls, name: str, batch: int, side: int, classes: int, python: str | None = None
    ) -> TorchStep | None:
        """A worker for network `name`; None where PyTorch or the network is not to be had.

        python: the interpreter of an environment that holds PyTorch; None is this one.
        """
        if name not in DEPTHS or not (python or importlib.util.find_spec("torch")):
            return None
        process = subprocess.Popen(
            [python or sys.executable, __file__, name, str(batch), str(side), str(classes)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        if process.stdout.readline() != "ready\n":
            print(
                f"PyTorch failed with status {process.wait()}: compared without it", file=sys.stderr
            )
            return None
        return cls(process)

    def __call__(self) -> None:
        self.process.stdin.write("step\n")
        self.process.stdin.flush()
        if self.process.stdout.readline() != "done\n":
            raise BenchmarkError(f"the PyTorch worker ended with status {self.process.wait()}")

    def close(self) -> None:
        """End the worker."""
        self.process.stdin.close()
        self.process.wait()


def bottleneck(torch, inputs: int, width: int, stride: int):
    """He et al. 2015, the block of three convolutions, stride in the first as in Keras."""
    nn = torch.nn

    def conv(i, o, k, s=1):
        return nn.Sequential(nn.Conv2d(i, o, k, s, k // 2), nn.BatchNorm2d(o))

    class Bottleneck(nn.Module):
        def __init__(self):
            super().__init__()
            self.body = nn.Sequential(
                conv(inputs, width, 1, stride),
                nn.ReLU(),
                conv(width, width, 3),
                nn.ReLU(),
                conv(width, 4 * width, 1),
            )
            same = stride == 1 and inputs == 4 * width
            self.shortcut = nn.Identity() if same else conv(inputs, 4 * width, 1, stride)

        def forward(self, x):
            return nn.functional.relu(self.body(x) + self.shortcut(x))

    return Bottleneck()


def resnet(torch, depths, classes: int):
    """The ResNet of these depths: images (n, 3, h, w) to logits (n, classes)."""
    nn = torch.nn
    parts = [nn.Conv2d(3, 64, 7, 2, 3), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(3, 2, 1)]
    channels = 64
    for stage, depth in enumerate(depths):
        for block in range(depth):
            width, stride = 64 * 2**stage, 2 if stage and not block else 1
            parts.append(bottleneck(torch, channels, width, stride))
            channels = 4 * width
    parts += [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, classes)]
    return nn.Sequential(*parts)


def main(name: str, batch: str, side: str, classes: str) -> None:
    """Answer each line on standard input with one training step and a line."""
    import torch

    model = resnet(torch, DEPTHS[name], int(classes)).to(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(model.parameters(), 0.01)
    images = torch.rand(int(batch), 3, int(side), int(side))
    images = images.to(memory_format=torch.channels_last)
    answers = torch.randint(0, int(classes), (int(batch),))
    print("ready", flush=True)
    for _ in sys.stdin:
        optimizer.zero_grad(set_to_none=True)
        torch.nn.functional.cross_entropy(model(images), answers).backward()
        optimizer.step()
        print("done", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
