"""What the server itself says, before the application or instead of it: problem documents like all others."""

from __future__ import annotations

import secrets
from http import HTTPStatus

from gunicorn.http import errors

from arsearch.web.api.responses import Problem
from arsearch.web.problems import PROBLEM_PATH, PROBLEM_TYPES
from arsearch.web.security import HEADERS

__all__ = ["HEALTHY", "refusal", "status_of_parsing"]

_STATUSES: tuple[tuple[type[Exception], HTTPStatus], ...] = (
    (errors.InvalidResponseHeader, HTTPStatus.INTERNAL_SERVER_ERROR),
    (errors.InvalidResponseHeaderName, HTTPStatus.INTERNAL_SERVER_ERROR),
    (errors.ConfigurationProblem, HTTPStatus.INTERNAL_SERVER_ERROR),
    (errors.LimitRequestLine, HTTPStatus.REQUEST_URI_TOO_LONG),
    (errors.LimitRequestHeaders, HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE),
    (errors.UnsupportedTransferCoding, HTTPStatus.NOT_IMPLEMENTED),
    (errors.ExpectationFailed, HTTPStatus.EXPECTATION_FAILED),
    (errors.ForbiddenProxyRequest, HTTPStatus.FORBIDDEN),
    (errors.ParseException, HTTPStatus.BAD_REQUEST),
    (errors.NoMoreData, HTTPStatus.BAD_REQUEST),
)


def status_of_parsing(error: BaseException) -> HTTPStatus:
    """Return the status that tells a client about *error*, which came up while its request was read."""
    return next((status for kind, status in _STATUSES if isinstance(error, kind)), HTTPStatus.INTERNAL_SERVER_ERROR)


def refusal(status: HTTPStatus) -> tuple[bytes, str]:
    """Return a whole response of *status* that ends its connection, and the id that stands in it.

    No text of the request is in it.
    """
    identifier = secrets.token_hex(8)
    kind = next((kind for kind in PROBLEM_TYPES if not kind.raised and kind.status is status), None)
    problem = Problem.model_validate(
        {
            "type": f"{PROBLEM_PATH}{kind.name}" if kind else "about:blank",
            "title": kind.title if kind else status.phrase,
            "status": status.value,
            "detail": kind.meaning if kind else f"{status.description or status.phrase}.",
            "request_id": identifier,
        }
    )
    return _response(status, "application/problem+json", problem.as_json(), {"X-Request-ID": identifier}), identifier


def _response(status: HTTPStatus, kind: str, body: str | bytes, headers: dict[str, str]) -> bytes:
    data = body.encode() if isinstance(body, str) else body
    lines = [
        f"HTTP/1.1 {status.value} {status.phrase}",
        "Connection: close",
        f"Content-Type: {kind}",
        f"Content-Length: {len(data)}",
        *(f"{name}: {value}" for name, value in (HEADERS | headers).items()),
    ]
    return "\r\n".join([*lines, "", ""]).encode("ascii") + data


HEALTHY = _response(HTTPStatus.OK, "application/json", '{"status":"ok"}\n', {})
"""What ``/healthz`` answers while every thread is taken."""
