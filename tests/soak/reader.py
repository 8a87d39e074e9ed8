"""A reader: searches without end, and checks every answer against the articles of the version it comes from."""

from __future__ import annotations

import os
import random
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from arsearch import NoIndexError, Searcher, Settings, open_index

from ..index.versions import MARKER, VOCABULARY, articles_of, expected_ids

__all__ = ["KINDS", "SIZE", "read"]

SIZE = 60
"""Articles of a version at the most."""
KINDS = ("opening", "holding", "serving", "serving")
"""One reader opens the index for a few searches, one holds what it opened for long, two do as a server does."""
_LONGEST_HELD = 20.0
_PAUSE = 0.1
_NICENESS = 5
"""The writers come first: what is to be met is many commits."""


def read(kind: str, seed: int, settings: dict[str, Any], stop: str) -> dict[str, Any]:
    """Read until the file *stop* is there; return what was checked, what was wrong, and which versions were met."""
    os.nice(_NICENESS)
    reader = _Reader(kind, random.Random(seed), Settings(**settings), lambda: Path(stop).exists())
    with reader.searchers() as next_searcher:
        is_last = False
        while not is_last:
            is_last = reader.stopped()  # one that is slow to start looks once all the same
            try:
                reader.look(next_searcher)
            except NoIndexError:
                time.sleep(_PAUSE)
            except Exception:
                reader.failures.append(f"{kind}: {traceback.format_exc()}")
    return {
        "searches": reader.searches,
        "opened": reader.opened,
        "failures": reader.failures[:5],
        "versions": reader.versions,
    }


class _Reader:
    def __init__(self, kind: str, chance: random.Random, settings: Settings, stopped: Callable[[], bool]) -> None:
        self._kind = kind
        self._chance = chance
        self._settings = settings
        self.stopped = stopped
        self.searches = self.opened = 0
        self.failures: list[str] = []
        self.versions: dict[str, int] = {}

    @contextmanager
    def searchers(self) -> Iterator[Callable[[], Searcher]]:
        """Give what returns a searcher on the live commit."""
        if self._kind != "serving":
            yield lambda: open_index(self._settings.index, settings=self._settings)
            return
        from arsearch.web.live import LiveIndex

        with closing(LiveIndex(self._settings.index, self._settings)) as live:
            yield live.searcher

    def look(self, next_searcher: Callable[[], Searcher]) -> None:
        """Search some commit for a while."""
        searcher = next_searcher()
        if self._kind == "serving":
            self._check(searcher)
            return
        with searcher:
            if self._kind == "opening":
                for _ in range(self._chance.randrange(1, 20)):
                    self._check(searcher)
                return
            until = time.monotonic() + self._chance.uniform(0, _LONGEST_HELD)
            self._check(searcher)
            while time.monotonic() < until and not self.stopped():
                self._check(searcher)

    def _check(self, searcher: Searcher) -> None:
        """Ask one question and compare the answer with what is known."""
        commit = searcher.index.manifest.commit
        if commit not in self.versions:
            self.opened += 1
        version = int(searcher.article(MARKER).title)
        assert self.versions.setdefault(commit, version) == version, (commit, version)
        articles = articles_of(version, size=SIZE)
        assert len(searcher) == len(articles), commit
        word = self._chance.choice(VOCABULARY)
        mode = self._chance.choice(("lexical", "lexical", "hybrid", "semantic"))
        results = searcher.search(word, mode=mode, size=100, as_typed=True)
        found = {hit.id for hit in results.hits}
        wanted = expected_ids(articles, word)
        if mode == "lexical":
            assert found == wanted, (commit, version, word, found ^ wanted)
            assert results.total == len(wanted), (commit, word)
        elif mode == "hybrid":
            assert found >= wanted, (commit, version, word, wanted - found)
        for hit in results.hits:
            known = articles[hit.id]
            assert (hit.article.title, hit.article.body) == (known["title"], known["body"]), (commit, hit.id)
        self.searches += 1
        time.sleep(_PAUSE * self._chance.random() ** 2)
