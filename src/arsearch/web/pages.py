"""The pages for readers: the search page, the results, an article."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Response, redirect, render_template, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response as WerkzeugResponse

from arsearch.errors import NoWordError, QueryError, UnsearchableQueryError
from arsearch.web.api import answer_search, live_index
from arsearch.web.problems import status_of

__all__ = ["pages"]

pages = Blueprint("pages", __name__)

_SIMILAR = 5
_PAGES_AROUND = 2
_PARAMETERS = ("q", "mode", "sort", "size", "author", "source", "tag", "from", "to", "page")
_ARABIC_LETTER = re.compile(r"[\u0620-\u08ff\ufb50-\ufefc]")
_MONTHS = (
    *("يناير", "فبراير", "مارس", "أبريل", "مايو", "يونيو"),
    *("يوليو", "أغسطس", "سبتمبر", "أكتوبر", "نوفمبر", "ديسمبر"),
)
# What is counted: one, two, 3 to 10, 11 to 99, and whole hundreds.
_COUNTED = {
    "result": ("نتيجة واحدة", "نتيجتان", "نتائج", "نتيجة", "نتيجة"),
    "article": ("مقال واحد", "مقالان", "مقالات", "مقالًا", "مقال"),
}


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
        results = answer_search(searcher, facets=True)
    except QueryError as error:
        mode = request.args.get("mode", "")
        page = render_template("search.html", query=query, mode=mode, results=None, error=error, reason=_reason(error))
        return page, status_of(error)
    last = min(-(-results.total // results.size), searcher.settings.max_depth // results.size)
    return render_template(
        "search.html",
        query=query,
        mode=request.args.get("mode") or searcher.settings.mode,
        results=results,
        notice=results.notice.kind if results.notice else "",
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
        title=Markup(title),  # escaped by snippets.mark_words, like body
        paragraphs=[Markup(paragraph) for paragraph in body.split("\n") if paragraph.strip()],
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
    """Return the address of the current search with some parameters changed, or taken away when None or empty."""
    return _address(url_for("pages.search"), changes)


@pages.app_template_global()
def article_address(identifier: str) -> str:
    """Return the address of an article, with the parameters of the current search to mark words and to go back to."""
    return _address(url_for("pages.article", identifier=identifier), {})


def _address(path: str, changes: dict[str, Any]) -> str:
    present = {name: [value for value in request.args.getlist(name) if value.strip()] for name in _PARAMETERS}
    kept = {name: value for name, value in (present | changes).items() if value is not None}
    return f"{path}?{urlencode(kept, doseq=True)}"


@pages.app_template_filter()
def counted(count: int, noun: str) -> str:
    """Write how many there are in Arabic, whose nouns change with the number; *noun* is ``result`` or ``article``."""
    one, two, few, many, hundreds = _COUNTED[noun]
    if count in (1, 2):
        return one if count == 1 else two
    rest = count % 100
    form = few if 3 <= rest <= 10 else many if rest > 10 else hundreds
    return f"{count:,} {form}"


@pages.app_template_filter()
def readable_date(date: str) -> str:
    """Write an ISO 8601 date, or its year or month alone, for readers: ``21 يوليو 2015``."""
    year, _, rest = date.partition("-")
    if len(date) == 4:
        return date
    if len(date) == 7 and rest.isdecimal() and 1 <= int(rest) <= 12:
        return f"{_MONTHS[int(rest) - 1]} {year}"
    try:
        day = datetime.fromisoformat(date)
    except ValueError:
        return date
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


@pages.app_template_filter()
def direction(text: str) -> str:
    """Return the base direction of *text*: Arabic is written from the right even when its first word is Latin."""
    return "rtl" if _ARABIC_LETTER.search(text) else "auto"


def _reason(error: QueryError) -> str:
    """Return the name by which the page looks up what to say about *error*."""
    if error.field == "q":
        return "no-word" if isinstance(error, NoWordError) else "too-long"
    if error.field == "page" and isinstance(error, UnsearchableQueryError):
        return "too-deep"
    return error.field
