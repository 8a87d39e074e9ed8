"""What programs ask and are answered that do more than search: passages, vectors, all hits of a search."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, Field, FiniteFloat, JsonValue
from pydantic.json_schema import SkipJsonSchema

from arsearch.search.passages.request import MAX_NEIGHBOURS, PassageRequest
from arsearch.search.request import SearchRequest, Sort, TextKind
from arsearch.search.results import NoticeKind
from arsearch.settings import Mode, Settings
from arsearch.web.api.requests import (
    HIT_FIELDS,
    MAX_NUMBER,
    AskedQuestion,
    HitField,
    OwnSort,
    QueryText,
    QuestionModel,
    WholeNumber,
)
from arsearch.web.api.responses import AnswerModel

__all__ = ["HITS", "EmbedAnswer", "EmbedQuestion", "HitsQuestion", "PassageQuestion", "PassagesAnswer"]

HITS = 1_000
"""Most hits unless the question says otherwise."""
_LARGEST_BUDGET = 10_000_000
_PASSAGE: dict[str, JsonValue] = {
    "article_id": "house-of-wisdom",
    "title": "بيت الحكمة في بغداد",
    "start": 0,
    "end": 33,
    "text": "كان بيت الحكمة خزانة كتب ودار ترجمة.",
    "score": 0.61,
    "parts": {"article": 0.63, "lexical": 0.8, "semantic": 0.57},
    "author": "ليلى الحسن",
    "date": "2015-07-21",
    "source": "مجلة التراث",
    "url": "https://example.org/house-of-wisdom",
    "link": "/article/house-of-wisdom#chars=0-33",
}


class PassageQuestion(AskedQuestion):
    """Which passages answer a question."""

    q: QueryText = Field(description="The question, as plain text", examples=["من أسس بيت الحكمة؟"])
    size: WholeNumber = Field(5, ge=1, description="Most passages")
    neighbours: WholeNumber = Field(
        0, ge=0, le=MAX_NEIGHBOURS, description="Passages before and behind each one that its `context` has"
    )
    diversity: FiniteFloat = Field(
        0.0,
        ge=0.0,
        le=1.0,
        description="From 0, the best whatever they say, to 1, as unlike each other as there are "
        "(maximal marginal relevance); without it as the server has it set",
    )
    max_characters: WholeNumber = Field(
        0,
        ge=0,
        le=_LARGEST_BUDGET,
        description="Most characters of all passages together, or of their contexts; 0 for no limit",
    )
    max_tokens: WholeNumber = Field(
        0,
        ge=0,
        le=_LARGEST_BUDGET,
        description="The same in tokens, as the index's encoder counts them; 0 for no limit",
    )
    operators: bool = Field(
        False, description="Whether quotes, minus signs and operators mean something, as they do in a search"
    )

    def request(self, settings: Settings) -> PassageRequest:
        """Return what is asked; *settings* say what was left open."""
        return PassageRequest(
            search=self.search(settings),
            size=self.size,
            neighbours=self.neighbours,
            diversity=self.diversity if "diversity" in self.model_fields_set else None,
            max_characters=self.max_characters,
            max_tokens=self.max_tokens,
        )


class TextSpanAnswer(AnswerModel):
    """A piece of the body of an article."""

    start: int = Field(ge=0, description="Where it starts in the body, in code points")
    end: int = Field(ge=0, description="Where it ends")
    text: str = Field(description="As the article has it")


class PassageParts(AnswerModel):
    """What the score of a passage is made of."""

    article: float = Field(description="The score of the article")
    lexical: float = Field(description="How much of the query stands in passage or title, as a share of its weight")
    semantic: float = Field(description="The cosine of the passage, -1 where it has no vector or none was compared")


class PassageAnswer(AnswerModel):
    """A piece of an article that answers a question."""

    model_config = ConfigDict(json_schema_extra={"examples": [_PASSAGE]})

    article_id: str = Field(description="Id of the article")
    title: str = Field(description="Of the article, plain text")
    start: int = Field(ge=0, description="Where the passage starts in the body of the article, in code points")
    end: int = Field(ge=0, description="Where it ends")
    text: str = Field(description="As the article has it, to the letter")
    score: float = Field(description="On the scale of the articles' scores")
    parts: PassageParts = Field(description="What the score is made of")
    author: str = Field(description="As written, or empty")
    date: str = Field(description="ISO 8601, or empty")
    source: str = Field(description="The newspaper, site or agency, or empty")
    url: str = Field(description="Address of the original, or empty")
    context: TextSpanAnswer | SkipJsonSchema[None] = Field(
        None, description="The passage with its neighbours; only if they were asked for"
    )
    link: str = Field(description="Address of the article's page on this server, which shows and marks the passage")


class PassagesAnswer(AnswerModel):
    """The passages for a question."""

    query: str = Field(description="As it was asked")
    mode: Mode = Field(description="The mode that answered")
    took_ms: float = Field(description="Milliseconds that it took")
    notice: str | None = Field(description="What whoever asked should know, in plain English")
    notice_kind: NoticeKind | None = Field(description="The same for programs")
    passages: list[PassageAnswer] = Field(description="The best first; with diversity, in the order chosen")


class HitsQuestion(AskedQuestion):
    """All hits of a query, best first, a line each."""

    max_hits: WholeNumber = Field(HITS, ge=1, le=MAX_NUMBER, description="Most hits")
    sort: Sort | OwnSort = Field("relevance", description="As in a search")
    fields: list[HitField] = Field([], description="Members of each hit; without this all but `body`")
    as_typed: bool = Field(False, description="As in a search")

    def request(self, settings: Settings) -> SearchRequest:
        """Return the search for the first of them; *settings* say what was left open."""
        return self.search(
            settings,
            size=min(settings.max_page_size, self.most(settings)),
            sort=self.sort,
            as_typed=self.as_typed,
            snippets=not self.fields or "snippet" in self.fields,
        )

    def most(self, settings: Settings) -> int:
        """Return how many hits are wanted, where *settings* may allow fewer than there are without saying."""
        return self.max_hits if "max_hits" in self.model_fields_set else min(self.max_hits, settings.max_depth)

    def members(self) -> tuple[str, ...]:
        """Return the members of a hit that are wanted."""
        return ("id", *self.fields) if self.fields else HIT_FIELDS


class EmbedQuestion(QuestionModel):
    """Texts whose vectors are wanted."""

    texts: list[str] = Field(min_length=1, description="Queries or passages", examples=[["بيت الحكمة"]])
    kind: TextKind = Field("query", description="What the texts are: many models embed queries and passages otherwise")


class EmbedAnswer(AnswerModel):
    """The vectors of texts, as the index compares them."""

    model: str = Field(description="The encoder the index was made with")
    kind: Literal["query", "passage"] = Field(description="As what the texts were embedded")
    dimension: int = Field(ge=1, description="Numbers of a vector")
    vectors: list[list[float]] = Field(
        description="Of length 1, in the order of the texts; zeros for a text that has nothing to compare"
    )
