"""Segments on disk: merged ones are those a single build would give, and they share what does not change."""

from __future__ import annotations

import dataclasses
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arsearch import CorruptIndexError
from arsearch.common.segments import SEGMENTS_FILE, arrays_file
from arsearch.corpus.cleaning.near_duplicates import word_hash
from arsearch.lexical import Document, LexicalIndex, LexicalWriter
from arsearch.lexical.segment.builder import SegmentBuilder
from arsearch.lexical.segment.columns import Columns, open_columns
from arsearch.lexical.segment.merge import merge_segments
from arsearch.lexical.segment.open_segments import read_segments
from arsearch.lexical.segment.packing.bits import padded
from arsearch.lexical.segment.packing.spans import pack_spans, token_offsets, unpack_spans
from arsearch.lexical.segment.packing.words import pack_words

from ...arrays import arrays_of, change_array


def segment(path: Path, documents: list[Document]) -> Columns:
    builder = SegmentBuilder()
    builder.add(documents)
    builder.write(path)
    return open_columns(path)


def same(one: Columns, other: Columns) -> None:
    for field in dataclasses.fields(Columns):
        a, b = getattr(one, field.name), getattr(other, field.name)
        assert np.array_equal(a, b) if isinstance(a, np.ndarray) else a == b, field.name


@pytest.mark.parametrize("share", [1.0, 0.6, 0.01])
def test_a_merged_segment_is_that_of_one_build(tmp_path: Path, documents: list[Document], share: float) -> None:
    some = [*documents[:900], Document(ordinal=99_991, title="ﷺ", body="x" * 300 + " ﷺ " + " " * 400 + "y")]
    live = np.random.default_rng(1).random(len(some)) < share
    cuts = [0, 400, 401, 700, len(some)]
    parts = [(segment(tmp_path / f"{first}", some[first:last]), live[first:last]) for first, last in pairwise(cuts)]
    merge_segments(parts, tmp_path / "merged")
    kept = [document for document, lives in zip(some, live, strict=True) if lives]
    same(open_columns(tmp_path / "merged"), segment(tmp_path / "direct", kept))
    direct, merged = (arrays_of(tmp_path / name) for name in ("direct", "merged"))
    assert direct.keys() == merged.keys()
    for name, values in direct.items():
        assert (values.dtype, values.shape, values.tobytes()) == (
            merged[name].dtype, merged[name].shape, merged[name].tobytes()
        ), name  # fmt: skip


@pytest.mark.slow
def test_a_merge_in_many_parts_is_the_same(
    tmp_path: Path, documents: list[Document], monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = [segment(tmp_path / "a", documents[:300]), segment(tmp_path / "b", documents[300:500])]
    masks = [np.arange(part.document_count) % 3 > 0 for part in parts]
    merge_segments(list(zip(parts, masks, strict=True)), tmp_path / "whole")
    monkeypatch.setattr("arsearch.lexical.segment.merge._PART", 7)
    monkeypatch.setattr("arsearch.lexical.segment.merge._PART_OF_TERMS", 3)
    merge_segments(list(zip(parts, masks, strict=True)), tmp_path / "parts")
    same(open_columns(tmp_path / "whole"), open_columns(tmp_path / "parts"))


@pytest.mark.slow
def test_a_small_budget_gives_the_same_index(
    tmp_path: Path, documents: list[Document], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("arsearch.lexical.segment.writer._MERGED_AT_ONCE", 2)
    written = LexicalWriter(tmp_path / "small", memory_mb=1)
    for first in range(0, 5200, 10):
        written.add(documents[first : first + 10])
    assert written.commit() == 5200
    [(name, _)] = read_segments(tmp_path / "small")
    assert int(name) > 9, "segments of more than one level were merged"
    same(open_columns(arrays_file(tmp_path / "small", name)), segment(tmp_path / "direct", documents))


@pytest.mark.slow
def test_words_that_are_forgotten_on_the_way_change_nothing(
    tmp_path: Path, documents: list[Document], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("arsearch.lexical.segment.builder._WORDS_REMEMBERED", 500)
    written = LexicalWriter(tmp_path / "small", memory_mb=1)
    for first in range(0, 1000, 10):
        some = documents[first : first + 10]
        titles = [document.title for document in some]
        words = written.exact_words(titles, word_hash)
        alone = LexicalWriter(tmp_path / f"{first}", memory_mb=1).exact_words(titles, word_hash)
        for one, other in zip(words, alone, strict=True):
            np.testing.assert_array_equal(one, other)
        written.add(some)
    assert written.commit() == 1000
    [(name, _)] = read_segments(tmp_path / "small")
    assert int(name) > 3, "there were several segments"
    same(open_columns(arrays_file(tmp_path / "small", name)), segment(tmp_path / "direct", documents[:1000]))


def test_many_new_words_fill_a_segment() -> None:
    builder = SegmentBuilder()
    builder.add([Document(ordinal=1, title="", body="كتاب " * 1000)])
    same_word = builder.memory
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("arsearch.lexical.segment.builder._WORDS_REMEMBERED", 10)
        builder.add([Document(ordinal=2, title="", body=" ".join(map(str, range(1000, 2000))))])
        assert builder.memory > 3 * same_word


def test_commits_share_unchanged_segments_and_keep_few(tmp_path: Path, documents: list[Document]) -> None:
    previous: Path | None = None
    for round_number in range(8):
        writer = LexicalWriter(tmp_path / f"{round_number}", memory_mb=64, previous=previous)
        first = 0 if round_number == 0 else 1000 + 10 * round_number
        writer.add(documents[first : first + (1000 if round_number == 0 else 10)])
        writer.commit()
        previous = tmp_path / f"{round_number}"
    assert previous
    [(big, _), *small] = read_segments(previous)
    assert len(small) <= 3
    assert arrays_file(tmp_path / "0", big).samefile(arrays_file(previous, big))
    there = {path.name for path in previous.iterdir()}
    kept = {big, *(name for name, _ in small)}
    assert there == {SEGMENTS_FILE, *(f"{name}.arrays" for name in kept)}, "what was merged is gone"


def test_a_mostly_deleted_segment_is_written_anew(tmp_path: Path, documents: list[Document]) -> None:
    writer = LexicalWriter(tmp_path / "1", memory_mb=64)
    writer.add(documents[:100])
    writer.commit()
    writer = LexicalWriter(tmp_path / "2", memory_mb=64, previous=tmp_path / "1")
    writer.delete([document.ordinal for document in documents[:60]])
    assert writer.commit() == 40
    [(name, deleted)] = read_segments(tmp_path / "2")
    assert not len(deleted)
    same(open_columns(arrays_file(tmp_path / "2", name)), segment(tmp_path / "direct", documents[60:100]))


def test_everything_deleted(tmp_path: Path, documents: list[Document]) -> None:
    writer = LexicalWriter(tmp_path / "1", memory_mb=64)
    writer.add(documents[:3])
    writer.commit()
    writer = LexicalWriter(tmp_path / "2", memory_mb=64, previous=tmp_path / "1")
    writer.delete([document.ordinal for document in documents[:3]])
    assert writer.commit() == 0
    assert len(LexicalIndex(tmp_path / "2")) == 0


spans = st.lists(st.tuples(st.integers(0, 400), st.integers(0, 300)), max_size=20)


@given(st.lists(st.tuples(spans, spans), min_size=1, max_size=4))
def test_offsets_come_back(texts: list[tuple[list[tuple[int, int]], list[tuple[int, int]]]]) -> None:
    rows: list[tuple[int, int]] = []
    firsts: list[int] = []
    counts: list[int] = []
    titles: list[int] = []
    for title, body in texts:
        for text in (title, body):
            firsts.append(len(rows))
            end = 0
            for gap, width in text:
                rows.append((end + gap, end + gap + width))
                end = end + gap + width
        titles.append(len(title))
        counts.append(len(title) + len(body))
    table = np.array(rows, dtype=np.int32).reshape(-1, 2)
    offsets = np.cumsum([0, *counts])
    words = np.arange(len(table), dtype=np.int32) % len(WORD_WIDTHS)
    packed, ends = pack_words(words, offsets, CODE)
    where = token_offsets(table[:, 0], table[:, 1], np.array(firsts))
    spans_packed, spans_ends = pack_spans(where, WORD_WIDTHS[words], offsets)
    columns = dataclasses.replace(
        EMPTY,
        token_offsets=offsets,
        title_words=np.array(titles, dtype=np.uint32),
        text_bytes=padded(packed),
        text_offsets=np.append(0, ends),
        text_widths=CODE,
        word_widths=WORD_WIDTHS,
        span_bytes=spans_packed,
        span_offsets=np.append(0, spans_ends),
    )
    for number, (title, _) in enumerate(texts):
        got = np.concatenate(unpack_spans(columns, number)).tolist()
        first = int(columns.token_offsets[number])
        assert got == table[first : first + counts[number]].tolist()
        assert len(unpack_spans(columns, number)[0]) == len(title)


CODE = np.array([0, 1, 2, 3], np.uint8)
WORD_WIDTHS = np.array([1, 2, 3, 5, 8, 255], np.uint8)
_NOTHING: dict[str, Any] = {field.name: np.empty(0) for field in dataclasses.fields(Columns)}
EMPTY = Columns(**(_NOTHING | {"fields": {}}))


@pytest.mark.parametrize(
    "name", ["text_bytes", "posting_bytes", "term_offsets", "lengths", "posting_counts", "span_bytes", "text_widths"]
)
def test_columns_that_do_not_fit_together_are_refused(tmp_path: Path, documents: list[Document], name: str) -> None:
    writer = LexicalWriter(tmp_path / "index", memory_mb=64)
    writer.add(documents[:10])
    writer.commit()
    change_array([arrays_file(tmp_path / "index", "0001")], name, lambda values: values[..., :-1])
    with pytest.raises(CorruptIndexError, match="arsearch verify"):
        LexicalIndex(tmp_path / "index")
