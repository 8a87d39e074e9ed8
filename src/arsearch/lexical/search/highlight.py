"""Which tokens of a document are words of a query, in the kernel or on arrays."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from arsearch import kernel
from arsearch.common.array_types import Int32s

__all__ = ["find_words"]


def find_words(
    tokens: Int32s, word_exacts: Int32s, word_stems: Int32s, folded_words: Sequence[int], stems: Sequence[int]
) -> list[tuple[int, int, int]]:
    """Return of each token that is asked for its index, the first word asked for that it is, and whether as typed.

    *tokens* int32 (tokens,) are numbers of words; *word_exacts* and *word_stems* int32 (words,) the terms of those;
    *folded_words* and *stems* the terms of each word asked for, -1 for none. Raises ValueError if there is no such
    word.
    """
    asked_exacts, asked_stems = np.array(folded_words, dtype=np.int32), np.array(stems, dtype=np.int32)
    if kernel.native is not None:
        found = kernel.native.find_words(tokens, word_exacts, word_stems, asked_exacts, asked_stems)
        flat = np.frombuffer(found, np.int32).tolist()
        return list(zip(flat[::3], flat[1::3], flat[2::3], strict=True))
    if len(tokens) and not 0 <= int(tokens.min()) <= int(tokens.max()) < len(word_exacts):
        raise ValueError("the tokens of a segment are damaged")
    # Stop words have the stem -1, which nobody asks for.
    typed = (word_exacts[tokens] == asked_exacts[:, np.newaxis]) & (asked_exacts >= 0)[:, np.newaxis]
    inflected = (word_stems[tokens] == asked_stems[:, np.newaxis]) & (asked_stems >= 0)[:, np.newaxis]
    matching = typed | inflected
    indices = np.flatnonzero(matching.any(axis=0))
    if not len(indices):
        return []
    firsts, as_typed = matching[:, indices].argmax(axis=0), typed[:, indices].any(axis=0).astype(np.int32)
    return list(zip(indices.tolist(), firsts.tolist(), as_typed.tolist(), strict=True))
