"""Several searches of one index in one request."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from arsearch.backends.opensearch.cluster.client import ClusterClient
from arsearch.common.deadline import cut_short, time_left
from arsearch.errors import ClusterError, ClusterUnavailableError

__all__ = ["MultiSearch"]

Body = dict[str, Any]

_SHARE_OF_TIME = 0.9
"""Of the time that is left nodes get so much, so that what they have found by then still arrives."""
_TRIES = 3
"""How often is asked what came back with parts missing: a node may be lost between finding and fetching, and then the
next request goes to the copies elsewhere."""
_UNUSED = ",".join(
    f"-{path}"
    for path in (
        "took", "responses.took", "responses.hits.max_score", "responses.hits.hits._index",
        "responses.hits.hits._score", "responses.hits.hits._id",
    )
)  # fmt: skip
"""What of an answer nobody reads, and nodes need not send."""


class MultiSearch:
    """Asks the index *name* several searches at once. Safe to use from several threads."""

    def __init__(self, client: ClusterClient, name: str) -> None:
        self._client = client
        self._name = name

    @property
    def address(self) -> str:
        """Where the index is, for messages."""
        return f"{self._name} at {self._client.address}"

    def __call__(self, searches: Sequence[Body]) -> list[Body]:
        """Return the answers to *searches*. Raises an IndexStateError where one has none."""
        if not searches:
            return []
        # Rarity is that of all shards, or scores would depend on how articles are spread over them.
        head = {"index": self._name, "search_type": "dfs_query_then_fetch"}
        left = time_left()
        limit = {} if left is None else {"timeout": f"{max(int(left * _SHARE_OF_TIME * 1000), 1)}ms"}
        lines = [line for search in searches for line in (head, search | limit)]
        for _ in range(_TRIES):
            answer = self._client.ask(lambda raw: raw.msearch(body=lines, filter_path=_UNUSED))
            answers: list[Body] = answer["responses"]
            if all(map(_is_whole, answers)):
                break
        for answer in answers:
            if "error" in answer:
                raise _failed_search(self._client.address, answer)
            if answer.get("timed_out"):  # what was found by then is worth showing
                cut_short()
            answer.setdefault("hits", {}).setdefault("hits", [])  # a filter of paths leaves empty lists out
        return answers


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
