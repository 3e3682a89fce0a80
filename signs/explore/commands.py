"""`signs nets`: the commands of the package nets, and `explore`, which also needs the others."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from PIL import Image

import nets
from datasets.files import user_path
from datasets.quiet import import_keras
from nets.__main__ import NameOrFile, Size, check_source, shape_of
from nets.__main__ import app as nets_app
from signs.errors import in_one_line, status_of

SEED = 0
HAND = (0, 3)  # of the drawn hands for tests: the chunk, and the place in it

app = typer.Typer(
    help=nets_app.info.help,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.registered_commands += nets_app.registered_commands


@app.command()
def explore(
    network: NameOrFile,
    image: Annotated[
        Path | None, typer.Option(help="A picture of yours; without one, a drawn hand.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="By default NAME.html here.")] = None,
    size: Size = None,
    lang: Annotated[
        str | None, typer.Option(help="en or zh; without it, the language of the locale.")
    ] = None,
) -> None:
    """Write a page about a network: its stages, layers, costs, and the maps of an image."""
    with in_one_line():
        from grader.i18n import language
        from signs.explore import page

        language.use(language.of_locale() if lang is None else lang)

        image = None if image is None else user_path(image)
        path = check_source(network)
        if image is not None:
            _read(image, (64, 64, 3))  # a wrong picture is refused before a network is built
        out = out or Path(f"{network if path is None else path.stem}.html")
        subject = _subject(network, path, image, size)
        count, of_maps = page.write(subject, out)
        line = language.say(
            "wrote {file}: {size:.2f} MB, {maps:.2f} MB of it maps",
            file=out, size=count / 1e6, maps=of_maps / 1e6,
        )  # fmt: skip
        typer.echo(line)


def _subject(name: str, path: Path | None, image: Path | None, size: int | None):
    """All that the page is about: the network is built, and computed on the picture."""
    from grader.i18n.language import say
    from signs.explore.page import Subject

    keras = import_keras()
    from nets.profile import graph
    from nets.profile.activations import activations, takes_bytes
    from nets.profile.structure import structure

    notes = []
    if path is None:
        row = nets.describe(name)
        keras.utils.set_random_seed(SEED)
        shape = row.native if size is None else (size, size, row.native[2])
        model = nets.build(name, shape, row.classes)
        title, about = name, row.paper
        operations = graph.operations(model)
        notes.append(
            say(
                "The network is untrained: its weights are random. The maps show what its form "
                "alone makes of the image."
            )
        )
    else:
        from nets.model_files import load_file

        model = load_file(path)
        title, about = path.name, model.name
        operations = graph.operations(model, shape_of(model, size))
        notes.append(say("The weights are those of the file."))
    parts = structure(operations)
    picture, results = None, {}
    if _sees_images(operations):
        picture, said = _picture(image, operations[0].shape)
        notes.append(said)
        scale = 1 if takes_bytes(operations) else 255
        wanted = {box.operations[-1] for part in parts for p in part.pieces for box in p.boxes}
        pixels = picture.astype(np.float32) / scale
        results = dict(_kept(activations(operations, pixels, wanted)))
    elif image is not None:
        raise nets.NetError(
            f"--image: expected a network from one image, received one from "
            f"{[tuple(x.shape[1:]) for x in model.inputs]}"
        )
    else:
        notes.append(say("The network takes no image, so the page has no maps."))
    unknown = sorted({one.class_name for one in operations if not one.counted})
    if unknown:
        notes.append(say("Multiply-adds of {layers} are not counted.", layers=", ".join(unknown)))
    return Subject(
        title, about, operations, parts, graph.weight_bytes(model), picture, results, notes
    )


def _kept(results) -> Iterator[tuple[int, np.ndarray]]:
    """The results, of maps only the channels that are shown."""
    from signs.explore.maps import CHANNELS

    for i, values in results:
        yield i, values[..., :CHANNELS].copy() if values.ndim == 3 else values


def _sees_images(operations) -> bool:
    inputs = [one for one in operations if not one.inputs]
    return len(inputs) == 1 and len(inputs[0].shape) == 3 and inputs[0].shape[2] in (1, 3)


def _picture(image: Path | None, shape: tuple) -> tuple[np.ndarray, str]:
    """The picture that the network sees, uint8 of `shape`, and a sentence about it."""
    from grader.i18n.language import say

    if image is not None:
        said = say("The image is {file}, its middle square or as much as fits.", file=image.name)
        return _read(image, shape), said
    from datasets.synthetic.dataset import batch
    from training.picture import fitted

    chunk, place = HAND
    images, _ = batch("test", chunk)
    said = say("The image is a drawn hand. Your own: `--image PHOTO.jpg`")
    return fitted(Image.fromarray(images[place]), shape), said


def _read(image: Path, shape: tuple) -> np.ndarray:
    from training import picture

    return picture.read(image, shape)


def main(words: list[str] | None = None, prog: str = "signs nets") -> int:
    """Run the command line; returns the exit status."""
    return status_of(app, words, prog)
