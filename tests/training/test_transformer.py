"""Making transformer encoders: the texts, the vocabularies, the network and the student."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from tokenizers import Tokenizer

from training.transformer.export import export
from training.transformer.source import BertWeights, Floats, Layer, Pair, Source
from training.transformer.teacher import Chunk, read_chunks, teach, word_spans
from training.transformer.texts import Text, held_out, known_items, read_texts
from training.transformer.vocabulary import SPECIAL, build_vocabulary, starting_rows, student_tokenizer

WIDTH = 16
WORDS = ["قال", "الوزير", "وزير", "الداخلية", "السوق", "ارتفاع", "الاسعار", "البحر", "السفن", "المدرسة"]


def write(path: Path, rows: Sequence[Mapping[str, object]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(path, "wt", encoding="utf-8") as lines:
        lines.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    articles = [
        {"source": "al-manar", "title": f"{word} {number}", "body": " ".join(WORDS * 12)}
        for number, word in enumerate(WORDS * 6)
    ]
    write(folder / "corpus" / "ant-news.jsonl.gz", articles)
    write(folder / "train" / "periodicals.jsonl.gz", articles[:3])
    write(folder / "train" / "egyptian-wikipedia.jsonl.gz", articles[:3])
    pair = {"a": "كيف أتعلم السباحة؟", "b": "ما طريقة تعلم السباحة؟", "label": 1}
    write(folder / "train" / "q2q.jsonl.gz", [pair])
    write(folder / "train" / "news-title-stance.jsonl.gz", [pair | {"label": "agree"}])
    return folder


@pytest.fixture(scope="module")
def source() -> Source:
    """A source of random weights, whose pieces are letters and a few words."""
    draw = np.random.default_rng(5)

    def normal(*shape: int) -> Floats:
        return draw.normal(0, 0.3, shape).astype(np.float32)

    def linear(rows: int, columns: int) -> Pair:
        return normal(rows, columns), normal(rows)

    def norm() -> Pair:
        return 1 + normal(WIDTH), normal(WIDTH)

    letters = sorted(set("".join(WORDS)) | set("abcdefghijklmnopqrstuvwxyz:؟أ0123456789"))
    pieces = ["<s>", "<pad>", "</s>", "<unk>", "▁", *letters, "▁وزير", "▁Libya", "▁query", "▁passage"]
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
        for _ in range(3)
    ]
    weights = BertWeights(normal(len(pieces), WIDTH), normal(512, WIDTH), normal(2, WIDTH), norm(), layers, 2, 1e-12)
    return Source(weights, pieces, [-float(number) for number in range(len(pieces))], bos=0, eos=2, pad=1, unk=3)


def test_texts_are_the_same_every_time_and_leave_out_what_is_held_out(data: Path) -> None:
    news = data / "corpus" / "ant-news.jsonl.gz"
    texts = read_texts(data / "train", news)
    assert texts == read_texts(data / "train", news)
    assert {text.kind for text in texts} == {"query", "passage"}
    bodies, queries = known_items(news)
    assert queries
    assert all(held_out(title) and place < len(bodies) for title, place in queries)
    assert not {title for title, _ in queries} & {text.text for text in texts}


def test_the_vocabulary_has_whole_words_of_arabic_and_of_foreign_queries(source: Source) -> None:
    vocabulary = build_vocabulary({"وزير": 50, "السوق": 40, "سفن": 2, "سفنهم": 1}, source, 20_000)
    assert vocabulary[: len(SPECIAL)] == list(SPECIAL)
    assert len(set(vocabulary)) == len(vocabulary)
    tokenizer = student_tokenizer(vocabulary)
    assert tokenizer.encode("query: السُّوق، وزيـر").tokens == ["[CLS]", "query", "السوق", "وزير", "[SEP]"]
    assert tokenizer.encode("LIBYA libya", add_special_tokens=False).tokens == ["libya", "libya"]
    assert SPECIAL[1] not in tokenizer.encode("سفنوقزيرٌ xylophonically 2026").tokens


def test_a_new_piece_starts_as_the_mean_of_the_pieces_of_the_source(source: Source) -> None:
    rows = starting_rows([*SPECIAL, "وزير", "libya", "سو", "##و"], source)
    known = dict(zip(source.pieces, source.weights.words, strict=True))
    np.testing.assert_array_equal(rows[0], known["<pad>"])
    np.testing.assert_array_equal(rows[4], known["▁وزير"])
    np.testing.assert_array_equal(rows[5], known["▁Libya"])
    np.testing.assert_allclose(rows[6], np.mean([known[piece] for piece in ("▁", "س", "و")], axis=0), rtol=1e-6)
    np.testing.assert_array_equal(rows[7], known["و"])


@pytest.fixture(scope="module")
def lesson(data: Path, source: Source, tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Text], Path]:
    folder = tmp_path_factory.mktemp("lesson")
    special = {"pad_token": "<pad>", "unk_token": "<unk>", "cls_token": "<s>", "sep_token": "</s>"}
    export(source.weights, source.tokenizer(), special, folder / "model", longest=512)
    texts = [text for text in read_texts(data / "train", data / "corpus" / "ant-news.jsonl.gz") if text.text[0] > "z"]
    tokenizer = Tokenizer.from_file(str(folder / "model" / "tokenizer.json"))
    teach(texts[:300], folder / "model" / "model.onnx", tokenizer, folder / "teacher", part=0, parts=1)
    return texts[:300], folder / "teacher"


def test_the_teacher_speaks_of_texts_and_of_their_words(lesson: tuple[list[Text], Path]) -> None:
    texts, folder = lesson
    (chunk,) = read_chunks(folder)
    np.testing.assert_allclose(np.linalg.norm(chunk.vectors, axis=1), 1, atol=1e-5)
    short = [place for place, text in enumerate(texts) if len(text.text) < 50]
    assert short
    assert [chunk.counts[place] for place in short] == [len(word_spans(texts[place].prompted)) for place in short]
    assert len(chunk.words) == chunk.counts.sum()


def unexplained(chunk: Chunk, weights: BertWeights, tokenizer: Tokenizer, texts: list[Text], folder: Path) -> float:
    from arsearch.semantic.onnx_encoder import OnnxEncoder

    special = dict(zip(("pad_token", "unk_token", "cls_token", "sep_token"), SPECIAL, strict=True))
    export(weights, tokenizer, special, folder, longest=320, int8=False)
    encoder = OnnxEncoder(folder, name="student")
    places = [place for place, text in enumerate(texts) if text.kind == "query"]
    vectors = encoder.encode_queries([texts[place].text for place in places])
    return float(np.square(vectors - chunk.vectors[places]).sum(axis=1).mean())


@pytest.mark.slow
def test_a_student_comes_nearer_to_its_teacher_and_goes_on_from_its_checkpoint(
    source: Source, lesson: tuple[list[Text], Path], tmp_path: Path
) -> None:
    # Imports torch; all processes of a run read this file.
    from training.transformer.distil import Recipe, minutes_trained, start, train

    texts, folder = lesson
    (chunk,) = read_chunks(folder)
    pieces = build_vocabulary(dict.fromkeys(WORDS, 5), source, 15_000)
    tokenizer = student_tokenizer(pieces)
    recipe = Recipe(layers=(0, 1), rate=3e-3, warmup=2, threads=1)
    first = start(source.weights, starting_rows(pieces, source), recipe)
    assert len(first.layers) == 2
    checkpoint = tmp_path / "student.pt"
    train(first, texts, tokenizer, folder, checkpoint, recipe, minutes=0.02, settle=False)
    assert checkpoint.exists()
    before = checkpoint.stat().st_mtime_ns
    settled = train(first, texts, tokenizer, folder, checkpoint, recipe, minutes=0.02, settle=True)
    assert checkpoint.stat().st_mtime_ns == before
    assert minutes_trained(checkpoint) >= 0.02
    losses = checkpoint.with_suffix(".tsv").read_text(encoding="utf-8").splitlines()
    assert [len(line.split("\t")) for line in losses] == [6, 6, 6]
    came_from = unexplained(chunk, first, tokenizer, texts, tmp_path / "first")
    assert unexplained(chunk, settled, tokenizer, texts, tmp_path / "settled") < 0.8 * came_from


@pytest.mark.slow
def test_one_command_makes_a_student_and_does_nothing_twice(
    data: Path, source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from training.transformer import __main__ as commands
    from training.transformer.distil import minutes_trained

    monkeypatch.setattr(commands, "read_source", lambda _: source)
    (tmp_path / "source.bin").touch()
    write(data / "eval" / "ships" / "corpus.jsonl.gz", [{"id": "1", "title": "السفن", "body": " ".join(WORDS)}])
    (data / "eval" / "ships" / "queries.tsv").write_text("q\tالسفن\n", encoding="utf-8")
    (data / "eval" / "ships" / "qrels.txt").write_text("q 0 1 1\n", encoding="utf-8")
    work, out = tmp_path / "work", tmp_path / "out"
    asked = ["student", "--source", str(tmp_path / "source.bin"), "--data", str(data), "--work", str(work)]
    asked += ["--out", str(out), "--chunks", "1", "--minutes", "0.01", "--settle", "0.01", "--layers", "0,1"]
    asked += ["--vocabulary", "15000", "--threads", "1"]
    first = CliRunner().invoke(commands.main, asked, catch_exceptions=False)
    assert "ships\tnDCG@10 1.0000" in first.output
    (checkpoint,) = work.glob("student-*.pt")
    trained = minutes_trained(checkpoint)
    made = {
        path: path.stat().st_mtime_ns
        for path in [checkpoint, work / "teacher" / "0000.npz", work / "model" / "model.onnx"]
    }
    CliRunner().invoke(commands.main, asked, catch_exceptions=False)
    assert {path: path.stat().st_mtime_ns for path in made} == made
    assert minutes_trained(checkpoint) == trained
