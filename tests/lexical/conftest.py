"""A corpus of a few thousand short documents: sentences of the project's own articles, drawn by a fixed rule."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from arsearch.corpus import ReadingReport, read_source
from arsearch.lexical import Document, LexicalIndex, LexicalWriter

from ..conftest import CORPUS

SEED = 20150721


@pytest.fixture(scope="session")
def documents() -> list[Document]:
    # These alone, so that an example more in another format draws no other documents: stock Whoosh scores a prefix by
    # BM25 where a segment has one expansion of it, and whether the queries meet that is chance.
    sources = [CORPUS / name for name in ("encyclopedia", "features", "news.jsonl")]
    articles = [article for source in sources for article in read_source(source, ReadingReport())]
    sentences = [sentence for article in articles for sentence in article.body.split(".") if len(sentence.split()) > 3]
    chance = random.Random(SEED)
    return [
        Document(
            ordinal=2 * number,
            title=" ".join(chance.choice(sentences).split()[:5]),
            body=". ".join(chance.sample(sentences, chance.randint(0, 4))),
            author=chance.choice(["أحمد العلي", "احمد العلى", "سارة", ""]),
            source=chance.choice(["الصباح", "المساء"]),
            tags=tuple(chance.sample(["أخبار", "رياضة", "ثقافة", "علوم"], chance.randint(0, 3))),
            date=chance.choice(["2015", "2015-07", "2016-02-03", "2016-02-03T10:11:12", "2021-12-31", ""]),
        )
        for number in range(5200)
    ]


def build(folder: Path, documents: list[Document]) -> LexicalIndex:
    writer = LexicalWriter(folder, memory_mb=64)
    writer.add(documents)
    writer.commit()
    return LexicalIndex(folder)


@pytest.fixture(scope="session")
def grown_index(tmp_path_factory: pytest.TempPathFactory, documents: list[Document]) -> LexicalIndex:
    """The documents in several segments, with deletions in the older ones."""
    folder = tmp_path_factory.mktemp("grown")
    first = LexicalWriter(folder / "1", memory_mb=64)
    first.add([*documents[:4000], *extra(0, 300)])
    first.commit()
    second = LexicalWriter(folder / "2", memory_mb=64, previous=folder / "1")
    second.delete(document.ordinal for document in extra(0, 300))
    second.add([*documents[4000:], *extra(300, 350)])
    second.commit()
    third = LexicalWriter(folder / "3", memory_mb=64, previous=folder / "2")
    third.delete(document.ordinal for document in extra(300, 350))
    third.commit()
    return LexicalIndex(folder / "3")


def extra(first: int, last: int) -> list[Document]:
    """Documents that are deleted again, with words of their own and common ones."""
    return [
        Document(
            ordinal=2 * number + 1, title="عابر", body=f"كتاب زائل{number} في البحر", author="زائل", tags=("أخبار",)
        )
        for number in range(first, last)
    ]
