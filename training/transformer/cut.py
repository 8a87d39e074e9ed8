"""The source model with the part of its vocabulary that Arabic articles need, and queries in English and French."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

import regex

from training.transformer.source import Source

__all__ = ["cut"]

_ALWAYS = regex.compile(r"▁?(?:[\p{Arabic}\p{M}ـ]+|[ -~«»“”…–—،؛؟]{1,3})")
_RAREST = 2
_FOREIGN_WORDS = {"en": 12_000, "fr": 9_000}


def cut(source: Source, texts: Iterable[str]) -> Source:
    """Return *source* with the pieces that *texts* use, Arabic and short ones, and those of frequent foreign words."""
    tokenizer = source.tokenizer()
    seen: Counter[int] = Counter()
    for encoding in tokenizer.encode_batch(list(texts), add_special_tokens=False):
        seen.update(encoding.ids)
    foreign: set[int] = set()
    for encoding in tokenizer.encode_batch(list(_foreign_words()), add_special_tokens=False):
        foreign.update(encoding.ids)
    special = (source.bos, source.eos, source.pad, source.unk)
    kept = [
        number
        for number, piece in enumerate(source.pieces)
        if number in special or number in foreign or seen[number] >= _RAREST or _ALWAYS.fullmatch(piece)
    ]
    new = {old: place for place, old in enumerate(kept)}
    return Source(
        replace(source.weights, words=source.weights.words[kept]),
        [source.pieces[number] for number in kept],
        [source.scores[number] for number in kept],
        *(new[number] for number in special),
    )


def _foreign_words() -> Iterable[str]:
    from wordfreq import top_n_list

    for language, count in _FOREIGN_WORDS.items():
        for word in top_n_list(language, count):
            yield from (word, word.capitalize())
