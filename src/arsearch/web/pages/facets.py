"""The facets beside the results, and the filters that are on."""

from __future__ import annotations

from dataclasses import dataclass, replace

from arsearch.arabic import analyze
from arsearch.article_fields import KEYWORD_FIELDS, KEYWORDS, FieldKind, OwnFields
from arsearch.common.deadline import is_cut_short, time_is_up
from arsearch.errors import QueryTimeoutError
from arsearch.search.request import SearchRequest
from arsearch.search.results import SearchResults
from arsearch.search.searcher import Searcher
from arsearch.web.api.parameters import OWN_FILTER
from arsearch.web.pages.links import Links
from arsearch.web.pages.ranges import range_ends

__all__ = ["FacetGroup", "FacetValue", "Filter", "author_of_query", "facet_groups", "filters_in_force"]

_USUAL = (*(field.name for field in KEYWORD_FIELDS if field.beside_results), "year")
_VALUES = 7


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter that is on: *name* is its parameter, or ``year`` where the dates from and to are the same year."""

    name: str
    value: str
    removal: str
    """Address of the search without it."""
    kind: FieldKind = "keyword"

    @property
    def ends(self) -> tuple[str, str]:
        """The first and the last value that it lets through, empty where it is open; alike for a single value."""
        return range_ends(self.value) if self.kind in ("number", "date") else (self.value, self.value)


@dataclass(frozen=True, slots=True)
class FacetValue:
    """A value that articles found have, with the address that puts its filter on, or off where it is on."""

    value: str
    count: int | None
    """None where it is not among the values that were counted."""
    selected: bool
    address: str


@dataclass(frozen=True, slots=True)
class FacetGroup:
    """The values of one facet."""

    name: str
    values: tuple[FacetValue, ...]


def author_of_query(query: str, results: SearchResults, links: Links) -> FacetValue | None:
    """Return the author whose whole name *query* is, with the address of that author's articles among *results*.

    None if it is nobody's, or the search has been narrowed to authors.
    """
    if links.given("author") or results.answered:
        return None
    name = _words(query)
    counts = dict(results.facets.get("author", ()))
    for author in (*counts, *(hit.article.author for hit in results.hits)):
        if name and _words(author) == name:
            return FacetValue(author, counts.get(author), selected=False, address=links.with_filter("author", author))
    return None


def _words(text: str) -> list[str]:
    return [token.folded for token in analyze(text)]


def filters_in_force(links: Links, own: OwnFields = ()) -> list[Filter]:
    """Return the filters of a request, in the order of their parameters; *own* are the fields of the index."""
    kinds = {OWN_FILTER + field.name: field.kind for field in own}
    year = _year(links)
    filters = []
    for name in links.filters:
        for value in [] if year and name in ("from", "to") else links.given(name):
            others = [other for other in links.given(name) if other != value]
            kind = kinds.get(name, "date" if name in ("from", "to") else "keyword")
            filters.append(Filter(name, value, links.search(**{name: others, "page": None}), kind))
    if year:
        filters.append(Filter("year", year, links.search(**{"from": None, "to": None, "page": None}), "date"))
    return filters


def facet_groups(searcher: Searcher, request: SearchRequest, results: SearchResults, links: Links) -> list[FacetGroup]:
    """Return the facets of *results* that offer a choice.

    The values of one facet are alternatives, so those of a facet whose filter is on are counted without it: what
    stands beside a value is how many articles choosing it would find or add.
    """
    groups = []
    own = [OWN_FILTER + field.name for field in searcher.index.manifest.own_fields if field.kind == "keyword"]
    chosen_facets = searcher.settings.facets
    known = {name.removeprefix(OWN_FILTER): name for name in (*KEYWORDS, "year", *own)}
    for name in [known[name] for name in chosen_facets if name in known] if chosen_facets else (*_USUAL, *own):
        chosen = [year for year in [_year(links)] if year] if name == "year" else links.given(name)
        counted = dict(
            (chosen and _counted_without(name, searcher, request))
            or results.facets.get(name.removeprefix(OWN_FILTER), [])
        )
        values = sorted(counted, reverse=True) if name == "year" else list(counted)
        values = [*values[:_VALUES], *(value for value in chosen if value not in values[:_VALUES])]
        values.sort(key=lambda value: value not in chosen)
        if len(values) > 1 or chosen:
            shown = (
                FacetValue(value, counted.get(value), value in chosen, _toggle(name, value, links)) for value in values
            )
            groups.append(FacetGroup(name, tuple(shown)))
    return groups


def _counted_without(name: str, searcher: Searcher, request: SearchRequest) -> list[tuple[str, int]]:
    """Return the values of the facet *name* without its filter; none where the time of the request is up."""
    if is_cut_short() or time_is_up():
        return []
    facet = name.removeprefix(OWN_FILTER)
    changes: dict[str, object] = {"date_from": "", "date_to": ""} if name == "year" else {name: ()}
    if facet != name:
        changes = {"filters": {other: values for other, values in request.own_filters.items() if other != facet}}
    wider = replace(request, page=1, size=1, facets=True, snippets=False, **changes)  # type: ignore[arg-type]
    try:
        return searcher.search(wider).facets[facet]
    except QueryTimeoutError:
        return []


def _toggle(name: str, value: str, links: Links) -> str:
    if name == "year":
        year = None if value == _year(links) else value
        return links.search(**{"from": year, "to": year, "page": None})
    present = links.given(name)
    values = [other for other in present if other != value] if value in present else [*present, value]
    return links.search(**{name: values, "page": None})


def _year(links: Links) -> str:
    """Return the year that the results are narrowed to, if it is just one."""
    first, last = (next(iter(links.given(name)), "").strip() for name in ("from", "to"))
    return first if first == last and len(first) == len("2015") else ""
