"""Whatever articles, names of files and arguments hold, no command lets it steer a terminal or begin a line."""

from __future__ import annotations

import json
import logging
import os
import re
import sys
import unicodedata
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from arsearch.cli import main
from arsearch.common.safe_text import escaped

from ..conftest import ROOT

FORGED = "FORGED"
HOSTILE = f"\x1b]0;title\x07\x1b[2J\x9b1m\u202eبحر\u2066\r\n{FORGED} all is well\u2028{FORGED}\x7f\u200b"
LONE = "\ud800"
ALLOWED = {"\u200c", "\u200d", "\u200e", "\u200f", "\u061c"}
STYLES = re.compile(r"\x1b\[(?:0|1|4)(?:;\d)*m")
"""What this program sends to terminals itself."""


def steers(text: str) -> set[str]:
    """Return the characters of *text* that are not for showing, but for line feeds and tabs."""
    unsafe = {"Cc", "Cf", "Cs", "Zl", "Zp"}
    return {each for each in text if unicodedata.category(each) in unsafe and each not in {"\n", "\t", *ALLOWED}}


@given(st.text())
@settings(max_examples=300)
def test_escaped_text_is_one_line_that_steers_nothing(text: str) -> None:
    shown = escaped(text)
    assert not steers(shown)
    assert "\n" not in shown
    assert "\t" not in shown
    assert not (steers(escaped(text, marks=True)) | set(escaped(text, marks=True)) & ALLOWED)
    assert escaped(shown) == shown


@given(st.lists(st.text()))
def test_escaped_json_is_the_same_value(value: list[str]) -> None:
    assert json.loads(escaped(json.dumps(value, ensure_ascii=False))) == value


def test_every_character_that_steers_is_known() -> None:
    everything = "".join(chr(code) for code in range(sys.maxunicode + 1))
    assert not steers(escaped(everything))


def test_words_of_arabic_and_persian_are_as_they_are() -> None:
    for text in ("قال: «نعم»، ثم ذهب.", "می\u200cخواهم", "العَرَبِيَّةُ ١٢٣", "a\u200db"):
        assert escaped(text) == text


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """A folder with hostile names, fields and contents."""
    folder = tmp_path / f"corpus{HOSTILE}"
    folder.mkdir()
    fields = ("id", "title", "author", "source", "date", "url", "language", f"unknown{HOSTILE}")
    article = dict.fromkeys(fields, HOSTILE + LONE) | {"body": f"سفينة {HOSTILE} في البحر", "tags": [HOSTILE]}
    records = [article, article | {"id": f"other{HOSTILE}"}, {"id": HOSTILE}, {"body": 5}, {"title": HOSTILE}]
    name = os.fsdecode(b"\xff") + "\x1b[2J\u202e\n" + FORGED
    (folder / f"{name}.jsonl").write_text("\n".join([*map(json.dumps, records), HOSTILE, "{"]), "utf-8")
    (folder / f"{name}.txt").write_text(f"نص آخر عن البحر {HOSTILE}", encoding="utf-8")
    (folder / f"{name}.zip").write_bytes(b"PK\x03\x04broken")
    (folder / f"{name}.html").write_text(f"<title>{HOSTILE}</title><p>&#27;[2J &#x202e; البحر", encoding="utf-8")
    return folder


def check(result: Result) -> None:
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    shown = STYLES.sub("", result.output)
    assert not steers(shown), (steers(shown), shown)
    assert not [line for line in shown.splitlines() if line.startswith(f"{FORGED} all")]


COMMANDS: list[list[str]] = [
    ["info"],
    ["search", "البحر", "--explain"],
    ["search", HOSTILE],
    ["search", f"title:{HOSTILE}", "--author", HOSTILE],
    ["search", "البحر", "--tag", HOSTILE, "--sort", HOSTILE],
    ["search", "البحر", "--filter", HOSTILE],
    ["search", HOSTILE, HOSTILE],
    [f"search{HOSTILE}"],
    ["search", f"--{HOSTILE}"],
    ["delete", HOSTILE],
    ["analyze", HOSTILE],
    ["verify"],
    ["compact"],
    ["export"],
    ["rollback", HOSTILE],
    ["index", "--forget", HOSTILE],
    ["index", f"/nowhere/{HOSTILE}"],
    ["add", f"/nowhere/{HOSTILE}"],
    ["evaluate", "--queries", HOSTILE, "--qrels", HOSTILE],
    ["fetch", HOSTILE, f"http://[{HOSTILE}"],
    ["token", "create", HOSTILE, "--file", f"/nowhere/{HOSTILE}"],
    ["token", "revoke", HOSTILE, "--file", f"/nowhere/{HOSTILE}"],
    ["serve", "--port", HOSTILE],
]


def test_no_command_lets_a_text_steer_the_terminal(hostile: Path, tmp_path: Path, tiny_encoder: str) -> None:
    runner = CliRunner()
    index = ["--index", str(tmp_path / "index")]
    for as_json in ([], ["--json"]):
        arguments = ["index", str(hostile), "--full", "--model", tiny_encoder, *index, *as_json]
        made = runner.invoke(main, arguments, color=True)
        check(made)
        assert made.exit_code == 0, made.output
    for command in COMMANDS:
        for as_json in ([], ["--json"]):
            where = ["--out", str(tmp_path / "fetched")] if command[0] == "fetch" else []
            check(runner.invoke(main, [*command, *where, *index, *as_json], color=True))


@given(st.text(st.characters(exclude_characters="\0"), min_size=1))
@settings(max_examples=25)
def test_any_argument_is_safe(text: str) -> None:
    for arguments in ([text], ["search", text, "--index", f"/nowhere/{text}"], ["analyze", text], ["info", text]):
        check(CliRunner().invoke(main, arguments, color=True))


def test_what_libraries_log_is_escaped(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []

    def noisy(**_: object) -> None:
        record = logging.LogRecord("library", logging.WARNING, "", 0, HOSTILE, None, None)
        assert logging.lastResort is not None
        said.append(logging.lastResort.format(record))

    monkeypatch.setattr(main.commands["analyze"], "callback", noisy)
    CliRunner().invoke(main, ["analyze", "x"])
    [text] = said
    assert not steers(text)
    assert "\n" not in text


def test_commands_write_through_one_door() -> None:
    for path in (ROOT / "src" / "arsearch").rglob("*.py"):
        if path.name != "streams.py":
            text = path.read_text(encoding="utf-8")
            assert not re.search(
                r"click\.s?echo\(|\bprint\(|sys\.std(out|err)\.write", re.sub(r">>>.*|\.\.\..*", "", text)
            ), path
