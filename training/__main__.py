"""The command that makes the bundled encoder."""

from __future__ import annotations

import logging
from dataclasses import fields
from pathlib import Path

import click
import numpy as np

from training.data import read
from training.export import export
from training.sampling import TokenText
from training.tokenizer import build_tokenizer
from training.train import Recipe, train

logger = logging.getLogger("training")


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
def main(data: Path, out: Path, changes: tuple[tuple[str, float], ...]) -> None:
    """Train the encoder on the text in the folder DATA and write it to the folder OUT."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    defaults = Recipe()
    recipe = Recipe(**{name: type(getattr(defaults, name))(value) for name, value in changes})
    text = read(data)
    logger.info("%d documents, %d words, %d distinct", len(text.source), len(text.text), len(text.words))
    frequencies = np.bincount(text.text, minlength=len(text.words)).tolist()
    tokenizer = build_tokenizer(dict(zip(text.words, frequencies, strict=True)), recipe.vocabulary)
    pieces = [encoding.ids for encoding in tokenizer.encode_batch_fast(text.words, add_special_tokens=False)]
    tokens = TokenText.of(text, pieces)
    logger.info("%d tokens, vocabulary %d", len(tokens.tokens), tokenizer.get_vocab_size())
    export(tokenizer, train(tokens, tokenizer.get_vocab_size(), recipe), out)
    logger.info("written to %s", out)


if __name__ == "__main__":
    main()
