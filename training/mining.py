"""Hard negatives: documents that share words with a query and do not answer it, found by BM25.

A passage drawn at random shares next to nothing with a query, so it teaches little. Of the documents that BM25 finds
for a title, those that score nearly as well as its own article may say the same as it; as in NV-Retriever (Moreira
et al. 2024) only documents below a share of the score of the right one count as wrong.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from training.data import Integers
from training.sampling import Negatives, TokenText, gather

__all__ = ["hard_negatives", "mine"]

_COUNT = 4

_K1 = 1.2
_B = 0.75
_BELOW = 0.9  # of the score of the right document
_ROWS = 256  # queries at a time: their scores of all documents are dense
_COMMON = 0.1  # tokens in more documents than this share tell next to nothing, and cost most
_FEW = 10  # documents


def mine(text: TokenText, vocabulary: int) -> Negatives:
    """Return hard negatives for the titles, among the articles of the same source, and for the questions."""
    titles = np.full((len(text.title), _COUNT), -1, dtype=np.int64)
    for source in range(len(text.text.sources)):
        members = np.flatnonzero(text.text.source == source)
        found = hard_negatives(
            text.tokens,
            text.title[members],
            text.body[members],
            np.arange(len(members)),
            vocabulary=vocabulary,
            count=_COUNT,
        )
        titles[members] = np.where(found >= 0, members[found], -1)
    pairs = text.pairs
    questions = hard_negatives(
        text.tokens, pairs[:, 1:3], pairs[:, 3:5], np.arange(len(pairs)), vocabulary=vocabulary, count=_COUNT
    )
    return Negatives(titles, questions)


def hard_negatives(
    tokens: Integers, queries: Integers, documents: Integers, right: Integers, *, vocabulary: int, count: int
) -> Integers:
    """Return the best wrong documents of each query by BM25, int64 of shape (queries, count), -1 where there is none.

    *queries*, shape (queries, 2), and *documents*, shape (documents, 2), are spans of *tokens*; ``right[i]`` is the
    number of the document that answers query i.
    """
    asked = _counts(tokens, queries, vocabulary)
    weights = _bm25(_counts(tokens, documents, vocabulary)).T.tocsr()
    asked.data[:] = 1
    found = np.full((len(queries), count), -1, dtype=np.int64)
    width = min(count, len(documents))
    for first in range(0, len(queries), _ROWS):
        scores = (asked[first : first + _ROWS] @ weights).toarray()
        rows = np.arange(len(scores))
        own = right[first : first + len(scores)]
        limit = _BELOW * scores[rows, own]
        scores[scores > limit[:, None]] = 0  # the right one too
        best = np.argpartition(-scores, width - 1, axis=1)[:, :width]
        found[first : first + len(scores), :width] = np.where(scores[rows[:, None], best] > 0, best, -1)
    return found


def _counts(tokens: Integers, spans: Integers, vocabulary: int) -> csr_matrix[np.float32]:
    lengths = spans[:, 1] - spans[:, 0]
    rows = np.repeat(np.arange(len(spans)), lengths)
    columns = gather(tokens, spans[:, 0], lengths)
    matrix = csr_matrix((np.ones(len(rows), dtype=np.float32), (rows, columns)), shape=(len(spans), vocabulary))
    matrix.sum_duplicates()
    return matrix


def _bm25(counts: csr_matrix[np.float32]) -> csr_matrix[np.float32]:
    frequency = np.bincount(counts.indices, minlength=counts.shape[1])
    rarity = np.log(1 + (counts.shape[0] - frequency + 0.5) / (frequency + 0.5))
    rarity[frequency > max(_FEW, _COMMON * counts.shape[0])] = 0
    lengths: npt.NDArray[np.float32] = np.asarray(counts.sum(axis=1)).ravel()
    norms = _K1 * (1 - _B + _B * lengths / lengths.mean())
    weights = counts.copy()
    weights.data = rarity[counts.indices] * counts.data / (counts.data + np.repeat(norms, np.diff(counts.indptr)))
    weights.eliminate_zeros()
    return weights.astype(np.float32)
