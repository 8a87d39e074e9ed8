"""What gunicorn writes down: what concerns its processes; requests are written down by the application."""

from __future__ import annotations

from gunicorn.glogging import Logger

__all__ = ["ServerLog"]


class ServerLog(Logger):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn's log without requests, for each of which it would put two dozen texts together that nobody reads."""

    @property
    def access_log_enabled(self) -> bool:
        """Never."""
        return False
