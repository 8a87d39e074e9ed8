"""The encoders that ship: what they weigh, and that sentence-transformers makes the same of them."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import arsearch
from arsearch import Settings
from arsearch.index import Layout
from arsearch.index.manifest import named_today
from arsearch.index.update.calibrate import write_probe_vectors
from arsearch.semantic import load_encoder
from arsearch.semantic.load import shipped_encoder_path
from arsearch.semantic.onnx_encoder import INT8_NETWORK, INT8_PLAN, OnnxEncoder
from training.transformer.folded import write_folded

from ..conftest import ROOT, WriteCorpus

PROBE_VECTORS = ROOT / "src/arsearch/index/update/probe_vectors"
MEGABYTE = 1_000_000
TEXTS = [
    "Libya interior minister",
    "وزير الداخلية الليبي يبحث التعاون الأمني مع نظيره التونسي",
    "السَّفِينَةُ دخلت المينـــاء",
    "ministre de l'intérieur",
    "كلمة " * 90,
]
NEWS = [
    {"id": "minister", "body": "وزير الداخلية الليبي يبحث التعاون الأمني مع نظيره التونسي في طرابلس."},
    {"id": "fuel", "body": "زيادة جديدة في أسعار المحروقات اعتبارا من منتصف الليل."},
    {"id": "fire", "body": "النيران تلتهم هكتارات من الغابات في جبال خمير، والحماية المدنية تواصل إخمادها."},
    {"id": "death", "body": "رحل اليوم الممثل المسرحي بعد صراع طويل مع المرض."},
    {"id": "match", "body": "فاز الفريق بهدفين لصفر في الجولة الأخيرة من البطولة."},
    {"id": "weather", "body": "أمطار رعدية متفرقة على الشمال وانخفاض في درجات الحرارة."},
]


@pytest.fixture(scope="module")
def news(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six articles in an index of the default encoder."""
    folder = tmp_path_factory.mktemp("news")
    (folder / "news.jsonl").write_text("\n".join(map(json.dumps, NEWS)), encoding="utf-8")
    arsearch.build_index([folder / "news.jsonl"], folder / "index", model="bundled", settings=Settings())
    return folder / "index"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("ارتفاع ثمن الوقود", "fuel"),
        ("وفاة فنان", "death"),
        ("ministre de l'intérieur libyen", "minister"),
        ("rise in petrol prices", "fuel"),
        ("forest fire", "fire"),
        ("actor dies", "death"),
    ],
)
def test_what_is_asked_in_other_words_or_another_language_is_found(news: Path, query: str, expected: str) -> None:
    with arsearch.open_index(news) as index:
        assert index.search(query, mode="lexical").total == 0
        assert index.search(query, mode="semantic").hits[0].id == expected
        assert index.search(query).hits[0].id == expected


def test_words_that_are_corrected_do_not_stand_in_the_way(news: Path) -> None:
    """Libya is taken for ليبيا typed in Latin letters, which is right."""
    with arsearch.open_index(news) as index:
        assert [hit.id for hit in index.search("Libya interior minister")] == ["minister"]


@pytest.mark.parametrize("query", ["زخرفشقبطل", "qwzrtp", "ضصثقفغع"])
def test_nonsense_finds_nothing(news: Path, query: str) -> None:
    with arsearch.open_index(news) as index:
        results = index.search(query)
    assert results.total == 0
    assert results.notice is not None
    assert results.notice.kind == "unknown-words"


def test_a_new_index_gets_the_transformer(tmp_path: Path, write_corpus: WriteCorpus) -> None:
    indexing = map(str, ("-m", "arsearch", "index", write_corpus(NEWS[:1]), "--index", tmp_path / "index"))
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    subprocess.run([sys.executable, *indexing], env=environment, check=True, capture_output=True)
    manifest = Layout(tmp_path / "index").live_manifest()
    assert (manifest.encoder, manifest.dimension) == ("bundled", 384)


@pytest.mark.parametrize(("name", "most"), [("bundled", 45), ("fast", 12)])
def test_what_ships_is_small(name: str, most: int) -> None:
    files = [path for path in shipped_encoder_path(name).rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) <= most * MEGABYTE


def test_the_transformer_is_what_was_made() -> None:
    folder = shipped_encoder_path("bundled")
    lines = (line.split("  ") for line in (folder / "SHA256SUMS").read_text("ascii").splitlines())
    sums = {name: digest for digest, name in lines}
    assert {"model.onnx", "model.safetensors", "tokenizer.json", "config_sentence_transformers.json"} < set(sums)
    assert {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in sums} == sums


def test_the_folded_network_is_the_network(tmp_path: Path) -> None:
    """It is what training makes of ``model.onnx``, and gives the same vectors to the last bit."""
    shipped, folder = shipped_encoder_path("bundled"), tmp_path / "model"
    folded = (INT8_NETWORK, INT8_PLAN)
    shutil.copytree(shipped, folder, ignore=shutil.ignore_patterns(*folded))
    plain = OnnxEncoder(folder, name="plain")
    write_folded(folder)
    assert [(folder / name).read_bytes() for name in folded] == [(shipped / name).read_bytes() for name in folded]
    encoder = load_encoder("bundled")
    assert encoder.fingerprint == plain.fingerprint
    np.testing.assert_array_equal(encoder.encode_passages(TEXTS), plain.encode_passages(TEXTS))


def test_opening_the_transformer_takes_little_memory() -> None:
    """Less than three times what it weighs, where ONNX Runtime alone takes twelve times."""
    code = (
        "import resource, numpy, onnxruntime, tokenizers\n"
        "from arsearch.semantic import load_encoder\n"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "before = peak()\n"
        "load_encoder('bundled').encode_queries(['طرابلس'])\n"
        "print(peak() - before)"
    )
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    grown = subprocess.run([sys.executable, "-c", code], env=environment, check=True, capture_output=True, text=True)
    assert int(grown.stdout) < 200_000  # in units of 1,024 bytes


@pytest.mark.slow
def test_sentence_transformers_gives_the_vectors_of_the_transformer() -> None:
    """In float32 there, in int8 here: so nearly the same."""
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(shipped_encoder_path("bundled")), device="cpu")
    encoder = load_encoder("bundled")
    for name, vectors in (("query", encoder.encode_queries(TEXTS)), ("passage", encoder.encode_passages(TEXTS))):
        expected = model.encode(TEXTS, prompt_name=name)
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
        assert np.sum(vectors * expected, axis=1).min() > 0.99


def test_the_vectors_that_ship_for_calibration_are_the_encoder_s(tmp_path: Path) -> None:
    encoder = load_encoder("bundled")
    made = write_probe_vectors(encoder, tmp_path)
    assert [path.name for path in PROBE_VECTORS.iterdir()] == [encoder.fingerprint]
    shipped = PROBE_VECTORS / encoder.fingerprint
    names = ("calibration_hashes.npy", "calibration_vectors.npy")
    (hashes, vectors), (known, same) = ([np.load(folder / name) for name in names] for folder in (made, shipped))
    assert hashes.tolist() == known.tolist()
    assert np.sum(vectors.astype(np.float32) * same.astype(np.float32), axis=1).min() > 0.99


def test_the_old_name_of_the_static_encoder_is_understood(tmp_path: Path, write_corpus: WriteCorpus) -> None:
    """Before format version 8 the static encoder was called bundled."""
    arsearch.build_index([write_corpus(NEWS)], tmp_path / "index", model="fast", settings=Settings())
    manifest = Layout(tmp_path / "index").live_manifest()
    record = manifest.as_record() | {"encoder": "bundled@64", "format_version": 7}
    assert named_today(record) == "fast@64"
    assert named_today(record | {"format_version": manifest.format_version}) == "bundled@64"
