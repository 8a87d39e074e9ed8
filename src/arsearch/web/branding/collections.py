"""Several archives on one server: each under ``/c/NAME/``, with an index and pages of its own.

A collection has a settings file. What the file says holds for it, and for everything else the settings of the server.
Requests are counted and wait for their turn together with all others of the process. Collections are read only: the
process that commits what was written over HTTP looks after one index.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from flask import Flask, request
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from arsearch.errors import ReadOnlyServerError, SettingsError
from arsearch.settings import Settings, settings_over
from arsearch.web.branding.brand import Brand

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

__all__ = ["collection_settings", "install_collections", "names_of"]

_NAME = re.compile("[a-z0-9][a-z0-9_-]{0,39}")
_SHARED = ("arsearch-rates", "arsearch-admission")
_WRITES = "writes."


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
    app.wsgi_app = DispatcherMiddleware(app.wsgi_app, mounts)  # type: ignore[method-assign]


def names_of(collections: dict[str, Flask], language: str) -> list[tuple[str, str]]:
    """Return the collections with what their pages are called in *language*."""
    brands: dict[str, Brand] = {name: app.extensions["arsearch-brand"] for name, app in collections.items()}
    return [(name, brand.site_name[language] or name) for name, brand in brands.items()]


def _refuse_writes() -> None:
    if (request.endpoint or "").startswith(_WRITES):
        raise ReadOnlyServerError("Collections are read only. Write to a server whose index this is.")
