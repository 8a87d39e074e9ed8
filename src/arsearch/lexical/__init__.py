"""Words: the columns they are kept in, Whoosh on top of those, and how they score. Only this package knows Whoosh."""

from arsearch.lexical.index import LexicalIndex, Marks
from arsearch.lexical.query.own_ranges import value_range
from arsearch.lexical.query.parse import LexicalQuery, parse_query
from arsearch.lexical.query.synonyms import SynonymTable, file_stamp, read_synonyms
from arsearch.lexical.search.filters import ValueCount
from arsearch.lexical.search.forward_view import ForwardView, TermVocabulary
from arsearch.lexical.search.matches import NOTHING, LexicalMatches
from arsearch.lexical.segment.builder import Document
from arsearch.lexical.segment.writer import LexicalWriter
from arsearch.lexical.suggest.completion import Completions
from arsearch.lexical.suggest.did_you_mean import Suggestion
from arsearch.lexical.whoosh.schema import keyword_term

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
