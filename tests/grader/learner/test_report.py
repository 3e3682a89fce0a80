"""The learner's page: what it says of her progress and her runs, and that it keeps it to itself."""

from __future__ import annotations

import re
import shutil
import subprocess
from html import unescape
from html.parser import HTMLParser

import pytest
from PIL import Image

from grader.judging import source
from grader.learner import hints, history
from grader.learner.fingerprint import fingerprints
from grader.learner.progress import Progress
from signs.report import kept, page
from signs.report.commands import main
from tests.grader.learners import NAMES, FakeGrader, assignment, solved
from training import runs

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("chrome")
RUN = "<b>race 手"


class Page(HTMLParser):
    """What a page would fetch, the rows of its tables, its pictures, and where its links lead."""

    def __init__(self, text):
        super().__init__()
        self.fetched, self.rows, self.pictures, self.links, self.ids = [], [], [], [], []
        self.charts, self.cell = [], False
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        self.fetched += [values[key] for key in ("src", "srcset") if key in values]
        self.links += [values["href"]] if "href" in values else []
        self.ids += [values["id"]] if "id" in values else []
        self.pictures += [values["alt"]] if tag == "img" else []
        self.charts += [values["aria-label"]] if tag == "svg" else []
        self.rows += [[]] if tag == "tr" else []
        self.cell = tag in ("td", "th") or (self.cell and tag in ("strong", "bdi"))
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_data(self, data):
        if self.cell and data.strip():
            self.rows[-1][-1] += data.strip()


@pytest.fixture
def hers(project):
    """A project where one exercise is done after a mistake, one is not, and one was not begun."""
    path = assignment().file("assignments")
    path.write_text(solved("identity_block", "convolutional_block"))
    progress = Progress(project / ".progress.json")
    digests = fingerprints(path.read_text(), NAMES)
    for failing in (
        {"identity_block": "batch norm in training mode"},
        {"convolutional_block": "projection on the shortcut"},
    ):
        report = FakeGrader(**failing).grade(assignment(), source.of(path.read_text()), NAMES[:2])
        progress.note(report, digests)
    ladder = hints.ladders("residual_networks", "identity_block")[0]
    with progress.change("residual_networks", "identity_block") as record:
        record.hints[ladder.name] = 2
    folder = project / "runs" / RUN
    runs.write(folder / runs.ENVIRONMENT, {"settings": {"data": "synthetic"}})
    runs.write(folder / runs.RESULT, {
        "accuracy": 0.75, "accuracy_unseen": 0.5, "tested": 4, "unseen": 2, "confusion": [[4]],
        "predictions": [0] * 4, "seconds": 12.3, "device": "cpu", "finished": "2026-01-02 03:04:05",
        "versions": {},
    })  # fmt: skip
    Image.new("RGB", (900, 300), "white").save(folder / "confusion.png")
    (folder / "curves.png").write_bytes(b"half of a pict")
    (folder / ".curves.12345678.png").write_bytes(b"")
    return project


def written(project, *more) -> str:
    assert (
        main(["--out", str(project / "report.html"), "--runs", str(project / "runs"), *more]) == 0
    )
    return (project / "report.html").read_text(encoding="utf-8")


def test_it_says_where_she_stands_and_what_is_next(hers, capsys):
    found = Page(text := written(hers, "--lang", "en"))
    assert "1 of 3 exercises are done" in text and "You have seen 2 hints." in text
    rows = {row[0]: row[1:] for row in found.rows}
    done = rows["1. identity_block"]
    assert done[:2] == ["28 of 28", "2"] and re.fullmatch(r"passed, \d{4}-\d\d-\d\d", done[2])
    assert rows["2. convolutional_block"][2] == "points missing: projection on the shortcut"
    assert rows["3. ResNet50"] == ["0 of 44", "0", "to do"]
    assert "Next: convolutional_block, in assignments/residual_networks.py" in text
    told = capsys.readouterr().out
    assert told.startswith("wrote ") and told.endswith("MB, for you alone\n")


def test_points_by_concept_are_shown_over_time_also_in_words(hers):
    found = Page(written(hers, "--lang", "en"))
    [row] = [
        row for row in found.rows if row[:2] == ["batch norm in training mode", "identity_block"]
    ]
    assert row[3:] == ["0", "6", "6"]
    entries, _ = history.read(hers / ".progress.history.jsonl")
    days = [
        f"{entry.time:%Y-%m-%d %H:%M}" for entry in entries if entry.exercise == "identity_block"
    ]
    assert f"0 of 6 on {days[0]}, 6 of 6 on {days[1]}" in found.charts


def test_the_hints_that_were_shown_can_be_read_again(hers):
    text = unescape(written(hers, "--lang", "en"))
    steps = hints.ladders("residual_networks", "identity_block")[0].steps
    assert [step in text for step in steps] == [True, True, False, False]


def test_runs_and_pictures_are_in_it(hers):
    found = Page(text := written(hers, "--lang", "en"))
    [row] = [row for row in found.rows if row[0] == RUN]
    assert row[1:] == ["75.0%", "drawn hands", "", "12", "2026-01-02 03:04"]
    assert found.pictures == [f"Which sign was taken for which: {RUN}/confusion.png"]
    assert "1 more pictures are not shown" in text and "<b>race" not in text


def test_no_more_pictures_than_fit(hers, monkeypatch):
    monkeypatch.setattr(kept, "ROOM", 100)
    assert kept.pictures(hers / "runs") == ([], 2)


def test_it_asks_nothing_of_the_internet(hers):
    found = Page(text := written(hers))
    assert all(address.startswith("data:") for address in found.fetched) and found.fetched
    assert found.links and {*found.links} <= {f"#{name}" for name in found.ids}
    assert "default-src 'none'" in text and "<script" not in text
    assert not re.search(r"https?://|@import|url\(", text)


def test_it_speaks_chinese(hers):
    text = written(hers, "--lang", "zh")
    assert '<html lang="zh-CN">' in text and "3 道练习中完成了 1 道" in text
    visible = re.sub(r"<(style|title).*?</\1>|<[^>]*>", " ", text, flags=re.DOTALL)
    assert not re.search(
        r"\b(Your|points|hints?|exercises?|shown)\b(?! lenet)", visible.replace("signs hint", "")
    )


def test_without_progress_and_runs_it_is_a_page_all_the_same(project):
    text = written(project)
    assert "0 of 3 exercises are done" in text and text.count("<p>None.</p>") == 2
    assert "Next: identity_block" in text


@pytest.mark.parametrize("words, said", [
    (["--out", "{}"], "a folder has that name; expected a file"),
    (["--lang", "tlh"], "expected the language en or zh"),
])  # fmt: skip
def test_what_cannot_be_done_is_one_line(project, capsys, words, said):
    assert main([word.format(project) for word in words]) == 2
    told = capsys.readouterr().err
    assert told.startswith("error: ") and said in told and told.count("\n") == 1


def test_checks_of_one_moment_are_one_step_of_the_chart(hers):
    progress = Progress(hers / ".progress.json")
    now, later = "2026-01-01T10:00:00+00:00", "2026-01-01T11:00:00+00:00"
    path = history.path_beside(progress.path)
    lines = [
        f'{{"time": "{time}", "assignment": "residual_networks", "exercise": "{name}", '
        f'"points": {{"a": [{points}, 40]}}}}\n'
        for time, name, points in ((now, "a", 20), (now, "b", 30), (later, "a", 0))
    ]
    path.write_text("".join(lines))
    entries, _ = history.read(path)
    found = page.chart(entries, [page.chapter("residual_networks", progress, entries)])
    height = page.LARGE[1]
    above = [2 + (height - 4) * (1 - part) for part in (0.5, 0.3)]
    assert found.path == f"M0.0 {above[0]:.1f}H640.0V{above[1]:.1f}H640.0"
    assert (found.earned, found.points) == (30, 100)


@pytest.mark.parametrize("width", [400, 1400])
def test_in_a_browser_it_is_as_wide_as_the_window(hers, width):
    if BROWSER is None:
        pytest.skip("no Chromium here")
    written(hers)
    frame = hers / "frame.html"
    frame.write_text(
        f'<iframe src="report.html" style="width:{width}px;height:800px;border:0" onload="'
        "const d = this.contentDocument;"
        "document.body.dataset.wide = d.documentElement.scrollWidth;"
        "document.body.dataset.drawn = d.images[0].naturalWidth;"
        "document.body.dataset.stops = d.querySelectorAll(`a, summary, [tabindex='0']`).length\">"
    )
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--allow-file-access-from-files"]
    done = subprocess.run(
        [BROWSER, *options, f"--user-data-dir={hers / 'browser'}", "--virtual-time-budget=9000",
         "--dump-dom", frame.as_uri()],
        capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    found = dict(re.findall(r'data-(\w+)="(\d+)"', done.stdout))
    assert int(found["wide"]) <= width and found["drawn"] == "900", (found, done.stderr[-300:])
    assert int(found["stops"]) > 6
