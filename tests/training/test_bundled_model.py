"""The model that ships: what its directory promises."""

from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer

import arsearch.semantic
from arsearch.arabic import fold
from training.tokenizer import folding_normalizer, word_splitter

MODEL = Path(arsearch.semantic.__file__).parent / "models" / "arsearch-static"


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer.from_file(str(MODEL / "tokenizer.json"))


def test_directory_is_at_most_20_megabytes() -> None:
    assert sum(path.stat().st_size for path in MODEL.rglob("*") if path.is_file()) <= 20_000_000


def test_folds_by_the_rules_of_the_source(tokenizer: Tokenizer) -> None:
    """Fails when folding has changed and the encoder was not trained again."""
    fresh = Tokenizer.from_str(tokenizer.to_str())
    fresh.normalizer = folding_normalizer()
    fresh.pre_tokenizer = word_splitter()
    assert fresh.to_str() == tokenizer.to_str()


def test_raw_and_folded_text_have_the_same_tokens(tokenizer: Tokenizer) -> None:
    raw = "أُعلِنَت نتائجُ الانتخاباتِ في ٢٣ مدينةٍ عربيّة، وقال الوزیر إنّ المشارکة «مرتفعة»"
    assert tokenizer.encode(raw).ids == tokenizer.encode(fold(raw)).ids


def test_every_token_has_a_vector(tokenizer: Tokenizer) -> None:
    from safetensors.numpy import load_file

    tensors = load_file(MODEL / "model.safetensors")
    assert tensors["embeddings"].dtype == np.int8
    assert tensors["embeddings"].shape[0] == tensors["weights"].shape[0] == tokenizer.get_vocab_size()
    assert tensors["embeddings"].shape[1] <= 256


@pytest.mark.slow
def test_what_belongs_together_is_near_without_sharing_words() -> None:
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(MODEL), device="cpu")
    query, near, far = model.encode(["علاج الصداع", "دواء لألم الرأس", "مباراة كرة القدم"])
    assert query @ near > query @ far + 0.1
