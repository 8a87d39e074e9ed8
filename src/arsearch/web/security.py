"""What every request has to pass before it is worked on, and what every response carries."""

from __future__ import annotations

import io
import logging
from pathlib import Path
from typing import Any

from flask import Flask, Response, current_app, g, request
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import (
    BadRequest,
    Forbidden,
    RequestEntityTooLarge,
    RequestURITooLarge,
    ServiceUnavailable,
    TooManyRequests,
    Unauthorized,
)

from arsearch.errors import ReadOnlyServerError
from arsearch.settings import Settings
from arsearch.web import metrics
from arsearch.web.access_tokens import TokenFile
from arsearch.web.admission import Admission
from arsearch.web.logs import client_address
from arsearch.web.rate_limits import RateLimits, client_of

__all__ = [
    "BODY_HAS_ARRIVED",
    "HEADERS",
    "WRITE",
    "charge",
    "give_turn_back",
    "install_security",
    "wait_for_next_turn",
]

_log = logging.getLogger(__name__)

_KIB = 1024
_LIGHT = {"static", "pictures.show", "healthz", "readyz", "metrics"}
"""Endpoints that take next to no time: they are answered however busy the server is, and however often."""
_API = "api."
_OPENAI = "openai."
_WRITES = "writes."
WRITE = "write"
"""The scope of tokens that articles are written with."""
_ABOUT_THE_API = {"api.openapi", "docs.page", "docs.interactive", "docs.asset", "docs.problem_type"}
"""What explains the API holds no articles: whoever is told that a token is needed may read why."""
_THIS_MACHINE = ("localhost", "127.0.0.1", "[::1]")
"""Names under which checks of health ask; no link that is made with them leads a reader anywhere else."""
_COME_BACK_SECONDS = 1
BODY_HAS_ARRIVED = "arsearch.body_has_arrived"
"""In the environment of a request: what to call when its body has been read, where the server gives a time for that."""
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self'; "
        "connect-src 'self'; manifest-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'"
    ),
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "X-Content-Type-Options": "nosniff",
}
_ONE_YEAR = "max-age=31536000"


def install_security(app: Flask, settings: Settings) -> None:
    """Have *app* refuse what is too large, too often, too much at once, or not allowed; and guard its responses."""
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body_kb * _KIB
    app.config["MAX_FORM_MEMORY_SIZE"] = settings.max_body_kb * _KIB
    if settings.trusted_hosts:
        app.config["TRUSTED_HOSTS"] = [*settings.trusted_hosts, *_THIS_MACHINE]
    app.extensions["arsearch-rates"] = RateLimits(settings)
    app.extensions["arsearch-tokens"] = TokenFile(Path(settings.tokens)) if settings.tokens else None
    app.extensions["arsearch-admission"] = Admission(
        settings.max_running_requests, settings.max_waiting_requests, settings.max_query_ms / 1000
    )
    policy = HEADERS["Content-Security-Policy"]
    if settings.frame_ancestors:
        policy = policy.replace("frame-ancestors 'none'", f"frame-ancestors {' '.join(settings.frame_ancestors)}")
    if settings.image_hosts:
        policy = policy.replace("img-src 'self'", f"img-src 'self' {' '.join(settings.image_hosts)}")
    guards = HEADERS | {"Content-Security-Policy": policy}
    app.extensions["arsearch-headers"] = tuple((name, name.lower(), value) for name, value in guards.items())
    app.before_request(_check_address)
    app.before_request(_check_rate)
    app.before_request(_check_token)
    app.before_request(_read_body)
    app.before_request(_wait_for_turn)
    app.after_request(_guard)
    app.teardown_request(_end_turn)


def _settings() -> Settings:
    settings: Settings = current_app.extensions["arsearch"].settings
    return settings


def _check_address() -> None:
    """Refuse an address that is longer than any query can be."""
    most = _settings().max_address_kb * _KIB
    if len(request.environ["PATH_INFO"]) + len(request.environ.get("QUERY_STRING", "")) > most:
        metrics.REFUSED.labels("address").inc()
        raise RequestURITooLarge(f"The address is longer than {most} bytes. Ask for less at once, or send it by POST.")


def _check_rate() -> None:
    if request.endpoint not in _LIGHT:
        _count_units(1)


def _count_units(units: int) -> None:
    rates: RateLimits = current_app.extensions["arsearch-rates"]
    seconds = rates.seconds_to_wait(client_address(), units)
    if seconds:
        metrics.REFUSED.labels("rate").inc()
        raise TooManyRequests("There were more requests from your address than are allowed.", retry_after=seconds)


def _check_token() -> None:
    """Let the API and the counts be asked only by those who have a token for it (RFC 6750), if tokens are set."""
    tokens: TokenFile | None = current_app.extensions["arsearch-tokens"]
    scope = _scope_of(request.endpoint or "", request.path)
    if tokens is None and scope == WRITE and request.method != "OPTIONS":
        metrics.REFUSED.labels("token").inc()
        raise ReadOnlyServerError("Writing takes a token, and no file of tokens is set.")
    if tokens is None or not scope or request.method == "OPTIONS":
        return
    authorization = request.authorization
    presented = authorization.token if authorization is not None and authorization.type == "bearer" else None
    token = tokens.find(presented) if presented else None
    if token is None:
        metrics.REFUSED.labels("token").inc()
        challenge: dict[str, str | None] = {"realm": "arsearch API"}
        if presented:
            challenge["error"] = "invalid_token"
        raise Unauthorized(
            "A token is needed: send it as `Authorization: Bearer TOKEN`.",
            www_authenticate=WWWAuthenticate("bearer", challenge),
        )
    if scope not in token.scopes and not (scope == "search" and WRITE in token.scopes):
        metrics.REFUSED.labels("token").inc()
        raise Forbidden(f"The token is not good for this: it needs the scope {scope}.")
    g.token = token.name


def _scope_of(endpoint: str, path: str) -> str:
    """Return the scope that a token needs for *endpoint*; empty if it is open to all."""
    if endpoint == "metrics":
        return "metrics"
    if endpoint in _ABOUT_THE_API:
        return ""
    if endpoint.startswith(_WRITES):
        return WRITE
    return "search" if endpoint.startswith((_API, _OPENAI)) or path.startswith("/api/") else ""


def _read_body() -> None:
    """Read the whole body before anything waits for this request, so that a slow client has no turn of others.

    Servers raise errors of their own for bodies that break off or are not framed as HTTP says, and give what is cut as
    if it were whole: here it is one of the two, or an error.
    """
    environ = request.environ
    most = _settings().max_body_kb * _KIB
    if (request.endpoint or "").startswith(_WRITES):
        most = _settings().max_write_mb * _KIB * _KIB
        request.max_content_length = most
    is_framed = bool(environ.get("wsgi.input_terminated"))
    length = request.content_length
    try:
        if length is None and not is_framed:
            return
        if length is not None and length > most:
            raise RequestEntityTooLarge
        body = _received(environ["wsgi.input"], most + 1 if length is None else length)
    finally:
        environ.get(BODY_HAS_ARRIVED, int)()
    if len(body) > most:
        raise RequestEntityTooLarge
    if length is not None and len(body) < length:
        raise BadRequest("The body is shorter than the request says.")
    environ["wsgi.input"] = io.BytesIO(body)
    environ["CONTENT_LENGTH"] = str(len(body))
    environ.pop("HTTP_TRANSFER_ENCODING", None)


def _received(stream: Any, count: int) -> bytes:
    """Return what comes of *count* bytes. Raises BadRequest if the server cannot read it."""
    parts = []
    try:
        while count > 0 and (part := stream.read(count)):
            parts.append(part)
            count -= len(part)
    except Exception as error:
        _log.info("the body of a request cannot be read: %s", error)
        raise BadRequest("The body breaks off, or is not framed as HTTP requires.") from error
    return b"".join(parts)


def _wait_for_turn() -> None:
    if request.endpoint not in _LIGHT and request.endpoint is not None:
        _take_turn(None)


def _take_turn(seconds: float | None) -> None:
    admission: Admission = current_app.extensions["arsearch-admission"]
    client = client_of(client_address())
    if not admission.enter(client, seconds):
        metrics.REFUSED.labels("busy").inc()
        raise ServiceUnavailable("The server has too much to do at the moment.", retry_after=_COME_BACK_SECONDS)
    g.turn_of = client


def _end_turn(_: BaseException | None = None) -> None:
    client = g.pop("turn_of", None)
    if client is not None:
        admission: Admission = current_app.extensions["arsearch-admission"]
        admission.leave(client)


def charge(units: int) -> None:
    """Count *units* more requests than one for whoever asks. Raises TooManyRequests if those are too many."""
    if units > 0:
        _count_units(units)


def give_turn_back() -> None:
    """Let others have their turn: what is left of the request only waits."""
    _end_turn()


def wait_for_next_turn(seconds: float) -> None:
    """Let others have their turn between two parts of a request, then wait for the next, for *seconds* at most.

    Raises ServiceUnavailable if there is none in time.
    """
    _end_turn()
    _take_turn(seconds)


def _guard(response: Response) -> Response:
    guards: tuple[tuple[str, str, str], ...] = current_app.extensions["arsearch-headers"]
    present = {name.lower() for name, _ in response.headers}  # looked through once, where setdefault would each time
    for name, lower, value in guards:
        if lower not in present:
            response.headers.add(name, value)
    if "cross-origin-resource-policy" not in present:
        shared = "cross-origin" if request.endpoint == "static" else "same-origin"
        response.headers.add("Cross-Origin-Resource-Policy", shared)
    if request.is_secure and "strict-transport-security" not in present:
        response.headers.add("Strict-Transport-Security", _ONE_YEAR)
    return response
