"""The scale of an encoder's cosines on the articles of an index: what one is worth, and from where one is no chance.

Models differ in the cosine of texts that have nothing to do with each other, and within one model queries differ too:
a short query, or one in another language, has a lower or a higher level with everything. So a cosine is judged by how
far it is above the level of its query, which is the query's cosine with the mean of texts of the index.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from arsearch.common.array_types import Floats, Vectors

__all__ = ["UNCALIBRATED", "NonsenseLevel", "SemanticScale", "fit_nonsense", "is_strong"]


_EULER = 0.5772
_SURE = -math.log(-math.log(0.999))
"""The quantile of the Gumbel distribution that one in a thousand is above."""


_WEAK, _STRONG = 0.65, 0.85
"""Strengths of encoders, in log-odds a spread of their cosines."""


def is_strong(strength: float) -> float:
    """Return how far an encoder of this *strength* is a strong one, from 0 to 1."""
    return min(max((strength - _WEAK) / (_STRONG - _WEAK), 0.0), 1.0)


@dataclass(frozen=True, slots=True)
class NonsenseLevel:
    """How near the nearest of some passages comes to a query that means nothing, in spreads above its level.

    A Gumbel distribution, which the largest of many values has: *location* for a single passage, and *scale*, by which
    it rises with the logarithm of their number.
    """

    location: float
    scale: float

    def usual(self, passages: int) -> float:
        """Return where the nearest of so many *passages* mostly is."""
        return self.location + self.scale * math.log(max(passages, 1))

    def sure(self, passages: int) -> float:
        """Return what one query without meaning in a thousand gets beyond."""
        return self.usual(passages) + self.scale * _SURE


@dataclass(frozen=True, slots=True)
class SemanticScale:
    """The scale of an encoder's cosines on the articles of an index."""

    weight: float
    """What a cosine is multiplied with to be added to the log-odds of the words, among as many texts as there were in
    the trial: see :meth:`weight_among`."""
    chance: float
    """Mean cosine of a query and a text that have nothing to do with each other."""
    spread: float
    """Standard deviation of such cosines of one query."""
    centre: tuple[float, ...] = ()
    """Mean vector of texts of the index (dimension,): a query's cosine with it is the level of that query. Empty in an
    index that was made before there was one; then *chance* is the level of all."""
    nonsense: NonsenseLevel | None = None
    """What queries that mean nothing find; None where that was not tried."""
    texts: int = 0
    """How many texts competed in the trial; 0 where that is not known."""
    fading: float = 0.0
    """By which power of the number of texts *weight* falls."""

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Self:
        """Read a scale from JSON. Raises TypeError or KeyError if *record* is none."""
        nonsense = record.get("nonsense")
        return cls(
            **dict(record)
            | {
                "centre": tuple(record.get("centre", ())),
                "nonsense": None if nonsense is None else NonsenseLevel(**nonsense),
            }
        )

    def weight_among(self, articles: int) -> float:
        """Return what a cosine is multiplied with in an index of so many *articles*.

        The more texts compete, the more of them are about the same as the right one, and a weak encoder cannot tell
        these apart. No trial has as many texts as a large index, but trials among few and among more texts show how
        the weight falls.
        """
        if not self.texts or articles <= self.texts:
            return self.weight
        return self.weight * float((articles / self.texts) ** -self.fading)

    def floor(self, query: Vectors, *, passages: int, deviations: float, known: bool) -> float:
        """Return the least cosine with which an article joins that shares no word with *query* (dimension,).

        It is *deviations* spreads above the level of the query, and above what chance finds among so many *passages*.
        Where no word of the query is *known* to the index, nothing speaks for it but meaning, and a query that means
        nothing must find nothing. An encoder that cannot tell texts apart lets none in.
        """
        if not self.weight:
            return math.inf
        if self.nonsense:
            chance = self.nonsense.usual(passages) if known else self.nonsense.sure(passages)
            deviations = max(deviations, chance)
        level = float(query @ np.asarray(self.centre, dtype=np.float32)) if self.centre else self.chance
        return level + deviations * self.spread


UNCALIBRATED = SemanticScale(weight=4.0, chance=0.05, spread=0.09)
"""For an encoder that knows none of the texts it could be tried on: about what the bundled one has."""


def fit_nonsense(nearest: Floats, texts: int) -> NonsenseLevel:
    """Return what queries that mean nothing find, from the *nearest* (queries,) of so many *texts* to each of them."""
    scale = float(nearest.std()) * math.sqrt(6) / math.pi
    location = float(nearest.mean()) - scale * (_EULER + math.log(texts))
    return NonsenseLevel(location=round(location, 3), scale=round(scale, 3))
