"""Words: the columns they are kept in, Whoosh on top of those, and how they score. Only this package knows Whoosh."""

from arsearch.lexical.builder import Document
from arsearch.lexical.completion import Completions
from arsearch.lexical.filters import ValueCount
from arsearch.lexical.forward import ForwardView, Vocabulary
from arsearch.lexical.found import NOTHING, Found
from arsearch.lexical.index import LexicalIndex, Marks
from arsearch.lexical.query import LexicalQuery, parse_query
from arsearch.lexical.readback import TokenReader
from arsearch.lexical.schema import keyword_term
from arsearch.lexical.suggestion import Suggestion
from arsearch.lexical.synonyms import SynonymTable, file_stamp, read_synonyms
from arsearch.lexical.writer import LexicalWriter

__all__ = [
    "NOTHING", "Completions", "Document", "ForwardView", "Found", "LexicalIndex", "LexicalQuery", "LexicalWriter",
    "Marks", "Suggestion", "SynonymTable", "TokenReader", "ValueCount", "Vocabulary", "file_stamp", "keyword_term",
    "parse_query", "read_synonyms",
]  # fmt: skip
