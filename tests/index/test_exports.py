"""An index as tables: what is indexed from them is the same, and vectors are those that are searched."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

import arsearch
from arsearch import Settings
from arsearch.cli import main
from arsearch.index.exports.tables import export_article_table, export_passages

NEEDED = 'tables need the extra parquet: pip install "arsearch[parquet]"'
ipc = pytest.importorskip("pyarrow.ipc", reason=NEEDED)
parquet = pytest.importorskip("pyarrow.parquet", reason=NEEDED)

SETTINGS = Settings(extra_fields=("country=keyword", "pages=number"), passage_words=20)
RECORDS: list[dict[str, Any]] = [
    {"id": "a", "title": "بحر", "body": "سفينة في بحر " * 20, "tags": ["سفر", "بحر"], "country": ["ليبيا", "مصر"],
     "pages": 3},
    {"id": "b", "body": "قمر ونجم", "author": "منى", "date": "2020-03", "source": "المرفأ", "url": "https://example.org/b"},
]  # fmt: skip


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory, tiny_encoder: str) -> Path:
    folder = tmp_path_factory.mktemp("exports")
    (folder / "corpus.jsonl").write_text("\n".join(map(json.dumps, RECORDS)), encoding="utf-8")
    arsearch.build_index([folder / "corpus.jsonl"], folder / "index", model=tiny_encoder, settings=SETTINGS)
    return folder / "index"


def rows(path: Path) -> list[dict[str, Any]]:
    if path.suffix == ".arrow":
        with ipc.open_file(path) as table:
            found: list[dict[str, Any]] = table.read_all().to_pylist()
            return found
    read: list[dict[str, Any]] = parquet.read_table(path).to_pylist()
    return read


@pytest.mark.parametrize("name", ["articles.parquet", "articles.arrow"])
def test_articles_are_rows(index: Path, tmp_path: Path, name: str) -> None:
    assert export_article_table(index, tmp_path / name) == 2
    first, second = rows(tmp_path / name)
    assert (first["tags"], first["country"], first["pages"]) == (["سفر", "بحر"], ["ليبيا", "مصر"], 3.0)
    assert (second["id"], second["date"], second["pages"]) == ("b", "2020-03", None)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_an_index_of_the_table_is_the_same(index: Path, tmp_path: Path, tiny_encoder: str) -> None:
    export_article_table(index, tmp_path / "articles.parquet")
    arsearch.build_index([tmp_path / "articles.parquet"], tmp_path / "again", model=tiny_encoder, settings=SETTINGS)
    with (
        arsearch.open_index(index, settings=SETTINGS) as one,
        arsearch.open_index(tmp_path / "again", settings=SETTINGS) as other,
    ):
        for identifier in ("a", "b"):
            assert one.article(identifier) == other.article(identifier)


@pytest.mark.parametrize("name", ["vectors.parquet", "vectors.arrow", "vectors.jsonl", "vectors.jsonl.gz"])
def test_vectors_are_those_that_are_searched(index: Path, tmp_path: Path, name: str) -> None:
    out = tmp_path / name
    count = export_passages(index, out)
    if "jsonl" in name:
        text = gzip.decompress(out.read_bytes()) if name.endswith("gz") else out.read_bytes()
        found = [json.loads(line) for line in text.splitlines()]
    else:
        found = rows(out)
    assert len(found) == count > 2
    with arsearch.open_index(index, settings=SETTINGS) as opened:
        assert count == opened.index.manifest.passages
        [vector] = opened.embed(["سفينة"])
        best = max(found, key=lambda row: float(np.dot(row["vector"], vector)))
        for row in found:
            assert opened.article(row["article_id"]).body[row["start"] : row["end"]] == row["text"]
            assert np.linalg.norm(row["vector"]) == pytest.approx(1.0, abs=1e-5)
        [passage] = opened.passages("سفينة", mode="semantic", limit=1)
        cosine = float(np.dot(best["vector"], vector))
        assert passage.article_id == best["article_id"]
        assert passage.parts["semantic"] == pytest.approx(cosine, abs=1e-4)


def test_the_command_writes_what_the_name_says(index: Path, tmp_path: Path) -> None:
    out = tmp_path / "v.parquet"
    said = CliRunner().invoke(main, ["export", "--index", str(index), "--vectors", "--out", str(out), "--json"])
    assert (said.exit_code, json.loads(said.stdout)["passages"]) == (0, len(rows(out)))
    assert CliRunner().invoke(main, ["export", "--index", str(index), "--vectors"]).exit_code == 2
    gone = CliRunner().invoke(main, ["export", "--index", str(tmp_path / "none"), "--out", str(tmp_path / "a.parquet")])
    assert gone.exit_code == 1
    assert not (tmp_path / "a.parquet").exists()
