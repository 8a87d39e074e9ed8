"""Where stems stand. Segments hold it of folded words, and which stem each of their words has, so it follows from that.

Only stock Whoosh asks for it, and phrases of stems that nobody can type: arsearch's own phrases are of folded words.
"""

from __future__ import annotations

import numpy as np

from arsearch.common.array_types import Int64s
from arsearch.lexical.segment.columns import Columns
from arsearch.lexical.segment.packing.postings import unpack_occurrences
from arsearch.lexical.segment.packing.words import read_words

__all__ = ["stem_occurrences"]

_DAMAGED = "the words of the documents of a segment do not fit its positions"


def stem_occurrences(columns: Columns, stem: int, *, in_titles: bool = False) -> tuple[Int64s, Int64s]:
    """Return every occurrence of the term *stem* of ``TEXT_STEM``: documents and positions, both int64, sorted.

    With *in_titles* only those in titles. Raises ValueError if the columns are damaged.
    """
    has_stem = columns.word_stems == stem
    folded = np.unique(columns.word_exacts[has_stem])
    others = np.unique(columns.word_exacts[~has_stem & np.isin(columns.word_exacts, folded)])
    parts = []
    for term in folded.tolist():
        if not 0 <= term < len(columns.posting_counts):
            raise ValueError(_DAMAGED)
        begin, end = columns.posting_offsets[term : term + 2].tolist()
        found = unpack_occurrences(columns.posting_bytes, begin, end, int(columns.posting_counts[term]))
        if term in others:  # in another language it has another stem
            kept = _having(columns, found[0], term, stem)
            found = found[0][kept], found[1][kept]
        parts.append(found)
    owners = np.concatenate([np.empty(0, np.int64), *(owners for owners, _ in parts)])
    positions = np.concatenate([np.empty(0, np.int64), *(positions for _, positions in parts)])
    if in_titles:
        kept = positions < columns.title_words[owners]
        owners, positions = owners[kept], positions[kept]
    order = np.lexsort((positions, owners))
    return owners[order], positions[order]


def _having(columns: Columns, owners: Int64s, folded: int, stem: int) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Return which occurrences of the term *folded* in the documents *owners*, sorted, are of words with the *stem*."""
    words = read_words(columns, np.unique(owners))
    if len(words) and not 0 <= int(words.min()) <= int(words.max()) < len(columns.word_exacts):
        raise ValueError(_DAMAGED)
    words = words[columns.word_exacts[words] == folded]
    if len(words) != len(owners):
        raise ValueError(_DAMAGED)
    kept: np.ndarray[tuple[int], np.dtype[np.bool_]] = columns.word_stems[words] == stem
    return kept
