"""From ranked articles to the passages of them that answer best."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from arsearch import ranking
from arsearch.backends import SearchableIndex
from arsearch.common.array_types import Documents, Indices, Scores, Spans, Vectors
from arsearch.common.deadline import cut_short, is_cut_short, stage, time_is_up
from arsearch.corpus import Article
from arsearch.lexical import LexicalQuery, Marks
from arsearch.search.passages.choose import NearCopies, TextBudget, by_marginal_relevance
from arsearch.search.passages.request import PassageRequest
from arsearch.search.passages.results import FoundPassage, TextSpan
from arsearch.search.rank import RankedCandidates, Ranker
from arsearch.semantic import cut_passages
from arsearch.settings import Settings

__all__ = ["PassageFinder"]

_FIRST_ARTICLES = 10
"""Articles that are looked at before it is known whether others may have anything better."""
_VISIBLE = re.compile(r"\S(?:.*\S)?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class _Cut:
    """The passages of one article: *spans* (passages, 2) in its body, *vectors* (passages, dimension) or zeros."""

    article: Article
    spans: Spans
    vectors: Vectors
    shares: Scores
    """How much of the query stands in each passage or the title, of all that could."""
    share: float
    """How much of it stands anywhere in the article."""


@dataclass(frozen=True, slots=True)
class _Candidates:
    """All passages that may be chosen: arrays (passages,), *vectors* (passages, dimension)."""

    cuts: Sequence[_Cut]
    owners: Indices
    places: Indices
    """Which passage of its article each is."""
    scores: Scores
    articles: Scores
    """The score of its article."""
    cosines: Scores
    vectors: Vectors


class PassageFinder:
    """Finds passages in one index. Safe to use from several threads."""

    def __init__(
        self, index: SearchableIndex, settings: Settings, ranker: Ranker, count_tokens: Callable[[str], int]
    ) -> None:
        self._index = index
        self._settings = settings
        self._ranker = ranker
        self._count_tokens = count_tokens

    def find(self, request: PassageRequest, ranked: RankedCandidates) -> list[FoundPassage]:
        """Return the passages that *request* asks for, of the articles on the page that was *ranked*.

        Raises EncoderError if tokens have to be counted and there is no encoder.
        """
        read, page = ranked.candidates.read, ranked.page
        documents, scores = ranked.candidates.documents[page], ranked.scores[page]
        diversity = self._settings.passage_diversity if request.diversity is None else request.diversity
        # No passage stands above its article, and articles come in the order of their scores: where the passages chosen
        # stand above the next article, no other one would be chosen. Unlike ones may be anywhere.
        looked_at = len(documents) if diversity else max(_FIRST_ARTICLES, 2 * request.size)
        cuts: list[_Cut] = []
        while True:
            with stage("rescore"):
                some = documents[len(cuts) : looked_at]
                cuts += self._cut(some, read.query, with_vectors=read.vector is not None)
                candidates = self._scored(cuts, scores, read.vector, read.mode)
            with stage("fetch"):
                chosen = self._choose(request, candidates, diversity)
            is_full = len(chosen) == request.size
            if len(cuts) >= len(documents) or is_cut_short() or (is_full and chosen[-1].score >= scores[len(cuts)]):
                return chosen
            looked_at = len(documents)

    def _cut(self, documents: Documents, query: LexicalQuery, *, with_vectors: bool) -> list[_Cut]:
        """Return the passages of *documents*, of as many as there is time for."""
        weights = [self._index.words.idf_of_word(query, at) for at in range(len(query.scored_words))]
        dimension = self._index.manifest.dimension
        none = (np.empty(0, np.int64), np.empty((0, dimension), np.float32))
        known = self._index.passage_vectors(documents) if with_vectors else [none] * len(documents)
        cuts: list[_Cut] = []
        articles = self._index.articles(documents)
        for document, article, (starts, rows) in zip(documents.tolist(), articles, known, strict=True):
            if is_cut_short() or time_is_up():
                cut_short()
                break
            title, body = self._index.marks(document, query)
            words = body.spans[: int(np.searchsorted(body.spans[:, 0], len(article.body))), 0]
            spans = np.array(cut_passages(article.body, words, size=self._index.manifest.passage_words), np.int64)
            vectors: Vectors = np.zeros((len(spans), dimension), np.float32)
            at = np.searchsorted(spans[:, 0], starts)
            here = at < len(spans)
            here[here] = spans[at[here], 0] == starts[here]
            vectors[at[here]] = rows[here]
            shares, share = _shares(spans, title, body, weights)
            cuts.append(_Cut(article, spans, vectors, shares, share))
        return cuts

    def _scored(self, cuts: Sequence[_Cut], scores: Scores, vector: Vectors | None, mode: str) -> _Candidates:
        """Return all passages with their scores: as far below its article's as a passage says less than it all."""
        counts = [len(cut.spans) for cut in cuts]
        owners = np.repeat(np.arange(len(cuts)), counts)
        dimension = self._index.manifest.dimension
        vectors = np.concatenate([cut.vectors for cut in cuts]) if cuts else np.empty((0, dimension), np.float32)
        cosines = np.full(len(owners), ranking.COSINE_MINIMUM, np.float32)
        behind = np.zeros(len(owners), np.float32)
        if vector is not None and len(owners):
            has_vector = vectors.any(axis=1)
            cosines = np.where(has_vector, vectors @ vector, np.float32(ranking.COSINE_MINIMUM))
            nearest = np.full(len(cuts), ranking.COSINE_MINIMUM, np.float32)
            np.maximum.at(nearest, owners, cosines)
            least = np.full(len(cuts), 1.0, np.float32)
            np.minimum.at(least, owners[has_vector], cosines[has_vector])
            # What has no vector yet is no better than its article's other passages, and not known to be worse.
            behind = nearest[owners] - np.where(has_vector, cosines, np.minimum(least, nearest)[owners])
        shares = np.concatenate([cut.shares for cut in cuts]) if cuts else np.empty(0, np.float32)
        lacking = np.array([cut.share for cut in cuts], np.float32)[owners] - shares
        own = scores[: len(cuts)][owners]
        return _Candidates(
            cuts=cuts,
            owners=owners,
            places=np.concatenate([np.arange(count) for count in counts]) if counts else np.empty(0, np.int64),
            scores=self._ranker.within_article(mode, own, lacking, behind),
            articles=own,
            cosines=cosines,
            vectors=vectors,
        )

    def _choose(self, request: PassageRequest, candidates: _Candidates, diversity: float) -> list[FoundPassage]:
        copies = NearCopies(self._settings.duplicate_similarity)
        budget = TextBudget(request.max_characters, request.max_tokens, self._count_tokens)
        taken: list[int] = []
        chosen: list[FoundPassage] = []
        for index in by_marginal_relevance(candidates.scores, candidates.vectors, diversity, taken):
            passage = _found(candidates, index, request.neighbours)
            if passage is None or _is_shown(passage, chosen) or not copies.is_new(passage.text):
                continue
            if not budget.has_room_for(passage.context.text if passage.context else passage.text):
                continue
            taken.append(index)
            chosen.append(passage)
            if len(chosen) == request.size:
                break
        return chosen


def _shares(spans: Spans, title: Marks, body: Marks, weights: Sequence[float]) -> tuple[Scores, float]:
    """Return which share of the query's *weights* each of *spans* has with the title, and the article as a whole."""
    has = np.zeros((len(spans), len(weights)), np.bool_)
    tokens = [token for token in body.words if body.spans[token, 0] < spans[-1, 1]]
    places = np.searchsorted(spans[:, 0], body.spans[tokens, 0], side="right") - 1
    has[places, [body.words[token] for token in tokens]] = True
    has[:, list(title.words.values())] = True
    values = np.asarray(weights, np.float32)
    total = max(float(values.sum()), float(np.finfo(np.float32).tiny))
    shares: Scores = np.asarray(has @ values / total, dtype=np.float32)
    return shares, float(has.any(axis=0) @ values / total)


def _found(candidates: _Candidates, index: int, neighbours: int) -> FoundPassage | None:
    """Return a passage without the blanks around it, None if there is nothing else."""
    cut, place = candidates.cuts[candidates.owners[index]], int(candidates.places[index])
    article = cut.article
    here = _visible(article.body, *cut.spans[place].tolist())
    if here is None:
        return None
    context = None
    if neighbours:
        first, last = max(place - neighbours, 0), min(place + neighbours, len(cut.spans) - 1)
        context = _visible(article.body, int(cut.spans[first, 0]), int(cut.spans[last, 1]))
    return FoundPassage(
        article_id=article.id,
        title=article.title,
        start=here.start,
        end=here.end,
        text=here.text,
        score=float(candidates.scores[index]),
        parts={
            "article": float(candidates.articles[index]),
            "lexical": float(cut.shares[place]),
            "semantic": float(candidates.cosines[index]),
        },
        author=article.author,
        date=article.date,
        source=article.source,
        url=article.url,
        context=context,
    )


def _visible(body: str, start: int, end: int) -> TextSpan | None:
    found = _VISIBLE.search(body, start, end)
    return TextSpan(found.start(), found.end(), found.group()) if found else None


def _is_shown(passage: FoundPassage, chosen: Sequence[FoundPassage]) -> bool:
    """Whether *passage* stands in the context of one that was *chosen* before."""
    return any(
        other.article_id == passage.article_id
        and other.context is not None
        and other.context.start <= passage.start
        and passage.end <= other.context.end
        for other in chosen
    )
