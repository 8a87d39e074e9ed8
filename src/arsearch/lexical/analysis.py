"""Analysing many texts at once, each distinct stretch of characters only once.

A corpus has a hundred times more words than distinct words. Texts are cut at white space and punctuation, which never
stand inside a word; what lies between two cuts is analysed by :func:`arsearch.arabic.analyze` when it is first met
and looked up from then on. The tokens are those that analysing each text by itself gives, which a test holds.
"""

from __future__ import annotations

import unicodedata
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from arsearch.arabic import analyze
from arsearch.arabic import letters as ar
from arsearch.arabic.foreign import foreign_stemmer

__all__ = ["AnalysedTexts", "BulkAnalyzer", "Word"]

_LAST_POINT = 0xFFFF
_BASE = np.uint64(0x9E3779B97F4A7C15)  # odd, from the golden ratio (Knuth, volume 3, section 6.4)
_MIX = np.uint64(0xFF51AFD7ED558CCD)
# What can stand between the digits of one number.
_NUMBER_SEPARATORS = (".", ",", ar.DECIMAL_SEPARATOR, ar.THOUSANDS_SEPARATOR)


class Word(NamedTuple):
    """What is indexed of a word: its folded form, and its stem, empty for a stop word."""

    exact: str
    stem: str


@dataclass(frozen=True, slots=True)
class AnalysedTexts:
    """The tokens of several texts, one after the other.

    *words* int32 (tokens,): numbers of words; *starts* and *ends* int32 (tokens,): code points in the text a token
    stands in; *offsets* int64 (texts + 1,): the tokens of text *i* are ``offsets[i]:offsets[i + 1]``.
    """

    words: npt.NDArray[np.int32]
    starts: npt.NDArray[np.int32]
    ends: npt.NDArray[np.int32]
    offsets: npt.NDArray[np.int64]


class BulkAnalyzer:
    """Analyses texts and numbers the distinct words as it meets them."""

    def __init__(self) -> None:
        self.words: list[Word] = []
        """Every word met so far, by its number."""
        self._numbers: dict[Word, int] = {}
        self._stretches: dict[str, _Stretches] = {}

    def analyze(self, texts: Sequence[str], language: str = "ar") -> AnalysedTexts:
        """Return the tokens of *texts*, which are in *language* (ISO 639-1). Never raises."""
        # Languages without a stemmer of their own are analysed as Arabic texts are.
        table = self._stretches.setdefault(language if foreign_stemmer(language) else "ar", _Stretches(self, language))
        lengths = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
        text_starts = np.cumsum(lengths + 1) - lengths - 1
        joined = "\n".join(texts)
        codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype="<u4")
        cuts = _cut_points()[np.minimum(codes, _LAST_POINT)]
        edges = np.flatnonzero(np.diff(cuts, prepend=True, append=True))
        begins, ends = edges[0::2], edges[1::2]
        stretches = table.numbers(joined, codes, begins, ends)
        return self._expand(table, stretches, begins, text_starts)

    def number_of(self, word: Word) -> int:
        """Return the number of *word*, a new one if it was not met before."""
        number = self._numbers.setdefault(word, len(self.words))
        if number == len(self.words):
            self.words.append(word)
        return number

    def _expand(
        self,
        table: _Stretches,
        stretches: npt.NDArray[np.int64],
        begins: npt.NDArray[np.int64],
        text_starts: npt.NDArray[np.int64],
    ) -> AnalysedTexts:
        """Replace each stretch by its tokens."""
        counts = np.asarray(table.counts)[stretches]
        offsets = np.cumsum(counts) - counts
        within = np.arange(int(counts.sum())) - np.repeat(offsets, counts)
        tokens = np.repeat(np.asarray(table.firsts)[stretches], counts) + within
        begins = np.repeat(begins, counts)
        starts = begins + np.asarray(table.starts)[tokens]
        ends = begins + np.asarray(table.ends)[tokens]
        firsts = np.append(np.searchsorted(starts, text_starts), len(starts))
        base = np.repeat(text_starts, np.diff(firsts))
        return AnalysedTexts(
            words=np.asarray(table.words)[tokens].astype(np.int32),
            starts=(starts - base).astype(np.int32),
            ends=(ends - base).astype(np.int32),
            offsets=firsts.astype(np.int64),
        )


class _Stretches:
    """Every stretch of characters met so far, known by a hash of 64 bits, which are kept sorted.

    Stretch *n* has the tokens ``firsts[n]`` to ``firsts[n] + counts[n]`` of the arrays *words*, *starts* and *ends*,
    the latter relative to its first character.
    """

    def __init__(self, analyzer: BulkAnalyzer, language: str) -> None:
        self._analyzer = analyzer
        self._language = language
        self._hashes = np.empty(0, np.uint64)
        self._numbers = np.empty(0, np.int64)
        self.firsts = array("q")
        self.counts = array("q")
        self.words = array("q")
        self.starts = array("q")
        self.ends = array("q")

    def numbers(
        self, text: str, codes: npt.NDArray[np.uint32], begins: npt.NDArray[np.int64], ends: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.int64]:
        """Return the number of each stretch ``text[begin:end]``; those not met before are analysed."""
        hashes = _hashes(codes, begins, ends)
        order = np.argsort(hashes)
        ordered = hashes[order]
        first = np.diff(ordered, prepend=~ordered[:1]) != 0
        distinct = ordered[first]
        places = np.searchsorted(self._hashes, distinct)
        known = np.append(self._hashes, np.uint64(0))[places] == distinct
        known &= places < len(self._hashes)
        numbers = np.append(self._numbers, -1)[places]
        new = np.flatnonzero(~known)
        met = order[first][new]
        numbers[new] = [
            self._add(text[begin:end]) for begin, end in zip(begins[met].tolist(), ends[met].tolist(), strict=True)
        ]
        self._hashes = np.insert(self._hashes, places[new], distinct[new])
        self._numbers = np.insert(self._numbers, places[new], numbers[new])
        inverse = np.empty(len(order), dtype=np.int64)
        inverse[order] = np.cumsum(first) - 1
        of_each: npt.NDArray[np.int64] = numbers[inverse]
        return of_each

    def _add(self, stretch: str) -> int:
        tokens = analyze(stretch, self._language)
        self.firsts.append(len(self.words))
        self.counts.append(len(tokens))
        for token in tokens:
            self.words.append(self._analyzer.number_of(Word(token.exact, token.stem)))
            self.starts.append(token.start)
            self.ends.append(token.end)
        return len(self.counts) - 1


def _hashes(
    codes: npt.NDArray[np.uint32], begins: npt.NDArray[np.int64], ends: npt.NDArray[np.int64]
) -> npt.NDArray[np.uint64]:
    """Return a hash of 64 bits for each stretch ``codes[begin:end]``: its polynomial in an odd number, and its length.

    The polynomial of a part is the difference of two prefixes of the polynomial of the whole, brought back to power
    zero by the inverse of the odd number (modulo 2**64 every odd number has one).
    """
    powers, inverses = _powers(1 << len(codes).bit_length())
    prefixes = np.zeros(len(codes) + 1, dtype=np.uint64)
    np.cumsum(codes * powers[: len(codes)], out=prefixes[1:])
    polynomials = (prefixes[ends] - prefixes[begins]) * inverses[begins]
    # The low bits of such a polynomial depend on the low bits of the codes alone; multiplying spreads the high ones.
    mixed = (polynomials ^ (polynomials >> np.uint64(32))) * _MIX
    return mixed ^ (ends - begins).astype(np.uint64)


@cache
def _powers(count: int) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint64]]:
    """Return the first *count* powers of the base of the hash, and of its inverse, modulo 2**64."""
    powers = np.full(count, _BASE, dtype=np.uint64)
    inverses = np.full(count, pow(int(_BASE), -1, 1 << 64), dtype=np.uint64)
    for table in (powers, inverses):
        table[0] = 1
        np.multiply.accumulate(table, out=table)
    return powers, inverses


@cache
def _cut_points() -> npt.NDArray[np.bool_]:
    """Return for each code point of the Basic Multilingual Plane whether texts may be cut there.

    That is white space, punctuation and symbols: whatever is no letter, digit, mark or invisible control, and cannot
    separate the digits of a number. The last entry stands for all code points beyond.
    """
    table = np.zeros(_LAST_POINT + 1, dtype=np.bool_)
    for point in range(_LAST_POINT):
        character = chr(point)
        category = unicodedata.category(character)
        # Symbols of category Sk may combine with the letter before them in scripts arsearch does not know.
        table[point] = category[0] in "ZP" or category in ("Sm", "Sc", "So") or category == "Cc"
    table[[ord(separator) for separator in _NUMBER_SEPARATORS]] = False
    return table
