"""Freshness: what it counts that an article is new. Dates in, numbers out.

An article of now has 1, one a half-life older a half, and so on. What that adds to a score is in log-odds, as all that
the ranking weighs, so it never outweighs more relevance than its weight says, however old the others are.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from arsearch.common.array_types import Floats, Scores
from arsearch.ranking.fusion import RRF_K
from arsearch.ranking.rescore import RankingWeights

__all__ = ["add_freshness", "freshness_of", "score_of_log_odds"]

_DAY = 86_400.0
_RANKS_OF_LOG_ODDS = 10
"""Ranks at the head of one side that a log-odds is worth where scores are sums of reciprocal ranks."""


def freshness_of(dates: Sequence[str], now: str, half_life: float, *, typical: int | None = None) -> Floats:
    """Return how fresh articles with these *dates* are at *now*: float32 (dates,) between 0 and 1.

    Dates and *now* are in ISO 8601, without a zone; *half_life* is in days. Articles to come are of now. One without a
    date is as fresh as those among the first *typical* that have one are on average, so that it is neither held back
    nor preferred; where none has one, all are 0.
    """
    moments = np.array([_moment(date) for date in dates], dtype="datetime64[s]")
    known = ~np.isnat(moments)
    days = (np.datetime64(now, "s") - moments).astype(np.float64) / _DAY
    fresh = np.exp2(-np.maximum(np.where(known, days, 0.0), 0.0) / half_life)
    usual = fresh[:typical][known[:typical]]
    return np.where(known, fresh, usual.mean() if len(usual) else 0.0).astype(np.float32)


def _moment(date: str) -> np.datetime64:
    try:
        return np.datetime64(date or "NaT", "s")
    except ValueError:  # a week, a day of the year: what no article should have
        return np.datetime64("NaT", "s")


def score_of_log_odds(mode: str, fusion: str, weights: RankingWeights, cosine_weight: float) -> float:
    """Return what one log-odds is in scores of *mode*; *cosine_weight* is what a cosine counts, in log-odds."""
    if mode == "semantic":
        return 1 / cosine_weight if cosine_weight else 0.0
    if mode == "hybrid" and fusion == "rrf":
        return 1 / (RRF_K + 1) - 1 / (RRF_K + 1 + _RANKS_OF_LOG_ODDS)
    most = sum(weights.features) + (2 * cosine_weight if mode == "hybrid" else 0.0)
    return 1 / max(most, 1e-6)


def add_freshness(scores: Scores, fresh: Floats, weight: float) -> Scores:
    """Return *scores* (n,) with freshness (n,) that counts *weight*, in scores; what was between 0 and 1 stays so."""
    return np.asarray((scores + np.float32(weight) * fresh) / np.float32(1 + weight), dtype=np.float32)
