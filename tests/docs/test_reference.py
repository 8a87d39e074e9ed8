"""The reference has every name that there is, whole, and no other: settings, commands, addresses, classes, files."""

from __future__ import annotations

import dataclasses
import inspect
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

import arsearch
import arsearch.client
from arsearch import Settings
from arsearch.cli import main
from arsearch.common.array_files import ArrayFile
from arsearch.index import update_index
from arsearch.web.app import create_app

from ..conftest import CORPUS
from .pages import REFERENCE, names, rows, script, sections

APPLICATION = create_app(Settings())
DOCUMENT: dict[str, Any] = APPLICATION.test_client().get("/api/v1/openapi.json").get_json()
OPERATIONS = {
    f"{method.upper()} {path}": about
    for path, methods in DOCUMENT["paths"].items()
    for method, about in methods.items()
}


def page(name: str) -> str:
    return (REFERENCE / name).read_text(encoding="utf-8")


def commands(group: click.Group, path: str = "arsearch") -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        yield f"{path} {name}", command
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {name}")


def test_the_pages_are_what_the_code_says(tmp_path: Path) -> None:
    script("generate").write_pages(tmp_path)
    for path in sorted(tmp_path.iterdir()):
        written, committed = path.read_text(encoding="utf-8"), page(path.name)
        assert written == committed, f"{path.name} is not what the code says: run `make reference`."


def test_every_setting_has_a_row_with_its_default_and_meaning() -> None:
    found = {name.strip("`"): (default, meaning) for name, _, default, meaning in rows(page("settings.md"))}
    assert list(found) == [field.name for field in dataclasses.fields(Settings)]
    for field in dataclasses.fields(Settings):
        default, meaning = found[field.name]
        written = ", ".join(field.default) if isinstance(field.default, tuple) else str(field.default)
        assert default.strip("`") == (written or "(empty)")
        assert meaning, f"the setting {field.name} has no docstring"


def test_every_command_has_a_section_with_its_options() -> None:
    found = sections(page("cli.md"), 2)
    assert list(found) == [path for path, _ in commands(main)]
    for path, command in commands(main):
        if isinstance(command, click.Group):
            continue
        flags = {flag for row in rows(found[path]) for flag in re.findall(r"`(--?[\w-]+)`", row[0])}
        assert flags == {flag for option in command.params if isinstance(option, click.Option) for flag in option.opts}
        assert all(meaning for _, meaning in rows(found[path])), f"{path} has an option without help"


def test_every_operation_has_a_section_with_its_parameters() -> None:
    found = sections(page("http.md"), 2)
    assert [name for name in found if name in OPERATIONS] == list(OPERATIONS)
    for name, about in OPERATIONS.items():
        assert names(found[name]) == [parameter["name"] for parameter in about.get("parameters", [])]


def test_every_object_of_the_api_has_a_section_with_its_members() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    found = sections(page("http.md"), 3)
    assert list(found) == list(schemas)
    for name, schema in schemas.items():
        assert names(re.split(r"^## ", found[name], flags=re.MULTILINE)[0]) == list(schema.get("properties", {}))


def test_every_other_address_has_a_row_and_a_meaning() -> None:
    of_the_api = {path.replace("{id}", "{identifier}") for path in DOCUMENT["paths"]}
    addresses = {re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule) for rule in APPLICATION.url_map.iter_rules()}
    found = sections(page("http.md"), 2)["Pages and other addresses"]
    assert set(names(found)) == addresses - of_the_api
    assert all(meaning for _, meaning in rows(found))


def test_every_problem_type_has_a_row() -> None:
    served = {row[0].strip("`"): row[1:] for row in rows(DOCUMENT["info"]["description"])}
    found = {name.strip("`"): [status, meaning] for name, status, _, meaning in rows(page("problems.md"))}
    assert found == served
    assert len(found) >= 20


def test_every_public_name_is_there() -> None:
    text = page("python.md")
    values = {name: getattr(arsearch, name) for name in arsearch.__all__}
    errors = {name for name, value in values.items() if inspect.isclass(value) and issubclass(value, Exception)}
    assert set(sections(text, 3)) == (set(values) - errors) | set(arsearch.client.__all__)
    assert set(names(sections(text, 2)["Errors"])) == errors


@pytest.mark.parametrize("name", ["SearchRequest", "SearchResults", "Hit", "Article", "IndexSummary"])
def test_every_attribute_of_a_class_is_there(name: str) -> None:
    found = names(re.split(r"^#### ", sections(page("python.md"), 3)[name], flags=re.MULTILINE)[0])
    fields = [field.name for field in dataclasses.fields(getattr(arsearch, name))]
    assert found == [field for field in fields if not field.startswith("_")]


@pytest.mark.parametrize("name", ["Searcher", "Client", "AsyncClient"])
def test_every_method_of_a_class_is_there(name: str) -> None:
    value = getattr(arsearch, name, None) or getattr(arsearch.client, name)
    members = {member for member in dir(value) if not member.startswith("_")}
    methods = {
        member for member in members if callable(getattr(value, member)) or isinstance(getattr(value, member), property)
    }
    found = {title.removeprefix(f"{name}.") for title in sections(page("python.md"), 4) if title.startswith(f"{name}.")}
    assert found == methods


@pytest.mark.slow
def test_every_file_of_an_index_is_there(tmp_path: Path, tiny_encoder: str) -> None:
    found = sections(page("index-format.md"), 2)
    settings = Settings(index=tmp_path / "index", model=tiny_encoder, extra_fields=("pages=number",))
    update_index([CORPUS], settings)
    [commit] = (settings.index / "commits").iterdir()
    manifest = json.loads((commit / "manifest.json").read_text(encoding="utf-8"))
    before_files = re.split(r"^### ", found["manifest.json"], flags=re.MULTILINE)[0]
    assert set(names(before_files)) == set(manifest) - {"checksum"}
    written = {path.relative_to(commit).as_posix() for path in commit.rglob("*") if path.is_file()}
    # Where passages have no vector yet.
    sometimes = {"semantic/waiting.npy"}
    told = set(names(found["Files of a commit"])) - sometimes
    assert told == written
    segment = ArrayFile(commit / "lexical" / "0001.arrays")
    assert set(names(found["A lexical segment"])) == {*segment.names, *segment.facts}
    for path in written:
        if path.endswith(".arrays") and not path.endswith(("/segments.arrays", "lexical/0001.arrays")):
            line = next(line for line in found["Files of a commit"].splitlines() if f"`{path}`" in line)
            assert all(f"`{name}`" in line for name in ArrayFile(commit / path).names), path


def test_each_page_is_in_the_list_of_pages() -> None:
    linked = re.findall(r"\]\(([\w-]+\.md)\)", page("index.md"))
    assert sorted(linked) == sorted(path.name for path in REFERENCE.glob("*.md") if path.name != "index.md")


@pytest.mark.parametrize("page", sorted(REFERENCE.glob("*.md")), ids=lambda page: page.stem)
def test_every_cell_of_a_reference_page_says_something(page: Path) -> None:
    for row in rows(page.read_text(encoding="utf-8")):
        assert all(row), row
        assert not re.match(r"(Required|Default|Range)\b", row[-1]), row
