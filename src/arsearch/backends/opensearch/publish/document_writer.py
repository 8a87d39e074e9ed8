"""Documents of articles, made of what a commit on this machine has of them, and sent in bulk."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from arsearch.backends.opensearch.publish.difference import (
    Difference,
    PublishedDocuments,
    digest_of,
    stored_articles,
)
from arsearch.backends.opensearch.publish.documents import AnalysedArticle, copy_document, searchable_document
from arsearch.backends.opensearch.publish.token_reader import TokenReader
from arsearch.backends.opensearch.publish.word_changes import count_document
from arsearch.backends.opensearch.search.vocabulary import WordCounts
from arsearch.index import Commit
from arsearch.index.store.schema import StoredArticle
from arsearch.semantic import int8_codes

__all__ = ["DocumentWriter"]


class DocumentWriter:
    """Makes the bulk actions that bring an *index* up to date with *commit*, all of them with one *token*.

    *counts* gets the words of what is written.
    """

    def __init__(self, commit: Commit, index: str, token: int, *, knn: bool) -> None:
        self.counts = WordCounts()
        self._commit = commit
        self._index = index
        self._token = token
        self._knn = knn
        self._reader = TokenReader(commit.words)

    def actions(
        self, difference: Difference, after: PublishedDocuments, done: Callable[[int], None]
    ) -> Iterator[dict[str, Any]]:
        """Yield what writes the new documents of *difference*; *done* is told how many there were by then."""
        ordinals: Sequence[int] = difference.write.tolist()
        for written, (stored, elsewhere) in enumerate(stored_articles(self._commit, ordinals), start=1):
            [number] = after.number_of(np.array([stored.ordinal])).tolist()
            [kept] = after.number_of(np.array([stored.copy_of])).tolist() if stored.copy_of is not None else [0]
            digest = digest_of(stored, elsewhere, kept)
            if stored.copy_of is not None:
                source = copy_document(number, self._token, stored.article, digest, kept)
            else:
                source = self._searchable(stored, elsewhere, number, digest)
            yield self._action("index", number) | {"_source": source}
            done(written)

    def deletions(self, numbers: Sequence[int]) -> Iterator[dict[str, Any]]:
        """Yield what deletes the documents of these *numbers*."""
        return (self._action("delete", number) for number in numbers)

    def _action(self, kind: str, number: int) -> dict[str, Any]:
        # The cluster refuses what comes from an earlier token, were it only late.
        version = {"version": self._token, "version_type": "external_gte"}
        return {"_op_type": kind, "_index": self._index, "_id": str(number), **version}

    def _searchable(self, stored: StoredArticle, elsewhere: Sequence[Any], number: int, digest: str) -> dict[str, Any]:
        document = int(self._commit.words.numbers[stored.ordinal])
        tokens = self._reader.read(document)
        passages, vectors = self._commit.vectors.passages_of(document)
        codes = int8_codes(vectors)
        analysed = AnalysedArticle(
            number=number,
            born=self._token,
            article=stored.article,
            content_hash=digest,
            folded_words=tokens.folded_words,
            stems=tokens.stems,
            title=tokens.title,
            spans=tokens.spans,
            passages=passages,
            codes=codes,
            vectors=codes if self._commit.vectors.storage == "int8" else vectors.astype(np.float16),
            elsewhere=elsewhere,
        )
        count_document(self.counts, tokens.folded_words, tokens.stems, tokens.title, sign=1)
        return searchable_document(analysed, knn=self._knn, own=self._commit.manifest.own_fields)
