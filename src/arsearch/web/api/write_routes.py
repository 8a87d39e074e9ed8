"""The part of the HTTP API that writes: articles are put, patched, deleted, one by one, many at once, or by a query."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, current_app, request
from werkzeug.exceptions import NotFound, UnsupportedMediaType

from arsearch.errors import ArsearchError, QueryError, UnsearchableQueryError
from arsearch.search.request import SearchRequest
from arsearch.search.results import all_hits
from arsearch.web.api.parameters import question_from_body, question_from_query
from arsearch.web.api.requests import DeleteQuestion, TaskQuestion, WriteByIdQuestion, WriteQuestion
from arsearch.web.api.responses import AnswerModel, DeleteAnswer, TaskAnswer, WriteAnswer, WriteItem
from arsearch.web.live import request_searcher
from arsearch.web.security import charge, give_turn_back
from arsearch.web.writing import Draft, WriteService, audit

__all__ = ["writes"]

writes = Blueprint("writes", __name__, url_prefix="/api/v1")

_JSON = "application/json"
_LINES = ("application/x-ndjson", "application/jsonl", "application/x-jsonlines")
_PATCHES = (_JSON, "application/merge-patch+json")
_ARTICLES_A_UNIT = 100
"""Articles that count as one request of the rate limit."""
_SHOWN_IDS = 1_000


def _service() -> WriteService:
    service: WriteService = current_app.extensions["arsearch-writes"]
    return service


@writes.put("/articles/<article:identifier>")
def put_article(identifier: str) -> Response:
    """Write an article, whole: a new one, or in the place of the one that is there."""
    return _put(identifier, question_from_query(WriteQuestion, request.args))


@writes.put("/article")
def put_article_by_id() -> Response:
    """Write an article, whatever its id."""
    question = question_from_query(WriteByIdQuestion, request.args)
    return _put(question.id, question)


@writes.patch("/articles/<article:identifier>")
def patch_article(identifier: str) -> Response:
    """Change some fields of an article."""
    return _patch(identifier, question_from_query(WriteQuestion, request.args))


@writes.patch("/article")
def patch_article_by_id() -> Response:
    """Change some fields of an article, whatever its id."""
    question = question_from_query(WriteByIdQuestion, request.args)
    return _patch(question.id, question)


@writes.delete("/articles/<article:identifier>")
def delete_article(identifier: str) -> Response:
    """Delete an article, and keep it out."""
    draft = Draft(id=identifier, **_conditions())
    return _one(draft, question_from_query(WriteQuestion, request.args), "delete")


@writes.delete("/article")
def delete_article_by_id() -> Response:
    """Delete an article, whatever its id."""
    question = question_from_query(WriteByIdQuestion, request.args)
    return _one(Draft(id=question.id, **_conditions()), question, "delete")


@writes.post("/articles")
def post_articles() -> Response:
    """Write many articles; what is wrong with one of them is that one's answer."""
    question = question_from_query(WriteQuestion, request.args)
    service = _service()
    service.check()
    most = request_searcher().settings.max_writes
    drafts = []
    for record in _records():
        drafts.append(Draft(id="", error=record) if isinstance(record, ArsearchError) else service.draft(record))
        if len(drafts) > most:
            raise UnsearchableQueryError(
                f"There are more than {most} articles in the request. Send them in several, or raise the setting "
                "max_writes.",
                field="body",
            )
    charge(len(drafts) // _ARTICLES_A_UNIT)
    items, number = service.write(drafts)
    answer = _answer(items, number, question)
    audit("write", items, answer.task)
    return _json(answer)


@writes.post("/delete")
def delete_by_query() -> Response:
    """Delete the articles that a search by words finds."""
    question = question_from_body(DeleteQuestion, _json_body(_JSON))
    options = question_from_query(WriteQuestion, request.args)
    service = _service()
    service.check()
    searcher = request_searcher()
    most = searcher.settings.max_writes
    asked = SearchRequest(
        query=question.q,
        mode="lexical",
        size=searcher.settings.max_page_size,
        section=tuple(question.section),
        source=tuple(question.source),
        author=tuple(question.author),
        tag=tuple(question.tag),
        date_from=question.date_from,
        date_to=question.date_to,
        as_typed=True,
        snippets=False,
    )
    found: dict[str, None] = {}
    for hit in all_hits(lambda after: searcher.search(replace(asked, after=after))):
        found |= dict.fromkeys([hit.id, *(copy.id for copy in hit.copies)])
        if len(found) > most:
            raise UnsearchableQueryError(
                f"More than {most} articles are found. Narrow the query, or raise the setting max_writes.", field="q"
            )
    task, visible = "", False
    if not question.dry_run and found:
        items, number = service.write([Draft(id=identifier) for identifier in found])
        written = _answer(items, number, options)
        task, visible = written.task, written.visible
        audit(f"delete by query {question.q!r}", items, task)
    ids = list(found)[:_SHOWN_IDS]
    return _json(DeleteAnswer(dry_run=question.dry_run, total=len(found), ids=ids, task=task, visible=visible))


@writes.get("/tasks/<task>")
def task(task: str) -> Response:
    """Say how far writes have come."""
    question_from_query(TaskQuestion, request.args)
    number = task.removeprefix(_TASK)
    if not (task.startswith(_TASK) and number.isdecimal() and len(number) < 20):
        raise NotFound
    service = _service()
    state = "done" if service.is_visible(int(number)) else "waiting"
    return _json(TaskAnswer.model_validate({"task": task, "state": state, "waiting": service.backlog()}))


_TASK = "w"


def _put(identifier: str, question: WriteQuestion) -> Response:
    record = _object(_json_body(_JSON))
    return _one(Draft(id=identifier, record=record, **_conditions()), question, "put")


def _patch(identifier: str, question: WriteQuestion) -> Response:
    record = _object(_json_body(*_PATCHES))
    return _one(Draft(id=identifier, record=record, patch=True, **_conditions()), question, "patch")


def _one(draft: Draft, question: WriteQuestion, action: str) -> Response:
    service = _service()
    service.check()
    items, number = service.write([draft])
    answer = _answer(items, number, question)
    audit(action, items, answer.task)
    [item] = items
    if item.problem is not None:
        return Response(item.problem.as_json(), status=item.status, content_type="application/problem+json")
    response = _json(answer)
    response.status_code = item.status
    if item.version:
        response.set_etag(item.version)
    return response


def _conditions() -> dict[str, Any]:
    """Return what the request demands of the article that is there."""
    given: dict[str, Any] = {"only_new": bool(request.if_none_match.star_tag)}
    if "If-Match" in request.headers:
        tags = request.if_match.as_set(include_weak=True)
        versions = {str(tag).partition("-")[0] for tag in tags} | ({"*"} if request.if_match.star_tag else set())
        given["if_match"] = frozenset(versions)
    return given


def _answer(items: list[WriteItem], number: int, question: WriteQuestion) -> WriteAnswer:
    service = _service()
    if question.refresh == "wait":
        give_turn_back()
        visible = service.wait(number)
    else:
        visible = service.is_visible(number)
    return WriteAnswer(task=f"{_TASK}{number}", visible=visible, items=items)


def _records() -> Iterator[Any]:
    """Yield the articles in the body as JSON values; for a line that is none, what is wrong with it."""
    body = request.get_data()
    if request.mimetype == _JSON:
        try:
            records = json.loads(body)
        except (ValueError, RecursionError):
            records = None
        if not isinstance(records, list):
            raise QueryError("The body must be a JSON list of articles.", field="body")
        yield from records
    elif request.mimetype in _LINES:
        for number, line in enumerate(body.splitlines(), 1):
            if line.strip():
                try:
                    yield json.loads(line)
                except (ValueError, RecursionError):
                    yield QueryError(f"Line {number} is not JSON.", field="body")
    else:
        raise UnsupportedMediaType("Send JSON, or JSON lines as application/x-ndjson.")


def _object(body: bytes) -> dict[str, Any]:
    try:
        record = json.loads(body)
    except (ValueError, RecursionError):
        record = None
    if not isinstance(record, dict):
        raise QueryError("The body must be a JSON object: the article, or what is to change of it.", field="body")
    return record


def _json_body(*types: str) -> bytes:
    if request.mimetype not in types:
        raise UnsupportedMediaType(f"Send JSON, with Content-Type: {types[0]}.")
    return request.get_data()


def _json(answer: AnswerModel) -> Response:
    response = Response(answer.as_json(), content_type=_JSON)
    response.cache_control.no_store = True
    return response
