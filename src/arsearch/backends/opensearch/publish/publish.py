"""From a commit on this machine to a cluster: a new index beside the live one, then one switch of an alias.

The new index begins as a clone of the live one (hard links, `_clone`), where that was made by the same rules, and gets
what differs; else it begins empty. Documents say what they are of by a hash, so a run that was interrupted goes on
where it was: whatever is there already is not sent again. Nothing counts before the switch.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import numpy as np

from arsearch.article_fields import Keywords
from arsearch.backends.opensearch.cluster.bulk import write_all
from arsearch.backends.opensearch.cluster.client import ClusterClient
from arsearch.backends.opensearch.cluster.commits import IndexAlias, words_index
from arsearch.backends.opensearch.publish.documents import AnalysedArticle, copy_document, searchable_document
from arsearch.backends.opensearch.publish.lineage import lineage_of
from arsearch.backends.opensearch.publish.live_counts import live_frequencies, live_lengths
from arsearch.backends.opensearch.publish.mapping import (
    CLUSTER_FORMAT,
    META,
    SHOWN,
    articles_mapping,
    describe,
    index_settings,
    words_mapping,
)
from arsearch.backends.opensearch.publish.token_reader import TokenReader
from arsearch.backends.opensearch.search.query_dsl import SEARCHABLE
from arsearch.backends.opensearch.search.vocabulary import VOCABULARY_FIELDS, WordCounts
from arsearch.errors import ClusterWriteError, IndexStateError, NoIndexError
from arsearch.index import Commit, Manifest
from arsearch.index.store.schema import StoredArticle
from arsearch.semantic import int8_codes
from arsearch.settings import Settings

__all__ = ["publish"]

Progress = Callable[[str, int, int | None], None]

_PATIENCE_SECONDS = 120.0
"""How long a request may take here at least: a cluster that is busy with many documents is not down."""
_READ_AT_ONCE = 500
_LISTED_AT_ONCE = 5_000


def publish(commit: Commit, client: ClusterClient, settings: Settings, progress: Progress | None = None) -> str:
    """Make the articles of *commit* the live index of *settings*; return the name of that.

    If they are already, nothing is written. Raises an IndexStateError if the cluster cannot be written to, or another
    process published meanwhile; what was live is then as it was.
    """
    patient = client.patient(_PATIENCE_SECONDS)
    try:
        return _Publisher(commit, patient, settings, progress or _silent).run()
    finally:
        patient.close()


class _Publisher:
    def __init__(self, commit: Commit, client: ClusterClient, settings: Settings, progress: Progress) -> None:
        self._commit = commit
        self._client = client
        self._settings = settings
        self._progress = progress
        self._alias = IndexAlias(client, settings.opensearch_index)
        self._knn = self._alias.has_knn()
        self._written = 0

    def run(self) -> str:
        try:
            live = self._alias.live()
        except NoIndexError:
            live = ""
        name = self._alias.next_name()
        self._begin(name, live)
        self._write(name)
        if live and not self._written and self._is_as(live):
            self._alias.delete(name)
            self._describe(live)  # it is as new as the commit
            return live
        self._finish(name)
        self._alias.switch(name, instead_of=live)
        self._alias.collect(self._settings.keep_commits, before=live)
        return name

    # Beginning

    def _begin(self, name: str, live: str) -> None:
        """Let there be the index *name*, open for writing: what an interrupted run left, a clone, or a new one."""
        rules = self._rules()
        left = self._alias.mappings().get(name, {}).get("_meta", {}).get(META, {})
        if left.get("rules") == rules:
            self._ask(lambda raw: raw.indices.refresh(index=name))
            return
        self._alias.delete(name)
        if live and self._rules_of(live) == rules:
            # What is cloned must not change; it does not anyway.
            self._ask(lambda raw: raw.indices.put_settings(index=live, body={"index.blocks.write": True}))
            body = {"settings": {"index.blocks.write": None, "index.number_of_replicas": 0}}
            self._ask(lambda raw: raw.indices.clone(index=live, target=name, body=body))
            self._ask(lambda raw: raw.cluster.health(index=name, wait_for_status="yellow"))
        else:
            mapping = articles_mapping(
                self._commit.manifest.dimension, knn=self._knn, own=self._commit.manifest.own_fields
            )
            body = {"settings": index_settings(self._settings, knn=self._knn), "mappings": mapping}
            self._ask(lambda raw: raw.indices.create(index=name, body=body))
        meta = {"_meta": {META: {"format": CLUSTER_FORMAT, "rules": rules}}}
        # A clone of an index that an earlier version made lacks the property.
        changed = meta | {"properties": {"shown": SHOWN}}
        self._ask(lambda raw: raw.indices.put_mapping(index=name, body=changed))

    def _rules(self) -> dict[str, Any]:
        """Return what documents depend on beside the articles themselves."""
        storage = self._commit.vectors.storage
        return _rules_of(self._commit.manifest, self._knn, self._settings.opensearch_shards, storage)

    def _rules_of(self, live: str) -> dict[str, Any] | None:
        """Return the rules by which the live index was made, None if they cannot be told."""
        try:
            manifest, knn = self._alias.manifest(live)
        except IndexStateError:
            return None
        made_by = self._alias.mappings()[live]["_meta"][META].get("rules", {})
        settings = self._ask(lambda raw: raw.indices.get_settings(index=live))
        shards = int(settings[live]["settings"]["index"]["number_of_shards"])
        return _rules_of(manifest, knn, shards, made_by.get("vectors", "int8"))

    # Writing

    def _write(self, name: str) -> None:
        """Send what the index lacks, and delete what it has too much."""
        total = len(self._commit.articles.ordinals())
        self._progress("publishing", 0, total)
        self._ask(lambda raw: write_all(raw, self._actions(name, total)))
        self._ask(lambda raw: raw.indices.refresh(index=name))
        counted = self._ask(lambda raw: raw.count(index=name, body={"query": {"term": {SEARCHABLE: True}}}))["count"]
        if counted != total:
            raise ClusterWriteError(
                f"The index {name} at {self._client.address} has {counted} articles where {total} were sent. Nothing "
                "was switched; run `arsearch index` again."
            )

    def _actions(self, name: str, total: int) -> Iterator[dict[str, Any]]:
        """Traversal through what is here and what is there, both by ordinals, and yield what makes them the same."""
        there = self._listed(name)
        known = next(there, None)
        reader = TokenReader(self._commit.words)
        done = 0
        for stored, elsewhere in self._stored():
            while known and known[0] < stored.ordinal:
                yield self._action("delete", name, known[0])
                known = next(there, None)
            digest = _digest(stored, elsewhere)
            if not (known and known == (stored.ordinal, digest)):
                document = self._document(stored, elsewhere, digest, reader)
                yield self._action("index", name, stored.ordinal) | {"_source": document}
            if known and known[0] == stored.ordinal:
                known = next(there, None)
            if stored.copy_of is None:
                done += 1
                self._progress("publishing", done, total)
        while known:
            yield self._action("delete", name, known[0])
            known = next(there, None)

    def _action(self, kind: str, name: str, ordinal: int) -> dict[str, Any]:
        self._written += 1
        return {"_op_type": kind, "_index": name, "_id": str(ordinal)}

    def _stored(self) -> Iterator[tuple[StoredArticle, list[Keywords]]]:
        """Yield the articles of the commit, each with what its copies are filtered by."""
        records = self._commit.articles.records()
        while batch := list(islice(records, _READ_AT_ONCE)):
            found = [stored.ordinal for stored in batch if stored.copy_of is None]
            keywords = self._commit.articles.keywords(found)
            elsewhere = {ordinal: places[1:] for ordinal, places in zip(found, keywords, strict=True)}
            yield from ((stored, elsewhere.get(stored.ordinal, [])) for stored in batch)

    def _listed(self, name: str) -> Iterator[tuple[int, str]]:
        """Yield ordinal and hash of every document of the index *name* as it was when this run began."""
        body: dict[str, Any] = {
            "size": _LISTED_AT_ONCE,
            "query": {"match_all": {}},
            "sort": [{"ordinal": "asc"}],
            "_source": False,
            "stored_fields": "_none_",
            "docvalue_fields": ["content_hash"],
        }
        while hits := self._ask(lambda raw: raw.search(index=name, body=body))["hits"]["hits"]:
            body["search_after"] = hits[-1]["sort"]
            for hit in hits:
                yield int(hit["sort"][0]), hit["fields"]["content_hash"][0]

    def _document(
        self, stored: StoredArticle, elsewhere: list[Keywords], digest: str, reader: TokenReader
    ) -> dict[str, Any]:
        if stored.copy_of is not None:
            return copy_document(stored.ordinal, stored.article, digest, stored.copy_of)
        number = int(self._commit.words.numbers[stored.ordinal])
        tokens = reader.read(number)
        passages, vectors = self._commit.vectors.passages_of(number)
        codes = int8_codes(vectors)
        analysed = AnalysedArticle(
            ordinal=stored.ordinal,
            article=stored.article,
            content_hash=digest,
            folded_words=tokens.folded_words,
            stems=tokens.stems,
            title=tokens.title,
            spans=tokens.spans,
            passages=passages,
            codes=codes,
            vectors=codes if self._commit.vectors.storage == "int8" else vectors.astype(np.float16),
            elsewhere=elsewhere,
        )
        return searchable_document(analysed, knn=self._knn, own=self._commit.manifest.own_fields)

    # Finishing

    def _is_as(self, live: str) -> bool:
        """Whether the live index says of itself what this one would."""
        manifest, _ = self._alias.manifest(live)
        mine = self._commit.manifest
        same = ("articles", "passages", "semantic_scale", "sources", "languages", "refinement")
        return all(getattr(manifest, name) == getattr(mine, name) for name in same)

    def _finish(self, name: str) -> None:
        """Write the vocabulary, have the index copied and closed to writes, and say what it is."""
        words = words_index(name)
        self._ask(lambda raw: raw.indices.delete(index=words, ignore=404))
        settings = {"index": {"number_of_shards": 1, "number_of_replicas": self._settings.opensearch_replicas}}
        self._ask(lambda raw: raw.indices.create(index=words, body={"settings": settings, "mappings": words_mapping()}))
        counts = self._counts()
        parts = ({"_index": words, "_id": part["part"], "_source": part} for part in counts.parts())
        self._ask(lambda raw: write_all(raw, parts))
        self._ask(lambda raw: raw.indices.refresh(index=words))
        self._describe(name)
        after = {"index.number_of_replicas": self._settings.opensearch_replicas, "index.refresh_interval": None}
        self._ask(lambda raw: raw.indices.put_settings(index=name, body=after))
        both = [name, words]
        self._ask(lambda raw: raw.indices.put_settings(index=both, body={"index.blocks.write": True}))
        self._ask(lambda raw: raw.cluster.health(index=both, wait_for_status="yellow"))

    def _describe(self, name: str) -> None:
        """Let the index *name* say of itself what the commit does."""
        commit, lineage = dataclasses.replace(self._commit.manifest, commit=name), lineage_of(self._commit.manifest)
        meta = describe(commit, knn=self._knn, rules=self._rules(), lineage=lineage)
        self._ask(lambda raw: raw.indices.put_mapping(index=name, body={"_meta": meta}))

    def _counts(self) -> WordCounts:
        words = self._commit.words
        frequencies = {field: live_frequencies(words, field) for field in VOCABULARY_FIELDS}
        return WordCounts(len(words), Counter(live_lengths(words)), frequencies)

    def _ask(self, request: Callable[[Any], Any]) -> Any:
        return self._client.ask(request, writing=True)


def _rules_of(manifest: Manifest, knn: bool, shards: int, storage: str) -> dict[str, Any]:
    return {
        "format": CLUSTER_FORMAT,
        "knn": knn,
        "shards": shards,
        "analysis_version": manifest.analysis_version,
        "encoder": manifest.encoder,
        "encoder_fingerprint": manifest.encoder_fingerprint,
        "passage_words": manifest.passage_words,
        "vectors": storage,
    } | ({"extra_fields": dict(manifest.extra_fields)} if manifest.extra_fields else {})


def _digest(stored: StoredArticle, elsewhere: list[Keywords]) -> str:
    """Return a hash of everything a document is made of, but for the rules."""
    article = dataclasses.asdict(stored.article)
    if not stored.article.extra:
        del article["extra"]
    places = [place if place.extra else place[:3] for place in elsewhere]
    whole = json.dumps([article, stored.digest, stored.copy_of, places], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()


def _silent(stage: str, done: int, total: int | None) -> None:
    """Show no progress."""
