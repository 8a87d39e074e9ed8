"""Features of candidates for a query: what the scores of single words do not see. Arrays in, arrays out.

All features are between 0 and 1, each a share of the most that a query can get, so that weights mean the same for
short and long queries:

words
    the score of the first pass, BM25 of stems and folded forms, and for a third how much of the query the text has at
    all: one that has every word once comes before one that has some often.
grams
    BM25 over the character n-grams of the words of the query.
window
    the words of the query that stand in one chunk of 30 words, the best chunk counting.
lead
    the words of the query among the first 40 words: the title and the opening, which say what an article is about.
order
    neighbours in the query that stand near one another, in the same order.

In the last three a word of the query counts by its idf, and as much as the word it meets resembles it: fully if it
is the same, for seven tenths if the stem is, else by the share of n-grams they have in common.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType

import numpy as np
import numpy.typing as npt

from arsearch import kernel
from arsearch.common.array_types import Floats, Int64s
from arsearch.ranking.matmul import product
from arsearch.ranking.ngrams import GramTable, count_grams, find_grams, match_grams

__all__ = ["FEATURES", "CandidateTexts", "QueryWords", "find_features"]


FEATURES = ("words", "grams", "window", "lead", "order")

_SHARE_OF_COVERAGE = np.float32(1 / 3)
_SAME_STEM = 0.7
_RESEMBLES = 0.25
"""Shares of n-grams below this are chance."""
_STANDS_FOR = 0.4
"""From here on a word can take the place of a query's word when order is looked at."""
_WINDOW = 30
_LEAD = 40
_NEAR = 8
K1 = 1.2
B = 0.75


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryWords:
    """The words of a query that count.

    *words*, each followed by WORD_END; *idf* float32 (words,); *stems* int64 (words,): numbers that mean the same as
    in ``CandidateTexts.stems``, -1 for a stem that no candidate can have.
    """

    words: str
    idf: Floats
    stems: Int64s


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateTexts:
    """The candidates, as far as their words may have to do with the query.

    *words*: each distinct word followed by WORD_END; *stems* int64 (distinct words,): the number of its stem;
    *tokens* int64 (tokens,): the distinct word of each token, candidate after candidate; *owners* and *positions* int64
    (tokens,): the candidate it stands in, and which of its tokens it is, title before body. Tokens that share neither
    a stem nor an n-gram with the query may be left out. *lengths* int64 (candidates,): all tokens of each;
    *average_length*: of all articles, in tokens.
    """

    words: str
    stems: Int64s
    tokens: Int64s
    owners: Int64s
    positions: Int64s
    lengths: Int64s
    average_length: float


def find_features(query: QueryWords, texts: CandidateTexts, scores: Floats, grams: GramTable) -> Floats:
    """Return the features of each candidate, float32 (candidates, len(FEATURES)).

    *scores* (candidates,) are those of the first pass, divided by the most that the query can get.
    """
    features = np.zeros((len(scores), len(FEATURES)), dtype=np.float32)
    features[:, 0] = scores
    if not len(texts.tokens) or not len(query.idf):
        return features
    if kernel.native is not None and len(query.words) < kernel.MAX_GRAMS:
        has_word = _find_natively(kernel.native, query, texts, grams, features)
        features[:, 0] += _share_of_coverage(query, has_word, scores)
        return features
    features[:, 0] += _share_of_coverage(query, _words_of_query(query, texts), scores)
    matcher = _Matcher(query, texts, grams)
    features[:, 1] = matcher.gram_scores()
    features[:, 2] = matcher.window_scores()
    features[:, 3] = matcher.lead_scores()
    features[:, 4] = matcher.order_scores()
    return features


def _words_of_query(query: QueryWords, texts: CandidateTexts) -> Floats:
    """Return which words of the query each candidate has in any form (candidates, words of the query): 1 or 0."""
    none = int(query.stems.max()) + 1  # also of what only resembles a word of the query
    has = np.zeros((len(texts.lengths), none + 1), dtype=np.bool_)
    has[texts.owners, np.minimum(texts.stems, none)[texts.tokens]] = True
    has[:, none] = False
    return has[:, query.stems].astype(np.float32)


def _share_of_coverage(query: QueryWords, has_word: Floats, scores: Floats) -> Floats:
    """Return what it counts how much of the query each candidate has (candidates,): the rarer a word, the more."""
    coverage = product(has_word, query.idf) / np.float32(max(float(query.idf.sum()), 1e-6))
    return np.asarray(_SHARE_OF_COVERAGE * (np.maximum(coverage, scores) - scores), np.float32)


def _find_natively(
    native: ModuleType, query: QueryWords, texts: CandidateTexts, grams: GramTable, features: Floats
) -> Floats:
    """Fill in all columns but the first, and return what :func:`_words_of_query` does."""
    has_word = np.zeros((len(query.idf), len(features)), np.float32)
    native.find_features(
        _units(query.words),
        np.ascontiguousarray(query.idf, dtype=np.float32),
        np.ascontiguousarray(query.stems, dtype=np.int64),
        _units(texts.words),
        *(
            np.ascontiguousarray(numbers, dtype=np.int64)
            for numbers in (texts.stems, texts.tokens, texts.owners, texts.positions, texts.lengths)
        ),
        np.ascontiguousarray(grams.idf, dtype=np.float16),
        features.reshape(-1),
        has_word.reshape(-1),
        texts.average_length,
    )
    return has_word.T


def _units(words: str) -> npt.NDArray[np.uint16]:
    return np.frombuffer(words.encode("utf-16-le", "surrogatepass"), dtype="<u2")


class _Matcher:
    """What the words of a query meet in the candidates."""

    def __init__(self, query: QueryWords, texts: CandidateTexts, grams: GramTable) -> None:
        self._idf = query.idf
        self._total = max(float(query.idf.sum()), 1e-6)
        self._lengths = texts.lengths
        self._average = max(texts.average_length, 1.0)
        self._find_hits(query, texts, grams)
        of_query = np.zeros(len(texts.stems), dtype=np.bool_)
        of_query[self._hit_words] = True
        of_query |= np.isin(texts.stems, query.stems[query.stems >= 0])
        self._find_tokens(texts, of_query)
        self._find_matches(query, texts, np.flatnonzero(of_query))

    def _find_hits(self, query: QueryWords, texts: CandidateTexts, grams: GramTable) -> None:
        """Find the grams of the query in the distinct words, word by word."""
        asked, askers = find_grams(query.words)
        self._asked, columns = np.unique(asked, return_inverse=True)
        self._gram_idf = grams.idf_of(self._asked)
        self._query_grams = np.zeros((len(self._asked), len(query.idf)), dtype=np.float32)
        self._query_grams[columns, askers] = 1
        self._gram_counts = count_grams(texts.words)
        self._hit_grams, self._hit_words = match_grams(texts.words, self._asked)

    def _find_tokens(self, texts: CandidateTexts, of_query: npt.NDArray[np.bool_]) -> None:
        """Keep the tokens that have a gram or a stem of the query, with their candidate and position in it."""
        tokens = np.flatnonzero(of_query[texts.tokens])
        self._words = texts.tokens[tokens]
        self._owners = texts.owners[tokens]
        self._positions = texts.positions[tokens]

    def _find_matches(self, query: QueryWords, texts: CandidateTexts, words: Int64s) -> None:
        """Find which *words* resemble which of the query's, and where they stand."""
        rows = np.full(len(texts.stems), -1, dtype=np.int64)
        rows[words] = np.arange(len(words))
        has = np.zeros((len(words), len(self._asked)), dtype=np.float32)
        has[rows[self._hit_words], self._hit_grams] = 1
        common = product(has, self._query_grams)
        sizes = self._gram_counts[words][:, np.newaxis] + self._query_grams.sum(axis=0) - common
        alike = common / np.maximum(sizes, 1)
        same = (texts.stems[words][:, np.newaxis] == query.stems) & (query.stems >= 0)
        np.maximum(alike, np.float32(_SAME_STEM), out=alike, where=same)
        alike[alike < _RESEMBLES] = 0
        # One row a pair of a token and a query's word that it resembles, by token.
        token, word = np.nonzero(alike[rows[self._words]])
        self._match_owners, self._match_positions, self._match_words = self._owners[token], self._positions[token], word
        self._match_strengths = alike[rows[self._words[token]], word]
        self._match_tokens = token
        self._query_size = len(query.idf)

    def gram_scores(self) -> Floats:
        count = len(self._asked)
        if not count:
            return np.zeros(len(self._lengths), dtype=np.float32)
        hits = np.bincount(self._hit_words, minlength=len(self._gram_counts))
        counts = hits[self._words]
        starts = (np.cumsum(hits) - hits)[self._words]
        rows = np.repeat(np.arange(len(counts)), counts)
        within = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
        cells = self._owners[rows] * count + self._hit_grams[starts[rows] + within]
        frequencies = np.bincount(cells, minlength=len(self._lengths) * count).reshape(-1, count)
        norms = K1 * (1 - B + B * self._lengths / self._average)
        weights = self._gram_idf * self._query_grams.sum(axis=1)
        scores = product(frequencies / (frequencies + norms[:, np.newaxis]), weights)
        return np.asarray(scores / max(float(weights.sum()), 1e-6), dtype=np.float32)

    def window_scores(self) -> Floats:
        """Chunks overlap by half, so that none is cut where it matters."""
        best = np.zeros(len(self._lengths), dtype=np.float32)
        for shift in (0, _WINDOW // 2):
            windows = (self._lengths + shift) // _WINDOW + 1
            firsts = np.cumsum(windows) - windows
            at = firsts[self._match_owners] + (self._match_positions + shift) // _WINDOW
            covered = self._coverage(at, int(windows.sum()), slice(None))
            np.maximum(best, np.maximum.reduceat(covered, firsts), out=best)
        return best

    def lead_scores(self) -> Floats:
        lead = self._match_positions < _LEAD
        return self._coverage(self._match_owners[lead], len(self._lengths), lead)

    def _coverage(self, groups: Int64s, count: int, kept: slice | npt.NDArray[np.bool_]) -> Floats:
        """Return how much of the query each of *count* groups has; *groups* are those of the matches *kept*."""
        cells = np.zeros(count * self._query_size, dtype=np.float32)
        np.maximum.at(cells, groups * self._query_size + self._match_words[kept], self._match_strengths[kept])
        return product(cells.reshape(count, -1), self._idf) / np.float32(self._total)

    def order_scores(self) -> Floats:
        count = self._query_size - 1
        scores = np.zeros(len(self._lengths), dtype=np.float32)
        if count < 1:
            return scores
        # The query's word that each token resembles most, the rarer of two.
        by_token = np.lexsort((self._idf[self._match_words], self._match_strengths, self._match_tokens))
        last = np.flatnonzero(np.diff(self._match_tokens[by_token], append=-1))
        chosen = by_token[last]
        chosen = chosen[self._match_strengths[chosen] >= _STANDS_FOR]
        owners, positions = self._match_owners[chosen], self._match_positions[chosen]
        words = self._match_words[chosen]
        nearness = np.zeros(len(self._lengths) * count, dtype=np.float32)
        for step in (1, 2):
            gaps = positions[step:] - positions[:-step]
            follows = (owners[step:] == owners[:-step]) & (words[step:] == words[:-step] + 1) & (gaps <= _NEAR)
            cells = owners[:-step][follows] * count + words[:-step][follows]
            np.maximum.at(nearness, cells, (1 / gaps[follows]).astype(np.float32))
        weights = np.minimum(self._idf[:-1], self._idf[1:])
        total = max(float(weights.sum()), 1e-6)
        return product(nearness.reshape(-1, count), weights) / np.float32(total)
