"""What a commit of this machine has that a cluster has not, and the other way round.

A document of a cluster never changes. Where what it is made of does, though its article is the same, there is another
one in its place, with a number of its own: an article that gets a copy, for one, and then its copies too, which say the
number of what they are copies of.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

from arsearch.article_fields import Keywords
from arsearch.common.array_types import Ordinals
from arsearch.index import Commit
from arsearch.index.store.schema import StoredArticle

__all__ = ["Difference", "PublishedDocuments", "by_contents", "by_standing", "digest_of", "stored_articles"]

_READ_AT_ONCE = 500
_NONE = 0, ""


@dataclass(frozen=True, slots=True)
class PublishedDocuments:
    """The documents of a commit on a cluster.

    *ordinals* int64 (documents,) of their articles, sorted, with the *numbers* of the documents and, for copies, the
    ordinal of what they are *copies* of, else -1.
    """

    ordinals: Ordinals
    numbers: Ordinals
    copies: Ordinals

    def number_of(self, ordinals: Ordinals) -> Ordinals:
        """Return the numbers of the documents of *ordinals*, which are there."""
        return self.numbers[np.searchsorted(self.ordinals, ordinals)]


@dataclass(frozen=True, slots=True)
class Difference:
    """What is to be done: *write* the articles with these ordinals, sorted; *remove* the documents of these numbers.

    Both int64. *kept* are the ordinals of the articles whose documents stay, with their *numbers*.
    """

    write: Ordinals
    remove: Ordinals
    kept: Ordinals
    numbers: Ordinals

    def documents(self, commit: Commit, number: Callable[[int], int]) -> PublishedDocuments:
        """Return the documents that there are afterwards; *number* gives the one of a new document."""
        ordinals, copies = commit.articles.standings()
        numbers = np.empty(len(ordinals), np.int64)
        numbers[np.searchsorted(ordinals, self.kept)] = self.numbers
        numbers[np.searchsorted(ordinals, self.write)] = [number(ordinal) for ordinal in self.write.tolist()]
        return PublishedDocuments(ordinals, numbers, copies)


def by_standing(commit: Commit, there: PublishedDocuments) -> Difference:
    """Compare *commit* with what is *there*, which was published from a commit that it builds upon.

    An article of the one commit is then the same in the other: only which there are has to be looked at, and which of
    them are copies.
    """
    ordinals, copies = commit.articles.standings()
    in_both, now, before = np.intersect1d(ordinals, there.ordinals, assume_unique=True, return_indices=True)
    moved = copies[now] != there.copies[before]
    changed = np.concatenate([np.setdiff1d(ordinals, in_both), np.setdiff1d(there.ordinals, in_both), in_both[moved]])
    # What has gained or lost a copy says so.
    touched = np.concatenate([copies[np.isin(ordinals, changed)], there.copies[np.isin(there.ordinals, changed)]])
    return _with_copies(ordinals, copies, np.union1d(changed, touched), there.ordinals, there.numbers)


def by_contents(commit: Commit, there: Mapping[int | None, tuple[int, str]]) -> Difference:
    """Compare *commit* with what is *there*: of each ordinal the number of its document, and the hash of that."""
    ordinals, copies = commit.articles.standings()
    changed = [
        stored.ordinal
        for stored, elsewhere in stored_articles(commit)
        if there.get(stored.ordinal, _NONE)[1] != digest_of(stored, elsewhere, there.get(stored.copy_of, _NONE)[0])
    ]
    known = np.array(sorted(ordinal for ordinal in there if ordinal is not None), dtype=np.int64)
    numbers = np.array([there[ordinal][0] for ordinal in known.tolist()], dtype=np.int64)
    gone = np.setdiff1d(known, ordinals)
    return _with_copies(ordinals, copies, np.union1d(np.array(changed, np.int64), gone), known, numbers)


def _with_copies(
    ordinals: Ordinals, copies: Ordinals, changed: Ordinals, known: Ordinals, numbers: Ordinals
) -> Difference:
    """Return the difference if *changed* are other documents, and so are the copies of each of these."""
    other = np.isin(ordinals, changed) | ((copies >= 0) & np.isin(copies, changed))
    write = ordinals[other]
    stays = ~np.isin(known, write) & np.isin(known, ordinals)
    return Difference(write, numbers[~stays], known[stays], numbers[stays])


def stored_articles(
    commit: Commit, ordinals: Sequence[int] | None = None
) -> Iterator[tuple[StoredArticle, list[Keywords]]]:
    """Yield the articles of *commit*, those of *ordinals* if given, each with what its copies are filtered by."""
    articles = commit.articles
    if ordinals is None:
        records = articles.records()
    else:
        parts = (ordinals[first : first + _READ_AT_ONCE] for first in range(0, len(ordinals), _READ_AT_ONCE))
        records = (stored for part in parts for stored in articles.stored(part))
    while batch := list(islice(records, _READ_AT_ONCE)):
        found = [stored.ordinal for stored in batch if stored.copy_of is None]
        keywords = articles.keywords(found)
        elsewhere = {ordinal: places[1:] for ordinal, places in zip(found, keywords, strict=True)}
        yield from ((stored, elsewhere.get(stored.ordinal, [])) for stored in batch)


def digest_of(stored: StoredArticle, elsewhere: Sequence[Keywords], kept: int) -> str:
    """Return a hash of everything a document is made of, but for the rules.

    *kept* is the number of the document it is a copy of, if it is one.
    """
    article = dataclasses.asdict(stored.article)
    if not stored.article.extra:
        del article["extra"]
    places = [place if place.extra else place[:3] for place in elsewhere]
    whole = json.dumps(
        [article, stored.digest, None if stored.copy_of is None else kept, places], ensure_ascii=False, sort_keys=True
    )
    return hashlib.sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()
