"""Fusion: two sets of scores in, one out. Arrays in, arrays out."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["BM25_MINIMUM", "COSINE_MINIMUM", "convex_combination", "normalise", "reciprocal_rank_fusion"]

Scores = npt.NDArray[np.float32]

BM25_MINIMUM = 0.0
COSINE_MINIMUM = -1.0
RRF_K = 60


def normalise(scores: Scores, minimum: float) -> Scores:
    """Scale *scores* so that *minimum*, the least the scoring function can give, is 0 and the best of them is 1.

    The theoretical-minimum normalisation of Bruch, Gai and Ingber, "An Analysis of Fusion Functions for Hybrid
    Retrieval" (2023): unlike the least score observed, the minimum does not depend on how deep the list is.
    All zeros if no score is above the minimum.
    """
    span = float(scores.max(initial=minimum)) - minimum
    if span <= 0.0:
        return np.zeros(len(scores), dtype=np.float32)
    return np.asarray((scores - minimum) / span, dtype=np.float32)


def convex_combination(lexical: Scores, semantic: Scores, *, weight: float) -> Scores:
    """Return the weighted mean, in 0..1, of BM25 scores and cosines of the same candidates.

    *weight* is that of the semantic side against 1.0 for the lexical. Candidates that one side did not find have its
    minimum there.
    """
    total = normalise(lexical, BM25_MINIMUM) + np.float32(weight) * normalise(semantic, COSINE_MINIMUM)
    return np.asarray(total / np.float32(1.0 + weight), dtype=np.float32)


def reciprocal_rank_fusion(lexical: Scores, semantic: Scores) -> Scores:
    """Return the sum of 1 / (60 + rank) over both sides (Cormack, Clarke and Büttcher 2009).

    Ranks start at 1; candidates at a side's minimum were not found by it and get nothing from it.
    """
    fused = np.zeros(len(lexical), dtype=np.float64)
    for scores, minimum in ((lexical, BM25_MINIMUM), (semantic, COSINE_MINIMUM)):
        found = np.flatnonzero(scores > minimum)
        order = found[np.argsort(-scores[found], kind="stable")]
        fused[order] += 1.0 / (RRF_K + np.arange(1, len(order) + 1))
    return fused.astype(np.float32)
