"""An article as a document of a cluster, and what a searcher reads back of it."""

from __future__ import annotations

import base64
import hashlib
import itertools
import math
import struct
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from arsearch.article_fields import PROSE_GAP, Keywords, OwnFields, extra_from_json, keyword_values
from arsearch.backends.opensearch.search.query_dsl import KEYWORDS, MOMENT, SEARCHABLE, VALUES, milliseconds
from arsearch.backends.opensearch.search.token_columns import DocumentTokens, WordNumbers, pack_spans, pack_words
from arsearch.backends.opensearch.views.word_column import WORDS_FIELD, pack_column
from arsearch.corpus import Article, shown_fields
from arsearch.errors import CorruptIndexError
from arsearch.lexical import keyword_term
from arsearch.lexical.segment.columns import DATE_LENGTH
from arsearch.lexical.segment.field_names import TEXT_FOLDED, TEXT_STEM, TITLE_FOLDED, TITLE_STEM, moment_of, own_number

__all__ = [
    "ARTICLE_FIELDS",
    "RECORD_FIELD",
    "AnalysedArticle",
    "DocumentRecord",
    "copy_document",
    "id_hash",
    "read_article",
    "read_keywords",
    "read_record",
    "read_words",
    "searchable_document",
]  # fmt: skip


_SHOWN = ("id", "title", "author", "date", "source", "url", "language", "body")
ARTICLE_FIELDS = [*_SHOWN, "tags", "extra", "shown", "copy_of"]
RECORD_FIELD = "record"
_HEAD = struct.Struct("<IIIB19s")
"""Bytes of the words, tokens of the title, passages, whether there are copies, and the date."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysedArticle:
    """An article with everything that is indexed of it.

    *number* is the document's, which was *born* with a token: see cluster/state.py.

    *folded_words* and *stems*: of its tokens, the first *title* of which are its title; *spans* int32 (tokens, 2);
    *passages* int64 (passages, 2): start and end in the body; *codes* int8 (passages, dimension), by which passages are
    found; *vectors* int8 or float16 (passages, dimension), by which they are compared; *elsewhere*: of its copies.
    """

    number: int
    born: int
    article: Article
    content_hash: str
    folded_words: Sequence[str]
    stems: Sequence[str]
    title: int
    spans: npt.NDArray[np.int32]
    passages: npt.NDArray[np.int64]
    codes: npt.NDArray[np.int8]
    vectors: npt.NDArray[np.int8] | npt.NDArray[np.float16]
    elsewhere: Sequence[Keywords]


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentRecord:
    """What ranking and counting need of a document.

    *codes* float32 (passages, dimension), of any length; *norms* float32 (passages,); *passages*: start and end in the
    body; *date* to the second; *copied*: whether other articles are kept as copies of this one.
    """

    tokens: DocumentTokens
    codes: npt.NDArray[np.float32]
    norms: npt.NDArray[np.float32]
    passages: Sequence[tuple[int, int]]
    date: str
    copied: bool


def searchable_document(one: AnalysedArticle, *, knn: bool, own: OwnFields = ()) -> dict[str, Any]:
    """Return the document of an article that is found, in an index with *own* fields."""
    title, places = one.title, [one.article.keywords, *one.elsewhere]
    document = _shown(one.number, one.born, one.article, one.content_hash) | {
        SEARCHABLE: True,
        # Two values of a field are a hundred positions apart: no phrase goes from the one into the other.
        TEXT_FOLDED: [" ".join(one.folded_words[:title]), *_parts_of_body(one, own)],
        TEXT_STEM: " ".join(filter(None, one.stems)),
        TITLE_FOLDED: " ".join(one.folded_words[:title]),
        TITLE_STEM: " ".join(filter(None, one.stems[:title])),
        KEYWORDS: {name: _terms(values) for name, values in keyword_values(places, own).items()},
        # A vector of zeros is near to nothing.
        "passages": [
            {"vector": code.tolist()} if knn else {"code": _text(code.tobytes())} for code in one.codes if code.any()
        ],
        "record": _text(_packed_record(one)),
        WORDS_FIELD: _text(pack_column(one.folded_words, one.stems, title, _written_words(one, own))),
        "spans": _text(pack_spans(one.spans[:, 0], one.spans[:, 1])),
    }
    if one.elsewhere:
        document["elsewhere"] = [_written(place) for place in one.elsewhere]
    if values := _values(one.article, own):
        document[VALUES] = values
    date = one.article.date[:DATE_LENGTH]
    if date:
        document["year"] = date[:4]
        if moment := moment_of(one.article.date):
            document[MOMENT] = milliseconds(moment)
    else:
        del document["date"]
    return document


def copy_document(number: int, born: int, article: Article, content_hash: str, kept: int) -> dict[str, Any]:
    """Return the document of an article that is kept as a copy of the document *kept*, and never found by itself."""
    document = _shown(number, born, article, content_hash) | {SEARCHABLE: False, "copy_of": kept}
    if not article.date:
        del document["date"]
    return document


def _shown(number: int, born: int, article: Article, content_hash: str) -> dict[str, Any]:
    shown: dict[str, Any] = {name: getattr(article, name) for name in _SHOWN}
    if article.extra:
        shown["extra"] = article.extra_as_json()
    if besides := article.shown_as_json():
        shown["shown"] = besides
    return shown | {
        "tags": list(article.tags),
        "id_hash": id_hash(article.id),
        "content_hash": content_hash,
        "ordinal": number,
        "born": born,
    }


def _written_words(one: AnalysedArticle, own: OwnFields) -> list[str]:
    """Return the words as the article has them."""
    title, text = one.article.title, one.article.searched_text(own)
    spans = one.spans.tolist()
    return [title[a:b] for a, b in spans[: one.title]] + [text[a:b] for a, b in spans[one.title :]]


def _parts_of_body(one: AnalysedArticle, own: OwnFields) -> list[str]:
    """Return the words of the body, and those of each own field of prose behind it."""
    end, ends = len(one.article.body), []
    for text in filter(None, one.article.prose(own)):
        ends.append(end)
        end += len(PROSE_GAP) + len(text)
    cuts = np.searchsorted(one.spans[one.title :, 0], ends).tolist() if ends else []
    words = one.folded_words[one.title :]
    return [" ".join(words[first:last]) for first, last in itertools.pairwise([0, *cuts, len(words)])]


def _values(article: Article, own: OwnFields) -> dict[str, float]:
    """Return the own numbers and dates of *article* as they are compared, by what the index calls the field."""
    values = {field.index_name: own_number(field, article.extra.get(field.name)) for field in own if field.has_order}
    return {name: value for name, value in values.items() if not math.isnan(value)}


def _written(place: Keywords) -> list[Any]:
    extra = {name: list(value) if isinstance(value, tuple) else value for name, value in place.extra.items()}
    return [place.author, place.source, list(place.tags), *([extra] if extra else [])]


def id_hash(identifier: str) -> str:
    """Return what an article is looked up by: ids may be longer than a term of Lucene."""
    return hashlib.sha256(identifier.encode("utf-8", "surrogatepass")).hexdigest()


def _terms(values: Any) -> list[str]:
    return [term.decode() for term in dict.fromkeys(map(keyword_term, values)) if term]


def _packed_record(one: AnalysedArticle) -> bytes:
    words = pack_words(one.folded_words, one.stems)
    date = one.article.date[:DATE_LENGTH].encode("ascii", "replace")
    head = _HEAD.pack(len(words), one.title, len(one.passages), bool(one.elsewhere), date)
    return head + words + one.passages.astype("<i4").tobytes() + one.vectors.tobytes()


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def read_article(source: Mapping[str, Any]) -> Article:
    """Return the article of a document."""
    return Article(
        **{name: source.get(name, "") for name in _SHOWN},
        tags=tuple(source.get("tags", ())),
        extra=extra_from_json(source.get("extra", {})),
        **shown_fields(source.get("shown", {})),
    )


def read_record(text: str, folded_words: WordNumbers, stems: WordNumbers, dimension: int) -> DocumentRecord:
    """Return what ranking needs of a document. Raises CorruptIndexError if it cannot be read."""
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4))  # columns are given without padding
        length, title, count, copied, date = _HEAD.unpack_from(data)
        at = _HEAD.size + length
        tokens = DocumentTokens.unpacked(data[_HEAD.size : at], title, folded_words, stems)
        passages = np.frombuffer(data, dtype="<i4", count=2 * count, offset=at).reshape(-1, 2)
        at += passages.nbytes
        # int8, or float16 where that is what the index was made with: there are twice as many bytes then.
        storage = np.int8 if len(data) - at == count * dimension else np.float16
        codes = np.frombuffer(data, dtype=storage, offset=at).reshape(count, dimension)
    except (struct.error, ValueError, zlib.error) as error:
        raise CorruptIndexError(
            f"A document on the cluster is not what arsearch wrote ({error!r}). Run `arsearch index --full SOURCE...`."
        ) from error
    vectors = codes.astype(np.float32)
    return DocumentRecord(
        tokens=tokens,
        codes=vectors,
        norms=np.linalg.norm(vectors, axis=1).astype(np.float32),
        passages=[(start, end) for start, end in passages.tolist()],
        date=date.rstrip(b"\0").decode("ascii"),
        copied=bool(copied),
    )


def read_words(text: str) -> tuple[list[str], list[str], int]:
    """Return the folded words and the stems of a document, and how many of the first are its title.

    Of what :func:`read_record` reads. Raises CorruptIndexError if it cannot be read.
    """
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4))
        length, title, *_ = _HEAD.unpack_from(data)
        words = zlib.decompress(data[_HEAD.size : _HEAD.size + length]).decode("utf-8", "surrogatepass")
    except (struct.error, ValueError, zlib.error) as error:
        raise CorruptIndexError(
            f"A document on the cluster is not what arsearch wrote ({error!r}). Run `arsearch index --full SOURCE...`."
        ) from error
    folded_words, _, stems = words.partition("\n")
    return folded_words.split(" "), stems.split(" "), title


def read_keywords(source: Mapping[str, Any]) -> list[Keywords]:
    """Return what the article of a document is filtered by, and what its copies are."""
    here = source["author"], source["source"], source["tags"], source.get("extra", {})
    return [
        Keywords(author, place, tuple(tags), extra_from_json(extra[0] if extra else {}))
        for author, place, tags, *extra in (here, *source.get("elsewhere", ()))
    ]
