"""The OpenAPI 3.1 document of the API, made of the models that validate requests and shape answers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from arsearch import __version__
from arsearch.article_fields import OwnFields
from arsearch.search.request import SORTS, own_sorts
from arsearch.settings import Settings
from arsearch.web.api.parameters import OWN_FILTER, SWITCHES
from arsearch.web.api.requests import (
    ArticleQuestion,
    ArticleRecord,
    BatchQuestion,
    DeleteQuestion,
    LimitedQuestion,
    QuestionModel,
    SearchQuestion,
    SimilarQuestion,
    SuggestQuestion,
    TaskQuestion,
    WriteByIdQuestion,
    WriteQuestion,
)
from arsearch.web.api.responses import (
    AnswerModel,
    ArticleAnswer,
    BatchAnswer,
    DeleteAnswer,
    Problem,
    SearchAnswer,
    SimilarAnswer,
    SuggestAnswer,
    TaskAnswer,
    WriteAnswer,
)
from arsearch.web.problems import PROBLEM_TYPES

__all__ = ["OPERATIONS", "Operation", "openapi_document"]

Schema = dict[str, Any]
Method = Literal["get", "post", "put", "patch", "delete"]

_ALWAYS = (400, 401, 403, 404, 414, 422, 429, 500, 503)
"""Statuses of problems that any operation may answer with."""
_WITH_BODY = (413, 415)
_PROBLEM = "application/problem+json"
_JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing the API does: what is asked and what is answered at *path* with *method*; *name* is the view's."""

    name: str
    method: Method
    path: str
    summary: str
    question: type[QuestionModel]
    answer: type[AnswerModel]
    in_path: bool = False
    """Whether the id of an article stands in the path."""
    writes: bool = False
    """Whether it needs a token of the scope ``write``."""
    parameters: type[QuestionModel] | None = None
    """What stands in the address beside a question in the body."""
    bodies: dict[str, Schema] = field(default_factory=dict)
    """By media type: schemas of what it takes as a body, where that is no question."""
    problems: tuple[int, ...] = ()
    other_answers: dict[str, Schema] = field(default_factory=dict)
    """By media type: schemas of what it answers besides JSON."""


_OPENSEARCH: Schema = {
    "type": "array",
    "description": "The text that was typed, and its completions",
    "items": {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]},
    "minItems": 2,
    "maxItems": 2,
    "examples": [["بيت الحك", ["بيت الحكمة"]]],
}

_RECORD: Schema = {"$ref": "#/components/schemas/ArticleRecord"}
_PATCH: Schema = {
    "type": "object",
    "description": "Fields of the article and what they are to be; null takes one away (RFC 7396)",
}
_MERGE_PATCH = "application/merge-patch+json"
_ARTICLE: Schema = {"title": "افتتاح المكتبة", "body": "افتتحت المكتبة أمس.", "date": "2026-03-01", "tags": ["ثقافة"]}
_EXAMPLES: dict[str, Any] = {
    "": _ARTICLE,
    "object": {"title": "افتتاح المكتبة العامة"},
    "array": [{"id": "library", **_ARTICLE}],
    "string": '{"id": "library", "body": "افتتحت المكتبة أمس."}\n',
}
"""Of bodies, by the types of their schemas; of an article, which is a reference, the first."""
_ON_WRITE = (412,)


def _writing(name: str, method: Method, path: str, summary: str, **more: Any) -> Operation:
    """Return an operation on one article, with its id in the path or, at ``/article``, as a parameter."""
    question = WriteQuestion if "{id}" in path else WriteByIdQuestion
    in_path = "{id}" in path
    return Operation(
        name, method, path, summary, question, WriteAnswer, in_path=in_path, writes=True, problems=_ON_WRITE, **more
    )


OPERATIONS = (
    Operation("search", "get", "/search", "Search articles", SearchQuestion, SearchAnswer, problems=(410,)),
    Operation(
        "search_with_body",
        "post",
        "/search",
        "Search articles, with the question in a JSON body",
        SearchQuestion,
        SearchAnswer,
        problems=(410,),
    ),
    Operation(
        "search_many",
        "post",
        "/msearch",
        "Several searches at once, all answered from the same commit of the index",
        BatchQuestion,
        BatchAnswer,
    ),
    Operation(
        "suggest",
        "get",
        "/suggest",
        "Complete what is being typed",
        SuggestQuestion,
        SuggestAnswer,
        other_answers={"application/x-suggestions+json": _OPENSEARCH},
    ),
    Operation("article", "get", "/articles/{id}", "One article, whole", QuestionModel, ArticleAnswer, in_path=True),
    Operation(
        "similar",
        "get",
        "/articles/{id}/similar",
        "The articles nearest in meaning to one",
        LimitedQuestion,
        SimilarAnswer,
        in_path=True,
    ),
    Operation(
        "article_by_id",
        "get",
        "/article",
        "One article, whole; its id may hold anything, slashes and dots included",
        ArticleQuestion,
        ArticleAnswer,
    ),
    Operation(
        "similar_by_id",
        "get",
        "/similar",
        "The articles nearest in meaning to one; its id may hold anything, slashes and dots included",
        SimilarQuestion,
        SimilarAnswer,
    ),
    _writing("put_article", "put", "/articles/{id}", "Write an article, whole", bodies={_JSON: _RECORD}),
    _writing(
        "patch_article",
        "patch",
        "/articles/{id}",
        "Change some fields of an article",
        bodies={_JSON: _PATCH, _MERGE_PATCH: _PATCH},
    ),
    _writing("delete_article", "delete", "/articles/{id}", "Delete an article, and keep it out"),
    _writing(
        "put_article_by_id",
        "put",
        "/article",
        "Write an article, whole; its id may hold anything",
        bodies={_JSON: _RECORD},
    ),
    _writing(
        "patch_article_by_id",
        "patch",
        "/article",
        "Change some fields of an article; its id may hold anything",
        bodies={_JSON: _PATCH, _MERGE_PATCH: _PATCH},
    ),
    _writing("delete_article_by_id", "delete", "/article", "Delete an article; its id may hold anything"),
    Operation(
        "post_articles",
        "post",
        "/articles",
        "Write many articles at once; each has an answer of its own",
        WriteQuestion,
        WriteAnswer,
        writes=True,
        bodies={
            _JSON: {"type": "array", "items": _RECORD},
            "application/x-ndjson": {"type": "string", "description": "An article a line"},
        },
    ),
    Operation(
        "delete_by_query",
        "post",
        "/delete",
        "Delete the articles that a search by words finds, or say which these are",
        DeleteQuestion,
        DeleteAnswer,
        writes=True,
        parameters=WriteQuestion,
    ),
    Operation("task", "get", "/tasks/{id}", "How far writes have come", TaskQuestion, TaskAnswer, writes=True),
)


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
    if parameters:
        described["parameters"] = parameters
    if has_question_in_body:
        schema = {"$ref": f"#/components/schemas/{operation.question.__name__}"}
        example = _BODIES[operation.question]
        described["requestBody"] = {"required": True, "content": {_JSON: {"schema": schema, "example": example}}}
    elif operation.bodies:
        content = {
            media: {"schema": schema, "example": _EXAMPLES[str(schema.get("type", ""))]}
            for media, schema in operation.bodies.items()
        }
        described["requestBody"] = {"required": True, "content": content}
    answer = {"schema": {"$ref": f"#/components/schemas/{operation.answer.__name__}"}}
    others = {media: {"schema": schema} for media, schema in operation.other_answers.items()}
    responses: dict[str, Any] = {"200": {"description": "The answer", "content": {_JSON: answer} | others}}
    if operation.method in ("put", "patch"):
        responses["201"] = {"description": "The article is new", "content": {_JSON: answer}}
    if operation.method == "get" and not operation.writes:
        responses["200"]["headers"] = _VALIDATORS
        responses["304"] = {"description": "Nothing has changed since the answer with this ETag or of this date"}
    statuses = {*_ALWAYS, *operation.problems, *(_WITH_BODY if "requestBody" in described else ())}
    responses |= {str(status): {"$ref": f"#/components/responses/Problem{status}"} for status in sorted(statuses)}
    return described | {"responses": responses}


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
    BatchQuestion: {"searches": [_QUESTION, {"q": "أسعار النفط", "mode": "lexical", "fields": ["title", "date"]}]},
}


def _schemas(settings: Settings, own: OwnFields) -> Schema:
    questions: list[type[BaseModel]] = [
        ArticleRecord,
        *(operation.question for operation in OPERATIONS if operation.method == "post" and not operation.bodies),
    ]
    answers: list[type[BaseModel]] = [*(operation.answer for operation in OPERATIONS), Problem]
    kinds: Iterable[tuple[type[BaseModel], Literal["validation", "serialization"]]] = [
        *((question, "validation") for question in dict.fromkeys(questions)),
        *((answer, "serialization") for answer in dict.fromkeys(answers)),
    ]
    _, schemas = models_json_schema(list(kinds), ref_template="#/components/schemas/{model}")
    return {name: _tidied(schema, settings, own) for name, schema in schemas["$defs"].items()}


def _tidied(schema: Schema, settings: Settings, own: OwnFields) -> Schema:
    """Return *schema* with the limits and defaults of *settings* and the *own* fields, without needless titles."""
    schema.pop("title", None)
    limits = {
        "size": {"maximum": settings.max_page_size, "default": settings.page_size},
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
        if "default" in described or name == "searches":
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
