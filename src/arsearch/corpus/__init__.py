"""Files in, articles out: one reader a format."""

from arsearch.corpus.article import Article, article_from_mapping
from arsearch.corpus.read import check_sources, read_source
from arsearch.corpus.report import Problem, ReadingReport

__all__ = ["Article", "Problem", "ReadingReport", "article_from_mapping", "check_sources", "read_source"]
