"""Several archives on one server: each under ``/c/NAME/``, with an index and pages of its own.

Programs may name one with the parameter ``collection`` instead: ``/api/v1/search?collection=NAME`` is
``/c/NAME/api/v1/search``.

A collection has a settings file. What the file says holds for it, and for everything else the settings of the server.
Requests are counted and wait for their turn together with all others of the process. Collections are read only: the
process that commits what was written over HTTP looks after one index.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from flask import Flask, current_app, request
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from arsearch.errors import QueryError, ReadOnlyServerError, SettingsError
from arsearch.settings import Settings, settings_over
from arsearch.web.branding.brand import Brand

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

__all__ = ["collection_settings", "install_collections", "names_of"]

_NAME = re.compile("[a-z0-9][a-z0-9_-]{0,39}")
_SHARED = ("arsearch-rates", "arsearch-admission")
_WRITES = "writes."
_API = "/api/"
_PARAMETER = "collection="


def collection_settings(settings: Settings) -> Iterator[tuple[str, Settings]]:
    """Yield the name and the settings of each collection. Raises SettingsError for what cannot be one."""
    for each in settings.collections:
        name, equals, path = (part.strip() for part in each.partition("="))
        if not equals or not _NAME.fullmatch(name):
            raise SettingsError(
                f"The setting collections has {each!r}; write NAME=FILE, NAME of small Latin letters, digits, - and _."
            )
        own = settings_over(settings, Path(path))
        if own.index == settings.index:
            raise SettingsError(f"The settings of the collection {name}, {path}, must name an index of its own.")
        yield name, own


def install_collections(app: Flask, settings: Settings, make: Callable[[Settings], Flask]) -> None:
    """Have *app* hand requests under ``/c/NAME/`` to an application that *make* makes for that collection."""
    collections = {name: make(own) for name, own in collection_settings(settings)}
    app.extensions["arsearch-collections"] = collections
    if not collections:
        return
    for collection in collections.values():
        for shared in _SHARED:
            collection.extensions[shared] = app.extensions[shared]
        collection.before_request(_refuse_writes)
    mounts: dict[str, WSGIApplication] = {f"/c/{name}": collection.wsgi_app for name, collection in collections.items()}
    app.before_request(_refuse_unknown)
    app.wsgi_app = _ByParameter(DispatcherMiddleware(app.wsgi_app, mounts), frozenset(collections))  # type: ignore[method-assign]


class _ByParameter:
    """Hands requests of programs with the parameter ``collection`` to the application below that path."""

    def __init__(self, inner: WSGIApplication, names: frozenset[str]) -> None:
        self._inner = inner
        self._names = names

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        query = environ.get("QUERY_STRING", "")
        if _PARAMETER in query and environ.get("PATH_INFO", "").startswith(_API):
            pieces = query.split("&")
            others = [piece for piece in pieces if not piece.startswith(_PARAMETER)]
            named = {piece.removeprefix(_PARAMETER) for piece in pieces if piece.startswith(_PARAMETER)}
            if len(named) == 1 and named <= self._names:
                path = f"/c/{named.pop()}{environ['PATH_INFO']}"
                environ = {**environ, "PATH_INFO": path, "QUERY_STRING": "&".join(others)}
        return self._inner(environ, start_response)


def names_of(collections: dict[str, Flask], language: str) -> list[tuple[str, str]]:
    """Return the collections with what their pages are called in *language*."""
    brands: dict[str, Brand] = {name: app.extensions["arsearch-brand"] for name, app in collections.items()}
    return [(name, brand.site_name[language] or name) for name, brand in brands.items()]


def _refuse_unknown() -> None:
    if request.path.startswith(_API) and "collection" in request.args:
        names = ", ".join(sorted(current_app.extensions["arsearch-collections"]))
        raise QueryError(
            f"No collection is called {request.args['collection'][:40]!r}. There are: {names}.", field="collection"
        )


def _refuse_writes() -> None:
    if (request.endpoint or "").startswith(_WRITES):
        raise ReadOnlyServerError("Collections are read only. Write to a server whose index this is.")
