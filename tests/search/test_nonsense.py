"""What finds nothing, and what meaning alone may find: with the bundled encoder, and with one that is sure of more."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

import arsearch
from arsearch import Searcher, Settings
from arsearch.arabic import analyze
from arsearch.common.array_types import Vectors
from arsearch.index.update.probes import PROBES
from arsearch.semantic.static_encoder import StaticEncoder

from ..conftest import WriteCorpus, write_static_model

NONSENSE = ["زخرفشقبطل", "qwzrtp", "ضصثقفغع", "xkjvbq wrtz", "كشطمنغلز ثخذضص"]
NAMES = ["شوارزنيغر", "زلاتان ابراهيموفيتش", "Zuckerberg"]

LETTERS = "بتجحخدرزسشصطعغفقكلمن"
THEMES = [
    ["".join(np.random.default_rng(10 * theme + number).choice(list(LETTERS), 6)) for number in range(9)]
    for theme in range(40)
]
"""Made-up words, nine that mean the same: four in the body of an article, four in its middle, one in none."""


@pytest.mark.parametrize("query", [*NONSENSE, *NAMES])
def test_what_no_article_has_finds_nothing(searcher: Searcher, query: str) -> None:
    results = searcher.search(query)
    assert results.total == 0
    assert results.notice is not None
    assert results.notice.kind == "unknown-words"


@pytest.fixture(scope="module")
def sure(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The path of a model as strong ones are: all cosines are high, those of nonsense too, and synonyms are near."""
    folder = tmp_path_factory.mktemp("sure") / "encoder"
    rng = np.random.default_rng(4)
    themes = rng.normal(size=(len(THEMES), 64)) / 8
    words = {word: vector for theme, vector in zip(THEMES, themes, strict=True) for word in theme}
    for pair in PROBES:  # it knows the questions that it is tried on, and their answers
        meaning = rng.normal(size=64) / 8
        for token in analyze(" ".join(pair)):
            words.setdefault(token.folded, meaning)
    vectors = np.stack([rng.normal(size=64) / 16, *words.values()])
    vectors[:, 0] += 1.5
    write_static_model(folder, ["[UNK]", *words], vectors)
    return str(folder)


def articles() -> list[dict[str, str]]:
    rng = np.random.default_rng(5)
    bodies = [
        " ".join([*rng.choice(theme[:4], 16), *rng.choice(theme[4:8], 8), *rng.choice(theme[:4], 20)])
        for theme in THEMES
    ]
    return [{"id": str(number), "body": body} for number, body in enumerate(bodies)]


@pytest.fixture
def themes(tmp_path: Path, sure: str, write_corpus: WriteCorpus) -> Path:
    """An index of an article a theme."""
    arsearch.build_index([write_corpus(articles())], tmp_path / "index", model=sure, settings=Settings())
    return tmp_path / "index"


def test_a_sure_encoder_finds_what_articles_say_in_other_words(themes: Path) -> None:
    with arsearch.open_index(themes) as index:
        for number in (0, 7, 39):
            assert index.search(THEMES[number][8], mode="lexical").total == 0
            assert [hit.id for hit in index.search(THEMES[number][8])] == [str(number)]


@pytest.mark.parametrize("query", [*NONSENSE, *NAMES])
def test_a_sure_encoder_finds_nothing_for_nonsense(themes: Path, query: str) -> None:
    with arsearch.open_index(themes) as index:
        results = index.search(query)
        assert index.search(query, mode="semantic").total > 0
    assert (results.total, results.notice and results.notice.kind) == (0, "unknown-words")


def test_an_encoder_that_draws_its_vectors_changes_nothing(
    tmp_path: Path, sure: str, write_corpus: WriteCorpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    def drawn(self: StaticEncoder, texts: Sequence[str]) -> Vectors:
        vectors = np.stack([np.random.default_rng(zlib.crc32(text.encode())).normal(size=64) for text in texts])
        return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)

    monkeypatch.setattr(StaticEncoder, "encode_queries", drawn)
    monkeypatch.setattr(StaticEncoder, "encode_passages", drawn)
    arsearch.build_index([write_corpus(articles())], tmp_path / "index", model=sure, settings=Settings())
    with arsearch.open_index(tmp_path / "index") as index:
        assert index.index.manifest.semantic_scale.weight == 0
        for theme in THEMES[::5]:
            query = f"{theme[0]} {theme[5]} {NONSENSE[0]}"
            by_words = [hit.id for hit in index.search(query, mode="lexical")]
            assert [hit.id for hit in index.search(query)] == by_words != []
