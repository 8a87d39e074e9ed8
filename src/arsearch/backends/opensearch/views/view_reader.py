"""Gets the views of documents from the cluster: along with what a search finds, or by their numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from arsearch.backends.opensearch.publish.documents import DocumentRecord
from arsearch.backends.opensearch.search.document_cache import NOT_STORED, WITH_RECORD, DocumentCache, number_of
from arsearch.backends.opensearch.search.token_columns import DocumentTokens, TokenColumns
from arsearch.backends.opensearch.views.query_views import VIEW_FIELD, DocumentView, QueryViews
from arsearch.common.array_types import Documents, Vectors
from arsearch.ranking import COSINE_MINIMUM

__all__ = ["ViewReader"]

Body = dict[str, Any]

_TRIES = 3
"""How often views are asked for of documents that were found: a node may be lost before it gives them."""
_ASKED_AT_ONCE = 1_000


class ViewReader:
    """Reads views of documents. *search* answers several searches. Safe to use from several threads."""

    def __init__(self, search: Callable[[Sequence[Body]], list[Body]], documents: DocumentCache) -> None:
        self._search = search
        self._documents = documents

    def fields(self, views: QueryViews) -> Body:
        """Return what a search says so that its hits come with *views*."""
        return WITH_RECORD if views.whole else {**NOT_STORED, "script_fields": views.fields()}

    def take(self, views: QueryViews, hits: Sequence[Body]) -> Documents:
        """Return the documents of *hits*, and keep the views that came along."""
        documents = self._documents.take(hits)
        if not views.whole:
            having = [(number_of(hit), text) for hit in hits for text in hit.get("fields", {}).get(VIEW_FIELD, ())]
            self._keep(views, [number for number, _ in having], [text for _, text in having])
        return documents

    def of(self, views: QueryViews, documents: Documents) -> list[DocumentView]:
        """Return the *views* of *documents*, in that order. Raises an IndexStateError if the cluster lacks one."""
        numbers = documents.tolist()
        found = {number: view for number in numbers if (view := views.get(number)) is not None}
        missing = [number for number in dict.fromkeys(numbers) if number not in found]
        if views.whole:
            found |= self._whole(views, missing)
            missing = []
        for first in range(0, len(missing), _ASKED_AT_ONCE):
            part = missing[first : first + _ASKED_AT_ONCE]
            for _ in range(_TRIES):
                found |= self._asked(views, part)
                part = [number for number in part if number not in found]
                if not part:
                    break
        self._documents.check(numbers, found)
        return [found[number] for number in numbers]

    def columns(self, views: QueryViews, documents: Documents) -> TokenColumns:
        """Return *documents* word for word, as far as *views* have them."""
        return TokenColumns([view.tokens for view in self.of(views, documents)], views.folded_words, views.stems)

    def _asked(self, views: QueryViews, numbers: Sequence[int]) -> dict[int, DocumentView]:
        search = {
            "size": len(numbers),
            "query": {"ids": {"values": [str(number) for number in numbers]}},
            "sort": [{"ordinal": "asc"}],
            "track_total_hits": False,
            **self.fields(views),
        }
        along, views.along = views.along, []
        others = [body for searches, _ in along for body in searches]
        answer, *rest = self._search([search, *others])
        for searches, take in along:
            take(rest[: len(searches)])
            rest = rest[len(searches) :]
        hits = [hit for hit in answer["hits"]["hits"] if VIEW_FIELD in hit.get("fields", {})]
        given = [number_of(hit) for hit in hits]
        return self._keep(views, given, [hit["fields"][VIEW_FIELD][0] for hit in hits])

    def _keep(self, views: QueryViews, numbers: Sequence[int], texts: Sequence[str]) -> dict[int, DocumentView]:
        too_large = views.take(numbers, texts)
        self._whole(views, too_large)
        found = {number: view for number in numbers if (view := views.get(number)) is not None}
        self._documents.note_copied((number, view.copied) for number, view in found.items())
        return found

    def _whole(self, views: QueryViews, numbers: Sequence[int]) -> dict[int, DocumentView]:
        """Return the views of documents whose whole records are read."""
        records = self._documents.records(np.array(numbers, dtype=np.int64)) if numbers else []
        for number, record in zip(numbers, records, strict=True):
            views.put(number, self._viewed(views, record))
        return {number: view for number in numbers if (view := views.get(number)) is not None}

    def _viewed(self, views: QueryViews, record: DocumentRecord) -> DocumentView:
        tokens, known = record.tokens, self._documents
        folded_words = [known.folded_words.text(number) for number in tokens.folded_words.tolist()]
        stems = [known.stems.text(number) for number in tokens.stems.tolist()]
        cosine, passage = nearest_passage(record, views.vector)
        return DocumentView(
            tokens=DocumentTokens(
                views.folded_words.of_all(folded_words),
                views.stems.of_all(stems),
                tokens.title,
                tokens.positions,
                tokens.lengths,
            ),
            cosine=cosine,
            passage=passage,
            copied=record.copied,
        )


def nearest_passage(record: DocumentRecord, vector: Vectors | None) -> tuple[float, tuple[int, int] | None]:
    """Return the cosine of the passage of a document nearest to *vector*, and where that is; -1 and None without."""
    if vector is None or not vector.any() or not len(record.norms):
        return COSINE_MINIMUM, None
    cosines = record.codes @ vector / np.maximum(record.norms, np.finfo(np.float32).tiny)
    best = int(np.argmax(cosines))
    return float(cosines[best]), record.passages[best]
