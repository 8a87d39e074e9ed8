"""From candidates in their order to hits: articles, snippets, and why each was found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from arsearch import ranking
from arsearch.backends import SearchableIndex
from arsearch.deadline import stage
from arsearch.lexical import LexicalQuery, Marks
from arsearch.search.candidates import Candidates, Scores
from arsearch.search.results import Hit
from arsearch.search.snippets import cut_snippet, mark_words, merge_spans
from arsearch.semantic import Vectors

__all__ = ["explain_hits", "make_hits", "marked"]

Features = npt.NDArray[np.float32]
Indices = npt.NDArray[np.int64]


@stage("fetch")
def make_hits(
    index: SearchableIndex,
    query: LexicalQuery,
    documents: npt.NDArray[np.int64],
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
    snippets = [""] * len(documents)
    if snippet_words:
        passages = [None] * len(documents) if vector is None else index.passages(vector, documents)
        weights = [index.words.idf_of(word) for word in query.scored_words]
        for place, (document, article, passage) in enumerate(zip(documents.tolist(), articles, passages, strict=True)):
            _, body = index.marks(document, query)
            snippets[place] = cut_snippet(
                article.body,
                body.spans,
                body.words,
                weights,
                words=snippet_words,
                start_at=passage[0] if passage else 0,
                as_typed=body.as_typed,
            )
    return [
        Hit(
            id=article.id,
            score=float(scores[place]),
            title=article.title,
            snippet=snippets[place],
            article=article,
            explanation=explanations[place] if explanations else {},
            copies=copies[place],
        )
        for place, article in enumerate(articles)
    ]


def explain_hits(
    index: SearchableIndex, query: LexicalQuery, candidates: Candidates, features: Features, page: Indices
) -> list[dict[str, Any]]:
    """Return what the scores of the candidates at the places *page* are made of, as JSON types."""
    by_word = index.scores_by_word(query, candidates.documents[page])
    explanations = []
    for place, words in zip(page.tolist(), by_word, strict=True):
        sides = {"lexical": candidates.lexical[place], "semantic": candidates.semantic[place]}
        sides |= dict(zip(ranking.FEATURES, features[place], strict=True))
        explanations.append({side: round(float(score), 6) for side, score in sides.items()} | {"by_word": words})
    return explanations


def marked(text: str, marks: Marks) -> str:
    """Return a title or a body as HTML text with its *marks*."""
    return mark_words(text, merge_spans(marks.spans[sorted(marks.words)]))
