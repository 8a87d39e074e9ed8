"""Which other sites' pages may ask the API from a browser: cross-origin resource sharing (the Fetch standard).

None may unless the setting ``cors_origins`` names them. Cookies are never allowed: nothing in the API depends on them.
"""

from __future__ import annotations

from flask import Flask
from flask_cors import CORS

from arsearch.settings import Settings

__all__ = ["allow_origins"]

_AN_HOUR = 3_600
_RESOURCES = (r"/api/v1/.*", r"/suggest")
"""The second is what the search box on pages of other sites asks."""


def allow_origins(app: Flask, settings: Settings) -> None:
    """Let the pages of ``settings.cors_origins`` ask the API of *app*, and what completes a query."""
    origins = [origin.rstrip("/") for origin in settings.cors_origins]
    if not origins:
        return
    CORS(
        app,
        resources={pattern: {"origins": "*" if "*" in origins else origins} for pattern in _RESOURCES},
        methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
        allow_headers=["Authorization", "Content-Type", "If-Match", "If-None-Match", "If-Modified-Since"],
        expose_headers=["ETag", "Last-Modified", "Retry-After", "X-Request-ID"],
        max_age=_AN_HOUR,
        send_wildcard="*" in origins,
    )
