"""Reading a request: from what was typed to a query on the words of an index."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from arsearch.arabic import Token, fold
from arsearch.arabic.clitics import stems_without_particles
from arsearch.arabic.fold import is_arabic
from arsearch.backends import Filters, RetrievalRequest, SearchableIndex
from arsearch.common.deadline import stage
from arsearch.errors import NoWordError, UnsearchableQueryError
from arsearch.lexical import LexicalQuery, file_stamp, parse_query, read_synonyms
from arsearch.lexical.query.parse import OldPhrase
from arsearch.lexical.query.uthmani import has_old_spelling, old_spellings, spelled_today
from arsearch.search.curations import Curation, read_curations
from arsearch.search.request import SearchRequest
from arsearch.settings import Settings

__all__ = ["QueryReader", "rules_stamp"]

_LOOKED_AT = 8
"""Articles that show how a phrase is spelled in them."""


class QueryReader:
    """Reads queries with the words of one index and the maintainer's synonyms in mind."""

    def __init__(self, index: SearchableIndex, settings: Settings) -> None:
        """Read the files of synonyms and of curations.

        Raises SettingsError if one cannot be read, or was asked for and is not there.
        """
        self._index = index
        self._words = index.words
        self._languages = index.manifest.languages
        self._own = index.manifest.own_fields
        self._max_words = settings.max_query_words
        self._synonyms = read_synonyms(Path(settings.synonyms), required=settings.synonyms != Settings().synonyms)
        self._curations = read_curations(Path(settings.curations), required=settings.curations != Settings().curations)
        self.rules_digest = (self._synonyms.digest if self._synonyms else "") + self._curations.digest
        """Changes with what the maintainer's synonyms and curations say; empty where there are none."""

    def curation(self, request: SearchRequest) -> Curation | None:
        """Return what the maintainer wants for the query of *request*, None if that is nothing."""
        return self._curations.of(request.query)

    @stage("parse")
    def read(self, request: SearchRequest) -> LexicalQuery:
        """Return what *request* asks for. Raises UnsearchableQueryError if it has no word, or too many."""
        query = self.parse(request.query, operators=request.operators)
        if request.operators if request.synonyms is None else request.synonyms:
            query = self.with_synonyms(query)
        query = self._words.with_names(self._words.with_forms(query))
        if query.is_empty:
            raise NoWordError(
                "The query has no word to search for, only punctuation or exclusions. Add a word.", field="q"
            )
        if len(query.words) > self._max_words:
            raise UnsearchableQueryError(
                f"The query has {len(query.words)} words; at most {self._max_words} are searched. "
                "Shorten it, or raise the setting max_query_words.",
                field="q",
            )
        return query

    def parse(self, text: str, *, operators: bool = True) -> LexicalQuery:
        """Take *text* apart; words of another script are in that language of the index whose stems it knows best."""
        text, spellings = spelled_today(text, self._words.articles_with)
        query = parse_query(text, operators=operators, own=self._own)
        if not all(any(map(is_arabic, word.surface)) for word in query.words):
            others = [parse_query(text, operators=operators, language=each, own=self._own) for each in self._languages]
            stems = [{word.stem for word in each.words} for each in (query, *others)]
            known = [sum(map(self._words.knows_stem, each)) for each in stems]
            if max(known) > known[0]:
                query = (query, *others)[known.index(max(known))]
        query = replace(
            query, words=tuple(map(self._without_particle, query.words)), spellings=tuple(spellings.items())
        )
        return self._with_old_phrases(query) if query.phrases and not spellings else query

    def _with_old_phrases(self, query: LexicalQuery) -> LexicalQuery:
        """Return *query* with the spelling of copies of the Quran for its phrases, where articles have it.

        Such a spelling may also be that of other words: all of the articles that are looked at must bear its signs.
        """
        found = []
        for phrase in dict.fromkeys(query.phrases):
            if places := old_spellings(phrase, self._words.articles_with):
                asked = replace(
                    parse_query(f'"{" ".join(phrase)}"'), old_phrases=(OldPhrase(phrase, places, is_alone=True),)
                )
                documents = self._index.find(_first(asked)).best
                articles = self._index.articles(documents)
                texts = [f"{article.title}\n{article.body}" for article in articles]
                other = [text for text in texts if " ".join(phrase) not in fold(text)]
                if other and all(has_old_spelling(text, places) for text in other):
                    found.append(OldPhrase(phrase, places))
        return replace(query, old_phrases=tuple(found)) if found else query

    def _without_particle(self, word: Token) -> Token:
        """Return *word*; with the stem of what follows its preposition, if articles have only that."""
        if not word.stem or self._words.knows_stem(word.stem):
            return word
        known = filter(self._words.knows_stem, stems_without_particles(word.folded))
        return word._replace(stem=next(known, word.stem))

    def with_other_words(self, query: LexicalQuery) -> LexicalQuery:
        """Return *query* with synonyms for its words and with their other forms."""
        return self._words.with_forms(self.with_synonyms(query))

    def with_synonyms(self, query: LexicalQuery) -> LexicalQuery:
        """Return *query* with synonyms for its words, from the language and from the maintainer."""
        return self._words.with_synonyms(query, self._synonyms)


def _first(query: LexicalQuery) -> RetrievalRequest:
    """Return the request for some articles that *query* finds."""
    return RetrievalRequest(
        query=query,
        by_words=True,
        vector=None,
        filters=Filters(),
        depth=_LOOKED_AT,
        nearest_depth=0,
        cosine_depth=0,
        order=None,
        facets=False,
        exact_total=False,
    )


@lru_cache(maxsize=8)
def _files(*names: str) -> tuple[Path, ...]:
    """Return files by name; a server looks at them with every request."""
    return tuple(map(Path, names))


def rules_stamp(settings: Settings) -> tuple[int, ...] | None:
    """Return what changes when the maintainer's file of synonyms or that of curations does; None without either."""
    stamps = tuple(map(file_stamp, _files(settings.synonyms, settings.curations)))
    return None if stamps == (None, None) else (*(stamps[0] or (0, 0)), *(stamps[1] or (0, 0)))
