"""Files in, articles out: one reader a format."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from arsearch.corpus.article import Article, article_from_mapping, shown_fields

if TYPE_CHECKING:
    from arsearch.corpus.fields import parse_field_names
    from arsearch.corpus.files.walk import source_files
    from arsearch.corpus.options import ReadingOptions
    from arsearch.corpus.origin import KnownRecord, Origin, ReadArticle
    from arsearch.corpus.read import (
        READING_VERSION,
        FileReading,
        check_sources,
        read_records,
        read_source,
        read_stream,
        report_links,
    )
    from arsearch.corpus.report import CorpusProblem, ReadingReport, Tally

__all__ = [
    "READING_VERSION",
    "Article",
    "CorpusProblem",
    "FileReading",
    "KnownRecord",
    "Origin",
    "ReadArticle",
    "ReadingOptions",
    "ReadingReport",
    "Tally",
    "article_from_mapping",
    "check_sources",
    "parse_field_names",
    "read_records",
    "read_source",
    "read_stream",
    "report_links",
    "shown_fields",
    "source_files",
]

# Loaded when first asked for: a search knows articles, and reads no files.
_HOMES = {
    "FileReading": "read",
    "KnownRecord": "origin",
    "Origin": "origin",
    "ReadArticle": "origin",
    "READING_VERSION": "read",
    "CorpusProblem": "report",
    "ReadingOptions": "options",
    "ReadingReport": "report",
    "Tally": "report",
    "check_sources": "read",
    "parse_field_names": "fields",
    "read_records": "read",
    "read_source": "read",
    "read_stream": "read",
    "report_links": "read",
    "source_files": "files.walk",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        import importlib

        return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
