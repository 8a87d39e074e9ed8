"""The passages of an index with their vectors, as an encoder made them of the title and the passage."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from arsearch.common.array_types import Vectors
from arsearch.index.commit import Commit
from arsearch.semantic import unit_length

__all__ = ["PassageRow", "PassageRows", "open_passage_rows"]

_ARTICLES_AT_ONCE = 256


@dataclass(frozen=True, slots=True)
class PassageRow:
    """A passage that has a vector: *text* is ``body[start:end]`` of the article, *vector* (dimension,) of length 1."""

    article_id: str
    start: int
    end: int
    text: str
    vector: Vectors

    def as_line(self) -> str:
        """Return the row as a line of JSON."""
        numbers = [round(number, 7) for number in self.vector.astype(float).tolist()]
        row = {"article_id": self.article_id, "start": self.start, "end": self.end, "text": self.text}
        return json.dumps(row | {"vector": numbers}, ensure_ascii=False) + "\n"


@dataclass(frozen=True, slots=True)
class PassageRows:
    """The rows of a commit, once: *dimension* numbers a vector."""

    dimension: int
    rows: Generator[PassageRow]


@contextmanager
def open_passage_rows(index: Path) -> Iterator[PassageRows]:
    """Open the live commit of *index* for reading its passages. Raises an IndexStateError if that is not possible."""
    with Commit.open_live(index) as commit:
        yield PassageRows(commit.manifest.dimension, _rows(commit))


def _rows(commit: Commit) -> Generator[PassageRow]:
    ordinals = commit.words.ordinals
    for first in range(0, len(ordinals), _ARTICLES_AT_ONCE):
        documents = np.arange(first, min(first + _ARTICLES_AT_ONCE, len(ordinals)))
        articles = commit.articles.fetch(ordinals[documents].tolist())
        for document, article in zip(documents.tolist(), articles, strict=True):
            spans, vectors = commit.vectors.passages_of(document)
            order = np.argsort(spans[:, 0], kind="stable")
            for (start, end), vector in zip(spans[order].tolist(), unit_length(vectors[order]), strict=True):
                yield PassageRow(article.id, start, end, article.body[start:end], vector)
