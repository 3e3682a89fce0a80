"""What a fork leaves is read within bounds: sizes before contents, and nothing but numbers."""

from __future__ import annotations

import io
import json
import struct
import tracemalloc
import zipfile
import zlib

import numpy as np
import pytest

from grader.runner import result_files
from grader.runner.result_files import Evidence, parse

ARRAYS = {
    "eval": np.arange(24, dtype=np.float32).reshape(2, 3, 4),
    "columns": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    "one": np.array(7),
    "none": np.zeros((0, 3), np.float32),
    "which": np.array([True, False]),
}


def packed(how=np.savez, **arrays):
    buffer = io.BytesIO()
    how(buffer, **arrays)
    return buffer.getvalue()


def read(content) -> Evidence:
    [evidence] = parse({"0.json": b"{}", "0.npz": content}, 1, 0)
    return evidence


def refused(content) -> str:
    evidence = read(content)
    assert evidence.trouble["kind"] == "unreadable" and not evidence.arrays
    return evidence.trouble["text"]


def member(content, how=zipfile.ZIP_STORED):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", how) as archive:
        archive.writestr("eval.npy", content)
    return buffer.getvalue()


def header(shape, dtype="<f4", rest=b""):
    buffer = io.BytesIO()
    about = {"descr": dtype, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(buffer, about)
    return buffer.getvalue() + rest


@pytest.mark.parametrize("how", [np.savez, np.savez_compressed])
def test_arrays_come_back_as_they_were(how):
    found = read(packed(how, **ARRAYS)).arrays
    assert found.keys() == ARRAYS.keys()
    for name, value in ARRAYS.items():
        assert found[name].dtype == value.dtype
        np.testing.assert_array_equal(found[name], value)


@pytest.mark.parametrize("how", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_what_is_packed_in_another_way_is_not_unpacked(how, monkeypatch):
    content = member(header((1,), rest=bytes(4)), how)
    monkeypatch.setattr(zipfile, "_get_decompressor", None)
    assert "packing" in refused(content)


def test_a_member_that_lies_about_its_size_takes_no_more_than_it_says():
    real = zlib.compressobj(9, zlib.DEFLATED, -15)
    bomb = real.compress(header((1,), rest=bytes(2**28))) + real.flush()
    content = bytearray(member(b"x" * len(bomb)))
    content = content.replace(b"x" * len(bomb), bomb)
    for place, method, size in ((0, 8, 22), (content.index(b"PK\x01\x02"), 10, 24)):
        struct.pack_into("<H", content, place + method, zipfile.ZIP_DEFLATED)
        struct.pack_into("<I", content, place + size, 200)
    tracemalloc.start()
    refused(bytes(content))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 * len(content) + 2**22


@pytest.mark.parametrize(
    "content",
    [
        header((2**40,), rest=bytes(8)),
        header((2**31, 2**31, 2**31), rest=bytes(8)),
        header((-2,), rest=bytes(8)),
        header((2,), "|O", bytes(16)),
        header((0,), "|V0"),
        header((1,), "<U2", bytes(8)),
        b"\x93NUMPY\x03\x00" + bytes(20),
        b"no array",
        b"",
    ],
)
def test_what_is_no_array_of_numbers_earns_nothing(content):
    assert "arrays" in refused(member(content))


def test_more_members_than_a_result_has_are_not_listed(monkeypatch):
    content = packed(**{f"a{n}": np.zeros(1) for n in range(40)})
    monkeypatch.setattr(result_files, "MOST_ARRAYS", 10)
    monkeypatch.setattr(result_files.zipfile, "ZipFile", None)
    assert "more arrays" in refused(content)


def test_a_graph_is_cut(monkeypatch):
    monkeypatch.setattr(result_files, "MOST_OPERATIONS", 3)
    rows = json.dumps({"graph": [1, {"a": 1}, {"a": 2}, {"a": 3}]}).encode()
    [evidence] = parse({"0.json": rows, "0.npz": packed()}, 1, 0)
    assert evidence.graph == [{"a": 1}, {"a": 2}]
