"""The command line as its users run it: real processes, real exit statuses."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import click
import pytest

from arsearch.cli import main

from ..conftest import ROOT, WriteCorpus
from ..ready_process import run_command

pytestmark = pytest.mark.slow

ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("ARSEARCH_")}


def arsearch(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    return run_command(arguments, ENVIRONMENT | {"PYTHONUTF8": "1"} | environment)


ARTICLES: list[dict[str, Any]] = [
    {
        "id": "sea",
        "title": "البحر",
        "body": "سفينة دخلت المينـــاء",
        "source": "المرفأ",
        "date": "2020-01-02T00:00:00+00:00",
    },
    {
        "id": "sky",
        "title": "السماء",
        "body": "قمر ونجم",
        "source": "الأفق",
        "author": "منى",
        "tags": ["فلك"],
        "date": "2021-05-06T07:08",
    },
]


@pytest.fixture
def corpus(write_corpus: WriteCorpus) -> Path:
    return write_corpus(ARTICLES)


def indexed(corpus: Path, index: Path, encoder: str) -> Path:
    completed = arsearch("index", corpus, "--index", index, "--model", encoder)
    assert completed.returncode == 0, completed.stderr
    assert "2 articles" in completed.stdout
    assert "2 added" in completed.stdout
    assert completed.stderr == ""  # no progress bar in a pipe
    return index


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory, tiny_encoder: str) -> Path:
    """The articles, indexed once; what changes an index takes `own_index`."""
    folder = tmp_path_factory.mktemp("commands")
    (folder / "corpus.jsonl").write_text("\n".join(map(json.dumps, ARTICLES)), encoding="utf-8")
    return indexed(folder / "corpus.jsonl", folder / "index", tiny_encoder)


@pytest.fixture
def own_index(tmp_path: Path, corpus: Path, tiny_encoder: str) -> Path:
    return indexed(corpus, tmp_path / "index", tiny_encoder)


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


def test_a_file_that_is_not_utf8_is_reported(tmp_path: Path, tiny_encoder: str) -> None:
    folder = tmp_path / "corpus"
    folder.mkdir()
    (folder / "old.txt").write_bytes("un vieux texte passé".encode("latin-1"))
    (folder / "new.txt").write_text("نص جديد من اليوم\nوفيه قمر", encoding="utf-8")
    completed = arsearch("index", folder, "--index", tmp_path / "index", "--model", tiny_encoder)
    assert completed.returncode == 0
    assert "old.txt: not UTF-8 (line 1)" in completed.stderr
    assert "1 articles" in completed.stdout


def test_every_command_has_help() -> None:
    assert sorted(main.commands) == [
        "add", "analyze", "compact", "copy", "curate", "delete", "demo", "embed", "evaluate", "export", "fetch",
        "index", "info", "insights", "inspect", "mcp", "rollback", "search", "serve", "token", "tune", "verify",
    ]  # fmt: skip
    for command in main.commands.values():
        assert command.help
        assert all(option.help for option in command.params if isinstance(option, click.Option))


def test_serve_says_at_once_what_is_wrong_with_the_index(own_index: Path) -> None:
    [store] = own_index.rglob("*.sqlite")
    store.write_bytes(store.read_bytes()[:-100])
    completed = arsearch("serve", "--index", own_index, "--port", 0)
    assert completed.returncode == 1
    assert "were written" in completed.stderr


def test_serve_says_at_once_that_an_address_is_taken(index: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        completed = arsearch("serve", "--index", index, "--port", other.getsockname()[1])
    assert completed.returncode == 1
    assert "choose another with --host and --port" in completed.stderr


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


@pytest.mark.skipif(sys.platform == "win32", reason="gunicorn needs fork; Windows is served by waitress")
def test_serve_answers_over_a_socket_and_follows_a_new_commit(own_index: Path, corpus: Path, tmp_path: Path) -> None:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "arsearch", "serve", "--index", str(own_index), "--port", str(port), "--workers", "2"],
        env=ENVIRONMENT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        assert wait_for(f"http://127.0.0.1:{port}/readyz")["articles"] == 2
        answer = get(f"http://127.0.0.1:{port}/api/v1/search?q=%D9%82%D9%85%D8%B1")
        assert [hit["id"] for hit in answer["hits"]] == ["sky"]
        long = "%D9%82" * 10_000
        with pytest.raises(urllib.error.HTTPError) as caught:
            get(f"http://127.0.0.1:{port}/api/v1/search?q={long}")
        with caught.value as response:
            assert (response.status, json.load(response)["status"]) == (422, 422)
        # A worker that leaves takes nothing with it that the others need.
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        if children.exists():
            os.kill(int(children.read_text(encoding="ascii").split()[0]), signal.SIGTERM)
            for _ in range(20):
                assert get(f"http://127.0.0.1:{port}/api/v1/search?q=%D9%82%D9%85%D8%B1")["total"] >= 1
        corpus.write_text('{"body": "شمس"}', encoding="utf-8")
        assert arsearch("index", "--index", own_index).returncode == 0
        ready = get(f"http://127.0.0.1:{port}/readyz")
        assert ready | {"created": ""} == {"status": "ok", "commit": "00000002", "articles": 1, "created": ""}
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as response:
            assert b"arsearch_search_seconds_count" in response.read()
    finally:
        process.terminate()
        assert process.wait(30) == 0


def get(url: str) -> dict[str, Any]:
    with urllib.request.urlopen(url) as response:
        answer: dict[str, Any] = json.load(response)
        return answer


def wait_for(url: str) -> dict[str, Any]:
    """Ask until the server, which starts in its own time, accepts connections."""
    deadline = time.monotonic() + 60
    while True:
        try:
            return get(url)
        except urllib.error.URLError:
            if time.monotonic() > deadline:
                raise


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
