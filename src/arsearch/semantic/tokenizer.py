"""Tokenising for static encoders, each distinct chunk between spaces only once.

A corpus has a hundred times more words than distinct words, and normalising is what a tokenizer spends its time on.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

from arsearch.arabic import letters as ar

if TYPE_CHECKING:
    import tokenizers

__all__ = ["SEPARATORS", "CachingTokenizer"]

_REMEMBERED = 1 << 19
"""Chunks kept, of about 200 bytes each."""
_ANY_SPACE = " "
# Python splits texts at the four information separators of ASCII, most tokenizers do not.
SEPARATORS = re.compile("[\x1c-\x1f]")
_SPACES = [chr(point) for point in range(0x3001) if chr(point).isspace() and not SEPARATORS.match(chr(point))]
_LETTERS = (ar.BEH, ar.TEH)

# Steps of the tokenizers library that work on single characters, so that what stands beyond a space plays no part.
_CHARACTER_NORMALIZERS = {"NFC", "NFD", "NFKC", "NFKD", "Lowercase", "StripAccents", "BertNormalizer"}
_SPLITTING_AT_SPACES = {"Whitespace", "WhitespaceSplit", "BertPreTokenizer"}


class CachingTokenizer:
    """Gives the token ids of texts. Safe to use from several threads."""

    def __init__(self, tokenizer: tokenizers.Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._ids: dict[str, list[int]] = {}
        self.splits_at_spaces = _splits_at_spaces(tokenizer) and self._drops_every_space()
        """Whether what becomes of a chunk between spaces depends on nothing else."""

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the token ids of each of *texts*, without special tokens."""
        if not self.splits_at_spaces or any(map(SEPARATORS.search, texts)):
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

    def _drops_every_space(self) -> bool:
        """Whether it does so at every space at which Python splits a text."""
        one, other = self.encode_whole(_LETTERS)
        return all(ids == one + other for ids in self.encode_whole([space.join(_LETTERS) for space in _SPACES]))

    def encode_whole(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the token ids of each of *texts* as the tokenizer itself gives them."""
        return [encoding.ids for encoding in self._tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)]


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
