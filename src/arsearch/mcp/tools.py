"""What the tools do: questions to the live index, answers as JSON types. Nothing here knows of a transport."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from arsearch.common.deadline import run_clock
from arsearch.errors import QueryError
from arsearch.search.passages.request import PassageRequest
from arsearch.search.request import SearchRequest
from arsearch.search.searcher import Searcher
from arsearch.web.live import LiveIndex

__all__ = ["ARTICLE_URI", "MAX_CHARACTERS", "IndexTools"]

ARTICLE_URI = "arsearch://article/"
MAX_CHARACTERS = 20_000
"""Most characters of an article, or of all passages, in one answer: a model's context has no room for a book."""
_MAX_HITS = 50
_MARKS = ("<mark>", "</mark>")


class IndexTools:
    """The tools on one index, always on its live commit. Safe to use from several threads."""

    def __init__(self, live: LiveIndex, public_address: str = "") -> None:
        """*public_address*: where the search page is, for links; empty for none."""
        self._live = live
        self._address = public_address.rstrip("/")

    def search(self, query: str, *, limit: int, after: str, mode: str, filters: Mapping[str, Any]) -> dict[str, Any]:
        """Return the hits of *query*. Raises as ``Searcher.search`` does."""
        _check(limit, _MAX_HITS)
        with self._live.lend() as searcher:
            size = min(limit, searcher.settings.max_page_size)
            request = SearchRequest(
                query=query, size=size, after=after, mode=mode or searcher.settings.mode, **_given(filters)
            )
            answer = searcher.search(request).as_dict()
        for hit in answer["hits"]:
            for mark in _MARKS:
                hit["snippet"] = hit["snippet"].replace(mark, "")
            hit |= self._where(hit["id"])
        return {name: answer[name] for name in ("total", "total_relation", "suggestion", "hits", "after")}

    def passages(
        self, question: str, *, limit: int, neighbours: int, max_characters: int, filters: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return the passages that answer *question*. Raises as ``Searcher.passages`` does."""
        _check(limit, _MAX_HITS)
        with self._live.lend() as searcher:
            search = SearchRequest(query=question, mode=searcher.settings.mode, operators=False, **_given(filters))
            request = PassageRequest(
                search=search,
                size=min(limit, searcher.settings.max_page_size),
                neighbours=neighbours,
                max_characters=min(max_characters or MAX_CHARACTERS, MAX_CHARACTERS),
            )
            found = searcher.passages(request)
        passages = [
            passage.as_dict() | self._where(passage.article_id, f"#{passage.fragment}") for passage in found.passages
        ]
        return {"passages": passages}

    def get_article(self, identifier: str, *, start: int = 0) -> dict[str, Any]:
        """Return an article, of its body what begins at *start*. Raises ArticleNotFoundError or QueryError."""
        with self._live.lend() as searcher:
            article = searcher.article(identifier)
        if not 0 <= start <= len(article.body):
            raise QueryError(f"start is {start}; the article has {len(article.body)} characters.", field="start")
        end = min(start + MAX_CHARACTERS, len(article.body))
        part = {"body": article.body[start:end], "start": start, "end": end, "characters": len(article.body)}
        fields = article.as_dict()
        fields.pop("structure", None)  # of the whole body, and nothing that a model reads
        return fields | part | self._where(identifier)

    def similar(self, identifier: str, *, limit: int) -> dict[str, Any]:
        """Return the articles nearest in meaning to one. Raises ArticleNotFoundError."""
        _check(limit, _MAX_HITS)
        with self._live.lend() as searcher, _clock(searcher):
            found = [article.as_dict() for article in searcher.similar(identifier, limit)]
        for article in found:
            del article["body"]
            article.pop("structure", None)
            article |= self._where(article["id"])
        return {"articles": found}

    def facets(self, query: str, *, filters: Mapping[str, Any]) -> dict[str, Any]:
        """Return how many articles have each of the most frequent values. Raises as ``Searcher.search`` does."""
        with self._live.lend() as searcher:
            request = SearchRequest(
                query=query, size=1, mode=searcher.settings.mode, facets=True, snippets=False, **_given(filters)
            )
            answer = searcher.search(request).as_dict()
        return {name: answer[name] for name in ("total", "total_relation", "facets")}

    def about(self) -> dict[str, Any]:
        """Return what the index is."""
        with self._live.lend() as searcher:
            manifest = searcher.index.manifest
            own = [{"name": field.name, "kind": field.kind} for field in manifest.own_fields]
            return {"articles": manifest.articles, "created": manifest.created, "own_fields": own}

    def _where(self, identifier: str, fragment: str = "") -> dict[str, str]:
        """Return under which addresses an article can be fetched and read."""
        links = {"resource": ARTICLE_URI + quote(identifier, safe="", errors="replace")}
        if self._address:
            links["link"] = f"{self._address}/article?id={quote(identifier, safe='', errors='replace')}{fragment}"
        return links


def _given(filters: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in filters.items() if value}


def _check(limit: int, most: int) -> None:
    if not 1 <= limit <= most:
        raise QueryError(f"The limit is {limit}. Choose between 1 and {most}.", field="limit")


def _clock(searcher: Searcher) -> Any:
    return run_clock(searcher.settings.max_query_ms / 1000)
