"""What is known of the words of an index once it is known in how many articles each is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

from arsearch.arabic import Token, analyze
from arsearch.arabic.word_forms import WordForm
from arsearch.common.bounded_cache import BoundedCache
from arsearch.lexical.query.forms import FormFinder, Forms
from arsearch.lexical.query.joined import joined_and_apart, phrases_as_written
from arsearch.lexical.query.parse import LexicalQuery, NamedValue
from arsearch.lexical.query.scored_parts import FIELD_WEIGHTS
from arsearch.lexical.query.synonyms import SynonymTable, synonyms_of
from arsearch.lexical.search.bm25 import idf_of_one
from arsearch.lexical.segment.field_names import TEXT_FOLDED, TEXT_STEM
from arsearch.lexical.suggest.did_you_mean import Suggestion

__all__ = ["WordStatistics"]

_CACHED_FORMS = 1 << 13
_LONGEST_NAME = 6
"""Words of a name."""


class WordStatistics(ABC):
    """Rarity of words, their synonyms, and how a query was read."""

    @abstractmethod
    def __len__(self) -> int:
        """How many articles there are."""

    @abstractmethod
    def document_frequency(self, field: str, text: bytes) -> int:
        """Return how many articles have a term."""

    @abstractmethod
    def terms_with_prefix(self, field: str, prefix: bytes, most: int) -> list[bytes]:
        """Return the terms of *field* that begin with *prefix*, none if there are more than *most*."""

    def terms_with_prefixes(self, field: str, prefixes: list[bytes], most: int) -> list[list[bytes]]:
        """Return the same for each of *prefixes*."""
        return [self.terms_with_prefix(field, prefix, most) for prefix in prefixes]

    @abstractmethod
    def in_common(self, one: str, other: str) -> int:
        """Return how many articles have both folded forms."""

    @abstractmethod
    def suggest(self, text: str) -> Suggestion | None:
        """Return another reading of the query *text*, None if there is none that is better."""

    def idf_of(self, word: Token) -> float:
        """Return the idf of a word of a query: of its stem, or for a stop word of its folded form."""
        return self.idf_of_term(*_field_and_text(word))

    def knows(self, word: Token) -> bool:
        """Whether any article has *word*, in its folded form or by its stem."""
        return bool(
            self.document_frequency(TEXT_FOLDED, word.folded.encode())
            or (word.stem and self.document_frequency(TEXT_STEM, word.stem.encode()))
        )

    def knows_stem(self, stem: str) -> bool:
        """Whether any article has a word with this stem."""
        return bool(stem and self.document_frequency(TEXT_STEM, stem.encode()))

    def best_possible(self, query: LexicalQuery) -> float:
        """Return the score that an article would near that has every word of *query* often, in text and title."""
        idfs = (self.idf_of_word(query, index) for index in range(len(query.scored_words)))
        return max(sum(idfs) * sum(FIELD_WEIGHTS.values()), 1e-6)

    def with_synonyms(self, query: LexicalQuery, table: SynonymTable | None) -> LexicalQuery:
        """Return *query* with synonyms for its words, from the language and from *table*, and writings of phrases.

        A name that is rarer than what was typed counts less still, so that no article gains by having it instead.
        """
        synonyms = []
        quoted = {term for phrase in query.phrases for term in phrase}
        typed_words = tuple(word for word in query.words if word.folded not in quoted)
        others = joined_and_apart(query.words, self.articles_with, self.in_common) if typed_words == query.words else ()
        found = (*synonyms_of(query, table), *others)
        letters = replace(query, synonyms=found).acronym_letters
        for synonym in found:
            if query.is_acronym(synonym):  # even if nothing has it: its letters by themselves are something else
                synonyms.append(synonym)
                continue
            typed = [
                self.idf_of(query.words[at])
                for at in range(synonym.first, synonym.last + 1)
                if query.words[at].stem or at in letters
            ]
            tokens = [token for folded in synonym.folded_words for token in analyze(folded)]
            own = sum(map(self.idf_of, tokens)) if len(tokens) == 1 else sum(map(self._exact_idf, tokens))
            if own > 0 and (len(tokens) == 1 or all(map(self._has_exact, tokens))) and all(map(self.knows, tokens)):
                share = min(1.0, max(sum(typed), 1e-6) / own)
                synonyms.append(replace(synonym, weight=synonym.weight * share))
        written = [
            (phrase, writings)
            for phrase in dict.fromkeys((*query.phrases, *query.excluded))
            if (writings := phrases_as_written(phrase, self.articles_with, self.in_common))
        ]
        return replace(query, synonyms=tuple(synonyms), writings=tuple(written)) if synonyms or written else query

    def names_of(self, words: Sequence[str]) -> list[tuple[str, str]]:  # noqa: ARG002  # not everywhere it is known
        """Return the fields, and the whole values of them, that the folded *words* are: authors, sources, tags."""
        return []

    def with_names(self, query: LexicalQuery) -> LexicalQuery:
        """Return *query* with the authors, sources and tags that words of it, side by side, are.

        A single word is one only where there is no other: too many words of a query are tags too.
        """
        words = [word.folded for word in query.words]
        found = []
        for first in range(len(words)):
            for last in range(first + min(2, len(words)), min(first + _LONGEST_NAME, len(words)) + 1):
                idf = sum(map(self.idf_of, query.words[first:last]))
                found += [NamedValue(field, value, idf) for field, value in self.names_of(words[first:last])]
        return replace(query, names=tuple(found)) if found and not query.phrases else query

    def with_forms(self, query: LexicalQuery) -> LexicalQuery:
        """Return *query* with other forms of its words: plurals, verbs, words with particles and pronouns.

        A form that is rarer than what was typed counts less still. Words that were quoted have none.
        """
        quoted = {term for phrase in query.phrases for term in phrase}
        none = Forms((), "", 0)
        forms = tuple(none if word.folded in quoted else self._forms(word) for word in query.scored_words)
        return replace(query, forms=forms) if any(found.others for found in forms) else query

    def idf_of_word(self, query: LexicalQuery, index: int) -> float:
        """Return the idf of one of the scored words of *query*, with or without particles."""
        idf = self.idf_of(query.scored_words[index])
        articles = query.forms[index].articles if query.forms else 0
        return min(idf, idf_of_one(len(self), articles)) if articles else idf

    def _forms(self, word: Token) -> Forms:
        key = word.surface, word.stem
        if (known := self._found_forms.get(key)) is not None:
            return known
        found = FormFinder(self).forms(word)
        typed = idf_of_one(len(self), found.articles)
        others = (
            WordForm(
                form.stem,
                round(form.weight * min(1.0, typed / self.idf_of_term(TEXT_STEM, form.stem)), 4),
                form.is_noun,
                form.is_same,
            )
            for form in found.others
        )
        found = found._replace(others=tuple(form for form in others if form.weight > 0))
        self._found_forms.put(key, found)
        return found

    @cached_property
    def _found_forms(self) -> BoundedCache[tuple[str, str], Forms]:
        return BoundedCache(_CACHED_FORMS, _CACHED_FORMS, lambda _: 1)

    def explain(self, query: LexicalQuery) -> dict[str, Any]:
        """Return how *query* was read, as JSON types."""
        from arsearch.lexical.query.explain import explain_reading  # with all of Whoosh

        return explain_reading(query, [self._articles_with(word) for word in query.words])

    def explain_suggestion(self, text: str) -> list[dict[str, Any]]:
        """Return the corrections of the query *text* that were considered, as JSON types."""
        from arsearch.lexical.query.explain import explain_suggestion

        return explain_suggestion(text, self.suggest(text))

    def articles_with(self, folded: str) -> int:
        """Return how many articles have the *folded* form of a word."""
        return self.document_frequency(TEXT_FOLDED, folded.encode())

    def _exact_idf(self, word: Token) -> float:
        return self.idf_of_term(TEXT_FOLDED, word.folded)

    def _has_exact(self, word: Token) -> bool:
        return self.document_frequency(TEXT_FOLDED, word.folded.encode()) > 0

    def _articles_with(self, word: Token) -> int:
        field, text = _field_and_text(word)
        return self.document_frequency(field, text.encode())

    def idf_of_term(self, field: str, text: str) -> float:
        """Return the idf of a term."""
        return idf_of_one(len(self), self.document_frequency(field, text.encode()))


def _field_and_text(word: Token) -> tuple[str, str]:
    return (TEXT_STEM, word.stem) if word.stem else (TEXT_FOLDED, word.folded)
