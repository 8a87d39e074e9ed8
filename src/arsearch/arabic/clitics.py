"""Prepositions of one letter, which Arabic writes onto the word behind them.

Stemming leaves them where no article follows, because in most words that begin with these letters they are radicals
(Larkey, Ballesteros and Connell, 2007). Whether they are, the words of an index can tell. For the prepositions see
Ryding, "A Reference Grammar of Modern Standard Arabic", 2005, chapter 16.
"""

from __future__ import annotations

from collections.abc import Iterator

from arsearch.arabic import letters as ar
from arsearch.arabic.stem import stem

__all__ = ["stems_without_particles"]

_PREPOSITIONS = (ar.LAM, ar.BEH)
_CONJUNCTIONS = ("", ar.WAW, ar.FEH)
_LEAVES = 3


def stems_without_particles(folded: str) -> Iterator[str]:
    """Yield the stems of *folded*, a folded word, without *to* or *with* and a conjunction before it."""
    for conjunction in _CONJUNCTIONS:
        for preposition in _PREPOSITIONS:
            particles = conjunction + preposition
            if folded.startswith(particles) and len(folded) >= len(particles) + _LEAVES:
                yield stem(folded[len(particles) :])
