"""Vectors in the shape of OpenAI's API, ``POST /v1/embeddings``: for programs that can talk to that and nothing else.

Only with the setting ``openai_embeddings``. What it takes and gives, and how errors look, follows the reference of
OpenAI's embeddings; beside it there is ``input_type``, as some other servers of that shape have it.
"""

from __future__ import annotations

import base64
from typing import Any, Literal

import numpy as np
from flask import Blueprint, Response, json
from pydantic import ConfigDict, Field
from werkzeug.exceptions import HTTPException

from arsearch.errors import ArsearchError, QueryError
from arsearch.web.api.parameters import question_from_body
from arsearch.web.api.program_routes import check_texts, model_name
from arsearch.web.api.requests import QuestionModel
from arsearch.web.api.routes import json_body
from arsearch.web.live import request_searcher
from arsearch.web.problems import problem_details

__all__ = ["openai"]

openai = Blueprint("openai", __name__, url_prefix="/v1")


class OpenAIQuestion(QuestionModel):
    """What is to be embedded. Whatever else clients of OpenAI send is passed over."""

    model_config = ConfigDict(extra="ignore", strict=True, frozen=True)

    input: str | list[str] = Field(description="A text or several")
    model: str = Field("", description="Whatever it is: there is one encoder")
    encoding_format: Literal["float", "base64"] = "float"
    dimensions: int | None = None
    input_type: Literal["query", "passage", "search_query", "search_document"] = "passage"


@openai.post("/embeddings")
def embeddings() -> Response:
    """Give the vectors of texts."""
    asked = question_from_body(OpenAIQuestion, json_body())
    texts = [asked.input] if isinstance(asked.input, str) else asked.input
    if not texts:
        raise QueryError("input is empty; it needs at least one text.", field="input")
    searcher = request_searcher()
    dimension = searcher.index.manifest.dimension
    if asked.dimensions not in (None, dimension):
        raise QueryError(f"dimensions is {asked.dimensions}; this model has {dimension}.", field="dimensions")
    check_texts(texts, searcher, "input")
    vectors = searcher.embed(texts, "query" if asked.input_type in ("query", "search_query") else "passage")
    tokens = sum(map(searcher.count_tokens, texts))
    data = [
        {"object": "embedding", "index": place, "embedding": _written(vector, asked.encoding_format)}
        for place, vector in enumerate(vectors)
    ]
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    answer = {"object": "list", "data": data, "model": model_name(searcher), "usage": usage}
    return Response(json.dumps(answer), content_type="application/json")


@openai.errorhandler(ArsearchError)
@openai.errorhandler(HTTPException)
def failure(error: Exception) -> Response:
    """Say what went wrong as OpenAI says it."""
    problem = problem_details(error)
    kind = "invalid_request_error" if problem.status < 500 else "server_error"
    field = problem.errors[0].field if problem.errors else None
    told = {"message": problem.detail, "type": kind, "param": field, "code": problem.type.rpartition("/")[-1]}
    response = Response(json.dumps({"error": told}), status=problem.status, content_type="application/json")
    if isinstance(error, HTTPException):
        for name, value in error.get_headers():
            if name.lower() not in ("content-type", "content-length"):
                response.headers[name] = value
    return response


def _written(vector: np.ndarray[Any, Any], form: str) -> list[float] | str:
    if form == "base64":
        return base64.b64encode(vector.astype("<f4").tobytes()).decode()
    return [round(number, 7) for number in vector.tolist()]
