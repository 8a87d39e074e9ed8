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
* so do words, native and foreign, whose first letters look like other particles: Libya and committee keep their lam
  after "for the", which is written with that lam alone; Germany, electronic and cancellation their alef-lam,
  California and adult the first three. (This does not show in nDCG@10: it is there so that a word finds all articles
  that have it.)
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple

from arsearch.arabic import letters as ar
from arsearch.arabic.fold import fold, is_arabic

# The rules are public beside the function: the analysis in bulk applies the same ones to many words at once.
__all__ = [
    "ALEF_LEAVES",
    "ARTICLE",
    "ARTICLE_LEAVES",
    "GOD",
    "PREFIXES",
    "PRONOUNS",
    "SUFFIXES",
    "SUFFIX_LEAVES",
    "TEH_LEAVES",
    "WAW_STEMS",
    "WHOLE_WORDS",
    "Prefix",
    "stem",
]

ARTICLE = ar.ALEF + ar.LAM
ARTICLE_LEAVES = 2
_FOR_THE = (ar.LAM, ar.LAM)


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

_WAW_IS_RADICAL = """
وزير وزارة وزراء وطن وكالة وكيل وكلاء وحدة وحيد وسط وسيط وسطاء وسيلة وسائل وسام وضع وضوح واضح واقع وقائع واحد
واحة وثيقة وثائق وفد وفود وفاة وفيات وفاق وفق وقود وقف وقفة ورشة ورش ورقة ورق ورود وردة وراثة ورم ورثة ولاية
ولاة والي والد والدة والدته والدتها والدتي ولد ولادة وليد وليام وليمة وجه وجهة وجوه وجود واجهة واجب وجبة وصول
وصف وصفة وصية وصاية واشنطن وباء وتيرة وحش وحشي وداع وداد وديعة ودائع وزن وشاح وشيك وظيفة وظائف وعود وفاء وفرة
وفير وقاية وقائي وقت وقوع وقوف وهم وهمي واسع وادي ويكي ويكيبيديا
"""

# With the first letter or letters taken for a particle, what remains is no word, or hardly ever meant. (The exception
# is the lam of committee: "for the committee" is also "for paradise".)
_LETTERS_ARE_RADICAL = """
ليبيا ليبي لبنان لبناني لندن لجنة لجان لقاء لاعب لاجئ لجوء لغة لغوي لواء لوحة لائحة لوائح لقاح لقب لسان ليل ليلة ليالي
لعبة لحظة لاتيني
ألمانيا ألماني ألبانيا ألباني ألاسكا ألكسندر ألكسندرا ألبرت ألفونسو ألزهايمر ألومنيوم ألمنيوم إلكترون إلكتروني ألبوم
آلاف ألعاب ألوان ألفاظ ألقاب ألحان ألغام ألياف ألواح آلات آليات إلغاء إلقاء إلزام إلزامي إلحاق إلحاح
كاليفورنيا كاليفورني كالسيوم فالنسيا فالنتاين بالغ بالغة بالتيمور بالون
"""
_ENDINGS = [fold(ending) for ending in ("ي", "ية", "ين", "ون", "يين", "يون", "يات", "ات", "ان", "ا")]
_ENDINGS += [fold(ending) for ending in ("ه", "ها", "هم", "نا")]


@lru_cache(maxsize=1 << 17)
def stem(folded: str) -> str:
    """Return the stem of *folded*, a folded word.

    Words with no Arabic letter in first place (numbers, Latin words) are their own stems. Never raises; the result is
    never empty unless *folded* is.
    """
    if not folded or not is_arabic(folded[0]):
        return folded
    if folded in GOD:
        return _ALLAH
    if folded[0] == ar.WAW and (whole := _strip_suffixes(folded)) in WAW_STEMS:
        return whole
    return _strip_suffixes(_strip_prefixes(folded))


def _strip_prefixes(word: str) -> str:
    for letters, leaves, starts in _PREFIXES_BY_LETTER.get(word[0], ()):
        if word.startswith(letters) and len(word) >= len(letters) + leaves:
            for start in starts:
                if word[start:] in WHOLE_WORDS:
                    return word[start:]
            word = word[len(letters) :]
            break
    while word.startswith(ARTICLE) and len(word) >= len(ARTICLE) + ARTICLE_LEAVES and word not in WHOLE_WORDS:
        word = word[len(ARTICLE) :]
    return word


def _strip_suffixes(word: str) -> str:
    whole = word
    if word.endswith(ar.ALEF) and len(word) > ALEF_LEAVES:
        word = word[:-1]
    if word[-1] in _SUFFIX_ENDS:
        for suffix in SUFFIXES:  # the order matters: each is tried once, on what the ones before it left
            if word.endswith(suffix) and len(word) >= len(suffix) + SUFFIX_LEAVES:
                word = word[: -len(suffix)]
    if whole[len(word) :] in PRONOUNS and word.endswith(ar.TEH) and len(word) > TEH_LEAVES:
        word = word[:-1]
    if word.endswith(ar.HAMZA) and len(word) > SUFFIX_LEAVES:
        word = word[:-1]
    return word


_ALLAH = fold("الله")
# The name of God with the particles written onto it: its alef-lam is not an article, its final heh not a pronoun.
GOD = frozenset(fold(word) for word in ["الله", "والله", "بالله", "تالله", "فالله", "لله", "ولله", "فلله", "اللهم"])
WAW_STEMS = frozenset(_strip_suffixes(fold(word)) for word in _WAW_IS_RADICAL.split())


def _with_endings(word: str) -> Iterator[str]:
    """Yield *word*, folded, with the endings of nouns; some that it cannot have do no harm."""
    yield word
    before = [word]
    if word.endswith(ar.HEH):  # a teh marbuta
        before = [word[:-1] + ar.TEH, word[:-1]]
    elif word.endswith(ar.HAMZA):  # which sits on a yeh or waw before a pronoun
        before += [word[:-1] + ar.YEH, word[:-1] + ar.WAW]
    yield from (each + ending for each in before for ending in _ENDINGS)


WHOLE_WORDS = frozenset(form for word in _LETTERS_ARE_RADICAL.split() for form in _with_endings(fold(word)))
"""Folded words, inflected, whose first letters look like particles and are their own."""
