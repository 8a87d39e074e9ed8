"""Texts of articles come out as they went in, whatever dictionary they met, and whatever version wrote them."""

from __future__ import annotations

import json
import sqlite3
import zlib
from pathlib import Path

import pytest

import arsearch
from arsearch import Settings
from arsearch.common.array_files import ArrayFile
from arsearch.common.segments import arrays_file
from arsearch.corpus import Article, ReadingReport, read_source
from arsearch.errors import CorruptIndexError
from arsearch.index import update_index, verify
from arsearch.index.layout import ARTICLES_FOLDER, Layout
from arsearch.index.store.texts import TextPacker, Texts
from arsearch.index.update.plan import Changes

from ..conftest import CORPUS
from .forging import reseal

ENOUGH = 600
"""Articles from which a dictionary is learnt."""


def bodies(count: int) -> list[str]:
    every = [article.body for article in read_source(CORPUS, ReadingReport())]
    return [
        f"{every[number % len(every)][:800]}\n{number} من {count} {every[-number % len(every)][:400]}"
        for number in range(count)
    ]


def articles_file(settings: Settings) -> Path:
    layout = Layout(settings.index)
    [path] = (layout.commit(layout.current()) / ARTICLES_FOLDER).glob("*.sqlite")
    return path


def dictionary_of(settings: Settings) -> bytes:
    path = articles_file(settings)
    values: bytes = ArrayFile(arrays_file(path.parent, path.stem)).get("dictionary", "u1", 1).tobytes()
    return values


def test_texts_come_out_as_they_went_in() -> None:
    texts = [*bodies(ENOUGH), "", "س", "😀 " * 100, "\u200f" * 99, "plain English " * 9]
    with sqlite3.connect(":memory:") as connection:
        connection.execute("CREATE TABLE articles (ordinal INTEGER PRIMARY KEY, body, given)")
        packer = TextPacker()
        for ordinal, text in enumerate(texts):
            connection.execute("INSERT INTO articles VALUES (?, ?, ?)", (ordinal, packer.pack(text), None))
            packer.learn(connection)
        packer.learn(connection, last=True)
        stored = [body for (body,) in connection.execute("SELECT body FROM articles ORDER BY ordinal")]
    connection.close()
    assert packer.dictionary
    assert [Texts(packer.dictionary).unpack(each) for each in stored] == texts
    assert sum(map(len, stored)) < 0.95 * sum(len(zlib.compress(text.encode())) for text in texts)
    with pytest.raises(CorruptIndexError, match="cannot be unpacked"):
        Texts().unpack(stored[0])
    with pytest.raises(CorruptIndexError, match="cannot be unpacked"):
        Texts(packer.dictionary).unpack(stored[0][:-3])


def test_texts_of_an_earlier_version_are_read_and_written_anew(tmp_path: Path, tiny_encoder: str) -> None:
    settings = Settings(index=tmp_path / "index", model=tiny_encoder)
    records = [{"id": f"{number}", "title": "خبر", "body": body} for number, body in enumerate(bodies(9))]
    corpus = tmp_path / "corpus.jsonl"
    corpus.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    update_index([corpus], settings)
    with sqlite3.connect(articles_file(settings)) as connection:  # as version 3 had it
        connection.execute("PRAGMA user_version = 3")
        for record in records:
            packed = zlib.compress(str(record["body"]).encode())
            given = zlib.compress(json.dumps({"language": ""}).encode())
            connection.execute("UPDATE articles SET body = ?, given = ? WHERE id = ?", (packed, given, record["id"]))
    connection.close()
    reseal(settings.index, Layout(settings.index).current())

    def check() -> None:
        with arsearch.open_index(settings.index, settings=settings) as index:
            assert [index.article(str(record["id"])).body for record in records] == [each["body"] for each in records]

    check()
    corpus.unlink()  # so that they are taken from the index
    new = Article(id="neu", title="خبر", body="سفينة في البحر")
    summary = update_index([], settings, changes=Changes(put=(new,)))
    assert (summary.rebuilt_because[:17], summary.added, summary.articles) == ("The article store", 10, 10)
    check()
    update_index([], settings, changes=Changes(compact=True))
    check()
    assert verify(settings.index) == []


def test_a_dictionary_goes_on_from_commit_to_commit(tmp_path: Path, tiny_encoder: str) -> None:
    settings = Settings(index=tmp_path / "index", model=tiny_encoder, duplicates="separate")
    corpus = tmp_path / "corpus.jsonl"
    texts = bodies(ENOUGH)
    corpus.write_text(
        "".join(json.dumps({"id": f"{number}", "body": body}) + "\n" for number, body in enumerate(texts)),
        encoding="utf-8",
    )
    update_index([corpus], settings)
    learnt = dictionary_of(settings)
    update_index([], settings, changes=Changes(put=(Article(id="new", title="", body=texts[7] + " جديد"),)))
    update_index([], settings, changes=Changes(compact=True))
    assert dictionary_of(settings) == learnt
    with arsearch.open_index(settings.index, settings=settings) as index:
        assert index.article("new").body == texts[7] + " جديد"
        assert [index.article(f"{number}").body for number in range(0, ENOUGH, 50)] == texts[::50]
