"""Measure completion and did-you-mean: `python benchmarks/completion.py INDEX`.

Words of the index's own titles are typed letter by letter, as they are, without hamza, and in keys of the wrong
layout; slips are made by dropping, doubling, swapping and replacing letters. Prints median, 95th percentile and
maximum in milliseconds of the thread's processor time, of the first 200 titles with a fixed seed.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from arsearch import Searcher, Settings
from arsearch.arabic.keyboard import as_typed_on_the_other_layout
from arsearch.index import Commit

LATIN = ["libya", "wazir al dakhiliya", "al iqtisad", "muhammad", "riyadh", "3arabi", "mustashfa", "jami3a", "bashagha"]


def main() -> None:
    """Measure and print."""
    chance = random.Random(20150721)
    path = Path(sys.argv[1])
    with Searcher(path, Settings()) as searcher, Commit.open_live(path) as commit:
        _measure(chance, searcher, commit)


def _measure(chance: random.Random, searcher: Searcher, commit: Commit) -> None:
    ordinals = commit.articles.ordinals()
    chosen = sorted(chance.sample(range(len(ordinals)), min(200, len(ordinals))))
    titles = [article.title for article in commit.articles.fetch([int(ordinals[at]) for at in chosen])]
    typed = [title[:end] for title in titles for end in range(1, min(len(title), 24), 2)]
    keys = [other for title in titles[:50] for other in as_typed_on_the_other_layout(title[:12])[:1]]
    latin = [word[:end] for word in LATIN for end in range(2, len(word) + 1)]
    for name, texts in (("as typed", typed), ("wrong layout", keys), ("Arabizi", latin)):
        report(f"completion, {name}", texts, lambda text: searcher.complete(text, 8))
    suggester = commit.words.suggester
    slips = [slipped(title, chance) for title in titles if title]
    report(f"did you mean, {len(suggester.words)} words", slips, suggester.suggest)


def slipped(title: str, chance: random.Random) -> str:
    """Return up to four words of *title*, one of them with a slip."""
    words = title.split()[:4]
    at = chance.randrange(len(words))
    word = words[at]
    if len(word) > 3:
        place = chance.randrange(1, len(word) - 1)
        letter = chance.choice(["", word[place] * 2, word[place + 1] + word[place], chance.choice("ابتثجحخدذرزسشصض")])
        words[at] = word[:place] + letter + word[place + 1 :]
    return " ".join(words)


def report(name: str, texts: Iterable[str], work: Callable[[str], object]) -> None:
    """Print how long *work* takes for each of *texts*."""
    texts = list(texts)
    if texts:
        work(texts[0])
    seconds = []
    for text in texts:
        began = time.thread_time()
        work(text)
        seconds.append((time.thread_time() - began) * 1000)
    seconds.sort()
    median, high = seconds[len(seconds) // 2], seconds[int(len(seconds) * 0.95)]
    print(f"{name}: {len(seconds)} texts, median {median:.2f} ms, p95 {high:.2f} ms, longest {seconds[-1]:.2f} ms")


if __name__ == "__main__":
    main()
