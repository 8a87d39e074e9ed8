"""Queries taken out of texts of the index, and what words say about them: the inverse cloze task.

A few words are taken out of each text, and the text they came from has to be found (Lee, Chang and Toutanova, "Latent
Retrieval for Weakly Supervised Open Domain Question Answering", 2019). The texts are scored as the index scores
articles, first pass and rescoring.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from arsearch.common.array_types import Floats, Int64s, UInt64s
from arsearch.ranking.features import K1, B, CandidateTexts, QueryWords, find_features
from arsearch.ranking.matmul import product
from arsearch.ranking.ngrams import WORD_END, GramTable, find_grams
from arsearch.ranking.rescore import RankingWeights

__all__ = ["ClozeText", "word_scores"]


_EXACT = 0.4
"""Weight of the folded form against the stem, as in the index."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClozeText:
    """A text and the words that were taken out of it, both as pairs of folded form and stem (empty: a stop word)."""

    query: Sequence[tuple[str, str]]
    text: Sequence[tuple[str, str]]


def word_scores(sample: Sequence[ClozeText], weights: RankingWeights) -> Floats:
    """Return the log-odds that words give each text for each query, float32 (texts, texts): first pass and rescoring.

    The texts of *sample* are the whole collection; statistics of words are theirs.
    """
    collection = _Collection(sample)
    vector = np.asarray(weights.features, dtype=np.float32)
    return np.stack([product(collection.features(cloze.query), vector) for cloze in sample])


class _Collection:
    """A few hundred texts, scored as the index scores articles."""

    def __init__(self, sample: Sequence[ClozeText]) -> None:
        self._count = len(sample)
        self._folded_words: dict[str, int] = {}
        self._stems: dict[str, int] = {"": -1}
        words: dict[tuple[str, str], int] = {}
        tokens = np.array([words.setdefault(word, len(words)) for cloze in sample for word in cloze.text])
        self._tokens = tokens
        self._by_word = np.argsort(tokens, kind="stable")
        self._word_counts = np.bincount(tokens, minlength=len(words))
        self._word_offsets = np.cumsum(self._word_counts) - self._word_counts
        self._number = np.zeros(len(words), dtype=np.int64)
        """Of each word among those of a query; what it was for the one before where the query does not have it."""
        self._words = [folded + WORD_END for folded, _ in words]
        folded_words = np.array(
            [self._folded_words.setdefault(folded, len(self._folded_words)) for folded, _ in words], dtype=np.int64
        )
        self._stem_of = np.array([self._stems.setdefault(stem, len(self._stems) - 1) for _, stem in words])
        self._lengths = np.array([len(cloze.text) for cloze in sample], dtype=np.int64)
        self._owners = np.repeat(np.arange(self._count), self._lengths)
        self._positions = np.arange(len(tokens)) - np.repeat(np.cumsum(self._lengths) - self._lengths, self._lengths)
        self._average_length = float(self._lengths.mean())
        self._norms = K1 * (1 - B + B * self._lengths / max(self._average_length, 1.0))
        self._texts_with_exact = _Counts(folded_words[tokens], self._owners, len(self._folded_words))
        self._texts_with_stem = _Counts(self._stem_of[tokens], self._owners, len(self._stems))
        self._words_with_stem = _Inverted(self._stem_of, np.arange(len(words)))
        joined = "".join(self._words)
        grams, having = find_grams(joined)
        self._words_with_gram = _Inverted(grams, having)
        self._grams = GramTable.of(joined, self._texts_with_exact.frequencies[folded_words], self._count)

    def features(self, query: Sequence[tuple[str, str]]) -> Floats:
        words = [word for word in query if word[1]] or list(query)
        scores = np.zeros(self._count)
        idfs = []
        for folded, stem in words:
            idf, parts = self._idf(self._texts_with_stem, self._stems.get(stem, -1))
            exact_idf, exact_parts = self._idf(self._texts_with_exact, self._folded_words.get(folded, -1))
            for (texts, counts), factor in ((parts, idf), (exact_parts, _EXACT * exact_idf)):
                scores[texts] += factor * counts / (counts + self._norms[texts])
            idfs.append(idf)
        asked = QueryWords(
            words="".join(folded + WORD_END for folded, _ in words),
            idf=np.array(idfs, dtype=np.float32),
            stems=np.array([self._stems.get(stem, -1) for _, stem in words], dtype=np.int64),
        )
        most = max((1 + _EXACT) * sum(idfs), 1e-6)
        return find_features(asked, self._texts_for(asked), (scores / most).astype(np.float32), self._grams)

    def _texts_for(self, query: QueryWords) -> CandidateTexts:
        """Return the texts with those of their words that share an n-gram or the stem with a word of *query*."""
        related = np.zeros(len(self._words), dtype=np.bool_)
        related[self._words_with_gram.of(np.unique(find_grams(query.words)[0]))] = True
        related[self._words_with_stem.of(np.unique(query.stems[query.stems >= 0]))] = True
        words = np.flatnonzero(related)
        self._number[words] = np.arange(len(words))
        tokens = np.sort(self._by_word[_ranges(self._word_offsets[words], self._word_counts[words])])
        return CandidateTexts(
            words="".join(map(self._words.__getitem__, words.tolist())),
            stems=self._stem_of[words],
            tokens=self._number[self._tokens[tokens]],
            owners=self._owners[tokens],
            positions=self._positions[tokens],
            lengths=self._lengths,
            average_length=self._average_length,
        )

    def _idf(self, counts: _Counts, number: int) -> tuple[float, tuple[Int64s, Int64s]]:
        parts = counts.of(number)
        return math.log1p((self._count - len(parts[0]) + 0.5) / (len(parts[0]) + 0.5)), parts


class _Counts:
    """In which texts each number stands, and how often; none for the number -1."""

    def __init__(self, numbers: Int64s, owners: Int64s, count: int) -> None:
        width = int(owners.max(initial=0)) + 1
        kept = numbers >= 0
        cells, self._counts = np.unique(numbers[kept] * width + owners[kept], return_counts=True)
        self._texts = cells % width
        self.frequencies = np.bincount(cells // width, minlength=count).astype(np.int64)
        """In how many texts each of the numbers below *count* stands."""
        self._ends = np.cumsum(self.frequencies).tolist()

    def of(self, number: int) -> tuple[Int64s, Int64s]:
        span = slice(self._ends[number - 1] if number > 0 else 0, self._ends[number] if number >= 0 else 0)
        return self._texts[span], self._counts[span]


class _Inverted:
    """Which of *values* (keys,) have each of *keys*."""

    def __init__(self, keys: Int64s | UInt64s, values: Int64s) -> None:
        order = np.argsort(keys, kind="stable")
        self._keys, self._values = keys[order], values[order]

    def of(self, keys: Int64s | UInt64s) -> Int64s:
        """Return the values of all of *keys*, one key after another."""
        firsts = np.searchsorted(self._keys, keys)
        counts = np.searchsorted(self._keys, keys, side="right") - firsts
        return np.asarray(self._values[_ranges(firsts, counts)], dtype=np.int64)


def _ranges(firsts: Int64s, counts: Int64s) -> Int64s:
    """Return the numbers from ``firsts[i]``, ``counts[i]`` of them, one range after another."""
    return np.arange(int(counts.sum())) + np.repeat(firsts - np.cumsum(counts) + counts, counts)
