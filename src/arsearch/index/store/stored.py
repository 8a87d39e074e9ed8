"""The article store of a commit, whatever version wrote it: for other programs, to index again, and to build upon."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np

from arsearch.corpus import Article
from arsearch.index.layout import ARTICLES_FOLDER
from arsearch.index.store.files import FileState, known_files
from arsearch.index.store.legacy.folders import has_folders, read_folder_state, segments_of_folders
from arsearch.index.store.legacy.one_file import FIRST_ARTICLES_FILE, LegacyArticle, LegacyStore
from arsearch.index.store.schema import ADDED_BY_HAND, STORE_VERSION, STORED_FIELDS, article_of
from arsearch.index.store.segment import ArticleSegment
from arsearch.index.store.segments import ArticleSegments
from arsearch.index.store.state import StoreState

__all__ = ["CurrentStore", "open_stored"]

_READ = f"given, {STORED_FIELDS}"
_AT_ONCE = 500


@contextmanager
def open_stored(folder: Path) -> Iterator[CurrentStore | LegacyStore]:
    """Open the article store of the commit in *folder*. Raises CorruptIndexError if it cannot be read."""
    articles = folder / ARTICLES_FOLDER
    if not articles.is_dir():
        with LegacyStore(folder / FIRST_ARTICLES_FILE) as old:
            yield old
        return
    with closing(StoreOfFolders(articles) if has_folders(articles) else CurrentStore(articles)) as store:
        yield store


class CurrentStore(ArticleSegments):
    """The article store in a folder, as this program writes it."""

    _is_of_this_format = True

    @property
    def is_current(self) -> bool:
        """Whether a new commit can build upon it."""
        return self._is_of_this_format and all(segment.version == STORE_VERSION for segment in self.segments)

    def files(self) -> dict[tuple[str, str], FileState]:
        """Return what is remembered of the files of sources, by source and path."""
        return {(state.source, state.path): state for state in known_files(self).values()}

    def fact(self, name: str) -> str:
        """Return what the writer noted under *name*, or an empty text."""
        return self.state.facts.get(name, "")

    def count(self, sources: list[str] | None = None) -> int:
        """Return how many articles came from *sources*, or all there are, those added by hand too."""
        if sources is None:
            return self.live_count
        numbers = [number for number, state in known_files(self).items() if state.source in set(sources)]
        return len(self.ordinals_of_files(numbers))

    def tombstones(self) -> list[str]:
        """Return the ids of articles that were deleted by hand."""
        return self.withheld()

    def added_by_hand(self) -> Iterator[LegacyArticle]:
        """Yield the articles that were added by hand."""
        for _, article in self._read([ADDED_BY_HAND]):
            yield LegacyArticle(article, "", "")

    def articles(self) -> Iterator[Article]:
        """Yield all articles as they were read, in the order of their ids."""
        return heapq.merge(*map(self._by_id, self.segments), key=lambda article: article.id)

    def articles_of(self, source: str) -> Iterator[LegacyArticle]:
        """Yield the articles that came from *source*, in the order in which they came."""
        paths = {number: state.path for number, state in known_files(self).items() if state.source == source}
        for file, article in self._read(list(paths)):
            yield LegacyArticle(article, source, paths[file])

    def _read(self, numbers: list[int]) -> Iterator[tuple[int, Article]]:
        """Yield the articles of the files *numbers* by their ordinals, as they were read, each with its file."""
        ordinals = np.sort(self.ordinals_of_files(numbers))
        for begin in range(0, len(ordinals), _AT_ONCE):
            some = ordinals[begin : begin + _AT_ONCE]
            found: dict[int, tuple[int, Article]] = {}
            for segment in self.segments:
                here = some[segment.places(some) >= 0].tolist()
                marks = ", ".join("?" * len(here))
                statement = f"SELECT ordinal, file, {_READ} FROM articles WHERE ordinal IN ({marks})"
                for ordinal, file, given, *fields in segment.rows(statement, *here):
                    found[ordinal] = file, article_of(fields, segment.texts, given)
            yield from (found[ordinal] for ordinal in some.tolist())

    def _by_id(self, segment: ArticleSegment) -> Iterator[Article]:
        last = ""
        statement = f"SELECT ordinal, {_READ} FROM articles WHERE id > ? ORDER BY id LIMIT ?"
        while rows := segment.rows(statement, last, _AT_ONCE):
            for ordinal, given, *fields in rows:
                if segment.has(ordinal):
                    yield article_of(fields, segment.texts, given)
            last = rows[-1][2]


class StoreOfFolders(CurrentStore):
    """The article store of an index of format version 8 or before, where each segment is a folder."""

    _is_of_this_format = False

    def _opened(self, folder: Path) -> Iterator[ArticleSegment]:
        return segments_of_folders(folder)

    def _state(self, folder: Path) -> StoreState:
        return read_folder_state(folder)
