"""The searcher: the single road a query takes, from top to bottom."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from arsearch import ranking
from arsearch.arabic import analyze
from arsearch.arabic.fold import is_arabic
from arsearch.corpus import Article
from arsearch.errors import ArsearchError, EncoderError, IncompatibleIndexError, NoWordError, UnsearchableQueryError
from arsearch.index import Generation, count_facets, read_weights
from arsearch.lexical import LexicalQuery, Marks, parse_query
from arsearch.request import Hit, Notice, SearchRequest, SearchResults
from arsearch.rescoring import find_features, texts_to_rerank
from arsearch.semantic import Encoder, Reranker, Vectors, load_encoder
from arsearch.settings import Settings
from arsearch.snippets import cut_snippet, mark_words, merge_spans

__all__ = ["Examined", "Searcher"]

Documents = npt.NDArray[np.int64]
"""Numbers of documents, as the lexical index has them."""
Mask = npt.NDArray[np.bool_]
Scores = npt.NDArray[np.float32]
Features = npt.NDArray[np.float32]
"""float32 (candidates, len(ranking.FEATURES))."""

_FUSION_DEPTH = 200
"""Lexical matches that get their exact semantic score; those below keep their order behind them."""
_FACET_VALUES = 12

_NO_SUCH_PHRASE = Notice(
    "no-phrase",
    "No article has the quoted words in this order; the words were searched without the quotes.",
)
_ONLY_STOP_WORDS = Notice("common-words", "Every word of the query is a very common word. Add another word.")


@dataclass(frozen=True, slots=True)
class _Candidates:
    """Articles that may be shown, with their scores on both sides (the side's minimum where it did not find them).

    *matched* are all articles that answer; the others (candidates,) are as deep as the page asked for needs. Unless
    *complete*, at least *total* answer.
    """

    matched: Documents
    total: int
    documents: Documents
    lexical: Scores
    semantic: Scores
    complete: bool


@dataclass(frozen=True, slots=True)
class Examined:
    """Candidates as rescoring sees them: *ordinals* (n,), *features* (n, len(ranking.FEATURES)), *cosines* (n,)."""

    ordinals: Documents
    features: Features
    cosines: Scores


class Searcher:
    """Answers queries from one generation of an index. Safe to use from several threads; a context manager."""

    def __init__(self, index: Path, settings: Settings) -> None:
        """Open the live generation of the directory *index*. Raises an IndexStateError if that is not possible."""
        self.settings = settings
        self.generation = Generation.open_live(index)
        self.weights = read_weights(index) or ranking.shipped_weights()
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
        if query.phrases and not self.generation.words.has_phrases(query):
            query, notice = replace(query, phrases=()), _NO_SUCH_PHRASE
        depth = request.page * request.size if request.sort == "relevance" else len(self.generation.words.ordinals)
        exhaustive = (
            request.facets or request.sort == "date" or len(self.generation.words) <= self.settings.exact_totals
        )
        candidates = self._candidates(
            mode, query, vector, self._filtered(request), max(depth, _FUSION_DEPTH), exhaustive
        )
        features = self._features(mode, query, candidates)[0]
        scores = self._scores(mode, candidates, features)
        order = self._order(request.sort, candidates.documents, scores)
        if self.settings.reranker and request.sort == "relevance":
            order, notice = self._reranked(query, vector, candidates.documents, order, notice)
            scores[order] = -np.sort(-scores)  # what is shown falls from hit to hit
        page = order[(request.page - 1) * request.size : request.page * request.size]
        hits = self._hits(request, query, vector, candidates, features, scores, page)
        facets = self._facets(candidates.matched) if request.facets else {}
        return SearchResults(
            query=request.query,
            mode=mode,
            total=candidates.total,
            total_relation="eq" if candidates.complete else "gte",
            took_ms=(time.perf_counter() - began) * 1000,
            page=request.page,
            size=request.size,
            suggestion=self._suggestion(request.query),
            notice=notice,
            facets=facets,
            hits=tuple(hits),
        )

    def examine(self, request: SearchRequest) -> Examined:
        """Return the candidates that rescoring looks at for *request*, for learning from judgments.

        Raises QueryError if the request cannot be answered.
        """
        request.check(self.settings)
        query = self._parse(request)
        mode, _ = self._mode(request.mode, query)
        vector = self.encoder.encode_queries([query.plain])[0] if mode != "lexical" else None
        candidates = self._candidates(mode, query, vector, self._filtered(request), _FUSION_DEPTH, exhaustive=False)
        features, examined = self._features(mode, query, candidates)
        return Examined(
            self.generation.words.ordinals[candidates.documents[examined]],
            features[examined],
            candidates.semantic[examined],
        )

    def ordinal_of(self, identifier: str) -> int:
        """Return the ordinal of the article with this id. Raises ArticleNotFoundError."""
        return self.generation.articles.ordinal_of(identifier)

    @property
    def cosine_weight(self) -> float:
        """What a cosine counts, in log-odds, before it is multiplied with what was tuned."""
        return self.settings.semantic_weight * self.generation.manifest.semantic_scale.weight

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

    def _filtered(self, request: SearchRequest) -> Mask | None:
        """Return which documents pass the filters, None if all do."""
        keywords = {name: getattr(request, name) for name in ("author", "source", "section", "tag")}
        return self.generation.words.documents.allowed(keywords, request.date_from, request.date_to)

    def _candidates(
        self,
        mode: str,
        query: LexicalQuery,
        vector: Vectors | None,
        filtered: Mask | None,
        depth: int,
        exhaustive: bool,
    ) -> _Candidates:
        words = self.generation.words
        matched, best, lexical = np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.float32)
        total, complete = 0, True
        if mode != "semantic":
            found = words.search(query, limit=depth, allowed=filtered, exhaustive=exhaustive)
            matched, best, lexical = found.matched, found.best, found.scores
            total, complete = found.total, found.complete
        unknown = np.full(len(best), ranking.COSINE_MINIMUM, dtype=np.float32)
        if vector is None:
            return _Candidates(matched, total, best, lexical, unknown, complete)
        count = self.settings.semantic_candidates
        near, cosines = self.generation.vectors.search(vector, count, _both(filtered, words.restriction(query)))
        all_near = len(near) < count
        is_match = np.isin(near, matched, assume_unique=True)
        if mode == "hybrid":
            scale = self.generation.manifest.semantic_scale
            floor = scale.chance + self.settings.semantic_floor * scale.spread
            enough = (cosines >= floor) | is_match
            near, cosines, is_match = near[enough], cosines[enough], is_match[enough]
            all_near = all_near or not enough.all()
            unknown[:_FUSION_DEPTH] = self.generation.vectors.score(vector, best[:_FUSION_DEPTH])[0]
        new = ~is_match
        also = is_match & ~np.isin(near, best, assume_unique=True)
        joining = new | also
        return _Candidates(
            np.concatenate([matched, near[new]]),
            total + int(new.sum()),
            np.concatenate([best, near[joining]]),
            np.concatenate([lexical, np.full(int(joining.sum()), ranking.BM25_MINIMUM, dtype=np.float32)]),
            np.concatenate([unknown, cosines[joining]]),
            complete and all_near,
        )

    def _features(self, mode: str, query: LexicalQuery, candidates: _Candidates) -> tuple[Features, Documents]:
        """Return the features of the candidates, and the places of the most promising: only those have all of them."""
        features = np.zeros((len(candidates.documents), len(ranking.FEATURES)), dtype=np.float32)
        words = self.generation.words
        features[:, 0] = candidates.lexical / words.best_possible(query)
        if mode == "semantic" or not len(features):
            return features, np.empty(0, np.int64)
        # Until the other features are known, the score of the words stands for them all: it must weigh as much against
        # meaning as they will.
        promising = self._fused(mode, candidates, np.repeat(features[:, :1], features.shape[1], axis=1))
        best = np.argsort(-promising, kind="stable")[: self.settings.rescored_candidates]
        best = best[np.argsort(candidates.documents[best])]
        features[best] = find_features(self.generation, query, candidates.documents[best], features[best, 0])
        return features, best

    def _scores(self, mode: str, candidates: _Candidates, features: Features) -> Scores:
        if mode == "semantic":
            return candidates.semantic
        if mode == "hybrid" and self.settings.fusion == "rrf":
            by_words = np.where(candidates.lexical > 0, ranking.combine(features, None, self.weights), 0)
            return ranking.reciprocal_rank_fusion(by_words, candidates.semantic)
        return self._fused(mode, candidates, features)

    def _fused(self, mode: str, candidates: _Candidates, features: Features) -> Scores:
        if mode == "lexical":
            return ranking.combine(features, None, self.weights)
        return ranking.combine(features, candidates.semantic, self.weights, self.weights.semantic * self.cosine_weight)

    def _order(self, sort: str, documents: Documents, scores: Scores) -> npt.NDArray[np.int64]:
        by_score = np.lexsort((documents, -scores))
        if sort == "date":
            return by_score[self.generation.words.documents.newest_first(documents[by_score])]
        return by_score

    def _reranked(
        self,
        query: LexicalQuery,
        vector: Vectors | None,
        documents: Documents,
        order: npt.NDArray[np.int64],
        notice: Notice | None,
    ) -> tuple[npt.NDArray[np.int64], Notice | None]:
        """Return *order* with its head in the order of the reranker, and what the reader should know."""
        if isinstance(self._reranker, EncoderError):
            return order, Notice("no-model", f"Ranked without the reranker, because it is missing. {self._reranker}")
        count = self.settings.reranked_candidates
        texts = texts_to_rerank(self.generation, vector, documents[order[:count]])
        head = np.argsort(-self._reranker.score(query.plain, texts), kind="stable")
        return np.concatenate([order[:count][head], order[count:]]), notice

    @cached_property
    def _reranker(self) -> Reranker | EncoderError:
        try:
            return Reranker(self.settings.reranker)
        except EncoderError as error:
            return error

    def _facets(self, matched: Documents) -> dict[str, list[tuple[str, int]]]:
        return count_facets(self.generation.words, self.generation.articles, matched, limit=_FACET_VALUES)

    def _hits(
        self,
        request: SearchRequest,
        query: LexicalQuery,
        vector: Vectors | None,
        candidates: _Candidates,
        features: Features,
        scores: Scores,
        page: npt.NDArray[np.int64],
    ) -> list[Hit]:
        documents = candidates.documents[page]
        rows = np.full(len(page), -1)
        if vector is not None and request.snippets:
            rows = self.generation.vectors.score(vector, documents)[1]
        articles = self._articles(documents)
        copies = self.generation.articles.copies(self.generation.words.ordinals[documents].tolist())
        weights = [self.generation.words.idf_of(word) for word in query.scored_words] if request.snippets else []
        hits = []
        for index, document, row, article in zip(page, documents.tolist(), rows.tolist(), articles, strict=True):
            sides = {"lexical": candidates.lexical[index], "semantic": candidates.semantic[index]}
            sides |= dict(zip(ranking.FEATURES, features[index], strict=True))
            hits.append(
                Hit(
                    id=article.id,
                    score=float(scores[index]),
                    title=article.title,
                    snippet=self._snippet(query, weights, document, article, row) if request.snippets else "",
                    article=article,
                    explanation={side: round(float(score), 6) for side, score in sides.items()}
                    if request.explain
                    else {},
                    copies=tuple(copies.get(int(self.generation.words.ordinals[document]), ())),
                )
            )
        return hits

    def _articles(self, documents: Documents) -> list[Article]:
        return self.generation.articles.fetch(self.generation.words.ordinals[documents].tolist())

    def _snippet(self, query: LexicalQuery, weights: Sequence[float], document: int, article: Article, row: int) -> str:
        _, body = self.generation.words.marks(document, query)
        return cut_snippet(
            article.body,
            body.spans,
            body.words,
            weights,
            words=self.settings.snippet_words,
            start_at=self.generation.vectors.span(row)[0] if row >= 0 else 0,
            as_typed=body.as_typed,
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
        document, token = place
        [article] = self._articles(np.array([document]))
        title, body = self.generation.words.spans(document)
        text, (start, end) = (
            (article.title, title[token]) if token < len(title) else (article.body, body[token - len(title)])
        )
        return text[start:end]

    def article(self, identifier: str) -> Article:
        """Return the article with this id. Raises ArticleNotFoundError."""
        return self.generation.articles.fetch([self.generation.articles.ordinal_of(identifier)])[0]

    def marked_article(self, identifier: str, query: str) -> tuple[Article, str, str]:
        """Return an article with its title and body as HTML text in which the words of *query* are marked.

        Raises ArticleNotFoundError; a query that cannot be searched marks nothing.
        """
        [article] = self.generation.articles.fetch([ordinal := self.generation.articles.ordinal_of(identifier)])
        if self.generation.articles.kept_for(ordinal) != ordinal:  # a copy is in no index: nothing says what to mark
            return article, mark_words(article.title, []), mark_words(article.body, [])
        document = self._document_of(identifier)
        title, body = self.generation.words.marks(document, self._parsed(query[: self.settings.max_query_characters]))
        return article, _marked(article.title, title), _marked(article.body, body)

    def similar(self, identifier: str, limit: int) -> list[Article]:
        """Return the articles nearest in meaning to the one with this id. Raises ArticleNotFoundError."""
        document = self._document_of(identifier)
        near, _ = self.generation.vectors.search(self.generation.vectors.vector_of(document), limit + 1)
        return self._articles(near[near != document][:limit])

    def _document_of(self, identifier: str) -> int:
        ordinal = self.generation.articles.kept_for(self.generation.articles.ordinal_of(identifier))
        return int(self.generation.words.numbers[ordinal])

    def complete(self, text: str, limit: int) -> Sequence[str]:
        """Return titles that have all words of *text*, the last of which may be only begun."""
        found = self.generation.words.complete(text, limit, expansions=self.settings.max_expansions)
        return list(dict.fromkeys(article.title for article in self._articles(np.array(found, dtype=np.int64))))


def _both(one: Mask | None, other: Mask | None) -> Mask | None:
    if one is None or other is None:
        return one if other is None else other
    return one & other


def _marked(text: str, marks: Marks) -> str:
    return mark_words(text, merge_spans(marks.spans[sorted(marks.words)]))
