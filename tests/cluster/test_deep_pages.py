"""Going on and on through what a cluster finds: every hit comes once, and in the order of an index of this machine."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import Any

import pytest

import arsearch
from arsearch.backends.opensearch.publish.copy import copy_index
from arsearch.backends.opensearch.search import deep_pages as walks
from tests.cluster.nodes import Cluster

ARTICLES = 1_100
WINDOW = 450

Pair = tuple[arsearch.Searcher, arsearch.Searcher]


@pytest.fixture(scope="module")
def both(running_cluster: Cluster, tiny_encoder: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """A searcher of this machine, and one of a cluster that gives no more than WINDOW hits at once."""
    running_cluster.start(*(node for node in running_cluster.nodes if node.process is None))
    running_cluster.wipe()
    folder = tmp_path_factory.mktemp("deep")
    corpus, index = folder / "corpus.jsonl", folder / "index"
    with corpus.open("w", encoding="utf-8") as file:
        for number in range(ARTICLES):
            record: dict[str, Any] = {"id": f"a{number}", "title": f"خبر {number}"}
            # Long ones rank lower; of each length there are many, and of each day, and some have no date.
            record["body"] = " ".join(["البحر", *itertools.repeat("موج", number % 30)])
            record |= {"date": f"2020-01-{number % 9 + 1:02}"} if number % 7 else {}
            file.write(json.dumps(record, ensure_ascii=False) + "\n")
    local = arsearch.Settings(index=index, duplicates="separate", model=tiny_encoder, max_query_ms=60_000)
    remote = arsearch.Settings(
        index=index,
        backend="opensearch",
        opensearch_url=tuple(running_cluster.urls),
        opensearch_timeout_seconds=60,
        opensearch_shards=2,
        opensearch_replicas=0,
        max_query_ms=60_000,
    )
    arsearch.build_index(corpus, index, settings=local)
    name = copy_index(remote)
    running_cluster.request("PUT", f"{name}/_settings", {"index.max_result_window": WINDOW})
    with (
        pytest.MonkeyPatch.context() as patched,
        arsearch.open_index(index, settings=local) as here,
        arsearch.open_index(index, settings=remote) as there,
    ):
        patched.setattr(walks, "WINDOW", WINDOW)
        patched.setattr("arsearch.backends.opensearch.search.candidates.WINDOW", WINDOW)
        patched.setattr("arsearch.backends.opensearch.search.candidates._ORDERED", 90)
        patched.setattr(walks, "_MIN_STEP", 70)
        yield here, there


@pytest.mark.parametrize(
    ("request_", "size"),
    [
        ({"mode": "lexical"}, 100),
        ({"mode": "lexical"}, 67),  # the order is the same, however large a page is
        ({"mode": "hybrid"}, 67),
        ({"mode": "lexical", "sort": "date"}, 100),
        ({"mode": "lexical", "sort": "oldest"}, 100),
        ({"mode": "hybrid", "sort": "date", "date_from": "2020"}, 67),
    ],
    ids=str,
)
def test_a_cursor_goes_through_all_hits(both: Pair, request_: dict[str, Any], size: int) -> None:
    here, there = ([hit.id for hit in searcher.hits("البحر", size=size, **request_)] for searcher in both)
    assert len(here) > 2 * WINDOW, "or this shows nothing"
    assert len(there) == len(set(there))
    assert sorted(there) == sorted(here)
    if "sort" not in request_:
        assert there == here
    else:
        dates = [both[0].article(identifier).date for identifier in there]
        dated = [date for date in dates if date]
        assert dated == sorted(dated, reverse=request_["sort"] == "date")
        assert dates[: len(dated)] == dated


def test_a_searcher_that_has_not_walked_there_goes_on_where_another_one_was(both: Pair) -> None:
    _, there = both
    pages = {}
    after: str | None = ""
    for _ in range(9):
        results = there.search("البحر", mode="lexical", size=100, after=after)
        after = results.after
        assert after
        pages[after] = [hit.id for hit in results]
    last, page = list(pages)[-2], list(pages.values())[-1]
    with arsearch.open_index(there.settings.index, settings=there.settings) as other:
        assert [hit.id for hit in other.search("البحر", mode="lexical", size=100, after=last)] == page
