"""Tokenising for static encoders, each distinct chunk between spaces only once.

A corpus has a hundred times more words than distinct words, and normalising is what a tokenizer spends its time on.
A query is a few words, which a dictionary finds fastest. A corpus has millions: its texts are cut and their chunks
looked up by hashes, without a Python object a word, and for most of the time without the lock of Python's interpreter.
"""

from __future__ import annotations

import json
import re
import threading
import unicodedata
from array import array
from collections.abc import Sequence
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

from arsearch.arabic import letters as ar
from arsearch.common.array_types import Int32s, Int64s, UInt8s
from arsearch.common.hash_table import HashTable
from arsearch.common.text_spans import LAST_POINT, code_points, spans_between

if TYPE_CHECKING:
    import tokenizers

__all__ = ["BulkTokenizer", "CachingTokenizer"]

_REMEMBERED = 1 << 19
"""Chunks kept, of about 200 bytes each."""
_ANY_SPACE = " "
# Python splits texts at the four information separators of ASCII, most tokenizers do not.
_SEPARATORS = re.compile("[\x1c-\x1f]")
_SPACES = [chr(point) for point in range(0x3001) if chr(point).isspace() and not _SEPARATORS.match(chr(point))]
_LETTERS = (ar.BEH, ar.TEH)
_DIGITS = ("1", "2")
_PUNCTUATION = [chr(point) for point in range(0x2070) if unicodedata.category(chr(point))[0] in "CPSZ"]
_SIMPLE_CLASS = re.compile(r"\[[^\[\]]*\]\+?")
_REMEMBERED_IN_BULK = 1 << 20
"""Chunks of many texts that are kept, of about 50 bytes each."""
_TOGETHER = 64
"""Chunks that are tokenised as one text: what a text costs of itself is twice what a chunk does."""
_TRIED = 100
"""Tokens that are tried as marks between chunks."""

# Steps of the tokenizers library that work on single characters, so that what stands beyond a space plays no part.
_COMPOSING = {"NFC", "NFKC"}
_CHARACTER_NORMALIZERS = {*_COMPOSING, "NFD", "NFKD", "Lowercase", "StripAccents", "BertNormalizer"}
_SPLITTING_AT_SPACES = {"Whitespace", "WhitespaceSplit", "BertPreTokenizer"}


class CachingTokenizer:
    """Gives the token ids of texts. Safe to use from several threads."""

    def __init__(self, tokenizer: tokenizers.Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._ids: dict[str, list[int]] = {}
        self.splits = _splits_at_spaces(tokenizer) and self._drops_every_space()
        """Whether what becomes of a chunk between spaces depends on nothing else."""

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the token ids of each of *texts*, without special tokens."""
        if not self.splits or any(map(_SEPARATORS.search, texts)):
            return self.encode_whole(texts)
        chunks = [text.split() for text in texts]
        known = self._ids
        missing = list({chunk for one in chunks for chunk in one if chunk not in known})
        if missing:
            if len(known) + len(missing) > _REMEMBERED:
                known = {chunk: known[chunk] for one in chunks for chunk in one if chunk in known}
            known |= dict(zip(missing, self.encode_whole(missing), strict=True))
            self._ids = known
        return [list(chain.from_iterable(map(known.__getitem__, one))) for one in chunks]

    @cached_property
    def cuts(self) -> UInt8s:
        """A one for each code point at which a text may be cut, because nothing is left of it (65536,)."""
        table = np.zeros(LAST_POINT + 1, dtype=np.uint8)
        dropped = [*_SPACES]
        if _drops_a_class(self._tokenizer):
            ends = self.encode_whole([*_LETTERS, *_DIGITS])
            between = [f"{one}{point}{other}" for point in _PUNCTUATION for one, other in (_LETTERS, _DIGITS)]
            expected = [ends[0] + ends[1], ends[2] + ends[3]]
            found = self.encode_whole(between)
            dropped += [point for at, point in enumerate(_PUNCTUATION) if found[2 * at : 2 * at + 2] == expected]
        table[[ord(point) for point in dropped]] = 1
        return table

    @cached_property
    def mark(self) -> tuple[str, int] | None:
        """A word that is one token, and that token; a rare one, if the rarest have the greatest numbers."""
        size = self._tokenizer.get_vocab_size()
        for number in range(size - 1, max(size - _TRIED, -1), -1):
            word = self._tokenizer.id_to_token(number)
            if word and self.encode_whole([word, f"{_LETTERS[0]} {word} {_LETTERS[1]}"]) == [
                [number], [*self.encode_whole([_LETTERS[0]])[0], number, *self.encode_whole([_LETTERS[1]])[0]],
            ]:  # fmt: skip
                return word, number
        return None

    def _drops_every_space(self) -> bool:
        """Whether it does so at every space at which Python splits a text."""
        one, other = self.encode_whole(_LETTERS)
        return all(ids == one + other for ids in self.encode_whole([space.join(_LETTERS) for space in _SPACES]))

    def encode_whole(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the token ids of each of *texts* as the tokenizer itself gives them."""
        return [encoding.ids for encoding in self._tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)]


class BulkTokenizer:
    """Gives the token ids of many texts at once. Safe to use from several threads, one at a time."""

    def __init__(self, tokenizer: CachingTokenizer) -> None:
        self._tokenizer = tokenizer
        self._lock = threading.Lock()
        self._forget()

    def _forget(self) -> None:
        self._chunks = HashTable()
        self._ids = array("i")
        self._ends = array("i", [0])

    def encode(self, texts: Sequence[str]) -> tuple[Int32s, Int64s]:
        """Return the token ids of *texts*, without special tokens, one after the other (tokens,).

        And where those of each text begin, and the last ones end (texts + 1,).
        """
        if not self._tokenizer.splits:
            return _flat(self._tokenizer.encode_whole(texts))
        joined = "\n".join(texts)
        begins, ends, hashes = spans_between(code_points(joined), self._tokenizer.cuts)
        with self._lock:
            if len(self._chunks) > _REMEMBERED_IN_BULK:
                self._forget()
            numbers, new = self._chunks.number(hashes)
            spans = zip(begins[new].tolist(), ends[new].tolist(), strict=True)
            self._add([joined[begin:end] for begin, end in spans])
            known_ends = np.frombuffer(self._ends, np.int32)
            firsts, counts = known_ends[numbers], known_ends[numbers + 1] - known_ends[numbers]
            edges = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts, dtype=np.int64)])
            places = np.repeat(firsts - edges[:-1], counts) + np.arange(edges[-1])
            ids = np.frombuffer(self._ids, np.int32)[places] if len(places) else np.empty(0, np.int32)
            del known_ends  # which would keep the array from growing
        sizes = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts)) + 1
        return ids, edges[np.append(np.searchsorted(begins, np.cumsum(sizes) - sizes), len(begins))]

    def _add(self, chunks: list[str]) -> None:
        """Tokenise *chunks* and remember what comes of them; they get the next numbers."""
        mark = self._tokenizer.mark
        groups = [chunks[begin : begin + _TOGETHER] for begin in range(0, len(chunks), _TOGETHER)]
        if mark is None:
            groups = [[chunk] for chunk in chunks]
        word, number = mark or ("", -1)
        encoded = self._tokenizer.encode_whole([f" {word} ".join(group) for group in groups])
        for group, ids in zip(groups, map(np.array, encoded), strict=True):
            edges = np.concatenate([[-1], np.flatnonzero(ids == number), [len(ids)]])
            if len(edges) != len(group) + 1:  # the mark is a word of the texts too
                rows = self._tokenizer.encode_whole(group)
                self._ids.extend(chain.from_iterable(rows))
                counts = np.array([len(row) for row in rows])
            else:
                self._ids.frombytes(np.delete(ids, edges[1:-1]).astype(np.int32).tobytes())
                counts = np.diff(edges) - 1
            self._ends.frombytes((np.cumsum(counts) + self._ends[-1]).astype(np.int32).tobytes())


def _flat(rows: list[list[int]]) -> tuple[Int32s, Int64s]:
    ids = np.fromiter(chain.from_iterable(rows), dtype=np.int32)
    return ids, np.concatenate([np.zeros(1, np.int64), np.cumsum([len(row) for row in rows], dtype=np.int64)])


def _drops_a_class(tokenizer: tokenizers.Tokenizer) -> bool:
    """Whether what *tokenizer* does first, with texts that it composes nothing of, is to drop characters of a class."""
    first = _steps(_description(tokenizer.pre_tokenizer), "pretokenizers")[0]
    normalizers = _steps(_description(tokenizer.normalizer), "normalizers")
    return (
        first["type"] == "Split"
        and first["behavior"] == "Removed"
        and not first["invert"]
        and _SIMPLE_CLASS.fullmatch(first["pattern"].get("Regex", "")) is not None
        and not any(normalizer["type"] in _COMPOSING for normalizer in normalizers)
    )


def _splits_at_spaces(tokenizer: tokenizers.Tokenizer) -> bool:
    """Whether what *tokenizer* makes of a chunk between spaces depends on nothing else."""
    # The whole description has the vocabulary too, which takes long to write and to read.
    pre_tokenizers = _steps(_description(tokenizer.pre_tokenizer), "pretokenizers")
    return (
        not tokenizer.get_added_tokens_decoder()
        and bool(pre_tokenizers)
        and _drops_spaces(pre_tokenizers[0])
        and all(map(_is_by_character, _steps(_description(tokenizer.normalizer), "normalizers")))
    )


def _description(step: Any) -> dict[str, Any] | None:
    """Return what stands in a tokenizer's file of one of its steps."""
    return None if step is None else json.loads(step.__getstate__())


def _steps(step: dict[str, Any] | None, name: str) -> list[dict[str, Any]]:
    if step is None:
        return []
    return step[name] if step["type"] == "Sequence" else [step]


def _is_by_character(normalizer: dict[str, Any]) -> bool:
    if normalizer["type"] == "Replace":
        # A class of characters, or one character: nothing that could reach over a space.
        pattern = normalizer["pattern"].get("Regex", "")
        literal = normalizer["pattern"].get("String", "")
        return (pattern.startswith("[") and pattern.find("]") == len(pattern) - 1) or len(literal) == 1
    return normalizer["type"] in _CHARACTER_NORMALIZERS


def _drops_spaces(pre_tokenizer: dict[str, Any]) -> bool:
    if pre_tokenizer["type"] == "Split":
        import regex

        pattern = pre_tokenizer["pattern"].get("Regex", "")
        dropped = pre_tokenizer["behavior"] == "Removed" and not pre_tokenizer["invert"]
        return dropped and regex.fullmatch(pattern, _ANY_SPACE) is not None
    return pre_tokenizer["type"] in _SPLITTING_AT_SPACES
