"""The pages for readers: the search page, the results, an article."""

from __future__ import annotations

import datetime
import re

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from arsearch.article_fields import ExtraValue, OwnField, OwnFields
from arsearch.common.deadline import run_clock
from arsearch.corpus import Article
from arsearch.errors import NoWordError, QueryError, UnsearchableQueryError
from arsearch.search.request import SearchRequest
from arsearch.search.results import SearchResults
from arsearch.search.searcher import Searcher
from arsearch.web.api.parameters import search_request
from arsearch.web.branding import StartExamples, current_brand
from arsearch.web.live import live_index, request_searcher
from arsearch.web.maintenance.counting import count_opened, is_counting
from arsearch.web.pages.article_metadata import description, news_article, open_graph, original_link
from arsearch.web.pages.facets import facet_groups, filters_in_force
from arsearch.web.pages.highlights import number_marks
from arsearch.web.pages.links import article_address, links_of_request, parameters_of_request
from arsearch.web.pages.ranges import quick_ranges, range_forms
from arsearch.web.pages.static_files import static_link
from arsearch.web.pages.zero_results import wider_searches
from arsearch.web.problems import status_of
from arsearch.web.search_answers import answer_search, query_clock

__all__ = ["pages"]

pages = Blueprint("pages", __name__)

_SIMILAR = 5
_PAGES_AROUND = 2
_SIZES = (10, 20, 50)


@pages.get("/")
def home() -> str:
    """Show the search box."""
    searcher = request_searcher()
    examples: StartExamples = current_app.extensions["arsearch-examples"]
    return render_template(
        "home.html", articles=len(searcher), mode=searcher.settings.mode, examples=examples.of(searcher)
    )


@pages.get("/search")
def search() -> str | tuple[str, int] | Response:
    """Show the results of a query."""
    if not request.args.get("q", "").strip():
        return redirect(url_for("pages.home"))
    searcher = request_searcher()
    with run_clock(
        searcher.settings.max_query_ms / 1000, query_clock()
    ):  # for the answer and all that stands beside it
        return _results_page(searcher)


def _results_page(searcher: Searcher) -> str | tuple[str, int]:
    """Return the page of results, of what would find something, or of what is wrong with the query."""
    query, links, own = request.args["q"], links_of_request(), searcher.index.manifest.own_fields
    try:
        asked = search_request(parameters_of_request(), searcher.settings, facets=True, own=own)
        results = answer_search(searcher, asked)
    except QueryError as error:
        mode = request.args.get("mode", "")
        reason = _reason(error)
        page = render_template(
            "query_error.html",
            query=query,
            mode=mode,
            error=error,
            reason=reason,
            limits=searcher.settings,
            range=next((form for form in range_forms(own, links.given) if form.name == reason), None),
        )
        return page, status_of(error)
    shared = {
        "query": query,
        "mode": asked.mode,
        "sort": asked.sort,
        "results": results,
        "notice": _notice(searcher, asked, results),
        "filters": filters_in_force(links, own),
    }
    if not results.total:
        wider = wider_searches(searcher, asked, results.suggestion, links)
        return render_template("nothing.html", wider_searches=wider, **shared)
    last = min(-(-results.total // results.size), searcher.settings.max_depth // results.size)
    return render_template(
        "results.html",
        facets=facet_groups(searcher, asked, results, links),
        ranges=range_forms(own, links.given),
        quick_ranges=quick_ranges(
            datetime.date.today(), (year for year, _ in results.facets.get("year", ())), links.given, links.search
        ),
        sizes=sorted({size for size in (*_SIZES, results.size) if size <= searcher.settings.max_page_size}),
        last_page=last,
        first_place=(results.page - 1) * results.size + 1 if is_counting() else 0,
        pages=range(max(1, results.page - _PAGES_AROUND), min(last, results.page + _PAGES_AROUND) + 1),
        **shared,
    )


@pages.get("/article")
def article_by_id() -> str:
    """Show an article whose id cannot stand in a path."""
    return article(request.args.get("id", ""))


@pages.get("/article/<path:identifier>")
def article(identifier: str) -> str:
    """Show an article, with the words of the query it was found by marked."""
    searcher = request_searcher()
    query = request.args.get("q", "")
    shown, title, body = searcher.marked_article(identifier, query)
    count_opened(shown.id)
    asked_match = request.args.get("match", "")
    current = int(asked_match) if re.fullmatch("[0-9]{1,6}", asked_match) else 0
    address = article_address(identifier, url_for("pages.home", _external=True).rstrip("/"))
    return render_template(
        "article.html",
        article=shown,
        marked=number_marks(title, body, current),
        current_match=current,
        query=query,
        mode=live_index().settings.mode,
        own_values=own_values(shown, searcher.index.manifest.own_fields),
        similar=searcher.similar(identifier, _SIMILAR),
        link=original_link(shown),
        address=address,
        description=description(shown),
        properties=open_graph(
            shown, address, static_link(current_brand().share_image or "icon-512.png", external=True)
        ),
        linked_data=news_article(shown, address),
    )


def own_values(article: Article, own: OwnFields) -> list[tuple[OwnField, tuple[ExtraValue, ...]]]:
    """Return the *own* fields that *article* has, each with its values."""
    values = [(field, article.extra.get(field.name)) for field in own]
    return [(field, value if isinstance(value, tuple) else (value,)) for field, value in values if value is not None]


def _notice(searcher: Searcher, asked: SearchRequest, results: SearchResults) -> str:
    """Return the name by which the page looks up what the reader should know of *results*."""
    if results.notice:
        return results.notice.kind
    is_by_meaning_alone = asked.mode == "hybrid" and results.total and not results.answered
    return "unknown-words" if is_by_meaning_alone and not searcher.knows_words(asked) else ""


def _reason(error: QueryError) -> str:
    """Return the name by which the page looks up what to say about *error*."""
    if error.field == "q":
        return "no-word" if isinstance(error, NoWordError) else "too-long"
    if error.field == "page" and isinstance(error, UnsearchableQueryError):
        return "too-deep"
    return error.field
