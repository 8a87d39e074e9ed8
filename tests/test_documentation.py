"""README, architecture and demonstration corpus are as they are described; tests/docs/ has the rest."""

from __future__ import annotations

import re
from typing import get_args

import pytest

from arsearch.search.results import NoticeKind
from arsearch.web.api.responses import SearchAnswer

from .conftest import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
GUIDE = ROOT / "docs" / "en" / "how-to" / "call-the-api.md"
ARCHITECTURE = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["README.md", "README.ar.md"])
def test_the_readme_is_short_and_its_links_lead_somewhere(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 120
    links = [link for link in re.findall(r"\]\(([^)]+)\)", text) if not link.startswith("http")]
    assert len(links) >= 5
    for link in links:
        assert (ROOT / link).exists(), link


def test_every_kind_of_notice_is_in_the_documentation_of_the_api() -> None:
    kinds = get_args(NoticeKind)
    assert len(kinds) == 9
    rows = GUIDE.read_text(encoding="utf-8").partition("| `notice_kind` |")[2].partition("\n\n")[0]
    assert re.findall(r"^\| `([^`]+)` \|", rows, flags=re.MULTILINE) == sorted(kinds)
    properties = SearchAnswer.model_json_schema()["properties"]
    assert properties["notice_kind"]["anyOf"][0]["enum"] == list(kinds)


def test_every_picture_of_the_readme_is_there() -> None:
    pictures = re.findall(r"!\[[^]]+\]\(([^)]+)\)", README)
    assert len(pictures) >= 4
    for picture in pictures:
        assert (ROOT / picture).is_file()


def test_every_package_is_in_the_architecture() -> None:
    for path in (ROOT / "src" / "arsearch").iterdir():
        if path.name not in ("__pycache__", "__main__.py"):
            assert path.name in ARCHITECTURE


def test_the_demonstration_corpus_is_as_described() -> None:
    from collections import Counter

    from arsearch.corpus import ReadingReport, read_source

    report = ReadingReport()
    articles = list(read_source(ROOT / "corpus", report))
    assert report.problems == []
    assert len({article.id for article in articles}) == len(articles) >= 60
    assert all(150 <= len(article.body.split()) <= 600 for article in articles)
    assert all(article.author and article.date and article.title and article.tags for article in articles)
    assert len(Counter(article.tags[0] for article in articles)) >= 8
