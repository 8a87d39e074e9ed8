"""From candidates in their order to hits: articles, snippets, and why each was found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from arsearch import ranking
from arsearch.backends import SearchableIndex
from arsearch.common.array_types import Documents, Scores, Vectors
from arsearch.common.deadline import stage
from arsearch.lexical import LexicalQuery, Marks
from arsearch.search.rank import RankedCandidates
from arsearch.search.results import Hit
from arsearch.search.snippets import mark_words, merge_spans, snippet_of

__all__ = ["explain_hits", "make_hits", "marked"]


@stage("fetch")
def make_hits(
    index: SearchableIndex,
    query: LexicalQuery,
    documents: Documents,
    scores: Scores,
    *,
    snippet_words: int,
    vector: Vectors | None,
    explanations: Sequence[dict[str, Any]],
) -> list[Hit]:
    """Return *documents* with their *scores* as hits.

    Snippets have *snippet_words* words, none if that is 0, and begin at the passage nearest to *vector* where no word
    of the query stands.
    """
    articles, copies = index.articles(documents), index.copies(documents)
    own = index.manifest.own_fields
    snippets = [""] * len(documents)
    if snippet_words:
        passages = [None] * len(documents) if vector is None else index.passages(vector, documents)
        weights = np.array([index.words.idf_of(word) for word in query.scored_words], np.float64)
        starts = np.array([passage[0] if passage else 0 for passage in passages], np.int64)
        texts = [article.searched_text(own) for article in articles]
        for at, snippet in enumerate(index.snippets(documents, query, texts, starts, weights, snippet_words)):
            if snippet is None:
                _, body = index.marks(int(documents[at]), query)
                snippet = snippet_of(texts[at], body, weights, words=snippet_words, start_at=int(starts[at]))
            snippets[at] = snippet
    return [
        Hit(
            id=article.id,
            score=float(scores[at]),
            title=article.title,
            snippet=snippets[at],
            article=article,
            explanation=explanations[at] if explanations else {},
            copies=copies[at],
        )
        for at, article in enumerate(articles)
    ]


def explain_hits(index: SearchableIndex, ranked: RankedCandidates) -> list[dict[str, Any]]:
    """Return what the scores of the hits to show are made of, as JSON types."""
    candidates, page = ranked.candidates, ranked.page
    by_word = index.scores_by_word(candidates.read.query, candidates.documents[page])
    explanations: list[dict[str, Any]] = []
    for at, words in zip(page.tolist(), by_word, strict=True):
        sides = {"lexical": candidates.lexical[at], "semantic": candidates.semantic[at]}
        sides |= dict(zip(ranking.FEATURES, ranked.features[at], strict=True))
        if ranked.freshness is not None:  # what words find behind the candidates is ordered by words alone
            sides["freshness"] = ranked.freshness[at] if at < len(ranked.freshness) else 0.0
        explanation: dict[str, Any] = {side: round(float(score), 6) for side, score in sides.items()}
        explanation["by_word"] = words
        if candidates.documents[at] in candidates.read.pinned:
            explanation["pinned"] = True
        explanations.append(explanation)
    return explanations


def marked(text: str, marks: Marks) -> str:
    """Return a title or a body as HTML text with its *marks*; what stands behind its end belongs to own fields."""
    spans = marks.spans[sorted(marks.words)]
    return mark_words(text, merge_spans(spans[spans[:, 1] <= len(text)]))
