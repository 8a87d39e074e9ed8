"""One commit of an index whose documents are changed in place: what is asked of the index is asked of the commit.

Whoever searches says nothing of commits. Each search that goes out through here is narrowed to the documents that the
commit has, the candidates of a k-NN search too, so that none of them is one that was deleted, or is not live yet.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from arsearch.backends.opensearch.cluster.client import ClusterClient
from arsearch.backends.opensearch.cluster.state import CommitRecord
from arsearch.backends.opensearch.search.query_dsl import SEARCHABLE

__all__ = ["CommitClient", "narrowed"]

T = TypeVar("T")
Body = dict[str, Any]


class CommitClient(ClusterClient):
    """A connection to a cluster on which the index of *commit* has what belongs to it, and nothing else.

    Documents that are asked for by id are given whatever they belong to.
    """

    def __init__(self, client: ClusterClient, commit: CommitRecord) -> None:
        vars(self).update(vars(client))  # the same connections, and the same circuit breaker
        self._index = commit.index
        self._hidden = commit.hidden()

    def ask(self, request: Callable[[Any], T], **options: Any) -> T:
        """Return what *request* gives; see ClusterClient."""
        return super().ask(lambda raw: request(_Narrowing(raw, self._index, self._hidden)), **options)


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
        return [_near(each, hidden) for each in query]
    if not isinstance(query, dict):
        return query
    return {name: _admitting(value, hidden) if name == "knn" else _near(value, hidden) for name, value in query.items()}


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
