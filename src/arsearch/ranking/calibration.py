"""What the cosines of an encoder say about the articles of an index, found out without any judgment.

Every model has its own scale: unrelated texts have cosines of about 0.1 in one and about 0.75 in another; and a weak
model must not overrule words. So both are tried on texts of the index itself, by the inverse cloze task (Lee, Chang
and Toutanova, "Latent Retrieval for Weakly Supervised Open Domain Question Answering", 2019): a few words are taken out
of each text, and the text they came from has to be found among those that words rank highest, which are what meaning
has to tell apart in a search. The weight of the cosine is the one under which, added to what the words say, the right
texts are likeliest, less twice its standard error: what few texts say of an encoder must not cost what words do well.
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
from arsearch.ranking.scale import SemanticScale

__all__ = ["CALIBRATION_VERSION", "MIN_TEXTS", "ClozeText", "fit_scale", "word_scores"]


MIN_TEXTS = 30
"""With fewer texts than this there is nothing to be learnt."""
_EXACT = 0.4
"""Weight of the folded form against the stem, as in the index."""
_WEIGHTS = np.geomspace(0.5, 500.0, 16)
_REFINED, _FINER = 5, 7
_STEP = 0.1
"""Share of the weight by which it is changed to see how sharp the maximum is."""
_CHANCE = 0.02
"""How often a text is the right one for reasons that neither side can see: keeps the fit from being sure."""
_HARD = 5
"""Texts besides the right one that have to be told from it: those that words rank highest. Among texts drawn by chance
every encoder looks good, and a poor one nearly as good as the best."""
_FACTOR = 3.0
_MOST = 5.0
"""Eight words out of the middle of a text say less about it than what a reader types, so the weight is more than the
fitted one: so many times as much where it is small, and nowhere more than ``_MOST`` log-odds for a cosine one spread
higher. Both are from known-item queries of the training data and encoders of every strength: e5, parts of its vectors,
vectors mixed with noise, and vectors drawn by chance. benchmarks/fusion.py measures what they find."""
_ERRORS = 2.0
"""Standard errors that are taken off the fitted weight: about the lower end of its 95 % confidence interval."""
CALIBRATION_VERSION = 2
"""Raised when the same texts and vectors come to give another scale."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClozeText:
    """A text and the words that were taken out of it, both as pairs of folded form and stem (empty: a stop word)."""

    query: Sequence[tuple[str, str]]
    text: Sequence[tuple[str, str]]


def fit_scale(words: Floats, cosines: Floats) -> SemanticScale:
    """Return the scale of the encoder that gave *cosines* (texts, texts), row for the query, column for the text.

    *words* (texts, texts) are the log-odds that words alone give; the right text of each query is on the diagonal.
    """
    hard_words, hard_cosines = _hardest(words, cosines)
    weight = _likeliest_weight(hard_words, hard_cosines)
    strangers = cosines[~np.eye(len(cosines), dtype=np.bool_)].reshape(len(cosines), -1)
    error = _standard_error(hard_words, hard_cosines, weight)
    spread = float((strangers - strangers.mean(axis=1, keepdims=True)).std())
    weight = _FACTOR * max(weight - _ERRORS * error, 0.0)
    return SemanticScale(
        weight=round(weight / (1 + weight * spread / _MOST), 3),
        chance=round(float(strangers.mean()), 4),
        spread=round(spread, 4),
    )


def _hardest(words: Floats, cosines: Floats) -> tuple[Floats, Floats]:
    """Return both sides for the right text, which comes first, and for those that words rank highest beside it."""
    ranked = words.copy()
    np.fill_diagonal(ranked, np.inf)
    kept = np.argsort(-ranked, axis=1, kind="stable")[:, : _HARD + 1]
    return np.take_along_axis(words, kept, axis=1), np.take_along_axis(cosines, kept, axis=1)


def _likeliest_weight(words: Floats, cosines: Floats) -> float:
    """Return the weight of *cosines* under which the right texts are likeliest, found on finer and finer grids."""
    grid = np.concatenate([[0.0], _WEIGHTS])
    for _ in range(_REFINED):
        best = int(np.argmax([_log_likelihoods(words, cosines, weight).mean() for weight in grid.tolist()]))
        grid = np.linspace(grid[max(best - 1, 0)], grid[min(best + 1, len(grid) - 1)], _FINER)
    return float(grid[_FINER // 2])


def _standard_error(words: Floats, cosines: Floats, weight: float) -> float:
    """Return the standard error of *weight*, the likeliest one, over draws of queries.

    It is the one that does not take the likelihood to be that which made the texts (White, "Maximum Likelihood
    Estimation of Misspecified Models", 1982).
    """
    step = max(_STEP * weight, _STEP)
    less, at, more = (_log_likelihoods(words, cosines, weight + shift) for shift in (-step, 0.0, step))
    slopes = (more - less) / (2 * step)
    sharpness = -float((more - 2 * at + less).mean()) / step**2
    return float(slopes.std() / np.sqrt(len(slopes)) / max(sharpness, 1e-9))


def _log_likelihoods(words: Floats, cosines: Floats, weight: float) -> Floats:
    """Return for each query the logarithm of the probability that its text is the one in the first column."""
    scores = words + np.float32(weight) * cosines
    odds = np.exp(scores - scores.max(axis=1, keepdims=True))
    share = odds[:, 0] / odds.sum(axis=1)
    return np.asarray(np.log((1 - _CHANCE) * share + _CHANCE / scores.shape[1]), dtype=np.float32)


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
        self._places = np.arange(len(tokens)) - np.repeat(np.cumsum(self._lengths) - self._lengths, self._lengths)
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
            places=self._places[tokens],
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
