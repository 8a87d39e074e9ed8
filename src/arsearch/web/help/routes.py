"""The pages that help: the query language with examples that find something, and the advanced form."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from arsearch.common.deadline import run_clock, time_is_up
from arsearch.errors import ArsearchError
from arsearch.search.searcher import Searcher
from arsearch.web.branding import StartExamples
from arsearch.web.help.advanced import composed_query, kept_parameters
from arsearch.web.live import request_searcher
from arsearch.web.search_answers import query_clock

__all__ = ["SyntaxExample", "help_pages"]

help_pages = Blueprint("help", __name__)

_COMMON = "في من على إلى عن"
_OFFERED = 12
"""Values of a field that a box of the form offers."""


@dataclass(frozen=True, slots=True)
class SyntaxExample:
    """A query of one *kind*, and how many articles of this archive it finds."""

    kind: str
    query: str
    total: int


@help_pages.get("/help")
def show() -> str:
    """Explain how to ask, with examples of this archive."""
    searcher = request_searcher()
    examples: StartExamples = current_app.extensions["arsearch-examples"]
    plain = [example.query.strip('"') for example in examples.of(searcher)]
    with run_clock(searcher.settings.max_query_ms / 1000, query_clock()):
        found = list(_syntax_examples(searcher, plain))
    return render_template("help.html", examples=found, query="", mode=searcher.settings.mode)


@help_pages.get("/advanced")
def advanced() -> str | Response:
    """Show a form for all that can be asked; what it is sent with becomes a search."""
    query = composed_query(request.args)
    if query:
        kept = kept_parameters(request.args)
        return redirect(f"{url_for('pages.search')}?{urlencode([('q', query), *kept.items(multi=True)])}", 303)
    searcher = request_searcher()
    own = searcher.index.manifest.own_fields
    return render_template(
        "advanced.html",
        query="",
        mode=searcher.settings.mode,
        nothing=bool(request.args),
        own=[field for field in own if field.is_filter],
        values=_values(searcher),
    )


def _syntax_examples(searcher: Searcher, plain: list[str]) -> Iterator[SyntaxExample]:
    """Yield one example of each kind that finds something in this archive."""
    pairs = [phrase.split() for phrase in plain if len(phrase.split()) == 2] or [["كتاب", "قراءة"]]
    one, other = pairs[0], pairs[-1]
    values = _values(searcher)
    quoted = {name: f'"{values[name][0]}"' for name in ("source", "author") if values.get(name)}
    year = next(iter(values.get("year", [])), "")
    tried = [
        ("any", " ".join(one)),
        ("phrase", f'"{" ".join(one)}"'),
        ("without", f"{one[0]} -{one[1]}"),
        ("both", f"{one[0]} و {other[1]}"),
        ("either", f"{one[1]} أو {other[1]}"),
        ("prefix", f"{one[0][:3]}*"),
        ("title", f"عنوان:{other[0]}"),
        ("source", f"مصدر:{quoted['source']}" if "source" in quoted else ""),
        ("author", f"كاتب:{quoted['author']}" if "author" in quoted else ""),
        ("date", f"{one[0]} تاريخ:{year}" if year else ""),
    ]
    for kind, query in tried:
        if not query or time_is_up():
            continue
        try:
            total = searcher.search(query, mode="lexical", size=1, snippets=False, as_typed=True).total
        except ArsearchError:
            continue
        if total:
            yield SyntaxExample(kind, query, total)


def _values(searcher: Searcher) -> dict[str, list[str]]:
    """Return the most frequent values of each facet of the whole archive, as far as common words find it."""
    try:
        facets = searcher.search(_COMMON, mode="lexical", size=1, facets=True, snippets=False).facets
    except ArsearchError:  # the form is useful without them
        return {}
    return {name: [value for value, _ in counted[:_OFFERED]] for name, counted in facets.items()}
