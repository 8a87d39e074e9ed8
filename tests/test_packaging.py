"""What is published: an sdist, a wheel from it with all that a demonstration needs, and a light core."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import tarfile
import time
import tomllib
import urllib.request
import venv
from pathlib import Path
from urllib.error import URLError

import pytest

from .conftest import ROOT
from .packaging_tools import build, contents, copy_of_the_tree, selected

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
HEAVY = ("torch", "transformers", "scikit_learn", "scipy", "triton", "nvidia", "sentence_transformers")
MOST_MEGABYTES = 450
INSTALLING_SECONDS = 900
ANSWERING_SECONDS = 120


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_of_the_tree(tmp_path_factory.mktemp("tree"))


@pytest.fixture(scope="module")
def wheel(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from the sdist, as what is published is."""
    folder = tmp_path_factory.mktemp("sdist")
    with tarfile.open(build(tree, "sdist")) as archive:
        archive.extractall(folder, filter="data")
    return build(next(folder.iterdir()), "wheel")


@pytest.mark.slow
def test_the_wheel_has_all_that_a_demonstration_needs(wheel: Path) -> None:
    files = contents(wheel)
    packaged_as = {"corpus": "demo_corpus", "web/templates": "web/templates", "web/static": "web/static"}
    for folder, packaged in packaged_as.items():
        for path in (ROOT / folder).rglob("*"):
            if path.is_file():
                assert f"arsearch/{packaged}/{path.relative_to(ROOT / folder).as_posix()}" in files
    assert "arsearch/semantic/models/arsearch-static/model.safetensors" in files
    assert any(name.endswith("ar/LC_MESSAGES/messages.mo") for name in files)
    from arsearch import kernel

    if kernel.native is not None:  # there was a compiler for this tree, so there is one now
        assert "-cp311-abi3-" in wheel.name
        assert any(name.startswith("arsearch/kernel/_native.") and not name.endswith(".pyi") for name in files)


@pytest.mark.slow
def test_the_sdist_builds_the_wheel_that_the_tree_builds(tree: Path, wheel: Path) -> None:
    ours, theirs = selected(tree), contents(wheel)
    made = {name for name in theirs if ".dist-info/" in name or ("/_native." in name and not name.endswith(".pyi"))}
    assert {name: checksum for name, checksum in theirs.items() if name not in made} == ours


def test_the_documents_name_every_dependency_and_every_extra() -> None:
    text = (ROOT / "docs" / "en" / "explanation" / "dependencies.md").read_text(encoding="utf-8").lower()
    extras = PROJECT["optional-dependencies"]
    of_users = [package for extra in ("documents", "opensearch", "parquet", "redis", "sentence-transformers", "tune")
                for package in extras[extra]]  # fmt: skip
    for requirement in [*PROJECT["dependencies"], *of_users]:
        name = re.split(r"[<>=;\[ ]", requirement)[0].lower()
        assert f"`{name}`" in text, f"docs/en/explanation/dependencies.md says nothing of {name}"


# What a fresh process does that finds no package but those of the core: reads every core format, and serves.
CORE_ROAD = """
import importlib.abc, sys, warnings
from pathlib import Path
BLOCKED = {blocked!r}

class Block(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name.partition(".")[0] in BLOCKED:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
        return None

sys.meta_path.insert(0, Block())
import arsearch
from arsearch.evaluation import tune
from arsearch.semantic import Reranker, load_encoder
from arsearch.settings import BUNDLED_ENCODER, FAST_ENCODER
from arsearch.web.app import create_app

assert load_encoder(BUNDLED_ENCODER).encode_queries(["النخلة"]).any()
summary = arsearch.build_index([{corpus!r}], {index!r}, model=FAST_ENCODER, settings=arsearch.Settings())
settings = arsearch.Settings(index=Path({index!r}))
with create_app(settings).test_client() as client:
    answer = client.get("/api/v1/search?q=النخلة").get_json()
    assert answer["hits"], answer
    assert client.get("/search?q=النخلة").status_code == 200
def message(call):
    try:
        call()
    except arsearch.ArsearchError as error:
        return str(error)
said = [
    *(str(problem.message) for problem in summary.problems),
    message(lambda: load_encoder("intfloat/multilingual-e5-small")),
    message(lambda: Reranker("BAAI/bge-reranker-v2-m3")),
    message(lambda: tune(None, Path("a"), Path("b"))),
    message(lambda: create_app(arsearch.Settings(index=Path({index!r}), rate_limit_storage="redis://localhost"))),
    message(lambda: arsearch.open_index({index!r}, settings=arsearch.Settings(backend="opensearch"))),
]
print("\\n".join(map(str, said)))
print(sorted(set(BLOCKED) & {{name.partition(".")[0] for name in sys.modules}}))
"""
IMPORTED_BY_EXTRAS = (
    "bidi", "cryptography", "docx", "openpyxl", "opensearchpy", "pdfminer", "pyarrow", "redis", "scipy",
    "sentence_transformers", "sklearn", "striprtf", "torch", "transformers", "zstandard",
)  # fmt: skip


@pytest.mark.slow
def test_the_core_indexes_and_serves_without_any_extra_and_names_those_it_misses(tmp_path: Path) -> None:
    road = CORE_ROAD.format(blocked=IMPORTED_BY_EXTRAS, corpus=str(ROOT / "corpus"), index=str(tmp_path / "index"))
    ran = subprocess.run([sys.executable, "-c", road], capture_output=True, text=True, encoding="utf-8")
    assert ran.returncode == 0, ran.stderr
    *said, imported = ran.stdout.splitlines()
    extras = ["documents"] * 3 + ["sentence-transformers", "sentence-transformers", "tune", "redis", "opensearch"]
    assert len(said) == len(extras), said
    for line, extra in zip(said, extras, strict=True):
        assert f'pip install "arsearch[{extra}]"' in line
    assert imported == "[]"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.slow
def test_a_fresh_installation_is_light_and_demonstrates_itself(wheel: Path, tmp_path: Path) -> None:
    """In an empty folder whose name has spaces and Arabic letters, from the wheel alone."""
    folder = tmp_path / "مجلد فيه مسافة"
    folder.mkdir()
    venv.create(folder / "env", with_pip=False)
    python = folder / "env" / ("Scripts" if os.name == "nt" else "bin") / "python"
    installing = subprocess.run(
        [
            *(sys.executable, "-m", "pip", "--python", python, "install", "-q", "--no-compile"),
            *("-c", ROOT / "constraints.txt", wheel),
        ],
        capture_output=True, text=True, encoding="utf-8", timeout=INSTALLING_SECONDS,
    )  # fmt: skip
    if installing.returncode and re.search("No matching distribution|connection|resolve", installing.stderr):
        pytest.skip("pip reaches no registry of packages here")
    assert installing.returncode == 0, installing.stderr
    installed = {path.name.lower() for path in (folder / "env").rglob("*.dist-info")}
    assert not [name for name in installed if name.startswith(HEAVY)]
    size = sum(path.lstat().st_size for path in (folder / "env").rglob("*") if path.is_file())
    assert size < MOST_MEGABYTES * 1_000_000
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("ARSEARCH", "PYTHON"))}
    port = free_port()
    server = subprocess.Popen(
        [python, "-m", "arsearch", "demo", "--port", str(port)],
        cwd=folder, env=clean, stderr=subprocess.PIPE, text=True, encoding="utf-8",
    )  # fmt: skip
    try:
        assert server.stderr is not None
        lines = iter(server.stderr.readline, "")
        opened = next(line for line in lines if line.startswith("Open "))
        assert opened.count(f"http://127.0.0.1:{port}") == 2
        assert "افتح" in opened
        assert answers(f"http://127.0.0.1:{port}/search?q=%D8%A7%D9%84%D9%86%D8%AE%D9%84%D8%A9", server)
    finally:
        server.terminate()
        rest = server.communicate(timeout=ANSWERING_SECONDS)[1]
    assert rest == "", "the line that says what to open is the last one"


def answers(address: str, server: subprocess.Popen[str]) -> bool:
    """Whether *address* answers with results before the server ends."""
    until = time.monotonic() + ANSWERING_SECONDS
    while server.poll() is None and time.monotonic() < until:
        try:
            with urllib.request.urlopen(address, timeout=ANSWERING_SECONDS) as answer:
                return b"<mark>" in answer.read()
        except (URLError, ConnectionError):
            time.sleep(0.1)
    return False
