"""The commits of an index on a cluster: which one is live, which can be gone back to, and the indexes they are in."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from arsearch.backends.opensearch.cluster.client import ClusterClient
from arsearch.backends.opensearch.cluster.state import CommitRecord, LiveState, StateStore
from arsearch.backends.opensearch.publish.mapping import META, check_format, read_manifest
from arsearch.errors import CorruptIndexError, IndexLockedError, NoIndexError
from arsearch.index import Manifest

__all__ = ["IndexAlias", "words_index"]


def words_index(name: str) -> str:
    """Return the name of the index with the vocabulary of the articles in the index *name*."""
    return f"{name}-words"


class IndexAlias:
    """The commits of the index *alias*, which is also what the cluster calls the index with the live articles."""

    def __init__(self, client: ClusterClient, alias: str) -> None:
        self.client = client
        self.alias = alias
        self.store = StateStore(client, alias)
        self._pattern = re.compile(re.escape(alias) + r"-(\d{8,})")

    # What is live

    def state(self) -> LiveState:
        """Return the state, with a live commit. Raises NoIndexError if there is none."""
        state = self.store.read()
        if state is not None and state.live:
            return state
        named = self.named()  # of an earlier arsearch, which wrote no state
        if len(named) > 1:
            raise CorruptIndexError(
                f"The alias {self.alias} at {self.client.address} names several indexes: {', '.join(named)}. Leave it "
                "with one of them."
            )
        for name in named:
            check_format(name, self.mappings().get(name, {}))
            raise CorruptIndexError(
                f"The index {self.store.index}, which says what is live in {name} at {self.client.address}, is gone. "
                "Bring it back from a snapshot, or run `arsearch index --full SOURCE...` with all your sources."
            )
        raise NoIndexError(
            f"There is no index {self.alias} on the OpenSearch cluster at {self.client.address}. Run `arsearch "
            "index SOURCE...` to make one, or name another with the setting opensearch_index."
        )

    def live(self) -> str:
        """Return the name of the live commit. Raises NoIndexError if there is none, or another IndexStateError."""
        return self.state().live

    def live_lineage(self) -> tuple[str, str] | None:
        """Return the name of what is live, and what it was published from; None if nothing is.

        Of an index of an earlier arsearch too, which may not say it: that is empty then. Raises an IndexStateError.
        """
        state = self.store.read()
        if state is not None and state.live:
            return state.live, self.store.commit(state.live).lineage
        for name in self.named():
            return name, str(self.meta(name).get("lineage", ""))
        return None

    def record(self, name: str | None = None) -> CommitRecord:
        """Return what the commit *name* consists of, or the live one. Raises an IndexStateError."""
        return self.store.commit(self.live() if name is None else name)

    def manifest(self, record: CommitRecord) -> tuple[Manifest, bool]:
        """Return the manifest of a commit, and whether its index has a k-NN field. Raises an IndexStateError."""
        found = self.client.ask(lambda raw: raw.indices.get_mapping(index=record.index))
        return read_manifest(record, found[record.index]["mappings"])

    def whole(self) -> list[str]:
        """Return the names of the commits that can be served, oldest first."""
        state = self.store.read()
        return state.kept if state else []

    def switch(self, name: str, *, instead_of: str) -> None:
        """Make the commit *name* live again in one step, if *instead_of* is still the one that is.

        Raises IndexLockedError if it is not.
        """
        state = self.state()
        if state.live != instead_of:
            raise IndexLockedError(
                f"Another process has made {state.live} the live commit of {self.alias} while this one was at "
                "work. Nothing was switched; look with `arsearch info`, and run it again."
            )
        record = self.store.commit(name)
        self.store.replace(state, replace(state, live=name))
        self.point(record.index)

    # Indexes

    def mappings(self) -> dict[str, dict[str, Any]]:
        """Return the mappings of all indexes of articles, whole or not, by their names, oldest first."""
        found = self.client.ask(lambda raw: raw.indices.get_mapping(index=f"{self.alias}-*", allow_no_indices=True))
        names = sorted(name for name in found if self._pattern.fullmatch(name))
        return {name: found[name]["mappings"] for name in names}

    def meta(self, name: str) -> dict[str, Any]:
        """Return what the index *name* says of itself, nothing if it is not there or was not made by arsearch."""
        found = self.mappings().get(name, {}).get("_meta", {}).get(META, {})
        return found if isinstance(found, dict) else {}

    def last_number(self) -> int:
        """Return the greatest number that an index of articles has in its name, 0 if there is none."""
        return max((int(name.rpartition("-")[2]) for name in self.mappings()), default=0)

    def named(self) -> list[str]:
        """Return the indexes that the alias stands for."""
        # Of these indexes alone: a user who may see no others is told of none by the security plugin.
        indexes = f"{self.alias}-*"
        answer = self.client.ask(lambda raw: raw.indices.get_alias(index=indexes, name=self.alias, ignore=404))
        return sorted(str(name) for name in answer if self._pattern.fullmatch(name))

    def point(self, index: str) -> None:
        """Let the alias stand for *index* alone, for those who look at the cluster by hand."""
        named = self.named()
        if named == [index]:
            return
        actions: list[dict[str, Any]] = [{"add": {"index": index, "alias": self.alias}}]
        actions += [{"remove": {"index": name, "alias": self.alias}} for name in named if name != index]
        self.client.ask(lambda raw: raw.indices.update_aliases(body={"actions": actions}), writing=True)

    def delete(self, names: Iterable[str]) -> None:
        """Delete the indexes *names* with their vocabularies, if they are there."""
        both = [each for name in names for each in (words_index(name), name)]
        if both:
            self.client.ask(lambda raw: raw.indices.delete(index=both, ignore_unavailable=True), writing=True)

    def has_knn(self) -> bool:
        """Whether all nodes that hold data have the k-NN plugin."""
        plugins = self.client.ask(lambda raw: raw.cat.plugins(format="json"))
        nodes = self.client.ask(lambda raw: raw.cat.nodes(format="json", h="name,node.role"))
        having = {plugin["name"] for plugin in plugins if plugin["component"] == "opensearch-knn"}
        return all(node["name"] in having for node in nodes if "d" in node["node.role"])
