"""The Flask application: pages for readers, an API for programs, and what operations needs."""

from __future__ import annotations

import logging
from http import HTTPStatus
from pathlib import Path

from flask import Flask, Response, jsonify, render_template, request
from flask_babel import Babel
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as WerkzeugResponse

from arsearch.errors import ArsearchError, IndexStateError
from arsearch.settings import Settings
from arsearch.web import metrics
from arsearch.web.api import api, live_index
from arsearch.web.compression import compress
from arsearch.web.cors import allow_origins
from arsearch.web.discovery import discovery
from arsearch.web.docs import docs
from arsearch.web.live import LiveIndex
from arsearch.web.pages import pages
from arsearch.web.preferences import language_of_reader, preferences
from arsearch.web.problems import problem_details, problem_response
from arsearch.web.static_files import StaticFiles, serve_static_file
from arsearch.web.wording import WithoutIndentation, install_wording

__all__ = ["create_app"]

_log = logging.getLogger(__name__)

_API_PREFIX = "/api/"
_RETRY_AFTER_SECONDS = "30"
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self'; "
        "connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "X-Content-Type-Options": "nosniff",
}


def create_app(settings: Settings) -> Flask:
    """Return the WSGI application that serves ``settings.index``. The index is opened with the first request."""
    web = _web_files()
    app = Flask("arsearch", template_folder=str(web / "templates"), static_folder=None)
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True, "extensions": [WithoutIndentation]}
    app.extensions["arsearch"] = LiveIndex(settings.index, settings)
    app.extensions["arsearch-static"] = StaticFiles(web / "static")
    app.extensions["arsearch-swagger-ui"] = web / "swagger-ui"
    Babel(app, default_translation_directories=str(web / "translations"), locale_selector=language_of_reader)
    app.url_map.merge_slashes = False  # ids may begin with a slash, or hold two
    install_wording(app)
    app.register_blueprint(api)
    app.register_blueprint(docs)
    allow_origins(app, settings)
    app.register_blueprint(pages)
    app.register_blueprint(discovery)
    app.register_blueprint(preferences)
    app.add_url_rule("/static/<path:name>", "static", serve_static_file)
    app.add_url_rule("/healthz", "healthz", _healthz)
    app.add_url_rule("/readyz", "readyz", _readyz)
    app.add_url_rule("/metrics", "metrics", _metrics)
    app.register_error_handler(ArsearchError, _failure)
    app.register_error_handler(HTTPException, _failure)
    app.register_error_handler(Exception, _failure)
    app.after_request(_finish)
    return app


def _web_files() -> Path:
    """Return the folder with templates and static files: in the package, or in a checkout beside ``src``."""
    packaged = Path(__file__).parent
    if (packaged / "templates").is_dir():
        return packaged
    return Path(__file__).parents[3] / "web"


def _healthz() -> Response:
    """Say that the process runs."""
    return jsonify({"status": "ok"})


def _readyz() -> Response:
    """Say that there is an index to search."""
    searcher = live_index().searcher()
    return jsonify({"status": "ok", "generation": searcher.index.manifest.generation, "articles": len(searcher)})


def _metrics() -> Response:
    """Give the counts for Prometheus."""
    return Response(metrics.exposition(), content_type=metrics.CONTENT_TYPE_LATEST)


def _failure(error: Exception) -> Response | WerkzeugResponse:
    if isinstance(error, HTTPException) and error.code and error.code < 400:
        return error.get_response()
    if isinstance(error, IndexStateError):
        _log.error("%s", error)
    elif not isinstance(error, (ArsearchError, HTTPException)):
        _log.exception("a request failed")
    wants_json = request.path.startswith(_API_PREFIX) or request.path in ("/healthz", "/readyz", "/metrics")
    if wants_json:
        response = problem_response(error)
    else:
        problem = problem_details(error)
        page = render_template("error.html", problem=problem, query="", mode=live_index().settings.mode)
        response = Response(page, status=problem.status, content_type="text/html; charset=utf-8")
    if isinstance(error, HTTPException):
        for name, value in error.get_headers():
            if name.lower() not in ("content-type", "content-length"):
                response.headers[name] = value
    if response.status_code == HTTPStatus.SERVICE_UNAVAILABLE:
        response.headers["Retry-After"] = _RETRY_AFTER_SECONDS
    return response


def _finish(response: Response) -> Response:
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    if response.mimetype == "text/html":  # it looks as its reader chose
        response.vary.update(("Accept-Language", "Cookie"))
        response.headers.setdefault("Cache-Control", "private, no-cache")
    compress(response)
    metrics.REQUESTS.labels(request.endpoint or "none", response.status_code).inc()
    return response
