"""Building a segment: documents in, columns out. Nothing here is done posting by posting."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from arsearch.lexical.analysis import AnalysedTexts, BulkAnalyzer
from arsearch.lexical.columns import Columns, Int32s, Int64s, smallest, write_columns
from arsearch.lexical.dictionary import pack_terms
from arsearch.lexical.invert import Postings, invert
from arsearch.lexical.offsets import pack_offsets
from arsearch.lexical.schema import (
    AUTHOR,
    BODY_GAP,
    DATE,
    FIELDS,
    KEYWORD_FIELDS,
    SCORED_FIELDS,
    SECTION,
    SOURCE,
    TAG,
    TEXT_EXACT,
    TEXT_STEM,
    TITLE_EXACT,
    TITLE_STEM,
    date_terms,
    keyword_term,
)

__all__ = ["DATE_LENGTH", "Document", "SegmentBuilder"]

DATE_LENGTH = 19
"""Characters of a date that are kept for sorting and filtering: to the second."""

_BYTES_A_TOKEN = 100
"""What a token needs while a segment is built, at the peak: about 12 bytes waiting, the rest while inverting."""


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
    elsewhere: tuple[tuple[str, str, tuple[str, ...]], ...] = ()
    """Author, source and tags of its copies: filters and facets find it by these too."""


class SegmentBuilder:
    """Collects analysed documents in memory and writes them as one segment."""

    def __init__(self) -> None:
        self.analyzer = BulkAnalyzer()
        self._begin()

    def _begin(self) -> None:
        self._ordinals = array("q")
        self._dates: list[str] = []
        self._keywords: dict[str, list[tuple[int, bytes]]] = {name: [] for name in KEYWORD_FIELDS}
        self._texts: list[AnalysedTexts] = []
        self._tokens = 0

    def __len__(self) -> int:
        return len(self._ordinals)

    @property
    def memory(self) -> int:
        """About how many bytes it takes to write what has been collected."""
        return self._tokens * _BYTES_A_TOKEN

    def add(self, documents: Sequence[Document], language: str = "ar") -> AnalysedTexts:
        """Add *documents*, all in *language*; return the tokens of titles and bodies, those of each in turn."""
        for number, document in enumerate(documents, len(self._ordinals)):
            self._ordinals.append(document.ordinal)
            self._dates.append(document.date[:DATE_LENGTH])
            places = [(document.author, document.source, document.tags), *document.elsewhere]
            keywords = {
                AUTHOR: [author for author, _, _ in places],
                SECTION: [tags[0] for _, _, tags in places if tags],
                SOURCE: [source for _, source, _ in places],
                TAG: [tag for _, _, tags in places for tag in tags],
            }
            for name, values in keywords.items():
                terms = dict.fromkeys(map(keyword_term, values))
                self._keywords[name].extend((number, term) for term in terms if term)
        texts = self.analyzer.analyze(
            [text for document in documents for text in (document.title, document.body)], language
        )
        self._texts.append(texts)
        self._tokens += len(texts.words)
        return texts

    def write(self, folder: Path) -> None:
        """Write everything added so far as a segment into *folder*, and begin anew."""
        columns = self._columns()
        self._begin()
        write_columns(folder, columns)

    def _columns(self) -> Columns:
        counts = np.concatenate([np.diff(texts.offsets) for texts in self._texts])
        title_words = counts[0::2]
        text_firsts = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])
        gaps, widths, escaped, spans = pack_offsets(
            np.concatenate([texts.starts for texts in self._texts]),
            np.concatenate([texts.ends for texts in self._texts]),
            text_firsts[:-1],
        )
        used, tokens = _renumber(np.concatenate([texts.words for texts in self._texts]), len(self.analyzer.words))
        self._texts.clear()
        exacts, exact_of_word = _sorted_terms([self.analyzer.words[number].exact for number in used.tolist()])
        stems, stem_of_word = _sorted_terms([self.analyzer.words[number].stem for number in used.tolist()])
        by_term = np.lexsort((stem_of_word, exact_of_word))
        exact_of_word, stem_of_word = exact_of_word[by_term], stem_of_word[by_term]
        tokens = np.argsort(by_term).astype(np.int32)[tokens]
        token_offsets = text_firsts[0::2]
        place = _Places(token_offsets, title_words)
        fields = {name: self._keyword_field(name) for name in KEYWORD_FIELDS} | {DATE: self._date_field()}
        lengths = np.empty((len(SCORED_FIELDS), len(title_words)), dtype=np.uint32)
        for row, name in enumerate(SCORED_FIELDS):
            terms, of_word = (exacts, exact_of_word) if name in (TEXT_EXACT, TITLE_EXACT) else (stems, stem_of_word)
            field, lengths[row] = place.field(terms, of_word[tokens], titles_only=name in (TITLE_EXACT, TITLE_STEM))
            fields[name] = field
        ranges = _ranges(fields)
        term_bytes, term_offsets = pack_terms([term for name in FIELDS for term in fields[name].terms])
        joined = _join([fields[name].postings for name in FIELDS])
        return Columns(
            fields=ranges,
            ordinals=np.array(self._ordinals, dtype=np.int64),
            dates=np.array(self._dates, dtype=f"S{DATE_LENGTH}"),
            lengths=lengths,
            term_bytes=term_bytes,
            term_offsets=term_offsets,
            posting_offsets=joined.offsets,
            posting_documents=joined.documents,
            posting_frequencies=smallest(joined.frequencies),
            position_offsets=joined.position_offsets,
            positions=smallest(joined.positions),
            word_exacts=exact_of_word + np.int32(ranges[TEXT_EXACT][0]),
            word_stems=np.where(stem_of_word < 0, np.int32(-1), stem_of_word + np.int32(ranges[TEXT_STEM][0])),
            token_offsets=token_offsets,
            tokens=tokens,
            title_words=title_words.astype(np.uint32),
            token_gaps=gaps,
            token_widths=widths,
            escaped_tokens=escaped,
            escaped_spans=spans,
        )

    def _keyword_field(self, name: str) -> _Field:
        return _unscored_field(self._keywords[name])

    def _date_field(self) -> _Field:
        return _unscored_field(
            [(number, term) for number, terms in enumerate(date_terms(self._dates)) for term in terms]
        )


@dataclass(frozen=True, slots=True)
class _Field:
    terms: list[bytes]
    postings: Postings


class _Places:
    """Where the tokens of a segment stand: in which document, and at which position there."""

    def __init__(self, token_offsets: Int64s, title_words: Int64s) -> None:
        counts = np.diff(token_offsets)
        self._document_count = len(counts)
        self._documents = np.repeat(np.arange(len(counts), dtype=np.int32), counts)
        within = np.arange(token_offsets[-1]) - np.repeat(token_offsets[:-1], counts)
        self._in_title = within < np.repeat(title_words, counts)
        self._positions = np.where(self._in_title, within, within + BODY_GAP).astype(np.int32)

    def field(
        self, terms: list[bytes], of_token: Int32s, *, titles_only: bool
    ) -> tuple[_Field, npt.NDArray[np.uint32]]:
        """Return the field whose terms *of_token* (tokens,) numbers, -1 for none, and its lengths (documents,)."""
        chosen = (of_token >= 0) & self._in_title if titles_only else of_token >= 0
        documents = self._documents[chosen]
        used, numbers = _renumber(of_token[chosen], len(terms))
        postings = invert(numbers, documents, self._positions[chosen], len(used))
        lengths = np.bincount(documents, minlength=self._document_count).astype(np.uint32)
        return _Field([terms[number] for number in used.tolist()], postings), lengths


def _renumber(numbers: Int32s, count: int) -> tuple[Int64s, Int32s]:
    """Return which of 0 to *count* occur in *numbers*, sorted, and *numbers* as indices of those."""
    occurs = np.zeros(count, dtype=np.bool_)
    occurs[numbers] = True
    return np.flatnonzero(occurs), (np.cumsum(occurs, dtype=np.int32) - np.int32(1))[numbers]


def _sorted_terms(texts: list[str]) -> tuple[list[bytes], Int32s]:
    """Return the distinct *texts* sorted and encoded, and the place of each of *texts* among them, -1 for empty."""
    # Code point order is the order of UTF-8.
    distinct = sorted(set(texts) - {""})
    places = {text: place for place, text in enumerate(distinct)}
    places[""] = -1
    return [text.encode("utf-8", "surrogatepass") for text in distinct], np.fromiter(
        map(places.__getitem__, texts), dtype=np.int32, count=len(texts)
    )


def _unscored_field(pairs: list[tuple[int, bytes]]) -> _Field:
    """Return the field in which each document has each of its terms once and nowhere in particular."""
    terms = sorted({term for _, term in pairs})
    numbers = {term: number for number, term in enumerate(terms)}
    documents = np.array([document for document, _ in pairs], dtype=np.int32)
    postings = invert(
        np.array([numbers[term] for _, term in pairs], dtype=np.int32), documents, np.zeros_like(documents), len(terms)
    )
    none = np.zeros(len(terms) + 1, np.int64)
    return _Field(
        terms,
        Postings(postings.offsets, postings.documents, postings.frequencies, none, np.empty(0, np.int64)),
    )


def _ranges(fields: dict[str, _Field]) -> dict[str, tuple[int, int]]:
    ranges = {}
    first = 0
    for name in FIELDS:
        ranges[name] = (first, first + len(fields[name].terms))
        first = ranges[name][1]
    return ranges


def _join(parts: list[Postings]) -> Postings:
    """Return the postings of all *parts*, one after the other."""
    return Postings(
        offsets=_join_offsets([part.offsets for part in parts]),
        documents=np.concatenate([part.documents for part in parts]),
        frequencies=np.concatenate([part.frequencies for part in parts]),
        position_offsets=_join_offsets([part.position_offsets for part in parts]),
        positions=np.concatenate([part.positions for part in parts]),
    )


def _join_offsets(parts: list[Int64s]) -> Int64s:
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(np.concatenate([np.diff(part) for part in parts]))])
