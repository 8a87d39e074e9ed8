"""What programs ask: one typed model a question, for parameters in an address and for JSON bodies alike.

The models are what requests are validated with and what the OpenAPI document is made of. What depends on settings
(how large a page may be) is checked by the search itself and written into the document by ``openapi.py``.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, FiniteFloat, StringConstraints

from arsearch.article_fields import KEYWORD_FIELDS
from arsearch.corpus.parsing.structure import SpanKind
from arsearch.search.request import LONGEST_HALF_LIFE, SearchRequest, Sort
from arsearch.settings import Mode, Settings

__all__ = [
    "HIT_FIELDS",
    "MAX_NUMBER",
    "ArticleQuestion",
    "ArticleRecord",
    "AskedQuestion",
    "BatchQuestion",
    "DatePrefix",
    "DeleteQuestion",
    "FieldName",
    "HitField",
    "LimitedQuestion",
    "OwnSort",
    "QueryText",
    "QuestionModel",
    "SearchQuestion",
    "SimilarQuestion",
    "SuggestQuestion",
    "TaskQuestion",
    "Value",
    "WholeNumber",
    "WriteByIdQuestion",
    "WriteQuestion",
    "keyword_member",
]

HitField = Literal[
    "id", "score", "title", "snippet", "author", "date", "source", "url", "tags", "language", "image", "caption",
    "copies", "extra", "body", "structure",
]  # fmt: skip
HIT_FIELDS: tuple[HitField, ...] = (
    "id", "score", "title", "snippet", "author", "date", "source", "url", "tags", "language", "image", "caption",
    "copies", "extra",
)  # fmt: skip
"""Members that hits have unless the question says otherwise."""

# Something to see: neither blank nor a control. As ECMA-262 and Python read it alike.
_VISIBLE = r"[^\s\u0000-\u001f\u007f-\u009f\u200b\ufeff]"
# A year, a month or a day, with the digits of Arabic, Persian and English keyboards.
_DATE = r"^[0-9٠-٩۰-۹]{4}(-[0-9٠-٩۰-۹]{2}(-[0-9٠-٩۰-۹]{2})?)?$"
_MOMENT = r"^[0-9٠-٩۰-۹]{4}-[0-9٠-٩۰-۹]{2}-[0-9٠-٩۰-۹]{2}(T[0-9٠-٩۰-۹]{2}:[0-9٠-٩۰-۹]{2}:[0-9٠-٩۰-۹]{2})?$"
_CURSOR = "^[A-Za-z0-9_-]{16,200}$"


def _whole(value: object) -> object:
    """Return 5 for 5.0, which JSON Schema counts as an integer too (2020-12, section 4.2.3 of the core)."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _number(value: object) -> object:
    """Return 5.0 for 5: the strict float of a model takes no whole number that a body has."""
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


Days = Annotated[float, BeforeValidator(_number)]
MAX_NUMBER = 10**9
"""The greatest number that a request may give where nothing else is set; no archive has as many articles."""
WholeNumber = Annotated[int, BeforeValidator(_whole)]
QueryText = Annotated[str, Field(json_schema_extra={"pattern": _VISIBLE})]
Value = Annotated[str, Field(pattern=_VISIBLE)]
FieldName = Annotated[str, StringConstraints(pattern=r"^\w{1,40}$")]
OwnSort = Annotated[str, StringConstraints(pattern=r"^-?\w{1,40}$")]
DatePrefix = Annotated[str, StringConstraints(pattern=_DATE)]

_QUERY = (
    "Words, any of them; a quoted phrase must occur as typed; `-word`, `NOT` and `ليس` exclude; `AND`, `و`, `OR`, "
    "`أو`, brackets; `word*` for the beginning of a word; `title:` `date:` "
    + " ".join(f"`{field.name}:`" for field in KEYWORD_FIELDS)
    + f" (`عنوان:` `تاريخ:` {' '.join(f'`{field.typed[0]}:`' for field in KEYWORD_FIELDS)}); the names of own fields"
)


def keyword_member(name: str) -> Any:
    """Return the member that filters by the keyword field *name*."""
    field = next(field for field in KEYWORD_FIELDS if field.name == name)
    examples = [[field.example]] if field.example else None
    return Field([], description=f"Only articles {field.described}; of several values any will do", examples=examples)


class QuestionModel(BaseModel):
    """A question: what it does not know it refuses, and numbers are numbers."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class AskedQuestion(QuestionModel):
    """A query, which articles it is about, and how it is read: what every question has that searches."""

    q: QueryText = Field(description=_QUERY, examples=["وزير الداخلية"])
    mode: Mode = Field("hybrid", description="By words and meaning, by words, or by meaning")
    section: list[Value] = keyword_member("section")
    source: list[Value] = keyword_member("source")
    author: list[Value] = keyword_member("author")
    tag: list[Value] = keyword_member("tag")
    date_from: DatePrefix = Field(
        "", alias="from", description="Not before this year, month or day", examples=["2015-07"]
    )
    date_to: DatePrefix = Field("", alias="to", description="Not after this year, month or day", examples=["٢٠١٥-٠٨"])
    filter: dict[FieldName, Value | list[Value]] = Field(
        {},
        description="Only articles whose own fields have these values, by name; of numbers and dates also ranges: "
        "`10..200`, `2015-07..`. In an address each field is a parameter: `filter.country=ليبيا`",
    )
    operators: bool = Field(
        True, description="Whether quotes, minus signs and operators mean something; without, the query is plain text"
    )
    synonyms: bool = Field(
        True, description="Whether other names and forms of the words count too; without operators only if it is given"
    )
    freshness: Days = Field(
        0.0,
        ge=0,
        le=LONGEST_HALF_LIFE,
        description="Half-life in days of what it counts that an article is new, where hits are sorted by relevance; "
        "0: dates count nothing",
        examples=[30],
    )
    now: str = Field(
        "",
        pattern=_MOMENT,
        description="What counts as now for freshness, without a zone; without this the current hour, UTC",
        examples=["2015-07-21"],
    )
    vector: list[FiniteFloat] = Field(
        [], description="What meaning is compared with instead of the query's: as many numbers as `embed` gives"
    )

    def search(self, settings: Settings, **more: Any) -> SearchRequest:
        """Return the search for it, with *more* of what a search can be told; *settings* say what was left open."""
        given = self.model_fields_set
        return SearchRequest(
            query=self.q,
            mode=self.mode if "mode" in given else settings.mode,
            section=tuple(self.section),
            source=tuple(self.source),
            author=tuple(self.author),
            tag=tuple(self.tag),
            filters=self.filter,
            date_from=self.date_from,
            date_to=self.date_to,
            operators=self.operators,
            synonyms=self.synonyms if "synonyms" in given else None,
            freshness=self.freshness if "freshness" in given else None,
            now=self.now,
            vector=tuple(self.vector),
            **more,
        )


class SearchQuestion(AskedQuestion):
    """Which articles answer a query."""

    page: WholeNumber = Field(
        1, ge=1, le=MAX_NUMBER, description="Page, from 1; page × size has a limit, beyond which `after` goes on"
    )
    size: WholeNumber = Field(10, ge=1, description="Hits on a page")
    after: str = Field(
        "",
        pattern=_CURSOR,
        description="Goes on after the hits of an earlier answer: the value of its `after`, with the same question",
    )
    sort: Sort | OwnSort = Field(
        "relevance",
        description="Order of the hits: the best first, the newest (`date` is the same), the oldest; or by an own "
        "number or date: `pages` the least first, `-pages` the greatest",
    )
    facets: bool = Field(False, description="Whether to count sections, sources, authors, tags, years and own keywords")
    fields: list[HitField] = Field(
        [],
        description="Members of each hit, `id` always among them; without this all but `body` and its `structure`",
        examples=[["title", "date"]],
    )
    as_typed: bool = Field(
        False, description="Whether to answer what was typed, where nothing has it and there is a suggestion"
    )
    stories: bool = Field(
        False, description="Whether to say which hits tell of the same matter over some days (`stories` in the answer)"
    )
    explain: bool = Field(False, description="Whether to say how the query was read and what scores are made of")

    def request(self, settings: Settings) -> SearchRequest:
        """Return what is to be searched; *settings* say what was left open."""
        return self.search(
            settings,
            page=self.page,
            size=self.size if "size" in self.model_fields_set else settings.page_size,
            sort=self.sort,
            facets=self.facets,
            explain=self.explain,
            as_typed=self.as_typed,
            stories=self.stories,
            snippets=not self.fields or "snippet" in self.fields,
            after=self.after,
        )

    def members(self) -> tuple[str, ...]:
        """Return the members of a hit that are wanted."""
        return ("id", *self.fields) if self.fields else HIT_FIELDS


class BatchQuestion(QuestionModel):
    """Several searches at once, answered from the same commit of the index."""

    # Each is validated by itself: one that is wrong has a problem for an answer, and the others have theirs.
    searches: list[dict[str, Any]] = Field(min_length=1, description="Questions as `POST /api/v1/search` takes them")


class ArticleQuestion(QuestionModel):
    """Which article is wanted, whatever its id."""

    id: str = Field(min_length=1, description="Id of the article, as hits have it", examples=["house-of-wisdom"])


class WriteQuestion(QuestionModel):
    """When a write is answered."""

    refresh: Literal["no", "wait"] = Field(
        "no",
        description="`wait`: answer when the write can be found, or half a minute is over; else when it is on the disk",
    )


class WriteByIdQuestion(ArticleQuestion, WriteQuestion):
    """Which article is written, whatever its id."""


class DeleteQuestion(QuestionModel):
    """Which articles are deleted: those that a search by words finds."""

    q: QueryText = Field(description=_QUERY, examples=['"بيت الحكمة" source:"مجلة التراث"'])
    section: list[Value] = keyword_member("section")
    source: list[Value] = keyword_member("source")
    author: list[Value] = keyword_member("author")
    tag: list[Value] = keyword_member("tag")
    date_from: DatePrefix = Field("", alias="from", description="Not before this year, month or day")
    date_to: DatePrefix = Field("", alias="to", description="Not after this year, month or day")
    dry_run: bool = Field(False, description="Whether only to say what would be deleted")


class TaskQuestion(QuestionModel):
    """Nothing more than the task."""


class ArticleRecord(BaseModel):
    """An article as a corpus has it; own fields that the maintainer declared stand beside these."""

    model_config = ConfigDict(extra="allow", title="ArticleRecord")

    id: str = Field("", description="Unique in the index; without one, it is made of title and body")
    title: str = Field("", description="One line of plain text or HTML")
    body: str = Field(description="Plain text or HTML; the only field that is required", min_length=1)
    author: str = Field("", description="One line")
    date: str = Field("", description="ISO 8601, or what `arsearch` reads as a date")
    source: str = Field("", description="The newspaper, site or agency")
    url: str = Field("", description="Address of the original")
    tags: list[str] = Field([], description="The first is the section")
    language: str = Field("", description="ISO 639-1; where it is empty, it is recognised")
    image: str = Field("", description="Address of a picture, http or https")
    caption: str = Field("", description="What the picture shows")
    structure: list[Annotated[list[int | SpanKind], Field(min_length=4, max_length=4)]] = Field(
        [],
        description="Which of a plain `body` is a heading, an item of a list, a quotation or a cell of a table: start "
        "and end in code points, kind, level. One that does not fit the body is left out",
    )


class LimitedQuestion(QuestionModel):
    """How many articles are wanted."""

    limit: WholeNumber = Field(5, ge=1, description="Maximum number of articles")


class SimilarQuestion(ArticleQuestion, LimitedQuestion):
    """Which article others shall be like, whatever its id."""


class SuggestQuestion(QuestionModel):
    """How what is typed may go on."""

    q: str = Field(
        "",
        description="Text typed so far, in Arabic, in Latin letters or on the wrong keyboard layout",
        examples=["بيت الحك"],
    )
    limit: WholeNumber = Field(8, ge=1, description="Maximum number of suggestions")
    format: Literal["json", "opensearch"] = Field(
        "json", description="`opensearch` for the format of OpenSearch Suggestions 1.0"
    )
