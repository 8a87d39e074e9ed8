"""Names of people in Latin letters and in Arabic: ``python -m training.people_names``.

They are the parts of the names of people from Arab countries that Wikidata has labels of in both scripts (CC0), as
arabic-name-romanizer 0.2.0 (MIT) brings them, with how many people have each. A line is a name in Latin letters,
folded, a tab, and the Arabic one that most of those who write it so have.
"""

from __future__ import annotations

import sqlite3
from collections import Counter, defaultdict
from importlib import resources
from pathlib import Path

from arsearch.arabic import analyze, fold

__all__ = ["people_names"]

_OUT = Path("src/arsearch/arabic/lexicon/people_names.tsv")
_PACKAGE, _DATABASE = "arabic_name_romanizer", "resources/names.sqlite3"
_QUERY = """
    SELECT latin, arabic_key, sum(count) FROM units
    WHERE source = 'wikidata' AND country NOT IN ('', 'AF', 'IR', 'PK')
    GROUP BY latin, arabic_key ORDER BY latin, arabic_key
"""
_FEWEST = 3
"""People who have a name in both spellings."""
_SHORTEST = 3
_MOSTLY = 0.5


def people_names() -> list[tuple[str, str]]:
    """Return names in Latin letters and in Arabic, each Latin name once, sorted.

    Raises ModuleNotFoundError without the package that has them.
    """
    found: dict[str, Counter[str]] = defaultdict(Counter)
    with resources.as_file(resources.files(_PACKAGE) / _DATABASE) as path, sqlite3.connect(path) as database:
        for latin, arabic, count in database.execute(_QUERY):
            found[fold(latin)][fold(arabic)] += count
    names = []
    for latin, spellings in sorted(found.items()):
        [(arabic, most)] = spellings.most_common(1)
        is_word = latin.isascii() and latin.isalpha() and len(latin) >= _SHORTEST
        if is_word and most >= max(_FEWEST, _MOSTLY * spellings.total()) and _is_name(arabic):
            names.append((latin, arabic))
    return names


def _is_name(arabic: str) -> bool:
    """Whether *arabic* is more than words that stand everywhere, such as what "son of" was mistaken for."""
    return len(arabic) > 1 and any(token.stem for token in analyze(arabic))


def main() -> None:
    """Write the file."""
    _OUT.write_text("".join(f"{latin}\t{arabic}\n" for latin, arabic in people_names()), encoding="utf-8")


if __name__ == "__main__":
    main()
