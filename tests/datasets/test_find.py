"""Photographs where they can be had, else drawn hands, once."""

import shutil
from functools import partial
from pathlib import Path

import pytest

from datasets import download as mirrors
from datasets import find, signs
from datasets.errors import DataError, DownloadError
from datasets.synthetic import dataset, stand_in

pytestmark = pytest.mark.filterwarnings("ignore:.*not a published file")


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    return stand_in.synthesize(tmp_path_factory.mktemp("drawn"))


@pytest.fixture
def house(drawn, tmp_path, monkeypatch):
    """An empty datasets/data, no SIGNS_DIR, a stand-in drawn once, and no network."""
    data = tmp_path / "data"
    monkeypatch.setattr(signs, "DATA", data)
    monkeypatch.setattr(signs, "STAND_IN", data / "stand-in")
    copy = partial(shutil.copytree, drawn, dirs_exist_ok=True)
    monkeypatch.setattr(stand_in, "synthesize", copy)
    monkeypatch.delenv("SIGNS_DIR", raising=False)
    monkeypatch.setattr(mirrors, "read_mirrors", lambda: ["http://127.0.0.1:9/"])
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return data


def test_offline_and_bare_it_draws_and_says_so(house):
    said = []
    data, source = find.resolve("auto", say=said.append)
    assert source.name == "synthetic" and source.folder == house / "stand-in"
    assert len(data.train_x) == 1080 and len(data.test_x) == 120
    looking, absent = said
    assert "mirrors" in looking
    assert "(no mirror can be reached): drawn hands are used" in absent
    assert f"put train_signs.h5 and test_signs.h5 into {house}, or run `" in absent
    assert absent.endswith("data download`") and len(absent) < 300


def test_a_second_run_asks_nobody_and_draws_nothing(house, monkeypatch):
    said = []
    first = find.resolve("auto", online=False, say=said.append)[1]
    assert "(downloading is off): drawn hands are used" in said.pop()
    monkeypatch.setattr(mirrors, "download", None)
    monkeypatch.setattr(stand_in, "synthesize", None)
    assert find.resolve("synthetic", say=said.append)[1] == first and said == []
    assert find.resolve("auto", say=said.append)[1] == first
    assert ["drawn hands are used" in line for line in said] == [True]


def test_an_old_folder_of_other_drawn_hands_is_not_read(house):
    dataset.synthesize(house / "synthetic")  # where they were once
    assert find.resolve("auto", online=False)[1].folder == house / "stand-in"
    dataset.synthesize(house / "stand-in")
    find.resolve("synthetic")
    assert stand_in.is_current(house / "stand-in")


def test_named_photographs_come_first(house, small, monkeypatch):
    find.resolve("synthetic")
    assert find.resolve("auto", small)[1].folder == small
    monkeypatch.setenv("SIGNS_DIR", str(small))
    assert find.resolve("auto")[1].folder == small
    assert find.resolve("signs")[1].name == "other"
    assert find.resolve("synthetic")[1].name == "synthetic"


def test_photographs_in_the_own_folder_come_before_drawn_ones(house, small):
    find.resolve("synthetic")
    for path in small.iterdir():
        path.rename(house / path.name)
    assert find.resolve("auto")[1].folder == house


def test_a_download_fills_the_own_folder(house, small, monkeypatch):
    def brought(folder, **options):
        assert options["patience"] == mirrors.QUICK
        house.mkdir()
        for path in small.iterdir():
            path.rename(folder / path.name)

    monkeypatch.setattr(mirrors, "download", brought)
    assert find.resolve("auto")[1].folder == house


def test_a_wrong_name_is_an_error_and_nothing_else_is_taken(house, tmp_path, small, monkeypatch):
    with pytest.raises(DataError, match="found nothing"):
        find.resolve("auto", tmp_path / "none")
    monkeypatch.setenv("SIGNS_DIR", str(tmp_path / "none"))
    with pytest.raises(DataError, match="found nothing"):
        find.resolve("auto")
    monkeypatch.setenv("SIGNS_DIR", str(small))
    (small / "train_signs.h5").write_bytes(b"broken")
    with pytest.raises(DataError, match="HDF5"):
        find.resolve("auto")
    with pytest.raises(DataError, match="auto, signs or synthetic, received 'all'"):
        find.resolve("all")
    assert not house.exists()


def test_signs_never_means_drawn_hands(house):
    find.resolve("synthetic")
    with pytest.raises(DownloadError, match="downloading is off"):
        find.resolve("signs", online=False)
    with pytest.raises(DownloadError, match="offline"):
        find.resolve("signs")
    with pytest.raises(DataError, match="expected photographs, found drawn hands"):
        find.resolve("signs", house / "stand-in")


def test_a_cache_of_ones_own(house, tmp_path):
    assert find.resolve("synthetic", cache=tmp_path / "mine")[1].folder == tmp_path / "mine"
    assert not house.exists()


@pytest.mark.skipif(not Path("/proc/self/io").exists(), reason="counts bytes as Linux does")
def test_each_file_is_read_once(house, small):
    def bytes_read():
        lines = Path("/proc/self/io").read_text().splitlines()
        return int(dict(line.split(": ") for line in lines)["rchar"])

    find.resolve("auto", small)  # imports what it needs
    before = bytes_read()
    find.resolve("auto", small)
    size = sum(path.stat().st_size for path in small.iterdir())
    assert size <= bytes_read() - before < 1.2 * size


@pytest.mark.signs
def test_the_photographs_are_named_signs(signs_dir):
    assert find.resolve("auto", signs_dir)[1].name == "SIGNS"
