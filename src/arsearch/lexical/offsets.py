"""Where the tokens of a document stand in its text, in two bytes a token.

Most tokens are short and close to the one before. So one byte holds the gap from the end of the token before (from
the beginning of the title or the body for the first), another the width of the token. What does not fit, and the few
tokens that begin before the one before ends (the words of one ligature character share its place), has the gap
``ESCAPE`` and both numbers in a list of exceptions.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from arsearch.lexical.columns import Columns, Int32s, Int64s

__all__ = ["ESCAPE", "Spans", "pack_offsets", "unpack_offsets"]

ESCAPE = 255

Spans = npt.NDArray[np.int64]
"""int64 (tokens, 2): start and end of each token, in code points."""


def pack_offsets(
    starts: Int32s, ends: Int32s, firsts: Int64s
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8], Int64s, Int32s]:
    """Return gaps, widths, the numbers of the tokens that do not fit, and their gaps and widths.

    *starts* and *ends* are those of all tokens, *firsts* the numbers of the tokens that begin a title or a body.
    """
    before = np.zeros(len(starts), dtype=np.int32)
    before[1:] = ends[:-1]
    before[firsts[firsts < len(starts)]] = 0
    gaps, widths = starts - before, ends - starts
    escaped = np.flatnonzero((gaps < 0) | (gaps >= ESCAPE) | (widths > 255))
    spans = np.column_stack([gaps[escaped], widths[escaped]]).astype(np.int32)
    gaps[escaped], widths[escaped] = ESCAPE, 0
    return gaps.astype(np.uint8), widths.astype(np.uint8), escaped, spans


def unpack_offsets(columns: Columns, document: int) -> tuple[Spans, Spans]:
    """Return where the tokens of *document* stand: those of its title, and those of its body."""
    first, last = columns.token_offsets[document : document + 2].tolist()
    gaps = columns.token_gaps[first:last].astype(np.int64)
    widths = columns.token_widths[first:last].astype(np.int64)
    low, high = np.searchsorted(columns.escaped_tokens, (first, last)).tolist()
    if low < high:
        places = columns.escaped_tokens[low:high] - first
        gaps[places], widths[places] = columns.escaped_spans[low:high].T
    body = int(columns.title_words[document])
    return _spans(gaps[:body], widths[:body]), _spans(gaps[body:], widths[body:])


def _spans(gaps: Int64s, widths: Int64s) -> Spans:
    ends = np.cumsum(gaps + widths)
    return np.column_stack([ends - widths, ends])
