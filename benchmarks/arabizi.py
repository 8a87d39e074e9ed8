"""Measure Arabizi: `python benchmarks/arabizi.py PAIRS`, a file of lines with a Latin word, a tab, and the Arabic one.

The Arabic sides are the vocabulary. A word counts as found when its folded form is the first of the candidates, or one
of the first five. Prints both shares, and the median and 95th percentile of a lookup in milliseconds.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np

from arsearch.arabic import fold
from arsearch.lexical.suggest.transliteration import Transliterator
from arsearch.lexical.suggest.word_list import WordList


def main() -> None:
    """Measure and print."""
    lines = Path(sys.argv[1]).read_text(encoding="utf-8").splitlines()
    pairs = [(latin, fold(arabic)) for latin, arabic in (line.split("\t") for line in lines if "\t" in line)]
    counts = Counter(arabic for _, arabic in pairs)
    words = WordList.of_texts("".join(f"{word}\n" for word in counts), np.array(list(counts.values())))
    transliterator = Transliterator(words)
    transliterator.candidates("kalam", 5)  # what is computed once
    first = five = 0
    seconds = []
    missed = []
    for latin, arabic in pairs:
        began = time.perf_counter()
        found = [candidate.folded for candidate in transliterator.candidates(latin.lower(), 5)]
        seconds.append(time.perf_counter() - began)
        first += found[:1] == [arabic]
        five += arabic in found
        if arabic not in found:
            missed.append((latin, arabic, found[:3]))
    for miss in missed[:: max(len(missed) // 40, 1)] if "--misses" in sys.argv else []:
        print(*miss)
    print(f"{len(pairs)} pairs, {len(counts)} words: top-1 {first / len(pairs):.3f}, top-5 {five / len(pairs):.3f}")
    percentile = sorted(seconds)[int(len(seconds) * 0.95)]
    print(f"a lookup: median {statistics.median(seconds) * 1000:.2f} ms, p95 {percentile * 1000:.2f} ms")


if __name__ == "__main__":
    main()
