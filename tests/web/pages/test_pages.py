"""The pages over HTTP: every kind of answer, and nothing that a reader typed comes back as markup."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urljoin, urlsplit

import pytest

import arsearch

from ..conftest import EVIL, Site, serving
from ..page import Page, page_of


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
    date = next(page.find("time", datetime="2020-11-30"))
    assert "٣٠ نوفمبر ٢٠٢٠" in page.text
    assert date["title"] == "الاثنين، ٣٠ نوفمبر ٢٠٢٠ م، الموافق ١٥ ربيع الثاني ١٤٤٢ هـ"


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
        (422, "أطول من الحدّ المسموح (١٬٠٠٠ حرف أو ٦٤ كلمة)", {"q": "قهوة " * 2000}),
        (422, "أطول من الحدّ المسموح (١٬٠٠٠ حرف أو ٦٤ كلمة)", {"q": "قهوة " * 100}),
        (400, "طريقة البحث هذه غير معروفة", {"q": "قهوة", "mode": "magic"}),
        (400, "طريقة الترتيب هذه غير معروفة", {"q": "قهوة", "sort": "magic"}),
        (400, "لا صفحة بهذا الرقم", {"q": "قهوة", "page": "-1"}),
        (400, "لا صفحة بهذا الرقم", {"q": "قهوة", "page": "0"}),
        (400, "لا صفحة بهذا الرقم", {"q": "قهوة", "page": "x"}),
        (422, "هذه الصفحة أبعد مما نعرض", {"q": "قهوة", "page": "99999"}),
        (400, "عدد النتائج في الصفحة غير مقبول", {"q": "قهوة", "size": "100000"}),
        (422, "تاريخ البداية غير مفهوم", {"q": "قهوة", "from": "2015-13"}),
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
    assert {**first, "sort": ["oldest"]} in links
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
    assert "١١ نتيجة" in page.text


def test_a_page_beyond_the_end_says_so(wild_site: Site) -> None:
    page = page_of(wild_site.get("/search", q="سفينة", page="40", mode="lexical"))
    assert "تنتهي النتائج عند الصفحة ٤" in page.text
    assert {"q": ["سفينة"], "mode": ["lexical"], "page": ["4"]} in page.parameters()


def test_the_last_page_is_one_that_can_be_opened(wild_index_site_of_depth_10: Site) -> None:
    page = page_of(wild_index_site_of_depth_10.get("/search", q="سفينة", mode="lexical"))
    last = [link["page"][0] for link in page.parameters() if "page" in link][-1]
    page_of(wild_index_site_of_depth_10.get("/search", q="سفينة", mode="lexical", page=last))


@pytest.fixture
def wild_index_site_of_depth_10(wild_index: Path) -> Iterator[Site]:
    with serving(wild_index, page_size=3, max_depth=10) as site:
        yield site


def test_what_is_not_there(site: Site) -> None:
    assert "لم نعثر على هذا المقال" in page_of(site.get("/article/nothing"), 404).text
    assert "لا توجد صفحة بهذا العنوان" in page_of(site.get("/nowhere"), 404).text


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
        assert [script.get("type") for script in page.find("script")][:1] == ["module"]
        for script in page.find("script"):
            assert script in ({"type": "application/ld+json"}, {"type": "module", "src": script.get("src", "")})
            assert re.fullmatch(r"/static/page\.\w{10}\.js|", script.get("src", ""))
        assert not [attributes for _, attributes in page.elements if any(name.startswith("on") for name in attributes)]
        assert not [link for link in page.links() if not link.startswith(("/", "#"))]
    article = Page(answers[6])
    assert EVIL in article.text
    assert list(article.find("mark"))


@pytest.mark.parametrize(
    "path", ["/", "/search?q=x", "/search?q=x&page=0", "/article/house-of-wisdom", "/nowhere", "/opensearch.xml"]
)
def test_security_headers(site: Site, path: str) -> None:
    answer = site.get(path)
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"]
    assert "style=" not in answer.text, "the policy lets no inline style through"
    inline = re.findall(r"<script(?![^>]* src=)[^>]*>", answer.text)
    assert set(inline) <= {'<script type="application/ld+json">'}, "data is not run; the policy runs no inline script"


def test_everything_a_page_needs_is_there(site: Site) -> None:
    page = page_of(site.get("/search", q="القهوة"))
    for link in page.find("link"):
        assert site.get(urljoin("/", link["href"])).status == 200
    assert list(page.find("link", rel="stylesheet"))


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/search?q=" + quote("المدينة"),
        "/search?q=" + quote("المدينة القديمة"),
        "/search?q=" + quote("تاريخ القهوة في المدينة القديمة"),
        "/article/house-of-wisdom?q=" + quote("بيت الحكمة"),
    ],
)
def test_pages_are_small(site: Site, path: str) -> None:
    answer = site.asked_with(Accept_Encoding="gzip").get(path)
    assert answer.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in answer.headers["Vary"]
    assert len(answer.body) <= 10_000
    # How long a search took differs from one answer to the next.
    took = re.compile('<span class="took">.*?</span>')
    assert took.sub("", gzip.decompress(answer.body).decode()) == took.sub("", site.get(path).text)
    assert len(site.get(path).body) <= 30_000


def test_articles_with_turned_text_and_endless_words_are_shown(wild_site: Site) -> None:
    found = page_of(wild_site.get("/search", q="قلعة", mode="lexical"))
    assert len(list(found.find("article"))) == 2
    page = page_of(wild_site.get("/article/turned", q="قلعة"))
    title = page.text.split("– أرسيرش")[0]
    assert "مقلوبة" in title
    assert not re.search("[\u202a-\u202e\u2066-\u2069]", title), "nothing isolates the title of a window"
    for meta in page.find("meta"):
        assert not re.search("[\u202a-\u202e\u2066-\u2069]", meta.get("content", ""))


def test_the_page_says_whose_results_it_shows_and_leads_back(site: Site) -> None:
    page = page_of(site.get("/search", q="libya", mode="lexical"))
    assert re.search("ليس في المقالات «libya»\\..*نتائج البحث عن «ليبيا»", page.text, re.DOTALL)
    assert list(page.find("article"))
    [back] = {link for link in page.links() if "as_typed=1" in link}
    assert "لم نجد شيئًا" in page_of(site.get(back)).text
    assert "No article has “libya”" in page_of(site.asked_with(Accept_Language="en").get("/search", q="libya")).text


def test_where_operators_find_nothing_the_words_alone_are_offered(site: Site) -> None:
    page = page_of(site.get("/search", q="القهوة كاتب:لاأحد", mode="lexical"))
    assert "ابحث عن أيّ من الكلمات" in page.text


def test_a_hit_names_the_other_places_of_its_article(tmp_path: Path, tiny_encoder: str) -> None:
    body = " ".join(f"كلمة{number} سفينة" for number in range(40))
    corpus = tmp_path / "corpus.jsonl"
    records = [{"id": name, "title": "خبر", "body": body, "source": f"<{name}>"} for name in ("أ", "ب/ج")]
    corpus.write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    arsearch.build_index(corpus, tmp_path / "index", model=tiny_encoder)
    with serving(tmp_path / "index") as site:
        page = site.get("/search", q="سفينة")
        assert "نُشر أيضًا في" in page.text
        assert "&lt;ب/ج&gt;" in page.text
        assert site.get(quote("/article/ب/ج")).status == 200
        assert site.get(quote("/api/v1/articles/ب/ج/similar")).status == 200
