"""`python -m nets` as typed: in a process of its own if that matters, otherwise in this one."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys

import pytest
from matplotlib.image import imread
from outlined import outlined
from rich.console import Console
from typer.testing import CliRunner

import nets
from nets import NetError
from nets.__main__ import app
from nets.profile import graph, plot, tables
from nets.profile.tables import format_count, print_comparison
from nets.profile.units import Unit, units


def command(*arguments: str):
    """Run in this process: (exit status, standard output, standard error)."""
    result = CliRunner().invoke(app, arguments)
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.exit_code, result.stdout, result.stderr


def process(root, *arguments: str):
    environment = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "NO_COLOR")}
    return subprocess.run(
        [sys.executable, "-m", "nets", *arguments],
        cwd=root,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )


def cells(text: str, first: str) -> list[str]:
    """The cells of the one line that begins with `first`."""
    (line,) = [line for line in text.splitlines() if re.match(rf"\s*{first}\s", line)]
    return line.split()


def test_names_and_wrong_names_need_no_keras(root):
    code = (
        "import sys, nets; from nets.__main__ import app; nets.names(); nets.describe('vgg16')\n"
        "try: app(['show', 'vgg166'])\n"
        "except SystemExit as end: print(end.code, 'keras' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, timeout=60
    )
    assert done.stdout == "2 False\n"
    assert done.stderr.count("\n") == 1 and "did you mean vgg16" in done.stderr


def test_a_table_in_a_pipe_is_plain_and_alone(root):
    done = process(root, "show", "lenet5")
    assert done.returncode == 0 and done.stderr == ""
    assert "\x1b" not in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert cells(done.stdout, "total") == ["total", "61,706", "416,520"]


def test_show_has_a_row_for_each_stage_and_the_totals():
    status, out, _ = command("show", "resnet50", "--size", "64", "--classes", "6")
    assert status == 0
    model = nets.outline("resnet50", (64, 64, 3), 6)
    for row in graph.table(model):
        columns = cells(out, row.name)
        assert columns[1:4] == [
            "x".join(map(str, row.shape)),
            f"{row.parameters:,}",
            f"{row.multiply_adds:,}",
        ]
    assert cells(out, "conv5")[-1] == "483" and cells(out, "head")[-1] == "all"
    assert cells(out, "total")[1] == f"{graph.parameters(model):,}"


def test_list_counts_every_network_under_its_paper(monkeypatch):
    monkeypatch.setattr(nets, "outline", outlined)
    status, out, _ = command("list")
    assert status == 0 and max(map(len, out.splitlines())) <= 80
    for name in nets.names():
        row = nets.describe(name)
        columns = cells(out, name)
        assert columns[1:4] == [
            str(row.year),
            "x".join(map(str, row.native)),
            f"{graph.parameters(outlined(name)):,}",
        ]
        assert " ".join(columns[4:]) == format_count(graph.multiply_adds(outlined(name)))
        assert row.paper in out


def test_list_again_counts_what_is_kept_from_the_graphs(monkeypatch, tmp_path):
    kept = tmp_path / "counts.json"
    kept.write_text('{"lenet5": [1, 2]}')
    monkeypatch.setattr(tables, "COUNTS", kept)
    monkeypatch.setattr(nets, "outline", outlined)
    monkeypatch.setattr(nets, "names", lambda: ("alexnet", "lenet5"))
    status, out, _ = command("list")
    assert status == 0 and cells(out, "lenet5")[3] == "1"
    assert cells(out, "alexnet")[3] == "62,378,344"  # a new network has none yet
    assert command("list", "--again")[0] == 0
    assert json.loads(kept.read_text())["lenet5"] == [61_706, 416_520]
    assert cells(command("list")[1], "lenet5")[3] == "61,706"
    monkeypatch.setattr(tables, "COUNTS", tmp_path / "no folder" / "counts.json")
    assert "cannot write" in command("list", "--again")[2]


def test_compare_sets_stages_side_by_side_and_subtracts():
    status, out, _ = command("compare", "vgg16", "resnet50")
    assert status == 0 and max(map(len, out.splitlines())) <= 80
    assert cells(out, "block1")[0:2] == ["block1", "112x112x64"] and "conv1" in cells(out, "block1")
    assert "resnet50 against vgg16\n" in out
    assert cells(out, "parameters")[1:3] == ["-112,720,832", "0.185"]
    assert cells(out, "multiply-adds")[1:3] == ["-11,612,291,072", "0.249"]


@pytest.mark.parametrize("name", nets.names())
def test_no_comparison_is_wider_than_80_columns(name):
    # Both sides are as wide as this network needs, and any pair is between two such tables.
    console = Console(file=io.StringIO(), width=200)
    print_comparison((outlined(name), outlined(name)), console)
    assert max(len(line.rstrip()) for line in console.file.getvalue().splitlines()) <= 80


@pytest.mark.parametrize(
    "arguments, expected",
    [
        (("show", "resent50"), "did you mean resnet50"),
        (("plot", "zzz"), "known: lenet5, "),
        (("compare", "vgg16", "vg19"), "did you mean vgg19"),
        (("show", "vgg16", "--size", "1"), "expected at least"),
        (
            ("show", "vgg16", "--classes", "0"),
            "expected classes to be a whole number of at least 1",
        ),
        (("plot", "lenet5", "--out", "a.txt"), "expected a file that ends in .png, .svg, .pdf"),
        (("plot", "lenet5", "--out", "nowhere/a.png"), "cannot write nowhere/a.png: No such file"),
    ],
)
def test_a_wrong_request_is_one_line_and_status_2(arguments, expected, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    status, out, err = command(*arguments)
    assert (status, out) == (2, "") and err.startswith("error: ")
    assert err.count("\n") == 1 and expected in err
    assert not list(tmp_path.iterdir())


def test_plot_writes_a_picture_with_every_stage(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    status, out, _ = command("plot", "lenet5")
    assert status == 0 and out == "wrote lenet5.png\n"
    picture = imread(tmp_path / "lenet5.png")
    assert picture.shape[1] == 1600 and picture.std() > 0.05
    assert [path.name for path in tmp_path.iterdir()] == ["lenet5.png"]


@pytest.mark.parametrize("name", ["resnet152", "googlenet", "alexnet_two_towers", "inception_v3"])
def test_a_picture_says_every_stage_with_its_numbers_inside_its_edges(name):
    model = outlined(name)
    picture = plot.figure(model)
    texts = [text.get_text() for text in picture.axes[0].texts]
    for row in graph.table(model):
        assert row.name in texts and format_count(row.parameters) in texts
        towers = "2 of " if name == "alexnet_two_towers" and row.name.startswith("conv") else ""
        assert towers + "x".join(map(str, row.shape)) in texts
    picture.canvas.draw()
    width, height = picture.canvas.get_width_height()
    for text in picture.axes[0].texts:
        box = text.get_window_extent()
        assert box.x0 >= 0 and box.x1 <= width and box.y0 >= 0 and box.y1 <= height, text
        # 8 points are 11 pixels if the picture is 800 wide.
        assert text.get_fontsize() >= 8


def test_a_picture_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "net.png"
    path.write_bytes(b"the picture before")

    def full(self, beside, **options):
        with open(beside, "wb") as file:
            file.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("matplotlib.figure.Figure.savefig", full)
    with pytest.raises(NetError, match="No space left on device; give another --out"):
        plot.save(outlined("lenet5"), path)
    assert path.read_bytes() == b"the picture before"
    assert [entry.name for entry in tmp_path.iterdir()] == ["net.png"]


def test_units_are_those_of_the_papers():
    residual = units(outlined("resnet50"))
    assert residual["conv4"] == [Unit("projected", 3)] + [Unit("residual", 3)] * 5
    assert residual["conv1"] == [Unit("conv"), Unit("pool")]
    assert residual["head"] == [Unit("pool"), Unit("dense")]
    assert units(outlined("plain34"))["conv2"] == [Unit("conv")] * 6
    assert units(outlined("resnet18"))["conv2"] == [Unit("residual", 2)] * 2
    assert units(outlined("vgg16"))["block3"] == [Unit("conv")] * 3 + [Unit("pool")]
    inception = units(outlined("googlenet"))
    assert inception["inception_4"].count(Unit("branches", width=4)) == 5
    both = units(outlined("inception_resnet_v2"))["block35"]
    assert both == [Unit("residual", 4, 3)] * 10
    towers = units(outlined("alexnet_two_towers"))
    assert towers["conv2"] == [Unit("lanes", width=2, layers=("conv", "pool"))]
    assert towers["conv4"] == [Unit("lanes", width=2, layers=("conv",))]
    assert towers["dense"] == [Unit("lanes", width=2, layers=("dense",))] * 2


@pytest.mark.parametrize(
    "count, text",
    [
        (0, "0"),
        (999, "999"),
        (61_706, "61.71 k"),
        (143_667_240, "143.7 M"),
        (-5_000_000, "-5.00 M"),
        (15_470_264_320, "15.47 G"),
    ],
)
def test_large_numbers_in_few_characters(count, text):
    assert format_count(count) == text


def test_pictures_of_two_networks_differ():
    def drawn(name):
        file = io.BytesIO()
        plot.figure(outlined(name)).savefig(file, dpi=50)
        return imread(io.BytesIO(file.getvalue()))

    residual, plain = drawn("resnet34"), drawn("plain34")
    assert residual.shape == plain.shape and (residual != plain).any()
