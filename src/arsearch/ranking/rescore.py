"""Rescoring and fusion: features and cosines of candidates in, one score out.

The score is linear, and its weights are fitted so that it is a log-odds: the difference of two candidates' scores
says how much likelier one of them is the answer. That gives words and meaning a common scale. A cosine has none of
its own, since one model spreads unrelated texts over 0.1 to 0.3 and another over 0.7 to 0.8, so it is multiplied by how
sharply its model tells apart texts of the very index (:mod:`arsearch.semantic.calibrate`): that makes it a log-odds
too, whatever the model.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from arsearch.ranking.features import FEATURES

__all__ = ["RankingWeights", "combine", "shipped_weights"]

Floats = npt.NDArray[np.float32]

_SHIPPED = "weights.json"


@dataclass(frozen=True, slots=True)
class RankingWeights:
    """What each feature counts, in the order of ``FEATURES``, and the cosine of a model of sharpness 1."""

    features: tuple[float, ...]
    semantic: float

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
    features: Floats, cosines: Floats | None, weights: RankingWeights, *, semantic_weight: float = 0.0
) -> Floats:
    """Return the scores of candidates, between 0 and 1: float32 (candidates,).

    *features* (candidates, len(FEATURES)); columns that were not computed are 0, which puts a candidate behind those
    of the same first pass. *cosines* (candidates,) are -1 where not known, and None where words alone count;
    *semantic_weight* is what the cosine counts, in the units of the weights.
    """
    total = features @ np.asarray(weights.features, dtype=np.float32)
    most = sum(weights.features)
    if cosines is not None:
        known = cosines > -1
        least = cosines[known].min(initial=1.0) if known.any() else -1.0
        # A cosine that nobody computed is not the worst there can be, only no better than the others'.
        total = total + np.float32(semantic_weight) * (1 + np.where(known, cosines, least))
        most += 2 * semantic_weight
    return np.asarray(total / np.float32(max(most, 1e-6)), dtype=np.float32)
