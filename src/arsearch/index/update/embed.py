"""The fourth stage of a run: passages become vectors, as many as there is time for; the others wait for a later commit.

A transformer embeds some tens of passages a second. So a commit does not wait for all of them: articles are found by
words as soon as it stands, and ``semantic/waiting.npy`` says which passages have no vector yet.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from arsearch.common.array_types import Indices, UInt32s
from arsearch.common.numpy_files import read_array, write_array
from arsearch.errors import CorruptIndexError
from arsearch.index.layout import SEMANTIC_FOLDER
from arsearch.index.store.article_store import ArticleStore
from arsearch.semantic import Encoder, KnownPassages, VectorsWriter

__all__ = ["COLUMNS", "NO_PASSAGES", "EmbeddingPace", "embed", "passage_text", "read_waiting", "write_waiting"]

_WAITING_FILE = "waiting.npy"
COLUMNS = 3
"""Of a passage without a vector: the ordinal of its article, and its start and end in the body, in characters."""
NO_PASSAGES: UInt32s = np.empty((0, COLUMNS), np.uint32)
_FIRST = 64
"""Passages after which is known how long it takes."""


@dataclass(frozen=True, slots=True)
class EmbeddingPace:
    """What is known of the time that embedding takes."""

    passages: int
    """That have no vector yet."""
    seconds: float
    """That they will take at the pace so far."""


def passage_text(title: str, body: str, start: int, end: int) -> str:
    """Return what is embedded of a passage: the title says what it is about."""
    return f"{title}\n{body[start:end]}"


def embed(
    rows: UInt32s,
    store: ArticleStore,
    encoder: Encoder,
    vectors: VectorsWriter,
    *,
    seconds: float,
    at_once: int,
    progress: Callable[[int, int], None],
    tell: Callable[[EmbeddingPace], None],
    clock: Callable[[], float] = time.monotonic,
) -> UInt32s:
    """Embed the passages *rows* (passages, 3) of *store* into *vectors*, and return those that are left.

    *at_once* are embedded together, fewer where there is a limit. No new batch begins after so many *seconds*; one is
    embedded in any case. *tell* is told once what all will take, if that is more than there is time for; what the
    encoder knew already says nothing of that. Raises EncoderError.
    """
    began, told, done = clock(), False, 0
    pace = _Pace()
    progress(0, len(rows))
    while done < len(rows):
        batch = rows[done : done + (at_once if done and math.isinf(seconds) else _FIRST)]
        before, unknown = clock(), _unknown_to(encoder, done)
        _embed(batch, store, encoder, vectors)
        done += len(batch)
        pace = pace.after(_unknown_to(encoder, done) - unknown, clock() - before)
        progress(done, len(rows))
        elapsed, left = clock() - began, len(rows) - done
        if left and not told and pace.passages and elapsed + left * pace.seconds_each > seconds:
            tell(EmbeddingPace(left, left * pace.seconds_each))
            told = True
        if elapsed >= seconds:
            break
    return rows[done:]


@dataclass(frozen=True, slots=True)
class _Pace:
    """How long it has taken to embed so many *passages* that no cache knew."""

    passages: int = 0
    seconds: float = 0.0

    @property
    def seconds_each(self) -> float:
        return self.seconds / self.passages

    def after(self, passages: int, seconds: float) -> _Pace:
        """Return the pace after a batch with so many such *passages*; one without any says nothing."""
        return _Pace(self.passages + passages, self.seconds + seconds) if passages else self


def _unknown_to(encoder: Encoder, given: int) -> int:
    """Return how many of the passages *given* to *encoder* it did not know; all, where it remembers none."""
    return encoder.embedded if isinstance(encoder, KnownPassages) else given


def _embed(rows: UInt32s, store: ArticleStore, encoder: Encoder, vectors: VectorsWriter) -> None:
    """Embed *rows*, of which those of one article stand together."""
    ordinals = rows[:, 0]
    firsts: Indices = np.flatnonzero(np.diff(ordinals, prepend=-1))
    articles = store.fetch(ordinals[firsts].tolist())
    texts = [
        passage_text(article.title, article.body, start, end)
        for article, (first, last) in zip(articles, pairwise([*firsts.tolist(), len(rows)]), strict=True)
        for start, end in rows[first:last, 1:].tolist()
    ]
    vectors.add(ordinals.astype(np.int64), rows[:, 1:].astype(np.int64), encoder.encode_passages(texts))


def write_waiting(commit: Path, rows: UInt32s) -> None:
    """Write which passages of the *commit* have no vector yet; no file if all have one."""
    if len(rows):
        write_array(commit / SEMANTIC_FOLDER / _WAITING_FILE, rows)


def read_waiting(commit: Path) -> UInt32s:
    """Return the passages of the *commit* that have no vector yet: (passages, 3). Raises CorruptIndexError."""
    path = commit / SEMANTIC_FOLDER / _WAITING_FILE
    if not path.exists():
        return NO_PASSAGES
    try:
        rows = np.asarray(read_array(path, "u4", 2, mapped=False))
        if rows.shape[1] != COLUMNS or (rows[:, 1] > rows[:, 2]).any():
            raise ValueError("its rows are no passages")
        return rows
    except (OSError, ValueError) as error:
        raise CorruptIndexError(
            f"The list of passages without vectors, {path}, cannot be read ({error}). Run `arsearch verify`, then "
            "`arsearch index --full`."
        ) from error
