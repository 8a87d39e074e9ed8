"""Fixtures shared by all tests: the project's own corpus indexed once, and a tiny encoder for what must be fast.

Tests run in several processes at once (pytest-xdist). The tests of a file stay together, so that what a module's
fixtures make is made once; those that need the OpenSearch cluster all run in one process. What many files use is made
once for all processes: see `made_once`.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from filelock import FileLock
from hypothesis import settings as hypothesis_settings
from safetensors.numpy import save_file
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

import arsearch
from arsearch.arabic import fold
from arsearch.index.update import plan
from arsearch.settings import FAST_ENCODER

from . import processes, ready_process
from .costs import is_slow
from .scheduling import FileScheduling, turn

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# Speed is for benchmarks; a slow machine fails no test, and neither does chance. `make fuzz` asks for "large".
hypothesis_settings.register_profile("arsearch", deadline=None, max_examples=40, derandomize=True)
hypothesis_settings.register_profile("large", deadline=None, max_examples=2000)
hypothesis_settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "arsearch"))

# New indexes get the fast encoder, but for those that other processes make.
plan.BUNDLED_ENCODER = FAST_ENCODER  # type: ignore[attr-defined]  # imported there

# A shell that starts the tests in the background has them, and all that they start, ignore Ctrl-C.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

_BEGAN_THE_RUN = processes.mark()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> Iterator[None]:
    """Fail a run that leaves processes behind: a server that outlives its tests holds its port for ever."""
    yield
    ready_process.close()
    if _BEGAN_THE_RUN and (left := processes.left_behind()):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        session.config.get_terminal_writer().line("\n".join(["", "These processes were left behind:", *left]))
        processes.stop()


ROOT = Path(__file__).parents[1]
CORPUS = ROOT / "corpus"

# The shell lays out and paints as Chromium does, without the frame of a browser around it: tests take a quarter less.
CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"))), None
)
CHROMIUM_SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-software-rasterizer",  # pages are painted without one in a fifth less time
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--renderer-process-limit=1",  # all pages are of one site; a process a page takes a third more
    "--disable-site-isolation-trials",
]
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium: apt-get install chromium fonts-noto-core")

WriteCorpus = Callable[[Iterable[dict[str, Any]]], Path]
MakeOnce = Callable[[str, Callable[[Path], object]], Path]


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark what needs a browser or the cluster, imports torch, or takes long by the list of costs."""
    for fixture, mark in (
        ("browser", pytest.mark.browser),
        ("running_cluster", pytest.mark.cluster),
        ("transformer", pytest.mark.slow),
        ("reranker", pytest.mark.slow),
    ):
        if fixture in getattr(item, "fixturenames", ()):
            item.add_marker(mark)
    if is_slow(item.nodeid):
        item.add_marker(pytest.mark.slow)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest; within that the order is as it was: random, if pytest-randomly is on."""
    items.sort(key=lambda item: turn(item.nodeid))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Hand out tests file by file; those of the cluster all to one process."""
    return FileScheduling(config, log)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """A process more than there are cores: tests of servers, clusters and disks wait half of their time."""
    return (os.cpu_count() or 1) + 1


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, one for the process: Playwright runs its loop in a thread only once."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_SWITCHES)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> MakeOnce:
    """Make a folder of a name, in the first process of this run that asks; the others wait and have the same.

    What is in it belongs to all: a test that changes it changes a copy.
    """
    base = tmp_path_factory.getbasetemp()
    shared = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "made-once"
    shared.mkdir(exist_ok=True)

    def make(name: str, build: Callable[[Path], object]) -> Path:
        folder, done = shared / name, shared / f"{name}.done"
        with FileLock(shared / f"{name}.lock"):
            if not done.exists():
                shutil.rmtree(folder, ignore_errors=True)  # of a try that failed
                folder.mkdir()
                build(folder)
                done.touch()
        return folder

    return make


@pytest.fixture(scope="session")
def corpus_index(made_once: MakeOnce) -> Path:
    """The project's corpus, indexed with the fast encoder."""

    def build(folder: Path) -> None:
        arsearch.build_index([CORPUS], folder / "index", settings=arsearch.Settings())

    return made_once("corpus", build) / "index"


@pytest.fixture(scope="session")
def searcher(corpus_index: Path) -> Iterator[arsearch.Searcher]:
    """The project's corpus, opened for searching."""
    with arsearch.open_index(corpus_index, settings=arsearch.Settings()) as searcher:
        yield searcher


@pytest.fixture(scope="session")
def tiny_encoder(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The path of a static model of a few words, in the format of sentence-transformers, made without torch."""
    folder = tmp_path_factory.mktemp("tiny") / "encoder"
    words = ["[UNK]", "بحر", "سفينه", "ميناء", "قمر", "نجم", "سماء", "خبز", "قمح", "فرن", "كتاب", "مكتبه", "قارئ"]
    topics = np.repeat(np.eye(4, 16, dtype=np.float32), 3, axis=0)
    vectors = np.vstack([np.zeros((1, 16), np.float32), topics + 0.1 * np.eye(12, 16, 4, dtype=np.float32)])
    write_static_model(folder, words, vectors)
    return str(folder)


def write_static_model(folder: Path, words: list[str], vectors: np.ndarray[Any, Any]) -> None:
    """Write a word-level static embedding model; the first of *words* stands for unknown ones."""
    folder.mkdir(parents=True)
    vocabulary = {fold(word) if word != words[0] else word: number for number, word in enumerate(words)}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token=words[0]))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Replace("ة", "ه"), normalizers.Replace("أ", "ا")])
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.save(str(folder / "tokenizer.json"))
    save_file({"embedding.weight": vectors.astype(np.float32)}, folder / "model.safetensors")
    module = "sentence_transformers.sentence_transformer.modules.static_embedding.StaticEmbedding"
    normalize = "sentence_transformers.base.modules.normalize.Normalize"
    modules = [
        {"idx": 0, "name": "0", "path": "", "type": module},
        {"idx": 1, "name": "1", "path": "1_Normalize", "type": normalize},
    ]
    (folder / "modules.json").write_text(json.dumps(modules), encoding="utf-8")
    (folder / "1_Normalize").mkdir()
    (folder / "1_Normalize" / "config.json").write_text("{}", encoding="utf-8")


@pytest.fixture
def write_corpus(tmp_path: Path) -> WriteCorpus:
    """Write records to a JSON lines file, again and again to the same one."""

    def write(records: Iterable[dict[str, Any]]) -> Path:
        path = tmp_path / "corpus.jsonl"
        path.write_text("".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records), encoding="utf-8")
        return path

    return write
