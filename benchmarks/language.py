"""Measure what words miss: ``python -m benchmarks.language INDEX``, an index of ``saudi-news.jsonl.gz``.

Pairs of related words lie in ``../shared/data/language/pairs``. ``context.tsv`` names for a pair an article that has
only its second form, and a word of that article's title. The query "first form + title word" counts if the article is
among the first twenty, words alone; the title word by itself is the floor, "second form + title word" the ceiling.
"Meets" is the share of a set's pairs of which the first form by itself finds what has the second: the same stem, or a
form that the index adds to the query. Prints one line a set, then how many words that only look as if they began with
a particle lose it, how many pairs that must keep apart meet, and the median time of a query.

Without INDEX one is made in a temporary folder, with an encoder that knows no word: only words are measured.
"""

from __future__ import annotations

import argparse
import csv
import statistics
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from arsearch.arabic import analyze, fold
from arsearch.index import update_index
from arsearch.lexical import LexicalQuery
from arsearch.search.searcher import Searcher
from arsearch.settings import Settings
from benchmarks.blind_encoder import write_blind_encoder

_DATA = Path(__file__).parents[2] / "shared/data"
_DEPTH = 20


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.language")
    parser.add_argument("index", nargs="?", type=Path, help="an index of saudi-news.jsonl.gz")
    parser.add_argument("--data", type=Path, default=_DATA, help="corpus/ and language/")
    parser.add_argument("--misses", metavar="SET", help="tell the pairs of a set that are not found")
    arguments = parser.parse_args()
    pairs = arguments.data / "language/pairs"
    with tempfile.TemporaryDirectory() as work:
        index = arguments.index or _make_index(arguments.data / "corpus/saudi-news.jsonl.gz", Path(work))
        settings = Settings(index=index, mode="lexical", cached_answers=0)
        with Searcher(index, settings) as searcher:
            _Measurement(searcher, pairs).print(arguments.misses)


def _make_index(corpus: Path, work: Path) -> Path:
    settings = Settings(index=work / "index", model=str(write_blind_encoder(work / "encoder")))
    update_index([corpus], settings)
    return settings.index


class _Measurement:
    def __init__(self, searcher: Searcher, pairs: Path) -> None:
        self._searcher = searcher
        self._pairs = pairs
        self._milliseconds: list[float] = []

    def print(self, misses: str | None) -> None:
        found: dict[str, list[tuple[bool, ...]]] = defaultdict(list)
        for row in _rows(self._pairs / "context.tsv"):
            for name in _sets(row["set"], row["kind"]):
                found[name].append(self._found(row))
            if row["set"] == misses and not found[misses][-1][1]:
                print(*(row[key] for key in ("kind", "a", "b", "title_word", "article")), found[misses][-1])
        meeting: dict[str, list[bool]] = defaultdict(list)
        for path in sorted(self._pairs.glob("[a-i]_*.tsv")):
            if path.name.startswith("d_false"):
                continue
            for one, other, kind in _triples(path):
                for name in _sets(path.stem, kind):
                    meeting[name].append(self._meets(one, other))
        print("| set | n | meets | queries | floor | typed | ceiling |\n|---|---|---|---|---|---|---|")
        for name, pairs in meeting.items():
            queries = found.get(name, [])
            shares = " | ".join(f"{_percent(column):.1f}" for column in zip(*queries, strict=True)) or " | | "
            print(f"| {name} | {len(pairs)} | {_percent(pairs):.1f} | {len(queries)} | {shares} |")
        traps = [triple[0] for triple in _triples(self._pairs / "d_false_strips.tsv")]
        wrong = [(word, meets) for word in traps if (meets := self._false_strip(word))]
        print(f"\n{len(wrong)} of {len(traps)} trap words lose a letter of their own:")
        print("  " + "، ".join(f"{word}→{meets}" for word, meets in wrong))
        apart = [(one, other) for one, other, _ in _triples(self._pairs / "j_must_not_meet.tsv")]
        met = [f"{one}~{other}" for one, other in apart if self._meets(one, other) or self._meets(other, one)]
        print(f"{len(met)} of {len(apart)} pairs that must keep apart meet:\n  " + "، ".join(met))
        print(f"A query takes {statistics.median(self._milliseconds):.2f} ms (median), words alone.")

    def _found(self, row: dict[str, str]) -> tuple[bool, ...]:
        queries = (row["title_word"], f"{row['a']} {row['title_word']}", f"{row['b']} {row['title_word']}")
        return tuple(map(self._finds, queries, [row["article"]] * len(queries)))

    def _finds(self, query: str, article: str) -> bool:
        began = time.perf_counter()
        results = self._searcher.search(query, size=_DEPTH, snippets=False, as_typed=True)
        self._milliseconds.append((time.perf_counter() - began) * 1000)
        return any(article in (hit.id, *(copy.id for copy in hit.copies)) for hit in results)

    def _read(self, text: str) -> LexicalQuery:
        queries = self._searcher._queries  # nothing else tells how a query is read, without a search
        return queries.with_other_words(queries.parse(text))

    def _forms(self, text: str) -> set[str]:
        """Return the folded forms and stems by which the words of *text* find."""
        query = self._read(text)
        forms = {form for word in query.words for form in (word.folded, word.stem) if form}
        for synonym in query.synonyms:
            forms.add(" ".join(synonym.folded_words))
            if len(synonym.folded_words) == 1:
                forms |= {token.stem for token in analyze(synonym.folded_words[0])}
        return forms | {form.stem for found in query.forms for form in found.others}

    def _meets(self, one: str, other: str) -> bool:
        forms = self._forms(one)
        tokens = analyze(other)
        whole = " ".join(token.folded for token in tokens)
        return whole in forms or (len(tokens) == 1 and tokens[0].stem in forms) or fold(other) in forms

    def _false_strip(self, word: str) -> str:
        """Return what *word* is taken for if that lacks its first letter, an empty text if it is taken for itself."""
        folded = fold(word)
        token = self._read(word).words[0]
        if not token.stem or token.stem.startswith(folded[:2]) or folded.startswith(token.stem[:2]):
            return ""
        return token.stem


def _sets(name: str, kind: str) -> Iterator[str]:
    yield name
    if kind == "dual":
        yield f"{name}: dual"


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines, delimiter="\t"))


def _triples(path: Path) -> Iterator[tuple[str, str, str]]:
    for line in path.read_text(encoding="utf-8").splitlines():
        if len(parts := line.split("\t")) == 3:
            yield parts[0], parts[1], parts[2]


def _percent(values: Iterable[bool]) -> float:
    counts = Counter(values)
    return 100 * counts[True] / max(sum(counts.values()), 1)


if __name__ == "__main__":
    main()
