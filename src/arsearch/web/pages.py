"""The pages for readers: the search page, the results, an article."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, redirect, render_template, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response as WerkzeugResponse

from arsearch.errors import QueryError
from arsearch.web.api import answer_search, live_index

__all__ = ["pages"]

pages = Blueprint("pages", __name__)

_SIMILAR = 5
_PAGES_AROUND = 2


@pages.get("/")
def home() -> str:
    """Show the search box."""
    return render_template("home.html", articles=len(live_index().searcher()), mode=live_index().settings.mode)


@pages.get("/search")
def search() -> str | tuple[str, int] | WerkzeugResponse:
    """Show the results of a query."""
    if not request.args.get("q", "").strip():
        return redirect(url_for("pages.home"))
    searcher = live_index().searcher()
    query = request.args["q"]
    try:
        results = answer_search(searcher)
    except QueryError as error:
        page = render_template("search.html", query=query, results=None, error=error, mode=request.args.get("mode", ""))
        return page, HTTPStatus.BAD_REQUEST
    last = -(-min(results.total, searcher.settings.max_depth) // results.size)
    return render_template(
        "search.html",
        query=query,
        mode=request.args.get("mode") or searcher.settings.mode,
        results=results,
        error=None,
        last_page=last,
        pages=range(max(1, results.page - _PAGES_AROUND), min(last, results.page + _PAGES_AROUND) + 1),
    )


@pages.get("/article/<path:identifier>")
def article(identifier: str) -> str:
    """Show an article, with the words of the query it was found by marked."""
    searcher = live_index().searcher()
    query = request.args.get("q", "")
    shown, title, body = searcher.marked_article(identifier, query)
    return render_template(
        "article.html",
        article=shown,
        title=Markup(title),  # noqa: S704  # escaped by snippets.mark_words
        paragraphs=[Markup(paragraph) for paragraph in body.split("\n") if paragraph.strip()],  # noqa: S704
        query=query,
        mode=live_index().settings.mode,
        similar=searcher.similar(identifier, _SIMILAR),
        link=shown.url if urlsplit(shown.url).scheme in ("http", "https") else "",
    )


@pages.get("/opensearch.xml")
def opensearch() -> Response:
    """Describe the search to browsers (OpenSearch 1.1)."""
    body = render_template("opensearch.xml")
    return Response(body, content_type="application/opensearchdescription+xml; charset=utf-8")


@pages.app_template_global()
def with_parameters(**changes: Any) -> str:
    """Return the address of the current search with some parameters changed, or taken away when None."""
    parameters = request.args.to_dict(flat=False)
    for name, value in changes.items():
        parameters.pop(name, None)
        if value is not None:
            parameters[name] = [str(value)]
    return url_for("pages.search", **parameters)  # type: ignore[arg-type]
