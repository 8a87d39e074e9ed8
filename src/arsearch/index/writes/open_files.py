"""Keeping the files of a commit open, so that the next one, which has most of them, finds them so."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from arsearch.common.segments import arrays_file, read_names
from arsearch.index.layout import ARTICLES_FOLDER, LEXICAL_FOLDER, SEMANTIC_FOLDER
from arsearch.index.store.segment_file import open_article_file
from arsearch.lexical.segment.segment import open_segment_file
from arsearch.semantic.vector_segment import open_vector_segment

__all__ = ["OpenFiles", "open_files"]

OpenFiles = list[object]
"""They are open as long as anybody has it."""


def open_files(commit: Path) -> OpenFiles:
    """Open the files of the segments of the folder *commit*; none where that fails, for it only saves time."""
    words, articles, vectors = (commit / name for name in (LEXICAL_FOLDER, ARTICLES_FOLDER, SEMANTIC_FOLDER))
    try:
        return [
            *(open_segment_file(arrays_file(words, name)) for name in read_names(words)),
            *(open_article_file(articles, name) for name in read_names(articles)),
            *(open_vector_segment(vectors, name) for name in read_names(vectors)),
        ]
    except (OSError, ValueError, RuntimeError, KeyError, TypeError, sqlite3.Error):
        return []
