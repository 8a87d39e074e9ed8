"""Which tests run in which process, and which come first."""

from __future__ import annotations

from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]  # it has annotations, and does not say so

__all__ = ["FileScheduling", "turn"]

TOGETHER = {"tests/cluster/": "cluster", "tests/semantic/": "torch", "tests/training/": "torch"}
"""Folders whose files share what only one process can have, or what takes seconds to import."""

FIRST = (
    "tests/cluster/",
    "tests/docs/test_guides.py",
    "tests/test_packaging.py",
    "tests/semantic/",
    "tests/training/",
    "tests/corpus/test_hostile.py",
    "tests/cli/",
    "tests/lexical/whoosh/",
    "tests/web/test_",
    "tests/web/api/test_schemathesis.py",
    "tests/index/",
    "tests/corpus/",
    "tests/benchmarks/",
    "tests/soak/",
    "tests/docs/",
    "tests/web/",
    "tests/mcp/",
    "tests/fetch/",
    "tests/kernel/test_build.py",
    "tests/test_first_contact.py",
    "tests/test_leaks.py",
)
"""The longest files, and folders that have long ones: what is left for the end is short, so that all processes end
together. That of the cluster waits for its nodes half of the time, while the others have work."""


class FileScheduling(LoadScopeScheduling):  # type: ignore[misc]  # of an untyped class
    """A file's tests stay in one process, so that what a module's fixtures make is made once."""

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.partition("::")[0]
        return next((group for folder, group in TOGETHER.items() if path.startswith(folder)), path)


def turn(nodeid: str) -> int:
    """When a test is to be handed out: lower numbers come first."""
    return next((number for number, name in enumerate(FIRST) if nodeid.startswith(name)), len(FIRST))
