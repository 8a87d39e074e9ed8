"""Stems of words in other languages, by the Snowball stemmer of the language their text is in."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cache

from arsearch.arabic.fold import fold

__all__ = ["foreign_stemmer"]

# ISO 639-1 codes of the languages that Snowball has a stemmer for, by its name for them. Arabic is not among them:
# its words are stemmed by this package.
_SNOWBALL = {
    "ca": "catalan", "cs": "czech", "da": "danish", "de": "german", "el": "greek", "en": "english", "eo": "esperanto",
    "es": "spanish", "et": "estonian", "eu": "basque", "fi": "finnish", "fr": "french", "ga": "irish", "hi": "hindi",
    "hu": "hungarian", "hy": "armenian", "id": "indonesian", "it": "italian", "lt": "lithuanian", "ne": "nepali",
    "nl": "dutch", "no": "norwegian", "pl": "polish", "pt": "portuguese", "ro": "romanian", "ru": "russian",
    "sr": "serbian", "sv": "swedish", "ta": "tamil", "tr": "turkish", "yi": "yiddish",
}  # fmt: skip


@cache
def foreign_stemmer(language: str) -> Callable[[str], str] | None:
    """Return the function that gives the folded stem of a word of *language* (ISO 639-1), None if there is none."""
    if language not in _SNOWBALL:
        return None
    import Stemmer  # imported here: few corpora are in more than one language

    stemmer = Stemmer.Stemmer(_SNOWBALL[language])
    lock = threading.Lock()  # a Snowball stemmer works in place

    def stem(word: str) -> str:
        with lock:
            return fold(stemmer.stemWord(word.lower()))

    return stem
