"""Words: the columns they are kept in, Whoosh on top of those, and how they score. Only this package knows Whoosh."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from arsearch.lexical.index import LexicalIndex
    from arsearch.lexical.query.own_ranges import value_range
    from arsearch.lexical.query.parse import LexicalQuery, parse_query
    from arsearch.lexical.query.synonyms import SynonymTable, file_stamp, read_synonyms
    from arsearch.lexical.search.filters import ValueCount
    from arsearch.lexical.search.forward_view import ForwardView
    from arsearch.lexical.search.highlight import Marks
    from arsearch.lexical.search.matches import NOTHING, LexicalMatches
    from arsearch.lexical.segment.builder import Document
    from arsearch.lexical.segment.field_names import keyword_term
    from arsearch.lexical.segment.live_vocabulary import TermVocabulary
    from arsearch.lexical.segment.writer import LexicalWriter
    from arsearch.lexical.suggest.completion import Completions
    from arsearch.lexical.suggest.did_you_mean import Suggestion

__all__ = [
    "NOTHING",
    "Completions",
    "Document",
    "ForwardView",
    "LexicalIndex",
    "LexicalMatches",
    "LexicalQuery",
    "LexicalWriter",
    "Marks",
    "Suggestion",
    "SynonymTable",
    "TermVocabulary",
    "ValueCount",
    "file_stamp",
    "keyword_term",
    "parse_query",
    "read_synonyms",
    "value_range",
]  # fmt: skip

# Loaded when first asked for: writing words needs none of what searching them does.
_HOMES = {
    "LexicalIndex": "index",
    "Marks": "search.highlight",
    "value_range": "query.own_ranges",
    "LexicalQuery": "query.parse",
    "parse_query": "query.parse",
    "SynonymTable": "query.synonyms",
    "file_stamp": "query.synonyms",
    "read_synonyms": "query.synonyms",
    "ValueCount": "search.filters",
    "ForwardView": "search.forward_view",
    "TermVocabulary": "segment.live_vocabulary",
    "NOTHING": "search.matches",
    "LexicalMatches": "search.matches",
    "Document": "segment.builder",
    "LexicalWriter": "segment.writer",
    "Completions": "suggest.completion",
    "Suggestion": "suggest.did_you_mean",
    "keyword_term": "segment.field_names",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        import importlib

        return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
