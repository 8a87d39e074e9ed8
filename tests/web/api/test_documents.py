"""The OpenAPI document, the routes, the models, the documentation and the interactive page say the same."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from arsearch import Settings
from arsearch.web.access_tokens import TokenFile
from arsearch.web.api.openapi import OPERATIONS, openapi_document
from arsearch.web.app import create_app
from arsearch.web.problems import PROBLEM_TYPES

from ...conftest import ROOT
from ..conftest import Site, Visit, serving

DOCUMENT = openapi_document("/", Settings())
NOT_OPERATIONS = (
    "/api/v1/openapi.json",
    "/api/v1/docs",
    "/api/v1/docs/try",
    "/api/v1/docs/<name>",
    "/api/v1/problems/<name>",
)
ARABIC = re.compile("[\u0621-\u064a]")


def operations() -> list[tuple[str, str, dict[str, Any]]]:
    return [(path, method, about) for path, methods in DOCUMENT["paths"].items() for method, about in methods.items()]


def test_the_document_is_openapi() -> None:
    validate(DOCUMENT)
    assert DOCUMENT["openapi"].startswith("3.1")


def test_the_document_describes_every_route_and_no_other() -> None:
    routes = {
        (re.sub(r"<(\w+:identifier|task)>", "{id}", rule.rule), method.lower(), rule.endpoint.partition(".")[2])
        for rule in create_app(Settings()).url_map.iter_rules()
        if rule.rule.startswith("/api/") and rule.rule not in NOT_OPERATIONS
        for method in rule.methods or () if method not in ("HEAD", "OPTIONS")
    }  # fmt: skip
    assert routes == {(path, method, about["operationId"]) for path, method, about in operations()}


def test_the_document_is_served_where_the_application_is_mounted(site: Site) -> None:
    answer = site.get("/api/v1/openapi.json")
    assert json.loads(answer.text) == DOCUMENT
    again = site.ask("GET", "/api/v1/openapi.json", If_None_Match=answer.headers["ETag"])
    assert (again.status, again.body) == (304, b"")


def test_limits_and_defaults_of_the_document_are_those_of_the_settings() -> None:
    document = openapi_document("/", Settings(max_page_size=7, page_size=3, mode="lexical", max_searches=2))
    schemas = document["components"]["schemas"]
    assert schemas["SearchQuestion"]["properties"]["size"] | {"description": ""} == {
        "type": "integer", "minimum": 1, "maximum": 7, "default": 3, "description": "",
    }  # fmt: skip
    assert schemas["SearchQuestion"]["properties"]["mode"]["default"] == "lexical"
    assert schemas["BatchQuestion"]["properties"]["searches"]["maxItems"] == 2


def test_examples_are_valid_and_some_are_arabic() -> None:
    shown = 0
    for schema in DOCUMENT["components"]["schemas"].values():
        for part in [schema, *schema.get("properties", {}).values()]:
            for example in part.get("examples", []):
                Draft202012Validator(part | {"components": DOCUMENT["components"]}).validate(example)
                shown += bool(ARABIC.search(json.dumps(example, ensure_ascii=False)))
    for _, _, about in operations():
        for parameter in about.get("parameters", []):
            for example in [parameter.get("example"), *parameter["schema"].get("examples", [])]:
                if example is not None:
                    Draft202012Validator(parameter["schema"]).validate(example)
                    shown += bool(ARABIC.search(json.dumps(example, ensure_ascii=False)))
        for content in about.get("requestBody", {}).get("content", {}).values():
            Draft202012Validator(content["schema"] | {"components": DOCUMENT["components"]}).validate(
                content["example"]
            )
    assert shown >= 10


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_a_body_has_the_members_that_an_address_has_as_parameters(operation: Any) -> None:
    if operation.method == "get" and operation.name == "search":
        parameters = {parameter["name"] for parameter in DOCUMENT["paths"]["/api/v1/search"]["get"]["parameters"]}
        assert parameters == set(DOCUMENT["components"]["schemas"]["SearchQuestion"]["properties"])


def test_a_switch_has_the_default_that_it_has() -> None:
    members = DOCUMENT["components"]["schemas"]["SearchQuestion"]["properties"]
    for parameter in DOCUMENT["paths"]["/api/v1/search"]["get"]["parameters"]:
        if members[parameter["name"]]["type"] == "boolean":
            assert parameter["schema"]["default"] == str(members[parameter["name"]]["default"]).lower()


def test_every_problem_type_is_documented_and_served(site: Site) -> None:
    assert len({problem.name for problem in PROBLEM_TYPES}) == len(PROBLEM_TYPES)
    documentation = (ROOT / "docs" / "en" / "reference" / "problems.md").read_text(encoding="utf-8")
    for problem in PROBLEM_TYPES:
        assert f"| `{problem.name}` | {problem.status.value} |" in documentation
        page = site.get(f"/api/v1/problems/{problem.name}")
        assert (page.status, problem.title in page.text) == (200, True)
        assert problem.name in DOCUMENT["info"]["description"]
    assert site.get("/api/v1/problems/nonsense").status == 404


def test_the_documentation_has_every_operation_and_parameter() -> None:
    documentation = (ROOT / "docs" / "en" / "reference" / "http.md").read_text(encoding="utf-8")
    for path, method, about in operations():
        assert f"{method.upper()} {path}" in documentation
        for parameter in about.get("parameters", []):
            assert f"`{parameter['name']}`" in documentation
    for name in DOCUMENT["components"]["schemas"]["SearchAnswer"]["properties"]:
        assert f"`{name}`" in documentation


def test_the_interactive_page_shows_the_api_and_tries_it(visit: Visit, site: Site, tmp_path: Path) -> None:
    page = visit()
    page.goto("/api/v1/docs/try")
    page.get_by_text("Search articles", exact=True).click()
    page.get_by_role("button", name="Execute").click()
    page.get_by_text("total_relation").first.wait_for()
    asked = page.locator(".request-url").inner_text()
    assert "q=" in asked
    assert "author=" not in asked  # an example of a filter, filled in, would find nothing
    assert page.locator(".opblock").count() == len(OPERATIONS)
    page.screenshot(path=tmp_path / "docs.png")


def test_what_the_interactive_page_is_made_of(site: Site) -> None:
    assert "script-src 'self'" in site.get("/api/v1/docs/try").headers["Content-Security-Policy"]
    assert "unsafe" not in site.get("/api/v1/docs/try").headers["Content-Security-Policy"]
    for name in ("swagger-ui.css", "swagger-ui-bundle.js"):
        plain = site.get(f"/api/v1/docs/{name}")
        assert plain.status == 200
        assert len(site.asked_with(Accept_Encoding="gzip").get(f"/api/v1/docs/{name}").body) < len(plain.body) / 2
        assert site.ask("GET", f"/api/v1/docs/{name}", If_None_Match=plain.headers["ETag"]).status == 304
    assert site.get("/api/v1/docs/LICENSE").status == 404
    assert site.get("/api/v1/docs/..%2f..%2ftemplates%2fbase.html").status == 404


def test_with_tokens_the_document_says_so_and_stays_readable(corpus_index: Path, tmp_path: Path) -> None:
    file = tmp_path / "tokens.json"
    TokenFile(file).create("newsroom", ["search"])
    with serving(corpus_index, tokens=str(file)) as site:
        document = json.loads(site.get("/api/v1/openapi.json").text)
        validate(document)
        [[name]] = document["security"]
        assert document["components"]["securitySchemes"][name]["scheme"] == "bearer"
        assert site.get("/api/v1/docs").status == 200
        assert site.get("/api/v1/docs/try").status == 200
        problem = json.loads(site.get("/api/v1/search", q="x").text)
        assert problem["status"] == 401
        assert problem["request_id"]
        assert site.get(problem["type"]).status == 200
    assert "security" not in DOCUMENT
