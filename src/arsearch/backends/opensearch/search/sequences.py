"""Which words come right after others in the articles of a cluster: read in the newest articles, counted in all."""

from __future__ import annotations

import datetime
import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

from arsearch.backends.opensearch.cluster.client import ClusterClient
from arsearch.backends.opensearch.publish.documents import RECORD_FIELD, read_texts
from arsearch.backends.opensearch.search.query_dsl import MOMENT, milliseconds
from arsearch.common.bounded_cache import BoundedCache
from arsearch.lexical.segment.field_names import TEXT_FOLDED
from arsearch.lexical.suggest.sequences import LEAST_SHARE, recent_since

__all__ = ["ClusterSequences"]

_READ = 200
"""The newest articles with the words that were typed, in which it is read what comes next."""
_COUNTED = 100
"""Words of which it is counted in all articles how often they come next."""
_KEPT = 1 << 10


class ClusterSequences:
    """The sequences of words in the index *name*, which does not change. Safe to use from several threads."""

    def __init__(self, client: ClusterClient, name: str) -> None:
        self._client = client
        self._name = name
        self._texts: BoundedCache[tuple[str, ...], Counter[str]] = BoundedCache(_KEPT, 1 << 24, _size_of)

    def followers(self, before: Sequence[str], beginning: str, count: int) -> list[str]:
        """Return the *count* folded words with *beginning* that come most often right after the words *before*."""
        read = self._read(tuple(before))
        words = [word for word, _ in read.most_common() if word.startswith(beginning)][:_COUNTED]
        counts = self.following(before, words)
        best = sorted((-counted, word) for counted, word in zip(counts, words, strict=True) if counted)
        return [word for counted, word in best[:count] if counted * LEAST_SHARE <= best[0][0]]

    def following(self, before: Sequence[str], words: Sequence[str]) -> list[float]:
        """Return for each of *words* in how many articles it comes right after the words *before*, recent ones more."""
        if not words:
            return []
        recent = {day: {"filter": {"range": {MOMENT: {"gte": day}}}} for day in self._recent_since}
        phrases = {str(number): _phrase([*before, word]) for number, word in enumerate(words)}
        body = {
            "size": 0,
            "query": {"bool": {"filter": [_phrase(before)]}},
            "aggs": {"words": {"filters": {"filters": phrases}, "aggs": recent}},
        }
        buckets = self._asked(body)["aggregations"]["words"]["buckets"]
        counted = [buckets[str(number)] for number in range(len(words))]
        return [float(each["doc_count"] + sum(each[day]["doc_count"] for day in recent)) for each in counted]

    def _read(self, before: tuple[str, ...]) -> Counter[str]:
        """Return what comes right after *before* in the newest articles, and in how many."""
        found = self._texts.get(before)
        if found is None:
            body = {
                "size": _READ,
                "query": {"bool": {"filter": [_phrase(before)]}},
                "sort": [{MOMENT: {"order": "desc", "missing": "_last"}}, {"ordinal": "asc"}],
                "_source": False,
                "stored_fields": "_none_",
                "docvalue_fields": [RECORD_FIELD],
            }
            found = Counter()
            for hit in self._asked(body)["hits"]["hits"]:
                texts = read_texts(hit["fields"][RECORD_FIELD][0])
                found.update({word for text in texts for word in _after(before, text)})
            self._texts.put(before, found)
        return found

    @cached_property
    def _recent_since(self) -> list[str]:
        """The instants since which articles are recent, as the field of dates has them."""
        newest = self._asked({"size": 0, "aggs": {"newest": {"max": {"field": MOMENT}}}})["aggregations"]["newest"]
        if newest.get("value") is None:
            return []
        day = datetime.datetime(1970, 1, 1) + datetime.timedelta(milliseconds=newest["value"])
        return [str(milliseconds(datetime.datetime.fromisoformat(since))) for since in recent_since(day.isoformat())]

    def _asked(self, body: dict[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = self._client.ask(lambda raw: raw.search(index=self._name, body=body))
        return answer


def _phrase(words: Sequence[str]) -> dict[str, Any]:
    return {"match_phrase": {TEXT_FOLDED: " ".join(words)}}


def _after(before: tuple[str, ...], text: Sequence[str]) -> Iterator[str]:
    length = len(before)
    for first, last in itertools.pairwise(range(len(text) - length + 1)):
        if tuple(text[first : first + length]) == before:
            yield text[last + length - 1]


def _size_of(words: Counter[str]) -> int:
    return 200 * len(words)
