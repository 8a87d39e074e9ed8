"""Documents of a cluster that a searcher has read: as a commit never changes, they are kept for a while."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from arsearch.backends.opensearch.cluster.client import ClusterClient
from arsearch.backends.opensearch.publish.documents import ARTICLE_FIELDS, RECORD_FIELD, DocumentRecord, read_record
from arsearch.backends.opensearch.search.token_columns import TokenColumns, WordNumbers
from arsearch.common.array_types import Documents
from arsearch.common.bounded_cache import BoundedCache
from arsearch.errors import ClusterUnavailableError
from arsearch.lexical.segment.columns import DATE_LENGTH

__all__ = ["WITH_DATE", "WITH_NOTHING", "WITH_RECORD", "DocumentCache"]

Body = dict[str, Any]

SHOWN_FIELDS = [*ARTICLE_FIELDS, "spans"]
# Ordinals are read from their column. To give the `_id` of a hit, which is the same, a node would unpack the stored
# documents around it, whole texts, which takes ten times as long as all the rest.
_NOT_STORED: Body = {"_source": False, "stored_fields": "_none_"}
WITH_RECORD: Body = {**_NOT_STORED, "docvalue_fields": ["ordinal", RECORD_FIELD]}
"""What a search says so that its hits come with their records."""
WITH_DATE: Body = {**_NOT_STORED, "docvalue_fields": ["ordinal", "date"]}
"""What a search says so that its hits come with their dates."""
WITH_NOTHING: Body = {**_NOT_STORED, "docvalue_fields": ["ordinal"]}
"""What a search says so that its hits come alone."""

_KEPT_BYTES = 64 << 20
_KEPT_DATES = 200_000
_KEPT_ARTICLES = 1_000
_TRIES = 3
"""How often documents are asked for that were found: a node may be lost before it gives them, and others have them."""
_FETCHED_AT_ONCE = 1_000


class DocumentCache:
    """The documents of the index *name*, by number. Safe to use from several threads.

    *folded_words* and *stems* number the words of all that were read.
    """

    def __init__(self, client: ClusterClient, name: str, dimension: int) -> None:
        self.folded_words, self.stems = WordNumbers(), WordNumbers()
        self._client = client
        self._name = name
        self._dimension = dimension
        self._records: BoundedCache[int, DocumentRecord] = BoundedCache(sys.maxsize, _KEPT_BYTES, _size_of)
        self._dates: BoundedCache[int, str] = BoundedCache(_KEPT_DATES, sys.maxsize, len)
        self._shown: BoundedCache[int, Body] = BoundedCache(_KEPT_ARTICLES, sys.maxsize, len)

    def take(self, hits: Sequence[Body], *, dates: bool = False) -> Documents:
        """Return the numbers of *hits*, and keep the records that came along with them, or their *dates*."""
        self._taken(hits, dates=dates)
        return np.array([_number(hit) for hit in hits], dtype=np.int64)

    def _taken(self, hits: Sequence[Body], *, dates: bool = False) -> dict[int, DocumentRecord]:
        taken = {}
        for hit in hits:
            number, fields = _number(hit), hit["fields"]
            if RECORD_FIELD not in fields:
                if dates:
                    self._dates.put(number, fields.get("date", [""])[0][:DATE_LENGTH])
                continue
            record = self._records.get(number)
            if record is None:
                record = read_record(fields[RECORD_FIELD][0], self.folded_words, self.stems, self._dimension)
                self._records.put(number, record)
                self._dates.put(number, record.date)
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
        self._check(numbers, found)
        return [found[number] for number in numbers]

    def _fetched(self, part: Sequence[str], asked: Body = WITH_RECORD) -> list[Body]:
        body = {"size": len(part), "query": {"ids": {"values": part}}, **asked}
        hits: list[Body] = self._client.ask(lambda raw: raw.search(index=self._name, body=body))["hits"]["hits"]
        return hits

    def columns(self, documents: Documents) -> TokenColumns:
        """Return *documents* word for word."""
        return TokenColumns([record.tokens for record in self.records(documents)], self.folded_words, self.stems)

    def dates(self, documents: Documents) -> list[str]:
        """Return the dates of *documents* to the second, empty for those without."""
        numbers = documents.tolist()
        known = {number: date for number in numbers if (date := self._dates.get(number)) is not None}
        missing = [number for number in numbers if number not in known]
        records = self.records(np.array(missing, dtype=np.int64))
        known |= {number: record.date for number, record in zip(missing, records, strict=True)}
        return [known[number] for number in numbers]

    def values(self, documents: Documents, field: str) -> npt.NDArray[np.float64]:
        """Return the value of each of *documents* in the column *field*, not a number for none."""
        numbers = documents.tolist()
        found: dict[int, float] = {}
        for first in range(0, len(numbers), _FETCHED_AT_ONCE):
            part = [str(number) for number in numbers[first : first + _FETCHED_AT_ONCE]]
            asked = {**_NOT_STORED, "docvalue_fields": ["ordinal", field]}
            found |= {_number(hit): hit["fields"].get(field, [np.nan])[0] for hit in self._fetched(part, asked)}
        self._check(numbers, found)
        return np.array([found[number] for number in numbers], dtype=np.float64)

    def shown(self, numbers: Sequence[int]) -> list[Body]:
        """Return the stored documents of *numbers*, in that order: articles, and where their tokens stand."""
        found = {number: shown for number in numbers if (shown := self._shown.get(number)) is not None}
        missing = [str(number) for number in dict.fromkeys(numbers) if number not in found]
        for _ in range(_TRIES):
            if not missing:
                break
            for one in self._stored(missing):
                if one.get("found"):
                    found[int(one["_id"])] = one["_source"]
                    self._shown.put(int(one["_id"]), one["_source"])
            missing = [number for number in missing if int(number) not in found]
        self._check(numbers, found)
        return [found[number] for number in numbers]

    def _stored(self, part: Sequence[str]) -> list[Body]:
        body = {"ids": part}
        answer = self._client.ask(lambda raw: raw.mget(index=self._name, body=body, _source_includes=SHOWN_FIELDS))
        stored: list[Body] = answer["docs"]
        return stored

    def _check(self, numbers: Sequence[int], found: dict[int, Any]) -> None:
        """Raise ClusterUnavailableError if documents that were found before could not be read."""
        if missing := set(numbers) - found.keys():
            raise ClusterUnavailableError(
                f"The OpenSearch cluster at {self._client.address} did not give {len(missing)} of the articles it "
                f"found in {self._name}. Check `_cluster/health`: nodes or their data are missing."
            )


def _number(hit: Body) -> int:
    return int(hit["fields"]["ordinal"][0])


def _size_of(record: DocumentRecord) -> int:
    return record.codes.nbytes + record.tokens.folded_words.nbytes + record.tokens.stems.nbytes
