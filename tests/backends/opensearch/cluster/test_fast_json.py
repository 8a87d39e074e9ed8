"""JSON of requests and answers: the same values as by opensearch-py's own serializer, whatever is in them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

pytest.importorskip("opensearchpy")

from opensearchpy.exceptions import SerializationError
from opensearchpy.serializer import JSONSerializer

from arsearch.backends.opensearch.cluster.fast_json import FastJson

FINITE = some.floats(allow_nan=False, allow_infinity=False)
TEXTS = some.text(some.characters(codec=None, categories=None), max_size=5)  # halves of surrogate pairs too
VALUES = some.recursive(
    some.none() | some.booleans() | some.integers() | FINITE | TEXTS,
    lambda parts: some.lists(parts, max_size=4) | some.dictionaries(TEXTS, parts, max_size=4),
    max_leaves=12,
)


@given(VALUES)
def test_values_come_back(value: object) -> None:
    ours, theirs = FastJson(), JSONSerializer()
    if not isinstance(value, str):  # text is sent as it is
        assert ours.loads(ours.dumps(value)) == value
        assert theirs.loads(ours.dumps(value)) == value
        assert ours.loads(theirs.dumps(value)) == value


def test_text_is_sent_as_it_is() -> None:
    assert FastJson().dumps('{"a": 1}\n') == '{"a": 1}\n'


def test_what_is_no_json_is_told_as_ever() -> None:
    with pytest.raises(SerializationError):
        FastJson().loads("{broken")
    with pytest.raises(SerializationError):
        FastJson().dumps({"a": object()})
