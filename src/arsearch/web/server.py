"""Serving the application: gunicorn where processes can fork, waitress elsewhere. Never Flask's own server."""

from __future__ import annotations

import ctypes
import gc
import importlib
import logging.config
import os
import shutil
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from arsearch.settings import Settings
from arsearch.web import MULTIPROCESS_VARIABLE
from arsearch.web.worker.metrics_folder import metrics_folder
from arsearch.web.writer_process import writer_process

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

__all__ = ["serve"]

_SPARE_THREADS = 4
"""For what is answered however busy the server is."""
_KEEP_ALIVE_SECONDS = 15
_KIB = 1024
_M_ARENA_MAX, _M_MMAP_THRESHOLD = -8, -3
"""The numbers of these options in glibc's malloc.h."""
_PAGES_OF_ITS_OWN = 65_536
"""Bytes from which on something gets pages of its own."""
_UNUSED_IN_LOGS = ("logThreads", "logProcesses", "logMultiprocessing", "_srcfile")
"""What logging finds out about every line unless told otherwise (its documentation, "Optimization")."""
_IN_EVERY_PROCESS = ("arsearch.web.app", "arsearch.backends.local_index", "faiss", "tokenizers")
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
"""Processes share the cores already; threads within one query would only get in each other's way."""


def serve(settings: Settings, make_app: Callable[[Settings], WSGIApplication] | None = None) -> None:
    """Serve ``settings.index`` until the process is told to stop; then finish the requests that are being answered.

    *make_app* makes the application in each process; without it, it is that of arsearch.
    """
    for name, value in _ONE_THREAD.items():
        os.environ.setdefault(name, value)
    for name in _UNUSED_IN_LOGS:
        setattr(logging, name, None)
    _tame_heap()
    make = make_app or _arsearch
    if sys.platform == "win32":
        _serve_with_waitress(settings, make)
    else:
        _serve_with_gunicorn(settings, make)


def _tame_heap() -> None:
    """Keep a server from holding what its threads, and commits of an index that are gone, have freed.

    glibc gives each thread a heap of its own, and puts ever larger things into heaps, where what comes after them keeps
    their pages from going back to the system.
    """
    if sys.platform == "linux":
        with suppress(AttributeError, OSError):  # musl has none
            libc = ctypes.CDLL(None)
            libc.mallopt(_M_ARENA_MAX, 1)
            libc.mallopt(_M_MMAP_THRESHOLD, _PAGES_OF_ITS_OWN)


def _arsearch(settings: Settings) -> WSGIApplication:
    from arsearch.errors import ArsearchError
    from arsearch.web.app import create_app

    app = create_app(settings)
    # So that the first request is answered as fast as any other.
    for template in app.jinja_env.list_templates():
        app.jinja_env.get_template(template)
    with suppress(ArsearchError):  # who asks is told what is wrong, and the log is
        app.extensions["arsearch"].searcher()
    _keep_what_is_there()
    return app


def _import_ahead() -> None:
    """Import what every process needs while there is one: they share its memory, and start sooner."""
    for name in _IN_EVERY_PROCESS:
        importlib.import_module(name)
    _keep_what_is_there()


def _keep_what_is_there() -> None:
    """Spare the garbage collector what will not go away: it would look through it now and then, and dirty its pages."""
    gc.collect()
    gc.freeze()


def _threads(settings: Settings) -> int:
    """Return how many threads a process needs so that every request finds one, be it to be told to come back."""
    return settings.max_running_requests + settings.max_waiting_requests + _SPARE_THREADS


def _serve_with_gunicorn(settings: Settings, make_app: Callable[[Settings], WSGIApplication]) -> None:
    arbiter = os.getpid()
    folder = metrics_folder()
    try:
        os.environ[MULTIPROCESS_VARIABLE] = folder
        from gunicorn.app.base import BaseApplication
        from gunicorn.http import message

        from arsearch.web.logs import configure_logging
        from arsearch.web.worker.balanced_worker import BalancedWorker

        # One Arabic letter is six bytes of an address, and gunicorn's own limit, 8190 bytes, cannot be set higher.
        # Up to twice max_address_kb the application itself says that an address is too long.
        BalancedWorker.request_seconds = settings.request_seconds
        message.MAX_REQUEST_LINE = 2 * settings.max_address_kb * _KIB

        class Application(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
            def load_config(self) -> None:
                host = f"[{settings.host}]" if ":" in settings.host else settings.host
                options: dict[str, Any] = {
                    "bind": f"{host}:{settings.port}",
                    "workers": settings.workers,
                    "threads": _threads(settings),
                    "worker_class": "arsearch.web.worker.balanced_worker.BalancedWorker",
                    "proc_name": "arsearch",
                    "accesslog": None,
                    "logger_class": "arsearch.web.worker.server_log.ServerLog",
                    "control_socket_disable": True,
                    "limit_request_line": message.MAX_REQUEST_LINE,
                    "graceful_timeout": settings.shutdown_seconds,
                    "keepalive": _KEEP_ALIVE_SECONDS,
                    "logconfig_dict": configure_logging(settings),
                    "forwarded_allow_ips": "",  # web/proxies.py decides whom to believe
                    "child_exit": _forget,
                }
                for name, value in options.items():
                    if name in self.cfg.settings:
                        self.cfg.set(name, value)

            def load(self) -> Any:
                return make_app(settings)

        with writer_process(settings):
            if make_app is _arsearch:
                _import_ahead()
            Application().run()
    finally:
        if os.getpid() == arbiter:  # workers leave through here too, and the others still count there
            shutil.rmtree(folder, ignore_errors=True)


def _forget(_: Any, worker: Any) -> None:
    from arsearch.web.metrics import forget_process

    forget_process(worker.pid)
    worker.forget()


def _serve_with_waitress(settings: Settings, make_app: Callable[[Settings], WSGIApplication]) -> None:
    import waitress

    from arsearch.web.logs import configure_logging

    logging.config.dictConfig(configure_logging(settings))
    waitress.serve(
        make_app(settings),
        host=settings.host,
        port=settings.port,
        threads=_threads(settings),
        max_request_header_size=2 * settings.max_address_kb * _KIB,
        max_request_body_size=max(settings.max_body_kb, settings.max_write_mb * _KIB) * _KIB,
    )
