"""Duplicates: articles that say the same, word for word or nearly.

Two articles are as similar as their sets of three consecutive folded words (Jaccard). MinHash (Broder, "On the
resemblance and containment of documents", 1997; here rensa's) makes 60 numbers of such a set, and articles that agree
in one of 12 bands of five are worth comparing: of those with similarity 0.8 99 in 100 do, of those with 0.3 three.
"""

from __future__ import annotations

import hashlib
import struct
from collections import Counter
from collections.abc import Sequence

__all__ = ["bands", "similarity"]

SHINGLE_WORDS = 3
_PERMUTATIONS = 60
_ROWS = 5
_SEED = 1436


def shingles(words: Sequence[str]) -> list[str]:
    """Return every three consecutive *words*; all of them together if there are fewer."""
    if len(words) < SHINGLE_WORDS:
        return [" ".join(words)]
    return list(map(" ".join, zip(words, words[1:], words[2:], strict=False)))


def bands(words: Sequence[str]) -> list[int]:
    """Return the keys under which an article of *words* (folded) can be found: signed 64-bit numbers.

    The first is that of the very same words; of the others similar articles most likely share one.
    """
    # Imported here: only indexing needs it.
    from rensa import RMinHash

    sketch = RMinHash(num_perm=_PERMUTATIONS, seed=_SEED)
    sketch.update(shingles(words))
    values = sketch.digest()
    keys = [_key(b"\x00" + " ".join(words).encode())]
    starts = range(0, _PERMUTATIONS, _ROWS)
    return keys + [_key(struct.pack("<B5I", start + 1, *values[start : start + _ROWS])) for start in starts]


def similarity(words: Sequence[str], others: Sequence[str]) -> float:
    """Return the Jaccard similarity of two articles, from 0 to 1; what is said twice counts twice."""
    these, those = Counter(shingles(words)), Counter(shingles(others))
    return (these & those).total() / (these | those).total()


def _key(data: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(data, digest_size=8).digest(), "little", signed=True)
