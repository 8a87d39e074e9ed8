"""The pages over HTTP: every kind of answer, and nothing that a reader typed comes back as markup."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import parse_qs, quote, urljoin, urlsplit
from xml.etree import ElementTree

import pytest

import arsearch
from arsearch.web.pages import counted, direction, readable_date

from .conftest import EVIL, Answer, Site, serving

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}


class Page(HTMLParser):
    """A page taken apart: its elements, its text, and whether every element is closed in its turn."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(answer.text)
        self.close()
        assert not self._open, f"never closed: {self._open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"an attribute stands twice in <{tag}>: {names}"
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def find(self, tag: str, **attributes: str) -> Iterator[dict[str, str]]:
        for name, found in self.elements:
            if name == tag and attributes.items() <= found.items():
                yield found

    def links(self) -> list[str]:
        return [link["href"] for link in self.find("a")]

    def parameters(self) -> list[dict[str, list[str]]]:
        """The parameters of every link to results."""
        return [parse_qs(urlsplit(link).query) for link in self.links() if urlsplit(link).path == "/search"]


def page_of(answer: Answer, status: int = 200) -> Page:
    assert answer.status == status, answer.text[:300]
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    page = Page(answer)
    assert dict(page.elements)["html"] == {"lang": "ar", "dir": "rtl"}
    assert len(list(page.find("h1"))) == 1
    ids = [found["id"] for _, found in page.elements if "id" in found]
    assert len(ids) == len(set(ids))
    return page


def test_home_has_the_search_and_examples_that_find_something(site: Site) -> None:
    page = page_of(site.get("/"))
    assert next(page.find("input", name="q"))["type"] == "search"
    assert [mode["value"] for mode in page.find("input", type="radio")] == ["hybrid", "lexical", "semantic"]
    assert re.search(r"في الأرشيف \d+ (مقالات|مقالًا|مقال)\.", page.text)
    examples = [link for link in page.links() if "q=" in link]
    assert len(examples) >= 4
    for example in examples:
        found = page_of(site.get(example))
        assert list(found.find("article")), f"{example} finds nothing"
        assert "هل تقصد" not in found.text


def test_an_empty_query_leads_home(site: Site) -> None:
    for path in ("/search", "/search?q=", "/search?q=%20%20", "/search?mode=lexical"):
        answer = site.get(path)
        assert (answer.status, answer.headers["Location"]) == (302, "/")


def test_a_query_is_answered_with_marked_articles(site: Site) -> None:
    page = page_of(site.get("/search", q="الاسكندريه"))
    assert "نتائج البحث عن «الاسكندريه»" in page.text
    assert "ثانية)" in page.text
    assert next(page.find("input", name="q"))["value"] == "الاسكندريه"
    assert list(page.find("mark"))
    assert any(link.startswith("/article/features/bakery-alexandria-night?q=") for link in page.links())
    assert {"datetime": "2020-11-30"} in list(page.find("time"))
    assert "30 نوفمبر 2020" in page.text


@pytest.mark.parametrize("query", ['"بيت الحكمة', 'بيت "الحكمة" "', "«بيت", "بيت -", "\u202eبيت\u0000", "a" * 999])
def test_odd_queries_are_answered(site: Site, query: str) -> None:
    page_of(site.get("/search", q=query))


@pytest.mark.parametrize("query", ["%ff%fe", "%ed%a0%80+x", "a%00b", "%F0%9F%98%80", "%"])
def test_bytes_that_are_no_text_are_no_failure_of_the_server(site: Site, query: str) -> None:
    answer = site.get(f"/search?q={query}")
    page_of(answer, answer.status)
    assert answer.status in (200, 422)


def test_common_words_are_searched_and_the_reader_told(site: Site) -> None:
    page = page_of(site.get("/search", q="من هو"))
    assert "شائعة جدًّا" in page.text
    assert list(page.find("article"))


def test_a_phrase_that_is_nowhere_is_searched_as_words(site: Site) -> None:
    assert "لا مقال فيه هذه العبارة بنصّها" in page_of(site.get("/search", q='"الحكمة بيت"', mode="lexical")).text


@pytest.mark.parametrize(
    ("status", "sentence", "parameters"),
    [
        (422, "ليس في بحثك كلمة", {"q": "؟!... ،"}),
        (422, "ليس في بحثك كلمة", {"q": "-قهوة"}),
        (422, "أطول مما نستطيع", {"q": "قهوة " * 2000}),
        (422, "أطول مما نستطيع", {"q": "قهوة " * 100}),
        (400, "طريقة البحث هذه غير معروفة", {"q": "قهوة", "mode": "magic"}),
        (400, "طريقة الترتيب هذه غير معروفة", {"q": "قهوة", "sort": "magic"}),
        (400, "لا صفحة بهذا الرقم", {"q": "قهوة", "page": "-1"}),
        (400, "لا صفحة بهذا الرقم", {"q": "قهوة", "page": "0"}),
        (400, "لا صفحة بهذا الرقم", {"q": "قهوة", "page": "x"}),
        (422, "هذه الصفحة أبعد مما نعرض", {"q": "قهوة", "page": "99999"}),
        (400, "عدد النتائج في الصفحة غير مقبول", {"q": "قهوة", "size": "100000"}),
        (400, "تاريخ البداية غير مفهوم", {"q": "قهوة", "from": "2015-13"}),
        (400, "تاريخ النهاية غير مفهوم", {"q": "قهوة", "to": "أمس"}),
        (400, "لم نفهم هذا الطلب", {"q": "قهوة", "facets": "perhaps"}),
    ],
)
def test_a_query_that_cannot_be_answered(site: Site, status: int, sentence: str, parameters: dict[str, str]) -> None:
    page = page_of(site.get("/search", **parameters), status)
    assert sentence in page.text
    assert site.get("/api/v1/search", **parameters).status == status
    ways_out = [link for link in page.links() if link.startswith("/search")]
    assert bool(ways_out) == ("q" not in _wrong(parameters))
    for link in ways_out:
        assert site.get(link).status == 200


def _wrong(parameters: dict[str, str]) -> list[str]:
    return [name for name in parameters if name != "q"] or ["q"]


def test_zero_results_help_on(site: Site) -> None:
    parameters = {"q": "قهوة", "mode": "lexical", "from": "1900", "to": "1901"}
    page = page_of(site.get("/search", **parameters))
    assert "لم نجد شيئًا عن «قهوة»" in page.text
    assert {"q": ["قهوة"], "mode": ["lexical"]} in page.parameters()
    assert {**{name: [value] for name, value in parameters.items()}, "mode": ["hybrid"]} in page.parameters()


def test_a_misspelt_word_is_suggested(site: Site) -> None:
    page = page_of(site.get("/search", q="القهووة", mode="lexical", tag="x"))
    assert "هل تقصد" in page.text
    assert {"q": ["القهوة"], "mode": ["lexical"], "tag": ["x"]} in page.parameters()


def test_links_keep_parameters(site: Site) -> None:
    first = {"q": ["المدينة القديمة"], "mode": ["lexical"], "size": ["2"], "tag": ["بيئة", "مجتمع"], "from": ["2015"]}
    given = {**first, "page": ["2"]}
    page = page_of(site.get("/search", **given))
    links = page.parameters()
    assert {**first, "mode": ["semantic"]} in links
    assert {**first, "sort": ["date"]} in links
    assert {**first, "page": ["1"]} in links
    assert {**first, "page": ["3"]} in links
    assert {**first, "tag": ["مجتمع"]} in links, "one filter taken away"
    assert {name: first[name] for name in ("q", "mode", "size")} in links, "all filters taken away"
    assert next(page.find("a", rel="prev"))["href"].endswith("page=1")
    assert next(page.find("a", rel="next"))["href"].endswith("page=3")
    hit = next(link for link in page.links() if link.startswith("/article/"))
    back = page_of(site.get(hit)).parameters()[0]
    assert back == given, "an article leads back to the very page it was found on"


def test_parameters_of_links_cannot_change_where_they_lead(site: Site) -> None:
    answer = site.get("/search?q=x&endpoint=a&_external=1&_scheme=javascript&_anchor=b&identifier=c")
    page = page_of(answer)
    assert all(urlsplit(link)[:2] == ("", "") for link in page.links())


def test_a_new_query_keeps_filters_but_not_the_page(site: Site) -> None:
    page = page_of(site.get("/search", q="ماء", tag=["بيئة", "علوم"], page="1", sort="date"))
    hidden = [(field["name"], field["value"]) for field in page.find("input", type="hidden")]
    assert {("sort", "date"), ("tag", "بيئة"), ("tag", "علوم")} <= set(hidden)
    assert "page" not in dict(hidden)


def test_pages_lead_through_all_results_once(wild_site: Site) -> None:
    seen: list[str] = []
    steps = 0
    path = f"/search?q={quote('سفينة')}&mode=lexical"
    while path:
        page = page_of(wild_site.get(path))
        seen += [urlsplit(link).path for link in page.links() if link.startswith("/article/")]
        path = next((link["href"] for link in page.find("a", rel="next")), "")
        steps += 1
    assert (steps, len(seen), len(set(seen))) == (4, 11, 11)
    assert not list(page.find("a", rel="next"))
    assert "11 نتيجة" in page.text


def test_a_page_beyond_the_end_says_so(wild_site: Site) -> None:
    page = page_of(wild_site.get("/search", q="سفينة", page="40", mode="lexical"))
    assert "تنتهي النتائج عند الصفحة 4" in page.text
    assert {"q": ["سفينة"], "mode": ["lexical"], "page": ["4"]} in page.parameters()


def test_the_last_page_is_one_that_can_be_opened(wild_index_site_of_depth_10: Site) -> None:
    page = page_of(wild_index_site_of_depth_10.get("/search", q="سفينة", mode="lexical"))
    last = [link["page"][0] for link in page.parameters() if "page" in link][-1]
    page_of(wild_index_site_of_depth_10.get("/search", q="سفينة", mode="lexical", page=last))


@pytest.fixture
def wild_index_site_of_depth_10(wild_index: Path) -> Iterator[Site]:
    with serving(wild_index, page_size=3, max_depth=10) as site:
        yield site


def test_an_article(site: Site) -> None:
    page = page_of(site.get("/article/house-of-wisdom", q="الحكمه"))
    assert "بيت الحكمة: حين ترجمت بغداد علوم العالم" in page.text
    assert "14 مارس 2016" in page.text
    assert list(page.find("mark"))
    assert "https://example.org/house-of-wisdom" in page.links()
    assert {"q": ["الحكمه"]} in page.parameters()
    assert "مقالات قريبة" in page.text
    similar = [link for link in page.links() if link.startswith("/article/")]
    assert len(similar) == 5
    for link in similar:
        page_of(site.get(link))


def test_an_article_without_a_query_marks_nothing(site: Site) -> None:
    page = page_of(site.get("/article/house-of-wisdom"))
    assert not list(page.find("mark"))
    assert "عُد إلى" not in page.text


def test_what_is_not_there(site: Site) -> None:
    assert "هذا المقال ليس هنا" in page_of(site.get("/article/nothing"), 404).text
    assert "لا صفحة في هذا العنوان" in page_of(site.get("/nowhere"), 404).text


def test_without_an_index_the_pages_say_so(site_without_index: Site) -> None:
    for path in ("/", "/search?q=x", "/article/x"):
        page = page_of(site_without_index.get(path), 503)
        assert "البحث غير متاح الآن" in page.text
        assert "nothing" not in page.text, "the place of the index is nobody's business"


def test_without_its_model_words_are_searched(site_without_model: Site) -> None:
    page = page_of(site_without_model.get("/search", q="سفينة"))
    assert "البحث بالمعنى غير متاح الآن" in page.text
    assert list(page.find("article"))


def test_nothing_typed_or_indexed_becomes_markup(wild_site: Site) -> None:
    attack = f"{EVIL}\"><script>x</script>'سفينة"
    answers = [
        wild_site.get("/search", q=attack),
        wild_site.get("/search", q=attack, mode=attack),
        wild_site.get("/search", q="سفينة", tag=attack, author=attack, source=attack),
        wild_site.get("/search", q=attack, sort=attack, page=attack),
        wild_site.get("/search", **{"q": attack, "from": attack}),
        wild_site.get("/search", q="سفينة alert", mode="lexical", size="20"),
        wild_site.get("/article/evil/article", q=attack),
        wild_site.get("/article/evil/article"),
        wild_site.get("/article/x%3Cscript%3E"),
    ]
    for answer in answers:
        page = page_of(answer, answer.status)
        assert not list(page.find("script"))
        assert not [attributes for _, attributes in page.elements if any(name.startswith("on") for name in attributes)]
        assert not [link for link in page.links() if not link.startswith(("/", "#"))]
    article = Page(answers[6])
    assert EVIL in article.text
    assert list(article.find("mark"))


def test_an_article_of_few_words_is_still_shown(wild_site: Site) -> None:
    page = page_of(wild_site.get("/article/bare", q="سفينة"))
    assert "بلا عنوان" in page.text
    assert "اقرأ المقال في موقعه الأصلي" not in page.text


def test_arabic_is_read_from_the_right_whatever_its_first_word(wild_site: Site) -> None:
    page = page_of(wild_site.get("/article/evil/article"))
    assert [paragraph.get("dir") for paragraph in page.find("p") if "dir" in paragraph] == ["rtl", "auto", "rtl"]
    assert direction("GPS: ساعات في السماء") == "rtl"
    assert direction("What is DNA?") == direction("") == direction("2015") == "auto"


@pytest.mark.parametrize(
    "path", ["/", "/search?q=x", "/search?q=x&page=0", "/article/house-of-wisdom", "/nowhere", "/opensearch.xml"]
)
def test_security_headers(site: Site, path: str) -> None:
    answer = site.get(path)
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"]
    assert "style=" not in answer.text, "the policy lets no inline style through"
    assert "<script" not in answer.text


def test_everything_a_page_needs_is_there(site: Site) -> None:
    page = page_of(site.get("/search", q="القهوة"))
    for link in page.find("link"):
        assert site.get(urljoin("/", link["href"])).status == 200
    assert list(page.find("link", rel="stylesheet"))


def test_opensearch(site: Site) -> None:
    answer = site.get("/opensearch.xml")
    assert answer.headers["Content-Type"].startswith("application/opensearchdescription+xml")
    description = ElementTree.fromstring(answer.text)
    space = "{http://a9.com/-/spec/opensearch/1.1/}"
    assert description.tag == f"{space}OpenSearchDescription"
    assert 0 < len(description.findtext(f"{space}ShortName", "")) <= 16
    templates = {url.get("type"): url.get("template") for url in description.iter(f"{space}Url")}
    assert templates["text/html"] == f"{site.address}/search?q={{searchTerms}}"


@pytest.mark.parametrize(
    ("count", "results", "articles"),
    [
        (0, "0 نتيجة", "0 مقال"),
        (1, "نتيجة واحدة", "مقال واحد"),
        (2, "نتيجتان", "مقالان"),
        (3, "3 نتائج", "3 مقالات"),
        (10, "10 نتائج", "10 مقالات"),
        (11, "11 نتيجة", "11 مقالًا"),
        (99, "99 نتيجة", "99 مقالًا"),
        (100, "100 نتيجة", "100 مقال"),
        (102, "102 نتيجة", "102 مقال"),
        (103, "103 نتائج", "103 مقالات"),
        (1_711, "1,711 نتيجة", "1,711 مقالًا"),
        (1_000_000, "1,000,000 نتيجة", "1,000,000 مقال"),
    ],
)
def test_counted_nouns_agree_with_their_number(count: int, results: str, articles: str) -> None:
    assert counted(count, "result") == results
    assert counted(count, "article") == articles


@pytest.mark.parametrize(
    ("date", "shown"),
    [
        ("2015-07-21", "21 يوليو 2015"),
        ("2015-07-01T23:59:59+02:00", "1 يوليو 2015"),
        ("20150721", "21 يوليو 2015"),
        ("2015-07", "يوليو 2015"),
        ("2015", "2015"),
        ("2015-13", "2015-13"),
        ("أمس", "أمس"),
        ("", ""),
    ],
)
def test_dates_are_written_for_readers(date: str, shown: str) -> None:
    assert readable_date(date) == shown


def test_a_hit_names_the_other_places_of_its_article(tmp_path: Path, tiny_encoder: str) -> None:
    body = " ".join(f"كلمة{number} سفينة" for number in range(40))
    corpus = tmp_path / "corpus.jsonl"
    records = [{"id": name, "title": "خبر", "body": body, "source": f"<{name}>"} for name in ("أ", "ب/ج")]
    corpus.write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    arsearch.build_index(corpus, tmp_path / "index", model=tiny_encoder)
    with serving(tmp_path / "index") as site:
        page = site.get("/search", q="سفينة")
        assert "نُشر أيضا في" in page.text
        assert "&lt;ب/ج&gt;" in page.text
        assert site.get(quote("/article/ب/ج")).status == 200
        assert site.get(quote("/api/v1/articles/ب/ج/similar")).status == 200
