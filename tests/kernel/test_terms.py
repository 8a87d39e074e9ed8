"""Terms are found by the kernel as by bisection in Python; offsets that are none are no way out of the columns."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast
from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arsearch import kernel
from arsearch.lexical.segment.dictionary import TermDictionary, pack_terms
from arsearch.lexical.segment.packing.bits import padded
from arsearch.lexical.segment.packing.postings import pack_postings

texts = st.binary(max_size=4).filter(lambda text: b"\n" not in text)


@given(st.sets(texts, max_size=30), st.lists(texts, min_size=1, max_size=10), st.data())
def test_terms_are_found_as_by_bisection(terms: set[bytes], asked: list[bytes], data: st.DataObject) -> None:
    blob, offsets = pack_terms(sorted(terms))
    first = data.draw(st.integers(0, len(terms)))
    fields = {"f": (first, data.draw(st.integers(first, len(terms))))}
    dictionary = TermDictionary(cast("Any", SimpleNamespace(fields=fields, term_bytes=blob, term_offsets=offsets)))
    for text in [*asked, *sorted(terms)]:
        native = [dictionary.find("f", text), dictionary.from_text("f", text), dictionary.with_prefix("f", text)]
        native.append(dictionary.between("f", text, text + b"\x01"))
        with mock.patch.object(kernel, "native", None):
            plain = [dictionary.find("f", text), dictionary.from_text("f", text), dictionary.with_prefix("f", text)]
            plain.append(dictionary.between("f", text, text + b"\x01"))
        assert native == plain
        known = dictionary.find("f", text)
        assert (known >= 0) == (text in sorted(terms)[slice(*fields["f"])])


plain = texts.filter(lambda text: b"\xff" not in text)  # which is no byte of UTF-8


@given(st.lists(st.dictionaries(plain, st.integers(1, 300), max_size=30), max_size=4), st.lists(plain, min_size=1))
def test_terms_of_all_segments_are_those_of_each(segments: list[dict[bytes, int]], asked: list[bytes]) -> None:
    assert kernel.native is not None
    parts, dictionaries, counts = [], [], []
    for number, segment in enumerate(segments):
        terms = sorted(segment)
        blob, offsets = pack_terms(terms)
        documents = [np.arange(segment[term]) for term in terms]
        live = np.arange(300) % (number + 1) == 0
        bounds = np.cumsum([0, *map(len, documents)])
        every = np.concatenate([np.empty(0, np.int64), *documents])
        ones, nothing = np.ones(len(every), np.int32), np.zeros(len(terms) + 1, np.int64)
        packed, ends = pack_postings(bounds, every.astype(np.int32), ones, nothing, np.empty(0, np.uint32))
        first, last = int(len(terms) > 2), len(terms)
        sizes = np.array([segment[term] for term in terms], np.uint16)
        records = np.concatenate([np.zeros(1, np.int64), ends])
        parts.append((blob, offsets, sizes, records, padded(packed), live if number else None, first, last))
        columns = SimpleNamespace(fields={"f": (first, last)}, term_bytes=blob, term_offsets=offsets)
        dictionaries.append(TermDictionary(cast("Any", columns)))
        counts.append([int(live[each].sum()) for each in documents])
    found_in = kernel.native.FieldTerms(tuple(parts))
    for text in [*asked, *(text for segment in segments for text in segment)]:
        numbers = tuple(dictionary.find("f", text) for dictionary in dictionaries)
        assert found_in.numbers(text) == numbers
        there = [(count, number) for count, number in zip(counts, numbers, strict=True) if number >= 0]
        assert found_in.frequency(text) == sum(count[number] for count, number in there)
        ranges = [dictionary.with_prefix("f", text[:2]) for dictionary in dictionaries]
        found = [
            term for dictionary, span in zip(dictionaries, ranges, strict=True) for term in dictionary.texts(*span)
        ]
        few = [] if any(last - first > 1 for first, last in ranges) else found
        assert found_in.with_prefixes([text[:2], b"none"], 1000) == [found, []]
        assert found_in.with_prefixes([text[:2]], 1) == [few]
        frequency = found_in.frequency(text)
        assert found_in.find(text) == ((numbers, frequency) if frequency else None)


@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=2, max_size=6))
def test_damaged_offsets_lead_nowhere(offsets: list[int]) -> None:
    assert kernel.native is not None
    count = len(offsets) - 1
    blob = np.frombuffer(b"abcdef", np.uint8)
    assert 0 <= kernel.native.first_not_before(blob, np.array(offsets, np.int64), b"c", 0, count) <= count


@pytest.mark.parametrize("span", [(-1, 1), (0, 3)])
def test_terms_that_are_none(span: tuple[int, int]) -> None:
    assert kernel.native is not None
    blob, offsets = pack_terms([b"a", b"b"])
    with pytest.raises(IndexError):
        kernel.native.first_not_before(blob, offsets, b"a", *span)


FIELD: tuple[Any, ...] = (
    *pack_terms([b"a", b"b"]), np.ones(2, np.uint8), np.arange(3) * 2, padded(np.zeros(4, np.uint8)),
    np.ones(1, np.bool_), 0, 2,
)  # fmt: skip


@pytest.mark.parametrize(
    ("place", "wrong"),
    [(2, np.ones(3, np.uint8)), (3, np.zeros(2, np.int64)), (6, -1), (7, 3), (7, -1)],
)
def test_columns_that_do_not_fit_together_have_no_terms(place: int, wrong: Any) -> None:
    assert kernel.native is not None
    assert kernel.native.FieldTerms((FIELD,)).frequency(b"b") == 1
    with pytest.raises(ValueError, match="do not fit together"):
        kernel.native.FieldTerms(((*FIELD[:place], wrong, *FIELD[place + 1 :]),))


@pytest.mark.parametrize(
    ("place", "wrong"),
    [(2, np.full(2, 2, np.uint8)), (3, np.array([0, 2, 90])), (3, np.array([0, 4, 2])), (3, np.array([0, -2, 2]))],
)
def test_postings_that_are_damaged_are_not_counted(place: int, wrong: Any) -> None:
    assert kernel.native is not None
    with pytest.raises(ValueError, match="damaged"):
        kernel.native.FieldTerms(((*FIELD[:place], wrong, *FIELD[place + 1 :]),)).frequency(b"b")
