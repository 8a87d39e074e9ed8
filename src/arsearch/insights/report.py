"""What the counts say: popular queries, those without results, slow ones, and what readers opened."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

from arsearch.insights.store import InsightStore

__all__ = ["QueryInsight", "Report", "WeekInsight", "report"]

_OPENED = 5
"""Articles that are listed for a query, those opened most."""

_SELDOM = 0.25
"""Results of a query are opened seldom if fewer of its answers than this share led to an article."""


@dataclass(frozen=True, slots=True)
class WeekInsight:
    """All queries of a week, such as ``2026-W49``, those that nobody else asked too."""

    week: str
    asked: int
    empty: int
    slow: int


@dataclass(slots=True)
class QueryInsight:
    """A query that enough readers asked: at least *readers* in its busiest week.

    *opened* has how often articles were opened, by their ids, the most often first; *mean_place* is where they stood.
    """

    query: str
    asked: int = 0
    readers: int = 0
    empty: int = 0
    slow: int = 0
    mean_ms: float = 0.0
    opened: dict[str, int] = field(default_factory=dict)
    opened_times: int = 0
    mean_place: float = 0.0


@dataclass(frozen=True, slots=True)
class Report:
    """What readers looked for in the *weeks* that are kept, the oldest first."""

    weeks: tuple[WeekInsight, ...]
    popular: tuple[QueryInsight, ...]
    without_results: tuple[QueryInsight, ...]
    slow: tuple[QueryInsight, ...]
    not_opened: tuple[QueryInsight, ...]
    """Queries with results that readers seldom open."""

    def as_record(self) -> dict[str, Any]:
        """Return the report as JSON types."""
        return dataclasses.asdict(self)


def report(store: InsightStore, *, top: int = 20) -> Report:
    """Return what *store* says, at most *top* queries of each kind. Raises InsightsError."""
    queries = insights_of(store)
    weeks = [WeekInsight(*cast("tuple[str, int, int, int]", row)) for row in store.rows("weeks")]

    def best(score: Callable[[QueryInsight], float]) -> tuple[QueryInsight, ...]:
        some = [each for each in queries if score(each) > 0]
        return tuple(sorted(some, key=lambda each: (-score(each), each.query))[:top])

    return Report(
        weeks=tuple(weeks),
        popular=best(lambda each: each.asked),
        without_results=best(lambda each: each.empty),
        slow=best(lambda each: each.mean_ms if each.slow else 0),
        not_opened=best(_not_opened),
    )


def _not_opened(each: QueryInsight) -> int:
    """Return how often *each* had results and none was opened; 0 for what is opened as often as not."""
    answered = each.asked - each.empty
    return answered - each.opened_times if each.opened_times < _SELDOM * answered else 0


def insights_of(store: InsightStore) -> list[QueryInsight]:
    """Return every query that is written down, its weeks together. Raises InsightsError."""
    found: dict[str, QueryInsight] = {}
    times: dict[str, float] = defaultdict(float)
    places: dict[str, int] = defaultdict(int)
    for row in store.rows("queries"):
        _, query, asked, empty, slow, milliseconds, readers = cast("tuple[str, str, int, int, int, float, int]", row)
        insight = found.setdefault(query, QueryInsight(query))
        insight.asked += asked
        insight.empty += empty
        insight.slow += slow
        insight.readers = max(insight.readers, readers.bit_count())
        times[query] += milliseconds
    for row in store.rows("opened"):
        _, query, article, place, opened, _ = cast("tuple[str, str, str, int, int, int]", row)
        insight = found[query]
        insight.opened[article] = insight.opened.get(article, 0) + opened
        insight.opened_times += opened
        places[query] += place * opened
    for query, insight in found.items():
        insight.mean_ms = round(times[query] / insight.asked, 1)
        insight.mean_place = round(places[query] / insight.opened_times, 1) if insight.opened_times else 0.0
        most = sorted(insight.opened.items(), key=lambda each: (-each[1], each[0]))[:_OPENED]
        insight.opened = dict(most)
    return list(found.values())
