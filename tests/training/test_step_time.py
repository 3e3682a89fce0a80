"""The benchmark of step times: what it compares is the same, and what it records is whole."""

import json
import sys
import textwrap

import pytest

import nets
from benchmarks import records, step_time, torch_worker
from datasets.errors import DataError


def test_steps_are_interleaved_and_warmed_up_outside_the_clock():
    order = []
    steps = {name: (lambda name=name: order.append(name)) for name in "ab"}
    seconds = step_time.measure(steps, step_time.Setting(rounds=2, steps=2, warm_up=1))
    assert "".join(order) == "ab" + "aabb" + "bbaa"
    assert {name: len(values) for name, values in seconds.items()} == {"a": 2, "b": 2}


def test_ratios_are_by_round():
    assert step_time.ratios([2.0, 3.0], [1.0, 2.0]) == [2.0, 1.5]


def test_both_sides_have_the_same_parameters_and_input():
    assert step_time.side("resnet50") == 64 and step_time.side("inception_v3") == 75
    ours, theirs = step_time.ours("resnet50"), step_time.theirs("resnet50")
    assert ours.count_params() == theirs.count_params()
    assert ours.input_shape == theirs.input_shape
    assert ours.output_shape == theirs.output_shape == (None, 6)


def test_a_step_trains(tiny_net):
    model = tiny_net()
    before = model.get_weights()[0].copy()
    step_time.keras_step(model, batch=2)()
    assert (model.get_weights()[0] != before).any()


def test_a_worker_in_a_process_of_its_own_steps_on_request(tmp_path, monkeypatch):
    # A module in place of PyTorch: this proves the conversation, not the network.
    (tmp_path / "torch.py").write_text(
        textwrap.dedent("""
        from unittest.mock import MagicMock
        import sys
        sys.modules["torch"] = MagicMock()
    """)
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(torch_worker, "resnet", None)
    worker = torch_worker.TorchStep.start("resnet50", 2, 64, 6)
    worker()
    worker()
    worker.close()
    assert worker.process.returncode == 0


def test_a_broken_pytorch_is_left_out(tmp_path, monkeypatch, capfd):
    (tmp_path / "torch.py").write_text("raise ImportError('no libcudnn')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.syspath_prepend(tmp_path)
    assert torch_worker.TorchStep.start("resnet50", 2, 64, 6) is None
    assert "compared without it" in capfd.readouterr().err


def test_records_are_lines_that_are_never_lost(tmp_path, monkeypatch):
    path = tmp_path / "records.jsonl"
    monkeypatch.setattr(sys, "argv", ["benchmarks/step_time.py", "resnet50"])
    assert records.read(path) == []
    first = records.append({"benchmark": "x", **records.summary([3.0, 1.0, 2.0, 9.0])}, path)
    assert (first["n"], first["median"], first["min"], first["max"]) == (4, 2.5, 1.0, 9.0)
    assert first["command"] == "step_time.py resnet50" and "core" in first["machine"]
    assert first["versions"]["keras"] and first["date"].startswith("20")
    with pytest.raises(TypeError):
        records.append({"benchmark": {1, 2}}, path)
    records.append({"benchmark": "y"}, path)
    assert [row["benchmark"] for row in records.read(path)] == ["x", "y"]
    assert [json.loads(line) for line in path.read_text().splitlines()] == records.read(path)
    path.write_text(path.read_text() + "half a li")
    with pytest.raises(DataError, match="line 3"):
        records.read(path)


def test_all_covers_every_net_that_keras_applications_has(monkeypatch):
    seen = []
    monkeypatch.setattr(step_time, "compare", lambda name, *rest: seen.append(name))
    assert step_time.main(["all"]) == 0
    assert set(seen) == {name for name in nets.names() if nets.describe(name).applications}


@pytest.mark.parametrize(
    "arguments, message",
    [(["resnet5"], "did you mean resnet50"), (["resnet50", "--rounds", "0"], "at least 1")],
)
def test_bad_arguments_are_one_line(arguments, message, capsys):
    assert step_time.main(arguments) == 1
    assert message in capsys.readouterr().err
