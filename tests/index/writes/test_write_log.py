"""The log of writes: what was acknowledged is there, in order, whoever dies when."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

import arsearch
from arsearch import CorruptIndexError, Settings
from arsearch.corpus import Article
from arsearch.index import Changes, rollback, update_index, verify
from arsearch.index.layout import Layout
from arsearch.index.writes.apply import LogApplier
from arsearch.index.writes.log import WriteLog

Put = tuple[str, Article | None]


def put(identifier: str, body: str = "سفينة في البحر") -> Put:
    return identifier, Article(id=identifier, body=body, tags=("وسم",), extra={"pages": 3})


def writing(*writes: Put) -> Callable[[WriteLog], Sequence[Put]]:
    return lambda _: writes


def waiting(log: WriteLog, applied: int = 0) -> dict[str, Article | None]:
    return {write.id: write.article for write in log.waiting(applied, 1000)[0]}


def test_another_process_reads_what_was_written(tmp_path: Path) -> None:
    log, other = WriteLog(tmp_path), WriteLog(tmp_path)
    assert log.append(writing(put("a"), put("b"))) == 2
    assert waiting(other) == dict([put("a"), put("b")])
    assert other.append(writing(("a", None))) == 3
    assert waiting(log) == {"b": put("b")[1], "a": None}
    assert waiting(log, applied=2) == {"a": None}
    assert log.backlog[0] == 1


def test_what_was_half_written_is_cut_off(tmp_path: Path) -> None:
    WriteLog(tmp_path).append(writing(put("a")))
    [path] = (tmp_path / "writes").glob("*.log")
    whole = path.read_bytes()
    for torn in (whole[:20], whole[:-1], bytes(len(whole)), whole.replace(b"a", b"b")):
        path.write_bytes(whole + torn)
        log = WriteLog(tmp_path)
        assert waiting(log) == dict([put("a")])
        assert log.append(writing(put("c"))) == 2
        assert waiting(WriteLog(tmp_path)) == dict([put("a"), put("c")])
        path.write_bytes(whole)


def test_what_was_acknowledged_and_has_changed_is_told(tmp_path: Path) -> None:
    log = WriteLog(tmp_path)
    for name in "ab":
        log.append(writing(put(name)))
    [path] = (tmp_path / "writes").glob("*.log")
    data = bytearray(path.read_bytes())
    data[30] ^= 1
    path.write_bytes(data)
    with pytest.raises(CorruptIndexError, match="checksum differs"):
        WriteLog(tmp_path).waiting(0, 10)
    assert str(path) in WriteLog(tmp_path).faults()[0]


def test_threads_write_together_and_each_is_told_the_truth(tmp_path: Path) -> None:
    log = WriteLog(tmp_path)
    last: dict[str, int] = {}

    def write(name: str) -> None:
        for number in range(20):
            last[f"{name}{number}"] = log.append(writing(put(f"{name}{number}")))

    threads = [threading.Thread(target=write, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    writes, position = WriteLog(tmp_path).waiting(0, 1000)
    assert position == 80
    assert [write.number for write in writes] == list(range(1, 81))
    assert {write.id: write.number for write in writes}.keys() == last.keys()
    assert all(last[write.id] >= write.number for write in writes)


def test_who_decides_sees_all_that_was_written_and_may_refuse(tmp_path: Path) -> None:
    log, other = WriteLog(tmp_path), WriteLog(tmp_path)
    log.append(writing(put("a", "قمر")))
    seen = []

    def refuse(log: WriteLog) -> Sequence[Put]:
        pending = log.pending("a")
        seen.append(pending.article.body if pending and pending.article else None)
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        other.append(refuse)
    assert seen == ["قمر"]
    assert other.append(writing(put("b"))) == 2


def test_files_go_when_everything_in_them_is_in_the_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("arsearch.index.writes.log._NEW_FILE_BYTES", 600)
    monkeypatch.setattr("arsearch.index.writes.log._KEPT_BYTES", 100)
    log, reader = WriteLog(tmp_path), WriteLog(tmp_path)
    for number in range(30):
        assert log.append(writing(put(f"{number}"))) == number + 1
    assert len(list((tmp_path / "writes").glob("*.log"))) > 3
    assert len(waiting(reader)) == 30
    reader.note_applied(29, "00000001")
    assert waiting(WriteLog(tmp_path), 29) == dict([put("29")])
    reader.note_applied(30, "00000002")
    assert [path.stat().st_size for path in (tmp_path / "writes").glob("*.log")] == [0]
    assert WriteLog(tmp_path).append(writing(put("z"))) == 31
    assert log.append(writing(put("y"))) == 32
    assert reader.waiting(30, 10)[1] == 32


@pytest.fixture
def settings(tmp_path: Path, tiny_encoder: str) -> Settings:
    (tmp_path / "corpus.jsonl").write_text('{"id": "sky", "body": "قمر ونجم"}\n', encoding="utf-8")
    settings = Settings(index=tmp_path / "index", model=tiny_encoder)
    update_index([tmp_path / "corpus.jsonl"], settings)
    return settings


def ids(settings: Settings) -> list[str]:
    with arsearch.open_index(settings.index, settings=settings) as index:
        return sorted(hit.id for hit in index.search("سفينة قمر نجم كتاب", mode="lexical", limit=50).hits)


def test_writes_come_into_the_index_and_stay_there(settings: Settings, tmp_path: Path) -> None:
    applier = LogApplier(settings)
    applier.log.append(writing(put("sea"), put("gone"), ("gone", None), ("nobody", None)))
    assert applier.apply_some() == 3
    assert ids(settings) == ["sea", "sky"]
    assert applier.apply_some() == LogApplier(settings).apply_some() == 0
    (tmp_path / "corpus.jsonl").write_text('{"id": "book", "body": "كتاب"}\n', encoding="utf-8")
    update_index([], settings)
    assert ids(settings) == ["book", "sea"]  # the source has no say in what came otherwise
    assert verify(settings.index) == []


def test_the_last_article_may_be_deleted(settings: Settings) -> None:
    applier = LogApplier(settings)
    applier.log.append(writing(("sky", None)))
    assert applier.apply_some() == 1
    assert ids(settings) == []
    applier.log.append(writing(put("sea")))
    applier.apply_some()
    assert ids(settings) == ["sea"]
    assert verify(settings.index) == []


def test_a_rollback_is_not_undone(settings: Settings) -> None:
    applier = LogApplier(settings)
    applier.log.append(writing(put("sea")))
    applier.apply_some()
    rollback(settings.index)
    assert LogApplier(settings).apply_some() == 0
    assert ids(settings) == ["sky"]


def test_what_a_commit_has_is_not_applied_again(settings: Settings) -> None:
    """Though the writer died before it could say so, and somebody deleted it meanwhile."""
    applier = LogApplier(settings)
    applier.log.append(writing(put("sea")))
    applier.apply_some()
    (settings.index / "writes" / "applied").unlink()
    update_index([], settings, changes=Changes(delete=("sea",)))
    assert LogApplier(settings).apply_some() == 0
    assert ids(settings) == ["sky"]


def test_what_comes_while_writing_rests_is_one_commit_and_after_many_it_does_not_rest(settings: Settings) -> None:
    applier, rests = LogApplier(settings), []
    before = int(Layout(settings.index).current())
    applier.log.append(writing(put("sea")))

    def rest(seconds: float) -> None:
        rests.append(seconds)
        for number in range(70):
            applier.log.append(writing(put(f"new-{number}")))

    applier.run(lambda: applier.applied() == 71, rest)
    assert int(Layout(settings.index).current()) == before + 2
    [seconds] = rests
    assert 0 < seconds < 0.5


@pytest.mark.slow
def test_every_acknowledged_write_outlives_a_kill(settings: Settings) -> None:
    """The writer is killed again and again, while another process goes on writing and is killed too."""
    for round_number in range(int(os.environ.get("ARSEARCH_TEST_KILLED_WRITES", "12"))):
        reading, writing_end = os.pipe()
        child = os.fork()
        if not child:
            try:
                applier = LogApplier(settings)
                thread = threading.Thread(target=applier.run, args=(lambda: False,), daemon=True)
                thread.start()
                log = WriteLog(settings.index)
                for number in range(1000):
                    log.append(writing(put(f"{round_number}-{number}")))
                    os.write(writing_end, b"%d\n" % number)
            finally:
                os._exit(1)
        os.close(writing_end)
        acknowledged = 0
        with os.fdopen(reading) as pipe:
            for line in pipe:
                acknowledged = int(line) + 1
                if acknowledged == 3 + 11 * round_number:
                    os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        applier = LogApplier(settings)
        while applier.apply_some():
            pass
        assert verify(settings.index) == []
        with arsearch.open_index(settings.index, settings=settings) as index:
            for number in range(acknowledged):
                article = index.article(f"{round_number}-{number}")
                assert (article.body, article.tags) == ("سفينة في البحر", ("وسم",))
