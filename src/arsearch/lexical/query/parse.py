"""The query as typed, taken apart: words, exact phrases, exclusions, and what is demanded of every article."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from arsearch.arabic import Token, analyze
from arsearch.arabic.word_forms import WordForm
from arsearch.article_fields import OwnFields
from arsearch.lexical.query.forms import Forms
from arsearch.lexical.query.notation import ANYWHERE, TITLE, plain_words_of
from arsearch.lexical.segment.field_names import DATE

if TYPE_CHECKING:
    from whoosh.query import Query

__all__ = ["LexicalQuery", "NamedValue", "OldPhrase", "Synonym", "parse_query"]

_TEXT = (ANYWHERE, TITLE)


@dataclass(frozen=True, slots=True)
class Synonym:
    """Another name for words of a query.

    It stands for the words from index *first* to *last*; *folded_words* are its own words, folded, in order; it
    counts *weight* times what the typed words do. *origin* says where it comes from.
    """

    first: int
    last: int
    folded_words: tuple[str, ...]
    weight: float
    origin: str


@dataclass(frozen=True, slots=True)
class NamedValue:
    """A whole value of a keyword *field*, folded: words of a query that are the name of an author, a source or a tag.

    It counts *weight*, as a score of the first pass.
    """

    field: str
    value: str
    weight: float


@dataclass(frozen=True, slots=True)
class OldPhrase:
    """A phrase of folded *words* and, for each place of it, the forms that a copy of the Quran may have there.

    Meant beside the phrase itself, or instead of it if it *is_alone*.
    """

    words: tuple[str, ...]
    places: tuple[tuple[str, ...], ...]
    is_alone: bool = False


@dataclass(frozen=True)
class LexicalQuery:
    """What a query asks for.

    *words* are scored, any of them is enough; *phrases* must occur word for word in their folded forms, *excluded*
    (phrases too, most of one word) must not. *plain* is the query without its operators, for the semantic side.
    *asked* is the whole as it was parsed, of which only :mod:`arsearch.lexical.query.whoosh_query` makes something, or
    a tuple where that is words side by side, which Whoosh is not needed for;
    *prefixes* are the beginnings of words in it; *synonyms* score beside the words.
    """

    words: tuple[Token, ...]
    phrases: tuple[tuple[str, ...], ...]
    excluded: tuple[tuple[str, ...], ...]
    plain: str
    asked: Query | tuple[str, ...]
    prefixes: tuple[str, ...] = ()
    synonyms: tuple[Synonym, ...] = ()
    forms: tuple[Forms, ...] = ()
    """Other forms of each of *scored_words*, where they were looked for."""
    language: str = "ar"
    """Of its words of other scripts."""
    names: tuple[NamedValue, ...] = ()
    """Authors, sources and tags that its words are."""
    spellings: tuple[tuple[str, str], ...] = ()
    """Folded forms of words that were typed as copies of the Quran spell them, each with the one it had there."""
    old_phrases: tuple[OldPhrase, ...] = ()
    """Phrases that articles have in the spelling of those copies."""
    writings: tuple[tuple[tuple[str, ...], tuple[tuple[str, ...], ...]], ...] = ()
    """Phrases in which names are written as one word or apart, each with the other ways to write it."""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to search for."""
        if self.words or isinstance(self.asked, tuple):
            return not self.words
        from arsearch.lexical.query.syntax import leaves

        return not any(leaf.fieldname not in _TEXT for leaf, excluded in leaves(self.asked) if not excluded)

    @property
    def dates(self) -> tuple[str, ...]:
        """The dates and ranges of them that it asks for, as they were typed."""
        if isinstance(self.asked, tuple):
            return ()
        from arsearch.lexical.query.syntax import leaves

        return tuple(leaf.text for leaf, _ in leaves(self.asked) if leaf.fieldname == DATE)

    @cached_property
    def is_strict(self) -> bool:
        """Whether it demands something even where any of several words is enough."""
        if isinstance(self.asked, tuple):
            return False
        from arsearch.lexical.query.syntax import is_strict

        return is_strict(self.asked)

    @cached_property
    def only_stop_words(self) -> bool:
        """Whether every word is a stop word, so that only folded forms can be searched."""
        return all(not word.stem for word in self.words)

    @cached_property
    def scored_words(self) -> tuple[Token, ...]:
        """The words that count: stop words only where there is nothing else."""
        return self.words if self.only_stop_words else tuple(word for word in self.words if word.stem)

    @cached_property
    def acronym_letters(self) -> frozenset[int]:
        """The positions in *words* of letters that are one thing in a row: such as those of an agency."""
        return frozenset(
            at for synonym in self.synonyms if self.is_acronym(synonym) for at in range(synonym.first, synonym.last + 1)
        )

    def is_acronym(self, synonym: Synonym) -> bool:
        """Whether *synonym* is what was typed itself, several letters in a row."""
        typed = self.words[synonym.first : synonym.last + 1]
        return len(typed) > 1 and synonym.folded_words == tuple(word.folded for word in typed)

    def forms_of(self, word: Token) -> tuple[WordForm, ...]:
        """Return the other forms of *word*, one of the scored words; none for a word that was quoted."""
        if not self.forms:
            return ()
        return self.forms[self.scored_words.index(word)].others

    def names_of(self, word: Token) -> tuple[tuple[str, float], ...]:
        """Return other names of *word* that are one word too, folded, each with what it counts."""
        return tuple(
            (synonym.folded_words[0], synonym.weight)
            for synonym in self.synonyms
            if synonym.first == synonym.last and self.words[synonym.first] == word
        )

    def without_quotes(self) -> LexicalQuery:
        """Return the query in which the words of phrases are words like others."""
        if isinstance(self.asked, tuple):
            return replace(self, phrases=())
        from arsearch.lexical.query.syntax import unquoted

        return replace(self, phrases=(), asked=unquoted(self.asked))


_DECIMAL_COMMA = re.compile(r"(?<![^\s(+-])(\d+)[,\u060c](?=\d{1,2}(?![\w\"]|[.,\u060c][\d.,\u060c]))")
"""The comma of a decimal, which would make two words of it; in quotes it is what articles have."""


def parse_query(text: str, *, operators: bool = True, language: str = "ar", own: OwnFields = ()) -> LexicalQuery:
    """Take *text* apart; without *operators* it is all words. *language* is that of its words of other scripts.

    The *own* fields are known by their names.

    Quotes that do not close and lone operators are as if they were not there. Never raises.
    """
    text = _DECIMAL_COMMA.sub(r"\1.", text)
    plain = plain_words_of(text) if operators else (text,)
    query = _side_by_side(plain, language) if plain is not None else _taken_apart(text, own, language)
    if operators and query.is_empty and not text.lstrip().startswith("-"):
        return parse_query(
            text, operators=False, language=language
        )  # nothing but operators, or a sentence that begins with "not"
    return query


def _side_by_side(typed: tuple[str, ...], language: str) -> LexicalQuery:
    plain = " ".join(" ".join(typed).split())
    return LexicalQuery(tuple(analyze(plain, language)), (), (), plain=plain, asked=typed, language=language)


def _taken_apart(text: str, own: OwnFields, language: str) -> LexicalQuery:
    from whoosh.query import Phrase, Prefix, Term  # what is no words side by side

    from arsearch.lexical.query.syntax import Loosely, leaves, parse_syntax

    asked = parse_syntax(text, own)
    if type(asked) is Loosely and all(type(leaf) is Term and leaf.fieldname == ANYWHERE for leaf in asked.subqueries):
        return _side_by_side(tuple(leaf.text for leaf in asked.subqueries), language)
    phrases: list[tuple[str, ...]] = []
    excluded: list[tuple[str, ...]] = []
    prefixes: list[str] = []
    plain: list[str] = []
    for leaf, is_excluded in leaves(asked):
        if leaf.fieldname not in _TEXT:
            continue
        typed = " ".join(leaf.words) if isinstance(leaf, Phrase) else leaf.text
        if is_excluded:
            excluded.append(_exacts(typed))
            continue
        plain.append(typed)
        if isinstance(leaf, Phrase) and leaf.fieldname == ANYWHERE:
            phrases.append(_exacts(typed))
        elif isinstance(leaf, Prefix):
            prefixes.extend(_exacts(typed)[-1:])
    remaining = " ".join(" ".join(plain).split())
    return LexicalQuery(
        words=tuple(analyze(remaining, language)),
        phrases=tuple(filter(None, phrases)),
        excluded=tuple(filter(None, excluded)),
        plain=remaining,
        asked=asked,
        prefixes=tuple(prefixes),
        language=language,
    )


def _exacts(text: str) -> tuple[str, ...]:
    return tuple(token.folded for token in analyze(text))
