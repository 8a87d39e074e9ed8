"""Stretches cut, hashed and found by the kernel are those of NumPy; arrays that do not fit together are errors."""

from __future__ import annotations

from unittest import mock

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from arsearch import kernel
from arsearch.common.hash_table import HashTable
from arsearch.common.hashing import MAX_CHARACTERS, hash_key
from arsearch.lexical.analysis.cutting import cut

TRICKY = "ال 1٢٣.,،٬٫و\u0640\u064b\u200f\n\ufdfa-_\u00ad'\x00\ud800"


@given(st.text() | st.text(st.sampled_from(TRICKY)))
@example("")
@example("1")
@example(".5,000.")
@example("كلمة. 1.5، 𝟓.𝟓")
def test_texts_are_cut_as_numpy_cuts_them(text: str) -> None:
    spans, hashes = cut(text)
    with mock.patch.object(kernel, "native", None):
        expected, expected_hashes = cut(text)
    assert spans.begins.tolist() == expected.begins.tolist()
    assert spans.ends.tolist() == expected.ends.tolist()
    assert hashes.tolist() == expected_hashes.tolist()


near = st.integers(0, 12) | st.integers(0, 2**64 - 1) | st.integers(2**64 - 12, 2**64 - 1)


@given(st.lists(near, max_size=60), st.lists(near))
def test_hashes_are_found_as_numpy_finds_them(known: list[int], others: list[int]) -> None:
    table = HashTable()
    table.number(np.array(known, dtype=np.uint64))
    wanted = np.array(known + others, dtype=np.uint64)
    found = table.find(wanted)
    with mock.patch.object(kernel, "native", None):
        assert found.tolist() == table.find(wanted).tolist()


def test_arrays_that_do_not_fit_are_errors() -> None:
    assert kernel.native is not None
    codes, kinds, key = np.zeros(10, dtype=np.uint16), np.zeros(1 << 16, dtype=np.uint8), hash_key()
    room, hashes = np.zeros(5, dtype=np.int64), np.zeros(5, dtype=np.uint64)
    assert kernel.native.split_chunks(codes, kinds, room, room.copy(), key, hashes) == 1
    for arrays in (
        (codes, kinds[:-1], room, room.copy(), key, hashes),
        (codes, kinds, room[:4], room.copy(), key, hashes),
        (codes, kinds, room, room.copy(), key[:-1], hashes),
    ):
        with pytest.raises(ValueError, match="too small"):
            kernel.native.split_chunks(*arrays)
    numbers, result = np.zeros(8, dtype=np.int32), np.zeros(5, dtype=np.int32)
    full = np.ones(8, dtype=np.uint64)
    kernel.native.find_hashes(np.full(5, 7, dtype=np.uint64), full, numbers, result)
    assert result.tolist() == [-1] * 5, "a table without an empty place is gone round once"
    for table in (full[:7], np.ones(1, dtype=np.uint64)):
        with pytest.raises(ValueError, match="do not fit"):
            kernel.native.find_hashes(hashes, table, numbers, result)
    with pytest.raises(TypeError):
        kernel.native.find_hashes(codes, full, numbers, result)


EXTREMES = st.sampled_from([-(2**63), -1, 0, 3, 10, 11, 2**63 - 1])


@given(EXTREMES, EXTREMES)
def test_spans_outside_of_their_text_are_errors(begin: int, end: int) -> None:
    assert kernel.native is not None
    hashes = np.zeros(1, dtype=np.uint64)
    arguments = np.zeros(10, np.uint8), np.array([begin]), np.array([end]), hash_key(), hashes
    if 0 <= begin <= end <= 10:
        kernel.native.hash_spans(*arguments)
    else:
        with pytest.raises(ValueError, match="outside its text"):
            kernel.native.hash_spans(*arguments)


def test_spans_that_are_none() -> None:
    assert kernel.native is not None
    codes, none, hashes = np.zeros(10, np.uint8), np.zeros(1, np.int64), np.zeros(1, np.uint64)
    assert len(hash_key()) == MAX_CHARACTERS + 1
    kernel.native.hash_spans(codes, none, none, hash_key(), hashes)
    for wrong in (codes.astype(np.int8), codes.astype(np.float32), codes.reshape(2, 5)):
        with pytest.raises(TypeError, match="codes"):
            kernel.native.hash_spans(wrong, none, none, hash_key(), hashes)
    for arguments in (
        (codes.astype(np.uint64), none, none, hash_key(), hashes),
        (codes, none, none[:0], hash_key(), hashes),
        (codes, none, none, hash_key()[1:], hashes),
        (codes, none, none, hash_key(), hashes[:0]),
    ):
        with pytest.raises(ValueError, match="do not fit"):
            kernel.native.hash_spans(*arguments)
