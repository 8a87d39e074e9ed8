"""Rescoring and fusion: features and cosines of candidates in, one score out.

The score is linear, and its weights are fitted so that it is a log-odds: the difference of two candidates' scores
says how much likelier one of them is the answer. That gives words and meaning a common scale. A cosine has none of
its own: one model gives unrelated texts 0.1, another 0.75. What it counts is found out on the texts of the index
itself (:mod:`arsearch.ranking.calibration`), whatever the model.

The weights are those of queries that name what they look for. Where even the best candidate has only part of the
words, what words say is less sure, and beside a strong encoder it counts less (:func:`combine`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Self

import numpy as np

from arsearch.common.array_types import Floats
from arsearch.ranking.features import FEATURES
from arsearch.ranking.fusion import COSINE_MINIMUM
from arsearch.ranking.matmul import product
from arsearch.ranking.scale import is_strong

__all__ = ["RankingWeights", "combine", "shipped_weights"]


_SHIPPED = "weights.json"
_FOUND_AS_TYPED = 0.7
"""Share of the most that words can give from which a candidate has the query as it was typed."""
_STRONGEST = 1.5
"""What a spread counts at the most because words found little."""


@dataclass(frozen=True, slots=True)
class RankingWeights:
    """What each feature counts, in the order of ``FEATURES``; *semantic* multiplies what the cosine counts."""

    features: tuple[float, ...]
    semantic: float = 1.0

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Self:
        """Read weights from JSON. Raises ValueError if *record* is none, or not of these features."""
        try:
            named = {str(name): float(weight) for name, weight in record["features"].items()}
            semantic = float(record["semantic"])
        except (AttributeError, KeyError, TypeError) as error:
            raise ValueError(f"these are no weights ({error!r})") from error
        if set(named) != set(FEATURES):
            raise ValueError(f"these are weights of the features {', '.join(named)}, not of {', '.join(FEATURES)}")
        if not all(np.isfinite(weight) and weight >= 0 for weight in (*named.values(), semantic)):
            raise ValueError("a weight is negative or no number")
        return cls(tuple(named[name] for name in FEATURES), semantic)

    def as_record(self) -> dict[str, Any]:
        """Return what :meth:`from_record` reads."""
        rounded = (round(weight, 4) for weight in self.features)
        return {"features": dict(zip(FEATURES, rounded, strict=True)), "semantic": round(self.semantic, 4)}


@cache
def shipped_weights() -> RankingWeights:
    """Return the weights that serve where nobody has tuned others; ``weights.json`` says where they come from."""
    text = (resources.files("arsearch.ranking") / _SHIPPED).read_text(encoding="utf-8")
    return RankingWeights.from_record(json.loads(text))


def combine(
    features: Floats, cosines: Floats | None, weights: RankingWeights, cosine_weight: float = 0.0, strength: float = 0.0
) -> Floats:
    """Return the scores of candidates, between 0 and 1: float32 (candidates,).

    *features* (candidates, len(FEATURES)); those that were not computed are 0, which leaves a candidate behind the
    others of the same first pass. *cosines* (candidates,) are -1 where not known, and None where words alone count;
    *cosine_weight* is what they count, in log-odds, and *strength* what one standard deviation of the cosines of
    unrelated texts so counts. Beside a strong encoder words count the less, the less of the query the best candidate
    has.
    """
    total = product(features, np.asarray(weights.features, dtype=np.float32))
    most = sum(weights.features)
    if cosines is not None:
        total = total * _trust_in_words(float(total.max(initial=0)) / max(most, 1e-6), strength)
        known = cosines > COSINE_MINIMUM
        least = cosines[known].min(initial=1.0) if known.any() else COSINE_MINIMUM
        # A cosine that nobody computed need not be the worst there can be, only no better than the others'.
        raised = np.where(known, cosines, least).astype(np.float32) - np.float32(COSINE_MINIMUM)
        total = total + np.float32(cosine_weight) * raised
        most += cosine_weight * (1 - COSINE_MINIMUM)
    return np.asarray(total / np.float32(max(most, 1e-6)), dtype=np.float32)


def _trust_in_words(best: float, strength: float) -> np.float32:
    """Return what the log-odds of words are multiplied by, where *best* is the largest share of the most.

    Beside a weak encoder they count in full whatever they find.
    Chosen on queries of the training data, with multilingual-e5-small as strong as it is found in one archive or
    another; `training/README.md` has the figures.
    """
    return np.float32(min(max((best / _FOUND_AS_TYPED) ** is_strong(strength), strength / _STRONGEST), 1.0))
