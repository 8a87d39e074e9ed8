"""The queries that are measured: short pieces of real headlines, always the same ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from arsearch.arabic import analyze

__all__ = ["BenchmarkQuery", "cut_queries", "prepare_queries"]

_SEED = 1000
_WORDS = (2, 4)
_TRIES = 20


@dataclass(frozen=True, slots=True)
class BenchmarkQuery:
    """A query of 2 to 4 words that are no stop words, and their stems in the same order."""

    text: str
    stems: tuple[str, ...]


def cut_queries(headlines: Sequence[str], count: int) -> list[BenchmarkQuery]:
    """Return up to *count* distinct queries, neighbouring words of *headlines*, one of each headline in turn."""
    random = Random(_SEED)
    found: dict[frozenset[str], BenchmarkQuery] = {}
    for _ in range(_TRIES):
        for headline in headlines:
            if len(found) == count:
                return list(found.values())
            words = [token for token in analyze(headline) if token.stem]
            size = random.randint(*_WORDS)
            if len(words) < size:
                continue
            start = random.randint(0, len(words) - size)
            chosen = words[start : start + size]
            stems = tuple(token.stem for token in chosen)
            if len(set(stems)) == size:
                query = BenchmarkQuery(" ".join(token.surface for token in chosen), stems)
                found.setdefault(frozenset(stems), query)
    return list(found.values())


def prepare_queries(headlines: Path, count: int, path: Path) -> list[BenchmarkQuery]:
    """Cut queries from the file *headlines* (id, tab, text) and write them to *path* (text, tab, stems)."""
    lines = headlines.read_text(encoding="utf-8").splitlines()
    queries = cut_queries([line.partition("\t")[2] for line in lines], count)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{query.text}\t{' '.join(query.stems)}\n" for query in queries), encoding="utf-8")
    return queries
