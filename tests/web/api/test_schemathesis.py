"""Schemathesis asks the running server what its own document promises, and much that it does not.

Cases are made when the test runs, not when it is collected: that takes seconds, and every process of a run collects.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.config import SchemathesisConfig
from schemathesis.generation.feedback import FeedbackSources
from schemathesis.pytest._test_builder import build_operation_test
from schemathesis.python._constants.orchestrator import make_constants_value_source

import arsearch
from arsearch import Settings
from arsearch.index.writes.apply import LogApplier
from arsearch.web.access_tokens import TokenFile
from arsearch.web.api import openapi
from arsearch.web.api.openapi import openapi_document

from ..conftest import Site, serving

pytestmark = [pytest.mark.slow, pytest.mark.fuzz]

EXAMPLES = int(os.environ.get("ARSEARCH_TEST_API_EXAMPLES", "8"))
# Every check there is, with its own defaults but one: a schema cannot say which texts have a word in them, which days
# there are and which cursors were given, so what is valid may be told that it cannot be searched.
CONFIG = SchemathesisConfig.from_dict(
    {
        "seed": 20150721,
        "checks": {
            "enabled": True,
            "positive_data_acceptance": {"expected-statuses": ["2xx", "404", "410", "422"]},
        },
    }
)
# What is no article may still be mended into one, and what is one for the schema may lack a word, be of another version
# than If-Match says, or not be there.
WRITES_CONFIG = SchemathesisConfig.from_dict(
    {
        "seed": 20150721,
        "checks": {
            "enabled": True,
            "negative_data_rejection": {"enabled": False},
            "positive_data_acceptance": {"expected-statuses": ["2xx", "400", "404", "412", "422"]},
        },
    }
)
DOCUMENT = openapi_document("/", Settings())
DOCUMENT_WITH_TOKENS = openapi_document("/", Settings(tokens="tokens.json"))
OPERATIONS = [f"{method.upper()} {path}" for path, methods in DOCUMENT["paths"].items() for method in methods]
WRITES = [f"{operation.method.upper()} /api/v1{operation.path}" for operation in openapi.OPERATIONS if operation.writes]
unhurried = settings(
    max_examples=EXAMPLES, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck), database=None
)


@pytest.fixture(scope="module")
def api() -> Any:
    return schemathesis.openapi.from_dict(DOCUMENT, config=CONFIG)


@schemathesis.serializer("application/x-ndjson")  # type: ignore[untyped-decorator, unused-ignore]
def lines(_: Any, value: Any) -> bytes:
    """A text as it is."""
    return value.encode("utf-8", "replace") if isinstance(value, str) else json.dumps(value).encode()


@pytest.fixture(scope="module")
def writing() -> Any:
    return schemathesis.openapi.from_dict(DOCUMENT_WITH_TOKENS, config=WRITES_CONFIG)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, tiny_encoder: str) -> Iterator[tuple[str, str]]:
    """The address of a server that takes writes, and a token for it."""
    folder = tmp_path_factory.mktemp("desk")
    (folder / "corpus.jsonl").write_text('{"id": "house-of-wisdom", "body": "قمر ونجم"}', encoding="utf-8")
    token = TokenFile(folder / "tokens.json").create("desk", ["write"])
    arsearch.build_index([folder / "corpus.jsonl"], folder / "index", model=tiny_encoder, settings=Settings())
    stop = threading.Event()
    applier = threading.Thread(target=LogApplier(Settings(index=folder / "index")).run, args=(stop.is_set,))
    applier.start()
    with serving(folder / "index", model=tiny_encoder, tokens=str(folder / "tokens.json")) as site:
        yield site.address, token
    stop.set()
    applier.join()


@pytest.mark.parametrize("label", [label for label in OPERATIONS if label not in WRITES])
def test_the_server_does_what_its_document_says(api: Any, site: Site, label: str) -> None:
    ask(api, label, base_url=site.address)


@pytest.mark.parametrize("label", WRITES)
def test_the_server_writes_as_its_document_says(writing: Any, desk: tuple[str, str], label: str) -> None:
    ask(writing, label, base_url=desk[0], headers={"Authorization": f"Bearer {desk[1]}"})


def ask(api: Any, label: str, **options: Any) -> None:
    """As ``api.parametrize()`` would make of it, whose cases of all phases are made when tests are collected."""
    [operation] = [each.ok() for each in api.get_all_operations() if each.ok().label == label]

    def check(case: Any) -> None:
        case.call_and_validate(**options)

    feedback = FeedbackSources(constants_value_source=make_constants_value_source(api))
    build_operation_test(
        config=api.config, operation=operation, test_func=unhurried(check), given_kwargs={}, feedback=feedback
    )()


def test_every_operation_is_asked(api: Any) -> None:
    assert [each.ok().label for each in api.get_all_operations()] == OPERATIONS


def test_what_one_answer_leads_to_is_answered_too(site: Site, api: Any) -> None:
    reading = api.exclude(operation_id=[operation.name for operation in openapi.OPERATIONS if operation.writes])

    class Program(reading.as_state_machine()):  # type: ignore[misc]  # made at run time
        def get_call_kwargs(self, case: Any) -> dict[str, Any]:
            return {"base_url": site.address}

    run_state_machine_as_test(Program, settings=settings(unhurried, max_examples=10, stateful_step_count=6))


def test_no_check_is_left_out() -> None:
    load_all_checks()
    names = set(CHECKS.get_all_names())
    assert {"not_a_server_error", "negative_data_rejection", "positive_data_acceptance", "unsupported_method"} <= names
    for name in names:
        assert CONFIG.projects.get_default().checks.get_by_name(name=name).enabled, name
