"""The shape of the house: which package may know which, and what the public door shows."""

from __future__ import annotations

import ast
import graphlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import arsearch

from .conftest import ROOT

SOURCE = ROOT / "src" / "arsearch"

# Every package, with those it may import. Arrows run one way: a package only knows those that stand before it.
MAY_IMPORT = {
    "errors": set(),
    "settings": {"errors"},
    "query_clock": {"errors"},
    "bounded_cache": set(),
    "system_limits": set(),
    "tokens": {"errors"},
    "arabic": set(),
    "arrays": set(),
    "kernel": set(),
    "ranking": {"kernel"},
    "corpus": {"arabic", "errors", "system_limits"},
    "fetch": {"corpus", "errors"},
    "lexical": {"arabic", "arrays", "bounded_cache", "errors", "kernel", "query_clock"},
    "semantic": {"arabic", "arrays", "errors", "settings"},
    "index": {"arabic", "arrays", "corpus", "errors", "lexical", "ranking", "semantic", "settings", "system_limits"},
    "snippets": {"arabic"},
    "cursor": {"errors", "request"},
    "backends": {
        "arabic", "bounded_cache", "corpus", "errors", "index", "lexical", "query_clock", "ranking", "semantic",
        "settings",
    },
    "request": {"arabic", "corpus", "errors", "settings"},
    "reading": {"arabic", "backends", "errors", "lexical", "query_clock", "request", "settings"},
    "candidates": {"backends", "ranking"},
    "rescoring": {"backends", "lexical", "query_clock", "ranking", "semantic"},
    "hits": {"backends", "candidates", "lexical", "query_clock", "ranking", "request", "semantic", "snippets"},
    "offers": {"arabic", "backends"},
    "client": {"corpus", "errors", "request"},
    "models": {"backends", "bounded_cache", "errors", "query_clock", "semantic", "settings"},
    "search": {
        "backends", "candidates", "corpus", "cursor", "errors", "hits", "lexical", "models", "offers",
        "query_clock", "ranking", "reading", "request", "rescoring", "semantic", "settings", "snippets",
    },
    "evaluation": {"errors", "ranking", "request", "search"},
    "web": {
        "backends", "bounded_cache", "corpus", "cursor", "errors", "index", "query_clock", "request", "search",
        "settings", "tokens",
    },
    "cli": {
        "arabic", "backends", "corpus", "errors", "evaluation", "fetch", "index", "kernel", "request", "search",
        "semantic", "settings", "tokens", "web",
    },
}  # fmt: skip
ONLY_IN = {
    "whoosh": "lexical", "faiss": "semantic", "sentence_transformers": "semantic", "flask": "web", "click": "cli",
    "pydantic": "web", "httpx2": "client",
    "opensearchpy": "backends",
}  # fmt: skip


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names if node.module == "arsearch")


def modules() -> Iterator[tuple[str, Path]]:
    for path in sorted(SOURCE.rglob("*.py")):
        package = path.relative_to(SOURCE).parts[0].removesuffix(".py")
        if package not in ("__init__", "__main__"):
            yield package, path


def test_arrows_run_one_way() -> None:
    for package, path in modules():
        used = {
            name.split(".")[1]
            for name in imports(path)
            if name.startswith("arsearch.") and (name.split(".")[1] in MAY_IMPORT or name.count(".") > 1)
        }
        assert used - {package} <= MAY_IMPORT[package], path


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph = {}
    for _, path in modules():
        steps = path.relative_to(SOURCE.parent).with_suffix("").parts
        known = set()
        for node in ast.parse(path.read_text(encoding="utf-8")).body:  # what functions import they import later
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("arsearch"):
                for alias in node.names:
                    name = f"{node.module}.{alias.name}"
                    is_module = (SOURCE.parent / name.replace(".", "/")).with_suffix(".py").exists()
                    known.add(name if is_module else str(node.module))
        graph[".".join(steps).removesuffix(".__init__")] = known
    graphlib.TopologicalSorter(graph).prepare()  # raises CycleError


def test_every_package_is_on_the_plan() -> None:
    assert {package for package, _ in modules()} == set(MAY_IMPORT)


def test_libraries_stay_behind_their_package() -> None:
    for package, path in modules():
        for name in imports(path):
            assert ONLY_IN.get(name.split(".")[0], package) == package, path


def test_the_public_door() -> None:
    assert len(set(arsearch.__all__)) == len(arsearch.__all__)
    for name in arsearch.__all__:
        assert getattr(arsearch, name).__doc__, name


def test_the_door_opens_without_heavy_libraries() -> None:
    heavy = {"numpy", "whoosh", "faiss", "flask", "pydantic", "httpx2", "torch"}
    code = f"import sys, arsearch; assert not {heavy} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_every_module_says_what_it_is_for_and_what_it_shows() -> None:
    for _, path in modules():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        assert ast.get_docstring(tree), path
        if path.name != "__init__.py":
            assert any(
                isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__" for node in tree.body
            ), path
