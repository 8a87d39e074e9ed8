"""Hashes of words, keyed, so that nobody can construct words that collide.

Words are told apart by their hashes alone, and articles may be hostile. So the hash is multilinear over the prime field
of 2**61 - 1 (Carter and Wegman, "Universal Classes of Hash Functions", 1979): a random number, and for each character a
random number of its position times the character's code plus one, summed up. For any two different words the chance to
collide is 2**-61, whoever chose them, as long as the random numbers are not known: each process draws its own. Which
numbers words get never depends on their hashes, only on which come first, so segments do not depend on the key.

The compiled kernel does in one pass what takes NumPy several. Words of more than ``MAX_CHARACTERS`` are rare; they get
a keyed BLAKE2b (RFC 7693).
"""

from __future__ import annotations

import hashlib
import secrets

import numpy as np

from arsearch import kernel
from arsearch.common.array_types import Int64s, UInt64s, Unsigned

__all__ = ["MAX_CHARACTERS", "add_long_hashes", "hash_key", "hashes_of"]


MAX_CHARACTERS = 128
"""Characters of a word that the key has a number for. Sums of so many products stay below 2**64."""
_BITS = 61
_PRIME = np.uint64((1 << _BITS) - 1)
_LOW, _HIGH_BITS = np.uint64(32), np.uint64(_BITS - 32)
_UNUSED_BITS = np.uint64(64 - _BITS)
"""A table of hashes looks at the high bits, so hashes are shifted up by these."""

_key = np.frombuffer(secrets.token_bytes(8 * (MAX_CHARACTERS + 1)), dtype=np.uint64) & _PRIME


def hash_key() -> UInt64s:
    """Return the random numbers of this process, below 2**61: one a position in a word, and the first summand."""
    return _key


def hashes_of(codes: Unsigned, begins: Int64s, ends: Int64s) -> UInt64s:
    """Return a hash of 64 bits for each word ``codes[begin:end]`` (words,); the same for any width of *codes*.

    *codes* are code points, or bytes, in one, two or four bytes each.
    """
    if kernel.native is not None:
        hashes = np.empty(len(begins), dtype=np.uint64)
        contiguous = (np.ascontiguousarray(each) for each in (codes, begins, ends))
        kernel.native.hash_spans(*contiguous, hash_key(), hashes)
    else:
        hashes = _hashes(codes, begins, ends)
    add_long_hashes(codes, begins, ends, hashes)
    return hashes


def add_long_hashes(codes: Unsigned, begins: Int64s, ends: Int64s, hashes: UInt64s) -> None:
    """Put the hashes of words that are longer than ``MAX_CHARACTERS`` into *hashes*."""
    key = hash_key().tobytes()[:64]
    for word in np.flatnonzero(ends - begins > MAX_CHARACTERS).tolist():
        data = codes[begins[word] : ends[word]].astype("<u4").tobytes()
        hashes[word] = int.from_bytes(hashlib.blake2b(data, key=key, digest_size=8).digest(), "little")


def _hashes(codes: Unsigned, begins: Int64s, ends: Int64s) -> UInt64s:
    """Return the hashes of the words that are not too long, anything for others."""
    key = hash_key()
    lengths = np.where(ends - begins > MAX_CHARACTERS, 0, ends - begins)
    last = np.cumsum(lengths)
    first = last - lengths
    characters = np.arange(int(lengths.sum())) - np.repeat(first, lengths)
    values = codes[characters + np.repeat(begins, lengths)].astype(np.uint64) + np.uint64(1)
    factors = key[characters]
    low = _sums((factors & np.uint64(0xFFFFFFFF)) * values, first, last)
    high = _sums((factors >> _LOW) * values, first, last)
    # 2**61 is 1 in this field, so what the high sum has above 29 bits comes round at the low end.
    total = low + (high >> _HIGH_BITS) + ((high & ((np.uint64(1) << _HIGH_BITS) - np.uint64(1))) << _LOW) + key[-1]
    total = (total & _PRIME) + (total >> np.uint64(_BITS))
    return np.asarray(np.where(total >= _PRIME, total - _PRIME, total) << _UNUSED_BITS)


def _sums(values: UInt64s, first: Int64s, last: Int64s) -> UInt64s:
    sums = np.zeros(len(values) + 1, dtype=np.uint64)
    np.cumsum(values, out=sums[1:])
    return sums[last] - sums[first]
