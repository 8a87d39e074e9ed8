"""Two processes write what one writes, byte for byte, and tell the same of it; and one goes on where the other ends."""

from __future__ import annotations

import filecmp
import json
import os
import signal
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from arsearch import CorpusError, Settings
from arsearch.corpus import CorpusProblem, ReadingOptions, ReadingReport, read_source
from arsearch.index import IndexSummary, update_index
from arsearch.index.layout import Layout
from arsearch.index.update import preprocess, read
from arsearch.index.update.file_batches import options_as_json
from arsearch.index.update.helper import _GONE, Helper
from arsearch.index.update.preprocess import clean_task

from ...conftest import CORPUS


def asked_for(*bodies: str) -> tuple[Any, ...]:
    return ({}, False, [["خبر", body, "", "س", "", ""] for body in bodies])


ASKED = [asked_for(), asked_for("سفينة\nفي\nالبحر"), asked_for("سفينة", "قمر", "\ud800")]


def test_a_helper_answers_in_order_and_fails_as_the_run_would(tmp_path: Path) -> None:
    with closing(Helper(2)) as helper:
        answers = [helper.call("clean", *each) for each in ASKED]
        assert [answer() for answer in answers] == [clean_task(*each) for each in ASKED]
        with pytest.raises(ValueError, match="unpack"):
            helper.call("clean", {}, False, [["خبر"]])()
        asked = [str(tmp_path / "none.jsonl"), str(tmp_path), options_as_json(ReadingOptions()), []]
        with pytest.raises(CorpusError, match=r"none\.jsonl cannot be read"):
            list(helper.stream("read", *asked))
        with pytest.raises(RuntimeError, match="KeyError"):
            list(helper.stream("read", *asked[:2], {}, []))
        long = asked_for("قمر " * 100_000)
        assert helper.call("clean", *long)() == clean_task(*long)


def test_where_the_helper_ends_the_run_goes_on() -> None:
    with closing(Helper(2)) as helper:
        helper.call("clean", *asked_for())()
        assert helper._process is not None
        helper._process.kill()
        answers = [helper.call("clean", *each) for each in ASKED]
        assert [answer() for answer in answers] == [clean_task(*each) for each in ASKED]
    with closing(Helper(2)) as helper:
        helper.call("clean", *asked_for())()
        assert helper._process is not None
        helper._process.send_signal(signal.SIGSTOP)
        helper._answers.put((_GONE, None))  # as when it is killed while it reads
        with pytest.raises(CorpusError, match="has ended"):
            list(helper.stream("read", "a", "a", options_as_json(ReadingOptions()), []))


def test_one_process_does_it_all_itself() -> None:
    with closing(Helper(1)) as helper:
        assert helper.call("clean", *ASKED[1])() == clean_task(*ASKED[1])
        assert helper._process is None


def summed_up(summary: IndexSummary) -> dict[str, Any]:
    return {
        name: getattr(summary, name) for name in summary.__slots__ if name not in ("seconds", "problems", "tallies")
    } | {
        "problems": [str(each).partition("corpus")[2] for each in summary.problems],
        "tallies": [tally.as_dict() for tally in summary.tallies],
    }


def test_two_processes_write_what_one_does(tmp_path: Path, tiny_encoder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read, "_HELPED_BYTES", 1)
    monkeypatch.setattr(preprocess, "_HELPED_ARTICLES", 1)
    monkeypatch.setattr("arsearch.index.store.writer._BATCH", 50)
    monkeypatch.setattr("arsearch.index.update.analyse._EMBEDDED_AT_ONCE", 30)
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    articles = list(read_source(CORPUS, ReadingReport()))[:120]
    records = [
        {
            "id": f"{number}",
            "title": each.title,
            "body": f"{each.body}\n{'أترك رد' if number % 2 else ''}",
            "source": "س",
        }
        for number, each in enumerate([*articles, *articles[:9]])
    ]
    lines = [json.dumps(record, ensure_ascii=False) for record in records]
    (corpus / "a.jsonl").write_text("\n".join([*lines, "{broken", '{"title": "x"}', ""]), encoding="utf-8")
    (corpus / "b.jsonl").write_text('{"body": "قمر في السماء", "other": 1}\n' * 3, encoding="utf-8")
    for path in corpus.iterdir():
        os.utime(path, (1e9, 1e9))  # so that neither run finds it just written
    found = []
    for processes in (1, 2):
        settings = Settings(index=tmp_path / f"index{processes}", model=tiny_encoder, index_processes=processes)
        told: list[CorpusProblem] = []
        summary = update_index([corpus], settings, on_problem=told.append)
        found.append((summed_up(summary), told, Layout(settings.index).commit(summary.commit)))
    (one, told_one, here), (two, told_two, there) = found
    assert one == two
    assert told_one == told_two != []
    assert one["copies"] > 5
    assert one["dropped"]
    names = sorted(path.relative_to(here) for path in here.rglob("*") if path.is_file())
    assert names == sorted(path.relative_to(there) for path in there.rglob("*") if path.is_file())
    for name in names:
        assert name.name == "manifest.json" or filecmp.cmp(here / name, there / name, shallow=False), name
