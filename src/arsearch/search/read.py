"""The first stage of a search: what is asked, read with the words of the index in mind."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from arsearch.arabic import Token
from arsearch.backends import SearchableIndex
from arsearch.common.array_types import Vectors
from arsearch.common.deadline import clock_time, stage
from arsearch.common.hijri import days_of_hijri
from arsearch.errors import ArticleNotFoundError, EncoderError
from arsearch.lexical import LexicalQuery
from arsearch.lexical.query.date_ranges import hijri_dates
from arsearch.search.models import SearchModels
from arsearch.search.query_reader import QueryReader
from arsearch.search.request import SearchRequest
from arsearch.search.results import Notice

__all__ = ["ReadRequest", "RequestReader"]

_NO_SUCH_PHRASE = Notice(
    "no-phrase",
    "No article has the quoted words in this order; the words were searched without the quotes.",
)
_ONLY_STOP_WORDS = Notice("common-words", "Every word of the query is a very common word. Add another word.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadRequest:
    """A request as the later stages need it."""

    request: SearchRequest
    query: LexicalQuery
    mode: str
    """The mode that can answer: ``lexical`` where there is nothing to compare by meaning, or no encoder."""
    vector: Vectors | None
    """The query as a vector (dimension,); None in lexical mode."""
    start: int
    """How many hits stand before the first one to show."""
    notice: Notice | None
    pinned: tuple[int, ...]
    """Documents that a maintainer wants to come first for this query, in their order."""
    blocked: tuple[int, ...]
    """Documents that are not to come at all."""
    began: float
    """When reading began, in seconds of the clock in force."""

    @property
    def end(self) -> int:
        """How many hits there are up to the last one to show."""
        return self.start + self.request.size


class RequestReader:
    """Reads requests for one index. Safe to use from several threads."""

    def __init__(self, index: SearchableIndex, queries: QueryReader, models: SearchModels) -> None:
        self._index = index
        self._queries = queries
        self._models = models

    def read(self, request: SearchRequest, start: int = 0) -> ReadRequest:
        """Return *request*, whose hits are wanted from the one after *start* on.

        Raises UnsearchableQueryError if it has no word, or too many.
        """
        began = clock_time()
        query = self._queries.read(request)
        mode, notice = self._mode(request, query)
        vector = self._vector(mode, request, query)
        if query.phrases and not self._index.has_phrases(query):
            query, notice = query.without_quotes(), _NO_SUCH_PHRASE
        notice = notice or _hijri(request, query)
        curation = self._queries.curation(request)
        return ReadRequest(
            request=request,
            query=query,
            mode=mode,
            vector=vector,
            start=start,
            notice=notice,
            pinned=self._documents(curation.pinned) if curation and request.sort == "relevance" else (),
            blocked=self._documents(curation.blocked) if curation else (),
            began=began,
        )

    def _documents(self, identifiers: Iterable[str]) -> tuple[int, ...]:
        """Return the documents that are found for articles, each once; an article that is gone is none."""
        documents: dict[int, None] = {}
        for identifier in identifiers:
            try:
                documents[self._index.locate(identifier).document] = None
            except ArticleNotFoundError:
                continue
        return tuple(documents)

    def _mode(self, request: SearchRequest, query: LexicalQuery) -> tuple[str, Notice | None]:
        """Return the mode that can answer, and what the reader should know if it is not the one wanted."""
        wanted = request.mode
        if request.vector:
            return wanted, None
        if not query.words:  # only fields: there is no meaning to compare
            return "lexical", None
        if wanted != "lexical":
            try:
                self._models.encoder  # noqa: B018  # loads the model
            except EncoderError as error:
                return "lexical", Notice("no-model", f"Searched by words only, because the model is missing. {error}")
        is_letters = all(at in query.acronym_letters or _is_number(word) for at, word in enumerate(query.words))
        if query.only_stop_words or is_letters:  # what letters and numbers mean, no encoder knows
            return ("lexical" if wanted == "hybrid" else wanted), None if is_letters else _ONLY_STOP_WORDS
        return wanted, None

    @stage("semantic")
    def _vector(self, mode: str, request: SearchRequest, query: LexicalQuery) -> Vectors | None:
        if mode == "lexical":
            return None
        if request.vector:
            given = np.array(request.vector, np.float64)  # squares of large numbers have no room in float32
            return np.asarray(given / np.abs(given).max() / np.linalg.norm(given / np.abs(given).max()), np.float32)
        return self._models.vector_of(query.plain)


def _is_number(word: Token) -> bool:
    return word.folded.replace(".", "", 1).isdecimal()


def _hijri(request: SearchRequest, query: LexicalQuery) -> Notice | None:
    """Return a notice of the dates of *request* and *query* that were read as Hijri."""
    typed = [date for text in (request.date_from, request.date_to, *query.dates) for date in hijri_dates(text)]
    known = []
    for date in dict.fromkeys(typed):
        try:
            first, last = days_of_hijri(date)
        except ValueError:
            continue
        known.append(f"{date} is {first}" + (f" to {last}" if last != first else ""))
    return Notice("hijri-dates", f"Read as Hijri: {'; '.join(known)}.") if known else None
