"""Facets put filters on and off, and an empty answer says what would find something."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlencode, urlsplit

from ..conftest import Answer, Site
from ..page import page_of

TOTAL = re.compile(r"data-announce[^>]*>(\d+|نتيجة واحدة|نتيجتان)")


VALUE = re.compile(r'<a href="([^"]*)"( class="selected")?.*?<span class="count">(.*?)</span>')


def total(answer: Answer) -> int:
    [shown] = TOTAL.findall(answer.text)
    return {"نتيجة واحدة": 1, "نتيجتان": 2}.get(shown) or int(shown)


def facets(answer: Answer) -> dict[str, list[tuple[str, int, bool]]]:
    """The address, count and state of every value, by facet."""
    aside = re.sub(r"\n", "", answer.text.split('<aside id="filters"')[1].split("</aside>")[0])
    groups: dict[str, list[tuple[str, int, bool]]] = {}
    for name, values in re.findall(r'<ul class="facet (\w+)">(.*?)</ul>', aside):
        for address, chosen, count in re.findall(
            r'<a href="([^"]*)"( class="selected")?.*?<span class="count">(.*?)</span>', values
        ):
            groups.setdefault(name, []).append((address.replace("&amp;", "&"), int(count), bool(chosen)))
    return groups


def test_every_facet_value_finds_as_many_as_it_says(site: Site) -> None:
    answer = site.get("/search", q="المدينة", mode="lexical")
    groups = facets(answer)
    assert set(groups) == {"section", "source", "author", "year"}
    for values in groups.values():
        for address, count, chosen in values[:3]:
            assert not chosen
            assert total(site.get(address)) == count


def test_values_of_one_facet_are_alternatives_and_are_taken_away_one_by_one(site: Site) -> None:
    everything = site.get("/search", q="المدينة", mode="lexical")
    (first, one, _), (_, other, _) = facets(everything)["source"][:2]
    narrowed = site.get(first)
    assert total(narrowed) == one
    sources = facets(narrowed)["source"]
    assert [chosen for _, _, chosen in sources] == [True] + [False] * (len(sources) - 1)
    assert len(sources) == len(facets(everything)["source"]), "the other sources can still be added"
    both = site.get(sources[1][0])
    assert total(both) == one + other
    assert sum(chosen for _, _, chosen in facets(both)["source"]) == 2
    assert total(site.get(facets(both)["source"][0][0])) == other


def test_a_year_is_one_filter(site: Site) -> None:
    answer = site.get("/search", q="المدينة", mode="lexical")
    address, count, _ = facets(answer)["year"][0]
    narrowed = site.get(address)
    assert total(narrowed) == count
    chip = re.findall(r"السنة: <bdi>(.*?)</bdi>", narrowed.text)
    assert len(chip) == 1
    again = facets(narrowed)["year"][0]
    assert again[2]
    assert "from" not in parse_qs(urlsplit(again[0]).query)
    assert total(site.get(again[0])) == total(answer)


def test_a_section_is_the_first_tag(site: Site) -> None:
    answer = site.get("/search", q="المدينة", mode="lexical", size="50")
    section = parse_qs(urlsplit(facets(answer)["section"][0][0]).query)["section"][0]
    narrowed = site.get("/search", q="المدينة", mode="lexical", section=section)
    for tags in re.findall(r'<ul class="tags".*?</ul>', narrowed.text, flags=re.DOTALL):
        assert re.findall(r"<bdi[^>]*>(.*?)</bdi>", tags)[0] == section


def test_a_filter_nobody_offers_can_be_taken_away(site: Site) -> None:
    page = page_of(site.get("/search", q="المدينة", mode="lexical", source=["صحيفة المرفأ", "لا أحد"]))
    assert {"q": ["المدينة"], "mode": ["lexical"], "source": ["صحيفة المرفأ"]} in page.parameters()


def wider_searches(answer: Answer) -> dict[str, str]:
    found = answer.text.split('<ul class="wider-searches">')[1].split("</ul>")[0]
    return {
        re.sub("<[^>]*>", "", text): address.replace("&amp;", "&")
        for address, text in re.findall(r'<a href="([^"]*)">(.*?)</a>', found)
    }


def test_relaxations_find_what_they_promise(site: Site) -> None:
    answer = site.get("/search", q="قهوة", mode="lexical", source="صحيفة المرفأ", **{"from": "1900", "to": "1901"})
    assert "بحثنا عن هذه الكلمات بكل صور كتابتها، ضمن (المصدر: <bdi" in answer.text
    found = wider_searches(answer)
    assert "ابحث من دون أي تصفية" in found
    for address in found.values():
        assert total(site.get(address)) > 0


def test_each_relaxation_is_the_one_that_helps(site: Site, wild_site: Site) -> None:
    old = {"from": "1900", "to": "1901"}
    assert "ابحث في كل التواريخ" in offers(site, q="قهوة", mode="lexical", **old)
    assert "ابحث من دون التصفية بحسب الكاتب" in offers(site, q="قهوة", mode="lexical", author="لا أحد")
    assert "هل تقصد «القهوة»؟" in offers(site, q="القهظوة", mode="lexical", as_typed="1")
    assert "ابحث من دون استثناء أي كلمة" in offers(wild_site, q="قلعة -قلعة", mode="lexical")
    assert "ابحث من دون التصفية بحسب الكاتب" not in offers(site, q="قهوة", mode="lexical", author="لا أحد", **old)


def offers(site: Site, **parameters: str) -> dict[str, str]:
    return wider_searches(site.get("/search", **parameters))


def test_words_that_are_nowhere_are_not_promised_anything_by_words(site: Site) -> None:
    answer = site.get("/search", q="qqqqq", mode="lexical", tag="لا شيء")
    page = page_of(answer)
    assert "لم نجد شيئًا" in page.text
    assert "جرّب بدلًا من ذلك" not in page.text or wider_searches(answer)


AUTHOR = re.compile(r'<p class="suggestion author"><a href="([^"]*)">(.*?)</a>')


def test_a_query_that_is_the_name_of_an_author_offers_the_authors_articles(site: Site) -> None:
    address, count, _ = facets(site.get("/search", q="المدينة", mode="lexical"))["author"][0]
    [name] = parse_qs(urlsplit(address).query)["author"]
    answer = site.get("/search", q=name, mode="lexical")
    [(offered, text)] = AUTHOR.findall(answer.text)
    assert text == f"مقالات بقلم <bdi>{name}</bdi>"
    assert parse_qs(urlsplit(offered.replace("&amp;", "&")).query)["author"] == [name]
    narrowed = site.get(offered.replace("&amp;", "&"))
    assert total(narrowed) >= count
    assert not AUTHOR.findall(narrowed.text)
    english = site.ask("GET", f"/search?{urlencode({'q': name, 'mode': 'lexical'})}", Cookie="language=en")
    assert re.search(f"Articles written by <bdi[^>]*>{name}</bdi>", english.text)


def test_other_queries_offer_no_author(site: Site) -> None:
    assert not AUTHOR.findall(site.get("/search", q="المدينة", mode="lexical").text)
