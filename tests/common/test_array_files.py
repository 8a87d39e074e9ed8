"""Several arrays in one file: what is got is what was written, and no other file is taken for one."""

from __future__ import annotations

import json
import random
import resource
import zlib
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from arsearch.common.array_files import ArrayFile, ArrayFileWriter, damaged_arrays, write_arrays

ARRAYS: dict[str, npt.NDArray[Any]] = {
    "numbers": np.arange(7, dtype=np.int32),
    "none": np.empty(0, np.int64),
    "no rows": np.empty((0, 3), np.uint32),
    "not contiguous": np.arange(12.0, dtype=np.float32).reshape(3, 4).T,
    "bytes": np.array([b"2015-07-21", b""], dtype="S19"),
    "codes": np.arange(100, dtype=np.uint8),
    "halves": np.ones((2, 3), np.float16),
}


def test_what_is_got_is_what_was_written(tmp_path: Path) -> None:
    write_arrays(tmp_path / "file", ARRAYS, {"scale": 0.5, "اسم": ["قيمة"]})
    file = ArrayFile(tmp_path / "file")
    assert file.facts == {"scale": 0.5, "اسم": ["قيمة"]}
    assert file.names == [*ARRAYS]
    for name, values in ARRAYS.items():
        got = file.get(name, *file.kind(name))
        assert (got.dtype, got.shape) == (values.dtype, values.shape)
        assert got.tolist() == values.tolist()
        assert got.flags.c_contiguous
        assert not got.size or not got.flags.writeable
        assert not got.size or got.ctypes.data % 64 == 0


def test_parts_become_one_array_whatever_is_written_between(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("arsearch.common.array_files._SPOOLED_BYTES", 100)
    with ArrayFileWriter(tmp_path / "file") as out:
        with closing(out.parts("one", np.int32)) as one, closing(out.parts("other", np.uint8)) as other:
            for number in range(60):
                one.add(np.arange(number))
                out.write(f"between {number}", np.array([number]))
                other.add(np.full(3, number))
        assert out.write_parts("third", np.int64, (np.arange(number) for number in range(5))) == 10
        with pytest.raises(ValueError, match="there already"):
            out.write("third", np.zeros(1))
    file = ArrayFile(tmp_path / "file")
    assert file.get("one", "i4", 1).tolist() == [each for number in range(60) for each in range(number)]
    assert file.get("other", "u1", 1).tolist() == [number for number in range(60) for _ in range(3)]
    assert file.get("third", "i8", 1).tolist() == [0, 0, 1, 0, 1, 2, 0, 1, 2, 3]
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize(
    ("name", "types", "dimensions"), [("numbers", "i8 u4", 1), ("numbers", "i4", 2), ("x", "i4", 1)]
)
def test_an_array_is_what_was_asked_for(tmp_path: Path, name: str, types: str, dimensions: int) -> None:
    write_arrays(tmp_path / "file", ARRAYS)
    with pytest.raises(ValueError, match=name):
        ArrayFile(tmp_path / "file").get(name, types, dimensions)


def test_no_other_file_is_taken_for_one(tmp_path: Path) -> None:
    """One flipped bit, wherever it is, is noticed on opening or changes nothing but the values of one array."""
    path = tmp_path / "file"
    write_arrays(path, ARRAYS)
    whole = path.read_bytes()
    chance = random.Random(5)
    table = int.from_bytes(whole[8:16], "little")
    for place in [*range(28), *chance.sample(range(table, len(whole)), 60)]:
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 4]) + whole[place + 1 :])
        with pytest.raises(ValueError, match="file"):
            ArrayFile(path)
    for end in (0, 20, 64, len(whole) - 1):
        path.write_bytes(whole[:end])
        with pytest.raises(ValueError, match="file"):
            ArrayFile(path)
    path.write_bytes(whole + b"x")
    with pytest.raises(ValueError, match="file"):
        ArrayFile(path)


def test_a_damaged_array_is_named(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_arrays(path, ARRAYS)
    data = path.read_bytes()
    assert damaged_arrays(path) == []
    place = data.index(bytes(range(50)))
    path.write_bytes(data[: place + 20] + b"y" + data[place + 21 :])
    assert damaged_arrays(path) == ["codes"]
    path.write_bytes(b"")
    assert damaged_arrays(path) == []


TABLES: list[Callable[[dict[str, Any]], object]] = [
    lambda table: table.pop("arrays"),
    lambda table: table.pop("facts"),
    lambda table: table.update(facts=[]),
    lambda table: table.update(arrays=[]),
    lambda table: table["arrays"].update(numbers=3),
    lambda table: table["arrays"]["numbers"].__setitem__(0, "|O"),
    lambda table: table["arrays"]["numbers"].__setitem__(0, "<i4,<i4"),
    lambda table: table["arrays"]["numbers"].__setitem__(0, "<i3"),
    lambda table: table["arrays"]["numbers"].__setitem__(0, ["<i4"]),
    lambda table: table["arrays"]["numbers"].__setitem__(1, [-7]),
    lambda table: table["arrays"]["numbers"].__setitem__(1, [1 << 62, 1 << 62]),
    lambda table: table["arrays"]["numbers"].__setitem__(1, [1 << 40]),
    lambda table: table["arrays"]["numbers"].__setitem__(1, [7.0]),
    lambda table: table["arrays"]["numbers"].__setitem__(1, [1] * 40),
    lambda table: table["arrays"]["numbers"].__setitem__(2, 65),
    lambda table: table["arrays"]["numbers"].__setitem__(2, 0),
    lambda table: table["arrays"]["numbers"].__setitem__(2, 1 << 70),
    lambda table: table["arrays"]["numbers"].__setitem__(3, "0"),
]


@pytest.mark.parametrize("change", TABLES)
def test_a_forged_table_is_refused(tmp_path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Its checksum is right."""
    path = tmp_path / "file"
    write_arrays(path, ARRAYS)
    data = path.read_bytes()
    begin = int.from_bytes(data[8:16], "little")
    table = json.loads(data[begin:])
    change(table)
    text = json.dumps(table).encode()
    head = data[:16] + len(text).to_bytes(8, "little") + zlib.crc32(text).to_bytes(4, "little")
    path.write_bytes(head + data[len(head) : begin] + text)
    with pytest.raises(ValueError, match="is no file of arrays"):
        ArrayFile(path)


def test_a_full_disk_is_told_of(tmp_path: Path) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (500, limits[1]))
    try:
        for count in (20, 400, 5000):
            with pytest.raises(OSError, match="File too large"):
                write_arrays(tmp_path / "file", {"values": np.ones(count, np.uint8), "more": np.ones(400, np.uint8)})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
