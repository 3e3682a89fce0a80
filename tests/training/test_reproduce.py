"""`python -m training reproduce` as a user runs it: real processes, and what they leave behind."""

import json
import os
import resource
import signal
import subprocess
import sys

import pytest

from tests.sampling import LONG, STORY
from tests.training.kept_result import kept_result
from training import __main__ as command
from training import runs
from training.errors import Interrupted, TrainingError
from training.reproduce import assignments

FILES = {"history.csv", "model.keras", "environment.json", "curves.png", "confusion.png",
         "result.json", "report.html", "README.md"}  # fmt: skip
KEYS = ["assignment", "recipe", "net", "data", "data_sha256", "published", "accuracy",
        "accuracy_unseen", "seconds", "epochs", "device", "versions", "expected", "as_expected",
        "recommended"]  # fmt: skip


def small_files():
    """No file over 4 KB: the backup fails as on a full disk, what is small does not."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))


@pytest.fixture(scope="module")
def story(start, tmp_path_factory):
    """A run that meets a full disk, is run again and interrupted, and run twice more."""
    folder = tmp_path_factory.mktemp("runs")
    ours = ("--runs", folder, "--recipe", "ours", "--epochs", 30)
    # No bytecode: Python would keep its first 4 KB as a whole file, and later fail to read it.
    without = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    full = start(*ours, preexec_fn=small_files, env=without)
    full_out = (*full.communicate(timeout=900), full.returncode)
    stopped = start(*ours)
    seen = ""
    for line in stopped.stdout:
        seen += line
        if "epoch 4/30" in line:
            stopped.send_signal(signal.SIGINT)
            break
    rest, errors = stopped.communicate(timeout=900)
    stopped_out = (seen + rest, errors, stopped.returncode)
    finished = start(*ours, "--seeds", 2, "--json", folder / "table.json")
    finished_out = (*finished.communicate(timeout=900), finished.returncode)
    again = start(*ours, "--seeds", 2, env={**os.environ, "KERAS_BACKEND": "tensorflow",
                                            "PYTHONPROFILEIMPORTTIME": "1"})  # fmt: skip
    again_out = (*again.communicate(timeout=900), again.returncode)
    return {"folder": folder, "full": full_out, "stopped": stopped_out,
            "finished": finished_out, "again": again_out}  # fmt: skip


@STORY
def test_a_full_disk_is_one_line(story):
    out, errors, status = story["full"]
    assert status == 1
    assert "Traceback" not in errors
    (line,) = [line for line in errors.splitlines() if line.startswith("error: ")]
    assert "cannot save" in line and "write elsewhere" in line


@STORY
def test_interruption_is_one_line_and_status_130(story):
    out, errors, status = story["stopped"]
    assert status == 130, errors
    assert errors.splitlines()[-1].startswith("interrupted in epoch ")
    assert "the same command goes on from there" in errors and "Traceback" not in errors
    assert "epoch 1/30  " in out  # a line an epoch in a pipe


@STORY
def test_the_backends_start_up_lines_do_not_show(story):
    assert "oneDNN" not in story["finished"][1] and "cuInit" not in story["finished"][1]


@STORY
def test_the_next_run_goes_on_and_finishes(story):
    out, errors, status = story["finished"]
    assert status == 0, errors
    done = int(out.split(" done before")[0].split()[-1])
    assert f" of 30; {done} saved in " in story["stopped"][1]
    assert done >= 1 and f"epoch {done}/30 " not in out.split("seed 1")[0]
    for seed in (0, 1):
        folder = story["folder"] / f"residual_networks-ours-other-seed{seed}-30epochs"
        assert {path.name for path in folder.iterdir()} == FILES
        rows = (folder / "history.csv").read_text().splitlines()
        assert [int(row.split(",")[0]) for row in rows[1:]] == list(range(30))


@STORY
def test_the_table_says_what_it_is(story):
    out = story["finished"][0]
    assert "on data of your own" in out and "30*" in out
    assert "trained for 30 in place of" in out


@STORY
def test_it_says_what_comes_and_what_is_next(story):
    out = story["finished"][0].splitlines()
    assert out[0].startswith("to train, about ") and " on this machine (" in out[0]
    assert out[1].startswith("- residual_networks, ours: 30 epochs, 2 seeds, about ")
    page, hand, exercise = out[-3:]
    folder = story["folder"] / "residual_networks-ours-other-seed0-30epochs"
    assert page == f"- look at {folder / 'report.html'}"
    assert f"signs predict {folder} " in hand and exercise.endswith("signs watch lenet")


@STORY
def test_what_a_run_leaves_behind(story):
    folder = story["folder"] / "residual_networks-ours-other-seed1-30epochs"
    record = json.loads((folder / "environment.json").read_text())
    assert record["settings"]["seed"] == 1 and record["settings"]["data"] == "other"
    assert record["backend"] == "tensorflow" and record["device"] == "cpu:0"
    assert record["versions"]["keras"] and len(record["settings"]["data_sha256"]["train"]) == 64
    result = json.loads((folder / "result.json").read_text())
    assert sum(map(sum, result["confusion"])) == result["tested"] == 12
    assert len(result["predictions"]) == 12


@STORY
def test_the_saved_model_loads_and_gives_the_recorded_accuracy(story, colours):
    import keras

    from training.evaluate import score

    folder = story["folder"] / "residual_networks-ours-other-seed1-30epochs"
    model = keras.saving.load_model(folder / "model.keras")
    result = json.loads((folder / "result.json").read_text())
    assert score(model, colours).predictions.tolist() == result["predictions"]


@STORY
def test_the_json_has_the_rows_of_the_table(story):
    (row,) = json.loads((story["folder"] / "table.json").read_text())
    assert list(row) == KEYS
    assert (row["assignment"], row["recipe"], row["net"]) == (
        "residual_networks", "ours", "resnet50_course")  # fmt: skip
    assert row["data"] == "other" and row["published"] is None and row["epochs"] == 30
    for name in ("accuracy", "accuracy_unseen", "seconds"):
        assert len(row[name]) == 2
    assert all(0.5 < value <= 1 for value in row["accuracy"])  # it learnt; chance is 1/6
    assert set(row["data_sha256"]) == {"train", "test"}
    assert row["device"].startswith("cpu:0 (") and row["versions"]["tensorflow"]
    assert (row["expected"], row["as_expected"]) == (None, "unknown")  # nobody recorded colours
    assert row["recommended"] is False  # that is the race's


@STORY
def test_finished_runs_are_read_without_the_framework(story):
    out, errors, status = story["again"]
    assert status == 0 and out.count("read\n") == 2 and "epoch 1/30" not in out
    assert "to train" not in out
    imported = {line.split("|")[-1].strip() for line in errors.splitlines() if "|" in line}
    assert "training.reproduce.run" in imported
    assert not {"keras", "tensorflow"} & imported


def test_another_setting_is_another_run_and_nothing_is_lost(tmp_path):
    folder = tmp_path / "run"
    settings = {"recipe": "a", "device": None}
    runs.begin(folder, settings, pytest.fail)
    (folder / "history.csv").write_text("epoch\n")
    runs.begin(folder, settings, pytest.fail)
    assert (folder / "history.csv").exists()
    result = kept_result(60, fingerprint=runs.fingerprint(settings))
    (folder / runs.RESULT).write_text(json.dumps(result))
    assert runs.finished(folder, settings) is not None
    assert runs.finished(folder, {**settings, "recipe": "b"}) is None
    said = []
    runs.begin(folder, {**settings, "recipe": "b"}, said.append)
    (moved,) = tmp_path.glob("run.before-*")
    assert (moved / "history.csv").exists() and not (folder / "history.csv").exists()
    assert runs.finished(folder, settings) is None
    assert said == [
        f"{folder}: made with other settings (recipe), kept as {moved.name}; trained again"
    ]


@pytest.mark.parametrize(
    "old, how",
    [
        ({"code_sha256": "b"}, "by an earlier version of the code"),
        # Before one hash covered all code, there were two.
        ({"code_sha256": None, "source_sha256": "b", "training_sha256": "c"},
         "by an earlier version of the code"),
        ({"weights": {"net_sha256": "x", "hands": 60}}, "by an earlier version of the code"),
        ({"recipe": {"epochs": 2, "batch": 32}}, "with other settings (recipe)"),
        ({"code_sha256": "b", "seed": 1, "device": "gpu:0"}, "with other settings (device, seed)"),
        (None, "with settings that cannot be read"),
    ],
)  # fmt: skip
def test_words_say_how_an_earlier_run_was_made(old, how):
    new = {"code_sha256": "a", "seed": 0, "device": None, "recipe": {"epochs": 3, "batch": 32},
           "weights": {"net_sha256": "y", "hands": 60}}  # fmt: skip
    if old is not None:
        old = {
            key: value
            for key, value in {**new, **old}.items()
            if value is not None or key == "device"
        }
    assert runs.difference(old, new) == how


@LONG
def test_a_run_of_earlier_code_is_kept_and_trained_again_in_words(comparing, colours):
    compared(comparing, colours)
    file, said = comparing.root / "solutions" / "data_augmentation.py", []
    file.write_text(file.read_text().replace("return images", "return +images"))
    compared(comparing, colours, said)
    lines = [line for line in said if "earlier version" in line]
    assert len(lines) == 8
    folder = comparing.runs / "data_augmentation-5-without-other-seed0"
    (kept,) = comparing.runs.glob(f"{folder.name}.before-*")
    assert lines[0] == (
        f"{folder}: made by an earlier version of the code, kept as {kept.name}; trained again"
    )
    assert (kept / runs.RESULT).is_file() and (folder / runs.RESULT).is_file()
    said.clear()
    file.write_text(file.read_text() + "# a comment\n")
    compared(comparing, colours, said)
    assert sum(line.endswith("read") for line in said) == 8


def test_wording_of_a_solution_does_not_make_another_run_but_code_does(tmp_path):
    from datasets.code_hash import code_hash

    file = tmp_path / "a.py"
    hashes = []
    for text in ('"""One."""\nx = 1\n', "# %% Two\nx   =   1", "x = 2\n", "x = \n"):
        file.write_text(text)
        hashes.append(code_hash(file))
    assert hashes[0] == hashes[1] and len(set(hashes)) == 3


@pytest.mark.parametrize(
    "arguments, status, message",
    [
        (["residual_network"], 1, "received 'residual_network'; did you mean residual_networks"),
        (["--recipe", "course_2022"], 1, "did you mean course_2021"),
        (["--recipe", "al"], 1, "did you mean all"),
        (["--target", "assignment"], 1, "did you mean assignments"),
        (["race", "--target", "assignments"], 1, "race: its network resnet20 is one of nets/"),
        (["--data", "sign"], 1, "did you mean signs"),
        (["--precision", "float23"], 1, "did you mean float32"),
        (["--seeds", "0"], 2, "--seeds"),
        (["--epochs", "many"], 2, "--epochs"),
        (["--folder", "/nowhere/at/all"], 1, "/nowhere/at/all"),
        (["--sead", "1"], 2, "--sead"),
        (["happy_house"], 1, "python solutions/happy_house.py makes all of its runs"),
        (["data_augmentation", "--epochs", "3"], 1, "compares runs of its own and takes no --ep"),
        (
            ["lenet", "data_augmentation", "--precision", "mixed_bfloat16"],
            1,
            "takes no --precision",
        ),
        (["transfer_learning", "--recipe", "ours"], 1, "no --recipe ours"),
        (["transfer_learning", "--tensorboard"], 1, "no --tensorboard"),
    ],
)
def test_wrong_arguments_are_one_line(arguments, status, message, monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(sys, "argv", ["training", "reproduce", "--runs", str(tmp_path), *arguments])
    assert command.main() == status
    captured = capsys.readouterr()
    (line,) = captured.err.splitlines()
    assert message in line and not captured.out


def test_a_file_in_place_of_runs_is_named(monkeypatch, capsys, tmp_path):
    file = tmp_path / "runs"
    file.write_text("in the way")
    monkeypatch.setattr(sys, "argv", ["training", "reproduce", "--runs", str(file)])
    assert command.main() == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert str(file) in line and "folder" in line
    assert file.read_text() == "in the way"


def test_runs_that_may_not_be_written_are_named(monkeypatch, tmp_path):
    def refuse(*args, **kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(runs.tempfile, "TemporaryFile", refuse)
    with pytest.raises(TrainingError, match=f"cannot write to {tmp_path}: no permission"):
        runs.check_root(tmp_path)


def test_a_json_file_that_cannot_be_written_is_refused_before_training(
    monkeypatch, capsys, tmp_path, colours_folder
):
    (tmp_path / "file").write_text("")
    wanted = ["--json", str(tmp_path / "file" / "table.json"), "--runs", str(tmp_path / "runs")]
    monkeypatch.setattr(
        sys, "argv", ["training", "reproduce", *wanted, "--folder", str(colours_folder)]
    )
    assert command.main() == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert str(tmp_path / "file") in line and "folder is expected" in line


def test_help_answers_without_the_framework(root):
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "training", "reproduce", "--help"],
        cwd=root, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0 and "--precision" in done.stdout
    imported = {line.split("|")[-1].strip() for line in done.stderr.splitlines()}
    assert "typer" in imported and not {"keras", "tensorflow"} & imported


@pytest.mark.parametrize(
    "code, message",
    [
        ("def ResNet50():\n    raise NotImplementedError('identity_block')", "identity_block"),
        ("def ResNet50():\n    raise NotImplementedError", "signs hint"),
        ("def ResNet50():\n    return None", "returned None"),
        ("def Resnet50():\n    pass", "expected a function ResNet50, found none"),
        ("def ResNet50():\n    return 1 / 0", "line 2: ZeroDivisionError: division by zero"),
        ("def ResNet50(:\n", "line 1: invalid syntax"),
        ("import sys\nsys.exit(0)", "line 2: SystemExit"),
    ],
)
def test_a_solution_that_does_not_build_is_one_line(code, message, tmp_path):
    (tmp_path / "assignments").mkdir()
    (tmp_path / "assignments" / "residual_networks.py").write_text(code)
    build = assignments.builder("residual_networks", "assignments", tmp_path)
    with pytest.raises(TrainingError, match="residual_networks.py") as caught:
        build()
    assert message in str(caught.value) and "\n" not in str(caught.value)


def test_an_assignment_that_is_not_there_says_how_to_make_it(tmp_path):
    with pytest.raises(TrainingError, match="signs release residual_networks"):
        assignments.builder("residual_networks", "assignments", tmp_path)


@pytest.mark.parametrize("arguments, expected", [
    ([], ["race", "residual_networks"]),
    (["--target", "assignments"], ["residual_networks"]),
    (["--recipe", "ours"], ["residual_networks"]),
    (["--recipe", "lenet"], ["residual_networks"]),
    (["--recipe", "all"], list(assignments.ASSIGNMENTS)),
    (["lenet"], ["lenet"]),
    (["lenet", "lenet", "residual_networks"], ["lenet", "residual_networks"]),
])  # fmt: skip
def test_what_is_trained_where_nothing_is_named(monkeypatch, tmp_path, arguments, expected):
    from training.reproduce import run

    asked = []
    monkeypatch.setattr(command, "resolved", lambda *_: (None, None))
    monkeypatch.setattr(command, "_show", lambda rows: None)
    monkeypatch.setattr(run, "reproduce", lambda names, *_: asked.extend(names) or [])
    command.app(["reproduce", *arguments, "--runs", str(tmp_path)], standalone_mode=False)
    assert asked == expected


# The functions that a comparing assignment promises.
COMPARING = """
def mirror(images, seed):
    return images


random_crop = rotate_shear_warp = colour_shift_pca = augment_in_threads = mirror
"""
HOW = {"without": 0, "with": 1}


def four_arms(functions, data, options):
    """What its lesson compares, with networks that answer one class each."""
    import keras

    from training.loop import Fitted

    log = options.runs.parent / "log"  # in the folder of all runs

    def train(answer, seed):
        with open(log, "a") as file:
            print(answer, seed, file=file)
        if (log.parent / "stop").exists() and answer:
            raise KeyboardInterrupt
        functions[0](data.train_x, seed)
        images = keras.Input((64, 64, 3))
        X = keras.layers.GlobalAveragePooling2D()(images)
        softmax = keras.layers.Dense(6, "softmax", kernel_initializer="zeros")
        model = keras.Model(images, softmax(X))
        softmax.bias.assign(keras.ops.one_hot(answer, 6) * 9)
        return Fitted(model, [], 2.0 + seed)

    return {
        (size, how): (size * 2, lambda seed, how=how: train(HOW[how], seed))
        for size in (5, 9)
        for how in HOW
    }


@pytest.fixture
def comparing(tmp_path, monkeypatch):
    """A project whose data_augmentation compares four runs; `stop` in runs/ interrupts it."""
    from training.reproduce.run import Options

    monkeypatch.setattr("training.lessons.data_augmentation.arms", four_arms)
    (tmp_path / "solutions").mkdir()
    (tmp_path / "solutions" / "data_augmentation.py").write_text(COMPARING)
    return Options(tmp_path / "runs", seeds=2, root=tmp_path)


def compared(options, colours, said=None):
    """The rows of the comparison on these colours."""
    from datasets.signs import Provenance
    from training.reproduce import run

    provenance = Provenance("other", "a" * 64, "b" * 64, options.root)
    say = (lambda line: None) if said is None else said.append
    return list(run.reproduce(["data_augmentation"], "default", colours, provenance,
                                    options, say))  # fmt: skip


def test_what_an_assignment_compares_is_a_row_each_kept_and_read(comparing, colours):
    rows = compared(comparing, colours)
    assert [(row.recipe, row.epochs) for row in rows] == [
        ("5 photographs, without", 10), ("5 photographs, with", 10),
        ("9 photographs, without", 18), ("9 photographs, with", 18)]  # fmt: skip
    for row in rows:
        assert row.accuracy == [1 / 6, 1 / 6] and row.seconds == [2.0, 3.0]  # one class of six
        assert row.published is None and row.recipe_epochs == row.epochs
    answers = json.loads((comparing.runs / "data_augmentation-9-with-other-seed1" / "result.json")
                         .read_text())["predictions"]  # fmt: skip
    assert set(answers) == {1}
    log = comparing.runs / "log"
    assert log.read_text().split("\n")[:-1] == ["0 0", "0 1", "1 0", "1 1"] * 2
    said = []
    assert compared(comparing, colours, said) == rows
    assert len(log.read_text().split("\n")) == 9 and sum("read" in line for line in said) == 8
    assert said[-1] == "8 of 8: 9 photographs, with, seed 1: 16.7%"


@LONG
def test_a_comparison_that_is_interrupted_goes_on_with_that_run(comparing, colours):
    comparing.runs.mkdir()
    (comparing.runs / "stop").touch()
    with pytest.raises(Interrupted, match="interrupted in run 3 of 8; those before are kept"):
        compared(comparing, colours)
    (comparing.runs / "stop").unlink()
    compared(comparing, colours)
    lines = (comparing.runs / "log").read_text().split("\n")[:-1]
    assert lines == ["0 0", "0 1", "1 0", *["1 0", "1 1"], *["0 0", "0 1", "1 0", "1 1"]]


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("return images", "raise NotImplementedError('mirror')", "mirror"),
        ("return images", "1 / 0", "ZeroDivisionError: division by zero"),
        ("def mirror(", "mirror = None\n\n\ndef other(", "expected a function mirror, found none"),
    ],
)
def test_a_comparison_that_fails_is_one_line(comparing, colours, before, after, message):
    file = comparing.root / "solutions" / "data_augmentation.py"
    file.write_text(COMPARING.replace(before, after))
    with pytest.raises(TrainingError, match="data_augmentation.py") as caught:
        compared(comparing, colours)
    assert message in str(caught.value) and "\n" not in str(caught.value)
