"""Inverting gives the same with the compiled kernel and without it, however many tokens are sorted at once."""

from __future__ import annotations

from types import ModuleType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arsearch import kernel
from arsearch.lexical.segment.invert import Postings, invert

DOCUMENTS = st.lists(st.lists(st.integers(0, 5), max_size=9), max_size=7)
COLUMNS = ("offsets", "documents", "frequencies", "position_offsets", "positions")


def inverted(
    documents: list[list[int]], *, native: ModuleType | None, block: int = 1 << 19, terms: int = 6
) -> Postings:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kernel, "native", native)
        patch.setattr("arsearch.lexical.segment.invert._BLOCK", block)
        return invert(
            np.array([term for terms in documents for term in terms], dtype=np.int32),
            np.cumsum([0, *map(len, documents)]),
            np.array([place for terms in documents for place in range(len(terms))], dtype=np.uint16),
            terms,
        )


@pytest.mark.skipif(kernel.native is None, reason="no compiled kernel: python hatch_build.py makes one")
@given(DOCUMENTS, st.integers(1, 9))
def test_the_kernel_and_numpy_give_the_same(documents: list[list[int]], block: int) -> None:
    compiled, numpy = inverted(documents, native=kernel.native), inverted(documents, native=None, block=block)
    for column in COLUMNS:
        one, other = getattr(compiled, column), getattr(numpy, column)
        assert one.tolist() == other.tolist()
        assert one.dtype == other.dtype


@pytest.mark.parametrize("native", [kernel.native, None])
def test_terms_of_more_than_16_bits_are_told_apart(native: ModuleType | None) -> None:
    found = inverted([[70_000, 4_464], [4_464, 70_000]], native=native, terms=70_001)  # equal in their lower 16 bits
    assert found.offsets[4_464:4_466].tolist() == [0, 2]
    assert found.offsets[-2:].tolist() == [2, 4]
    assert found.positions.tolist() == [1, 0, 0, 1]


def test_each_term_has_its_documents_and_positions() -> None:
    found = inverted([[1, 0, 1], [], [1]], native=None)
    assert found.offsets.tolist() == [0, 1, 3, 3, 3, 3, 3]
    assert found.documents.tolist() == [0, 0, 2]
    assert found.frequencies.tolist() == [1, 2, 1]
    assert found.positions.tolist() == [1, 0, 2, 0]
