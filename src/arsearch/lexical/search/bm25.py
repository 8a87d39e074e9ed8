"""BM25, for arrays.

Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009), in the form Lucene has had
since version 8: an idf that is never negative, no constant factor. All statistics are those of live documents, so an
index that was updated scores as one that was built anew.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from arsearch.common.array_types import Floats

__all__ = ["K1", "B", "idf_of_one", "inverse_document_frequency", "length_norms"]

K1 = 1.2
B = 0.75


def inverse_document_frequency(documents: int, frequency: npt.ArrayLike) -> Any:
    """Return ln(1 + (N - df + 0.5) / (df + 0.5)) for *documents* N and each document frequency df."""
    df = np.asarray(frequency, dtype=np.float64)
    return np.log1p((documents - df + 0.5) / (df + 0.5))


@lru_cache(maxsize=1 << 16)
def idf_of_one(documents: int, frequency: int) -> float:
    """Return the same for one document frequency; queries ask for those of their words again and again."""
    return float(inverse_document_frequency(documents, frequency))


def length_norms(lengths: npt.NDArray[Any], average: float) -> Floats:
    """Return k1 (1 - b + b length / average) for each of *lengths*: a term of frequency f scores f / (f + norm)."""
    return (K1 * (1 - B + B * lengths / max(average, 1.0))).astype(np.float32)
