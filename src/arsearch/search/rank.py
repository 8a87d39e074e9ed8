"""The third stage of a search: one score for each candidate, and their order."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from arsearch import ranking
from arsearch.backends import SearchableIndex
from arsearch.common.array_types import Documents, Floats, Indices, Scores
from arsearch.common.deadline import check_time, cut_short, is_cut_short, stage, time_is_up
from arsearch.errors import EncoderError, QueryTimeoutError
from arsearch.ranking import RankingWeights
from arsearch.search.models import SearchModels
from arsearch.search.request import SearchRequest
from arsearch.search.rescoring import find_features, texts_to_rerank
from arsearch.search.results import Notice
from arsearch.search.retrieve import Candidates, Retriever, order_of
from arsearch.settings import Settings

__all__ = ["CandidateFeatures", "RankedCandidates", "Ranker"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RankedCandidates:
    """Candidates with *features* (candidates, features), *scores* (candidates,) and their *order*, best first."""

    candidates: Candidates
    features: Floats
    scores: Scores
    order: Indices
    notice: Notice | None
    freshness: Floats | None = None
    """How fresh each of the first candidates is, between 0 and 1; None where that has no say."""

    @property
    def page(self) -> Indices:
        """The indices of the candidates to show, best first."""
        read = self.candidates.read
        return self.order[read.start : read.end]

    @property
    def has_more(self) -> bool:
        """Whether candidates stand behind those to show."""
        return len(self.order) > self.candidates.read.end


@dataclass(frozen=True, slots=True)
class CandidateFeatures:
    """Candidates as rescoring sees them: *documents* (n,), *features* (n, len(ranking.FEATURES)), *cosines* (n,)."""

    documents: Documents
    features: Floats
    cosines: Scores


class Ranker:
    """Ranks the candidates of one index. Safe to use from several threads."""

    def __init__(
        self,
        index: SearchableIndex,
        settings: Settings,
        weights: RankingWeights,
        models: SearchModels,
        retriever: Retriever,
    ) -> None:
        self._index = index
        self._settings = settings
        self._weights = weights
        self._models = models
        self._retriever = retriever

    @property
    def cosine_weight(self) -> float:
        """What a cosine counts, in log-odds, before it is multiplied with what was tuned."""
        manifest = self._index.manifest
        return self._settings.semantic_weight * manifest.semantic_scale.weight_among(manifest.articles)

    def within_article(self, mode: str, articles: Scores, lacking: Scores, behind: Scores) -> Scores:
        """Return the scores of passages (passages,): those of their *articles*, less what only the article has.

        *lacking*: the share of the query's weight that stands elsewhere in the article alone; *behind*: how much higher
        the cosine of the article's nearest passage is. A passage that is all of its article has the same score.
        """
        words = sum(self._weights.features) if mode != "semantic" else 0.0
        meaning = {"lexical": 0.0, "semantic": 1.0}.get(mode, self._weights.semantic * self.cosine_weight)
        gap = np.float32(words) * lacking + np.float32(meaning) * behind
        if mode == "semantic":  # the score is a cosine
            return np.asarray(articles - gap, dtype=np.float32)
        # As `combine` brings what words and meaning count to numbers up to 1.
        gap = gap / np.float32(max(words + meaning * (1 - ranking.COSINE_MINIMUM), 1e-6))
        if mode == "hybrid" and self._settings.fusion == "rrf":  # sums of reciprocal ranks have another scale
            return np.asarray(articles * np.exp(-gap), dtype=np.float32)
        return np.asarray(articles - gap, dtype=np.float32)

    def rank(self, candidates: Candidates) -> RankedCandidates:
        """Return *candidates* in their order; where a page reaches behind them, with what words find there."""
        read = candidates.read
        fresh = self._freshness(candidates)
        features = self._features(candidates, fresh)[0]
        scores = self._with_freshness(read.mode, self._scores(candidates, features), fresh)
        ranked = RankedCandidates(
            candidates=candidates,
            features=features,
            scores=scores,
            order=self._order(read.request, candidates.documents, scores),
            notice=None,
            freshness=fresh,
        )
        if self._settings.reranker and read.request.sort == "relevance" and not is_cut_short():
            ranked = self._rerank(ranked)
        if read.pinned:
            ranked = _pinned_first(ranked)
        retrieved = candidates.retrieved
        if read.end >= len(ranked.order) and retrieved.total > len(retrieved.best):
            ranked = self._append_deeper(ranked)
        return ranked

    def ranking_features(self, candidates: Candidates) -> CandidateFeatures:
        """Return the candidates that have all features, for learning from judgments."""
        features, weighed = self._features(candidates)
        return CandidateFeatures(candidates.documents[weighed], features[weighed], candidates.semantic[weighed])

    def _freshness(self, candidates: Candidates) -> Floats | None:
        """Return how fresh each of *candidates* is; None where that has no say."""
        request = candidates.read.request
        if not request.half_life:
            return None
        dates = self._index.dates(candidates.documents)
        return ranking.freshness_of(dates, request.now, request.half_life, typical=candidates.usual)

    def _with_freshness(self, mode: str, scores: Scores, fresh: Floats | None) -> Scores:
        if fresh is None:
            return scores
        cosine_weight = self._weights.semantic * self.cosine_weight
        unit = ranking.score_of_log_odds(mode, self._settings.fusion, self._weights, cosine_weight)
        return ranking.add_freshness(scores, fresh, self._settings.freshness_weight * unit)

    def _features(self, candidates: Candidates, fresh: Floats | None = None) -> tuple[Floats, Indices]:
        """Return the features of the candidates, and which are the most promising: only those have all of them."""
        read = candidates.read
        features = np.zeros((len(candidates.documents), len(ranking.FEATURES)), dtype=np.float32)
        features[:, 0] = candidates.lexical / self._index.words.best_possible(read.query)
        if read.mode == "semantic" or not len(features):
            return features, np.empty(0, np.int64)
        if len(features) > self._settings.rescored_candidates:
            promising = self._with_freshness(
                read.mode, self._fuse(read.mode, _alone(features), candidates.semantic), fresh
            )
            best = np.argsort(-promising, kind="stable")[: self._settings.rescored_candidates]
            best = best[np.argsort(candidates.documents[best])]
        else:
            best = np.argsort(candidates.documents)
        try:
            with stage("rescore"):
                check_time()
                features[best] = find_features(self._index, read.query, candidates.documents[best], features[best, 0])
        except QueryTimeoutError:
            cut_short()
            return _alone(features), np.empty(0, np.int64)
        return features, best

    def _scores(self, candidates: Candidates, features: Floats) -> Scores:
        mode = candidates.read.mode
        if mode == "semantic":
            return candidates.semantic
        if mode == "hybrid" and self._settings.fusion == "rrf":
            by_words = np.where(candidates.lexical > 0, ranking.combine(features, None, self._weights), 0)
            return ranking.reciprocal_rank_fusion(by_words, candidates.semantic)
        return self._fuse(mode, features, candidates.semantic)

    def _fuse(self, mode: str, features: Floats, cosines: Scores) -> Scores:
        """Return one score for each row of *features* (n, features) and *cosines* (n,)."""
        if mode == "lexical":
            return ranking.combine(features, None, self._weights)
        cosine_weight = self._weights.semantic * self.cosine_weight
        strength = cosine_weight * self._index.manifest.semantic_scale.spread
        return ranking.combine(features, cosines, self._weights, cosine_weight, strength)

    def _order(self, request: SearchRequest, documents: Documents, scores: Scores) -> Indices:
        by_score = np.lexsort((documents, -scores))
        order = order_of(request, self._index.manifest.own_fields)
        return by_score if order is None else by_score[self._index.in_order(documents[by_score], order)]

    def _rerank(self, ranked: RankedCandidates) -> RankedCandidates:
        """Return *ranked* with its head in the order of the cross-encoder."""
        reranker = self._models.reranker
        order, documents = ranked.order, ranked.candidates.documents
        if isinstance(reranker, EncoderError):
            notice = Notice("no-model", f"Ranked without the reranker, because it is missing. {reranker}")
            return replace(ranked, notice=notice)
        if time_is_up():
            cut_short()
            return ranked
        read, count = ranked.candidates.read, self._settings.reranked_candidates
        texts = texts_to_rerank(self._index, read.vector, documents[order[:count]])
        head = np.argsort(-reranker.score(read.query.plain, texts), kind="stable")
        order = np.concatenate([order[:count][head], order[count:]])
        scores = ranked.scores.copy()
        scores[order] = -np.sort(-scores)  # what is shown falls from hit to hit
        return replace(ranked, order=order, scores=scores)

    def _append_deeper(self, ranked: RankedCandidates) -> RankedCandidates:
        """Return *ranked* with what words find behind its candidates, up to one after the page.

        The order of the candidates stays, however deep a page is; so pages of any size make up one list. What is behind
        is ordered by its words alone, and its scores go on where those of the candidates end.
        """
        known = len(ranked.scores)
        deeper = self._retriever.retrieve_deeper(ranked.candidates)
        features = np.zeros((len(deeper.documents) - known, len(ranking.FEATURES)), dtype=np.float32)
        features[:, 0] = deeper.lexical[known:] / self._index.words.best_possible(deeper.read.query)
        lowest = ranked.scores.min(initial=np.float32(np.inf))
        scores = np.minimum(self._fuse(deeper.read.mode, features, deeper.semantic[known:]), lowest)
        return replace(
            ranked,
            candidates=deeper,
            features=np.concatenate([ranked.features, features]),
            scores=np.concatenate([ranked.scores, scores]),
            order=np.concatenate([ranked.order, np.arange(known, len(deeper.documents))]),
        )


def _alone(features: Floats) -> Floats:
    """Return *features* (candidates, features) with the score of the words in place of all.

    Until the others are known it stands for them: it must weigh as much against meaning as they will.
    """
    return np.repeat(features[:, :1], features.shape[1], axis=1)


def _pinned_first(ranked: RankedCandidates) -> RankedCandidates:
    """Return *ranked* with what is pinned at its head, with scores that no other is above."""
    documents = ranked.candidates.documents
    places = {document: place for place, document in enumerate(documents.tolist())}
    head = np.array([places[each] for each in ranked.candidates.read.pinned if each in places], dtype=np.int64)
    scores = ranked.scores.copy()
    scores[head] = scores.max(initial=np.float32(0))
    rest = ranked.order[~np.isin(ranked.order, head)]
    return replace(ranked, order=np.concatenate([head, rest]), scores=scores)
