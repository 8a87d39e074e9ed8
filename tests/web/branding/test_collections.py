"""Several archives on one server, each with its index and its pages."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from arsearch import Settings
from arsearch.errors import SettingsError
from arsearch.web.app import create_app

from ..conftest import Site
from ..page import page_of
from .conftest import TwoArchives


def test_each_archive_answers_under_its_own_address(two_archives: TwoArchives) -> None:
    site: Site = two_archives.site
    home = page_of(site.get("/"))
    assert "/c/ships/" in home.links()
    assert "سفن الأرشيف" in home.text
    below = page_of(site.get("/c/ships/"))
    assert "سفن الأرشيف" in below.text
    page = page_of(site.get("/c/ships/search", q="سفينة", mode="lexical"))
    articles = [link for link in page.links() if link.startswith("/c/ships/article/")]
    assert articles
    assert all(link.startswith(("/c/ships/", "#")) for link in page.links())
    for link in [*articles[:2], next(page.find("link", rel="stylesheet"))["href"]]:
        assert site.get(link).status == 200
    assert site.get(articles[0].removeprefix("/c/ships")).status == 404, "the other index has other articles"
    assert json.loads(site.get("/c/ships/api/v1/search", q="سفينة").text)["total"] > 0
    assert site.get("/c/nothing/").status == 404
    assert "window" not in site.get("/c/ships/embed.js").text
    written = site.ask("PUT", "/c/ships/api/v1/articles/x", b"{}", Content_Type="application/json")
    assert written.status in (401, 403)


def test_programs_name_a_collection(two_archives: TwoArchives) -> None:
    site: Site = two_archives.site
    below = json.loads(site.get("/c/ships/api/v1/search", q="سفينة", size="1").text)
    named = json.loads(site.get("/api/v1/search", q="سفينة", size="1", collection="ships").text)
    assert named["hits"] == below["hits"] != json.loads(site.get("/api/v1/search", q="سفينة", size="1").text)["hits"]
    assert named["next"] == below["next"]
    assert site.get(named["next"]).status == 200
    [hit] = named["hits"]
    assert site.get(f"/api/v1/articles/{hit['id']}", collection="ships").status == 200
    asked = site.ask(
        "POST", "/api/v1/search?collection=ships", json.dumps({"q": "سفينة"}).encode(), Content_Type="application/json"
    )
    assert json.loads(asked.text)["total"] == named["total"]
    refused = json.loads(site.get("/api/v1/search", q="سفينة", collection="boats").text)
    assert (refused["status"], refused["errors"][0]["field"]) == (400, "collection")
    assert "ships" in refused["detail"]
    assert site.get("/api/v1/search", q="سفينة", collection=["ships", "boats"]).status == 400
    documented = json.loads(site.get("/api/v1/openapi.json").text)["paths"]["/api/v1/search"]["get"]["parameters"]
    assert {"name": "collection", "in": "query"}.items() <= documented[-1].items()


@pytest.mark.parametrize(
    ("collections", "says"),
    [
        (("Ships=x.toml",), "write NAME=FILE"),
        (("ships",), "write NAME=FILE"),
        (("ships=nowhere.toml",), "cannot be read"),
    ],
)
def test_what_is_no_collection_is_said_at_start(collections: tuple[str, ...], says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        create_app(Settings(collections=collections))


def test_a_collection_has_an_index_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text('site_name = "x"\n')
    with pytest.raises(SettingsError, match="must name an index of its own"):
        create_app(Settings(collections=(f"a={tmp_path / 'a.toml'}",)))
