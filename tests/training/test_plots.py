"""The pictures: size, words on them, and that what they show is drawn."""

import numpy as np
import pytest
from PIL import Image

from datasets.errors import DataError
from training import plots

HISTORY = [
    {"epoch": i, "loss": 2.0 / (i + 1), "accuracy": 0.3 * i, "seconds": 1.0} for i in range(3)
]


def words(figure) -> str:
    import matplotlib.text

    return " ".join(text.get_text() for text in figure.findobj(matplotlib.text.Text))


def test_curves_show_the_history_and_the_test_accuracy():
    figure = plots.curves(HISTORY, "ours, synthetic, seed 0", ("91.7% of 12", 0.917))
    left, right = figure.axes
    np.testing.assert_allclose(left.lines[0].get_ydata(), [2, 1, 2 / 3])
    np.testing.assert_allclose(right.lines[0].get_ydata(), [0, 30, 60])
    assert list(left.lines[0].get_xdata()) == [1, 2, 3]
    assert right.lines[-1].get_ydata()[0] == pytest.approx(91.7)
    for part in ("synthetic", "epoch", "cross-entropy (nats)", "accuracy (%)", "91.7% of 12"):
        assert part in words(figure)
    assert "held out" not in words(figure)


def test_curves_show_held_out_figures_where_there_are_any():
    rows = [{**row, "val_loss": 1.0, "val_accuracy": 0.5} for row in HISTORY]
    assert "held out" in words(plots.curves(rows, "trial"))


def test_accuracies_are_percent_and_show_every_network():
    histories = {"with heads": [HISTORY], "without heads": [[{**HISTORY[0], "accuracy": 0.2}]]}
    [axes] = plots.accuracies(histories, "GoogLeNet, synthetic").axes
    np.testing.assert_allclose(axes.lines[0].get_ydata(), [0, 30, 60])
    np.testing.assert_allclose(axes.lines[1].get_ydata(), [20])
    assert axes.get_ylim() == (0, 102) and list(axes.lines[0].get_xdata()) == [1, 2, 3]
    for part in ("synthetic", "epoch", "training accuracy (%)", "with heads", "without heads"):
        assert part in words(axes.figure)


def test_losses_show_the_mean_of_the_seeds_and_each_of_them_pale():
    histories = {"grey, relu": [HISTORY, [{**row, "loss": 1.0} for row in HISTORY]]}
    figure = plots.losses(histories, "LeNet-5, synthetic")
    [axes] = figure.axes
    *pale, mean = axes.lines
    assert mean.get_label() == "grey, relu" and len(pale) == 2
    assert all(line.get_alpha() < 0.5 for line in pale)
    np.testing.assert_allclose(pale[0].get_ydata(), [2, 1, 2 / 3])
    np.testing.assert_allclose(mean.get_ydata(), [1.5, 1, 5 / 6])
    for part in ("LeNet-5, synthetic", "epoch", "cross-entropy (nats)", "grey, relu"):
        assert part in words(figure)


def test_losses_by_step_show_each_step_and_a_running_median():
    losses = {"ReLU": [3.0, 9.0, 1.0, 2.0], "tanh": [1.0, 1.0, 1.0, 1.0]}
    figure = plots.by_step(losses, "AlexNet, synthetic", width=3)
    pale, median, *_ = figure.axes[0].lines
    assert list(pale.get_xdata()) == [1, 2, 3, 4] and list(pale.get_ydata()) == losses["ReLU"]
    assert list(median.get_ydata()) == [6.0, 3.0, 2.0, 1.5]
    for part in ("AlexNet, synthetic", "medians of 3 steps", "cross-entropy (nats)", "tanh"):
        assert part in words(figure)


def test_a_divided_map_is_drawn_where_it_is_strongest():
    before = np.zeros((1, 2, 2, 3))
    before[0, 1, 0, 2] = 7.0
    figure = plots.divided({"small": (before, before / 2, before + 1)}, "a title")
    pictures = [axes.images[0].get_array() for axes in figure.axes if axes.images]
    assert [picture.max() for picture in pictures] == [7.0, 3.5, 8.0]
    for part in ("small", "channel 2", "response before", "divided by", "a title"):
        assert part in words(figure)


def test_confusion_shows_each_count():
    counts = np.arange(9).reshape(3, 3)
    figure = plots.confusion(counts, [0, 1, 2], "SIGNS")
    cells = {text.get_position(): text.get_text() for text in figure.axes[0].texts}
    assert cells == {(column, row): str(counts[row, column]) for row, column in np.ndindex(3, 3)}
    for part in ("answer", "true class", "images", "SIGNS"):
        assert part in words(figure)


def test_gradients_are_drawn_by_depth():
    figure = plots.gradients({"plain": [("a", 1e-6), ("b", 1e-3)], "residual": [("a", 0.1)]}, "t")
    plain, residual = figure.axes[0].lines
    assert list(plain.get_xdata()) == [1, 2] and list(residual.get_ydata()) == [0.1]
    assert figure.axes[0].get_yscale() == "log"
    assert {"plain", "residual"} <= set(words(figure).split())


def test_saved_pictures_are_800_pixels_wide_and_not_blank(tmp_path):
    figures = (
        plots.curves(HISTORY, "title"),
        plots.confusion(np.eye(6, dtype=int), range(6), "title"),
        plots.gradients({"plain": [("a", 1.0), ("b", 2.0)]}, "title"),
    )
    for i, figure in enumerate(figures):
        plots.save(figure, tmp_path / f"{i}.png")
        picture = np.asarray(Image.open(tmp_path / f"{i}.png").convert("L"))
        assert picture.shape[1] == 800
        assert 0.01 < (picture < 200).mean() < 0.9
    assert len(list(tmp_path.iterdir())) == 3


def test_a_folder_in_the_way_is_named(tmp_path):
    with pytest.raises(DataError, match="a folder has that name"):
        plots.save(plots.curves(HISTORY, "title"), tmp_path)
