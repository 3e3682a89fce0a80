"""`runs list` and `runs show`: which runs there are, and what is known of one."""

import json
import os
import shutil
import subprocess
import sys

import pytest

from training import history, runs
from training.results import find
from training.results.table import folded


def rows(out: str, name: str) -> list[str]:
    return [line for line in out.splitlines() if line.startswith(name)]


def test_the_list_has_every_run_with_how_far_it_came(kept, run_command):
    status, out, err = run_command("runs", "list", "--runs", kept)
    assert status == 0 and err == ""
    result = json.loads((kept / "tiny-good-seed0" / "result.json").read_text())
    ((good),) = rows(out, "tiny-good-seed0")
    assert good.split()[1:4] == ["24", f"{100 * result['accuracy']:.1f}", "100.0"]
    assert good.split()[-1] == result["finished"][:10]
    ((stopped),) = rows(out, "tiny-stopped-seed0")
    assert stopped.split()[1:7] == ["2", "of", "30", "-", "-", "-"]
    assert max(map(len, out.splitlines())) <= 80


def test_drawn_hands_stand_apart_and_say_synthetic(kept, run_command):
    _, out, _ = run_command("runs", "list", "--runs", kept)
    drawn = out.index("Trained on drawn hands (synthetic)")
    own = out.index("Trained on data of your own")
    assert drawn < out.index("tiny-stopped-seed0") < own < out.index("tiny-good-seed0")


def test_runs_of_earlier_code_are_marked_and_no_others(kept, run_command):
    _, out, _ = run_command("runs", "list", "--runs", kept)
    lines = out.splitlines()
    marked = {lines[i - 1].split()[0] for i, line in enumerate(lines) if "earlier code" in line}
    assert marked == {"tiny-weak-seed0"}


def test_the_json_has_the_same_runs_and_nothing_else_is_printed(kept, run_command, tmp_path):
    status, out, _ = run_command("runs", "list", "--runs", kept, "--json", "-")
    records = {record["name"]: record for record in json.loads(out)}
    assert sorted(records) == ["tiny-good-seed0", "tiny-stopped-seed0", "tiny-weak-seed0"]
    assert records["tiny-stopped-seed0"]["state"] == "unfinished"
    assert records["tiny-stopped-seed0"]["epochs_done"] == 2
    assert records["tiny-stopped-seed0"]["accuracy"] is None
    assert records["tiny-weak-seed0"]["earlier_code"] is True
    assert records["tiny-good-seed0"]["tested"] == 12
    run_command("runs", "list", "--runs", kept, "--json", tmp_path / "list.json")
    assert json.loads((tmp_path / "list.json").read_text()) == json.loads(out)


def test_list_and_show_load_no_framework_and_end_with_status_0(kept, root):
    for words in (["list"], ["show", "tiny-good"]):
        command = [sys.executable, "-X", "importtime", "-m", "training", "runs", *words]
        done = subprocess.run(
            [*command, "--runs", str(kept)], cwd=root, capture_output=True, text=True
        )
        assert done.returncode == 0 and "tiny-good-seed0" in done.stdout
        imported = {line.split("|")[-1].strip() for line in done.stderr.splitlines()}
        assert "training.results.find" in imported and not {"keras", "tensorflow"} & imported


def test_an_empty_folder_says_what_makes_the_first_run(root, tmp_path):
    command = [sys.executable, "-m", "training", "runs", "list", "--runs", str(tmp_path)]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True)
    (line,) = done.stderr.splitlines()
    assert done.returncode == 1 and "found none" in line and "reproduce" in line


def test_a_run_is_shown_in_full(kept, run_command):
    status, out, _ = run_command("runs", "show", "tiny-good-seed0", "--runs", kept)
    assert status == 0
    words = " ".join(out.split())
    assert "24 epochs in batches of 32, adam at a constant learning rate of 0.001" in words
    assert "in place of 30 epochs" in words
    result = json.loads((kept / "tiny-good-seed0" / "result.json").read_text())
    for name, line in enumerate(result["confusion"]):
        cells = [str(value) if value else "." for value in line]
        cells[name] = str(line[name])
        assert f"{name} {' '.join(cells)} {sum(line)} {100 * line[name] / sum(line):.1f}" in words
    for picture in ("curves.png", "confusion.png", "model.keras"):
        assert str(kept / "tiny-good-seed0" / picture) in out
    assert max(map(len, out.splitlines()[:-3])) <= 80


def test_an_unfinished_run_is_shown_as_far_as_it_came(kept, run_command):
    status, out, _ = run_command("runs", "show", "tiny-st", "--runs", kept)
    assert status == 0 and "unfinished: 2 of 30 epochs" in out and "Answers" not in out


def test_show_as_json_has_settings_result_and_history(kept, run_command):
    _, out, _ = run_command("runs", "show", "tiny-good", "--runs", kept, "--json", "-")
    record = json.loads(out)
    assert record["settings"]["recipe"]["epochs"] == len(record["history"]) == 24
    assert len(record["result"]["labels"]) == len(record["result"]["predictions"]) == 12
    labels, answers = record["result"]["labels"], record["result"]["predictions"]
    right = [label == answer for label, answer in zip(labels, answers, strict=True)]
    assert sum(right) / 12 == record["result"]["accuracy"]


def test_a_run_is_meant_by_name_beginning_or_path(kept, monkeypatch):
    for text in ("tiny-good-seed0", "tiny-g", str(kept / "tiny-good-seed0")):
        assert find.find(text, kept).name == "tiny-good-seed0"
    assert find.find(str(kept / "tiny-good-seed0" / "model.keras"), kept).result is not None
    monkeypatch.chdir(kept)
    assert find.find(f"tiny-good-seed0{os.sep}", kept).name == "tiny-good-seed0"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("tiny-god-seed0", "did you mean tiny-good-seed0"),
        ("tiny", "the beginning of 3: tiny-good-seed0, tiny-stopped-seed0, tiny-weak-seed0"),
        ("gone/model.keras", "found none at gone/model.keras"),
        ("gone/tiny", "found none at gone/tiny"),
    ],
)
def test_a_wrong_name_is_one_line_with_what_is_close(kept, run_command, text, said):
    status, out, err = run_command("runs", "show", text, "--runs", kept)
    assert status == 1 and out == "" and said in err and len(err.splitlines()) == 1


def test_a_folder_that_is_no_run_is_left_out(kept, tmp_path):
    runs.begin(tmp_path / "one", {"seed": 0})
    (tmp_path / "homework").mkdir()
    (tmp_path / "homework" / "model.keras").touch()
    assert [run.name for run in find.everything(tmp_path)] == ["one"]
    (record,) = find.everything(tmp_path)
    assert record.data == "unknown" and record.epochs is None


@pytest.mark.parametrize("name", ["short", "a-run-of-a-name-that-is-much-too-long", "x" * 50])
def test_a_long_name_is_folded_after_a_hyphen(name):
    lines = folded(name, 12).split("\n")
    assert "".join(line.strip() for line in lines) == name
    assert all(len(line) <= 12 or "-" not in line[:-1] for line in lines)


HARMS = {
    "cut": lambda text: text[: len(text) // 2],
    "nested": lambda text: "[" * 99_999,
    "a figure is a word": lambda text: text.replace('"seconds": ', '"seconds": "x", "s": '),
    "no confusion": lambda text: text.replace('"confusion"', '"confusiom"'),
    "an answer too few": lambda text: text.replace('"predictions": [', '"predictions": [[], '),
}


@pytest.mark.parametrize("harm", HARMS)
def test_a_damaged_result_is_named_and_the_other_runs_are_shown(kept, run_command, tmp_path, harm):
    root = tmp_path / "runs"
    shutil.copytree(kept, root)
    file = root / "tiny-good-seed0" / runs.RESULT
    changed = HARMS[harm](file.read_text())
    assert changed != file.read_text()
    file.write_text(changed)
    status, out, err = run_command("runs", "list", "--runs", root)
    assert (status, err) == (0, "")
    ((good),) = rows(out, "tiny-good-seed0")
    assert good.split()[1:4] == ["24", "of", "24"] and rows(out, "tiny-weak-seed0")
    assert run_command("runs", "show", "tiny-good", "--runs", root)[0] == 0
    status, _, err = run_command("runs", "compare", "tiny-good", "tiny-weak", "--runs", root)
    assert status == 1
    assert "whose result.json is damaged; the command that made it makes it again" in err
    settings = json.loads((root / "tiny-good-seed0" / runs.ENVIRONMENT).read_text())["settings"]
    assert runs.finished(root / "tiny-good-seed0", settings) is None


@pytest.mark.parametrize("place", ["recipe", "data", "data_sha256", "versions"])
def test_a_damaged_record_is_shown_as_far_as_it_can_be_read(kept, run_command, tmp_path, place):
    root = tmp_path / "runs"
    shutil.copytree(kept, root)
    file = root / "tiny-good-seed0" / runs.ENVIRONMENT
    record = json.loads(file.read_text())
    (record if place == "versions" else record["settings"])[place] = [{"epochs": None}]
    file.write_text(json.dumps(record))
    for words in (("list",), ("show", "tiny-good")):
        status, out, err = run_command("runs", *words, "--runs", root)
        assert (status, err) == (0, "") and "tiny-good-seed0" in out


def test_a_history_with_damaged_lines_keeps_the_others(tmp_path):
    file = tmp_path / "history.csv"
    file.write_bytes(
        b"epoch,accuracy,loss,seconds\n0,0.1,2,1\n1,\xff,2,1\n2,0.2\nnan,1,1,1\n3,0.3,1,1\n"
    )
    assert [row["epoch"] for row in history.read(file)] == [0, 3]
