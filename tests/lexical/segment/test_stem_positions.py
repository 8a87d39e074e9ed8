"""Where stems stand follows from what a segment holds of folded words, as analysing the texts gives it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from arsearch import kernel
from arsearch.arabic import analyze
from arsearch.common.segments import arrays_file
from arsearch.lexical import Document, LexicalWriter
from arsearch.lexical.segment.field_names import BODY_GAP, TEXT_STEM, TITLE_STEM
from arsearch.lexical.segment.open_segments import read_segments
from arsearch.lexical.segment.segment import Segment

TEXTS = [
    ("الكتاب والكتب", "قرأت الكتاب في كتاب running كتابا", "ar"),
    ("running runs", "The running man runs and كتاب running", "en"),
    ("", "وكتاب running running", "ar"),
    ("بلا كتاب", "", "ar"),
]


def expected(*, titles: bool) -> dict[bytes, list[tuple[int, int]]]:
    found: dict[bytes, list[tuple[int, int]]] = {}
    for number, (title, body, language) in enumerate(TEXTS):
        in_title = analyze(title, language)
        placed = [*enumerate(in_title)]
        if not titles:
            placed += enumerate(analyze(body, language), len(in_title) + BODY_GAP)
        for position, token in placed:
            if token.stem:
                found.setdefault(token.stem.encode(), []).append((number, position))
    return found


@pytest.mark.parametrize("compiled", [True, False])
def test_stems_stand_where_their_words_do(tmp_path: Path, compiled: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not compiled:
        monkeypatch.setattr(kernel, "native", None)
    writer = LexicalWriter(tmp_path / "words", memory_mb=1)
    for number, (title, body, language) in enumerate(TEXTS):
        writer.add([Document(ordinal=number, title=title, body=body)], language)
    writer.commit()
    [(name, _)] = read_segments(tmp_path / "words")
    path = arrays_file(tmp_path / "words", name)
    every, without = Segment(path, np.empty(0, np.int32)), Segment(path, np.array([2], np.int32))
    for field in (TEXT_STEM, TITLE_STEM):
        wanted = expected(titles=field == TITLE_STEM)
        first, last = every.dictionary.bounds(field)
        assert last - first == len(wanted) > 2
        for stem, places in wanted.items():
            term = every.dictionary.find(field, stem)
            assert [*zip(*(each.tolist() for each in every.positions(term)), strict=True)] == places
            left = [place for place in places if place[0] != 2]
            assert [*zip(*(each.tolist() for each in without.positions(term)), strict=True)] == left
            assert [*zip(*(each.tolist() for each in without.positions(term, 2)), strict=True)] == left[-2:]
    stems = {stem for stem, places in expected(titles=False).items() if stem.startswith(b"run")}
    assert len(stems) > 1, "a word has different stems in different languages"
