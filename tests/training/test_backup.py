"""When a backup is due: after every epoch if it is quick, else when it is worth its time."""

import json

import pytest

from training import backup
from training.errors import TrainingError

EPOCH = 8.0


@pytest.mark.parametrize("took, saved", [
    (0.5, [1, 2, 3, 4, 5, 6]),  # at most half a second: always
    (0.6, [1, 3, 5]),  # worth 12 s of training, two epochs
    (1.4, [1, 5]),  # worth 28 s, four
    (60.0, [1]),
])  # fmt: skip
def test_a_slow_backup_waits_until_it_is_worth_it(tmp_path, monkeypatch, took, saved):
    import keras

    now, found, swap = [1000.0], [], backup._swap
    model = keras.Sequential([keras.layers.Input((2,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    model.optimizer.build(model.trainable_variables)

    def slow(folder):
        swap(folder)
        now[0] += took
        found.append(backup.epochs(tmp_path))

    monkeypatch.setattr(backup, "_swap", slow)
    [callback] = backup.callbacks(tmp_path, model, clock=lambda: now[0])
    callback.set_model(model)
    callback.on_train_begin()
    for epoch in range(6):
        now[0] += EPOCH
        callback.on_epoch_end(epoch, {})
    assert found == saved


def made(folder, epoch):
    """A backup of so many epochs, as the callback leaves it."""
    writing = folder / backup.WRITING
    writing.mkdir(parents=True, exist_ok=True)
    (writing / "latest.weights.h5").write_bytes(bytes(1000) + bytes([epoch]))
    (writing / backup.METADATA).write_text(json.dumps({"epoch": epoch, "batch": 0}))
    backup._swap(folder)


def cut(path):
    path.write_bytes(path.read_bytes()[:-1])


FILES = ("latest.weights.h5", backup.METADATA, backup.SUMS)


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("harm", [cut, lambda path: path.write_bytes(b""), lambda p: p.unlink()])
def test_a_torn_backup_is_known_and_the_one_before_is_used(tmp_path, file, harm):
    made(tmp_path, 4)
    made(tmp_path, 5)
    harm(tmp_path / backup.WHOLE / file)
    if file == backup.SUMS and not (tmp_path / backup.WHOLE / file).exists():
        assert backup.prepare(tmp_path) == 5  # as versions before kept them
        return
    with pytest.warns(UserWarning, match="damaged; going on from the backup before it"):
        assert backup.prepare(tmp_path) == 4
    assert backup.prepare(tmp_path) == 4
    assert (tmp_path / backup.WRITING / "latest.weights.h5").read_bytes()[-1] == 4


def test_without_a_whole_backup_it_says_so_and_removes_nothing(tmp_path):
    made(tmp_path, 4)
    made(tmp_path, 5)
    for name in (backup.WHOLE, backup.OLD):
        cut(tmp_path / name / "latest.weights.h5")
    with pytest.raises(TrainingError, match="expected a whole backup in .*remove that folder"):
        backup.prepare(tmp_path)
    assert (tmp_path / backup.WHOLE).is_dir() and (tmp_path / backup.OLD).is_dir()


def test_killed_between_the_two_renames_the_one_before_is_used(tmp_path):
    made(tmp_path, 4)
    (tmp_path / backup.WHOLE).rename(tmp_path / backup.OLD)
    assert backup.prepare(tmp_path) == 4
    assert backup.prepare(tmp_path, resume=False) == 0


@pytest.mark.parametrize("content", ['{"epoch": "4"}', '{"epoch": -1}', "[]", "[" * 9999, "{}"])
def test_a_backup_that_counts_no_epochs_is_a_damaged_one(tmp_path, content):
    (tmp_path / backup.WHOLE).mkdir()
    (tmp_path / backup.WHOLE / backup.METADATA).write_text(content)
    with pytest.raises(TrainingError, match="found a damaged one"):
        backup.prepare(tmp_path)
