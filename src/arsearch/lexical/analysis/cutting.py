"""Cutting texts into chunks that can be analysed one by one.

Texts are cut at white space, punctuation and symbols, which never stand inside a word; only between two digits a
separator may belong to a number. The compiled kernel does in one pass what takes NumPy a dozen.
"""

from __future__ import annotations

import unicodedata
from functools import cache

import numpy as np
import numpy.typing as npt
import regex

from arsearch import kernel
from arsearch.arabic.tokenize import DIGIT, NUMBER_SEPARATORS
from arsearch.common.array_types import CodePoints
from arsearch.common.text_spans import LAST_POINT, TextSpans, code_points, spans_between

__all__ = ["cut"]


def cut(text: str) -> tuple[TextSpans, npt.NDArray[np.uint64]]:
    """Return the chunks of *text* and their hashes, those of :meth:`TextSpans.hashes`."""
    codes = code_points(text)
    if kernel.native is not None and codes.dtype == np.uint16:
        begins, ends, hashes = spans_between(codes, _cut_kinds())
        return TextSpans(text, codes, begins, ends), hashes
    edges = np.flatnonzero(np.diff(_cuts(codes), prepend=True, append=True))
    spans = TextSpans(text, codes, edges[0::2], edges[1::2])
    return spans, spans.hashes()


def _cuts(codes: CodePoints) -> npt.NDArray[np.bool_]:
    """Return where a text with the code points *codes* may be cut (characters,)."""
    kinds = _cut_kinds()[codes if codes.dtype == np.uint16 else np.minimum(codes, LAST_POINT)]
    cuts: npt.NDArray[np.bool_] = kinds == _CUT
    separators = np.flatnonzero(kinds == _SEPARATOR)
    inside = separators[(separators > 0) & (separators < len(codes) - 1)]
    between_digits = inside[(kinds[inside - 1] == _DIGIT) & (kinds[inside + 1] == _DIGIT)]
    cuts[separators] = True
    cuts[between_digits] = False
    return cuts


_CUT, _SEPARATOR, _DIGIT = 1, 2, 3


@cache
def _cut_kinds() -> npt.NDArray[np.uint8]:
    """Return what each code point of the Basic Multilingual Plane is to a cut, 0 for what stands inside words.

    Texts are cut at white space, punctuation and symbols: whatever is no letter, digit, mark or invisible control.
    The last entry stands for all code points beyond: there are digits among them.
    """
    table = np.zeros(LAST_POINT + 1, dtype=np.uint8)
    for point in range(LAST_POINT):
        category = unicodedata.category(chr(point))
        # Symbols of category Sk may combine with the letter before them in scripts arsearch does not know.
        if category[0] in "ZP" or category in ("Sm", "Sc", "So", "Cc"):
            table[point] = _CUT
    characters = "".join(map(chr, range(LAST_POINT)))
    table[[match.start() for match in regex.finditer(DIGIT, characters)]] = _DIGIT
    table[LAST_POINT] = _DIGIT
    table[[ord(separator) for separator in NUMBER_SEPARATORS]] = _SEPARATOR
    return table
