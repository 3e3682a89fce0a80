"""The figures of the exercise texts: drawn from numbers, linked, legible, in both languages."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass

import pytest

from docs import draw as drawing
from docs.draw import FOLDER, LANGUAGES, TEXTS, drawn, figures, opening, speaker, svg, words
from grader import assignments
from grader.authoring import notebook as workbook
from grader.authoring import translate
from grader.authoring.release import SEAL, stub
from grader.i18n import glossary, po

PAGES = {name: text for name, text in drawn() if name.endswith(".md")}
DRAWN = {name: text for name, text in drawn() if name.endswith(".svg")}
LINK = re.compile(r"!\[([^\]]*)\]\((\S+?)\)")
CHINESE = re.compile(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")
FONTS = ("PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC")
# What is written the same in both languages.
NAMES = {"sigmoid", "tanh", "ReLU", "softmax", "conv", "ceil", "Adam", "he_normal"}
NAMES |= {"AlexNet", "ResNet", "GoogLeNet", "Inception"}
SPACE = "{http://www.w3.org/2000/svg}"
ENDING = {"en": "", "zh_CN": ".zh-CN"}


def text_of(name: str, language: str) -> str:
    """An exercise as it is released in a language."""
    solution = assignments.find(name).file("solutions").read_text(encoding="utf-8")
    known = {} if language == "en" else po.load(language)
    text = stub(solution, name).rpartition(SEAL)[0]
    return translate.exercise(text, lambda key: known.get(key, key))


def links(text: str) -> dict[str, str]:
    """file -> alt text of each picture in the comments of a script."""
    prose = " ".join(
        line.removeprefix("#").strip() for line in text.splitlines() if line.startswith("#")
    )
    return {path: alt for alt, path in LINK.findall(prose)}


def title(name: str) -> str:
    return ElementTree.fromstring(DRAWN[name]).findtext(f"{SPACE}title") or ""


def test_every_text_has_its_figures():
    assert set(TEXTS) == set(assignments.names())
    assert all(figures(text) for text in TEXTS)


def test_the_files_are_what_is_drawn():
    files = {path.name: path.read_bytes() for path in FOLDER.iterdir()}
    expected = DRAWN | PAGES
    assert sorted(files) == sorted(expected)
    differ = [name for name, text in expected.items() if files[name] != text.encode("utf-8")]
    assert not differ, "run .venv/bin/python -m docs.draw"


@pytest.mark.parametrize("language", ENDING)
@pytest.mark.parametrize("name", TEXTS)
def test_a_text_shows_its_figures_with_what_they_say(name, language):
    """The alternative text is the figure's own title, without the spaces that lines begin with."""
    shown = links(text_of(name, language))
    files = {f"{figure}{ENDING[language]}.svg" for figure in figures(name)}
    assert set(shown) == {f"../docs/figures/{file}" for file in files}
    for path, alt in shown.items():
        expected = title(path.rpartition("/")[2])
        assert alt.replace(" ", "") == expected.replace(" ", "") and len(expected) > 40


@pytest.mark.parametrize("name", TEXTS)
def test_a_notebook_shows_them(name):
    pytest.importorskip("jupytext", reason="jupytext is not installed: requirements-grader.txt")
    cells = json.loads(workbook.of(text_of(name, "en"), name))["cells"]
    prose = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"]
    paths = [path for text in prose for _, path in LINK.findall(text)]
    folder = assignments.find(name).file("assignments").parent  # where NAME.ipynb lies
    assert len(paths) == len(figures(name)) and all((folder / path).is_file() for path in paths)


@pytest.mark.parametrize("language", ENDING)
@pytest.mark.parametrize("name", drawing.PAGES)
def test_a_page_shows_its_figures_with_what_they_say(name, language):
    ending = ENDING[language]
    page = (FOLDER.parent / f"{name}{ending}.md").read_text(encoding="utf-8")
    shown = {path: alt for alt, path in LINK.findall(page)}
    for figure in figures(name):
        file = f"{figure}{ending}.svg"
        assert shown[f"figures/{file}"].split() == title(file).split()


@dataclass
class Words:
    """A text of a figure: its words, size and box."""

    words: str
    size: float
    left: float
    right: float
    base: float

    def meets(self, other: Words) -> bool:
        over = min(self.right, other.right) - max(self.left, other.left)
        return over > 0 and abs(self.base - other.base) < 0.8 * max(self.size, other.size)


def labels(name: str) -> list[Words]:
    """The texts of a figure, with letters as wide as in a wide font."""
    found = []
    for element in ElementTree.fromstring(DRAWN[name]).iter(f"{SPACE}text"):
        size, x = float(element.get("font-size")), float(element.get("x"))
        words = element.text or ""
        letter = 0.6 if element.get("font-weight") else 0.55
        width = size * sum(1 if CHINESE.match(sign) else letter for sign in words)
        share = {"middle": 0.5, "end": 1.0}.get(element.get("text-anchor"), 0.0)
        left = x - share * width
        found.append(Words(words, size, left, left + width, float(element.get("y"))))
    return found


@pytest.mark.parametrize("name", sorted(DRAWN))
def test_a_figure_is_legible(name):
    root = ElementTree.fromstring(DRAWN[name])
    width, height = (float(root.get(key)) for key in ("width", "height"))
    assert width <= 800 and root.get("viewBox") == f"0 0 {width:g} {height:g}"
    found = labels(name)
    for label in found:
        assert label.size >= 12, label
        inside = label.left >= 0 and label.right <= width and label.size < label.base < height
        assert inside, f"outside the figure: {label}"
    for number, label in enumerate(found):
        for other in found[:number]:
            assert not label.meets(other), f"one over the other: {label}, {other}"


def brightness(colour: str) -> float:
    """The relative luminance of WCAG 2.1."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return sum(share * part for share, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, two: str) -> float:
    dark, light = sorted((brightness(one), brightness(two)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("page", [0, 1], ids=["light", "dark"])
def test_contrast_on_a_light_and_a_dark_page(page):
    colours = {name: both[page] for name, both in svg.COLOURS.items()}
    for name in ("ink", "soft", "blue", "orange", "green"):
        assert contrast(colours[name], colours["page"]) >= 4.5, name
    for name in (name for name in colours if name.endswith("-tint")):
        assert contrast(colours["ink"], colours[name]) >= 4.5, name
    assert contrast(colours["grey"], colours["page"]) >= 3  # lines and borders
    for name in ("mark", "net"):  # these cross light pictures as well
        assert min(contrast(colours[name], back) for back in (colours["page"], "#ffffff")) >= 3


def test_both_pages_have_all_colours():
    text = next(iter(DRAWN.values()))
    light, dark = text.split("@media (prefers-color-scheme: dark)")
    for name, (on_light, on_dark) in svg.COLOURS.items():
        assert f".f-{name} {{ fill: {on_light}; }}" in light
        assert f".f-{name} {{ fill: {on_dark}; }}" in dark


def test_contrast_is_that_of_wcag():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


def asked() -> set[str]:
    """What the figures ask `say` for."""
    found: set[str] = set()

    def say(text: str, **fields) -> str:
        found.add(text)
        return text.format(**fields)

    for text in TEXTS + drawing.PAGES:
        for draw in figures(text).values():
            draw(say)
    opening(say)
    return found


def test_every_label_has_its_chinese_and_no_other():
    known, terms = words(), glossary.terms()
    assert asked() == set(known) - {""}
    for text, translation in known.items():
        fields = [sorted(re.findall(r"\{.*?\}", each)) for each in (text, translation)]
        assert not text or (CHINESE.search(translation) and fields[0] == fields[1]), text
        assert not glossary.missing(text, translation, terms), text


@pytest.mark.parametrize("name", sorted(DRAWN))
def test_the_letters_of_a_figure(name):
    """Chinese figures are in Chinese, with fonts that have it; no letter is a replacement."""
    text = DRAWN[name]
    said = [label.words for label in labels(name)]
    assert "\ufffd" not in text and "□" not in text
    if not name.endswith(f"{LANGUAGES['zh-CN']}.svg"):
        assert not CHINESE.search(text)
        return
    rule = re.search(r"text \{ font-family: ([^;]*);", text)
    assert rule and all(f"'{font}'" in rule[1] for font in FONTS)
    assert any(CHINESE.search(words) for words in said)
    english = {word for words in said for word in re.findall(r"[A-Za-z_]{4,}", words)}
    assert english <= NAMES


def test_a_chinese_font_has_all_letters():
    if shutil.which("fc-match") is None:
        pytest.skip("no fontconfig here")
    TTFont = pytest.importorskip("fontTools.ttLib", reason="fontTools is not installed").TTFont
    asked = ["fc-match", "-f", "%{file}\t%{index}\t%{lang}", "Noto Sans CJK SC:lang=zh-cn"]
    file, index, languages = subprocess.run(asked, capture_output=True, text=True).stdout.split(
        "\t"
    )
    if "zh-cn" not in languages:
        pytest.skip("no Chinese font here")
    letters = TTFont(file, fontNumber=int(index) & 0xFFFF).getBestCmap()
    said = {sign for name in DRAWN for label in labels(name) for sign in label.words}
    assert not {sign for sign in said if ord(sign) not in letters}


def test_the_drawing_says_what_it_cannot_draw():
    with pytest.raises(KeyError, match="expected colours of COLOURS"):
        svg.Figure(100, "").rect(0, 0, 1, 1, "red")


def test_numbers_are_short_and_round():
    assert [svg._number(value) for value in (3.0, 2.55, -0.04, 1e-9, 10)] == [
        "3", "2.5", "0", "0", "10",
    ]  # fmt: skip


def test_english_is_the_text_itself():
    assert speaker("en")("{n} channels", n=192) == "192 channels"
    assert speaker("zh-CN")("{n} channels", n=192) == "192 个通道"
