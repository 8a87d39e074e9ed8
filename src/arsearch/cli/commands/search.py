"""``arsearch search``: the hits of a query, for people and as JSON."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click

from arsearch.article_fields import KEYWORD_FIELDS
from arsearch.cli.options import common_options, print_json, say, settings_from, show, styled
from arsearch.search.request import MODES, SORTS, SearchRequest
from arsearch.search.results import SearchResults

__all__ = ["search"]

_MIDNIGHT = re.compile(r"(00:00(:00(\.0+)?)?([+-]\d{2}:?\d{2}|Z)?)?")


_MARKED = re.compile(r"<mark>(.*?)</mark>")


def keyword_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give *command* an option for each keyword field."""
    for field in reversed(KEYWORD_FIELDS):
        option = click.option(f"--{field.name}", multiple=True, help=f"Only articles {field.described} (repeatable)")
        command = option(command)
    return command


@click.command()
@click.argument("query")
@click.option("--mode", type=click.Choice(MODES), help="How to search [default: hybrid]")
@click.option("--limit", type=click.IntRange(min=1), help="Hits to show [default: 10]")
@click.option(
    "--sort", default="relevance", metavar="|".join((*SORTS, "[-]FIELD")),
    help="Which hits come first [default: relevance]; an own number or date the least first, with - the greatest",
)  # fmt: skip
@keyword_options
@click.option(
    "--filter", "filters", multiple=True, metavar="FIELD=VALUE",
    help="Only articles with this value of an own field, or in this range of it: pages=10..200 (repeatable)",
)  # fmt: skip
@click.option("--from", "date_from", default="", help="Not before this year, month or day")
@click.option("--to", "date_to", default="", help="Not after this year, month or day")
@click.option(
    "--freshness", type=click.FloatRange(min=0), metavar="DAYS",
    help="Half-life of what it counts that an article is new; 0: dates count nothing [default: 0]",
)  # fmt: skip
@click.option(
    "--now", default="", help="What counts as now for it: a day, or a second [default: the current hour, UTC]"
)
@click.option("--as-typed", is_flag=True, help="Answer what was typed, even where nothing has it")
@click.option("--explain", is_flag=True, help="Show how the query was read and what scores are made of")
@common_options
def search(
    query: str,
    mode: str | None,
    limit: int | None,
    sort: str,
    filters: tuple[str, ...],
    date_from: str,
    date_to: str,
    freshness: float | None,
    now: str,
    as_typed: bool,
    explain: bool,
    index: Path | None,
    config: Path | None,
    as_json: bool,
    **keywords: tuple[str, ...],
) -> None:
    """Search the index for QUERY."""
    from arsearch.search.searcher import Searcher

    settings = settings_from(config, index=index, mode=mode, freshness=freshness)
    request = SearchRequest(
        query=query,
        mode=settings.mode,
        size=limit or settings.page_size,
        sort=sort,
        filters=_filters(filters),
        date_from=date_from,
        date_to=date_to,
        now=now,
        as_typed=as_typed,
        explain=explain,
        **keywords,  # type: ignore[arg-type]  # one for each keyword field
    )
    request.check(settings)
    with Searcher(settings.index, settings) as searcher:
        results = searcher.search(request)
    if as_json:
        print_json(results.as_dict())
    else:
        _show(results)


def _filters(given: tuple[str, ...]) -> dict[str, list[str]]:
    filters: dict[str, list[str]] = {}
    for pair in given:
        name, equals, value = (part.strip() for part in pair.partition("="))
        if not equals or not name or not value:
            raise click.BadParameter(f"{pair!r} is not FIELD=VALUE.", param_hint="--filter")
        filters.setdefault(name, []).append(value)
    return filters


def _show(results: SearchResults) -> None:
    if results.notice:
        say(results.notice.text)
    if results.suggestion and not results.answered:
        say(f"Did you mean: {results.suggestion}")
    if results.explanation:
        _show_reading(results.explanation)
    number = "at least " * (results.total_relation == "gte") + str(results.total)
    show(f"{number} found in {results.took_ms:.0f} ms")
    for rank, hit in enumerate(results.hits, 1):
        about = " · ".join(filter(None, (hit.article.source, hit.article.author, _day(hit.article.date))))
        show()
        show(f"{rank}. ", styled(hit.title or hit.id, bold=True))
        show(f"   [{hit.id}] {about}  ({hit.score:.3f})")
        show("   ", *_snippet(hit.snippet))
        if hit.copies:
            show(f"   Also in: {', '.join(copy.source or copy.id for copy in hit.copies)}")
        for name, score in hit.explanation.items():
            parts = score.items() if name == "by_word" else [("", score)]
            show(f"     {name}: " + ", ".join(f"{word} {part:.4f}".strip() for word, part in parts))


def _snippet(snippet: str) -> Iterator[str]:
    """Yield the parts of *snippet*, which is HTML in which only ``<mark>`` is markup."""
    for number, part in enumerate(_MARKED.split(snippet)):
        text = html.unescape(part)
        yield styled(text, underline=True, bold=True) if number % 2 else text


def _day(date: str) -> str:
    """Return an ISO 8601 date without a time that only stands for its day: midnight."""
    day, _, time = date.partition("T")
    return day if _MIDNIGHT.fullmatch(time) else date.replace("T", " ")


def _show_reading(explanation: dict[str, Any]) -> None:
    show(f"read as: {explanation['parsed']}")
    for token in explanation["tokens"]:
        stem = token["stem"] or "-"
        show(f"  {token['surface']}: folded {token['folded']}, stem {stem}, in {token['articles']} articles")
    for expansion in explanation["expansions"]:
        weight = f"weight {expansion['weight']}, {expansion['origin']}"
        show(f"  {expansion['of']} also {expansion['name']}: {weight}")
    for correction in explanation["corrections"]:
        candidates = ", ".join(
            f"{word['word']} (cost {word['cost']}, in {word['articles']} articles)" if "cost" in word else word["word"]
            for word in correction["candidates"]
        )
        show(f"  {correction['typed']}, {correction['kind']}: {candidates}")
    show()
