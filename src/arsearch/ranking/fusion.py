"""Fusion by ranks: two sets of scores in, one out. Arrays in, arrays out."""

from __future__ import annotations

import numpy as np

from arsearch.common.array_types import Scores

__all__ = ["BM25_MINIMUM", "COSINE_MINIMUM", "RRF_K", "reciprocal_rank_fusion"]


BM25_MINIMUM = 0.0
COSINE_MINIMUM = -1.0
RRF_K = 60


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
