"""A table of hashes is a dictionary."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arsearch.common.hash_table import HashTable

# Many that want the same places, and the one that marks an empty place.
hashes = st.integers(0, 12) | st.integers(0, 2**64 - 1) | st.integers(2**64 - 12, 2**64 - 1)


@given(st.lists(st.lists(hashes, max_size=40), max_size=6), st.lists(hashes))
def test_what_was_met_is_known(groups: list[list[int]], others: list[int]) -> None:
    table, known = HashTable(), dict[int, int]()
    for group in groups:
        numbers, new = table.number(np.array(group, dtype=np.uint64))
        # The hash 0 stands for an empty place, so it is taken for the hash 1.
        wanted = [max(each, 1) for each in group]
        assert {wanted[place] for place in new.tolist()} == set(wanted) - known.keys()
        known.update({wanted[place]: len(known) + number for number, place in enumerate(new.tolist())})
        assert numbers.tolist() == [known[each] for each in wanted]
        assert len(table) == len(known)
    assert table.find(np.array(others, dtype=np.uint64)).tolist() == [known.get(max(each, 1), -1) for each in others]


@pytest.mark.slow
def test_it_grows() -> None:
    table = HashTable()
    many = np.unique(np.random.default_rng(7).integers(2, 2**64, 100_000, dtype=np.uint64))
    for first in range(0, len(many), 5000):
        table.number(many[first : first + 5000])
    assert (table.find(many) == np.arange(len(many))).all()
    assert (table.find(many ^ np.uint64(1 << 40)) == -1).all()
