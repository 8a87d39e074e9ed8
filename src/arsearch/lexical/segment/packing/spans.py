"""Where the tokens of a document stand in its text: a record of bytes that mostly holds a bit a token.

Most tokens are as wide as the folded form of their word, and stand one character behind the token before. A bit says
of each whether it does not. Then come the gaps of those that do not, a byte each: from the end of the token before, or
from the beginning of the title or the body for the first; then their widths, a byte each. What does not fit in a byte,
and the few tokens that begin before the one before ends (the words of one ligature character share its position), has
the gap ``ESCAPE``, and both numbers in four bytes each at the end.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from arsearch import kernel
from arsearch.common.array_types import Int32s, Int64s, UInt8s
from arsearch.lexical.segment.columns import Columns
from arsearch.lexical.segment.packing.bits import ranges
from arsearch.lexical.segment.packing.words import read_tokens

__all__ = ["ESCAPE", "TokenOffsets", "join_offsets", "pack_spans", "token_offsets", "unpack_spans", "word_widths"]

ESCAPE = 255
_ESCAPED_BYTES = 8
_USUAL_GAP = 1
_MAX_WIDTH = 255
_DAMAGED = "the offsets of tokens of a segment are damaged"


class TokenOffsets(NamedTuple):
    """Where tokens stand: *gaps* and *widths* uint8 (tokens,), and the exceptions.

    *escaped* int64 (escapes,): which tokens do not fit; *spans* int32 (escapes, 2): their gaps and widths.
    """

    gaps: UInt8s
    widths: UInt8s
    escaped: Int64s
    spans: Int32s


def token_offsets(starts: Int32s, ends: Int32s, firsts: Int64s) -> TokenOffsets:
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
    return TokenOffsets(gaps.astype(np.uint8), widths.astype(np.uint8), escaped, spans)


def join_offsets(parts: Sequence[TokenOffsets]) -> TokenOffsets:
    """Return where the tokens of all *parts* stand, those of each in turn."""
    firsts = np.cumsum([0, *(len(part.gaps) for part in parts)])
    return TokenOffsets(
        np.concatenate([part.gaps for part in parts]),
        np.concatenate([part.widths for part in parts]),
        np.concatenate([part.escaped + first for part, first in zip(parts, firsts, strict=False)]),
        np.concatenate([part.spans for part in parts]),
    )


def word_widths(texts: Sequence[str], of_words: Int32s) -> UInt8s:
    """Return how many characters each word has, 255 if it has more: *of_words* (words,) says which of *texts* it is."""
    lengths = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
    widths: UInt8s = np.minimum(lengths, _MAX_WIDTH).astype(np.uint8)[of_words]
    return widths


def pack_spans(tokens: TokenOffsets, widths: UInt8s, offsets: Int64s) -> tuple[UInt8s, Int64s]:
    """Return the records of documents one after the other, and where each ends (documents,).

    *widths* uint8 (tokens,) are those of the words of all tokens; document *d* has the tokens from ``offsets[d]`` to
    ``offsets[d + 1]``.
    """
    is_odd = (tokens.gaps != _USUAL_GAP) | (tokens.widths != widths)
    is_odd[tokens.escaped] = True
    counts = np.diff(offsets)
    odd = np.flatnonzero(is_odd)
    odd_counts = np.diff(np.searchsorted(odd, offsets))
    escape_counts = np.diff(np.searchsorted(tokens.escaped, offsets))
    flag_bytes = counts + 7 >> 3
    sizes = flag_bytes + 2 * odd_counts + _ESCAPED_BYTES * escape_counts
    ends = np.cumsum(sizes)
    begins = ends - sizes
    packed = np.zeros(int(ends[-1]) if len(ends) else 0, dtype=np.uint8)
    flags = np.zeros(8 * int(flag_bytes.sum()), dtype=np.bool_)
    flags[ranges(8 * (np.cumsum(flag_bytes) - flag_bytes), counts)] = is_odd
    packed[ranges(begins, flag_bytes)] = np.packbits(flags, bitorder="little")
    packed[ranges(begins + flag_bytes, odd_counts)] = tokens.gaps[odd]
    packed[ranges(begins + flag_bytes + odd_counts, odd_counts)] = tokens.widths[odd]
    packed[ranges(ends - _ESCAPED_BYTES * escape_counts, _ESCAPED_BYTES * escape_counts)] = (
        np.ascontiguousarray(tokens.spans, "<i4").reshape(-1).view(np.uint8)
    )
    return packed, ends


def unpack_spans(columns: Columns, document: int) -> tuple[Int64s, Int64s]:
    """Return where the tokens of *document* stand: those of its title, and those of its body.

    Raises ValueError if the columns are damaged.
    """
    first, last = columns.token_offsets[document : document + 2].tolist()
    begin, end = columns.span_offsets[document : document + 2].tolist()
    body = int(columns.title_words[document])
    if kernel.native is not None:
        words_begin, words_end = columns.text_offsets[document : document + 2].tolist()
        found = kernel.native.token_spans(
            columns.text_bytes, words_begin, words_end, columns.text_widths, columns.word_widths,
            columns.span_bytes, begin, end, last - first, body,
        )  # fmt: skip
        spans = np.frombuffer(found, np.int64).reshape(-1, 2)
        return spans[:body], spans[body:]
    gaps = np.full(last - first, _USUAL_GAP, dtype=np.int64)
    widths = columns.word_widths[read_tokens(columns, document)].astype(np.int64)
    record = columns.span_bytes[begin:end]
    flags = record[: len(gaps) + 7 >> 3]
    odd = (
        np.flatnonzero(np.unpackbits(flags, count=len(gaps), bitorder="little"))
        if 8 * len(flags) >= len(gaps)
        else None
    )
    if odd is None or len(record) < len(flags) + 2 * len(odd):
        raise ValueError(_DAMAGED)
    gaps[odd], widths[odd] = record[len(flags) :][: 2 * len(odd)].reshape(2, -1)
    escaped = odd[gaps[odd] == ESCAPE]
    numbers = record[len(flags) + 2 * len(odd) :][: _ESCAPED_BYTES * len(escaped)]
    if len(numbers) != _ESCAPED_BYTES * len(escaped):
        raise ValueError(_DAMAGED)
    gaps[escaped], widths[escaped] = np.ascontiguousarray(numbers).view("<i4").reshape(-1, 2).T
    spans = np.empty((len(gaps), 2), np.int64)
    ends = np.cumsum(gaps + widths, out=spans[:, 1])
    if 0 < body < len(ends):
        ends[body:] -= ends[body - 1]
    np.subtract(ends, widths, out=spans[:, 0])
    return spans[:body], spans[body:]
