"""The words of a segment: those that its tokens are, the commonest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from arsearch.common.array_types import Int32s, Int64s
from arsearch.lexical.analysis.bulk import BulkAnalyzer
from arsearch.lexical.analysis.vocabulary import Vocabulary

__all__ = ["SegmentWords", "commonest_first", "number_words"]


@dataclass(frozen=True, slots=True)
class SegmentWords:
    """*folded_words* int32 (words,): the index of each word's form in *exact_texts*; *stems* likewise, or *no_stem*.

    *counts* int64 (words,): how often each occurs, which never grows.
    """

    exact_texts: list[str]
    stem_texts: list[str]
    folded_words: Int32s
    stems: Int32s
    counts: Int64s

    @property
    def no_stem(self) -> int:
        """What stands for the stem of a stop word: the index after the last."""
        return len(self.stem_texts)


def number_words(analyzer: BulkAnalyzer, parts: Sequence[Int32s]) -> tuple[SegmentWords, Int32s]:
    """Return the words that occur in *parts*, whose tokens *analyzer* numbered, and all tokens by new numbers."""
    counts = np.zeros(len(analyzer.exact_of_word), dtype=np.int64)
    for part in parts:
        counts += np.bincount(part, minlength=len(counts))
    used = np.flatnonzero(counts)
    exact_texts, folded_words = _indices(analyzer.folded_words, np.array(analyzer.exact_of_word, dtype=np.int32)[used])
    stem_texts, stems = _indices(analyzer.stems, np.array(analyzer.stem_of_word, dtype=np.int32)[used])
    # Stop words come before the word of the same form that is none.
    keys = (folded_words.astype(np.int64) << 32) | np.where(stems == len(stem_texts), 0, stems + 1)
    order = commonest_first(keys, counts[used])
    new_numbers = np.empty(len(counts), dtype=np.int32)
    new_numbers[used[order]] = np.arange(len(used), dtype=np.int32)
    tokens = np.concatenate([new_numbers[part] for part in parts])
    words = SegmentWords(exact_texts, stem_texts, folded_words[order], stems[order], counts[used[order]])
    return words, tokens


def commonest_first(keys: Int64s, counts: Int64s) -> Int64s:
    """Return the order of words that occur *counts* times: of equals those with the smaller of *keys* come first."""
    return np.lexsort((keys, -counts))


def _indices(vocabulary: Vocabulary, numbers: Int32s) -> tuple[list[str], Int32s]:
    """Return the texts that *numbers* stand for, sorted, and the index of each of *numbers*, the last for -1."""
    # A number of -1 is one more text, after all others.
    ranks = np.append(vocabulary.ranks(), np.int32(len(vocabulary.texts)))
    occurs = np.zeros(len(ranks), dtype=np.bool_)
    occurs[ranks[numbers]] = True
    indices = np.cumsum(occurs, dtype=np.int32) - np.int32(1)
    occurs[-1] = False
    texts = [vocabulary.texts[number] for number in vocabulary.order()[occurs[:-1]].tolist()]
    return texts, indices[ranks[numbers]]
