"""arsearch: search for Arabic articles, by words and by meaning.

>>> import arsearch
>>> arsearch.build_index(["corpus/"], "index")          # doctest: +SKIP
>>> with arsearch.open_index("index") as index:         # doctest: +SKIP
...     for hit in index.search("التعاون الأمني").hits:
...         print(hit.score, hit.title)
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from contextlib import closing
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from arsearch.errors import (
    ArsearchError,
    ArticleNotFoundError,
    ClusterError,
    ClusterUnavailableError,
    ClusterWriteError,
    CorpusError,
    CorruptIndexError,
    CursorError,
    EncoderError,
    EvaluationError,
    ExpiredCursorError,
    FetchError,
    IncompatibleIndexError,
    IndexLockedError,
    IndexStateError,
    NoIndexError,
    NoWordError,
    QueryError,
    QueryTimeoutError,
    ServerError,
    ServiceError,
    SettingsError,
    UnsearchableQueryError,
)
from arsearch.settings import Settings, load_settings

if TYPE_CHECKING:
    from arsearch.corpus import Article
    from arsearch.index import IndexSummary
    from arsearch.search.passages.request import PassageRequest
    from arsearch.search.passages.results import FoundPassage, PassageResults
    from arsearch.search.request import SearchRequest
    from arsearch.search.results import Hit, Notice, SearchResults
    from arsearch.search.searcher import Searcher

__version__ = "0.2.0"

__all__ = [
    "ArsearchError",
    "Article",
    "ArticleNotFoundError",
    "ClusterError",
    "ClusterUnavailableError",
    "ClusterWriteError",
    "CorpusError",
    "CorruptIndexError",
    "CursorError",
    "EncoderError",
    "EvaluationError",
    "ExpiredCursorError",
    "FetchError",
    "FoundPassage",
    "Hit",
    "IncompatibleIndexError",
    "IndexLockedError",
    "IndexStateError",
    "IndexSummary",
    "NoIndexError",
    "NoWordError",
    "Notice",
    "PassageRequest",
    "PassageResults",
    "QueryError",
    "QueryTimeoutError",
    "SearchRequest",
    "SearchResults",
    "Searcher",
    "ServerError",
    "ServiceError",
    "Settings",
    "SettingsError",
    "UnsearchableQueryError",
    "build_index",
    "load_settings",
    "open_index",
]

# Loaded when first asked for, so that importing the package for its errors or settings costs nothing.
_HOMES = {
    "Article": "arsearch.corpus",
    "FoundPassage": "arsearch.search.passages.results",
    "Hit": "arsearch.search.results",
    "IndexSummary": "arsearch.index",
    "Notice": "arsearch.search.results",
    "PassageRequest": "arsearch.search.passages.request",
    "PassageResults": "arsearch.search.passages.results",
    "SearchRequest": "arsearch.search.request",
    "SearchResults": "arsearch.search.results",
    "Searcher": "arsearch.search.searcher",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        import importlib

        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def build_index(
    sources: str | PathLike[str] | Iterable[str | PathLike[str]],
    index: str | PathLike[str],
    *,
    model: str | None = None,
    full: bool = False,
    strict: bool = False,
    settings: Settings | None = None,
) -> IndexSummary:
    """Build the index in the directory *index* from *sources*, or bring it up to date with them.

    *model* is ``bundled`` or any sentence-transformers model; see ``arsearch.index.update_index`` for the rest.
    Raises CorpusError, EncoderError or IndexLockedError; the index is then as it was.
    """
    from arsearch.backends import choose_backend

    changes: dict[str, Any] = {"index": Path(index)} | ({"model": model} if model is not None else {})
    chosen = dataclasses.replace(settings or load_settings(), **changes)
    if isinstance(sources, (str, PathLike)):
        sources = [sources]
    with closing(choose_backend(chosen)) as backend:
        return backend.update([Path(source) for source in sources], full=full, strict=strict)


def open_index(index: str | PathLike[str], *, settings: Settings | None = None) -> Searcher:
    """Open the live commit of the directory *index* for searching; use it in a ``with`` block.

    Raises NoIndexError, IncompatibleIndexError or CorruptIndexError.
    """
    from arsearch.search.searcher import Searcher

    return Searcher(Path(index), settings or load_settings())
