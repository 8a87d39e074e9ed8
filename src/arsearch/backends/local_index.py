"""One commit of the index in a directory of this machine, searched in this process."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from arsearch.backends.protocol import Facets, Filters, Located, Order, RetrievalRequest, Retrieved
from arsearch.common.array_types import Documents, Doubles, Int64s, Mask, Vectors
from arsearch.common.deadline import stage, time_is_up
from arsearch.corpus import Article
from arsearch.index import Commit, count_facets
from arsearch.lexical import NOTHING, ForwardView, LexicalQuery, Marks
from arsearch.ranking import COSINE_MINIMUM
from arsearch.semantic import PassageVectors, unit_length

__all__ = ["LocalIndex"]


class LocalIndex:
    """One commit. Documents are numbered as the lexical index has them."""

    def __init__(self, commit: Commit, max_prefix_words: int) -> None:
        self.commit = commit
        self._max_prefix_words = max_prefix_words
        self.manifest = commit.manifest
        self.words = commit.words
        self.grams = commit.grams
        self._store = commit.articles

    @property
    def _vectors(self) -> PassageVectors:
        return self.commit.vectors

    def close(self) -> None:
        """Let go of the files. What it is, the manifest, can still be asked."""
        self.commit.close()
        vars(self).pop("grams", None)  # mapped into memory, as are words and vectors, which the commit has closed

    # Finding

    @stage("lexical")
    def find(self, question: RetrievalRequest) -> Retrieved:
        """Return the candidates for *question*."""
        filtered = self._filtered(question.filters)
        found = NOTHING
        if question.by_words:
            self.words.check_beginnings(question.query, self._max_prefix_words)
            found = self.words.search(
                question.query,
                limit=len(self.words.ordinals) if question.order else question.depth,
                allowed=filtered,
                exhaustive=question.exact_total or question.facets or bool(question.order),
            )
        cosines = np.full(len(found.best), COSINE_MINIMUM, dtype=np.float32)
        nearest, nearest_cosines, nearest_matching = (
            np.empty(0, np.int64),
            np.empty(0, np.float32),
            np.empty(0, np.bool_),
        )
        # What was found by words is worth showing even where there is no time left to look for what is near.
        if question.vector is not None and not (question.by_words and time_is_up()):
            with stage("semantic"):
                admitted = _both(filtered, self.words.restriction(question.query))
                nearest, nearest_cosines = self._vectors.search(question.vector, question.nearest_depth, admitted)
                nearest_matching = found.has(nearest)
                head = found.best[: question.cosine_depth]
                cosines[: len(head)] = self._vectors.score(question.vector, head)[0]
        return Retrieved(
            best=found.best,
            scores=found.scores,
            cosines=cosines,
            total=found.total,
            total_is_exact=found.complete,
            nearest=nearest,
            nearest_cosines=nearest_cosines,
            nearest_matching=nearest_matching,
            nearest_are_all=len(nearest) < question.nearest_depth,
            matches=found,
        )

    def _filtered(self, filters: Filters) -> Mask | None:
        """Return which documents pass the filters, None if all do."""
        allowed = self.words.documents.allowed(filters.keywords, filters.date_from, filters.date_to, filters.ranges)
        if filters.only or filters.without:
            admitted = np.full(len(self.words.ordinals), not filters.only)
            admitted[list(filters.only)] = True
            admitted[list(filters.without)] = False
            return _both(allowed, admitted)
        return allowed

    def has_phrases(self, query: LexicalQuery) -> bool:
        """Whether any article has all phrases of *query*, whatever else it asks for."""
        return self.words.has_phrases(query)

    def count_facets(self, found: Retrieved, joining: Documents, limit: int) -> Facets:
        """Count the values of all that *found* matches by words and of *joining*."""
        documents = np.concatenate([found.matches.matched, joining])
        return count_facets(self.words, self._store, documents, limit=limit, own=self.manifest.own_fields)

    def count_dates(self, found: Retrieved, joining: Documents) -> list[tuple[str, int]]:
        """Count the dates of all that *found* matches by words and of *joining*."""
        return self.words.documents.count_dates(np.concatenate([found.matches.matched, joining]))

    def similar(self, document: int, limit: int) -> Documents:
        """Return the documents nearest in meaning to *document*, nearest first, itself not among them."""
        nearest, _ = self._vectors.search(self._vectors.vector_of(document), limit + 1)
        others: Documents = nearest[nearest != document]
        return others[:limit]

    # What is known of documents

    def in_order(self, documents: Documents, order: Order) -> npt.NDArray[np.int64]:
        """Return the indices that sort *documents* in this *order*, those without a value last, equals as they come."""
        if not order.field:
            return self.words.documents.in_order_of_date(documents, oldest=not order.descending)
        return self.words.documents.in_order_of_value(documents, order.field, descending=order.descending)

    def dates(self, documents: Documents) -> list[str]:
        """Return the dates of *documents* as ISO 8601, to the second at most; empty for those without."""
        return self.words.documents.dates(documents)

    def forward(
        self, documents: Documents, grams: npt.NDArray[np.uint64], stems: Sequence[str], *, longest: int
    ) -> ForwardView:
        """Return what the first *longest* tokens of each of *documents*, which are sorted, have of interest."""
        return self.words.forward_in(documents, self.grams.words_by_segment(grams), stems, longest=longest)

    def marks(self, document: int, query: LexicalQuery) -> tuple[Marks, Marks]:
        """Return where the words of *query* stand in the title and in the body of *document*."""
        return self.words.marks(document, query)

    def snippets(
        self,
        documents: Documents,
        query: LexicalQuery,
        texts: Sequence[str],
        starts: Int64s,
        weights: Doubles,
        words: int,
    ) -> list[str | None]:
        """Return the best *words* words of *documents*, whose bodies are *texts*; None where marks have to tell."""
        return self.words.snippets(documents, query, texts, starts, weights, words)

    def passages(self, vector: Vectors, documents: Documents) -> list[tuple[int, int] | None]:
        """Return where in each body the passage nearest to *vector* starts and ends; None without a passage."""
        rows = self._vectors.score(vector, documents)[1]
        spans = iter(self._vectors.spans(rows[rows >= 0]).tolist())
        return [tuple(next(spans)) if row >= 0 else None for row in rows.tolist()]

    def passage_vectors(self, documents: Documents) -> list[tuple[npt.NDArray[np.int64], Vectors]]:
        """Return for each of *documents* where its passages with a vector start in the body, and the vectors."""
        found = []
        for document in documents.tolist():
            spans, vectors = self._vectors.passages_of(document)
            found.append((spans[:, 0], unit_length(vectors)))
        return found

    def scores_by_word(self, query: LexicalQuery, documents: Documents) -> list[dict[str, float]]:
        """Return for each of *documents* what each word of *query* adds to its lexical score."""
        return self.words.scores_by_word(query, documents)

    def articles(self, documents: Documents) -> list[Article]:
        """Return the articles of *documents*, in that order."""
        return self._store.fetch(self.words.ordinals[documents].tolist())

    def copies(self, documents: Documents) -> list[tuple[Article, ...]]:
        """Return for each of *documents* the articles that are kept as its copies."""
        ordinals = self.words.ordinals[documents].tolist()
        copies = self._store.copies(ordinals)
        if not copies:
            return [()] * len(ordinals)
        return [tuple(copies.get(ordinal, ())) for ordinal in ordinals]

    def titles(self, documents: Documents) -> list[str]:
        """Return the titles of *documents*, in that order; faster than the whole articles."""
        return self._store.titles(self.words.ordinals[documents].tolist())

    def identifiers(self, documents: Documents) -> list[str]:
        """Return the ids of the articles of *documents*, in that order."""
        return [article.id for article in self.articles(documents)]

    def all_spellings(self, words: Sequence[str], count: int) -> list[list[str]]:
        """Return how up to *count* articles write each of *words*, folded forms."""
        return [self.spellings(word, count) for word in words]

    def spellings(self, folded: str, count: int) -> list[str]:
        """Return how up to *count* articles write a word with the folded form *folded*."""
        places = self.words.examples(folded, count)
        articles = self.articles(np.array([document for document, _ in places], dtype=np.int64))
        spellings = []
        for (document, token), article in zip(places, articles, strict=True):
            title, body = self.words.spans(document)
            in_title = token < len(title)
            start, end = title[token] if in_title else body[token - len(title)]
            text = article.title if in_title else article.searched_text(self.manifest.own_fields)
            spellings.append(text[start:end])
        return spellings

    def locate(self, identifier: str) -> Located:
        """Return the article with this id, and what is found in its place. Raises ArticleNotFoundError."""
        ordinal = self._store.ordinal_of(identifier)
        [article] = self._store.fetch([ordinal])
        kept = self._store.kept_for(ordinal)
        return Located(article, int(self.words.numbers[kept]), kept != ordinal)

    def as_read(self, identifier: str) -> Article | None:
        """Return the article with this id as it was read or written, before it was cleaned; None if there is none."""
        return self._store.as_read(identifier)


def _both(one: Mask | None, other: Mask | None) -> Mask | None:
    if one is None or other is None:
        return one if other is None else other
    return one & other
