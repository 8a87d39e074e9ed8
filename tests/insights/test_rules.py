"""Rules are written so that what reads them finds them whole, and means what was meant."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from arsearch.arabic import analyze
from arsearch.cli import main
from arsearch.errors import QueryError
from arsearch.insights import add_curation, add_synonym, last_runs
from arsearch.lexical import read_synonyms
from arsearch.search.curations import Curation, Curations, curation_line, read_curations

LINE = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Zl", "Zp", "Cs"]), min_size=1)


def test_a_rule_is_added_behind_what_is_there(tmp_path: Path) -> None:
    file = tmp_path / "curations.txt"
    file.write_text("# ours\nالبحر => +a", encoding="utf-8")
    add_curation(file, "القمر", pin=["b,c"], block=["d"])
    rules = read_curations(file, required=True)
    assert rules.of("البَحر") == Curation(("a",), ())
    assert rules.of("القمر") == Curation(("b,c",), ("d",))
    assert rules.of("القمر والبحر") is None
    assert file.read_text(encoding="utf-8").startswith("# ours\n")


@given(query=LINE, pinned=st.lists(LINE.map(lambda text: " ".join(text.split())).filter(bool), min_size=1, unique=True))
def test_whatever_a_query_and_ids_are_the_line_says_them(query: str, pinned: list[str]) -> None:
    if analyze(query):
        rules = Curations.parse([curation_line(query, pin=pinned)])
        curation = rules.of(query)
        assert curation is not None
        assert curation.pinned == tuple(pinned)


def test_a_synonym_is_another_name_in_one_direction(tmp_path: Path) -> None:
    file = tmp_path / "synonyms.txt"
    add_synonym(file, "الوقود", "المحروقات, الديزل")
    table = read_synonyms(file, required=True)
    assert table is not None
    assert dict(table.others) == {("الوقود",): (("المحروقات", "الديزل"),)}


@pytest.mark.parametrize(("query", "pin"), [("؟!", ["a"]), ("بحر", []), ("بحر", ["  "])])
def test_what_is_no_rule_is_not_written(tmp_path: Path, query: str, pin: list[str]) -> None:
    with pytest.raises(QueryError):
        add_curation(tmp_path / "curations.txt", query, pin=pin)
    assert not (tmp_path / "curations.txt").exists()


def test_the_command_writes_rules_and_runs_are_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(main, ["curate", "البحر", "--pin", "a", "--block", "b", "--synonym", "اليم"])
    assert result.exit_code == 0
    assert (tmp_path / "curations.txt").read_text(encoding="utf-8") == "البحر => +a, -b\n"
    assert (tmp_path / "synonyms.txt").read_text(encoding="utf-8") == "البحر => اليم\n"
    (tmp_path / "a.jsonl").write_text('{"id": "1", "body": "سفينة في البحر"}\n{"id": "2"}\n', encoding="utf-8")
    assert CliRunner().invoke(main, ["index", "a.jsonl", "--model", "fast"]).exit_code == 0
    [run] = last_runs(tmp_path / "index")
    assert (run["added"], run["skipped"], run["problem_count"]) == (1, 1, 1)
