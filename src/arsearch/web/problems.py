"""Errors over HTTP: one status for each kind of error, and one shape, RFC 9457 problem details."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

from flask import Response
from werkzeug.exceptions import HTTPException

from arsearch.errors import (
    ArsearchError,
    ArticleNotFoundError,
    EncoderError,
    IndexStateError,
    QueryError,
    UnsearchableQueryError,
)

__all__ = ["problem_details", "problem_response", "status_of"]

# The first class that fits decides.
_STATUSES: tuple[tuple[type[ArsearchError], HTTPStatus], ...] = (
    (UnsearchableQueryError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (QueryError, HTTPStatus.BAD_REQUEST),
    (ArticleNotFoundError, HTTPStatus.NOT_FOUND),
    (IndexStateError, HTTPStatus.SERVICE_UNAVAILABLE),
    (EncoderError, HTTPStatus.SERVICE_UNAVAILABLE),
)


def status_of(error: Exception) -> HTTPStatus:
    """Return the HTTP status that tells a client about *error*."""
    if isinstance(error, HTTPException):
        return HTTPStatus(error.code or HTTPStatus.INTERNAL_SERVER_ERROR)
    return next((status for kind, status in _STATUSES if isinstance(error, kind)), HTTPStatus.INTERNAL_SERVER_ERROR)


def problem_details(error: Exception) -> dict[str, Any]:
    """Return the problem details object for *error*. Errors nobody expected say nothing about the inside."""
    status = status_of(error)
    details: dict[str, Any] = {"type": "about:blank", "title": status.phrase, "status": status.value}
    if isinstance(error, IndexStateError):
        details["detail"] = (
            "The index cannot be searched at the moment. Try again later; its maintainer finds the reason in the log."
        )
    elif isinstance(error, ArsearchError):
        details["detail"] = str(error)
    elif isinstance(error, HTTPException) and error.description:
        details["detail"] = error.description
    else:
        details["detail"] = "Something went wrong on the server. It has been logged."
    if isinstance(error, QueryError):
        details["errors"] = [{"field": error.field, "detail": str(error)}]
    return details


def problem_response(error: Exception) -> Response:
    """Return *error* as an ``application/problem+json`` response."""
    details = problem_details(error)
    body = json.dumps(details, ensure_ascii=False)
    return Response(body, status=details["status"], content_type="application/problem+json")
