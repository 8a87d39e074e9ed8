"""Postings made up by chance, and what they score, added up one by one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from arsearch.lexical.segment.packing.bits import padded
from arsearch.lexical.segment.packing.postings import pack_postings

TERMS = 10
FIELDS = 3

Term: TypeAlias = tuple[int, tuple[int, ...], float, float, int]


@dataclass(frozen=True)
class MadeUp:
    """*segments* of offsets, documents, frequencies and size; *norms* of each field; *live* or None."""

    segments: tuple[tuple[Any, Any, Any, int], ...]
    norms: tuple[npt.NDArray[np.float32], ...]
    live: npt.NDArray[np.bool_] | None
    size: int

    @classmethod
    def at_random(cls, chance: np.random.Generator, sizes: Sequence[int], width: type, *, deletions: bool) -> MadeUp:
        segments = []
        for size in sizes:
            shares = chance.choice([0.0, 0.003, 0.05, 0.3, 1.0], TERMS)
            lists = [np.flatnonzero(chance.random(size) < share).astype(np.int32) for share in shares]
            offsets = np.cumsum([0, *map(len, lists)])
            frequencies = chance.geometric(0.6, offsets[-1]).astype(width)
            segments.append((offsets, np.concatenate(lists), frequencies, size))
        total = sum(sizes)
        # Few different norms, so that many documents score alike.
        norms = tuple(chance.choice([0.5, 0.9, 1.3, 4.0], total).astype(np.float32) for _ in range(FIELDS))
        return cls(tuple(segments), norms, chance.random(total) < 0.8 if deletions else None, total)

    def packed(self) -> tuple[tuple[Any, Any, Any, int], ...]:
        """Return the segments as the kernel takes them: offsets, counts, packed postings and size."""
        return tuple(pack(*segment) for segment in self.segments)

    def term(self, number: int, boost: float) -> Term:
        numbers = tuple(-1 if number == 9 and not place else number for place in range(len(self.segments)))
        return number % FIELDS, numbers, 0.3 + 0.71 * number, boost, 0


def pack(offsets: Any, documents: Any, frequencies: Any, size: int) -> tuple[Any, Any, Any, int]:
    """Return a segment as the kernel takes it."""
    nowhere = np.zeros(len(offsets), np.int64), np.empty(0, np.uint8)
    packed, ends = pack_postings(offsets, documents, frequencies.astype(np.int32), *nowhere)
    counts = np.diff(offsets)
    width = np.result_type(frequencies.dtype, np.min_scalar_type(int(counts.max(initial=0))))
    return np.append(0, ends), counts.astype(width), padded(packed), size


def reference(
    columns: MadeUp, words: Sequence[Sequence[Term]], allowed: Any
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """Return all documents that match any of *words*, of one or more terms each, sorted, and their scores."""
    totals, matched = np.zeros(columns.size), np.zeros(columns.size, np.bool_)
    for terms in words:
        of_word = np.zeros(columns.size)
        for field, numbers, idf, boost, _ in terms:
            base = 0
            for (offsets, documents, frequencies, size), number in zip(columns.segments, numbers, strict=True):
                if number >= 0:
                    part = slice(int(offsets[number]), int(offsets[number + 1]))
                    places = documents[part].astype(np.int64) + base
                    counts = frequencies[part].astype(np.float32)
                    norms = columns.norms[field][places]
                    of_word[places] += np.float32(idf) * counts / (counts + norms) * np.float32(boost)
                    matched[places] = True
                base += size
        totals += of_word.astype(np.float32)
    if columns.live is not None:
        matched &= columns.live
    if allowed is not None:
        matched &= allowed
    return np.flatnonzero(matched), totals[matched].astype(np.float32)
