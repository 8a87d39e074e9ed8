"""Folding: every spelling of a word that readers take for the same becomes one string.

The rules, in the order they are applied to each character:

1. Unicode compatibility decomposition (NFKD, Unicode Standard Annex 15). It undoes presentation forms, lam-alef
   ligatures, ligature words such as U+FDF2, full-width forms and accented Latin, and it takes the hamza and the
   madda off their carriers: alef with hamza or madda becomes alef, waw with hamza becomes waw, yeh with hamza becomes
   yeh. Readers type all of these without the hamza; the free-standing hamza (U+0621) is kept, because there
   nothing else would be left of the letter.
2. Full case folding (Unicode Standard section 3.13, definition D146).
3. Removed: tatweel, every vowel mark and Koranic annotation sign of the Arabic blocks, combining accents
   (U+0300-036F), and invisible format controls (bidi controls, joiners, byte order mark, soft hyphen).
4. Letters: alef maksura to yeh, teh marbuta to heh, alef wasla to alef, and the Persian, Urdu and Kurdish letters
   that scraped pages put into Arabic words to their Arabic equals. One direction only.
5. Decimal digits of any script to 0-9.

The first half is what Lucene's ArabicNormalizer, DecimalDigitFilter and ICUFoldingFilter do together; the rest is
what their users ask for.
"""

from __future__ import annotations

import unicodedata
from functools import cache

from arsearch.arabic import letters as ar

__all__ = ["fold", "fold_character", "folding_table", "is_ignorable"]

LETTER_FOLDS: dict[str, str] = {
    ar.ALEF_MAKSURA: ar.YEH,
    ar.TEH_MARBUTA: ar.HEH,
    ar.ALEF_WASLA: ar.ALEF,
    ar.WAVY_HAMZA_ALEF_ABOVE: ar.ALEF,
    ar.WAVY_HAMZA_ALEF_BELOW: ar.ALEF,
    ar.KEHEH: ar.KAF,
    ar.SWASH_KAF: ar.KAF,
    ar.FARSI_YEH: ar.YEH,
    ar.YEH_WITH_TAIL: ar.YEH,
    ar.YEH_BARREE: ar.YEH,
    ar.HEH_GOAL: ar.HEH,
    ar.HEH_DOACHASHMEE: ar.HEH,
    ar.TEH_MARBUTA_GOAL: ar.HEH,
    ar.AE: ar.HEH,
    # Sounds Arabic has no letter for: newspapers write them with and without the extra dots.
    ar.VEH: ar.FEH,
    ar.PEH: ar.BEH,
    ar.TCHEH: ar.JEEM,
    ar.JEH: ar.ZAIN,
    ar.GAF: ar.KAF,
    ar.TATWEEL: "",
    ar.SMALL_WAW: "",
    ar.SMALL_YEH: "",
    ar.HIGH_HAMZA: "",
}

# The blocks that hold Arabic script (Unicode Standard section 9.2).
ARABIC_BLOCKS = (
    range(0x0600, 0x0700),
    range(0x0750, 0x0780),
    range(0x0870, 0x0900),
    range(0xFB50, 0xFE00),
    range(0xFE70, 0xFF00),
)
COMBINING_ACCENTS = range(0x0300, 0x0370)
ZERO_WIDTH_SPACE = "\u200b"  # a format control by category, a word boundary by use (UAX 14)


@cache
def is_arabic(character: str) -> bool:
    """Whether *character* is a letter of the Arabic script."""
    return any(ord(character) in block for block in ARABIC_BLOCKS) and unicodedata.category(character).startswith("L")


@cache
def is_ignorable(character: str) -> bool:
    """Whether *character* vanishes in folding: a vowel mark, an accent, tatweel or an invisible control."""
    if character in LETTER_FOLDS:
        return not LETTER_FOLDS[character]
    category = unicodedata.category(character)
    if category == "Cf":
        return character != ZERO_WIDTH_SPACE
    if category in ("Mn", "Me"):
        point = ord(character)
        return point in COMBINING_ACCENTS or any(point in block for block in ARABIC_BLOCKS)
    return False


@cache
def fold_character(character: str) -> str:
    """Fold one character; the result has no, one or several characters (a ligature word even has spaces)."""
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", character).casefold())
    folded = "".join(_fold_decomposed(part) for part in decomposed if not is_ignorable(part))
    # The presentation form of a vowel mark decomposes to a space that carries it; the space must not split the word.
    return "" if folded == " " and is_arabic(character) else folded


def _fold_decomposed(character: str) -> str:
    if unicodedata.category(character) == "Nd":
        return str(unicodedata.decimal(character))
    return LETTER_FOLDS.get(character, character)


def fold(text: str) -> str:
    """Return *text* with every character folded by the rules of this module.

    Folding is idempotent and works character by character, so it commutes with concatenation. Never raises.
    """
    return "".join(map(fold_character, text))


def folding_table() -> dict[str, str]:
    """Return every character of the Arabic blocks and the Latin supplements that folding changes, with its fold.

    The training of encoders writes the same rules into a tokenizer file; this is where it takes them from. The
    presentation forms of lone vowel marks are left out: a tokenizer that splits words at them loses less than it
    would by another pass over every text.
    """
    points = [*range(0x00A0, 0x0250), *COMBINING_ACCENTS, *range(0x2000, 0x2070)]
    for block in ARABIC_BLOCKS:
        points.extend(block)
    points.append(ord(ar.BYTE_ORDER_MARK))
    table = {}
    for point in points:
        character = chr(point)
        lone_mark = is_arabic(character) and unicodedata.normalize("NFKD", character).startswith(" ")
        if (folded := fold_character(character)) != character and not lone_mark:
            table[character] = folded
    return table
