"""The one place that chooses a backend; everything else takes what it is given."""

from __future__ import annotations

from arsearch.backends.protocol import Backend
from arsearch.settings import Settings

__all__ = ["choose_backend"]


def choose_backend(settings: Settings) -> Backend:
    """Return the backend that holds the index of *settings*. Nothing is opened yet."""
    if settings.backend == "opensearch":
        from arsearch.backends.opensearch.backend import OpenSearchBackend

        return OpenSearchBackend(settings)
    from arsearch.backends.local import LocalBackend

    return LocalBackend(settings)
