"""The date and the author of a page are what it writes, or none."""

from __future__ import annotations

from pathlib import Path

import pytest

from arsearch.corpus import Article, ReadingReport, read_source

BODY = (
    "<p>قرر المجلس ترميم السوق القديم الذي بني عام 1998 وهدم جزء منه في 12 مارس 2003 حين فاض الوادي وغمر الدكاكين.</p>"
    "<p>وقال التجار إن الترميم سيعيد الحياة إلى الأزقة، وإنهم ينتظرونه منذ سنوات طويلة بصبر وأمل كبيرين.</p>"
    "<p>وسيبدأ العمل من البوابة الشرقية، ثم ينتقل إلى ساحة الصاغة، على أن تبقى الدكاكين مفتوحة طوال المدة.</p>"
)


def read(tmp_path: Path, lines: str, head: str = "", before: str = "", foot: str = "") -> Article:
    path = tmp_path / "page.html"
    path.write_text(
        f'<!DOCTYPE html><html lang="ar"><head><meta charset="utf-8"><title>ترميم السوق | صحيفة</title>{head}</head>'
        "<body>"
        f"{before}<div class='main'><h1>ترميم السوق القديم</h1>{lines}<div class='text'>{BODY}</div></div>"
        f"{foot}<footer>جميع الحقوق محفوظة © 2025</footer></body></html>",
        encoding="utf-8",
    )
    report = ReadingReport()
    [article] = read_source(path, report)
    assert report.problems == []
    return article


@pytest.mark.parametrize(
    ("lines", "date"),
    [
        ("", ""),
        ("<span class=date>4 أيار 2019</span>", "2019-05-04"),
        ("<div>السبت، ٤ مايو ٢٠١٩</div>", "2019-05-04"),
        ("<p>4 مايو / أيار 2019</p>", "2019-05-04"),
        ("<p>4 أيار (مايو) 2019 - 10:30 ص</p>", "2019-05-04"),
        ("<div>4 ماي 2019</div>", "2019-05-04"),
        ("<div>السبت 28 شعبان 1440 هـ</div>", "2019-05-03"),
        ("<div>السبت 28 شعبان 1440 هـ - 4 مايو 2019 م</div>", "2019-05-04"),
        ("<div>نُشر بتاريخ 04-05-2019 الساعة 10:30</div>", "2019-05-04"),
        ("<div>تم النشر: السبت 4/5/2019 آخر تحديث: الأحد 5/5/2019</div>", "2019-05-04"),
        ("<span>آخر تحديث: 5 مايو 2019</span><span>4 مايو 2019</span>", "2019-05-04"),
        ("<div>كتب – هالة السالم | 4 أيار 2019</div>", "2019-05-04"),
        ("<time datetime='2019-05-04T10:00:00+02:00'>قبل سنوات</time>", "2019-05-04T10:00:00+02:00"),
        ("<time class=updated datetime='2020-01-01'>x</time><time datetime='2019-05-04'>y</time>", "2019-05-04"),
        ("<abbr class=published title='2019-05-04T10:00:00+02:00'>4</abbr>", "2019-05-04T10:00:00+02:00"),
        ("<span itemprop=datePublished content='2019-05-04'>أمس</span>", "2019-05-04"),
        ("<div class=today>الجمعة 7 نوفمبر 2025</div><span class=date>4 مايو 2019</span>", "2019-05-04"),
        ("<div>القاهرة - 4 مايو 2019</div>", "2019-05-04"),
        ("<div>قبل ساعتين</div>", ""),
        ("<div>عدد القراءات 2019</div>", ""),
    ],
)
def test_the_date_is_what_a_line_near_the_headline_says(tmp_path: Path, lines: str, date: str) -> None:
    assert read(tmp_path, lines).date == date


@pytest.mark.parametrize(
    ("head", "date"),
    [
        ('<meta property="article:published_time" content="2019-05-04T10:00:00Z">', "2019-05-04T10:00:00Z"),
        ('<meta name="DC.date.issued" content="2019-05-04">', "2019-05-04"),
        ('<meta itemprop="datePublished" content="4 أيار 2019">', "2019-05-04"),
        (
            '<script type="application/ld+json">{"@type":"NewsArticle","datePublished":"2019-05-04"}</script>',
            "2019-05-04",
        ),
        ('<link rel="canonical" href="https://x.example/2019/05/04/suq.html">', "2019-05-04"),
        ('<link rel="canonical" href="https://x.example/2019/05/suq">', "2019-05"),
        ('<link rel="canonical" href="https://x.example/news/20190504">', ""),
        ('<meta name="last-modified" content="2019-05-04">', ""),
    ],
)
def test_the_date_is_what_the_page_says_to_machines(tmp_path: Path, head: str, date: str) -> None:
    assert read(tmp_path, "", head).date == date


@pytest.mark.parametrize(
    "around",
    [
        "<header><nav><a href=/>الرئيسية</a></nav><div>الجمعة 7 نوفمبر 2025</div></header>",
        "<div class=ticker>4 مايو 2019</div>",
        "<aside><time datetime='2019-05-04'>4 مايو</time></aside>",
        "<div><span class=date>الجمعة 7 نوفمبر 2025</span></div>",
    ],
)
def test_what_stands_around_an_article_gives_no_date(tmp_path: Path, around: str) -> None:
    assert read(tmp_path, "", before=around).date == ""
    assert read(tmp_path, "", foot=around).date == ""


def test_a_date_above_the_headline_counts_in_one_box_with_it(tmp_path: Path) -> None:
    page = (
        f"<div class=top>7 نوفمبر 2025</div><article><div><p>4 أيار 2019</p><h1>ترميم السوق</h1></div>{BODY}</article>"
    )
    (tmp_path / "a.html").write_text(f"<html><head><title>س</title></head><body>{page}", encoding="utf-8")
    [article] = read_source(tmp_path / "a.html", ReadingReport())
    assert article.date == "2019-05-04"


def test_a_page_that_was_encoded_twice_is_mended_whole(tmp_path: Path) -> None:
    page = f"<html><head><title>ترميم السوق</title></head><body><h1>ترميم السوق</h1><p>بقلم: هالة السالم</p>{BODY}"
    (tmp_path / "a.html").write_text(page.encode().decode("cp1256"), encoding="utf-8")
    report = ReadingReport()
    [article] = read_source(tmp_path / "a.html", report)
    assert (article.title, article.author) == ("ترميم السوق", "هالة السالم")
    assert [problem.message for problem in report.problems] == ["was encoded as UTF-8 twice; it was decoded once more"]


@pytest.mark.parametrize(
    ("lines", "author"),
    [
        ("", ""),
        ("<span class=author>بقلم: هالة السالم</span>", "هالة السالم"),
        ("<div class=by>كتبت: هالة السالم</div>", "هالة السالم"),
        ("<span class=author>كتب - منير الساحلي</span>", "منير الساحلي"),
        ("<div>كُتب بواسطة هالة السالم</div>", "هالة السالم"),
        ("<div>كتب – منير الساحلي | الأحد 4 أيار 2019 - 10:15 ص</div>", "منير الساحلي"),
        ("<a rel=author href=/a>هالة السالم</a>", "هالة السالم"),
        ("<p>إعداد: هالة السالم</p>", "هالة السالم"),
        ("<p>كتب التاريخ كثيرة في هذا السوق العتيق وفي مكتباته الكبيرة المفتوحة للناس</p>", ""),
    ],
)
def test_the_author_is_the_name_alone(tmp_path: Path, lines: str, author: str) -> None:
    assert read(tmp_path, lines).author == author
