"""Inverting gives the same whether few tokens are sorted or many are counted."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arsearch.lexical.segment.invert import Postings, invert

DOCUMENTS = st.lists(st.lists(st.integers(0, 5), max_size=9), max_size=7)


def inverted(documents: list[list[int]], few: int) -> Postings:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("arsearch.lexical.segment.invert._FEW", few)
        return invert(
            np.array([term for terms in documents for term in terms], dtype=np.int32),
            np.cumsum([0, *map(len, documents)]),
            np.array([place for terms in documents for place in range(len(terms))], dtype=np.uint16),
            6,
        )


@given(DOCUMENTS)
def test_sorting_and_counting_give_the_same(documents: list[list[int]]) -> None:
    sorted_, counted = inverted(documents, 1000), inverted(documents, 0)
    for column in ("offsets", "documents", "frequencies", "position_offsets", "positions"):
        one, other = getattr(sorted_, column), getattr(counted, column)
        assert one.tolist() == other.tolist()
        assert one.dtype == other.dtype


def test_each_term_has_its_documents_and_positions() -> None:
    found = inverted([[1, 0, 1], [], [1]], 1000)
    assert found.offsets.tolist() == [0, 1, 3, 3, 3, 3, 3]
    assert found.documents.tolist() == [0, 0, 2]
    assert found.frequencies.tolist() == [1, 2, 1]
    assert found.positions.tolist() == [1, 0, 2, 0]
