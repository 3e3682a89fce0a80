"""The glossary: its page is its table, and no translation strays from it or changes a number."""

from __future__ import annotations

import re

import pytest

from grader import assignments
from grader.i18n import glossary, po

# Words that a text gives in bold beside the plain ones, once, where a learner first meets them.
NAMED = {
    "lenet": ("feature map", "weight sharing", "translation equivariance", "functional API")
    + ("sanity check", "validation set", "cross-correlation"),
    "alexnet": ("top-5 error", "ensemble", "overfitting", "lateral inhibition", "weight decay")
    + ("depthwise convolution",),
    "vgg": ("receptive field", "Network in Network", "global average pooling")
    + ("training mode", "inference mode", "moving average"),
    "residual_networks": ("degradation", "vanishing", "exploding gradient", "bottleneck")
    + ("skip connection",),
    "transfer_learning": ("fine-tuning",),
    "data_augmentation": ("inverse mapping", "global interpreter lock"),
}
FILES = sorted(po.FOLDER.glob("zh_CN/LC_MESSAGES/*.po"))
NUMBER = re.compile(r"(\d[\d,]*(?:\.\d+)?)(?: ?(million|亿|万))?")
TIMES = {"": 1, "million": 10**6, "亿": 10**8, "万": 10**4}
BATCH = glossary.Term("batch", "批", "", "")
BATCH_NORM = glossary.Term("batch norm", "批归一化", "", "", also=("批量规范化",))


def numbers(text: str) -> set[float]:
    """The values of all numbers: "120 million" and "1.2 亿" are the same one."""
    return {round(float(n.replace(",", "")) * TIMES[word], 6) for n, word in NUMBER.findall(text)}


def test_the_page_is_written_from_the_table():
    assert glossary.PAGE.read_text(encoding="utf-8") == glossary.page(), (
        "run python -m grader.i18n.glossary"
    )


def test_the_table_is_complete_and_has_no_word_twice():
    rows = glossary.terms()
    assert len(rows) >= 60
    words = [word.lower() for row in rows for word in (row.english, *row.forms)]
    assert len(words) == len(set(words))
    for row in rows:
        assert row.chinese and row.meaning and re.search("[\u4e00-\u9fff]", row.meaning_chinese)
        assert "|" not in row.meaning + row.meaning_chinese


@pytest.mark.parametrize("name", assignments.names())
def test_the_fields_words_stand_in_bold_once(name):
    texts = {n: assignments.find(n).file("solutions").read_text("utf-8") for n in NAMED}
    plain = {n: " ".join(text.replace("\n#", " ").split()) for n, text in texts.items()}
    bold = {n: re.findall(r"\*\*([^*]+)\*\*", plain[n]) for n in NAMED}
    for word in NAMED.get(name, ()):
        where = [n for n in NAMED for text in bold[n] if text in (word, f"{word}s")]
        assert where == [name], (word, where)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_translations_use_the_words_of_the_glossary(path):
    known = glossary.terms()
    for english, translation in po.entries(path.read_text(encoding="utf-8")).items():
        if english:
            assert not glossary.missing(english, translation, known), (english, translation)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_translations_keep_the_numbers(path):
    for english, translation in po.entries(path.read_text(encoding="utf-8")).items():
        if english:
            assert numbers(english) == numbers(translation), (english, translation)


def test_numbers_are_compared_by_value():
    assert numbers("120 million, 12.4 million and 1,080") == numbers("1.2 亿、1240 万和 1080")
    assert numbers("64x64x3") == {64, 3} and numbers("1.5") != numbers("15")


@pytest.mark.parametrize(
    ("english", "translation", "wanted"),
    [
        ("Batch norms differ.", "批归一化不同。", []),
        ("Batch norm differs.", "批量规范化不同。", []),
        ("Batch norm differs.", "批处理不同。", ["batch norm: 批归一化"]),
        ("Two batches and a batch norm.", "批归一化。", []),
        ("The batch is small.", "数据很少。", ["batch: 批"]),
        ("`batch` and batch(x) are code.", "这是代码。", []),
        ("A combatant.", "战士。", []),
    ],
)
def test_a_missing_word_is_found(english, translation, wanted):
    assert glossary.missing(english, translation, [BATCH_NORM, BATCH]) == wanted
