"""Writing the lexical index of a generation with Whoosh."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from whoosh import index as whoosh_index

from arsearch.arabic import Token
from arsearch.lexical.schema import (
    ORDINAL,
    TEXT_EXACT,
    TEXT_STEM,
    TITLE_EXACT,
    TITLE_STEM,
    Posting,
    schema,
)

__all__ = ["BODY_GAP", "DOCUMENTS_FILE", "LENGTHS_FILE", "SCORED_FIELDS", "LexicalWriter"]

BODY_GAP = 100
"""Positions left free between title and body, so that no phrase begins in the one and ends in the other."""

DOCUMENTS_FILE = "documents.npy"
"""int64 (documents,): the ordinal of each Whoosh document number, -1 for deleted ones."""

LENGTHS_FILE = "lengths.npy"
"""uint32 (fields, documents): length of each of SCORED_FIELDS in terms."""

SCORED_FIELDS = (TITLE_EXACT, TITLE_STEM, TEXT_EXACT, TEXT_STEM)


class LexicalWriter:
    """Adds and removes articles in *folder*, where an index may already be; nothing counts before :meth:`commit`."""

    def __init__(self, folder: Path, *, memory_mb: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        exists = whoosh_index.exists_in(str(folder))
        self._index = whoosh_index.open_dir(str(folder)) if exists else whoosh_index.create_in(str(folder), schema())
        self._writer = self._index.writer(limitmb=memory_mb)

    def add(self, ordinal: int, title: Sequence[Token], body: Sequence[Token]) -> None:
        """Add the article *ordinal*, given as the tokens of its title and its body."""
        title_exact, title_stem = _postings(title, 0)
        body_exact, body_stem = _postings(body, len(title) + BODY_GAP)
        self._writer.add_document(
            **{
                ORDINAL: str(ordinal),
                TITLE_EXACT: title_exact,
                TITLE_STEM: title_stem,
                TEXT_EXACT: title_exact + body_exact,
                TEXT_STEM: title_stem + body_stem,
            }
        )

    def delete(self, ordinals: Iterable[int]) -> None:
        """Remove the articles *ordinals*; those that are not there are ignored."""
        for ordinal in ordinals:
            self._writer.delete_by_term(ORDINAL, str(ordinal))

    def commit(self) -> int:
        """Write everything and return the number of articles in the index."""
        self._writer.commit()
        with self._index.reader() as reader:
            documents = np.full(reader.doc_count_all(), -1, dtype=np.int64)
            for number, stored in reader.iter_docs():
                documents[number] = int(stored[ORDINAL])
            # Whoosh gives None where an article has nothing in a field.
            lengths = np.array(
                [
                    [reader.doc_field_length(number, field) or 0 for number in range(len(documents))]
                    for field in SCORED_FIELDS
                ],
                dtype=np.uint32,
            )
        self._index.close()
        np.save(self._folder / DOCUMENTS_FILE, documents, allow_pickle=False)
        np.save(self._folder / LENGTHS_FILE, lengths, allow_pickle=False)
        return int(np.count_nonzero(documents >= 0))

    def cancel(self) -> None:
        """Give up what was not committed."""
        if not self._writer.is_closed:
            self._writer.cancel()
        self._index.close()


def _postings(tokens: Sequence[Token], base: int) -> tuple[list[Posting], list[Posting]]:
    exact = [(token.exact, position) for position, token in enumerate(tokens, base)]
    stem = [(token.stem, position) for position, token in enumerate(tokens, base) if token.stem]
    return exact, stem
