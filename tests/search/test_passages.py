"""Passages for programs that answer questions: exact text, true places, nothing twice, within a budget."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import arsearch
from arsearch import EncoderError, QueryError, Searcher, Settings, UnsearchableQueryError
from arsearch.search.passages.choose import by_marginal_relevance
from arsearch.search.passages.results import PassageResults

SEA = " ".join(["دخلت سفينة إلى ميناء بعد رحلة في بحر"] * 3)
SKY = " ".join(["رأى راصد كل قمر قرب نجم في سماء"] * 3)
BREAD = " ".join(["يدخل قمح إلى فرن فيصير خبز حسن"] * 3)


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory, tiny_encoder: str) -> Path:
    folder = tmp_path_factory.mktemp("passages")
    records: list[dict[str, Any]] = [
        {
            "id": "long",
            "title": "يوميات",
            "body": f"😀 {SEA}.\n\n{SKY}.\n\n{BREAD}.",
            "source": "المرفأ",
            "date": "2020",
        },
        {"id": "reprint", "title": "منقول", "body": f"{SEA} كل يوم تقريبا. {BREAD} بلا جديد."},
        {"id": "sky", "title": "القمر", "body": f"{SKY} كل ليلة.", "source": "الأفق"},
        # Two have both words side by side, but in two passages; one has both in one passage, apart.
        *({"id": f"far{n}", "body": f"{'ثم ' * 19}قمر قمح {'ثم ' * (40 + n)}", "source": "بعيد"} for n in (1, 2)),
        {"id": "near", "body": f"قمر {'ثم ' * 12} قمح {'ثم ' * 60}", "source": "بعيد"},
    ]
    (folder / "corpus.jsonl").write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    settings = Settings(passage_words=20, duplicates="separate")
    arsearch.build_index([folder / "corpus.jsonl"], folder / "index", model=tiny_encoder, settings=settings)
    return folder / "index"


@pytest.fixture(scope="module")
def articles(index: Path) -> Iterator[Searcher]:
    with arsearch.open_index(index, settings=Settings(passage_words=20)) as searcher:
        yield searcher


def test_text_is_that_of_the_article_to_the_letter(searcher: Searcher) -> None:
    found = searcher.passages("بيت الحكمة في بغداد", limit=8, neighbours=1)
    assert len(found) == 8
    assert found.passages[0].article_id == "house-of-wisdom"
    for passage in found:
        body = searcher.article(passage.article_id).body
        assert body[passage.start : passage.end] == passage.text == passage.text.strip() != ""
        context = passage.context
        assert context is not None
        assert body[context.start : context.end] == context.text
        assert context.start <= passage.start < passage.end <= context.end


def test_the_best_passage_of_a_long_article_is_the_one_that_answers(articles: Searcher) -> None:
    for question, words in (("قمر نجم", "قمر"), ("خبز قمح", "قمح"), ("سفينة في بحر", "سفينة")):
        for mode in ("hybrid", "lexical", "semantic"):
            found = articles.passages(question, mode=mode, source=["المرفأ"])
            assert {passage.article_id for passage in found} == {"long"}
            assert words in found.passages[0].text, mode
            assert [passage.score for passage in found] == sorted((each.score for each in found), reverse=True)
            assert found.passages[0].parts["article"] >= found.passages[0].score


def test_what_says_the_same_is_given_once(articles: Searcher) -> None:
    found = articles.passages("سفينة في بحر", limit=10)
    assert sum("سفينة" in passage.text for passage in found) == 1
    assert len(found) > 2


def test_a_passage_counts_more_than_its_article(articles: Searcher, monkeypatch: pytest.MonkeyPatch) -> None:
    found = articles.search("قمر قمح", mode="lexical", source="بعيد")
    assert [hit.id for hit in found][-1] == "near"
    for articles_looked_at_first in (1, 10_000):
        monkeypatch.setattr("arsearch.search.passages.finder._FIRST_ARTICLES", articles_looked_at_first)
        [best] = articles.passages("قمر قمح", mode="lexical", source="بعيد", limit=1)
        assert best.article_id == "near"


def test_a_budget_is_kept(searcher: Searcher) -> None:
    whole = searcher.passages("بيت الحكمة", limit=5)
    characters = sum(len(passage.text) for passage in whole)
    some = searcher.passages("بيت الحكمة", limit=5, max_characters=characters // 2)
    assert 0 < sum(len(passage.text) for passage in some) <= characters // 2
    tokens = [searcher.count_tokens(passage.text) for passage in whole]
    fewer = searcher.passages("بيت الحكمة", limit=5, max_tokens=sum(tokens) - 1)
    assert 0 < sum(searcher.count_tokens(passage.text) for passage in fewer) < sum(tokens)
    assert not searcher.passages("بيت الحكمة", max_tokens=1).passages
    wide = searcher.passages("بيت الحكمة", limit=5, neighbours=2, max_characters=characters)
    assert 0 < sum(len(passage.context.text) for passage in wide if passage.context) <= characters


def test_diversity_brings_what_is_unlike_the_first() -> None:
    vectors = np.array([[1, 0], [1, 0], [0, 1]], np.float32)
    scores = np.array([0.9, 0.8, 0.4], np.float32)

    def order(diversity: float) -> list[int]:
        taken: list[int] = []
        for index in by_marginal_relevance(scores, vectors, diversity, taken):
            taken.append(index)  # noqa: PERF402  # what was taken decides what comes next
        return taken

    assert order(0.0) == [0, 1, 2]
    assert order(0.5) == [0, 2, 1]


def test_diversity_reaches_the_answer(articles: Searcher) -> None:
    plain = articles.passages("سفينة في بحر ثم قمر", limit=2, diversity=0.0)
    mixed = articles.passages("سفينة في بحر ثم قمر", limit=2, diversity=0.9)
    assert plain.passages[0] == mixed.passages[0]
    assert mixed.passages[1].parts["semantic"] <= plain.passages[1].parts["semantic"]


def test_an_index_without_vectors_or_model_gives_passages_by_words(articles: Searcher, index: Path) -> None:
    lexical = articles.passages("القمر والنجم", mode="lexical")
    assert [passage.parts["semantic"] for passage in lexical] == [-1.0] * len(lexical)
    assert lexical.passages[0].text.count("قمر") == 3


def test_results_survive_json(searcher: Searcher) -> None:
    found = searcher.passages("بيت الحكمة", neighbours=1)
    again = PassageResults.from_dict(found.as_dict())
    assert [each.text for each in again] == [each.text for each in found]
    assert again.as_dict() == found.as_dict()


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"limit": 0}, "size"), ({"neighbours": 9}, "neighbours"), ({"diversity": 1.5}, "diversity"),
        ({"max_characters": -1}, "max_characters"), ({"vector": (1.0, 2.0)}, "vector"), ({"after": "x"}, "after"),
    ],
)  # fmt: skip
def test_what_means_nothing_is_refused(searcher: Searcher, asked: dict[str, Any], field: str) -> None:
    with pytest.raises(QueryError) as refused:
        searcher.passages("بيت", **asked)
    assert refused.value.field == field


def test_ones_own_vector_stands_for_the_query(searcher: Searcher) -> None:
    [vector] = searcher.embed(["بيت الحكمة"])
    assert vector.shape == (searcher.index.manifest.dimension,)
    scaled = tuple((vector * 1e30).tolist())
    plain = searcher.search("بيت الحكمة", mode="semantic")
    assert [hit.id for hit in searcher.search("بيت الحكمة", mode="semantic", vector=scaled)] == [h.id for h in plain]
    [other] = searcher.embed(["الإبل في الصحراء"])
    turned = searcher.search("بيت الحكمة", mode="semantic", vector=tuple(other.tolist()))
    assert [hit.id for hit in turned] != [hit.id for hit in plain]
    assert [hit.id for hit in turned] == [hit.id for hit in searcher.search("الإبل في الصحراء", mode="semantic")]
    for wrong in ((0.0,) * len(vector), (float("nan"),) * len(vector)):
        with pytest.raises(UnsearchableQueryError):
            searcher.search("بيت", vector=wrong)
    with pytest.raises(UnsearchableQueryError):
        searcher.search("بيت", mode="lexical", vector=scaled)


def test_a_cursor_belongs_to_its_vector(searcher: Searcher) -> None:
    one, other = (tuple(vector.tolist()) for vector in searcher.embed(["بيت", "ماء"]))
    after = searcher.search("بيت", size=1, vector=one).after
    assert after
    assert searcher.search("بيت", size=1, vector=one, after=after).hits
    with pytest.raises(arsearch.CursorError):
        searcher.search("بيت", size=1, vector=other, after=after)


def test_counting_tokens_needs_the_encoder(index: Path, tiny_encoder: str, tmp_path: Path) -> None:
    with arsearch.open_index(index, settings=Settings()) as opened:
        manifest = dataclasses.replace(opened.index.manifest, encoder=str(tmp_path / "gone"))
        opened._models._manifest = manifest
        found = opened.passages("القمر")
        assert found.notice is not None
        assert (found.notice.kind, found.mode) == ("no-model", "lexical")
        assert found.passages[0].text
        with pytest.raises(EncoderError):
            opened.passages("القمر", max_tokens=100)
