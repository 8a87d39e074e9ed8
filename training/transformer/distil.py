"""Training a student of fewer layers and fewer tokens to say what the source model says.

Both losses are the share of the teacher's variance that the student does not explain: of the vectors of texts, and
of the mean vectors of words. A word says thirty times as much about a text as the text's one vector.

The rate stays level and a checkpoint is kept, so that training can go on whenever there is time; ``settle`` lets the
rate fall to nothing from there, which is what makes a model good to use. Each time, the losses go into a table beside
the checkpoint. A GPU is used where torch finds one.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from tokenizers import Tokenizer
from torch import nn

from training.transformer.source import BertWeights, Floats, Layer
from training.transformer.teacher import CHUNK, Chunk, read_chunks, word_spans
from training.transformer.texts import Text

__all__ = ["Batch", "Recipe", "Student", "batches", "fit_readout", "minutes_trained", "start", "train"]

logger = logging.getLogger("training")

_RIDGE = 1e-4
_CHUNKS_FITTED = 3
_SAVED_EVERY = 180
"""Seconds."""

Losses = npt.NDArray[np.float64]
"""Of texts, and of words."""


@dataclass(frozen=True)
class Recipe:
    """The numbers of the training."""

    layers: tuple[int, ...] = (0, 1, 2, 3)
    """The layers of the source that the student starts with."""
    tokens: int = 2048
    """Of a batch."""
    rate: float = 3e-4
    warmup: int = 50
    word_weight: float = 0.5
    threads: int = 2


@dataclass
class Batch:
    """Texts as tokens, and what the teacher says of them."""

    ids: torch.Tensor
    """Shape (texts, tokens)."""
    mask: torch.Tensor
    vectors: torch.Tensor
    """Shape (texts, hidden)."""
    words: torch.Tensor
    """Shape (words, hidden)."""
    owners: torch.Tensor
    """Shape (texts, tokens): the number of the word of each token, and of no word for the tokens of none."""

    def to(self, device: torch.device) -> Batch:
        """Return the same on *device*."""
        return replace(self, **{field.name: getattr(self, field.name).to(device) for field in fields(self)})


def start(source: BertWeights, rows: Floats, recipe: Recipe) -> BertWeights:
    """Return a student with the *rows* of its own vocabulary and some layers of the *source*."""
    layers = [source.layers[number] for number in recipe.layers]
    return BertWeights(rows, source.positions, source.types, source.norm, layers, source.heads, source.epsilon)


class Student(nn.Module):
    """BERT without dropout; parameters are named as in transformers' BertModel."""

    def __init__(self, weights: BertWeights) -> None:
        super().__init__()
        self._heads = weights.heads
        self._epsilon = weights.epsilon
        # Every token is of type 0.
        self.words = nn.Parameter(torch.from_numpy(weights.words.copy()))
        self.positions = nn.Parameter(torch.from_numpy(weights.positions + weights.types[0]))
        self.norm = _norm(weights.norm, weights.epsilon)
        width = weights.words.shape[1]
        self.readout = _linear(weights.readout or (np.eye(width, dtype=np.float32), np.zeros(width, np.float32)))
        self.layers = nn.ModuleList(_Layer(layer, weights.heads, weights.epsilon) for layer in weights.layers)

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Return the vectors of the tokens, (texts, tokens, hidden), whose mean is read out."""
        return torch.as_tensor(self.readout(self.hidden(ids, mask)))

    def hidden(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Return the vectors of the tokens in the last layer."""
        rows = nn.functional.embedding(ids, self.words)
        hidden = self.norm(rows + self.positions[: ids.shape[1]])
        allowed = mask[:, None, None, :].bool()
        for layer in self.layers:
            hidden = layer(hidden, allowed)
        return torch.as_tensor(hidden)

    def weights(self) -> BertWeights:
        """Return the parameters as arrays."""
        return BertWeights(
            words=_array(self.words),
            positions=_array(self.positions),
            types=np.zeros((1, self.words.shape[1]), np.float32),
            norm=_pair(self.norm),
            layers=[layer.weights() for layer in self.layers if isinstance(layer, _Layer)],
            heads=self._heads,
            epsilon=self._epsilon,
            readout=_pair(self.readout),
        )


class _Layer(nn.Module):
    def __init__(self, weights: Layer, heads: int, epsilon: float) -> None:
        super().__init__()
        packed = [np.concatenate([weights.query[i], weights.key[i], weights.value[i]]) for i in (0, 1)]
        self._heads = heads
        self.packed = _linear((packed[0], packed[1]))
        self.attention_output = _linear(weights.attention_output)
        self.attention_norm = _norm(weights.attention_norm, epsilon)
        self.intermediate = _linear(weights.intermediate)
        self.output = _linear(weights.output)
        self.output_norm = _norm(weights.output_norm, epsilon)

    def forward(self, hidden: torch.Tensor, allowed: torch.Tensor) -> torch.Tensor:
        texts, tokens, width = hidden.shape
        packed = self.packed(hidden).view(texts, tokens, 3, self._heads, width // self._heads)
        query, key, value = packed.permute(2, 0, 3, 1, 4)
        context = nn.functional.scaled_dot_product_attention(query, key, value, attn_mask=allowed)
        context = context.transpose(1, 2).reshape(texts, tokens, width)
        middle = self.attention_norm(hidden + self.attention_output(context))
        inner = nn.functional.gelu(self.intermediate(middle))
        return torch.as_tensor(self.output_norm(middle + self.output(inner)))

    def weights(self) -> Layer:
        matrix, bias = _pair(self.packed)
        query, key, value = np.split(matrix, 3)
        query_bias, key_bias, value_bias = np.split(bias, 3)
        return Layer(
            query=(query, query_bias),
            key=(key, key_bias),
            value=(value, value_bias),
            attention_output=_pair(self.attention_output),
            attention_norm=_pair(self.attention_norm),
            intermediate=_pair(self.intermediate),
            output=_pair(self.output),
            output_norm=_pair(self.output_norm),
        )


def batches(
    chunk: Chunk, texts: Sequence[Text], tokens: _WordTokens, size: int, draw: np.random.Generator
) -> Iterator[Batch]:
    """Yield the texts of *chunk* in batches of like length, of about *size* tokens, in an order drawn anew."""
    starts = np.cumsum(chunk.counts) - chunk.counts
    encoded = []
    for place, text in enumerate(texts[chunk.number * CHUNK : (chunk.number + 1) * CHUNK]):
        spans = word_spans(text.prompted)[: chunk.counts[place]]
        if spans:
            encoded.append((place, *tokens.of([text.prompted[a:b] for a, b in spans], int(starts[place]))))
    encoded.sort(key=lambda each: (len(each[1]), draw.random()))
    groups: list[list[tuple[int, list[int], list[int]]]] = [[]]
    for each in encoded:
        if groups[-1] and len(each[1]) * (len(groups[-1]) + 1) > size:
            groups.append([])
        groups[-1].append(each)
    for number in draw.permutation(len(groups)):
        yield _batch(groups[number], chunk)


def _batch(group: list[tuple[int, list[int], list[int]]], chunk: Chunk) -> Batch:
    longest = max(len(ids) for _, ids, _ in group)
    ids = np.zeros((len(group), longest), np.int64)
    owners = np.full((len(group), longest), -1)
    for row, (_, tokens, words) in enumerate(group):
        ids[row, : len(tokens)] = tokens
        owners[row, : len(tokens)] = words
    used, numbers = np.unique(owners, return_inverse=True)
    numbers = numbers.reshape(owners.shape) - (used[0] == -1)
    used = used[used >= 0]
    numbers[owners == -1] = len(used)
    lengths = np.array([len(tokens) for _, tokens, _ in group])
    return Batch(
        ids=torch.from_numpy(ids),
        mask=torch.from_numpy((np.arange(longest) < lengths[:, None]).astype(np.int64)),
        vectors=torch.from_numpy(chunk.vectors[[place for place, _, _ in group]]),
        words=torch.from_numpy(chunk.words[used].astype(np.float32)),
        owners=torch.from_numpy(numbers),
    )


class _WordTokens:
    """Cuts words into tokens, each word once."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._known: dict[str, list[int]] = {}

    def of(self, words: list[str], first: int) -> tuple[list[int], list[int]]:
        """Return the tokens of *words*, as the tokenizer would cut them all together, and the word of each.

        The first word has the number *first*; -1 is the word of a token that belongs to none.
        """
        new = [word for word in dict.fromkeys(words) if word not in self._known]
        for word, encoding in zip(new, self._tokenizer.encode_batch_fast(new, add_special_tokens=False), strict=True):
            self._known[word] = encoding.ids
        ids, owners = [2], [-1]
        for number, word in enumerate(words):
            ids.extend(self._known[word])
            owners.extend([first + number] * len(self._known[word]))
        return [*ids, 3], [*owners, -1]


def loss_of(student: Student, batch: Batch, spread: tuple[float, float]) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the share of the variance of vectors of texts, and of words, that the *student* does not explain."""
    batch = batch.to(student.words.device)
    tokens = student(batch.ids, batch.mask)
    pooled = nn.functional.normalize((tokens * batch.mask[:, :, None]).sum(dim=1), dim=-1)
    texts = (pooled - batch.vectors).square().sum(dim=-1).mean() / spread[0]
    words = (_word_means(tokens, batch) - batch.words).square().sum(dim=-1).mean() / spread[1]
    return texts, words


def fit_readout(student: Student, some: Sequence[Batch]) -> None:
    """Let the readout be the linear map that makes the words of *some* texts most like the teacher's (ridge)."""
    with torch.no_grad():
        moved = [batch.to(student.words.device) for batch in some]
        given = torch.cat([_word_means(student.hidden(batch.ids, batch.mask), batch) for batch in moved]).double()
        wanted = torch.cat([batch.words for batch in moved]).double()
        given = torch.cat([given, given.new_ones(len(given), 1)], dim=1)
        square = given.T @ given
        square.diagonal().add_(_RIDGE * float(square.diagonal().mean()))
        solved = torch.linalg.solve(square, given.T @ wanted).float()
        student.readout.weight.copy_(solved[:-1].T)
        student.readout.bias.copy_(solved[-1])


def _word_means(tokens: torch.Tensor, batch: Batch) -> torch.Tensor:
    """Return the means of the vectors of the tokens of each word, (words, hidden)."""
    count, width = len(batch.words) + 1, tokens.shape[-1]
    sums = tokens.new_zeros(count, width).index_add(0, batch.owners.flatten(), tokens.reshape(-1, width))
    numbers = torch.bincount(batch.owners.flatten(), minlength=count).clamp(min=1)
    return (sums / numbers[:, None])[:-1]


def train(
    weights: BertWeights,
    texts: Sequence[Text],
    tokenizer: Tokenizer,
    teacher: Path,
    checkpoint: Path,
    recipe: Recipe,
    *,
    minutes: float,
    settle: bool,
) -> BertWeights:
    """Train for so many *minutes* with what the teacher has said so far, and return the student.

    Goes on from *checkpoint* where there is one. With *settle* the rate falls to nothing and the checkpoint is left as
    it is, to go on from another time.
    """
    torch.set_num_threads(recipe.threads)
    tokens = _WordTokens(tokenizer)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    student = Student(weights).to(device)
    optimizer = torch.optim.AdamW(student.parameters(), lr=recipe.rate, betas=(0.9, 0.98), weight_decay=0, fused=True)
    step, before = 0, 0.0
    if checkpoint.exists():
        state: dict[str, Any] = torch.load(checkpoint, weights_only=True, map_location=device)
        student.load_state_dict(state["student"])
        optimizer.load_state_dict(state["optimizer"])
        step, before = state["step"], state.get("minutes", 0.0)
    else:
        known = read_chunks(teacher)[:_CHUNKS_FITTED]
        seeded = np.random.default_rng(0)
        fit_readout(student, [b for chunk in known for b in batches(chunk, texts, tokens, recipe.tokens, seeded)])
        logger.info("fitted: %s", _told(_measure(student, known[0], texts, tokens, _spread(known))))
    draw = np.random.default_rng(step)
    began = saved = time.monotonic()
    means = np.ones(2)
    spread: tuple[float, float] | None = None
    while True:
        chunks = read_chunks(teacher)  # there may be more of them now
        spread = spread or _spread(chunks)
        # The last chunk is for measuring.
        for number in draw.permutation(max(1, len(chunks) - 1)):
            for batch in batches(chunks[number + (len(chunks) > 1)], texts, tokens, recipe.tokens, draw):
                past = (time.monotonic() - began) / 60
                if past > minutes:
                    held = _measure(student, chunks[0], texts, tokens, spread)
                    logger.info("stopped after %d steps; %s", step, _told(held))
                    _note(checkpoint, step, before + past, means, held)
                    if not settle:
                        _save(student, optimizer, step, before + past, checkpoint)
                    return student.weights()
                rate = recipe.rate * min(1, (step + 1) / recipe.warmup) * (1 - past / minutes if settle else 1)
                for group in optimizer.param_groups:
                    group["lr"] = rate
                of_texts, of_words = loss_of(student, batch, spread)
                optimizer.zero_grad()
                (of_texts + recipe.word_weight * of_words).backward()  # type: ignore[no-untyped-call]
                nn.utils.clip_grad_norm_(student.parameters(), 1.0)
                optimizer.step()
                step += 1
                means += (np.array([of_texts.item(), of_words.item()]) - means) / min(step, 50)
                if step % 50 == 0:
                    logger.info("step %d, texts %.3f, words %.3f, %.1f min, %d chunks", step, *means, past, len(chunks))
            if not settle and time.monotonic() - saved > _SAVED_EVERY:
                past = before + (time.monotonic() - began) / 60
                _save(student, optimizer, step, past, checkpoint)
                saved = time.monotonic()
                held = _measure(student, chunks[0], texts, tokens, spread)
                logger.info("held out: %s", _told(held))
                _note(checkpoint, step, past, means, held)


def minutes_trained(checkpoint: Path) -> float:
    """Return for how long the student of *checkpoint* has been trained, all runs together; 0 if there is none."""
    return float(torch.load(checkpoint, weights_only=True).get("minutes", 0.0)) if checkpoint.exists() else 0.0


def _measure(
    student: Student, chunk: Chunk, texts: Sequence[Text], tokens: _WordTokens, spread: tuple[float, float]
) -> Losses:
    draw = np.random.default_rng(0)
    with torch.no_grad():
        losses = [
            [loss.item() for loss in loss_of(student, batch, spread)]
            for batch, _ in zip(batches(chunk, texts, tokens, 2048, draw), range(8), strict=False)
        ]
    return np.asarray(np.mean(losses, axis=0))


def _told(losses: Losses) -> str:
    return "texts {:.3f}, words {:.3f}".format(*losses)


def _note(checkpoint: Path, step: int, minutes: float, means: Losses, held: Losses) -> None:
    """Add a line to the table of losses: those of the last steps, and those of texts that are not learnt from."""
    path = checkpoint.with_suffix(".tsv")
    new = not path.exists()
    with path.open("a", encoding="utf-8") as file:
        if new:
            file.write("step\tminutes\ttexts\twords\theld out texts\theld out words\n")
        file.write(f"{step}\t{minutes:.1f}\t" + "\t".join(f"{loss:.4f}" for loss in (*means, *held)) + "\n")


def _save(student: Student, optimizer: torch.optim.Optimizer, step: int, minutes: float, path: Path) -> None:
    partial = path.with_suffix(".partial")
    state = {"student": student.state_dict(), "optimizer": optimizer.state_dict(), "step": step, "minutes": minutes}
    torch.save(state, partial)
    partial.rename(path)


def _spread(chunks: list[Chunk]) -> tuple[float, float]:
    vectors = np.concatenate([chunk.vectors for chunk in chunks])
    words = chunks[0].words.astype(np.float32)
    return float(vectors.var(axis=0).sum()), float(words.var(axis=0).sum())


def _linear(pair: tuple[Floats, Floats]) -> nn.Linear:
    made = nn.Linear(pair[0].shape[1], pair[0].shape[0])
    made.load_state_dict({"weight": torch.from_numpy(pair[0].copy()), "bias": torch.from_numpy(pair[1].copy())})
    return made


def _norm(pair: tuple[Floats, Floats], epsilon: float) -> nn.LayerNorm:
    made = nn.LayerNorm(len(pair[0]), eps=epsilon)
    made.load_state_dict({"weight": torch.from_numpy(pair[0].copy()), "bias": torch.from_numpy(pair[1].copy())})
    return made


def _pair(module: nn.Module) -> tuple[Floats, Floats]:
    weight, bias = module.weight, module.bias
    assert isinstance(weight, torch.Tensor)
    assert isinstance(bias, torch.Tensor)
    return _array(weight), _array(bias)


def _array(tensor: torch.Tensor) -> Floats:
    return np.asarray(tensor.detach().cpu().numpy(), dtype=np.float32).copy()
