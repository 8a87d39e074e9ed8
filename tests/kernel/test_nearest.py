"""Rows of bytes compared with a query: the kernel finds what FAISS and NumPy find."""

from __future__ import annotations

from typing import Any

import faiss
import numpy as np
import pytest

from arsearch import kernel
from arsearch.semantic.faiss_file import map_bytes, write_flat

pytestmark = pytest.mark.skipif(kernel.native is None, reason="there is no compiled kernel")

ROWS = 700


def empty_index(dimension: int) -> Any:
    return faiss.IndexScalarQuantizer(
        dimension, faiss.ScalarQuantizer.QT_8bit_direct_signed, faiss.METRIC_INNER_PRODUCT
    )


@pytest.mark.parametrize("dimension", [1, 3, 64, 129, 256, 1024])
@pytest.mark.parametrize("is_coarse", [True, False])
@pytest.mark.parametrize("has_filter", [True, False])
def test_the_nearest_rows_are_those_of_faiss_in_its_order(dimension: int, is_coarse: bool, has_filter: bool) -> None:
    random = np.random.default_rng(dimension)
    most = 1 if is_coarse else 127  # many products are the same
    stored = random.integers(-most, most + 1, (ROWS, dimension))
    query = random.integers(-most, most + 1, dimension)
    index = empty_index(dimension)
    index.add(stored.astype(np.float32))
    codes = (stored + 128).astype(np.uint8).reshape(-1)
    allowed = random.random(ROWS) < 0.4 if has_filter else None
    parameters = None
    if allowed is not None:
        selector = faiss.IDSelectorBitmap(np.packbits(allowed, bitorder="little"))  # type: ignore[call-arg, arg-type]
        parameters = faiss.SearchParameters(sel=selector)  # type: ignore[call-arg]
    assert kernel.native is not None
    for depth in (1, 2, 64, 200, ROWS):
        by_faiss = index.search(query[np.newaxis].astype(np.float32), depth, params=parameters)[1][0]
        found = np.frombuffer(kernel.native.nearest_rows(codes, query.astype(np.int8), allowed, depth), np.int64)
        np.testing.assert_array_equal(found, by_faiss[by_faiss >= 0])


def test_rows_are_taken_as_numpy_takes_them() -> None:
    random = np.random.default_rng(5)
    codes = random.integers(0, 256, (50, 33)).astype(np.uint8)
    rows = random.integers(0, 50, 80)
    numbers = np.empty((80, 33), np.float32)
    assert kernel.native is not None
    kernel.native.take_rows(codes.reshape(-1), rows, numbers.reshape(-1))
    np.testing.assert_array_equal(numbers, codes[rows].astype(np.float32) - np.float32(128))


def test_rows_that_are_not_there_are_refused() -> None:
    assert kernel.native is not None
    codes, numbers = np.zeros(20, np.uint8), np.empty(5, np.float32)
    for row in (-1, 4, 1 << 62):
        with pytest.raises(ValueError, match="not in the table"):
            kernel.native.take_rows(codes, np.array([row]), numbers)
    for query, allowed in ((np.zeros(3, np.int8), None), (np.zeros(5, np.int8), np.ones(3, np.bool_))):
        with pytest.raises(ValueError, match="do not fit together"):
            kernel.native.nearest_rows(codes, query, allowed, 2)


def test_a_flat_file_of_bytes_is_mapped_as_faiss_reads_it_and_no_other_is(tmp_path: Any) -> None:
    path = tmp_path / "a.faiss"
    codes = np.random.default_rng(1).integers(0, 256, (9, 40)).astype(np.uint8)
    write_flat(path, empty_index(40), codes)
    mapped = map_bytes(path)
    assert mapped is not None
    np.testing.assert_array_equal(mapped, codes)
    written = path.read_bytes()
    halves = faiss.IndexScalarQuantizer(40, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
    distances = faiss.IndexScalarQuantizer(40, faiss.ScalarQuantizer.QT_8bit_direct_signed, faiss.METRIC_L2)
    others = [faiss.serialize_index(index).tobytes() for index in (halves, distances, empty_index(40))]
    for other in (b"", written[:60], written[:-1], written + b"\0", *others):
        path.write_bytes(other)
        assert map_bytes(path) is None
