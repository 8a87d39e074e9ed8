"""The weight of meaning, found out on the texts of an index."""

from __future__ import annotations

import numpy as np
import pytest

from arsearch.arabic import analyze
from arsearch.ranking import ClozeText, fit_scale, shipped_weights, word_scores

COUNT = 60


def cosines(
    strength: float, *, level: float = 0.0, spread: float = 0.1
) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    """An encoder that sees the right text *strength* standard deviations above others."""
    noise = np.random.default_rng(3).normal(size=(COUNT, COUNT))
    return (level + spread * (noise + strength * np.eye(COUNT))).astype(np.float32)


NO_WORDS = np.zeros((COUNT, COUNT), dtype=np.float32)


def test_a_better_encoder_counts_for_more() -> None:
    weak, good, strong = (fit_scale(NO_WORDS, cosines(strength)).weight for strength in (0.5, 2.0, 4.0))
    assert weak < good < strong


def test_an_encoder_of_noise_counts_for_nothing() -> None:
    assert fit_scale(NO_WORDS, cosines(0.0)).weight < 2


def test_the_scale_of_an_encoder_does_not_matter() -> None:
    wide, narrow = fit_scale(NO_WORDS, cosines(2.0)), fit_scale(NO_WORDS, cosines(2.0, level=0.8, spread=0.01))
    assert 10 * wide.weight == pytest.approx(narrow.weight, rel=0.1)
    assert (wide.chance, narrow.chance) == pytest.approx((0.0, 0.8), abs=0.02)
    assert 10 * narrow.spread == pytest.approx(wide.spread, rel=0.05)


def test_what_words_say_already_counts_for_less() -> None:
    same = cosines(2.0)
    alone, beside_words = fit_scale(NO_WORDS, same), fit_scale(20 * same, same)
    assert beside_words.weight < alone.weight / 2


def test_what_few_texts_show_counts_for_less() -> None:
    """The same figures, once from sixty texts and once as if four times as many had been drawn with them."""
    few = cosines(1.0)
    apart = np.float32(-30) * (1 - np.eye(4, dtype=np.float32)).repeat(COUNT, axis=0).repeat(COUNT, axis=1)
    many = fit_scale(apart, np.tile(few, (4, 4)))
    assert 1.02 < many.weight / fit_scale(NO_WORDS, few).weight < 1.3


def test_the_weight_stays_nearly_the_same_from_draw_to_draw() -> None:
    rng = np.random.default_rng(8)
    weights = []
    for _ in range(6):
        noise = rng.normal(size=(300, 300))
        drawn = (0.1 * (noise + 1.5 * np.eye(300))).astype(np.float32)
        weights.append(fit_scale(np.zeros((300, 300), np.float32), drawn).weight)
    assert np.std(weights) < 0.1 * np.mean(weights)


def test_words_find_the_text_that_a_query_was_taken_from() -> None:
    texts = [
        "زار وزير الخارجية مدينة طرابلس والتقى أعضاء المجلس",
        "أعلنت الجامعة نتائج القبول في كليات الطب والهندسة",
        "فاز الفريق بكأس البطولة بعد مباراة صعبة في الملعب",
    ]
    queries = ["وزير الخارجية في طرابلس", "كلية الهندسة بالجامعة", "مباريات الفرق والبطولات"]
    sample = [ClozeText(query=pairs(query), text=pairs(text)) for query, text in zip(queries, texts, strict=True)]
    scores = word_scores(sample, shipped_weights())
    assert scores.argmax(axis=1).tolist() == [0, 1, 2]


def pairs(text: str) -> list[tuple[str, str]]:
    return [(token.folded, token.stem) for token in analyze(text)]
