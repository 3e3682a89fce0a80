"""A finished run tested again: is its accuracy what was recorded?"""

from __future__ import annotations

from datasets.signs import Provenance, Signs
from training.errors import TrainingError
from training.evaluate import Score, score
from training.results.find import KeptRun
from training.saving import load_model

# The data of a run, in the word of --data.
CHOICES = {"SIGNS": "signs", "synthetic": "synthetic"}


def choice(run: KeptRun) -> str:
    """The word of --data that gives the data of a run; raises TrainingError if none does."""
    if run.data not in CHOICES:
        raise TrainingError(
            f"{run.name} was trained on data of your own: name its folder by --folder"
        )
    return CHOICES[run.data]


def evaluate(run: KeptRun, data: Signs) -> Score:
    """Test the saved network of a run on data.test_x, as its recipe tests."""
    recipe = run.recipe
    return score(
        load_model(run.model),
        data,
        batch=recipe.get("batch", 32),
        batch_norm=recipe.get("batch_norm_at_test", "inference"),
    )


def beside_record(run: KeptRun, tested: Score, provenance: Provenance) -> str:
    """How a new test compares with the recorded one, in a sentence."""
    assert run.result is not None
    if run.sums.get("test") != provenance.test_sha256:
        return "not the test images of the run: nothing is recorded about these"
    before, now = run.result["predictions"], tested.predictions.tolist()
    others = sum(old != new for old, new in zip(before, now, strict=True))
    if not others:
        return "as recorded: every answer is the same"
    return (
        f"not as recorded: {others} of {len(now)} answers differ, and {run.result['accuracy']:.4f} "
        f"was recorded on {run.result['device']}"
    )
