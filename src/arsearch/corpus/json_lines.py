"""JSON lines (``.jsonl``, ``.jsonl.gz``): one article a line, the native format."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

from arsearch.corpus.article import Article, article_from_mapping
from arsearch.corpus.report import ReadingReport

__all__ = ["SUFFIXES", "read"]

SUFFIXES = (".jsonl", ".jsonl.gz")


def read(path: Path, report: ReadingReport) -> Iterator[Article]:
    """Yield the articles of *path*; a line that gives none is reported with its number and skipped."""
    with _open(path) as file:
        number = 0
        try:
            for number, line in enumerate(file, 1):
                if not line.strip():
                    continue
                try:
                    article, mended = _article(line)
                except ValueError as error:
                    report.add(path, number, str(error), skipped=True)
                    continue
                for message in mended:
                    report.add(path, number, message, skipped=False)
                report.path, report.line = path, number
                yield article
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            report.add(path, number + 1, f"the compressed file breaks off or is damaged: {error}", skipped=True)


def _open(path: Path) -> BinaryIO:
    return cast("BinaryIO", gzip.open(path, "rb")) if path.suffix.lower() == ".gz" else path.open("rb")


def _article(line: bytes) -> tuple[Article, list[str]]:
    try:
        record = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8 at byte {error.start + 1}; convert the file to UTF-8") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error.msg} at column {error.colno}") from None
    except RecursionError:
        raise ValueError("not an article: nested too deeply") from None
    if not isinstance(record, dict):
        raise ValueError(f"a JSON {type(record).__name__}, not an object with the fields of an article")
    return article_from_mapping(record)
