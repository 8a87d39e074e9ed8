"""Building a segment: documents in, columns out. Nothing here is done posting by posting."""

from __future__ import annotations

import itertools
from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np

from arsearch.article_fields import PROSE_GAP, ExtraValue, Keywords, OwnField, OwnFields, keyword_values
from arsearch.common.array_files import ArrayFileWriter
from arsearch.common.array_types import Int32s, Int64s, UInt64s, Unsigned
from arsearch.lexical.analysis.bulk import AnalysedTexts, BulkAnalyzer
from arsearch.lexical.segment.columns import DATE_LENGTH, smallest_offsets, write_values
from arsearch.lexical.segment.field_names import (
    BODY_GAP,
    DATE,
    FIELDS,
    POSITIONED_FIELDS,
    SCORED_FIELDS,
    TEXT_FOLDED,
    TEXT_STEM,
    date_terms,
    keyword_term,
    own_number,
)
from arsearch.lexical.segment.fields import FieldWriter, scored_field, unscored_field
from arsearch.lexical.segment.packing.bits import padded
from arsearch.lexical.segment.packing.spans import TokenOffsets, join_offsets, pack_spans, token_offsets, word_widths
from arsearch.lexical.segment.packing.words import choose_widths, pack_words
from arsearch.lexical.segment.words import SegmentWords, number_words

__all__ = ["Document", "SegmentBuilder"]

"""Characters of a date that are kept for sorting and filtering: to the second."""

_BYTES_A_TOKEN = 28
"""What a token needs while a segment is written, at the peak: six bytes waiting, the rest while inverting.

Measured with tracemalloc, as what a distinct word needs, which comes on top.
"""
_BYTES_A_WORD = 300
_WORDS_REMEMBERED = 1 << 19
"""Distinct words beyond which the analysed ones are forgotten with the next segment.

More than a language has in use. What keeps coming is numbers, names and errors, which are seldom met again.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """An article as the lexical index sees it."""

    ordinal: int
    title: str
    body: str
    author: str = ""
    source: str = ""
    tags: tuple[str, ...] = ()
    date: str = ""
    extra: Mapping[str, ExtraValue] = field(default_factory=dict)
    elsewhere: tuple[Keywords | tuple[str, str, tuple[str, ...]], ...] = ()
    """What its copies are filtered by: filters and facets find it by these too."""


class SegmentBuilder:
    """Collects analysed documents in memory and writes them as one segment."""

    def __init__(self, own: OwnFields = ()) -> None:
        """Collect documents that have the *own* fields."""
        self.analyzer = BulkAnalyzer()
        self._own = own
        self._compared = [field for field in own if field.has_order]
        self._prose = [field for field in own if field.kind == "text"]
        self._begin()

    @property
    def texts_a_document(self) -> int:
        """Title, body, and own fields of prose."""
        return 2 + len(self._prose)

    def _begin(self) -> None:
        self._ordinals = array("q")
        self._dates: list[str] = []
        self._keywords: dict[str, list[tuple[int, bytes]]] = {name: [] for name in keyword_values((), self._own)}
        self._values: list[list[float]] = []
        self._words: list[Int32s] = []
        self._text_lengths: list[Int64s] = []
        self._token_offsets: list[TokenOffsets] = []
        self._tokens = 0

    def __len__(self) -> int:
        return len(self._ordinals)

    @property
    def memory(self) -> int:
        """About how many bytes it takes to write what has been collected."""
        more_words = max(len(self.analyzer.exact_of_word) - _WORDS_REMEMBERED, 0)
        return self._tokens * _BYTES_A_TOKEN + more_words * _BYTES_A_WORD

    def add(self, documents: Sequence[Document], language: str = "ar") -> AnalysedTexts:
        """Add *documents*, all in *language*; return the tokens of their texts, those of each in turn.

        Its texts are title, body, and each own field of prose.
        """
        for number, document in enumerate(documents, len(self._ordinals)):
            self._ordinals.append(document.ordinal)
            self._dates.append(document.date[:DATE_LENGTH])
            here = Keywords(document.author, document.source, document.tags, document.extra)
            keywords = [here, *(Keywords(*each) for each in document.elsewhere)]
            self._values.append([own_number(field, document.extra.get(field.name)) for field in self._compared])
            for name, values in keyword_values(keywords, self._own).items():
                terms = dict.fromkeys(map(_keyword_term, values))
                self._keywords[name].extend((number, term) for term in terms if term)
        every = [
            text
            for document in documents
            for text in (document.title, document.body, *(_text(document, field) for field in self._prose))
        ]
        texts = self.analyzer.analyze(every, language)
        self._words.append(texts.words)
        self._text_lengths.append(np.diff(texts.offsets))
        self._token_offsets.append(self._offsets_of(texts, every))
        self._tokens += len(texts.words)
        return texts

    def _offsets_of(self, texts: AnalysedTexts, every: Sequence[str]) -> TokenOffsets:
        """Return where the tokens of *texts* stand: prose goes on where the body ends, behind a paragraph break."""
        if not self._prose:
            return token_offsets(texts.starts, texts.ends, texts.offsets[:-1])
        count = self.texts_a_document
        sizes = np.array([len(text) for text in every], dtype=np.int32).reshape(-1, count)
        sizes[:, 2:] += np.where(sizes[:, 2:] > 0, len(PROSE_GAP), 0)
        begins = np.cumsum(sizes, axis=1) - sizes - sizes[:, :1]  # from the beginning of the body
        begins[:, 0] = 0
        begins[:, 2:] += len(PROSE_GAP)
        shifts = np.repeat(begins.ravel().astype(np.int32), np.diff(texts.offsets))
        firsts = texts.offsets[:-1].reshape(-1, count)[:, :2].ravel()
        return token_offsets(texts.starts + shifts, texts.ends + shifts, firsts)

    def exact_words(self, texts: Sequence[str], hash_of: Callable[[str], bytes]) -> list[UInt64s]:
        """Return of each of *texts*, which are not added, what *hash_of* gives for its folded words (words,): 8 bytes.

        That is always the same function.
        """
        if not self:
            self._forget_words()
        analysed = self.analyzer.analyze(texts)
        hashes = self.analyzer.exact_hashes(analysed.words, hash_of)
        return [hashes[first:last] for first, last in itertools.pairwise(analysed.offsets.tolist())]

    def write(self, path: Path) -> None:
        """Write everything added so far as a segment into the file *path*, and begin anew."""
        with ArrayFileWriter(path) as out:
            self._write(out)
        self._begin()
        self._forget_words()

    def _write(self, out: ArrayFileWriter) -> None:
        text_lengths = np.concatenate(self._text_lengths).reshape(-1, self.texts_a_document)
        offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(text_lengths.sum(axis=1))])
        out.write("ordinals", np.array(self._ordinals, dtype=np.int64))
        out.write("dates", np.array(self._dates, dtype=f"S{DATE_LENGTH}"))
        out.write("token_offsets", offsets)
        out.write("title_words", text_lengths[:, 0].astype(np.uint32))
        if self._compared:
            names = [field.index_name for field in self._compared]
            write_values(out, names, np.array(self._values, dtype=np.float64).T)
        words, tokens = number_words(self.analyzer, self._words)
        self._words.clear()
        code = choose_widths(words.counts)
        packed, ends = pack_words(tokens, offsets, code)
        out.write("text_widths", code)
        out.write("text_bytes", padded(packed))
        out.write("text_offsets", smallest_offsets(np.diff(ends, prepend=0)))
        widths = word_widths(words.exact_texts, words.folded_words)
        out.write("word_widths", widths)
        packed, ends = pack_spans(join_offsets(self._token_offsets), widths[tokens], offsets)
        self._token_offsets.clear()
        out.write("span_bytes", packed)
        out.write("span_offsets", smallest_offsets(np.diff(ends, prepend=0)))
        del packed  # so that its memory is free
        ranges = self._write_fields(out, words, tokens, offsets, text_lengths)
        out.write("word_exacts", words.folded_words + np.int32(ranges[TEXT_FOLDED][0]))
        stems = np.where(words.stems == words.no_stem, np.int32(-1), words.stems + np.int32(ranges[TEXT_STEM][0]))
        out.write("word_stems", stems)

    def _forget_words(self) -> None:
        """Let the words met so far go if they have become too many. No document may wait to be written."""
        if len(self.analyzer.exact_of_word) > _WORDS_REMEMBERED:
            self.analyzer = BulkAnalyzer()

    def _write_fields(
        self, out: ArrayFileWriter, words: SegmentWords, tokens: Int32s, token_offsets: Int64s, text_lengths: Int64s
    ) -> dict[str, tuple[int, int]]:
        """Write terms, postings and lengths of all fields; return the range of terms of each."""
        pairs = self._keywords | {
            DATE: [(number, term) for number, terms in enumerate(date_terms(self._dates)) for term in terms]
        }
        positions = _positions(text_lengths)
        titles = _ranges(token_offsets[:-1], text_lengths[:, 0])
        title_offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(text_lengths[:, 0])])
        lengths = np.empty((len(SCORED_FIELDS), len(text_lengths)), dtype=np.uint32)
        with FieldWriter(out) as writer:
            for name in sorted({*FIELDS, *pairs}):
                if name in pairs:
                    writer.add(name, unscored_field(pairs[name], len(self)))
                    continue
                texts, of_word = (
                    (words.exact_texts, words.folded_words)
                    if name in POSITIONED_FIELDS
                    else (words.stem_texts, words.stems)
                )
                if name in (TEXT_FOLDED, TEXT_STEM):
                    placed = positions if name in POSITIONED_FIELDS else None
                    field = scored_field(texts, of_word[tokens], token_offsets, placed)
                else:
                    placed = positions[titles] if name in POSITIONED_FIELDS else None
                    field = scored_field(texts, of_word[tokens[titles]], title_offsets, placed)
                lengths[SCORED_FIELDS.index(name)] = field.lengths
                writer.add(name, field)
                del field  # so that its memory is free for the next
        out.write("lengths", lengths)
        return writer.ranges


def _text(document: Document, field: OwnField) -> str:
    value = document.extra.get(field.name, "")
    return value if isinstance(value, str) else ""


_keyword_term = lru_cache(maxsize=1 << 14)(keyword_term)


def _positions(text_lengths: Int64s) -> Unsigned:
    """Return the position of each token; *text_lengths* (documents, texts): the tokens of title, body, and prose."""
    lengths = text_lengths.ravel()
    begins = np.cumsum(lengths) - lengths
    count = text_lengths.shape[1]
    bases = begins.reshape(-1, count)[:, :1] - BODY_GAP * np.arange(count)
    last = np.where(lengths > 0, begins + lengths - 1 - bases.ravel(), 0)
    positions = np.arange(int(lengths.sum()), dtype=np.int32)
    positions -= np.repeat(bases.ravel().astype(np.int32), lengths)
    return positions.astype(np.min_scalar_type(int(last.max(initial=0))))


def _ranges(begins: Int64s, counts: Int64s) -> Int64s:
    """Return the numbers from each of *begins* on, as many as *counts* says, one after the other."""
    return np.repeat(begins - (np.cumsum(counts) - counts), counts) + np.arange(int(counts.sum()))
