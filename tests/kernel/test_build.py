"""Installing compiles the kernel where it can, and says so and goes on where it cannot."""

from __future__ import annotations

import ast
import importlib.util
import shutil
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from arsearch import kernel

from ..conftest import ROOT

FOLDER = "src/arsearch/kernel"


@pytest.fixture
def hook() -> ModuleType:
    specification = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A source tree with what one of another version left behind."""
    shutil.copytree(ROOT / FOLDER, tmp_path / FOLDER)
    (tmp_path / FOLDER / "_native.abi3.so").write_bytes(b"of another version")
    return tmp_path


def test_without_a_compiler(
    hook: ModuleType, tree: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CC", str(tree / "no-compiler"))
    monkeypatch.setenv("PATH", str(tree))
    assert hook.compile_kernel(tree) is None
    assert "no compiled kernel" in capfd.readouterr().err
    assert list((tree / FOLDER).glob("_native*.so")) == []


@pytest.mark.slow
def test_source_that_does_not_compile(hook: ModuleType, tree: Path) -> None:
    (tree / FOLDER / "module.c").write_text("no C")
    assert hook.compile_kernel(tree) is None


@pytest.mark.slow
def test_with_a_compiler(hook: ModuleType, tree: Path) -> None:
    library = hook.compile_kernel(tree)
    assert library is not None
    assert library.parent == tree / FOLDER
    assert library.read_bytes() != b"of another version"
    specification = importlib.util.spec_from_file_location("arsearch.kernel._native", library)
    assert specification is not None
    assert specification.loader is not None
    built = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(built)
    assert built.Postings((), (), None).best([], 10, None, True, None) == (b"", b"", 0)


def test_a_library_of_an_older_version_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    assert kernel.native is not None
    older = {name: value for name, value in vars(kernel.native).items() if name != "find_hashes"}
    monkeypatch.setattr("arsearch.kernel._native", SimpleNamespace(**older), raising=False)
    assert kernel._load() is None


def test_the_stub_names_what_the_kernel_has() -> None:
    stub = ast.parse((ROOT / FOLDER / "_native.pyi").read_text(encoding="utf-8"))
    declared = {node.name for node in stub.body if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
    assert {name for name in declared if not name.startswith("_")} == set(kernel._NAMES)
