"""Did you mean: another reading of a query, from the words that the index has.

Three things go wrong when a reader types: the keyboard was on the other layout, the word was written in Latin letters,
the spelling slipped. Each word that is nowhere in the index gets candidates, and those of neighbouring words are
chosen together: words that stand in the same articles speak for each other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from arsearch.arabic import Token, analyze, edits, fold, is_stop_word
from arsearch.arabic.arabizi import latin_words
from arsearch.arabic.keyboard import as_typed_on_the_other_layout
from arsearch.arabic.synonyms import names_of_countries, names_of_people, plain_foreign_words, well_known_spellings
from arsearch.common.deadline import check_time
from arsearch.lexical.query.notation import unsearched_spans
from arsearch.lexical.segment.field_names import TEXT_FOLDED, TEXT_STEM
from arsearch.lexical.suggest.spelling import Speller
from arsearch.lexical.suggest.terms import Terms
from arsearch.lexical.suggest.transliteration import ARABIZI_FREQUENCY_WEIGHT, Transliterator, WordCandidate
from arsearch.lexical.suggest.word_list import WordList, code_of

__all__ = ["Change", "Suggester", "Suggestion"]

_CANDIDATES = 5
_CHANGED = 6
"""The most words of a query that are corrected: more of them is another language, not a slip."""
_CONTEXT_WEIGHT = 0.15
"""What a candidate costs less for each e-fold in how many articles it stands with its neighbour."""
_FREQUENCY_WEIGHT = 0.06
_RARE = 3
"""A word that so few articles have may be a slip of theirs."""
_FAR_MORE = 50
_FAR_MORE_BESIDE = 10
"""So many times as many articles have what was meant beside a neighbour as have what was typed there."""
_SLIP = 0.6
"""The most that a slip may cost where the typed word is in the index too."""
_LIKE_PLAIN = 0.75
"""The most that an Arabic word may cost that a plain word of another language is taken for."""
_SOUNDS_THE_SAME = 0.3
_COMMON_SHARE = 200
"""A word in one of so many articles is one that readers mean, though it was typed in letters that mean another."""
_FEWEST_COMMON = 10
_SELDOM_SHARE = 1000
"""A word in fewer than one of so many articles is seldom."""
_LONGEST_SHORT = 4
_SHORTEST_PART = 3
_LONGEST_JOINED = 30


@dataclass(frozen=True, slots=True)
class Change:
    """A chunk of the query, ``text[start:end]``, and what it may have been meant for, the chosen one first.

    The folded form of a candidate may be several words. *kind*: ``spelling`` or ``arabizi``.
    """

    start: int
    end: int
    kind: str
    candidates: tuple[WordCandidate, ...]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Another reading of a query: *text* whole if it was typed on another layout, else its *changes*, in order."""

    text: str | None
    changes: tuple[Change, ...]


class Suggester:
    """Finds other readings of queries in the vocabulary of an index. Safe to use from several threads."""

    def __init__(self, terms: Terms) -> None:
        self._terms = terms

    def close(self) -> None:
        """Let go of the vocabulary."""
        if (speller := vars(self).get("speller")) is not None:  # it is only made when first needed
            vars(speller).clear()  # its cache holds it in a circle
        vars(self).clear()

    @cached_property
    def words(self) -> WordList:
        """The vocabulary, read when first needed."""
        return self._terms.word_list()

    @cached_property
    def speller(self) -> Speller:
        """Finds words by their spelling."""
        return Speller(self.words)

    @cached_property
    def transliterator(self) -> Transliterator:
        """Finds words by how they are written in Latin letters."""
        return Transliterator(self.words)

    def suggest(self, text: str) -> Suggestion | None:
        """Return another reading of the query *text*, None if there is none that is better."""
        spans = unsearched_spans(text)
        tokens = [
            token
            for token in analyze(text)
            if not any(first < token.end and token.start < last for first, last in spans)
        ]
        letters = [token for token in tokens if any(map(str.isalpha, token.folded))]
        unknown = [token for token in letters if not self._frequency(token) and not self._is_in_a_name(token)]
        if letters and 2 * len(unknown) >= len(letters) and (other := self._other_layout(text, unknown)):
            return Suggestion(other, ())
        changes = [change for change in self._changes(text, letters, set(unknown)) if change.candidates]
        content = [token for token in tokens if token.stem]  # stop words stand beside everything
        changes = list(self._chosen_together(content, changes[:_CHANGED]))
        return Suggestion(None, tuple(changes)) if changes else None

    # The wrong layout

    def _other_layout(self, text: str, unknown: Sequence[Token]) -> str | None:
        for other in as_typed_on_the_other_layout(text):
            words = [token for token in analyze(other) if any(map(str.isalpha, token.folded))]
            longest = max((len(word.folded) for word in words), default=0)
            known = sum(map(bool, map(self._frequency, words)))
            if self._are_short_and_common(text, other, words, unknown):
                return other
            if longest < _SHORTEST_PART or re.search(r"\d", other):  # digits in words are Arabizi's
                continue
            # By chance keys give a short word that there is; that they give several, or a long one, is no chance.
            unlikely = longest > 4 or code_of(text[0]) or _is_no_language(text)
            if (known == len(words) and unlikely) or (2 * known >= len(words) and _is_no_language(text)):
                return other
            if _has_keys_inside(text):
                return other
        # A name in Latin letters that the index only has in Arabic ones.
        if len(unknown) == 1 and code_of(unknown[0].folded[0]):
            for other in as_typed_on_the_other_layout(unknown[0].surface):
                if any(vowel in other for vowel in "aeiou") and other.isalpha() and not self._spelled_like(unknown[0]):
                    found = self.transliterator.candidates(other, 1)
                    if found and found[0].cost < _SLIP + 0.4 and found[0].frequency >= _RARE:
                        return other
        return None

    def _are_short_and_common(self, text: str, other: str, words: Sequence[Token], unknown: Sequence[Token]) -> bool:
        """Whether *text*, of short words none of which the index has, gives common *words* on another layout.

        One word may also be Arabizi: that has vowels.
        """
        typed = [token for token in analyze(text) if any(map(str.isalpha, token.folded))]
        return (
            bool(words)
            and len(unknown) == len(typed)
            and all(2 <= len(word.folded) <= _LONGEST_SHORT and word.folded.isalpha() for word in words)
            and all(character.isalpha() or character.isspace() for character in other)
            and (len(words) > 1 or not set("aeiou") & set(text.lower()))
            and not any(token.folded in plain_foreign_words() for token in typed)
            and all(self._folded_frequency(word.folded) >= self._common for word in words)
        )

    @property
    def _common(self) -> int:
        return max(_FEWEST_COMMON, self._terms.live_count // _COMMON_SHARE)

    def _spelled_like(self, token: Token) -> bool:
        return bool(self.speller.candidates(token.folded, 1))

    # Candidates

    def _changes(self, text: str, tokens: Sequence[Token], unknown: set[Token]) -> list[Change]:
        """Return the chunks of the query that may be changed, in order, with their candidates."""
        changes = self._transliterated(text, tokens, unknown)
        arabic = [token for token in tokens if all(map(code_of, token.folded))]
        joined = set()
        for before, after in pairwise(arabic):
            if text[before.end : after.start] == " " and before not in joined:
                frequency = self._folded_frequency(before.folded + after.folded)
                least = min(self._folded_frequency(part.folded) for part in (before, after))
                if frequency and (least == 0 or (least <= _RARE and frequency >= _FAR_MORE)):
                    word = WordCandidate(before.folded + after.folded, edits.SPACE, frequency)
                    changes.append(Change(before.start, after.end, "spelling", (word,)))
                    joined |= {before, after}
        for token in arabic:
            check_time()
            if token not in joined and not self._is_in_a_name(token):
                candidates = self._meant(token, arabic) if token not in unknown else self._corrections(token)
                changes.append(Change(token.start, token.end, "spelling", tuple(candidates)))
        return sorted(changes, key=lambda change: change.start)

    def _transliterated(self, text: str, tokens: Sequence[Token], unknown: set[Token]) -> list[Change]:
        """Return the chunks in Latin letters with the Arabic words that they may be.

        None if one of them is a plain word of another language, which no common word is written like: then they are a
        query in that language, and half of it in Arabic letters would be no query at all. Beside Arabic words that
        articles have only names of countries, cities and people: who types both scripts means both.
        """
        changes = []
        has_arabic = any(code_of(token.folded[0]) for token in tokens if token not in unknown)
        rarest = self._terms.live_count // _SELDOM_SHARE
        for latin, start, end in latin_words(text):
            check_time()
            inside = [token for token in tokens if start <= token.start and token.end <= end]
            if not inside or len(latin) < 2:
                continue
            found = self._latin(fold(latin), has_arabic)
            if len(latin) <= _SHORTEST_PART:  # few letters are like many words: a rare one is not meant
                found = [word for word in found if word.frequency >= rarest]
            known = min(map(self._frequency, inside)) if not unknown & set(inside) else 0
            if known:
                found = [word for word in found if word.cost <= _SLIP and word.frequency >= 10 * known]
            if fold(latin) in plain_foreign_words():
                found = [word for word in found if word.frequency >= self._common and word.cost <= _LIKE_PLAIN]
                if not found and not has_arabic:
                    return []
            changes.append(Change(start, end, "arabizi", tuple(found)))
        return changes

    def _latin(self, latin: str, has_arabic: bool) -> list[WordCandidate]:
        """Return the names that *latin* is, and unless the query *has_arabic* words, the words that sound like it.

        A well-known name is no word that only sounds like it, though articles have the name in no spelling.
        """
        country, person = names_of_countries().get(latin), names_of_people().get(latin)
        if (well_known := well_known_spellings().get(latin)) is not None:
            if (found := self._named(country, *well_known)) or has_arabic:
                return found
            sounding = self.transliterator.candidates(latin, _CANDIDATES) if len(latin) > _SHORTEST_PART else []
            return [word for word in sounding if word.cost <= _SOUNDS_THE_SAME]
        found = [*self._named(country), *self._named(person)]
        if found or not has_arabic:
            found += self.transliterator.candidates(latin, _CANDIDATES)
        return found

    def _named(self, *spellings: str | None) -> list[WordCandidate]:
        """Return the commonest of the *spellings* of a name, if articles have one: a short name is like many words."""
        known = [
            WordCandidate(folded, 0.0, frequency)
            for folded in map(fold, filter(None, spellings))
            if (frequency := self._articles_with(folded.split()))
        ]
        return [max(known, key=lambda word: word.frequency)] if known else []

    def _corrections(self, token: Token) -> list[WordCandidate]:
        """Return what *token*, which is nowhere in the index, may have been meant for."""
        found = [*self._parts(token.folded), *self.speller.candidates(token.folded, _CANDIDATES)]
        return [word for word in sorted(found, key=_rank) if self._exists(word)][:_CANDIDATES]

    def _parts(self, folded: str) -> Iterator[WordCandidate]:
        """Yield the pairs of words of the index that *folded* is when a space is put into it."""
        for at in range(2, len(folded) - 1 if len(folded) <= _LONGEST_JOINED else 0):
            pair = folded[:at], folded[at:]
            least = min(map(self._folded_frequency, pair))
            # Two letters are a word by themselves only if many articles have them as one.
            if least > (10 * _RARE if min(map(len, pair)) < _SHORTEST_PART else 0):
                together = self._terms.co_occurrences(*pair)
                if together:
                    yield WordCandidate(" ".join(pair), edits.SPACE, together)

    def _meant(self, token: Token, neighbours: Sequence[Token]) -> list[WordCandidate]:
        """Return what *token*, which is in the index, may be a slip for: a word that is far more frequent there.

        Far more frequent in all articles where it is rare, or else in those that have a neighbour.
        """
        typed = self._folded_frequency(token.folded)
        if not token.stem or len(token.folded) < 4 or typed > self._terms.live_count // 100:
            return []
        beside = [other for other in neighbours if other.stem and other is not token][:3]
        if typed > _RARE and not any(self._folded_frequency(other.folded) >= _FAR_MORE_BESIDE for other in beside):
            return []  # whatever it may be a slip for, too few articles have that beside a neighbour
        found = [
            word
            for word in self.speller.candidates(token.folded, 3, allowed=_SLIP)
            if word.frequency >= _FAR_MORE and not _has_same_stem(token, word)
        ]
        rare = [word for word in found if word.frequency >= _FAR_MORE * max(typed, 1) and typed <= _RARE]
        if rare and rare[0].frequency > self._frequency(token):
            return rare[:1]
        self._terms.prefetch(
            (word, other.folded) for other in beside for word in (token.folded, *(w.folded for w in found))
        )
        return [
            word
            for word in found
            if any(
                self._terms.co_occurrences(word.folded, other.folded)
                >= _FAR_MORE_BESIDE * (1 + self._terms.co_occurrences(token.folded, other.folded))
                for other in beside
            )
        ][:1]

    def _chosen_together(self, tokens: Sequence[Token], changes: Sequence[Change]) -> Iterator[Change]:
        """Yield *changes* with those candidates first that go best with each other and with the words beside them."""
        left: str | None = None
        for index, change in enumerate(changes):
            before = [token for token in tokens if token.end <= change.start]
            after = [token for token in tokens if token.start >= change.end]
            # What stands before has been decided; what comes after may still be changed, so its best guess counts.
            if index == 0 or changes[index - 1].end < (before[-1].start if before else 0):
                left = before[-1].folded if before else None
            following = changes[index + 1] if index + 1 < len(changes) else None
            right: str | None
            if following is not None and after and following.start <= after[0].start:
                right = following.candidates[0].folded.split()[0]
            else:
                right = after[0].folded if after else None

            def cost(
                candidate: WordCandidate, kind: str = change.kind, left: str | None = left, right: str | None = right
            ) -> float:
                words = candidate.folded.split()
                beside = self._beside(left, words[0]) + self._beside(words[-1], right)
                return _rank(candidate, kind) - _CONTEXT_WEIGHT * float(np.log1p(beside))

            self._terms.prefetch(
                pair
                for words in (candidate.folded.split() for candidate in change.candidates)
                for pair in ((left or "", words[0]), (words[-1], right or ""))
                if all(pair)
            )
            candidates = sorted(change.candidates, key=cost) if len(change.candidates) > 1 else change.candidates
            left = candidates[0].folded.split()[-1]
            yield Change(change.start, change.end, change.kind, tuple(candidates))

    def _beside(self, left: str | None, right: str | None) -> int:
        """Return how many articles have both words; none where one is no word, or one that stands beside everything."""
        if not left or not right or is_stop_word(left, left) or is_stop_word(right, right):
            return 0
        return self._terms.co_occurrences(left, right)

    # What the index has

    def _frequency(self, token: Token) -> int:
        """Return how many articles have *token*, in its folded form or by its stem."""
        stems = self._terms.document_frequency(TEXT_STEM, token.stem.encode()) if token.stem else 0
        return max(self._folded_frequency(token.folded), stems)

    def _is_in_a_name(self, token: Token) -> bool:
        """Whether an author, a source or a tag has *token*: names are not corrected away."""
        return self._terms.is_in_a_name(token.folded)

    def _folded_frequency(self, folded: str) -> int:
        return self._terms.document_frequency(TEXT_FOLDED, folded.encode())

    def _articles_with(self, words: Sequence[str]) -> int:
        """Return at most how many articles have all of *words* together."""
        pairs = [self._terms.co_occurrences(*pair) for pair in pairwise(words)]
        return min(pairs or map(self._folded_frequency, words))

    def _exists(self, candidate: WordCandidate) -> bool:
        return all(map(self._folded_frequency, candidate.folded.split()))


def _rank(candidate: WordCandidate, kind: str = "spelling") -> float:
    """Return the cost of *candidate*, less for a common one: by the choice that Latin letters leave even more."""
    weight = ARABIZI_FREQUENCY_WEIGHT if kind == "arabizi" else _FREQUENCY_WEIGHT
    return candidate.cost - weight * float(np.log1p(candidate.frequency))


def _is_no_language(text: str) -> bool:
    """Whether *text* is of Latin letters with hardly a vowel among them."""
    letters = [character for character in text.lower() if "a" <= character <= "z"]
    return len(letters) > 3 and sum(character in "aeio" for character in letters) < len(letters) / 6


def _has_keys_inside(text: str) -> bool:
    """Whether a sign stands inside a word of *text* that is a letter on an Arabic keyboard and nothing in a word."""
    return _is_no_language(text) and bool(re.search("[a-z][;\\[\\]`][a-z]", text))


def _has_same_stem(token: Token, candidate: WordCandidate) -> bool:
    """Whether the words find the same articles anyway."""
    return any(other.stem == token.stem for other in analyze(candidate.folded))
