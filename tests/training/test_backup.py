"""When a backup is due: after every epoch if it is quick, else when it is worth its time."""

import pytest

from training import backup

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
