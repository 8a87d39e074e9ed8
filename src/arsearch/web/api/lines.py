"""Answers in JSON lines (NDJSON): a line as soon as it is known, for programs that go on with the first at once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from flask import Response, request, stream_with_context

from arsearch.errors import UnsearchableQueryError
from arsearch.web.api.operations import JSON, LINES

__all__ = ["LINES_TYPES", "questions_in_lines", "stream_lines", "wants_lines"]

LINES_TYPES = (LINES, "application/jsonl", "application/x-jsonlines")
"""What JSON lines are called in ``Content-Type``."""


def wants_lines() -> bool:
    """Whether the client would rather have JSON lines than one document."""
    return request.accept_mimetypes.best_match([JSON, *LINES_TYPES], default=JSON) in LINES_TYPES


def questions_in_lines(body: bytes) -> list[dict[str, Any]]:
    """Return the objects that stand in *body*, one a line. Raises UnsearchableQueryError for a line that is none."""
    questions = []
    for number, line in enumerate(body.splitlines(), 1):
        if not line.strip():
            continue
        try:
            question = json.loads(line)
        except (ValueError, RecursionError):
            question = None
        if not isinstance(question, dict):
            raise UnsearchableQueryError(f"Line {number} is no JSON object. Write a question a line.", field="body")
        questions.append(question)
    if not questions:
        raise UnsearchableQueryError("The body has no line. Write a question a line.", field="body")
    return questions


def stream_lines(lines: Iterator[str]) -> Response:
    """Return a response that sends *lines*, JSON each, as they come. The request keeps its turn and index till then."""
    # The first is made before the answer begins: what is wrong then has a status of its own.
    first = next(lines, None)

    def sent() -> Iterator[str]:
        if first is not None:
            yield first + "\n"
        for line in lines:
            yield line + "\n"

    response = Response(stream_with_context(sent()), content_type=LINES)
    response.cache_control.no_store = True
    response.headers["X-Accel-Buffering"] = "no"  # nginx would collect lines otherwise
    return response
