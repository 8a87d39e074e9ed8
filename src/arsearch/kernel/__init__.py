"""Compiled loops for what NumPy's calls are too slow for. Everything works without them, from the same arrays.

``native`` is the extension module, or None where no compiler was there when arsearch was installed, or where the
environment variable ``ARSEARCH_KERNEL`` is ``off``. Whoever uses it looks at ``native`` when it is needed and has a way
in NumPy beside it; tests run both and compare.

``Postings`` holds the postings of an index, and makes a ``ScoredList`` of each word that is asked for;
:mod:`arsearch.lexical.search.postings` opens it.
"""

from __future__ import annotations

import os
import sys
from types import ModuleType

__all__ = ["KERNEL_VARIABLE", "MAX_GRAMS", "native"]

KERNEL_VARIABLE = "ARSEARCH_KERNEL"
MAX_GRAMS = 4096
"""The letters of a query that ``find_features`` can take; many times what a query may have."""
_NAMES = (
    "FieldTerms", "Forward", "Postings", "ScoredList", "align", "cut_snippet", "find_features", "find_grams",
    "find_hashes", "first_not_before", "group_by_term", "hash_spans", "mean_rows", "minima", "nearest_rows",
    "nearest_words", "occurrences", "pack_postings", "pack_words", "split_chunks", "take_rows", "term_postings",
    "token_spans", "unpack_positions",
    "unpack_postings", "unpack_words", "words_at", "words_with_grams",
)  # fmt: skip
"""What the library must have."""


def _load() -> ModuleType | None:
    if sys.byteorder != "little":  # columns on disk are
        return None
    if os.environ.get(KERNEL_VARIABLE, "") == "off":
        return None
    try:
        from arsearch.kernel import _native
    except ImportError:
        return None
    # After an update of a source tree the library may be an older one, until it is installed again.
    return _native if all(hasattr(_native, name) for name in _NAMES) else None


native = _load()
