"""Filters, orders, pages and facets: which of what was found is shown."""

from __future__ import annotations

from pathlib import Path

import arsearch
from arsearch import Searcher, Settings

from ..conftest import WriteCorpus
from .test_searcher import ids


def test_filters_combine(harbour: Path) -> None:
    with arsearch.open_index(harbour) as index:
        assert set(ids(index.search("البحر خبز", mode="lexical", source=("المرفأ",)))) == {"sea", "bread"}
        assert ids(index.search("البحر خبز", mode="lexical", source=("المرفأ",), tag=("بحر",))) == ["sea"]
        assert ids(index.search("كتاب", mode="semantic", tag=("كتب", "بحر"))) == ["books", "sea"]
        assert ids(index.search("كتاب سفينة", mode="hybrid", tag=("كتب", "فلك")))[0] == "books"
        assert ids(index.search("البحر خبز", mode="lexical", section="بحر")) == ["sea"]
        assert ids(index.search("البحر خبز", mode="lexical", section="سفر")) == []
        assert ids(index.search("البحر", author=("لا أحد",))) == []


def test_filters_compare_folded(harbour: Path) -> None:
    with arsearch.open_index(harbour) as index:
        found = index.search("البحر خبز", mode="lexical", author=("أحمد على",))
        assert set(ids(found)) == {"sea", "bread"}


def test_dates_are_inclusive_prefixes(harbour: Path) -> None:
    with arsearch.open_index(harbour) as index:
        words = "البحر النجم خبز"
        assert set(ids(index.search(words, mode="lexical", date_from="2021"))) == {"sky", "bread"}
        assert ids(index.search(words, mode="lexical", date_to="2020-03")) == ["sea"]
        assert ids(index.search(words, mode="lexical", date_from="2020-03-01", date_to="2020-03-01")) == ["sea"]


def test_sort_by_date_puts_the_newest_first_and_the_undated_last(harbour: Path) -> None:
    with arsearch.open_index(harbour) as index:
        words = "البحر النجم خبز"
        assert ids(index.search(words, mode="lexical", sort="date")) == ["sky", "bread", "sea", "books"]
        assert ids(index.search(words, mode="lexical", sort="newest")) == ["sky", "bread", "sea", "books"]


def test_sort_by_oldest_puts_the_undated_last_too_however_deep_the_page(harbour: Path) -> None:
    with arsearch.open_index(harbour) as index:
        words = "البحر النجم خبز"
        assert ids(index.search(words, mode="lexical", sort="oldest")) == ["sea", "bread", "sky", "books"]
        pages = [index.search(words, mode="lexical", sort="oldest", size=1, page=page) for page in (1, 2, 3, 4)]
        assert [hit.id for page in pages for hit in page] == ["sea", "bread", "sky", "books"]
        after = index.search(words, mode="lexical", sort="oldest", size=2).after
        assert ids(index.search(words, mode="lexical", sort="oldest", size=2, after=after)) == ["sky", "books"]


def test_pages_cut_one_ranking(searcher: Searcher) -> None:
    whole = ids(searcher.search("المدينة القديمة", limit=12))
    first, second = (ids(searcher.search("المدينة القديمة", page=page, size=6)) for page in (1, 2))
    assert first + second == whole
    assert len(set(whole)) == len(whole)


def test_a_page_after_the_last_is_empty(searcher: Searcher) -> None:
    results = searcher.search("القهوة", page=90, size=100)
    assert results.hits == ()
    assert results.total > 0


def test_facets_count_all_hits(harbour: Path) -> None:
    with arsearch.open_index(harbour) as index:
        facets = index.search("البحر خبز", mode="lexical", facets=True, limit=1).facets
    assert facets["source"] == [("المرفأ", 2)]
    assert dict(facets["section"]) == {"بحر": 1, "طعام": 1, "كتب": 1}, "the first tag"
    assert dict(facets["year"]) == {"2020": 1, "2021": 1}
    assert dict(facets["tag"]) == {"بحر": 1, "سفر": 1, "طعام": 1, "كتب": 1}


def test_equals_keep_the_order_of_relevance_when_sorted_by_date(
    tmp_path: Path, tiny_encoder: str, write_corpus: WriteCorpus
) -> None:
    records = [{"id": f"{number}", "body": "بحر " * number + "قمر " * 9, "date": "2020"} for number in (1, 5, 3)]
    arsearch.build_index(write_corpus(records), tmp_path / "index", model=tiny_encoder, settings=Settings())
    with arsearch.open_index(tmp_path / "index") as index:
        assert ids(index.search("بحر", mode="lexical", sort="date")) == ["5", "3", "1"]


def test_a_single_value_and_digits_of_any_script_will_do(harbour: Path) -> None:
    with arsearch.open_index(harbour) as index:
        assert ids(index.search("القمر", mode="lexical", author="منى", date_from="٢٠٢١")) == ["sky"]


def test_a_phrase_that_filters_take_away_is_not_said_to_be_nowhere(harbour: Path) -> None:
    with arsearch.open_index(harbour) as index:
        results = index.search('"وزير الداخلية"', source="المرفأ")
    assert (results.total, results.notice) == (0, None)


def test_pages_beside_words_end_where_the_total_says(harbour: Path) -> None:
    with arsearch.open_index(harbour) as searcher:
        for query in ("قمر البحر", "سفينة", "خبز القمح"):
            results = searcher.search(query, mode="hybrid", size=1)
            assert results.total_relation == "eq"
            assert len(list(searcher.hits(query, mode="hybrid"))) == results.total


def test_large_indexes_do_not_count_every_match(harbour: Path) -> None:
    settings = Settings(exact_totals=1)
    with arsearch.open_index(harbour) as exact, arsearch.open_index(harbour, settings=settings) as pruned:
        for query in ("قمر البحر", "النجم كتاب سفينة", '"القمر قرب النجم"', "قمر -بحر"):
            one, other = exact.search(query), pruned.search(query)
            assert ids(one) == ids(other)
            assert one.total_relation == "eq" or other.total_relation == "gte"
        assert pruned.search("قمر البحر", facets=True).total == exact.search("قمر البحر").total
