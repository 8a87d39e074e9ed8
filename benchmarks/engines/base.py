"""What a worker asks of an engine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

__all__ = ["TOP", "Engine", "stem_lines"]

TOP = 10
"""Hits asked for."""


class Engine(Protocol):
    """One search engine. Documents are numbered in the order of their lines."""

    def index(self, documents: Path, folder: Path) -> None:
        """Index *documents*, in the form this engine reads, into the empty *folder*, until all is on disk."""

    def settle(self, folder: Path) -> None:
        """Bring the index into its best state for searching, if the engine has more than indexing leaves."""

    def open(self, folder: Path) -> None:
        """Open the index for searching."""

    def prepare(self, text: str, stems: Sequence[str]) -> Any:
        """Return what :meth:`search` takes for a query: raw text if the engine analyses it itself, else stems."""

    def search(self, query: Any) -> Any:
        """Return the best hits, in whatever form the engine gives them. This is what is timed."""

    def numbers(self, found: Any) -> list[int]:
        """Return the numbers of the documents that :meth:`search` found, best first. This is not timed."""


def stem_lines(documents: Path) -> Iterator[str]:
    """Yield the stems of each document, with spaces between."""
    with documents.open(encoding="utf-8") as file:
        for line in file:
            yield line.rstrip("\n")
