"""What a reader types, and what is found."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

import arsearch
from arsearch import NoWordError, QueryError, Searcher, SearchRequest, Settings, UnsearchableQueryError

from ..conftest import WriteCorpus
from ..scraped import SCRAPED_PAGES, ScrapedPage


def ids(results: arsearch.SearchResults) -> list[str]:
    return [hit.id for hit in results.hits]


@pytest.mark.parametrize("page", SCRAPED_PAGES)
def test_a_scraped_article_is_found_as_readers_type(page: ScrapedPage, tmp_path: Path) -> None:
    arsearch.build_index([page.path], tmp_path / "index", settings=Settings())
    with arsearch.open_index(tmp_path / "index", settings=Settings()) as index:
        for query in page.queries:
            assert ids(index.search(query)) == ["scraped-article"]
        [hit] = index.search('"الليبيين"').hits
        assert "<mark>اللیبیین</mark>" in hit.snippet


def test_hamza_may_be_left_out(searcher: Searcher) -> None:
    assert ids(searcher.search("الابل")) == ids(searcher.search("الإبل")) != []


def test_every_mode_finds_the_article_a_question_is_about(searcher: Searcher) -> None:
    for mode in ("lexical", "semantic", "hybrid"):
        assert "house-of-wisdom" in ids(searcher.search("بيت الحكمة في بغداد", mode=mode))[:3]


def test_vocalised_words_are_marked_whole(harbour: Path) -> None:
    with arsearch.open_index(harbour) as index:
        assert "دخلت <mark>السَّفِينَةُ</mark> الميناء" in index.search("سفينه").hits[0].snippet


def test_meaning_finds_what_shares_no_word(harbour: Path) -> None:
    with arsearch.open_index(harbour) as index:
        assert "sky" in ids(index.search("سماء", mode="semantic"))
        assert ids(index.search("قمح", mode="lexical")) == ["bread"]


def test_hybrid_shows_what_only_meaning_finds(tmp_path: Path, tiny_encoder: str, write_corpus: WriteCorpus) -> None:
    records = [{"id": "ship", "body": "سفينة"}, {"id": "harbour", "body": "ميناء"}, {"id": "moon", "body": "قمر"}]
    arsearch.build_index([write_corpus(records)], tmp_path / "index", model=tiny_encoder)
    with arsearch.open_index(tmp_path / "index") as index:
        assert ids(index.search("سفينة", mode="lexical")) == ["ship"]
        assert ids(index.search("سفينة")) == ["ship", "harbour"]


def test_meaning_adds_nothing_far_away(harbour: Path) -> None:
    with arsearch.open_index(harbour) as index:
        assert set(ids(index.search("خبز", mode="hybrid"))) == {"bread"}
        assert ids(index.search("xyzzy", mode="hybrid")) == []


def test_quotes_mean_these_words_in_this_order(harbour: Path) -> None:
    with arsearch.open_index(harbour) as index:
        for opening, closing in ('""', "«»", "“”"):
            assert ids(index.search(f"{opening}وزير الداخلية{closing}")) == ["libya"]
        results = index.search('"الداخلية وزير"')
        assert ids(results) == ["libya"]
        assert "without the quotes" in str(results.notice)


def test_no_phrase_begins_in_the_title_and_ends_in_the_body(harbour: Path) -> None:
    with arsearch.open_index(harbour) as index:
        assert index.search('"البحر دخلت"').notice is not None


def test_a_minus_excludes(harbour: Path) -> None:
    with arsearch.open_index(harbour) as index:
        assert set(ids(index.search("البحر", mode="lexical"))) == {"sea", "books"}
        assert ids(index.search("البحر -كتاب", mode="lexical")) == ["sea"]
        assert "books" not in ids(index.search("البحر -كتاب", mode="hybrid"))
        assert ids(index.search('البحر -"كتاب البحر"', mode="lexical")) == ["sea"]


@pytest.mark.parametrize("query", ['"وزير', "وزير -", "- وزير", "وزير «", 'وزير ""', "وزير ” “"])
def test_half_typed_operators_are_harmless(harbour: Path, query: str) -> None:
    with arsearch.open_index(harbour) as index:
        assert ids(index.search(query, mode="lexical")) == ["libya"]


def test_explain_shows_both_sides(harbour: Path) -> None:
    with arsearch.open_index(harbour) as index:
        explanation = index.search("كتاب", explain=True).hits[0].explanation
    assert explanation["lexical"] > 0
    assert 0 < explanation["semantic"] <= 1.001


def test_only_stop_words_are_searched_as_typed_and_said(harbour: Path) -> None:
    with arsearch.open_index(harbour) as index:
        results = index.search("في من")
    assert set(ids(results)) == {"sky", "books", "sea", "libya"}
    assert results.mode == "lexical"
    assert "common" in str(results.notice)


def test_an_unknown_word_gets_a_suggestion_spelled_as_articles_spell_it(harbour: Path) -> None:
    with arsearch.open_index(harbour) as index:
        assert index.search("المكتيه").suggestion == "المكتبة"
        assert index.search("المكتبه").suggestion is None


def test_snippets_are_escaped(harbour: Path) -> None:
    with arsearch.open_index(harbour) as index:
        snippet = index.search("علامات").hits[0].snippet
    assert snippet.endswith(". &lt;b&gt;نص &amp; <mark>علامات</mark>&lt;/b&gt;")


def test_similar_articles_do_not_include_the_article_itself(searcher: Searcher) -> None:
    similar = [article.id for article in searcher.similar("house-of-wisdom", 5)]
    assert len(similar) == 5
    assert "house-of-wisdom" not in similar


def test_rrf_is_a_setting(harbour: Path) -> None:
    with arsearch.open_index(harbour, settings=Settings(fusion="rrf")) as index:
        results = index.search("البحر")
    assert results.hits[0].score < 0.1
    assert ids(results)


def test_hybrid_ranks_by_both_sides(harbour: Path) -> None:
    """With no weight on meaning the order is that of the words; the weight changes it."""
    query = "كتاب البحر"
    with arsearch.open_index(harbour, settings=Settings(semantic_weight=0.0)) as index:
        words = {hit.id: hit.score for hit in index.search(query, mode="hybrid").hits if hit.score > 0}
        lexical = ids(index.search(query, mode="lexical"))
    assert list(words) == lexical


def test_a_missing_model_means_a_lexical_answer_that_says_so(
    tmp_path: Path, tiny_encoder: str, write_corpus: WriteCorpus
) -> None:
    import shutil

    model = tmp_path / "model"
    shutil.copytree(tiny_encoder, model)
    index = tmp_path / "index"
    arsearch.build_index([write_corpus([{"body": "خبر من البحر"}])], index, model=str(model), settings=Settings())
    shutil.rmtree(model)
    with arsearch.open_index(index) as opened:
        results = opened.search("البحر")
    assert results.mode == "lexical"
    assert results.total == 1
    assert "model" in str(results.notice)


BAD_REQUESTS = [
    (SearchRequest(query=""), "q", QueryError),
    (SearchRequest(query=" \n"), "q", QueryError),
    (SearchRequest(query="؟!، -"), "q", NoWordError),
    (SearchRequest(query="-كلمة"), "q", NoWordError),
    (SearchRequest(query="كلمة " * 2000), "q", UnsearchableQueryError),
    (SearchRequest(query="أ ب " * 50), "q", UnsearchableQueryError),
    (SearchRequest(query="كلمة", mode="magic"), "mode", QueryError),
    (SearchRequest(query="كلمة", sort="size"), "sort", QueryError),
    (SearchRequest(query="كلمة", page=-1), "page", QueryError),
    (SearchRequest(query="كلمة", page=0), "page", QueryError),
    (SearchRequest(query="كلمة", size=0), "size", QueryError),
    (SearchRequest(query="كلمة", size=101), "size", QueryError),
    (SearchRequest(query="كلمة", page=1001, size=10), "page", UnsearchableQueryError),
    (SearchRequest(query="كلمة", date_from="yesterday"), "from", QueryError),
    (SearchRequest(query="كلمة", date_to="2015-13"), "to", UnsearchableQueryError),
]


@pytest.mark.parametrize(("request_", "field", "kind"), BAD_REQUESTS)
def test_a_bad_request_names_its_field(
    searcher: Searcher, request_: SearchRequest, field: str, kind: type[QueryError]
) -> None:
    with pytest.raises(QueryError) as caught:
        searcher.search(request_)
    assert type(caught.value) is kind
    assert caught.value.field == field
    assert str(caught.value).endswith((".", "instead."))


def test_requests_are_values() -> None:
    assert dataclasses.replace(SearchRequest(query="a"), query="b") == SearchRequest(query="b")


def test_a_suggestion_keeps_operators_and_numbers(harbour: Path) -> None:
    with arsearch.open_index(harbour) as index:
        suggestion = index.search('المكتيه -القمر "عن النجم" 2031').suggestion
    assert suggestion == 'المكتبة -القمر "عن النجم" 2031'


def test_a_missing_model_is_looked_for_once(
    tmp_path: Path, tiny_encoder: str, write_corpus: WriteCorpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    arsearch.build_index(write_corpus([{"body": "بحر"}]), tmp_path / "index", model=tiny_encoder, settings=Settings())
    calls = []

    def missing(name: str) -> None:
        calls.append(name)
        raise arsearch.EncoderError("gone")

    monkeypatch.setattr("arsearch.search.models.load_encoder", missing)
    with arsearch.open_index(tmp_path / "index") as index:
        assert [index.search("بحر").mode for _ in range(3)] == ["lexical"] * 3
    assert len(calls) == 1


def test_control_characters_do_not_reach_a_terminal(
    tmp_path: Path, tiny_encoder: str, write_corpus: WriteCorpus
) -> None:
    corpus = write_corpus([{"title": "\x1b[31mأحمر", "body": "بحر\x07\x9b2J\tوقمر\nونجم"}])
    arsearch.build_index(corpus, tmp_path / "index", model=tiny_encoder, settings=Settings())
    with arsearch.open_index(tmp_path / "index") as index:
        [hit] = index.search("بحر").hits
    assert hit.article.title == "\ufffd[31mأحمر"
    assert hit.article.body == "بحر\ufffd\ufffd2J\tوقمر\nونجم"


def test_a_very_long_article_is_cut_in_no_time(harbour: Path) -> None:
    """A square number of steps would take hours."""
    import numpy as np

    from arsearch.search.snippets import cut_snippet

    count = 300_000
    spans = np.arange(count, dtype=np.uint32)[:, None] * 2 + np.array([0, 1], dtype=np.uint32)
    assert cut_snippet("ب " * count, spans, dict.fromkeys(range(count), 0), [1.0], words=3).startswith("<mark>ب</mark>")


def test_the_contract_from_python(tmp_path: Path, tiny_encoder: str, write_corpus: WriteCorpus) -> None:
    corpus = write_corpus([{"id": "a", "title": "البحر", "body": "سفينة"}, {"id": "b", "body": "قمر"}])
    arsearch.build_index([str(corpus)], str(tmp_path / "index"), model=tiny_encoder)
    with arsearch.open_index(str(tmp_path / "index")) as index:
        results = index.search("سفينة", mode="hybrid", limit=10)
        assert (results.total, results.suggestion) == (1, None)
        assert results.took_ms > 0
        assert [(hit.id, hit.title, hit.article.body) for hit in results] == [("a", "البحر", "سفينة")]
        assert all(hit.score > 0 and "<mark>" in hit.snippet for hit in results)
        assert len(results) == 1


@pytest.mark.parametrize("wrong", [{"page": "2"}, {"limit": 2.5}, {"date_from": "2020-02-31"}, {"date_to": "2021-13"}])
def test_values_that_make_no_sense_are_query_errors(harbour: Path, wrong: dict[str, Any]) -> None:
    with arsearch.open_index(harbour) as index, pytest.raises(QueryError):
        index.search("قمر", **wrong)


def test_words_near_one_another_come_before_words_far_apart(
    tmp_path: Path, tiny_encoder: str, write_corpus: WriteCorpus
) -> None:
    filler = "حجر شجر سحاب مطر ثلج برق رعد جبل نهر واد " * 8
    corpus = write_corpus(
        [{"id": "far", "body": f"سفينة {filler} قديمة"}, {"id": "near", "body": f"{filler} سفينة قديمة"}]
    )
    arsearch.build_index([corpus], tmp_path / "index", model=tiny_encoder, settings=Settings(duplicates="separate"))
    with arsearch.open_index(tmp_path / "index", settings=Settings()) as searcher:
        hits = searcher.search("سفينة قديمة", mode="lexical", explain=True).hits
    assert [hit.id for hit in hits] == ["near", "far"]
    assert hits[0].explanation["window"] > hits[1].explanation["window"]
    assert hits[0].explanation["order"] > hits[1].explanation["order"]


def test_a_broken_plural_is_preferred_to_no_such_word(
    tmp_path: Path, tiny_encoder: str, write_corpus: WriteCorpus
) -> None:
    corpus = write_corpus([{"id": "other", "body": "تاريخ الطرق"}, {"id": "plural", "body": "تاريخ المستشفيات"}])
    arsearch.build_index([corpus], tmp_path / "index", model=tiny_encoder, settings=Settings())
    with arsearch.open_index(tmp_path / "index", settings=Settings()) as searcher:
        assert [hit.id for hit in searcher.search("تاريخ مستشفى", mode="lexical").hits] == ["plural", "other"]


def test_scores_are_between_0_and_1(searcher: arsearch.Searcher) -> None:
    for mode in ("lexical", "hybrid"):
        scores = [hit.score for hit in searcher.search("تاريخ الورق والطباعة", mode=mode).hits]
        assert scores == sorted(scores, reverse=True)
        assert all(0 < score <= 1 for score in scores)
