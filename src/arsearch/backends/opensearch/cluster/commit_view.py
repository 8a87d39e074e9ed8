"""One commit of an index whose documents are changed in place: what is asked of the index is asked of the commit.

Whoever searches says nothing of commits. Each search that goes out through here is narrowed to the documents that the
commit has, the candidates of a k-NN search too, so that none of them is one that was deleted, or is not live yet.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from arsearch.backends.opensearch.cluster.client import ClusterClient
from arsearch.backends.opensearch.cluster.state import READ_ON_SECONDS, CommitRecord, StateStore
from arsearch.backends.opensearch.search.query_dsl import SEARCHABLE
from arsearch.errors import NoIndexError

__all__ = ["CommitClient", "narrowed"]

LOOK_AGAIN_SECONDS = 30.0
"""After how long it is looked again whether the commit is kept."""

T = TypeVar("T")
Body = dict[str, Any]


class CommitClient(ClusterClient):
    """A connection to a cluster on which the index of *commit* has what belongs to it, and nothing else.

    Documents that are asked for by id are given whatever they belong to. *store* says whether the commit is kept: who
    goes on with one that is not would miss what was deleted since.
    """

    def __init__(self, client: ClusterClient, commit: CommitRecord, store: StateStore | None = None) -> None:
        vars(self).update(vars(client))  # the same connections, and the same circuit breaker
        self._commit = commit
        self._hidden = commit.hidden()
        self._store = store
        self._looked = time.monotonic()
        self._retired: float | None = None

    def ask(self, request: Callable[[Any], T], **options: Any) -> T:
        """Return what *request* gives; see ClusterClient. Raises NoIndexError if the commit is not kept any more."""
        if self._store is not None and time.monotonic() - self._looked > LOOK_AGAIN_SECONDS:
            self._look_again(self._store)
        return super().ask(lambda raw: request(_Narrowing(raw, self._commit.index, self._hidden)), **options)

    def _look_again(self, store: StateStore) -> None:
        state = store.read()
        now = time.monotonic()
        standing = state.standing(self._commit.name) if state else None
        if standing is None or not standing.stays:
            self._retired = self._retired or now
        else:
            self._retired = None
        if standing is None or (self._retired is not None and now - self._retired > READ_ON_SECONDS):
            raise NoIndexError(
                f"The commit {self._commit.name} at {self.address} is not kept any more: newer ones have replaced it. "
                "Open the index again."
            )
        self._looked = now


class _Narrowing:
    """opensearch-py's client, but for what it searches."""

    def __init__(self, raw: Any, index: str, hidden: Sequence[Body]) -> None:
        self._raw = raw
        self._index = index
        self._hidden = hidden

    def __getattr__(self, name: str) -> Any:
        return getattr(self._raw, name)

    def search(self, *, index: str, body: Body, **options: Any) -> Any:
        return self._raw.search(index=index, body=self._of(index, body), **options)

    def count(self, *, index: str, body: Body, **options: Any) -> Any:
        return self._raw.count(index=index, body=self._of(index, body), **options)

    def msearch(self, *, body: Sequence[Body], **options: Any) -> Any:
        lines: list[Body] = []
        for head, search in zip(body[::2], body[1::2], strict=True):
            lines += [head, self._of(head["index"], search)]
        return self._raw.msearch(body=lines, **options)

    def _of(self, index: str, body: Body) -> Body:
        return narrowed(body, self._hidden) if index == self._index else body


def narrowed(body: Body, hidden: Sequence[Body]) -> Body:
    """Return the search *body* without what matches any of the clauses *hidden*."""
    query = body.get("query", {"match_all": {}})
    return body | {"query": {"bool": {"must": [_near(query, hidden)], "must_not": list(hidden)}}}


def _near(query: Any, hidden: Sequence[Body]) -> Any:
    """Return *query* with its k-NN searches narrowed: they find so many, and what is taken away later is missing."""
    if isinstance(query, list):
        return [_near(each, hidden) if isinstance(each, dict) else each for each in query]
    return {
        name: _admitting(value, hidden) if name == "knn"
        else _near(value, hidden) if isinstance(value, (dict, list))
        else value
        for name, value in query.items()
    }  # fmt: skip


def _admitting(knn: Body, hidden: Sequence[Body]) -> Body:
    """Return a k-NN search that admits nothing *hidden*; see ``near_clause`` for why it says what is searchable."""
    return {
        field: near
        | {
            "filter": {
                "bool": {
                    "filter": [{"term": {SEARCHABLE: True}}, *([near["filter"]] if "filter" in near else [])],
                    "must_not": list(hidden),
                }
            }
        }
        for field, near in knn.items()
    }
