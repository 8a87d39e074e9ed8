"""Stories: hits of one page that tell of the same matter over some days.

A hit belongs to the story of a better one if three things hold: it was published within a week of an article of that
story, their titles share words that the query does not have, and they are near in meaning, by the scale of the index's
encoder. Nothing is learnt or guessed beyond that, and only hits that are shown anyway are grouped.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from arsearch.arabic import analyze
from arsearch.common.array_types import Floats, Vectors

__all__ = ["Story", "StoryHit", "find_stories", "nearness_of"]

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
    """What stories are found by."""

    id: str
    title: str
    date: str
    language: str = ""


def find_stories(hits: Sequence[StoryHit], nearness: Floats, known: Collection[str]) -> list[Story]:
    """Return the stories among *hits*, which stand in their order; each has two articles or more.

    *nearness* (hits, hits): cosines in spreads above chance. *known*: the stems of the query's words, which all have.
    """
    words = [{token.stem for token in analyze(hit.title, hit.language)} - {"", *known} for hit in hits]
    days = [_day(hit.date) for hit in hits]
    groups: list[list[int]] = []
    for at in range(len(hits)):
        if days[at] is None:
            continue
        for group in groups:
            leader = group[0]
            shared = len(words[leader] & words[at])
            is_near = nearness[leader, at] >= (_NEAR if shared > 1 else _VERY_NEAR)
            if shared and is_near and any(abs(_between(days[at], days[other])) <= _DAYS for other in group):
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


def _between(one: int | None, other: int | None) -> int:
    assert one is not None
    assert other is not None
    return one - other
