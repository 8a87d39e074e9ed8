"""Snippets: the piece of an article that shows why it was found, with the query's words marked.

Words are marked by the offsets that were kept when the article was indexed, so a mark always covers a whole word of
the original text, vowel marks and clitics included, and nothing is analysed again.
"""

from __future__ import annotations

import html
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from arsearch import kernel
from arsearch.arabic import letters as ar
from arsearch.common.array_types import Doubles, Spans
from arsearch.lexical import Marks

__all__ = ["cut_snippet", "mark_words", "merge_spans", "snippet_of"]


_ELLIPSIS = "…"
_BEFORE_MORE = f".:{_ELLIPSIS}{ar.ARABIC_COMMA}{ar.ARABIC_SEMICOLON}"
# Looked for between two words; the points in a date have no space after them.
_SENTENCE_END = re.compile(rf"[.!?{ar.ARABIC_QUESTION_MARK}{ar.ARABIC_SEMICOLON}][^\S\n]*\S?\s|\n")
_CLOSING = re.compile(r"""[.!?\u060c\u061b\u061f:»”"')\]]*""")
_OPENING = re.compile(r"[^\s.!?\u060c\u061b\u061f:»”]*$")
_SPECIAL = re.compile("[&<>\"']")
# How many words before the first match a snippet may begin, to begin with its sentence or else to show some context.
_LEAD = 12
_SHORT_LEAD = 4
_SHORT_LEAD_SHARE = 4  # and never more than a fourth of the snippet, or a short one would end before its match
# What a word already in the snippet adds when it occurs again, as a part of what it adds the first time.
_REPEATED = 0.1
# What a word adds in the very form that was typed, against other words of its stem.
_AS_TYPED = 2.0


def mark_words(text: str, spans: Sequence[tuple[int, int]]) -> str:
    """Return *text* escaped for HTML with ``<mark>`` around each of *spans*, which are sorted and do not overlap."""
    escape = html.escape if _SPECIAL.search(text) else str  # most texts have nothing to escape
    pieces = []
    end = 0
    for start, stop in spans:
        pieces += [escape(text[end:start]), "<mark>", escape(text[start:stop]), "</mark>"]
        end = stop
    pieces.append(escape(text[end:]))
    return "".join(pieces)


def merge_spans(spans: Iterable[Sequence[int] | npt.NDArray[np.integer[Any]]]) -> list[tuple[int, int]]:
    """Return sorted *spans* as pairs, leaving out those that begin before the one before ends.

    The several words of one ligature character share its offsets.
    """
    kept: list[tuple[int, int]] = []
    for start, end in spans:
        if not kept or start >= kept[-1][1]:
            kept.append((int(start), int(end)))
    return kept


def snippet_of(text: str, marks: Marks, weights: Doubles, *, words: int, start_at: int = 0) -> str:
    """Return the best *words* words of *text* as :func:`cut_snippet` does, in the kernel where there is one.

    *marks* are those in *text*, and *weights* float64 (scored words,) those of the words of the query.
    """
    if kernel.native is not None and len(marks.spans):
        flat = marks.spans.reshape(-1), marks.matches.reshape(-1)
        cut: str = kernel.native.cut_snippet(text, *flat, weights, words, start_at)
        return cut
    found = marks.words, weights.tolist()
    return cut_snippet(text, marks.spans, *found, words=words, start_at=start_at, as_typed=marks.as_typed)


def cut_snippet(
    body: str,
    spans: Spans,
    matches: Mapping[int, int],
    weights: Sequence[float],
    *,
    words: int,
    start_at: int = 0,
    as_typed: Collection[int] = (),
) -> str:
    """Return the best *words* words of *body* as HTML text in which only ``<mark>`` is markup.

    *spans* are the offsets of the words of *body*; *matches* maps the index of a word to the index in *weights* of the
    query word it matches; *as_typed* are those of them that have the very form of the query. The window with the
    greatest weight of different query words wins, the first of equals.
    Without matches the snippet begins at the first word at or after offset *start_at*. A body that fits is shown whole.
    """
    if not len(spans):
        return _opening_of(body, words)
    if len(spans) <= words:
        first = 0
    elif matches:
        short_lead = min(_SHORT_LEAD, words // _SHORT_LEAD_SHARE)
        place, last_place = _best_window(matches, weights, words - short_lead, as_typed)
        lead = min(_LEAD, words - 1 - (last_place - place))
        first = _sentence_start(body, spans, place, lead, short_lead)
    else:
        first = min(int(np.searchsorted(spans[:, 0], start_at)), len(spans) - 1)
    last = min(first + words, len(spans)) - 1
    begin, end = int(spans[first, 0]), int(spans[last, 1])
    begin = _opening(body, int(spans[first - 1, 1]), begin) if first else 0
    closing = _CLOSING.match(body, end)
    end = len(body) if last == len(spans) - 1 else closing.end() if closing else end
    inside = [
        (int(spans[index, 0]) - begin, int(spans[index, 1]) - begin)
        for index in sorted(matches)
        if first <= index <= last
    ]
    marked = mark_words(body[begin:end], merge_spans(inside))
    shown = " ".join(marked.split())
    if last < len(spans) - 1:  # the ellipsis stands for what would only lead on to the next words
        shown = shown.rstrip(_BEFORE_MORE) + _ELLIPSIS
    return (_ELLIPSIS if first else "") + shown


def _opening_of(body: str, words: int) -> str:
    """Return the beginning of a text that has no word."""
    return html.escape(" ".join(body.split())[: words * 8])


def _opening(body: str, end_of_word_before: int, start: int) -> int:
    """Return where the quotes and brackets begin that open right before the word at *start*."""
    opening = _OPENING.search(body, end_of_word_before, start)
    return opening.start() if opening else start


def _best_window(
    matches: Mapping[int, int], weights: Sequence[float], reach: int, as_typed: Collection[int]
) -> tuple[int, int]:
    """Return the first and the last match of the best window of *reach* words that begins with a match."""
    places = sorted(matches)
    words = [matches[place] for place in places]
    worth = [
        weights[word] * (_AS_TYPED if place in as_typed else 1.0) for place, word in zip(places, words, strict=True)
    ]
    best, best_weight = (places[0], places[0]), -1.0
    for number, place in enumerate(places):
        most: dict[int, float] = {}  # the most that any occurrence of a query word adds
        repeated = 0.0
        end = place
        for index in range(number, len(places)):
            other = places[index]
            if other >= place + reach:
                break
            word, weight = words[index], worth[index]
            repeated += weight * _REPEATED
            most[word] = max(weight, most.get(word, 0.0))
            end = other
        if (weight := sum(most.values()) + repeated) > best_weight:
            best, best_weight = (place, end), weight
    return best


def _sentence_start(body: str, spans: Spans, match: int, lead: int, short_lead: int) -> int:
    """Return the word at most *lead* words before *match* that begins its sentence, or that *short_lead* before it."""
    for word in range(match, max(0, match - lead - 1), -1):
        if _SENTENCE_END.search(body, int(spans[word - 1, 1]), int(spans[word, 0])):
            return word
    return 0 if match <= lead else match - short_lead
