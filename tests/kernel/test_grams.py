"""Grams of a query, and the words of a segment that have them, are found by the kernel as without it."""

from __future__ import annotations

from pathlib import Path
from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arsearch import kernel
from arsearch.index.grams import _SegmentGrams
from arsearch.ranking.ngrams import GramTable, find_grams, grams_of

words = st.lists(st.text(alphabet="ابتكمa𐐷", max_size=7), max_size=12).map(
    lambda some: "".join(f"{one}\n" for one in some)
)


@given(words)
def test_grams_are_those_found_without_the_kernel(words: str) -> None:
    assert grams_of(words).tolist() == find_grams(words)[0].tolist()


@pytest.mark.parametrize("asked", ["كتاب\n", "مكتبة\nولد\n", "ولد\n", "و\n", ""])
def test_words_with_grams_are_those_found_without_the_kernel(tmp_path: Path, asked: str) -> None:
    _SegmentGrams.write(tmp_path / "0001", "كتاب\nكتابة\nمكتبة\nو\nالكتاب\nقلم\n")
    segment, grams = _SegmentGrams(tmp_path / "0001", 100), grams_of(asked)
    buckets = GramTable.buckets_of(grams).astype(np.int32)
    native = segment.words_with(grams, buckets)
    with mock.patch.object(kernel, "native", None):
        assert set(segment.words_with(grams, buckets).tolist()) == set(native.tolist())
    assert bool(len(native)) is (len(grams) > 0 and asked != "ولد\n")


def test_a_table_that_does_not_fit_together() -> None:
    assert kernel.native is not None
    grams, bucket = grams_of("كتاب\n")[:1], GramTable.buckets_of(grams_of("كتاب\n")[:1]).astype(np.int32)
    words = np.arange(3, dtype=np.int32)
    for offsets in ([0, 4], [-1, 2], [2, 1], [0]):
        with pytest.raises(ValueError, match=r"damaged|offsets"):
            kernel.native.words_with_grams(grams, bucket, np.array(offsets, np.int32), words)
