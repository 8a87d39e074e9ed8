"""The query as readers really type it: what is offered, and whose results are shown."""

from __future__ import annotations

import dataclasses
import gzip
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import arsearch
from arsearch import Searcher, SearchRequest, Settings
from arsearch.corpus import ReadingReport, read_source

from ..conftest import CORPUS, MakeOnce
from ..data import DATA

EVERY = 4


NEWS = DATA / "corpus/ant-news.jsonl.gz"


@pytest.fixture(scope="module")
def news(made_once: MakeOnce) -> Iterator[Searcher]:
    """A quarter of the Tunisian news; without them a few made-up ones about the same."""

    def build(folder: Path) -> None:
        if NEWS.is_file():
            with gzip.open(NEWS, "rt", encoding="utf-8") as file:
                lines = list(file)[::EVERY]
        else:
            lines = [json.dumps(article, ensure_ascii=False) + "\n" for article in made_up_news()]
        (folder / "news.jsonl").write_text("".join(lines), encoding="utf-8")
        arsearch.build_index([folder / "news.jsonl"], folder / "index", settings=Settings())

    with arsearch.open_index(made_once("news", build) / "index", settings=Settings()) as searcher:
        yield searcher


def made_up_news() -> Iterator[dict[str, str]]:
    """Yield articles in which the words that are asked for below are as common as in real ones, relative to others."""
    chance = random.Random(20170120)
    own = [article for name in ("encyclopedia", "features") for article in read_source(CORPUS / name, ReadingReport())]
    sentences = [sentence for article in own for sentence in article.body.split(".") if len(sentence.split()) > 3]
    for number in range(400):
        topics = chance.sample(TOPICS, 2)
        said = [f"{topic} {chance.choice(sentences).strip()}" for topic in topics] + chance.sample(sentences, 2)
        yield {"id": f"made-{number}", "title": f"{topics[0]} في {chance.choice(PLACES)}", "body": ". ".join(said)}


PLACES = ["تونس", "ليبيا", "سوسة", "صفاقس", "بنزرت"]
TOPICS = [
    "السلام عليكم", "أطلقت google خدمة", "وزير الداخلية", "قال وزير الداخلية", "الشباب العربي", "كاتب عربي",
    "حب الوطن", "كرة القدم", "مباراة في كرة القدم", "رئيس الحكومة", "الحكومة الجديدة", "الاقتصاد التونسي",
    "رئيس الجمهورية", "رئيس الجمهورية يستقبل", "الرئيس التونسي", "محمد علي", "التعليم الجامعي", "ليبيا وتونس",
    "حوار عربي", "زار ليبيا",
]  # fmt: skip

OFFERED_IN_OWN_CORPUS = [
    ("hgsghl ugd;l", "السلام عليكم"),  # PC layout
    ("hgl]dkm hgr]dlm", "المدينة القديمة"),
    ("hgri,m", "القهوة"),
    ("libya", "ليبيا"),
    ("bayt al hikma", "بيت الحكمة"),
    ("bayt al-hikma", "بيت الحكمة"),
    ("al qahwa", "القهوة"),
    ("Baghdad", "بغداد"),
    ("المكتيه", "المكتبة"),
    ("القهووة", "القهوة"),
    ("بيتالحكمة", "بيت الحكمة"),
    ("المدي نة", "المدينة"),
    ("بيت الحكمه في بغدا", "بيت الحكمه في بغداد"),
]  # fmt: skip

OFFERED_IN_THE_NEWS = [
    ("hgsghl ugd;l", "السلام عليكم"),
    ("لخخلمث", "google"),
    ("wazir al dakhiliya", "وزير الداخلية"),
    ("3arabi", "عربي"),
    ("7ob", "حب"),
    ("libya", "ليبيا"),
    ("وزير الدخليه", "وزير الداخلية"),
    ("وزيرالداخلية", "وزير الداخلية"),
    ("كرة القدمم", "كرة القدم"),
    ("الحكو مة", "الحكومة"),
    ("الاقتصادد التونسي", "الاقتصاد التونسي"),
    ("رئسي الجمهورية", "رئيس الجمهورية"),
]


@pytest.mark.parametrize(("typed", "meant"), OFFERED_IN_OWN_CORPUS)
def test_what_is_offered_in_the_own_corpus(searcher: Searcher, typed: str, meant: str) -> None:
    assert searcher.search(typed).suggestion == meant


@pytest.mark.parametrize(("typed", "meant"), OFFERED_IN_THE_NEWS)
def test_what_is_offered_in_the_news(news: Searcher, typed: str, meant: str) -> None:
    assert news.search(typed).suggestion == meant


def test_words_that_are_there_get_no_suggestion(searcher: Searcher, news: Searcher) -> None:
    for query in ("بيت الحكمة", "المدينه القديمه", "القهوه في اليمن", "2015", "؟ بغداد", "كاتب:xyz بغداد"):
        assert searcher.search(query).suggestion is None, query
    for query in ("وزير الداخلية", "الرئيس التونسي", "محمد علي", "التعليم الجامعي في تونس", "google"):
        assert news.search(query).suggestion is None, query


def test_a_suggestion_never_takes_away_what_was_found(news: Searcher) -> None:
    results = news.search("وزير الدخليه")
    assert (results.suggestion, results.answered) == ("وزير الداخلية", None)
    assert results.hits == news.search("وزير الدخليه", as_typed=True).hits


def test_where_nothing_has_what_was_typed_the_suggestion_answers_and_says_so(searcher: Searcher) -> None:
    results = searcher.search("libya")
    assert (results.query, results.answered) == ("libya", "ليبيا")
    assert results.notice is not None
    assert results.notice.kind == "suggested"
    assert "ليبيا" in results.notice.text
    assert [hit.id for hit in results] == [hit.id for hit in searcher.search("ليبيا")]
    assert "<mark>" in results.hits[0].snippet


def test_there_is_a_way_back_to_what_was_typed(searcher: Searcher) -> None:
    results = searcher.search("libya", as_typed=True, mode="lexical")
    assert (results.total, results.answered, results.suggestion) == (0, None, "ليبيا")


def test_a_name_typed_on_the_wrong_layout_is_found_as_articles_write_it(searcher: Searcher) -> None:
    results = searcher.search("لخخلمث")
    assert results.answered is None or results.total


def test_nonsense_stays_nonsense(searcher: Searcher) -> None:
    results = searcher.search("xyzzy")
    assert (results.total, results.suggestion) == (0, None)


def test_filters_hold_for_the_suggestion_too(searcher: Searcher) -> None:
    assert searcher.search("libya", author="لا أحد").total == 0


def test_judged_queries_are_answered_as_they_are(searcher: Searcher) -> None:
    results = searcher.search(SearchRequest(query="libya", operators=False))
    assert results.suggestion is None


def test_the_words_of_the_suggestion_are_marked_in_the_article(searcher: Searcher) -> None:
    [hit, *_] = searcher.search("libya").hits
    assert "<mark>" in "".join(searcher.marked_article(hit.id, "libya")[1:])


def test_a_name_that_is_spelled_in_several_ways_is_offered_as_articles_have_it(
    tmp_path: Path, tiny_encoder: str
) -> None:
    bodies = ["التقى غوتيريش الوفد", "مباراة في إنكلترا", "حكومة ليبيا"]
    records: list[dict[str, Any]] = [{"id": str(number), "body": body} for number, body in enumerate(bodies)]
    (tmp_path / "corpus.jsonl").write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    arsearch.build_index([tmp_path / "corpus.jsonl"], tmp_path / "index", model=tiny_encoder, settings=Settings())
    with arsearch.open_index(tmp_path / "index", settings=dataclasses.replace(Settings(), mode="lexical")) as index:
        for typed, found in (("جوتيريش", "0"), ("إنجلترا", "1"), ("انغلترا", "1")):
            assert [hit.id for hit in index.search(typed)] == [found]


def test_a_deleted_word_is_not_offered(tmp_path: Path, tiny_encoder: str) -> None:
    corpus = tmp_path / "corpus.jsonl"
    corpus.write_text('{"id": "1", "body": "المكتبة"}\n{"id": "2", "body": "بحر"}\n', encoding="utf-8")
    arsearch.build_index([corpus], tmp_path / "index", model=tiny_encoder, settings=Settings())
    corpus.write_text('{"id": "2", "body": "بحر"}\n', encoding="utf-8")
    arsearch.build_index([corpus], tmp_path / "index", model=tiny_encoder, settings=Settings())
    with arsearch.open_index(tmp_path / "index", settings=Settings()) as index:
        assert len(index) == 1
        assert index.search("المكتيه").suggestion is None
        assert index.search("almaktaba").suggestion is None


COMPLETED = [
    ("بيت الحك", "بيت الحكمة"),
    ("بيت الحك", "بيت الحكمة: حين ترجمت بغداد علوم العالم"),
    ("hgl]d", "المدينة"),
    ("lib", "ليبيا"),
    ("bayt al hikm", "بيت الحكمة"),
    ("al qah", "القهوة"),
    ("الاول", "الأولى"),
    ("إسلا", "أسلاف"),
]  # fmt: skip


@pytest.mark.parametrize(("typed", "completed"), COMPLETED)
def test_what_is_being_typed_is_completed(searcher: Searcher, typed: str, completed: str) -> None:
    assert completed in searcher.complete(typed, 8)


def test_completion_goes_on_from_the_words_before(news: Searcher) -> None:
    assert "وزير الداخلية" in news.complete("وزير الدا", 8)[:2]
    assert "وزير الداخلية" in news.complete("wazir al da", 8)[:2]
    titles = [each.text for each in news.completions("رئيس الجمه", 8) if each.article]
    assert titles[0].startswith("رئيس الجمهورية ")


def test_completions_are_few_and_each_once(news: Searcher) -> None:
    for text in ("ا", "ال", "م", "و", "a", "l", "hg", "رئيس ", "2016", "وزير"):
        found = news.complete(text, 8)
        assert len(found) == len(set(found)) <= 8
    assert news.complete("", 8) == news.complete("؟", 8) == []


def test_common_words_do_not_complete_a_word(searcher: Searcher) -> None:
    assert not {"إلى", "التي", "الذي"} & set(searcher.complete("ال", 8))


def test_explain_says_how_the_query_was_read(searcher: Searcher) -> None:
    results = searcher.search('libya أكتوبر "المدينة" -قمر', explain=True)
    explanation = results.explanation
    assert explanation["parsed"] == '(libya ~ أكتوبر ~ "المدينة" ~ NOT قمر)'
    assert [token["folded"] for token in explanation["tokens"]] == ["libya", "اكتوبر", "المدينه"]
    assert explanation["tokens"][2]["stem"] == "مدين"
    assert explanation["tokens"][0]["articles"] == 0
    assert (explanation["phrases"], explanation["excluded"]) == (["المدينه"], ["قمر"])
    [correction] = explanation["corrections"]
    assert (correction["typed"], correction["kind"]) == ("libya", "arabizi")
    assert correction["candidates"][0]["word"] == "ليبيا"
    assert len(correction["candidates"]) > 1


def test_explain_shows_expansions_with_their_weights(news: Searcher) -> None:
    expansions = news.search("جويلية", explain=True).explanation["expansions"]
    assert expansions
    assert {expansion["name"] for expansion in expansions} <= {"يوليو", "يوليه", "تموز"}
    assert all(0 < expansion["weight"] <= 0.5 and expansion["origin"] == "language" for expansion in expansions)


def test_explain_shows_what_each_word_adds_to_a_hit(searcher: Searcher) -> None:
    for hit in searcher.search("القهوة في اليمن", mode="lexical", explain=True):
        words = hit.explanation["by_word"]
        assert set(words) <= {"القهوة", "اليمن"}
        assert sum(words.values()) == pytest.approx(hit.explanation["lexical"], abs=1e-4)


def test_explain_of_a_suggestions_results_still_shows_the_correction(searcher: Searcher) -> None:
    explanation = searcher.search("hgri,m", explain=True).explanation
    assert explanation["parsed"] == "القهوة"
    assert explanation["corrections"] == [{"typed": "hgri,m", "kind": "layout", "candidates": [{"word": "القهوة"}]}]


def test_without_asking_nothing_is_explained(searcher: Searcher) -> None:
    assert searcher.search("libya").explanation == {}


def test_a_name_of_an_author_is_not_corrected_away(tmp_path: Path, tiny_encoder: str) -> None:
    articles = [
        {"id": "his", "body": "مقال عن البحر", "author": "أسامة الحداد"},
        *({"id": f"iron {number}", "body": f"ارتفع سعر الحديد {number}"} for number in range(60)),
    ]
    (tmp_path / "corpus.jsonl").write_text("\n".join(map(json.dumps, articles)), encoding="utf-8")
    settings = Settings(duplicates="separate")
    arsearch.build_index([tmp_path / "corpus.jsonl"], tmp_path / "index", model=tiny_encoder, settings=settings)
    with arsearch.open_index(tmp_path / "index", settings=settings) as searcher:
        assert searcher.search("أسامة الحداد", mode="lexical").suggestion is None
        assert searcher.search("سعر الحديدد", mode="lexical").suggestion == "سعر الحديد"


@pytest.fixture(scope="module")
def frequent(tmp_path_factory: pytest.TempPathFactory, tiny_encoder: str) -> Iterator[Searcher]:
    """An archive full of Egypt, in which a town sounds like a minister."""
    folder = tmp_path_factory.mktemp("frequent")
    articles = [
        *({"id": f"egypt {number}", "body": f"سافر الوفد في مصر يوم {number}"} for number in range(40)),
        *({"id": f"town {number}", "body": f"مهرجان منستير في دورة {number}"} for number in range(12)),
        *({"id": f"axe {number}", "body": f"فأس حطاب رقم {number}"} for number in range(4)),
        *({"id": f"owner {number}", "body": f"مالك بيت رقم {number}"} for number in range(30)),
        {"id": "club", "body": "لاعب ماليك في النادي"},
        *({"id": f"order {number}", "body": f"أمر جديد رقم {number}"} for number in range(30)),
        {"id": "omar", "body": "كتب عمر رسالة"},
        *({"id": f"between {number}", "body": f"خلاف بين جارين على حائط رقم {number}"} for number in range(30)),
        *({"id": f"ali {number}", "body": f"بنى قيس بن علي بيتا رقم {number}"} for number in range(20)),
        {"id": "libya", "body": "وصل وزير داخلية ليبيا"},
        {"id": "branch", "body": "غصن يابس"},
        *({"id": f"politician {number}", "body": f"حديث سياسي حول ملف رقم {number}"} for number in range(60)),
        *({"id": f"sisi {number}", "body": f"وصل سيسي إلى المطار رقم {number}"} for number in range(2)),
        {"id": "chancellor", "body": "زارت ميركل برلين"},
        *({"id": f"putin {number}", "body": f"قال بوتين كلاما رقم {number}"} for number in range(3)),
    ]
    (folder / "corpus.jsonl").write_text("\n".join(map(json.dumps, articles)), encoding="utf-8")
    settings = Settings(duplicates="separate")
    arsearch.build_index([folder / "corpus.jsonl"], folder / "index", model=tiny_encoder, settings=settings)
    with arsearch.open_index(folder / "index", settings=settings) as searcher:
        yield searcher


@pytest.mark.parametrize("typed", ["libya interior minister", "minister", "ministre de la justice"])
def test_a_query_in_another_language_is_not_half_transliterated(frequent: Searcher, typed: str) -> None:
    assert frequent.search(typed, mode="lexical").suggestion is None


def test_a_country_in_a_query_of_another_language_is_the_arabic_one(frequent: Searcher) -> None:
    assert [hit.id for hit in frequent.search("libya interior minister", mode="lexical")] == ["libya"]


def test_a_name_in_latin_letters_still_has_its_arabic_one_offered(frequent: Searcher) -> None:
    assert frequent.search("monastir", mode="lexical").suggestion == "منستير"


def test_the_commonest_of_the_words_that_latin_letters_may_be_is_offered(frequent: Searcher) -> None:
    assert frequent.search("malik", mode="lexical").suggestion == "مالك"


def test_who_types_all_vowels_left_none_out(frequent: Searcher) -> None:
    assert frequent.search("sisi", mode="lexical").suggestion == "سيسي"
    assert frequent.search("siasi", mode="lexical").suggestion == "سياسي"
    assert frequent.search("syasy", mode="lexical").suggestion == "سياسي"


def test_a_well_known_name_is_offered_as_articles_spell_it(frequent: Searcher) -> None:
    assert frequent.search("merkel", mode="lexical").suggestion == "ميركل"
    assert frequent.search("poutine", mode="lexical").suggestion == "بوتين"


def test_a_name_of_people_is_that_name_and_not_a_word_that_sounds_like_it(frequent: Searcher) -> None:
    assert frequent.search("omar", mode="lexical").suggestion == "عمر"
    assert frequent.search("رسالة omar", mode="lexical").suggestion == "رسالة عمر"


def test_a_name_is_no_stop_word_that_is_written_alike_and_no_stop_word_stands_beside_it(frequent: Searcher) -> None:
    assert frequent.search("ali", mode="lexical").suggestion == "علي"
    assert frequent.search("ben ali", mode="lexical").suggestion == "بن علي"


def test_latin_letters_beside_arabic_words_are_what_they_are_unless_they_name_a_country(frequent: Searcher) -> None:
    assert frequent.search("vs", mode="lexical").suggestion == "فأس"
    assert frequent.search("ليبيا vs مصر", mode="lexical").suggestion is None
    assert frequent.search("الوفد egypt", mode="lexical").suggestion == "الوفد مصر"


@pytest.mark.parametrize(("typed", "meant"), [("lwv", "مصر"), ("td lwv", "في مصر"), ("td", "في")])
def test_short_words_on_the_wrong_layout_are_recognised_if_all_are_frequent(
    frequent: Searcher, typed: str, meant: str
) -> None:
    assert frequent.search(typed, mode="lexical").suggestion == meant


def test_short_words_are_left_alone_where_the_other_layout_gives_rare_ones(frequent: Searcher) -> None:
    assert frequent.search("ywk", mode="lexical").suggestion != "غصن"
