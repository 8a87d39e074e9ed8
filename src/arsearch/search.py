"""The searcher: the single road a query takes, from top to bottom."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from arsearch import ranking
from arsearch.backends import Filters, Found, Question, SearchableIndex, choose_backend
from arsearch.candidates import Candidates, Documents, Scores, append_rest, join_sides
from arsearch.corpus import Article
from arsearch.cursor import Cursor, read_cursor
from arsearch.errors import (
    EncoderError,
    ExpiredCursorError,
    IndexStateError,
    QueryTimeoutError,
)
from arsearch.hits import explain_hits, make_hits, marked
from arsearch.lexical import LexicalQuery, parse_query
from arsearch.models import SearchModels
from arsearch.offers import Offers
from arsearch.query_clock import (
    check_time,
    clock_time,
    cut_short,
    is_cut_short,
    run_clock,
    stage,
    time_is_up,
)
from arsearch.reading import QueryReader, synonyms_stamp
from arsearch.request import Hit, Notice, SearchRequest, SearchResults, all_hits
from arsearch.rescoring import find_features, texts_to_rerank
from arsearch.semantic import Encoder, Vectors
from arsearch.settings import Settings
from arsearch.snippets import mark_words

__all__ = ["Examined", "Searcher", "synonyms_stamp"]

Features = npt.NDArray[np.float32]
"""float32 (candidates, len(ranking.FEATURES))."""
Places = npt.NDArray[np.int64]
"""Indices of candidates."""

_FUSION_DEPTH = 200
"""Lexical matches that are weighed with meaning and by more than single words; those below keep their order behind."""
_FACET_VALUES = 12

_NO_SUCH_PHRASE = Notice(
    "no-phrase",
    "No article has the quoted words in this order; the words were searched without the quotes.",
)
_SUGGESTED = "Nothing has {typed}; these are the results for {meant}."
_OUT_OF_TIME = Notice(
    "out-of-time", "The time for this query was up before everything was compared; the order is a rough one."
)
_INCOMPLETE = "{} of {} parts of the index did not answer; what they have is missing from these results."
_ONLY_STOP_WORDS = Notice("common-words", "Every word of the query is a very common word. Add another word.")


@dataclass(frozen=True, slots=True)
class Examined:
    """Candidates as rescoring sees them: *documents* (n,), *features* (n, len(ranking.FEATURES)), *cosines* (n,)."""

    documents: Documents
    features: Features
    cosines: Scores


class Searcher:
    """Answers queries from one commit of an index. Safe to use from several threads; a context manager."""

    def __init__(self, index: Path, settings: Settings, *, commit: str | None = None) -> None:
        """Open the live commit of *index*, or an earlier one that is still kept.

        Raises an IndexStateError if that is not possible, NoIndexError if there is none such.
        """
        self.settings = settings
        backend = choose_backend(replace(settings, index=index))
        with ExitStack() as opened:
            self._index: SearchableIndex | None = opened.enter_context(closing(backend.open(commit)))
            self.generation = self.index.manifest.generation
            """The commit that is searched, or was before this was closed."""
            self.synonyms_stamp = synonyms_stamp(settings)
            self._reader = QueryReader(self.index, settings)
            self._offers = Offers(self.index)
            self.weights_stamp = backend.weights_stamp()
            self.weights = backend.read_weights() or ranking.shipped_weights()
            self._models = SearchModels(self.index, settings)
            self._opened = opened.pop_all()

    @property
    def index(self) -> SearchableIndex:
        """The commit that is searched. Raises IndexStateError if it was closed."""
        if self._index is None:
            raise IndexStateError("The index was closed, and cannot be searched. Open it again.")
        return self._index

    @property
    def version(self) -> tuple[object, ...]:
        """What an answer depends on beside the request and the settings: another one may be answered otherwise."""
        manifest = self.index.manifest
        return manifest.generation, manifest.created, self.synonyms_stamp, self.weights

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

    # Answering

    def search(self, query: str | SearchRequest, *, limit: int | None = None, **request: Any) -> SearchResults:
        """Answer *query*: a SearchRequest, or the text of one with its other fields as keywords.

        *limit* is another name for ``size``. Raises QueryError if the request cannot be answered, and
        QueryTimeoutError if nothing was found in the time that a query may take.
        """
        if isinstance(query, str):
            request.setdefault("mode", self.settings.mode)
            request.setdefault("size", self.settings.page_size if limit is None else limit)
            query = SearchRequest(query=query, **request)
        query.check(self.settings)
        generation, deciding = self.index.manifest.generation, self.deciding()
        begun = read_cursor(query.after, query, generation, deciding) if query.after else None
        start = begun.position if begun else (query.page - 1) * query.size
        with run_clock(self.settings.max_query_ms / 1000):
            results, more = self._answered(query, start)
        if begun and results.is_rough:
            raise QueryTimeoutError(f"{results.notice} Go on again later, with the same cursor.")
        if begun and results.mode != begun.mode:
            raise ExpiredCursorError(
                f"The search began in the mode {begun.mode}, which cannot be answered now. Search again without it.",
                field="after",
            )
        if not more or results.is_rough:
            return results
        cursor = Cursor(generation, start + len(results), results.mode, deciding)
        return replace(results, after=cursor.write(query))

    def hits(self, query: str, *, size: int = 100, **request: Any) -> Iterator[Hit]:
        """Yield all hits of *query*, best first, each once; *request* are other fields of a SearchRequest.

        They are fetched *size* at a time. Raises QueryError as ``search`` does, and QueryTimeoutError where the time is
        up before the order is whole.
        """
        return all_hits(lambda after: self.search(query, size=size, after=after, **request))

    def deciding(self) -> str:
        """Return in writing what decides the order of hits besides the request and the index."""
        weighed = (
            self.settings.fusion, self.settings.semantic_weight, self.settings.semantic_floor,
            self.settings.semantic_candidates, self.settings.rescored_candidates, self.settings.reranker,
            self.settings.reranked_candidates,
        )  # fmt: skip
        return repr((self.version, weighed))

    def _answered(self, request: SearchRequest, start: int) -> tuple[SearchResults, bool]:
        """Return the results from place *start* on, those of the suggestion if nothing has what was typed.

        Also returns whether there are more behind them.
        """
        results, more = self._answer(request, start)
        if (
            request.as_typed
            or is_cut_short()
            or results.suggestion is None
            or not self._finds_nothing(request, results)
        ):
            return results, more
        meant = results.suggestion
        instead, more_instead = self._answer(replace(request, query=meant), start)
        if not instead.total and instead.suggestion:  # a name typed on the wrong layout, which articles have in Arabic
            meant = instead.suggestion
            instead, more_instead = self._answer(replace(request, query=meant), start)
        if not instead.total:
            return results, more
        explanation = instead.explanation | {"corrections": results.explanation.get("corrections", [])}
        shown = replace(
            instead,
            query=request.query,
            suggestion=meant,
            answered=meant,
            notice=Notice("suggested", _SUGGESTED.format(typed=request.query, meant=meant)),
            explanation=explanation if request.explain else {},
        )
        return shown, more_instead

    def _finds_nothing(self, request: SearchRequest, results: SearchResults) -> bool:
        """Whether nothing answers what was typed; what is only near in meaning to words nobody wrote is no answer."""
        words = self._reader.read(request).scored_words
        return not results.total or not any(map(self.index.words.knows, words))

    def _answer(self, request: SearchRequest, start: int) -> tuple[SearchResults, bool]:
        """Return the results from place *start* on, and whether there are more behind them."""
        began = clock_time()
        end = start + request.size
        # What is asked
        query = self._reader.read(request)
        mode, notice = self._mode(request.mode, query)
        vector = self._vector(mode, query)
        if query.phrases and not self.index.has_phrases(query):
            query, notice = query.without_quotes(), _NO_SUCH_PHRASE
        # Candidates
        depth = _FUSION_DEPTH if request.sort == "relevance" else max(_FUSION_DEPTH, end + 1)
        found = self.index.find(self._question(request, mode, query, vector, depth))
        if found.failed_shards:
            notice = Notice("incomplete", _INCOMPLETE.format(found.failed_shards, found.shards))
        candidates = self._joined(mode, found)
        # Their order
        features = self._features(mode, query, candidates)[0]
        scores = self._scores(mode, candidates, features)
        order = self._order(request.sort, candidates.documents, scores)
        if self.settings.reranker and request.sort == "relevance" and not is_cut_short():
            order, notice = self._reranked(query, vector, candidates.documents, order, notice)
            scores[order] = -np.sort(-scores)  # what is shown falls from hit to hit
        if end >= len(order) and found.total > len(found.best):
            candidates, features, scores = self._deeper(request, mode, query, end, candidates, features, scores)
            order = np.concatenate([order, np.arange(len(order), len(scores))])
        page = order[start:end]
        # What is shown
        hits = make_hits(
            self.index,
            query,
            candidates.documents[page],
            scores[page],
            snippet_words=self.settings.snippet_words if request.snippets else 0,
            vector=vector,
            explanations=explain_hits(self.index, query, candidates, features, page) if request.explain else (),
        )
        facets = self.index.count_facets(found, candidates.new, _FACET_VALUES) if request.facets else {}
        results = SearchResults(
            query=request.query,
            mode=mode,
            total=candidates.total,
            total_relation="eq" if candidates.complete else "gte",
            took_ms=(clock_time() - began) * 1000,
            page=start // request.size + 1,
            size=request.size,
            suggestion=self._suggestion(request),
            answered=None,
            notice=_OUT_OF_TIME if is_cut_short() else notice,
            facets=facets,
            hits=tuple(hits),
            explanation=self._explanation(request, query) if request.explain else {},
            shards=found.shards,
            failed_shards=found.failed_shards,
        )
        return results, len(order) > end

    @stage("suggest")
    def _suggestion(self, request: SearchRequest) -> str | None:
        """Return what may have been meant; nothing if there is no time left for it, for it is no part of the answer."""
        try:
            return self._offers.suggestion(request.query) if request.operators and not is_cut_short() else None
        except QueryTimeoutError:
            return None

    def _explanation(self, request: SearchRequest, query: LexicalQuery) -> dict[str, Any]:
        words = self.index.words
        return words.explain(query) | {"corrections": words.explain_suggestion(request.query)}

    def examine(self, request: SearchRequest) -> Examined:
        """Return the candidates that rescoring looks at for *request*, for learning from judgments.

        Raises QueryError if the request cannot be answered.
        """
        request.check(self.settings)
        query = self._reader.read(request)
        mode, _ = self._mode(request.mode, query)
        question = self._question(request, mode, query, self._vector(mode, query))
        found = self.index.find(replace(question, exact_total=False))
        candidates = self._joined(mode, found)
        features, examined = self._features(mode, query, candidates)
        return Examined(candidates.documents[examined], features[examined], candidates.semantic[examined])

    # What is asked

    def _mode(self, wanted: str, query: LexicalQuery) -> tuple[str, Notice | None]:
        """Return the mode that can answer, and what the reader should know if it is not the one wanted."""
        if not query.words:  # only fields: there is no meaning to compare
            return "lexical", None
        if wanted != "lexical":
            try:
                self.encoder  # noqa: B018  # loads the model
            except EncoderError as error:
                return "lexical", Notice("no-model", f"Searched by words only, because the model is missing. {error}")
        if query.only_stop_words:
            return ("lexical" if wanted == "hybrid" else wanted), _ONLY_STOP_WORDS
        return wanted, None

    @stage("semantic")
    def _vector(self, mode: str, query: LexicalQuery) -> Vectors | None:
        if mode == "lexical":
            return None
        return self._models.vector_of(query.plain)

    @property
    def encoder(self) -> Encoder:
        """The encoder the index was made with, loaded when first needed; raises as SearchModels.encoder does."""
        return self._models.encoder

    def take_over_encoder(self, other: Searcher) -> None:
        """Use the encoder of *other*, if that is the one this index was made with."""
        self._models.take_over_encoder(other._models)

    def _question(
        self, request: SearchRequest, mode: str, query: LexicalQuery, vector: Vectors | None, depth: int = _FUSION_DEPTH
    ) -> Question:
        keywords = {name: getattr(request, name) for name in ("author", "source", "section", "tag")}
        return Question(
            query=query,
            by_words=mode != "semantic",
            vector=vector,
            filters=Filters(keywords, request.date_from, request.date_to),
            depth=depth,
            near=self.settings.semantic_candidates,
            with_cosine=_FUSION_DEPTH,
            by_date={"date": "newest", "oldest": "oldest"}.get(request.sort, ""),
            facets=request.facets,
            exact_total=len(self) <= self.settings.exact_totals,
        )

    # The order of candidates

    @stage("fuse")
    def _joined(self, mode: str, found: Found) -> Candidates:
        """Return the candidates of both sides; beside words, meaning only adds what is near by more than chance."""
        scale = self.index.manifest.semantic_scale
        floor = scale.chance + self.settings.semantic_floor * scale.spread if mode == "hybrid" else None
        return join_sides(found, floor=floor)

    def _deeper(
        self,
        request: SearchRequest,
        mode: str,
        query: LexicalQuery,
        end: int,
        candidates: Candidates,
        features: Features,
        scores: Scores,
    ) -> tuple[Candidates, Features, Scores]:
        """Return the *candidates* with what words find behind them, up to one place after *end*.

        The order of the candidates stays, however deep a page is; so pages of any size make up one list. What is behind
        is ordered by its words alone, and its scores go on where those of the candidates end.
        """
        question = self._question(request, mode, query, None, depth=min(end + 1, len(self)))
        deeper = append_rest(candidates, self.index.find(replace(question, facets=False, exact_total=False)))
        behind = np.arange(len(scores), len(deeper.documents))
        more = np.zeros((len(behind), len(ranking.FEATURES)), dtype=np.float32)
        more[:, 0] = deeper.lexical[behind] / self.index.words.best_possible(query)
        lowest = scores.min(initial=np.float32(np.inf))
        last = np.minimum(self._fused(mode, replace(deeper, semantic=deeper.semantic[behind]), more), lowest)
        return deeper, np.concatenate([features, more]), np.concatenate([scores, last])

    def _features(self, mode: str, query: LexicalQuery, candidates: Candidates) -> tuple[Features, Places]:
        """Return the features of the candidates, and the places of the most promising: only those have all of them."""
        features = np.zeros((len(candidates.documents), len(ranking.FEATURES)), dtype=np.float32)
        features[:, 0] = candidates.lexical / self.index.words.best_possible(query)
        if mode == "semantic" or not len(features):
            return features, np.empty(0, np.int64)
        # Until the other features are known, the score of the words stands for them all: it must weigh as much against
        # meaning as they will.
        promising = self._fused(mode, candidates, np.repeat(features[:, :1], features.shape[1], axis=1))
        best = np.argsort(-promising, kind="stable")[: self.settings.rescored_candidates]
        best = best[np.argsort(candidates.documents[best])]
        try:
            with stage("rescore"):
                check_time()
                features[best] = find_features(self.index, query, candidates.documents[best], features[best, 0])
        except QueryTimeoutError:
            cut_short()
            return np.repeat(features[:, :1], features.shape[1], axis=1), np.empty(0, np.int64)
        return features, best

    def _scores(self, mode: str, candidates: Candidates, features: Features) -> Scores:
        if mode == "semantic":
            return candidates.semantic
        if mode == "hybrid" and self.settings.fusion == "rrf":
            by_words = np.where(candidates.lexical > 0, ranking.combine(features, None, self.weights), 0)
            return ranking.reciprocal_rank_fusion(by_words, candidates.semantic)
        return self._fused(mode, candidates, features)

    def _fused(self, mode: str, candidates: Candidates, features: Features) -> Scores:
        if mode == "lexical":
            return ranking.combine(features, None, self.weights)
        return ranking.combine(features, candidates.semantic, self.weights, self.weights.semantic * self.cosine_weight)

    @property
    def cosine_weight(self) -> float:
        """What a cosine counts, in log-odds, before it is multiplied with what was tuned."""
        return self.settings.semantic_weight * self.index.manifest.semantic_scale.weight

    def _order(self, sort: str, documents: Documents, scores: Scores) -> Places:
        by_score = np.lexsort((documents, -scores))
        if sort == "relevance":
            return by_score
        return by_score[self.index.in_order_of_date(documents[by_score], oldest=sort == "oldest")]

    def _reranked(
        self, query: LexicalQuery, vector: Vectors | None, documents: Documents, order: Places, notice: Notice | None
    ) -> tuple[Places, Notice | None]:
        """Return *order* with its head in the order of the reranker, and what the reader should know."""
        reranker = self._models.reranker
        if isinstance(reranker, EncoderError):
            return order, Notice("no-model", f"Ranked without the reranker, because it is missing. {reranker}")
        if time_is_up():
            cut_short()
            return order, notice
        count = self.settings.reranked_candidates
        texts = texts_to_rerank(self.index, vector, documents[order[:count]])
        head = np.argsort(-reranker.score(query.plain, texts), kind="stable")
        return np.concatenate([order[:count][head], order[count:]]), notice

    # Beside the road of a query

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
        asked = self._reader.taken_apart(typed)
        if not any(map(self.index.words.knows, asked.words)) and (meant := self._offers.suggestion(typed)):
            asked = self._reader.taken_apart(meant)
        title, body = self.index.marks(document, self._reader.with_other_names(asked))
        return article, marked(article.title, title), marked(article.body, body)

    def plain_words(self, query: str) -> str:
        """Return *query* without operators, fields and exclusions: the words that are looked for."""
        return parse_query(query).plain

    def document_of(self, identifier: str) -> int:
        """Return the number of the document that is found for the article with this id. Raises ArticleNotFoundError."""
        return self.index.locate(identifier).document

    def similar(self, identifier: str, limit: int) -> list[Article]:
        """Return the articles nearest in meaning to the one with this id. Raises ArticleNotFoundError."""
        return self.index.articles(self.index.similar(self.document_of(identifier), limit))

    def complete(self, text: str, limit: int) -> list[str]:
        """Return at most *limit* ways in which *text* may go on: with the last word completed, and whole titles.

        The text may be Arabic, in Latin letters, or typed on the wrong keyboard layout.
        """
        self.index  # noqa: B018  # raises if it was closed
        text = text[: self.settings.max_query_characters]
        return self._offers.complete(text, limit, expansions=self.settings.max_expansions)
