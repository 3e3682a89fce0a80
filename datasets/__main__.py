"""`python -m datasets`: audit, download, synthesize, contact-sheet, throughput."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from typing import Annotated

from datasets.invocation import without_library

try:
    import numpy as np
    import typer
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
    from rich.table import Table
except ModuleNotFoundError as missing:
    sys.exit(f"error: {without_library(missing)}")

from datasets import download as mirrors
from datasets import duplicates, files, schema, signs
from datasets.errors import DataError
from datasets.synthetic import dataset, stand_in
from datasets.workers import cores

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="The photographs of SIGNS, and drawn hands.",
)
Data = Annotated[
    Path | None, typer.Option(help="Folder of the two files; else SIGNS_DIR, else datasets/data.")
]
Diverse = Annotated[
    bool, typer.Option("--diverse", help="Hands of all kinds, for pre-training, not as in SIGNS.")
]

INTERRUPTED = 130


@app.command()
def audit(data: Data = None) -> None:
    """Check both files; print counts per class and the photographs that occur twice."""
    console = Console(highlight=False)
    loaded, source = signs.read(data)
    _print_files(source)
    console.print(_counts_table(loaded))
    shared = duplicates.shared_pairs(loaded.test_x, loaded.train_x)
    repeated = {
        "train": duplicates.repeated_pairs(loaded.train_x),
        "test": duplicates.repeated_pairs(loaded.test_x),
    }
    if shared:
        console.print(_shared_table(loaded, shared))
    console.print(
        f"{len(shared)} of the {len(loaded.test_y)} test photographs are in train too: "
        f"{len(loaded.test_y) - len(shared)} are unseen."
    )
    for split, pairs in repeated.items():
        names = ", ".join(f"{p.first} and {p.second}" for p in pairs[:6])
        more = f" (the first: {names})" if len(pairs) > 6 else f": {names}" if pairs else ""
        console.print(f"Pairs of the same photograph within {split}: {len(pairs)}{more}.")


@app.command()
def download(
    out: Annotated[Path | None, typer.Option(help="Folder to fill; else datasets/data.")] = None,
    mirror_list: Annotated[
        Path, typer.Option("--mirrors", help="TOML list of mirrors.")
    ] = mirrors.MIRRORS,
    force: Annotated[bool, typer.Option(help="Replace files that are wrong.")] = False,
) -> None:
    """Fetch the photographs from public mirrors; check them by SHA-256."""
    folder = signs.DATA if out is None else out
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TimeRemainingColumn(),
        **_at_a_terminal(),
    ) as bars:
        tasks = {}

        def show(name: str, done: int, total: int) -> None:
            if name not in tasks:
                tasks[name] = bars.add_task(name, total=total)
            bars.update(tasks[name], completed=done, total=total)

        fetched = mirrors.download(
            folder, mirrors=mirrors.read_mirrors(mirror_list), progress=show, force=force
        )
    for name in schema.FILES.values():
        print(f"{folder / name}: {'fetched' if folder / name in fetched else 'already there'}")


@app.command()
def synthesize(
    diverse: Diverse = False,
    count: Annotated[
        int | None,
        typer.Option(help="With --diverse: hands in all, else 1200; a tenth of them for test."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Another seed, other hands.")] = 0,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder to fill; else datasets/data/stand-in, with -SEED if not 0, or with "
            "--diverse datasets/data/synthetic-COUNT-SEED."
        ),
    ] = None,
    workers: Annotated[
        int | None, typer.Option(help="Processes that draw; else one per core.", min=1)
    ] = None,
    shards: Annotated[
        int | None,
        typer.Option(
            help="With --diverse: train hands in this many files, for many machines; run again, "
            "it goes on.",
            min=1,
        ),
    ] = None,
) -> None:
    """Draw hands to use in place of the photographs: the same pictures for the same seed."""
    if not diverse and (count or shards):
        raise DataError(
            "the stand-in for SIGNS has its counts, 1,080 and 120, in two files: leave out "
            f"--{'count' if count else 'shards'}, or add --diverse"
        )
    count = sum(dataset.COUNTS) if count is None else count
    test = max(count // 10, schema.CLASSES)
    if count < 2 * schema.CLASSES:
        raise DataError(f"expected a count of at least {2 * schema.CLASSES}, received {count}")
    dataset.check_counts(count - test, test, seed)
    if diverse:
        named = f"synthetic-{count}-{seed}" + ("-shards" if shards else "")
    else:
        named = signs.STAND_IN.name + (f"-{seed}" if seed else "")
    folder = out or signs.DATA / named
    with Progress(**_at_a_terminal()) as bars:
        task = bars.add_task("drawing", total=count)
        report, workers = (lambda drawn: bars.advance(task, drawn)), workers or cores()
        if diverse:
            dataset.synthesize(
                folder, count - test, test, seed, report, workers=workers, shards=shards
            )
        else:
            stand_in.synthesize(folder, seed, report, workers=workers)
    split = f" in {shards:,} shards" if shards else ""
    kind = "diverse synthetic" if diverse else "synthetic"
    print(f"{folder}: {count - test:,} train{split} and {test:,} test hands, {kind}, seed {seed}")


@app.command("contact-sheet")
def contact_sheet(
    data: Data = None,
    diverse: Diverse = False,
    seed: Annotated[int, typer.Option(help="Of the drawn hands, if no data is named.")] = 0,
    out: Annotated[Path, typer.Option(help="The picture to write.")] = Path("contact-sheet.png"),
    each: Annotated[int, typer.Option(help="Hands per class.", min=1, max=100)] = 10,
    scale: Annotated[int, typer.Option(help="Enlarged this many times.", min=1, max=8)] = 2,
) -> None:
    """Write a picture of some hands of every class: drawn ones, or those of --data."""
    from PIL import Image

    if data is None:
        dataset.check_counts(*dataset.COUNTS, seed)
        draw = dataset.batch if diverse else stand_in.batch
        # The stand-in's chunks are mixed: its 18 hold enough of every class.
        chunks = [draw("train", k, seed) for k in range(-(-each // 10) if diverse else 18)]
        images, labels = (np.concatenate(arrays) for arrays in zip(*chunks, strict=True))
    else:
        loaded = signs.load(data)
        images, labels = loaded.train_x, loaded.train_y
    sheet = dataset.contact_sheet(images, labels, each)
    picture = Image.fromarray(sheet.repeat(scale, 0).repeat(scale, 1))
    if out.suffix.lower() not in (".png", ".jpg", ".jpeg"):
        raise DataError(f"expected --out to end in .png or .jpg, received {out}")
    with files.whole(out) as temporary:
        picture.save(temporary)
    print(f"{out}: {each} hands of each class, 0 at the top")


@app.command()
def throughput(
    data: Data = None,
    workers: Annotated[
        list[int] | None, typer.Option(help="Again for more; else 1 and 2.", min=1)
    ] = None,
    batch: Annotated[int, typer.Option(help="Images per batch.", min=1)] = 32,
    count: Annotated[
        int, typer.Option(help="Images per round; repeated if there are fewer.", min=1)
    ] = 4096,
    rounds: Annotated[int, typer.Option(help="Timed rounds.", min=1)] = 5,
    steps: Annotated[
        int, typer.Option(help="Training steps of ResNet-50; 0 leaves them out.", min=0)
    ] = 12,
) -> None:
    """Images per second through the lecture's augmentation, and how long training waits."""
    from datasets import quiet
    from datasets import throughput as timed
    from datasets.augmentation.catalogue import fused

    quiet.import_keras()
    if count < batch:
        raise DataError(f"expected --count of at least --batch, received {count} and {batch}")
    images, labels, name = _images(data, count)
    how = fused(fit=images[:1000])
    side = images.shape[1]
    print(
        f"{len(images):,} images of {side}x{side}, {name}; mirror, crop, rotation, shearing, "
        f"local warping, colour shift, PCA colour; batches of {batch}"
    )
    table = Table("workers", "images per second", "lowest", "highest", "rounds")
    workers = list(dict.fromkeys(workers or (1, 2)))
    for number in workers:
        rates = timed.rates(images, labels, how, workers=number, batch=batch, rounds=rounds)
        table.add_row(
            str(number),
            f"{np.median(rates):,.0f}",
            f"{min(rates):,.0f}",
            f"{max(rates):,.0f}",
            str(rounds),
        )
    Console(highlight=False).print(table)
    for number in workers if steps else ():
        source = timed.endless(images, labels, how, workers=number, batch=batch)
        step = timed.resnet50_step(side, schema.CLASSES)
        waited = timed.waiting(source, step, steps=steps)
        print(
            f"ResNet-50, {steps} training steps of {batch}, {number} workers: waits "
            f"{1000 * waited.wait:.1f} ms per step, {waited.share:.2%} of the time (wanted: below "
            f"{timed.WANTED:.0%}); a step takes {1000 * waited.busy:.0f} ms while the workers "
            f"prepare, {1000 * waited.alone:.0f} ms without them"
        )


def _images(data: Path | None, count: int) -> tuple[np.ndarray, np.ndarray, str]:
    """`count` images and labels from the folder, or drawn ones if none is named."""
    if data is None:
        chunks = [dataset.batch("train", k) for k in range(-(-min(count, 600) // 60))]
        images, labels = (np.concatenate(arrays) for arrays in zip(*chunks, strict=True))
        name = "drawn"
    else:
        loaded, source = signs.read(data)
        images, labels, name = loaded.train_x, loaded.train_y, source.name
    rows = np.arange(count) % len(images)
    return images[rows], labels[rows], name


def _at_a_terminal() -> dict:
    """Bars on stderr, gone when done; none in a log, where they would be blank lines."""
    console = Console(stderr=True)
    return {"console": console, "transient": True, "disable": not console.is_terminal}


def _print_files(source: signs.Provenance) -> None:
    print(f"{source.name}: {source.folder}")
    unknown = "synthetic" if source.name == "synthetic" else "not a published file"
    sums = (source.train_sha256, source.test_sha256)
    for name, digest in zip(schema.FILES.values(), sums, strict=True):
        what = signs.KNOWN[digest].what if signs.is_known(name, digest) else unknown
        print(f"{name}: {what}\n  sha256 {digest}")


def _counts_table(loaded: signs.Signs) -> Table:
    table = Table(
        "class",
        *map(str, loaded.classes),
        "all",
        title="photographs per class",
        title_justify="left",
    )
    for split, labels in (("train", loaded.train_y), ("test", loaded.test_y)):
        counts = np.bincount(labels, minlength=schema.CLASSES)
        table.add_row(split, *map(str, counts), str(len(labels)))
    return table


def _shared_table(loaded: signs.Signs, pairs: list[duplicates.Pair]) -> Table:
    table = Table(
        "test",
        "train",
        "class",
        "RMS of pixels",
        "RMS of 8x8 blocks",
        title="in test and in train",
        title_justify="left",
    )
    for pair in pairs:
        table.add_row(
            str(pair.first),
            str(pair.second),
            str(loaded.test_y[pair.first]),
            f"{pair.pixels:.1f}",
            f"{pair.blocks:.1f}",
        )
    return table


def main(words: list[str] | None = None, prog: str = "python -m datasets") -> int:
    """Run the command line; an error is one line on stderr and a status other than 0."""
    warnings.showwarning = lambda message, *_, **__: print(f"warning: {message}", file=sys.stderr)
    try:
        status = app(words, prog, standalone_mode=False) or 0
    except DataError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except (KeyboardInterrupt, typer.Abort):
        status = INTERRUPTED
    except Exception as error:
        if not hasattr(error, "format_message"):  # not one of typer's about wrong arguments
            raise
        print(f"error: {error.format_message()} (see --help)", file=sys.stderr)
        return 2
    if status == INTERRUPTED:  # recent versions of typer return it, older ones raise
        print("stopped: no half file is in place", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
