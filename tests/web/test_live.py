"""A server goes over to a new commit while it answers, and nobody who asks notices."""

from __future__ import annotations

import gc
import json
import shutil
import threading
import weakref
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import pytest

import arsearch
from arsearch import Settings
from arsearch.backends import choose_backend
from arsearch.errors import IndexStateError, NoIndexError
from arsearch.ranking import RankingWeights, shipped_weights
from arsearch.search.searcher import Searcher
from arsearch.web.app import create_app
from arsearch.web.live import LiveIndex

from ..arrays import change_array, change_facts
from ..index.forging import reseal

SEARCH = "/api/v1/search"


def write(path: Path, commit: int) -> None:
    """Write a corpus in which every article says which commit it is of."""
    articles = (
        {"id": f"{number}", "title": f"خبر {commit}", "body": f"خبر رقم {number} في البحر"} for number in range(20)
    )
    path.write_text("\n".join(map(json.dumps, articles)), encoding="utf-8")


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    write(tmp_path / "corpus.jsonl", 1)
    return tmp_path / "corpus.jsonl"


@pytest.fixture
def index(tmp_path: Path, corpus: Path, tiny_encoder: str) -> Path:
    arsearch.build_index([corpus], tmp_path / "index", model=tiny_encoder, settings=Settings())
    return tmp_path / "index"


def rebuild(index: Path, corpus: Path, commit: int) -> None:
    write(corpus, commit)
    arsearch.build_index([corpus], index, settings=Settings())


@pytest.mark.slow
def test_three_reindexes_under_load_fail_no_request_and_mix_no_commits(index: Path, corpus: Path) -> None:
    app = create_app(Settings(index=index, max_running_requests=4))
    done = threading.Event()
    seen: list[tuple[int, frozenset[str]]] = []
    failures: list[Any] = []

    def ask() -> None:
        client = app.test_client()
        while not done.is_set():
            response = client.get(SEARCH, query_string={"q": "خبر", "size": "20", "mode": "lexical"})
            if response.status_code != 200:
                failures.append(response.get_data(as_text=True))
                return
            titles = frozenset(hit["title"] for hit in response.get_json()["hits"])
            seen.append((response.get_json()["total"], titles))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        for commit in (2, 3, 4):
            rebuild(index, corpus, commit)
            while not any(titles == {f"خبر {commit}"} for _, titles in seen[-8:]) and not failures:
                done.wait(0.001)
    finally:
        done.set()
        for thread in threads:
            thread.join()
    assert failures == []
    assert {total for total, _ in seen} == {20}
    assert {len(titles) for _, titles in seen} == {1}
    assert {title for _, titles in seen for title in titles} == {f"خبر {number}" for number in (1, 2, 3, 4)}


def test_while_one_thread_opens_the_new_commit_the_others_go_on_with_the_old_one(
    index: Path, corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    live = LiveIndex(index, Settings(index=index))
    old = live.searcher()
    rebuild(index, corpus, 2)
    opening, go_on = threading.Event(), threading.Event()
    opened = LiveIndex._opened

    def slowly(self: LiveIndex, state: Any) -> Any:
        opening.set()
        assert go_on.wait(60)
        return opened(self, state)

    monkeypatch.setattr(LiveIndex, "_opened", slowly)
    found = []
    opener = threading.Thread(target=lambda: found.append(live.searcher()))
    opener.start()
    assert opening.wait(60)
    assert live.searcher() is old
    go_on.set()
    opener.join()
    assert found[0] is live.searcher() is not old


def test_a_commit_that_cannot_be_opened_leaves_the_old_one_served(
    index: Path, corpus: Path, caplog: pytest.LogCaptureFixture
) -> None:
    app = create_app(Settings(index=index))
    client = app.test_client()
    assert client.get("/readyz").get_json()["commit"] == "00000001"
    rebuild(index, corpus, 2)
    [store] = (index / "commits" / "00000002").glob("articles/*.sqlite")
    whole = store.read_bytes()
    store.write_bytes(whole[:-100])
    for _ in range(3):
        response = client.get(SEARCH, query_string={"q": "خبر"})
        assert (response.status_code, response.get_json()["hits"][0]["title"]) == (200, "خبر 1")
    assert client.get("/readyz").get_json()["commit"] == "00000001"
    assert sum("cannot be opened" in record.getMessage() for record in caplog.records) == 1  # and tried once
    store.write_bytes(whole)
    rebuild(index, corpus, 3)
    assert client.get(SEARCH, query_string={"q": "خبر"}).get_json()["hits"][0]["title"] == "خبر 3"


def forge(index: Path, kind: str) -> None:
    """Make the live commit one with right checksums and a wrong file."""
    folder = index / "commits" / "00000002"
    match kind:
        case "vectors of another kind":
            [path] = folder.glob("semantic/*.faiss")
            flat = faiss.IndexFlatIP(16)
            flat.add(np.ones((faiss.read_index(str(path)).ntotal, 16), np.float32))
            path.unlink()
            faiss.write_index(flat, str(path))
        case "fields that are a list":
            [path] = folder.glob("lexical/0*.arrays")
            change_facts(path, fields=[])
        case "an ordinal of 2^40":
            change_array(folder.glob("lexical/0*.arrays"), "ordinals", lambda them: np.append(them[1:], 1 << 40))
        case "a folder that is a file":
            shutil.rmtree(folder / "lexical")
            (folder / "lexical").write_bytes(b"")
    reseal(index, "00000002")


@pytest.mark.parametrize(
    "kind", ["vectors of another kind", "fields that are a list", "an ordinal of 2^40", "a folder that is a file"]
)
def test_a_commit_with_wrong_files_leaves_the_old_one_served(index: Path, corpus: Path, kind: str) -> None:
    client = create_app(Settings(index=index)).test_client()
    assert client.get("/readyz").get_json()["status"] == "ok"
    rebuild(index, corpus, 2)
    forge(index, kind)
    response = client.get(SEARCH, query_string={"q": "خبر"})
    assert (response.status_code, response.get_json()["hits"][0]["title"]) == (200, "خبر 1")
    ready = client.get("/readyz")
    assert (ready.status_code, ready.get_json()["status"], ready.get_json()["commit"]) == (
        200,
        "degraded",
        "00000001",
    )
    assert "arsearch_index_degraded 1.0" in client.get("/metrics").get_data(as_text=True)
    write(corpus, 3)
    arsearch.build_index([corpus], index, full=True, settings=Settings())
    assert client.get(SEARCH, query_string={"q": "خبر"}).get_json()["hits"][0]["title"] == "خبر 3"
    assert client.get("/readyz").get_json()["status"] == "ok"


@pytest.mark.parametrize("error", [MemoryError(), ZeroDivisionError("nobody thought of it"), OSError(5, "broken")])
@pytest.mark.parametrize("where", ["__init__", "search"])
def test_whatever_goes_wrong_while_opening_the_old_one_goes_on_and_it_is_tried_again_later_and_later(
    index: Path, corpus: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, where: str
) -> None:
    now = [1000.0]
    live = LiveIndex(index, Settings(index=index), clock=lambda: now[0])
    old = live.searcher()
    rebuild(index, corpus, 2)
    tries: list[float] = []

    def fail(*_: object, **__: object) -> None:
        tries.append(now[0])
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(Searcher, where, fail)
        for second in range(4000):
            now[0] = 1000.0 + second
            assert live.searcher() is old
            assert len(tries) <= 30
    gaps = np.diff(tries)
    assert len(tries) >= 10
    assert (gaps[:4] > 1).all()
    assert (gaps[1:] >= gaps[:-1]).all()
    assert gaps.max() <= 601
    assert live.degraded
    now[0] += 601
    assert live.searcher() is not old
    assert not live.degraded
    live.close()


@pytest.mark.parametrize("text", [b"", b"\xff\xfe", b"00000009\n", b"../..\n", None])
def test_a_pointer_that_cannot_be_read_is_no_secret(
    index: Path, corpus: Path, caplog: pytest.LogCaptureFixture, text: bytes | None
) -> None:
    client = create_app(Settings(index=index)).test_client()
    assert client.get("/readyz").get_json()["status"] == "ok"
    pointer = index / "CURRENT"
    whole = pointer.read_bytes()
    pointer.unlink()
    if text is not None:
        pointer.write_bytes(text)
    for _ in range(5):
        assert client.get(SEARCH, query_string={"q": "خبر"}).status_code == 200
    assert client.get("/readyz").get_json()["status"] == "degraded"
    assert sum("cannot be opened" in record.getMessage() for record in caplog.records) == 1
    pointer.write_bytes(whole)
    assert client.get("/readyz").get_json()["status"] == "ok"


def test_a_server_that_has_nothing_to_go_on_with_says_so_in_a_problem(
    index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("nobody thought of it")

    monkeypatch.setattr(Searcher, "__init__", fail)
    client = create_app(Settings(index=index)).test_client()
    response = client.get(SEARCH, query_string={"q": "خبر"})
    assert (response.status_code, response.content_type) == (503, "application/problem+json")


def test_learnt_weights_hold_from_the_next_request_on(index: Path) -> None:
    settings = Settings(index=index)
    client = create_app(settings).test_client()

    def explained() -> dict[str, Any]:
        response = client.get(SEARCH, query_string={"q": "خبر البحر", "explain": "1"})
        hit: dict[str, Any] = response.get_json()["hits"][0]
        return {"score": hit["score"], "tag": response.headers["ETag"]}

    shipped = explained()
    backend = choose_backend(settings)
    backend.write_weights(RankingWeights(tuple(2 * weight for weight in shipped_weights().features)))
    learnt = explained()
    assert learnt["score"] != shipped["score"]
    assert learnt["tag"] != shipped["tag"]
    backend.forget_weights()
    assert explained() == shipped


def test_what_is_newer_than_what_was_asked_for_is_opened_once(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cluster is asked for its state every few seconds; what is opened meanwhile is of the present one."""
    live = LiveIndex(index, Settings(index=index))
    with monkeypatch.context() as patch:
        patch.setattr(live._backend, "weights_stamp", lambda: (1, 1))
        opened = live.searcher()
        assert live.searcher() is opened
    assert live.searcher() is opened
    choose_backend(Settings(index=index)).write_weights(shipped_weights())
    learnt = live.searcher()
    assert learnt is not opened
    choose_backend(Settings(index=index)).forget_weights()
    assert live.searcher() is not learnt


def test_what_is_open_is_searched_even_if_the_directory_goes(index: Path) -> None:
    client = create_app(Settings(index=index)).test_client()
    assert client.get(SEARCH, query_string={"q": "خبر"}).status_code == 200
    shutil.rmtree(index)
    assert client.get(SEARCH, query_string={"q": "بحر"}).get_json()["total"] == 20
    with pytest.raises(NoIndexError):
        LiveIndex(index, Settings(index=index)).searcher()


def test_the_model_is_loaded_once_for_all_commits_made_with_it(
    index: Path, corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    live = LiveIndex(index, Settings(index=index))
    encoder = live.searcher().encoder
    rebuild(index, corpus, 2)
    monkeypatch.setattr("arsearch.search.models.load_encoder", lambda _: pytest.fail("it is loaded already"))
    assert live.searcher().encoder is encoder


def test_what_an_earlier_commit_had_in_memory_is_freed(index: Path, corpus: Path) -> None:
    live = LiveIndex(index, Settings(index=index))
    words: Any = live.searcher().index.words
    postings = weakref.ref(words._postings)  # caches of methods hold their object in a circle
    del words
    gc.disable()  # so that nothing is freed by chance
    try:
        with live.lend() as borrowed:
            rebuild(index, corpus, 2)
            assert live.searcher() is not borrowed
            assert borrowed.search("خبر").hits[0].title == "خبر 1"  # who has it goes on with it
            assert postings() is not None
        assert postings() is None
    finally:
        gc.enable()
        live.close()


def test_what_was_closed_is_lent_no_more(index: Path, corpus: Path) -> None:
    live = LiveIndex(index, Settings(index=index))
    old = live.searcher()
    rebuild(index, corpus, 2)
    with live.lend() as new:
        assert new is not old
        with pytest.raises(IndexStateError, match="was closed"):
            old.search("خبر")
        with live.lend("00000001") as earlier:
            assert earlier.search("خبر").hits[0].title == "خبر 1"
        live.close()
        with pytest.raises(IndexStateError, match="was closed"):
            new.search("خبر")
    live.close()
