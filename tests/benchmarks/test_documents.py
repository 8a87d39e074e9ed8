"""The documents that are measured."""

from __future__ import annotations

import gzip
import json
from itertools import islice
from pathlib import Path

import pytest

from arsearch.arabic import analyze
from benchmarks.documents import FIRST_SOURCE, documents, prepare_documents

from ..conftest import CORPUS


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two corpora: some articles that come first, and some that only give sentences."""
    folder = tmp_path_factory.mktemp("corpora")
    lines = (CORPUS / "news.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    for name, part in ((FIRST_SOURCE, lines[:6]), ("other.jsonl.gz", lines[6:])):
        with gzip.open(folder / name, "wt", encoding="utf-8") as file:
            file.writelines(part)
    return folder


def test_the_articles_come_first_as_they_are(sources: Path, tmp_path: Path) -> None:
    with gzip.open(sources / FIRST_SOURCE, "rt", encoding="utf-8") as file:
        given = [json.loads(line) for line in file]
    made = list(documents(sources, 6, tmp_path))
    assert [(article.title, article.body) for article in made] == [
        (article["title"], article["body"]) for article in given
    ]
    assert [article.id for article in made] == list("012345")


def test_a_larger_size_begins_with_the_same_documents(sources: Path, tmp_path: Path) -> None:
    small = list(documents(sources, 40, tmp_path))
    assert len(small) == 40
    assert list(islice(documents(sources, 200, tmp_path), 40)) == small


def test_documents_are_made_of_whole_sentences_of_all_corpora(sources: Path, tmp_path: Path) -> None:
    made = list(documents(sources, 300, tmp_path))[6:]
    with gzip.open(sources / "other.jsonl.gz", "rt", encoding="utf-8") as file:
        other = " ".join(" ".join(json.loads(line)["body"].split()) for line in file)
    sentences = [sentence for article in made for sentence in article.body.removesuffix(".").split(". ")]
    assert sum(sentence in other for sentence in sentences) > len(sentences) / 2
    assert 100 < sum(len(article.body.split()) for article in made) / len(made) < 150
    assert len({article.body for article in made}) == len(made)


def test_every_form_has_the_same_documents(sources: Path, tmp_path: Path) -> None:
    prepared = prepare_documents(sources, 20, tmp_path / "prepared")
    articles = [json.loads(line) for line in prepared.articles.read_text(encoding="utf-8").splitlines()]
    texts = prepared.texts.read_text(encoding="utf-8").splitlines()
    stems = prepared.stems.read_text(encoding="utf-8").splitlines()
    assert len(articles) == len(texts) == len(stems) == prepared.description["documents"] == 20
    for article, text, line in zip(articles, texts, stems, strict=True):
        assert text.split("\t") == [" ".join(article["title"].split()), " ".join(article["body"].split())]
        whole = f"{article['title']}\n{article['body']}"
        assert line.split(" ") == [token.stem for token in analyze(whole) if token.stem]


def test_documents_are_prepared_once(sources: Path, tmp_path: Path) -> None:
    prepared = prepare_documents(sources, 8, tmp_path)
    prepared.texts.write_text("as left", encoding="utf-8")
    prepare_documents(sources, 8, tmp_path)
    assert prepared.texts.read_text(encoding="utf-8") == "as left"
