"""The command that makes the bundled encoder."""

from __future__ import annotations

import logging
from dataclasses import fields, replace
from pathlib import Path

import click
import numpy as np
from tokenizers import Tokenizer

from arsearch.common.array_types import Vectors
from arsearch.semantic.onnx_encoder import OnnxEncoder
from training.data import read
from training.export import export
from training.sampling import TokenText
from training.tokenizer import build_tokenizer
from training.train import Recipe, train

logger = logging.getLogger("training")

_TAUGHT_RATE = 0.05
"""Of token vectors that mean something from the start: at the usual one they would forget it."""


@click.command()
@click.option("--data", type=click.Path(exists=True, file_okay=False, path_type=Path), required=True)
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True)
@click.option(
    "--set",
    "changes",
    type=(click.Choice([field.name for field in fields(Recipe)]), float),
    multiple=True,
    help="Change a number of the recipe, for experiments.",
)
@click.option(
    "--teacher",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A transformer encoder as ONNX; token vectors start as its vectors of the tokens, and the rate is lower.",
)
def main(data: Path, out: Path, teacher: Path | None, changes: tuple[tuple[str, float], ...]) -> None:
    """Train the encoder on the text in the folder DATA and write it to the folder OUT."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    defaults = Recipe() if teacher is None else replace(Recipe(), learning_rate=_TAUGHT_RATE)
    recipe = replace(defaults, **{name: type(getattr(defaults, name))(value) for name, value in changes})
    text = read(data)
    logger.info("%d documents, %d words, %d distinct", len(text.source), len(text.text), len(text.words))
    frequencies = np.bincount(text.text, minlength=len(text.words)).tolist()
    tokenizer = build_tokenizer(dict(zip(text.words, frequencies, strict=True)), recipe.vocabulary)
    pieces = [encoding.ids for encoding in tokenizer.encode_batch_fast(text.words, add_special_tokens=False)]
    tokens = TokenText.of(text, pieces)
    logger.info("%d tokens, vocabulary %d", len(tokens.tokens), tokenizer.get_vocab_size())
    taught = None if teacher is None else _ask(teacher, tokenizer)
    export(tokenizer, train(tokens, tokenizer.get_vocab_size(), recipe, taught), out)
    logger.info("written to %s", out)


def _ask(teacher: Path, tokenizer: Tokenizer) -> Vectors:
    """Return what the encoder in the folder *teacher* makes of each piece of *tokenizer* as a query."""
    numbers = tokenizer.get_vocab()
    pieces = sorted(numbers, key=numbers.__getitem__)
    return OnnxEncoder(teacher, name="teacher").encode_queries([piece.removeprefix("##") for piece in pieces])


if __name__ == "__main__":
    main()
