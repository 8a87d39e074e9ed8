"""What browsers and feed readers find by themselves."""

from __future__ import annotations

import json
from datetime import datetime
from urllib.parse import urlsplit
from xml.etree import ElementTree

import pytest

from ..conftest import EVIL, Site
from ..page import page_of

ATOM = "{http://www.w3.org/2005/Atom}"
OPENSEARCH = "{http://a9.com/-/spec/opensearch/1.1/}"


def test_opensearch(site: Site) -> None:
    answer = site.get("/opensearch.xml")
    assert answer.headers["Content-Type"].startswith("application/opensearchdescription+xml")
    description = ElementTree.fromstring(answer.text)
    assert description.tag == f"{OPENSEARCH}OpenSearchDescription"
    assert 0 < len(description.findtext(f"{OPENSEARCH}ShortName", "")) <= 16
    templates = {url.get("type"): url.get("template", "") for url in description.iter(f"{OPENSEARCH}Url")}
    assert templates["text/html"] == f"{site.address}/search?q={{searchTerms}}"
    for kind in ("text/html", "application/atom+xml", "application/x-suggestions+json"):
        address = urlsplit(templates[kind].replace("{searchTerms}", "x"))
        assert site.get(f"{address.path}?{address.query}").headers["Content-Type"].split(";")[0] == kind
    for image in description.iter(f"{OPENSEARCH}Image"):
        assert site.get(urlsplit(image.text or "").path).status == 200


def test_suggestions_complete_titles(site: Site) -> None:
    answer = site.get("/suggest", q="بيت الحك")
    query, titles = json.loads(answer.text)
    assert query == "بيت الحك"
    assert "بيت الحكمة: حين ترجمت بغداد علوم العالم" in titles
    assert json.loads(site.get("/suggest").text) == ["", []]


def test_the_manifest_installs_the_site(site: Site) -> None:
    answer = site.get("/manifest.webmanifest")
    assert answer.headers["Content-Type"] == "application/manifest+json"
    manifest = json.loads(answer.text)
    assert (manifest["lang"], manifest["dir"], manifest["start_url"]) == ("ar", "rtl", "/")
    for icon in manifest["icons"]:
        served = site.get(icon["src"])
        assert (served.status, served.headers["Content-Type"].split(";")[0]) == (200, icon["type"])


def test_every_search_has_a_feed_of_its_newest_articles(site: Site) -> None:
    page = page_of(site.get("/search", q="المدينة", tag="بيئة", page="1", sort="relevance"))
    link = next(page.find("link", rel="alternate", type="application/atom+xml"))["href"]
    assert link in page.links()
    answer = site.get(link)
    assert answer.headers["Content-Type"].startswith("application/atom+xml")
    feed = ElementTree.fromstring(answer.text)
    entries = feed.findall(f"{ATOM}entry")
    assert entries
    dates = [entry.findtext(f"{ATOM}updated", "") for entry in entries]
    assert dates == sorted(dates, reverse=True)
    assert all(datetime.fromisoformat(date).tzinfo for date in [*dates, feed.findtext(f"{ATOM}updated", "")])
    for entry in entries:
        assert "بيئة" in [category.get("term") for category in entry.findall(f"{ATOM}category")]
        assert site.get(urlsplit(entry.findtext(f"{ATOM}id", "")).path).status == 200
        assert "<mark>" in entry.findtext(f"{ATOM}summary", "") or entry.findtext(f"{ATOM}summary")
    links = {link.get("rel"): link.get("href", "") for link in feed.findall(f"{ATOM}link")}
    for address in links.values():
        assert site.get(address.removeprefix(site.address)).status == 200
    assert links["self"] == feed.findtext(f"{ATOM}id") == f"{site.address}{link}"


@pytest.mark.parametrize("query", [EVIL, "سفينة\x00\x08", "\ufffe سفينة", "a]]>b", "-- &amp;"])
def test_a_feed_of_anything_is_xml(wild_site: Site, query: str) -> None:
    answer = wild_site.get("/feed.atom", q=query)
    assert answer.status in (200, 422)
    if answer.status == 200:
        ElementTree.fromstring(answer.text)


def test_articles_of_all_dates_are_in_a_feed(wild_site: Site) -> None:
    feed = ElementTree.fromstring(wild_site.get("/feed.atom", q="سفينة", mode="lexical").text)
    assert len(feed.findall(f"{ATOM}entry")) == 11
    assert "بلا عنوان" in [title.text for title in feed.iter(f"{ATOM}title")]


def test_a_feed_that_cannot_be_says_why(site: Site) -> None:
    assert site.get("/feed.atom").headers["Location"] == "/"
    answer = site.get("/feed.atom", q="x", mode="magic")
    assert answer.status == 400
    assert "mode" in answer.text
