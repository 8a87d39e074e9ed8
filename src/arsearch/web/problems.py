"""Errors over HTTP: one shape whatever raised them, RFC 9457 problem details, of types that are documented.

The ``type`` of a problem is an address of this server, relative to its root, and the page there says what it means. The
names are part of the API: they stay, and new ones may come.
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from flask import Response, g, has_request_context, request
from werkzeug.exceptions import HTTPException

from arsearch.errors import (
    ArticleNotFoundError,
    CursorError,
    EncoderError,
    ExpiredCursorError,
    IndexStateError,
    NoWordError,
    QueryError,
    QueryTimeoutError,
    ReadOnlyServerError,
    UnsearchableQueryError,
    WriteBacklogError,
    WriteConflictError,
)
from arsearch.web.api.parameters import InvalidRequestError, ParameterFault, pointer_to
from arsearch.web.api.responses import Fault, Problem

__all__ = ["PROBLEM_PATH", "PROBLEM_TYPES", "ProblemType", "problem_details", "problem_response", "status_of"]

PROBLEM_PATH = "/api/v1/problems/"


@dataclass(frozen=True, slots=True)
class ProblemType:
    """A kind of problem: *raised* as one of these errors, or as an HTTPException with this status."""

    name: str
    status: HTTPStatus
    title: str
    meaning: str
    """What it means, and what to do about it."""
    raised: tuple[type[Exception], ...] = ()


# The first one whose errors fit decides, and for what werkzeug raises the first one without errors of its status.
PROBLEM_TYPES = (
    ProblemType(
        "expired-cursor",
        HTTPStatus.GONE,
        "The cursor has expired",
        "The commit of the index that the cursor goes on in is not kept any more, or its order has changed. "
        "Search again without `after`.",
        (ExpiredCursorError,),
    ),
    ProblemType(
        "invalid-cursor",
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "The cursor does not belong to this question",
        "A cursor goes on with the question it was given for: the same query, mode, sort and filters. Send them as "
        "they were, or follow the address `next`, which has them all.",
        (CursorError,),
    ),
    ProblemType(
        "no-word",
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "The query has no word to search for",
        "The query has nothing but punctuation and exclusions. Add a word.",
        (NoWordError,),
    ),
    ProblemType(
        "unsearchable-query",
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "The request cannot be searched",
        "The request is well formed, but exceeds a limit, or names a day that does not exist. `errors` names the "
        "parameter and the limit.",
        (UnsearchableQueryError,),
    ),
    ProblemType(
        "invalid-request",
        HTTPStatus.BAD_REQUEST,
        "The request cannot be understood",
        "A parameter or a member of the body is missing, unknown or not written as it must be; `errors` names each of "
        "them. The same request will never succeed.",
        (QueryError,),
    ),
    ProblemType(
        "no-such-article",
        HTTPStatus.NOT_FOUND,
        "There is no such article",
        "No article of the index has this id. It may have been removed; search, and take the id of a hit.",
        (ArticleNotFoundError,),
    ),
    ProblemType(
        "write-conflict",
        HTTPStatus.PRECONDITION_FAILED,
        "The article is not what you believe it to be",
        "`If-Match` names a version that is not the article's any more, or `If-None-Match: *` is sent for one that is "
        "there. Fetch it, and decide again.",
        (WriteConflictError,),
    ),
    ProblemType(
        "read-only",
        HTTPStatus.FORBIDDEN,
        "The server takes no writes",
        "Articles are written only with a token of the scope `write` (`arsearch token create NAME --scope write`), "
        "where the setting `tokens` names their file. For an index on a cluster, the server must be on the machine "
        "that has published it last.",
        (ReadOnlyServerError,),
    ),
    ProblemType(
        "too-many-writes",
        HTTPStatus.SERVICE_UNAVAILABLE,
        "Too many writes wait",
        "More articles wait for being indexed than the server allows. Try again after the time in `Retry-After`.",
        (WriteBacklogError,),
    ),
    ProblemType(
        "index-unavailable",
        HTTPStatus.SERVICE_UNAVAILABLE,
        "The index cannot be searched at the moment",
        "There is no index, or it cannot be read. Try again after the time in `Retry-After`; whoever maintains the "
        "server finds the reason in its log.",
        (IndexStateError,),
    ),
    ProblemType(
        "model-unavailable",
        HTTPStatus.SERVICE_UNAVAILABLE,
        "The model cannot be loaded",
        "The model that compares meanings cannot be loaded. Search with `mode=lexical`, or try again later.",
        (EncoderError,),
    ),
    ProblemType(
        "query-timeout",
        HTTPStatus.SERVICE_UNAVAILABLE,
        "The query took too long",
        "The query was stopped because it took longer than the server allows. Shorten it, ask for longer beginnings of "
        "words, or try again after the time in `Retry-After`.",
        (QueryTimeoutError,),
    ),
    ProblemType(
        "busy",
        HTTPStatus.SERVICE_UNAVAILABLE,
        "The server is busy",
        "Too many requests are waiting for their turn. Try again after the time in `Retry-After`.",
    ),
    ProblemType(
        "too-many-requests",
        HTTPStatus.TOO_MANY_REQUESTS,
        "Too many requests from your address",
        "The requests of one client are limited. Try again after the time in `Retry-After`.",
    ),
    ProblemType(
        "token-needed",
        HTTPStatus.UNAUTHORIZED,
        "A token is required",
        "This server requires a token. Send it as `Authorization: Bearer TOKEN`. The request had none, or one that the "
        "server does not know.",
    ),
    ProblemType(
        "token-not-for-this",
        HTTPStatus.FORBIDDEN,
        "The token does not allow this",
        "The server knows the token, but it lacks the scope that this address requires.",
    ),
    ProblemType(
        "address-too-long",
        HTTPStatus.REQUEST_URI_TOO_LONG,
        "The address is too long",
        "The path and its parameters are longer than the server takes. Ask for less at once, or send the question by "
        "POST.",
    ),
    ProblemType(
        "no-such-address",
        HTTPStatus.NOT_FOUND,
        "There is nothing at this address",
        "The server has no such address. The OpenAPI document lists those of the API.",
    ),
    ProblemType(
        "method-not-allowed",
        HTTPStatus.METHOD_NOT_ALLOWED,
        "The method is not allowed here",
        "The address cannot be asked with this method; `Allow` lists those it can be asked with.",
    ),
    ProblemType(
        "unsupported-media-type",
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        "The type of the body is not supported",
        "Send JSON, with `Content-Type: application/json`; many articles also as `application/x-ndjson`.",
    ),
    ProblemType(
        "request-too-large",
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "The request is too large",
        "The body is larger than the server takes. Send fewer searches or articles at once.",
    ),
    ProblemType(
        "request-timeout",
        HTTPStatus.REQUEST_TIMEOUT,
        "The request took too long to arrive",
        "The request had not arrived whole when its time was up. Send it again.",
    ),
    ProblemType(
        "headers-too-large",
        HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
        "The headers are too large",
        "The headers of the request, or those behind its body, are larger than the server takes. Send fewer.",
    ),
    ProblemType(
        "bad-request",
        HTTPStatus.BAD_REQUEST,
        "The request is not proper HTTP",
        "The request breaks a rule of HTTP, so it was not looked at.",
    ),
    ProblemType(
        "internal-error",
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "Something went wrong on the server",
        "The server made a mistake and logged it under the `request_id`. The same request may fail again.",
    ),
)


def status_of(error: Exception) -> HTTPStatus:
    """Return the HTTP status that tells a client about *error*."""
    kind = _type_of(error)
    if kind is not None:
        return kind.status
    return HTTPStatus(error.code or 500) if isinstance(error, HTTPException) else HTTPStatus.INTERNAL_SERVER_ERROR


def problem_details(error: Exception, *, under: tuple[str, ...] = ()) -> Problem:
    """Return the problem details object for *error*; *under* is where in the body the question stands that raised it.

    Errors nobody expected say nothing about the inside.
    """
    kind, status = _type_of(error), status_of(error)
    root = request.script_root if has_request_context() else ""
    details: dict[str, Any] = {
        "type": f"{root}{PROBLEM_PATH}{kind.name}" if kind else "about:blank",
        "title": kind.title if kind else status.phrase,
        "status": status.value,
        "detail": _detail(error, kind),
    }
    if isinstance(error, QueryError):
        details["errors"] = _faults(error, under)
    if has_request_context() and g.get("request_id"):
        details["request_id"] = g.request_id
    return Problem.model_validate(details)


def problem_response(error: Exception) -> Response:
    """Return *error* as an ``application/problem+json`` response."""
    problem = problem_details(error)
    return Response(problem.as_json(), status=problem.status, content_type="application/problem+json")


def _type_of(error: Exception) -> ProblemType | None:
    for kind in PROBLEM_TYPES:
        if isinstance(error, kind.raised):
            return kind
    code = (error.code or 500) if isinstance(error, HTTPException) else HTTPStatus.INTERNAL_SERVER_ERROR
    return next((kind for kind in PROBLEM_TYPES if not kind.raised and kind.status == code), None)


def _detail(error: Exception, kind: ProblemType | None) -> str:
    """Return what happened, for whoever sent the request; paths of index and model are their maintainer's business."""
    if isinstance(error, (QueryError, ArticleNotFoundError)):
        return str(error)
    if kind is not None:
        return kind.meaning
    return (error.description if isinstance(error, HTTPException) else None) or status_of(error).phrase


def _faults(error: QueryError, under: tuple[str, ...]) -> list[Fault]:
    if isinstance(error, InvalidRequestError):
        faults = error.faults
    else:
        in_body = has_request_context() and request.method in ("POST", "PUT", "PATCH")
        faults = (ParameterFault(error.field, str(error), pointer_to(*under, error.field) if in_body else ""),)
    return [
        Fault(field=fault.field, detail=fault.detail, **({"pointer": fault.pointer} if fault.pointer else {}))
        for fault in faults
    ]
