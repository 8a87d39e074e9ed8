"""Stop words: function words that say nothing about what an article is about.

The list was compiled for this project from the closed word classes of Arabic grammar (prepositions, conjunctions,
pronouns, demonstratives, relatives, interrogatives, negations, the verb "to be" and its sisters).

A stop word is recognised by its spelling, not by its folded form: the preposition that ends in alef maksura is a stop
word, the name Ali, which folds to the same letters, is not. Hamzas and vowel marks are ignored. Egypt writes a final
yeh without its dots, as alef maksura, so a stop word that ends in yeh is recognised with either.
"""

from __future__ import annotations

import unicodedata

from arsearch.arabic import letters as ar
from arsearch.arabic.fold import fold, fold_character

__all__ = ["FOLDED_STOP_WORDS", "STOP_WORDS", "is_stop_word"]

_PREPOSITIONS = """
من إلى على عن في مع حتى منذ مذ خلال عبر لدى لدي نحو دون بدون ضد حول عند عندما بعد قبل بين بينما فوق تحت أمام
خلف وراء تجاه ضمن حيث حسب وفق سوى رغم بسبب لأجل منه منها منهم فيه فيها فيهم عليه عليها عليهم إليه إليها إليهم
عنه عنها عنهم معه معها معهم به بها بهم له لها لهم لنا لك لكم لي بنا بي بك بكم عنا منا فينا علينا إلينا معنا
بينهم بينهما بينها بينه لهما بهما منهما فيهما عليهما عندها عنده عندهم لديه لديها لديهم قبله قبلها بعده بعدها
بعدما قبلما حينها
"""
_CONJUNCTIONS = """
و ف أو أم ثم بل لكن لكنه لكنها لكنهم لكي كي أن إن أنه أنها أنهم أنهما إنه إنها إنهم بأن بأنه بأنها بأنهم لأن
لأنه لأنها لأنهم كأن كأنه كأنها فإن إذ إذا إذن لو لولا لوما مما ممن عما فيما بما لما كما كلما طالما حين حينما
ريثما أما إما ألا إلا غير مثل مثلما هكذا كذلك لذلك لذا بذلك وذلك أيضا أي حيثما ليت لعل
"""
_PRONOUNS = """
أنا نحن أنت أنتم أنتما أنتن هو هي هما هم هن إياه إياها نفسه نفسها أنفسهم هذا هذه هذان هذين هاتان هاتين هؤلاء
ذلك ذاك تلك أولئك بهذا بهذه لهذا لهذه كهذا كهذه هنا هناك هنالك الذي التي الذين اللذان اللذين اللتان اللتين
اللاتي اللواتي اللائي
"""
_QUESTIONS = """
ما ماذا من متى أين كيف كم هل لماذا لم أ بم بماذا علام إلام أيها أيتها
"""
_NEGATIONS_AND_PARTICLES = """
لا لن لم ليس ليست ليسوا لست قد لقد سوف س ال لل ل ب ك نعم كلا يا إنما أكثر أقل جدا فقط بعض كل كلا كلتا جميع نفس
ذات ذو ذي أحد إحدى عدم حوالي نحن عنه عليه آخر أخرى كافة منهن
"""
_TO_BE = """
كان كانت كانوا كنت كنا يكون تكون يكونون أكون نكون كن ليكون لتكون سيكون ستكون صار أصبح أصبحت ظل ظلت ما زال
مازال مازالت لازال زال
"""

# Written onto the word that follows; what the particle and a stop word make together is a stop word too ...
_PARTICLES = (ar.WAW, ar.FEH)
# ... but these are words of their own: understanding, illusion, film, orbit, astronomical, luxurious, opened, masters,
# (crown) prince.
_NOT_STOP_WORDS = """
فهم وهم فلم فلك فلكي فاخر فتحت فحول ولي وكل وكلا فأس فن وعد ول وس وب وك فل فس فب فك وأ فأ وذي
"""


def _spelling(word: str) -> str:
    """Drop marks and hamzas as folding does, but keep alef maksura and teh marbuta apart from yeh and heh."""
    return "".join(
        character if character in (ar.ALEF_MAKSURA, ar.TEH_MARBUTA) else fold_character(character)
        for character in unicodedata.normalize("NFKC", word)
    )


def _stop_words() -> frozenset[str]:
    listed = " ".join([_PREPOSITIONS, _CONJUNCTIONS, _PRONOUNS, _QUESTIONS, _NEGATIONS_AND_PARTICLES, _TO_BE]).split()
    joined = [particle + word for word in listed for particle in _PARTICLES]
    exceptions = {_spelling(word) for word in _NOT_STOP_WORDS.split()}
    spellings = {_spelling(word) for word in [*listed, *joined]} - exceptions
    undotted = {word[:-1] + ar.ALEF_MAKSURA for word in spellings if word.endswith(ar.YEH)}
    return frozenset(spellings | undotted)


STOP_WORDS = _stop_words()
FOLDED_STOP_WORDS = frozenset(map(fold, STOP_WORDS))
"""What stop words fold to; other words may fold to the same."""


def is_stop_word(surface: str, folded: str) -> bool:
    """Whether *surface*, a word as it stands in a text whose folded form is *folded*, is a stop word. Never raises."""
    # The folded form is at hand and rules out nearly every word before its spelling has to be looked at.
    return folded in FOLDED_STOP_WORDS and _spelling(surface) in STOP_WORDS
