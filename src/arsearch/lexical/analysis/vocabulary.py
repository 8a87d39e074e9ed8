"""The distinct texts met while indexing: numbered in the order in which they come, and kept sorted beside."""

from __future__ import annotations

from array import array

import numpy as np

from arsearch.common.array_types import Int32s
from arsearch.common.hash_table import HashTable
from arsearch.common.text_spans import TextSpans

__all__ = ["Vocabulary"]


class Vocabulary:
    """Distinct texts by number."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.hashes = array("Q")
        """Of each text, see :mod:`arsearch.common.hashing`: the same in all of a process, in no other."""
        self._table = HashTable()
        self._order: list[int] = []

    def numbers(self, spans: TextSpans) -> Int32s:
        """Return the number of each of *spans*, a new one for each text that was not met before (spans,)."""
        hashes = spans.hashes()
        numbers, firsts = self._table.number(hashes)
        self.hashes.frombytes(hashes[firsts].tobytes())
        self.texts += spans.among(firsts).texts()
        return numbers

    def order(self) -> Int32s:
        """Return the numbers of all texts, sorted by the code points of the texts (texts,)."""
        if len(self._order) < len(self.texts):
            # What was sorted before is one long run, which Python's sort finds and merges with the new ones.
            self._order.extend(range(len(self._order), len(self.texts)))
            self._order.sort(key=self.texts.__getitem__)
        return np.array(self._order, dtype=np.int32)

    def ranks(self) -> Int32s:
        """Return the index of each text in :meth:`order` (texts,)."""
        ranks = np.empty(len(self.texts), dtype=np.int32)
        ranks[self.order()] = np.arange(len(self.texts), dtype=np.int32)
        return ranks
