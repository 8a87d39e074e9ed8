"""Documents as far as a query is about them: the words that share a stem or an n-gram with it, and the cosine.

Nodes choose what is sent (:data:`~arsearch.backends.opensearch.views.node_scripts.VIEW`). Of a news article that are
some dozens of bytes, where a whole record has a thousand or two. What the views of one query have is enough for exact
scores, features and marks; only beginnings of words (``مدرس*``) need whole records.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt

from arsearch.arabic import analyze
from arsearch.backends.opensearch.search.query_dsl import scored_terms
from arsearch.backends.opensearch.search.token_columns import DocumentTokens, WordNumbers
from arsearch.backends.opensearch.views.loose_words import (
    LOOSE_LENGTH,
    LooseWordError,
    asked_grams,
    made_up_word,
    seen_by_nodes,
)
from arsearch.backends.opensearch.views.node_scripts import VIEW
from arsearch.backends.opensearch.views.word_column import stem_hash, word_hash
from arsearch.common.array_types import Int64s, Vectors
from arsearch.errors import CorruptIndexError
from arsearch.lexical.query.parse import LexicalQuery
from arsearch.lexical.segment.field_names import TEXT_STEM, TITLE_STEM
from arsearch.ranking import WORD_END, grams_of

__all__ = ["VIEW_FIELD", "Along", "DocumentView", "QueryViews", "ViewCache", "Wanted", "wanted_of"]

VIEW_FIELD = "view"

_KEPT_QUERIES = 64
_KEPT_VIEWS = 5_000
"""Documents of one query: a page far behind has more, and asks for them again."""

# Numbers are written in characters of two kinds: the last of a number is one of 57, those before it of 34.
_FIRST_LAST, _FIRST_BEFORE, _BEFORE = 35, 93, 34
_COSINE_UNIT = 1 << 24
_HEAD = 11
"""Tokens, with a stem, of the title, of the title with a stem, whether there are copies, cosine, passage and where it
starts and ends, distinct words, kinds of loose words."""
_NO_WORD = "\n"
_STOP_WORD, _OTHER_STEM = 0, 1
"""What stands for the stem of a word; from 2 on it is one of those asked for."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which words of a document are wanted: with one of *stems*, one of *words*, or with any n-gram of *grams*.

    *grams* are as nodes see them, those of one word of the query after those of the other. Of words that have some, and
    resemble no word of the query, the n-grams are enough: see loose_words.py.
    """

    stems: tuple[str, ...]
    words: tuple[str, ...]
    grams: tuple[int, ...]

    def covers(self, grams: tuple[int, ...], stems: Iterable[str]) -> bool:
        """Whether it is all words that resemble those with *grams*, and all with one of *stems*."""
        return grams == self.grams and set(self.stems).issuperset(stems)


def wanted_of(query: LexicalQuery) -> Wanted:
    """Return which words scores, features and marks of *query* look at."""
    stems = dict.fromkeys(word.stem for word in query.scored_words if word.stem)
    words = dict.fromkeys(word.folded for word in query.scored_words)
    stems |= dict.fromkeys(form.stem for forms in query.forms for form in forms.others)
    for folded in (folded for synonym in query.synonyms for folded in synonym.folded_words):
        words[folded] = None
        stems |= dict.fromkeys(token.stem for token in analyze(folded) if token.stem)
    for field, text in scored_terms(query):
        (stems if field in (TEXT_STEM, TITLE_STEM) else words)[text] = None
    grams = grams_of("".join(word.folded + WORD_END for word in query.scored_words))
    return Wanted(tuple(stems), tuple(words), seen_by_nodes(grams))


Along = tuple[Sequence[dict[str, Any]], Callable[[Sequence[dict[str, Any]]], None]]
"""Searches, and what takes their answers."""


@dataclass(frozen=True, slots=True)
class DocumentView:
    """What the view of a query has of a document.

    *cosine* of its nearest *passage* (start and end in the body, None without one), -1 without one or a vector to
    compare with; *copied*: whether other articles are kept as copies of it.
    """

    tokens: DocumentTokens
    cosine: float
    passage: tuple[int, int] | None
    copied: bool


class QueryViews:
    """The views of one query, by document. Safe to use from several threads.

    *vector* (dimension,) is what passages are compared with, None for nothing.
    """

    def __init__(self, wanted: Wanted, vector: Vectors | None, *, whole: bool = False) -> None:
        self.wanted = wanted
        self.vector = vector
        self.whole = whole
        """Whether all words of documents are wanted, which nodes do not choose then."""
        self.along: list[Along] = []
        """What else is to be asked for with the next views."""
        self.folded_words, self.stems = WordNumbers(), WordNumbers()
        self._other = int(self.stems.of_all(["", *wanted.stems, _NO_WORD])[-1])
        self._views: OrderedDict[int, DocumentView] = OrderedDict()
        self._lock = Lock()

    def fields(self) -> dict[str, Any]:
        """Return what a search says so that its hits come with their views."""
        grams = asked_grams(self.wanted.grams)
        parameters = {
            "stems": [stem_hash(stem) for stem in self.wanted.stems],
            "words": [word_hash(word) for word in self.wanted.words],
            "grams": grams.numbers,
            "having": grams.having,
            "sizes": grams.sizes,
            "loose_length": LOOSE_LENGTH,
            "vector": [] if self.vector is None else [float(f"{number:.8g}") for number in self.vector.tolist()],
        }
        return {VIEW_FIELD: {"script": {"lang": "painless", "source": VIEW, "params": parameters}}}

    def get(self, document: int) -> DocumentView | None:
        """Return the view of *document*, None if it is not known."""
        return self._views.get(document)

    def put(self, document: int, view: DocumentView) -> None:
        """Keep the *view* of *document*."""
        self.put_all([(document, view)])

    def put_all(self, views: Iterable[tuple[int, DocumentView]]) -> None:
        """Keep *views* by document."""
        with self._lock:
            self._views.update(views)
            while len(self._views) > _KEPT_VIEWS:
                self._views.popitem(last=False)

    def take(self, documents: Sequence[int], texts: Sequence[str]) -> list[int]:
        """Keep the views of *documents* as nodes have sent them; return those that a node would not look at.

        Raises CorruptIndexError if one cannot be read.
        """
        sent = {document: text.split(" ") for document, text in zip(documents, texts, strict=True) if text}
        new = {document: parts for document, parts in sent.items() if document not in self._views}
        try:
            views = self._read([numbers for numbers, *_ in new.values()], [words for _, *words in new.values()])
        except _UnreadableError as error:
            raise CorruptIndexError(
                f"What the cluster says of document {[*new][error.at]} is not what arsearch asked for ({error}). Run "
                "`arsearch index --full SOURCE...`."
            ) from error
        self.put_all(zip(new, views, strict=True))
        return [document for document, text in zip(documents, texts, strict=True) if not text]

    def _read(self, texts: Sequence[str], words: Sequence[Sequence[str]]) -> list[DocumentView]:
        """Return the views with these numbers, as text, and distinct words; all of them are read at once."""
        if not texts:
            return []
        counts, numbers = _numbers(texts)
        ends = np.cumsum(counts)
        begins = ends - counts
        _demand(counts >= _HEAD, "its head is too short")
        heads = numbers[begins[:, None] + np.arange(_HEAD)]
        distinct, loose = heads[:, -2], heads[:, -1]
        came = np.array([len(each) for each in words], dtype=np.int64)
        _demand(distinct == came, "another number of words was announced than came")
        of_tokens = counts - _HEAD - distinct - 2 * loose
        _demand((of_tokens >= 0) & (of_tokens % 2 == 0), "its tokens are no pairs of numbers")
        places = np.arange(len(numbers)) - np.repeat(begins, counts)
        first_loose = np.repeat(_HEAD + distinct, counts)
        first_of_token = first_loose + np.repeat(2 * loose, counts)
        stems = numbers[(places >= _HEAD) & (places < first_loose)]
        loose_words = self._loose_words(
            numbers[(places >= first_loose) & (places < first_of_token)], loose, heads[:, 0]
        )
        tokens = numbers[places >= first_of_token].reshape(-1, 2)
        owners = np.repeat(np.arange(len(counts)), of_tokens // 2)
        within = tokens[:, 0] < distinct[owners]
        if not within.all():
            raise _UnreadableError("a token is none of its words", int(owners[np.argmin(within)]))
        known = np.where(stems == _STOP_WORD, 0, np.where(stems == _OTHER_STEM, self._other, stems - 1))
        which = tokens[:, 0] + (np.cumsum(distinct) - distinct)[owners]
        folded_words = self.folded_words.of_all([word for each in words for word in each])[which]
        stem_numbers = known.astype(np.int32)[which]
        last = np.cumsum(of_tokens // 2)
        steps = np.concatenate([[0], np.cumsum(tokens[:, 1])])
        positions = steps[1:] - steps[(last - of_tokens // 2)[owners]]
        cosines = (heads[:, 5] / _COSINE_UNIT - 1).astype(np.float32).tolist()
        parts = zip(heads.tolist(), cosines, loose_words, [0, *last.tolist()], last.tolist(), strict=False)
        return [
            DocumentView(
                DocumentTokens(
                    folded_words[first:end],
                    stem_numbers[first:end],
                    title,
                    positions[first:end],
                    (total, stemmed, title, title_stemmed),
                    others,
                ),
                cosine,
                (start, stop) if passage else None,
                bool(copied),
            )
            for (
                total,
                stemmed,
                title,
                title_stemmed,
                copied,
                _,
                passage,
                start,
                stop,
                *_,
            ), cosine, others, first, end in parts
        ]

    def _loose_words(self, pairs: Int64s, kinds: Int64s, lengths: Int64s) -> list[npt.NDArray[np.int32]]:
        """Return the loose words of each document, made-up ones: so many *kinds* of *pairs* of a code and a count."""
        codes, counts = pairs.reshape(-1, 2).T
        owners = np.repeat(np.arange(len(kinds)), kinds)
        of_document = np.bincount(owners, weights=counts, minlength=len(kinds)).astype(np.int64)
        _demand((of_document == 0) | ((of_document <= lengths) & (lengths <= LOOSE_LENGTH)), "it has too many words")
        distinct, which = np.unique(codes, return_inverse=True)
        numbers = asked_grams(self.wanted.grams).numbers
        try:
            texts = [made_up_word(code, numbers) for code in distinct.tolist()]
        except LooseWordError as error:
            raise _UnreadableError("a word has letters that were not asked for", int(owners[0])) from error
        words = np.repeat(self.folded_words.of_all(texts)[which], counts)
        ends = np.cumsum(of_document).tolist()
        return [words[first:end] for first, end in zip([0, *ends], ends, strict=False)]


class _UnreadableError(ValueError):
    """Says what is wrong with one of several texts, and with which."""

    def __init__(self, what: str, at: int) -> None:
        super().__init__(what)
        self.at = at


def _demand(right: npt.NDArray[np.bool_], what: str) -> None:
    """Raise an _UnreadableError if not all are *right*."""
    if not right.all():
        raise _UnreadableError(what, int(np.argmin(right)))


def _numbers(texts: Sequence[str]) -> tuple[Int64s, Int64s]:
    """Return how many numbers each of *texts* has, and all of them."""
    digits = np.frombuffer("".join(texts).encode("ascii"), dtype=np.uint8).astype(np.int64)
    is_last = digits < _FIRST_BEFORE
    begins = np.flatnonzero(np.concatenate([[True], is_last])[: len(digits)])
    places = np.arange(len(digits)) - np.repeat(begins, np.diff(begins, append=len(digits)))
    values = np.where(is_last, digits - _FIRST_LAST, digits - _FIRST_BEFORE) * _BEFORE**places
    numbers = np.add.reduceat(values, begins) if len(begins) else np.empty(0, np.int64)
    edges = np.cumsum([len(text) for text in texts])
    known = np.searchsorted(begins, edges)
    return np.diff(known, prepend=0), numbers


class ViewCache:
    """The views of the last queries. Safe to use from several threads."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[Wanted, bytes], QueryViews] = OrderedDict()
        self._last: tuple[LexicalQuery | None, Wanted] = None, Wanted((), (), ())
        self._lock = Lock()

    def of(self, query: LexicalQuery, vector: Vectors | None = None) -> QueryViews:
        """Return the views of *query*, compared with *vector*; without one, those with any vector if there are any."""
        wanted = self._wanted(query)
        if vector is None and (found := self._find(lambda views: views.wanted == wanted)):
            return found
        key = wanted, b"" if vector is None else vector.tobytes()
        with self._lock:
            views = self._kept.setdefault(key, QueryViews(wanted, vector, whole=bool(query.prefixes)))
            self._kept.move_to_end(key)
            while len(self._kept) > _KEPT_QUERIES:
                self._kept.popitem(last=False)
        return views

    def _wanted(self, query: LexicalQuery) -> Wanted:
        """Return what is wanted for *query*, which each hit of a page asks for."""
        of, wanted = self._last
        if of is not query:
            wanted = wanted_of(query)
            self._last = query, wanted
        return wanted

    def with_words(self, grams: npt.NDArray[np.uint64], stems: Sequence[str]) -> QueryViews:
        """Return views that have all words that resemble those with *grams*, and those with *stems*."""
        seen = seen_by_nodes(grams)
        asked = [stem for stem in stems if stem]
        found = self._find(lambda views: views.wanted.covers(seen, asked))
        return found or QueryViews(Wanted(tuple(asked), (), seen), None)

    def compared_with(self, vector: Vectors) -> QueryViews:
        """Return views whose passages were compared with *vector*."""
        found = self._find(lambda views: views.vector is not None and np.array_equal(views.vector, vector))
        return found or QueryViews(Wanted((), (), ()), vector)

    def _find(self, fits: Callable[[QueryViews], bool]) -> QueryViews | None:
        with self._lock:
            return next(filter(fits, reversed(self._kept.values())), None)
