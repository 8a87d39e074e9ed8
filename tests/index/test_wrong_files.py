"""A commit with right checksums and wrong files is a corrupt index: found out on opening, whatever is wrong."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import pytest

import arsearch
from arsearch import Settings
from arsearch.common.numpy_files import read_array
from arsearch.errors import CorruptIndexError, IndexStateError
from arsearch.index.checksummed import add_checksum, check_and_load
from arsearch.index.commit import Commit
from arsearch.index.layout import Layout
from arsearch.lexical.segment.columns import open_columns

from ..arrays import change_array, change_facts
from ..conftest import MakeOnce
from .forging import reseal

NAME = "00000001"


@pytest.fixture(scope="module")
def made(made_once: MakeOnce, tiny_encoder: str) -> Path:
    def build(folder: Path) -> None:
        articles = ({"id": f"{n}", "title": f"خبر {n}", "body": f"نص الخبر رقم {n} عن البحر"} for n in range(12))
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "corpus.jsonl").write_text("\n".join(map(json.dumps, articles)), encoding="utf-8")
        arsearch.build_index([folder / "corpus.jsonl"], folder / "index", model=tiny_encoder, settings=Settings())

    return made_once("index-to-forge", build) / "index"


@pytest.fixture
def index(made: Path, tmp_path: Path) -> Path:
    return shutil.copytree(made, tmp_path / "index")


def files_of(folder: Path) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*")) if path.is_file()]


def open_and_close(index: Path) -> None:
    with Commit.open_live(index):
        pass


def as_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def as_array(values: Any) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        with path.open("wb") as file:
            np.save(file, np.asarray(values), allow_pickle=True)

    return write


SPOILT = ("nothing", "an archive", "a list", "nested", "a folder", "one number", "hours")
WRONG: dict[str, Callable[[Path], object]] = {
    "nothing": lambda path: path.write_bytes(b""),
    "noise": lambda path: path.write_bytes(b"\x93NUMPY" + bytes(range(256)) * 20),
    "an archive": lambda path: path.write_bytes(b"PK\x03\x04" + bytes(100)),
    "a list": lambda path: path.write_text("[]"),
    "an object": lambda path: path.write_text("{}"),
    "no text": lambda path: path.write_text("null"),
    "nested": lambda path: path.write_text("[" * 100_000),
    "a folder": as_folder,
    "objects": as_array([{}]),
    "one number": as_array(3),
    "texts": as_array(["بحر"]),
    "fractions": as_array(np.full((2, 2), np.nan)),
    "hours": as_array(np.array([1], "m8[h]")),
}


ONLY_SAVE_TIME = ("ranking/calibration_hashes.npy", "ranking/calibration_vectors.npy")
"""Files that only the next update reads, to encode less; it goes on without them."""


@pytest.mark.slow
def test_any_file_of_a_commit_may_be_anything(index: Path) -> None:
    """All files with all contents: none of them is more than a corrupt index, and none is less."""
    folder = Layout(index).commit(NAME)
    taken = []
    for name in files_of(folder):
        path = folder / name
        if name == "manifest.json" or name in ONLY_SAVE_TIME:
            continue
        whole = path.read_bytes()
        for kind in SPOILT:
            WRONG[kind](path)
            reseal(index, NAME)
            try:
                open_and_close(index)
                taken.append((name, kind))
            except CorruptIndexError:
                pass
            if path.is_dir():
                path.rmdir()
            path.write_bytes(whole)
    assert taken == []


COLUMNS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "an ordinal of 2^40": ("ordinals", lambda values: np.where(np.arange(len(values)) == 3, 1 << 40, values)),
    "an ordinal nobody gave": ("ordinals", lambda values: np.where(np.arange(len(values)) == 3, 1 << 20, values)),
    "an ordinal below nought": ("ordinals", lambda values: values - 1),
    "other integers": ("word_exacts", lambda values: values.astype(np.int64)),
    "other byte order": ("word_exacts", lambda values: values.astype(">i4")),
    "more dimensions": ("word_exacts", lambda values: values.reshape(-1, 1)),
    "signed frequencies": ("posting_counts", lambda values: values.astype(np.int8)),
    "offsets from behind": ("token_offsets", lambda values: np.where(np.arange(len(values)) == 0, -5, values)),
    "dates of another length": ("dates", lambda values: values.astype("S40")),
    "fewer fields": ("lengths", lambda values: values[:2]),
}


@pytest.mark.parametrize("case", COLUMNS)
def test_columns_are_of_their_type_shape_and_range(index: Path, case: str) -> None:
    column, change = COLUMNS[case]
    change_array(Layout(index).commit(NAME).glob("lexical/0*.arrays"), column, change)
    reseal(index, NAME)
    with pytest.raises(CorruptIndexError, match=r"`arsearch "):
        open_and_close(index)


RANGES: list[Any] = [
    [],
    {"date": [0]},
    {"date": ["0", "1"]},
    {"date": [5, 2]},
    {"date": [-4, 2]},
    {"date": [0, 1 << 40]},
]


@pytest.mark.parametrize("ranges", RANGES)
def test_fields_are_ranges_of_terms(index: Path, ranges: Any) -> None:
    [path] = Layout(index).commit(NAME).glob("lexical/0*.arrays")
    change_facts(path, fields=ranges)
    with pytest.raises(ValueError, match=r"no fields|no range of terms|different lengths"):  # told of where it is read
        open_columns(path)
    reseal(index, NAME)
    with pytest.raises(CorruptIndexError):
        open_and_close(index)


@pytest.mark.parametrize("ordinal", [-1, 1 << 32, 1 << 40])
def test_ordinals_that_no_row_of_vectors_can_hold_are_told_of_where_they_are_read(index: Path, ordinal: int) -> None:
    [path] = Layout(index).commit(NAME).glob("lexical/0*.arrays")
    change_array([path], "ordinals", lambda them: np.append(ordinal, them[1:]))
    with pytest.raises(ValueError, match="ordinals are not between 0"):
        open_columns(path)


@pytest.mark.parametrize("names", [["../../../elsewhere"], ["/elsewhere"], [3], {"0001": 1}, "0001", None])
def test_segments_are_files_beside_their_list(index: Path, names: Any) -> None:
    change_facts(Layout(index).commit(NAME) / "lexical" / "segments.arrays", segments=names)
    reseal(index, NAME)
    with pytest.raises(CorruptIndexError):
        open_and_close(index)


@pytest.mark.parametrize("deleted", [[99], [-1], [1.5], [[1]]])
def test_what_was_deleted_was_there(index: Path, deleted: Any) -> None:
    values = np.array(deleted, np.int32 if deleted != [1.5] else np.float64)
    change_array([Layout(index).commit(NAME) / "lexical" / "segments.arrays"], "0001", lambda _: values)
    reseal(index, NAME)
    with pytest.raises(CorruptIndexError):
        open_and_close(index)


def flat(rows: int, dimension: int) -> Any:
    index = faiss.IndexFlatIP(dimension)
    index.add(np.ones((rows, dimension), np.float32))
    return index


def quantized(rows: int, dimension: int, metric: int = faiss.METRIC_INNER_PRODUCT, kind: int | None = None) -> Any:
    kind = faiss.ScalarQuantizer.QT_8bit_direct_signed if kind is None else kind
    index = faiss.IndexScalarQuantizer(dimension, kind, metric)
    index.train(np.eye(dimension, dtype=np.float32))
    index.add(np.ones((rows, dimension), np.float32))
    return index


def graph(rows: int, dimension: int) -> Any:
    index = faiss.IndexHNSWFlat(dimension, 4)
    index.add(np.ones((rows, dimension), np.float32))
    return index


FAISS: dict[str, Callable[[int, int], Any]] = {
    "flat": flat,
    "graph": graph,
    "of another measure": lambda rows, dimension: quantized(rows, dimension, faiss.METRIC_L2),
    "of another precision": lambda rows, dimension: quantized(
        rows, dimension, kind=faiss.ScalarQuantizer.QT_4bit_uniform
    ),
    "of another dimension": lambda rows, dimension: quantized(rows, dimension + 1),
    "of more rows": lambda rows, dimension: quantized(rows + 1, dimension),
}


@pytest.mark.parametrize("kind", FAISS)
def test_faiss_files_of_another_kind_are_refused(index: Path, kind: str) -> None:
    path = Layout(index).commit(NAME) / "semantic" / "0001.faiss"
    there = faiss.read_index(str(path))
    faiss.write_index(FAISS[kind](there.ntotal, there.d), str(path))
    reseal(index, NAME)
    with pytest.raises(CorruptIndexError):
        open_and_close(index)


@pytest.mark.parametrize("scale", [float("inf"), -1, 0, "many", float("nan"), []])
def test_the_scale_of_vectors_is_a_number(index: Path, scale: Any) -> None:
    change_facts(Layout(index).commit(NAME) / "semantic" / "0001.arrays", scale=scale)
    reseal(index, NAME)
    with pytest.raises(CorruptIndexError):
        open_and_close(index)


MANIFEST: list[dict[str, Any]] = [
    {"commit": 1},
    {"commit": "../00000002"},
    {"created": "yesterday"},
    {"created": 5},
    {"articles": "12"},
    {"articles": -1},
    {"articles": True},
    {"dimension": 1.5},
    {"sources": "corpus"},
    {"sources": [1]},
    {"languages": {"en": 1}},
    {"files": []},
    {"files": {"../../secret": {"size": 1, "sha256": "0" * 64, "head": 1}}},
    {"files": {"/etc/passwd": {"size": 1, "sha256": "0" * 64, "head": 1}}},
    {"files": {"articles.sqlite": {"size": "1", "sha256": "0" * 64, "head": 1}}},
    {"files": {"articles.sqlite": {"size": 1, "sha256": None, "head": 1}}},
    {"semantic_scale": {"weight": "4", "chance": 0.1, "spread": 0.1}},
    {"semantic_scale": {"weight": float("nan"), "chance": 0.1, "spread": 0.1}},
    {"extra_fields": {"price": "money"}},
    {"extra_fields": ["price"]},
    {"encoder": None},
    {"format_version": []},
]


@pytest.mark.parametrize("changes", MANIFEST, ids=[json.dumps(changes) for changes in MANIFEST])
def test_every_key_of_the_manifest_is_of_its_type(index: Path, changes: dict[str, Any]) -> None:
    path = Layout(index).commit(NAME) / "manifest.json"
    record = check_and_load(path.read_bytes())
    record.pop("checksum", None)
    path.write_bytes(add_checksum(record | changes))
    Layout(index).switch(NAME)
    with pytest.raises(CorruptIndexError):
        open_and_close(index)


def test_what_nobody_expected_is_still_a_corrupt_index(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("nobody thought of it")

    with monkeypatch.context() as patch:
        patch.setattr("arsearch.index.commit.read_grams", fail)
        with pytest.raises(CorruptIndexError, match="nobody thought of it"):
            open_and_close(index)

    def want_memory(*_: object) -> None:
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr("arsearch.index.commit.read_grams", want_memory)
        with pytest.raises(IndexStateError, match="not enough memory") as raised:
            open_and_close(index)
        assert not isinstance(raised.value, CorruptIndexError)


@pytest.mark.parametrize("kind", ["nothing", "noise", "an archive", "a list", "objects", "texts", "one number"])
def test_arrays_are_read_as_what_they_are_to_be(tmp_path: Path, kind: str) -> None:
    WRONG[kind](path := tmp_path / "array.npy")
    with pytest.raises(ValueError, match=r"array\.npy"):
        read_array(path, "i4", 1)
