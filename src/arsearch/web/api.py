"""The HTTP API for programs, version 1."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, request, url_for

from arsearch.errors import QueryError
from arsearch.request import SearchResults
from arsearch.search import Searcher
from arsearch.web import metrics
from arsearch.web.live import LiveIndex
from arsearch.web.openapi import openapi_document
from arsearch.web.parameters import limit_parameter, search_request

__all__ = ["SUGGESTIONS", "answer_search", "api", "live_index", "suggestions"]

api = Blueprint("api", __name__, url_prefix="/api/v1")

SUGGESTIONS = 8
_SIMILAR = 5


def live_index() -> LiveIndex:
    """Return the index this application serves."""
    live: LiveIndex = current_app.extensions["arsearch"]
    return live


def answer_search(searcher: Searcher, *, facets: bool = False) -> SearchResults:
    """Answer the search that the parameters of the current request ask for, and count it."""
    results = searcher.search(search_request(request.args, searcher.settings, facets=facets))
    metrics.SEARCH_SECONDS.labels(results.mode).observe(results.took_ms / 1000)
    return results


@api.get("/search")
def search() -> Response:
    """Search articles."""
    return jsonify(answer_search(live_index().searcher()).as_dict())


@api.get("/suggest")
def suggest() -> Response:
    """Complete what is being typed: its last word, and with titles. In the format of OpenSearch on request."""
    searcher = live_index().searcher()
    query = request.args.get("q", "")[: searcher.settings.max_query_characters]
    limit = limit_parameter(request.args, SUGGESTIONS, searcher.settings)
    return suggestions(query, searcher.complete(query, limit), request.args.get("format", "json"))


def suggestions(query: str, found: list[str], form: str) -> Response:
    """Return completions as JSON, or in the format of OpenSearch Suggestions 1.0. Raises QueryError for another."""
    if form == "opensearch":
        body = json.dumps([query, found], ensure_ascii=False)
        return Response(body, content_type="application/x-suggestions+json")
    if form != "json":
        raise QueryError(f"Unknown format {form[:40]!r}. Choose one of: json, opensearch.", field="format")
    return jsonify({"query": query, "suggestions": found})


@api.get("/articles/<path:identifier>/similar")
def similar(identifier: str) -> Response:
    """List the articles nearest in meaning to an article."""
    searcher = live_index().searcher()
    limit = limit_parameter(request.args, _SIMILAR, searcher.settings)
    found = searcher.similar(identifier, limit)
    return jsonify({"id": identifier, "articles": [_without_body(article.as_dict()) for article in found]})


@api.get("/articles/<path:identifier>")
def article(identifier: str) -> Response:
    """Give one article, whole."""
    return jsonify(live_index().searcher().article(identifier).as_dict())


@api.get("/openapi.json")
def openapi() -> Response:
    """Describe this API in OpenAPI 3.1."""
    return jsonify(openapi_document(url_for("pages.home")))


def _without_body(article: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in article.items() if name != "body"}
