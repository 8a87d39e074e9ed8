"""A real cross-encoder, small and untrained, decides the order of the first hits."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import arsearch
from arsearch import EncoderError, Settings
from arsearch.semantic import Reranker

from ..conftest import WriteCorpus


@pytest.fixture(scope="module")
def reranker(tmp_path_factory: pytest.TempPathFactory) -> str:
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizer, set_seed

    folder = tmp_path_factory.mktemp("reranker")
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "بحر", "سفينة", "قمر", "نجم"]
    (folder / "vocab.txt").write_text("\n".join(words), encoding="utf-8")
    BertTokenizer(vocab=str(folder / "vocab.txt")).save_pretrained(folder)
    set_seed(3)
    config = BertConfig(
        vocab_size=len(words), hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32,
        initializer_range=1.0,
    )  # fmt: skip
    config.num_labels = 1
    BertForSequenceClassification(config).save_pretrained(folder)
    return str(folder)


def test_the_order_of_the_first_hits_is_the_rerankers(
    reranker: str, tmp_path: Path, tiny_encoder: str, write_corpus: WriteCorpus
) -> None:
    texts = {"a": "بحر", "b": "بحر بحر", "c": "بحر قمر", "d": "بحر نجم نجم", "e": "سفينة بحر قمر"}
    corpus = write_corpus([{"id": name, "body": body} for name, body in texts.items()])
    arsearch.build_index([corpus], tmp_path / "index", model=tiny_encoder, settings=Settings())
    found = Reranker(reranker).score("بحر", [f"\n{body}" for body in texts.values()])
    assert len(np.unique(found)) > 1
    wanted = [name for _, name in sorted(zip(-found, texts, strict=True))]
    for mode in ("lexical", "hybrid"):
        with arsearch.open_index(tmp_path / "index", settings=Settings(reranker=reranker)) as searcher:
            hits = searcher.search("بحر", mode=mode).hits
        assert [hit.id for hit in hits] == wanted
        assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_only_the_head_is_reranked(reranker: str, tmp_path: Path, tiny_encoder: str, write_corpus: WriteCorpus) -> None:
    corpus = write_corpus([{"id": str(number), "body": "بحر " + "حجر " * number} for number in range(6)])
    arsearch.build_index([corpus], tmp_path / "index", model=tiny_encoder, settings=Settings())
    with arsearch.open_index(tmp_path / "index", settings=Settings()) as searcher:
        plain = [hit.id for hit in searcher.search("بحر", mode="lexical").hits]
    settings = Settings(reranker=reranker, reranked_candidates=2)
    with arsearch.open_index(tmp_path / "index", settings=settings) as searcher:
        reranked = [hit.id for hit in searcher.search("بحر", mode="lexical").hits]
    assert reranked[2:] == plain[2:]
    assert sorted(reranked[:2]) == sorted(plain[:2])


def test_a_reranker_that_cannot_be_had(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match="setting reranker"):
        Reranker(str(tmp_path))


def test_without_its_reranker_a_search_answers_and_says_so(corpus_index: Path, tmp_path: Path) -> None:
    with arsearch.open_index(corpus_index, settings=Settings(reranker=str(tmp_path))) as searcher:
        results = searcher.search("الابل", mode="lexical")
    assert results.hits
    assert results.notice is not None
    assert "reranker" in results.notice.text


def test_nothing_to_rerank(reranker: str) -> None:
    assert len(Reranker(reranker).score("بحر", [])) == 0
