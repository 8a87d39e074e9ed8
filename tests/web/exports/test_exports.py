"""Results as files and articles as references, read by what others read them with."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from arsearch.corpus import Article
from arsearch.web.exports import apa, bibtex, chicago, ris
from arsearch.web.exports.lists import _cell

from ..conftest import Site, serving
from ..page import page_of

ARTICLE = Article(
    id="ar/1",
    title="سفن & بحار: 100% {من} الذهب",
    body="x",
    author="ليلى الحسن",
    date="2015-07-21",
    source="صحيفة المرفأ",
    tags=("بحر", "سفن"),
    language="ar",
)
ADDRESS = "https://example.org/a_b"
CITY = {"q": "المدينة", "mode": "lexical"}


@pytest.fixture(scope="module")
def small(corpus_index: Path) -> Iterator[Site]:
    with serving(corpus_index, max_export=12, max_page_size=5, page_size=5) as site:
        yield site


def test_references_are_written_as_their_formats_ask() -> None:
    assert apa(ARTICLE, ADDRESS, "٢١ يوليو ٢٠١٥", undated="د.ت") == (
        "ليلى الحسن. (٢١ يوليو ٢٠١٥). سفن & بحار: 100% {من} الذهب. صحيفة المرفأ. https://example.org/a_b"
    )
    assert chicago(ARTICLE, ADDRESS, "٢١ يوليو ٢٠١٥") == (
        "ليلى الحسن. «سفن & بحار: 100% {من} الذهب». صحيفة المرفأ، ٢١ يوليو ٢٠١٥. https://example.org/a_b"
    )
    entry = bibtex(ARTICLE, ADDRESS)
    assert entry.startswith("@article{ar/1,\n")
    assert r"title = {{سفن \& بحار: 100\% \{من\} الذهب}}" in entry
    assert "month = {7}" in entry
    plain = re.sub(r"\\[{}]", "", entry)
    assert plain.count("{") == plain.count("}")
    record = ris(ARTICLE, ADDRESS)
    assert record.startswith("TY  - NEWS\r\nID  - ar/1\r\n")
    assert record.endswith("\r\nER  - \r\n")
    assert "DA  - 2015/07/21\r\n" in record
    assert record.count("KW  - ") == 2


def test_an_article_of_a_body_alone_can_be_cited() -> None:
    bare = Article(id="س\nER  - ", body="أول السطر\nثانيه")
    assert apa(bare, ADDRESS, "", undated="د.ت") == "أول السطر ثانيه. (د.ت). https://example.org/a_b"
    assert chicago(bare, ADDRESS, "") == "«أول السطر ثانيه». https://example.org/a_b"
    assert bibtex(bare, ADDRESS).startswith("@article{")
    assert ris(bare, ADDRESS).count("\r\nER  - ") == 1


def test_results_are_files_up_to_a_limit_in_their_order(small: Site) -> None:
    answer = small.get("/search", **CITY, sort="date", format="csv")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="results.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.body.decode("utf-8-sig"))))
    assert len(rows) == 12
    dates = [row["date"] for row in rows]
    assert dates == sorted(dates, reverse=True)
    records = [json.loads(line) for line in small.get("/search", **CITY, sort="date", format="jsonl").text.splitlines()]
    assert [record["id"] for record in records] == [row["id"] for row in rows]
    assert "body" not in records[0]
    assert small.get("/search", **CITY, format="ris").text.count("\nER  - ") == 12
    assert small.get("/search", **CITY, format="bibtex").text.count("@article{") == 12
    assert small.get("/search", **CITY, format="xml").status == 400
    assert small.get("/search", q="؟", format="csv").status == 422


def test_the_page_of_results_leads_to_its_files(small: Site) -> None:
    page = page_of(small.get("/search", **CITY, source="صحيفة المرفأ"))
    [link] = [link for link in page.links() if link.startswith("/download")]
    offered = page_of(small.get(link))
    assert "أول ١٢ نتيجة على الأكثر" in offered.text
    files = [link for link in offered.links() if "format=" in link]
    assert len(files) == 4
    rows = list(csv.DictReader(io.StringIO(small.get(files[0]).body.decode("utf-8-sig"))))
    assert {row["source"] for row in rows} == {"صحيفة المرفأ"}
    assert small.get("/download").headers["Location"] == "/"


def test_an_article_is_cited_from_its_page(site: Site) -> None:
    answer = site.get("/article/house-of-wisdom", q="بيت")
    page = page_of(answer)
    cited = re.findall(r'<p id="cite-\w+" class="reference"[^>]*>(.*?)</p>', answer.text)
    assert len(cited) == 2
    assert all("بيت الحكمة: حين ترجمت بغداد علوم العالم" in text and "١٤ مارس ٢٠١٦" in text for text in cited)
    for link in [link for link in page.links() if "format=" in link]:
        reference = site.get(link)
        assert reference.headers["Content-Disposition"].startswith("attachment")
        assert "بيت الحكمة" in reference.text
    assert site.get("/article/house-of-wisdom", format="other").headers["Content-Type"].startswith("text/html")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx"])
def test_no_cell_is_a_formula(text: str) -> None:
    assert _cell(text) == f"'{text}"
