"""The Flask application: pages for readers, an API for programs, and what operations needs."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path
from typing import Any

from flask import Flask, Response, current_app, g, jsonify, render_template, request
from flask_babel import Babel
from prometheus_client.registry import Collector
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as WerkzeugResponse

from arsearch.errors import ArsearchError, ClusterUnavailableError, IndexStateError
from arsearch.settings import Settings
from arsearch.web import metrics
from arsearch.web.api.article_ids import ArticleIdConverter
from arsearch.web.api.cors import allow_origins
from arsearch.web.api.docs import docs
from arsearch.web.api.openai import openai
from arsearch.web.api.program_routes import programs
from arsearch.web.api.routes import api
from arsearch.web.api.write_routes import writes
from arsearch.web.branding import StartExamples, check_templates, install_collections, load_brand, page_templates
from arsearch.web.compression import compress
from arsearch.web.help import help_pages
from arsearch.web.live import LiveIndex, live_index, request_searcher, return_searchers
from arsearch.web.logs import install_request_log
from arsearch.web.maintenance.counting import install_counting
from arsearch.web.maintenance.routes import maintenance
from arsearch.web.pages.discovery import discovery
from arsearch.web.pages.preferences import language_of_reader, preferences
from arsearch.web.pages.routes import pages
from arsearch.web.pages.static_files import StaticFiles, serve_static_file
from arsearch.web.pages.template_context import WithoutIndentation, install_template_context
from arsearch.web.pages.timeline import timeline
from arsearch.web.problems import problem_details, problem_response, status_of
from arsearch.web.proxies import behind_proxies
from arsearch.web.reading.pictures import pictures
from arsearch.web.search_answers import AnswerCache, finish_rendering
from arsearch.web.security import install_security
from arsearch.web.writing import WriteService

__all__ = ["create_app"]

_log = logging.getLogger(__name__)

_API_PREFIX = "/api/"
_RETRY_AFTER_SECONDS = "30"
_DEGRADED = "The live commit cannot be opened; an earlier one is served. The log says why."
_SILENT = "No node of the cluster answers. The log says which were asked."
_INCOMPLETE = "Parts of the index are on no node of the cluster; what they have is missing from answers."
_FOR_PROGRAMS = ("/healthz", "/readyz", "/metrics")


class _PlainFlask(Flask):
    """Flask without asking of each function that it calls, a dozen in a request, whether it is a coroutine: none is."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        return func


def create_app(settings: Settings, clock: Callable[[], float] = time.perf_counter) -> Flask:
    """Return the WSGI application that serves ``settings.index``. The index is opened with the first request.

    Who ends it before the process ends closes ``app.extensions["arsearch"]``. *clock* gives seconds: what the time of
    queries is measured with.
    """
    web = _web_files()
    app = _PlainFlask("arsearch", template_folder=str(web / "templates"), static_folder=None)
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True, "extensions": [WithoutIndentation]}
    app.extensions["arsearch"] = LiveIndex(settings.index, settings)
    app.extensions["arsearch-clock"] = clock
    if settings.backend == "opensearch":
        metrics.count_cluster_requests()
    brand = load_brand(settings)
    app.extensions["arsearch-brand"] = brand
    app.extensions["arsearch-examples"] = StartExamples(settings.examples)
    app.extensions["arsearch-static"] = StaticFiles(web / "static", brand.files)
    app.extensions["arsearch-swagger-ui"] = web / "swagger-ui"
    app.extensions["arsearch-answers"] = AnswerCache(settings)
    app.teardown_appcontext(return_searchers)
    Babel(app, default_translation_directories=str(web / "translations"), locale_selector=language_of_reader)
    app.url_map.converters["article"] = ArticleIdConverter
    app.url_map.merge_slashes = False  # ids may begin with a slash, or hold two
    app.jinja_loader = page_templates(web / "templates", settings.templates)
    install_template_context(app)
    check_templates(app.jinja_env, web / "templates", settings.templates)
    app.register_blueprint(api)
    app.register_blueprint(programs)
    app.register_blueprint(writes)
    if settings.openai_embeddings:
        app.register_blueprint(openai)
    app.extensions["arsearch-writes"] = WriteService(app.extensions["arsearch"])
    app.register_blueprint(docs)
    allow_origins(app, settings)
    app.register_blueprint(pages)
    app.register_blueprint(discovery)
    app.register_blueprint(preferences)
    app.register_blueprint(maintenance)
    install_counting(app, settings)
    app.register_blueprint(timeline)
    app.register_blueprint(pictures)
    app.register_blueprint(help_pages)
    app.add_url_rule("/static/<path:name>", "static", serve_static_file)
    app.add_url_rule("/healthz", "healthz", _healthz)
    app.add_url_rule("/readyz", "readyz", _readyz)
    app.add_url_rule("/metrics", "metrics", _metrics)
    app.register_error_handler(ArsearchError, _failure)
    app.register_error_handler(HTTPException, _failure)
    app.register_error_handler(Exception, _failure)
    # What is done after a request is done in the opposite order: counted last, when nothing changes any more.
    install_request_log(app)
    app.after_request(_count)
    install_security(app, settings)
    app.after_request(_finish)
    install_collections(app, settings, lambda own: create_app(own, clock))
    app.wsgi_app = behind_proxies(app.wsgi_app, settings.trusted_proxies)  # type: ignore[method-assign, assignment]
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


def _readyz() -> tuple[Response, HTTPStatus]:
    """Say that there is an index to search, and whether it is the live one: ``degraded`` if that cannot be opened.

    An index on a cluster is ``unavailable`` while no node answers, and ``degraded`` while parts of it are on none.
    """
    searcher = request_searcher()
    manifest = searcher.index.manifest
    state: dict[str, Any] = {
        "status": "ok",
        "commit": manifest.commit,
        "articles": len(searcher),
        "created": manifest.created,
    }
    # What exactly is wrong stands in the log: this address is open, and the text names files and nodes.
    if live_index().degraded:
        state |= {"status": "degraded", "detail": _DEGRADED}
    try:
        cluster = live_index().backend.condition()
    except ClusterUnavailableError:
        state |= {"status": "unavailable", "detail": _SILENT}
        return jsonify(state), HTTPStatus.SERVICE_UNAVAILABLE
    except IndexStateError as error:  # it answers, but does not tell this user
        _log.warning("%s", error)
        cluster = {}
    if cluster:
        state |= {"cluster": cluster}
        if cluster["status"] == "red":
            state |= {"status": "degraded", "detail": _INCOMPLETE}
    return jsonify(state), HTTPStatus.OK


def _metrics() -> Response:
    """Give the counts for Prometheus, and what they say of the index while there is one."""
    states: list[Collector] = []
    with suppress(IndexStateError):
        manifest = request_searcher().index.manifest
        degraded = bool(live_index().degraded)
        states.append(metrics.IndexState(manifest.commit, manifest.articles, manifest.created, degraded=degraded))
        service: WriteService = current_app.extensions["arsearch-writes"]
        if backlog := service.backlog_state():
            states.append(backlog)
    return Response(metrics.exposition(*states), content_type=metrics.CONTENT_TYPE_LATEST)


def _failure(error: Exception) -> Response | WerkzeugResponse:
    if isinstance(error, HTTPException) and error.code and error.code < 400:
        return error.get_response()
    if isinstance(error, IndexStateError):
        _log.error("%s", error)
    elif status_of(error) is HTTPStatus.INTERNAL_SERVER_ERROR:
        _log.exception("a request failed")
    response = _explained(error)
    if isinstance(error, HTTPException):
        for name, value in error.get_headers():
            if name.lower() not in ("content-type", "content-length"):
                response.headers[name] = value
    if response.status_code == HTTPStatus.SERVICE_UNAVAILABLE:
        response.headers.setdefault("Retry-After", _RETRY_AFTER_SECONDS)
    return response


def _explained(error: Exception) -> Response:
    """Return what says that there was *error*: to readers a page, to programs a problem."""
    if not request.path.startswith(_API_PREFIX) and request.path not in _FOR_PROGRAMS:
        problem = problem_details(error)
        try:
            page = render_template("error.html", problem=problem, query="", mode=live_index().settings.mode)
            return Response(page, status=problem.status, content_type="text/html; charset=utf-8")
        except Exception:  # the page itself has failed: whoever asks is still told, and by no traceback
            _log.exception("the page that says what went wrong cannot be made")
    return problem_response(error)


def _finish(response: Response) -> Response:
    if response.mimetype == "text/html":  # it looks as its reader chose
        response.vary.update(("Accept-Language", "Cookie"))
        response.headers.setdefault("Cache-Control", "private, no-cache")
    compress(response)
    return response


def _count(response: Response) -> Response:
    endpoint = request.endpoint or "none"
    finish_rendering()
    metrics.counted(metrics.REQUESTS, endpoint, str(response.status_code)).inc()
    metrics.counted(metrics.REQUEST_SECONDS, endpoint).observe(time.perf_counter() - g.began)
    return response
