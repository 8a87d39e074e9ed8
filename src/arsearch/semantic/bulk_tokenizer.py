"""Tokenising many texts at once on arrays, each distinct chunk between spaces only once.

A query is a few words, which a dictionary finds fastest (:mod:`arsearch.semantic.tokenizer`). A corpus has millions:
its texts are cut and their chunks looked up by hashes without a Python object a word, and without the lock of Python's
interpreter for most of the time, so that other threads go on.
"""

from __future__ import annotations

import threading
from array import array
from collections.abc import Sequence
from functools import cache
from itertools import chain

import numpy as np

from arsearch.common.array_types import Int32s, Int64s, UInt8s
from arsearch.common.hash_table import HashTable
from arsearch.common.text_spans import LAST_POINT, code_points, spans_between
from arsearch.semantic.tokenizer import SEPARATORS, CachingTokenizer

__all__ = ["BulkTokenizer"]

_REMEMBERED = 1 << 20
"""Chunks kept, of about 50 bytes each."""
_BETWEEN = "\n"


class BulkTokenizer:
    """Gives the token ids of texts. Safe to use from several threads, one at a time."""

    def __init__(self, tokenizer: CachingTokenizer) -> None:
        self._tokenizer = tokenizer
        self._lock = threading.Lock()
        self._forget()

    def _forget(self) -> None:
        self._chunks = HashTable()
        self._ids = array("i")
        self._ends = array("i", [0])

    def encode(self, texts: Sequence[str]) -> tuple[Int32s, Int64s]:
        """Return the token ids of *texts*, without special tokens, one after the other (tokens,).

        And where those of each text begin, and the last ones end (texts + 1,).
        """
        joined = _BETWEEN.join(texts)
        if not self._tokenizer.splits_at_spaces or SEPARATORS.search(joined):
            return _flat(self._tokenizer.encode_whole(texts))
        codes = code_points(joined)
        begins, ends, hashes = spans_between(codes, _spaces())
        with self._lock:
            if len(self._chunks) > _REMEMBERED:
                self._forget()
            numbers, new = self._chunks.number(hashes)
            if len(new):
                spans = zip(begins[new].tolist(), ends[new].tolist(), strict=True)
                self._add(self._tokenizer.encode_whole([joined[begin:end] for begin, end in spans]))
            known_ends = np.frombuffer(self._ends, np.int32)
            firsts, counts = known_ends[numbers], known_ends[numbers + 1] - known_ends[numbers]
            edges = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts, dtype=np.int64)])
            places = np.repeat(firsts - edges[:-1], counts) + np.arange(edges[-1])
            ids = np.frombuffer(self._ids, np.int32)[places] if len(places) else np.empty(0, np.int32)
            del known_ends  # which would keep the array from growing
        sizes = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
        text_begins = np.cumsum(sizes + len(_BETWEEN)) - sizes - len(_BETWEEN)
        return ids, edges[np.append(np.searchsorted(begins, text_begins), len(begins))]

    def _add(self, chunks: list[list[int]]) -> None:
        """Remember the token ids of *chunks*, which get the next numbers."""
        self._ids.extend(chain.from_iterable(chunks))
        ends = np.cumsum([len(ids) for ids in chunks], dtype=np.int32) + np.int32(self._ends[-1])
        self._ends.frombytes(ends.astype(np.int32).tobytes())


def _flat(rows: list[list[int]]) -> tuple[Int32s, Int64s]:
    ids = np.fromiter(chain.from_iterable(rows), dtype=np.int32)
    return ids, np.concatenate([np.zeros(1, np.int64), np.cumsum([len(row) for row in rows], dtype=np.int64)])


@cache
def _spaces() -> UInt8s:
    """Return a one for each code point at which Python splits texts."""
    return np.array([chr(point).isspace() for point in range(LAST_POINT + 1)], dtype=np.uint8)
