"""Which reader a document is for: its content decides, its suffix only where the content cannot say."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from functools import cache
from typing import Protocol, cast

from arsearch.corpus import readers
from arsearch.corpus.parsing.encoding import looks_binary, recognise_encoding
from arsearch.corpus.source_document import Record, RecordFault, SourceDocument

__all__ = ["Head", "Reader", "all_readers", "by_content", "by_suffix", "known_suffixes"]


class Head:
    """The beginning of a document, as bytes and as text."""

    def __init__(self, data: bytes, suffix: str) -> None:
        self.data = data
        self.suffix = suffix
        """With its dot, in lower case."""
        self.encoding = recognise_encoding(data)
        self.is_text = not looks_binary(data) or self.encoding.startswith("utf-16")
        self.text = data.decode(self.encoding, "replace").lstrip("\ufeff \t\r\n") if self.is_text else ""
        """Without what blank there is before it; empty if it is no text."""
        self.is_whole = len(data) < 60_000
        """Whether the document ends where the head ends."""


class Reader(Protocol):
    """A module in ``arsearch.corpus.readers``: one format. A file with these four names is all a new format needs."""

    NAME: str
    """What reports call the format."""
    SUFFIXES: tuple[str, ...]
    """Suffixes that are enough where the content cannot say; none for a format that always can."""

    def recognises(self, head: Head) -> bool:
        """Whether a document that begins like this is surely of this format, whatever it is called."""

    def read(self, document: SourceDocument) -> Iterator[Record | RecordFault]:
        """Yield the records of *document*. Raises UnreadableError if it cannot be read, or not any further."""


@cache
def all_readers() -> tuple[Reader, ...]:
    """Return every reader there is, in the order of their file names."""
    names = sorted(info.name for info in pkgutil.iter_modules(readers.__path__))
    return tuple(cast("Reader", importlib.import_module(f"{readers.__name__}.{name}")) for name in names)


def by_content(data: bytes, suffix: str) -> Reader | None:
    """Return the reader that recognises a document that begins with *data*, or None."""
    head = Head(data, suffix)
    return next((reader for reader in all_readers() if reader.recognises(head)), None)


def by_suffix(suffix: str) -> Reader | None:
    """Return the reader that goes by *suffix*, or None."""
    return next((reader for reader in all_readers() if suffix in reader.SUFFIXES), None)


def known_suffixes() -> list[str]:
    """Return the suffixes that some reader goes by."""
    return sorted({suffix for reader in all_readers() for suffix in reader.SUFFIXES})
