"""Joining the two sides of a search: articles found by words, and articles near in meaning that may stand beside."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from arsearch import ranking
from arsearch.backends import Retrieved

__all__ = ["Candidates", "Documents", "Scores", "append_rest", "join_sides"]

Documents = npt.NDArray[np.int64]
"""Numbers of documents, as the index has them."""
Scores = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Candidates:
    """Articles that may be shown, with their scores on both sides (the side's minimum where it did not find them).

    The arrays are (candidates,). *total* articles answer in all, at least so many
    unless *complete*; *new* are those of them that only meaning found.
    """

    documents: Documents
    lexical: Scores
    semantic: Scores
    new: Documents
    total: int
    complete: bool


def join_sides(found: Retrieved, *, floor: float | None) -> Candidates:
    """Return the candidates among what was *found*.

    With a *floor*, what is near in meaning and matches no word must have at least that cosine.
    """
    near, cosines, is_match = found.near, found.near_cosines, found.near_matches
    if not len(near):
        empty = np.empty(0, np.int64)
        complete = found.complete and found.near_all
        return Candidates(found.best, found.scores, found.cosines, empty, found.total, complete)
    near_all = found.near_all
    if floor is not None:
        enough = (cosines >= floor) | is_match
        near, cosines, is_match = near[enough], cosines[enough], is_match[enough]
        near_all = near_all or not enough.all()
    new = ~is_match
    joining = new | ~np.isin(near, found.best, assume_unique=True)
    by_words = np.full(int(joining.sum()), ranking.BM25_MINIMUM, dtype=np.float32)
    return Candidates(
        documents=np.concatenate([found.best, near[joining]]),
        lexical=np.concatenate([found.scores, by_words]),
        semantic=np.concatenate([found.cosines, cosines[joining]]),
        new=near[new],
        total=found.total + int(new.sum()),
        complete=found.complete and bool(near_all),
    )


def append_rest(candidates: Candidates, found: Retrieved) -> Candidates:
    """Return *candidates* with those behind them that were *found* by words, deeper, and are not among them."""
    rest = ~np.isin(found.best, candidates.documents, assume_unique=True)
    unknown = np.full(int(rest.sum()), ranking.COSINE_MINIMUM, dtype=np.float32)
    return replace(
        candidates,
        documents=np.concatenate([candidates.documents, found.best[rest]]),
        lexical=np.concatenate([candidates.lexical, found.scores[rest]]),
        semantic=np.concatenate([candidates.semantic, unknown]),
    )
