"""The indexes of one name on a cluster: which there are, which is live, and the one step that makes another live."""

from __future__ import annotations

import re
from typing import Any

from arsearch.backends.opensearch.cluster.client import ClusterClient
from arsearch.backends.opensearch.publish.mapping import META, read_manifest
from arsearch.errors import CorruptIndexError, IndexLockedError, NoIndexError
from arsearch.index import Manifest

__all__ = ["IndexAlias", "words_index"]


def words_index(name: str) -> str:
    """Return the name of the index with the vocabulary of the index *name*."""
    return f"{name}-words"


class IndexAlias:
    """The commits of the index *alias*."""

    def __init__(self, client: ClusterClient, alias: str) -> None:
        self.client = client
        self.alias = alias
        self._pattern = re.compile(re.escape(alias) + r"-(\d{8})")

    def live(self) -> str:
        """Return the name of the live index. Raises NoIndexError if there is none, CorruptIndexError if several."""
        # Of these indexes alone: a user who may see no others is told of none by the security plugin.
        indexes = f"{self.alias}-*"
        answer = self.client.ask(lambda raw: raw.indices.get_alias(index=indexes, name=self.alias, ignore=404))
        found = [str(name) for name in answer if self._pattern.fullmatch(name)]
        if len(found) > 1:
            raise CorruptIndexError(
                f"The alias {self.alias} at {self.client.address} names several indexes: {', '.join(found)}. Leave it "
                "with one of them."
            )
        if not found:
            raise NoIndexError(
                f"There is no index {self.alias} on the OpenSearch cluster at {self.client.address}. Run `arsearch "
                "index SOURCE...` to make one, or name another with the setting opensearch_index."
            )
        return found[0]

    def mappings(self) -> dict[str, dict[str, Any]]:
        """Return the mappings of all commits, whole or not, by their names, oldest first."""
        found = self.client.ask(lambda raw: raw.indices.get_mapping(index=f"{self.alias}-*", allow_no_indices=True))
        names = sorted(name for name in found if self._pattern.fullmatch(name))
        return {name: found[name]["mappings"] for name in names}

    def manifest(self, name: str) -> tuple[Manifest, bool]:
        """Return what the index *name* remembers, and whether it has a k-NN field. Raises an IndexStateError."""
        found = self.client.ask(lambda raw: raw.indices.get_mapping(index=name))
        return read_manifest(name, found[name]["mappings"])

    def lineage(self, name: str) -> str:
        """Return what the index *name* was published from, empty if it does not say so; see publish/lineage.py."""
        meta = self.mappings().get(name, {}).get("_meta", {}).get(META, {})
        return str(meta.get("lineage", ""))

    def whole(self) -> list[str]:
        """Return the names of the commits that were finished, oldest first."""
        return [
            name for name, mapping in self.mappings().items() if "manifest" in mapping.get("_meta", {}).get(META, {})
        ]

    def next_name(self) -> str:
        """Return the name of the commit that is being made, or of the next one to make."""
        numbers = [int(name[-8:]) for name in self.whole()]
        return f"{self.alias}-{max(numbers, default=0) + 1:08d}"

    def switch(self, name: str, *, instead_of: str) -> None:
        """Make *name* the live index in one step, if *instead_of* (empty for none) is still the one that is live.

        Raises IndexLockedError if another process has made another one live.
        """
        actions: list[dict[str, Any]] = [{"add": {"index": name, "alias": self.alias}}]
        if instead_of and instead_of != name:
            actions.insert(0, {"remove": {"index": instead_of, "alias": self.alias, "must_exist": True}})
        try:
            live = self.live()
        except NoIndexError:
            live = ""
        if live != instead_of:
            raise IndexLockedError(
                f"Another process has made {live or 'no index'} the live index {self.alias} while this one was at "
                "work. Nothing was switched; run `arsearch index` again."
            )
        self.client.ask(lambda raw: raw.indices.update_aliases(body={"actions": actions}), writing=True)

    def collect(self, keep: int, *, before: str) -> None:
        """Delete old commits, all but *keep*, the live one included.

        *before* is the one that was live before this one. Those between the two were rolled back from: they are
        deleted first, and never rolled back to.
        """
        live = self.live()
        others = [name for name in self.mappings() if name != live]
        kept = [name for name in others if name < live and (not before or name <= before)][::-1][: keep - 1]
        for name in others:
            if name not in kept:
                self.delete(name)

    def delete(self, name: str) -> None:
        """Delete the index *name* with its vocabulary, if they are there."""
        names = [words_index(name), name]
        self.client.ask(lambda raw: raw.indices.delete(index=names, ignore_unavailable=True), writing=True)

    def has_knn(self) -> bool:
        """Whether all nodes that hold data have the k-NN plugin."""
        plugins = self.client.ask(lambda raw: raw.cat.plugins(format="json"))
        nodes = self.client.ask(lambda raw: raw.cat.nodes(format="json", h="name,node.role"))
        having = {plugin["name"] for plugin in plugins if plugin["component"] == "opensearch-knn"}
        return all(node["name"] in having for node in nodes if "d" in node["node.role"])
