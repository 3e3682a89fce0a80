"""Damage for files: bytes, JSON and zip archives, drawn from a seeded generator."""

from __future__ import annotations

import copy
import io
import json
import random
import zipfile
from collections.abc import Callable

SIZES = (1, 1, 2, 8, 64, 300)
END = 4096  # bytes: what describes a file stands at its beginning or its end
# In place of any value of a JSON file.
ODD: tuple[object, ...] = (
    None, True, -1, 0, 10**30, 1e308, float("nan"), float("inf"), "", "x" * 3000, "\x1b[2J\n",
    "../../outside", [], {}, [[]], {"": None}, ["a", 1],
)  # fmt: skip


def in_bytes(content: bytes, rng: random.Random) -> bytes:
    """A copy with one to three faults: overwritten, cut, doubled, emptied, put in or taken out."""
    for _ in range(rng.choice((1, 1, 2, 3))):
        content = rng.choice(_FAULTS)(content, rng)
    return content


def _place(content: bytes, rng: random.Random) -> int:
    size = len(content)
    low, high = rng.choice(((0, min(size, END)), (max(0, size - END), size), (0, size)))
    return rng.randint(low, high)


def _overwritten(content: bytes, rng: random.Random) -> bytes:
    place, size = _place(content, rng), rng.choice(SIZES)
    return content[:place] + rng.randbytes(size) + content[place + size :]


def _one_bit(content: bytes, rng: random.Random) -> bytes:
    if not content:
        return content
    place = min(_place(content, rng), len(content) - 1)
    return content[:place] + bytes([content[place] ^ 1 << rng.randrange(8)]) + content[place + 1 :]


def _cut(content: bytes, rng: random.Random) -> bytes:
    return content[: _place(content, rng)]


def _doubled(content: bytes, rng: random.Random) -> bytes:
    first, second = sorted((_place(content, rng), _place(content, rng)))
    return content[:second] + content[first : min(second, first + END)] + content[second:]


def _zeroed(content: bytes, rng: random.Random) -> bytes:
    place, size = _place(content, rng), rng.choice((*SIZES, 512, END))
    return content[:place] + bytes(size) + content[place + size :]


def _inserted(content: bytes, rng: random.Random) -> bytes:
    place = _place(content, rng)
    return content[:place] + rng.randbytes(rng.choice(SIZES)) + content[place:]


def _removed(content: bytes, rng: random.Random) -> bytes:
    place = _place(content, rng)
    return content[:place] + content[place + rng.choice(SIZES) :]


_FAULTS: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    _overwritten, _overwritten, _one_bit, _one_bit, _cut, _doubled, _zeroed, _inserted, _removed,
)  # fmt: skip


def in_json(content: bytes, rng: random.Random) -> bytes:
    """A copy with other values, lost or renamed keys, or nested without an end; or `in_bytes`."""
    if rng.random() < 0.3:
        return in_bytes(content, rng)
    if rng.random() < 0.03:
        depth = rng.choice((50, 5000, 100_000))
        return b"[" * depth + b"]" * depth
    value = json.loads(content)
    for _ in range(rng.choice((1, 1, 2, 5))):
        value = _other_value(value, rng)
    return json.dumps(value).encode()


def _other_value(value, rng: random.Random):
    """A copy of a JSON value in which one place is another."""
    value = copy.deepcopy(value)
    places = list(_places(value))
    if not places or rng.random() < 0.03:
        return copy.deepcopy(rng.choice(ODD))
    parent, key = rng.choice(places)
    action = rng.random()
    if action < 0.2:
        del parent[key]
    elif action < 0.3 and isinstance(parent, dict):
        parent[f"{key}x"] = parent.pop(key)
    else:
        parent[key] = copy.deepcopy(rng.choice(ODD))
    return value


def _places(value):
    """Every (container, key) in a JSON value; of a long list the first and the last ones."""
    if isinstance(value, dict):
        keys = list(value)
    elif isinstance(value, list):
        keys = [*range(len(value))[:3], *range(len(value))[3:][-1:]]
    else:
        return
    for key in keys:
        yield value, key
        yield from _places(value[key])


def in_zip(content: bytes, rng: random.Random, inside=in_bytes) -> bytes:
    """A copy whose archive is damaged, or whose members are while their checksums are right.

    inside: name -> damage for a member, or a damage for all.
    """
    if rng.random() < 0.4:
        return in_bytes(content, rng)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = [(info.filename, archive.read(info)) for info in archive.infolist()]
    if members and rng.random() < 0.8:
        number = rng.randrange(len(members))
        name, data = members[number]
        members[number] = name, inside(data, rng)
    if members and rng.random() < 0.3:
        number = rng.randrange(len(members))
        name = rng.choice(("../outside", "/tmp/outside", "a/../../outside", "", "\x00", "n" * 300))
        members[number] = name, members[number][1]
    if members and rng.random() < 0.2:
        members.remove(rng.choice(members))
    if members and rng.random() < 0.1:
        members.append(rng.choice(members))
    buffer = io.BytesIO()
    packing = rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA))
    with zipfile.ZipFile(buffer, "w", packing) as archive:
        for name, data in members:
            archive.writestr(zipfile.ZipInfo(name), data, packing)
    made = buffer.getvalue()
    if rng.random() < 0.2:  # sizes and checksums that lie
        made = in_bytes(made, rng)
    return made
