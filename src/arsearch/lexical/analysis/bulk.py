"""Analysing many texts at once, each distinct chunk of characters only once.

A corpus has a hundred times more words than distinct words. Texts are cut at white space, punctuation and symbols,
which never stand inside a word; only between two digits a separator may belong to a number. What lies between two cuts
is analysed when it is first met (:mod:`arsearch.lexical.analysis.single_words`, :func:`arsearch.arabic.analyze`) and
looked up from then on by a hash. The tokens are those that analysing each text by itself gives, which a test holds.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from arsearch.arabic import analyze
from arsearch.arabic.foreign import foreign_stemmer
from arsearch.common.array_types import Int64s, UInt64s
from arsearch.common.hash_table import HashTable
from arsearch.common.text_spans import TextSpans
from arsearch.lexical.analysis.cutting import cut
from arsearch.lexical.analysis.single_words import single_words
from arsearch.lexical.analysis.vocabulary import Vocabulary

__all__ = ["AnalysedTexts", "BulkAnalyzer"]

_SPREAD = np.uint64(0x9E3779B97F4A7C15)
"""Odd, so multiplying by it keeps numbers apart, and makes their high bits differ."""
_AT_ONCE = 1 << 19
"""Characters analysed at once, about: fewer take more calls, more take memory and miss the caches."""


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
    """Analyses texts and numbers the distinct words as it meets them.

    A word is what is indexed of it: its folded form, and its stem, if it is no stop word.
    """

    def __init__(self) -> None:
        self.folded_words = Vocabulary()
        self.stems = Vocabulary()
        self.exact_of_word = array("i")
        """For each word the number of its folded form in *folded_words*."""
        self.stem_of_word = array("i")
        """For each word the number of its stem in *stems*, -1 for a stop word."""
        self._exact_hashes = array("Q")
        self._words = HashTable()
        self._chunks: dict[str, _Chunks] = {}

    def exact_texts(self, words: npt.NDArray[np.int32]) -> list[str]:
        """Return the folded forms of *words*."""
        numbers = np.frombuffer(self.exact_of_word, np.int32)[words] if len(words) else words
        return [self.folded_words.texts[number] for number in numbers.tolist()]

    def exact_hashes(self, words: npt.NDArray[np.int32], hash_of: Callable[[str], bytes]) -> UInt64s:
        """Return what *hash_of*, always the same function, gives for the folded form of each of *words*: 8 bytes."""
        if not len(words):
            return np.empty(0, np.uint64)
        known = len(self._exact_hashes)
        self._exact_hashes.frombytes(b"".join(map(hash_of, self.folded_words.texts[known:])))
        numbers = np.frombuffer(self.exact_of_word, np.int32)[words]
        return np.frombuffer(self._exact_hashes, np.uint64)[numbers]

    def stem_texts(self, words: npt.NDArray[np.int32]) -> list[str]:
        """Return the stems of *words*, empty for stop words."""
        numbers = np.frombuffer(self.stem_of_word, np.int32)[words] if len(words) else words
        return [self.stems.texts[number] if number >= 0 else "" for number in numbers.tolist()]

    def analyze(self, texts: Sequence[str], language: str = "ar") -> AnalysedTexts:
        """Return the tokens of *texts*, which are in *language* (ISO 639-1). Never raises."""
        # Languages without a stemmer of their own are analysed as Arabic texts are.
        known = language if foreign_stemmer(language) else "ar"
        if known not in self._chunks:
            self._chunks[known] = _Chunks(self, language)
        parts = [self._analyze_part(part, self._chunks[known]) for part in _parts(texts)]
        counts = np.concatenate([np.zeros(1, np.int64), *(np.diff(part.offsets) for part in parts)])
        return AnalysedTexts(
            words=np.concatenate([np.empty(0, np.int32), *(part.words for part in parts)]),
            starts=np.concatenate([np.empty(0, np.int32), *(part.starts for part in parts)]),
            ends=np.concatenate([np.empty(0, np.int32), *(part.ends for part in parts)]),
            offsets=np.cumsum(counts),
        )

    def _analyze_part(self, texts: Sequence[str], chunks: _Chunks) -> AnalysedTexts:
        lengths = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
        text_starts = np.cumsum(lengths + 1) - lengths - 1
        spans, hashes = cut("\n".join(texts))
        return chunks.expand(chunks.numbers(spans, hashes), spans.begins, text_starts)

    def numbers(self, folded_words: TextSpans, stems: TextSpans) -> npt.NDArray[np.int32]:
        """Return the numbers of the words with these folded forms and stems, new ones for those not met before."""
        folded_numbers = self.folded_words.numbers(folded_words)
        stem_numbers = np.full(len(stems), -1, dtype=np.int32)
        has_stem = np.flatnonzero(stems.begins < stems.ends)
        stem_numbers[has_stem] = self.stems.numbers(stems.among(has_stem))
        pairs = (folded_numbers.astype(np.uint64) << np.uint64(32)) | (stem_numbers + 1).astype(np.uint64)
        numbers, new = self._words.number(pairs * _SPREAD)
        self.exact_of_word.frombytes(folded_numbers[new].tobytes())
        self.stem_of_word.frombytes(stem_numbers[new].tobytes())
        return numbers


class _Chunks:
    """Every chunk of characters met so far in texts of one language, by its number.

    Chunk *n* has the tokens ``firsts[n]`` to ``firsts[n] + counts[n]`` of the arrays *words*, *starts* and *ends*,
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

    def numbers(self, chunks: TextSpans, hashes: npt.NDArray[np.uint64]) -> npt.NDArray[np.int32]:
        """Return the number of each of *chunks*, which have *hashes*; those not met before are analysed."""
        numbers, new = self._table.number(hashes)
        if len(new):
            self._add(chunks.among(new))
        return numbers

    def _add(self, chunks: TextSpans) -> None:
        """Analyse *chunks*, which get the next numbers."""
        judged = single_words(chunks, arabic_only=self._arabic_only)
        others = [analyze(text, self._language) for text in chunks.among(~judged.single).texts()]
        counts = np.ones(len(chunks), dtype=np.int32)
        counts[~judged.single] = list(map(len, others))
        is_single = np.repeat(judged.single, counts)
        tokens = [token for tokens in others for token in tokens]
        words, starts, ends = (np.zeros(len(is_single), dtype=np.int32) for _ in range(3))
        words[is_single] = self._analyzer.numbers(judged.folded_words, judged.stems)
        words[~is_single] = self._analyzer.numbers(
            TextSpans.of([token.folded for token in tokens]), TextSpans.of([token.stem for token in tokens])
        )
        starts[~is_single] = [token.start for token in tokens]
        ends[is_single] = (chunks.ends - chunks.begins)[judged.single]
        ends[~is_single] = [token.end for token in tokens]
        firsts = np.cumsum(counts, dtype=np.int32) - counts + np.int32(len(self._words))
        for known, added in (
            (self._firsts, firsts), (self._counts, counts), (self._words, words), (self._starts, starts),
            (self._ends, ends),
        ):  # fmt: skip
            known.frombytes(added.tobytes())

    def expand(self, chunks: npt.NDArray[np.int32], begins: Int64s, text_starts: Int64s) -> AnalysedTexts:
        """Return the tokens of *chunks*, which begin at *begins* in the texts that begin at *text_starts*."""
        if not len(chunks):
            return _no_tokens(len(text_starts))
        counts = np.frombuffer(self._counts, np.int32)[chunks]
        tokens = np.frombuffer(self._firsts, np.int32)[chunks].astype(np.int64)
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
