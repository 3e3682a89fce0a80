"""README.md and docs/ are true: their commands and paths exist, their figures are recorded."""

import pkgutil
import re
import statistics
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from benchmarks import bottleneck, lectures, records, reproduced, transfer_study
from tests.sampling import LONG

ROOT = Path(__file__).resolve().parent.parent
PAGES = {
    path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
}
TEXT = "\n".join(PAGES.values())
FOLDERS = "nets|datasets|training|solutions|assignments|grader|tests|benchmarks|docs"
FENCED = re.compile(r"^```\w*\n(.*?)^```", re.MULTILINE | re.DOTALL)
# Every line of a block of code, and every code span as one line.
CODE = [line for block in FENCED.findall(TEXT) for line in block.splitlines()]
CODE += [" ".join(span.split()) for span in re.findall(r"`([^`]+)`", FENCED.sub("", TEXT))]
SCRIPTS = [
    match.groups() for line in CODE if (match := re.search(r"(benchmarks/\w+\.py)(.*)", line))
]


def options(text: str) -> set[str]:
    """The options that a text names, such as --seeds."""
    return set(re.findall(r"--[a-z][a-z-]*", text))


def test_every_benchmark_exists_with_its_options():
    assert len(SCRIPTS) > 8
    for script, rest in SCRIPTS:
        assert options(rest) <= options((ROOT / script).read_text(encoding="utf-8")), script


def test_every_make_target_exists():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"(?:^|`)make ([a-z-]+)", TEXT, re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


@pytest.mark.parametrize("page", PAGES)
def test_every_path_and_link_exists(page):
    quoted = set(re.findall(rf"`((?:{FOLDERS})/[\w./]*)`", PAGES[page])) - {"datasets/data"}
    assert not [path for path in quoted if not (ROOT / path).exists()]
    for link, part in re.findall(r"\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)", PAGES[page]):
        target = (ROOT / page).parent / link if link else ROOT / page
        assert target.exists(), link
        assert not part or part in anchors(target.read_text(encoding="utf-8")), (link, part)


def test_the_changelog_begins_with_this_version():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.findall(r"^## (\S+)", changelog, re.MULTILINE)[0] == project["version"]


def test_every_python_name_exists():
    names = {
        name
        for line in CODE
        for name in re.findall(rf"(?<![\w./-])((?:{FOLDERS})(?:\.[a-zA-Z]\w+)+)", line)
    }
    names = {name for name in names if not name.endswith((".py", ".md", ".h5", ".jsonl"))}
    assert len(names) > 5
    for name in names:
        pkgutil.resolve_name(name)


def anchors(text: str) -> set[str]:
    """The anchors that GitHub makes of the headings."""
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_page_of_docs_is_linked_from_the_readme():
    others = [page for page in PAGES if page != "README.md"]
    chinese = (ROOT / "README.zh-CN.md").read_text(encoding="utf-8")
    for page in others:
        assert f"]({page})" in (chinese if ".zh-" in page else PAGES["README.md"])
    assert others


TABLES = {
    "| network |": lambda: lectures.table(lectures.recorded(), lectures.recorded("lectures_time")),
    "| recipe |": reproduced.table,
    "| weights, policy |": lambda: transfer_study.table(transfer_study.recorded("resnet18")),
    "| what, on its input |": lambda: bottleneck.table(records.read()),
}


@pytest.mark.parametrize("head", TABLES)
def test_each_table_comes_from_the_records(head):
    table = TABLES[head]()
    assert table.startswith(head)
    if table.count("\n") > 1:  # more than the head
        assert TEXT.count(table) == 1
    else:
        assert head not in TEXT, f"a table without records: {head}"


def latest(benchmark: str, **fields) -> dict:
    """The last record of a benchmark that has these fields."""
    rows = [row for row in records.read() if row["benchmark"] == benchmark]
    return [row for row in rows if all(row.get(key) == value for key, value in fields.items())][-1]


def spread(summary: dict, form: str = ".2f") -> str:
    median, low, high = (format(summary[key], form) for key in ("median", "min", "max"))
    return f"{median} ({low} to {high}, n={summary['n']})"


def ratios(peer: str) -> list[float]:
    """Our time per training step over the peer's: the last median of each network."""
    rows = [row for row in records.read() if row["benchmark"] == "step_time"]
    return [
        *{row["net"]: row["median"] for row in rows if row["what"] == f"ours / {peer}"}.values()
    ]


def figures() -> list[str]:
    """What docs/benchmarks.md says, from the latest records."""
    wait = [row for row in records.read() if "otter block" in row][-1]
    batch = latest("grader_batch")["submissions_a_minute"]
    simulated = latest("grader_batch_simulated")["rows"]
    chain = latest("augmentation", case="the whole lecture")["images_a_second"]
    shared = "mirror, crop, rotation, shearing, local warping"
    shared = latest("augmentation", case=shared)["images_a_second"]
    memory, head = latest("beyond_memory"), latest("feature_cache")
    keras, torch = ratios("keras.applications"), ratios("torch")
    return [
        f"between {min(keras):.3f} and {max(keras):.3f}",
        f"between {min(torch):.2f} and {max(torch):.2f}",
        *(f"{spread(wait[name])} s for" for name in ("block", "network")),
        *(f"{spread(wait[f'otter {name}'], '.1f')}" for name in ("block", "network")),
        f"{batch['grader']:.1f} submissions per minute",
        f"on the same files: {batch['otter']:.1f}. That is {batch['grader'] / batch['otter']:.1f}",
        f"{1000 * simulated[-1]['seconds'] / simulated[-1]['submissions']:.0f} ms per submission",
        f"{max(row['peak_mib'] for row in simulated):.0f} MiB",
        *(f"{spread(chain[side], ',.0f')}" for side in ("ours", "albumentations")),
        *(f"{spread(shared[side], ',.0f')}" for side in ("ours", "keras.layers")),
        f"{memory['many']['bytes'] / 1e9:.1f} GB, are drawn in "
        f"{memory['many']['drawn']['peak_mib']:.0f} MiB",
        f"in {memory['many']['trained']['peak_mib']:.0f} MiB, TensorFlow included; on 12,000 hands "
        f"it takes {memory['few']['trained']['peak_mib']:.0f}",
        f"{spread(head, '.0f')} times as fast",
    ]


@pytest.mark.parametrize("figure", figures())
def test_each_figure_of_the_benchmarks_comes_from_the_records(figure):
    assert figure in " ".join(PAGES["docs/benchmarks.md"].split())


def test_the_network_that_saw_only_drawn_hands_is_as_recorded():
    row = latest("drawn_only", net="resnet18")
    figure = f"{row['accuracy']:.3f} of the photographs, and {row['accuracy_unseen']:.3f} of the"
    assert figure in " ".join(PAGES["docs/results.md"].split())


def readme_figures() -> list[str]:
    """What README.md says, from the latest records."""
    rows = {row["recipe"]: row for row in reproduced.recorded()}
    fast, ours = rows["resnet20"], rows["ours"]
    wait = [row for row in records.read() if "otter block" in row][-1]
    batch = latest("grader_batch")["submissions_a_minute"]
    drawn = latest("make_reproduce", data="synthetic", installed=True)["seconds"]
    return [
        f"took {drawn['min']:.0f} to {drawn['max']:.0f} s after the installation (n={drawn['n']}",
        *(
            f"{sum(row['accuracy']) / 5:.4f} on the 120 test photographs (mean of 5 seeds, "
            f"{min(row['accuracy']):.4f} to {max(row['accuracy']):.4f})"
            for row in (fast, ours)
        ),
        *(f"{sum(row['accuracy_unseen']) / 5:.4f} on the 107" for row in (fast, ours)),
        f"after {statistics.median(fast['seconds']):.0f} s of training on two cores",
        f"{wait['block']['median']:.2f} s for a block and {wait['network']['median']:.2f} s",
        f"{batch['grader']:.1f} per minute on two cores; `otter run` in a loop: "
        f"{batch['otter']:.1f}",
    ]


@pytest.mark.parametrize("figure", readme_figures())
def test_each_figure_of_the_readme_comes_from_the_records(figure):
    assert figure in " ".join(PAGES["README.md"].split())


@LONG
def test_the_picture_of_the_readme_shows_what_watch_prints():
    script = [sys.executable, ROOT / "docs" / "pictures" / "watch.py", "--check"]
    done = subprocess.run(script, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
