"""Fitting weights to judged queries: listwise logistic regression. Arrays in, weights out.

For each query the scores of its candidates go through a softmax, and the relevant ones should have all of it (the
ListNet loss with binary labels; Cao et al., "Learning to Rank: From Pairwise Approach to Listwise Approach", 2007).
No weight is negative: every feature speaks for a candidate, and a negative weight would only fit the noise of a few
hundred queries. A small quadratic penalty draws the weights to *prior*, so that few judgments change little.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from arsearch.common.array_types import Doubles, Floats

__all__ = ["JudgedCandidates", "fit_weights"]


_PENALTY = 2e-3
_FAULT_POINTS = 300


@dataclass(frozen=True, slots=True)
class JudgedCandidates:
    """The candidates of one query: *features* (candidates, features), *relevant* bool (candidates,)."""

    features: Floats
    relevant: npt.NDArray[np.bool_]


def fit_weights(
    sets: Sequence[Sequence[JudgedCandidates]], prior: Sequence[float], fixed: Sequence[int] = ()
) -> Doubles:
    """Return the weights (features,) under which the relevant candidates are likeliest.

    Each of *sets* counts the same, however many queries it has. Weights at the indexes *fixed* stay as in *prior*.
    Queries without a relevant candidate, or with nothing else, say nothing. Raises ValueError if none is left.
    """
    from scipy.optimize import minimize

    packed = [part for queries in sets if (part := _Packed.of(queries))]
    if not packed:
        raise ValueError("no query has both a relevant candidate and another one")
    centre = np.asarray(prior, dtype=np.float64)

    def loss(weights: Doubles) -> tuple[float, Doubles]:
        value, slope = 0.0, np.zeros_like(weights)
        for part in packed:
            part_value, part_slope = part.loss(weights)
            value += part_value / len(packed)
            slope += part_slope / len(packed)
        away = weights - centre
        return value + _PENALTY * float(away @ away) / 2, slope + _PENALTY * away

    bounds = [(value, value) if index in fixed else (0, None) for index, value in enumerate(centre.tolist())]
    fitted: Any = minimize(
        loss, np.maximum(centre, 0.1), jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": _FAULT_POINTS}
    )
    return np.asarray(fitted.x, dtype=np.float64)


@dataclass(frozen=True, slots=True)
class _Packed:
    """The candidates of all queries of a set, one query after another."""

    features: Doubles
    relevant: npt.NDArray[np.bool_]
    starts: npt.NDArray[np.int64]
    counts: npt.NDArray[np.int64]

    @classmethod
    def of(cls, queries: Sequence[JudgedCandidates]) -> _Packed | None:
        telling = [query for query in queries if query.relevant.any() and not query.relevant.all()]
        if not telling:
            return None
        counts = np.array([len(query.relevant) for query in telling])
        return cls(
            np.concatenate([query.features for query in telling]).astype(np.float64),
            np.concatenate([query.relevant for query in telling]),
            np.cumsum(counts) - counts,
            counts,
        )

    def loss(self, weights: Doubles) -> tuple[float, Doubles]:
        scores = self.features @ weights
        odds = np.exp(scores - np.repeat(np.maximum.reduceat(scores, self.starts), self.counts))
        all_odds = np.add.reduceat(odds, self.starts)
        right = np.where(self.relevant, odds, 0)
        right_odds = np.maximum(np.add.reduceat(right, self.starts), np.finfo(np.float64).tiny)
        value = float(np.mean(np.log(all_odds) - np.log(right_odds)))
        pull = odds / np.repeat(all_odds, self.counts) - right / np.repeat(right_odds, self.counts)
        return value, self.features.T @ pull / len(self.starts)
