"""How a corpus is read: the limits that keep hostile files harmless, and the names of fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from arsearch.article_fields import OwnFields

__all__ = ["DateOrder", "ReadingOptions"]

DateOrder = Literal["", "dmy", "mdy", "ymd"]

MEBIBYTE = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingOptions:
    """What a maintainer may set about reading. Sizes are bytes once decompressed."""

    max_record_bytes: int = 16 * MEBIBYTE
    """One record: a line, a page, an element of a dump, or a file that is one article."""
    max_expansion: int = 200
    """How many times its own size a compressed file may become; text seldom passes 20."""
    free_expansion_bytes: int = 64 * MEBIBYTE
    """What any file may become whatever its size: a small archive of one repetitive file is no bomb."""
    free_seconds: float = 10.0
    """Processor time that any file may take, and six times as much for each MiB that it has on disk."""
    free_memory_bytes: int = 512 * MEBIBYTE
    """Memory that reading any file may take, and 32 bytes for each that it has on disk."""
    max_nesting: int = 3
    """Archives inside archives."""
    follow_links: bool = False
    """Whether links that lead out of a source are read."""
    date_order: DateOrder = ""
    """In which order dates of numbers have day, month and year, where they do not show it."""
    withhold_future: bool = False
    """Whether articles with a date to come are left out."""
    obey_noindex: bool = False
    """Whether pages that ask search engines not to index them are left out."""
    ids_by_file: bool = False
    """Whether the path of the file goes before the ids that its records name."""
    word_comments: bool = False
    """Whether the comments in the margin of Word and OpenDocument texts are part of them."""
    table: str = ""
    """Of databases: the table or the query that gives the articles; of spreadsheets: the sheet."""
    fields: Mapping[str, str] = field(default_factory=dict)
    """Names that fields have in the corpus, with the article's field that each stands for."""
    own: OwnFields = field(default=(), repr=False)
    """Fields that articles keep besides. Where others are declared, all is read again anyway."""
