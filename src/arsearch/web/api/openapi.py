"""The OpenAPI 3.1 document of the API, made of the models that validate requests and shape answers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from arsearch import __version__
from arsearch.article_fields import OwnFields
from arsearch.search.request import SORTS, own_sorts
from arsearch.settings import Settings
from arsearch.web.api.operations import JSON, LINES, OPERATIONS, Operation, Schema
from arsearch.web.api.parameters import OWN_FILTER, SWITCHES
from arsearch.web.api.program_models import HITS, EmbedQuestion, PassageQuestion
from arsearch.web.api.requests import ArticleRecord, BatchQuestion, DeleteQuestion, QuestionModel, SearchQuestion
from arsearch.web.api.responses import Problem
from arsearch.web.problems import PROBLEM_TYPES

__all__ = ["OPERATIONS", "Operation", "openapi_document"]

_ALWAYS = (400, 401, 403, 404, 414, 422, 429, 500, 503)
"""Statuses of problems that any operation may answer with."""
_WITH_BODY = (413, 415)
_PROBLEM = "application/problem+json"
_ARTICLE: Schema = {"title": "افتتاح المكتبة", "body": "افتتحت المكتبة أمس.", "date": "2026-03-01", "tags": ["ثقافة"]}
_EXAMPLES: dict[str, Any] = {
    "": _ARTICLE,
    "object": {"title": "افتتاح المكتبة العامة"},
    "array": [{"id": "library", **_ARTICLE}],
    "string": '{"id": "library", "body": "افتتحت المكتبة أمس."}\n',
}
"""Of bodies, by the types of their schemas; of an article, which is a reference, the first."""


def openapi_document(server: str, settings: Settings, own: OwnFields = ()) -> dict[str, Any]:
    """Return the document of an API that is mounted at the path *server* and has the limits of *settings*.

    *own* are the fields that the maintainer of its index declared.
    """
    paths: dict[str, dict[str, Any]] = {}
    for operation in OPERATIONS:
        paths.setdefault(f"/api/v1{operation.path}", {})[operation.method] = _operation(operation, settings, own)
    components: Schema = {"schemas": _schemas(settings, own), "responses": _problem_responses()}
    secured: Schema = {}
    if settings.tokens:
        components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        secured = {"security": [{"token": []}]}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "arsearch",
            "version": __version__,
            "summary": "Search for Arabic articles, by words and by meaning",
            "description": _description(),
            "license": {"name": "GPL-3.0-or-later", "identifier": "GPL-3.0-or-later"},
        },
        "servers": [{"url": server}],
        "paths": paths,
        "components": components,
        **secured,
    }


def _description() -> str:
    rows = "\n".join(f"| `{kind.name}` | {kind.status.value} | {kind.meaning} |" for kind in PROBLEM_TYPES)
    return (
        "Answers have an `ETag` and a `Last-Modified`, which change with the index: ask again with `If-None-Match` and "
        "nothing is sent while it is the same. Problems are `application/problem+json` (RFC 9457); the last part of "
        f"`type` is one of:\n\n| type | status | meaning |\n|---|---|---|\n{rows}\n"
    )


def _operation(operation: Operation, settings: Settings, own: OwnFields) -> dict[str, Any]:
    described: dict[str, Any] = {"operationId": operation.name, "summary": operation.summary}
    has_question_in_body = operation.method == "post" and not operation.bodies
    asked = operation.parameters if has_question_in_body else operation.question
    parameters = [*_path_parameters(operation), *(_query_parameters(asked, settings, own) if asked else [])]
    if operation.writes and operation.problems:
        parameters += _CONDITIONS
    if settings.collections and not operation.writes:
        parameters = [*parameters, _collection(settings)]
    if parameters:
        described["parameters"] = parameters
    if has_question_in_body:
        schema = {"$ref": f"#/components/schemas/{operation.question.__name__}"}
        example = _BODIES[operation.question]
        content = {JSON: {"schema": schema, "example": example}}
        if operation.takes_lines:
            content[LINES] = {"schema": _LINE, "example": example["searches"][0]}
        described["requestBody"] = {"required": True, "content": content}
    elif operation.bodies:
        content = {
            media: {"schema": schema, "example": _EXAMPLES[str(schema.get("type", ""))]}
            for media, schema in operation.bodies.items()
        }
        described["requestBody"] = {"required": True, "content": content}
    answer: Schema = {}
    if operation.answer is not None:
        answer = {"schema": {"$ref": f"#/components/schemas/{operation.answer.__name__}"}}
    others = {media: {"schema": schema} for media, schema in operation.other_answers.items()}
    contents = ({JSON: answer} if answer else {}) | others
    responses: dict[str, Any] = {"200": {"description": "The answer", "content": contents}}
    if operation.method in ("put", "patch"):
        responses["201"] = {"description": "The article is new", "content": {JSON: answer}}
    if operation.method == "get" and not operation.writes and operation.answer is not None:
        responses["200"]["headers"] = _VALIDATORS
        responses["304"] = {"description": "Nothing has changed since the answer with this ETag or of this date"}
    statuses = {*_ALWAYS, *operation.problems, *(_WITH_BODY if "requestBody" in described else ())}
    responses |= {str(status): {"$ref": f"#/components/responses/Problem{status}"} for status in sorted(statuses)}
    return described | {"responses": responses}


def _collection(settings: Settings) -> Schema:
    names = sorted(each.partition("=")[0].strip() for each in settings.collections)
    return {
        "name": "collection",
        "in": "query",
        "description": "Which archive of the server is asked instead of its own; also as `/c/{collection}/` before "
        "the path",
        "schema": {"type": "string", "enum": names},
    }


def _path_parameters(operation: Operation) -> list[Schema]:
    if operation.name == "task":
        return [
            {
                "name": "id",
                "in": "path",
                "required": True,
                "description": "The `task` of an answer",
                "schema": {"type": "string", "pattern": "^w[0-9]{1,19}$"},
                "example": "w1",
            }
        ]
    if not operation.in_path:
        return []
    return [
        {
            "name": "id",
            "in": "path",
            "required": True,
            "description": "Id of the article. One that has slashes or dots for steps of a path, or ends in "
            "`/similar`, goes as the parameter `id` instead",
            "schema": {"type": "string", "minLength": 1},
            "example": "house-of-wisdom",
        }
    ]


def _query_parameters(question: type[QuestionModel], settings: Settings, own: OwnFields) -> list[Schema]:
    schema = _tidied(question.model_json_schema(by_alias=True), settings, own)
    parameters = []
    for name, described in schema.get("properties", {}).items():
        if name == "filter":  # each of its fields is a parameter
            described["properties"] = {f"{OWN_FILTER}{each}": _TEXTS for each in described["properties"]}
        parameter = {"name": name, "in": "query", "description": described.pop("description"), "schema": described}
        if name in schema.get("required", ()):  # pages fill these examples in; filled in as filters they find nothing
            parameter |= {"required": True, "example": described.pop("examples")[0]}
        if described.get("type") in ("array", "object"):
            parameter |= {"style": "form", "explode": True}
        if described.get("type") == "boolean":
            default = str(described["default"]).lower()
            parameter["schema"] = {"type": "string", "enum": list(SWITCHES), "default": default}
        parameters.append(parameter)
    return parameters


_TEXT: Schema = {"type": "string"}
_LINE: Schema = {"type": "object", "description": "One line of several: a question as `POST /api/v1/search` takes it"}
_TEXTS: Schema = {"type": "array", "items": {"type": "string"}}
_VALIDATORS: Schema = {
    "ETag": {"description": "Changes with the index and with the question (RFC 9110, section 8.8.3)", "schema": _TEXT},
    "Last-Modified": {
        "description": "When the commit that answered was made; absent with synonyms or learnt weights",
        "schema": _TEXT,
    },
}
_CONDITIONS: list[Schema] = [
    {
        "name": "If-Match",
        "in": "header",
        "description": "Write only if the article has this version: the `ETag` that it was fetched or written with",
        "schema": {"type": "string", "pattern": '^(W/)?"[0-9a-f-]+"$'},
    },
    {
        "name": "If-None-Match",
        "in": "header",
        "description": "`*`: write only if there is no such article",
        "schema": {"type": "string", "enum": ["*"]},
    },
]
_QUESTION = {"q": "وزير الداخلية", "from": "2015-07", "size": 5, "facets": True}
_BODIES: dict[type[QuestionModel], Schema] = {
    SearchQuestion: _QUESTION,
    DeleteQuestion: {"q": '"بيت الحكمة"', "dry_run": True},
    PassageQuestion: {"q": "من أسس بيت الحكمة؟", "size": 3, "neighbours": 1, "max_characters": 4000},
    EmbedQuestion: {"texts": ["بيت الحكمة"]},
    BatchQuestion: {"searches": [_QUESTION, {"q": "أسعار النفط", "mode": "lexical", "fields": ["title", "date"]}]},
}


def _schemas(settings: Settings, own: OwnFields) -> Schema:
    questions: list[type[BaseModel]] = [
        ArticleRecord,
        *(operation.question for operation in OPERATIONS if operation.method == "post" and not operation.bodies),
    ]
    answers: list[type[BaseModel]] = [*(each.answer for each in OPERATIONS if each.answer is not None), Problem]
    kinds: Iterable[tuple[type[BaseModel], Literal["validation", "serialization"]]] = [
        *((question, "validation") for question in dict.fromkeys(questions)),
        *((answer, "serialization") for answer in dict.fromkeys(answers)),
    ]
    _, schemas = models_json_schema(list(kinds), ref_template="#/components/schemas/{model}")
    return {name: _tidied(schema, settings, own) for name, schema in schemas["$defs"].items()}


def _tidied(schema: Schema, settings: Settings, own: OwnFields) -> Schema:
    """Return *schema* with the limits and defaults of *settings* and the *own* fields, without needless titles."""
    schema.pop("title", None)
    has_pages = "page" in schema.get("properties", ())
    limits = {
        "size": {"maximum": settings.max_page_size} | ({"default": settings.page_size} if has_pages else {}),
        "max_hits": {"maximum": settings.max_depth, "default": min(HITS, settings.max_depth)},
        "texts": {"maxItems": settings.max_embeddings},
        "limit": {"maximum": settings.max_page_size},
        "mode": {"default": settings.mode},
        "freshness": {"default": settings.freshness},
        "searches": {"maxItems": settings.max_searches},
    }
    for name, described in schema.get("properties", {}).items():
        described.pop("title", None)
        if name == "sort":
            del described["anyOf"]
            described |= {"type": "string", "enum": [*SORTS, *own_sorts(own)]}
        if name == "filter":
            del described["patternProperties"]
            values = {"anyOf": [_TEXT, _TEXTS]}
            described |= {"properties": {field.name: values for field in own if field.is_filter}}
            described["additionalProperties"] = False
        if not described.get("default") and described.get("default") is not False:
            described.pop("default", None)  # what is empty unless it is set
        if "default" in described or name in ("searches", "texts"):
            described.update(limits.get(name, {}))
    return schema


def _problem_responses() -> Schema:
    content = {_PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    statuses = {*_ALWAYS, *_WITH_BODY, *(status for operation in OPERATIONS for status in operation.problems)}
    responses = {}
    for status in sorted(statuses):
        names = [kind.name for kind in PROBLEM_TYPES if kind.status == status]
        described = f"A problem (RFC 9457): {', '.join(names)}" if names else "A problem (RFC 9457)"
        responses[f"Problem{status}"] = {"description": described, "content": content}
    return responses
