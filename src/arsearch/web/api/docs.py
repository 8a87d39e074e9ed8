"""The API explained to programmers: an interactive page, and a page for each type of problem.

The interactive page is Swagger UI, which comes with the package in ``web/swagger-ui/``: no other host is asked for
anything. It draws its icons from addresses of the scheme ``data:``, so the policy of this one page allows such images.
"""

from __future__ import annotations

import gzip
import mimetypes
from functools import lru_cache
from pathlib import Path

from flask import Blueprint, Response, abort, current_app, render_template, request

from arsearch.web.problems import PROBLEM_TYPES

__all__ = ["DOCS_POLICY", "docs"]

docs = Blueprint("docs", __name__, url_prefix="/api/v1")

DOCS_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_ASSETS = ("swagger-ui-bundle.js", "swagger-ui.css")
_A_DAY = 86_400


@docs.get("/docs")
def page() -> Response:
    """Show the API, and let it be tried."""
    response = Response(render_template("api_docs.html"), content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = DOCS_POLICY
    return response


@docs.get("/docs/<name>")
def asset(name: str) -> Response:
    """Give a file of Swagger UI."""
    if name not in _ASSETS:
        abort(404)
    content, compressed = _read(Path(current_app.extensions["arsearch-swagger-ui"]), name)
    response = Response(content, content_type=f"{mimetypes.guess_type(name)[0]}; charset=utf-8")
    response.add_etag()
    response.vary.add("Accept-Encoding")
    if request.accept_encodings["gzip"]:
        response.set_data(compressed)
        response.content_encoding = "gzip"
        response.add_etag(overwrite=True)
    response.cache_control.public = True
    response.cache_control.max_age = _A_DAY
    return response.make_conditional(request.environ)  # type: ignore[return-value]  # werkzeug returns itself


@docs.get("/problems/<name>")
def problem_type(name: str) -> str:
    """Say what a type of problem means; problems name this address as their ``type``."""
    problem = next((problem for problem in PROBLEM_TYPES if problem.name == name), None) or abort(404)
    return render_template("problem_type.html", problem=problem)


@lru_cache(maxsize=len(_ASSETS))
def _read(folder: Path, name: str) -> tuple[bytes, bytes]:
    """Return a file as it is and compressed; it is compressed once, when it is first asked for."""
    content = (folder / name).read_bytes()
    return content, gzip.compress(content, mtime=0)
