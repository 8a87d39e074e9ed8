"""Any name that a file can have is stored, shown, and leads back to the file."""

from __future__ import annotations

import json
import os
import sqlite3
import sys
import unicodedata
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from arsearch import Settings
from arsearch.cli import main
from arsearch.corpus.files.names import is_plain, path_of, path_text
from arsearch.index import Layout, stored_articles, update_index

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="names are bytes on Linux only")

NAME = b"\xe3\xc7\xe1-\xed\xe6\xe3.txt"
"""Arabic letters in Windows-1256, as old archives have them."""

names = st.binary(min_size=1, max_size=40).filter(
    lambda name: not set(name) & set(b"/\x00") and name not in (b".", b"..")
)
texts = st.text(st.sampled_from("\\x5ca0fF\x1b\u202eب\udcff/"), min_size=1)


@given(names)
def test_every_name_leads_back(name: bytes) -> None:
    path = Path("folder", os.fsdecode(name))
    assert path_of(path_text(path)) == path


@given(texts)
def test_every_text_leads_back(text: str) -> None:
    assert path_of(path_text(Path(text))) == Path(text)
    assert is_plain(text) == (path_text(text) == text)


@given(names)
def test_every_name_can_be_stored_and_steers_nothing(name: bytes) -> None:
    text = path_text(os.fsdecode(name))
    with sqlite3.connect(":memory:") as connection:
        assert connection.execute("SELECT ?", (text,)).fetchone() == (text,)
    connection.close()
    json.dumps(text, ensure_ascii=False).encode()
    assert not {unicodedata.category(character) for character in text} & {"Cc", "Cs", "Zl", "Zp"}
    assert not set(text) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def test_ordinary_names_are_as_they_are() -> None:
    for name in ("أخبار/مصر 2015.txt", "می\u200cخواهم.md", "C:\\texts\\a.txt", "a%20b.html"):
        assert path_text(name) == name


def test_a_file_whose_name_is_no_utf8_is_indexed_and_told_of(tmp_path: Path, tiny_encoder: str) -> None:
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xc7\xe1"))
    folder.mkdir()
    (folder / os.fsdecode(NAME)).write_text("سفينة في البحر", encoding="utf-8")
    (folder / "plain.txt").write_text("قمر في السماء", encoding="utf-8")
    settings = Settings(index=tmp_path / "index", model=tiny_encoder)
    summary = update_index([folder], settings)
    assert (summary.articles, summary.skipped) == (2, 0)
    [problem] = summary.problems
    assert "no UTF-8" in problem.message
    assert r"\xe3\xc7\xe1-\xed\xe6\xe3" in str(problem)
    ids = {article.id for article in stored_articles(settings.index)}
    assert ids == {"plain", r"\xe3\xc7\xe1-\xed\xe6\xe3"}
    assert path_of(next(name for name in ids if name != "plain")).with_suffix(".txt").name == os.fsdecode(NAME)
    [source] = Layout(settings.index).live_manifest().sources
    assert path_of(source) == folder
    # What is remembered of it is good for the next run.
    assert update_index([], settings).files_unchanged == 2
    (folder / os.fsdecode(NAME)).unlink()
    assert update_index([], settings).articles == 1


@pytest.mark.parametrize("as_json", [True, False])
def test_the_commands_take_such_names(tmp_path: Path, tiny_encoder: str, as_json: bool) -> None:
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xc7\xe1"))
    folder.mkdir()
    (folder / os.fsdecode(NAME)).write_text("سفينة في البحر", encoding="utf-8")
    index = ["--index", str(tmp_path / "index"), *(["--json"] if as_json else [])]
    report = tmp_path / "report.json"
    for arguments in (
        ["index", str(folder), "--model", tiny_encoder, "--report", str(report), *index],
        ["info", *index],
        ["search", "سفينة", *index],
        ["add", str(folder), *index],
        ["export", *index[:2]],
        ["verify", *index],
        ["index", "--forget", str(folder), *index],
    ):
        result = CliRunner().invoke(main, arguments)
        assert result.exit_code == 0, (arguments, result.output, result.exception)
        result.output.encode()
    [problem] = json.loads(report.read_text(encoding="utf-8"))["problems"]
    assert path_of(problem["path"]) == folder / os.fsdecode(NAME)
