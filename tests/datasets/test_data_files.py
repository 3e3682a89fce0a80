"""Files are whole or not there at all."""

import errno
import os

import pytest

from datasets.errors import DataError
from datasets.files import make_folder, whole, write_whole


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_bytes_and_text_arrive_in_a_folder_that_is_made(tmp_path):
    write_whole(tmp_path / "a" / "b.txt", "wörter")
    write_whole(tmp_path / "a" / "b.bin", b"\x00\x01")
    assert (tmp_path / "a" / "b.txt").read_text(encoding="utf-8") == "wörter"
    assert (tmp_path / "a" / "b.bin").read_bytes() == b"\x00\x01"
    assert names(tmp_path / "a") == ["b.bin", "b.txt"]


@pytest.mark.parametrize("fault", [RuntimeError, KeyboardInterrupt])
def test_a_failed_block_leaves_the_old_file_and_nothing_else(tmp_path, fault):
    path = tmp_path / "kept.h5"
    write_whole(path, "old")
    with pytest.raises(fault), whole(path) as temporary:
        assert temporary.parent == tmp_path and temporary.suffix == ".h5"
        temporary.write_text("half of the n")
        raise fault
    assert path.read_text() == "old" and names(tmp_path) == ["kept.h5"]


def test_the_mode_is_that_of_any_new_file_and_a_link_stays_a_link(tmp_path):
    (tmp_path / "plain").write_text("")
    (tmp_path / "link").symlink_to(tmp_path / "target")
    write_whole(tmp_path / "link", "x")
    assert (tmp_path / "link").is_symlink() and (tmp_path / "target").read_text() == "x"
    assert (tmp_path / "target").stat().st_mode == (tmp_path / "plain").stat().st_mode


@pytest.mark.parametrize(
    "number, word",
    [
        (errno.ENOSPC, "disk is full"),
        (errno.EDQUOT, "quota"),
        (errno.EROFS, "read-only"),
        (errno.EACCES, "no permission"),
    ],
)
def test_what_the_disk_refuses_is_one_line(tmp_path, monkeypatch, number, word):
    def refuse(_):
        raise OSError(number, os.strerror(number))

    write_whole(tmp_path / "x", "old")
    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(DataError, match=f"cannot write .*x.*{word}") as caught:
        write_whole(tmp_path / "x", "new")
    assert "\n" not in str(caught.value)
    assert (tmp_path / "x").read_text() == "old" and names(tmp_path) == ["x"]


def test_h5py_hides_the_number_and_we_find_it():
    from datasets.files import why

    error = OSError(
        "Can't write data (file write failed: errno = 28, error message = "
        "'No space left on device')"
    )
    assert error.errno is None and "disk is full" in why(error)


def test_a_folder_in_place_of_the_file_and_a_file_in_place_of_the_folder(tmp_path):
    (tmp_path / "folder").mkdir()
    with pytest.raises(DataError, match="a folder has that name; expected a file"):
        write_whole(tmp_path / "folder", "x")
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="there is a file where a folder"):
        write_whole(tmp_path / "file" / "x", "x")
    with pytest.raises(DataError, match="cannot make the folder"):
        make_folder(tmp_path / "file")


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_permission(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(DataError, match="no permission"):
        write_whole(tmp_path / "x", "x")


def test_a_fault_at_another_file_is_not_blamed_on_this_one(tmp_path):
    with pytest.raises(FileNotFoundError), whole(tmp_path / "x"):
        (tmp_path / "another").read_bytes()
    assert names(tmp_path) == []
