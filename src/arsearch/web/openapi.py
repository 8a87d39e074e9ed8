"""The OpenAPI 3.1 document of the API."""

from __future__ import annotations

from typing import Any

from arsearch import __version__
from arsearch.index.facets import FACETS
from arsearch.request import MODES, SORTS

__all__ = ["openapi_document"]

_TEXT = {"type": "string"}
_QUERY = "Words; a quoted phrase must occur as typed; -word excludes"
_COUNT = {"type": "integer", "minimum": 0}


def openapi_document(server: str) -> dict[str, Any]:
    """Return the document; *server* is the path the application is mounted at."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "arsearch",
            "version": __version__,
            "summary": "Search for Arabic articles, by words and by meaning",
            "license": {"name": "GPL-3.0-or-later", "identifier": "GPL-3.0-or-later"},
        },
        "servers": [{"url": server}],
        "paths": {
            "/api/v1/search": {"get": _search()},
            "/api/v1/suggest": {"get": _suggest()},
            "/api/v1/articles/{id}": {"get": _article()},
            "/api/v1/articles/{id}/similar": {"get": _similar()},
        },
        "components": {"schemas": _schemas(), "responses": {"Problem": _problem_response()}},
    }


def _parameter(
    name: str, description: str, schema: dict[str, Any] | None = None, *, where: str = "query", **more: Any
) -> dict[str, Any]:
    return {"name": name, "in": where, "description": description, "schema": schema or _TEXT} | more


def _operation(
    name: str, summary: str, parameters: list[dict[str, Any]], answer: str, *failures: int
) -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{answer}"}}}
    responses: dict[str, Any] = {"200": {"description": "The answer", "content": content}}
    responses |= {str(status): {"$ref": "#/components/responses/Problem"} for status in failures}
    return {"operationId": name, "summary": summary, "parameters": parameters, "responses": responses}


def _search() -> dict[str, Any]:
    several = {"type": "array", "items": _TEXT}
    repeated: dict[str, Any] = {"style": "form", "explode": True}
    date = _TEXT | {"pattern": r"^\d{4}(-\d{2}(-\d{2})?)?$"}
    return _operation(
        "search",
        "Search articles",
        [
            _parameter("q", _QUERY, required=True, example="وزير الداخلية"),
            _parameter("mode", "How to search", {"type": "string", "enum": list(MODES), "default": "hybrid"}),
            _parameter("page", "Page, from 1", {"type": "integer", "minimum": 1, "default": 1}),
            _parameter("size", "Hits on a page", {"type": "integer", "minimum": 1, "default": 10}),
            _parameter("sort", "Order of the hits", {"type": "string", "enum": list(SORTS), "default": "relevance"}),
            _parameter("author", "Only articles by one of these", several, **repeated),
            _parameter("source", "Only articles from one of these", several, **repeated),
            _parameter("section", "Only articles with one of these as their first tag", several, **repeated),
            _parameter("tag", "Only articles with one of these", several, **repeated),
            _parameter("from", "Not before this year, month or day", date, example="2015-07"),
            _parameter("to", "Not after this year, month or day", date, example="2015-08"),
            _parameter("facets", "Whether to count values of facets", {"type": "boolean", "default": False}),
            _parameter("explain", "Whether each hit shows its scores", {"type": "boolean", "default": False}),
        ],
        "SearchResults",
        400,
        422,
        503,
    )


def _suggest() -> dict[str, Any]:
    limit = _parameter("limit", "Suggestions at the most", {"type": "integer", "minimum": 1, "default": 8})
    return _operation(
        "suggest",
        "Complete what is being typed",
        [_parameter("q", "Text typed so far"), limit],
        "Suggestions",
        400,
        503,
    )


def _identifier() -> dict[str, Any]:
    return _parameter("id", "Id of the article", where="path", required=True)


def _article() -> dict[str, Any]:
    return _operation("article", "One article, whole", [_identifier()], "Article", 404, 503)


def _similar() -> dict[str, Any]:
    limit = _parameter("limit", "Articles at the most", {"type": "integer", "minimum": 1, "default": 5})
    return _operation("similar", "Articles of like meaning", [_identifier(), limit], "SimilarArticles", 400, 404, 503)


def _object(properties: dict[str, Any], *optional: str) -> dict[str, Any]:
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required}


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


def _schemas() -> dict[str, Any]:
    described = {
        "id": _TEXT,
        "title": _TEXT,
        "author": _TEXT,
        "date": _TEXT | {"description": "ISO 8601, or empty"},
        "source": _TEXT,
        "url": _TEXT,
        "tags": _list(_TEXT),
        "language": _TEXT | {"description": "ISO 639-1, or empty"},
    }
    copy = {name: described[name] for name in ("id", "title", "source", "url", "date")}
    hit = {
        "id": _TEXT,
        "score": {"type": "number"},
        "title": _TEXT,
        "snippet": _TEXT | {"description": "HTML-escaped text in which only <mark> is markup"},
        **{name: described[name] for name in ("author", "date", "source", "url", "tags", "language")},
        "copies": _list(_object(copy)) | {"description": "Articles that say the same, found with this one only"},
        "explain": _object({"lexical": {"type": "number"}, "semantic": {"type": "number"}}),
    }
    facet = _list(_object({"value": _TEXT, "count": _COUNT}))
    nullable_text = {"type": ["string", "null"]}
    results = {
        "query": _TEXT,
        "mode": {"type": "string", "enum": list(MODES)},
        "total": _COUNT,
        "total_relation": {"type": "string", "enum": ["eq", "gte"]},
        "took_ms": {"type": "number"},
        "page": _COUNT,
        "size": _COUNT,
        "suggestion": nullable_text,
        "notice": nullable_text,
        "facets": _object(dict.fromkeys(FACETS, facet), *FACETS),
        "hits": _list({"$ref": "#/components/schemas/Hit"}),
    }
    problem = {
        "type": _TEXT,
        "title": _TEXT,
        "status": {"type": "integer"},
        "detail": _TEXT,
        "errors": _list(_object({"field": _TEXT, "detail": _TEXT})),
    }
    return {
        "Article": _object(described | {"body": _TEXT}),
        "ArticleSummary": _object(described),
        "Hit": _object(hit, "explain"),
        "SearchResults": _object(results),
        "SimilarArticles": _object({"id": _TEXT, "articles": _list({"$ref": "#/components/schemas/ArticleSummary"})}),
        "Suggestions": _object({"query": _TEXT, "suggestions": _list(_TEXT)}),
        "Problem": _object(problem, "errors"),
    }


def _problem_response() -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": "What went wrong (RFC 9457)", "content": {"application/problem+json": {"schema": schema}}}
