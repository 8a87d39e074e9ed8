"""``arsearch index``: what it says of what it read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .command import arsearch

pytestmark = pytest.mark.slow


def test_index_says_what_was_wrong_with_the_corpus(tmp_path: Path, corpus: Path, tiny_encoder: str) -> None:
    with corpus.open("a", encoding="utf-8") as file:
        file.write('{"id": "sea", "body": "مرة أخرى"}\n{broken\n{"title": "بلا نص"}\n')
    options = ("index", corpus, "--index", tmp_path / "index", "--model", tiny_encoder)
    completed = arsearch(*options)
    assert completed.returncode == 0
    assert f"Warning: {corpus}:4: not JSON" in completed.stderr
    assert f'Warning: {corpus}:5: there is no "body"' in completed.stderr
    assert "2 records were skipped" in completed.stdout
    assert "1 records had an id that was read before" in completed.stdout
    strict = arsearch(*options, "--strict")
    assert strict.returncode == 1
    assert "nothing was indexed" in strict.stderr


def test_index_summary_as_json(tmp_path: Path, corpus: Path, tiny_encoder: str) -> None:
    completed = arsearch("index", corpus, "--index", tmp_path / "index", "--model", tiny_encoder, "--json")
    summary = json.loads(completed.stdout)
    assert (summary["articles"], summary["added"], summary["problems"]) == (2, 2, [])


def test_a_file_that_is_not_utf8_is_reported(tmp_path: Path, tiny_encoder: str) -> None:
    folder = tmp_path / "corpus"
    folder.mkdir()
    (folder / "old.txt").write_bytes("un vieux texte passé".encode("latin-1"))
    (folder / "new.txt").write_text("نص جديد من اليوم\nوفيه قمر", encoding="utf-8")
    completed = arsearch("index", folder, "--index", tmp_path / "index", "--model", tiny_encoder)
    assert completed.returncode == 0
    assert "old.txt: not UTF-8 (line 1)" in completed.stderr
    assert "1 articles" in completed.stdout


def test_index_ends_with_a_table_of_what_was_read(tmp_path: Path, tiny_encoder: str) -> None:
    folder = tmp_path / "corpus"
    folder.mkdir()
    lines = [json.dumps({"id": f"{number}", "body": f"خبر رقم {number}\nأترك رد"}) for number in range(2)]
    (folder / "a.jsonl").write_text("\n".join([*lines, "{broken", '{"title": "x"}']), encoding="utf-8")
    (folder / "b.html").write_text("<html><body><p>خبر من صفحة على الشبكة</p></body></html>", encoding="utf-8")
    (folder / "c.png").write_bytes(b"\x89PNG")
    report = tmp_path / "report.json"
    options = ("index", folder, "--index", tmp_path / "index", "--model", tiny_encoder, "--report", report)
    completed = arsearch(*options)
    rows = [line.split() for line in completed.stdout.splitlines()]
    assert rows[0] == ["source", "format", "read", "new", "changed", "copies", "skipped"]
    assert ["corpus", "JSON", "lines", "2", "2", "0", "0", "2"] in rows
    assert ["corpus", "HTML", "1", "1", "0", "0", "0"] in rows
    assert "    1 skipped: not JSON" in completed.stdout
    assert '    1 skipped: there is no "body"' in completed.stdout
    assert "    1 skipped: not a known format" in completed.stdout
    assert "Dropped from 2 articles: «اترك رد» (known as boilerplate of pages)" in completed.stdout
    kept = json.loads(report.read_text(encoding="utf-8"))
    [first, *_] = kept["tallies"]
    assert (first["format"], first["read"], first["skipped"]["not JSON"]) == ("JSON lines", 2, 1)
    assert kept["dropped"][0]["line"] == "اترك رد"
    assert len(kept["problems"]) == 2
    assert arsearch(*options, "--keep-boilerplate", "--json").returncode == 0
    assert json.loads(report.read_text(encoding="utf-8"))["dropped"] == []
    assert json.loads(arsearch("search", "أترك", "--index", tmp_path / "index", "--json").stdout)["total"] == 2


def test_a_report_that_cannot_be_written_is_named(tmp_path: Path, corpus: Path, tiny_encoder: str) -> None:
    options = ("--index", tmp_path / "index", "--model", tiny_encoder, "--report", tmp_path / "no" / "report.json")
    completed = arsearch("index", corpus, *options)
    assert completed.returncode == 1
    assert "The index is built, but the report" in completed.stderr
