"""The HTTP API for programs, version 1: what ``openapi.py`` describes."""

from __future__ import annotations

import json
import time
from typing import Any
from urllib.parse import urlencode

import orjson
from flask import Blueprint, Response, request, url_for
from werkzeug.exceptions import ServiceUnavailable, UnsupportedMediaType

from arsearch.common.deadline import run_clock
from arsearch.errors import (
    ArsearchError,
    ExpiredCursorError,
    IndexStateError,
    NoIndexError,
    QueryError,
    QueryTimeoutError,
    UnsearchableQueryError,
)
from arsearch.search.cursor import commit_of
from arsearch.search.request import SearchRequest
from arsearch.search.results import ROUGH, SearchResults
from arsearch.search.searcher import Searcher
from arsearch.search.suggestions import Completion
from arsearch.web.api.conditional import answer_if_changed
from arsearch.web.api.lines import LINES_TYPES, questions_in_lines, stream_lines, wants_lines
from arsearch.web.api.openapi import openapi_document
from arsearch.web.api.operations import JSON
from arsearch.web.api.parameters import OWN_FILTER, question_from_body, question_from_members, question_from_query
from arsearch.web.api.requests import (
    ArticleQuestion,
    BatchQuestion,
    LimitedQuestion,
    QuestionModel,
    SearchQuestion,
    SimilarQuestion,
    SuggestQuestion,
)
from arsearch.web.api.responses import (
    AnswerModel,
    ArticleAnswer,
    BatchAnswer,
    BatchItem,
    HitAnswer,
    SearchAnswer,
    SimilarAnswer,
    SuggestAnswer,
    SuggestedArticle,
)
from arsearch.web.live import live_index, request_searcher
from arsearch.web.problems import problem_details
from arsearch.web.search_answers import answer_search, query_clock
from arsearch.web.security import charge, wait_for_next_turn
from arsearch.web.writing import version_of

__all__ = [
    "SUGGESTIONS", "WITHOUT_MODEL", "api", "described_api", "json_answer", "json_body", "shown_hits", "suggestions",
]  # fmt: skip

api = Blueprint("api", __name__, url_prefix="/api/v1")
_SEARCH = "/api/v1/search"

SUGGESTIONS = 8
WITHOUT_MODEL = "Searched by words only, because the model is missing."


@api.get("/search")
def search() -> Response:
    """Search articles."""
    question = question_from_query(SearchQuestion, request.args)
    asked = question.request(live_index().settings)
    searcher = _searcher_for(asked)

    def answer() -> Response:
        return _sent(_search_members(searcher, question, asked), question)

    return answer_if_changed(searcher, question.model_dump_json(), answer, moment=_moment(asked, searcher))


@api.post("/search")
def search_with_body() -> Response:
    """Search articles, with the question in a JSON body."""
    question = question_from_body(SearchQuestion, json_body())
    asked = question.request(live_index().settings)
    return _sent(_search_members(_searcher_for(asked), question, asked), question)


@api.post("/msearch")
def search_many() -> Response:
    """Answer several searches from one commit; what is wrong with one of them is that one's answer."""
    began = time.perf_counter()
    if request.mimetype in LINES_TYPES:
        searches = questions_in_lines(request.get_data())
    else:
        searches = question_from_body(BatchQuestion, json_body()).searches
    searcher = request_searcher()
    most = searcher.settings.max_searches
    if len(searches) > most:
        raise UnsearchableQueryError(
            f"There are {len(searches)} searches in the batch; at most {most} are answered at once. Send the "
            "others in another batch, or raise the setting max_searches.",
            field="searches",
        )
    charge(len(searches) - 1)
    deadline = _BatchDeadline(2 * searcher.settings.max_query_ms / 1000)
    answers = (_batch_item(searcher, place, members, deadline) for place, members in enumerate(searches))
    if wants_lines():
        return stream_lines(f'{{"place":{place},{answer.as_json()[1:]}' for place, answer in enumerate(answers))
    answered = list(answers)
    return json_answer(
        BatchAnswer(
            commit=searcher.index.manifest.commit,
            took_ms=round((time.perf_counter() - began) * 1000, 1),
            answers=answered,
        )
    )


@api.get("/suggest")
def suggest() -> Response:
    """Complete what is being typed: its last word, and with titles. In the format of OpenSearch on request."""
    question = question_from_query(SuggestQuestion, request.args)
    searcher = request_searcher()
    _check_limit(question.limit, searcher)

    def answer() -> Response:
        query = question.q[: searcher.settings.max_query_characters]
        return suggestions(query, searcher.completions(query, question.limit), question.format)

    return answer_if_changed(searcher, question.model_dump_json(), answer)


def suggestions(query: str, found: list[Completion], form: str) -> Response:
    """Return completions as JSON, or in the format of OpenSearch Suggestions 1.0."""
    if form == "opensearch":
        body = json.dumps([query, [completion.text for completion in found]], ensure_ascii=False)
        return Response(body, content_type="application/x-suggestions+json")
    return json_answer(
        SuggestAnswer(
            query=query,
            suggestions=[completion.text for completion in found],
            articles=[SuggestedArticle(id=each.article, title=each.text) for each in found if each.article is not None],
        )
    )


@api.get("/articles/<path:identifier>/similar")
def similar(identifier: str) -> Response:
    """List the articles nearest in meaning to an article."""
    return _similar(identifier, question_from_query(LimitedQuestion, request.args))


@api.get("/similar")
def similar_by_id() -> Response:
    """List the articles nearest in meaning to one, whatever its id."""
    question = question_from_query(SimilarQuestion, request.args)
    return _similar(question.id, question)


@api.get("/articles/<path:identifier>")
def article(identifier: str) -> Response:
    """Give one article, whole."""
    return _article(identifier, question_from_query(QuestionModel, request.args))


@api.get("/article")
def article_by_id() -> Response:
    """Give one article, whole, whatever its id."""
    question = question_from_query(ArticleQuestion, request.args)
    return _article(question.id, question)


@api.get("/openapi.json")
def openapi() -> Response:
    """Describe this API in OpenAPI 3.1."""
    response = Response(json.dumps(described_api(), ensure_ascii=False), content_type=JSON)
    response.add_etag(weak=True)
    return response.make_conditional(request.environ)  # type: ignore[return-value]  # werkzeug returns itself


def described_api() -> dict[str, Any]:
    """Return the OpenAPI document of this server."""
    try:
        own = request_searcher().index.manifest.own_fields
    except IndexStateError:  # what the API is can be asked even so
        own = ()
    return openapi_document(url_for("pages.home"), live_index().settings, own)


def _article(identifier: str, question: QuestionModel) -> Response:
    searcher = request_searcher()
    read = live_index().as_read(searcher, identifier)

    def answer() -> Response:
        return json_answer(ArticleAnswer(**searcher.article(identifier).as_dict()))

    # Who is going to write it again sends the tag as If-Match.
    prefix = f"{version_of(read)}-" if read else ""
    return answer_if_changed(searcher, question.model_dump_json(), answer, prefix=prefix)


def _similar(identifier: str, question: LimitedQuestion) -> Response:
    searcher = request_searcher()
    _check_limit(question.limit, searcher)

    def answer(searcher: Searcher) -> AnswerModel:
        found = [article.as_dict() for article in searcher.similar(identifier, question.limit)]
        summaries = [
            {name: value for name, value in fields.items() if name not in ("body", "structure")} for fields in found
        ]
        return SimilarAnswer.model_validate({"id": identifier, "articles": summaries})

    return answer_if_changed(searcher, question.model_dump_json(), lambda: json_answer(answer(searcher)))


def _searcher_for(asked: SearchRequest) -> Searcher:
    """Return the searcher that can answer *asked*: with a cursor that of its commit."""
    if not asked.after:
        return request_searcher()
    try:
        return request_searcher(commit_of(asked.after, asked))
    except NoIndexError:
        raise ExpiredCursorError(
            "The commit of the index that the cursor goes on in is not kept any more. Search again without it.",
            field="after",
        ) from None


def _search_members(searcher: Searcher, question: SearchQuestion, asked: SearchRequest) -> dict[str, Any]:
    """Return the members of the answer to *question*, which is *asked*, in the order of SearchAnswer."""
    results = answer_search(searcher, asked)
    answer = results.with_hits(shown_hits(results, question.members()))
    if results.notice and results.notice.kind == "no-model":  # the reason names files of the server
        answer["notice"] = WITHOUT_MODEL
    last = {name: answer.pop(name) for name in ("answered", "explain", "stories", "shards") if name in answer}
    answer["next"] = _next(question, results.after)
    return answer | last


def _sent(answer: dict[str, Any], question: SearchQuestion) -> Response:
    """Return the members of an answer to *question* as a response."""
    if question.explain:  # which has numbers that the model makes alike
        return json_answer(SearchAnswer.model_validate(answer))
    # The model says what an answer is and tests hold it to that; to check each takes longer than to write it.
    response = Response(orjson.dumps(answer, option=orjson.OPT_SERIALIZE_NUMPY), content_type=JSON)
    if answer["notice_kind"] in ROUGH:
        response.cache_control.no_store = True
    return response


def shown_hits(results: SearchResults, members: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return the hits of *results* as JSON types, with these *members*, in the order of HitAnswer."""
    wanted = {*members, "explain"}
    names = [name for name in HitAnswer.model_fields if name in wanted]
    shown = []
    for hit in results.hits:
        known = hit.as_dict()
        if "body" in wanted or "structure" in wanted:
            known |= hit.article.shown_as_json() | {"body": hit.article.body}
        shown.append({name: known[name] for name in names if name in known})
    return shown


def _next(question: SearchQuestion, after: str | None) -> str | None:
    """Return the address of the same search, going on after a cursor."""
    if after is None:
        return None
    given = question.model_dump(by_alias=True, exclude_unset=True, exclude={"page"}) | {"after": after}
    given |= {f"{OWN_FILTER}{name}": value for name, value in given.pop("filter", {}).items()}
    written = {name: str(value).lower() if isinstance(value, bool) else value for name, value in given.items()}
    return f"{request.script_root}{_SEARCH}?{urlencode(written, doseq=True)}"


class _BatchDeadline:
    """When a batch has to be answered: in the time that one query has, waiting included."""

    def __init__(self, seconds: float) -> None:
        self._now = query_clock()
        self._end = self._now() + seconds

    @property
    def left(self) -> float:
        """Seconds that are left. Raises QueryTimeoutError if there are none."""
        left = self._end - self._now()
        if left <= 0:
            raise QueryTimeoutError("The time of the batch was up before this search began. Send it in another batch.")
        return left


def _batch_item(searcher: Searcher, place: int, members: dict[str, object], deadline: _BatchDeadline) -> BatchItem:
    """Answer one search of a batch, in a turn of its own."""
    try:
        question = question_from_members(SearchQuestion, members, under=("searches", str(place)))
        if place:
            wait_for_next_turn(deadline.left)
        with run_clock(min(deadline.left, searcher.settings.max_query_ms / 1000), query_clock()):
            members = _search_members(searcher, question, question.request(searcher.settings))
            return BatchItem(status=200, answer=SearchAnswer.model_validate(members))
    except IndexStateError:
        raise  # not this one's fault, and the others would fare alike
    except (ArsearchError, ServiceUnavailable) as error:
        problem = problem_details(error, under=("searches", str(place)))
        return BatchItem(status=problem.status, problem=problem)


def _moment(asked: SearchRequest, searcher: Searcher) -> str:
    """Return the time that counts as now for freshness, where it is left open and has a say."""
    return "" if asked.now or asked.after else asked.moment(searcher.settings)


def json_answer(answer: AnswerModel) -> Response:
    """Return *answer* as a response."""
    response = Response(answer.as_json(), content_type=JSON)
    if isinstance(answer, SearchAnswer) and answer.notice_kind in ROUGH:
        response.cache_control.no_store = True
    return response


def json_body() -> bytes:
    """Return the body of the request. Raises UnsupportedMediaType if it does not claim to be JSON."""
    if request.mimetype != JSON:
        raise UnsupportedMediaType("Send JSON, with Content-Type: application/json.")
    return request.get_data()


def _check_limit(limit: int, searcher: Searcher) -> None:
    most = searcher.settings.max_page_size
    if limit > most:
        raise QueryError(f"The limit is {limit}. Choose between 1 and {most}.", field="limit")
