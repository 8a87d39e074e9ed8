"""Keyboard layouts: what was typed on the wrong one, as the other would have written it.

The Arabic layouts are those of PCs (Arabic 101, Microsoft's KBDA1) and of Macs (the keyboard charts of the Unicode
CLDR), each beside the same keys of a US keyboard.
"""

from __future__ import annotations

import re

__all__ = ["as_typed_on_the_other_layout"]

_US = "qwertyuiop[]asdfghjkl;'zxcvbnm,./`"
_US_SHIFTED = 'QWERTYUIOP{}ASDFGHJKL:"ZXCVBNM<>?~'
# Row by row; lam-alef is one key.
_PC = (*"ضصثقفغعهخحجد", *"شسيبلاتنمكط", *"ئءؤر", "لا", *"ىةوزظ", "ذ")
# Vowel marks and signs stand on the other shifted keys; nobody means them in a search.
_PC_SHIFTED = {"T": "لإ", "Y": "إ", "G": "لأ", "H": "أ", "B": "لآ", "N": "آ", "J": "ـ", "K": "،", "P": "؛", "?": "؟"}
_MAC = (*"ضصثقفغعهخحجة", *"شسيبلاتنمك؛", *"ظطذدزرو،./", "ـ")
_MAC_SHIFTED = {"D": "ى", "H": "آ", "C": "ئ", "V": "ء", "B": "أ", "N": "إ", "M": "ؤ", "?": "؟"}

_TO_ARABIC = tuple(
    {**dict(zip(_US_SHIFTED, plain, strict=True)), **dict(zip(_US, plain, strict=True)), **shifted}
    for plain, shifted in ((_PC, _PC_SHIFTED), (_MAC, _MAC_SHIFTED))
)
_TO_LATIN = tuple(
    {**{arabic: key.lower() for key, arabic in shifted.items()}, **dict(zip(plain, _US, strict=True))}
    for plain, shifted in ((_PC, _PC_SHIFTED), (_MAC, _MAC_SHIFTED))
)
_ARABIC = re.compile("[\u0621-\u064a]")
_LATIN = re.compile("[A-Za-z]")


def as_typed_on_the_other_layout(text: str) -> list[str]:
    """Return what the keys of *text* write on the other layouts, each once: PC first, then Mac.

    Latin letters become Arabic ones; a text of Arabic letters becomes Latin, with the two letters of a lam-alef as
    the one key it may have been and as two. Empty for a text of both scripts, or of none. Never raises.
    """
    has_arabic, has_latin = bool(_ARABIC.search(text)), bool(_LATIN.search(text))
    if has_arabic == has_latin:
        return []
    found: list[str] = []
    if has_latin:
        found = ["".join(keys.get(character, character) for character in text) for keys in _TO_ARABIC]
    else:
        for keys in _TO_LATIN:
            two = {arabic: key for arabic, key in keys.items() if len(arabic) == 2}
            for together in (True, False):
                keyed = text
                if together:
                    for arabic, key in two.items():
                        keyed = keyed.replace(arabic, key)
                found.append("".join(keys.get(character, character) for character in keyed))
    return [other for other in dict.fromkeys(found) if other != text]
