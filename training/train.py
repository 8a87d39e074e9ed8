"""The training loop: token vectors whose mean, for a query and its passage, point the same way.

In-batch negatives and the symmetric InfoNCE loss (van den Oord et al. 2018; Henderson et al. 2017 for the in-batch
form), Adam on the whole table. The vectors start at random, scaled by a/(a + frequency) (Arora et al. 2017, "A simple
but tough-to-beat baseline for sentence embeddings"), which is a random projection of weighted words: the model
begins as a matcher of words and learns what else to match.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional

from training.data import Integers
from training.mining import mine
from training.sampling import NO_NEGATIVES, Bags, Batch, Sampler, TokenText

__all__ = ["Recipe", "train"]

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Recipe:
    """Everything that decides the result besides the data."""

    seed: int = 20
    vocabulary: int = 40_000
    dimension: int = 256
    steps: int = 800
    batch: int = 2048
    passage: int = 72
    """Tokens of a passage."""
    overlap: float = 0.25
    opening: float = 0.2
    dropped: float = 0.1
    temperature: float = 0.06
    learning_rate: float = 0.2
    hard: float = 0.0
    """Hard negatives for each title or question."""
    nested: int = 256
    """The shortest prefix of the vectors that has to do by itself; twice it, and so on up to the whole, too."""
    warmup: int = 20
    smoothing: float = 1e-3
    """The a of a/(a + frequency)."""


def train(
    text: TokenText, vocabulary: int, recipe: Recipe, taught: npt.NDArray[np.float32] | None = None
) -> npt.NDArray[np.float32]:
    """Return token vectors, float32 of shape (vocabulary, recipe.dimension). Same arguments, same bytes.

    Tokens start at random, or as another encoder has *taught*: float32 of shape (vocabulary, at least
    recipe.dimension), its vectors of the tokens.
    """
    torch.set_num_threads(2)  # the order of sums, and with it the last bits, depends on the number
    torch.use_deterministic_algorithms(True)
    table = torch.from_numpy(_start(text.tokens, vocabulary, recipe, taught)).requires_grad_()
    optimizer = torch.optim.Adam([table], lr=recipe.learning_rate, betas=(0.9, 0.99), fused=True)
    sampler = Sampler(
        text,
        mine(text, vocabulary) if recipe.hard else NO_NEGATIVES,
        seed=recipe.seed,
        size=recipe.batch,
        passage=recipe.passage,
        overlap=recipe.overlap,
        opening=recipe.opening,
        dropped=recipe.dropped,
        hard=recipe.hard,
    )
    widths = _widths(recipe)
    started, mean_loss = time.monotonic(), 0.0
    for step in range(recipe.steps):
        rate = recipe.learning_rate * min(1.0, (step + 1) / recipe.warmup) * (1 - step / recipe.steps)
        for group in optimizer.param_groups:
            group["lr"] = rate
        loss = _loss(table, sampler.batch(), widths, recipe.temperature)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        mean_loss += (float(loss.detach()) - mean_loss) / min(step + 1, 100)
        if (step + 1) % 100 == 0:
            logger.info("step %d, loss %.3f, %.0f s", step + 1, mean_loss, time.monotonic() - started)
    return np.asarray(table.detach().numpy(), dtype=np.float32)


def _start(
    tokens: Integers, vocabulary: int, recipe: Recipe, taught: npt.NDArray[np.float32] | None
) -> npt.NDArray[np.float32]:
    counts = np.bincount(tokens, minlength=vocabulary) + 1
    scale = recipe.smoothing / (recipe.smoothing + counts / counts.sum())
    if taught is None:
        table = np.random.default_rng(recipe.seed).standard_normal((vocabulary, recipe.dimension))
    else:
        table = _whitened(taught, recipe.dimension)
    return np.asarray(table * scale[:, None], dtype=np.float32)


def _whitened(taught: npt.NDArray[np.float32], dimension: int) -> npt.NDArray[np.float64]:
    """Return the main *dimension* components of *taught*, all of variance 1.

    Words that have nothing to do with each other are then as good as orthogonal, as random vectors are, while those
    that the encoder takes for alike stay near.
    """
    centred = taught - taught.mean(axis=0, dtype=np.float64)
    variances, axes = np.linalg.eigh(centred.T @ centred / len(centred))
    return np.asarray(centred @ axes[:, ::-1][:, :dimension] / np.sqrt(variances[::-1][:dimension]))


def _widths(recipe: Recipe) -> list[int]:
    widths = [recipe.dimension]
    while widths[-1] // 2 >= recipe.nested:
        widths.append(widths[-1] // 2)
    return widths


def _loss(table: torch.Tensor, batch: Batch, widths: list[int], temperature: float) -> torch.Tensor:
    """Return the mean over *widths* of the loss of vectors cut to them (Kusupati et al. 2022)."""
    queries = _encode(table, batch.queries)
    passages = _encode(table, batch.passages)
    count = len(queries)
    same = None
    if batch.documents is not None:
        document = torch.from_numpy(batch.documents)
        same = document[:count, None] == document
        same.fill_diagonal_(fill_value=False)
    target = torch.arange(count)
    losses = []
    for width in widths:
        one, other = (functional.normalize(vectors[:, :width], dim=1) for vectors in (queries, passages))
        scores = one @ other.T / temperature
        if same is not None:
            scores = scores.masked_fill(same, -1e4)
        forward = functional.cross_entropy(scores, target)
        backward = functional.cross_entropy(scores[:, :count].T, target)
        losses.append((forward + backward) / 2)
    return torch.stack(losses).mean()


def _encode(table: torch.Tensor, bags: Bags) -> torch.Tensor:
    """Return the means of the vectors of each text, float32 of shape (texts, dimension)."""
    return functional.embedding_bag(torch.from_numpy(bags.tokens), table, torch.from_numpy(bags.offsets), mode="mean")
