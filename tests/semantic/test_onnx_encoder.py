"""Transformers run by ONNX Runtime: the vectors of sentence-transformers, without torch."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from arsearch import EncoderError
from arsearch.semantic.onnx_encoder import OnnxEncoder

sys.path.insert(0, str(Path(__file__).parents[2]))  # training is not installed with the package

from training.transformer.export import export
from training.transformer.source import BertWeights, Layer, Pair
from training.transformer.vocabulary import SPECIAL, student_tokenizer

TEXTS = [
    "وزير الداخلية يبحث التعاون الأمني",
    "السَّفِينَةُ دخلت المينـــاء",
    "Libya interior minister",
    "كلمة " * 90,
    "قمر",
]
WIDTH = 32


def make(folder: Path, *, int8: bool) -> Path:
    draw = np.random.default_rng(3)

    def normal(*shape: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        return draw.normal(0, 0.3, shape).astype(np.float32)

    def linear(rows: int, columns: int) -> Pair:
        return normal(rows, columns), normal(rows)

    def norm() -> Pair:
        return 1 + normal(WIDTH), normal(WIDTH)

    letters = list("ابتثجحخدذرزسشصضطظعغفقكلمنهويabcdefghijklmnopqrstuvwxyz")
    pieces = [*SPECIAL, *letters, *("##" + letter for letter in letters), "query", "passage", "وزير", "قمر"]
    layers = [
        Layer(
            query=linear(WIDTH, WIDTH),
            key=linear(WIDTH, WIDTH),
            value=linear(WIDTH, WIDTH),
            attention_output=linear(WIDTH, WIDTH),
            attention_norm=norm(),
            intermediate=linear(2 * WIDTH, WIDTH),
            output=linear(WIDTH, 2 * WIDTH),
            output_norm=norm(),
        )
        for _ in range(2)
    ]
    words, positions, types = normal(len(pieces), WIDTH), normal(64, WIDTH), normal(2, WIDTH)
    readout = None if int8 else linear(WIDTH, WIDTH)
    weights = BertWeights(words, positions, types, norm(), layers, 2, 1e-12, readout)
    special = dict(zip(("pad_token", "unk_token", "cls_token", "sep_token"), SPECIAL, strict=True))
    export(weights, student_tokenizer(pieces), special, folder, longest=64, int8=int8)
    return folder


@pytest.fixture(scope="module")
def exact(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("exact"), int8=False)


@pytest.fixture(scope="module")
def rounded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("rounded"), int8=True)


def of_sentence_transformers(path: Path, prompt: str) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    from sentence_transformers import SentenceTransformer

    return np.asarray(SentenceTransformer(str(path), device="cpu").encode(TEXTS, prompt_name=prompt))


@pytest.mark.slow
def test_in_float32_the_vectors_are_those_of_sentence_transformers(exact: Path) -> None:
    encoder = OnnxEncoder(exact, name="exact")
    assert encoder.dimension == WIDTH
    np.testing.assert_allclose(encoder.encode_queries(TEXTS), of_sentence_transformers(exact, "query"), atol=1e-4)
    np.testing.assert_allclose(encoder.encode_passages(TEXTS), of_sentence_transformers(exact, "passage"), atol=1e-4)


@pytest.mark.slow
def test_in_int8_the_vectors_are_close_to_those_of_sentence_transformers(rounded: Path) -> None:
    cosines = (
        OnnxEncoder(rounded, name="rounded").encode_queries(TEXTS) * of_sentence_transformers(rounded, "query")
    ).sum(axis=1)
    assert cosines.min() > 0.99


def test_a_text_has_the_same_vector_alone_and_among_others(exact: Path) -> None:
    encoder = OnnxEncoder(exact, name="exact")
    many = encoder.encode_passages(TEXTS * 60)  # more than one batch
    for place, text in enumerate(TEXTS):
        np.testing.assert_allclose(many[place], encoder.encode_passages([text])[0], atol=1e-5)
        np.testing.assert_allclose(many[place], many[-len(TEXTS) + place], atol=1e-5)


def test_in_int8_too_a_text_has_the_same_vector_whatever_is_embedded_with_it(rounded: Path) -> None:
    encoder = OnnxEncoder(rounded, name="rounded", threads=2)
    alone = np.concatenate([encoder.encode_passages([text]) for text in TEXTS])
    np.testing.assert_array_equal(encoder.encode_passages(TEXTS * 3), np.tile(alone, (3, 1)))


def test_every_vector_has_length_one_but_those_of_nothing(rounded: Path) -> None:
    vectors = OnnxEncoder(rounded, name="rounded").encode_queries([*TEXTS, "", "!!! …"])
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), [1, 1, 1, 1, 1, 0, 0], atol=1e-5)
    assert OnnxEncoder(rounded, name="rounded").encode_queries([]).shape == (0, WIDTH)


def test_another_network_has_another_fingerprint(exact: Path, rounded: Path) -> None:
    assert OnnxEncoder(exact, name="x").fingerprint == OnnxEncoder(exact, name="y").fingerprint
    assert OnnxEncoder(exact, name="x").fingerprint != OnnxEncoder(rounded, name="x").fingerprint


def test_no_torch_is_imported(rounded: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from arsearch.semantic.onnx_encoder import OnnxEncoder; "
        "OnnxEncoder(Path(sys.argv[1]), name='x').encode_queries(['قمر']); "
        "assert not {'torch', 'transformers', 'sentence_transformers'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code, str(rounded)], check=True)


def test_what_can_be_read(exact: Path, tmp_path: Path) -> None:
    assert OnnxEncoder.can_read(exact)
    assert not OnnxEncoder.can_read(tmp_path)


@pytest.mark.parametrize("broken", ["model.onnx", "tokenizer.json", "config_sentence_transformers.json"])
def test_a_broken_model_is_named(exact: Path, tmp_path: Path, broken: str) -> None:
    shutil.copytree(exact, tmp_path / "model")
    (tmp_path / "model" / broken).write_text("nothing of use", encoding="utf-8")
    with pytest.raises(EncoderError, match=str(tmp_path / "model")):
        OnnxEncoder(tmp_path / "model", name="broken")


def test_a_model_without_a_network_is_named(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match="no ONNX file"):
        OnnxEncoder(tmp_path, name="nothing")


def test_a_folder_with_a_network_as_onnx_is_indexed_and_searched_without_torch(exact: Path, tmp_path: Path) -> None:
    corpus = tmp_path / "corpus.jsonl"
    corpus.write_text('{"id": "moon", "title": "القمر", "body": "قمر فوق البحر"}\n', encoding="utf-8")
    code = (
        "import sys, arsearch\n"
        f"arsearch.build_index([{str(corpus)!r}], {str(tmp_path / 'index')!r}, model={str(exact)!r})\n"
        f"with arsearch.open_index({str(tmp_path / 'index')!r}) as index:\n"
        "    results = index.search('قمر', mode='semantic')\n"
        "assert results.mode == 'semantic' and [hit.id for hit in results] == ['moon'], results\n"
        "assert 'torch' not in sys.modules and 'onnxruntime' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
