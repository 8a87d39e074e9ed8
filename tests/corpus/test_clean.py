from __future__ import annotations

from pathlib import Path

import pytest

from arsearch.corpus import Article, ReadingReport, read_source
from arsearch.corpus.clean import Cleaner, LineCounts
from arsearch.corpus.furniture import byline_author, furniture_of

from ..conftest import SHARED

SAMPLE = SHARED / "samples" / "scraped-article.txt"


def article(body: str, author: str = "") -> Article:
    return Article(id="1", body=body, author=author)


def clean(body: str, *recurring: str) -> str:
    return Cleaner({"s": recurring}).clean(article(body), "s").body


@pytest.mark.skipif(not SAMPLE.is_file(), reason=f"no sample at {SAMPLE}")
def test_the_scraped_sample_is_clean() -> None:
    [scraped] = read_source(SAMPLE, ReadingReport())
    cleaned = Cleaner({}).clean(scraped, "")
    assert cleaned.title == "باشاغا يُعزز كفاءة الداخلية والأجهزة الأمنية في ليبيا مع عدد من الدول"
    assert cleaned.author == "محمد الغرياني"
    assert cleaned.body.startswith("أجرى وزير الداخلية")
    assert cleaned.body.endswith("في مكافحة الفساد.")
    lines = cleaned.body.split("\n")
    for heading in ("تعاون الإيطالي", "اتفاقية تعاون أمني مع قطر", "تعاون مصري", "بحث مكثف في العاصمة الفرنسية"):
        assert heading in lines
    for furniture in ("Menu", "أُترك رد", "Exit mobile version", "كُتب بواسطة"):
        assert furniture not in cleaned.body


@pytest.mark.parametrize(
    "line",
    [
        "أُترك رد",
        "اترك تعليقاً",
        "Exit mobile version",
        "  MENU ",
        "شارك على فيسبوك",
        "اقرأ أيضاً: الأمطار تعود إلى الجنوب",
        "إقرأ أيضا",
        "جميع الحقوق محفوظة © ٢٠٢٠ لجريدة الواحة",
        "نستخدم ملفات تعريف الارتباط لنقدم لك أفضل تجربة.",
        "الحقول الإلزامية مشار إليها بـ *",
    ],
)
def test_furniture_is_known_in_all_its_spellings(line: str) -> None:
    assert furniture_of(line)
    assert clean(f"فقرة أولى\n\n{line}\n\nفقرة ثانية") == "فقرة أولى\n\nفقرة ثانية"


@pytest.mark.parametrize(
    "line",
    [
        "",
        "تعاون مصري",
        "بحث مكثف في العاصمة الفرنسية",
        "Menu of the day",
        "اقرأ أيضا " + "كلمة " * 40,
        "المشاركة في الحوار",
    ],
)
def test_what_only_resembles_furniture_stays(line: str) -> None:
    assert not furniture_of(line)


@pytest.mark.parametrize(
    ("line", "author"),
    [
        ("كُتب بواسطة محمد الغرياني", "محمد الغرياني"),
        ("بقلم: سلمى الشريف", "سلمى الشريف"),
        ("بقلم سلمى", "سلمى"),
        ("كتب: محمد علي", "محمد علي"),
        ("كتبه محمد", "محمد"),
        ("كتب محمد رسالة", ""),
        ("بقلم", ""),
        ("بقلم سلمى التي كتبت هذه الكلمات كلها في يوم واحد", ""),
        ("هذا الكتاب كتب بواسطة محمد", ""),
    ],
)
def test_a_byline_names_its_author(line: str, author: str) -> None:
    assert byline_author(line) == author


def test_a_byline_becomes_the_author_and_leaves_the_body() -> None:
    cleaned = Cleaner({}).clean(article("نص\nبقلم: سلمى"), "")
    assert (cleaned.body, cleaned.author) == ("نص", "سلمى")
    assert Cleaner({}).clean(article("نص\nبقلم: سلمى", author="محمد"), "").author == "محمد"


def test_an_article_of_nothing_but_furniture_is_left_as_it_is() -> None:
    assert clean("أترك رد\nMenu") == "أترك رد\nMenu"


def test_lines_on_many_pages_of_a_source_are_learnt_and_told() -> None:
    counts = LineCounts()
    for number in range(20):
        bodies = [f"نص رقم {number}", "الاشتراك  في المجلة"]
        counts.add("الواحة", "\n".join([*bodies, "خبر نادر"] if number < 3 else bodies))
        counts.add("الفجر", f"آخر رقم {number}")
    recurring = counts.recurring()
    assert recurring["الواحة"] == {"الاشتراك في المجلة": 20}
    cleaner = Cleaner(recurring)
    body = "نص\nالاشتراك في المجلة "
    assert cleaner.clean(article(body), "الواحة").body == "نص"
    assert cleaner.clean(article(body), "الفجر").body == body
    [dropped] = cleaner.dropped()
    assert (dropped.source, dropped.line, dropped.articles) == ("الواحة", "الاشتراك في المجلة", 1)
    assert dropped.why == "on many pages of this source"


def test_a_line_counts_once_a_page_and_a_few_pages_are_not_many() -> None:
    counts = LineCounts()
    for number in range(40):
        counts.add("س", "\n".join([f"نص {number}", *["لازمة"] * 9] if number < 7 else [f"نص {number}"]))
    assert counts.recurring() == {}


def test_counting_lines_takes_bounded_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("arsearch.corpus.clean._MAX_COUNTED_LINES", 100)
    counts = LineCounts()
    for number in range(500):
        counts.add("س", f"نص {number}\nآخر {number}\nالقائمة الجانبية")
        counts.add(f"مصدر {number}", "سطر وحيد")
    assert len(counts._lines) <= 104
    assert {source: list(lines) for source, lines in counts.recurring().items()} == {"س": ["القائمة الجانبية"]}


def test_where_lines_were_dropped_one_empty_line_stays(tmp_path: Path) -> None:
    assert clean("أ\n\nMenu\n\n\nشارك\n\nب") == "أ\n\nب"
