"""Analysing many words at once, as arrays: what :mod:`arsearch.arabic` does with one text after the other.

Nearly every chunk between two cuts is one word of one script: letters, and marks that vanish in folding. Such
chunks are folded by a table of code points, and stems are found by comparing the first and the last letters of all
words with each prefix and suffix. Every rule and list is that of :mod:`arsearch.arabic`; only how it is applied is
written here. What is not one word for sure (numbers with separators, invisible controls, ligatures, letters and digits
that touch, characters beyond the Basic Multilingual Plane) is left to :func:`arsearch.arabic.analyze`. A test holds
that both give the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from arsearch.arabic import is_stop_word
from arsearch.arabic import letters as ar
from arsearch.arabic.fold import fold_character, is_arabic
from arsearch.arabic.stem import (
    ALEF_LEAVES,
    ARTICLE,
    ARTICLE_LEAVES,
    GOD,
    HAMZA_ALEFS,
    OWN_AMONG,
    PREFIXES,
    PRONOUNS,
    SUFFIX_LEAVES,
    SUFFIXES,
    TEH_LEAVES,
    WAW_STEMS,
    WHOLE_WORDS,
    stem_of,
    stems_near_own_endings,
)
from arsearch.arabic.stopwords import FOLDED_STOP_WORDS
from arsearch.arabic.tokenize import Role, role
from arsearch.common.array_types import CodePoints, Int64s, Mask
from arsearch.common.text_spans import LAST_POINT, TextSpans, code_points

__all__ = ["SingleWords", "near_own_hashes", "single_words"]


@dataclass(frozen=True, slots=True)
class SingleWords:
    """Which chunks are one word for sure, *single* (chunks,), and the words: *folded_words* and *stems* (words,).

    Such a word takes up the whole chunk. The stem of a stop word is empty.
    """

    single: Mask
    folded_words: TextSpans
    stems: TextSpans


def single_words(chunks: TextSpans, *, arabic_only: bool = False) -> SingleWords:
    """Judge *chunks*, none of them empty.

    With *arabic_only* words of other scripts are not judged: the language of the text has its own stems for them.
    """
    begins, lengths = chunks.begins, chunks.ends - chunks.begins
    firsts = np.cumsum(lengths) - lengths
    characters = chunks.codes[np.repeat(begins - firsts, lengths) + np.arange(int(lengths.sum()))]
    roles, folds = _TABLE.look_up(characters)
    together, first_roles = np.bitwise_and.reduceat(roles, firsts), roles[firsts]
    single = ((together & Role.INSIDE_ARABIC) != 0) & ((first_roles & Role.BEGINS_ARABIC) != 0)
    if not arabic_only:
        single |= ((together & Role.INSIDE_OTHER) != 0) & ((first_roles & Role.BEGINS_OTHER) != 0)
    kept = folds != _DROPPED
    counts = np.add.reduceat(kept, firsts, dtype=np.int64)
    single &= counts > 0
    letters = folds[kept & np.repeat(single, lengths)]
    ends = np.cumsum(counts[single])
    folded_words = TextSpans(_text(letters), letters, ends - counts[single], ends)
    hamza_alefs = np.isin(characters, _HAMZA_ALEFS)[kept & np.repeat(single, lengths)]
    return SingleWords(single, folded_words, _stems(chunks.among(single), folded_words, hamza_alefs))


# Words whose stems are not made by the rules, or not always; found by their hashes.
_LISTED = TextSpans.of(sorted(GOD | FOLDED_STOP_WORDS))
_LISTED_HASHES = _LISTED.hashes()
_HAMZA_ALEFS = [ord(alef) for alef in HAMZA_ALEFS]

# Few words begin with two of these letters: only they are looked up.
_WHOLE_OPENINGS = np.array(sorted({ord(word[0]) << 16 | ord(word[1]) for word in WHOLE_WORDS}), dtype=np.uint32)

_FEW = 2_000
"""Words whose stems are sooner made one by one than the table of stems that need it: an article added by hand."""
_DROPPED = 0
_UNKNOWN = 0xFF


def _stems(surfaces: TextSpans, folded_words: TextSpans, hamza_alefs: Mask) -> TextSpans:
    """Return the stem of each word, which stands as *surfaces* in a text and is folded to *folded_words*.

    *hamza_alefs* (letters,) says which of the folded letters are alefs with hamza as they are written.
    """
    begins, ends = _stem_spans(folded_words)
    one_by_one = np.isin(folded_words.hashes(), _LISTED_HASHES)
    one_by_one |= _own_letters(folded_words, hamza_alefs)
    if len(folded_words) <= _FEW and not near_own_hashes.cache_info().currsize:
        one_by_one[:] = True
    else:
        light_stems = TextSpans(folded_words.text, folded_words.codes, begins, ends)
        one_by_one |= np.isin(light_stems.hashes(), near_own_hashes())
    listed = np.flatnonzero(one_by_one)
    written = []
    begin = len(folded_words.text)
    for number, folded, surface in zip(
        listed.tolist(), folded_words.among(listed).texts(), surfaces.among(listed).texts(), strict=True
    ):
        text = "" if is_stop_word(surface, folded) else stem_of(surface, folded)
        written.append(text)
        begins[number], ends[number] = begin, begin + len(text)
        begin += len(text)
    more = "".join(written)
    return TextSpans(folded_words.text + more, np.concatenate([folded_words.codes, code_points(more)]), begins, ends)


@cache
def near_own_hashes() -> npt.NDArray[np.uint64]:
    """Return the sorted hashes (words,) of stems that are looked at one by one; some 40 ms the first time."""
    return np.sort(TextSpans.of(sorted(stems_near_own_endings())).hashes())


def _own_letters(words: TextSpans, hamza_alefs: Mask) -> Mask:
    """Return which *words* have an alef with hamza and a lam where there might else be an article."""
    found = np.zeros(len(words), dtype=np.bool_)
    for at in range(OWN_AMONG):
        longer = np.flatnonzero(words.ends - words.begins > at + 1)
        letters = words.begins[longer] + at
        found[longer[hamza_alefs[letters] & (words.codes[letters + 1] == ord(ar.LAM))]] = True
    return found


class _CharacterTable:
    """What is known of each character: its roles, and its fold. Filled as characters are met: there are few."""

    def __init__(self) -> None:
        self._roles = np.full(LAST_POINT + 1, _UNKNOWN, dtype=np.uint8)
        self._folds = np.zeros(LAST_POINT + 1, dtype=np.uint16)
        self._roles[LAST_POINT] = Role(0)

    def look_up(self, codes: CodePoints) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint16]]:
        """Return the roles and the fold of each of *codes*, the latter ``_DROPPED`` for what vanishes."""
        points = np.minimum(codes, LAST_POINT)
        roles = self._roles[points]
        unknown = roles == _UNKNOWN
        if unknown.any():
            for point in np.unique(points[unknown]).tolist():
                self._learn(point)
            roles = self._roles[points]
        return roles, self._folds[points]

    def _learn(self, point: int) -> None:
        character = chr(point)
        folded = fold_character(character)
        roles = role(character)
        # A word may begin with what folds to nothing; otherwise its letters have to be letters after folding.
        simple = not folded or (len(folded) == 1 and folded.isalnum() and 0 < ord(folded) < LAST_POINT)
        if Role.BEGINS_ARABIC in roles and not is_arabic(character):
            simple = False
        # The fold first: another thread takes a character whose roles are there for known.
        self._folds[point] = ord(folded) if simple and folded else _DROPPED
        self._roles[point] = roles if simple else Role(0)


_TABLE = _CharacterTable()


def _text(letters: npt.NDArray[np.uint16]) -> str:
    return letters.astype("<u2").tobytes().decode("utf-16-le", "surrogatepass")


def _stem_spans(folded_words: TextSpans) -> tuple[Int64s, Int64s]:
    """Return where the stem of each word begins and ends by the rules of :mod:`arsearch.arabic.stem`."""
    letters, begins, ends = folded_words.codes, folded_words.begins.copy(), folded_words.ends.copy()
    first_letters = letters[begins]
    arabic = np.isin(first_letters, [point for point in np.unique(first_letters).tolist() if is_arabic(chr(point))])
    words = _Words(letters, begins[arabic], ends[arabic])
    begins_with_waw = np.flatnonzero(words.starts_with(ar.WAW))
    with_waw = _Words(letters, words.begins[begins_with_waw], words.ends[begins_with_waw])
    with_waw.strip_suffixes()
    whole = TextSpans(folded_words.text, letters, with_waw.begins, with_waw.ends).texts()
    radical = begins_with_waw[np.array([text in WAW_STEMS for text in whole], dtype=np.bool_)]
    radical_begins = words.begins[radical]
    words.strip_prefixes(folded_words.text)
    words.begins[radical] = radical_begins
    words.strip_suffixes()
    begins[arabic], ends[arabic] = words.begins, words.ends
    return begins, ends


class _Words:
    """Words that lose letters at both ends: word *n* is ``letters[begins[n]:ends[n]]``."""

    def __init__(self, letters: CodePoints, begins: Int64s, ends: Int64s) -> None:
        self._letters = letters
        self.begins = begins
        self.ends = ends

    def starts_with(self, prefix: str, *, leaving: int = 0) -> Mask:
        """Return which words have *prefix*, and at least *leaving* letters after it."""
        found = self.ends - self.begins >= len(prefix) + leaving
        for offset, letter in enumerate(prefix):
            found[found] = self._letters[self.begins[found] + offset] == ord(letter)
        return found

    def ends_with(self, suffix: str, *, leaving: int = 0) -> Mask:
        """Return which words have *suffix*, and at least *leaving* letters before it."""
        found = self.ends - self.begins >= len(suffix) + leaving
        for offset, letter in enumerate(reversed(suffix), 1):
            found[found] = self._letters[self.ends[found] - offset] == ord(letter)
        return found

    def strip_prefixes(self, folded: str) -> None:
        """Take off the first prefix that each word has, then articles. *folded* is the letters as a string."""
        open_words = np.ones(len(self.begins), dtype=np.bool_)
        for prefix in PREFIXES:
            found = np.flatnonzero(open_words & self.starts_with(prefix.letters, leaving=prefix.leaves))
            if not len(found):
                continue
            open_words[found] = False
            taken = np.full(len(found), len(prefix.letters))
            for start in reversed(prefix.starts):
                taken[self._are_whole(self.begins[found] + start, self.ends[found], folded)] = start
            self.begins[found] += taken
        found = np.flatnonzero(self.starts_with(ARTICLE, leaving=ARTICLE_LEAVES))
        while len(found := found[~self._are_whole(self.begins[found], self.ends[found], folded)]):
            self.begins[found] += len(ARTICLE)
            found = found[
                _Words(self._letters, self.begins[found], self.ends[found]).starts_with(ARTICLE, leaving=ARTICLE_LEAVES)
            ]

    def _are_whole(self, begins: Int64s, ends: Int64s, folded: str) -> Mask:
        """Return which of the words are among those whose first letters are no particle."""
        pairs = self._letters[begins].astype(np.uint32) << 16 | self._letters[begins + 1]
        whole: Mask = _WHOLE_OPENINGS[np.searchsorted(_WHOLE_OPENINGS, pairs) % len(_WHOLE_OPENINGS)] == pairs
        whole[whole] = [
            word in WHOLE_WORDS for word in TextSpans(folded, self._letters, begins[whole], ends[whole]).texts()
        ]
        return whole

    def strip_suffixes(self) -> None:
        """Take off every suffix, in the order of the rules."""
        whole_ends = self.ends.copy()
        self._strip(ar.ALEF, leaving=ALEF_LEAVES)
        for suffix in SUFFIXES:
            self._strip(suffix, leaving=SUFFIX_LEAVES)
        had_pronoun = np.zeros(len(self.ends), dtype=np.bool_)
        whole = _Words(self._letters, self.begins, whole_ends)
        for pronoun in PRONOUNS:
            had_pronoun |= (whole_ends - self.ends == len(pronoun)) & whole.ends_with(pronoun)
        self.ends[had_pronoun & self.ends_with(ar.TEH, leaving=TEH_LEAVES)] -= 1
        self._strip(ar.HAMZA, leaving=SUFFIX_LEAVES)

    def _strip(self, suffix: str, *, leaving: int) -> None:
        self.ends[self.ends_with(suffix, leaving=leaving)] -= len(suffix)
