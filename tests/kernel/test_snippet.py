"""The kernel cuts the snippets that are cut without it; matches that do not fit are an error."""

from __future__ import annotations

from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arsearch import kernel
from arsearch.lexical.search.highlight import Marks
from arsearch.search.snippets import snippet_of

WEIGHTS = np.array([0.5, 1.0, 2.5, 7.1])
words = st.text(alphabet="abبجح&<'", min_size=1, max_size=4)
between = st.text(alphabet=" \n\t.،!؟:«»”\"')]…\u2028", max_size=4)
parts = st.lists(st.tuples(between, words), min_size=1, max_size=60)


def text_of(parts: list[tuple[str, str]], rest: str) -> tuple[str, list[tuple[int, int]]]:
    text, spans = "", []
    for before, word in parts:
        text += before
        spans.append((len(text), len(text) + len(word)))
        text += word
    return text + rest, spans


@given(parts, between, st.integers(1, 30), st.integers(-1, 200), st.data())
def test_a_snippet_is_the_one_cut_without_the_kernel(
    parts: list[tuple[str, str]], rest: str, count: int, start_at: int, data: st.DataObject
) -> None:
    text, spans = text_of(parts, rest)
    tokens = st.integers(0, len(spans) - 1)
    for at in data.draw(st.sets(tokens, max_size=2)):  # the words of one ligature share its position
        spans[at] = spans[at - 1] if at else spans[at]
    matches = data.draw(st.dictionaries(tokens, st.integers(0, 3), max_size=25))
    marks = Marks.of(np.array(spans, np.int64), matches, data.draw(st.sets(tokens)))
    native = snippet_of(text, marks, WEIGHTS, words=count, start_at=start_at)
    with mock.patch.object(kernel, "native", None):
        assert snippet_of(text, marks, WEIGHTS, words=count, start_at=start_at) == native


@pytest.mark.parametrize("match", [(3, 0, 0), (-1, 0, 0), (0, 4, 0), (0, -1, 0)])
def test_matches_that_do_not_fit_the_text(match: tuple[int, int, int]) -> None:
    assert kernel.native is not None
    spans = np.array([0, 1, 2, 3, 4, 5])
    with pytest.raises(ValueError, match="matches"):
        kernel.native.cut_snippet("ب ج ح", spans, np.array(match, np.int32), WEIGHTS, 2, 0)


def test_spans_that_stand_outside_of_the_text_cut_what_there_is() -> None:
    assert kernel.native is not None
    spans, matches = np.array([0, 1, -5, 90, 95, 99]), np.array([1, 0, 0], np.int32)
    assert kernel.native.cut_snippet("ب ج", spans, matches, WEIGHTS, 9, 0) == "<mark>ب ج</mark>"
