"""Documents of a cluster that a searcher has read: as a commit never changes, they are kept for a while."""

from __future__ import annotations

import base64
import sys
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from arsearch.backends.opensearch.publish.documents import ARTICLE_FIELDS, RECORD_FIELD, DocumentRecord, read_record
from arsearch.backends.opensearch.search.multi_search import MultiSearch
from arsearch.backends.opensearch.search.token_columns import WordNumbers
from arsearch.backends.opensearch.views.word_column import WORDS_FIELD
from arsearch.common.array_types import Documents
from arsearch.common.bounded_cache import BoundedCache
from arsearch.errors import ClusterUnavailableError
from arsearch.lexical.segment.columns import DATE_LENGTH

__all__ = ["NOT_STORED", "WITH_NOTHING", "WITH_RECORD", "DocumentCache", "number_of"]

Body = dict[str, Any]

SHOWN_FIELDS = [*ARTICLE_FIELDS, "spans"]
# Ordinals are read from the values that hits are sorted by. To give the `_id` of a hit, which is the same, a node would
# unpack the stored documents around it, whole texts, which takes ten times as long as all the rest.
NOT_STORED: Body = {"_source": False, "stored_fields": "_none_"}
WITH_RECORD: Body = {**NOT_STORED, "docvalue_fields": [RECORD_FIELD]}
"""What a search says so that its hits come with their records."""
WITH_NOTHING: Body = {**NOT_STORED}
"""What a search says so that its hits come alone."""

_KEPT_BYTES = 64 << 20
_KEPT_DATES = 200_000
_KEPT_ARTICLES = 1_000
_TRIES = 3
"""How often documents are asked for that were found: a node may be lost before it gives them, and others have them."""
_FETCHED_AT_ONCE = 1_000


class DocumentCache:
    """The documents of an index, by number. Safe to use from several threads.

    *folded_words* and *stems* number the words of all that were read.
    """

    def __init__(self, search: MultiSearch, dimension: int) -> None:
        self.folded_words, self.stems = WordNumbers(), WordNumbers()
        self._dimension = dimension
        self._search = search
        self._records: BoundedCache[int, DocumentRecord] = BoundedCache(sys.maxsize, _KEPT_BYTES, _size_of)
        self._dates: BoundedCache[int, str] = BoundedCache(_KEPT_DATES, sys.maxsize, len)
        self._copied: BoundedCache[int, bool] = BoundedCache(_KEPT_DATES, sys.maxsize, int)
        self._shown: BoundedCache[int, Body] = BoundedCache(_KEPT_ARTICLES, sys.maxsize, len)
        self._copies: BoundedCache[int, tuple[Body, ...]] = BoundedCache(_KEPT_ARTICLES, sys.maxsize, len)

    def take(self, hits: Sequence[Body]) -> Documents:
        """Return the numbers of *hits*, and keep the records that came along with them."""
        self._taken(hits)
        numbers = [number_of(hit) for hit in hits]
        dates = [hit["fields"].get("date") if "fields" in hit else None for hit in hits]
        self._dates.put_all(
            (number, each[0][:DATE_LENGTH]) for number, each in zip(numbers, dates, strict=True) if each
        )
        return np.array(numbers, dtype=np.int64)

    def note_copied(self, copied: Iterable[tuple[int, bool]]) -> None:
        """Keep whether there are copies of documents, by number."""
        self._copied.put_all(copied)

    def note_dates(self, documents: Documents, dates: Sequence[str | None]) -> None:
        """Keep the *dates* of *documents*."""
        for number, date in zip(documents.tolist(), dates, strict=True):
            self._dates.put(number, (date or "")[:DATE_LENGTH])

    def _taken(self, hits: Sequence[Body]) -> dict[int, DocumentRecord]:
        taken = {}
        for hit in hits:
            fields = hit.get("fields")
            if not fields or RECORD_FIELD not in fields:
                continue
            number = number_of(hit)
            record = self._records.get(number)
            if record is None:
                record = read_record(fields[RECORD_FIELD][0], self.folded_words, self.stems, self._dimension)
                self._records.put(number, record)
            self._dates.put(number, record.date)
            self._copied.put(number, record.copied)
            taken[number] = record
        return taken

    def records(self, documents: Documents) -> list[DocumentRecord]:
        """Return what ranking needs of *documents*, in that order."""
        numbers = documents.tolist()
        found = {number: record for number in numbers if (record := self._records.get(number)) is not None}
        missing = [str(number) for number in dict.fromkeys(numbers) if number not in found]
        for first in range(0, len(missing), _FETCHED_AT_ONCE):
            part = missing[first : first + _FETCHED_AT_ONCE]
            for _ in range(_TRIES):
                found |= self._taken(self._fetched(part))
                part = [number for number in part if int(number) not in found]
                if not part:
                    break
        self.check(numbers, found)
        return [found[number] for number in numbers]

    def _fetched(self, part: Sequence[str], asked: Body = WITH_RECORD) -> list[Body]:
        body = {
            "size": len(part),
            "query": {"ids": {"values": part}},
            "sort": [{"ordinal": "asc"}],
            "track_total_hits": False,
            **asked,
        }
        hits: list[Body] = self._search([body])[0]["hits"]["hits"]
        return hits

    def dates(self, documents: Documents) -> list[str]:
        """Return the dates of *documents* to the second, empty for those without."""
        numbers = documents.tolist()
        known = {number: date for number in numbers if (date := self._dates.get(number)) is not None}
        missing = [number for number in numbers if number not in known]
        for first in range(0, len(missing), _FETCHED_AT_ONCE):
            part = [str(number) for number in missing[first : first + _FETCHED_AT_ONCE]]
            for hit in self._fetched(part, {**NOT_STORED, "docvalue_fields": ["date"]}):
                date = hit.get("fields", {}).get("date", [""])[0][:DATE_LENGTH]
                self._dates.put(number_of(hit), date)
                known[number_of(hit)] = date
        self.check(numbers, known)
        return [known[number] for number in numbers]

    def values(self, documents: Documents, field: str) -> npt.NDArray[np.float64]:
        """Return the value of each of *documents* in the column *field*, not a number for none."""
        numbers = documents.tolist()
        found: dict[int, float] = {}
        for first in range(0, len(numbers), _FETCHED_AT_ONCE):
            part = [str(number) for number in numbers[first : first + _FETCHED_AT_ONCE]]
            asked = {**NOT_STORED, "docvalue_fields": [field]}
            found |= {
                number_of(hit): hit.get("fields", {}).get(field, [np.nan])[0] for hit in self._fetched(part, asked)
            }
        self.check(numbers, found)
        return np.array([found[number] for number in numbers], dtype=np.float64)

    def word_columns(self, documents: Documents) -> list[bytes]:
        """Return the columns of words of *documents*: see views/word_column.py."""
        part = [str(number) for number in documents.tolist()]
        hits = self._fetched(part, {**NOT_STORED, "docvalue_fields": [WORDS_FIELD]})
        texts = {number_of(hit): hit.get("fields", {}).get(WORDS_FIELD, [""])[0] for hit in hits}
        self.check(documents.tolist(), texts)
        found = (texts[number] for number in documents.tolist())
        return [base64.b64decode(text + "=" * (-len(text) % 4)) for text in found]

    def shown(self, numbers: Sequence[int]) -> list[Body]:
        """Return the stored documents of *numbers*, in that order: articles, and where their tokens stand."""
        found = {number: shown for number in numbers if (shown := self._shown.get(number)) is not None}
        missing = [number for number in dict.fromkeys(numbers) if number not in found]
        for _ in range(_TRIES):
            if not missing:
                break
            for number, source in self._stored(missing).items():
                found[number] = source
                self._shown.put(number, source)
            missing = [number for number in missing if number not in found]
        self.check(numbers, found)
        return [found[number] for number in numbers]

    def copies(self, numbers: Sequence[int]) -> list[tuple[Body, ...]]:
        """Return for each of *numbers* the stored documents of its copies."""
        unknown = [number for number in numbers if self._copied.get(number) is None]
        self.records(np.array(unknown, dtype=np.int64))
        copied = [number for number in numbers if self._copied.get(number)]
        found = {number: copies for number in copied if (copies := self._copies.get(number)) is not None}
        if missing := [number for number in copied if number not in found]:
            found |= self._kept_as_copies(missing, self._search([_copies_of(missing)])[0])
        return [found.get(number, ()) for number in numbers]

    def _stored(self, part: Sequence[int]) -> dict[int, Body]:
        """Return the stored documents of *part*; their copies are read in the same request."""
        search = {
            "size": len(part),
            "query": {"ids": {"values": [str(number) for number in part]}},
            "sort": [{"ordinal": "asc"}],
            "track_total_hits": False,
            "_source": SHOWN_FIELDS,
        }
        copied = [number for number in part if self._copied.get(number) and self._copies.get(number) is None]
        stored, *copies = self._search([search, _copies_of(copied)] if copied else [search])
        if copies:
            self._kept_as_copies(copied, copies[0])
        return {number_of(hit): hit["_source"] for hit in stored["hits"]["hits"]}

    def _kept_as_copies(self, numbers: Sequence[int], answer: Body) -> dict[int, tuple[Body, ...]]:
        found: dict[int, tuple[Body, ...]] = dict.fromkeys(numbers, ())
        for hit in answer["hits"]["hits"]:
            found[hit["_source"]["copy_of"]] += (hit["_source"],)
        for number, copies in found.items():
            self._copies.put(number, copies)
        return found

    def check(self, numbers: Sequence[int], found: dict[int, Any]) -> None:
        """Raise ClusterUnavailableError if documents that were found before could not be read."""
        if missing := set(numbers) - found.keys():
            raise ClusterUnavailableError(
                f"The OpenSearch cluster did not give {len(missing)} of the articles it found in "
                f"{self._search.address}. Check `_cluster/health`: nodes or their data are missing."
            )


def number_of(hit: Body) -> int:
    """Return the number of the document of a *hit*; all searches sort by it last."""
    return int(hit["sort"][-1])


def _copies_of(numbers: Sequence[int]) -> Body:
    return {
        "size": 10_000,
        "query": {"terms": {"copy_of": list(numbers)}},
        "sort": [{"ordinal": "asc"}],
        "track_total_hits": False,
        "_source": ARTICLE_FIELDS,
    }


def _size_of(record: DocumentRecord) -> int:
    return record.codes.nbytes + record.tokens.folded_words.nbytes + record.tokens.stems.nbytes
