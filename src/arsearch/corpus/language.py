"""Which language an article is in, as an ISO 639-1 code.

Nearly all articles are in Arabic, and the script and its letters say so at once. Other languages in Arabic script have
letters that Arabic lacks, more of them than the names in an Arabic article bring along, and words of their own; other
scripts are left to py3langid.
"""

from __future__ import annotations

import re
import unicodedata

from arsearch.arabic import letters as ar
from arsearch.arabic.fold import fold

__all__ = ["recognise_language"]

_SAMPLE = 2_000
_MIN_LETTERS = 20
_ARABIC_SCRIPT = re.compile("[\u0620-\u064a\u066e-\u06d3\u06d5\u06fa-\u06ff\ufb50-\ufdff\ufe70-\ufefc]+")
# Letters that Arabic lacks, but not the Persian yeh and kaf that keyboards put into Arabic words.
_FOREIGN = re.compile("[\u0679-\u067f\u0681-\u0688\u0691-\u06a8\u06ab-\u06bf\u06c0-\u06cb\u06ce-\u06d3\u06d5]")
_FOREIGN_SHARE = 0.015
_WORDS = {
    "ar": "في من على إلى أن التي الذي هذا هذه كان وقد ما لا عن ذلك",
    "fa": "است این که را از با در می شود برای آن ها شده نیز خود کرد",
    "ur": "ہے کے کی میں اور کا نے سے کو پر ہیں تھا کہ یہ",
    "ckb": "لە بۆ بە و کە ئەو لەگەڵ دەکات بوو ئەم هەر",
}
_FUNCTION_WORDS = {language: frozenset(map(fold, words.split())) for language, words in _WORDS.items()}


def recognise_language(text: str) -> str:
    """Return the language of *text*: ``ar``, another ISO 639 code, or an empty text for too few letters to tell."""
    sample = text[:_SAMPLE]
    arabic = sum(map(len, _ARABIC_SCRIPT.findall(sample)))
    # Letters need not be counted where they cannot be too many: of nearly every article.
    if arabic < _MIN_LETTERS or arabic * 2 < len(sample):
        letters = sum(map(str.isalpha, sample))
        if letters < _MIN_LETTERS:
            return ""
        if arabic * 2 < letters:
            return _of_another_script(sample)
    if len(_FOREIGN.findall(sample)) < _FOREIGN_SHARE * arabic:
        return "ar"
    words = [fold(word) for word in sample.replace(ar.ZERO_WIDTH_NON_JOINER, " ").split()]
    return max(_FUNCTION_WORDS, key=lambda language: sum(word in _FUNCTION_WORDS[language] for word in words))


def _of_another_script(sample: str) -> str:
    import py3langid  # imported when the first text of another script is met: its model takes a second

    language, _ = py3langid.classify(unicodedata.normalize("NFC", sample))
    return str(language)
