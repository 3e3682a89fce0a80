"""A second head on frozen layers: trained from the feature cache, and through the network.

    python benchmarks/feature_cache.py [--net resnet50_course] [--epochs 9] [--rounds 3] [--record]

The first head fills the cache, which is timed separately. Then a fresh head is trained on the
cached features, and another through the whole network with all its stages frozen; they take turns.
Both see the same images, batch size and number of epochs, without augmentation. Both times include
compilation, and the time of the cache its hashes and checks.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import records
from datasets.errors import DataError
from datasets.signs import Signs
from training.compile import placed
from training.errors import TrainingError
from training.loop import fit
from training.progress import Silent
from training.recipes import RECIPES
from training.saving import save_model
from training.transfer import backbone, feature_cache, fine_tune, pretrained

BENCHMARK = "feature_cache"
WAYS = ("cache", "network")


def fresh(net: str, weights: Path, seed: int) -> backbone.Network:
    """The network with the saved weights and a new softmax, drawn with `seed`."""
    with placed("float32", None, seed):
        return backbone.build(net, (64, 64, 3), 6, str(weights))


def by_cache(network, data: Signs, recipe, folder: Path, seed: int) -> float:
    """Seconds to train the head on cached features."""
    began = time.perf_counter()
    features = feature_cache.cached(network.features, data.train_x, folder)
    fine_tune.fit_head(network.head, features, data.train_y, recipe, seed, least=1)
    return time.perf_counter() - began


def by_network(network, data: Signs, recipe, seed: int) -> float:
    """Seconds to train the head through the network, with all its stages frozen."""
    began = time.perf_counter()
    fine_tune.freeze(network.stages, 0)
    fit(network.model, data, recipe, seed=seed, reporter=Silent)
    return time.perf_counter() - began


def run(net: str, images: int, epochs: int, rounds: int) -> dict:
    """The record: seconds to fill the cache, seconds of both ways, and their ratio per round."""
    recipe = dataclasses.replace(RECIPES["ours"], epochs=epochs, augmentation=None)
    data = pretrained.drawn(images, pretrained.SEED)
    seconds = {way: [] for way in WAYS}
    with tempfile.TemporaryDirectory() as folder:
        weights = Path(folder) / "weights.keras"
        with placed("float32", None, 0):
            save_model(backbone.build(net, (64, 64, 3), 6).model, weights)
        first = fresh(net, weights, 0)
        began = time.perf_counter()
        path = feature_cache.store(first.features, data.train_x, Path(folder) / "features")
        fill, size = time.perf_counter() - began, path.stat().st_size
        for number in range(1, rounds + 1):
            # Every other round is backwards: neither always follows the other.
            for way in WAYS[:: 1 if number % 2 else -1]:
                network = fresh(net, weights, number)
                if way == "cache":
                    took = by_cache(network, data, recipe, path.parent, number)
                else:
                    took = by_network(network, data, recipe, number)
                seconds[way].append(took)
        if len(list(path.parent.iterdir())) != 1:
            raise TrainingError("expected one cache for all rounds, received several")
    ratios = [slow / fast for slow, fast in zip(seconds["network"], seconds["cache"], strict=True)]
    return {
        "benchmark": BENCHMARK,
        "net": net,
        "images": images,
        "epochs": epochs,
        "batch": recipe.batch,
        "fill_seconds": round(fill, 2),
        "cache_bytes": size,
        "cache_seconds": records.summary(seconds["cache"]),
        "network_seconds": records.summary(seconds["network"]),
        "what": "network / cache",
        **records.summary(ratios),
    }


def words(row: dict) -> str:
    """A record in words."""
    lines = [
        f"{row['net']}, {row['images']} images of 64x64, {row['epochs']} epochs of batches of "
        f"{row['batch']}",
        f"  filling the cache, once   {row['fill_seconds']:.1f} s, "
        f"{row['cache_bytes'] / 1e6:.1f} MB",
    ]
    for way in WAYS:
        lines.append(f"  a second head by {way:9}{_spread(row[f'{way}_seconds'], '.2f')} s")
    lines.append(f"  network / cache           {_spread(row, '.1f')} times")
    return "\n".join(lines)


def _spread(summary: dict, form: str) -> str:
    return (
        f"{summary['median']:{form}} (median; {summary['min']:{form}} to {summary['max']:{form}}, "
        f"n={summary['n']})"
    )


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; an error is one line and status 1."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--net", default="resnet50_course", help="a network of nets/ (resnet50_course)"
    )
    parser.add_argument("--images", type=int, default=1080, help="drawn hands (1080)")
    parser.add_argument("--epochs", type=int, default=9, help="epochs of the head (9)")
    parser.add_argument("--rounds", type=int, default=3, help="timed rounds (3)")
    parser.add_argument("--record", action="store_true", help=f"append to {records.RECORDS.name}")
    options = parser.parse_args(arguments)
    if min(options.images, options.epochs, options.rounds) < 1:
        parser.error("expected --images, --epochs and --rounds of at least 1")
    try:
        row = run(options.net, options.images, options.epochs, options.rounds)
        print(words(row))
        if options.record:
            records.append(row)
    except (DataError, TrainingError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
