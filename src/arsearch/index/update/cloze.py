"""Queries taken out of articles of the index itself, to try an encoder on."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from arsearch.lexical.analysis.bulk import BulkAnalyzer
from arsearch.ranking import ClozeText

__all__ = ["take_queries"]

_TEXT_WORDS = 100
_BEGINNING = 1_000
"""Characters that mostly have so many words."""
_TAKEN = (16, 24)
"""Words that are taken out of a text as its query: eight, the length of a question, out of the middle."""
_SHORTEST = 32


def take_queries(bodies: Sequence[str]) -> tuple[list[ClozeText], list[str], list[str]]:
    """Take a query out of each body that is long enough: as words, and both sides as they are written."""
    sample, queries, texts = [], [], []
    first, end = _TAKEN
    for body, tokens in zip(bodies, _first_tokens(bodies), strict=True):
        if len(tokens.words) < _SHORTEST:
            continue
        words, starts, ends = tokens
        sample.append(ClozeText(query=words[first:end], text=[*words[:first], *words[end:]]))
        queries.append(body[starts[first] : ends[end - 1]])
        texts.append(f"{body[: starts[first]]} {body[starts[end] : ends[-1]]}")
    return sample, queries, texts


class _Tokens(NamedTuple):
    """Tokens of a text: folded forms and stems, and where they begin and end."""

    words: list[tuple[str, str]]
    starts: list[int]
    ends: list[int]


def _first_tokens(bodies: Sequence[str]) -> list[_Tokens]:
    """Return the first ``_TEXT_WORDS`` tokens of each of *bodies*."""
    analyzer = BulkAnalyzer()
    found = _tokens(analyzer, [body[:_BEGINNING] for body in bodies])
    for number, body in enumerate(bodies):  # the last word of a beginning may be half a word
        if len(found[number].words) <= _TEXT_WORDS and len(body) > _BEGINNING:
            found[number] = _tokens(analyzer, [body])[0]
    first = slice(_TEXT_WORDS)
    return [_Tokens(words[first], starts[first], ends[first]) for words, starts, ends in found]


def _tokens(analyzer: BulkAnalyzer, texts: Sequence[str]) -> list[_Tokens]:
    analysed = analyzer.analyze(texts)
    words = list(zip(analyzer.exact_texts(analysed.words), analyzer.stem_texts(analysed.words), strict=True))
    starts, ends = analysed.starts.tolist(), analysed.ends.tolist()
    spans = [slice(first, end) for first, end in pairwise(analysed.offsets.tolist())]
    return [_Tokens(words[span], starts[span], ends[span]) for span in spans]
