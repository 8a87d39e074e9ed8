"""The searcher: the road of a query from top to bottom, read → retrieve → rank → present."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np

from arsearch import ranking
from arsearch.backends import SearchableIndex, choose_backend
from arsearch.common.array_types import Vectors
from arsearch.common.deadline import check_time, clock_time, is_cut_short, run_clock
from arsearch.corpus import Article
from arsearch.errors import ExpiredCursorError, IndexStateError, QueryTimeoutError
from arsearch.lexical import parse_query
from arsearch.search.cursor import Cursor, read_cursor
from arsearch.search.hits import marked
from arsearch.search.models import SearchModels
from arsearch.search.passages.finder import PassageFinder
from arsearch.search.passages.request import PassageRequest, passage_request
from arsearch.search.passages.results import PassageResults
from arsearch.search.present import Presenter
from arsearch.search.query_reader import QueryReader, rules_stamp
from arsearch.search.rank import CandidateFeatures, Ranker
from arsearch.search.read import RequestReader
from arsearch.search.request import SearchRequest, TextKind
from arsearch.search.results import Hit, Notice, SearchResults, all_hits
from arsearch.search.retrieve import Retriever
from arsearch.search.snippets import mark_words
from arsearch.search.suggestions import Completion, Suggestions
from arsearch.semantic import Encoder
from arsearch.settings import Settings

__all__ = ["Searcher", "rules_stamp"]

_EMBEDDED_AT_ONCE = 8
"""Texts between two looks at the clock."""

_SUGGESTED = "Nothing has {typed}; these are the results for {meant}."


class Searcher:
    """Answers queries from one commit of an index. Safe to use from several threads; a context manager."""

    def __init__(self, index: Path, settings: Settings, *, commit: str | None = None) -> None:
        """Open the live commit of *index*, or an earlier one that is still kept.

        Raises an IndexStateError if that is not possible, NoIndexError if there is no such commit.
        """
        self.settings = settings
        backend = choose_backend(replace(settings, index=index))
        with ExitStack() as opened:
            self._index: SearchableIndex | None = opened.enter_context(closing(backend.open(commit)))
            self.commit = self.index.manifest.commit
            """The commit that is searched, or was before this was closed."""
            self.rules_stamp = rules_stamp(settings)
            self.weights_stamp = backend.weights_stamp()
            self.weights = backend.read_weights() or ranking.shipped_weights()
            self._queries = QueryReader(self.index, settings)
            self._suggestions = Suggestions(self.index)
            self._models = SearchModels(self.index, settings)
            self._reader = RequestReader(self.index, self._queries, self._models)
            self._retriever = Retriever(self.index, settings)
            self._ranker = Ranker(self.index, settings, self.weights, self._models, self._retriever)
            self._presenter = Presenter(self.index, settings, self._suggestions)
            self._passages = PassageFinder(self.index, settings, self._ranker, self._models.count_tokens)
            self._opened = opened.pop_all()

    @property
    def index(self) -> SearchableIndex:
        """The commit that is searched. Raises IndexStateError if it was closed."""
        if self._index is None:
            raise IndexStateError("The index was closed, and cannot be searched. Open it again.")
        return self._index

    @property
    def version(self) -> tuple[object, ...]:
        """What an answer depends on besides the request and the settings. Copies of an index have the same."""
        manifest = self.index.manifest
        return manifest.commit, manifest.created, self._queries.rules_digest, self.weights

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the index; several times if you like."""
        self._opened.close()
        self._index = None

    def __len__(self) -> int:
        return self.index.manifest.articles

    # The road of a query

    def search(self, query: str | SearchRequest, *, limit: int | None = None, **request: Any) -> SearchResults:
        """Answer *query*: a SearchRequest, or the text of one with its other fields as keywords.

        *limit* is another name for ``size``. Raises QueryError if the request cannot be answered, and
        QueryTimeoutError if nothing was found in the time that a query may take.
        """
        if isinstance(query, str):
            request.setdefault("mode", self.settings.mode)
            request.setdefault("size", self.settings.page_size if limit is None else limit)
            query = SearchRequest(query=query, **request)
        self._check(query)
        ranking_key = self.ranking_key()
        begun = read_cursor(query.after, query, self.commit, ranking_key) if query.after else None
        start = begun.position if begun else (query.page - 1) * query.size
        asked = (replace(query, now=begun.now) if begun else query).at_its_time(self.settings)
        with run_clock(self.settings.max_query_ms / 1000):
            results = self._answer_suggestion(asked, start, self._answer(asked, start))
        if begun and results.is_rough:
            raise QueryTimeoutError(f"{results.notice} Go on again later, with the same cursor.")
        if begun and results.mode != begun.mode:
            raise ExpiredCursorError(
                f"The search began in the mode {begun.mode}, which cannot be answered now. Search again without it.",
                field="after",
            )
        if not results.has_more or results.is_rough:
            return results
        cursor = Cursor(
            self.commit, start + len(results), results.mode, ranking_key, asked.now if asked.half_life else ""
        )
        return replace(results, after=cursor.write(query))

    def _check(self, request: SearchRequest) -> None:
        """Raise QueryError for a request that this index cannot be asked."""
        request.check(self.settings)
        request.check_own(self.index.manifest.own_fields)
        request.check_vector(self.index.manifest.dimension)

    def _answer(self, request: SearchRequest, start: int) -> SearchResults:
        """Return the hits of *request* behind the first *start* ones."""
        read = self._reader.read(request, start)
        candidates = self._retriever.retrieve(read)
        ranked = self._ranker.rank(candidates)
        return self._presenter.present(ranked)

    def _answer_suggestion(self, request: SearchRequest, start: int, results: SearchResults) -> SearchResults:
        """Return *results*, or those of the suggestion if nothing has what was typed."""
        meant = results.suggestion
        if request.as_typed or meant is None or is_cut_short() or not self._finds_nothing(request, results):
            return results
        instead = self._answer(replace(request, query=meant), start)
        if not instead.total and instead.suggestion:  # a name typed on the wrong layout, which articles have in Arabic
            meant = instead.suggestion
            instead = self._answer(replace(request, query=meant), start)
        if not instead.total:
            return results
        explanation = instead.explanation | {"corrections": results.explanation.get("corrections", [])}
        return replace(
            instead,
            query=request.query,
            suggestion=meant,
            answered=meant,
            notice=Notice("suggested", _SUGGESTED.format(typed=request.query, meant=meant)),
            explanation=explanation if request.explain else {},
        )

    def _finds_nothing(self, request: SearchRequest, results: SearchResults) -> bool:
        """Whether nothing answers what was typed; what is only near in meaning to words nobody wrote is no answer."""
        curation = self._queries.curation(request)
        if curation and curation.pinned:
            return not results.total
        return not results.total or not self.knows_words(request)

    def knows_words(self, request: SearchRequest) -> bool:
        """Return whether any article has a word of what was typed."""
        return any(map(self.index.words.knows, self._queries.read(request).scored_words))

    def hits(self, query: str, *, size: int = 100, **request: Any) -> Iterator[Hit]:
        """Yield all hits of *query*, best first, each once; *request* are other fields of a SearchRequest.

        They are fetched *size* at a time. Raises QueryError as ``search`` does, and QueryTimeoutError where the time is
        up before the order is whole.
        """
        return all_hits(lambda after: self.search(query, size=size, after=after, **request))

    def passages(self, query: str | PassageRequest, *, limit: int | None = None, **request: Any) -> PassageResults:
        """Return the passages that answer *query* best: a PassageRequest, or the text of one with keywords.

        Keywords are fields of a PassageRequest and of a SearchRequest; *limit* is another name for ``size``. A text is
        a question, in which quotes and minus signs mean nothing unless ``operators`` says so. Raises QueryError if the
        request cannot be answered, EncoderError if tokens have to be counted without an encoder, and QueryTimeoutError.
        """
        if isinstance(query, str):
            query = passage_request(query, self.settings, limit, request)
        query.check(self.settings)
        search = query.article_search(self.settings)
        self._check(search)
        with run_clock(self.settings.max_query_ms / 1000):
            read = replace(self._reader.read(search), pinned=())  # an editor's choice for a query answers no question
            ranked = self._ranker.rank(self._retriever.retrieve(read, count_all=False))
            found = self._passages.find(query, ranked)
            return PassageResults(
                query=search.query,
                mode=read.mode,
                took_ms=(clock_time() - read.began) * 1000,
                notice=self._presenter.notice(ranked),
                passages=tuple(found),
            )

    def ranking_key(self) -> str:
        """Return in writing what decides the order of hits besides the request and the index."""
        return self._ranking_key

    @cached_property
    def _ranking_key(self) -> str:
        weighed = (
            self.settings.fusion, self.settings.semantic_weight, self.settings.semantic_floor,
            self.settings.semantic_candidates, self.settings.rescored_candidates, self.settings.reranker,
            self.settings.reranked_candidates, self.settings.freshness, self.settings.freshness_weight,
        )  # fmt: skip
        return repr((self.version, weighed))

    def ranking_features(self, request: SearchRequest) -> CandidateFeatures:
        """Return the candidates that rescoring looks at for *request*, for learning from judgments.

        Raises QueryError if the request cannot be answered.
        """
        self._check(request)
        read = replace(self._reader.read(request), pinned=(), blocked=())  # what an editor wants teaches no weights
        return self._ranker.ranking_features(self._retriever.retrieve(read, count_all=False))

    def count_dates(self, request: SearchRequest) -> list[tuple[str, int]]:
        """Return the dates of all that *request* finds, each with how many articles have it.

        They are days, months or years, as far as articles and index know. Raises QueryError if the request cannot be
        answered, and QueryTimeoutError if there was no time.
        """
        request.check(self.settings)
        request.check_own(self.index.manifest.own_fields)
        with run_clock(self.settings.max_query_ms / 1000):
            candidates = self._retriever.retrieve(self._reader.read(replace(request, facets=True)))
            return self.index.count_dates(candidates.retrieved, candidates.semantic_only)

    # The encoder

    @property
    def encoder(self) -> Encoder:
        """The encoder the index was made with, loaded when first needed; raises as SearchModels.encoder does."""
        return self._models.encoder

    @property
    def cosine_weight(self) -> float:
        """What a cosine counts, in log-odds, before it is multiplied with what was tuned."""
        return self._ranker.cosine_weight

    def embed(self, texts: Sequence[str], kind: TextKind = "query") -> Vectors:
        """Return the vectors of *texts* as the index compares them: float32 (texts, dimension), of length 1, or zeros.

        *kind* says what the texts are: queries, or passages that would be found; many models want to know. Raises
        EncoderError or IncompatibleIndexError without an encoder, and QueryTimeoutError.
        """
        self.index  # noqa: B018  # raises if it was closed
        vectors: list[Vectors] = [np.empty((0, self.index.manifest.dimension), np.float32)]
        with run_clock(self.settings.max_query_ms / 1000):
            encode = self.encoder.encode_passages if kind == "passage" else self.encoder.encode_queries
            for first in range(0, len(texts), _EMBEDDED_AT_ONCE):
                check_time()
                vectors.append(encode(texts[first : first + _EMBEDDED_AT_ONCE]))
        return np.concatenate(vectors)

    def count_tokens(self, text: str) -> int:
        """Return how many tokens the index's encoder makes of *text*. Raises as :attr:`encoder` does."""
        return self._models.count_tokens(text)

    def take_over_encoder(self, other: Searcher) -> None:
        """Use the encoder of *other*, if that is the one this index was made with."""
        self._models.take_over_encoder(other._models)

    # Articles, and what a reader types next

    def article(self, identifier: str) -> Article:
        """Return the article with this id. Raises ArticleNotFoundError."""
        return self.index.locate(identifier).article

    def marked_article(self, identifier: str, query: str) -> tuple[Article, str, str]:
        """Return an article with its title and body as HTML text in which the words of *query* are marked.

        Raises ArticleNotFoundError; a query that cannot be searched marks nothing.
        """
        article, document, is_copy = self.index.locate(identifier)
        if is_copy:  # a copy is in no index: nothing says what to mark
            return article, mark_words(article.title, []), mark_words(article.body, [])
        typed = query[: self.settings.max_query_characters]
        asked = self._queries.parse(typed)
        if not any(map(self.index.words.knows, asked.words)) and (meant := self._suggestions.suggestion(typed)):
            asked = self._queries.parse(meant)
        title, body = self.index.marks(document, self._queries.with_other_words(asked))
        return article, marked(article.title, title), marked(article.body, body)

    def plain_words(self, query: str) -> str:
        """Return *query* without operators, fields and exclusions: the words that are looked for."""
        return parse_query(query, own=self.index.manifest.own_fields).plain

    def document_of(self, identifier: str) -> int:
        """Return the number of the document that is found for the article with this id. Raises ArticleNotFoundError."""
        return self.index.locate(identifier).document

    def similar(self, identifier: str, limit: int) -> list[Article]:
        """Return the articles nearest in meaning to the one with this id. Raises ArticleNotFoundError."""
        return self.index.articles(self.index.similar(self.document_of(identifier), limit))

    def complete(self, text: str, limit: int) -> list[str]:
        """Return at most *limit* ways in which *text* may go on: as articles go on, and whole titles.

        The text may be Arabic, in Latin letters, or typed on the wrong keyboard layout.
        """
        return [completion.text for completion in self.completions(text, limit)]

    def completions(self, text: str, limit: int) -> list[Completion]:
        """Return the same as :meth:`complete`, with the ids of the articles whose titles are among it."""
        self.index  # noqa: B018  # raises if it was closed
        text = text[: self.settings.max_query_characters]
        return self._suggestions.complete(text, limit, expansions=self.settings.max_expansions)
