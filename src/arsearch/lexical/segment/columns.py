"""The columns of a segment: what each array holds, and how they are written and opened.

A segment is one file of arrays that never changes once written; the range of terms that each field has stands beside
them (:mod:`arsearch.common.array_files`). Everything is memory-mapped; nothing is pickled.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from arsearch.common.array_files import ArrayFile, ArrayFileWriter
from arsearch.common.array_types import Int32s, Int64s, Offsets, UInt8s, Unsigned
from arsearch.lexical.segment.field_names import SCORED_FIELDS
from arsearch.lexical.segment.packing.bits import PADDING

__all__ = [
    "DATE_LENGTH", "MAX_ORDINAL", "Columns", "open_columns", "smallest", "smallest_offsets", "write_fields",
    "write_values",
]  # fmt: skip

DATE_LENGTH = 19
"""Of a date in the column: ``2015-07-21T08:30:00``."""
MAX_ORDINAL = (1 << 32) - 1
"""Rows of vectors have 32 bits for the ordinal of their article."""
_FIELDS = "fields"
_VALUE_FIELDS = "value_fields"
"""Only where articles have own fields that are compared by size: their names, in the order of the rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """One segment. Documents, terms and words are numbered from 0 in it; terms in the order of field and text.

    *fields* gives for each field the range of its terms. The other attributes are the arrays:

    documents
        *ordinals* int64 (documents,): what the other stores call them; *dates* bytes of length 19 (documents,): ISO
        8601, empty if not known; *lengths* uint32 (scored fields, documents): terms in each of ``SCORED_FIELDS``;
        *values* float64 (value fields, documents): own numbers, and own dates in seconds since year 1, not a number
        where there is none. *value_fields* are the names of its rows; without any there is no such file.
    terms
        *term_bytes* uint8 (bytes,) and *term_offsets* int32 or int64 (terms + 1,): the text of term *t* in UTF-8 is
        ``term_bytes[term_offsets[t] : term_offsets[t + 1] - 1]``; a line feed follows it. *posting_counts* unsigned
        (terms,): how many documents have it.
    postings
        *posting_bytes* uint8 (bytes,), padded, and *posting_offsets* int32 or int64 (terms + 1,): the record of term
        *t*, as :mod:`arsearch.lexical.segment.packing.postings` packs its documents, their frequencies and the
        positions in each. Only ``POSITIONED_FIELDS`` have positions.
    words
        *word_exacts* int32 and *word_stems* int32 (words,): the terms of a word in ``TEXT_EXACT`` and ``TEXT_STEM``,
        -1 for the stem of a stop word; *word_widths* uint8 (words,): how many characters the first of these has, 255
        if it has more. The words that occur most often come first; of equals, those whose terms do.
    text
        *token_offsets* int64 (documents + 1,): the tokens of document *d*, numbered through; *title_words* uint32
        (documents,): how many of them stand in the title. *text_bytes* uint8 (bytes,), padded, *text_offsets* int32 or
        int64 (documents + 1,) and *text_widths* uint8 (4,): the record of the words of document *d* in the order of
        the text, title first, see :mod:`arsearch.lexical.segment.packing.words`; *span_bytes* uint8 (bytes,) and
        *span_offsets* int32 or int64 (documents + 1,): where they stand, see
        :mod:`arsearch.lexical.segment.packing.spans`.
    """

    fields: dict[str, tuple[int, int]]
    ordinals: Int64s
    dates: npt.NDArray[np.bytes_]
    lengths: npt.NDArray[np.uint32]
    term_bytes: UInt8s
    term_offsets: Offsets
    posting_counts: Unsigned
    posting_bytes: UInt8s
    posting_offsets: Offsets
    word_exacts: Int32s
    word_stems: Int32s
    word_widths: UInt8s
    token_offsets: Int64s
    title_words: npt.NDArray[np.uint32]
    text_bytes: UInt8s
    text_offsets: Offsets
    text_widths: UInt8s
    span_bytes: UInt8s
    span_offsets: Offsets
    value_fields: tuple[str, ...]
    values: npt.NDArray[np.float64]

    @property
    def document_count(self) -> int:
        """How many documents the segment has, deleted ones included."""
        return len(self.ordinals)


_UNSIGNED = "u1 u2 u4 u8"
_OFFSETS = "i4 i8"
_ARRAYS = {
    "ordinals": ("i8", 1),
    "dates": (f"S{DATE_LENGTH}", 1),
    "lengths": ("u4", 2),
    "term_bytes": ("u1", 1),
    "term_offsets": (_OFFSETS, 1),
    "posting_counts": (_UNSIGNED, 1),
    "posting_bytes": ("u1", 1),
    "posting_offsets": (_OFFSETS, 1),
    "word_exacts": ("i4", 1),
    "word_stems": ("i4", 1),
    "word_widths": ("u1", 1),
    "token_offsets": ("i8", 1),
    "title_words": ("u4", 1),
    "text_bytes": ("u1", 1),
    "text_offsets": (_OFFSETS, 1),
    "text_widths": ("u1", 1),
    "span_bytes": ("u1", 1),
    "span_offsets": (_OFFSETS, 1),
}
"""The types and dimensions of all columns but *values*, which not every segment has."""


def write_fields(out: ArrayFileWriter, fields: Mapping[str, tuple[int, int]]) -> None:
    """Write the range of terms of each field."""
    out.facts[_FIELDS] = fields


def write_values(out: ArrayFileWriter, names: Iterable[str], values: npt.NDArray[np.float64]) -> None:
    """Write the *values* (fields, documents) of the own fields *names*."""
    out.facts[_VALUE_FIELDS] = list(names)
    out.write("values", values)


def open_columns(path: Path) -> Columns:
    """Map the segment in the file *path* into memory. Raises OSError or ValueError if that is not possible."""
    file = ArrayFile(path)
    arrays: dict[str, Any] = {name: file.get(name, *of) for name, of in _ARRAYS.items()}
    value_fields: tuple[str, ...] = ()
    arrays["values"] = np.empty((0, len(arrays["ordinals"])), np.float64)
    if _VALUE_FIELDS in file.facts:
        value_fields = _names(file.facts[_VALUE_FIELDS])
        arrays["values"] = file.get("values", "f8", 2)
    fields = _ranges(file.facts.get(_FIELDS))
    columns = Columns(fields=fields, value_fields=value_fields, **arrays)
    _check(columns)
    return columns


def smallest(values: npt.NDArray[Any]) -> Unsigned:
    """Return *values*, none of them negative, in the smallest unsigned type they fit."""
    return values.astype(np.min_scalar_type(int(values.max(initial=0))))


def smallest_offsets(counts: npt.NDArray[Any]) -> Offsets:
    """Return where things of *counts* items each begin, one after the other, and where the last ends (things + 1,)."""
    offsets = np.zeros(len(counts) + 1, dtype=np.int64)
    np.cumsum(counts, out=offsets[1:])
    return offsets.astype(np.int32) if offsets[-1] <= np.iinfo(np.int32).max else offsets


def _ranges(read: Any) -> dict[str, tuple[int, int]]:
    """Return the ranges of terms that *read* gives for fields. Raises ValueError if it gives anything else."""
    if not isinstance(read, dict):
        raise ValueError("it has no fields")
    ranges = {}
    for name, pair in read.items():
        if not (isinstance(pair, list) and [type(end) for end in pair] == [int, int] and 0 <= pair[0] <= pair[1]):
            raise ValueError(f"its field {name} has no range of terms")
        ranges[name] = pair[0], pair[1]
    return ranges


def _names(read: Any) -> tuple[str, ...]:
    if not (isinstance(read, list) and all(isinstance(name, str) for name in read)):
        raise ValueError("its own fields have no names")
    return tuple(read)


def _check(columns: Columns) -> None:
    """Raise ValueError if the files are not of one segment."""
    documents, terms = columns.document_count, len(columns.term_offsets) - 1
    offsets = (
        columns.term_offsets, columns.posting_offsets, columns.token_offsets, columns.text_offsets, columns.span_offsets
    )  # fmt: skip
    if not all(len(each) and each[0] == 0 for each in offsets):
        raise ValueError("its offsets do not begin with 0")
    if documents and not 0 <= columns.ordinals.min() <= columns.ordinals.max() <= MAX_ORDINAL:
        raise ValueError(f"its ordinals are not between 0 and {MAX_ORDINAL}")
    fits = (
        columns.dates.shape == (documents,),
        columns.lengths.shape == (len(SCORED_FIELDS), documents),
        columns.title_words.shape == (documents,),
        columns.values.shape == (len(columns.value_fields), documents),
        len(columns.token_offsets) == len(columns.text_offsets) == len(columns.span_offsets) == documents + 1,
        len(columns.posting_offsets) == terms + 1,
        len(columns.posting_counts) == terms,
        len(columns.posting_bytes) == columns.posting_offsets[-1] + PADDING,
        len(columns.text_bytes) == columns.text_offsets[-1] + PADDING,
        len(columns.span_bytes) == columns.span_offsets[-1],
        len(columns.text_widths) == 4,
        len(columns.term_bytes) == columns.term_offsets[-1],
        len(columns.word_exacts) == len(columns.word_stems) == len(columns.word_widths),
        max((last for _, last in columns.fields.values()), default=0) == terms,
    )
    if not all(fits):
        raise ValueError("its columns have different lengths")
