"""What of a query scores: words with their other forms and names, names of several words, beginnings of words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

from arsearch.arabic import Token, analyze
from arsearch.arabic.word_forms import WordForm
from arsearch.lexical.query.parse import LexicalQuery, NamedValue, Synonym
from arsearch.lexical.segment.field_names import TEXT_FOLDED, TEXT_STEM, TITLE_STEM

__all__ = [
    "FIELD_WEIGHTS",
    "Alternatives",
    "Beginning",
    "PlainWord",
    "ScoredPart",
    "parts_that_score",
    "plain_word",
    "plain_words",
    "word_terms",
]

FIELD_WEIGHTS = {TEXT_STEM: 1.0, TEXT_FOLDED: 0.4, TITLE_STEM: 1.5}
"""A word scores in each of these fields. The stem finds, the folded form prefers what was typed, the title is a bonus.
The weights of text measure best on native questions and on headlines; that of the title is the least with which a
title that has a word comes before texts that have it and the typed form of another."""


class PlainWord(NamedTuple):
    """A word that scores, with its other forms, and its other names, folded, with what they count."""

    folded: str
    stem: str
    forms: tuple[WordForm, ...]
    names: tuple[tuple[str, float], ...]


class Alternatives(NamedTuple):
    """What scores as the best of it does: the *typed* words together, or one of their other *names*.

    A name is its words, folded, and what it counts.
    """

    typed: tuple[PlainWord, ...]
    names: tuple[tuple[tuple[str, ...], float], ...]


class Beginning(NamedTuple):
    """Words that begin with *start*."""

    start: str


ScoredPart: TypeAlias = PlainWord | Alternatives | NamedValue | Beginning


def plain_words(query: LexicalQuery) -> tuple[PlainWord, ...] | None:
    """Return the words of *query*, each with its other forms and names; None if more is asked for than any of them.

    What ``whoosh_query`` makes is then an Or of their :func:`word_terms`.
    """
    if query.prefixes or query.names or query.is_strict:
        return None
    if not all(_is_plain(query, synonym) for synonym in query.synonyms):
        return None
    return tuple(
        PlainWord(word.folded, word.stem, query.forms_of(word), query.names_of(word)) for word in query.scored_words
    )


def _is_plain(query: LexicalQuery, synonym: Synonym) -> bool:
    """Whether *synonym* is one word for one word that scores and stands in the query once."""
    word = query.words[synonym.first]
    return (
        synonym.first == synonym.last
        and len(synonym.folded_words) == 1
        and query.words.count(word) == 1
        and word in query.scored_words
        and len(analyze(synonym.folded_words[0])) == 1
    )


def parts_that_score(query: LexicalQuery) -> list[tuple[str, ScoredPart]]:
    """Return what scores, each with the words it is for; what the parts score is added up."""
    others: dict[tuple[int, int], list[tuple[tuple[str, ...], float]]] = {}
    more: list[tuple[str, ScoredPart]] = []
    for synonym in query.synonyms:
        name = synonym.folded_words, synonym.weight
        if synonym.first == synonym.last and synonym.folded_words[0] == query.words[synonym.first].folded:
            # The word and what makes it plainer, such as a number of percent.
            more.append((" ".join(synonym.folded_words), Alternatives((), (name,))))
        else:
            others.setdefault((synonym.first, synonym.last), []).append(name)
    counting = set(query.scored_words)
    parts: list[tuple[str, ScoredPart]] = []
    named = set(query.acronym_letters)  # no letter is looked for without its neighbours
    for (first, last), names in others.items():
        words = query.words[first : last + 1]
        is_new = named.isdisjoint(range(first, last + 1))
        typed = tuple(plain_word(query, word) for word in words if word in counting) if is_new else ()
        parts.append((" ".join(word.surface for word in words), Alternatives(typed, tuple(names))))
        named.update(range(first, last + 1) if is_new else ())
    for position, word in enumerate(query.words):
        if position not in named and word in counting:
            parts.append((word.surface, plain_word(query, word)))
    more += [(name.value, name) for name in query.names]
    more += [(f"{start}*", Beginning(start)) for start in query.prefixes]
    return parts + more


def word_terms(
    folded: str, stem: str, forms: Sequence[WordForm] = (), names: Sequence[tuple[str, float]] = ()
) -> list[tuple[str, str, float, int]]:
    """Return the terms by which a word and its other *forms* and *names* score: field, text, weight, and of which form.

    Those of a form add up, and the best form counts; the word as typed is the form 0.
    """
    own = [
        (field, text, weight, 0)
        for field, weight in FIELD_WEIGHTS.items()
        if (text := folded if field == TEXT_FOLDED else stem)
    ]
    own += [
        (field, form.stem, FIELD_WEIGHTS[field] * form.weight, number)
        for number, form in enumerate(forms, 1)
        for field in (TEXT_STEM, TITLE_STEM)
    ]
    for number, (name, share) in enumerate(names, len(forms) + 1):
        [token] = analyze(name)
        own += [
            (field, text, weight * share, number) for field, text, weight, _ in word_terms(token.folded, token.stem)
        ]
    return own


def plain_word(query: LexicalQuery, word: Token) -> PlainWord:
    """Return *word*, one that scores in *query*, with its other forms."""
    return PlainWord(word.folded, word.stem, query.forms_of(word), ())
