"""Aligning what was typed with many words at once: weighted edit distance on arrays.

The dynamic program is that of Wagner and Fischer, "The String-to-String Correction Problem" (1974), with chunks of
several typed characters for one letter, and with one row for all words instead of one word after the other. Letters
that were not typed are taken up by a running minimum, because their costs add up along the word.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from types import ModuleType

import numpy as np
import numpy.typing as npt

from arsearch import kernel
from arsearch.common.array_types import Floats, UInt8s

__all__ = ["Costs", "align"]

_STANDS_FOR, _STANDS_FOR_NONE, _SWAP = range(3)
"""Kinds of steps, as the kernel counts them."""


@dataclass(frozen=True, slots=True)
class Costs:
    """What it costs to read a typed text of *length* characters as letters, which have codes.

    *letters* float32 (readings, codes): what each letter costs in each reading of a chunk. *stands_for[i]*: chunks that
    end before character *i*, each with its length and its reading; *stands_for_none[i]*: chunks that stand for no
    letter, with length and cost; *swaps[i]*: two characters that stand for two letters, with the codes of these and the
    cost; *untyped* float32 (codes,): what each letter costs that was not typed; *skippable*: two letters that may be
    left out at the beginning, and for what.
    """

    length: int
    letters: Floats
    stands_for: Sequence[Sequence[tuple[int, int]]]
    stands_for_none: Sequence[Sequence[tuple[int, float]]]
    untyped: Floats
    swaps: Sequence[Sequence[tuple[int, int, float]]] = field(default_factory=list)
    skippable: tuple[int, int, float] | None = None


def align(costs: Costs, codes: UInt8s, lengths: npt.NDArray[np.int64], *, tail: float | None = None) -> Floats:
    """Return what it costs to read the typed text as each word: float32 (words,).

    *codes* uint8 (words, longest) are the letters of the words, 0 after the last of *lengths* (words,). With *tail* the
    text may be only the beginning of a word, and each letter that is still to come costs so much.
    """
    last = _last_row(costs, codes) if kernel.native is None else _last_row_natively(kernel.native, costs, codes)
    longest = codes.shape[1]
    if tail is None:
        found: Floats = last[np.arange(len(codes)), lengths]
        return found
    ahead = lengths[:, None] - np.arange(longest + 1)
    begun: Floats = np.where(ahead >= 0, last + np.float32(tail) * ahead, np.inf).min(axis=1).astype(np.float32)
    return begun


def _last_row(costs: Costs, codes: UInt8s) -> Floats:
    """Return what it costs to read all that was typed as so many letters of each word (words, longest + 1)."""
    count, longest = codes.shape
    untyped = np.zeros((count, longest + 1), dtype=np.float32)
    np.cumsum(costs.untyped[codes], axis=1, out=untyped[:, 1:])
    first = untyped.copy()
    if costs.skippable is not None and longest >= 2:
        one, other, price = costs.skippable
        skipped = (codes[:, 0] == one) & (codes[:, 1] == other)
        first[skipped, 2:] = np.minimum(first[skipped, 2:], price + untyped[skipped, 2:] - untyped[skipped, 2:3])
    rows = [first]
    for end in range(1, costs.length + 1):
        row = np.full((count, longest + 1), np.inf, dtype=np.float32)
        for length, reading in costs.stands_for[end]:
            np.minimum(row[:, 1:], rows[end - length][:, :-1] + costs.letters[reading][codes], out=row[:, 1:])
        for length, price in costs.stands_for_none[end]:
            np.minimum(row, rows[end - length] + np.float32(price), out=row)
        for one, other, price in costs.swaps[end] if costs.swaps else ():
            both = (codes[:, :-1] == one) & (codes[:, 1:] == other)
            swapped = np.where(both, rows[end - 2][:, :-2] + np.float32(price), np.float32(np.inf))
            np.minimum(row[:, 2:], swapped, out=row[:, 2:])
        rows.append(np.minimum.accumulate(row - untyped, axis=1) + untyped)
    return rows[-1]


def _last_row_natively(native: ModuleType, costs: Costs, codes: UInt8s) -> Floats:
    steps: list[tuple[int, int, int, int]] = []
    prices: list[float] = []
    for end in range(1, costs.length + 1):
        for length, reading in costs.stands_for[end]:
            steps.append((_STANDS_FOR, end, length, reading))
            prices.append(0.0)
        for length, price in costs.stands_for_none[end]:
            steps.append((_STANDS_FOR_NONE, end, length, 0))
            prices.append(price)
        for one, other, price in costs.swaps[end] if costs.swaps else ():
            steps.append((_SWAP, end, one, other))
            prices.append(price)
    one, other, skip_price = costs.skippable or (0, -1, 0.0)
    last = native.align(
        np.ascontiguousarray(codes).reshape(-1),
        codes.shape[1],
        costs.untyped,
        costs.letters.reshape(-1),
        np.array(steps, np.int32).reshape(-1),
        np.array(prices, np.float32),
        costs.length,
        one * 256 + other,
        skip_price,
    )
    return np.frombuffer(last, np.float32).reshape(len(codes), codes.shape[1] + 1)
