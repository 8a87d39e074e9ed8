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
from arsearch.backends.opensearch.publish.documents import ARTICLE_FIELDS, id_hash, read_article
from arsearch.backends.opensearch.search.deep_pages import WINDOW, Traversal, TraversalCache
from arsearch.backends.opensearch.search.document_cache import WITH_NOTHING, WITH_RECORD, DocumentCache
from arsearch.backends.opensearch.search.exact_scores import exact_scores, exact_scores_by_word
from arsearch.backends.opensearch.search.facets import FacetCounter, counted
from arsearch.backends.opensearch.search.mark_tokens import mark_tokens
from arsearch.backends.opensearch.search.query_dsl import VALUES, phrases_clause
from arsearch.backends.opensearch.search.requests import Body, filter_clauses, meaning_search, near_clause, words_search
from arsearch.backends.opensearch.search.token_columns import unpack_spans
from arsearch.backends.opensearch.search.vocabulary import ClusterWords
from arsearch.backends.protocol import Facets, Located, Order, RetrievalRequest, Retrieved
from arsearch.common.array_types import Documents, Mask, Scores, Vectors
from arsearch.common.deadline import check_time, cut_short, stage, time_left
from arsearch.corpus import Article
from arsearch.errors import ArticleNotFoundError, ClusterError, ClusterUnavailableError
from arsearch.index import Manifest
from arsearch.lexical import ForwardView, LexicalQuery, Marks
from arsearch.lexical.segment.field_names import TEXT_FOLDED
from arsearch.ranking import COSINE_MINIMUM, GramTable
from arsearch.semantic import unit_length

__all__ = ["ClusterIndex"]

_HEAD = 400
"""Matches whose order is by exact scores where a page is deep; so many bring their records along."""
_TRIES = 3
"""How often is asked what came back with parts missing: a node may be lost between finding and fetching, and then the
next request goes to the copies elsewhere."""
_NOTHING: tuple[Documents, Scores] = (np.empty(0, np.int64), np.empty(0, np.float32))

_MOST_YEARS = 200


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
        self._documents = DocumentCache(client, name, manifest.dimension)
        self._facets = FacetCounter(self._msearch, self.manifest.own_fields)
        self._traversals = TraversalCache(self._msearch, self._documents)

    @property
    def grams(self) -> GramTable:
        """How rare the character n-grams of its words are."""
        return self.words.grams

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    # Finding

    @stage("lexical")
    def find(self, question: RetrievalRequest) -> Retrieved:
        """Return the candidates for *question*: one request, others where a page is deep."""
        check_time()
        self.words.check_beginnings(question.query, self._max_prefix_words)
        filters = filter_clauses(question.filters)
        asks_meaning = question.vector is not None and question.vector.any()
        searches = []
        if question.by_words:
            searches.append(self._search_by_words(question, filters))
        if asks_meaning:
            searches.append(meaning_search(question, filters, knn=self._knn))
        answers = self._msearch(searches)
        by_words = answers.pop(0) if question.by_words else None
        by_meaning = answers.pop(0) if asks_meaning else None
        best, scores = self._best(question, searches[0], by_words) if by_words else _NOTHING
        cosines = np.full(len(best), COSINE_MINIMUM, dtype=np.float32)
        if question.vector is not None:
            head = best[: question.cosine_depth]
            cosines[: len(head)] = self._nearest(question.vector, head)[0]
        nearest, nearest_cosines, nearest_matching = self._near(question, by_meaning)
        total: Body = by_words["hits"]["total"] if by_words else {"value": 0, "relation": "eq"}
        shards = [answer["_shards"] for answer in (by_words, by_meaning) if answer]
        return Retrieved(
            best=best,
            scores=scores,
            cosines=cosines,
            total=total["value"],
            total_is_exact=total["relation"] == "eq" and not (by_words and by_words["timed_out"]),
            nearest=nearest,
            nearest_cosines=nearest_cosines,
            nearest_matching=nearest_matching,
            nearest_are_all=len(nearest) < question.nearest_depth,
            matches=counted(by_words) if by_words and question.facets else None,
            shards=max((each["total"] for each in shards), default=0),
            # Shards that are nowhere are not among those that failed.
            failed_shards=max((each["total"] - each["successful"] for each in shards), default=0),
        )

    def _search_by_words(self, question: RetrievalRequest, filters: Sequence[Body]) -> Body:
        if question.order:
            search = words_search(question, filters, WINDOW, with_records=False, own=self.manifest.own_fields)
            return search | ({"size": 0} if self._traversals.known(search) else {})
        size = _HEAD if question.depth > question.cosine_depth else question.depth
        return words_search(question, filters, size, with_records=True, own=self.manifest.own_fields)

    def _best(self, question: RetrievalRequest, search: Body, answer: Body) -> tuple[Documents, Scores]:
        """Return what was found by words, best first or by date, at least as many as the question wants.

        A page must not depend on how deep it is, or going on from one to the next would miss hits or see some twice.
        So the best ``_HEAD`` are always the same ones, ordered by the scores that an index of this machine would give,
        and behind them comes what the cluster ranks lower, in its order: that differs only by how Lucene rounds lengths
        of documents. Those wanted by date come in that order, ``WINDOW`` at a time.
        """
        if question.order:
            traversal = self._traversals.known(search) or self._traversals.begun(search, answer)
            traversal = self._traversals.to(-(-question.depth // WINDOW) * WINDOW, search, traversal)
            scores = traversal.scores.copy()
            scores[: question.cosine_depth] = self._exact_scores(question, traversal.documents[: question.cosine_depth])
            return traversal.documents, scores
        hits = answer["hits"]["hits"]
        found = self._documents.take(hits)
        scores = self._exact_scores(question, found)
        order = np.lexsort((found, -scores))
        found, scores = found[order], scores[order]
        if question.depth <= len(hits) or len(hits) < search["size"]:
            return found, scores
        behind = self._traversals.known(search) or Traversal(last=tuple(hits[-1]["sort"]))
        behind = self._traversals.to(question.depth - len(hits), search | WITH_NOTHING, behind)
        lower = np.minimum.accumulate(np.minimum(behind.scores, scores.min()))
        return np.concatenate([found, behind.documents]), np.concatenate([scores, lower])

    def _exact_scores(self, question: RetrievalRequest, documents: Documents) -> Scores:
        """Return the scores by words of *documents* as an index of this machine gives them."""
        if not len(documents):
            return np.empty(0, np.float32)
        columns = self._documents.columns(documents)
        return exact_scores(question.query, columns, self.words, self.words.averages).astype(np.float32)

    def _near(self, question: RetrievalRequest, answer: Body | None) -> tuple[Documents, Scores, Mask]:
        """Return what was found by meaning, nearest first, with exact cosines, and what of it matches by words too."""
        if answer is None or question.vector is None:
            return np.empty(0, np.int64), np.empty(0, np.float32), np.empty(0, np.bool_)
        hits = answer["hits"]["hits"]
        nearest = self._documents.take(hits)
        matches = np.array(["words" in hit.get("matched_queries", ()) for hit in hits], dtype=np.bool_)
        cosines = self._nearest(question.vector, nearest)[0]
        order = np.lexsort((nearest, -cosines))[: question.nearest_depth]
        return nearest[order], cosines[order], matches[order]

    def has_phrases(self, query: LexicalQuery) -> bool:
        """Whether any article has all phrases of *query*, whatever else it asks for."""
        if not query.phrases:
            return True
        body = {"size": 0, "terminate_after": 1, "track_total_hits": True, "query": phrases_clause(query)}
        answer = self._client.ask(lambda raw: raw.search(index=self._name, body=body))
        return bool(answer["hits"]["total"]["value"])

    def count_facets(self, found: Retrieved, joining: Documents, limit: int) -> Facets:
        """Count the values of all that *found* matches by words and of *joining*, documents of ``found.nearest``."""
        return self._facets.count(found.matches or {}, joining.tolist(), limit)

    def count_dates(self, found: Retrieved, joining: Documents) -> list[tuple[str, int]]:
        """Count the years of all that *found* matches by words and of *joining*."""
        return sorted(self._facets.count(found.matches or {}, joining.tolist(), _MOST_YEARS)["year"])

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
        search = {"size": depth, "query": near_clause(vector, depth, [], knn=self._knn), **WITH_RECORD}
        nearest = self._documents.take(self._msearch([search])[0]["hits"]["hits"])
        nearest = nearest[np.lexsort((nearest, -self._nearest(vector, nearest)[0]))]
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
        """Return the first *longest* tokens of each of *documents*, whatever *grams* they have."""
        del grams
        return self._documents.columns(documents).view(stems, longest)

    def marks(self, document: int, query: LexicalQuery) -> tuple[Marks, Marks]:
        """Return where the words of *query* stand in the title and in the body of *document*."""
        [record], [shown] = self._documents.records(np.array([document])), self._documents.shown([document])
        spans = unpack_spans(base64.b64decode(shown["spans"]))
        return mark_tokens(query, record.tokens, spans, self._documents.folded_words, self._documents.stems)

    def passages(self, vector: Vectors, documents: Documents) -> list[tuple[int, int] | None]:
        """Return where in each body the passage nearest to *vector* starts and ends; None without a passage."""
        records, places = self._documents.records(documents), self._nearest(vector, documents)[1].tolist()
        return [record.passages[place] if place >= 0 else None for record, place in zip(records, places, strict=True)]

    def passage_vectors(self, documents: Documents) -> list[tuple[npt.NDArray[np.int64], Vectors]]:
        """Return for each of *documents* where its passages with a vector start in the body, and the vectors."""
        return [
            (np.array([start for start, _ in record.passages], np.int64), unit_length(record.codes.astype(np.float32)))
            for record in self._documents.records(documents)
        ]

    def scores_by_word(self, query: LexicalQuery, documents: Documents) -> list[dict[str, float]]:
        """Return for each of *documents* what each word of *query* adds to its lexical score."""
        return exact_scores_by_word(query, self._documents.columns(documents), self.words, self.words.averages)

    def articles(self, documents: Documents) -> list[Article]:
        """Return the articles of *documents*, in that order."""
        return [read_article(shown) for shown in self._documents.shown(documents.tolist())]

    def copies(self, documents: Documents) -> list[tuple[Article, ...]]:
        """Return for each of *documents* the articles that are kept as its copies."""
        numbers = documents.tolist()
        having = [
            number for number, record in zip(numbers, self._documents.records(documents), strict=True) if record.copied
        ]
        found: dict[int, list[Article]] = {number: [] for number in numbers}
        if having:
            body = {
                "size": 10_000,
                "query": {"terms": {"copy_of": having}},
                "sort": ["ordinal"],
                "_source": ARTICLE_FIELDS,
            }
            for hit in self._client.ask(lambda raw: raw.search(index=self._name, body=body))["hits"]["hits"]:
                found[hit["_source"]["copy_of"]].append(read_article(hit["_source"]))
        return [tuple(found[number]) for number in numbers]

    def titles(self, documents: Documents) -> list[str]:
        """Return the titles of *documents*, in that order."""
        return [shown["title"] for shown in self._documents.shown(documents.tolist())]

    def spellings(self, folded: str, count: int) -> list[str]:
        """Return how up to *count* articles write a word with the folded form *folded*."""
        body = {
            "size": count,
            "query": {"constant_score": {"filter": {"term": {TEXT_FOLDED: folded}}}},
            "sort": [{"ordinal": "asc"}],
            "docvalue_fields": WITH_RECORD["docvalue_fields"],
            "_source": [*ARTICLE_FIELDS, "spans"],
        }
        hits = self._client.ask(lambda raw: raw.search(index=self._name, body=body))["hits"]["hits"]
        spellings = []
        for record, hit in zip(self._documents.records(self._documents.take(hits)), hits, strict=True):
            places = np.flatnonzero(record.tokens.folded_words == self._documents.folded_words.of(folded))
            if len(places):
                spans = unpack_spans(base64.b64decode(hit["_source"]["spans"]))
                start, end = spans[places[0]].tolist()
                article = read_article(hit["_source"])
                in_title = places[0] < record.tokens.title
                text = article.title if in_title else article.searched_text(self.manifest.own_fields)
                spellings.append(text[start:end])
        return spellings

    def locate(self, identifier: str) -> Located:
        """Return the article with this id, and what is found in its place. Raises ArticleNotFoundError."""
        body = {"size": 1, "query": {"term": {"id_hash": id_hash(identifier)}}, "_source": ARTICLE_FIELDS}
        hits = self._client.ask(lambda raw: raw.search(index=self._name, body=body))["hits"]["hits"]
        if not hits:
            raise ArticleNotFoundError(f"No article has the id {identifier!r}. Search, and take the id of a hit.")
        source, number = hits[0]["_source"], int(hits[0]["_id"])
        return Located(read_article(source), source.get("copy_of", number), "copy_of" in source)

    # Asking the cluster

    def _msearch(self, searches: Sequence[Body]) -> list[Body]:
        """Return the answers to *searches*. Raises an IndexStateError where one has none."""
        if not searches:
            return []
        # Rarity is that of all shards, or scores would depend on how articles are spread over them.
        head = {"index": self._name, "search_type": "dfs_query_then_fetch"}
        left = time_left()
        limit = {} if left is None else {"timeout": f"{max(int(left * 1000), 1)}ms"}
        lines = [line for search in searches for line in (head, search | limit)]
        for _ in range(_TRIES):
            answers: list[Body] = self._client.ask(lambda raw: raw.msearch(body=lines))["responses"]
            if all(map(_is_whole, answers)):
                break
        for answer in answers:
            if "error" in answer:
                raise _failed_search(self._client.address, answer)
            if answer.get("timed_out"):  # what was found by then is worth showing
                cut_short()
        return answers

    def _nearest(self, vector: Vectors, documents: Documents) -> tuple[Scores, npt.NDArray[np.int64]]:
        """Return for each of *documents* the cosine of its nearest passage and which that is; -1 without one."""
        scores = np.full(len(documents), COSINE_MINIMUM, dtype=np.float32)
        places = np.full(len(documents), -1, dtype=np.int64)
        records = self._documents.records(documents)
        counts = np.array([len(record.norms) for record in records], dtype=np.int64)
        if not vector.any() or not counts.any():
            return scores, places
        codes = np.concatenate([record.codes for record in records])
        norms = np.concatenate([record.norms for record in records])
        cosines = codes @ vector / np.maximum(norms, np.finfo(np.float32).tiny)
        begins = np.cumsum(counts) - counts
        for index in np.flatnonzero(counts).tolist():
            own = cosines[begins[index] : begins[index] + counts[index]]
            places[index] = np.argmax(own)
            scores[index] = own[places[index]]
        return scores, places


def _is_whole(answer: Body) -> bool:
    """Whether every part of the index answered, or the cluster refuses for a reason that stays."""
    return answer.get("status", 200) < 500 if "error" in answer else not answer["_shards"]["failed"]


def _failed_search(address: str, answer: Body) -> Exception:
    reason = str(answer["error"].get("reason") or answer["error"])[:300]
    if answer.get("status", 0) in (429, 503) or "shards failed" in reason:
        return ClusterUnavailableError(
            f"The OpenSearch cluster at {address} could not answer: {reason}. Check `_cluster/health`: red means that "
            "nodes or their data are missing."
        )
    return ClusterError(f"The OpenSearch cluster at {address} refused a search: {reason}.")
