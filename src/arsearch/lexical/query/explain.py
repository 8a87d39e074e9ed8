"""How a query was read, for who wants to know: its words, what was demanded, synonyms and their weights."""

from __future__ import annotations

from typing import Any

import numpy as np

from arsearch.common.array_types import Int64s
from arsearch.lexical.query.parse import LexicalQuery
from arsearch.lexical.query.syntax import described, tree_of
from arsearch.lexical.query.whoosh_query import scored_parts
from arsearch.lexical.search.evaluate import QueryEvaluator
from arsearch.lexical.suggest.did_you_mean import Suggestion

__all__ = ["explain_reading", "explain_suggestion", "scores_by_word"]


def explain_reading(query: LexicalQuery, articles: list[int]) -> dict[str, Any]:
    """Return how *query* was read, as JSON types; *articles* says how many have each of its words.

    In ``parsed`` a tilde stands between words of which any is enough.
    """
    return {
        "parsed": described(tree_of(query.asked)),
        "plain": query.plain,
        "tokens": [
            {"surface": word.surface, "folded": word.folded, "stem": word.stem, "articles": count}
            for word, count in zip(query.words, articles, strict=True)
        ],
        "phrases": [" ".join(phrase) for phrase in query.phrases],
        "excluded": [" ".join(words) for words in query.excluded],
        "expansions": [
            {
                "of": " ".join(word.surface for word in query.words[synonym.first : synonym.last + 1]),
                "name": " ".join(synonym.folded_words),
                "weight": round(synonym.weight, 4),
                "origin": synonym.origin,
            }
            for synonym in query.synonyms
        ]
        + [
            {"of": word.surface, "name": form.stem, "weight": round(form.weight, 4), "origin": "form"}
            for word in query.scored_words
            for form in query.forms_of(word)
        ]
        + [{"of": f"{begun}*", "name": f"{begun}…", "weight": 1.0, "origin": "beginning"} for begun in query.prefixes],
    }


def explain_suggestion(text: str, suggestion: Suggestion | None) -> list[dict[str, Any]]:
    """Return the corrections of the query *text* that were considered, as JSON types, the chosen ones first."""
    if suggestion is None:
        return []
    if suggestion.text is not None:
        return [{"typed": text, "kind": "layout", "candidates": [{"word": suggestion.text}]}]
    return [
        {
            "typed": text[change.start : change.end],
            "kind": change.kind,
            "candidates": [
                {"word": word.folded, "cost": round(word.cost, 3), "articles": word.frequency}
                for word in change.candidates
            ],
        }
        for change in suggestion.changes
    ]


def scores_by_word(evaluator: QueryEvaluator, query: LexicalQuery, documents: Int64s) -> list[dict[str, float]]:
    """Return for each of *documents* what each word of *query* adds to its lexical score, where it adds something."""
    found: list[dict[str, float]] = [{} for _ in documents]
    for name, part in scored_parts(query):
        matches = evaluator.evaluate(part)
        indices = np.searchsorted(matches.documents, documents)
        for index, (at, document) in enumerate(zip(indices.tolist(), documents.tolist(), strict=True)):
            if at < len(matches) and matches.documents[at] == document:
                found[index][name] = round(found[index].get(name, 0.0) + float(matches.scores[at]), 6)
    return found
