"""Make the lexicon of word forms that ships: ``python -m training.lexicon OUT``.

Needs ``arramooz-pysqlite`` and ``libqutrub`` beside the project (both GPL; Taha Zerrouki): a dictionary of nouns with
their broken plurals and of verbs with their masdars and participles, how frequent 37,000 lemmas are in news and on the
web, and the conjugation of verbs. The dictionary has many pairs that nobody means (one of *men* is also a plural of
*walker*), so a pair is kept as far as the frequencies of lemmas say that the forms are of this lexeme:

* both sides' lemma is known, and frequent enough;
* the *share* of a lexeme in a form is its frequency, divided by that of all lemmas that are written so or have the same
  light stem; a pair counts the product of both shares;
* a plural that several singulars have belongs to the frequent ones.

Writes ``names.txt``, stems of names; and ``forms.tsv``: a stem, and after a tab the stems of its other forms, each
with a letter for what it is and a digit for its share in ninths: ``p`` plural or singular, ``v`` another tense of the
verb, ``m`` masdar and verb, ``a`` participle and verb, ``n`` masdar and participle. And ``lemmas.txt``: folded stems of
lemmas that begin or end like a particle or a pronoun and are words of their own. With ``lists`` after OUT, the lists
that stemming reads: those first, with empty files in their place, then the others.
"""

from __future__ import annotations

import re
import sqlite3
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

from arsearch.arabic import fold
from arsearch.arabic import letters as ar
from arsearch.arabic.clitics import ENDINGS, PROCLITICS
from arsearch.arabic.stem import light_ending, stem, with_endings

_OPEN = ("noun", "adj", "verb", "noun_prop", "adj_comp", "noun_quant", "adj_num")
_LEAST_NOUN = 300
_LEAST_VERB = 700
_LEAST_SHARE = 0.12
_CONJUGATED = 0.15
"""How much of a verb's frequency one of its forms has, about."""
_BEFORE = {ar.WAW: 0.07, "ال": 0.4, "بال": 0.03, "كال": 0.003, "فال": 0.003}
"""Of how many uses of a noun, about, such particles stand before it."""
_AFTER = {"ان": 0.02, "ون": 0.08, "ين": 0.08}
"""Of how many, that ending stands behind it."""
_NOT_OWN = {fold("بنين")}
_LEAST_OWN = 5000
_WITH_PRONOUN = 0.35
_LEAST_OTHER = 1000
_FAR_RARER = 40
"""A verb that is so many times as rare as what is called its masdar is not what the noun is used for."""


_MORE_PLURALS = (("رابط", "روابط"),)
"""Singulars that share a plural of a commoner word, kept by hand."""
_SHARED = 0.5

_KINDS = {"p": 1.0, "v": 0.9, "m": 0.75, "a": 0.65, "n": 0.6}
_MOST = 14


def main() -> None:
    """Write the files: those of stems first (``lists``), because stemming reads them, then the others."""
    out = Path(sys.argv[1])
    dictionary = _Dictionary()
    if sys.argv[2:] == ["lists"]:
        for name, words in (
            ("waw", dictionary.radical_waws()), ("whole", dictionary.whole_words()), ("endings", dictionary.endings()),
            ("feminines", dictionary.feminines(often=True)), ("marbuta", dictionary.feminines(often=False)),
        ):  # fmt: skip
            (out / f"{name}.txt").write_text("".join(f"{word}\n" for word in words), encoding="utf-8")
        return
    relations = dictionary.relations()
    lines = []
    for one in sorted(relations.keys() | dictionary.native(), key=str.encode):
        known = {one, *relations[one]}
        kept = [
            (kind, share, other)
            for other, (kind, share) in relations[one].items()
            if share >= _LEAST_SHARE
            and not any(other.endswith(each) and other[: -len(each)] in known for each in ENDINGS)
        ]
        kept.sort(key=lambda item: (-_KINDS[item[0]] * item[1], item[2]))
        if kept or one in dictionary.native():
            forms = " ".join(f"{kind}{max(1, round(9 * share))}{other}" for kind, share, other in kept[:_MOST])
            lines.append(f"{one}\t{forms}\n")
    (out / "forms.tsv").write_text("".join(lines), encoding="utf-8")
    (out / "names.txt").write_text("".join(f"{word}\n" for word in dictionary.names()), encoding="utf-8")
    (out / "lemmas.txt").write_text("".join(f"{word}\n" for word in dictionary.own_words()), encoding="utf-8")


class _Dictionary:
    def __init__(self) -> None:
        import arramooz

        data = Path(arramooz.__file__).parent / "data"
        with closing(sqlite3.connect(data / "wordfreq.sqlite")) as frequencies:
            lemmas = frequencies.execute("select vocalized, unvocalized, word_type, freq from wordfreq").fetchall()
        self._lemmas: dict[str, dict[str, int]] = defaultdict(dict)
        self._by_stem: dict[str, dict[str, int]] = defaultdict(dict)
        """What is written with a stem: lemmas with their frequency."""
        self._native: set[str] = set()
        self._names: set[str] = set()
        self._folded: dict[str, int] = defaultdict(int)
        self._nominal: dict[str, int] = defaultdict(int)
        self._adjectives: dict[str, int] = defaultdict(int)
        self._by_light_stem: dict[str, dict[str, int]] = defaultdict(dict)
        for vocalized, plain, kind, frequency in lemmas:
            if kind not in _OPEN or not re.fullmatch("[\u0621-\u064a]+", plain.strip()):
                continue
            key = _normal(vocalized)
            word_class = "verb" if kind == "verb" else "noun"
            self._lemmas[key][word_class] = self._lemmas[key].get(word_class, 0) + frequency
            by_stem = self._by_stem[stem(fold(plain))]
            by_stem[key] = by_stem.get(key, 0) + frequency
            self._folded[fold(plain)] += frequency
            self._native |= {stem(fold(plain))} if kind != "noun_prop" and frequency >= _LEAST_NOUN else set()
            self._names |= {stem(fold(plain))} if kind == "noun_prop" else set()
            if kind in ("noun", "noun_prop"):
                self._nominal[fold(plain)] += frequency
                light = self._by_light_stem[light_ending(fold(plain))]
                light[fold(plain)] = light.get(fold(plain), 0) + frequency
            elif kind == "adj":
                self._adjectives[fold(plain)] += frequency
        with closing(sqlite3.connect(data / "arabicdictionary.sqlite")) as words:
            self._nouns = words.execute(
                "select vocalized, unvocalized, wordtype, original, number, single, broken_plural, root from nouns"
            ).fetchall()
            self._verbs = words.execute(
                "select vocalized, unvocalized, root, future_type, transitive from verbs"
            ).fetchall()
        self._conjugated: dict[str, float] = defaultdict(float)
        self._relations: dict[str, dict[str, tuple[str, float]]] = defaultdict(dict)

    def relations(self) -> dict[str, dict[str, tuple[str, float]]]:
        """Return for each stem its others, each with what it is and its share."""
        verbs = list(self._verb_lexemes())
        for _, frequency, stems in verbs:
            for each in stems:
                self._conjugated[each] += _CONJUGATED * frequency
        derived = self._derived()
        for key, frequency, stems in verbs:
            self._relate_verb(key, frequency, stems, derived.get(key, []))
        for singular, plural, frequency in self._plurals():
            own = {_normal(singular), _normal(plural)}
            shares = [self._share(fold(_bare(word)), own, frequency) for word in (singular, plural)]
            self._add(stem(fold(_bare(singular))), stem(fold(_bare(plural))), "p", shares[0] * shares[1])
        for one, other in _MORE_PLURALS:
            self._add(stem(fold(one)), stem(fold(other)), "p", _SHARED)
        return self._relations

    def native(self) -> set[str]:
        """Return the stems of words that are no names."""
        return self._native

    def names(self) -> list[str]:
        """Return the stems of names that are nothing else."""
        return sorted(self._names - self._native, key=str.encode)

    def own_words(self) -> list[str]:
        """Return folded lemmas, and plurals, that begin with particles or end like pronouns, and are neither."""
        plurals = [fold(_bare(plural)) for _, plural, _ in self._plurals()]
        words = {stem(word) for word in (*self._folded, *plurals)} | set(self._folded)
        return sorted(
            (
                word
                for word in words
                if any(word.startswith(each) and len(word) >= len(each) + 3 for each in PROCLITICS)
                or any(word.endswith(each) and len(word) >= len(each) + 3 for each in ENDINGS)
            ),
            key=str.encode,
        )

    def radical_waws(self) -> list[str]:
        """Return words without endings whose first letter is a waw of their own."""
        found = {light_ending(word) for word, own in self._folded.items() if self._is_whole(word, ar.WAW, own)}
        plurals = ((fold(_bare(plural)), 0.3 * frequency) for _, plural, frequency in self._plurals())
        found |= {light_ending(word) for word, own in plurals if self._is_whole(word, ar.WAW, own)}
        conjugated: dict[str, float] = defaultdict(float)
        for vocalized, frequency, future, transitive in self._frequent_verbs():
            for form in set(map(fold, _conjugated(vocalized, future, transitive))):
                conjugated[form] += _CONJUGATED * frequency
        for form, own in conjugated.items():
            rest = self._folded.get(form[1:], 0) + conjugated.get(form[1:], 0)
            if form.startswith(ar.WAW) and len(form) > 3 and own > _BEFORE[ar.WAW] * rest:
                found.add(light_ending(form))
        return sorted((word for word in found if len(word) > 2), key=str.encode)

    def whole_words(self) -> list[str]:
        """Return folded words whose first letters look like an article, or particles and an article."""
        words = [(word, float(own)) for word, own in self._folded.items()]
        words += [(fold(_bare(plural)), 0.3 * frequency) for _, plural, frequency in self._plurals()]
        found = set()
        for word, own in words:
            for particle in _BEFORE:
                if particle != ar.WAW and self._is_whole(word, particle, own):
                    found |= {form for form in with_endings(word) if self._is_whole(form, particle, own)}
            rest = word[1:]  # after the lam of "for the" a word that begins with lam loses it
            if word.startswith(ar.LAM) and len(light_ending(word)) > 3 and own > self._folded.get(rest, 0):
                found |= set(with_endings(word))
        return sorted(found, key=str.encode)

    def _is_whole(self, word: str, particle: str, own: float) -> bool:
        return (
            word.startswith(particle)
            and len(word) >= len(particle) + 2
            and own >= 200
            and own > _BEFORE[particle] * self._folded.get(word[len(particle) :], 0)
        )

    def endings(self) -> list[str]:
        """Return folded words that end like a dual or a plural and are none."""
        found = set()
        words = [(word, float(own)) for word, own in self._nominal.items()]
        words += [(fold(_bare(plural)), 0.3 * frequency) for _, plural, frequency in self._plurals()]
        for word, own in words:
            ending, rest = word[-2:], word[:-2]
            is_frequent = ending in _AFTER and len(rest) >= 2 and own >= 500
            if is_frequent and own > 2 * _AFTER[ending] * self._folded.get(rest, 0):
                found.add(word)
        return sorted(found - _NOT_OWN, key=str.encode)

    def feminines(self, *, often: bool) -> list[str]:
        """Return folded words with a teh marbuta that are another word without it.

        Either those that are meant more *often* than the other word with a pronoun, or the rest.
        """
        found = (
            word
            for word, own in self._nominal.items()
            if word.endswith(ar.HEH)
            and len(word) > 3
            and own >= _LEAST_OWN
            and self._is_another_without(word, own)
            and (own > _WITH_PRONOUN * self._nominal.get(word[:-1], 0)) == often
        )
        return sorted(found, key=str.encode)

    def _is_another_without(self, word: str, own: int) -> bool:
        """Whether *word*, which ends in a teh marbuta, shares its light stem with a noun that it is no feminine of."""
        masculine = word[:-1]
        if 1.5 * self._adjectives.get(masculine, 0) > own:
            return False
        related = {word, masculine + ar.YEH}
        others = self._by_light_stem[light_ending(word)]
        return any(count >= max(_LEAST_OTHER, own / 50) for other, count in others.items() if other not in related)

    def _frequent_verbs(self) -> Iterator[tuple[str, int, str, bool]]:
        for vocalized, _, _, future, transitive in self._verbs:
            frequency = self._lemmas.get(_normal(vocalized), {}).get("verb", 0)
            if frequency >= _LEAST_VERB:
                yield vocalized, frequency, future, bool(transitive)

    def _frequency(self, vocalized: str, word_class: str) -> int:
        return self._lemmas.get(_normal(vocalized), {}).get(word_class, 0)

    def _share(self, folded: str, own: set[str], frequency: float) -> float:
        """Return how much of what is written like *folded* is the lexeme with the lemmas *own*."""
        of_stem = self._by_stem.get(stem(folded), {})
        others = sum(count for key, count in of_stem.items() if key not in own)
        return frequency / max(frequency + others + self._conjugated.get(stem(folded), 0.0), 1.0)

    def _add(self, one: str, other: str, kind: str, share: float) -> None:
        if one == other or min(len(one), len(other)) < 2:
            return
        for source, target in ((one, other), (other, one)):
            known = self._relations[source].get(target)
            if known is None or _KINDS[known[0]] * known[1] < _KINDS[kind] * share:
                self._relations[source][target] = (kind, share)

    def _plurals(self) -> Iterator[tuple[str, str, int]]:
        """Yield singulars with their broken plurals and how frequent the lexeme is."""
        pairs: dict[tuple[str, str], tuple[str, str]] = {}
        for vocalized, _, _, _, number, single, broken, _ in self._nouns:
            several = [(vocalized, plural) for plural in re.split("[;،,:]", broken or "")]
            if number == "جمع تكسير":
                several += [(singular, vocalized) for singular in re.split("[;،,:]", single or "")]
            for singular, plural in several:
                if re.fullmatch("[\u0621-\u0652 ]+", singular) and re.fullmatch("[\u0621-\u0652 ]+", plural):
                    pairs.setdefault(
                        (_normal(singular.strip()), _normal(plural.strip())), (singular.strip(), plural.strip())
                    )
        kept = []
        for singular, plural in pairs.values():
            frequency = self._frequency(singular, "noun")
            if frequency >= _LEAST_NOUN and " " not in singular + plural and len(fold(_bare(plural))) > 2:
                kept.append((singular, plural, frequency))
        most: dict[str, int] = defaultdict(int)
        for _, plural, frequency in kept:
            most[fold(_bare(plural))] = max(most[fold(_bare(plural))], frequency)
        for singular, plural, frequency in kept:
            if frequency * 5 >= most[fold(_bare(plural))]:
                yield singular, plural, frequency

    def _verb_lexemes(self) -> Iterator[tuple[str, int, list[str]]]:
        """Yield verbs: lemma, frequency, and the stems of what they are conjugated to."""
        seen = set()
        for vocalized, _, _, future, transitive in self._verbs:
            key = _normal(vocalized)
            frequency = self._lemmas.get(key, {}).get("verb", 0)
            if frequency < _LEAST_VERB or (key, future) in seen:
                continue
            seen.add((key, future))
            stems = list(dict.fromkeys(stem(fold(form)) for form in _conjugated(vocalized, future, bool(transitive))))
            if stems:
                yield key, frequency, [each for each in stems if len(each) > 2 or each == stems[0]]

    def _derived(self) -> dict[str, list[tuple[str, str]]]:
        """Return for each verb its masdars and participles, vocalized, with what each is."""
        found: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for vocalized, _, kind, original, number, _, _, _ in self._nouns:
            if number != "مفرد" or not original:
                continue
            letter = "m" if "مصدر" in kind else "a" if "اسم فاعل" in kind or "اسم مفعول" in kind else ""
            if letter:
                for verb in re.split("[;،,:]", original):
                    found[_normal(verb.strip())].append((letter, vocalized))
        return found

    def _relate_verb(self, key: str, frequency: int, stems: list[str], derived: Iterable[tuple[str, str]]) -> None:
        weighed = [("v", each, self._share_of_verb(each, key, frequency)) for each in stems]
        for letter, vocalized in derived:
            own = self._frequency(vocalized, "noun")
            if own < _LEAST_NOUN or own > _FAR_RARER * frequency:
                continue
            folded = fold(_bare(vocalized))
            weighed.append(
                (letter, stem(folded), self._share(folded, {key, _normal(vocalized)}, max(own, frequency / 4)))
            )
        for index, (kind, one, share) in enumerate(weighed):
            for other_kind, other, other_share in weighed[:index]:
                kinds = {kind, other_kind}
                joint = "v" if kinds == {"v"} else "n" if "v" not in kinds else "m" if "m" in kinds else "a"
                self._add(one, other, joint, share * other_share)

    def _share_of_verb(self, form: str, key: str, frequency: float) -> float:
        of_stem = self._by_stem.get(form, {})
        others = sum(count for lemma, count in of_stem.items() if lemma != key)
        conjugated = max(self._conjugated.get(form, 0.0) - _CONJUGATED * frequency, 0.0)
        return frequency / max(frequency + others + conjugated, 1.0)


def _conjugated(vocalized: str, future: str, transitive: bool) -> list[str]:
    from libqutrub import classverb
    from libqutrub import verb_const as const

    persons = (const.PronounHuwa, const.PronounHya, const.PronounHum, const.PronounNahnu, const.PronounAna)
    try:
        verb = classverb.VerbClass(vocalized, transitive, future)
        forms = [
            verb.conjugate_tense_for_pronoun(tense, person)
            for tense, people in (
                (const.TensePast, persons),
                (const.TenseFuture, persons),
                (const.TenseJussiveFuture, persons[:1]),
            )
            for person in people
        ]
    except (AttributeError, KeyError, IndexError, TypeError, ValueError):
        return []
    return [form for form in map(_bare, forms) if form]


_MARKS = "\u064b-\u0650"


def _normal(vocalized: str) -> str:
    """Return a vocalized word as one of several ways to write it: without case endings and marks that letters imply."""
    word = re.sub(f"([{_MARKS}\u0652])\u0651", "\u0651\\1", vocalized.replace("\u0640", "").replace("\u0671", "ا"))
    word = word.replace("\u0652", "").replace("\u0670", "")
    word = re.sub(f"[{_MARKS}]+$", "", word)
    word = re.sub("^(?:ال)?ا[\u064e-\u0650]", "ا", word)
    word = re.sub("\u064e(?=[اىة])", "", word)
    word = re.sub("\u0650(?=ي(?![\u064e-\u0651]))", "", word)
    word = re.sub("\u064f(?=و(?![\u064e-\u0651]))", "", word)
    return re.sub("(?<=إ)\u0650", "", word)


def _bare(vocalized: str) -> str:
    return re.sub("[\u064b-\u0652\u0640\u0670]", "", vocalized).strip()


if __name__ == "__main__":
    main()
