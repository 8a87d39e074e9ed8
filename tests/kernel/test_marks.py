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
from arsearch.lexical.segment.offsets import pack_offsets, unpack_offsets
from arsearch.search.snippets import _best_window

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
    return kernel.native.Forward(offsets, tokens, word_exacts, stems, texts, np.arange(2 * STEMS + 1) * 2, *bounds)


def found_by_both(
    tokens: Any, words: list[tuple[int, int]], asked: list[tuple[int, int]], typed: int
) -> tuple[list[int], list[int]]:
    exacts, stems = int32s(word[0] for word in words), int32s(word[1] for word in words)
    asked_words = AskedWords(
        int32s(one[0] for one in asked), int32s(one[1] for one in asked), list(range(len(asked))), typed, ()
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


@pytest.mark.parametrize("token", [-1, 2, 2**31 - 1])
def test_a_token_that_is_no_word(token: int) -> None:
    asked_words = AskedWords(int32s([1]), int32s([1]), [0], 1, ())
    with pytest.raises(ValueError, match="damaged"):
        find_words(int32s([token]), int32s([1, 2]), int32s([1, 2]), asked_words)
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
    packed = pack_offsets(int32s(starts), int32s(ends), np.array(firsts, np.int64))
    return cast(
        "Columns",
        SimpleNamespace(
            token_offsets=np.array(offsets),
            title_words=np.array([len(title) for title, _ in documents]),
            token_gaps=packed.gaps,
            token_widths=packed.widths,
            escaped_tokens=packed.escaped,
            escaped_spans=packed.spans,
        ),
    )


gaps = st.lists(st.tuples(st.one_of(st.integers(0, 3), st.integers(0, 600)), st.integers(1, 400)), max_size=8)


@given(st.lists(st.tuples(gaps, gaps), min_size=1, max_size=4))
def test_tokens_stand_where_numpy_finds_them(documents: Any) -> None:
    made = columns(documents)
    for number, parts in enumerate(documents):
        native = unpack_offsets(made, number)
        with mock.patch.object(kernel, "native", None):
            arrays = unpack_offsets(made, number)
        for part, one, other in zip(parts, native, arrays, strict=True):
            np.testing.assert_array_equal(one, other)
            assert (one[:, 1] - one[:, 0]).tolist() == [width for _, width in part]


@pytest.mark.parametrize("span", [(-1, 1), (1, 0), (0, 4)])
def test_tokens_that_are_none(span: tuple[int, int]) -> None:
    assert kernel.native is not None
    made = columns([([(0, 1)], [(0, 1), (300, 1)])])
    arrays = made.token_gaps, made.token_widths, made.escaped_tokens, made.escaped_spans.reshape(-1)
    with pytest.raises(ValueError, match="damaged"):
        kernel.native.token_spans(*arrays, *span, 0)
    with pytest.raises(ValueError, match="damaged"):
        kernel.native.token_spans(*arrays[:3], arrays[3][:1], 0, 3, 0)


@given(
    st.dictionaries(st.integers(0, 60), st.integers(0, 3), min_size=1, max_size=25),
    st.lists(st.sampled_from([0.5, 1.0, 2.5, 7.1]), min_size=4, max_size=4),
    st.integers(1, 30),
    st.sets(st.integers(0, 60)),
)
def test_the_best_window_is_the_one_found_without_the_kernel(
    matches: dict[int, int], weights: list[float], reach: int, as_typed: set[int]
) -> None:
    native = _best_window(matches, weights, reach, as_typed)
    with mock.patch.object(kernel, "native", None):
        assert _best_window(matches, weights, reach, as_typed) == native


def test_matches_that_do_not_fit_together() -> None:
    assert kernel.native is not None
    places, worth = np.array([1, 5]), np.array([1.0, 1.0])
    for wrong in ((places, places[:1], worth), (places[:0], places[:0], worth[:0]), (places, places, worth[:1])):
        with pytest.raises(ValueError, match="matches"):
            kernel.native.best_window(*wrong, 3, 0.1)
