"""A newsroom's own page, by settings alone; and what is wrong with them is said when the server starts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from arsearch import Settings, load_settings
from arsearch.errors import SettingsError
from arsearch.web.app import create_app

from ..conftest import Site, serving
from ..page import page_of

LOGO = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"><circle cx="5" cy="5" r="5"/></svg>'


@pytest.fixture(scope="module")
def brand(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("brand")
    (folder / "logo.svg").write_text(LOGO)
    (folder / "share.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    for name in ("templates", "static"):
        (folder / name).mkdir()
    (folder / "static" / "site.css").write_text('.site-footer { background: url("mark.svg") }')
    (folder / "static" / "mark.svg").write_text(LOGO)
    (folder / "templates" / "base.html").write_text(
        '{% extends "arsearch/base.html" %}{% block footer %}<p>ذيل الصفحة {{ reader.language }}</p>{% endblock %}'
    )
    return {
        "site_name": "أرشيف المرفأ",
        "site_name_en": "The Harbour Archive",
        "logo": str(folder / "logo.svg"),
        "share_image": str(folder / "share.png"),
        "accent": "#a01020",
        "start_text": "أخبار المدينة <منذ> ١٩٧٠",
        "months": "levant",
        "display_names": ("section:مجتمع=حياة الناس", "section_en:مجتمع=Society", "source:صحيفة المرفأ=المرفأ"),
        "facets": ("year", "source"),
        "sort": "newest",
        "mode": "lexical",
        "examples": ("قهوة", "البحر"),
        "templates": str(folder / "templates"),
        "static": str(folder / "static"),
        "frame_ancestors": ("https://www.example.org",),
        "image_hosts": ("img.example.org",),
    }


@pytest.fixture(scope="module")
def branded(brand: dict[str, Any], corpus_index: Path) -> Iterator[Site]:
    with serving(corpus_index, **brand) as site:
        yield site


def test_the_first_page_is_the_newsrooms(branded: Site) -> None:
    answer = branded.get("/")
    page = page_of(answer)
    assert "أرشيف المرفأ" in page.text
    assert "أرسيرش" not in page.text
    assert "أخبار المدينة <منذ> ١٩٧٠" in page.text
    assert "ذيل الصفحة ar" in page.text
    assert [link for link in page.links() if "q=" in link] == [
        "/search?q=%D9%82%D9%87%D9%88%D8%A9",
        "/search?q=%D8%A7%D9%84%D8%A8%D8%AD%D8%B1",
    ]
    for image in page.find("img"):
        assert branded.get(image["src"]).text == LOGO
    assert next(page.find("input", type="radio", checked=""))["value"] == "lexical"
    [share] = page.find("meta", property="og:image")
    assert branded.get(share["content"].removeprefix(branded.address)).status == 200
    english = page_of(branded.asked_with(Cookie="language=en").get("/"))
    assert "The Harbour Archive" in english.text
    assert json.loads(branded.get("/manifest.webmanifest").text)["theme_color"] == "#a01020"
    assert "أرشيف المرفأ" in branded.get("/opensearch.xml").text


def test_styles_of_the_newsroom_come_after_those_of_the_pages(branded: Site) -> None:
    page = page_of(branded.get("/"))
    sheets = [link["href"] for link in page.find("link", rel="stylesheet")]
    assert [re.sub(r".*/(\w+)\.\w+\.css", r"\1", sheet) for sheet in sheets] == ["style", "brand", "site"]
    assert "#a01020" in branded.get(sheets[1]).text
    [mark] = re.findall(r'url\("(mark\.\w{10}\.svg)"\)', branded.get(sheets[2]).text)
    assert branded.get(f"/static/{mark}").text == LOGO


def test_values_have_the_names_that_readers_know(branded: Site) -> None:
    answer = branded.get("/search", q="المدينة", section="مجتمع", size="50")
    page = page_of(answer)
    assert "القسم: حياة الناس" in page.text
    assert "حياة الناس" in answer.text.split('class="tags"')[1]
    assert (
        "Section: Society"
        in page_of(branded.asked_with(Cookie="language=en").get("/search", q="المدينة", section="مجتمع")).text
    )
    assert {"q": ["المدينة"], "source": ["صحيفة المرفأ"]} in page_of(branded.get("/search", q="المدينة")).parameters()


def test_facets_their_order_months_and_the_order_of_results_are_set(branded: Site) -> None:
    answer = branded.get("/search", q="المدينة")
    assert re.findall(r'<h2 id="facet-([\w.]+)"', answer.text) == ["year", "source"]
    dates = re.findall(r'<time datetime="([\d-]+)', answer.text)
    assert dates == sorted(dates, reverse=True)
    written = " ".join(re.findall("<time.*?</time>", answer.text))
    assert re.search("كانون|شباط|آذار|نيسان|أيار|حزيران|تموز|آب|أيلول|تشرين", written)
    assert not re.search("يناير|فبراير|مارس|أبريل|مايو|يونيو|يوليو|أغسطس|سبتمبر|أكتوبر|نوفمبر|ديسمبر", written)


def test_others_may_frame_the_pages_and_give_them_images_only_where_that_is_set(branded: Site, site: Site) -> None:
    policy = branded.get("/").headers["Content-Security-Policy"]
    assert "frame-ancestors https://www.example.org" in policy
    assert "img-src 'self' img.example.org;" in policy
    policy = site.get("/").headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy
    assert "img-src 'self';" in policy


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"logo": "nowhere.svg"}, "cannot be read"),
        ({"logo": "logo.exe"}, "must end in one of"),
        ({"share_image": "logo.svg"}, "must end in one of"),
        ({"templates": "nowhere"}, "no such folder"),
        ({"static": "nowhere"}, "no such folder"),
    ],
)
def test_what_is_not_there_is_said_at_start(settings: dict[str, Any], says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        create_app(Settings(**settings))


@pytest.mark.parametrize(
    ("name", "template", "says"),
    [
        ("base.html", "<p>", "must begin with"),
        ("base.html", '{% extends "base.html" %}', "must begin with"),
        (
            "bass.html",
            '{% extends "arsearch/bass.html" %}',
            "overrides nothing. Templates are: advanced.html, api_docs.html",
        ),
        (
            "home.html",
            '{% extends "arsearch/home.html" %}\n{% block foter %}{% endblock %}',
            "line 2: home.html has no block 'foter'",
        ),
        ("home.html", "{% if %}", "line 1"),
    ],
)
def test_templates_that_override_nothing_are_refused_at_start(
    tmp_path: Path, name: str, template: str, says: str
) -> None:
    (tmp_path / name).write_text(template)
    with pytest.raises(SettingsError, match=re.escape(says)):
        create_app(Settings(templates=str(tmp_path)))


def test_display_names_are_tables_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "arsearch.toml"
    path.write_text('[display_names.section]\nsports = "رياضة، وترفيه"\n[display_names.source_en]\n"أ" = "A"\n')
    names = load_settings(config=path, environ={}).display_names
    assert names == ("section:sports=رياضة، وترفيه", "source_en:أ=A")
    path.write_text('[display_names]\nsports = "x"\n')
    with pytest.raises(SettingsError, match=r"\[display_names\]"):
        load_settings(config=path, environ={})
    with pytest.raises(SettingsError, match="FIELD is one of"):
        Settings(display_names=("colour:x=y",))


def test_a_footer_has_links_and_no_other_markup(corpus_index: Path) -> None:
    with serving(corpus_index, footer="جريدة <b> [المرفأ](https://example.org/) [x](javascript:x)") as site:
        page = page_of(site.get("/"))
        assert "https://example.org/" in page.links()
        assert "جريدة <b> المرفأ [x](javascript:x)" in page.text


def test_examples_are_made_of_the_index_and_find_something(site: Site) -> None:
    page = page_of(site.get("/"))
    examples = [link for link in page.links() if "q=" in link]
    assert 4 <= len(examples) <= 5
    assert page.text.count("بين علامتي تنصيص") == 1
    for example in examples:
        assert list(page_of(site.get(example)).find("article"))
