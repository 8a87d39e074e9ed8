"""How the articles found are spread over time: bars of years, months or days, which the page fetches when it is asked.

It stands at an address of its own, with a table that says the same, so that it needs no script.
"""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as WerkzeugResponse

from arsearch.common.deadline import run_clock
from arsearch.errors import QueryError
from arsearch.web.api.parameters import search_request
from arsearch.web.live import request_searcher
from arsearch.web.pages.links import parameters_of_request
from arsearch.web.problems import status_of
from arsearch.web.search_answers import answer_search, query_clock

__all__ = ["Bar", "Timeline", "timeline", "timeline_of"]

timeline = Blueprint("timeline", __name__)

Unit = Literal["year", "month", "day"]

_DIGITS: dict[Unit, int] = {"year": 4, "month": 7, "day": 10}
_MOST_DAYS, _MOST_MONTHS, _MOST_YEARS = 45, 36, 200
"""Bars up to which days and months are shown, and the last years that are."""
HEIGHT, WIDTH = 100, 1000
"""Of the drawing, in its own units."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One year, month or day: *period* is ISO 8601, *x*, *width* and *height* are in units of the drawing."""

    period: str
    count: int
    x: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Timeline:
    """All periods from the first with an article to the last, those without one too."""

    unit: Unit
    bars: tuple[Bar, ...]
    undated: int
    """Articles whose date is not known so exactly, or not at all."""

    @property
    def most(self) -> int:
        """Articles of the highest bar."""
        return max((bar.count for bar in self.bars), default=0)


@timeline.get("/timeline")
def show() -> str | tuple[str, int] | WerkzeugResponse:
    """Show how the results of a query are spread over time."""
    if not request.args.get("q", "").strip():
        return redirect(url_for("pages.home"))
    searcher = request_searcher()
    query = request.args["q"]
    with run_clock(searcher.settings.max_query_ms / 1000, query_clock()):
        try:
            asked = search_request(parameters_of_request(), searcher.settings, own=searcher.index.manifest.own_fields)
            results = answer_search(searcher, replace(asked, page=1, facets=False))
            counts = searcher.count_dates(replace(asked, query=results.answered or asked.query, page=1))
        except QueryError as error:
            page = render_template(
                "query_error.html", query=query, mode="", error=error, reason=error.field, limits=searcher.settings
            )
            return page, status_of(error)
    return render_template(
        "timeline.html",
        query=query,
        answered=results.answered or query,
        mode=asked.mode,
        timeline=timeline_of(counts),
    )


def timeline_of(counts: Sequence[tuple[str, int]]) -> Timeline:
    """Return the bars of *counts*, dates as far as they are known with how many articles have each; empty for none."""
    dated = [(date, count) for date, count in counts if len(date) >= _DIGITS["year"]]
    unit = _unit([date for date, _ in dated])
    totals: Counter[str] = Counter()
    for date, count in dated:
        if len(date) >= _DIGITS[unit]:
            totals[date[: _DIGITS[unit]]] += count
    periods = list(_periods(min(totals), max(totals), unit))[-_MOST_YEARS:] if totals else []
    shown = sum(totals[period] for period in periods)
    most = max(totals.values(), default=1)
    step = WIDTH // max(len(periods), 1)
    bars = tuple(
        Bar(
            period=period,
            count=totals[period],
            x=place * step,
            width=max(step - max(step // 6, 1), 1),
            height=max(round(totals[period] / most * HEIGHT), 2) if totals[period] else 0,
        )
        for place, period in enumerate(periods)
    )
    return Timeline(unit, bars, sum(count for _, count in counts) - shown)


def _unit(dates: list[str]) -> Unit:
    """Return what a bar stands for: days within some weeks, months within a few years, else years."""
    if not dates:
        return "year"
    days = [date for date in dates if len(date) == _DIGITS["day"]]
    months = [date for date in dates if len(date) >= _DIGITS["month"]]
    if len(days) == len(dates) and _days_between(min(days), max(days)) < _MOST_DAYS:
        return "day"
    if 2 * len(months) >= len(dates) and _months_between(min(months), max(months)) < _MOST_MONTHS:
        return "month" if min(dates)[:4] >= min(months)[:4] else "year"
    return "year"


def _days_between(first: str, last: str) -> int:
    return (datetime.date.fromisoformat(last) - datetime.date.fromisoformat(first)).days


def _months_between(first: str, last: str) -> int:
    return 12 * (int(last[:4]) - int(first[:4])) + int(last[5:7]) - int(first[5:7])


def _periods(first: str, last: str, unit: Unit) -> Iterator[str]:
    """Yield every year, month or day from *first* to *last*."""
    if unit == "year":
        yield from (f"{year:04}" for year in range(int(first), int(last) + 1))
    elif unit == "month":
        begin = 12 * int(first[:4]) + int(first[5:7]) - 1
        for month in range(begin, begin + _months_between(first, last) + 1):
            yield f"{month // 12:04}-{month % 12 + 1:02}"
    else:
        begin_day = datetime.date.fromisoformat(first)
        for day in range(_days_between(first, last) + 1):
            yield (begin_day + datetime.timedelta(day)).isoformat()
