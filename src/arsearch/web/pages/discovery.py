"""What browsers and feed readers find by themselves: OpenSearch, suggestions, the web app manifest, feeds."""

from __future__ import annotations

import datetime
import json
import re
from dataclasses import replace

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response as WerkzeugResponse

from arsearch.errors import QueryError
from arsearch.search.searcher import Searcher
from arsearch.web.api.parameters import search_request
from arsearch.web.api.routes import SUGGESTIONS, suggestions
from arsearch.web.branding import current_brand
from arsearch.web.live import request_searcher
from arsearch.web.pages.links import parameters_of_request
from arsearch.web.pages.preferences import preferences_of_reader
from arsearch.web.pages.static_files import static_content, static_link
from arsearch.web.problems import status_of
from arsearch.web.search_answers import answer_search

__all__ = ["discovery"]

discovery = Blueprint("discovery", __name__)

_FEED_ENTRIES = 30
_AN_HOUR = 3_600
# XML 1.0 has no way to write these, not even as references.
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


@discovery.get("/opensearch.xml")
def opensearch() -> Response:
    """Describe the search to browsers (OpenSearch 1.1)."""
    body = render_template("opensearch.xml")
    return Response(body, content_type="application/opensearchdescription+xml; charset=utf-8")


@discovery.get("/suggest")
def suggest() -> Response:
    """Complete what is typed into a browser's own search box (OpenSearch Suggestions 1.0)."""
    searcher = request_searcher()
    query = request.args.get("q", "")[: searcher.settings.max_query_characters]
    return suggestions(query, searcher.completions(query, SUGGESTIONS), "opensearch")


@discovery.get("/embed.js")
def embed() -> Response:
    """Give the search box that other sites put on their pages, as a script; its address stays the same."""
    script, accent = static_content("embed.js").decode(), current_brand().accent
    if accent:
        script = script.replace("light-dark(#0b5a53, #82cfc3)", f"light-dark({', '.join(accent.accent)})", 1)
        script = script.replace("light-dark(#ffffff, #10161a)", f"light-dark({', '.join(accent.on_accent)})", 1)
    response = Response(script, content_type="text/javascript; charset=utf-8")
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.cache_control.public = True
    response.cache_control.max_age = _AN_HOUR
    response.add_etag()
    return response.make_conditional(request.environ)  # type: ignore[return-value]  # werkzeug returns itself


@discovery.get("/manifest.webmanifest")
def manifest() -> Response:
    """Describe the site to systems that install it as an application (W3C Web Application Manifest)."""
    reader = preferences_of_reader()
    icons = [
        {"src": static_link("icon.svg"), "sizes": "any", "type": "image/svg+xml"},
        *(
            {"src": static_link(f"icon-{size}.png"), "sizes": f"{size}x{size}", "type": "image/png"}
            for size in (192, 512)
        ),
    ]
    brand = current_brand()
    name = brand.site_name[reader.language]
    answer = {
        "name": name or gettext("arsearch: search Arabic articles"),
        "short_name": name or gettext("arsearch"),
        "lang": reader.language,
        "dir": reader.direction,
        "start_url": url_for("pages.home"),
        "scope": url_for("pages.home"),
        "display": "minimal-ui",
        "background_color": "#fbfaf7",
        "theme_color": brand.accent.accent[0] if brand.accent else "#0b5a53",
        "icons": icons,
    }
    return Response(json.dumps(answer, ensure_ascii=False), content_type="application/manifest+json")


@discovery.get("/feed.atom")
def feed() -> Response | WerkzeugResponse:
    """Give the newest articles that a search finds, as an Atom feed (RFC 4287)."""
    if not request.args.get("q", "").strip():
        return redirect(url_for("pages.home"))
    searcher = request_searcher()
    try:
        asked = search_request(parameters_of_request(), searcher.settings, own=searcher.index.manifest.own_fields)
        size = min(_FEED_ENTRIES, searcher.settings.max_page_size, searcher.settings.max_depth)
        newest = answer_search(searcher, replace(asked, sort="date", page=1, size=size))
    except QueryError as error:
        return Response(str(error), status=status_of(error), content_type="text/plain; charset=utf-8")
    dates = [_moment(hit.article.date, searcher) for hit in newest.hits]
    body = render_template(
        "feed.xml",
        query=asked.query,
        entries=list(zip(newest.hits, dates, strict=True)),
        updated=max(dates, default=_moment("", searcher)),
    )
    return Response(_NOT_IN_XML.sub("", body), content_type="application/atom+xml; charset=utf-8")


def _moment(date: str, searcher: Searcher) -> str:
    """Return *date* as RFC 3339 wants it: from its first instant, UTC if it does not say; without one, the index's."""
    if len(date) < len("2015-07-21"):
        date = f"{date}-01-01"[: len("2015-07-21")] if date else searcher.index.manifest.created
    moment = datetime.datetime.fromisoformat(date)
    return (moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)).isoformat()
