"""The vocabulary of an index on a cluster: every word and in how many articles it is, cached by each searcher.

It is what rarity, synonyms, suggestions and n-grams are computed from, a few bytes an article, so a searcher reads
it once when it opens an index, and asks the cluster only for what needs postings: which articles two words share, and
whose titles have some words.

It stands in an index of its own as documents ``{"part": NAME, "token": NUMBER, "data": BYTES}``: terms, sorted, with
line feeds after them, and their frequencies, in parts of some megabytes, compressed. A commit has all words, or those
of an earlier one and changes since, in the same form, which are added up: frequencies of less than nothing are of words
that have become less.
"""

from __future__ import annotations

import base64
import json
import sys
import zlib
from collections import Counter, OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from arsearch.backends.opensearch.cluster.client import ClusterClient
from arsearch.backends.opensearch.search.look_ups import LookUps
from arsearch.backends.opensearch.search.multi_search import MultiSearch
from arsearch.backends.opensearch.search.query_dsl import KEYWORDS, SEARCHABLE
from arsearch.backends.opensearch.search.sequences import ClusterSequences
from arsearch.backends.opensearch.search.shared_vocabulary import Derived, VocabularyColumns, shared_columns
from arsearch.backends.opensearch.views.query_views import Along
from arsearch.common.bounded_cache import BoundedCache
from arsearch.errors import CorruptIndexError, QueryTimeoutError
from arsearch.lexical import Completions, LexicalQuery, Suggestion
from arsearch.lexical.index import too_many_words
from arsearch.lexical.search.maxscore import best_first
from arsearch.lexical.search.statistics import WordStatistics
from arsearch.lexical.segment.dictionary import TermDictionary, pack_terms
from arsearch.lexical.segment.field_names import SCORED_FIELDS, TEXT_FOLDED, TITLE_FOLDED
from arsearch.lexical.suggest.completion import Completer
from arsearch.lexical.suggest.did_you_mean import Suggester
from arsearch.lexical.suggest.segment_names import NAMED_FIELDS, words_of_name
from arsearch.lexical.suggest.word_list import WordList
from arsearch.ranking import GramTable
from arsearch.ranking.ngrams import GRAM_BUCKETS

__all__ = ["VOCABULARY_FIELDS", "ClusterWords", "WordCounts", "read_counts"]

VOCABULARY_FIELDS = SCORED_FIELDS
"""Whose terms have to be known."""
_TERMS_A_PART = 200_000
_STATISTICS = "statistics"
_WORD_LIST = ("codes", "lengths", "frequencies")
_KEPT_COUNTS = 1 << 14
_KEPT_TITLES = 1 << 13
_COUNTED = "responses.hits.total"
_ahead: ContextVar[set[tuple[str, str]] | None] = ContextVar("arsearch_counted_ahead", default=None)
"""Pairs of words whose counts will be asked for, where that is what is being found out."""
_NAMES = 20_000
"""Values of a field that are known as names: more are no names that anybody types."""


@dataclass(slots=True)
class WordCounts:
    """In how many articles each term of each field is, how many articles there are, and tokens of all in each field."""

    articles: int = 0
    totals: Counter[str] = field(default_factory=Counter)
    frequencies: dict[str, Counter[str]] = field(
        default_factory=lambda: {name: Counter() for name in VOCABULARY_FIELDS}
    )

    def parts(self) -> Iterator[dict[str, str]]:
        """Yield the documents that :func:`read_counts` reads."""
        yield _part(_STATISTICS, json.dumps({"articles": self.articles, "totals": self.totals}).encode())
        for name in VOCABULARY_FIELDS:
            terms = sorted((term, count) for term, count in self.frequencies[name].items() if count)
            for number, first in enumerate(range(0, len(terms), _TERMS_A_PART)):
                chosen = terms[first : first + _TERMS_A_PART]
                text = "".join(f"{term}\n" for term, _ in chosen).encode("utf-8", "surrogatepass")
                counts = np.array([count for _, count in chosen], dtype="<i4").tobytes()
                yield _part(f"{name}-{number:06d}", len(text).to_bytes(4, "little") + text + counts)


def _part(name: str, data: bytes) -> dict[str, str]:
    return {"part": name, "data": base64.b64encode(zlib.compress(data)).decode("ascii")}


def read_counts(client: ClusterClient, index: str, token: int, changes: Iterable[Mapping[str, str]] = ()) -> WordCounts:
    """Read the vocabulary in *index* that was written with *token*, and add the parts of *changes* to it.

    Raises CorruptIndexError if it is not whole, or another IndexStateError.
    """
    counts = WordCounts()
    seen = 0
    body: dict[str, Any] = {"size": 10, "sort": ["part"], "query": {"term": {"token": token}}}
    while hits := client.ask(lambda raw: raw.search(index=index, body=body))["hits"]["hits"]:
        body["search_after"] = hits[-1]["sort"]
        seen += len(hits)
        for hit in hits:
            _take(counts, hit["_source"], index)
    for part in changes:
        _take(counts, part, index)
    counts.frequencies = {name: +frequencies for name, frequencies in counts.frequencies.items()}
    if not seen or not counts.totals:
        raise CorruptIndexError(
            f"The vocabulary {index} on the cluster is empty. Run `arsearch rollback`, or `arsearch index --full`."
        )
    return counts


def _take(counts: WordCounts, part: Mapping[str, str], index: str) -> None:
    try:
        data = zlib.decompress(base64.b64decode(part["data"]))
        if part["part"] == _STATISTICS:
            statistics = json.loads(data)
            counts.articles += statistics["articles"]
            counts.totals.update(statistics["totals"])
            return
        length = int.from_bytes(data[:4], "little")
        terms = data[4 : 4 + length].decode("utf-8", "surrogatepass").split("\n")[:-1]
        frequencies = np.frombuffer(data[4 + length :], dtype="<i4").tolist()
        counts.frequencies[part["part"].rpartition("-")[0]].update(dict(zip(terms, frequencies, strict=True)))
    except (ValueError, KeyError, TypeError, zlib.error) as error:
        raise CorruptIndexError(
            f"The vocabulary {index} on the cluster cannot be read ({error}). Run `arsearch rollback`, or "
            "`arsearch index --full`."
        ) from error


def _columns_of(counts: WordCounts) -> VocabularyColumns:
    terms: list[bytes] = []
    frequencies: list[int] = []
    fields = {}
    for name in VOCABULARY_FIELDS:
        ordered = sorted(
            (term.encode("utf-8", "surrogatepass"), count) for term, count in counts.frequencies[name].items()
        )
        fields[name] = (len(terms), len(terms) + len(ordered))
        terms += [term for term, _ in ordered]
        frequencies += [count for _, count in ordered]
    return VocabularyColumns(counts.articles, fields, *pack_terms(terms), np.array(frequencies, dtype=np.int64))


class ClusterWords(WordStatistics):
    """What is known of the words of an index on a cluster. Safe to use from several threads."""

    def __init__(
        self, client: ClusterClient, articles_index: str, counts: WordCounts, folder: Path | None = None
    ) -> None:
        """*folder* is where processes of this machine share what is large; None for the memory of this one."""
        self._client = client
        self._index = articles_index
        self._articles = counts.articles
        self.averages = {name: counts.totals[name] / max(counts.articles, 1) for name in SCORED_FIELDS}
        """Tokens an article has on average in each scored field."""
        columns, self._derived = shared_columns(folder, _columns_of(counts), self._derive)
        self._dictionary = TermDictionary(columns)
        self._frequencies = columns.frequencies
        self._counted: OrderedDict[tuple[str, str], int] = OrderedDict()
        self._lock = Lock()
        self.titles_seen: BoundedCache[int, tuple[str, str]] = BoundedCache(_KEPT_TITLES, sys.maxsize, len)
        """Ids and titles of articles, by their numbers, that came with completions."""
        self.suggester = Suggester(self)
        self._completer = Completer(self, self.suggester)
        self._look_ups = LookUps(MultiSearch(client, articles_index))
        sequences = ClusterSequences(self._look_ups, self._folded_frequency)
        self.followers = sequences.followers
        self.following = sequences.following

    def __len__(self) -> int:
        return self._articles

    @property
    def live_count(self) -> int:
        """How many articles there are."""
        return self._articles

    @property
    def average_length(self) -> float:
        """Tokens an article has on average, title and body."""
        return self.averages[TEXT_FOLDED]

    def document_frequency(self, field: str, text: bytes) -> int:
        """Return how many articles have a term."""
        number = self._dictionary.find(field, text)
        return int(self._frequencies[number]) if number >= 0 else 0

    @cached_property
    def grams(self) -> GramTable:
        """How rare the n-grams of the words are; which words have them, nodes know."""
        return GramTable(self._derived["gram_idf"], np.zeros(GRAM_BUCKETS + 1, np.int64), np.empty(0, np.int32))

    def word_list(self) -> WordList:
        """Return the Arabic words of all articles."""
        return WordList(*(self._derived[f"word_{name}"] for name in _WORD_LIST))

    def _derive(self, columns: VocabularyColumns) -> Derived:
        """Return what is computed from the folded forms."""
        first, last = columns.fields[TEXT_FOLDED]
        begin, end = columns.term_offsets[[first, last]].tolist()
        texts = columns.term_bytes[begin:end].tobytes().decode("utf-8", "surrogatepass")
        frequencies = columns.frequencies[first:last]
        words = WordList.of_texts(texts, frequencies)
        return {
            "gram_idf": GramTable.of(texts, frequencies, columns.articles).idf,
            **{f"word_{name}": getattr(words, name) for name in _WORD_LIST},
        }

    def with_prefix(self, field: str, prefix: str, count: int) -> list[tuple[str, int]]:
        """Return the *count* most frequent terms of *field* that begin with *prefix*, and in how many articles."""
        first, last = self._dictionary.with_prefix(field, prefix.encode())
        best = best_first(self._frequencies[first:last].astype(np.float32), count)
        return [
            (self._dictionary[first + place].decode("utf-8", "surrogatepass"), int(self._frequencies[first + place]))
            for place in best.tolist()
        ]

    def is_in_a_name(self, word: str) -> bool:
        """Whether a folded *word* is one of an author, a source or a tag of an article."""
        return word in self._words_of_names

    def names_of(self, words: Sequence[str]) -> list[tuple[str, str]]:
        """Return the fields, and the whole values of them, that the folded *words* are: authors, sources, tags."""
        return list(self._names.get(tuple(words), ()))

    @cached_property
    def _words_of_names(self) -> frozenset[str]:
        return frozenset(word for words in self._names for word in words)

    @cached_property
    def _names(self) -> dict[tuple[str, ...], list[tuple[str, str]]]:
        """The most frequent values of all fields, with the fields, by their words."""
        body = {
            "size": 0,
            "query": {"term": {SEARCHABLE: True}},
            "aggs": {name: {"terms": {"field": f"{KEYWORDS}.{name}", "size": _NAMES}} for name in NAMED_FIELDS},
        }
        found = self._client.ask(lambda raw: raw.search(index=self._index, body=body))["aggregations"]
        names: dict[tuple[str, ...], list[tuple[str, str]]] = {}
        for name in NAMED_FIELDS:
            for bucket in found[name]["buckets"]:
                names.setdefault(words_of_name(bucket["key"]), []).append((name, bucket["key"]))
        return names

    def co_occurrences(self, one: str, other: str) -> int:
        """Return how many articles have both folded forms."""
        pair = (one, other) if one <= other else (other, one)
        if not self._noted([pair]):
            self.prefetch([pair])
        with self._lock:
            return self._counted.get(pair, 0)

    def prefetch(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Count together, in one request, in how many articles the words of each of *pairs* are."""
        pairs = list(pairs)
        if self._noted(pairs):
            return
        searches, take = self._countings(pairs)
        if searches:
            lines = [line for search in searches for line in ({"index": self._index}, search)]
            take(self._client.ask(lambda raw: raw.msearch(body=lines, filter_path=_COUNTED))["responses"])

    def counts_ahead(self, text: str) -> Along:
        """Return the searches for what will be asked when another reading of *text* is looked for, and their taker."""
        noted: set[tuple[str, str]] = set()
        token = _ahead.set(noted)
        try:
            self.suggester.suggest(text)
        except QueryTimeoutError:
            noted.clear()
        finally:
            _ahead.reset(token)
        return self._countings(noted)

    @staticmethod
    def _noted(pairs: Iterable[tuple[str, str]]) -> bool:
        """Note *pairs* if it is only wanted to know which will be asked for."""
        noted = _ahead.get()
        if noted is not None:
            noted.update(pairs)
        return noted is not None

    def _countings(self, pairs: Iterable[tuple[str, str]]) -> Along:
        """Return the searches that count in how many articles each of *pairs* is, but for those that are known."""
        ordered = dict.fromkeys((one, other) if one <= other else (other, one) for one, other in pairs)
        with self._lock:
            unknown = [pair for pair in ordered if pair not in self._counted]
        counted = {pair: 0 for pair in unknown if not all(self._folded_frequency(word) for word in pair)}
        unknown = [pair for pair in unknown if pair not in counted]
        self._keep(counted)
        searches = [
            {
                "size": 0,
                "track_total_hits": True,
                "query": {"bool": {"filter": [{"term": {TEXT_FOLDED: word}} for word in pair]}},
            }
            for pair in unknown
        ]

        def take(answers: Sequence[dict[str, Any]]) -> None:
            totals = [answer.get("hits", {}).get("total", {}).get("value", 0) for answer in answers]
            self._keep(dict(zip(unknown, totals, strict=True)))

        return searches, take

    def _keep(self, counted: Mapping[tuple[str, str], int]) -> None:
        with self._lock:
            self._counted.update(counted)
            while len(self._counted) > _KEPT_COUNTS:
                self._counted.popitem(last=False)

    def _folded_frequency(self, word: str) -> int:
        return self.document_frequency(TEXT_FOLDED, word.encode())

    def in_common(self, one: str, other: str) -> int:
        """Return how many articles have both folded forms."""
        return self.co_occurrences(one, other)

    def terms_with_prefix(self, field: str, prefix: bytes, most: int) -> list[bytes]:
        """Return the terms of *field* that begin with *prefix*, none if there are more than *most*."""
        first, last = self._dictionary.with_prefix(field, prefix)
        return [] if last - first > most else self._dictionary.texts(first, last)

    def check_beginnings(self, query: LexicalQuery, most: int) -> None:
        """Raise UnsearchableQueryError if a beginning of a word in *query* stands for more than *most* words."""
        for prefix in query.prefixes:
            first, last = self._dictionary.with_prefix(TEXT_FOLDED, prefix.encode())
            if last - first > most:
                raise too_many_words(prefix, last - first, most)

    def titles(self, whole: Sequence[str], begun: Sequence[str], limit: int) -> list[int]:
        """Return up to *limit* documents whose titles have all words of *whole* and one of *begun*, best first."""
        clauses: list[dict[str, Any]] = [{"term": {TITLE_FOLDED: word}} for word in whole]
        if begun:
            any_of = [{"term": {TITLE_FOLDED: word}} for word in begun]
            clauses.append({"bool": {"should": any_of, "minimum_should_match": 1}})
        if not clauses or not all(self.document_frequency(TITLE_FOLDED, word.encode()) for word in whole):
            return []
        body = {
            "size": limit,
            "_source": ["id", "title"],
            "query": {"bool": {"must": clauses}},
            "sort": [{"_score": "desc"}, {"ordinal": "asc"}],
            "track_total_hits": False,
        }
        return self._look_ups.find(("titles", *whole, "", *begun, limit), lambda: body, self._titled, [])

    def _titled(self, answer: dict[str, Any]) -> list[int]:
        found = []
        for hit in answer["hits"]["hits"]:
            found.append(int(hit["sort"][-1]))
            self.titles_seen.put(found[-1], (hit["_source"]["id"], hit["_source"]["title"]))
        return found

    def suggest(self, text: str) -> Suggestion | None:
        """Return another reading of the query *text*, None if there is none that is better."""
        return self.suggester.suggest(text)

    def complete(self, text: str, limit: int, *, expansions: int) -> list[Completions]:
        """Return how *text* may go on, in one reading after the other: at most *limit* words and *limit* titles."""
        with self._look_ups.ahead():  # what comes of it depends on the answers, what is asked for hardly
            self._completer.complete(text, limit, expansions=expansions)
        return self._completer.complete(text, limit, expansions=expansions)
