"""Words: Whoosh's schema and postings, and how they are scored. Nothing outside this package knows Whoosh."""

from arsearch.lexical.index import LexicalIndex
from arsearch.lexical.query import LexicalQuery, parse_query
from arsearch.lexical.writer import BODY_GAP, LexicalWriter

__all__ = ["BODY_GAP", "LexicalIndex", "LexicalQuery", "LexicalWriter", "parse_query"]
