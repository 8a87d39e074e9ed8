"""What searching needs of an index, and nothing of how an index does it.

A :class:`Backend` is a place where the commits of one index are kept; a :class:`SearchableIndex` is one commit, opened
for reading, that never changes. Parsing, features, fusion, snippets and the order of hits are on the searcher's side;
an index finds candidates and gives what is known of them. So the same query has the same answer wherever it is asked,
but for what a backend says about its scores.

Documents have numbers that only mean something to the index that gave them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from arsearch.arabic import Token
from arsearch.common.array_types import Documents, Doubles, Int64s, Mask, Scores, Vectors
from arsearch.corpus import Article
from arsearch.index import Manifest
from arsearch.ranking import GramTable, RankingWeights

if TYPE_CHECKING:  # searching reads no corpus, and writing searches nothing
    from arsearch.index import IndexSummary, Progress, Verification
    from arsearch.lexical import Completions, ForwardView, LexicalQuery, Marks, Suggestion, SynonymTable

__all__ = [
    "Backend",
    "Facets",
    "Filters",
    "Located",
    "Order",
    "RetrievalRequest",
    "Retrieved",
    "SearchableIndex",
    "WordFacts",
]  # fmt: skip

Facets = dict[str, list[tuple[str, int]]]
"""For each facet its most frequent values and how many documents have them."""


@dataclass(frozen=True, slots=True)
class Filters:
    """Which documents may be found: of several values of one keyword field any will do; dates are inclusive prefixes.

    *keywords* has the values by what the index calls the field, *ranges* the least and the greatest values of own
    numbers and dates, of which any will do too; dates as in a search request.
    """

    keywords: Mapping[str, Sequence[str]] = field(default_factory=dict)
    date_from: str = ""
    date_to: str = ""
    ranges: Mapping[str, Sequence[tuple[float, float]]] = field(default_factory=dict)
    only: tuple[int, ...] = ()
    """The documents that may be found, if there are any; and those that may not, *without*."""
    without: tuple[int, ...] = ()

    @property
    def are_none(self) -> bool:
        """Whether readers have not narrowed their search."""
        return not (any(self.keywords.values()) or self.date_from or self.date_to or self.ranges)


@dataclass(frozen=True, slots=True)
class Order:
    """An order other than that of relevance: by date where *field* is empty, else by what the index calls so.

    What has no value comes last, equals as they come.
    """

    field: str
    descending: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RetrievalRequest:
    """What candidates are asked for: by words, by meaning, or both."""

    query: LexicalQuery
    by_words: bool
    vector: Vectors | None
    """The query for the semantic side (dimension,), None if it is not asked."""
    filters: Filters
    depth: int
    """How many of the best by words are wanted."""
    nearest_depth: int
    """How many of the nearest in meaning are wanted."""
    cosine_depth: int
    """How many of the best by words get their cosine."""
    order: Order | None
    """Set if the first matches in this order are wanted rather than the best."""
    facets: bool
    """Whether the values of all matches will be counted."""
    exact_total: bool
    """Whether every match has to be counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrieved:
    """The candidates for a question.

    *best* int64 (best,) the documents found by words, best first, with *scores* and *cosines* float32 (best,), the
    cosine -1 where it was not asked for or there is none; *total* documents match by words in all, at least so many
    unless *total_is_exact*.

    *nearest* int64 (nearest,) the nearest in meaning among those the query admits, nearest first, with
    *nearest_cosines*; *nearest_matching* (nearest,) says which of them match by words too; *nearest_are_all* that there
    are no others.
    """

    best: Documents
    scores: Scores
    cosines: Scores
    total: int
    total_is_exact: bool
    nearest: Documents
    nearest_cosines: Scores
    nearest_matching: Mask
    nearest_are_all: bool
    shards: int = 0
    """Parts of the index that were asked; of these *failed_shards* did not answer, and what they have is missing."""
    failed_shards: int = 0
    matches: Any = None
    """What the index needs to count the values of all matches; private to it."""


class Located(NamedTuple):
    """An article by its id: *document* is what is found in its place, which is another one if it *is_copy*."""

    article: Article
    document: int
    is_copy: bool


class WordFacts(Protocol):
    """What is known of the words of an index."""

    @property
    def average_length(self) -> float:
        """Tokens an article has on average, title and body."""

    def knows(self, word: Token) -> bool:
        """Whether any article has *word*, in its folded form or by its stem."""

    def knows_stem(self, stem: str) -> bool:
        """Whether any article has a word with this stem."""

    def articles_with(self, folded: str) -> int:
        """Return in how many articles the folded word stands."""

    def idf_of(self, word: Token) -> float:
        """Return the idf of a word of a query: of its stem, or for a stop word of its folded form."""

    def best_possible(self, query: LexicalQuery) -> float:
        """Return the score that an article would near that has every word of *query* often, in text and title."""

    def with_names(self, query: LexicalQuery) -> LexicalQuery:
        """Return *query* with the authors, sources and tags that words of it are."""

    def with_forms(self, query: LexicalQuery) -> LexicalQuery:
        """Return *query* with other forms of its words."""

    def idf_of_word(self, query: LexicalQuery, index: int) -> float:
        """Return the idf of one of the scored words of *query*, with or without particles."""

    def with_synonyms(self, query: LexicalQuery, table: SynonymTable | None) -> LexicalQuery:
        """Return *query* with synonyms for its words, from the language and from *table*."""

    def explain(self, query: LexicalQuery) -> dict[str, Any]:
        """Return how *query* was read, as JSON types."""

    def explain_suggestion(self, text: str) -> list[dict[str, Any]]:
        """Return the corrections of the query *text* that were considered, as JSON types."""

    def suggest(self, text: str) -> Suggestion | None:
        """Return another reading of the query *text*, None if there is none that is better."""

    def complete(self, text: str, limit: int, *, expansions: int) -> list[Completions]:
        """Return how *text* may go on, in one reading after the other: at most *limit* words and *limit* titles."""


class SearchableIndex(Protocol):
    """One commit of an index, opened for reading. Safe to use from several threads."""

    @property
    def manifest(self) -> Manifest:
        """What made the commit, and what is in it; ``manifest.commit`` is its identity."""

    @property
    def words(self) -> WordFacts:
        """What is known of its words."""

    @property
    def grams(self) -> GramTable:
        """How rare the character n-grams of its words are."""

    # Finding

    def find(self, question: RetrievalRequest) -> Retrieved:
        """Return the candidates for *question*."""

    def has_phrases(self, query: LexicalQuery) -> bool:
        """Whether any article has all phrases of *query*, whatever else it asks for."""

    def count_facets(self, found: Retrieved, joining: Documents, limit: int) -> Facets:
        """Count the values of all that *found* matches by words and of *joining*, documents of ``found.nearest``."""

    def count_dates(self, found: Retrieved, joining: Documents) -> list[tuple[str, int]]:
        """Count the days of all that *found* matches by words and of *joining*, in order.

        Months and years where no more is known; documents without a date are counted under an empty text.
        """

    def similar(self, document: int, limit: int) -> Documents:
        """Return the documents nearest in meaning to *document*, nearest first, itself not among them."""

    # What is known of documents

    def in_order(self, documents: Documents, order: Order) -> npt.NDArray[np.int64]:
        """Return the indices that sort *documents* in this *order*, those without a value last, equals as they come."""

    def dates(self, documents: Documents) -> list[str]:
        """Return the dates of *documents* as ISO 8601, to the second at most; empty for those without."""

    def forward(
        self, documents: Documents, grams: npt.NDArray[np.uint64], stems: Sequence[str], *, longest: int
    ) -> ForwardView:
        """Return what the first *longest* tokens of each of *documents*, which are sorted, have of interest.

        That are at least the words with any of *grams*, and those with one of *stems*.
        """

    def marks(self, document: int, query: LexicalQuery) -> tuple[Marks, Marks]:
        """Return where the words of *query* stand in the title and in the body of *document*."""

    def snippets(
        self,
        documents: Documents,
        query: LexicalQuery,
        texts: Sequence[str],
        starts: Int64s,
        weights: Doubles,
        words: int,
    ) -> list[str | None]:
        """Return the best *words* words of *documents*, whose bodies are *texts*, as snippets.

        *weights* float64 are those of the query's scored words, *starts* (documents,) where a snippet without a word of
        the query begins. None for those that have to be cut by their marks.
        """

    def passages(self, vector: Vectors, documents: Documents) -> list[tuple[int, int] | None]:
        """Return where in each body the passage nearest to *vector* starts and ends; None without a passage."""

    def passage_vectors(self, documents: Documents) -> list[tuple[npt.NDArray[np.int64], Vectors]]:
        """Return for each of *documents* where its passages with a vector start in the body, and the vectors.

        int64 (passages,), in any order, and float32 (passages, dimension), of length 1.
        """

    def scores_by_word(self, query: LexicalQuery, documents: Documents) -> list[dict[str, float]]:
        """Return for each of *documents* what each word of *query* adds to its lexical score."""

    def articles(self, documents: Documents) -> list[Article]:
        """Return the articles of *documents*, in that order."""

    def copies(self, documents: Documents) -> list[tuple[Article, ...]]:
        """Return for each of *documents* the articles that are kept as its copies."""

    def titles(self, documents: Documents) -> list[str]:
        """Return the titles of *documents*, in that order; faster than the whole articles."""

    def identifiers(self, documents: Documents) -> list[str]:
        """Return the ids of the articles of *documents*, in that order."""

    def spellings(self, folded: str, count: int) -> list[str]:
        """Return how up to *count* articles write a word with the folded form *folded*."""

    def all_spellings(self, words: Sequence[str], count: int) -> list[list[str]]:
        """Return the same for each of *words*."""

    def locate(self, identifier: str) -> Located:
        """Return the article with this id, and what is found in its place. Raises ArticleNotFoundError."""

    def close(self) -> None:
        """Let go of what is open."""


class Backend(Protocol):
    """A place that keeps the commits of one index, one of them the live one."""

    def current(self) -> str:
        """Return the identity of the live commit; cheap enough for each request. Raises an IndexStateError."""

    def open(self, commit: str | None = None) -> SearchableIndex:
        """Open the live commit, or the *commit* of this identity. Raises an IndexStateError if that is not possible.

        For a commit that is not kept (any more) that is NoIndexError; identities may come from strangers.
        """

    @property
    def name(self) -> str:
        """What the index is called, for messages."""

    @property
    def local_directory(self) -> Path:
        """The directory of the local index that has the articles as they were read."""

    def read_weights(self) -> RankingWeights | None:
        """Return the weights of the ranking that were learnt for the index, None if none were."""

    def weights_stamp(self) -> tuple[int, int] | None:
        """Return what changes when the weights do: the time in nanoseconds first. None where there are none.

        Cheap enough for each request; where it has to be asked for over the network, as of the last seconds.
        """

    def write_weights(self, weights: RankingWeights) -> None:
        """Replace the weights of the index."""

    def forget_weights(self) -> None:
        """Go back to the weights that ship."""

    def update(self, sources: Sequence[Path], **options: Any) -> IndexSummary:
        """Build the index from *sources*, or bring it up to date; *options* and errors are update_index's."""

    def log_position(self) -> int:
        """Return the number of the last write of the log that is in the live commit. Raises an IndexStateError."""

    def write_obstacle(self) -> str:
        """Return why articles cannot be written from here one by one, or an empty text; cheap enough for each write."""

    def catch_up(self) -> None:
        """Let the local directory have what is live, where it is elsewhere, as of the last seconds.

        Raises an IndexStateError if it cannot.
        """

    def has_live(self) -> bool:
        """Return whether the local directory has what is live; cheap enough for each request."""

    def as_read(self, identifier: str) -> Article | None:
        """Return the article with this id as it was read or written last, before it was cleaned; None for none."""

    def condition(self) -> dict[str, Any]:
        """Return how that is on which the index depends besides this process, as JSON types; empty for nothing.

        That is ``status``: ``green``, ``yellow`` or ``red``, and more. Raises an IndexStateError if it does not answer.
        """

    def facts(self) -> dict[str, Any]:
        """Return what is in the live commit and what made it, as JSON types. Raises an IndexStateError."""

    def verify(self, *, sample: int, progress: Progress | None = None) -> Verification:
        """Compare the parts of the live commit, and *sample* articles with their texts. Raises an IndexStateError."""

    def rollback(self, commit: str | None = None, *, wait: float = 0.0) -> str:
        """Make *commit*, or the whole one before the live one, the live one; return its name."""

    def close(self) -> None:
        """Let go of connections. What was opened from here has its own end."""
