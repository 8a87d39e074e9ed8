"""A work list in the cluster itself: who works on what, with no scheduler and no server besides.

Each item is a document. A worker claims one by a write that only succeeds if nobody has changed the document since it
was read (OpenSearch's `if_seq_no` and `if_primary_term`), and for a limited time, its lease: the item of a worker that
died is there for the others when that has passed. Times are the cluster's own, so clocks of workers do not matter. What
is done is deleted; what fails again and again stays, with the reason, and is not tried any more.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from opensearchpy import ConflictError, NotFoundError, OpenSearch, RequestError

from arsearch.backends.opensearch.cluster.bulk import write_all

__all__ = ["Claim", "WorkList"]

_MAX_ATTEMPTS = 3
"""How often an item is tried: after so many workers died with it, the item is what is wrong."""

_LOOKED_AT = 32
"""Free items that a worker looks at; it takes one at random, so that workers seldom want the same one."""

_MAPPING = {
    "dynamic": False,
    "properties": {
        "state": {"type": "keyword"},
        "lease_until": {"type": "date", "format": "epoch_millis"},
        "attempts": {"type": "integer"},
    },
}

_CLAIM = """
if (ctx._source.attempts >= params.most) {
  ctx._source.state = 'failed';
} else {
  ctx._source.state = 'claimed';
  ctx._source.owner = params.owner;
  ctx._source.attempts += 1;
  ctx._source.lease_until = ctx._now + params.lease;
}
"""

_FREE = {
    "bool": {
        "minimum_should_match": 1,
        "should": [
            {"term": {"state": "open"}},
            {"bool": {"filter": [{"term": {"state": "claimed"}}, {"range": {"lease_until": {"lt": "now"}}}]}},
        ],
    }
}


@dataclass(frozen=True, slots=True)
class Claim:
    """An item that is one worker's until its lease ends, and what it is about."""

    identifier: str
    payload: Mapping[str, Any]
    sequence: int
    term: int


class WorkList:
    """The items of one index of the cluster. Any number of processes on any machines may use the same one."""

    def __init__(self, client: OpenSearch, name: str, *, lease_seconds: float = 600.0) -> None:
        """Use the index *name*, made if it is not there. Raises opensearchpy's exceptions, as all methods do."""
        self._client = client
        self._name = name
        self._lease = int(lease_seconds * 1000)
        try:
            settings = {"number_of_shards": 1, "auto_expand_replicas": "0-1"}
            client.indices.create(index=name, body={"settings": settings, "mappings": _MAPPING})
        except RequestError as error:
            if error.error != "resource_already_exists_exception":
                raise

    def add(self, items: Mapping[str, Mapping[str, Any]]) -> None:
        """Put *items* on the list, payloads by identifier; those that are on it stay as they are, but for failed ones.

        A failed item gets new attempts: whoever adds it again has mended something.
        """
        known = self._states(list(items))
        actions = (
            {
                "_op_type": "index" if known.get(identifier) == "failed" else "create",
                "_index": self._name,
                "_id": identifier,
                "_source": {"state": "open", "attempts": 0, "payload": payload},
            }
            for identifier, payload in items.items()
            if known.get(identifier, "failed") == "failed"
        )
        # Another process may add the same item at this moment; that is as good.
        write_all(self._client, actions, may_exist=True)

    def claim(self, owner: str) -> Claim | None:
        """Return an item for *owner* to work on, None if none is free now."""
        self._client.indices.refresh(index=self._name)
        found = self._client.search(
            index=self._name,
            body={"query": _FREE, "size": _LOOKED_AT, "_source": False, "seq_no_primary_term": True},
        )["hits"]["hits"]
        for hit in random.sample(found, len(found)):
            script = {"source": _CLAIM, "params": {"owner": owner, "lease": self._lease, "most": _MAX_ATTEMPTS}}
            try:
                answer = self._client.update(
                    index=self._name,
                    id=hit["_id"],
                    body={"script": script, "_source": True},
                    params={"if_seq_no": hit["_seq_no"], "if_primary_term": hit["_primary_term"]},
                )
            except (ConflictError, NotFoundError):
                continue  # another worker was faster
            item = answer["get"]["_source"]
            if item["state"] == "claimed":
                return Claim(hit["_id"], item["payload"], answer["_seq_no"], answer["_primary_term"])
        return None

    def finish(self, claim: Claim) -> None:
        """Take what was done off the list. If the lease has ended and another works on it, it stays that one's."""
        unchanged = {"if_seq_no": claim.sequence, "if_primary_term": claim.term}
        try:
            self._client.delete(index=self._name, id=claim.identifier, params=unchanged)
        except (ConflictError, NotFoundError):
            return

    def give_back(self, claim: Claim, reason: str) -> None:
        """Let others try what could not be done; the last *reason* is kept."""
        body = {"doc": {"state": "open", "reason": reason}}
        unchanged = {"if_seq_no": claim.sequence, "if_primary_term": claim.term}
        try:
            self._client.update(index=self._name, id=claim.identifier, body=body, params=unchanged)
        except (ConflictError, NotFoundError):
            return

    def left(self, identifiers: Sequence[str]) -> list[str]:
        """Return which of *identifiers* are still on the list and not given up."""
        return [identifier for identifier, state in self._states(identifiers).items() if state != "failed"]

    def failed(self, identifiers: Sequence[str]) -> dict[str, str]:
        """Return which of *identifiers* were given up, with the reason, empty if the workers that tried died."""
        return {
            hit["_id"]: hit["_source"].get("reason", "")
            for hit in self._get(identifiers)
            if hit["_source"]["state"] == "failed"
        }

    def counts(self) -> dict[str, int]:
        """Return how many items there are by state: open, claimed or failed."""
        self._client.indices.refresh(index=self._name)
        states = {"states": {"terms": {"field": "state"}}}
        answer = self._client.search(index=self._name, body={"size": 0, "aggs": states})
        return {bucket["key"]: bucket["doc_count"] for bucket in answer["aggregations"]["states"]["buckets"]}

    def _states(self, identifiers: Sequence[str]) -> dict[str, str]:
        return {hit["_id"]: hit["_source"]["state"] for hit in self._get(identifiers)}

    def _get(self, identifiers: Sequence[str]) -> Iterable[dict[str, Any]]:
        """Return the items of *identifiers* that exist, without their payload; never out of date, unlike a search."""
        if not identifiers:
            return []
        answer = self._client.mget(
            index=self._name, body={"ids": list(identifiers)}, params={"_source_excludes": "payload"}
        )
        return [hit for hit in answer["docs"] if hit.get("found")]
