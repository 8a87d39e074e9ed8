"""Known items by another form of a word: queries whose words the article that answers them does not have as typed.

Titles are found by their own words; only where a reader types one form and the article has another is it to be seen
what forms, titles and several words of a query are worth beside each other. The pairs of related words are those of
``language/pairs``, the articles the ANT corpus's; what ``python -m benchmarks.language`` measures are other articles.
Half of the pairs, by a hash of them, are for fitting, the others for checking.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from arsearch.arabic import Token, analyze

__all__ = ["RelatedForms", "related_forms"]

_CORPUS = "corpus/ant-news.jsonl.gz"
_PAIRS = "language/pairs"
_SETS = "[a-g]_*.tsv"
_SEED = 7


@dataclass(frozen=True)
class RelatedForms:
    """Articles with ``title`` and ``body``; queries for fitting and for checking, with the numbers of their answers."""

    articles: list[dict[str, Any]]
    fitting: dict[str, set[int]]
    checking: dict[str, set[int]]


def related_forms(folder: Path) -> RelatedForms:
    """Return for each pair of words in *folder* two queries: the first of them, and a word of a title, or the second.

    The article has the other word of the pair, and not the one that is typed. Raises OSError if a file is missing.
    """
    with gzip.open(folder / _CORPUS, "rt", encoding="utf-8") as lines:
        articles = [json.loads(line) for line in lines]
    titles = [analyze(article["title"]) for article in articles]
    having: dict[str, list[int]] = defaultdict(list)
    for number, article in enumerate(articles):
        tokens = *titles[number], *analyze(article["body"])
        for form in sorted({token.folded for token in tokens} | {_key(token) for token in tokens if token.stem}):
            having[form].append(number)
    generator = random.Random(_SEED)
    found = RelatedForms([{key: each[key] for key in ("title", "body")} for each in articles], {}, {})
    for one, other in _pairs(folder / _PAIRS):
        half = found.fitting if _is_for_fitting(one, other) else found.checking
        for (typed,), (written,) in ((one, other), (other, one)):
            having_typed = {*having[typed.folded], *(having[_key(typed)] if typed.stem != written.stem else ())}
            stems = {"", typed.stem, written.stem}
            answers = [
                number
                for number in having[written.folded]
                if number not in having_typed and not stems.issuperset(token.stem for token in titles[number])
            ]
            if answers:
                answer = generator.choice(answers)
                word = generator.choice([token for token in titles[answer] if token.stem not in stems])
                half.setdefault(f"{typed.surface} {word.surface}", set()).add(answer)
    return found


def _pairs(folder: Path) -> Iterator[tuple[list[Token], list[Token]]]:
    """Yield the pairs of single words in *folder*."""
    for path in sorted(folder.glob(_SETS)):
        for line in path.read_text(encoding="utf-8").splitlines():
            parts = line.split("\t")
            if len(parts) == 3 and len(one := analyze(parts[0])) == len(other := analyze(parts[1])) == 1:
                yield one, other


def _key(token: Token) -> str:
    """Return what stands for the stem of *token*, which may be another word's folded form."""
    return f"{token.stem} "


def _is_for_fitting(one: list[Token], other: list[Token]) -> bool:
    words = " ".join(sorted(token.folded for token in (*one, *other)))
    return hashlib.sha256(words.encode()).digest()[0] % 2 == 1
