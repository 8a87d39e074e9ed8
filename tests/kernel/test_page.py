"""The snippets of a page, cut at once, are those that are cut one by one; damage is an error."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arsearch import kernel
from arsearch.lexical.search.highlight import Marks
from arsearch.lexical.segment.packing.spans import unpack_spans
from arsearch.search.snippets import snippet_of

from .test_marks import WORD_WIDTHS, columns, gaps, int32s

pytestmark = pytest.mark.skipif(kernel.native is None, reason="there is no compiled kernel")

WORDS = len(WORD_WIDTHS)
WEIGHTS = np.array([0.5, 2.5, 1.0])
TEXT = "في البيت «كتاب» قديم، ab & c. " * 120
numbers = st.integers(-1, WORDS - 1)


def forward(made: Any) -> Any:
    """Words whose folded forms are the terms of their numbers, and their stems those behind."""
    assert kernel.native is not None
    terms = np.frombuffer(b"a\n" * 2 * WORDS, np.uint8).copy()
    forms = np.arange(WORDS, dtype=np.int32)
    bounds = (0, WORDS, WORDS, 2 * WORDS)
    texts = made.text_offsets, made.text_bytes, made.text_widths
    return kernel.native.Forward(
        made.token_offsets, *texts, forms, forms // 2 + np.int32(WORDS), terms, np.arange(2 * WORDS + 1) * 2, *bounds
    )


def arguments_for(made: Any, asked: list[tuple[int, int, int]]) -> list[Any]:
    """What a page of all documents is asked for."""
    documents = np.arange(len(made.token_offsets) - 1)
    stems = int32s(-1 if stem < 0 else stem + WORDS for _, stem, _ in asked)
    return [
        tuple(TEXT[number:] for number in documents), made.span_offsets, 1, 9, documents, documents * 7,
        int32s(form for form, _, _ in asked), stems, int32s(owner for _, _, owner in asked), WEIGHTS, WORD_WIDTHS,
        made.span_bytes, made.title_words.astype(np.uint32),
    ]  # fmt: skip


@given(
    st.lists(st.tuples(gaps, gaps), min_size=1, max_size=4),
    st.lists(st.tuples(numbers, numbers, st.integers(0, 2)), max_size=4),
)
def test_snippets_of_a_page_are_those_cut_one_by_one(documents: Any, asked: list[tuple[int, int, int]]) -> None:
    made = columns(documents)
    opened, arguments = forward(made), arguments_for(made, asked)
    owners = arguments[8]
    for number, snippet in enumerate(opened.snippets(*arguments)):
        matches = np.frombuffer(opened.find_words(number, *arguments[6:8], 1), np.int32).reshape(-1, 3).copy()
        title, body = unpack_spans(made, number)
        matches = matches[matches[:, 0] >= len(title)]
        matches[:, 0] -= len(title)
        matches[:, 1] = owners[matches[:, 1]]
        if not len(body):
            assert snippet is None
            continue
        marks = Marks(body, matches)
        assert snippet == snippet_of(TEXT[number:], marks, WEIGHTS, words=9, start_at=7 * number)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (0, (TEXT,)), (0, (TEXT, 5)), (1, np.array([0, 1])), (1, np.array([0, 99, 99])), (3, 0), (4, np.array([0, 2])),
        (4, np.array([-1, 0])), (5, np.array([0])), (7, int32s([])), (8, int32s([])), (8, int32s([3])),
        (9, np.empty(0)), (10, WORD_WIDTHS[:1]), (11, np.zeros(0, np.uint8)), (12, np.zeros(1, np.uint32)),
    ],
)  # fmt: skip
def test_what_does_not_fit_together_is_refused(place: int, value: Any) -> None:
    made = columns([([(0, 3)], [(0, 3), (1, 4)])] * 2)
    opened, arguments = forward(made), arguments_for(made, [(1, 1, 0)])
    assert all(opened.snippets(*arguments))
    arguments[place] = value
    with pytest.raises((ValueError, TypeError)):
        opened.snippets(*arguments)
