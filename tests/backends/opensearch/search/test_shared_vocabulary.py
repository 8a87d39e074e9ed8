"""The vocabulary of an index on a cluster, mapped into memory by all processes of a machine."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from arsearch.backends.opensearch.search.shared_vocabulary import Derived, VocabularyColumns, shared_columns
from arsearch.lexical.segment.dictionary import TermDictionary, pack_terms


def columns(*terms: str, articles: int = 9) -> VocabularyColumns:
    encoded = sorted(term.encode() for term in terms)
    return VocabularyColumns(articles, {"text": (0, len(terms))}, *pack_terms(encoded), np.arange(len(terms)) + 1)


class Deriver:
    """Counts how often something was computed."""

    times = 0

    def __call__(self, given: VocabularyColumns) -> Derived:
        self.times += 1
        return {"rarity": np.log(given.articles / given.frequencies)}


def test_it_is_computed_once_and_then_mapped(tmp_path: Path) -> None:
    derive = Deriver()
    opened = [shared_columns(tmp_path / "shared", columns("بيت", "قمر", "كتاب"), derive) for _ in range(3)]
    assert derive.times == 1
    for found, derived in opened:
        assert isinstance(found.term_bytes, np.memmap)
        assert isinstance(derived["rarity"], np.memmap)
        assert TermDictionary(found).find("text", "قمر".encode()) == 1
        assert derived["rarity"].tolist() == pytest.approx([np.log(9), np.log(4.5), np.log(3)])


def test_another_vocabulary_stands_elsewhere_and_old_ones_go(tmp_path: Path) -> None:
    derive = Deriver()
    kept = shared_columns(tmp_path, columns("بيت"), derive)[0]
    for articles in (10, 11, 12):  # the same words, but rarer
        assert shared_columns(tmp_path, columns("بيت", articles=articles), derive)[0].articles == articles
    assert derive.times == 4
    assert len(list(tmp_path.iterdir())) == 2
    assert TermDictionary(kept).find("text", "بيت".encode()) == 0, "who has it open keeps it"


def test_where_nothing_can_be_written_it_is_in_memory(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    for folder in (None, tmp_path / "file"):
        found, derived = shared_columns(folder, columns("بيت"), Deriver())
        assert not isinstance(found.term_bytes, np.memmap)
        assert derived["rarity"].tolist() == pytest.approx([np.log(9)])
