"""Encoders: the bundled one, other static ones, and any sentence-transformers model, all behind one seam."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from arsearch import EncoderError, build_index, open_index
from arsearch.index import Layout, Manifest
from arsearch.semantic.load import load_encoder, shipped_encoder_path
from arsearch.semantic.sentence_transformer import SentenceTransformerEncoder
from arsearch.semantic.static_encoder import StaticEncoder

TEXTS = [
    "وزير الداخلية يبحث التعاون الأمني",
    "نسبة 41٪ من اللیبیین تعتقد ذٰلك",
    "السَّفِينَةُ دخلت المينـــاء في الـ21 من أكتوبر",
    "Café Straße 5G ﷲ ﷺ ﻻ",
    "",
    "!!!",
    "كلمة " * 700,
]


def test_the_bundled_encoder_is_small_enough() -> None:
    assert sum(path.stat().st_size for path in shipped_encoder_path("fast").rglob("*")) <= 20_000_000
    assert load_encoder("fast").dimension <= 256


@pytest.mark.slow
def test_without_torch_the_bundled_encoder_gives_what_sentence_transformers_gives() -> None:
    from sentence_transformers import SentenceTransformer

    expected = SentenceTransformer(str(shipped_encoder_path("fast")), device="cpu").encode(TEXTS)
    encoder = load_encoder("fast")
    np.testing.assert_allclose(encoder.encode_queries(TEXTS), expected, atol=1e-5)
    np.testing.assert_allclose(encoder.encode_passages(TEXTS), expected, atol=1e-5)


@pytest.mark.slow
def test_static_models_with_float_weights_are_read_alike(tiny_encoder: str) -> None:
    from sentence_transformers import SentenceTransformer

    texts = ["سفينة في ميناء", "قمر", "لا شيء", ""]
    expected = SentenceTransformer(tiny_encoder, device="cpu").encode(texts)
    np.testing.assert_allclose(load_encoder(tiny_encoder).encode_queries(texts), expected, atol=1e-5)


def test_vectors_can_be_cut_to_their_first_dimensions() -> None:
    whole, short = load_encoder("fast"), load_encoder("fast@64")
    assert (short.name, short.dimension) == ("fast@64", 64)
    assert short.fingerprint != whole.fingerprint
    expected = whole.encode_queries(TEXTS)[:, :64]
    expected /= np.maximum(np.linalg.norm(expected, axis=1, keepdims=True), 1e-9)
    np.testing.assert_allclose(short.encode_queries(TEXTS), expected, atol=1e-6)
    np.testing.assert_allclose(short.encode_passages(TEXTS), expected, atol=1e-6)


@pytest.mark.parametrize("dimension", [0, 256, 9999])
def test_vectors_cannot_be_cut_to_more_than_they_have(dimension: int) -> None:
    with pytest.raises(EncoderError, match=rf"'fast' has vectors of 256 dimensions.*{dimension}"):
        load_encoder(f"fast@{dimension}")


def test_an_index_with_short_vectors_is_searched_and_updated(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus.jsonl"
    corpus.write_text(
        '{"id": "1", "body": "سفينة في الميناء"}\n{"id": "2", "body": "قمر في السماء"}\n', encoding="utf-8"
    )
    build_index([corpus], tmp_path / "index", model="fast@64")
    for _ in range(2):
        with open_index(tmp_path / "index") as index:
            assert index.search("سفينة", mode="semantic").hits[0].id == "1"
        layout = Layout(tmp_path / "index")
        assert Manifest.read(layout.commit(layout.current() or "")).dimension == 64
        with corpus.open("a", encoding="utf-8") as file:
            file.write('{"id": "3", "body": "سفن كثيرة"}\n')
        build_index([corpus], tmp_path / "index")  # keeps the model


def test_vectors_have_length_one_or_zero() -> None:
    vectors = load_encoder("fast").encode_queries(["بحر", ""])
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), [1, 0], atol=1e-6)
    assert vectors.dtype == np.float32


def test_spellings_of_a_word_have_one_vector() -> None:
    encoder = load_encoder("fast")
    spellings = ["المكتبة الإسلامية", "المَكْتَبَةُ الإسلامية", "المكتبه الاسلاميه", "المکتبة الإسلامیة"]
    first, *others = encoder.encode_queries(spellings)
    for other in others:
        np.testing.assert_allclose(other, first, atol=1e-6)


def test_related_texts_are_nearer_than_unrelated_ones() -> None:
    encoder = load_encoder("fast")
    query = encoder.encode_queries(["مباراة كرة القدم"])[0]
    sport, kitchen = encoder.encode_passages(["فاز الفريق بهدفين في ملعب المدينة", "يضاف الملح والزيت إلى العجين"])
    assert query @ sport > query @ kitchen


def test_nothing_static_imports_torch() -> None:
    code = (
        "import sys; from arsearch.semantic import load_encoder; "
        "load_encoder('fast').encode_queries(['sea']); assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.fixture(scope="session")
def transformer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real, untrained BERT of two small layers with prompts, saved as sentence-transformers does."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from transformers import BertConfig, BertModel, BertTokenizer

    folder = tmp_path_factory.mktemp("bert")
    base = folder / "base"
    base.mkdir()
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "query", "passage", ":", "بحر", "سفينة", "قمر"]
    (base / "vocab.txt").write_text("\n".join(words), encoding="utf-8")
    BertTokenizer(vocab=str(base / "vocab.txt")).save_pretrained(base)
    config = BertConfig(
        vocab_size=len(words), hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32
    )
    BertModel(config).save_pretrained(base)
    model = SentenceTransformer(
        modules=[module := Transformer(str(base)), Pooling(module.get_embedding_dimension())],
        prompts={"query": "query: ", "passage": "passage: "},
        device="cpu",
    )
    model.save(str(folder / "model"))
    return folder / "model"


def test_any_model_is_loaded_by_path_with_its_prompts(transformer: Path) -> None:
    from sentence_transformers import SentenceTransformer

    encoder = load_encoder(str(transformer))
    assert isinstance(encoder, SentenceTransformerEncoder)
    assert encoder.dimension == 32
    model = SentenceTransformer(str(transformer), device="cpu")
    for encode, prompt in ((encoder.encode_queries, "query: "), (encoder.encode_passages, "passage: ")):
        vectors = encode(["بحر سفينة", "قمر"])
        expected = model.encode([f"{prompt}بحر سفينة", f"{prompt}قمر"], prompt="", normalize_embeddings=True)
        np.testing.assert_allclose(vectors, expected, atol=1e-5)
    assert not np.allclose(encoder.encode_queries(["قمر"]), encoder.encode_passages(["قمر"]), atol=1e-4)


def test_a_model_with_other_weights_has_another_fingerprint(transformer: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    encoder = load_encoder(str(transformer))
    assert encoder.fingerprint == load_encoder(str(transformer)).fingerprint != ""
    path = tmp_path / "retrained"
    shutil.copytree(transformer, path)
    weights = next(path.rglob("model.safetensors"))
    tensors = load_file(weights)
    save_file({name: tensor + 0.01 for name, tensor in tensors.items()}, weights, metadata={"format": "pt"})
    assert load_encoder(str(path)).fingerprint != encoder.fingerprint


def test_a_transformer_goes_the_whole_road(transformer: Path, tmp_path: Path) -> None:
    import json

    import arsearch

    corpus = tmp_path / "corpus.jsonl"
    records = [{"id": "sea", "body": "بحر سفينة"}, {"id": "sky", "body": "قمر"}]
    corpus.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    for full in (False, True):
        arsearch.build_index([corpus], tmp_path / "index", model=str(transformer), full=full)
        [kept] = (tmp_path / "index" / "embedded").glob("*.sqlite")
        with arsearch.open_index(tmp_path / "index") as index:
            for mode in ("semantic", "hybrid"):
                assert index.search("بحر سفينة", mode=mode).hits[0].id == "sea"
    assert kept.stat().st_size > 0


def test_models_of_the_e5_family_get_their_prompts_by_name(transformer: Path, tmp_path: Path) -> None:
    import json

    path = tmp_path / "multilingual-e5-small"
    shutil.copytree(transformer, path)
    config = path / "config_sentence_transformers.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | {"prompts": {"query": "", "document": ""}}))
    expected = load_encoder(str(transformer)).encode_passages(["بحر"])
    np.testing.assert_allclose(load_encoder(str(path)).encode_passages(["بحر"]), expected, atol=1e-5)


def test_a_path_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match="no model in"):
        load_encoder(str(tmp_path / "nowhere"))


@pytest.mark.slow
def test_a_model_that_cannot_be_had(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(EncoderError, match=r"intfloat/no-such-model.*bundled"):
        load_encoder("intfloat/no-such-model")


@pytest.mark.parametrize("broken", ["tokenizer.json", "model.safetensors"])
def test_a_broken_model_is_named(tiny_encoder: str, tmp_path: Path, broken: str) -> None:
    path = tmp_path / "model"
    shutil.copytree(tiny_encoder, path)
    (path / broken).write_bytes(b"not this")
    with pytest.raises(EncoderError, match=str(broken)):
        StaticEncoder(path, name="x")
