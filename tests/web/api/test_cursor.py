"""A program that goes through all hits gets each once, though the index is built anew meanwhile."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

import arsearch
from arsearch import Settings
from arsearch.index import write_weights
from arsearch.ranking import shipped_weights

from ..conftest import Site, serving
from .test_api import SEARCH, answer

COUNT = 25


def build(folder: Path, encoder: str, first: int, words: str) -> None:
    """Index COUNT articles with ids from *first* on; all of them have the word سفينة."""
    lines = (
        json.dumps({"id": f"a{number}", "body": f"سفينة {words} {'بحر ' * (number % 7)}"}, ensure_ascii=False)
        for number in range(first, first + COUNT)
    )
    (folder / "corpus.jsonl").write_text("\n".join(lines), encoding="utf-8")
    settings = Settings(duplicates="separate", keep_commits=2)
    arsearch.build_index([folder / "corpus.jsonl"], folder / "index", model=encoder, settings=settings)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, tiny_encoder: str) -> Path:
    """A folder with a corpus and its index, which nobody changes."""
    folder = tmp_path_factory.mktemp("built")
    build(folder, tiny_encoder, 0, "قمر")
    return folder


@pytest.fixture
def growing(built: Path, tmp_path: Path) -> Iterator[tuple[Site, Path]]:
    folder = tmp_path / "growing"
    shutil.copytree(built, folder)
    with serving(folder / "index") as site:
        yield site, folder


def ids(results: dict[str, Any]) -> list[str]:
    return [hit["id"] for hit in results["hits"]]


def test_the_next_address_leads_through_all_hits(growing: tuple[Site, Path]) -> None:
    site, _ = growing
    whole = answer(site.get(SEARCH, q="سفينة", size="100"), "SearchAnswer")
    results = answer(site.get(SEARCH, q="سفينة", size="4", facets="true", fields="title,score"), "SearchAnswer")
    found = ids(results)
    while results["next"]:
        assert results["after"] in results["next"]
        results = answer(site.get(results["next"]), "SearchAnswer")
        assert results["facets"]
        assert list(results["hits"][0]) == ["id", "score", "title"]
        found += ids(results)
    assert results["after"] is None
    assert found == ids(whole)
    assert len(set(found)) == COUNT


def test_a_cursor_goes_on_where_it_began_after_a_reindexing(growing: tuple[Site, Path], tiny_encoder: str) -> None:
    site, folder = growing
    whole = ids(answer(site.get(SEARCH, q="سفينة", size="100"), "SearchAnswer"))
    first = answer(site.get(SEARCH, q="سفينة", size="10"), "SearchAnswer")
    build(folder, tiny_encoder, 10, "نجم")  # ten go, ten come, the others change
    fresh = answer(site.get(SEARCH, q="سفينة", size="100"), "SearchAnswer")
    assert ids(fresh) != whole
    second = answer(site.get(SEARCH, q="سفينة", size="10", after=first["after"]), "SearchAnswer")
    third = answer(site.post_json(SEARCH, {"q": "سفينة", "after": second["after"]}), "SearchAnswer")
    assert [*ids(first), *ids(second), *ids(third)] == whole
    assert third["after"] is None
    again = answer(site.get(SEARCH, q="سفينة", size="100"), "SearchAnswer")
    assert ids(again) == ids(fresh)


def test_a_cursor_whose_commit_is_gone_says_so(growing: tuple[Site, Path], tiny_encoder: str) -> None:
    site, folder = growing
    with serving(folder / "index") as other:
        after = answer(other.get(SEARCH, q="سفينة", size="10"), "SearchAnswer")["after"]
    for first in (1, 2, 3):
        build(folder, tiny_encoder, first, "نجم")
    problem = answer(site.get(SEARCH, q="سفينة", after=after), "Problem", 410)
    assert problem["type"] == "/api/v1/problems/expired-cursor"
    assert problem["errors"][0]["field"] == "after"


@pytest.mark.parametrize("commit", ["../../etc", "00000002", "٠٠٠٠٠٠٠١", "CURRENT", "00000001.building", "." * 60])
def test_a_cursor_that_somebody_made_up(growing: tuple[Site, Path], commit: str) -> None:
    from arsearch import SearchRequest
    from arsearch.search.cursor import Cursor

    site, _ = growing
    after = Cursor(commit, 2**63, "hybrid", "").write(SearchRequest(query="سفينة"))
    assert answer(site.get(SEARCH, q="سفينة", after=after), "Problem", 410)["errors"][0]["field"] == "after"


def test_a_cursor_far_behind_the_end(growing: tuple[Site, Path]) -> None:
    site, folder = growing
    from arsearch import SearchRequest
    from arsearch.search.cursor import Cursor

    with arsearch.open_index(folder / "index", settings=Settings()) as searcher:
        for position in (COUNT, 10**6, 2**63, 2**64 - 1):
            cursor = Cursor("00000001", position, "hybrid", searcher.ranking_key())
            after = cursor.write(SearchRequest(query="سفينة"))
            results = answer(site.get(SEARCH, q="سفينة", after=after), "SearchAnswer")
            assert (results["hits"], results["after"]) == ([], None)


def test_a_cursor_with_another_question(growing: tuple[Site, Path]) -> None:
    site, _ = growing
    after = answer(site.get(SEARCH, q="سفينة", size="10"), "SearchAnswer")["after"]
    problem = answer(site.get(SEARCH, q="بحر", after=after), "Problem", 422)
    assert problem["type"] == "/api/v1/problems/invalid-cursor"
    assert answer(site.get(SEARCH, q="سفينة", after=after, page="2"), "Problem", 422)["errors"][0]["field"] == "after"
    for damaged, status in ((after[:-2], 422), ("A" * 40, 422), ("A", 400), ("١" * 40, 400), ("\0" * 20, 400)):
        assert answer(site.get(SEARCH, q="سفينة", after=damaged), "Problem", status)["errors"][0]["field"] == "after"


def test_batches_may_go_on_too(growing: tuple[Site, Path], tiny_encoder: str) -> None:
    site, folder = growing
    first = answer(site.get(SEARCH, q="سفينة", size="10"), "SearchAnswer")
    batch = {"searches": [{"q": "سفينة", "size": 10, "after": first["after"]}]}
    assert answer(site.post_json("/api/v1/msearch", batch), "BatchAnswer")["answers"][0]["status"] == 200
    build(folder, tiny_encoder, 10, "نجم")  # one commit answers a batch, the live one
    assert answer(site.post_json("/api/v1/msearch", batch), "BatchAnswer")["answers"][0]["status"] == 410


@pytest.fixture(scope="module")
def two_servers(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, Site]]:
    """Servers on two copies of one index, with learnt weights and synonyms; no file has the time of its copy."""
    folder = tmp_path_factory.mktemp("servers")
    one, other = folder / "one", folder / "other"
    shutil.copytree(built, one)
    write_weights(one / "index", shipped_weights())
    (one / "synonyms.txt").write_text("سفينة, مركب\n", encoding="utf-8")
    shutil.copytree(one, other)
    for number, path in enumerate(sorted(other.rglob("*"))):
        os.utime(path, (1_000_000_000 + number, 1_000_000_000 + number))
    with ExitStack() as opened:
        yield tuple(  # type: ignore[misc]
            opened.enter_context(serving(folder / "index", synonyms=str(folder / "synonyms.txt")))
            for folder in (one, other)
        )


def test_servers_on_copies_of_one_index_answer_each_others_cursors(two_servers: tuple[Site, Site]) -> None:
    one, other = two_servers
    whole = ids(answer(one.get(SEARCH, q="مركب", size="100"), "SearchAnswer"))
    assert len(whole) == COUNT
    found: list[str] = []
    after = None
    for server in (one, other, one, other):
        asked = {"q": "مركب", "size": "7"} | ({"after": after} if after else {})
        results = answer(server.get(SEARCH, **asked), "SearchAnswer")
        found, after = [*found, *ids(results)], results["after"]
    assert found == whole
    assert after is None


@pytest.mark.parametrize(
    "path", [f"{SEARCH}?q=%D9%85%D8%B1%D9%83%D8%A8", "/api/v1/articles/a3", "/api/v1/suggest?q=%D8%A8"]
)
def test_servers_on_copies_of_one_index_give_the_same_tags(two_servers: tuple[Site, Site], path: str) -> None:
    one, other = two_servers
    tag = one.get(path).headers["ETag"]
    assert tag
    assert other.get(path).headers["ETag"] == tag
    assert other.ask("GET", path, If_None_Match=tag).status == 304
    for server in two_servers:  # only files would say when synonyms and weights were changed
        assert server.get(path).headers["Last-Modified"] is None
        assert server.ask("GET", path, If_Modified_Since="Sun, 09 Sep 2001 01:46:40 GMT").status == 200


def test_servers_on_copies_of_one_index_give_the_same_date(tmp_path: Path, tiny_encoder: str) -> None:
    path = f"{SEARCH}?q=%D9%82%D9%85%D8%B1"
    (tmp_path / "one").mkdir()
    build(tmp_path / "one", tiny_encoder, 0, "قمر")
    shutil.copytree(tmp_path / "one", tmp_path / "other")
    for copied in (tmp_path / "other").rglob("*"):
        os.utime(copied, (1_000_000_000, 1_000_000_000))
    with serving(tmp_path / "one" / "index") as one, serving(tmp_path / "other" / "index") as other:
        date = one.get(path).headers["Last-Modified"]
        assert date
        assert other.get(path).headers["Last-Modified"] == date
        assert other.ask("GET", path, If_Modified_Since=date).status == 304


def test_another_index_gives_other_tags(two_servers: tuple[Site, Site], growing: tuple[Site, Path]) -> None:
    path = f"{SEARCH}?q=%D9%85%D8%B1%D9%83%D8%A8"
    assert two_servers[0].get(path).headers["ETag"] != growing[0].get(path).headers["ETag"]
