"""The rows of a page of results: hits by themselves, and stories behind the best hit that tells of them."""

from __future__ import annotations

from dataclasses import dataclass

from arsearch.search.grouping.stories import Story
from arsearch.search.results import Hit, SearchResults

__all__ = ["ResultRow", "result_rows"]


@dataclass(frozen=True, slots=True)
class ResultRow:
    """A hit, with its place among those of the page from 0, and the others of its story by their dates."""

    hit: Hit
    place: int
    story: Story | None = None
    others: tuple[tuple[Hit, int], ...] = ()


def result_rows(results: SearchResults) -> list[ResultRow]:
    """Return the rows of *results* in the order of their best hits."""
    told = {identifier: story for story in results.stories for identifier in story.ids}
    hits = {hit.id: (hit, place) for place, hit in enumerate(results.hits)}
    rows = []
    for place, hit in enumerate(results.hits):
        story = told.get(hit.id)
        if story is None:
            rows.append(ResultRow(hit, place))
        elif story.ids[0] == hit.id:
            others = sorted((hits[other] for other in story.ids[1:]), key=lambda pair: (pair[0].article.date, pair[1]))
            rows.append(ResultRow(hit, place, story, tuple(others)))
    return rows
