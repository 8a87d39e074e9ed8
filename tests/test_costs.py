"""The list of slow tests: it names tests that are there, and leaves out no more than it has to."""

from __future__ import annotations

import ast
from collections import Counter

from .conftest import ROOT
from .costs import SLOW, is_slow, slowest


def test_every_test_on_the_list_is_there() -> None:
    assert SLOW
    for function in SLOW:
        path, *_, name = function.split("::")
        tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
        assert name in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}, function


def test_the_longest_are_left_out_until_the_rest_is_within_the_budget() -> None:
    costs = Counter({"a.py::one[x]": 50, "a.py::one[y]": 40, "a.py::two": 60, "b.py::three": 10})
    assert slowest(costs, budget=75) == ["a.py::one"]
    assert slowest(costs, budget=20) == ["a.py::one", "a.py::two"]
    assert slowest(costs, budget=1000) == []
    assert slowest(Counter({f"a.py::many[{n}]": 10 for n in range(60)}), budget=1) == []


def test_examples_go_with_their_function() -> None:
    function = sorted(SLOW)[0]
    assert is_slow(f"{function}[example]")
    assert not is_slow("tests/test_costs.py::test_examples_go_with_their_function")
