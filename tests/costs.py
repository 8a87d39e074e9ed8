"""What each test costs in processor time, and so which ones `make check-fast` leaves to `make test`.

`make slow-tests` runs the tests without those that need a browser or the cluster, with this as a plugin: every process
writes what its tests took, with what they started. Then it writes `slow.txt`: the test functions that take longest, so
many that all others together stay within a budget. What `@pytest.mark.slow` marks by hand is slow besides.
"""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

__all__ = ["SLOW", "is_slow"]

_LIST = Path(__file__).with_name("slow.txt")
_FOLDER = "ARSEARCH_TEST_COSTS"
"""The variable that names the folder for what processes write."""
_BUDGET = 135_000
"""Milliseconds of processor time that the quick tests may take together, on the machine that the list was made on."""
_MANY = 50
"""A test of so many examples stays quick: each takes next to nothing."""

SLOW = frozenset(line for line in _LIST.read_text(encoding="utf-8").splitlines() if line and line[0] != "#")
_costs: Counter[str] = Counter()


def is_slow(nodeid: str) -> bool:
    """Whether a test is on the list."""
    return _function(nodeid) in SLOW


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    before = sum(os.times()[:4])
    result = yield
    _costs[item.nodeid] += round(1000 * (sum(os.times()[:4]) - before))
    return result


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish() -> None:
    if _costs and (folder := os.environ.get(_FOLDER)):
        Path(folder).mkdir(parents=True, exist_ok=True)
        Path(folder, f"{os.getpid()}.json").write_text(json.dumps(_costs), encoding="utf-8")


def slowest(costs: Counter[str], budget: int = _BUDGET) -> list[str]:
    """Return the functions to leave out, so that the others take no more than *budget* milliseconds together."""
    functions: Counter[str] = Counter()
    examples: Counter[str] = Counter()
    for nodeid, cost in costs.items():
        functions[_function(nodeid)] += cost
        examples[_function(nodeid)] += 1
    rest, found = sum(functions.values()), []
    for function, cost in functions.most_common():
        if rest <= budget:
            break
        if examples[function] < _MANY:
            rest -= cost
            found.append(function)
    return sorted(found)


def main(folder: Path) -> None:
    """Write the list anew from what the processes wrote into *folder*."""
    costs: Counter[str] = Counter()
    for path in folder.glob("*.json"):
        costs.update(json.loads(path.read_text(encoding="utf-8")))
    head = "# Made by `make slow-tests`: what takes longest, and is left out by `make check-fast`.\n"
    _LIST.write_text(head + "".join(f"{function}\n" for function in slowest(costs)), encoding="utf-8")


def _function(nodeid: str) -> str:
    return nodeid.partition("[")[0]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
