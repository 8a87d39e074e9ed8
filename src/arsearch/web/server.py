"""Serving the application: gunicorn where processes can fork, waitress elsewhere. Never Flask's own server."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from typing import Any

from arsearch.settings import Settings
from arsearch.web import MULTIPROCESS_VARIABLE

__all__ = ["serve"]

_THREADS = 4


def serve(settings: Settings) -> None:
    """Serve ``settings.index`` until the process is told to stop."""
    if sys.platform == "win32":
        _serve_with_waitress(settings)
    else:
        _serve_with_gunicorn(settings)


def _serve_with_gunicorn(settings: Settings) -> None:
    arbiter = os.getpid()
    folder = tempfile.mkdtemp(prefix="arsearch-metrics-")
    try:
        os.environ[MULTIPROCESS_VARIABLE] = folder
        from gunicorn.app.base import BaseApplication

        class Application(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
            def load_config(self) -> None:
                host = f"[{settings.host}]" if ":" in settings.host else settings.host
                options: dict[str, Any] = {
                    "bind": f"{host}:{settings.port}",
                    "workers": settings.workers,
                    "threads": _THREADS,
                    "worker_class": "gthread",
                    "proc_name": "arsearch",
                    "accesslog": None,
                    "control_socket_disable": True,
                    # One Arabic letter is six bytes of a URL: the limit of queries is max_query_characters, not this.
                    "limit_request_line": 0,
                }
                for name, value in options.items():
                    if name in self.cfg.settings:
                        self.cfg.set(name, value)

            def load(self) -> Any:
                from arsearch.web.app import create_app

                return create_app(settings)

        Application().run()
    finally:
        if os.getpid() == arbiter:  # workers leave through here too, and the others still count there
            shutil.rmtree(folder, ignore_errors=True)


def _serve_with_waitress(settings: Settings) -> None:
    import waitress

    from arsearch.web.app import create_app

    waitress.serve(create_app(settings), host=settings.host, port=settings.port, threads=_THREADS)
