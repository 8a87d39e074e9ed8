"""The part of the API for programs that do more than search: passages, vectors, all hits of a search."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePath
from typing import Any

import numpy as np
from flask import Blueprint, Response, request, url_for
from werkzeug.exceptions import ServiceUnavailable, TooManyRequests

from arsearch.errors import ArsearchError, QueryError, QueryTimeoutError, UnsearchableQueryError
from arsearch.search.results import ROUGH, SearchResults
from arsearch.search.searcher import Searcher
from arsearch.web.api.conditional import answer_if_changed
from arsearch.web.api.lines import stream_lines
from arsearch.web.api.parameters import question_from_body, question_from_query
from arsearch.web.api.program_models import (
    EmbedAnswer,
    EmbedQuestion,
    HitsQuestion,
    PassageQuestion,
    PassagesAnswer,
)
from arsearch.web.api.routes import WITHOUT_MODEL, json_answer, json_body, shown_hits
from arsearch.web.live import request_searcher
from arsearch.web.pages.links import article_address
from arsearch.web.problems import problem_details
from arsearch.web.search_answers import answer_passages, answer_search
from arsearch.web.security import charge, wait_for_next_turn

__all__ = ["check_texts", "model_name", "programs", "vectors_of"]

programs = Blueprint("programs", __name__, url_prefix="/api/v1")

_DECIMALS = 7
"""Of the numbers of a vector: more than float32 has."""


@programs.get("/passages")
def passages() -> Response:
    """Give the passages that answer a question."""
    question = question_from_query(PassageQuestion, request.args)
    searcher = request_searcher()

    def answer() -> Response:
        return _passages(searcher, question)

    return answer_if_changed(searcher, question.model_dump_json(), answer)


@programs.post("/passages")
def passages_with_body() -> Response:
    """Give the passages that answer a question, which stands in a JSON body."""
    question = question_from_body(PassageQuestion, json_body())
    return _passages(request_searcher(), question)


@programs.get("/hits")
def hits() -> Response:
    """Give all hits of a query, a line each, page after page."""
    question = question_from_query(HitsQuestion, request.args)
    searcher = request_searcher()
    most = searcher.settings.max_depth
    if question.most(searcher.settings) > most:
        raise QueryError(f"max_hits is {question.max_hits}. Choose between 1 and {most}.", field="max_hits")
    return stream_lines(_hit_lines(searcher, question))


@programs.post("/embed")
def embed() -> Response:
    """Give the vectors of texts, as the index compares them."""
    question = question_from_body(EmbedQuestion, json_body())
    searcher = request_searcher()
    check_texts(question.texts, searcher, "texts")
    vectors = vectors_of(searcher, question.texts, question.kind)
    manifest = searcher.index.manifest
    return json_answer(
        EmbedAnswer(model=model_name(searcher), kind=question.kind, dimension=manifest.dimension, vectors=vectors)
    )


def model_name(searcher: Searcher) -> str:
    """Return what the encoder is called; where in a server's files it lies is its maintainer's business."""
    return PurePath(searcher.index.manifest.encoder).name


def check_texts(texts: list[str], searcher: Searcher, field: str) -> None:
    """Raise UnsearchableQueryError for more *texts* than are embedded at once; count the others as requests."""
    most = searcher.settings.max_embeddings
    if len(texts) > most:
        raise UnsearchableQueryError(
            f"There are {len(texts)} texts; at most {most} are embedded at once. Send the others in another request, "
            "or raise the setting max_embeddings.",
            field=field,
        )
    charge(len(texts) - 1)


def vectors_of(searcher: Searcher, texts: list[str], kind: str) -> list[list[float]]:
    """Return the vectors of *texts* as JSON has them."""
    vectors = searcher.embed(texts, "passage" if kind == "passage" else "query")
    return [row.tolist() for row in np.round(vectors.astype(np.float64), _DECIMALS)]


def _passages(searcher: Searcher, question: PassageQuestion) -> Response:
    results = answer_passages(searcher, question.request(searcher.settings))
    answer = results.as_dict()
    root = url_for("pages.home").rstrip("/")
    for shown, passage in zip(answer["passages"], results.passages, strict=True):
        shown["link"] = f"{article_address(passage.article_id, root)}#{passage.fragment}"
    if answer["notice_kind"] == "no-model":
        answer["notice"] = WITHOUT_MODEL
    response = json_answer(PassagesAnswer.model_validate(answer))
    if answer["notice_kind"] in ROUGH:
        response.cache_control.no_store = True
    return response


def _hit_lines(searcher: Searcher, question: HitsQuestion) -> Iterator[str]:
    """Yield the hits as JSON, in a turn for each page; of what goes wrong behind the first page, a problem."""
    asked, most, given = question.request(searcher.settings), question.most(searcher.settings), 0
    results = answer_search(searcher, asked)
    while True:
        for hit in shown_hits(results, question.members()):
            yield _line(hit)
            given += 1
            if given == most:
                return
        if results.after is None and not results.is_rough:
            return
        try:
            results = _next_page(searcher, replace(asked, after=_cursor_of(results)))
        except (ArsearchError, ServiceUnavailable, TooManyRequests) as error:
            yield _line({"problem": json.loads(problem_details(error).as_json())})
            return


def _next_page(searcher: Searcher, asked: Any) -> SearchResults:
    charge(1)
    wait_for_next_turn(searcher.settings.max_query_ms / 1000)
    return answer_search(searcher, asked)


def _cursor_of(results: SearchResults) -> str:
    if results.after is None:
        raise QueryTimeoutError("The time for this query was up before its order was whole. Ask again later.")
    return results.after


def _line(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False)
