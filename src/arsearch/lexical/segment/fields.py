"""The fields of a segment while it is built: their terms and postings, written one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import numpy as np

from arsearch.common.array_files import ArrayFileWriter
from arsearch.common.array_types import Int32s, Int64s, UInt8s, Unsigned
from arsearch.lexical.segment.columns import smallest, smallest_offsets, write_fields
from arsearch.lexical.segment.dictionary import pack_terms, pack_texts
from arsearch.lexical.segment.invert import Postings, invert
from arsearch.lexical.segment.packing.bits import PADDING
from arsearch.lexical.segment.packing.postings import pack_postings

__all__ = ["Field", "FieldWriter", "scored_field", "unscored_field"]


@dataclass(frozen=True, slots=True)
class Field:
    """The terms of a field as columns, their postings, and how many terms each document has (documents,)."""

    term_bytes: UInt8s
    term_offsets: Int64s
    postings: Postings
    lengths: Int64s


def scored_field(texts: Sequence[str], of_token: Int32s, document_offsets: Int64s, positions: Unsigned | None) -> Field:
    """Return the field whose terms *texts* are sorted and numbered by *of_token* (tokens,), its length for no term.

    *document_offsets* (documents + 1,) and *positions* (tokens,) are those of the tokens; without, the field has none.
    """
    nowhere_at_all = np.zeros(len(of_token), np.uint8)
    found = invert(of_token, document_offsets, nowhere_at_all if positions is None else positions, len(texts) + 1)
    # Tokens without a term have come together at the end.
    nowhere = slice(int(found.offsets[-2]), None)
    lengths = np.diff(document_offsets)
    lengths[found.documents[nowhere]] -= found.frequencies[nowhere]
    counts = np.diff(found.position_offsets)[:-1]
    used = np.flatnonzero(counts)
    if len(used) < len(texts):
        texts = [texts[number] for number in used.tolist()]
    ends = np.append(found.position_offsets[:-2][used], found.position_offsets[-2])
    postings = Postings(
        offsets=np.append(found.offsets[:-2][used], found.offsets[-2]),
        documents=found.documents[: nowhere.start],
        frequencies=found.frequencies[: nowhere.start],
        position_offsets=np.zeros_like(ends) if positions is None else ends,
        positions=found.positions[: 0 if positions is None else int(ends[-1])],
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

    def __init__(self, out: ArrayFileWriter) -> None:
        self._out = out
        self.ranges: dict[str, tuple[int, int]] = {}
        """The range of terms of each field."""
        self._term_bytes: list[UInt8s] = []
        self._term_lengths: list[Int64s] = []
        self._counts: list[Int64s] = []
        self._sizes: list[Int64s] = []
        self._postings = out.parts("posting_bytes", np.uint8)

    def add(self, name: str, field: Field) -> None:
        """Write *field*, whose name comes after those of the fields before."""
        first = max((last for _, last in self.ranges.values()), default=0)
        self.ranges[name] = (first, first + len(field.term_offsets) - 1)
        postings = field.postings
        packed, ends = pack_postings(
            postings.offsets, postings.documents, postings.frequencies, postings.position_offsets, postings.positions
        )
        self._term_bytes.append(field.term_bytes)
        self._term_lengths.append(np.diff(field.term_offsets))
        self._counts.append(np.diff(postings.offsets))
        self._sizes.append(np.diff(ends, prepend=0))
        self._postings.add(packed)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self._postings.abandon()
            return
        self._postings.add(np.zeros(PADDING, np.uint8))
        self._postings.close()
        self._out.write("term_bytes", np.concatenate(self._term_bytes))
        self._out.write("term_offsets", smallest_offsets(np.concatenate(self._term_lengths)))
        self._out.write("posting_counts", smallest(np.concatenate(self._counts)))
        self._out.write("posting_offsets", smallest_offsets(np.concatenate(self._sizes)))
        write_fields(self._out, self.ranges)
