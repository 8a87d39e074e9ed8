"""Texts and queries as the ranking sees them."""

from __future__ import annotations

import numpy as np

from arsearch.arabic import analyze
from arsearch.ranking import FEATURES, CandidateTexts, GramTable, QueryWords, find_features


class Collection:
    """A few texts; every word is as rare as *idf* says, and every gram as *grams* says, by default the texts."""

    def __init__(self, *texts: str, grams: GramTable | None = None) -> None:
        words: dict[tuple[str, str], int] = {}
        self.stems: dict[str, int] = {}
        tokens = [[(token.folded, token.stem) for token in analyze(text)] for text in texts]
        numbers = [words.setdefault(word, len(words)) for text in tokens for word in text]
        stems = [self.stems.setdefault(stem, len(self.stems)) if stem else -1 for _, stem in words]
        lengths = [len(text) for text in tokens]
        self.texts = CandidateTexts(
            words="".join(f"{folded}\n" for folded, _ in words),
            stems=np.array(stems, dtype=np.int64),
            tokens=np.array(numbers, dtype=np.int64),
            owners=np.repeat(np.arange(len(lengths)), lengths),
            positions=np.array([place for length in lengths for place in range(length)], dtype=np.int64),
            lengths=np.array(lengths, dtype=np.int64),
            average_length=float(np.mean(lengths)) if lengths else 0.0,
        )
        having = [sum(word in text for text in tokens) for word in words]
        self.grams = grams or GramTable.of(self.texts.words, np.array(having, dtype=np.int64), max(len(texts), 1))

    def features(self, query: str, idf: dict[str, float] | None = None) -> dict[str, list[float]]:
        """Return each feature of each text; *idf* by surface, 1 where it does not say."""
        words = [token for token in analyze(query) if token.stem]
        asked = QueryWords(
            words="".join(f"{word.folded}\n" for word in words),
            idf=np.array([(idf or {}).get(word.surface, 1.0) for word in words], dtype=np.float32),
            stems=np.array([self.stems.get(word.stem, -1) for word in words], dtype=np.int64),
        )
        count = len(self.texts.lengths)
        found = find_features(asked, self.texts, np.zeros(count, np.float32), self.grams)
        return {name: found[:, column].tolist() for column, name in enumerate(FEATURES)}
