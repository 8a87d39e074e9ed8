"""What the retrievers have in common: whom they ask, and what they tell of a passage."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from arsearch.errors import SettingsError
from arsearch.search.passages.results import FoundPassage, PassageResults

__all__ = ["PassageSource", "metadata_of", "open_source", "text_of"]


@runtime_checkable
class PassageSource(Protocol):
    """What can be asked for passages: ``Searcher`` and ``Client`` both can."""

    def passages(self, query: str, *, limit: int | None = None, **request: Any) -> PassageResults:
        """Return the passages that answer *query* best."""


def open_source(index: str, url: str, token: str = "") -> PassageSource:
    """Return the index in the directory *index*, or the server at *url*. Raises SettingsError unless one is given."""
    if bool(index) == bool(url):
        raise SettingsError("Give the directory of an index or the address of a server, one of both.")
    if url:
        from arsearch.client import Client

        return Client(url, token=token)
    from arsearch.search.searcher import Searcher
    from arsearch.settings import load_settings

    return Searcher(Path(index), load_settings())


def text_of(passage: FoundPassage) -> str:
    """Return what a language model is to read: the context where there is one."""
    return passage.context.text if passage.context else passage.text


def metadata_of(passage: FoundPassage) -> Mapping[str, Any]:
    """Return what is known of a passage beside its text, by names that no framework takes for itself."""
    place = passage.context or passage
    return {
        "article_id": passage.article_id,
        "title": passage.title,
        "start": place.start,
        "end": place.end,
        "author": passage.author,
        "date": passage.date,
        "source": passage.source,
        "url": passage.url,
        "fragment": f"chars={place.start}-{place.end}",
        "parts": dict(passage.parts),
    }
