"""Comparing what a segment holds of a document with what analysing its text gives: all of it, forwards and inverted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from arsearch.arabic import Token, analyze
from arsearch.article_fields import PROSE_GAP
from arsearch.lexical.search.postings import PostingReader
from arsearch.lexical.segment.field_names import (
    BODY_GAP,
    POSITIONED_FIELDS,
    SCORED_FIELDS,
    TEXT_FOLDED,
    TITLE_FOLDED,
    TITLE_STEM,
)
from arsearch.lexical.segment.packing.spans import unpack_spans
from arsearch.lexical.segment.packing.words import read_tokens
from arsearch.lexical.segment.segment import Segment

__all__ = ["disagreement", "tokens_of_body"]

_Occurrences = dict[bytes, list[int]]
"""The positions of each term."""


def disagreement(
    postings: PostingReader, number: int, title: str, body: str, language: str, prose: Sequence[str] = ()
) -> str:
    """Return how the postings and tokens of document *number* differ from those of its text, or an empty text."""
    try:
        return _disagreement(postings, number, title, body, language, prose)
    except ValueError as error:
        return f"what is stored of it is damaged ({error})"


def _disagreement(
    postings: PostingReader, number: int, title: str, body: str, language: str, prose: Sequence[str]
) -> str:
    index, local = postings.locate(number)
    segment = postings.segments[index]
    title_tokens, after_title = analyze(title, language), tokens_of_body(body, prose, language)
    texts = [title_tokens, *after_title]
    body_tokens = [token for tokens in after_title for token in tokens]
    if not _has_tokens(segment, local, title_tokens, body_tokens):
        return "its words are not those of its text"
    for row, field in enumerate(SCORED_FIELDS):
        expected = dict(_occurrences(field, texts))
        if segment.columns.lengths[row, local] != sum(map(len, expected.values())):
            return f"its length in the field {field} is not that of its text"
        of_term = _positions if field in POSITIONED_FIELDS else _frequency
        for term, positions in expected.items():
            found = of_term(segment, segment.dictionary.find(field, term), local)
            if found != (positions if field in POSITIONED_FIELDS else len(positions)):
                return f"the postings of {term.decode(errors='replace')!r} in the field {field} have it elsewhere"
    return ""


def tokens_of_body(body: str, prose: Sequence[str], language: str) -> list[list[Token]]:
    """Return the tokens of *body* and of each text of *prose*, which stand behind it as they are searched."""
    texts, end = [analyze(body, language)], len(body)
    for text in prose:
        begin = end + len(PROSE_GAP)
        found = analyze(text, language)
        texts.append([token._replace(start=token.start + begin, end=token.end + begin) for token in found])
        end = begin + len(text) if text else end
    return texts


def _has_tokens(segment: Segment, local: int, title: Sequence[Token], body: Sequence[Token]) -> bool:
    columns = segment.columns
    first, last = columns.token_offsets[local : local + 2].tolist()
    tokens = [*title, *body]
    if last - first != len(tokens) or columns.title_words[local] != len(title):
        return False
    spans = np.concatenate(unpack_spans(columns, local)).tolist()
    words = read_tokens(columns, local)
    stored = zip(columns.word_exacts[words].tolist(), columns.word_stems[words].tolist(), spans, strict=True)
    return all(
        _text(segment, folded) == token.folded.encode("utf-8", "surrogatepass")
        and _text(segment, stem) == token.stem.encode("utf-8", "surrogatepass")
        and span == [token.start, token.end]
        for (folded, stem, span), token in zip(stored, tokens, strict=True)
    )


def _text(segment: Segment, term: int) -> bytes:
    return segment.dictionary[term] if term >= 0 else b""


def _occurrences(field: str, texts: Sequence[Sequence[Token]]) -> Iterator[tuple[bytes, list[int]]]:
    found: _Occurrences = {}
    placed: list[tuple[int, Token]] = []
    begin = 0
    for tokens in texts[:1] if field in (TITLE_FOLDED, TITLE_STEM) else texts:
        placed += enumerate(tokens, begin)
        begin += len(tokens) + BODY_GAP
    for position, token in placed:
        term = token.folded if field in (TEXT_FOLDED, TITLE_FOLDED) else token.stem
        if term:
            found.setdefault(term.encode("utf-8", "surrogatepass"), []).append(position)
    yield from found.items()


def _positions(segment: Segment, term: int, local: int) -> list[int]:
    """Return where *term* stands in document *local*; nowhere if its postings do not have it."""
    if term < 0:
        return []
    documents, positions = segment.positions(term)
    first, last = np.searchsorted(documents, (local, local + 1)).tolist()
    found: list[int] = positions[first:last].tolist()
    return found


def _frequency(segment: Segment, term: int, local: int) -> int:
    """Return how often document *local* has *term*, as its postings say."""
    if term < 0:
        return 0
    documents, frequencies = segment.postings(term)
    place = int(np.searchsorted(documents, local))
    return int(frequencies[place]) if place < len(documents) and documents[place] == local else 0
