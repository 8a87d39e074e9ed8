"""A corpus in numbered versions: what each has is known, so that any answer of an index can be checked."""

from __future__ import annotations

import json
import random
from pathlib import Path

__all__ = ["MARKER", "VOCABULARY", "articles_of", "expected_ids", "write_version"]

MARKER = "version"
"""The id of the article whose title is the number of the version: it says what an index was made from."""

_LETTERS = "جحخدذرزشصضطظعغق"  # none that a stemmer takes for a prefix or a suffix
_LIFE = 4
"""An article stays as it is for so many versions."""
_ABSENCE = 9
"""An article is missing from one version in so many."""
_WORDS = 40

VOCABULARY = tuple(dict.fromkeys("".join(random.Random(f"word {number}").sample(_LETTERS, 4)) for number in range(80)))
"""Words that are their own stems, each of another."""


def articles_of(version: int, *, size: int = 12) -> dict[str, dict[str, str]]:
    """Return the articles of *version*, by id: up to *size* of them and the marker.

    From one version to the next about a quarter changes, and some come and go.
    """
    articles = {MARKER: {"id": MARKER, "title": str(version), "body": f"{VOCABULARY[version % len(VOCABULARY)]}"}}
    for number in range(size):
        if (version + 2 * number) % _ABSENCE:
            chance = random.Random(f"article {number} {(version + number) // _LIFE}")
            words = chance.choices(VOCABULARY, k=_WORDS)
            identifier = f"a{number}"
            articles[identifier] = {"id": identifier, "title": " ".join(words[:3]), "body": " ".join(words[3:])}
    return articles


def expected_ids(articles: dict[str, dict[str, str]], word: str) -> set[str]:
    """Return the ids of those of *articles* that have *word*."""
    return {
        identifier
        for identifier, article in articles.items()
        if word in article["title"].split() or word in article["body"].split()
    }


def write_version(path: Path, version: int, *, size: int = 12) -> Path:
    """Write *version* to the JSON lines file *path*, and return that."""
    lines = (json.dumps(article, ensure_ascii=False) for article in articles_of(version, size=size).values())
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
