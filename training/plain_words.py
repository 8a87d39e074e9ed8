"""Plain words of English and French, which no name is: ``python -m training.plain_words``.

The commonest words of both languages by wordfreq (Robyn Speer; its data are CC BY-SA 4.0) as far as the word lists of
Debian's ``wamerican`` (SCOWL, free for any use) and ``wfrench`` (GPL) write them in small letters: names have capital
ones there. wordfreq and those two packages have to be installed.
"""

from __future__ import annotations

from pathlib import Path

from arsearch.arabic import fold

__all__ = ["plain_words"]

_OUT = Path("src/arsearch/arabic/lexicon/plain_words.txt")
_LISTS = {"en": ("american-english", 6000), "fr": ("french", 4000)}
_DICTIONARIES = Path("/usr/share/dict")
_SHORTEST = 4


def plain_words(dictionaries: Path = _DICTIONARIES) -> list[str]:
    """Return the words, folded and sorted."""
    import wordfreq  # no dependency of the project: its data are a few words of the list that is shipped

    found = set()
    for language, (name, count) in _LISTS.items():
        known = set((dictionaries / name).read_text(encoding="utf-8").split())
        known -= {word.lower() for word in known if not word.islower()}
        found |= {fold(word) for word in wordfreq.top_n_list(language, count) if word in known}
    return sorted(word for word in found if len(word) >= _SHORTEST and word.isascii() and word.isalpha())


def main() -> None:
    """Write the file."""
    _OUT.write_text("\n".join(plain_words()) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
