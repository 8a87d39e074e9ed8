"""Analysing many texts at once, each distinct stretch of characters only once.

A corpus has a hundred times more words than distinct words. Texts are cut at white space, punctuation and symbols,
which never stand inside a word; only between two digits a separator may belong to a number. What lies between two cuts
is analysed when it is first met (:mod:`arsearch.lexical.single_words`, :func:`arsearch.arabic.analyze`) and looked up
from then on by a hash. The tokens are those that analysing each text by itself gives, which a test holds.
"""

from __future__ import annotations

import unicodedata
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
import regex

from arsearch.arabic import analyze
from arsearch.arabic.foreign import foreign_stemmer
from arsearch.arabic.tokenize import DIGIT, NUMBER_SEPARATORS
from arsearch.lexical.hash_table import HashTable
from arsearch.lexical.single_words import LAST_POINT, Codes, Word, single_words

__all__ = ["AnalysedTexts", "BulkAnalyzer", "Word"]

_BASE = np.uint64(0x9E3779B97F4A7C15)  # odd, from the golden ratio (Knuth, volume 3, section 6.4)
_MIX = np.uint64(0xFF51AFD7ED558CCD)
_AT_ONCE = 1 << 18
"""Characters analysed at once: the arrays made of them stay in the cache of a processor."""

Int64s = npt.NDArray[np.int64]


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
        known = language if foreign_stemmer(language) else "ar"
        if known not in self._stretches:
            self._stretches[known] = _Stretches(self, language)
        parts = [self._analyze_part(part, self._stretches[known]) for part in _parts(texts)]
        counts = np.concatenate([np.zeros(1, np.int64), *(np.diff(part.offsets) for part in parts)])
        return AnalysedTexts(
            words=np.concatenate([np.empty(0, np.int32), *(part.words for part in parts)]),
            starts=np.concatenate([np.empty(0, np.int32), *(part.starts for part in parts)]),
            ends=np.concatenate([np.empty(0, np.int32), *(part.ends for part in parts)]),
            offsets=np.cumsum(counts),
        )

    def _analyze_part(self, texts: Sequence[str], stretches: _Stretches) -> AnalysedTexts:
        lengths = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
        text_starts = np.cumsum(lengths + 1) - lengths - 1
        joined = "\n".join(texts)
        codes = _code_points(joined)
        edges = np.flatnonzero(np.diff(_cuts(codes), prepend=True, append=True))
        begins, ends = edges[0::2], edges[1::2]
        return stretches.expand(stretches.numbers(joined, codes, begins, ends), begins, text_starts)

    def numbers_of(self, words: Sequence[Word]) -> list[int]:
        """Return the numbers of *words*, new ones for those that were not met before."""
        numbers = []
        for word in words:
            number = self._numbers.setdefault(word, len(self.words))
            if number == len(self.words):
                self.words.append(word)
            numbers.append(number)
        return numbers


class _Stretches:
    """Every stretch of characters met so far in texts of one language, by its number.

    Stretch *n* has the tokens ``firsts[n]`` to ``firsts[n] + counts[n]`` of the arrays *words*, *starts* and *ends*,
    the latter relative to its first character.
    """

    def __init__(self, analyzer: BulkAnalyzer, language: str) -> None:
        self._analyzer = analyzer
        self._language = language
        self._arabic_only = foreign_stemmer(language) is not None
        self._table = HashTable()
        self._firsts = array("i")
        self._counts = array("i")
        self._words = array("i")
        self._starts = array("i")
        self._ends = array("i")

    def numbers(self, text: str, codes: Codes, begins: Int64s, ends: Int64s) -> npt.NDArray[np.int32]:
        """Return the number of each stretch ``text[begin:end]``; those not met before are analysed."""
        hashes = _hashes(codes, begins, ends)
        numbers = self._table.find(hashes)
        new = np.flatnonzero(numbers < 0)
        if len(new):
            distinct, firsts, inverse = np.unique(hashes[new], return_index=True, return_inverse=True)
            added = self._add(text, codes, begins[new[firsts]], ends[new[firsts]])
            self._table.add(distinct, added)
            numbers[new] = added[inverse]
        return numbers

    def _add(self, text: str, codes: Codes, begins: Int64s, ends: Int64s) -> npt.NDArray[np.int32]:
        """Analyse stretches and return their numbers."""
        single, words = single_words(text, codes, begins, ends, arabic_only=self._arabic_only)
        numbers = np.empty(len(begins), dtype=np.int32)
        first = len(self._counts)
        numbers[single] = np.arange(first, first + len(words), dtype=np.int32)
        self._firsts.extend(range(len(self._words), len(self._words) + len(words)))
        self._counts.extend([1] * len(words))
        self._words.extend(self._analyzer.numbers_of(words))
        self._starts.extend([0] * len(words))
        self._ends.extend((ends - begins)[single].tolist())
        for number in np.flatnonzero(~single).tolist():
            tokens = analyze(text[begins[number] : ends[number]], self._language)
            numbers[number] = len(self._counts)
            self._firsts.append(len(self._words))
            self._counts.append(len(tokens))
            self._words.extend(self._analyzer.numbers_of([Word(token.exact, token.stem) for token in tokens]))
            self._starts.extend([token.start for token in tokens])
            self._ends.extend([token.end for token in tokens])
        return numbers

    def expand(self, stretches: npt.NDArray[np.int32], begins: Int64s, text_starts: Int64s) -> AnalysedTexts:
        """Return the tokens of *stretches*, which begin at *begins* in the texts that begin at *text_starts*."""
        if not len(stretches):
            return _no_tokens(len(text_starts))
        counts = np.frombuffer(self._counts, np.int32)[stretches]
        tokens = np.frombuffer(self._firsts, np.int32)[stretches].astype(np.int64)
        if (counts != 1).any():
            offsets = np.cumsum(counts) - counts
            tokens = np.repeat(tokens - offsets, counts) + np.arange(int(counts.sum()))
            begins = np.repeat(begins, counts)
        if not len(tokens):
            return _no_tokens(len(text_starts))
        starts = begins + np.frombuffer(self._starts, np.int32)[tokens]
        offsets = np.append(np.searchsorted(starts, text_starts), len(starts))
        base = np.repeat(text_starts, np.diff(offsets))
        return AnalysedTexts(
            words=np.frombuffer(self._words, np.int32)[tokens],
            starts=(starts - base).astype(np.int32),
            ends=(begins - base + np.frombuffer(self._ends, np.int32)[tokens]).astype(np.int32),
            offsets=offsets,
        )


def _no_tokens(texts: int) -> AnalysedTexts:
    none = np.empty(0, np.int32)
    return AnalysedTexts(none, none, none, np.zeros(texts + 1, np.int64))


def _parts(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    """Yield *texts* in parts of about ``_AT_ONCE`` characters."""
    first = size = 0
    for number, text in enumerate(texts, 1):
        size += len(text)
        if size >= _AT_ONCE:
            yield texts[first:number]
            first, size = number, 0
    if first < len(texts):
        yield texts[first:]


def _code_points(text: str) -> Codes:
    """Return the code points of *text* (characters,), in two bytes each unless some need more."""
    short = text.encode("utf-16-le", "surrogatepass")
    if len(short) == 2 * len(text):
        return np.frombuffer(short, dtype="<u2")
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")


def _cuts(codes: Codes) -> npt.NDArray[np.bool_]:
    """Return where a text with the code points *codes* may be cut (characters,)."""
    kinds = _cut_kinds()[codes if codes.dtype == np.uint16 else np.minimum(codes, LAST_POINT)]
    cuts: npt.NDArray[np.bool_] = kinds == _CUT
    separators = np.flatnonzero(kinds == _SEPARATOR)
    inside = separators[(separators > 0) & (separators < len(codes) - 1)]
    between_digits = inside[(kinds[inside - 1] == _DIGIT) & (kinds[inside + 1] == _DIGIT)]
    cuts[separators] = True
    cuts[between_digits] = False
    return cuts


def _hashes(codes: Codes, begins: Int64s, ends: Int64s) -> npt.NDArray[np.uint64]:
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


_CUT, _SEPARATOR, _DIGIT = 1, 2, 3


@cache
def _cut_kinds() -> npt.NDArray[np.uint8]:
    """Return what each code point of the Basic Multilingual Plane is to a cut, 0 for what stands inside words.

    Texts are cut at white space, punctuation and symbols: whatever is no letter, digit, mark or invisible control.
    The last entry stands for all code points beyond: there are digits among them.
    """
    table = np.zeros(LAST_POINT + 1, dtype=np.uint8)
    for point in range(LAST_POINT):
        category = unicodedata.category(chr(point))
        # Symbols of category Sk may combine with the letter before them in scripts arsearch does not know.
        if category[0] in "ZP" or category in ("Sm", "Sc", "So", "Cc"):
            table[point] = _CUT
    characters = "".join(map(chr, range(LAST_POINT)))
    table[[match.start() for match in regex.finditer(DIGIT, characters)]] = _DIGIT
    table[LAST_POINT] = _DIGIT
    table[[ord(separator) for separator in NUMBER_SEPARATORS]] = _SEPARATOR
    return table
