"""Light stemming: from a folded word to what its inflected forms share.

The ground is light10 (Larkey, Ballesteros and Connell, "Light Stemming for Arabic Information Retrieval", 2007; the
rules of Lucene's ArabicStemmer): one prefix off the front if two letters remain (three after the bare conjunction
waw), then each suffix in a fixed order if two letters remain. What is added, each because it raises nDCG@10 on native
questions or headlines:

* longer chains of particles before the article (and-with-the, so-for-the, is-it-with-the), three letters remaining;
* an article left after that goes too, so that a verbal noun that itself begins with alef-lam (iltizam) meets its
  definite form;
* a final alef goes if three letters remain: the alef of tanwin (rahiman with and without its marks), and countries
  meet their adjectives (Libya, Libyan);
* the teh that a teh marbuta becomes before a pronoun goes with the pronoun if three letters remain (madrasa,
  madrasatuhu);
* a final free-standing hamza goes if two letters remain, so that asdiqa' meets asdiqa'ihi;
* words whose first letter is a waw of their own (minister, homeland, agency) keep it;
* words that end like a dual or a plural and are none (statement, law, Lebanon), and words with a teh marbuta that are
  another word without it (fame, month) keep their ending, and their inflections meet in it;
* a hundred lexemes, kept by hand in ``lexicon/lexemes.txt``, meet in a stem of their own and not in that of another
  word (year and age, university and mosque, sporty and gardens, Ali and the highest);
* no article is written with a hamza, so alef with hamza and lam (inspiration, thousand) stay with the word;
* so do words, native and foreign, whose first letters look like other particles: Libya and committee keep their lam
  after "for the", which is written with that lam alone; Germany, electronic and cancellation their alef-lam,
  California and adult the first three. (This does not show in nDCG@10: it is there so that a word finds all articles
  that have it.)
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, lru_cache
from importlib import resources
from itertools import accumulate
from typing import NamedTuple

from arsearch.arabic import letters as ar
from arsearch.arabic.fold import fold, is_arabic

# The rules are public beside the function: the analysis in bulk applies the same ones to many words at once.
__all__ = [
    "ALEF_LEAVES",
    "ARTICLE",
    "ARTICLE_LEAVES",
    "FEMININES",
    "FEMININES_BY_SPELLING",
    "GOD",
    "HAMZA_ALEFS",
    "LEXEMES",
    "OWN_AMONG",
    "OWN_ENDINGS",
    "OWN_FEMININES",
    "PREFIXES",
    "PRONOUNS",
    "SUFFIXES",
    "SUFFIX_LEAVES",
    "TEH_LEAVES",
    "WAW_STEMS",
    "WHOLE_WORDS",
    "Prefix",
    "light_ending",
    "stem",
    "stem_of",
    "stems_near_own_endings",
    "with_endings",
]

ARTICLE = ar.ALEF + ar.LAM
ARTICLE_LEAVES = 2
_FOR_THE = (ar.LAM, ar.LAM)
HAMZA_ALEFS = ar.ALEF_HAMZA_ABOVE + ar.ALEF_HAMZA_BELOW + ar.ALEF_MADDA
"""Alefs that no article begins with."""


class Prefix(NamedTuple):
    """Particles written onto a word."""

    letters: str
    leaves: int
    """So many letters of the word must remain."""
    starts: tuple[int, ...]
    """Where its particles begin: from each of them on it may all be the word itself."""


def _prefix(*particles: str, leaves: int) -> Prefix:
    starts = accumulate((len(particle) for particle in particles[:-1]), initial=0)
    return Prefix("".join(particles), leaves, tuple(starts))


# Longest first: the first that matches is the one that goes.
PREFIXES: tuple[Prefix, ...] = (
    *(
        _prefix(ar.ALEF, first, second, ARTICLE, leaves=3)  # the interrogative alef before all of it
        for first in (ar.WAW, ar.FEH)
        for second in (ar.BEH, ar.KAF)
    ),
    *(_prefix(first, second, ARTICLE, leaves=3) for first in (ar.WAW, ar.FEH, ar.ALEF) for second in (ar.BEH, ar.KAF)),
    *(_prefix(first, *_FOR_THE, leaves=3) for first in (ar.WAW, ar.FEH)),
    *(_prefix(ar.ALEF, second, ARTICLE, leaves=3) for second in (ar.WAW, ar.FEH)),
    *(_prefix(particle, ARTICLE, leaves=2) for particle in (ar.WAW, ar.BEH, ar.KAF, ar.FEH)),
    _prefix(*_FOR_THE, leaves=2),
    _prefix(ARTICLE, leaves=ARTICLE_LEAVES),
    _prefix(ar.WAW, leaves=3),
)

# Most words begin with a letter that no prefix begins with.
_PREFIXES_BY_LETTER = {
    letter: tuple(prefix for prefix in PREFIXES if prefix.letters[0] == letter)
    for letter in {prefix.letters[0] for prefix in PREFIXES}
}

SUFFIXES: tuple[str, ...] = (
    ar.HEH + ar.ALEF,
    ar.ALEF + ar.NOON,
    ar.ALEF + ar.TEH,
    ar.WAW + ar.NOON,
    ar.YEH + ar.NOON,
    ar.YEH + ar.HEH,  # also yeh and teh marbuta, which folding has made heh
    ar.HEH,
    ar.YEH,
)
_SUFFIX_ENDS = frozenset(suffix[-1] for suffix in SUFFIXES)
PRONOUNS = (ar.HEH, ar.HEH + ar.ALEF)
SUFFIX_LEAVES = 2
TEH_LEAVES = 3
ALEF_LEAVES = 3
_FEMININE_PLURAL = ar.ALEF + ar.TEH
_AFTER_TEH = (ar.HEH, ar.HEH + ar.ALEF, ar.ALEF + ar.NOON, ar.YEH + ar.NOON)
_NOWHERE = 1 << 10
_WITHOUT_MARKS = dict.fromkeys((*range(1611, 1632), 1600, 1648))
OWN_AMONG = 3
"""An alef with hamza that is the word's own is looked for among so many letters: two particles may stand before it."""

_WAW_IS_RADICAL = """
وزير وزارة وزراء وطن وكالة وكيل وكلاء وحدة وحيد وسط وسيط وسطاء وسيلة وسائل وسام وضع وضوح واضح واقع وقائع واحد
واحة وثيقة وثائق وفد وفود وفاة وفيات وفاق وفق وقود وقف وقفة ورشة ورش ورقة ورق ورود وردة وراثة ورم ورثة ولاية
ولاة والي والد والدة والدته والدتها والدتي ولد ولادة وليد وليام وليمة وجه وجهة وجوه وجود واجهة واجب وجبة وصول
وصف وصفة وصية وصاية واشنطن وباء وتيرة وحش وحشي وداع وداد وديعة ودائع وزن وشاح وشيك وظيفة وظائف وعود وفاء وفرة
وفير وقاية وقائي وقت وقوع وقوف وهم وهمي واسع وادي ويكي ويكيبيديا
وائل وجدان وجيه وجيهة وداد وديع وديعة وسيم وسن وصال وضاح وعد وفيق وفيقة وقاص ولاء وليد ونس وهاب وهبة وهبي وهيب وهيبة
وئام وهدان وردة وجدي وحيد وحيدة ولهان وسمي
والاس والتر والكر والش والمارت والت وارسو وارن وارنر واترلو واتفورد واتساب واتس وايت وايد وايلد وايز وايومنغ واين ويب
ويستهام وستهام ويستمنستر وستمنستر ويفا ويكس ويكيليكس ويلز ويلسون ويليام ويليامز ويمبلدون ويمبلي ويندوز وندوز وينستون
ويتني ويلشير ووتر ووترغيت وورلد ووهان وود وودي وودز وول وولف وولفسبورغ ولفسبورغ ولفرهامبتون وسترن ونستون وهران وجدة
"""

# With the first letter or letters taken for a particle, what remains is no word, or hardly ever meant. (The exception
# is the lam of committee: "for the committee" is also "for paradise".)
_LETTERS_ARE_RADICAL = """
ليبيا ليبي لبنان لبناني لندن لجنة لجان لقاء لاعب لاجئ لجوء لغة لغوي لواء لوحة لائحة لوائح لقاح لقب لسان ليل ليلة ليالي
لعبة لحظة لاتيني
ألمانيا ألماني ألبانيا ألباني ألاسكا ألكسندر ألكسندرا ألبرت ألفونسو ألزهايمر ألومنيوم ألمنيوم إلكترون إلكتروني ألبوم
آلاف ألعاب ألوان ألفاظ ألقاب ألحان ألغام ألياف ألواح آلات آليات إلغاء إلقاء إلزام إلزامي إلحاق إلحاح
كاليفورنيا كاليفورني كالسيوم فالنسيا فالنتاين بالغ بالغة بالتيمور بالون
كالديرون كالديكوت كالياري كالكوتا كالكتا كالغاري كالابريا كالفن كالينينغراد كاليدونيا كاليبسو
فالكون فالكاو فالديز فالديس فالفيردي فالنسيان فالتر فاليري فاليتا فالوب فالوجة فالح فالكيري فالنسيانو فالدانو
بالمر باليه باليرمو بالتيك بالما بالوما بالاك بالوتيلي بالدوين بالزاك بالينغ بالميرا بالمبانغ بالينسيا
"""
# Names from abroad that end as if with a dual and a pronoun.
_ENDING_IS_RADICAL = """
كورونا أريزونا بوتسوانا غيانا لويزيانا إنديانا مونتانا فيينا سيينا أرجنتينا كارولينا أثينا هافانا ماريانا تيرانا برشلونا
بارسيلونا فيرونا مارادونا ليتوانا ديانا سابرينا كاترينا أرغوانا
"""
_ENDINGS = [fold(ending) for ending in ("ي", "ية", "ين", "ون", "يين", "يون", "يات", "ات", "ان", "ا")]
_ENDINGS += [fold(ending) for ending in ("ه", "ها", "هم", "نا")]


def stem_of(surface: str, folded: str) -> str:
    """Return the stem of *surface*, a word as it is written whose folded form is *folded*.

    Spelling tells what folding loses: a teh marbuta is no pronoun, an alef with hamza begins no article.
    """
    written = surface.translate(_WITHOUT_MARKS)
    own_from = own_letters(written) if any(alef in written for alef in HAMZA_ALEFS) else _NOWHERE
    return stem(folded, own_from, written.endswith((ar.TEH_MARBUTA, ar.TEH_MARBUTA_GOAL)))


@lru_cache(maxsize=1 << 17)
def stem(folded: str, own_from: int = _NOWHERE, is_feminine: bool = False) -> str:
    """Return the stem of *folded*, a folded word.

    From the letter *own_from* on, all of it is the word's own; it ends in a teh marbuta if it *is_feminine*. Words with
    no Arabic letter in first place (numbers, Latin words) are their own stems. Never raises; the result is never empty
    unless *folded* is.
    """
    if not folded or not is_arabic(folded[0]):
        return folded
    if folded in GOD:
        return _ALLAH
    if folded[0] != ar.WAW or light_ending(folded) not in WAW_STEMS:
        folded = _strip_prefixes(folded, own_from)
    if folded in OWN_FEMININES or (is_feminine and folded in FEMININES_BY_SPELLING):
        return folded
    if (own := LEXEMES.get(folded)) is not None:
        return own
    return _strip_suffixes(folded)


def own_letters(surface: str) -> int:
    """Return which letter of *surface*, a word without marks, is an alef with hamza before a lam.

    It is the first among the first letters, where there might else be an article.
    """
    for at in range(min(OWN_AMONG, len(surface) - 1)):
        if surface[at] in HAMZA_ALEFS and surface[at + 1] == ar.LAM:
            return at
    return _NOWHERE


def _strip_prefixes(word: str, own_from: int) -> str:
    for letters, leaves, starts in _PREFIXES_BY_LETTER.get(word[0], ()):
        if word.startswith(letters) and len(word) >= len(letters) + leaves:
            if own_from < len(letters):
                return word[own_from:]
            for start in starts:
                if word[start:] in WHOLE_WORDS:
                    return word[start:]
            word, own_from = word[len(letters) :], own_from - len(letters)
            break
    if own_from == 0:
        return word
    while word.startswith(ARTICLE) and len(word) >= len(ARTICLE) + ARTICLE_LEAVES and word not in WHOLE_WORDS:
        word = word[len(ARTICLE) :]
    return word


def light_ending(word: str) -> str:
    """Return *word* without the suffixes that it may have, whatever it is."""
    return _strip_suffixes(word, by_list=False)


def _strip_suffixes(word: str, *, by_list: bool = True) -> str:
    if by_list and word in OWN_ENDINGS:
        return word
    whole = word
    if word.endswith(ar.ALEF) and len(word) > ALEF_LEAVES:
        word = word[:-1]
        if by_list and word in OWN_ENDINGS:
            return word
    if word[-1] in _SUFFIX_ENDS:
        for suffix in SUFFIXES:  # the order matters: each is tried once, on what the ones before it left
            if word.endswith(suffix) and len(word) >= len(suffix) + SUFFIX_LEAVES:
                word = word[: -len(suffix)]
                if by_list and (own := _own_word(word, suffix)):
                    return own
    if whole[len(word) :] in PRONOUNS and word.endswith(ar.TEH) and len(word) > TEH_LEAVES:
        word = word[:-1]
    if word.endswith(ar.HAMZA) and len(word) > SUFFIX_LEAVES:
        word = word[:-1]
    return word


def _own_word(word: str, suffix: str) -> str:
    """Return which listed word remains as *word* where *suffix* was taken off, an empty text if none does."""
    if word in OWN_ENDINGS:
        return word
    if suffix == _FEMININE_PLURAL and word + ar.HEH in FEMININES:
        return f"{word}{ar.HEH}"
    if suffix in _AFTER_TEH and word.endswith(ar.TEH) and word[:-1] + ar.HEH in FEMININES:
        return f"{word[:-1]}{ar.HEH}"
    return ""


_ALLAH = fold("الله")
# The name of God with the particles written onto it: its alef-lam is not an article, its final heh not a pronoun.
GOD = frozenset(fold(word) for word in ["الله", "والله", "بالله", "تالله", "فالله", "لله", "ولله", "فلله", "اللهم"])


@cache
def _listed(kind: str) -> frozenset[str]:
    """Return the words of a kind in the lexicon, which ``training/lexicon.py`` makes."""
    text = (resources.files("arsearch.arabic") / "lexicon" / f"{kind}.txt").read_text(encoding="utf-8")
    return frozenset(text.split())


OWN_ENDINGS = _listed("endings") | frozenset(map(fold, _ENDING_IS_RADICAL.split()))
"""Folded words whose last letters look like a suffix and are their own."""
_AFTER_KIND = {
    "n": ("", *map(fold, ("ة", "ا", "ان", "ين", "ون", "ات", "تان", "تين", "ها"))),
    "p": ("", *PRONOUNS),
    "w": ("",),
}


def _kept_lexemes() -> tuple[dict[str, set[str]], dict[str, str]]:
    """Return the nouns in teh marbuta of ``lexemes.txt`` by kind, and the stem of each form of its other words."""
    text = (resources.files("arsearch.arabic") / "lexicon" / "lexemes.txt").read_text(encoding="utf-8")
    nouns: dict[str, set[str]] = {"f": set(), "m": set()}
    forms = {}
    for kind, word, *stems in (line.split() for line in text.splitlines() if line and not line.startswith("#")):
        if kind in nouns:
            nouns[kind].add(fold(word))
            continue
        for after in _AFTER_KIND[kind]:
            forms[fold(word) + after] = stems[0] if stems else fold(word)
    return nouns, forms


_KEPT_NOUNS, LEXEMES = _kept_lexemes()
"""The stems of folded words, inflected, that light stemming would take for another lexeme."""
OWN_FEMININES = _listed("feminines") | _KEPT_NOUNS["f"]
"""Folded words with a teh marbuta that are another word without it."""
FEMININES_BY_SPELLING = _listed("marbuta") | _KEPT_NOUNS["m"]
"""More of them, where a heh at the end is likelier a pronoun."""
FEMININES = OWN_FEMININES | FEMININES_BY_SPELLING
WAW_STEMS = frozenset(light_ending(fold(word)) for word in _WAW_IS_RADICAL.split()) | _listed("waw")
"""Folded words without endings whose first letter is a waw of their own."""


def with_endings(word: str) -> Iterator[str]:
    """Yield *word*, folded, with the endings of nouns; some that it cannot have do no harm."""
    yield word
    before = [word]
    if word.endswith(ar.HEH):  # a teh marbuta
        before = [word[:-1] + ar.TEH, word[:-1]]
    elif word.endswith(ar.HAMZA):  # which sits on a yeh or waw before a pronoun
        before += [word[:-1] + ar.YEH, word[:-1] + ar.WAW]
    yield from (each + ending for each in before for ending in _ENDINGS)


WHOLE_WORDS = frozenset(form for word in _LETTERS_ARE_RADICAL.split() for form in with_endings(fold(word))) | _listed(
    "whole"
)
"""Folded words, inflected, whose first letters look like particles and are their own."""


@cache
def stems_near_own_endings() -> frozenset[str]:
    """Return every stem that a word may have without ``OWN_ENDINGS``, ``FEMININES`` and ``LEXEMES``, another with them.

    What is left where a word of theirs appears is stripped on by the suffixes that follow in the order, so all that
    these could make of it. The analysis in bulk looks at such words one by one.
    """
    found = set(map(light_ending, LEXEMES))
    for own in (*OWN_ENDINGS, *FEMININES):
        starts = {own, own[:-1], own[:-1] + ar.TEH} if own in FEMININES else {own}
        for start in starts:
            for first in range(len(SUFFIXES) + 1):
                word = start
                for suffix in SUFFIXES[first:]:
                    if word.endswith(suffix) and len(word) >= len(suffix) + SUFFIX_LEAVES:
                        word = word[: -len(suffix)]
                found |= {word, *(word[:-1] for last in (ar.TEH, ar.HAMZA) if word.endswith(last))}
                if word.endswith((ar.TEH + ar.HAMZA, ar.HAMZA + ar.TEH)):
                    found.add(word[:-2])
            if start.endswith(ar.ALEF):
                found |= {light_ending(start), start[:-1]}
    return frozenset(found)
