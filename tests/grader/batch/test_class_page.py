"""The class page and the learners' pages: what they say, and what they do in a browser."""

from __future__ import annotations

import html
import re
import shutil
import subprocess
import urllib.parse
from html.parser import HTMLParser

import pytest

from grader.batch import class_list, class_report, learner_page
from grader.batch.run import Batch
from grader.batch.server import Settings
from grader.i18n import language
from grader.judging import source
from tests.grader.batch import stand_in
from tests.grader.batch.stand_in import SETTINGS, Pool

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("chrome")
TEXT = """import keras


def helper():
    return 1


def identity_block(X, f, filters):
    return X  # {number}
"""
COUNT = 24


class Class(Pool):
    """Grades as the stand-in does; every fourth file is no Python."""

    def run(self, tasks):
        for task in tasks:
            result = stand_in.grade(task)
            if task.source.trouble:
                result.document["score"] = 0
                result.document["extra_data"]["status"] = task.source.trouble["kind"]
                for test in result.document["tests"]:
                    test |= {"score": 0, "status": "failed"}
                    test["extra_data"] |= {"kind": task.source.trouble["kind"]}
            yield result


def fill(folder):
    folder.mkdir()
    for number in range(COUNT):
        text = TEXT.format(number=number) if number % 4 else f"def f(: {number}\n"
        (folder / f"learner {number:02}.py").write_text(text)
    (folder / "<b>李 明<b>.py").write_text(TEXT.format(number=-1))


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    base = tmp_path_factory.mktemp("page")
    fill(base / "in")
    with Batch(base / "in", base / "out", SETTINGS) as batch:
        batch.run(Class())
    return base / "out"


@pytest.fixture(scope="module")
def page(out):
    return (out / "index.html").read_text(encoding="utf-8")


class Parts(HTMLParser):
    """Collects the rows of the table of submissions that are shown, and what else is asked for."""

    def __init__(self, text):
        super().__init__()
        self.rows, self.tables, self.heads, self.labels = [], 0, [], []
        self.inside = self.hidden = False
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.inside = attributes.get("id") == "all" if tag == "table" else self.inside
        self.hidden = attributes.get("class") == "rest" if tag == "tbody" else self.hidden
        if tag == "tr" and self.inside and not self.hidden:
            self.rows.append([])
        if tag in ("td", "th") and self.inside and not self.hidden and self.rows:
            self.rows[-1].append("")
        if tag == "th" and self.inside and "aria-sort" in attributes:
            self.heads.append(attributes["aria-sort"])

    def handle_data(self, text):
        if self.inside and not self.hidden and self.rows and self.rows[-1]:
            self.rows[-1][-1] += text.strip()


def rows(text):
    """The rows of the table that are shown, without the one of titles."""
    return Parts(text).rows[1:]


def test_the_page_is_one_file_with_words_for_codes(page):
    assert not re.search(r"""(src|href)=["']?(https?:)?//|@import|url\(""", page)
    assert f"19 of {COUNT + 1} submissions could be run." in page
    assert "Without those that have 0 it is" in page and "Python cannot read it" in page
    visible = re.sub(r"<(style|script).*?</\1>|<[^>]*>", " ", page, flags=re.DOTALL)
    assert not {"syntax", "raised", "none", "which"} & set(re.findall(r"\w+", visible))
    assert "<b>李" not in page and "&lt;b&gt;李 明" in page


def test_without_a_script_it_is_a_table_with_real_heads(page):
    assert len(rows(page)) == COUNT + 1 and 'scope="row"' in page
    assert page.count("<label>") == 3 and "aria-live" in page
    assert re.search(r"<noscript><style>.rest \{ display: table-row-group", page)


def test_every_link_leads_to_a_page_or_to_submissions(page, out):
    links = re.findall(r'href="(learners/[^"]+)"', page)
    assert len(links) == COUNT + 1
    for link in links:
        assert (out / urllib.parse.unquote(html.unescape(link))).is_file()
    codes = {mark for marks in re.findall(r'data-m="([^"]+)"', page) for mark in marks.split()}
    for code in set(re.findall(r"#has=([\d.]+)", page)):
        assert [mark for mark in codes if mark == code or mark.startswith(f"{code}.")], code


def test_a_heat_maps_number_is_that_of_the_rows_it_leads_to(page):
    marks = [set(found.split()) for found in re.findall(r'data-m="([^"]+)"', page)]
    cells = re.findall(r'#has=(\d+\.\d+)">(\d+) \(', page)
    assert len(cells) > 20
    assert [(c, n) for c, n in cells if sum(c in row for row in marks) != int(n)] == []


def test_a_learners_page_says_what_is_missing_and_marks_the_graded_lines(out):
    text = (out / "learners" / "learner 01.html").read_text(encoding="utf-8")
    document = stand_in.document(TEXT.format(number=1))
    for test in document["tests"]:
        assert test["name"] in html.unescape(text)
        if test["status"] == "failed":
            assert test["extra_data"]["told"]["table"][0][1] in text
    assert re.search(r'<pre style="--first:8" class="graded"><span>def identity_block', text)
    assert '<pre style="--first:1"><span>import keras' in text and "<script" not in text
    stopped = (out / "learners" / "learner 00.html").read_text(encoding="utf-8")
    assert "Nothing could be checked: Python cannot read it." in stopped


def test_lines_that_a_message_names_are_marked_in_cells_and_in_scripts():
    cells = [(2, "%matplotlib inline\nx = 1"), (5, "!ls\ndef f(x):\n    return nothing\ny = 2")]
    notebook = source.of_cells(cells, "a.ipynb")
    named = set(learner_page._named("a.ipynb, cell 5, line 3, in f: return nothing"))
    assert named == {(5, 3)}
    blocks, left_out = learner_page.blocks_of(notebook, ["f"], named)
    assert [(one.title, one.exercise, one.first) for one in blocks] == [
        ("cell 2", None, 1),
        ("cell 5", None, 1),
        ("f", "f", 2),
        ("", None, 4),
    ]
    assert '<span class="told">    return nothing</span>' in blocks[2].lines and left_out == 0
    assert set(learner_page._named("a.py, line 7, in f: return 1")) == {(None, 7)}
    long = source.of("x = 1\n" * (learner_page.MOST_LINES + 10), "a.py")
    assert learner_page.blocks_of(long, ["f"], set())[1] == 11


def test_pages_are_written_again_only_when_something_has_changed(out, tmp_path):
    folder = tmp_path / "in"
    fill(folder)
    with Batch(folder, tmp_path / "out", SETTINGS) as batch:
        batch.run(Class())
    pages = tmp_path / "out" / "learners"
    for path in pages.iterdir():
        path.write_text("as it was")
    (folder / "learner 01.py").write_text(TEXT.format(number=100))
    (folder / "learner 02.py").unlink()
    (pages / "learner 03.html").unlink()
    with Batch(folder, tmp_path / "out", SETTINGS) as batch:
        batch.run(Class())
    new = {path.stem for path in pages.iterdir() if path.read_text() != "as it was"}
    assert new == {"learner 01", "learner 03"} and not (pages / "learner 02.html").exists()


def test_the_page_speaks_chinese(tmp_path):
    fill(tmp_path / "in")
    language.use("zh")
    try:
        with Batch(tmp_path / "in", tmp_path / "out", Settings("residual_networks", "zh")) as batch:
            batch.run(Class())
    finally:
        language.use("en")
    text = (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
    assert '<html lang="zh-CN">' in text and f"{COUNT + 1} 份提交中有 19 份可以运行。" in text
    visible = re.sub(r"<(style|script).*?</\1>|<[^>]*>", " ", text, flags=re.DOTALL)
    assert not re.search(
        r"Submissions|learner\b(?! \d)|Show|missing\b(?!;|，|；| )", visible.split("ResNet50")[0]
    )


def large(count):
    """The list of a class of `count`, each with names and mistakes as long as real ones."""
    exercises = ("identity_block", "convolutional_block", "ResNet50")
    concepts = list(dict.fromkeys(check.concept for check in stand_in.CHECKS))
    for n in range(count):
        missed = [
            ("concept", concepts[(n + i) % len(concepts)], exercises[i % 3]) for i in range(9)
        ]
        missed += [("misconception", stand_in.MISTAKES[n % 4], exercises[n % 3])]
        name = f"Maximiliane 李小明-Müller_{n}_assignsubmission_file_homework"
        yield class_list.Line(
            f"{name}.py", name, f"{name}.py", f"Maximiliane 李小明-Müller {n}", str(n), "k",
            n % 101, 100, "graded", 1.0, dict.fromkeys(exercises, 12.5), {}, missed, None,
        )  # fmt: skip


@pytest.fixture(scope="module")
def ten_thousand(tmp_path_factory):
    folder = tmp_path_factory.mktemp("large")
    from grader.batch.store import Store

    with Store(folder / "out", SETTINGS.assignment, "hash") as store:
        path = folder / "out" / "index.html"
        lines = list(large(10_000))
        class_report.write(store, folder, SETTINGS.assignment, lines, path)
    return path


def test_ten_thousand_learners_are_a_small_page_of_which_few_rows_are_laid_out(ten_thousand):
    assert ten_thousand.stat().st_size < 10e6
    text = ten_thousand.read_text(encoding="utf-8")
    assert len(rows(text)) == class_report.FEW_ROWS and text.count("<tr data-m") == 10_000


def in_browser(path, fragment="", seconds=120):
    """The page's document after its script has run."""
    if BROWSER is None:
        pytest.skip("no Chromium here")
    address = f"{path.as_uri()}#{fragment}"
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"]
    done = subprocess.run(
        [BROWSER, *options, address], capture_output=True, text=True, timeout=seconds
    )
    assert "<table" in done.stdout, done.stderr[-500:]
    return done.stdout


def test_in_a_browser_it_searches_filters_and_sorts(out, page):
    code, count = re.search(r'#has=(\d+\.\d+)">(\d+) \(', page).groups()
    found = in_browser(out / "index.html", f"has={code}&q=LEARNER&sort=2&down=1")
    shown = rows(found)
    assert int(count) - 1 <= len(shown) <= int(count)
    scores = [float(row[2]) for row in shown]
    assert scores == sorted(scores, reverse=True) and len(set(scores)) > 2
    assert Parts(found).heads.count("descending") == 1 and '<th scope="col"' in found
    assert f"{len(shown)} of {COUNT + 1} are shown" in found
    assert re.search(r'<th scope="col" aria-sort="none"><button type="button">learner', found)
    assert not re.search(r'<form id="tools" hidden', found)
