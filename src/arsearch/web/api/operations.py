"""What the API can be asked, one row an operation: the routes answer them, and the OpenAPI document describes them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from arsearch.web.api.program_models import (
    EmbedAnswer,
    EmbedQuestion,
    HitsQuestion,
    PassageQuestion,
    PassagesAnswer,
)
from arsearch.web.api.requests import (
    ArticleQuestion,
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
    SearchAnswer,
    SimilarAnswer,
    SuggestAnswer,
    TaskAnswer,
    WriteAnswer,
)

__all__ = ["JSON", "LINES", "OPERATIONS", "Operation", "Schema"]

Schema = dict[str, Any]
Method = Literal["get", "post", "put", "patch", "delete"]

JSON = "application/json"
LINES = "application/x-ndjson"


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing the API does: what is asked and what is answered at *path* with *method*; *name* is the view's."""

    name: str
    method: Method
    path: str
    summary: str
    question: type[QuestionModel]
    answer: type[AnswerModel] | None
    """None where it answers with no JSON document."""
    in_path: bool = False
    """Whether the id of an article stands in the path."""
    writes: bool = False
    """Whether it needs a token of the scope ``write``."""
    parameters: type[QuestionModel] | None = None
    """What stands in the address beside a question in the body."""
    bodies: dict[str, Schema] = field(default_factory=dict)
    """By media type: schemas of what it takes as a body, where that is no question."""
    takes_lines: bool = False
    """Whether the body may be JSON lines too: a question a line."""
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

_ANSWER_LINES: Schema = {
    "type": "string",
    "description": "If the request accepts it: an answer a line, with its `place` among the searches, as soon as it is "
    "known",
}
_HIT_LINES: Schema = {
    "type": "string",
    "description": "A hit a line; where the hits break off, the last line has the member `problem` alone",
}
_RECORD: Schema = {"$ref": "#/components/schemas/ArticleRecord"}
_PATCH: Schema = {
    "type": "object",
    "description": "Fields of the article and what they are to be; null takes one away (RFC 7396)",
}
_MERGE_PATCH = "application/merge-patch+json"
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
        takes_lines=True,
        other_answers={LINES: _ANSWER_LINES},
    ),
    Operation(
        "hits",
        "get",
        "/hits",
        "All hits of a query, a line each",
        HitsQuestion,
        None,
        other_answers={LINES: _HIT_LINES},
    ),
    Operation("passages", "get", "/passages", "Passages that answer a question", PassageQuestion, PassagesAnswer),
    Operation(
        "passages_with_body",
        "post",
        "/passages",
        "Passages that answer a question, which stands in a JSON body",
        PassageQuestion,
        PassagesAnswer,
    ),
    Operation("embed", "post", "/embed", "Vectors of texts, as the index compares them", EmbedQuestion, EmbedAnswer),
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
    _writing("put_article", "put", "/articles/{id}", "Write an article, whole", bodies={JSON: _RECORD}),
    _writing(
        "patch_article",
        "patch",
        "/articles/{id}",
        "Change some fields of an article",
        bodies={JSON: _PATCH, _MERGE_PATCH: _PATCH},
    ),
    _writing("delete_article", "delete", "/articles/{id}", "Delete an article, and keep it out"),
    _writing(
        "put_article_by_id",
        "put",
        "/article",
        "Write an article, whole; its id may hold anything",
        bodies={JSON: _RECORD},
    ),
    _writing(
        "patch_article_by_id",
        "patch",
        "/article",
        "Change some fields of an article; its id may hold anything",
        bodies={JSON: _PATCH, _MERGE_PATCH: _PATCH},
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
            JSON: {"type": "array", "items": _RECORD},
            LINES: {"type": "string", "description": "An article a line"},
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
