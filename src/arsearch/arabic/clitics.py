"""Particles and pronouns that Arabic writes onto a word, beyond those that stemming takes off.

Stemming leaves prepositions where no article follows, and most pronouns, because in many words these letters are
radicals (Larkey, Ballesteros and Connell, 2007). Whether they are, the words of an index can tell
(:mod:`arsearch.lexical.query.forms`); here is which letters there are. All of it is about stems: what stemming takes
off a word's other end, such as the alef of a plural verb or of *our*, is gone already. For prepositions and pronouns
see Ryding, "A Reference Grammar of Modern Standard Arabic", 2005, chapters 12 and 16.
"""

from __future__ import annotations

from collections.abc import Iterator

from arsearch.arabic import letters as ar
from arsearch.arabic.stem import stem

__all__ = ["ENDINGS", "LEAVES", "PREPOSITIONS", "PROCLITICS", "stems_without_particles"]

PREPOSITIONS = (ar.BEH, ar.LAM, ar.KAF)
"""With, to, like. No other particle but a conjunction stands before one of these."""
PROCLITICS = (*PREPOSITIONS, ar.FEH, ar.FEH + ar.BEH, ar.FEH + ar.LAM)
_PRONOUNS = ("هم", "هن", "ن", "كم", "ك")
"""Their, (her plural), our without its alef, your, your."""
_LINKS = ("", "ت", "ي", "و", "ات", "يت")
"""What a word may end in before a pronoun: the teh of a teh marbuta, with the yeh that goes with it when a word is
stemmed, the carrier of a final hamza, a plural."""
ENDINGS = ("ت", "و", "ي", *(link + pronoun for link in _LINKS for pronoun in _PRONOUNS))
"""What may stand behind a stem: that of a dual or of a past verb, of a plural verb or a hamza before a pronoun, what is
left before the pronoun of a word in yeh and teh marbuta, and pronouns."""
LEAVES = 3
"""So many letters of a word remain at least."""

_CONJUNCTIONS = ("", ar.WAW, ar.FEH)


def stems_without_particles(folded: str) -> Iterator[str]:
    """Yield the stems of *folded*, a folded word, without *to* or *with* and a conjunction before it."""
    for conjunction in _CONJUNCTIONS:
        for preposition in (ar.LAM, ar.BEH):
            particles = conjunction + preposition
            if folded.startswith(particles) and len(folded) >= len(particles) + LEAVES:
                yield stem(folded[len(particles) :])
