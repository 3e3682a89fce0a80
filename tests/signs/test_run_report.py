"""The page about a run: what it says, that it fetches nothing, and that it never fails a run."""

import dataclasses
import json
import re
import subprocess
import sys
from html.parser import HTMLParser

import keras
import numpy as np
import pytest
from keras import layers

from datasets.signs import Provenance, Signs
from signs.run_report import card, charts, compared, page
from signs.run_report.charts import Chart, Line
from signs.run_report.look import WORST
from tests.signs.browser import in_browser
from training import __main__ as command
from training import pages, runs
from training.evaluate import probabilities, score
from training.loop import Fitted, fit
from training.recipes import RECIPES
from training.results import compare, find

ADDRESS = re.compile(r"https?://(?!www\.w3\.org/2000/svg)")
EPOCHS = 3


def images(n: int, seed: int):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (n, 64, 64, 3), dtype=np.uint8), np.arange(n) % 6


DATA = Signs(*images(18, 0), *images(24, 1), np.arange(6))
SUMS = {"train": "a" * 64, "test": "b" * 64}


def network():
    keras.utils.set_random_seed(0)
    image = keras.Input((64, 64, 3))
    X = layers.Conv2D(5, 3, strides=2, activation="relu", name="first")(image)
    X = layers.Conv2D(9, 3, strides=2, activation="relu", name="second")(X)
    X = layers.Dense(6, activation="softmax", name="answer")(layers.Flatten()(X))
    return keras.Model(image, X)


def settings(data="SIGNS", name="course_2017", seed=0) -> dict:
    return {
        "assignment": "residual_networks",
        "target": "solutions",
        "data": data,
        "data_sha256": SUMS,
        "seed": seed,
        "recipe": RECIPES[name].settings,
        "precision": "float32",
        "hold_out": True,
    }


HISTORY = [
    {"epoch": n, "loss": 1.5 / (n + 1), "accuracy": 0.3 + 0.2 * n, "val_loss": 1.4 - 0.1 * n,
     "val_accuracy": 0.25 + 0.2 * n, "seconds": 2.0}
    for n in range(EPOCHS)
]  # fmt: skip


def kept(folder, model, **options):
    """A finished run of a network, as `reproduce` keeps it; nothing is trained."""
    whole = settings(**options)
    runs.begin(folder, whole)
    fitted = Fitted(model, HISTORY, 6.0)
    runs.finish(folder, whole, fitted, score(model, DATA), DATA.classes, folder.name)
    return folder


@pytest.fixture(scope="module")
def model():
    return network()


@pytest.fixture(scope="module")
def run(model, tmp_path_factory):
    """The folder of a finished run, with its page in English."""
    folder = kept(tmp_path_factory.mktemp("runs") / "hers-seed0", model)
    page.write(folder, model=model, data=DATA, lang="en")
    return folder


class Page(HTMLParser):
    """What a page would fetch, the cells of its tables, its text, and its pictures."""

    def __init__(self, path):
        super().__init__()
        self.fetched, self.cells, self.text, self.pictures, self.inside = [], [], [], [], []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        if tag not in ("meta", "img", "path", "circle"):
            self.inside.append(tag)
        if tag == "img":
            self.pictures.append(values)
        links = (v for k, v in values.items() if k in ("src", "href", "srcset") and v)
        self.fetched += [link for link in links if not link.startswith("data:")]
        if tag in ("td", "th"):
            self.cells.append("")

    def handle_endtag(self, tag):
        if tag in self.inside:
            while self.inside.pop() != tag:
                pass

    def handle_data(self, data):
        if {"style", "script", "title"} & {*self.inside}:
            return
        self.text.append(data)
        if {"td", "th"} & {*self.inside}:
            self.cells[-1] += data.strip()

    @property
    def words(self):
        return " ".join(" ".join(self.text).split())


def test_it_says_what_the_files_of_the_run_say_and_fetches_nothing(run):
    shown, text = Page(run / page.NAME), (run / page.NAME).read_text(encoding="utf-8")
    result = runs.result(run)
    assert shown.fetched == [] and "default-src 'none'" in text and not ADDRESS.search(text)
    assert f"right of 24 test images {100 * result['accuracy']:.1f}%" in shown.words
    for row in result["confusion"]:
        assert "|".join(map(str, row)) in "|".join(shown.cells)
    # Published for 20 epochs, and recorded; of the held-out fifth nothing is recorded.
    assert "86.7%" in shown.cells and "recorded here" not in shown.words
    assert "held out" in shown.words and "65" in shown.cells  # its accuracy after the last epoch
    assert "synthetic" not in shown.words and "b" * 64 in shown.words


def test_the_worst_answers_are_those_of_the_network(run, model):
    chances = probabilities(model, DATA.test_x)
    truth = chances[np.arange(24), DATA.test_y]
    shown = Page(run / page.NAME)
    numbers = [int(found[1]) for one in shown.pictures
               if (found := re.match(r"test image (\d+),", one["alt"]))]  # fmt: skip
    assert numbers == np.argsort(truth)[:WORST].tolist()
    worst = numbers[0]
    assert f"it shows {DATA.test_y[worst]}, the answer is {chances[worst].argmax()}" in shown.words
    heats = [one for one in shown.pictures if one["alt"].startswith("where the network saw")]
    assert len(heats) == WORST and len({one["src"] for one in heats}) > 1
    maps = [one["alt"] for one in shown.pictures if " maps, " in one["alt"]]
    assert maps == ["Stage 1: first, 5 of 5 maps, 31×31×5", "Stage 2: second, 9 of 9 maps, 15×15×9"]
    assert "5 of 5 filters of first, 3×3; grey is zero" in [one["alt"] for one in shown.pictures]
    assert "Gradient by layer" in shown.words and "Left out" not in shown.words


def test_it_speaks_chinese(run, model, tmp_path):
    path = page.write(run, model=model, data=DATA, lang="zh")
    text = path.read_text(encoding="utf-8")
    page.write(run, model=model, data=DATA, lang="en")
    assert '<html lang="zh-CN">' in text and "留出" in text
    outside = re.sub(r"<(script|style).*?</\1>|<[^>]*>", " ", text, flags=re.DOTALL)
    assert not re.findall(r"\b(?:the|of|and|with)\b", outside)


def test_drawn_hands_are_named_in_red(model, tmp_path):
    folder = kept(tmp_path / "drawn", model, data="synthetic")
    text = page.write(folder, lang="en").read_text(encoding="utf-8")
    assert '<strong class="synthetic">drawn hands (synthetic)</strong>' in text
    assert "for the photographs of SIGNS" in text
    assert "- synthetic" in (folder / card.NAME).read_text()


# ---- the model card


def test_the_card_has_a_model_index_that_is_yaml(run):
    yaml = pytest.importorskip("yaml")
    text = (run / card.NAME).read_text(encoding="utf-8")
    _, metadata, words = text.split("---\n", 2)
    found = yaml.safe_load(metadata)
    assert found["library_name"] == "keras" and found["pipeline_tag"] == "image-classification"
    (index,) = found["model-index"]
    assert index["name"] == run.name
    for one, key in zip(index["results"], ("accuracy", "accuracy_unseen"), strict=False):
        assert one["task"]["type"] == "image-classification"
        assert {"type", "name"} <= set(one["dataset"])
        (metric,) = one["metrics"]
        assert metric["type"] == "accuracy"
        assert metric["value"] == pytest.approx(runs.result(run)[key], abs=1e-4)
    assert f"# {run.name}" in words and "epochs in batches of 32" in words


def test_a_name_with_quotes_stays_yaml(run, tmp_path):
    yaml = pytest.importorskip("yaml")
    odd = dataclasses.replace(find.at(run), folder=tmp_path / 'a "b": c # d')
    metadata = card.text(odd).split("---\n", 2)[1]
    assert yaml.safe_load(metadata)["model-index"][0]["name"] == 'a "b": c # d'


# ---- what is missing


def copied(run, tmp_path):
    folder = tmp_path / run.name
    folder.mkdir()
    for path in run.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    return folder


def called(*words, root, capsys):
    status = command.main(["runs", *map(str, words), "--runs", str(root)])
    return status, *capsys.readouterr()


@pytest.fixture
def resolved(monkeypatch):
    """resolved(sums): the data that commands find."""

    def use(test="b" * 64):
        source = Provenance("SIGNS", "a" * 64, test, None)
        monkeypatch.setattr(
            "training.results.commands.resolved", lambda choice, folder: (DATA, source)
        )

    return use


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda folder: (folder / "model.keras").unlink(), "model.keras is not there"),
        (lambda folder: (folder / "model.keras").write_bytes(b"PK"), "a file that is none"),
    ],
)
def test_a_run_without_its_network_says_what_is_left_out(
    damage, said, run, tmp_path, capsys, resolved
):
    folder = copied(run, tmp_path)
    damage(folder)
    resolved()
    status, out, err = called("report", "hers", "--lang", "en", root=tmp_path, capsys=capsys)
    assert status == 0 and err == "" and said in out and out.count("\n") == 2
    shown = Page(folder / page.NAME)
    assert said in shown.words and "Curves" in shown.words and shown.pictures == []


def test_other_images_are_not_shown_as_those_of_the_run(run, tmp_path, capsys, resolved):
    folder = copied(run, tmp_path)
    resolved(test="c" * 64)
    status, out, _ = called("report", "hers", "--lang", "en", root=tmp_path, capsys=capsys)
    shown = Page(folder / page.NAME)
    assert status == 0 and "not the test images of the run" in out
    assert [one["alt"][:7] for one in shown.pictures] == ["5 of 5 "]  # the filters need none


def test_a_run_without_a_history_has_a_page_without_curves(run, tmp_path):
    folder = copied(run, tmp_path)
    (folder / "history.csv").unlink()
    assert "kept no history" in Page(page.write(folder, lang="en")).words


def test_the_command_writes_the_whole_page(run, tmp_path, capsys, resolved):
    copied(run, tmp_path)
    resolved()
    status, out, err = called("report", "hers", "--lang", "en", root=tmp_path, capsys=capsys)
    assert (status, err) == (0, "") and out.strip().endswith("hers-seed0/report.html")
    assert len(Page(tmp_path / run.name / page.NAME).pictures) == 2 * WORST + 3


def test_what_cannot_be_reported_is_one_line(run, tmp_path, capsys, resolved):
    folder = copied(run, tmp_path)
    resolved()
    (tmp_path / "bare").mkdir()
    (folder / page.NAME).unlink()
    (folder / page.NAME).mkdir()
    for words, expected in (
        (["report", "hers-sed0"], "did you mean hers-seed0"),
        (["report", "hers", "--lang", "xx"], "expected the language"),
        (["report", "hers"], "a folder has that name"),
        (["report", str(folder / "model.keras") + "x.keras"], "found none"),
        (["compare", "hers", "--page", "x.html"], "two runs or more"),
    ):
        status, _, err = called(*words, root=tmp_path, capsys=capsys)
        assert status == 1 and err.startswith("error: ") and err.count("\n") == 1, err
        assert expected in err


# ---- while it is trained


def test_the_page_is_live_and_then_says_how_it_ended(tmp_path, monkeypatch):
    monkeypatch.setenv("LANGUAGE", "en")
    folder, said, states = tmp_path / "live", [], []
    recipe = dataclasses.replace(RECIPES["lenet"], epochs=2)
    whole = {**settings(), "recipe": recipe.settings}
    watch = pages.Page(folder, said.append, DATA)
    note = keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda epoch, logs: states.append(Page(folder / page.NAME).words)
    )

    def made():
        fitted = fit(network, DATA, recipe, folder, callbacks=[watch.each_epoch(), note])
        states.append(Page(folder / page.NAME).words)
        return fitted, score(fitted.model, DATA)

    runs.once(folder, whole, "live", made, DATA.classes, said.append, watch)
    for number, words in enumerate(states):
        assert f"In training: {number} of 2 epochs are done." in words
    shown = Page(folder / page.NAME)
    assert len(states) == 3 and "Finished on" in shown.words and len(shown.pictures) > WORST
    assert said == [] and "reload" not in (folder / page.NAME).read_text(encoding="utf-8")


def test_a_run_that_ends_early_says_where(tmp_path, monkeypatch):
    monkeypatch.setenv("LANGUAGE", "en")
    folder, said = tmp_path / "early", []

    def made():
        (folder / "history.csv").write_text("epoch,accuracy,loss,seconds\n0,.3,1.7,2\n")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        watch = pages.Page(folder, said.append)
        runs.once(folder, settings(), "early", made, DATA.classes, said.append, watch)
    assert "Stopped at epoch 1 of 20." in Page(folder / page.NAME).words and said == []


def test_a_page_that_cannot_be_written_costs_a_line_and_not_the_run(model, tmp_path):
    folder, said = tmp_path / "blocked", []

    def made():
        (folder / page.NAME).unlink()
        (folder / page.NAME).mkdir()
        for epoch in range(3):
            watch.each_epoch().on_epoch_end(epoch, {})
        return Fitted(model, HISTORY, 6.0), score(model, DATA)

    watch = pages.Page(folder, said.append, DATA)
    result = runs.once(folder, settings(), "blocked", made, DATA.classes, said.append, watch)
    (line,) = said
    assert "its page is not written" in line and "a folder has that name" in line
    assert runs.result(folder)["accuracy"] == result["accuracy"]


def test_a_part_that_fails_is_left_out_with_its_reason(run, model, tmp_path, monkeypatch):
    def fails(*_):
        raise RuntimeError("no such\nop")

    monkeypatch.setattr("training.gradients.gradient_norms", fails)
    monkeypatch.setattr("training.grad_cam.grad_cam", fails)
    shown = Page(page.write(copied(run, tmp_path), model=model, data=DATA, lang="en"))
    assert "the gradients: no such op" in shown.words and "Grad-CAM: no such op" in shown.words
    assert len(shown.pictures) == WORST + 3


def test_training_without_the_pages_says_so(root, tmp_path):
    """As where signs/ is not there: one line for all epochs, and the run goes on."""
    code = (
        "import sys; sys.modules['signs.run_report.page'] = None\n"
        "from pathlib import Path; from training.pages import Page\n"
        f"page = Page(Path({str(tmp_path)!r}), print)\n"
        "with page.live(): page.finished(None)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True)
    assert done.returncode == 0 and done.stdout.count("its page is not written") == 1


# ---- compared


@pytest.fixture(scope="module")
def two(run, model, tmp_path_factory):
    """A page that compares the run with one of another seed, whose weights are others."""
    root = tmp_path_factory.mktemp("two")
    other = kept(root / "other-seed1", keras.models.clone_model(model), seed=1)
    both, path = [find.at(run), find.at(other)], root / "compared.html"
    compared.write(both, compare.compare(both), path, "en")
    return path, both


def test_compared_runs_stand_side_by_side(two):
    path, both = two
    shown, text = Page(path), path.read_text(encoding="utf-8")
    assert shown.fetched == [] and not ADDRESS.search(text)
    (one,) = compare.compare(both)
    assert f"{one.everything.points:+.1f}" in shown.cells and f"{one.everything.p:.2g}" in text
    assert "seed≠|0|1" in "|".join(shown.cells) and "batch|32|32" in "|".join(shown.cells)
    assert {"A", "B", "hers-seed0", "other-seed1"} <= {*shown.cells}


def test_the_command_writes_it(two, run, tmp_path, capsys):
    out = tmp_path / "both.html"
    words = ["compare", str(run), str(two[1][1].folder), "--page", str(out), "--lang", "zh"]
    status, said, _ = called(*words, root=tmp_path, capsys=capsys)
    assert status == 0 and "both.html" in said and "运行的比较" in out.read_text(encoding="utf-8")


# ---- drawings


def test_a_chart_puts_each_point_where_it_belongs():
    drawing = charts.svg(Chart("t & u", "x", "y", [Line("a", [(1, 0.0), (3, 1.0)])], highest=1))
    (low, high) = re.findall(r'<circle class="l0" cx="([\d.]+)" cy="([\d.]+)"', drawing)
    right, bottom = charts.WIDTH - charts.RIGHT, charts.HEIGHT - charts.BOTTOM
    assert (float(low[0]), float(low[1])) == (charts.LEFT, bottom)
    assert (float(high[0]), float(high[1])) == (right, charts.TOP)
    assert 'aria-label="t &amp; u"' in drawing


@pytest.mark.parametrize("values", [[1e-8, 1e3], [0.5], [0.0, 1.0], []])
def test_a_chart_of_any_numbers_is_drawn(values):
    for log in (False, True):
        line = Line("a", list(enumerate(values, 1)))
        assert "nan" not in charts.svg(Chart("t", "x", "y", [line], log=log))


# ---- in a browser

MORE = """
    loaded: [...document.images].every((one) => one.complete && one.naturalWidth),
    small: [...document.querySelectorAll("svg[role=img]")]
      .map((one) => 14 * one.getBoundingClientRect().width / one.viewBox.baseVal.width),
    silent: document.getElementById("silent") && !document.getElementById("silent").hidden,
    reached: [...document.querySelectorAll("button, .scroll, summary")]
      .every((one) => one.tabIndex >= 0),"""


@pytest.mark.parametrize("width", [400, 1400])
def test_in_a_browser_it_fits_and_is_legible(run, two, width, tmp_path):
    for path in (run / page.NAME, two[0]):
        found = in_browser(path, width, tmp_path, MORE)
        assert found["width"] <= width and found["fetched"] == 0
        assert found["named"] and found["loaded"] and found["reached"]
        assert found["small"] and min(found["small"]) > 11  # pixels of the text in a chart


def test_in_a_browser_a_killed_run_is_told(run, tmp_path):
    path = page.write(copied(run, tmp_path), "training", lang="en")
    assert in_browser(path, 1400, tmp_path, MORE)["silent"] is False
    old = re.sub(r"const written = [\d.]+", "const written = 1000.0", path.read_text("utf-8"))
    path.write_text(old, encoding="utf-8")
    assert in_browser(path, 1400, tmp_path, MORE)["silent"] is True


def test_no_photograph_leaves_the_run(root, run):
    """All that a page shows lies in the folder of the run, which git does not keep."""
    assert {path.name for path in run.iterdir()} >= {page.NAME, card.NAME}
    ignored = subprocess.run(["git", "check-ignore", "-q", "runs/x/report.html"], cwd=root)
    assert ignored.returncode in (0, 128)  # 128: no checkout


def test_the_json_of_settings_is_not_needed(tmp_path):
    """A record of another form has a page, too."""
    folder = tmp_path / "odd"
    folder.mkdir()
    (folder / runs.ENVIRONMENT).write_text(json.dumps({"settings": 3, "versions": None}))
    assert "Stopped at epoch 0 of ?." in Page(page.write(folder, lang="en")).words
