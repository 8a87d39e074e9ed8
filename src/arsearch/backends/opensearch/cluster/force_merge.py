"""Making indexes of a cluster small and fast again: one segment a shard, and nothing of what was deleted."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from arsearch.backends.opensearch.cluster.client import ClusterClient
from arsearch.errors import ClusterError

__all__ = ["merge_segments"]

_LOOK_AGAIN_SECONDS = 0.5


def merge_segments(
    client: ClusterClient, names: Sequence[str], progress: Callable[[str, int, int | None], None] | None = None
) -> None:
    """Merge the segments of each shard of the indexes *names* into one; return when that is done.

    An index that takes no more writes is best so: there is one graph of vectors to search instead of several, and
    deleted documents are gone, but for those that OpenSearch keeps for some time so that a lost copy can catch up
    (retention leases). The cluster goes on with it if this process ends. *progress* is told how many indexes are done.
    Raises an IndexStateError if the cluster cannot do it.
    """
    for done, name in enumerate(names):
        if progress is not None:
            progress("merging", done, len(names))
        _merge(client, name)
    if progress is not None:
        progress("merging", len(names), len(names))


def _merge(client: ClusterClient, name: str) -> None:
    # It may take hours, longer than any request should: so the cluster has a task, which is looked after.
    how = {"max_num_segments": 1, "wait_for_completion": "false"}
    task = client.ask(lambda raw: raw.indices.forcemerge(index=name, params=how), writing=True)["task"]
    waiting = threading.Event()
    while not (state := client.ask(lambda raw: raw.tasks.get(task_id=task)))["completed"]:
        waiting.wait(_LOOK_AGAIN_SECONDS)
    failed = state.get("error") or state.get("response", {}).get("_shards", {}).get("failures")
    if failed:
        raise ClusterError(
            f"The OpenSearch cluster at {client.address} could not merge the segments of {name}: {str(failed)[:300]}. "
            "The index is searched as before; run `arsearch compact` again."
        )
