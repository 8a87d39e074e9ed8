"""Which words come right after others in the articles of a cluster: counted by its nodes."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

from arsearch.backends.opensearch.search.look_ups import LookUps
from arsearch.backends.opensearch.search.query_dsl import MOMENT, milliseconds
from arsearch.backends.opensearch.views.node_scripts import FOLLOWERS
from arsearch.backends.opensearch.views.word_column import word_hash
from arsearch.lexical.segment.field_names import TEXT_FOLDED
from arsearch.lexical.suggest.sequences import LEAST_SHARE, recent_since

__all__ = ["ClusterSequences"]

_COUNTED = 100
"""Words of which it is counted how often they come next."""
_MOST_ARTICLES = 20_000
"""Where more articles have what was typed, only recent ones are looked at: nobody waits for all that follow "in"."""


class ClusterSequences:
    """The sequences of words in an index, which does not change. Safe to use from several threads.

    *frequency* says how many articles have a folded word.
    """

    def __init__(self, look_ups: LookUps, frequency: Callable[[str], int]) -> None:
        self._look_ups = look_ups
        self._frequency = frequency

    def followers(self, before: Sequence[str], beginning: str, count: int) -> list[str]:
        """Return the *count* folded words with *beginning* that come most often right after the words *before*."""
        if not all(map(self._frequency, before)):
            return []
        nothing: dict[str, float] = {}
        key = "followers", *before, "", beginning
        counts = self._look_ups.find(key, lambda: self._followers_search(before, beginning), self._counts, nothing)
        best = sorted((-counted, word) for word, counted in counts.items() if word.startswith(beginning))
        return [word for counted, word in best[:count] if counted * LEAST_SHARE <= best[0][0]]

    def following(self, before: Sequence[str], words: Sequence[str]) -> list[float]:
        """Return for each of *words* in how many articles it comes right after the words *before*, recent ones more."""
        if not words or not all(map(self._frequency, before)):
            return [0.0] * len(words)
        nothing: dict[str, float] = {}
        counts = self._look_ups.find(
            ("following", *before, "", *words), lambda: self._following_search(before, words), self._counts, nothing
        )
        return [counts.get(str(number), 0.0) for number in range(len(words))]

    def _followers_search(self, before: Sequence[str], beginning: str) -> dict[str, Any]:
        parameters = {
            "before": [word_hash(word) for word in before],
            "begun": list(beginning.encode("utf-16-le", "surrogatepass")[::2]),
        }
        script = {"lang": "painless", "source": FOLLOWERS, "params": parameters}
        return self._counting(before, {"terms": {"script": script, "size": _COUNTED}})

    def _following_search(self, before: Sequence[str], words: Sequence[str]) -> dict[str, Any]:
        phrases = {str(number): _phrase([*before, word]) for number, word in enumerate(words)}
        return self._counting(before, {"filters": {"filters": phrases}})

    def _counting(self, before: Sequence[str], buckets: dict[str, Any]) -> dict[str, Any]:
        since = self._recent_since
        recent = {day: {"filter": {"range": {MOMENT: {"gte": day}}}} for day in since}
        filters = [_phrase(before)]
        if since and min(map(self._frequency, before)) > _MOST_ARTICLES:
            filters.append({"range": {MOMENT: {"gte": since[0]}}})
        return {
            "size": 0,
            "track_total_hits": False,
            "query": {"bool": {"filter": filters}},
            "aggs": {"words": buckets | {"aggs": recent}},
        }

    @staticmethod
    def _counts(answer: dict[str, Any]) -> dict[str, float]:
        """Return how many articles are in each bucket of *answer*, recent ones more than once."""
        buckets = answer.get("aggregations", {}).get("words", {}).get("buckets", [])
        named = buckets.items() if isinstance(buckets, dict) else ((bucket["key"], bucket) for bucket in buckets)
        return {
            name: float(
                bucket["doc_count"] + sum(part["doc_count"] for part in bucket.values() if isinstance(part, dict))
            )
            for name, bucket in named
        }

    @cached_property
    def _recent_since(self) -> list[str]:
        """The instants since which articles are recent, as the field of dates has them."""
        newest = self._look_ups.now({"size": 0, "aggs": {"newest": {"max": {"field": MOMENT}}}})["aggregations"][
            "newest"
        ]
        if newest.get("value") is None:
            return []
        day = datetime.datetime(1970, 1, 1) + datetime.timedelta(milliseconds=newest["value"])
        return [str(milliseconds(datetime.datetime.fromisoformat(since))) for since in recent_since(day.isoformat())]


def _phrase(words: Sequence[str]) -> dict[str, Any]:
    return {"match_phrase": {TEXT_FOLDED: " ".join(words)}}
