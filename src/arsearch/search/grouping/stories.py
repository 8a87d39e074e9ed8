"""Stories: hits of one page that tell of the same matter over some days.

A hit belongs to the story of a better one if three things hold: it was published within a week of an article of that
story, their titles share words that the query does not have, and they are near in meaning, by the scale of the index's
encoder. Nothing is learnt or guessed beyond that, and only hits that are shown anyway are grouped.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from arsearch.arabic import analyze
from arsearch.common.array_types import Floats, Vectors

__all__ = ["Story", "StoryHit", "find_stories", "nearness_of", "possible_hits"]

_DAYS = 7
_NEAR, _VERY_NEAR = 8.0, 10.0
"""Cosines of two articles, in spreads above chance: what is needed beside two shared words of titles, and beside one.
Read off the pairs that nine queries find in 9,865 articles of Tunisian news: none above is of two stories."""


@dataclass(frozen=True, slots=True)
class Story:
    """Articles that tell of one matter: *ids* of hits in their order, and the first and the last day."""

    ids: tuple[str, ...]
    first: str
    last: str


@dataclass(frozen=True, slots=True)
class StoryHit:
    """What stories are found by: *place* is that among the hits, *words* are stems of the title."""

    place: int
    id: str
    date: str
    day: int
    words: frozenset[str]


def possible_hits(hits: Sequence[tuple[str, str, str]], known: Collection[str], language: str = "ar") -> list[StoryHit]:
    """Return those of *hits*, each an id, a title and a date, that share words and a week with another, in order.

    Words that are *known*, the stems of the query's, are shared by all and do not count.
    """
    days = [_day(date) for _, _, date in hits]
    dated = sorted((day, at) for at, day in enumerate(days) if day is not None)
    near = {
        at for (day, one), (later, other) in pairwise(dated) if later - day <= _DAYS for at in (one, other)
    }  # titles are looked at only where dates let them matter
    found = [
        StoryHit(at, hits[at][0], hits[at][2], days[at] or 0, _stems(hits[at][1], known, language))
        for at in sorted(near)
    ]
    return [hit for hit in found if any(_may_be_one(hit, other) for other in found if other is not hit)]


def _stems(title: str, known: Collection[str], language: str) -> frozenset[str]:
    return frozenset(token.stem for token in analyze(title, language)).difference(known, ("",))


def _may_be_one(one: StoryHit, other: StoryHit) -> bool:
    return abs(one.day - other.day) <= _DAYS and not one.words.isdisjoint(other.words)


def find_stories(hits: Sequence[StoryHit], nearness: Floats) -> list[Story]:
    """Return the stories among *hits*, which stand in their order; each has two articles or more.

    *nearness* (hits, hits): cosines in spreads above chance.
    """
    groups: list[list[int]] = []
    for at, hit in enumerate(hits):
        for group in groups:
            shared = len(hits[group[0]].words & hit.words)
            is_near = nearness[group[0], at] >= (_NEAR if shared > 1 else _VERY_NEAR)
            if shared and is_near and any(abs(hit.day - hits[other].day) <= _DAYS for other in group):
                group.append(at)
                break
        else:
            groups.append([at])
    return [_story([hits[at] for at in group]) for group in groups if len(group) > 1]


def nearness_of(vectors: Sequence[Vectors], chance: float, spread: float) -> Floats:
    """Return the cosines of articles in spreads above chance (articles, articles), of the *vectors* of their passages.

    Each is (passages, dimension). Of an article without vectors it is minus infinity.
    """
    dimension = max((each.shape[1] for each in vectors if each.size), default=1)
    means = np.zeros((len(vectors), dimension), np.float32)
    for at, each in enumerate(vectors):
        if each.size:
            means[at] = each.mean(axis=0)
    lengths = np.linalg.norm(means, axis=1)
    there = lengths > 0
    means[there] /= lengths[there, None]
    cosines: Floats = (means @ means.T - np.float32(chance)) / np.float32(max(spread, 1e-6))
    cosines[~there, :] = -np.inf
    cosines[:, ~there] = -np.inf
    return cosines


def _story(hits: Sequence[StoryHit]) -> Story:
    dates = sorted(hit.date[:10] for hit in hits)
    return Story(tuple(hit.id for hit in hits), dates[0], dates[-1])


def _day(date: str) -> int | None:
    try:
        return datetime.date.fromisoformat(date[:10]).toordinal()
    except ValueError:
        return None
