"""The pages for readers: the search page, the results, an article."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from dataclasses import replace

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from arsearch.article_fields import ExtraValue, OwnField, OwnFields
from arsearch.common.deadline import run_clock
from arsearch.corpus import Article
from arsearch.errors import NoWordError, QueryError, UnsearchableQueryError
from arsearch.search.request import SearchRequest
from arsearch.search.results import Hit, SearchResults
from arsearch.search.searcher import Searcher
from arsearch.web.api.parameters import search_request
from arsearch.web.branding import StartExamples, current_brand, names_of
from arsearch.web.exports import FORMATS, apa, bibtex, chicago, exported_list, ris
from arsearch.web.exports.lists import Format
from arsearch.web.live import live_index, request_searcher
from arsearch.web.maintenance.counting import count_opened, is_counting
from arsearch.web.pages.article_metadata import description, news_article, open_graph, original_link
from arsearch.web.pages.dates import plain_date
from arsearch.web.pages.facets import author_of_query, facet_groups, filters_in_force
from arsearch.web.pages.highlights import number_marks
from arsearch.web.pages.links import article_address, links_of_request, parameters_of_request, unquoted
from arsearch.web.pages.preferences import preferences_of_reader
from arsearch.web.pages.ranges import quick_ranges, range_forms
from arsearch.web.pages.static_files import static_link
from arsearch.web.pages.zero_results import wider_searches
from arsearch.web.problems import status_of
from arsearch.web.reading.pictures import picture_of_article
from arsearch.web.reading.story_rows import result_rows
from arsearch.web.search_answers import answer_search, query_clock
from arsearch.web.security import charge

__all__ = ["pages"]

pages = Blueprint("pages", __name__)

_SIMILAR = 5
_USUAL_HALF_LIFE = 30.0
"""Half-life of freshness where a reader wants it and no other is set, in days."""
_PAGES_AROUND = 2
_SIZES = (10, 20, 50)
_REFERENCES = {"bibtex": bibtex, "ris": ris}


@pages.get("/")
def home() -> str:
    """Show the search box."""
    searcher = request_searcher()
    examples: StartExamples = current_app.extensions["arsearch-examples"]
    return render_template(
        "home.html",
        articles=len(searcher),
        mode=searcher.settings.mode,
        examples=examples.of(searcher),
        collections=names_of(current_app.extensions["arsearch-collections"], preferences_of_reader().language),
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
        return _results_file(searcher, FORMATS) if "format" in request.args else _results_page(searcher)


@pages.get("/download")
def download() -> str | Response:
    """Show in which formats results can be had, and up to how many."""
    if not request.args.get("q", "").strip():
        return redirect(url_for("pages.home"))
    settings = request_searcher().settings
    return render_template("download.html", query=request.args["q"], mode=settings.mode, most=settings.max_export)


def _results_file(searcher: Searcher, formats: Mapping[str, Format]) -> Response:
    """Return the first results of a query as a file."""
    name, own = request.args["format"], searcher.index.manifest.own_fields
    if name not in formats:
        raise BadRequest(f"The format is {name[:40]!r}. Choose one of: {', '.join(formats)}.")
    root = url_for("pages.home", _external=True).rstrip("/")
    try:
        asked = search_request(parameters_of_request(), searcher.settings, own=own)
        asked = replace(asked, page=1, size=min(searcher.settings.max_page_size, searcher.settings.max_export))
        hits: list[Hit] = []
        while len(hits) < searcher.settings.max_export:
            charge(1 if hits else 0)
            results = searcher.search(replace(asked, snippets=False))
            hits += results.hits
            if results.after is None:
                break
            asked = replace(asked, after=results.after)
    except QueryError as error:
        return Response(str(error), status=status_of(error), content_type="text/plain; charset=utf-8")
    content = exported_list(
        name,
        hits[: searcher.settings.max_export],
        lambda hit: original_link(hit.article) or article_address(hit.id, root),
        own,
    )
    response = Response(content, content_type=formats[name].content_type)
    response.headers["Content-Disposition"] = f'attachment; filename="results.{formats[name].suffix}"'
    return response


def _results_page(searcher: Searcher) -> str | tuple[str, int]:
    """Return the page of results, of what would find something, or of what is wrong with the query."""
    query, links, own = request.args["q"], links_of_request(), searcher.index.manifest.own_fields
    try:
        asked = search_request(
            parameters_of_request(), searcher.settings, facets=True, stories=searcher.settings.stories, own=own
        )
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
        "freshness": asked.at_its_time(searcher.settings).half_life,
        "plain_freshness": "0" if searcher.settings.freshness else None,
        "usual_freshness": f"{searcher.settings.freshness or _USUAL_HALF_LIFE:g}",
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
        author=author_of_query(query, results, links),
        rows=result_rows(results),
        takes_apart=asked.stories,
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
def article_by_id() -> str | Response:
    """Show an article whose id cannot stand in a path."""
    return article(request.args.get("id", ""))


@pages.get("/article/<path:identifier>")
def article(identifier: str) -> str | Response:
    """Show an article, with the words of the query it was found by marked."""
    searcher = request_searcher()
    query = request.args.get("q", "")
    shown, title, body = searcher.marked_article(identifier, query)
    if request.args.get("format") in _REFERENCES:
        return _reference(shown, request.args["format"])
    count_opened(shown.id)
    asked_match = request.args.get("match", "")
    current = int(asked_match) if re.fullmatch("[0-9]{1,6}", asked_match) else 0
    address = article_address(identifier, url_for("pages.home", _external=True).rstrip("/"))
    picture = picture_of_article(shown, "large")
    shared = f"{request.host_url.rstrip('/')}{picture.address}" if picture and picture.is_own else ""
    return render_template(
        "article.html",
        picture=picture,
        article=shown,
        marked=number_marks(title, body, current, shown.structure),
        current_match=current,
        query=query,
        mode=live_index().settings.mode,
        own_values=own_values(shown, searcher.index.manifest.own_fields),
        similar=searcher.similar(identifier, _SIMILAR),
        link=original_link(shown),
        citations=_citations(shown, original_link(shown) or address),
        address=address,
        description=description(shown),
        properties=open_graph(
            shown, address, shared or static_link(current_brand().share_image or "icon-512.png", external=True)
        ),
        linked_data=news_article(shown, address),
    )


def _reference(shown: Article, name: str) -> Response:
    """Return a file with a reference to an article."""
    root = url_for("pages.home", _external=True).rstrip("/")
    written = _REFERENCES[name](shown, original_link(shown) or article_address(shown.id, root))
    response = Response(written, content_type=FORMATS[name].content_type)
    response.headers["Content-Disposition"] = f'attachment; filename="article.{FORMATS[name].suffix}"'
    return response


def _citations(shown: Article, address: str) -> list[tuple[str, str]]:
    """Return the article as a reference, by the style."""
    reader = preferences_of_reader()
    date, readable = plain_date(shown.date, reader), unquoted(address)
    return [
        ("APA", apa(shown, readable, date, undated=gettext("n.d."))),
        ("Chicago", chicago(shown, readable, date)),
    ]


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
