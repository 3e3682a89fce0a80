"""The model card of a run, README.md in its folder, with the metadata that Hugging Face reads."""

from __future__ import annotations

import json
import math

from datasets.files import write_whole
from training.results.find import KeptRun
from training.results.table import accuracy_words, recipe_words

NAME = "README.md"
# The kind of data -> its identifier and its name for people.
DATA = {
    "SIGNS": ("signs", "SIGNS, photographs of hands that show 0 to 5"),
    "synthetic": ("signs-synthetic", "drawn hands that show 0 to 5 (synthetic)"),
}
_OWN = ("own", "images of one's own")


def write(run: KeptRun) -> None:
    """Write the card of a finished run, whole or not at all; raises DataError."""
    write_whole(run.folder / NAME, text(run))


def text(run: KeptRun) -> str:
    """The card: metadata in YAML, then words."""
    return "---\n" + "\n".join(_metadata(run)) + "\n---\n" + _words(run)


def _metadata(run: KeptRun) -> list[str]:
    """Lines of YAML. A string in JSON is one in YAML, too, whatever is in it."""
    assert run.result is not None
    kind, what = DATA.get(run.data, _OWN)
    lines = [
        "library_name: keras",
        "pipeline_tag: image-classification",
        "tags:",
        "- image-classification",
        "- classic-convnets",
        *(["- synthetic"] if run.data == "synthetic" else []),
        "model-index:",
        f"- name: {json.dumps(run.name)}",
        "  results:",
    ]
    tests = [("all of them", "accuracy", "tested")]
    if 0 < run.result["unseen"] < run.result["tested"]:
        tests.append(("those that train does not hold", "accuracy_unseen", "unseen"))
    for which, accuracy, count in tests:
        if math.isnan(run.result[accuracy]):
            continue
        name = f"{what}: {run.result[count]} test images, {which}"
        lines += [
            "  - task:",
            "      type: image-classification",
            "      name: Image classification",
            "    dataset:",
            f"      type: {kind}",
            f"      name: {json.dumps(name)}",
            "      split: test",
            "    metrics:",
            "    - type: accuracy",
            f"      name: {json.dumps(f'accuracy, {which}')}",
            f"      value: {run.result[accuracy]:.4f}",
        ]
    return lines


def _words(run: KeptRun) -> str:
    assert run.result is not None
    what = DATA.get(run.data, _OWN)[1]
    name = str(run.settings.get("assignment", "a network")).replace("_", " ")
    recipe = f"By the recipe {recipe_words(run.recipe)}.\n" if run.recipe else ""
    synthetic = (
        "**It was trained and tested on drawn hands (synthetic); it never saw a photograph.**\n"
        if run.data == "synthetic"
        else ""
    )
    return f"""
# {run.name}

{name}, trained on {what}, to tell which number a hand shows.
{synthetic}{recipe}
- Accuracy: {accuracy_words(run.result)}.
- Training: {run.result["seconds"]:.0f} s on {run.result["device"]}.
- Seed: {run.settings.get("seed")}. Versions: {_versions(run)}.

## Use

```python
import keras

model = keras.saving.load_model("model.keras", compile=False)
# images: float32 from 0 to 1, (n, height, width, channels), as model.input_shape says
probabilities = model.predict(images)
```

## Limits

It was made for learning about networks. The images have one hand before a light wall; of other
hands, backgrounds and light nothing is measured here. It always answers, whether there is a hand
or not.
"""


def _versions(run: KeptRun) -> str:
    assert run.result is not None
    return ", ".join(f"{name} {number}" for name, number in run.result["versions"].items())
