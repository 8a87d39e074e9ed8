"""Files in, articles out: one reader a format."""

from arsearch.corpus.article import Article, article_from_mapping
from arsearch.corpus.fields import parse_field_names
from arsearch.corpus.options import ReadingOptions
from arsearch.corpus.read import check_sources, read_source
from arsearch.corpus.report import Problem, ReadingReport, Tally

__all__ = [
    "Article",
    "Problem",
    "ReadingOptions",
    "ReadingReport",
    "Tally",
    "article_from_mapping",
    "check_sources",
    "parse_field_names",
    "read_source",
]
