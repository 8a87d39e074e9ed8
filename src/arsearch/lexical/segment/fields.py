"""The fields of a segment while it is built: their terms and postings, written one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt

from arsearch.common.array_files import ArrayFileWriter
from arsearch.common.array_types import Int32s, Int64s, UInt8s, Unsigned
from arsearch.lexical.segment.columns import smallest, write_fields
from arsearch.lexical.segment.dictionary import pack_terms, pack_texts
from arsearch.lexical.segment.invert import Postings, invert

__all__ = ["Field", "FieldWriter", "scored_field", "unscored_field"]


@dataclass(frozen=True, slots=True)
class Field:
    """The terms of a field as columns, their postings, and how many terms each document has (documents,)."""

    term_bytes: UInt8s
    term_offsets: Int64s
    postings: Postings
    lengths: Int64s


def scored_field(texts: Sequence[str], of_token: Int32s, document_offsets: Int64s, positions: Unsigned) -> Field:
    """Return the field whose terms *texts* are sorted and numbered by *of_token* (tokens,), its length for no term.

    *document_offsets* (documents + 1,) and *positions* (tokens,) are those of the tokens.
    """
    found = invert(of_token, document_offsets, positions, len(texts) + 1)
    # Tokens without a term have come together at the end.
    nowhere = slice(int(found.offsets[-2]), None)
    lengths = np.diff(document_offsets)
    lengths[found.documents[nowhere]] -= found.frequencies[nowhere]
    counts = np.diff(found.position_offsets)[:-1]
    used = np.flatnonzero(counts)
    if len(used) < len(texts):
        texts = [texts[number] for number in used.tolist()]
    postings = Postings(
        offsets=np.append(found.offsets[:-2][used], found.offsets[-2]),
        documents=found.documents[: nowhere.start],
        frequencies=found.frequencies[: nowhere.start],
        position_offsets=np.append(found.position_offsets[:-2][used], found.position_offsets[-2]),
        positions=found.positions[: int(found.position_offsets[-2])],
    )
    return Field(*pack_texts(texts), postings, lengths)


def unscored_field(pairs: Sequence[tuple[int, bytes]], document_count: int) -> Field:
    """Return the field in which each document has each of its terms once and nowhere in particular.

    *pairs* are documents, ascending, each with a term.
    """
    terms = sorted({term for _, term in pairs})
    numbers = {term: number for number, term in enumerate(terms)}
    of_pair = np.array([numbers[term] for _, term in pairs], dtype=np.int32)
    documents = np.array([document for document, _ in pairs], dtype=np.int32)
    offsets = np.searchsorted(documents, np.arange(document_count + 1))
    nowhere = np.zeros(len(pairs), dtype=np.uint8)
    found = invert(of_pair, offsets, nowhere, len(terms))
    postings = Postings(
        found.offsets, found.documents, found.frequencies, np.zeros(len(terms) + 1, np.int64), nowhere[:0]
    )
    return Field(*pack_terms(terms), postings, np.diff(offsets))


class FieldWriter:
    """Writes fields as they come, so that only one is in memory; a context manager that finishes the columns."""

    def __init__(self, out: ArrayFileWriter, position_type: npt.DTypeLike) -> None:
        self._out = out
        self.ranges: dict[str, tuple[int, int]] = {}
        """The range of terms of each field."""
        self._term_bytes: list[UInt8s] = []
        self._offsets: dict[str, list[Int64s]] = {
            name: [np.zeros(1, np.int64)] for name in ("term_offsets", "posting_offsets", "position_offsets")
        }
        self._documents = out.parts("posting_documents", np.int32)
        self._positions = out.parts("positions", position_type)
        self._frequencies: list[Unsigned] = []  # their type is only known when all are

    def add(self, name: str, field: Field) -> None:
        """Write *field*, whose name comes after those of the fields before."""
        first = max((last for _, last in self.ranges.values()), default=0)
        self.ranges[name] = (first, first + len(field.term_offsets) - 1)
        postings = field.postings
        self._term_bytes.append(field.term_bytes)
        for column, offsets in (
            ("term_offsets", field.term_offsets),
            ("posting_offsets", postings.offsets),
            ("position_offsets", postings.position_offsets),
        ):
            before = self._offsets[column]
            before.append(offsets[1:] + next(int(part[-1]) for part in reversed(before) if len(part)))
        self._documents.add(postings.documents)
        self._frequencies.append(smallest(postings.frequencies))
        self._positions.add(postings.positions)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self._documents.abandon()
            self._positions.abandon()
            return
        with closing(self._documents), closing(self._positions):
            pass  # both, whatever happens
        self._out.write("term_bytes", np.concatenate(self._term_bytes))
        self._out.write("posting_frequencies", np.concatenate(self._frequencies))
        for column, offsets in self._offsets.items():
            self._out.write(column, np.concatenate(offsets))
        write_fields(self._out, self.ranges)
