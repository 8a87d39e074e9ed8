"""A commit on disk: built, switched to, opened, verified, rolled back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from arsearch.index.layout import Layout
from arsearch.index.learned_weights import forget_weights, read_weights, write_weights
from arsearch.index.manifest import Manifest

if TYPE_CHECKING:
    from arsearch.index.build import IndexSummary, update_index
    from arsearch.index.commit import Commit
    from arsearch.index.facets import count_facets
    from arsearch.index.lock import Owner
    from arsearch.index.maintenance import rollback
    from arsearch.index.store.export import export_articles, stored_articles
    from arsearch.index.update.embed import EmbeddingPace
    from arsearch.index.update.plan import Changes
    from arsearch.index.update.task import Progress
    from arsearch.index.verification import Verification, inspect_index, verify

__all__ = [
    "Changes",
    "Commit",
    "EmbeddingPace",
    "IndexSummary",
    "Layout",
    "Manifest",
    "Owner",
    "Progress",
    "Verification",
    "count_facets",
    "export_articles",
    "forget_weights",
    "inspect_index",
    "read_weights",
    "rollback",
    "stored_articles",
    "update_index",
    "verify",
    "write_weights",
]

# Loaded when first asked for: a search reads no corpus, and writing searches nothing.
_HOMES = {
    "Changes": "update.plan",
    "Commit": "commit",
    "count_facets": "facets",
    "EmbeddingPace": "update.embed",
    "export_articles": "store.export",
    "stored_articles": "store.export",
    "IndexSummary": "build",
    "Owner": "lock",
    "Progress": "update.task",
    "Verification": "verification",
    "inspect_index": "verification",
    "rollback": "maintenance",
    "update_index": "build",
    "verify": "verification",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        import importlib

        return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
