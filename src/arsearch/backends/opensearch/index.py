"""One commit of an index on a cluster, opened for searching.

The cluster finds candidates: by words with its BM25, by meaning with its vectors, both in one ``_msearch``. What ranks
them comes along with them: their words and the codes of their passages. So the scores that decide the order are
computed here, from the statistics of the whole index, and are those of an index of this machine. Documents are numbered
by their ordinal, which is their ``_id``.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from arsearch.backends.opensearch.cluster.client import ClusterClient
from arsearch.backends.opensearch.cluster.node_states import NodeStates
from arsearch.backends.opensearch.publish.documents import ARTICLE_FIELDS, id_hash, read_article
from arsearch.backends.opensearch.search.candidates import CandidateFinder
from arsearch.backends.opensearch.search.document_cache import NOT_STORED, DocumentCache
from arsearch.backends.opensearch.search.exact_scores import exact_scores_by_word
from arsearch.backends.opensearch.search.facets import FacetCounter, FacetMatches
from arsearch.backends.opensearch.search.mark_tokens import mark_tokens
from arsearch.backends.opensearch.search.multi_search import MultiSearch
from arsearch.backends.opensearch.search.query_dsl import VALUES, phrases_clause
from arsearch.backends.opensearch.search.requests import near_clause
from arsearch.backends.opensearch.search.token_columns import unpack_spans
from arsearch.backends.opensearch.search.vocabulary import ClusterWords
from arsearch.backends.opensearch.views.node_scripts import WRITTEN
from arsearch.backends.opensearch.views.query_views import ViewCache
from arsearch.backends.opensearch.views.view_reader import ViewReader
from arsearch.backends.opensearch.views.word_column import word_hash
from arsearch.backends.protocol import Facets, Located, Order, RetrievalRequest, Retrieved
from arsearch.common.array_types import Documents, Vectors
from arsearch.common.deadline import check_time
from arsearch.corpus import Article
from arsearch.errors import ArticleNotFoundError
from arsearch.index import Manifest
from arsearch.lexical import ForwardView, LexicalQuery, Marks
from arsearch.lexical.segment.field_names import TEXT_FOLDED
from arsearch.ranking import GramTable
from arsearch.semantic import unit_length

__all__ = ["ClusterIndex"]

_DAY = 10


class ClusterIndex:
    """The articles in the index *name*. Safe to use from several threads."""

    def __init__(
        self,
        client: ClusterClient,
        name: str,
        manifest: Manifest,
        words: ClusterWords,
        *,
        knn: bool,
        max_prefix_words: int,
    ) -> None:
        self._max_prefix_words = max_prefix_words
        self.manifest = manifest
        self.words = words
        self._client = client
        self._name = name
        self._knn = knn
        self._search = search = MultiSearch(client, name)
        self._documents = DocumentCache(search, manifest.dimension)
        self._facets = FacetCounter(search, self.manifest.own_fields)
        self._views = ViewCache()
        self._reader = ViewReader(search, self._documents)
        self._finder = CandidateFinder(
            search, self._documents, self._views, self._reader, self._facets, words, manifest, knn=knn
        )

    @property
    def grams(self) -> GramTable:
        """How rare the character n-grams of its words are."""
        return self.words.grams

    @property
    def nodes(self) -> NodeStates:
        """What is known of the nodes that are asked."""
        return self._client.nodes

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    # Finding

    def find(self, question: RetrievalRequest) -> Retrieved:
        """Return the candidates for *question*: one request, others where a page is deep."""
        check_time()
        self.words.check_beginnings(question.query, self._max_prefix_words)
        return self._finder.find(question)

    def has_phrases(self, query: LexicalQuery) -> bool:
        """Whether any article has all phrases of *query*, whatever else it asks for."""
        if not query.phrases:
            return True
        body = {"size": 0, "terminate_after": 1, "track_total_hits": True, "query": phrases_clause(query)}
        answer = self._client.ask(lambda raw: raw.search(index=self._name, body=body))
        return bool(answer["hits"]["total"]["value"])

    def count_facets(self, found: Retrieved, joining: Documents, limit: int) -> Facets:
        """Count the values of all that *found* matches by words and of *joining*, documents of ``found.nearest``."""
        return self._facets.count(found.matches or FacetMatches(), joining.tolist(), limit)

    def count_dates(self, found: Retrieved, joining: Documents) -> list[tuple[str, int]]:
        """Count the days of all that *found* matches by words and of *joining*, as far as they are known."""
        days = self._facets.count_days(found.matches or FacetMatches())
        days.update(date[:_DAY] for date in self.dates(joining))
        return sorted(days.items())

    def similar(self, document: int, limit: int) -> Documents:
        """Return the documents nearest in meaning to *document*, nearest first, itself not among them."""
        [record] = self._documents.records(np.array([document]))
        mean: Vectors = np.zeros(self.manifest.dimension, np.float32)
        if len(record.codes):
            mean = record.codes.mean(axis=0, dtype=np.float32)
        length = max(float(np.linalg.norm(mean)), float(np.finfo(np.float32).tiny))
        vector: Vectors = (mean / np.float32(length)).astype(np.float32)
        if not vector.any():
            return np.empty(0, np.int64)
        depth = max(limit + 1, 50)
        views = self._views.compared_with(vector)
        search = {
            "size": depth,
            "query": near_clause(vector, depth, [], knn=self._knn),
            "sort": [{"_score": {"order": "desc"}}, {"ordinal": {"order": "asc"}}],
            "track_total_hits": False,
            **self._reader.fields(views),
        }
        nearest = self._reader.take(views, self._search([search])[0]["hits"]["hits"])
        cosines = np.array([view.cosine for view in self._reader.of(views, nearest)], dtype=np.float32)
        nearest = nearest[np.lexsort((nearest, -cosines))]
        others: Documents = nearest[nearest != document]
        return others[:limit]

    # What is known of documents

    def in_order(self, documents: Documents, order: Order) -> npt.NDArray[np.int64]:
        """Return the indices that sort *documents* in this *order*, those without a value last, equals as they come."""
        if order.field:
            values = self._documents.values(documents, f"{VALUES}.{order.field}")
            return np.argsort(-values if order.descending else values, kind="stable")
        oldest = not order.descending
        dates = np.array([date.encode() for date in self._documents.dates(documents)], dtype="S19")
        _, ranks = np.unique(dates, return_inverse=True)
        if oldest:
            ranks = np.where(dates == b"", len(dates), ranks)
        return np.argsort(ranks if oldest else -ranks, kind="stable")

    def dates(self, documents: Documents) -> list[str]:
        """Return the dates of *documents* as ISO 8601, to the second at most; empty for those without."""
        return self._documents.dates(documents)

    def forward(
        self, documents: Documents, grams: npt.NDArray[np.uint64], stems: Sequence[str], *, longest: int
    ) -> ForwardView:
        """Return what the first *longest* tokens of each of *documents* have of interest."""
        return self._reader.columns(self._views.with_words(grams, stems), documents).view(stems, longest)

    def marks(self, document: int, query: LexicalQuery) -> tuple[Marks, Marks]:
        """Return where the words of *query* stand in the title and in the body of *document*."""
        views, [shown] = self._views.of(query), self._documents.shown([document])
        [view] = self._reader.of(views, np.array([document]))
        spans = unpack_spans(base64.b64decode(shown["spans"]))
        return mark_tokens(query, view.tokens, spans, views.folded_words, views.stems)

    def snippets(self, documents: Documents, *_others: object) -> list[str | None]:
        """All have to be cut by their marks."""
        return [None] * len(documents)

    def passages(self, vector: Vectors, documents: Documents) -> list[tuple[int, int] | None]:
        """Return where in each body the passage nearest to *vector* starts and ends; None without a passage."""
        return [view.passage for view in self._reader.of(self._views.compared_with(vector), documents)]

    def passage_vectors(self, documents: Documents) -> list[tuple[npt.NDArray[np.int64], Vectors]]:
        """Return for each of *documents* where its passages with a vector start in the body, and the vectors."""
        return [
            (np.array([start for start, _ in record.passages], np.int64), unit_length(record.codes.astype(np.float32)))
            for record in self._documents.records(documents)
        ]

    def scores_by_word(self, query: LexicalQuery, documents: Documents) -> list[dict[str, float]]:
        """Return for each of *documents* what each word of *query* adds to its lexical score."""
        columns = self._reader.columns(self._views.of(query), documents)
        return exact_scores_by_word(query, columns, self.words, self.words.averages)

    def articles(self, documents: Documents) -> list[Article]:
        """Return the articles of *documents*, in that order."""
        return [read_article(shown) for shown in self._documents.shown(documents.tolist())]

    def copies(self, documents: Documents) -> list[tuple[Article, ...]]:
        """Return for each of *documents* the articles that are kept as its copies."""
        found = self._documents.copies(documents.tolist())
        return [tuple(map(read_article, copies)) for copies in found]

    def titles(self, documents: Documents) -> list[str]:
        """Return the titles of *documents*, in that order."""
        return [title for _, title in self._named(documents)]

    def identifiers(self, documents: Documents) -> list[str]:
        """Return the ids of the articles of *documents*, in that order."""
        return [identifier for identifier, _ in self._named(documents)]

    def _named(self, documents: Documents) -> list[tuple[str, str]]:
        """Return ids and titles of *documents*."""
        numbers = documents.tolist()
        known = {number: seen for number in numbers if (seen := self.words.titles_seen.get(number)) is not None}
        missing = [number for number in numbers if number not in known]
        shown = zip(missing, self._documents.shown(missing), strict=True)
        known |= {number: (one["id"], one["title"]) for number, one in shown}
        return [known[number] for number in numbers]

    def spellings(self, folded: str, count: int) -> list[str]:
        """Return how up to *count* articles write a word with the folded form *folded*."""
        return self.all_spellings([folded], count)[0]

    def all_spellings(self, words: Sequence[str], count: int) -> list[list[str]]:
        """Return how up to *count* articles write each of *words*, folded forms."""
        searches = [
            {
                "size": count,
                "query": {"constant_score": {"filter": {"term": {TEXT_FOLDED: word}}}},
                "sort": [{"ordinal": "asc"}],
                "track_total_hits": False,
                **NOT_STORED,
                "script_fields": {
                    "written": {"script": {"lang": "painless", "source": WRITTEN, "params": {"word": word_hash(word)}}}
                },
            }
            for word in words
        ]
        return [
            [hit["fields"]["written"][0] or word for hit in answer["hits"]["hits"]]
            for word, answer in zip(words, self._search(searches), strict=True)
        ]

    def locate(self, identifier: str) -> Located:
        """Return the article with this id, and what is found in its place. Raises ArticleNotFoundError."""
        body = {"size": 1, "query": {"term": {"id_hash": id_hash(identifier)}}, "_source": ARTICLE_FIELDS}
        hits = self._client.ask(lambda raw: raw.search(index=self._name, body=body))["hits"]["hits"]
        if not hits:
            raise ArticleNotFoundError(f"No article has the id {identifier!r}. Search, and take the id of a hit.")
        source, number = hits[0]["_source"], int(hits[0]["_id"])
        return Located(read_article(source), source.get("copy_of", number), "copy_of" in source)
