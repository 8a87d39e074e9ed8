"""A table of hashes is a dictionary."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from arsearch.lexical.hash_table import HashTable

# Many that want the same places, and the one that marks an empty place.
hashes = st.integers(0, 12) | st.integers(0, 2**64 - 1) | st.integers(2**64 - 12, 2**64 - 1)


@given(st.lists(st.sets(hashes, max_size=40), max_size=6), st.lists(hashes))
def test_what_was_added_is_found(groups: list[set[int]], others: list[int]) -> None:
    table, known = HashTable(), dict[int, int]()
    for group in groups:
        # The hash 0 stands for no hash, so it is taken for the hash 1.
        new = [each for each in group if each not in known and not {each, 1 - each} & (known.keys() | group) - {each}]
        numbers = range(len(known), len(known) + len(new))
        table.add(np.array(new, dtype=np.uint64), np.array(numbers, dtype=np.int32))
        known.update(zip(new, numbers, strict=True))
        wanted = [each for each in [*known, *others] if each > 1 or each in known or 1 - each not in known]
        found = table.find(np.array(wanted, dtype=np.uint64)).tolist()
        assert found == [known.get(each, -1) for each in wanted]


def test_it_grows() -> None:
    table = HashTable()
    many = np.random.default_rng(7).integers(2, 2**64, 100_000, dtype=np.uint64)
    many = np.unique(many)
    for first in range(0, len(many), 5000):
        part = many[first : first + 5000]
        table.add(part, np.arange(first, first + len(part), dtype=np.int32))
    assert (table.find(many) == np.arange(len(many))).all()
    assert (table.find(many ^ np.uint64(1 << 40)) == -1).all()
