"""The words of a document as a column that a node can look through: which of them a query is about, and where.

A record has all words of a document, packed, and ranking looks at one in ten of them: those that share a stem or a
character n-gram with the query. A node cannot unpack a record, but it can read this column
(:mod:`arsearch.backends.opensearch.views.node_scripts`), and then sends only what is wanted.

The column is a sequence of numbers of 7 bits a byte, the lowest first, and of bytes::

    tokens, tokens with a stem, tokens of the title, tokens of the title with a stem, distinct words
    for each distinct word:
        4 * letters + kind, the low bytes of its letters, for kind 2 their high bytes, hash of its stem (4 bytes)
        how it is written first: 0 as it is folded, else 2 * letters + wide, their low bytes, if wide their high bytes
    for each token: which of the distinct words it is

Letters are units of UTF-16. The high byte of all is 6 in words of kind 0, which are Arabic, and 0 in those of kind 1.
The stem of a stop word has the hash 0.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from functools import lru_cache

__all__ = ["WORDS_FIELD", "pack_column", "stem_hash", "word_hash"]

WORDS_FIELD = "tokens"
"""The field of documents with the column."""

_ARABIC, _LATIN, _MIXED = range(3)
_KEPT_WORDS = 1 << 15
_UNPAIRED = re.compile("[\ud800-\udfff]")


def pack_column(folded_words: Sequence[str], stems: Sequence[str], title: int, written: Sequence[str]) -> bytes:
    """Return the column of a document, the first *title* of whose words are its title; stop words have no stem.

    *written* are the words as the article has them.
    """
    numbers: dict[tuple[str, str], int] = {}
    tokens = [numbers.setdefault(pair, len(numbers)) for pair in zip(folded_words, stems, strict=True)]
    first = dict(zip(reversed(tokens), reversed(written), strict=True))
    head = (len(tokens), sum(map(bool, stems)), title, sum(map(bool, stems[:title])), len(numbers))
    words = (_packed(*pair, first[number]) for pair, number in numbers.items())
    return b"".join([*map(_varint, head), *words, *map(_varint, tokens)])


def stem_hash(stem: str) -> int:
    """Return by what a node knows a stem: 32 bits with a sign, 0 only for none."""
    return _signed(zlib.crc32(stem.encode("utf-8", "surrogatepass")) or 1) if stem else 0


def word_hash(folded: str) -> int:
    """Return by what a node knows a folded word: 32 bits with a sign, of the low bytes of its letters."""
    value = 0
    for low in folded.encode("utf-16-le", "surrogatepass")[::2]:
        value = (31 * value + low) & 0xFFFFFFFF
    return _signed(value)


def _varint(value: int) -> bytes:
    if value < 0x80:
        return _ONE_BYTE[value]
    packed = bytearray()
    while value >= 0x80:
        packed.append(value & 0x7F | 0x80)
        value >>= 7
    packed.append(value)
    return bytes(packed)


_ONE_BYTE = [bytes([value]) for value in range(0x80)]


@lru_cache(_KEPT_WORDS)
def _packed(folded: str, stem: str, written: str) -> bytes:
    lows, highs = _bytes_of(folded)
    kind = {b"\6": _ARABIC, b"\0": _LATIN}.get(bytes(set(highs)), _MIXED)
    letters = _varint(4 * len(lows) + kind) + lows + (highs if kind == _MIXED else b"")
    if written == folded:
        return letters + _hash_bytes(stem) + _varint(0)
    lows, highs = _bytes_of(written)
    is_wide = set(highs) != {6}
    return letters + _hash_bytes(stem) + _varint(2 * len(lows) + is_wide) + lows + (highs if is_wide else b"")


def _bytes_of(word: str) -> tuple[bytes, bytes]:
    """Return the low and the high bytes of the letters of *word*."""
    units = (word if _can_be_sent(word) else _UNPAIRED.sub("\ufffd", word)).encode("utf-16-le")
    return units[::2], units[1::2]


def _can_be_sent(folded: str) -> bool:
    """Whether *folded* has no half of a pair of surrogates, which no answer can have."""
    try:
        folded.encode()
    except UnicodeEncodeError:
        return False
    return True


def _hash_bytes(stem: str) -> bytes:
    return stem_hash(stem).to_bytes(4, "little", signed=True)


def _signed(value: int) -> int:
    return value - (1 << 32) if value >= 1 << 31 else value
