"""Numbers, counted nouns and dates, in the words and digits of the reader."""

from __future__ import annotations

import datetime

import pytest
from flask import Flask, render_template_string

from arsearch import Settings
from arsearch.web.app import create_app
from arsearch.web.pages.dates import date_in_words, full_date
from arsearch.web.pages.preferences import preferences_of_reader

TODAY = datetime.date(2024, 3, 20)
ARABIC, LATIN, ENGLISH = "language=ar", "language=ar; digits=latin", "language=en"


@pytest.fixture(scope="module")
def app() -> Flask:
    return create_app(Settings())


def written(app: Flask, template: str, cookie: str = ARABIC, **values: object) -> str:
    with app.test_request_context("/", headers={"Cookie": cookie}):
        return render_template_string(template, **values)


@pytest.mark.parametrize(
    ("count", "arabic", "latin", "english"),
    [
        (0, "لا نتائج", "لا نتائج", "0 results"),
        (1, "نتيجة واحدة", "نتيجة واحدة", "1 result"),
        (2, "نتيجتان", "نتيجتان", "2 results"),
        (3, "٣ نتائج", "3 نتائج", "3 results"),
        (10, "١٠ نتائج", "10 نتائج", "10 results"),
        (11, "١١ نتيجة", "11 نتيجة", "11 results"),
        (99, "٩٩ نتيجة", "99 نتيجة", "99 results"),
        (100, "١٠٠ نتيجة", "100 نتيجة", "100 results"),
        (103, "١٠٣ نتائج", "103 نتائج", "103 results"),
        (1_711, "١٬٧١١ نتيجة", "1,711 نتيجة", "1,711 results"),
        (1_000_000, "١٬٠٠٠٬٠٠٠ نتيجة", "1,000,000 نتيجة", "1,000,000 results"),
    ],
)
def test_results_are_counted_in_the_readers_language(
    app: Flask, count: int, arabic: str, latin: str, english: str
) -> None:
    template = '{{ ngettext("%(shown)s result", "%(shown)s results", count, shown=count|number) }}'
    for cookie, shown in ((ARABIC, arabic), (LATIN, latin), (ENGLISH, english)):
        assert written(app, template, cookie, count=count) == shown


@pytest.mark.parametrize(
    ("count", "shown"),
    [
        (0, "ليس في الأرشيف مقال بعد."),
        (1, "في الأرشيف مقال واحد."),
        (2, "في الأرشيف مقالان."),
        (7, "في الأرشيف ٧ مقالات."),
        (72, "في الأرشيف ٧٢ مقالًا."),
        (100, "في الأرشيف ١٠٠ مقال."),
        (29_052, "في الأرشيف ٢٩٬٠٥٢ مقالًا."),
    ],
)
def test_articles_are_counted(app: Flask, count: int, shown: str) -> None:
    one, many = "%(shown)s article in the archive", "%(shown)s articles in the archive"
    assert written(app, "{{ ngettext(one, many, n, shown=n|number) }}", one=one, many=many, n=count) == shown


def test_more_than_were_counted_are_said_to_be_more(app: Flask) -> None:
    template = '{{ ngettext("%(shown)s result or more", "%(shown)s results or more", n, shown=n|number) }}'
    assert written(app, template, n=2) == "نتيجتان أو أكثر"
    assert written(app, template, n=200) == "٢٠٠ نتيجة أو أكثر"


def test_constants_are_written_for_each_reader(app: Flask) -> None:
    """Jinja applies filters to constants once for all readers, when it compiles a template, unless kept from it."""
    template = app.jinja_env.from_string('{{ 0.01|number("0.00") }} {{ "2015"|date_in_words }} {{ "x9"|with_digits }}')
    for cookie, shown in ((ARABIC, "٠٫٠١ ٢٠١٥ x٩"), (ENGLISH, "0.01 2015 x9"), (ARABIC, "٠٫٠١ ٢٠١٥ x٩")):
        with app.test_request_context("/", headers={"Cookie": cookie}):
            context: dict[str, object] = {}
            app.update_template_context(context)
            assert template.render(context) == shown


@pytest.mark.parametrize(
    ("date", "arabic", "english"),
    [
        ("2024-03-20", "اليوم", "today"),
        ("2024-03-20T23:59:59+03:00", "اليوم", "today"),
        ("2024-03-19", "أمس", "yesterday"),
        ("2024-03-18", "منذ يومين", "2 days ago"),
        ("2024-03-17", "منذ ٣ أيام", "3 days ago"),
        ("2024-03-13", "منذ أسبوع", "1 week ago"),
        ("2024-03-10", "منذ ١٠ أيام", "10 days ago"),
        ("2024-03-09", "منذ ١١ يومًا", "11 days ago"),
        ("2024-03-06", "منذ أسبوعين", "2 weeks ago"),
        ("2024-02-28", "منذ ٣ أسابيع", "3 weeks ago"),
        ("2024-02-20", "منذ ٢٩ يومًا", "29 days ago"),
        ("2024-02-19", "١٩ فبراير ٢٠٢٤", "February 19, 2024"),
        ("2015-07-21", "٢١ يوليو ٢٠١٥", "July 21, 2015"),
        ("20150721", "٢١ يوليو ٢٠١٥", "July 21, 2015"),
        ("2024-03-21", "٢١ مارس ٢٠٢٤", "March 21, 2024"),
        ("2015-07", "يوليو ٢٠١٥", "July 2015"),
        ("2015", "٢٠١٥", "2015"),
        ("2015-13", "٢٠١٥-١٣", "2015-13"),
        ("أمس", "أمس", "أمس"),
        ("", "", ""),
    ],
)
def test_dates_are_in_the_readers_words(app: Flask, date: str, arabic: str, english: str) -> None:
    for cookie, shown in ((ARABIC, arabic), (ENGLISH, english)):
        with app.test_request_context("/", headers={"Cookie": cookie}):
            assert date_in_words(date, TODAY, preferences_of_reader()) == shown


def test_dates_of_filters_are_not_relative(app: Flask) -> None:
    today = datetime.date.today().isoformat()
    assert written(app, "{{ date|plain_date }}", ENGLISH, date=today).endswith(today[:4])
    assert written(app, "{{ date|plain_date }}", date="2015-07") == "يوليو ٢٠١٥"


@pytest.mark.parametrize(
    ("date", "cookie", "shown"),
    [
        ("2015-07-21", ARABIC, "الثلاثاء، ٢١ يوليو ٢٠١٥ م، الموافق ٥ شوال ١٤٣٦ هـ"),
        ("2015-07-21", LATIN, "الثلاثاء، 21 يوليو 2015 م، الموافق 5 شوال 1436 هـ"),
        ("2015-07-21", ENGLISH, "Tuesday, July 21, 2015 (5 Shawwal 1436 AH)"),
        ("1900-01-01", ARABIC, "الاثنين، ١ يناير ١٩٠٠"),
        ("2090-01-01", ENGLISH, "Sunday, January 1, 2090"),
        ("2015-07", ARABIC, "يوليو ٢٠١٥"),
        ("", ARABIC, ""),
    ],
)
def test_full_dates_have_both_calendars(app: Flask, date: str, cookie: str, shown: str) -> None:
    with app.test_request_context("/", headers={"Cookie": cookie}):
        assert full_date(date, preferences_of_reader()) == shown


@pytest.mark.parametrize(
    ("text", "arabic", "english"),
    [
        ("GPS: ساعات في السماء", 'dir="rtl"< dir="rtl">', 'dir="rtl" lang="ar"< dir="rtl" lang="ar">'),
        ("ساعات في السماء", 'dir="rtl"<>', 'dir="rtl" lang="ar"< dir="rtl" lang="ar">'),
        ("What is DNA?", 'dir="auto"<>', 'dir="auto"<>'),
        ("2015", 'dir="auto"<>', 'dir="auto"<>'),
    ],
)
def test_arabic_is_written_from_the_right_whatever_its_first_word(
    app: Flask, text: str, arabic: str, english: str
) -> None:
    for cookie, shown in ((ARABIC, arabic), (ENGLISH, english)):
        assert written(app, "{{ text|written }}<{{ text|isolated }}>", cookie, text=text) == shown
