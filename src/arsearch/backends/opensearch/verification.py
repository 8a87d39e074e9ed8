"""Verifying an index on a cluster: its parts against each other, and a sample of articles against what is found.

Bytes are the cluster's business: Lucene has a checksum in each of its files and compares it when it opens or moves one.
"""

from __future__ import annotations

import base64
import random
import time
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from arsearch.arabic import analyze
from arsearch.backends.opensearch.cluster.commit_view import CommitClient
from arsearch.backends.opensearch.cluster.commits import IndexAlias, words_index
from arsearch.backends.opensearch.cluster.state import CommitRecord
from arsearch.backends.opensearch.publish.documents import DocumentRecord, read_article
from arsearch.backends.opensearch.search.document_cache import DocumentCache
from arsearch.backends.opensearch.search.multi_search import MultiSearch
from arsearch.backends.opensearch.search.query_dsl import SEARCHABLE
from arsearch.backends.opensearch.search.token_columns import unpack_spans
from arsearch.backends.opensearch.search.vocabulary import read_counts
from arsearch.backends.opensearch.views.word_column import pack_column
from arsearch.corpus import Article
from arsearch.errors import ArsearchError, EncoderError
from arsearch.index import Manifest, Progress, Verification
from arsearch.lexical.segment.check import tokens_of_body
from arsearch.lexical.segment.field_names import TEXT_FOLDED, TEXT_STEM, TITLE_FOLDED, TITLE_STEM
from arsearch.semantic import Encoder, cut_passages, load_encoder

__all__ = ["inspect_cluster_index"]

_MIN_COSINE = 0.99
"""Vectors embedded again are nearer than this to those that were stored; those of other texts hardly ever."""
_AT_ONCE = 50
_MAX_TERMS = 200
"""Words of an article that are looked up in one search; a query of thousands is refused by OpenSearch."""


def inspect_cluster_index(alias: IndexAlias, *, sample: int, progress: Progress | None) -> Verification:
    """Compare the parts of the live index of *alias*, and *sample* articles, chosen by chance, with their texts.

    Of each of them it is looked whether its words find it, and whether its words and vectors are those of its text.
    Raises an IndexStateError if there is nothing that could be checked.
    """
    began = time.perf_counter()
    commit = alias.record()
    manifest, _ = alias.manifest(commit)
    inspection = _Inspection(alias, commit, manifest)
    # What is missing cannot be compared, and how many there are says more than which one is another.
    faults = list(inspection.missing_shards()) or list(inspection.different_counts())
    faults = faults or list(inspection.different_texts(sample, progress))
    return Verification(
        commit=commit.name,
        faults=tuple(faults),
        older_faults=(),
        files=0,
        bytes=0,
        articles=manifest.articles,
        sampled=inspection.sampled,
        passages=inspection.passages,
        notice=" ".join(inspection.notices),
        seconds=time.perf_counter() - began,
    )


class _Inspection:
    """Looks into *commit*, and counts what it has looked at."""

    def __init__(self, alias: IndexAlias, commit: CommitRecord, manifest: Manifest) -> None:
        self._client = CommitClient(alias.client, commit)
        self._alias = alias
        self._commit = commit
        self._name = commit.index
        self._manifest = manifest
        self._documents = DocumentCache(MultiSearch(self._client, self._name), manifest.dimension)
        self.sampled = self.passages = 0
        self.notices: list[str] = []

    def missing_shards(self) -> Iterator[str]:
        """Yield what is wrong with the shards, and take down which copies are missing."""
        both = f"{self._name},{words_index(self._name)}"
        health = self._client.ask(lambda raw: raw.cluster.health(index=both))
        nowhere = f"{health['unassigned_shards']} shards of {both} are on no node"
        if health["status"] == "red":
            yield f"{nowhere}, and not all of them are copies: the index is red."
        elif health["status"] == "yellow":
            self.notices.append(f"{nowhere}; they are copies, so nothing is missing, but one more node must not fail.")

    def different_counts(self) -> Iterator[str]:
        """Yield how the parts of the index disagree about how much there is."""
        body = {
            "size": 0,
            "track_total_hits": True,
            "query": {"term": {SEARCHABLE: True}},
            "aggs": {"passages": {"nested": {"path": "passages"}}},
        }
        answer = self._search(body)
        try:
            changes = self._alias.store.words(self._commit)
            words = read_counts(self._client, words_index(self._name), self._commit.words, changes).articles
        except ArsearchError as error:
            yield str(error)
            return
        counts = {
            "the manifest": self._manifest.articles,
            "the index": answer["hits"]["total"]["value"],
            "the vocabulary": words,
        }
        if len(set(counts.values())) > 1:
            listed = ", ".join(f"{count} in {place}" for place, count in counts.items())
            yield f"The parts of {self._name} hold different numbers of articles: {listed}."
        found = answer["aggregations"]["passages"]["doc_count"]
        if found > self._manifest.passages:  # fewer may be: passages without any meaning have no vector
            yield f"{self._name} has {found} vectors of passages where there are {self._manifest.passages} passages."
        elif self._manifest.passages and not found:
            yield f"{self._name} has no vectors, but {self._manifest.passages} passages."

    def different_texts(self, sample: int, progress: Progress | None) -> Iterator[str]:
        """Yield how *sample* articles differ from what the index has of them."""
        encoder = self._encoder() if sample else None
        for first in range(0, sample, _AT_ONCE):
            size = min(_AT_ONCE, sample - first)
            chance = {"seed": random.getrandbits(31), "field": "_seq_no"}
            all_found = {"term": {SEARCHABLE: True}}
            query = {"function_score": {"query": all_found, "random_score": chance, "boost_mode": "replace"}}
            hits = self._search({"size": size, "query": query, "_source": False})["hits"]["hits"]
            numbers = np.unique([int(hit["_id"]) for hit in hits]).astype(np.int64)
            shown, records = self._documents.shown(numbers.tolist()), self._documents.records(numbers)
            columns = self._documents.word_columns(numbers)
            for number, one, record, column in zip(numbers.tolist(), shown, records, columns, strict=True):
                article = read_article(one)
                spans = unpack_spans(base64.b64decode(one["spans"])).tolist()
                yield from self._different_words(number, article, record, spans, column)
                if encoder is not None and self.passages < sample:
                    yield from self._different_vectors(article, record, encoder)
                self.sampled += 1
            if progress is not None:
                progress("verifying", self.sampled, sample)
            if len(hits) < size or len(hits) == self._manifest.articles:
                break

    def _different_words(
        self, number: int, article: Article, record: DocumentRecord, spans: Sequence[Sequence[int]], column: bytes
    ) -> Iterator[str]:
        title = analyze(article.title, article.language)
        prose = article.prose(self._manifest.own_fields)
        body = [token for tokens in tokens_of_body(article.body, prose, article.language) for token in tokens]
        tokens = [*title, *body]
        stored = [
            (self._documents.folded_words.text(folded), self._documents.stems.text(stem))
            for folded, stem in zip(record.tokens.folded_words.tolist(), record.tokens.stems.tolist(), strict=True)
        ]
        if (
            stored != [(token.folded, token.stem) for token in tokens]
            or spans != [[token.start, token.end] for token in tokens]
            or record.tokens.title != len(title)
        ):
            yield f"The words of the article {article.id!r} are not those of its text."
            return
        own = self._manifest.own_fields
        texts = ((article.title, title), (article.searched_text(own), body))
        written = [text[token.start : token.end] for text, part in texts for token in part]
        folded_words, stems = [token.folded for token in tokens], [token.stem for token in tokens]
        if column != pack_column(folded_words, stems, len(title), written):
            yield f"The words of the article {article.id!r} as nodes see them are not those of its text."
            return
        fields = {
            TITLE_FOLDED: [token.folded for token in title],
            TITLE_STEM: [token.stem for token in title],
            TEXT_FOLDED: [token.folded for token in tokens],
            TEXT_STEM: [token.stem for token in tokens],
        }
        terms = [{"term": {field: word}} for field, words in fields.items() for word in dict.fromkeys(words) if word]
        chosen = random.sample(terms, min(len(terms), _MAX_TERMS))
        query = {"bool": {"filter": [{"ids": {"values": [str(number)]}}, *chosen]}}
        if not self._search({"size": 0, "query": query})["hits"]["total"]["value"]:
            yield f"The article {article.id!r} is not found by all of its words."

    def _different_vectors(self, article: Article, record: DocumentRecord, encoder: Encoder) -> Iterator[str]:
        starts = np.array([token.start for token in analyze(article.body, article.language)], dtype=np.int64)
        cut = cut_passages(article.body, starts, size=self._manifest.passage_words)
        if sorted(record.passages) != sorted((start, end) for start, end in cut):
            yield f"The passages of the article {article.id!r} are not those of its text."
            return
        if not record.passages:
            return
        vectors = encoder.encode_passages([f"{article.title}\n{article.body[a:b]}" for a, b in record.passages])
        self.passages += len(record.passages)
        norms = np.linalg.norm(vectors, axis=1) * record.norms
        cosines = (vectors * record.codes).sum(axis=1) / np.maximum(norms, np.finfo(np.float32).tiny)
        if (np.where(norms == 0, 1.0, cosines) < _MIN_COSINE).any():
            yield f"The vectors of the article {article.id!r} are not those of its text."

    def _encoder(self) -> Encoder | None:
        """Return the encoder that the index was made with; if it is not there, take that down."""
        try:
            encoder = load_encoder(self._manifest.encoder)
        except EncoderError as error:
            self.notices.append(f"The vectors were not compared with their texts: {error}")
            return None
        if encoder.fingerprint != self._manifest.encoder_fingerprint:
            self.notices.append(
                f"The vectors were not compared with their texts: the model {encoder.name} is another now."
            )
            return None
        return encoder

    def _search(self, body: dict[str, Any]) -> Any:
        return self._client.ask(lambda raw: raw.search(index=self._name, body=body))
