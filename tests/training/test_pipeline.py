"""From files to a model that plain sentence-transformers loads, on a few made-up articles.

What imports torch or SciPy is imported by the tests that need it: all processes of a run read this file.
"""

import gzip
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from training.data import Integers, read
from training.export import quantize
from training.judge import ndcg
from training.sampling import Bags, Negatives, Sampler, TokenText, gather

pytestmark = pytest.mark.slow

SUBJECTS = ["السوق والتجارة", "المدرسة والتعليم", "البحر والسفن", "الزراعة والقمح"]
SMALL = {"steps": 3, "batch": 8, "dimension": 8, "vocabulary": 200, "passage": 10}


def write(path: Path, rows: Sequence[Mapping[str, object]]) -> None:
    with gzip.open(path, "wt", encoding="utf-8") as lines:
        lines.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("train")
    bodies = [" ".join([f"قال الكاتب في {subject} كلاما طويلا جدا. "] * 20) for subject in SUBJECTS]
    articles = [{"title": title, "body": body} for title, body in zip(SUBJECTS, bodies, strict=True)]
    write(folder / "periodicals.jsonl.gz", [{"source": "al-manar", **article} for article in articles])
    repeated = [{"title": each["title"], "body": f"{each['title']}\n{each['body']}"} for each in articles]
    write(folder / "egyptian-wikipedia.jsonl.gz", repeated)
    write(
        folder / "ant-pairs.jsonl.gz", [{"a": each["title"], "b": each["body"], "kind": "title"} for each in articles]
    )
    write(
        folder / "q2q.jsonl.gz",
        [
            {"a": "كيف أتعلم السباحة؟", "b": "ما طريقة تعلم السباحة؟", "label": 1},
            {"a": "كيف أتعلم السباحة؟", "b": "كيف أطبخ الأرز؟", "label": 0},
        ],
    )
    write(
        folder / "news-title-stance.jsonl.gz",
        [{"a": "ارتفاع النفط", "b": "النفط يرتفع", "label": "agree"}, {"a": "أ", "b": "ب", "label": "disagree"}],
    )
    return folder


def test_read_keeps_documents_pairs_and_questions(folder: Path) -> None:
    text = read(folder)
    assert text.sources == ["al-manar", "egyptian-wikipedia", "ant-title"]
    assert len(text.source) == 12
    assert text.pairs[:, 0].tolist() == [1, 0, 1]  # headlines that disagree are left out
    assert len(text.questions) == 4
    first = [text.words[number] for number in text.text[slice(*text.title[0])]]
    assert first == ["السوق", "والتجاره"]


def test_read_drops_the_title_repeated_at_the_start_of_a_body(folder: Path) -> None:
    text = read(folder)
    start = text.body[4, 0]  # the first article of Wikipedia
    assert text.words[text.text[start]] == "قال"


def test_sentences_fill_their_bodies(folder: Path) -> None:
    text = read(folder)
    for document, (start, end) in enumerate(text.body):
        mine = text.sentences[text.sentences[:, 0] == document]
        assert mine[0, 1] == start
        assert mine[-1, 2] == end
        assert (mine[1:, 1] == mine[:-1, 2]).all()


def sampler(folder: Path, seed: int, negatives: Negatives | None = None) -> tuple[TokenText, Sampler]:
    from training.mining import mine

    text = read(folder)
    # Every word in two tokens, so that positions in words and in tokens differ.
    tokens = TokenText.of(text, [[2 * number, 2 * number + 1] for number in range(len(text.words))])
    negatives = negatives or mine(tokens, 2 * len(text.words))
    return tokens, Sampler(
        tokens, negatives, seed=seed, size=8, passage=10, overlap=0.5, opening=0.5, dropped=0.3, hard=0.5
    )


def texts(bags: Bags) -> list[list[int]]:
    return [part.tolist() for part in np.split(bags.tokens, bags.offsets[1:])]


def test_tokens_of_a_span_are_those_of_its_words(folder: Path) -> None:
    tokens, _ = sampler(folder, seed=0)
    words = tokens.text.text[slice(*tokens.text.body[5])]
    expected = np.stack([2 * words, 2 * words + 1], axis=1).ravel()
    assert tokens.tokens[slice(*tokens.body[5])].tolist() == expected.tolist()


def test_batches_have_no_empty_texts_and_no_long_passages(folder: Path) -> None:
    _, draws = sampler(folder, seed=1)
    for _ in range(60):
        batch = draws.batch()
        queries, passages = texts(batch.queries), texts(batch.passages)
        assert len(passages) >= len(queries)
        assert all(queries)
        assert all(passages)
        if batch.documents is not None:
            assert len(batch.documents) == len(passages)
            assert max(map(len, passages)) <= 10


def spans(texts: list[list[int]]) -> Integers:
    ends = np.cumsum([len(text) for text in texts])
    return np.stack([ends - [len(text) for text in texts], ends], axis=1)


def test_a_hard_negative_shares_words_and_is_neither_the_answer_nor_nearly_as_good() -> None:
    from training.mining import hard_negatives

    documents = [[1, 2, 3, 20], [1, 2, 3, 21], [1, 30, 31, 32], [40, 41, 42, 43], [1, 50, 51, 52]]
    queries = [[1, 2, 3], [40, 99]]
    tokens = np.array([token for text in queries + documents for token in text])
    all_spans = spans(queries + documents)
    found = hard_negatives(tokens, all_spans[:2], all_spans[2:], np.array([0, 3]), vocabulary=100, count=2)
    assert sorted(found[0].tolist()) == [2, 4]  # not 0, the answer, and not 1, which says the same
    assert found[1].tolist() == [-1, -1]  # nothing else has one of its words


def test_hard_negatives_are_added_to_the_passages_of_titles(folder: Path) -> None:
    next_document = (np.arange(12) + 1) % 12
    _, draws = sampler(folder, 0, Negatives(next_document[:, None], np.full((3, 1), -1)))
    batches = [draws.batch() for _ in range(60)]
    harder = [batch.documents for batch in batches if batch.documents is not None and len(batch.documents) > 8]
    assert harder
    for documents in harder:
        assert set(documents[8:]) <= set(next_document[documents[:8]])


def test_the_same_seed_draws_the_same_batches(folder: Path) -> None:
    first, second = sampler(folder, seed=2)[1], sampler(folder, seed=2)[1]
    for _ in range(20):
        assert texts(first.batch().queries) == texts(second.batch().queries)


def test_gather_puts_slices_one_after_another() -> None:
    values = np.arange(10)
    assert gather(values, np.array([7, 0, 3]), np.array([2, 0, 3])).tolist() == [7, 8, 3, 4, 5]


def test_quantized_rows_give_the_table_back() -> None:
    table = np.random.default_rng(0).standard_normal((5, 8)).astype(np.float32)
    table[2] = 0
    rows, scales = quantize(table)
    assert rows.dtype == np.int8
    assert (np.abs(rows * scales[:, None] - table) <= np.abs(table).max(axis=1, keepdims=True) / 250).all()


def test_ndcg_counts_ranks() -> None:
    assert ndcg(np.array([0.1, 0.9, 0.5], dtype=np.float32), {1}) == 1.0
    assert ndcg(np.array([0.1, 0.9, 0.5], dtype=np.float32), {2}) == pytest.approx(1 / np.log2(3))


def run(folder: Path, out: Path) -> dict[str, bytes]:
    from training.__main__ import main

    options = [str(part) for name, value in SMALL.items() for part in ("--set", name, value)]
    result = CliRunner().invoke(main, ["--data", str(folder), "--out", str(out), *options])
    assert result.exit_code == 0, result.output
    return {str(path.relative_to(out)): path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file()}


def test_tokens_that_the_teacher_takes_for_alike_start_alike(folder: Path) -> None:
    from training.train import Recipe, train

    text = read(folder)
    tokens = TokenText.of(text, [[number] for number in range(len(text.words))])
    taught = np.random.default_rng(1).standard_normal((len(text.words), 12)).astype(np.float32)
    taught[1] = taught[0]
    recipe = Recipe(steps=0, batch=8, dimension=8, vocabulary=len(text.words))
    one, other, third = train(tokens, len(text.words), recipe, taught)[:3]
    cosines = [a @ b / np.linalg.norm(a) / np.linalg.norm(b) for a, b in ((one, other), (one, third))]
    assert cosines[0] == pytest.approx(1, abs=1e-5)
    assert cosines[1] < 0.9


def test_two_runs_write_the_same_bytes_and_sentence_transformers_loads_them(folder: Path, tmp_path: Path) -> None:
    files = run(folder, tmp_path / "one")
    assert files == run(folder, tmp_path / "two")
    assert set(files) == {
        "1_Normalize/config.json",
        "config_sentence_transformers.json",
        "model.safetensors",
        "modules.json",
        "tokenizer.json",
    }
    from sentence_transformers import SentenceTransformer

    vectors = SentenceTransformer(str(tmp_path / "one"), device="cpu").encode(["السوق", "القمح والبحر"])
    assert vectors.shape == (2, 8)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
