"""Named code points, so that no rule below is written in bare right-to-left glyphs.

The basic letters come from ``pyarabic.araby``; the rest (Persian, Urdu and Kurdish forms that scraped pages put
inside Arabic words, and invisible controls) are named here after their Unicode names.
"""

from __future__ import annotations

from pyarabic.araby import (
    ALEF,
    ALEF_HAMZA_ABOVE,
    ALEF_HAMZA_BELOW,
    ALEF_MADDA,
    ALEF_MAKSURA,
    ALEF_WASLA,
    BEH,
    FATHATAN,
    FEH,
    GHAIN,
    HAMZA,
    HEH,
    JEEM,
    KAF,
    LAM,
    NOON,
    SEEN,
    TATWEEL,
    TEH,
    TEH_MARBUTA,
    WAW,
    WAW_HAMZA,
    YEH,
    YEH_HAMZA,
    ZAIN,
)
from pyarabic.araby import DECIMAL as DECIMAL_SEPARATOR
from pyarabic.araby import THOUSANDS as THOUSANDS_SEPARATOR

__all__ = [
    "AE",
    "ALEF",
    "ALEF_HAMZA_ABOVE",
    "ALEF_HAMZA_BELOW",
    "ALEF_MADDA",
    "ALEF_MAKSURA",
    "ALEF_WASLA",
    "ARABIC_COMMA",
    "ARABIC_LETTER_MARK",
    "ARABIC_QUESTION_MARK",
    "ARABIC_SEMICOLON",
    "BEH",
    "BYTE_ORDER_MARK",
    "DECIMAL_SEPARATOR",
    "FARSI_YEH",
    "FATHATAN",
    "FEH",
    "GAF",
    "GHAIN",
    "HAMZA",
    "HEH",
    "HEH_DOACHASHMEE",
    "HEH_GOAL",
    "HIGH_HAMZA",
    "JEEM",
    "JEH",
    "KAF",
    "KEHEH",
    "LAM",
    "NOON",
    "PEH",
    "RIGHT_TO_LEFT_MARK",
    "SEEN",
    "SMALL_WAW",
    "SMALL_YEH",
    "SOFT_HYPHEN",
    "SWASH_KAF",
    "TATWEEL",
    "TCHEH",
    "TEH",
    "TEH_MARBUTA",
    "TEH_MARBUTA_GOAL",
    "THOUSANDS_SEPARATOR",
    "VEH",
    "WAVY_HAMZA_ALEF_ABOVE",
    "WAVY_HAMZA_ALEF_BELOW",
    "WAW",
    "WAW_HAMZA",
    "YEH",
    "YEH_BARREE",
    "YEH_HAMZA",
    "YEH_WITH_TAIL",
    "ZAIN",
    "ZERO_WIDTH_JOINER",
    "ZERO_WIDTH_NON_JOINER",
]

ARABIC_COMMA = "\u060c"
ARABIC_SEMICOLON = "\u061b"
ARABIC_QUESTION_MARK = "\u061f"

# Letters of other languages written in Arabic script.
WAVY_HAMZA_ALEF_ABOVE = "\u0672"
WAVY_HAMZA_ALEF_BELOW = "\u0673"
HIGH_HAMZA = "\u0674"
PEH = "\u067e"
TCHEH = "\u0686"
JEH = "\u0698"
VEH = "\u06a4"
KEHEH = "\u06a9"
SWASH_KAF = "\u06aa"
GAF = "\u06af"
HEH_DOACHASHMEE = "\u06be"
HEH_GOAL = "\u06c1"
TEH_MARBUTA_GOAL = "\u06c3"
FARSI_YEH = "\u06cc"
YEH_WITH_TAIL = "\u06cd"
YEH_BARREE = "\u06d2"
AE = "\u06d5"

# Koranic small letters: category Lm, yet they are written over and between letters like vowel marks.
SMALL_WAW = "\u06e5"
SMALL_YEH = "\u06e6"

# Invisible characters (category Cf) that scraped text carries inside and around words.
SOFT_HYPHEN = "\u00ad"
ARABIC_LETTER_MARK = "\u061c"
ZERO_WIDTH_NON_JOINER = "\u200c"
ZERO_WIDTH_JOINER = "\u200d"
RIGHT_TO_LEFT_MARK = "\u200f"
BYTE_ORDER_MARK = "\ufeff"
