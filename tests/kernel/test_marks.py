"""Words of a query are found, and spans and windows made, by the kernel as without it; damage is an error."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast
from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arsearch import kernel
from arsearch.lexical.search.highlight import AskedWords, find_words
from arsearch.lexical.segment.columns import Columns
from arsearch.lexical.segment.packing.bits import padded
from arsearch.lexical.segment.packing.spans import pack_spans, token_offsets, unpack_spans
from arsearch.lexical.segment.packing.words import pack_words

STEMS = 6
numbers = st.integers(-1, 5)
# Every word has a folded form, and they stand in the order of these; a stop word has no stem.
words = st.lists(st.tuples(st.integers(0, 5), numbers), min_size=1, max_size=8).map(sorted)
asked = st.lists(st.tuples(numbers, numbers), max_size=5)


def int32s(values: Any) -> Any:
    return np.array(list(values), dtype=np.int32)


def forward(tokens: Any, word_exacts: Any, word_stems: Any) -> Any:
    """Words of one document, whose terms are six folded forms and then six stems."""
    assert kernel.native is not None
    texts = np.frombuffer(b"a\n" * 2 * STEMS, np.uint8).copy()
    stems = np.where(word_stems < 0, -1, word_stems + STEMS).astype(np.int32)
    offsets = np.array([0, len(tokens)])
    bounds = (0, STEMS, STEMS, 2 * STEMS)
    packed, ends = pack_words(tokens, offsets, CODE)
    words = np.append(0, ends), padded(packed), CODE
    return kernel.native.Forward(offsets, *words, word_exacts, stems, texts, np.arange(2 * STEMS + 1) * 2, *bounds)


def found_by_both(
    tokens: Any, words: list[tuple[int, int]], asked: list[tuple[int, int]], typed: int
) -> tuple[list[int], list[int]]:
    exacts, stems = int32s(word[0] for word in words), int32s(word[1] for word in words)
    asked_words = AskedWords(
        int32s(one[0] for one in asked), int32s(one[1] for one in asked), int32s(range(len(asked))), typed, ()
    )
    of_stems = np.where(asked_words.stems < 0, -1, asked_words.stems + STEMS).astype(np.int32)
    opened = forward(tokens, exacts, stems)
    native = [opened.find_words(0, asked_words.folded_words, of_stems, typed) for _ in range(2)]
    assert native[0] == native[1], "nothing is left from one query to the next"
    return np.frombuffer(native[0], np.int32).tolist(), find_words(tokens, exacts, stems, asked_words)


@given(words, asked, st.data())
def test_words_are_found_as_numpy_finds_them(
    words: list[tuple[int, int]], asked: list[tuple[int, int]], data: st.DataObject
) -> None:
    tokens = data.draw(st.lists(st.integers(0, len(words) - 1), max_size=30))
    typed = data.draw(st.integers(0, len(asked)))
    expected: list[int] = []
    for place, token in enumerate(tokens):
        folded, stem = words[token]
        firsts = [at for at, one in enumerate(asked) if folded == one[0] or stem == one[1] >= 0]
        if firsts:
            expected += [place, firsts[0], int(folded in [one[0] for one in asked[:typed]])]
    assert found_by_both(int32s(tokens), words, asked, typed) == (expected, expected)


@pytest.mark.parametrize("token", [2, 30, 2**28])
def test_a_token_that_is_no_word(token: int) -> None:
    asked_words = AskedWords(int32s([1]), int32s([1]), int32s([0]), 1, ())
    for number in (token, -token):
        with pytest.raises(ValueError, match="damaged"):
            find_words(int32s([number]), int32s([1, 2]), int32s([1, 2]), asked_words)
    with pytest.raises(ValueError, match="damaged"):
        forward(int32s([token]), int32s([1, 2]), int32s([1, 2])).find_words(0, int32s([1]), int32s([1]), 1)


def test_questions_that_do_not_fit_together() -> None:
    opened = forward(int32s([0]), int32s([1, 2]), int32s([1, 2]))
    for arguments, error in (
        ((1, int32s([1]), int32s([1]), 1), ValueError),
        ((-1, int32s([1]), int32s([1]), 1), ValueError),
        ((0, int32s([1]), int32s([]), 1), ValueError),
        ((0, int32s([1]), np.ones(1, np.int64), 1), TypeError),
        ((0, int32s([1]), int32s([1])), TypeError),
    ):
        with pytest.raises(error):
            opened.find_words(*arguments)


def columns(documents: list[tuple[list[tuple[int, int]], list[tuple[int, int]]]]) -> Columns:
    """Tokens of titles and bodies by gap and width, as a segment has them."""
    starts: list[int] = []
    ends: list[int] = []
    firsts, offsets = [], [0]
    for title, body in documents:
        for part in (title, body):
            firsts.append(len(starts))
            end = 0
            for gap, width in part:
                starts.append(end + gap)
                ends.append(end + gap + width)
                end = ends[-1]
        offsets.append(len(starts))
    words = np.arange(len(starts), dtype=np.int32) % len(WORD_WIDTHS)
    where = token_offsets(int32s(starts), int32s(ends), np.array(firsts, np.int64))
    packed, word_ends = pack_words(words, np.array(offsets), CODE)
    spans, span_ends = pack_spans(where, WORD_WIDTHS[words], np.array(offsets))
    return cast(
        "Columns",
        SimpleNamespace(
            token_offsets=np.array(offsets),
            title_words=np.array([len(title) for title, _ in documents]),
            text_bytes=padded(packed),
            text_offsets=np.append(0, word_ends),
            text_widths=CODE,
            word_widths=WORD_WIDTHS,
            span_bytes=spans,
            span_offsets=np.append(0, span_ends),
        ),
    )


CODE = np.array([0, 1, 2, 28], np.uint8)
WORD_WIDTHS = np.array([1, 2, 3, 44, 255], np.uint8)
gaps = st.lists(st.tuples(st.one_of(st.integers(0, 3), st.integers(0, 600)), st.integers(1, 400)), max_size=8)


@given(st.lists(st.tuples(gaps, gaps), min_size=1, max_size=4))
def test_tokens_stand_where_numpy_finds_them(documents: Any) -> None:
    made = columns(documents)
    for number, parts in enumerate(documents):
        native = unpack_spans(made, number)
        with mock.patch.object(kernel, "native", None):
            arrays = unpack_spans(made, number)
        for part, one, other in zip(parts, native, arrays, strict=True):
            np.testing.assert_array_equal(one, other)
            assert (one[:, 1] - one[:, 0]).tolist() == [width for _, width in part]


@pytest.mark.parametrize(
    "change",
    [
        {"words_begin": -1}, {"words_begin": 99}, {"words_end": 0}, {"words_end": 99}, {"spans_begin": -1},
        {"spans_end": 0}, {"spans_end": 99}, {"count": -1}, {"count": 2**62}, {"count": 50}, {"widths": CODE[:3]},
        {"widths": np.array([1, 2, 3, 29], np.uint8)}, {"word_widths": WORD_WIDTHS[:1]},
        {"words": np.empty(0, np.uint8)}, {"spans": np.full(9, 255, np.uint8)},
    ],
)  # fmt: skip
def test_tokens_that_are_none(change: dict[str, Any]) -> None:
    assert kernel.native is not None
    made = columns([([(0, 1)], [(0, 1), (300, 1)])])
    arguments = {
        "words": made.text_bytes, "words_begin": 0, "words_end": int(made.text_offsets[1]), "widths": CODE,
        "word_widths": WORD_WIDTHS, "spans": made.span_bytes, "spans_begin": 0, "spans_end": int(made.span_offsets[1]),
        "count": 3, "body": 1,
    }  # fmt: skip
    assert len(kernel.native.token_spans(*arguments.values())) == 3 * 16
    with pytest.raises(ValueError, match="damaged"):
        kernel.native.token_spans(*(arguments | change).values())
