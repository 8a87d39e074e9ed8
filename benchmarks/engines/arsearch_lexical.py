"""arsearch's lexical index: its own analysis, with the query it asks in production and with one over stems alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import islice
from pathlib import Path

from arsearch.arabic import analyze
from arsearch.common.array_types import Int64s
from arsearch.common.segments import arrays_file
from arsearch.lexical import Document, LexicalIndex, LexicalWriter, parse_query
from arsearch.lexical.search.maxscore import best_of_words
from arsearch.lexical.search.postings import PostingReader, ScoredWord
from arsearch.lexical.segment.field_names import TEXT_STEM
from arsearch.lexical.segment.open_segments import read_segments
from arsearch.lexical.segment.segment import Segment
from arsearch.settings import Settings
from benchmarks.engines.base import TOP

__all__ = ["OneField", "Production"]

_BATCH = 500


class Production:
    """Words in all fields, as every search of arsearch asks for them."""

    def index(self, documents: Path, folder: Path) -> None:
        """Index all fields, with the memory that the settings give by default."""
        writer = LexicalWriter(folder / "lexical", memory_mb=Settings().memory_mb)
        read = _documents(documents)
        while batch := list(islice(read, _BATCH)):
            writer.add(batch)
        writer.commit()

    def settle(self, folder: Path) -> None:
        """Nothing to do: committing merges."""

    def open(self, folder: Path) -> None:
        """Open the index."""
        self._index = LexicalIndex(folder / "lexical")
        self._exhaustive = len(self._index) <= Settings().exact_totals

    def prepare(self, text: str, stems: Sequence[str]) -> str:  # noqa: ARG002  # analyses itself
        """Take the text as typed."""
        return text

    def search(self, query: str) -> Int64s:
        """Analyse and answer, with the number of all matches up to the size where searches give up counting."""
        return self._index.search(parse_query(query), limit=TOP, exhaustive=self._exhaustive).best

    def numbers(self, found: Int64s) -> list[int]:
        """Return the documents; they are numbered as they were added."""
        return found.tolist()  # type: ignore[no-any-return]


class OneField(Production):
    """The same index asked for stems of title and body in one field, which is what the other engines are asked for."""

    def open(self, folder: Path) -> None:
        """Open the postings below :class:`LexicalIndex`, which always asks for all fields."""
        path = folder / "lexical"
        self._postings = PostingReader(
            [Segment(arrays_file(path, name), deleted) for name, deleted in read_segments(path)]
        )
        self._exhaustive = self._postings.live_count <= Settings().exact_totals
        self._word = lru_cache(maxsize=1 << 14)(self._find_word)

    def _find_word(self, stem: str) -> ScoredWord:
        term = self._postings.native_term(TEXT_STEM, stem.encode(), 1.0)
        return self._postings.scored_word([term] if term else [])

    def search(self, query: str) -> Int64s:
        """Analyse and answer, as :class:`LexicalIndex` does with more fields."""
        words = [self._word(token.stem) for token in analyze(query) if token.stem]
        return best_of_words(self._postings, words, TOP, exhaustive=self._exhaustive).best


def _documents(path: Path) -> Iterator[Document]:
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file):
            title, _, body = line.rstrip("\n").partition("\t")
            yield Document(ordinal=number, title=title, body=body)
