"""The documentation names what there is: commands, settings, addresses."""

from __future__ import annotations

import dataclasses
import re
from typing import get_args

from arsearch import Settings
from arsearch.cli import main
from arsearch.search.results import NoticeKind
from arsearch.web.api.responses import SearchAnswer
from arsearch.web.app import create_app

from .conftest import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
ARCHITECTURE = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")


def test_every_command_and_its_options_are_in_the_readme() -> None:
    for name, command in main.commands.items():
        assert f"arsearch {name}" in README
        for option in command.params:
            for flag in option.opts:
                if flag.startswith("--") and name not in ("demo",):
                    assert flag in README, f"{name} {flag}"


def test_every_setting_is_in_the_readme_with_its_default() -> None:
    rows = dict(re.findall(r"^\| (`.*?`) \| (.*?) \|", README, flags=re.MULTILINE))
    for field in dataclasses.fields(Settings):
        [(names, defaults)] = [(names, defaults) for names, defaults in rows.items() if f"`{field.name}`" in names]
        position = [name.strip("` ") for name in names.split(",")].index(field.name)
        # A default may itself be a list with commas.
        shown = [default.strip("` ") for default in re.findall(r"`[^`]*`|[^,`]+(?=,|$)", defaults)] or [""]
        if field.name != "model":
            assert shown[position] == str(field.default)


def test_every_address_is_in_the_readme() -> None:
    for rule in create_app(Settings()).url_map.iter_rules():
        if rule.endpoint != "static":
            assert re.sub(r"<path:identifier>", "<id>", rule.rule) in README


def test_every_kind_of_notice_is_in_the_documentation_of_the_api() -> None:
    kinds = get_args(NoticeKind)
    assert len(kinds) == 6
    rows = (ROOT / "docs" / "api.md").read_text(encoding="utf-8").partition("| `notice_kind` |")[2].partition("\n\n")[0]
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
    assert f"{len(articles)} original articles" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert all(150 <= len(article.body.split()) <= 600 for article in articles)
    assert all(article.author and article.date and article.title and article.tags for article in articles)
    assert len(Counter(article.tags[0] for article in articles)) >= 8
