"""What programs are answered: one typed model an answer. The OpenAPI document is made of them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue
from pydantic.json_schema import SkipJsonSchema

from arsearch.corpus.parsing.structure import SpanKind
from arsearch.search.results import NoticeKind
from arsearch.settings import Mode

__all__ = [
    "ArticleAnswer",
    "BatchAnswer",
    "BatchItem",
    "DeleteAnswer",
    "HitAnswer",
    "Problem",
    "SearchAnswer",
    "SimilarAnswer",
    "SuggestAnswer",
    "TaskAnswer",
    "WriteAnswer",
    "WriteItem",
    "WriteResult",
]

_HIT: dict[str, JsonValue] = {
    "id": "house-of-wisdom",
    "score": 3.21,
    "title": "بيت الحكمة في بغداد",
    "snippet": "كان <mark>بيت</mark> <mark>الحكمة</mark> خزانة كتب ودار ترجمة.",
    "author": "ليلى الحسن",
    "date": "2015-07-21",
    "source": "مجلة التراث",
    "url": "https://example.org/house-of-wisdom",
    "tags": ["تاريخ", "كتب"],
    "language": "ar",
    "copies": [],
}


_IMAGE = "Address of a picture; left out where there is none"
_CAPTION = "What the picture shows; left out where nothing says so"
Structure = list[Annotated[list[int | SpanKind], Field(min_length=4, max_length=4)]]
Extra = dict[str, str | int | float | list[str]]
_EXTRA = "The values of the fields that the maintainer declared, by name; left out where there are none"


class AnswerModel(BaseModel):
    """An answer; a member it does not know is a mistake of the server's."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    def as_json(self) -> str:
        """Return the answer as it is sent: members that were not set are left out."""
        return self.model_dump_json(exclude_unset=True)


class Copy(AnswerModel):
    """An article that says the same as a hit, elsewhere or under another id; it is found with that one only."""

    id: str = Field(description="Of the copy, which can be fetched as an article")
    title: str = Field(description="Plain text")
    source: str = Field(description="Where it was published")
    url: str = Field(description="Address of the original, or empty")
    date: str = Field(description="ISO 8601, or empty")


class HitExplanation(BaseModel):
    """What the score of a hit is made of: each side, each feature, and what each word adds."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, float] = Field(init=False)

    lexical: float = Field(description="BM25")
    semantic: float = Field(description="Cosine of the nearest passage")
    by_word: dict[str, float] = Field(description="What each word of the query adds to `lexical`")
    pinned: bool | SkipJsonSchema[None] = Field(None, description="`true` if the maintainer wants it first")


class HitAnswer(AnswerModel):
    """An article found. Which members it has is chosen by `fields`; without that, all but `body`."""

    model_config = ConfigDict(json_schema_extra={"examples": [_HIT]})

    id: str = Field(description="Unique in the index")
    score: float = Field(0.0, description="Falls from hit to hit when sorted by relevance")
    title: str = Field("", description="Plain text")
    snippet: str = Field("", description="HTML-escaped text in which only `<mark>` is markup")
    author: str = Field("", description="As written, or empty")
    date: str = Field("", description="ISO 8601, or empty")
    source: str = Field("", description="The newspaper, site or agency, or empty")
    url: str = Field("", description="Address of the original, or empty")
    tags: list[str] = Field([], description="The first is the section")
    language: str = Field("", description="ISO 639-1, or empty")
    image: str = Field("", description=_IMAGE)
    caption: str = Field("", description=_CAPTION)
    copies: list[Copy] = Field([], description="Articles that say the same, found with this one only")
    extra: Extra = Field({}, description=_EXTRA)
    body: str = Field("", description="The whole text; only if asked for with `fields`")
    structure: Structure = Field([], description="As an article has it; only if asked for with `fields`")
    explain: HitExplanation | SkipJsonSchema[None] = Field(None, description="Only if asked for")


class FacetCount(AnswerModel):
    """How many of the articles found have a value."""

    value: str = Field(description="As articles spell it")
    count: int = Field(ge=0, description="Articles found that have it")


class Facets(AnswerModel):
    """The most frequent values among all articles found; empty unless asked for. Own keyword fields stand beside."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, list[FacetCount]] = Field(init=False)

    section: list[FacetCount] = Field([], description="First tags")
    source: list[FacetCount] = Field([], description="Newspapers, sites or agencies")
    author: list[FacetCount] = Field([], description="Authors")
    tag: list[FacetCount] = Field([], description="All tags")
    year: list[FacetCount] = Field([], description="Years of the dates, four digits")


class ExplainedToken(AnswerModel):
    """A word of the query, and how many articles have it."""

    surface: str = Field(description="As typed")
    folded: str = Field(description="As exact words are compared")
    stem: str = Field(description="As words are searched; empty for a stop word")
    articles: int = Field(description="Articles that have it")


class Expansion(AnswerModel):
    """Another name that was searched beside a word."""

    of: str = Field(description="What was typed")
    name: str = Field(description="What was searched besides")
    weight: float = Field(description="What a match counts, beside 1 for what was typed")
    origin: str = Field(description="Where the synonym comes from")


class Candidate(AnswerModel):
    """What a word may have been meant to be."""

    word: str = Field(description="As articles spell it")
    cost: float = Field(0.0, description="What the slips would cost; 0 for none")
    articles: int = Field(0, description="Articles that have it")


class Correction(AnswerModel):
    """A word that was looked up for a suggestion."""

    typed: str = Field(description="As typed")
    kind: Literal["spelling", "arabizi", "layout"] = Field(
        description="What may have gone wrong: the spelling, Latin letters for Arabic ones, or the keyboard layout"
    )
    candidates: list[Candidate] = Field(description="The most likely first")


class FreshnessExplanation(AnswerModel):
    """What it counts that an article is new. `freshness` of a hit says how fresh it is, between 0 and 1."""

    half_life_days: float = Field(ge=0, description="After so many days it counts half as much")
    now: str = Field(description="What counted as now, in ISO 8601")
    weight: float = Field(ge=0, description="What a new article has before one of long ago, in log-odds")


class QueryExplanation(AnswerModel):
    """How the query was read."""

    parsed: str = Field(description="The query as parsed; ~ stands between words of which any is enough")
    plain: str = Field(description="The query without operators and filters")
    tokens: list[ExplainedToken] = Field(description="Words of the query, in their order")
    phrases: list[str] = Field(description="Phrases in quotation marks")
    excluded: list[str] = Field(description="Words and phrases that no article found may have")
    expansions: list[Expansion] = Field(description="Synonyms that were searched besides")
    corrections: list[Correction] = Field(description="What was considered for a suggestion")
    freshness: FreshnessExplanation | SkipJsonSchema[None] = Field(None, description="Only where it has a say")


class ShardsAnswer(AnswerModel):
    """Parts that an index on a cluster was asked in."""

    total: int = Field(ge=1, description="Parts that were asked")
    failed: int = Field(ge=0, description="Those that did not answer; what they have is missing")


class StoryAnswer(AnswerModel):
    """Hits that tell of the same matter over some days: by their dates, words of their titles, and meaning."""

    ids: list[str] = Field(description="Of the hits, in their order; two or more")
    first: str = Field(description="The first day, ISO 8601")
    last: str = Field(description="The last day, ISO 8601")


class SearchAnswer(AnswerModel):
    """What a search found."""

    query: str = Field(examples=["بيت الحكمة"], description="As it was asked")
    mode: Mode = Field(
        description="The mode that answered: `lexical` when the model of the semantic side could not be loaded"
    )
    total: int = Field(ge=0, description="Articles found, on this page or not")
    total_relation: Literal["eq", "gte"] = Field(description="Whether `total` is exact or at least so many")
    took_ms: float = Field(description="Milliseconds that the search took")
    page: int = Field(ge=1, description="The page; after a cursor, the one on which the first hit would stand")
    size: int = Field(ge=1, description="Hits that a page may have")
    suggestion: str | None = Field(description="Another spelling, keyboard layout or script to try")
    notice: str | None = Field(description="What a reader should know, in plain English")
    notice_kind: NoticeKind | None = Field(description="The same for programs")
    facets: Facets = Field(description="Counts of values, if asked for")
    hits: list[HitAnswer] = Field(description="Those of this page, in their order")
    after: str | None = Field(description="The cursor that goes on after these hits; null when these are the last")
    next: str | None = Field(description="Address of what goes on after these hits; null when these are the last")
    answered: str = Field("", description="The query answered instead, where nothing has what was typed")
    explain: QueryExplanation | SkipJsonSchema[None] = Field(None, description="Only if asked for")
    stories: list[StoryAnswer] = Field([], description="Those among the hits; only if asked for, and if there are any")
    shards: ShardsAnswer | SkipJsonSchema[None] = Field(None, description="Only where a part of a cluster is missing")


class ArticleSummary(AnswerModel):
    """An article without its text."""

    id: str = Field(description="Unique in the index")
    title: str = Field(description="Plain text")
    author: str = Field(description="As written, or empty")
    date: str = Field(description="ISO 8601, or empty")
    source: str = Field(description="The newspaper, site or agency, or empty")
    url: str = Field(description="Address of the original, or empty")
    tags: list[str] = Field(description="The first is the section")
    language: str = Field(description="ISO 639-1, or empty")
    image: str = Field("", description=_IMAGE)
    caption: str = Field("", description=_CAPTION)
    extra: Extra = Field({}, description=_EXTRA)


class ArticleAnswer(ArticleSummary):
    """An article, whole."""

    body: str = Field(description="Plain text; a line break ends a paragraph")
    structure: Structure = Field(
        [],
        description="Which of `body` is a heading, an item of a list, a quotation or a cell of a table: start and end "
        "in code points, the kind, and the level of a heading, or how deep a list or a quotation stands. Cells of one "
        "line are a row. Left out where there is none",
        examples=[[[0, 7, "heading", 2], [9, 16, "item", 1]]],
    )


class SimilarAnswer(AnswerModel):
    """The articles nearest in meaning to one."""

    id: str = Field(description="Of the article that was asked about")
    articles: list[ArticleSummary] = Field(description="The nearest first")


class SuggestedArticle(AnswerModel):
    """An article whose title is among the suggestions."""

    id: str = Field(examples=["house-of-wisdom"], description="Its id")
    title: str = Field(examples=["بيت الحكمة في بغداد"], description="As it stands among the suggestions")


class SuggestAnswer(AnswerModel):
    """How what is typed may go on."""

    query: str = Field(examples=["بيت الحك"], description="As it was typed")
    suggestions: list[str] = Field(
        examples=[["بيت الحكمة", "بيت الحكمة في بغداد"]],
        description="How articles go on, the most likely first, and titles that have what was typed",
    )
    articles: list[SuggestedArticle] = Field(
        default_factory=list, description="Those of the suggestions that are titles, and of which articles"
    )


class Fault(AnswerModel):
    """One thing that is wrong with a request."""

    field: str = Field(description="The parameter, or the member of the body")
    pointer: str = Field("", description="Where in the body, as a JSON pointer (RFC 6901) after `#`")
    detail: str = Field(description="What is wrong and what to write, in English")


class Problem(AnswerModel):
    """What went wrong (RFC 9457)."""

    type: str = Field(
        description="What kind of problem; an address that describes it", examples=["/problems/no-such-article"]
    )
    title: str = Field(description="The kind of problem in a few words")
    status: int = Field(description="The HTTP status")
    detail: str = Field(description="What happened and what to do, in English")
    request_id: str = Field("", description="By which the log of the server has this one occurrence")
    errors: list[Fault] = Field([], description="Everything that is wrong with the request, one by one")


class BatchItem(AnswerModel):
    """The answer to one search of a batch: what it found, or what was wrong with it."""

    status: int = Field(description="The status that the search would have had by itself")
    answer: SearchAnswer | SkipJsonSchema[None] = Field(
        default=None, description="What the search found; only with the status 200"
    )
    problem: Problem | SkipJsonSchema[None] = Field(
        default=None, description="What was wrong with it; only with another status"
    )


class BatchAnswer(AnswerModel):
    """The answers to a batch, in its order, all from the same commit."""

    commit: str = Field(description="The commit that answered all of them")
    took_ms: float = Field(description="Milliseconds that the batch took")
    answers: list[BatchItem] = Field(description="In the order of the searches")


WriteResult = Literal["created", "replaced", "unchanged", "deleted", "refused"]


class WriteItem(AnswerModel):
    """What became of one write."""

    id: str = Field(description="Of the article")
    status: int = Field(description="The status that the write would have had by itself")
    result: WriteResult = Field(description="What became of it")
    version: str = Field("", description="What `If-Match` takes; empty for an article that is not there")
    notes: list[str] = Field([], description="What was mended or left out, in English")
    problem: Problem | SkipJsonSchema[None] = Field(default=None, description="Why it was refused")


class WriteAnswer(AnswerModel):
    """What became of writes. They are on the disk; `task` says when they can be found."""

    task: str = Field(description="Ask `/tasks/{id}` whether the writes can be found")
    visible: bool = Field(description="Whether they can be found now")
    items: list[WriteItem] = Field(description="In the order of the writes")


class DeleteAnswer(AnswerModel):
    """What a deletion by query deleted, or would delete."""

    dry_run: bool = Field(description="Whether nothing was deleted")
    total: int = Field(ge=0, description="How many articles")
    ids: list[str] = Field(description="Their ids, at most a thousand")
    task: str = Field(description="Ask `/tasks/{id}` whether they have gone; empty for a dry run")
    visible: bool = Field(description="Whether they have gone now")


class TaskAnswer(AnswerModel):
    """How far writes have come."""

    task: str = Field(description="The task that was asked about")
    state: Literal["waiting", "done"] = Field(description="`done` when all of its writes can be found")
    waiting: int = Field(ge=0, description="Articles that wait for being indexed, of all tasks together")
