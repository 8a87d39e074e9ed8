"""The weights of the ranking that ship: ``python -m training.ranking --data ../shared/data``.

Each source of the training data becomes an index and queries whose answer is known: titles without their articles'
titles to go by, questions asked in other words, and other forms of words (:mod:`training.related_forms`). The features
of their candidates are the searcher's own, and the weights fitted as ``arsearch tune`` fits them, every source counting
the same. The evaluation sets are not looked at: what they say about these weights is news.

The weight of meaning is not learnt here. The bundled encoder has seen these texts in training, and what another one is
worth nobody can know beforehand; each index finds out by itself (:mod:`arsearch.ranking.calibration`).
"""

from __future__ import annotations

import gzip
import json
import logging
import random
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np

from arsearch.evaluation import Examples, learn_weights, read_examples
from arsearch.index import update_index
from arsearch.ranking import FEATURES, RankingWeights, shipped_weights
from arsearch.search.searcher import Searcher
from arsearch.settings import FAST_ENCODER, Settings
from training.related_forms import related_forms

logger = logging.getLogger("training")

__all__ = ["KnownItems", "known_items"]

_OUT = Path("src/arsearch/ranking/weights.json")
_QUERIES = 1000
_SEED = 7
_FORMS, _CHECK = "forms", "forms to check"
_SHORTEST_TITLE = 3
_SHORTEST_BODY = 30
_ABOUT = (
    "Fitted by `python -m training.ranking --data ../shared/data`, on known-item queries of the training data "
    "alone: no evaluation set was seen."
)


@dataclass(frozen=True)
class KnownItems:
    """Texts, and queries with the texts that answer them, by their number; *titles* of the texts if they have any."""

    texts: list[str]
    queries: dict[str, set[int]]
    titles: list[str] | None = None

    def drawn(self) -> dict[str, set[int]]:
        """Return as many of the queries as are used."""
        chosen = random.Random(_SEED).sample(sorted(self.queries), min(_QUERIES, len(self.queries)))
        return {query: self.queries[query] for query in chosen}


def known_items(folder: Path) -> Iterator[tuple[str, KnownItems]]:
    """Yield the name and the known items of each source in *folder*. Raises OSError if a file is missing."""
    pairs = [pair for pair in _lines(folder / "ant-pairs.jsonl.gz") if pair["kind"] == "title"]
    yield "ant", _titled([(pair["a"], pair["b"]) for pair in pairs])
    articles = list(_lines(folder / "periodicals.jsonl.gz"))
    yield "periodicals", _titled([(article["title"], article["body"]) for article in articles])
    articles = list(_lines(folder / "egyptian-wikipedia.jsonl.gz"))
    # The title stands again on the first line.
    bodies = [article["body"].removeprefix(article["title"]).strip() for article in articles]
    yield "egyptian-wikipedia", _titled([(a["title"], body) for a, body in zip(articles, bodies, strict=True)])
    yield "questions", _questions(list(_lines(folder / "q2q.jsonl.gz")))


def _with_other_forms(folder: Path) -> tuple[KnownItems, KnownItems]:
    """Return the items for fitting and those for checking, of the same articles."""
    found = related_forms(folder)
    texts, titles = ([article[key] for article in found.articles] for key in ("body", "title"))
    return KnownItems(texts, found.fitting, titles), KnownItems(texts, found.checking, titles)


def _titled(articles: list[tuple[str, str]]) -> KnownItems:
    """The titles that only one article has are queries for its body."""
    articles = [(title, body) for title, body in articles if len(body.split()) >= _SHORTEST_BODY]
    common = Counter(title for title, _ in articles)
    return KnownItems(
        [body for _, body in articles],
        {
            title: {number}
            for number, (title, _) in enumerate(articles)
            if common[title] == 1 and len(title.split()) >= _SHORTEST_TITLE
        },
    )


def _questions(pairs: list[dict[str, Any]]) -> KnownItems:
    """The first of two questions is a query for the second, if people judged them to mean the same."""
    numbers: dict[str, int] = {}
    same: dict[str, set[int]] = {}
    for pair in pairs:
        asked, other = pair["a"].strip(), pair["b"].strip()
        number = numbers.setdefault(other, len(numbers))
        if pair["label"] == 1 and asked != other:
            same.setdefault(asked, set()).add(number)
    # A question that is among the texts itself would find itself.
    return KnownItems(list(numbers), {query: found for query, found in same.items() if query not in numbers})


def _examine(items: KnownItems, folder: Path) -> Examples:
    corpus = folder / "corpus.jsonl"
    titles = items.titles or [""] * len(items.texts)
    with corpus.open("w", encoding="utf-8") as file:
        for number, (title, text) in enumerate(zip(titles, items.texts, strict=True)):
            file.write(json.dumps({"id": str(number), "title": title, "body": text}, ensure_ascii=False) + "\n")
    # Each text answers its own query. Meaning is not looked at: the fast encoder makes what an index must have.
    settings = Settings(index=folder / "index", duplicates="separate", model=FAST_ENCODER)
    update_index([corpus], settings)
    queries = {str(number): text for number, text in enumerate(items.drawn())}
    judgments: Mapping[str, Mapping[str, int]] = {
        query: {str(answer): 1 for answer in items.queries[text]} for query, text in queries.items()
    }
    with Searcher(settings.index, settings) as searcher:
        return read_examples(searcher, queries, judgments, mode="lexical")


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def _from_others(examples: Mapping[str, Examples], name: str, start: RankingWeights) -> RankingWeights:
    """Return weights fitted to all sources but one."""
    others = [each.queries for other, each in examples.items() if other != name]
    return learn_weights(others, start, meaning=False)


def _mean(examples: Examples, weights: RankingWeights) -> float:
    return float(np.mean(examples.measure(weights)))


def _told(values: Mapping[str, float]) -> str:
    mean = sum(values.values()) / len(values)
    return ", ".join([*(f"{name} {value:.4f}" for name, value in values.items()), f"mean {mean:.4f}"])


@click.command()
@click.option("--data", type=click.Path(exists=True, file_okay=False, path_type=Path), required=True)
@click.option("--out", type=click.Path(path_type=Path), default=_OUT, show_default=True)
def main(data: Path, out: Path) -> None:
    """Fit the weights of the ranking on what lies in the folder DATA, and write them to OUT."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    examples: dict[str, Examples] = {}
    fitting, checking = _with_other_forms(data)
    for name, items in (*known_items(data / "train"), (_FORMS, fitting), (_CHECK, checking)):
        with tempfile.TemporaryDirectory() as folder:
            examples[name] = _examine(items, Path(folder))
        logger.info("%s: %d texts, %d queries", name, len(items.texts), len(examples[name].queries))
    check = examples.pop(_CHECK)
    start = RankingWeights((0.0,) * len(FEATURES), shipped_weights().semantic)
    words_alone = RankingWeights((1.0, *[0.0] * (len(FEATURES) - 1)), 0.0)
    weights = learn_weights([example.queries for example in examples.values()], start, meaning=False)
    others = {name: _mean(examples[name], _from_others(examples, name, start)) for name in examples}
    logger.info("with weights from the other sources %s", _told(others))
    logger.info("nDCG@10 by words alone %s", _told({name: _mean(each, words_alone) for name, each in examples.items()}))
    logger.info("with these %s", _told({name: _mean(each, weights) for name, each in examples.items()}))
    logger.info(
        "%s, pairs that nothing was fitted to: nDCG@10 %.4f by words alone, %.4f with the weights that ship now, %.4f "
        "with these",
        *(_FORMS, _mean(check, words_alone), _mean(check, shipped_weights()), _mean(check, weights)),
    )
    out.write_text(json.dumps({"about": _ABOUT} | weights.as_record(), indent=1) + "\n", encoding="utf-8")
    logger.info("%s written: %s", out, weights)


if __name__ == "__main__":
    main()
