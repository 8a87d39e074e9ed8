"""The searcher: the single road a query takes, from top to bottom."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from arsearch import ranking
from arsearch.arabic import analyze
from arsearch.arabic.fold import is_arabic
from arsearch.corpus import Article
from arsearch.errors import ArsearchError, EncoderError, IncompatibleIndexError, NoWordError, UnsearchableQueryError
from arsearch.index import Generation
from arsearch.lexical import BODY_GAP, LexicalQuery, parse_query
from arsearch.request import Hit, Notice, SearchRequest, SearchResults
from arsearch.semantic import Encoder, Vectors, load_encoder
from arsearch.settings import Settings
from arsearch.snippets import cut_snippet, mark_words, merge_spans

__all__ = ["Searcher"]

Ordinals = npt.NDArray[np.int64]
Scores = npt.NDArray[np.float32]

_FUSION_DEPTH = 1000
"""Lexical matches that get their exact semantic score; those below keep their order behind them."""
_FACET_VALUES = 12

_NO_SUCH_PHRASE = Notice(
    "no-phrase",
    "No article has the quoted words in this order; the words were searched without the quotes.",
)
_ONLY_STOP_WORDS = Notice("common-words", "Every word of the query is a very common word. Add another word.")


@dataclass(frozen=True, slots=True)
class _Candidates:
    """Articles that may answer, with their scores on both sides (the side's minimum where it did not find them)."""

    ordinals: Ordinals
    lexical: Scores
    semantic: Scores
    complete: bool = True


class Searcher:
    """Answers queries from one generation of an index. Safe to use from several threads; a context manager."""

    def __init__(self, index: Path, settings: Settings) -> None:
        """Open the live generation of the directory *index*. Raises an IndexStateError if that is not possible."""
        self.settings = settings
        self.generation = Generation.open_live(index)
        self._encoder: Encoder | ArsearchError | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the generation."""
        self.generation.close()

    def __len__(self) -> int:
        return self.generation.manifest.articles

    def search(self, query: str | SearchRequest, *, limit: int | None = None, **request: Any) -> SearchResults:
        """Answer *query*: a SearchRequest, or the text of one with its other fields as keywords.

        *limit* is another name for ``size``. Raises QueryError if the request cannot be answered.
        """
        if isinstance(query, str):
            request.setdefault("mode", self.settings.mode)
            request.setdefault("size", self.settings.page_size if limit is None else limit)
            query = SearchRequest(query=query, **request)
        return self._answer(query)

    def _answer(self, request: SearchRequest) -> SearchResults:
        began = time.perf_counter()
        request.check(self.settings)
        query = self._parse(request)
        mode, notice = self._mode(request.mode, query)
        vector = self.encoder.encode_queries([query.plain])[0] if mode != "lexical" else None
        candidates = self._candidates(mode, query, vector, self._admissible(request, query))
        if query.phrases and not self.generation.words.has_phrases(query):
            query, notice = replace(query, phrases=()), _NO_SUCH_PHRASE
            candidates = self._candidates(mode, query, vector, self._admissible(request, query))
        scores = self._scores(mode, candidates)
        order = self._order(request.sort, candidates.ordinals, scores)
        page = order[(request.page - 1) * request.size : request.page * request.size]
        hits = self._hits(request, query, vector, candidates, scores, page)
        facets = self.generation.facets.count(candidates.ordinals, limit=_FACET_VALUES) if request.facets else {}
        return SearchResults(
            query=request.query,
            mode=mode,
            total=len(candidates.ordinals),
            total_relation="eq" if candidates.complete else "gte",
            took_ms=(time.perf_counter() - began) * 1000,
            page=request.page,
            size=request.size,
            suggestion=self._suggestion(request.query),
            notice=notice,
            facets=facets,
            hits=tuple(hits),
        )

    def _parse(self, request: SearchRequest) -> LexicalQuery:
        query = self._parsed(request.query, operators=request.operators)
        if query.is_empty:
            raise NoWordError(
                "The query has no word to search for, only punctuation or exclusions. Add a word.", field="q"
            )
        if len(query.words) > self.settings.max_query_words:
            raise UnsearchableQueryError(
                f"The query has {len(query.words)} words; at most {self.settings.max_query_words} are searched. "
                "Shorten it, or raise the setting max_query_words.",
                field="q",
            )
        return query

    def _parsed(self, text: str, *, operators: bool = True) -> LexicalQuery:
        """Take *text* apart; words of another script are in that language of the index whose stems it knows best."""
        query = parse_query(text, operators=operators)
        if all(any(map(is_arabic, word.surface)) for word in query.words):
            return query
        others = [parse_query(text, operators=operators, language=each) for each in self.generation.manifest.languages]
        stems = [{word.stem for word in each.words} for each in (query, *others)]
        known = [sum(map(self.generation.words.knows_stem, each)) for each in stems]
        return (query, *others)[known.index(max(known))] if max(known) > known[0] else query

    def _mode(self, wanted: str, query: LexicalQuery) -> tuple[str, Notice | None]:
        """Return the mode that can answer, and what the reader should know if it is not the one wanted."""
        if wanted != "lexical":
            try:
                self.encoder  # noqa: B018  # loads the model
            except EncoderError as error:
                return "lexical", Notice("no-model", f"Searched by words only, because the model is missing. {error}")
        if query.only_stop_words:
            return ("lexical" if wanted == "hybrid" else wanted), _ONLY_STOP_WORDS
        return wanted, None

    @property
    def encoder(self) -> Encoder:
        """The encoder the index was made with, loaded when first needed.

        Raises EncoderError, or IncompatibleIndexError if the model has changed; each time, without trying again.
        """
        if self._encoder is None:
            try:
                self._encoder = self._load_encoder()
            except (EncoderError, IncompatibleIndexError) as error:
                self._encoder = error
        if isinstance(self._encoder, ArsearchError):
            raise self._encoder
        return self._encoder

    def _load_encoder(self) -> Encoder:
        manifest = self.generation.manifest
        encoder = load_encoder(manifest.encoder)
        if (encoder.fingerprint, encoder.dimension) != (manifest.encoder_fingerprint, manifest.dimension):
            raise IncompatibleIndexError(
                f"The index was made with another version of the encoder {manifest.encoder!r}. "
                "Run `arsearch index` to bring it up to date."
            )
        return encoder

    def _admissible(self, request: SearchRequest, query: LexicalQuery) -> Ordinals | None:
        """Return the sorted ordinals that pass the filters, the phrases and the exclusions; None if all do."""
        filtered = self.generation.articles.admissible(
            author=request.author,
            source=request.source,
            tag=request.tag,
            date_from=request.date_from,
            date_to=request.date_to,
        )
        restricted = self.generation.words.restriction(query)
        if filtered is None or restricted is None:
            return restricted if filtered is None else filtered
        return np.intersect1d(filtered, restricted, assume_unique=True)

    def _candidates(
        self, mode: str, query: LexicalQuery, vector: Vectors | None, admissible: Ordinals | None
    ) -> _Candidates:
        words, lexical = np.empty(0, np.int64), np.empty(0, np.float32)
        if mode != "semantic":
            words, lexical = self.generation.words.search(query)
            if admissible is not None:
                kept = np.isin(words, admissible)
                words, lexical = words[kept], lexical[kept]
        unknown = np.full(len(words), ranking.COSINE_MINIMUM, dtype=np.float32)
        if vector is None:
            return _Candidates(words, lexical, unknown)
        count = self.settings.semantic_candidates
        near, cosines = self.generation.vectors.search(vector, count, admissible)
        complete = len(near) < count
        if mode == "hybrid":
            enough = (cosines >= self.settings.semantic_floor) | np.isin(near, words)
            near, cosines, complete = near[enough], cosines[enough], complete or not enough.all()
            head = np.argsort(-lexical, kind="stable")[:_FUSION_DEPTH]
            unknown[head] = self.generation.vectors.score(vector, words[head])[0]
        new = ~np.isin(near, words)
        return _Candidates(
            np.concatenate([words, near[new]]),
            np.concatenate([lexical, np.full(int(new.sum()), ranking.BM25_MINIMUM, dtype=np.float32)]),
            np.concatenate([unknown, cosines[new]]),
            complete,
        )

    def _scores(self, mode: str, candidates: _Candidates) -> Scores:
        if mode == "lexical":
            return candidates.lexical
        if mode == "semantic":
            return candidates.semantic
        if self.settings.fusion == "rrf":
            return ranking.reciprocal_rank_fusion(candidates.lexical, candidates.semantic)
        return ranking.convex_combination(candidates.lexical, candidates.semantic, weight=self.settings.semantic_weight)

    def _order(self, sort: str, ordinals: Ordinals, scores: Scores) -> npt.NDArray[np.int64]:
        by_score = np.lexsort((ordinals, -scores))
        if sort == "date":
            return by_score[self.generation.facets.order_by_date(ordinals[by_score])]
        return by_score

    def _hits(
        self,
        request: SearchRequest,
        query: LexicalQuery,
        vector: Vectors | None,
        candidates: _Candidates,
        scores: Scores,
        page: npt.NDArray[np.int64],
    ) -> list[Hit]:
        ordinals = candidates.ordinals[page]
        rows = np.full(len(page), -1)
        if vector is not None and request.snippets:
            rows = self.generation.vectors.score(vector, ordinals)[1]
        articles = self.generation.articles.fetch(ordinals.tolist())
        copies = self.generation.articles.copies(ordinals.tolist())
        hits = []
        for index, ordinal, row, article in zip(page, ordinals.tolist(), rows.tolist(), articles, strict=True):
            sides = {"lexical": candidates.lexical[index], "semantic": candidates.semantic[index]}
            hits.append(
                Hit(
                    id=article.id,
                    score=float(scores[index]),
                    title=article.title,
                    snippet=self._snippet(query, ordinal, article, row) if request.snippets else "",
                    article=article,
                    explanation={side: round(float(score), 6) for side, score in sides.items()}
                    if request.explain
                    else {},
                    copies=tuple(copies.get(ordinal, ())),
                )
            )
        return hits

    def _snippet(self, query: LexicalQuery, ordinal: int, article: Article, row: int) -> str:
        offsets = self.generation.articles.offsets(ordinal)
        first = len(offsets.title) + BODY_GAP
        positions, as_typed = self.generation.words.positions(ordinal, query)
        matches = {position - first: word for position, word in positions.items() if position >= first}
        weights = [self.generation.words.idf_of(word) for word in query.scored_words]
        start = self.generation.vectors.span(row)[0] if row >= 0 else 0
        return cut_snippet(
            article.body,
            offsets.body,
            matches,
            weights,
            words=self.settings.snippet_words,
            start_at=start,
            as_typed={position - first for position in as_typed},
        )

    def _suggestion(self, text: str) -> str | None:
        """Return the query with each word that is nowhere in the index replaced by the nearest one that is.

        Everything else of the query stays: quotes, minus signs, numbers. None if there is nothing to suggest.
        """
        words = self.generation.words
        pieces = []
        end = 0
        for word in analyze(text):
            if words.knows(word) or not word.exact.isalpha():
                continue
            nearest = words.correct(word.exact)
            if nearest is None:
                return None
            pieces += [text[end : word.start], self._spelling(nearest)]
            end = word.end
        return "".join([*pieces, text[end:]]) if pieces else None

    def _spelling(self, exact: str) -> str:
        """Return a word of the index as an article spells it: folded forms are not for reading."""
        place = self.generation.words.example(exact)
        if place is None:
            return exact
        ordinal, position = place
        offsets = self.generation.articles.offsets(ordinal)
        [article] = self.generation.articles.fetch([ordinal])
        if position < len(offsets.title):
            start, end = offsets.title[position]
            return article.title[start:end]
        start, end = offsets.body[position - len(offsets.title) - BODY_GAP]
        return article.body[start:end]

    def article(self, identifier: str) -> Article:
        """Return the article with this id. Raises ArticleNotFoundError."""
        return self.generation.articles.fetch([self.generation.articles.ordinal_of(identifier)])[0]

    def marked_article(self, identifier: str, query: str) -> tuple[Article, str, str]:
        """Return an article with its title and body as HTML text in which the words of *query* are marked.

        Raises ArticleNotFoundError; a query that cannot be searched marks nothing.
        """
        ordinal = self.generation.articles.ordinal_of(identifier)
        [article] = self.generation.articles.fetch([ordinal])
        offsets = self.generation.articles.offsets(ordinal)
        first = len(offsets.title) + BODY_GAP
        words = self._parsed(query[: self.settings.max_query_characters])
        positions = sorted(self.generation.words.positions(ordinal, words)[0])
        title = merge_spans([offsets.title[position] for position in positions if position < first])
        body = merge_spans([offsets.body[position - first] for position in positions if position >= first])
        return article, mark_words(article.title, title), mark_words(article.body, body)

    def similar(self, identifier: str, limit: int) -> list[Article]:
        """Return the articles nearest in meaning to the one with this id. Raises ArticleNotFoundError."""
        ordinal = self.generation.articles.kept_for(self.generation.articles.ordinal_of(identifier))
        near, _ = self.generation.vectors.search(self.generation.vectors.vector_of(ordinal), limit + 1)
        return self.generation.articles.fetch([int(other) for other in near if other != ordinal][:limit])

    def complete(self, text: str, limit: int) -> Sequence[str]:
        """Return titles that have all words of *text*, the last of which may be only begun."""
        articles = self.generation.articles.fetch(
            self.generation.words.complete(text, limit, expansions=self.settings.max_expansions)
        )
        return list(dict.fromkeys(article.title for article in articles))
