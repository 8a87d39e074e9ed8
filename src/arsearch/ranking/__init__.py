"""Fusion and rescoring: pure NumPy."""

from arsearch.ranking.fuse import (
    BM25_MINIMUM,
    COSINE_MINIMUM,
    convex_combination,
    normalise,
    reciprocal_rank_fusion,
)

__all__ = ["BM25_MINIMUM", "COSINE_MINIMUM", "convex_combination", "normalise", "reciprocal_rank_fusion"]
