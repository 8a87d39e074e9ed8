"""What is packed comes back, by the kernel as without it; what is damaged is an error or another, never the end."""

from __future__ import annotations

from contextlib import suppress
from types import SimpleNamespace
from typing import Any
from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arsearch import kernel
from arsearch.lexical.segment.packing.bits import padded
from arsearch.lexical.segment.packing.postings import (
    PostingRecords,
    pack_postings,
    unpack_occurrences,
    unpack_positions,
    unpack_postings,
    unpack_term,
)
from arsearch.lexical.segment.packing.words import choose_widths, pack_words, read_words_at, unpack_words


def without_kernel() -> Any:
    return mock.patch.object(kernel, "native", None)


def ascending(chance: np.random.Generator, count: int, most: int) -> list[int]:
    return [int(number) for number in np.unique(chance.integers(0, most, count))]


@st.composite
def postings(draw: st.DrawFn) -> tuple[Any, ...]:
    """Terms with few and with many postings, near and far apart, with positions and without."""
    chance = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    offsets, documents, frequencies, position_offsets, positions = [0], [], [], [0], []
    for count in draw(st.lists(st.sampled_from([0, 1, 2, 7, 127, 128, 129, 300]), max_size=5)):
        of_term = ascending(chance, count, draw(st.sampled_from([300, 30_000, 2**31 - 1])))
        documents += of_term
        offsets.append(len(documents))
        has_positions = draw(st.booleans())
        for _ in of_term:
            places = ascending(chance, int(chance.geometric(0.4)), draw(st.sampled_from([4, 900, 2**31 - 1])))
            frequencies.append(len(places))
            positions += places if has_positions else []
        position_offsets.append(len(positions))
    width = np.min_scalar_type(max(positions, default=0))
    return (
        np.array(offsets, np.int64), np.array(documents, np.int32), np.array(frequencies, np.int32),
        np.array(position_offsets, np.int64), np.array(positions, width),
    )  # fmt: skip


def records_of(packed: Any, ends: Any, offsets: Any, chosen: Any = slice(None)) -> PostingRecords:
    begins = np.append(0, ends)[:-1]
    return PostingRecords(padded(packed), begins[chosen], ends[chosen], np.diff(offsets)[chosen])


@given(postings())
def test_postings_come_back(made: tuple[Any, ...]) -> None:
    offsets, documents, frequencies, position_offsets, positions = made
    packed, ends = pack_postings(*made)
    with without_kernel():
        for one, other in zip(pack_postings(*made), (packed, ends), strict=True):
            np.testing.assert_array_equal(one, other)
    with_positions = np.flatnonzero(np.diff(position_offsets))
    for patched in (mock.patch.object(kernel, "native", kernel.native), without_kernel()):
        with patched:
            found = unpack_postings(records_of(packed, ends, offsets))
            assert found.documents.tolist() == documents.tolist()
            assert found.frequencies.tolist() == frequencies.tolist()
            every = records_of(packed, ends, offsets)
            for term, numbers in enumerate(
                zip(every.begins.tolist(), every.ends.tolist(), every.counts.tolist(), strict=True)
            ):
                part = slice(*offsets[term : term + 2])
                one = unpack_term(every.packed, *numbers)
                assert one[0].tolist() == documents[part].tolist()
                assert one[1].tolist() == frequencies[part].tolist()
            some = records_of(packed, ends, offsets, with_positions)
            assert unpack_positions(some, unpack_postings(some)).tolist() == positions.tolist()
            for last in (None, 0, 1, 200):
                for begin, end, count, term in zip(
                    some.begins.tolist(), some.ends.tolist(), some.counts.tolist(), with_positions.tolist(), strict=True
                ):
                    part = slice(*offsets[term : term + 2])
                    owners = np.repeat(documents[part], frequencies[part])
                    first = 0 if last is None else max(len(owners) - last, 0)
                    got = unpack_occurrences(some.packed, begin, end, count, last)
                    assert got[0].tolist() == owners[first:].tolist()
                    assert got[1].tolist() == positions[slice(*position_offsets[term : term + 2])][first:].tolist()


def changed(made: tuple[Any, ...], which: int, place: int, value: int) -> tuple[Any, ...]:
    arrays = [array.copy() for array in made]
    arrays[which][place] = value
    return tuple(arrays)


@pytest.mark.parametrize(("which", "place", "value"), [(1, 1, 3), (1, 0, -1), (2, 0, 0), (2, 0, 2), (4, 2, 5)])
@pytest.mark.parametrize("native", [True, False])
def test_postings_that_are_none_are_not_packed(native: bool, which: int, place: int, value: int) -> None:
    made = (
        np.array([0, 2]), np.array([3, 5], np.int32), np.array([1, 2], np.int32), np.array([0, 3]),
        np.array([9, 5, 7], np.uint8),
    )  # fmt: skip
    with mock.patch.object(kernel, "native", kernel.native if native else None):
        pack_postings(*made)
        with pytest.raises(ValueError, match=r"order|positions"):
            pack_postings(*changed(made, which, place, value))


@pytest.mark.parametrize("wrong", [{0: [0, 3]}, {0: [1, 0]}, {3: [0, 4]}, {3: [0, 1, 3]}])
def test_arrays_that_do_not_fit_together(wrong: dict[int, list[int]]) -> None:
    assert kernel.native is not None
    arrays = [
        np.array([0, 2]), np.array([3, 5], np.int32), np.array([1, 2], np.int32), np.array([0, 3]),
        np.array([9, 5, 7], np.uint8),
    ]  # fmt: skip
    for which, values in wrong.items():
        arrays[which] = np.array(values)
    with pytest.raises(ValueError, match="fit together"):
        kernel.native.pack_postings(*arrays, np.empty(1, np.int64), np.empty(999, np.uint8))


@given(postings(), st.data())
def test_damaged_postings_are_errors_or_others(made: tuple[Any, ...], data: st.DataObject) -> None:
    offsets = made[0]
    packed, ends = pack_postings(*made)
    if not len(packed):
        return
    damaged = packed.copy()
    damaged[data.draw(st.integers(0, len(packed) - 1))] = data.draw(st.integers(0, 255))
    counts = np.diff(offsets)
    if data.draw(st.booleans()):
        counts[data.draw(st.integers(0, len(counts) - 1))] = data.draw(st.integers(0, 400))
    records = PostingRecords(padded(damaged), np.append(0, ends)[:-1], ends, counts)
    answers: list[Any] = []
    for patched in (mock.patch.object(kernel, "native", kernel.native), without_kernel()):
        answers.append(None)
        with patched, suppress(ValueError):
            found = unpack_postings(records)
            answers[-1] = found.documents.tolist(), found.frequencies.tolist()
            if int(found.frequencies.astype(np.int64).sum()) < 1 << 20:
                unpack_positions(records, found)
    for begin, end, count in zip(np.append(0, ends)[:-1].tolist(), ends.tolist(), counts.tolist(), strict=True):
        with suppress(ValueError):
            unpack_term(padded(damaged), begin, end, count)
            unpack_occurrences(padded(damaged), begin, end, count)
    assert answers[0] == answers[1]


@given(st.lists(st.lists(st.integers(0, 3000), max_size=40), max_size=6), st.data())
def test_words_come_back(texts: list[list[int]], data: st.DataObject) -> None:
    words = np.array([word for text in texts for word in text], np.int32)
    offsets = np.cumsum([0, *map(len, texts)])
    code = choose_widths(np.bincount(words, minlength=1)) if len(words) else choose_widths(np.empty(0, np.int64))
    packed, ends = pack_words(words, offsets, code)
    begins = np.append(0, ends)[:-1].astype(np.int64)
    with without_kernel():
        for one, other in zip(pack_words(words, offsets, code), (packed, ends), strict=True):
            np.testing.assert_array_equal(one, other)
        assert unpack_words(padded(packed), begins, ends, np.diff(offsets), code).tolist() == words.tolist()
    assert unpack_words(padded(packed), begins, ends, np.diff(offsets), code).tolist() == words.tolist()
    columns: Any = SimpleNamespace(
        text_bytes=padded(packed), text_offsets=np.append(0, ends), text_widths=code, token_offsets=offsets
    )
    for count in (1, 2, 5):
        asked = [(document, place) for document, text in enumerate(texts) for place in range(len(text) - count + 1)]
        if data.draw(st.booleans()):
            asked.reverse()
        documents, places = np.array(asked, np.int64).reshape(-1, 2).T.copy()
        expected = [texts[document][place : place + count] for document, place in asked]
        assert read_words_at(columns, documents, places, count).tolist() == expected
        with without_kernel():
            assert read_words_at(columns, documents, places, count).tolist() == expected


@given(st.lists(st.integers(1, 10**6), min_size=1, max_size=300), st.data())
def test_no_other_widths_take_less(counts: list[int], data: st.DataObject) -> None:
    ordered = np.sort(np.array(counts))[::-1]

    def size(widths: Any) -> int:
        bases = np.cumsum([0, *(1 << int(width) for width in widths)])
        assert bases[-1] >= len(ordered)
        classes = np.searchsorted(bases[1:-1], np.arange(len(ordered)), side="right")
        return int((np.array(widths)[classes].astype(np.int64) * ordered).sum())

    others = sorted(data.draw(st.sets(st.integers(0, 8), min_size=3, max_size=3)))
    assert size(choose_widths(ordered)) <= size([*others, 9])


@pytest.mark.parametrize("word", [-1, 15, 2**31 - 1])
@pytest.mark.parametrize("native", [True, False])
def test_words_without_a_number_are_not_packed(native: bool, word: int) -> None:
    words, code = np.array([0, word], np.int32), np.array([0, 1, 2, 3], np.uint8)
    native_or_not = mock.patch.object(kernel, "native", kernel.native if native else None)
    with native_or_not, pytest.raises(ValueError, match="fit together"):
        pack_words(words, np.array([0, 2]), code)


@given(
    packed=st.binary(max_size=40),
    ends=st.lists(st.integers(-1, 40), min_size=2, max_size=2),
    count=st.integers(0, 200),
    code=st.lists(st.integers(0, 33), min_size=4, max_size=4),
)
def test_damaged_words_are_errors_or_others(packed: bytes, ends: list[int], count: int, code: list[int]) -> None:
    blob, widths = padded(np.frombuffer(packed, np.uint8)), np.array(code, np.uint8)
    begin, end = np.array(ends[:1]), np.array(ends[1:])
    answers: list[Any] = []
    for patched in (mock.patch.object(kernel, "native", kernel.native), without_kernel()):
        answers.append(None)
        with patched, suppress(ValueError):
            answers[-1] = unpack_words(blob, begin, end, np.array([count]), widths).tolist()
    assert answers[0] == answers[1]
    assert kernel.native is not None
    offsets, counts = np.array(ends), np.array([0, count])
    for place in (0, count - 1, count):
        with suppress(ValueError):
            kernel.native.words_at(
                blob, offsets, counts, widths, np.array([0]), np.array([place]), np.empty(1, np.int32)
            )
