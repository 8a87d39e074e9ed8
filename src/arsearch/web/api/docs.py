"""The API explained to programmers: a page to read, one to try it on, and a page for each type of problem.

What is to be read is made of the OpenAPI document, needs no script and looks like the other pages. The page to try is
Swagger UI, which comes with the package in ``web/swagger-ui/``: no other host is asked for anything. It draws its icons
from addresses of the scheme ``data:``, so the policy of that one page allows such images.
"""

from __future__ import annotations

import gzip
import mimetypes
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, abort, current_app, render_template, request

from arsearch.web.api.routes import described_api
from arsearch.web.live import live_index
from arsearch.web.problems import PROBLEM_TYPES

__all__ = ["DOCS_POLICY", "docs"]

docs = Blueprint("docs", __name__, url_prefix="/api/v1")

DOCS_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_ASSETS = ("swagger-ui-bundle.js", "swagger-ui.css")
_A_DAY = 86_400
_EXAMPLES = {"q": "بيت الحكمة", "id": "house-of-wisdom"}


@docs.get("/docs")
def page() -> Response:
    """Show the API."""
    document = described_api()
    shown = render_template(
        "api_docs.html",
        query="",
        mode=live_index().settings.mode,
        about=document["info"],
        operations=list(_operations(document)),
        problems=PROBLEM_TYPES,
        root=request.url_root.rstrip("/"),
    )
    return Response(shown, content_type="text/html; charset=utf-8")


@docs.get("/docs/try")
def interactive() -> Response:
    """Let the API be tried."""
    response = Response(render_template("api_try.html"), content_type="text/html; charset=utf-8")
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
    return render_template("problem_type.html", problem=problem, query="", mode=live_index().settings.mode)


@dataclass(frozen=True, slots=True)
class ShownOperation:
    """What the page says of one operation."""

    name: str
    """For the fragment of its address."""
    method: str
    path: str
    summary: str
    description: str
    parameters: list[ShownMember]
    body: list[ShownMember]
    example: str
    """An address to ask, for what is asked by GET."""


@dataclass(frozen=True, slots=True)
class ShownMember:
    """A parameter, or a member of a body."""

    name: str
    type: str
    description: str
    required: bool


def _operations(document: dict[str, Any]) -> Iterator[ShownOperation]:
    for path, methods in document["paths"].items():
        for method, about in methods.items():
            given = about.get("parameters", [])
            parameters = [
                ShownMember(one["name"], _type(one["schema"], document), one.get("description", ""), one["required"])
                if "required" in one
                else ShownMember(
                    one["name"], _type(one["schema"], document), one.get("description", ""), required=False
                )
                for one in given
            ]
            yield ShownOperation(
                name=about["operationId"],
                method=method.upper(),
                path=path,
                summary=about.get("summary", ""),
                description=about.get("description", ""),
                parameters=parameters,
                body=_members_of_body(about, document),
                example=_example(path, given) if method == "get" else "",
            )


def _members_of_body(about: dict[str, Any], document: dict[str, Any]) -> list[ShownMember]:
    content: dict[str, Any] = next(iter(about.get("requestBody", {}).get("content", {}).values()), {})
    schema = _resolved(content.get("schema", {}), document)
    required = schema.get("required", ())
    return [
        ShownMember(name, _type(one, document), one.get("description", ""), name in required)
        for name, one in schema.get("properties", {}).items()
    ]


def _type(schema: dict[str, Any], document: dict[str, Any]) -> str:
    """Return what a value may be, in few words."""
    schema = _resolved(schema, document)
    if "enum" in schema:
        return " | ".join(str(value) for value in schema["enum"])
    if "anyOf" in schema:
        return " | ".join(dict.fromkeys(_type(one, document) for one in schema["anyOf"]))
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}), document)}"
    return str(schema.get("type", "any"))


def _resolved(schema: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    name = schema.get("$ref", "").rpartition("/")[2]
    return document["components"]["schemas"].get(name, {}) if name else schema


def _example(path: str, parameters: list[dict[str, Any]]) -> str:
    """Return what to write behind the root of the server to ask for something that is there."""
    needed = [one["name"] for one in parameters if one.get("required") and one.get("in") == "query"]
    given = "".join(f" --data-urlencode '{name}={_EXAMPLES.get(name, 'x')}'" for name in needed)
    return re.sub(r"{\w+}", "house-of-wisdom", path) + given


@lru_cache(maxsize=len(_ASSETS))
def _read(folder: Path, name: str) -> tuple[bytes, bytes]:
    """Return a file as it is and compressed; it is compressed once, when it is first asked for."""
    content = (folder / name).read_bytes()
    return content, gzip.compress(content, mtime=0)
