"""What the source model makes of the texts: kept on disk in chunks, so that the work can be stopped and shared.

Of each text the vector, and for each of its words the mean of the vectors of its pieces in the last layer. The words
are what a student with another vocabulary can be compared by.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime as ort
import regex
from tokenizers import Tokenizer

from training.transformer.source import Floats
from training.transformer.texts import Text

__all__ = ["Chunk", "read_chunks", "teach", "word_spans"]

logger = logging.getLogger("training")

CHUNK = 1024
_TOKENS = 3000
_LIMIT = 256
_WORD = regex.compile(r"[\p{L}\p{N}\p{M}ـ]+")


@dataclass
class Chunk:
    """What the teacher says of some texts."""

    number: int
    vectors: Floats
    """Shape (texts, hidden), length 1."""
    words: npt.NDArray[np.float16]
    """Shape (words of all the texts, hidden)."""
    counts: npt.NDArray[np.int64]
    """Shape (texts,): how many words of each text the teacher read; it stops at a number of pieces."""


def word_spans(text: str) -> list[tuple[int, int]]:
    """Return where the words of *text* stand."""
    return [match.span() for match in _WORD.finditer(text)]


def teach(texts: Sequence[Text], model: Path, tokenizer: Tokenizer, folder: Path, *, part: int, parts: int) -> None:
    """Write every *parts*-th chunk of *texts*, from number *part*, to *folder*, unless it is there already."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    session = ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    tokenizer.enable_truncation(_LIMIT)
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(part, -(-len(texts) // CHUNK), parts):
        path = folder / f"{number:04}.npz"
        if path.exists():
            continue
        started = time.monotonic()
        chunk = _chunk(number, texts[number * CHUNK : (number + 1) * CHUNK], session, tokenizer)
        partial = path.with_suffix(".partial.npz")
        np.savez(partial, vectors=chunk.vectors, words=chunk.words, counts=chunk.counts)
        partial.rename(path)
        logger.info("chunk %d, %d words, %.0f s", number, len(chunk.words), time.monotonic() - started)


def read_chunks(folder: Path) -> list[Chunk]:
    """Return the chunks that are in *folder*."""
    chunks = []
    for path in sorted(folder.glob("[0-9][0-9][0-9][0-9].npz")):
        with np.load(path) as file:
            chunks.append(Chunk(int(path.stem), file["vectors"], file["words"], file["counts"]))
    return chunks


def _chunk(number: int, texts: Sequence[Text], session: ort.InferenceSession, tokenizer: Tokenizer) -> Chunk:
    encodings = tokenizer.encode_batch([text.prompted for text in texts])
    order = sorted(range(len(texts)), key=lambda place: len(encodings[place].ids))
    vectors: list[Floats] = [np.zeros(0, np.float32)] * len(texts)
    words: list[npt.NDArray[np.float16]] = [np.zeros((0, 0), np.float16)] * len(texts)
    while order:
        longest = len(encodings[order[-1]].ids)
        batch = [order.pop() for _ in range(min(len(order), max(1, _TOKENS // longest)))]
        ids = np.ones((len(batch), longest), np.int64)
        mask = np.zeros_like(ids)
        for row, place in enumerate(batch):
            ids[row, : len(encodings[place].ids)] = encodings[place].ids
            mask[row, : len(encodings[place].ids)] = 1
        outputs = ["sentence_embedding", "token_embeddings"]
        pooled, tokens = session.run(outputs, {"input_ids": ids, "attention_mask": mask})
        for row, place in enumerate(batch):
            vectors[place] = pooled[row]
            words[place] = _word_means(texts[place].prompted, encodings[place].offsets, tokens[row])
    counts = np.array([len(means) for means in words])
    return Chunk(number, np.stack(vectors), np.concatenate(words), counts)


def _word_means(text: str, offsets: list[tuple[int, int]], tokens: Floats) -> npt.NDArray[np.float16]:
    owner = np.full(len(text), -1)
    for number, (start, end) in enumerate(word_spans(text)):
        owner[start:end] = number
    # A piece may begin with the space before its word, so the last character says whose it is.
    pieces = np.array([owner[end - 1] if end else -1 for _, end in offsets])
    known = np.flatnonzero(pieces >= 0)
    starts = np.flatnonzero(np.diff(pieces[known], prepend=-1))
    if (pieces[known][starts] != np.arange(len(starts))).any():
        # A piece of two words, or a word of marks alone: say nothing of the words after it.
        starts = starts[: int(np.argmax(pieces[known][starts] != np.arange(len(starts))))]
        known = known[: starts[-1] + 1] if len(starts) else known[:0]
    if not len(starts):
        return np.zeros((0, tokens.shape[1]), np.float16)
    sums = np.add.reduceat(tokens[known], starts, axis=0)
    return (sums / np.diff(starts, append=len(known))[:, None]).astype(np.float16)
