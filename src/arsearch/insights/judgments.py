"""Judgments out of what readers open, for learning weights.

Readers open what stands first, whether it fits or not. So an article is judged by how much more often it was opened
than articles at its places are in general: clicks over expected clicks (Chapelle and Zhang, WWW 2009, section 5.1). And
only queries count that many readers asked, so that nobody alone can teach the ranking.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import cast

from arsearch.errors import InsightsError
from arsearch.insights.store import InsightStore

__all__ = ["write_judgments"]

_MIN_QUERIES = 50
"""Queries with judged articles below which nothing is learnt: chance would be."""
_MIN_READERS = 5
"""Readers who have to open an article in one week before it is judged."""
_OFTEN = 2.0
"""So many times as often as others at its places: the article is judged very relevant (2)."""
_AS_OTHERS = 1.0


def write_judgments(store: InsightStore, queries: Path, qrels: Path) -> int:
    """Write the queries as TSV and the judgments in TREC format; return how many queries there are.

    Articles that were opened by at least five readers are judged: 2 where twice as often as others at their places, 1
    where as often, 0 below. Raises InsightsError where there are fewer than fifty queries with a relevant article.
    """
    asked: dict[str, int] = defaultdict(int)
    for row in store.rows("queries"):
        _, query, times, *_ = cast("tuple[str, str, int]", row)
        asked[query] += times
    at_place: dict[int, int] = defaultdict(int)
    opened: dict[str, dict[str, list[tuple[str, int, int, int]]]] = defaultdict(lambda: defaultdict(list))
    for row in store.rows("opened"):
        week, query, article, place, times, bits = cast("tuple[str, str, str, int, int, int]", row)
        at_place[place] += times
        if len(article.split()) == 1:  # the columns of TREC's format have blanks between
            opened[query][article].append((week, place, times, bits))
    all_asked = max(sum(asked.values()), 1)
    lines: dict[str, list[tuple[str, int]]] = {}
    for query, articles in opened.items():
        judged = []
        for article, places in articles.items():
            readers: dict[str, int] = defaultdict(int)  # the bits of one week say nothing of those of another
            for week, _, _, bits in places:
                readers[week] |= bits
            if max(bits.bit_count() for bits in readers.values()) < _MIN_READERS:
                continue
            times = sum(count for _, _, count, _ in places)
            # Where it stood how often is not known; it is taken to have stood where it was opened.
            rate = sum(at_place[place] * count for _, place, count, _ in places) / times / all_asked
            ratio = times / max(rate * asked[query], 1e-9)
            judged.append((article, 2 if ratio >= _OFTEN else int(ratio >= _AS_OTHERS)))
        if any(grade for _, grade in judged):
            lines[query] = judged
    if len(lines) < _MIN_QUERIES:
        raise InsightsError(
            f"{len(lines)} queries have an article that enough readers opened, and {_MIN_QUERIES} are needed to learn "
            "from. Wait, or judge queries yourself and name them with --queries and --qrels."
        )
    queries.write_text("".join(f"{number}\t{query}\n" for number, query in enumerate(lines, 1)), encoding="utf-8")
    qrels.write_text(
        "".join(
            f"{number} 0 {article} {grade}\n"
            for number, judged in enumerate(lines.values(), 1)
            for article, grade in judged
        ),
        encoding="utf-8",
    )
    return len(lines)
