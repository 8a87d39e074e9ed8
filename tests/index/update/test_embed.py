"""Words first: articles are found by words while the vectors of a slow encoder are still being made."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

import arsearch
from arsearch import CorruptIndexError, Settings
from arsearch.common.array_types import Vectors
from arsearch.corpus import Article
from arsearch.index import Changes, Commit, EmbeddingPace, Layout, inspect_index, update_index
from arsearch.index.update import embed
from arsearch.index.update.embed import read_waiting
from arsearch.index.update.probes import PROBES
from arsearch.index.writes.apply import LogApplier

WORDS = ["بحر", "سفينة", "ميناء", "قمر", "نجم", "سماء", "خبز", "قمح", "فرن", "كتاب", "مكتبة", "قارئ"]
COUNT = 200


class SlowEncoder:
    """What a transformer is to indexing: kept in the cache of vectors. It counts what it is given."""

    name, fingerprint, dimension = "bundled", "slow", 16
    asked: list[str]
    passages: int

    def __init__(self) -> None:
        self.asked, self.passages = [], 0

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        return self._vectors(texts)

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        self.asked += [text for text in texts if "مقال" in text]
        self.passages += len(texts)
        return self._vectors(texts)

    def _vectors(self, texts: Sequence[str]) -> Vectors:
        counts = np.array([[1 + text.count(word) for word in WORDS] for text in texts], dtype=np.float32)
        padded = np.pad(counts, ((0, 0), (0, self.dimension - len(WORDS))))
        return np.asarray(padded / np.linalg.norm(padded, axis=1, keepdims=True), dtype=np.float32)


@pytest.fixture
def encoder(monkeypatch: pytest.MonkeyPatch) -> SlowEncoder:
    slow = SlowEncoder()
    monkeypatch.setattr("arsearch.index.update.plan.load_encoder", lambda _: slow)
    monkeypatch.setattr("arsearch.search.models.load_encoder", lambda _: slow)
    monkeypatch.setattr("arsearch.index.verification.load_encoder", lambda _: slow)
    return slow


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """More articles than are embedded before it is known how long that takes; some of several passages."""
    draw = np.random.default_rng(5)
    path = tmp_path / "corpus.jsonl"
    records = [
        {"id": f"{number}", "title": f"مقال {number}", "body": " ".join(draw.choice(WORDS, 40 + 100 * (number % 3)))}
        for number in range(COUNT)
    ]
    path.write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    return path


def settings(tmp_path: Path, name: str = "index") -> Settings:
    return Settings(index=tmp_path / name, duplicates="separate")


def test_words_are_there_at_once_and_vectors_follow(tmp_path: Path, encoder: SlowEncoder, corpus: Path) -> None:
    told: list[EmbeddingPace] = []
    first = update_index([corpus], settings(tmp_path), embed_seconds=0, on_pace=told.append)
    assert (first.articles, first.passages) == (COUNT, embed._FIRST)
    assert 0 < first.waiting < COUNT
    assert encoder.passages == embed._FIRST + len(PROBES)  # nothing else keeps the words waiting
    with arsearch.open_index(tmp_path / "index", settings=settings(tmp_path)) as index:
        results = index.search("سفينة")
        assert results.notice is not None
        assert (results.notice.kind, results.notice.text) == (
            "vectors-waiting", f"{first.waiting} of {COUNT} articles have no vectors yet, so words alone find them.",
        )  # fmt: skip
        assert index.search("سفينة", mode="lexical").notice is None
        assert results.total == COUNT
        assert index.search("سفينة", mode="semantic").total < COUNT
    rounds = [first]
    while rounds[-1].waiting:
        rounds.append(update_index([], settings(tmp_path), changes=Changes(embed=True), embed_seconds=0))
    assert [summary.waiting for summary in rounds] == sorted((summary.waiting for summary in rounds), reverse=True)
    assert len(rounds) > 2
    assert [pace.passages for pace in told] == [rounds[-1].passages - embed._FIRST]
    assert len(encoder.asked) == len(set(encoder.asked)) == rounds[-1].passages
    assert not list((tmp_path / "index").rglob("00000003/semantic/waiting.npy"))


def test_an_index_of_which_vectors_wait_is_whole(tmp_path: Path, encoder: SlowEncoder, corpus: Path) -> None:
    update_index([corpus], settings(tmp_path), embed_seconds=0)
    assert inspect_index(tmp_path / "index", sample=COUNT).faults == ()


def test_words_first_forget_no_vector_that_is_known(tmp_path: Path, encoder: SlowEncoder, corpus: Path) -> None:
    """As of a run that was killed: a new first commit has asked for some of them only."""
    update_index([corpus], settings(tmp_path))
    known = len(encoder.asked)
    assert update_index([corpus], settings(tmp_path), full=True, embed_seconds=0).waiting
    update_index([], settings(tmp_path))
    assert len(encoder.asked) == known


def answers(tmp_path: Path, name: str) -> list[tuple[list[str], list[float], object]]:
    with arsearch.open_index(tmp_path / name, settings=settings(tmp_path, name)) as index:
        found = [index.search(f"{word} {other}", size=50) for word, other in zip(WORDS, WORDS[3:], strict=False)]
    return [
        ([hit.id for hit in each], [round(hit.score, 5) for hit in each], each.notice and each.notice.kind)
        for each in found
    ]


def test_an_index_made_in_pieces_answers_as_one_made_at_once(
    tmp_path: Path, encoder: SlowEncoder, corpus: Path
) -> None:
    update_index([corpus], settings(tmp_path, "at once"))
    update_index([corpus], settings(tmp_path, "in pieces"), embed_seconds=0)
    assert answers(tmp_path, "in pieces") != answers(tmp_path, "at once")
    update_index([], settings(tmp_path, "in pieces"))  # any run embeds what waits
    assert answers(tmp_path, "in pieces") == answers(tmp_path, "at once")
    before = Layout(tmp_path / "in pieces").current()
    update_index([], settings(tmp_path, "in pieces"))
    assert Layout(tmp_path / "in pieces").current() == before


def test_articles_that_went_before_their_turn_are_not_embedded(
    tmp_path: Path, encoder: SlowEncoder, corpus: Path
) -> None:
    update_index([corpus], settings(tmp_path), embed_seconds=0)
    waiting = read_waiting(Layout(tmp_path / "index").commit("00000001"))
    with Commit.open_live(tmp_path / "index") as commit:
        gone = commit.articles.fetch(waiting[-1:, 0].tolist())[0]
    update_index([], settings(tmp_path), changes=Changes(delete=(gone.id,)))
    assert not any(text.startswith(f"{gone.title}\n") for text in encoder.asked)
    with Commit.open_live(tmp_path / "index") as commit:
        assert commit.manifest.waiting == 0
        assert commit.vectors.count_articles() == COUNT - 1


def test_new_articles_come_before_those_that_wait(tmp_path: Path, encoder: SlowEncoder, corpus: Path) -> None:
    update_index([corpus], settings(tmp_path), embed_seconds=0)
    new = tmp_path / "new.jsonl"
    new.write_text(json.dumps({"id": "new", "title": "مقال جديد", "body": "سفينة في ميناء"}), encoding="utf-8")
    update_index([], settings(tmp_path), changes=Changes(add=(new,)), embed_seconds=0)
    with arsearch.open_index(tmp_path / "index", settings=settings(tmp_path)) as index:
        assert "new" in [hit.id for hit in index.search("سفينة ميناء", mode="semantic", size=50)]


@pytest.mark.parametrize("spoilt", [b"", b"\x93NUMPY nothing", "columns"])
def test_a_damaged_list_of_what_waits_is_named(
    tmp_path: Path, encoder: SlowEncoder, corpus: Path, spoilt: bytes | str
) -> None:
    update_index([corpus], settings(tmp_path), embed_seconds=0)
    commit = Layout(tmp_path / "index").commit("00000001")
    path = commit / "semantic/waiting.npy"
    if isinstance(spoilt, bytes):
        path.write_bytes(spoilt)
    else:
        np.save(path, np.zeros((3, 2), np.uint32))
    with pytest.raises(CorruptIndexError, match=r"waiting\.npy.*arsearch verify"):
        read_waiting(commit)


def test_who_applies_writes_embeds_what_waits_while_there_is_nothing_to_write(
    tmp_path: Path, encoder: SlowEncoder, corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("arsearch.index.writes.apply._EMBED_SECONDS", 0.0)
    monkeypatch.setattr("arsearch.index.writes.apply.load_encoder", lambda _: encoder)
    update_index([corpus], settings(tmp_path), embed_seconds=0)
    applier = LogApplier(settings(tmp_path))
    assert not applier.embed_some()  # it was not its own commit that left something
    new = Article(id="new", title="مقال جديد", body="سفينة في ميناء")
    applier.log.append(lambda _: [(new.id, new)])
    assert applier.apply_some() == 1
    assert Layout(tmp_path / "index").live_manifest().waiting > 0
    while applier.embed_some():
        pass
    assert Layout(tmp_path / "index").live_manifest().waiting == 0


def test_what_the_cache_knew_says_nothing_about_how_long_the_rest_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoder: SlowEncoder, corpus: Path
) -> None:
    """As in a run that goes on after one that was killed: its first passages come from the cache, in no time."""
    update_index([corpus], settings(tmp_path), embed_seconds=0)
    known = len(encoder.asked)
    now, encode = 0.0, encoder.encode_passages

    def slowly(texts: Sequence[str]) -> Vectors:
        nonlocal now
        now += 2.0 * len(texts)
        return encode(texts)

    def clock() -> float:
        return now

    monkeypatch.setattr(encoder, "encode_passages", slowly)
    monkeypatch.setattr(embed.embed, "__kwdefaults__", (embed.embed.__kwdefaults__ or {}) | {"clock": clock})
    told: list[EmbeddingPace] = []
    monkeypatch.setattr(embed, "_FIRST", known + 10)
    update_index([corpus], settings(tmp_path), full=True, embed_seconds=5, on_pace=told.append)
    assert len(encoder.asked) == known + 10
    (pace,) = told
    assert pace.seconds == 2.0 * pace.passages
