"""Where the tokens of a document stand in its text, in two bytes a token.

Most tokens are short and close to the one before. So one byte holds the gap from the end of the token before (from
the beginning of the title or the body for the first), another the width of the token. What does not fit, and the few
tokens that begin before the one before ends (the words of one ligature character share its position), has the gap
``ESCAPE`` and both numbers in a list of exceptions.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from arsearch import kernel
from arsearch.common.array_files import ArrayFileWriter
from arsearch.common.array_types import Int32s, Int64s
from arsearch.lexical.segment.columns import Columns

__all__ = ["ESCAPE", "PackedOffsets", "pack_offsets", "unpack_offsets", "write_offsets"]

ESCAPE = 255


class PackedOffsets(NamedTuple):
    """Where tokens stand: *gaps* and *widths* uint8 (tokens,), and the exceptions.

    *escaped* int64 (escapes,): which tokens do not fit; *spans* int32 (escapes, 2): their gaps and widths.
    """

    gaps: npt.NDArray[np.uint8]
    widths: npt.NDArray[np.uint8]
    escaped: Int64s
    spans: Int32s


def pack_offsets(starts: Int32s, ends: Int32s, firsts: Int64s) -> PackedOffsets:
    """Return in few bytes where tokens stand.

    *starts* and *ends* are those of all tokens, *firsts* the numbers of the tokens that begin a title or a body.
    """
    gaps = starts.copy()
    gaps[1:] -= ends[:-1]
    firsts = firsts[firsts < len(starts)]
    gaps[firsts] = starts[firsts]
    widths = ends - starts
    # Seen as unsigned, a negative gap is a great one.
    escaped = np.flatnonzero((gaps.view(np.uint32) >= ESCAPE) | (widths > 255))
    spans = np.column_stack([gaps[escaped], widths[escaped]]).astype(np.int32)
    gaps[escaped], widths[escaped] = ESCAPE, 0
    return PackedOffsets(gaps.astype(np.uint8), widths.astype(np.uint8), escaped, spans)


def write_offsets(out: ArrayFileWriter, parts: Sequence[PackedOffsets]) -> None:
    """Write where tokens stand, given in *parts*, into the segment *out*."""
    firsts = np.cumsum([0, *(len(part.gaps) for part in parts)])
    out.write("token_gaps", np.concatenate([part.gaps for part in parts]))
    out.write("token_widths", np.concatenate([part.widths for part in parts]))
    escaped = [part.escaped + first for part, first in zip(parts, firsts, strict=False)]
    out.write("escaped_tokens", np.concatenate(escaped))
    out.write("escaped_spans", np.concatenate([part.spans for part in parts]))


def unpack_offsets(columns: Columns, document: int) -> tuple[Int64s, Int64s]:
    """Return where the tokens of *document* stand: those of its title, and those of its body.

    Raises ValueError if the columns are damaged.
    """
    first, last = columns.token_offsets[document : document + 2].tolist()
    body = int(columns.title_words[document])
    if kernel.native is not None:
        found = kernel.native.token_spans(
            columns.token_gaps,
            columns.token_widths,
            columns.escaped_tokens,
            columns.escaped_spans.reshape(-1),
            first,
            last,
            body,
        )
        spans = np.frombuffer(found, np.int64).reshape(-1, 2)
        return spans[:body], spans[body:]
    gaps = columns.token_gaps[first:last].astype(np.int64)
    widths = columns.token_widths[first:last].astype(np.int64)
    low, high = np.searchsorted(columns.escaped_tokens, (first, last)).tolist()
    if low < high:
        indices = columns.escaped_tokens[low:high] - first
        gaps[indices], widths[indices] = columns.escaped_spans[low:high].T
    spans = np.empty((len(gaps), 2), np.int64)
    ends = np.cumsum(gaps + widths, out=spans[:, 1])
    if 0 < body < len(ends):
        ends[body:] -= ends[body - 1]
    np.subtract(ends, widths, out=spans[:, 0])
    return spans[:body], spans[body:]
