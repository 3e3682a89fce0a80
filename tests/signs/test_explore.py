"""The page about a network: what it holds, what it refuses, and what it does in a browser."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import keras
import numpy as np
import pytest
from keras import layers
from PIL import Image

import nets
from grader.i18n import language
from signs.explore.commands import main
from tests.signs.browser import in_browser

LARGEST = 10e6  # bytes of a page
ADDRESS = re.compile(r"https?://(?!www\.w3\.org/2000/svg)")  # SVG's name is no address


@pytest.fixture(autouse=True)
def english():
    yield
    language.use("en")


@pytest.fixture(scope="module")
def hers(tmp_path_factory):
    """A learner's model: a residual unit inside a model, then two inputs of an Add."""
    image = keras.Input((24, 24, 3))
    X = layers.Conv2D(8, 3, strides=2, padding="same", name="begin")(image)
    Y = layers.ReLU(name="relu")(layers.BatchNormalization(name="bn")(X))
    Y = layers.Conv2D(8, 3, padding="same", name="twice")(Y)
    body = keras.Model(image, layers.Add(name="sum")([X, Y]), name="body")
    top = [layers.GlobalAveragePooling2D(), layers.Dense(6, activation="softmax", name="answer")]
    model = keras.Sequential([keras.Input((24, 24, 3)), body, *top], name="hers")
    path = tmp_path_factory.mktemp("models") / "hers.keras"
    model.save(path)
    return path, model


@pytest.fixture(scope="module")
def page(hers, tmp_path_factory):
    out = tmp_path_factory.mktemp("pages") / "hers.html"
    assert main(["explore", str(hers[0]), "--out", str(out), "--lang", "en"]) == 0
    return out


def data_of(path) -> dict:
    text = path.read_text(encoding="utf-8")
    return json.loads(re.search(r'id="data">(.*?)</script>', text, re.DOTALL)[1])


class Page(HTMLParser):
    """What a page would fetch, its cells, and its buttons."""

    def __init__(self, text):
        super().__init__()
        self.fetched, self.buttons, self.cells, self.here = [], 0, [], ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        self.fetched += [v for k, v in values.items() if k in ("src", "href", "srcset") and v]
        self.buttons += tag == "button"
        self.here = tag
        if tag in ("td", "th"):
            self.cells.append("")

    def handle_data(self, data):
        if self.here in ("td", "th"):
            self.cells[-1] += data.strip()


def test_the_page_has_every_layer_with_keras_numbers_and_fetches_nothing(page, hers):
    data = data_of(page)
    assert sum(op["p"] for op in data["ops"]) == hers[1].count_params()
    assert [op["n"] for op in data["ops"]][1:4] == ["body/begin", "body/bn", "body/relu"]
    assert [len(stage["units"]) for stage in data["stages"]] == [2, 1]
    text = page.read_text(encoding="utf-8")
    found = Page(text)
    assert found.fetched == [] and "default-src 'none'" in text and not ADDRESS.search(text)
    assert {"body/twice", f"{3 * 3 * 8 * 8 + 8}"} <= {*found.cells}
    assert page.stat().st_size < LARGEST and found.buttons >= 2
    assert "The weights are those of the file." in text and "a drawn hand" in text


def test_its_maps_and_its_answer_are_those_of_the_network(page, hers):
    from datasets.synthetic.dataset import batch
    from training.picture import fitted

    hand = fitted(Image.fromarray(batch("test", 0)[0][3]), (24, 24, 3))
    data = data_of(page)
    answer = np.asarray(hers[1](hand[None].astype(np.float32) / 255))[0]
    np.testing.assert_allclose(data["ops"][-1]["v"], answer, atol=1e-3)
    boxes = [b for stage in data["stages"] for unit in stage["units"] for b in unit["boxes"]]
    begin = next(b for b in boxes if data["ops"][b["l"]]["n"] == "body/begin")
    sheet = data["sprites"][begin["m"]]
    maps = np.asarray(hers[1].get_layer("body").get_layer("begin")(hand[None] / 255.0))[0]
    assert (sheet["n"], sheet["t"], sheet["w"], sheet["h"]) == (8, 8, 12, 12)
    assert sheet["hi"] == pytest.approx(maps.max(), abs=1e-4)
    assert sheet["o"][0] == int(np.argmax([_scaled(maps[..., c]).std() for c in range(8)]))


def _scaled(values):
    return (values - values.min()) / (values.max() - values.min())


def test_the_page_speaks_chinese(hers, tmp_path):
    out = tmp_path / "zh.html"
    assert main(["explore", str(hers[0]), "--out", str(out), "--lang", "zh"]) == 0
    text = out.read_text(encoding="utf-8")
    assert '<html lang="zh-CN">' in text and "感受野" in text and "阶段 1" in text
    outside = re.sub(r"<(script|style).*?</\1>|<[^>]*>", " ", text, flags=re.DOTALL)
    assert not re.findall(r"\b(?:the|of|and)\b", outside)


def test_a_network_of_ours_is_untrained_and_says_so(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["explore", "lenet5", "--lang", "en"]) == 0
    assert re.fullmatch(
        r"wrote lenet5.html: 0.\d\d MB, 0.\d\d MB of it maps\n", capsys.readouterr().out
    )
    text = (tmp_path / "lenet5.html").read_text(encoding="utf-8")
    assert "The network is untrained" in text and "LeCun et al. 1998" in text
    assert sum(op["m"] for op in data_of(tmp_path / "lenet5.html")["ops"]) == 416_520


def test_a_network_without_an_image_has_a_page_without_maps(tmp_path, capsys):
    words = keras.Input((5, 4))
    keras.Model(words, layers.Dense(2)(layers.LSTM(3)(words))).save(tmp_path / "words.keras")
    arguments = ["explore", str(tmp_path / "words.keras"), "--lang", "en", "--out"]
    assert main([*arguments, str(tmp_path / "w.html")]) == 0
    text = (tmp_path / "w.html").read_text(encoding="utf-8")
    assert "takes no image" in text and "Multiply-adds of LSTM are not counted." in text
    Image.new("RGB", (9, 9)).save(tmp_path / "a.png")
    assert main([*arguments, "x.html", "--image", str(tmp_path / "a.png")]) == 2
    assert "expected a network from one image" in capsys.readouterr().err


def picture(path, mode="RGB", size=(40, 30), **options):
    pixels = np.random.default_rng(0).integers(0, 256, (size[1], size[0], 4), dtype=np.uint8)
    image = Image.fromarray(pixels, "RGBA") if mode == "RGBA" else None
    if mode == "I;16":
        image = Image.fromarray(pixels[..., 0].astype(np.uint16) * 257)
    image = image or Image.fromarray(pixels[..., :3]).convert(mode)
    image.save(path, **options)
    return path


@pytest.mark.parametrize(
    ("name", "mode", "options"),
    [
        ("cmyk.jpg", "CMYK", {}),
        ("alpha.png", "RGBA", {}),
        ("deep.png", "I;16", {}),
        ("grey.png", "L", {}),
    ],
)
def test_pictures_of_every_kind_are_read(name, mode, options, hers, tmp_path):
    path, out = picture(tmp_path / name, mode, **options), tmp_path / "x.html"
    assert main(["explore", str(hers[0]), "--image", str(path), "--out", str(out)]) == 0
    assert data_of(out)["picture"] and name in out.read_text(encoding="utf-8")


def test_of_an_animation_the_first_picture_is_taken(hers, tmp_path):
    frames = [Image.new("RGB", (30, 30), colour) for colour in ("red", "blue")]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    frames[0].save(tmp_path / "a.png")
    pages = []
    for name in ("a.gif", "a.png"):
        out = tmp_path / f"{name}.html"
        words = ["explore", str(hers[0]), "--image", str(tmp_path / name), "--out", str(out)]
        assert main(words) == 0
        pages.append(data_of(out)["picture"])
    assert pages[0] == pages[1]


def pdf(path):
    path.write_bytes(b"%PDF-1.7\n" + b"0" * 50)


def empty(path):
    path.write_bytes(b"")


def cut(path):
    data = picture(path, size=(300, 300)).read_bytes()
    path.write_bytes(data[: len(data) // 2])


def huge(path):
    Image.new("1", (20_000, 20_000)).save(path, "PNG")


@pytest.mark.parametrize(
    ("make", "expected"),
    [(pdf, "it is a PDF document"), (empty, "the file is empty"), (cut, "it is cut short"),
     (huge, "megapixels"), (None, "No such file")],
)  # fmt: skip
def test_what_is_no_picture_is_one_line_and_status_2(make, expected, hers, tmp_path, capsys):
    path, out = tmp_path / "hand.jpg", tmp_path / "x.html"
    if make:
        make(path)
    assert main(["explore", str(hers[0]), "--image", str(path), "--out", str(out)]) == 2
    said = capsys.readouterr()
    assert said.out == "" and said.err.startswith("error: ") and said.err.count("\n") == 1
    assert expected in said.err and not out.exists()


def test_wrong_names_and_files_are_one_line_and_status_2(hers, tmp_path, capsys):
    lambda_file = tmp_path / "lambda.keras"
    keras.Sequential([keras.Input((4, 4, 3)), layers.Lambda(lambda x: x)]).save(lambda_file)
    for words, expected in (
        (["resent50"], "did you mean resnet50"),
        ([str(lambda_file)], "found a Lambda layer"),
        ([str(hers[0]), "--out", str(lambda_file / "x.html")], "cannot"),
        ([str(hers[0]), "--lang", "xx"], "expected the language"),
    ):
        assert main(["explore", *words]) == 2
        said = capsys.readouterr()
        assert said.err.startswith("error: ") and said.err.count("\n") == 1, said.err
        assert expected in said.err


def test_all_commands_of_nets_are_there(capsys):
    assert main(["list"]) == 0
    assert "lenet5" in capsys.readouterr().out
    assert main(["show", "resent50"]) == 2


SHOWN = """
    height: document.querySelectorAll("#graph .box").length,
    layer: document.getElementById("layer-title")?.textContent,
    pressed: [...document.querySelectorAll("[aria-pressed=true]")].map((one) => one.className),
    sees: document.querySelector("figcaption[aria-live=polite]").textContent,"""


@pytest.mark.parametrize("width", [400, 1400])
def test_in_a_browser_it_shows_the_layer_of_the_address_and_fits(page, width, tmp_path):
    found = in_browser(page, width, tmp_path, SHOWN, "s=1&u=2&b=2")
    assert found["width"] <= width and found["fetched"] == 0 and found["named"]
    assert found["layer"] == "body/twice" and found["height"] == 3
    assert found["pressed"] == ["stage", "", "box conv"]
    assert found["sees"] == "row 6, column 6 sees 7 × 7 pixels"


@pytest.mark.parametrize("name", nets.names())
def test_every_network_of_ours_has_data_for_a_page(name):
    """The same way for all of them: numbers, stages and places, without values for the weights."""
    from nets.profile import graph
    from nets.profile.structure import structure
    from signs.explore import page

    model = nets.outline(name)
    rows = graph.operations(model)
    subject = page.Subject(name, "", rows, structure(rows), graph.weight_bytes(model), None, {}, [])
    data = page.as_data(subject)
    assert sum(op["p"] for op in data["ops"]) == model.count_params()
    assert sum(op["m"] for op in data["ops"]) == graph.multiply_adds(model)
    for op in data["ops"]:
        if op["f"]:
            assert np.prod([int(n) for n in re.findall(r"\d+", op["f"])], dtype=float) == op["m"]
    assert 2 <= len(data["stages"]) <= 8
