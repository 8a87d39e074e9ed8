"""The one place that says whether passages are embedded here alone or by all who work for the cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

from arsearch.settings import Settings

if TYPE_CHECKING:
    from arsearch.index.update.task import Share
    from arsearch.semantic import Encoder, PassageCache

__all__ = ["sharing"]


def sharing(settings: Settings) -> Share | None:
    """Return what shares the embedding of an encoder as *settings* say, None if each process embeds for itself.

    What it returns raises ClusterError if the cluster cannot be used.
    """
    if not settings.shared_embedding:
        return None

    def shared(encoder: Encoder) -> PassageCache:
        from arsearch.backends.opensearch.cluster.client import ClusterClient
        from arsearch.backends.opensearch.publish.embedding import Embedder, SharedEncoder

        lease = float(settings.embedding_lease_seconds)
        embedder = Embedder(ClusterClient(settings), encoder, settings.opensearch_index, lease_seconds=lease)
        return SharedEncoder(embedder, encoder)

    return shared
