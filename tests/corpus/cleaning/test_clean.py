from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from arsearch.corpus import Article, ReadingReport, read_source
from arsearch.corpus.cleaning.boilerplate import _KNOWN_LINES, boilerplate_of, byline_author
from arsearch.corpus.cleaning.clean import Cleaner, LineCounts, line_keys, lines_with

from ...conftest import CORPUS
from ...scraped import SCRAPED_PAGES, ScrapedPage


def article(body: str, author: str = "") -> Article:
    return Article(id="1", body=body, author=author)


def clean(body: str, *recurring: str) -> str:
    return Cleaner({"s": recurring}).clean(article(body), "s").body


@pytest.mark.parametrize("page", SCRAPED_PAGES)
def test_a_scraped_page_is_clean(page: ScrapedPage) -> None:
    [scraped] = read_source(page.path, ReadingReport())
    cleaned = Cleaner({}).clean(scraped, "")
    assert cleaned.title == page.title
    assert cleaned.author == page.author
    assert cleaned.body.startswith(page.opening)
    assert cleaned.body.endswith(page.ending)
    lines = cleaned.body.split("\n")
    for heading in page.headings:
        assert heading in lines
    for boilerplate in ("Menu", "أُترك رد", "Exit mobile version", "كُتب بواسطة"):
        assert boilerplate not in cleaned.body


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
    assert boilerplate_of(line)
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
    assert not boilerplate_of(line)


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


def nowhere_else(lines: npt.NDArray[np.uint64]) -> npt.NDArray[np.int64]:
    return np.zeros(len(lines), dtype=np.int64)


def test_counts_are_those_of_beginning_anew_whatever_comes_and_goes() -> None:
    chance = random.Random(4)
    there: list[bytes] = []
    counts = LineCounts()
    for _ in range(60):
        gone = chance.sample(there, min(len(there), chance.randrange(12)))
        new = [
            line_keys(chance.choice("سص"), "\n".join(chance.sample([f"سطر {n}" for n in range(30)], 6)))
            for _ in range(chance.randrange(12))
        ]
        for page in gone:
            there.remove(page)

        keys = np.frombuffer(b"".join(there), dtype="<u8")

        def earlier(lines: npt.NDArray[np.uint64], keys: npt.NDArray[np.uint64] = keys) -> npt.NDArray[np.int64]:
            return np.array([np.count_nonzero(keys == line) for line in lines], dtype=np.int64)

        counts.update([new[:2], new[2:]], gone, earlier)
        there += new
        anew = LineCounts()
        anew.update([there], [], nowhere_else)
        assert counts.lines.tolist() == anew.lines.tolist()
        assert counts.pages.tolist() == anew.pages.tolist()
        assert counts.recurring().tolist() == anew.recurring().tolist()


def recurring(pages: list[tuple[str, str]]) -> dict[str, list[str]]:
    """The recurring lines of each source among *pages* of source and body."""
    keys_of = [line_keys(*page) for page in pages]
    counts = LineCounts()
    counts.update([keys_of[:3], keys_of[3:]], [], nowhere_else)
    keys = counts.recurring().tolist()
    found: dict[str, set[str]] = {}
    for source, body in pages:
        if lines := set(lines_with(keys, source, body).values()):
            found.setdefault(source, set()).update(lines)
    return {source: sorted(lines) for source, lines in found.items()}


def test_lines_on_many_pages_of_a_source_are_learnt_and_told() -> None:
    pages = []
    for number in range(20):
        lines = [f"نص رقم {number}", "الاشتراك  في المجلة"]
        pages.append(("الواحة", "\n".join([*lines, "خبر نادر"] if number < 3 else lines)))
        pages.append(("الفجر", f"آخر رقم {number}"))
    learnt = recurring(pages)
    assert learnt == {"الواحة": ["الاشتراك في المجلة"]}
    cleaner = Cleaner(learnt)
    body = "نص\nالاشتراك في المجلة "
    assert cleaner.clean(article(body), "الواحة").body == "نص"
    assert cleaner.clean(article(body), "الفجر").body == body
    [dropped] = cleaner.dropped()
    assert (dropped.source, dropped.line, dropped.articles) == ("الواحة", "الاشتراك في المجلة", 1)
    assert dropped.why == "on many pages of this source"


def test_a_line_counts_once_a_page_and_a_few_pages_are_not_many() -> None:
    bodies = ["\n".join([f"نص {number}", *["لازمة"] * 9] if number < 7 else [f"نص {number}"]) for number in range(40)]
    assert recurring([("س", body) for body in bodies]) == {}
    assert recurring([("س", "لازمة")] * 8) == {"س": ["لازمة"]}
    assert recurring([*[("س", "لازمة")] * 8, *[("س", "غيرها")] * 33]) == {"س": ["غيرها"]}


def test_a_line_of_one_source_is_not_that_of_another() -> None:
    pages = [line_keys("س", "لازمة"), line_keys("ص", "لازمة"), line_keys("س", "نص\nلازمة")]
    [key] = {int.from_bytes(pages[0][8:], "little")}
    assert lines_with({key}, "س", "نص\n لازمة") == {key: "لازمة"}
    assert lines_with({key}, "ص", "لازمة") == {}


def test_where_lines_were_dropped_one_empty_line_stays(tmp_path: Path) -> None:
    assert clean("أ\n\nMenu\n\n\nشارك\n\nب") == "أ\n\nب"


def test_blanks_make_no_line_too_long_to_be_furniture() -> None:
    padded = "اترك" + " " * 900 + "تعليقك هنا"
    assert line_keys("s", padded) == line_keys("s", "اترك تعليقك هنا") != line_keys("s", "")
    assert clean(f"فقرة أولى\n{padded}\nفقرة ثانية", "اترك تعليقك هنا") == "فقرة أولى\nفقرة ثانية"
    assert line_keys("s", "كلمة " * 100) == line_keys("s", "")


def test_the_first_word_tells_what_the_whole_line_does(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = {line for article in read_source(CORPUS, ReadingReport()) for line in article.body.split("\n")}
    known = (*_KNOWN_LINES, "رابط الخبر", "اقرأ أيضا")
    rests = ("", " …", "ات كثيرة في كلمة واحدة أو أكثر من ذلك", ": مدينة بعيدة وراء الجبال والبحار" * 5)
    lines |= {f"{mark}{line}{rest}" for line in known for mark in ("", "* ", "ـ" * 40) for rest in rests}
    quickly = {line: boilerplate_of(line) for line in lines}
    monkeypatch.setattr("arsearch.corpus.cleaning.boilerplate._HEAD", 1 << 30)
    assert quickly == {line: boilerplate_of(line) for line in lines}
    assert sum(map(bool, quickly.values())) > 20
    assert sum(len(line) > 32 for line, found in quickly.items() if found) > 5
