"""A whole index of articles beside the live one: where rules have changed, or there is none, or most of it would go.

Where one was made by the same rules, it begins as a clone of that (hard links), else empty. A run that was interrupted
leaves such an index: the next one begins with a clone of it under another name, which the interrupted one does not
know, so whatever that still sends, if it was not dead, is lost with the old one.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from arsearch.backends.opensearch.cluster.commits import IndexAlias, words_index
from arsearch.backends.opensearch.cluster.state import CommitRecord
from arsearch.backends.opensearch.publish.mapping import (
    CLUSTER_FORMAT,
    KNN_FIELD,
    META,
    articles_mapping,
    index_settings,
    words_mapping,
)
from arsearch.errors import ClusterUnavailableError, ClusterWriteError
from arsearch.index import Manifest
from arsearch.settings import Settings

__all__ = ["Generation", "Listed", "by_ordinal", "check_plugin", "has", "list_documents", "reopen", "rules_of"]

_LISTED_AT_ONCE = 5_000
_LOOK_AGAIN_SECONDS = 0.5
_SAID_AFTER_SECONDS = 30.0
"""How long copies may stand still before it is looked whether there is a place for them at all."""

Listed = tuple[int, str, int]
"""Number of a document, hash of what it is made of, and the token it was written with."""


def rules_of(manifest: Manifest, knn: bool, shards: int, storage: str) -> dict[str, Any]:
    """Return what documents depend on beside the articles themselves."""
    return {
        "format": CLUSTER_FORMAT,
        "knn": knn,
        "vector_field": KNN_FIELD if knn else None,
        "shards": shards,
        "analysis_version": manifest.analysis_version,
        "encoder": manifest.encoder,
        "encoder_fingerprint": manifest.encoder_fingerprint,
        "passage_words": manifest.passage_words,
        "vectors": storage,
    } | ({"extra_fields": dict(manifest.extra_fields)} if manifest.extra_fields else {})


def check_plugin(manifest: Manifest, settings: Settings, *, knn: bool) -> None:
    """Raise ClusterWriteError if an index of so many passages needs the k-NN plugin and does not have it."""
    most = settings.opensearch_exact_passages
    if not knn and manifest.passages > most:
        raise ClusterWriteError(
            f"The index has {manifest.passages:,} passages, and the cluster at {', '.join(settings.opensearch_url)} "
            "has no k-NN plugin: each query would compare them all, one by one. Install opensearch-knn on every node "
            "that holds data and run the same command again: nothing is read or embedded anew. Or set "
            f"opensearch_exact_passages, which is {most:,}, to more, and have slow queries. Nothing was changed."
        )


def list_documents(
    ask: Callable[[Callable[[Any], Any]], Any], index: str, *, since: int | None = None
) -> Iterator[Listed]:
    """Yield all documents that *ask* finds in *index*, in the order of their numbers, as they were when this began.

    With *since*, those that were written with a later token.
    """
    body: dict[str, Any] = {
        "size": _LISTED_AT_ONCE,
        "query": {"match_all": {}} if since is None else {"range": {"born": {"gt": since}}},
        "sort": [{"ordinal": "asc"}],
        "_source": False,
        "stored_fields": "_none_",
        "docvalue_fields": ["content_hash", "born"],
    }
    while hits := ask(lambda raw: raw.search(index=index, body=body))["hits"]["hits"]:
        body["search_after"] = hits[-1]["sort"]
        for hit in hits:
            yield int(hit["sort"][0]), hit["fields"]["content_hash"][0], int(hit["fields"]["born"][0])


def by_ordinal(documents: Iterable[Listed]) -> dict[int | None, tuple[int, str]]:
    """Return number and hash of *documents* by the ordinals of their articles; of several, the last one counts."""
    return {CommitRecord.ordinal_of(number): (number, digest) for number, digest, _ in documents}


def has(record: CommitRecord, document: Listed) -> bool:
    """Whether *document* of its index is one of *record*."""
    number, _, born = document
    return born <= record.token and born not in record.void and not any(number in some for some in record.gone.values())


class Generation:
    """The making of the index *name* by *rules*, for articles as *manifest* describes them."""

    def __init__(
        self, alias: IndexAlias, settings: Settings, name: str, token: int, rules: dict[str, Any], manifest: Manifest
    ) -> None:
        self._alias = alias
        self._client = alias.client
        self._settings = settings
        self._rules = rules
        self._manifest = manifest
        self.name = name
        self.base = token
        """The token with which numbers of its documents begin."""

    def begin(self, live: str, used: set[str]) -> str:
        """Let there be the index, open for writing; return what it was cloned from, empty if from nothing.

        *live* is an index of the same rules, empty for none; *used* are those that commits are in.
        """
        left = [name for name in self._alias.mappings() if name not in used and self._is_as_wanted(name)]
        source = left[-1] if left else live
        if source:
            self.base = int(self._alias.meta(source)["base"])
            self._clone(source)
            self._alias.delete(left)
        else:
            mapping = articles_mapping(self._manifest.dimension, knn=self._rules["knn"], own=self._manifest.own_fields)
            body = {"settings": index_settings(self._settings, knn=self._rules["knn"]), "mappings": mapping}
            self._ask(lambda raw: raw.indices.create(index=self.name, body=body))
        meta = {"format": CLUSTER_FORMAT, "knn": self._rules["knn"], "rules": self._rules, "base": self.base}
        self._ask(lambda raw: raw.indices.put_mapping(index=self.name, body={"_meta": {META: meta}}))
        self._make_words()
        return source

    def _is_as_wanted(self, name: str) -> bool:
        meta = self._alias.meta(name)
        if meta.get("rules") != self._rules or "base" not in meta:
            return False
        # What is on a node that is lost cannot be gone on with.
        return bool(self._ask(lambda raw: raw.cluster.health(index=name))["status"] != "red")

    def _clone(self, source: str) -> None:
        close(self._alias, source)
        try:
            self._ask(lambda raw: raw.indices.refresh(index=source))
            options = {"index.blocks.write": None, "index.number_of_replicas": 0, "index.refresh_interval": "-1"}
            self._ask(lambda raw: raw.indices.clone(index=source, target=self.name, body={"settings": options}))
            self._ask(lambda raw: raw.cluster.health(index=self.name, wait_for_status="yellow"))
        finally:
            reopen(self._alias, source)

    def _make_words(self) -> None:
        words = words_index(self.name)
        self._ask(lambda raw: raw.indices.delete(index=words, ignore=404))
        # It is small, and without it no searcher can begin.
        copies = f"0-{max(self._settings.opensearch_replicas, 1)}"
        settings = {"index": {"number_of_shards": 1, "auto_expand_replicas": copies, "refresh_interval": "-1"}}
        self._ask(lambda raw: raw.indices.create(index=words, body={"settings": settings, "mappings": words_mapping()}))

    def finish(self, progress: Callable[[str, int, int | None], None]) -> None:
        """Have the index copied and everything on disk, so that what is made live survives the loss of a node."""
        replicas = {"index.number_of_replicas": self._settings.opensearch_replicas}
        self._ask(lambda raw: raw.indices.put_settings(index=self.name, body=replicas))
        both = [self.name, words_index(self.name)]
        self._wait_for_copies(both, progress)
        self._ask(lambda raw: raw.indices.flush(index=both, params={"wait_if_ongoing": "true"}))

    def _wait_for_copies(self, names: list[str], progress: Callable[[str, int, int | None], None]) -> None:
        """Wait until every copy that has a place is there. Raises ClusterWriteError if the index itself is not."""
        waiting = threading.Event()
        moved, last = time.monotonic(), -1
        while True:
            health = self._ask(lambda raw: raw.cluster.health(index=names))
            there = health["active_shards"]
            wanted = there + health["unassigned_shards"] + health["initializing_shards"]
            progress("copying", there, wanted)
            if health["status"] == "green":
                return
            if there != last or health["initializing_shards"]:
                moved, last = time.monotonic(), there
            if health["status"] == "red" and not health["initializing_shards"]:
                raise ClusterWriteError(
                    f"A node that had a part of the new index {self.name} at {self._client.address} was lost while it "
                    "was made. What was live is as it was; when the node is back, or without it, run the same command "
                    "again."
                )
            # More copies than nodes find no place however long one waits.
            has_room = health["number_of_data_nodes"] > self._settings.opensearch_replicas
            if not health["initializing_shards"] and (not has_room or time.monotonic() - moved > _SAID_AFTER_SECONDS):
                return
            waiting.wait(_LOOK_AGAIN_SECONDS)

    def _ask(self, request: Callable[[Any], Any]) -> Any:
        try:
            return self._client.ask(request, writing=True)
        except ClusterUnavailableError as error:
            raise ClusterUnavailableError(f"{error} This happened while the index {self.name} was made.") from error


def close(alias: IndexAlias, name: str) -> None:
    """Let nobody write to the index *name*, and note that it was done here."""
    meta = alias.meta(name) | {"closed": True}
    alias.client.ask(lambda raw: raw.indices.put_mapping(index=name, body={"_meta": {META: meta}}), writing=True)
    block = {"index.blocks.write": True}
    alias.client.ask(lambda raw: raw.indices.put_settings(index=name, body=block), writing=True)


def reopen(alias: IndexAlias, name: str) -> None:
    """Let the index *name* be written to again, if it was closed here: what an operator closed stays so."""
    meta = alias.meta(name)
    if meta.pop("closed", False):
        block = {"index.blocks.write": None}
        alias.client.ask(lambda raw: raw.indices.put_settings(index=name, body=block), writing=True)
        alias.client.ask(lambda raw: raw.indices.put_mapping(index=name, body={"_meta": {META: meta}}), writing=True)
