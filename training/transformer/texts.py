"""The texts that a student learns from: passages, titles, questions and queries in English and French, shuffled.

Any beginning of the list is a fair mix, so that a teacher may be stopped at any time. Articles of ANT whose number
says so are left out: they are for measuring.
"""

from __future__ import annotations

import gzip
import json
import random
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

__all__ = ["PROMPTS", "Text", "held_out", "known_items", "read_texts"]

Kind = Literal["query", "passage"]
PROMPTS: dict[str, str] = {"query": "query: ", "passage": "passage: "}
"""Of the e5 family (Wang et al. 2022)."""

_SEED = 17
_HELD_OUT = 20
_LONGEST = 110
_FOREIGN = {"en": 12_000, "fr": 8_000}
_FOREIGN_WORDS = 12_000
_PERIODICALS = 2
_CAP = 1500


@dataclass(frozen=True)
class Text:
    """A text and what it is to a search."""

    kind: Kind
    text: str

    @property
    def prompted(self) -> str:
        """The text with the prompt of its kind before it."""
        return PROMPTS[self.kind] + self.text


def held_out(name: str) -> bool:
    """Whether the ANT article with the title or id *name* is kept for measuring."""
    return zlib.crc32(name.encode()) % _HELD_OUT == 0


def read_texts(train: Path, news: Path) -> list[Text]:
    """Return the texts of the folder *train* and of the corpus *news* (ANT), shuffled; the same every time."""
    draw = random.Random(_SEED)
    texts = [*_news(news, draw), *_pairs(train), *_wikipedia(train, draw), *_periodicals(train, draw), *_foreign(draw)]
    texts = list(dict.fromkeys(text for text in texts if text.text.strip()))
    draw.shuffle(texts)
    return texts


def known_items(news: Path) -> tuple[list[str], list[tuple[str, int]]]:
    """Return the bodies of half the articles of ANT, and headlines held out with the number of their body."""
    bodies: list[str] = []
    queries: list[tuple[str, int]] = []
    for number, article in enumerate(_lines(news)):
        if held_out(article["title"]):
            queries.append((article["title"], len(bodies)))
        elif number % 4:
            continue
        bodies.append(" ".join(article["body"].split()[:100]))
    return bodies, queries


def _news(path: Path, draw: random.Random) -> Iterator[Text]:
    for article in _lines(path):
        if held_out(article["title"]):
            continue
        yield Text("query", article["title"])
        words = article["body"].split()
        at = 0
        while at < len(words):
            length = _length(draw)
            title = f"{article['title']}\n" if at == 0 or draw.random() < 0.5 else ""
            yield Text("passage", title + " ".join(words[at : at + length]))
            at += length


def _pairs(folder: Path) -> Iterator[Text]:
    for pair in _lines(folder / "q2q.jsonl.gz"):
        yield Text("query", pair["a"])
        yield Text("query", pair["b"])
    for pair in _lines(folder / "news-title-stance.jsonl.gz"):
        yield Text("query", pair["a"])
        yield Text("query", pair["b"])


def _wikipedia(folder: Path, draw: random.Random) -> Iterator[Text]:
    for article in _lines(folder / "egyptian-wikipedia.jsonl.gz"):
        yield Text("query", article["title"])
        words = article["body"].removeprefix(article["title"]).split()
        yield from _some_passages(article["title"], words, 2, draw)


def _periodicals(folder: Path, draw: random.Random) -> Iterator[Text]:
    for article in _lines(folder / "periodicals.jsonl.gz"):
        if draw.random() < 0.5:
            yield Text("query", article["title"])
        yield from _some_passages(article["title"], article["body"].split(), _PERIODICALS, draw)


def _some_passages(title: str, words: list[str], count: int, draw: random.Random) -> Iterator[Text]:
    for _ in range(count):
        length = _length(draw)
        at = draw.randrange(max(1, len(words) - length))
        head = f"{title}\n" if draw.random() < 0.5 else ""
        yield Text("passage", head + " ".join(words[at : at + length]))


def _length(draw: random.Random) -> int:
    """Most passages are short, because a short one teaches as much about each of its words."""
    return draw.choice((12, 16, 24, 32, 48, _LONGEST))


def _foreign(draw: random.Random) -> Iterator[Text]:
    """Queries in English and French: runs of frequent words, capitalised as readers may or may not do."""
    from wordfreq import top_n_list

    for language, count in _FOREIGN.items():
        words = top_n_list(language, _FOREIGN_WORDS)[50:]
        for _ in range(count):
            # Squaring prefers the more frequent.
            chosen = [words[int(draw.random() ** 2 * len(words))] for _ in range(draw.choice((1, 2, 3, 4)))]
            yield Text("query", " ".join(w.capitalize() if draw.random() < 0.3 else w for w in chosen))


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)
