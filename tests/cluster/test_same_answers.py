"""The same articles on this machine and on a cluster: the same answers, whatever is asked.

In the ordinary run a part of the corpus is compared, so that it stays short; `make test-cluster` compares all of it
with 300 queries.
"""

from __future__ import annotations

import gzip
import itertools
import json
import os
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

import arsearch
from arsearch.arabic import analyze
from arsearch.backends.opensearch.index import ClusterIndex
from arsearch.backends.opensearch.publish.copy import copy_index
from arsearch.corpus import ReadingReport, read_source
from arsearch.evaluation import evaluate
from arsearch.evaluation.evaluate import Evaluation
from arsearch.search.curations import Curations, curation_line
from tests.cluster.nodes import Cluster

from ..conftest import CORPUS
from ..data import DATA

NEWS = DATA / "corpus/ant-news.jsonl.gz"
ARTICLES = int(os.environ.get("ARSEARCH_TEST_CLUSTER_ARTICLES", "250"))
QUERIES = int(os.environ.get("ARSEARCH_TEST_CLUSTER_QUERIES", "20"))

Pair = tuple[arsearch.Searcher, arsearch.Searcher]


@pytest.fixture(scope="module")
def articles() -> list[dict[str, Any]]:
    """News; without them as many articles made of sentences of this project's own."""
    if not NEWS.exists():
        return list(itertools.islice(made_of_sentences(), ARTICLES))
    with gzip.open(NEWS, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in itertools.islice(lines, ARTICLES)]


@pytest.fixture(scope="module")
def both(
    articles: list[dict[str, Any]], running_cluster: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Pair]:
    """The searcher of this machine, and that of the cluster."""
    folder = tmp_path_factory.mktemp("same")
    corpus = folder / "corpus.jsonl"
    # Sources and authors are the same everywhere in this corpus; filters and facets need some that differ.
    with corpus.open("w", encoding="utf-8") as file:
        for number, article in enumerate(articles):
            extra = {"source": f"صحيفة {number % 7}", "author": f"كاتبة {number % 31}" if number % 3 else ""}
            file.write(json.dumps(article | extra, ensure_ascii=False) + "\n")
    running_cluster.wipe()
    local = arsearch.Settings(index=folder / "index", max_query_ms=60_000)
    remote = arsearch.Settings(
        index=folder / "index",
        backend="opensearch",
        opensearch_url=tuple(running_cluster.urls),
        opensearch_timeout_seconds=60,
        opensearch_shards=2,
        opensearch_replicas=1,
        max_query_ms=60_000,
    )
    arsearch.build_index([corpus], folder / "index", settings=local)
    copy_index(remote)
    with (
        arsearch.open_index(folder / "index", settings=local) as here,
        arsearch.open_index(folder / "index", settings=remote) as there,
    ):
        yield here, there


@pytest.fixture(scope="module")
def queries(articles: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Pieces of headlines of 1 to 5 words, each with the id of its article."""
    random = Random(9)
    found: list[tuple[str, str]] = []
    for article in random.sample(articles, len(articles)):
        words = [token.surface for token in analyze(article["title"]) if token.stem]
        if words and len(found) < QUERIES:
            size = min(len(words), random.randint(1, 5))
            start = random.randint(0, len(words) - size)
            found.append((" ".join(words[start : start + size]), article["id"]))
    return found


def made_of_sentences() -> Iterator[dict[str, Any]]:
    """Yield articles whose words are as those that `REQUESTS` ask for, where no news are."""
    random = Random(7)
    own = [article for name in ("encyclopedia", "features") for article in read_source(CORPUS / name, ReadingReport())]
    sentences = [sentence for article in own for sentence in article.body.split(".") if len(sentence.split()) > 3]
    topics = ["مهرجان السينما التونسية", "الفيلم التونسي", "مسرح تونس", "السينما في تونس", "مهرجان تونس"]
    for number in itertools.count():
        topic = random.choice(topics) if number % 2 else ""
        yield {
            "id": f"made-{number}",
            "title": " ".join([topic, *random.choice(sentences).split()[:5]]).strip(),
            "body": ". ".join([f"{topic} {sentence}" for sentence in random.sample(sentences, random.randint(1, 6))]),
            "tags": [random.choice(["culture", "sport", "economy"])],
            "url": f"https://example.org/{number}",
            "date": f"201{random.randint(6, 7)}-{random.randint(1, 12):02}-{random.randint(1, 28):02}",
        }


def ids(results: arsearch.SearchResults) -> list[str]:
    return [hit.id for hit in results.hits]


@pytest.mark.parametrize("mode", ["hybrid", "lexical", "semantic"])
def test_the_first_ten_are_the_same(both: Pair, queries: list[tuple[str, str]], mode: str) -> None:
    from scipy.stats import spearmanr  # all processes of a run read this file, and this takes a second or two

    same, correlations = 0, []
    for query, _ in queries:
        here, there = (ids(searcher.search(query, mode=mode, limit=10)) for searcher in both)
        same += set(here) == set(there)
        common = [identifier for identifier in here if identifier in there]
        if len(common) > 2:
            correlations.append(spearmanr([here.index(i) for i in common], [there.index(i) for i in common])[0])
    print(f"{mode}: the same first ten for {same} of {len(queries)}; rank correlation {np.mean(correlations):.4f}")  # noqa: T201
    assert same >= 0.95 * len(queries)
    assert np.mean(correlations) >= 0.98


@pytest.mark.parametrize("mode", ["hybrid", "lexical"])
def test_what_an_evaluation_finds_is_the_same(
    both: Pair, queries: list[tuple[str, str]], mode: str, tmp_path: Path
) -> None:
    tsv, qrels = tmp_path / "queries.tsv", tmp_path / "qrels.txt"
    tsv.write_text("".join(f"q{n}\t{query}\n" for n, (query, _) in enumerate(queries)), encoding="utf-8")
    qrels.write_text("".join(f"q{n} 0 {identifier} 1\n" for n, (_, identifier) in enumerate(queries)), encoding="utf-8")
    here, there = (evaluate(searcher, tsv, qrels, mode=mode) for searcher in both)
    print(f"{mode}, here and there: {means(here)}, {means(there)}")  # noqa: T201
    assert means(here)["nDCG@10"] > 0.3, "the queries are not all in vain"
    assert means(there) == pytest.approx(means(here), abs=0.005)


def means(evaluation: Evaluation) -> dict[str, float]:
    return {name: interval.mean for name, interval in evaluation.measures.items()}


ONLY_COMMON_WORDS = "في من على"
REQUESTS: list[dict[str, Any]] = [
    {"query": "مهرجان السينما", "facets": True},
    {"query": "مهرجان", "facets": True, "mode": "lexical", "source": ("صحيفة 3",)},
    {"query": "مهرجان تونس", "author": ("كاتبة 4", "كاتبة 5"), "facets": True},
    {"query": "تونس", "date_from": "2017", "mode": "lexical", "facets": True},
    {"query": "تونس الفيلم", "date_from": "2016-12", "date_to": "2017-02-15", "sort": "date"},
    {"query": "الفيلم التونسي", "page": 3, "size": 20},
    {"query": '"الفيلم التونسي"'},
    {"query": '"السينما التونسية" -مهرجان', "mode": "lexical"},
    {"query": "الفيلم -تونس"},
    {"query": "title:مهرجان", "mode": "lexical"},
    {"query": "(مسرح OR سينما) AND تونس", "mode": "lexical"},
    {"query": ONLY_COMMON_WORDS},
    {"query": "tag:culture مهرجان", "section": ("culture",)},
    {"query": "مهرجان تونس", "freshness": 30, "now": "2017-03-01"},
    {"query": "السينما", "freshness": 7, "now": "2016-12-31T10:00:00", "facets": True},
    {"query": "xyzzy"},
]


# What is matched by more articles than are weighed may be weighed in another order: see docs/en/explanation/cluster.md.
WEIGHED = 200


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda request: request["query"])
def test_the_whole_answer_is_the_same(both: Pair, request_: dict[str, Any]) -> None:
    answers = [searcher.search(arsearch.SearchRequest(**request_)) for searcher in both]
    here, there = answers
    assert there.total == here.total
    assert there.total_relation == here.total_relation
    assert {n: sorted(v, key=str) for n, v in there.facets.items()} == {
        n: sorted(v, key=str) for n, v in here.facets.items()
    }
    assert (there.suggestion, there.answered, there.notice) == (here.suggestion, here.answered, here.notice)
    if request_["query"] == ONLY_COMMON_WORDS and here.total > WEIGHED:
        return
    assert ids(there) == ids(here)
    for one, other in zip(there.hits, here.hits, strict=True):
        assert (one.title, one.snippet) == (other.title, other.snippet)
        assert (one.article, one.copies) == (other.article, other.copies)
        if "sort" not in request_ or here.total <= WEIGHED:
            assert one.score == pytest.approx(other.score, abs=1e-3)


def test_days_of_all_results_are_the_same(both: Pair, queries: list[tuple[str, str]]) -> None:
    for query, _ in queries[:8]:
        here, there = (searcher.count_dates(arsearch.SearchRequest(query=query)) for searcher in both)
        assert here
        assert there == here


def test_sorted_by_date_the_order_is_the_same(both: Pair, queries: list[tuple[str, str]]) -> None:
    """Of one day those come first that answer best, which is no other on a cluster."""
    for query, _ in queries[:6]:
        for sort in ("date", "oldest"):
            for page in (1, 3):
                asked = arsearch.SearchRequest(query=query, sort=sort, page=page)
                here, there = (searcher.search(asked) for searcher in both)
                assert (ids(there), there.total) == (ids(here), here.total), (query, sort, page)


HYBRID_REQUESTS = 3
HYBRID_KIB = 40


def test_a_query_asks_little(both: Pair, queries: list[tuple[str, str]]) -> None:
    """Of the nodes: few requests, and few bytes, as they come over the network."""
    _, there = both
    assert isinstance(there.index, ClusterIndex)
    nodes = there.index.nodes
    there.search("كلمة", facets=True)  # what is only asked once
    costs = []
    for query, _ in queries:
        for facets in (False, True):
            before = nodes.answered, nodes.bytes
            results = there.search(arsearch.SearchRequest(query=query, facets=facets))
            if results.suggestion is None and '"' not in query:
                costs.append((nodes.answered - before[0], nodes.bytes - before[1]))
    requests, sizes = np.array(costs).T
    print(f"requests: at most {requests.max()}; KiB: mean {sizes.mean() / 1024:.1f}, most {sizes.max() / 1024:.1f}")  # noqa: T201
    assert requests.min() > 0
    assert requests.max() <= HYBRID_REQUESTS
    assert sizes.mean() <= HYBRID_KIB * 1024


@pytest.mark.parametrize("mode", ["lexical", "hybrid"])
def test_what_is_pinned_and_blocked_is_the_same(
    both: Pair, queries: list[tuple[str, str]], mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    query = queries[0][0]
    found = ids(both[0].search(query, mode=mode))
    rule = curation_line(query, pin=[queries[1][1], found[-1]], block=found[:2])
    for searcher in both:
        monkeypatch.setattr(searcher._queries, "_curations", Curations.parse([rule]))
    here, there = (searcher.search(query, mode=mode, facets=True) for searcher in both)
    assert ids(here)[:2] == [queries[1][1], found[-1]]
    assert not set(found[:2]) & set(ids(here))
    assert (ids(there), there.total) == (ids(here), here.total)


def test_suggestions_and_completions_are_the_same(both: Pair, queries: list[tuple[str, str]]) -> None:
    here, there = both
    for query, _ in queries[:40]:
        wrong = query.replace("ا", "", 1).replace("ي", "ى", 1) + "ن"
        assert there.search(wrong, limit=1).suggestion == here.search(wrong, limit=1).suggestion
        for length in (2, 4, len(query)):
            assert there.complete(query[:length], 8) == here.complete(query[:length], 8)


def test_articles_and_what_is_like_them_are_the_same(both: Pair, queries: list[tuple[str, str]]) -> None:
    here, there = both
    for query, identifier in queries[:20]:
        assert there.article(identifier) == here.article(identifier)
        assert there.marked_article(identifier, query) == here.marked_article(identifier, query)
        assert there.similar(identifier, 5)[:3] == here.similar(identifier, 5)[:3]
    for searcher in both:
        with pytest.raises(arsearch.ArticleNotFoundError):
            searcher.article("nobody")


def test_passages_are_the_same(both: Pair, queries: list[tuple[str, str]]) -> None:
    here, there = both
    for query, _ in queries[:8]:
        questions: tuple[dict[str, Any], ...] = (
            {"mode": "hybrid", "neighbours": 1},
            {"mode": "lexical", "date_from": "1990"},
            {"mode": "semantic"},
        )
        for asked in questions:
            mine, other = (searcher.passages(query, limit=5, **asked) for searcher in (here, there))
            assert len(mine) > 0
            assert [(each.article_id, each.start, each.end, each.text, each.context) for each in other] == [
                (each.article_id, each.start, each.end, each.text, each.context) for each in mine
            ], (query, asked)
            assert [each.score for each in other] == pytest.approx([each.score for each in mine], abs=1e-4)
    vector = tuple(here.embed([queries[0][0]])[0].tolist())
    hits = [[hit.id for hit in searcher.search(queries[1][0], vector=vector)] for searcher in (here, there)]
    assert hits[0] == hits[1]
