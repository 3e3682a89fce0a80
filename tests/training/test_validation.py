"""Trials never meet the test set; the reporter in a terminal and elsewhere."""

import io

import numpy as np
from rich.console import Console

from training.progress import Reporter
from training.recipes import Recipe
from training.validation import held_out_accuracy

RECIPE = Recipe("trial", epochs=2, batch=16, learning_rate=0.01)


def test_a_trial_holds_out_a_fifth_and_ignores_the_test_set(colours, tiny_net):
    tiles = np.random.default_rng(0).integers(0, 256, (60, 8, 8, 3)).astype("uint8")
    distinct = colours._replace(train_x=tiles.repeat(8, 1).repeat(8, 2), test_x=None, test_y=None)
    result = held_out_accuracy(tiny_net, RECIPE, signs=distinct, by_epoch=True)
    assert result.accuracy * 12 == round(result.accuracy * 12)  # 2 of each class
    assert [set(row) for row in result.history] == [
        {"epoch", "loss", "accuracy", "val_loss", "val_accuracy", "seconds"}
    ] * 2
    assert result.seconds > 0


def follow(terminal: bool) -> str:
    text = io.StringIO()
    console = Console(file=text, force_terminal=terminal, width=100, highlight=False, no_color=True)
    reporter = Reporter("ours, seed 0", 3, 2, start=1, console=console)
    callback = reporter.callback()
    callback.on_train_begin()
    for batch in range(2):
        callback.on_train_batch_end(batch, {})
    callback.on_epoch_end(1, {"loss": 0.5, "accuracy": 0.75, "seconds": 12.3})
    reporter.close()
    return text.getvalue()


def test_a_pipe_gets_a_line_an_epoch():
    first, second = follow(terminal=False).splitlines()
    assert first.startswith("ours, seed 0: 3 epochs of 2 steps, 1 done before")
    assert second.split() == ["epoch", "2/3", "loss", "0.5000", "accuracy", "0.7500", "12.3", "s"]


def test_a_terminal_gets_a_bar_that_goes_away():
    text = follow(terminal=True)
    assert "4/6" in text and "epoch 2/3" in text
    assert text.count("\x1b[?25l") == text.count("\x1b[?25h") == 1  # the cursor comes back
