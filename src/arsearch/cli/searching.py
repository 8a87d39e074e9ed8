"""Commands that ask: search, analyze."""

from __future__ import annotations

import html
import re
from pathlib import Path

import click

from arsearch.cli.options import common_options, print_json, say, settings_from
from arsearch.request import MODES, SearchRequest, SearchResults

__all__ = ["analyze", "search"]

_MARKED = re.compile(r"<mark>(.*?)</mark>")


@click.command()
@click.argument("query")
@click.option("--mode", type=click.Choice(MODES), help="How to search [default: hybrid]")
@click.option("--limit", type=click.IntRange(min=1), help="Hits to show [default: 10]")
@click.option("--author", multiple=True, help="Only articles by this author (repeatable)")
@click.option("--source", multiple=True, help="Only articles from this source (repeatable)")
@click.option("--tag", multiple=True, help="Only articles with this tag (repeatable)")
@click.option("--from", "date_from", default="", help="Not before this year, month or day")
@click.option("--to", "date_to", default="", help="Not after this year, month or day")
@common_options
def search(
    query: str,
    mode: str | None,
    limit: int | None,
    author: tuple[str, ...],
    source: tuple[str, ...],
    tag: tuple[str, ...],
    date_from: str,
    date_to: str,
    index: Path | None,
    config: Path | None,
    as_json: bool,
) -> None:
    """Search the index for QUERY."""
    from arsearch.search import Searcher

    settings = settings_from(config, index=index, mode=mode)
    request = SearchRequest(
        query=query,
        mode=settings.mode,
        size=limit or settings.page_size,
        author=author,
        source=source,
        tag=tag,
        date_from=date_from,
        date_to=date_to,
    )
    request.check(settings)
    with Searcher(settings.index, settings) as searcher:
        results = searcher.search(request)
    if as_json:
        print_json(results.as_dict())
    else:
        _show(results)


def _show(results: SearchResults) -> None:
    if results.notice:
        say(results.notice.text)
    if results.suggestion:
        say(f"Did you mean: {results.suggestion}")
    number = "at least " * (results.total_relation == "gte") + str(results.total)
    click.echo(f"{number} found in {results.took_ms:.0f} ms")
    for rank, hit in enumerate(results.hits, 1):
        about = " · ".join(filter(None, (hit.article.source, hit.article.author, hit.article.date)))
        click.echo()
        click.echo(f"{rank}. {click.style(hit.title or hit.id, bold=True)}")
        click.echo(f"   [{hit.id}] {about}  ({hit.score:.3f})")
        shown = _MARKED.sub(lambda match: click.style(match[1], underline=True, bold=True), hit.snippet)
        click.echo(f"   {html.unescape(shown)}")
        if hit.copies:
            click.echo(f"   Also in: {', '.join(copy.source or copy.id for copy in hit.copies)}")


@click.command()
@click.argument("text")
@common_options
def analyze(text: str, index: Path | None, config: Path | None, as_json: bool) -> None:
    """Show every token of TEXT: surface, exact form, stem, offsets. A stop word has no stem."""
    from arsearch.arabic import analyze as tokens_of

    tokens = tokens_of(text)
    if as_json:
        print_json([token._asdict() for token in tokens])
        return
    for token in tokens:
        click.echo(f"{token.surface}\t{token.exact}\t{token.stem or '-'}\t{token.start}-{token.end}")
