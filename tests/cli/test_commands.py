"""The command line as its users run it: real processes, real exit statuses."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import click
import pytest

from arsearch.cli import main

from ..conftest import ROOT, WriteCorpus
from .command import ENVIRONMENT, arsearch

pytestmark = pytest.mark.slow


def test_search_shows_hits(index: Path) -> None:
    completed = arsearch("search", "الميناء", "--index", index)
    assert completed.returncode == 0
    assert "1 found" in completed.stdout
    assert "[sea] المرفأ · 2020-01-02 " in completed.stdout, "midnight is no time"
    assert "سفينة دخلت المينـــاء" in completed.stdout
    assert "<mark>" not in completed.stdout


def test_search_as_json_is_the_answer_of_the_api(index: Path) -> None:
    answer = json.loads(arsearch("search", "سفينه", "--index", index, "--json", "--mode", "lexical").stdout)
    assert list(answer) == [
        "query", "mode", "total", "total_relation", "took_ms", "page", "size", "suggestion", "notice", "notice_kind",
        "facets", "hits", "after",
    ]  # fmt: skip
    assert answer["hits"][0]["snippet"] == "<mark>سفينة</mark> دخلت المينـــاء"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--source", "المرفأ"], {"sea"}),
        (["--author", "مني"], {"sky"}),
        (["--tag", "فلك"], {"sky"}),
        (["--from", "2021"], {"sky"}),
        (["--to", "2019"], set()),
        (["--limit", "1"], {"sea"}),
        (["--limit", "1", "--sort", "newest"], {"sky"}),
        (["--limit", "1", "--sort", "oldest"], {"sea"}),
    ],
)
def test_search_options(index: Path, options: list[str], expected: set[str]) -> None:
    answer = json.loads(arsearch("search", "سفينة قمر", "--index", index, "--json", *options).stdout)
    assert {hit["id"] for hit in answer["hits"]} == expected


def test_the_index_can_be_named_by_the_environment(index: Path) -> None:
    assert "1 found" in arsearch("search", "الميناء", ARSEARCH_INDEX=str(index)).stdout


UNWANTED = {
    "torch", "transformers", "sentence_transformers", "flask", "pydantic", "httpx2", "tqdm", "yaml",
    "lxml", "trafilatura", "ijson", "py3langid", "Stemmer", "arsearch.corpus.read", "arsearch.corpus.dates",
}  # fmt: skip


def test_a_cold_search_imports_neither_torch_nor_flask(tmp_path: Path, corpus: Path) -> None:
    """What keeps the first answer of a fresh shell under a second."""
    index = tmp_path / "index"
    assert arsearch("index", corpus, "--index", index).returncode == 0
    code = (
        "import sys; from arsearch.cli import main; "
        f"main(['search', 'الميناء', '--index', {str(index)!r}], standalone_mode=False); "
        f"print(sorted({UNWANTED!r} & set(sys.modules)))"
    )
    completed = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", code], capture_output=True, encoding="utf-8", check=True, env=ENVIRONMENT
    )
    assert "found" in completed.stdout
    assert completed.stdout.endswith("[]\n")


@pytest.mark.skipif(sys.platform != "linux", reason="threads are counted in /proc")
def test_a_cold_search_starts_no_threads(index: Path) -> None:
    code = (
        "import os; from arsearch.cli import main; "
        f"main(['search', 'الميناء', '--mode', 'lexical', '--index', {str(index)!r}], standalone_mode=False); "
        "print(len(os.listdir('/proc/self/task')))"
    )
    environment = {name: value for name, value in ENVIRONMENT.items() if name != "OPENBLAS_NUM_THREADS"}
    completed = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", code], capture_output=True, encoding="utf-8", check=True, env=environment
    )
    assert "found" in completed.stdout
    assert completed.stdout.endswith("\n1\n")


def test_analyze_shows_tokens(tmp_path: Path) -> None:
    completed = arsearch("analyze", "في الـ21 اللیبیین")
    assert completed.stdout.splitlines() == ["في\tفي\t-\t0-2", "الـ21\t21\t21\t3-8", "اللیبیین\tالليبيين\tليب\t9-17"]
    assert json.loads(arsearch("analyze", "قمر", "--json").stdout) == [
        {"surface": "قمر", "folded": "قمر", "stem": "قمر", "start": 0, "end": 3}
    ]


def test_info_verify_and_rollback(own_index: Path, corpus: Path, tiny_encoder: str) -> None:
    facts = json.loads(arsearch("info", "--index", own_index, "--json").stdout)
    assert (facts["articles"], facts["encoder"], facts["commit"]) == (2, tiny_encoder, "00000001")
    assert "articles         2" in arsearch("info", "--index", own_index).stdout
    assert "is whole" in arsearch("verify", "--index", own_index).stdout
    assert arsearch("rollback", "--index", own_index).returncode == 1
    corpus.write_text('{"body": "شمس"}', encoding="utf-8")
    arsearch("index", "--index", own_index)
    assert "00000001" in arsearch("rollback", "--index", own_index).stdout
    [store] = own_index.glob("commits/00000001/articles/0001.sqlite")
    data = bytearray(store.read_bytes())
    data[100] ^= 1
    store.write_bytes(data)
    broken = arsearch("verify", "--index", own_index)
    assert broken.returncode == 1
    assert "0001.sqlite" in broken.stderr


def test_evaluate_prints_the_measures(index: Path, tmp_path: Path) -> None:
    (tmp_path / "q.tsv").write_text("1\tسفينة\n", encoding="utf-8")
    (tmp_path / "qrels.txt").write_text("1 0 sea 1\n", encoding="utf-8")
    options = ("evaluate", "--index", index, "--queries", tmp_path / "q.tsv", "--qrels", tmp_path / "qrels.txt")
    completed = arsearch(*options, "--run", tmp_path / "run.txt")
    assert [line.split() for line in completed.stdout.splitlines()[1:]] == [
        [name, "1.0000", "[1.0000,", "1.0000]"] for name in ("nDCG@10", "RR@10", "R@100", "Success@1")
    ]
    assert (tmp_path / "run.txt").read_text(encoding="utf-8").startswith("1 Q0 sea 1 ")
    assert json.loads(arsearch(*options, "--json", "--mode", "lexical").stdout)["nDCG@10"] == 1
    (tmp_path / "before.txt").write_text("1 Q0 sky 1 0.9 x\n1 Q0 sea 2 0.8 x\n", encoding="utf-8")
    compared = arsearch(*options, "--compare", tmp_path / "before.txt").stdout
    assert "RR@10      +0.5000" in compared
    assert "0.631 -> 1.000  1  سفينة" in compared
    record = json.loads(arsearch(*options, "--json", "--compare", tmp_path / "before.txt").stdout)
    assert record["comparison"]["RR@10"]["difference"]["mean"] == 0.5
    assert [change["query"] for change in record["changes"]] == ["1"]


FAILURES = [
    (("search", ""), 2, "The query is empty"),
    (("search", "؟!"), 2, "no word to search for"),
    (("search", "ك" * 10_000), 2, "10000 characters"),
    (("search", "قمر", "--mode", "magic"), 2, "'magic'"),
    (("search", "قمر", "--limit", "0"), 2, "--limit"),
    (("search", "قمر", "--limit", "1000"), 2, "between 1 and 100"),
    (("search", "قمر", "--from", "أمس"), 2, "Write a year"),
    (("search", "قمر", "--index", "nowhere"), 1, "There is no index in nowhere"),
    (("serve", "--index", "nowhere"), 1, "There is no index in nowhere"),
    (("info", "--index", "nowhere"), 1, "There is no index in nowhere"),
    (("verify", "--index", "nowhere"), 1, "There is no index in nowhere"),
    (("rollback", "--index", "nowhere"), 1, "There is no index in nowhere"),
    (("index", "nowhere.jsonl"), 1, "nowhere.jsonl does not exist"),
    (("index", "--index", "nowhere"), 1, "There is no index in nowhere to bring up to date"),
    (("index", str(ROOT / "pyproject.toml")), 1, "has a format that cannot be read"),
    (("index", str(ROOT / "corpus" / "news.jsonl"), "--index", str(ROOT / "README.md")), 1, "cannot be written"),
    (("search", "قمر", "--index", str(ROOT / "README.md")), 1, "cannot be read"),
    (("serve", "--port", "70000"), 2, "--port"),
    (("search", "قمر", "--config", "nowhere.toml"), 2, "nowhere.toml cannot be read"),
    (("nonsense",), 2, "No such command"),
]


@pytest.mark.parametrize(("arguments", "status", "message"), FAILURES)
def test_failures_say_what_to_do_and_never_show_a_traceback(
    index: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, arguments: tuple[str, ...], status: int, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    completed = arsearch(*arguments, ARSEARCH_INDEX=str(index))
    assert completed.returncode == status, completed.stderr
    assert message in completed.stderr
    assert "Traceback" not in completed.stderr
    assert completed.stdout == ""


def test_every_command_has_help() -> None:
    assert sorted(main.commands) == [
        "add", "analyze", "compact", "copy", "curate", "delete", "demo", "embed", "evaluate", "export", "fetch",
        "index", "info", "insights", "inspect", "mcp", "rollback", "search", "serve", "token", "tune", "verify",
    ]  # fmt: skip
    for command in main.commands.values():
        assert command.help
        assert all(option.help for option in command.params if isinstance(option, click.Option))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_output_is_no_traceback(index: Path) -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        completed = subprocess.run(
            [sys.executable, "-m", "arsearch", "search", "سفينة", "--index", str(index)],
            env=ENVIRONMENT,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            check=False,
        )
    assert completed.returncode == 1
    assert "the output cannot be written" in completed.stderr
    assert "Traceback" not in completed.stderr


def test_search_names_the_other_places_of_an_article(
    tmp_path: Path, write_corpus: WriteCorpus, tiny_encoder: str
) -> None:
    body = " ".join(f"كلمة{number} سفينة" for number in range(40))
    records = [{"id": name, "title": "خبر", "body": body, "source": name} for name in ("الفجر", "الواحة")]
    index = tmp_path / "index"
    assert (
        "1 new articles say what"
        in arsearch("index", write_corpus(records), "--index", index, "--model", tiny_encoder).stdout
    )
    assert "Also in: الواحة" in arsearch("search", "سفينة", "--index", index).stdout


def test_search_explains_itself(index: Path) -> None:
    shown = arsearch("search", "سفينه -خبز", "--index", index, "--explain", "--mode", "lexical").stdout
    assert "read as: (سفينه ~ NOT خبز)" in shown
    assert "سفينه: folded سفينه, stem سفين" in shown
    assert "by_word: سفينه" in shown


def test_own_fields_and_sections_on_the_command_line(tmp_path: Path, write_corpus: WriteCorpus) -> None:
    corpus = write_corpus(
        [
            {"id": "a", "title": "ميناء طرابلس", "body": "سفن", "tags": ["موانئ"], "country": "ليبيا", "pages": 12},
            {"id": "b", "title": "ميناء تونس", "body": "زوارق", "tags": ["تجارة"], "country": "تونس", "mood": "هادئ"},
        ]
    )
    config = tmp_path / "own.toml"
    config.write_text('[fields.extra]\ncountry = "keyword"\npages = "number"\n', encoding="utf-8")
    given = ("--index", tmp_path / "index", "--config", config)
    built = arsearch("index", corpus, *given)
    assert built.returncode == 0, built.stderr
    assert "Fields that are not kept: mood (1 articles)." in built.stdout
    assert 'mood = "keyword"' in built.stdout

    def found(*options: str) -> list[str]:
        answer = arsearch("search", "ميناء", "--mode", "lexical", "--json", *given, *options)
        assert answer.returncode == 0, answer.stderr
        return [hit["id"] for hit in json.loads(answer.stdout)["hits"]]

    assert found("--section", "تجارة") == ["b"]
    assert found("--filter", "country=ليبيا") == ["a"]
    assert found("--filter", "pages=10..20") == ["a"]
    assert found("--sort", "-pages") == ["a", "b"]
    for options, said in (
        (("--filter", "colour=أحمر"), "has no field 'colour'"),
        (("--filter", "country"), "is not FIELD=VALUE"),
        (("--sort", "upwards"), "Unknown sort 'upwards'"),
    ):
        wrong = arsearch("search", "ميناء", *given, *options)
        assert (wrong.returncode, said in wrong.stderr) == (2, True)
