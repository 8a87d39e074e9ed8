"""The shape of the house: which package may know which, and what the public door shows."""

from __future__ import annotations

import ast
import graphlib
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import arsearch

from .conftest import ROOT

SOURCE = ROOT / "src" / "arsearch"

# Every package, with those it may import. Arrows run one way: a package only knows those that stand before it.
MAY_IMPORT = {
    "errors": set(),
    "article_fields": set(),
    "settings": {"article_fields", "errors"},
    "common": {"errors", "kernel"},
    "arabic": set(),
    "kernel": set(),
    "ranking": {"common", "kernel"},
    "corpus": {"arabic", "article_fields", "common", "errors"},
    "fetch": {"corpus", "errors"},
    "lexical": {"arabic", "article_fields", "common", "errors", "kernel"},
    "semantic": {"arabic", "common", "errors", "kernel", "settings"},
    "index": {
        "arabic", "article_fields", "common", "corpus", "errors", "kernel", "lexical", "ranking", "semantic",
        "settings",
    },
    "backends": {
        "arabic", "article_fields", "common", "corpus", "errors", "index", "lexical", "ranking", "semantic",
        "settings",
    },
    "search": {
        "arabic", "article_fields", "backends", "common", "corpus", "errors", "kernel", "lexical", "ranking",
        "semantic", "settings",
    },
    "client": {"article_fields", "corpus", "errors", "search"},
    "insights": {"arabic", "errors", "index", "search", "settings"},
    "frameworks": {"client", "errors", "search", "settings"},
    "evaluation": {"errors", "ranking", "search"},
    "web": {
        "arabic", "article_fields", "backends", "common", "corpus", "errors", "index", "insights", "search",
        "settings",
    },
    "mcp": {"common", "errors", "search", "settings", "web"},
    "cli": {
        "arabic", "article_fields", "backends", "common", "corpus", "errors", "evaluation", "fetch", "index",
        "insights", "kernel", "mcp", "search", "semantic", "settings", "web",
    },
}  # fmt: skip
ONLY_IN = {
    "whoosh": ("lexical", "backends/opensearch/search"), "faiss": ("semantic",), "sentence_transformers": ("semantic",),
    "flask": ("web",), "click": ("cli",), "pydantic": ("web", "mcp", "frameworks"), "mcp": ("mcp",),
    "langchain_core": ("frameworks",), "llama_index": ("frameworks",), "haystack": ("frameworks",),
    "httpx2": ("client",), "opensearchpy": ("backends/opensearch",),
}  # fmt: skip
TOP = {
    "__init__",
    "__main__",
    "article_fields",
    "errors",
}
"""Modules that stand in no room: what everybody imports, and the door."""
ROOM = 15
"""Modules side by side. A folder with one module for each format, or each command, may have as many as there are."""
ONE_EACH = {"cli/commands", "corpus/readers"}


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def imports(path: Path) -> tuple[str, ...]:
    return tuple(_imports(path))


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(parsed(path)):
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
        for node in parsed(path).body:  # what functions import they import later
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
    for _, path in modules():
        for name in imports(path):
            rooms = ONLY_IN.get(name.split(".")[0])
            place = path.relative_to(SOURCE).with_suffix("").as_posix()
            assert rooms is None or any(f"{place}/".startswith(f"{room}/") for room in rooms), path


def test_types_of_arrays_stand_once() -> None:
    for _, path in modules():
        for node in parsed(path).body:
            value = getattr(node, "value", None) if isinstance(node, (ast.Assign, ast.AnnAssign)) else None
            is_alias = value is not None and ast.unparse(value).startswith("npt.NDArray[")
            assert not is_alias or path.stem == "array_types", f"{path}: {ast.unparse(node)}"


OWN_TABLES = ("semantic/cache.py", "insights/store.py", "corpus/readers/sqlite.py")


def test_sql_stands_where_its_tables_do() -> None:
    """The article store's in its room, others in one module each; one reader reads databases of others."""
    for _, path in modules():
        place = path.relative_to(SOURCE).as_posix()
        calls = {
            node.func.attr
            for node in ast.walk(parsed(path))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        }
        if not place.startswith("index/store/") and place not in OWN_TABLES:
            assert not calls & {"execute", "executemany", "executescript"}, path


def test_the_top_has_only_what_everybody_imports() -> None:
    assert {path.stem for path in SOURCE.glob("*.py")} == TOP


def test_no_room_is_crowded() -> None:
    for folder in {path.parent for _, path in modules()} - {SOURCE}:
        names = [path.stem for path in folder.glob("*.py") if path.stem != "__init__"]
        assert len(names) <= ROOM or folder.relative_to(SOURCE).as_posix() in ONE_EACH, folder


def test_only_the_cluster_imports_what_is_for_the_cluster() -> None:
    """Modules that only OpenSearch needs live in its room: nothing else has a module that only that room imports."""
    users: dict[str, set[str]] = {}
    for _, path in modules():
        for name in imports(path):
            users.setdefault(name, set()).add(path.relative_to(SOURCE).as_posix())
    for _, path in modules():
        place = path.relative_to(SOURCE)
        name = ".".join(("arsearch", *place.with_suffix("").parts))
        if place.stem != "__init__" and not place.as_posix().startswith("backends/opensearch") and name in users:
            assert not all(user.startswith("backends/opensearch") for user in users[name]), place


def test_no_two_public_classes_share_a_name() -> None:
    homes: dict[str, list[str]] = {}
    for _, path in modules():
        for node in parsed(path).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                homes.setdefault(node.name, []).append(path.relative_to(SOURCE).as_posix())
    assert {name: places for name, places in homes.items() if len(places) > 1} == {}


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
        tree = parsed(path)
        assert ast.get_docstring(tree), path
        if path.name != "__init__.py":
            assert any(
                isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__" for node in tree.body
            ), path
