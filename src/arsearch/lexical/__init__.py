"""Words: the columns they are kept in, Whoosh on top of those, and how they score. Only this package knows Whoosh."""

from arsearch.lexical.builder import Document
from arsearch.lexical.filters import ValueCount
from arsearch.lexical.forward import ForwardView, Vocabulary
from arsearch.lexical.index import Found, LexicalIndex, Marks
from arsearch.lexical.query import LexicalQuery, parse_query
from arsearch.lexical.schema import keyword_term
from arsearch.lexical.writer import LexicalWriter

__all__ = [
    "Document", "ForwardView", "Found", "LexicalIndex", "LexicalQuery", "LexicalWriter", "Marks", "ValueCount",
    "Vocabulary", "keyword_term", "parse_query",
]  # fmt: skip
