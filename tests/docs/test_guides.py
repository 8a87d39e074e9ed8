"""The commands of the guides work, one after the other, on files that are called as the guides call them."""

from __future__ import annotations

import csv
import gzip
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from arsearch.settings import FAST_ENCODER

from ..conftest import CORPUS
from ..ready_process import serving_shells
from .pages import ENGLISH, blocks
from .shell import done, free_port, running, with_arsearch

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="the guides are for a Linux or macOS shell"),
    pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl"),
]

QUICKLY = {"ARSEARCH_MODEL": FAST_ENCODER}
"""What a guide shows does not depend on the encoder; the tutorial is followed with the one that is usual."""
ELSEWHERE = re.compile(r"--watch|arsearch fetch|^arsearch index pages/|^jq|--model|index public.jsonl|arsearch embed")
"""What needs the network, other programs or a model, or does not end; other tests try these."""


@pytest.fixture(scope="module")
def program() -> Iterator[Path]:
    """``arsearch`` of a process that forks; the tutorial is followed with cold ones."""
    with serving_shells() as program:
        yield program


@pytest.fixture
def environment(tmp_path: Path, program: Path) -> dict[str, str]:
    return with_arsearch(tmp_path, program) | QUICKLY


@pytest.fixture
def newsroom(tmp_path: Path) -> Path:
    """A folder with the files that guides name, made of the demonstration corpus, and an index of it."""
    folder = tmp_path / "work"
    (folder / "news").mkdir(parents=True)
    shutil.copy(CORPUS / "news.jsonl", folder / "news")
    articles: list[dict[str, Any]] = [
        json.loads(line) for line in (CORPUS / "news.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    lines = "".join(json.dumps(article, ensure_ascii=False) + "\n" for article in articles)
    for name in ("archive.jsonl.gz", "articles.jsonl.gz"):
        with gzip.open(folder / name, "wt", encoding="utf-8") as file:
            file.write(lines)
    (folder / "export.json").write_text(json.dumps(articles, ensure_ascii=False), encoding="utf-8")
    with (folder / "export.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["khabar_id", "headline", "khabar_text", "katib", "published"])
        writer.writerows([each[name] for name in ("id", "title", "body", "author", "date")] for each in articles)
    (folder / "note.md").write_text("# ملاحظة\n\nنص قصير عن القمر والنجوم.\n", encoding="utf-8")
    more = ({"id": number, "body": f"مقال قديم رقمه {number}."} for number in ("4711", "4712"))
    (folder / "more.jsonl").write_text("".join(json.dumps(each) + "\n" for each in more), encoding="utf-8")
    queries = [(f"q{number}", article) for number, article in enumerate(articles)]
    (folder / "queries.tsv").write_text(
        "".join(f"{query}\t{' '.join(article['title'].split()[:3])}\n" for query, article in queries), encoding="utf-8"
    )
    (folder / "qrels.txt").write_text(
        "".join(f"{query} 0 {article['id']} 1\n" for query, article in queries), encoding="utf-8"
    )
    return folder


def commands(name: str) -> list[str]:
    """The blocks of shell commands of a guide, without what is tried elsewhere."""
    found = []
    for block in blocks(ENGLISH / "how-to" / f"{name}.md"):
        if block.language == "sh":
            lines = [line for line in block.code.splitlines() if not ELSEWHERE.search(line)]
            found.append("\n".join(lines))
    return [code for code in found if code]


def test_index_a_cms_export(newsroom: Path, environment: dict[str, str]) -> None:
    first, *others = commands("index-a-cms-export")
    done(["sh", "-e", "-c", first], newsroom, environment)
    [toml] = [block for block in blocks(ENGLISH / "how-to" / "index-a-cms-export.md") if block.language == "toml"]
    (newsroom / "arsearch.toml").write_text(toml.code, encoding="utf-8")
    for code in others:
        done(["sh", "-e", "-c", code], newsroom, environment)
    assert json.loads((newsroom / "report.json").read_text(encoding="utf-8"))["skipped"] == 0


@pytest.mark.parametrize("name", ["keep-an-index-up-to-date", "read-a-report", "recover", "tune"])
def test_a_guide(name: str, newsroom: Path, environment: dict[str, str]) -> None:
    if name in ("recover", "tune"):  # they begin with an index that has been updated
        done(["arsearch", "index", "news/"], newsroom, environment)
        done(["arsearch", "add", "note.md"], newsroom, environment)
    if name == "read-a-report":  # a problem to count
        (newsroom / "news" / "broken.jsonl").write_text("{no JSON\n", encoding="utf-8")
    ran = commands(name)
    assert ran
    for code in ran:
        output = done(["sh", "-e", "-c", code], newsroom, environment)
    if name == "read-a-report":
        assert output.startswith("1 ")


def test_call_the_api(newsroom: Path, environment: dict[str, str]) -> None:
    done(["arsearch", "index", "news/"], newsroom, environment)
    port = free_port()
    with running(f"arsearch serve --port {port}", newsroom, environment):
        for block in blocks(ENGLISH / "how-to" / "call-the-api.md"):
            code = block.code.replace("127.0.0.1:8000", f"127.0.0.1:{port}").replace(
                "curl ", "curl --fail-with-body -s "
            )
            command = ["sh", "-e", "-c", code] if block.language == "sh" else [sys.executable, "-c", code]
            output = done(command, newsroom, environment)
            if block.language == "sh":
                for answer in json_documents(output):
                    assert answer.keys() & {"hits", "answers"}


def json_documents(text: str) -> list[dict[str, Any]]:
    """The JSON documents that stand one after the other in *text*."""
    decoder, found, start = json.JSONDecoder(), [], 0
    while start < len(text):
        document, start = decoder.raw_decode(text, start)
        found.append(document)
        start += len(text[start:]) - len(text[start:].lstrip())
    assert found
    return found


def test_answer_questions(newsroom: Path, environment: dict[str, str]) -> None:
    done(["arsearch", "index", "news/"], newsroom, environment)
    port = free_port()
    with running(f"arsearch serve --port {port}", newsroom, environment):
        for block in blocks(ENGLISH / "how-to" / "answer-questions.md"):
            code = block.code.replace("127.0.0.1:8000", f"127.0.0.1:{port}").replace(
                "curl ", "curl --fail-with-body -s "
            )
            command = ["sh", "-e", "-c", code] if block.language == "sh" else [sys.executable, "-c", code]
            done(command, newsroom, environment)
    assert (newsroom / "passages.parquet").stat().st_size > 0


def test_call_the_api_from_javascript(newsroom: Path, tmp_path: Path, environment: dict[str, str]) -> None:
    """The recipe, with the real tools: types from the document, a compiler that finds mistakes, and an answer."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("needs Node.js and npm")
    [install, *_] = [each.code for each in blocks(ENGLISH / "how-to" / "call-the-api-from-javascript.md")]
    [script] = [
        each.code for each in blocks(ENGLISH / "how-to" / "call-the-api-from-javascript.md") if each.language == "ts"
    ]
    folder = tmp_path / "script"
    folder.mkdir()
    (folder / "package.json").write_text('{"private": true, "type": "module"}', encoding="utf-8")
    *packages, types = install.splitlines()
    for line in packages:
        quiet = [*line.split(), "--no-audit", "--no-fund", "--silent", "--ignore-scripts"]
        fetched = subprocess.run(quiet, cwd=folder, capture_output=True, text=True)
        if fetched.returncode:
            pytest.skip(f"npm could not fetch what the recipe names: {fetched.stderr.strip()[-200:]}")
    environment |= {"HOME": str(tmp_path)}
    done(["arsearch", "index", "news/"], newsroom, environment)
    port = free_port()
    with running(f"arsearch serve --port {port}", newsroom, environment):
        done(types.replace("127.0.0.1:8000", f"127.0.0.1:{port}").split(), folder, environment)
        # Node's own types are one package more; two names of it are declared here.
        declared = "declare const process: { env: Record<string, string | undefined> };\n"
        scripts = {
            "ask.ts": script,
            "wrong-name.ts": script.replace("data.passages", "data.passagez"),
            "wrong-type.ts": script.replace("size: 3", 'size: "3"'),
        }
        for name, text in scripts.items():
            (folder / name).write_text(declared + text, encoding="utf-8")
        strictly = ["--strict", "--target", "es2022", "--module", "nodenext", "--lib", "es2022,dom,dom.iterable"]
        strictly += ["--skipDefaultLibCheck"]  # TypeScript's own declarations; those made for arsearch are looked at
        compiled = subprocess.run(
            ["npx", "tsc", *strictly, *scripts], cwd=folder, env=environment, capture_output=True, text=True
        )
        assert set(re.findall(r"^([\w-]+\.ts)\(", compiled.stdout, re.MULTILINE)) == {"wrong-name.ts", "wrong-type.ts"}
        asked = environment | {"ARSEARCH_URL": f"http://127.0.0.1:{port}"}
        said = done(["node", "ask.js"], folder, asked).splitlines()
        cited = [line for line in said if "#chars=" in line]
        assert len(cited) == 3
        assert all(line.endswith(" true") for line in cited)
