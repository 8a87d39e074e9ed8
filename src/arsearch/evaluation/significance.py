"""How sure a figure is: bootstrap intervals of means, and a paired test of two runs over the same queries.

The interval is the percentile bootstrap over queries (Efron and Tibshirani 1993), the test the paired randomisation
test, which asks how often a difference as large would come about if each query's two values were swapped by the toss
of a coin (Smucker, Allan and Carterette, "A Comparison of Statistical Significance Tests for Information Retrieval
Evaluation", 2007). Both draw from a fixed seed: the same values give the same figures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Comparison", "Interval", "compare_values", "confidence_interval"]

_SAMPLES = 10_000
_SAMPLES_AT_ONCE = 500
_SEED = 20
_TAIL = 2.5
"""Percent cut off on either side: intervals hold 95 in a hundred."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean and its 95 % confidence interval."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """How much higher one run is than another, query by query."""

    difference: Interval
    p_value: float
    """Of the two-sided test that there is no difference."""
    better: int
    """Queries answered better than before; ``worse`` likewise."""
    worse: int


def confidence_interval(values: Sequence[float]) -> Interval:
    """Return the mean of *values*, one a query, and its interval. All zeros if there is none."""
    array = np.asarray(values, dtype=np.float64)
    if not len(array):
        return Interval(0.0, 0.0, 0.0)
    generator = np.random.default_rng(_SEED)
    means = np.concatenate(
        [
            array[generator.integers(len(array), size=(_SAMPLES_AT_ONCE, len(array)))].mean(axis=1)
            for _ in range(_SAMPLES // _SAMPLES_AT_ONCE)
        ]
    )
    low, high = np.percentile(means, [_TAIL, 100 - _TAIL])
    return Interval(float(array.mean()), float(low), float(high))


def compare_values(values: Sequence[float], before: Sequence[float]) -> Comparison:
    """Compare *values* with those *before*, of the same queries in the same order."""
    differences = np.asarray(values, dtype=np.float64) - np.asarray(before, dtype=np.float64)
    changed = differences[differences != 0]
    return Comparison(
        difference=confidence_interval(differences.tolist()),
        p_value=_randomisation_test(changed),
        better=int(np.count_nonzero(changed > 0)),
        worse=int(np.count_nonzero(changed < 0)),
    )


def _randomisation_test(differences: npt.NDArray[np.float64]) -> float:
    observed = abs(differences.sum())
    generator = np.random.default_rng(_SEED)
    as_extreme = 0
    for _ in range(_SAMPLES // _SAMPLES_AT_ONCE):
        signs = generator.choice([-1.0, 1.0], size=(_SAMPLES_AT_ONCE, len(differences)))
        as_extreme += int(np.count_nonzero(np.abs(signs @ differences) >= observed - 1e-9))
    return (as_extreme + 1) / (_SAMPLES + 1)
