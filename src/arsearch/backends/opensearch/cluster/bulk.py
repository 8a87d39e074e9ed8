"""Writing many documents: what the cluster has no room for now is tried again, and nothing is lost without a word."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from opensearchpy import OpenSearch

__all__ = ["delete_matching", "write_all"]

_RETRIES = 8
"""With 1 s before the first and twice as much before each further one, about four minutes."""

_CHUNK_BYTES = 8 * 1024 * 1024
_SHOWN = 3
_DELETED_AT_ONCE = 5_000
_UNAVAILABLE = 503
"""The status of a document whose shard is on no node: OpenSearch says so after a minute."""


def write_all(client: OpenSearch, actions: Iterable[Mapping[str, Any]], *, may_exist: bool = False) -> int:
    """Carry out *actions* and return how many were; with *may_exist*, those that create what exists are no failures.

    Nor are those that delete what is not there.

    An action that the cluster turns away for lack of room (status 429) is tried again, ever later. Raises
    BulkIndexError with all failures of the rest, and opensearchpy's other exceptions if the cluster cannot be reached.
    """
    from opensearchpy.helpers import BulkIndexError, streaming_bulk  # here, as not all installations have it

    done = 0
    failures = []
    # With raise_on_error the helper would end at the first action that is turned away instead of trying it again.
    for succeeded, answer in streaming_bulk(
        client,
        actions,
        max_chunk_bytes=_CHUNK_BYTES,
        max_retries=_RETRIES,
        initial_backoff=1,
        raise_on_error=False,
    ):
        [(kind, outcome)] = answer.items()
        if succeeded or (kind == "delete" and outcome["status"] == 404):
            done += 1
        elif not (may_exist and outcome["status"] == 409):
            failures.append(answer)
            if outcome["status"] == _UNAVAILABLE:  # the others would wait as long, one request after the other
                break
    if failures:
        reasons = "; ".join(str(failure) for failure in failures[:_SHOWN])
        raise BulkIndexError(f"{len(failures)} documents were not written: {reasons}", failures)
    return done


def delete_matching(client: OpenSearch, index: str, query: Mapping[str, Any]) -> None:
    """Delete the documents of *index* that match *query*; raises as :func:`write_all` does."""
    body = {"size": _DELETED_AT_ONCE, "query": query, "_source": False}
    while True:
        client.indices.refresh(index=index)
        hits = client.search(index=index, body=body)["hits"]["hits"]
        write_all(client, ({"_op_type": "delete", "_index": index, "_id": hit["_id"]} for hit in hits))
        if len(hits) < _DELETED_AT_ONCE:
            return
