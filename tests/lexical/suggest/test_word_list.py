"""The words of a commit are those of all its segments, whatever is remembered of the commit before."""

from __future__ import annotations

import gc
from pathlib import Path

from arsearch.lexical import Document, LexicalIndex, LexicalWriter
from arsearch.lexical.suggest import word_list
from arsearch.lexical.suggest.spelling import Speller
from arsearch.lexical.suggest.word_list import WordList, _of_segment


def columns(words: WordList) -> list[list[object]]:
    parts = (words.codes, words.lengths, words.frequencies, words.masks, words.weights)
    return [part.tolist() for part in parts]


def test_words_that_are_kept_are_those_that_reading_all_gives(tmp_path: Path, documents: list[Document]) -> None:
    others = set(word_list._bases)  # of indexes that other tests have open
    previous, kept = None, []
    for number in range(3):
        first = 0 if number == 0 else 1000 + 3 * number
        writer = LexicalWriter(tmp_path / f"{number}", memory_mb=64, previous=previous)
        writer.add(documents[first : first + (900 if number == 0 else 3)])
        writer.add([Document(ordinal=99_990 + number, title="", body=f"سفينه {'جديد' * (number + 1)} البحر")])
        writer.commit()
        previous = tmp_path / f"{number}"
        index = LexicalIndex(previous)
        kept.append(index)
        assert len(index.segments) == min(number, 1) + 1
        words = index.suggester.words
        every = WordList.together([_of_segment(segment) for segment in index.segments])
        assert columns(words) == columns(every)
        spellers = Speller(words), Speller(every)
        for text in (words.text(at) for at in range(0, len(words), 1 + len(words) // 50)):
            one, other = (speller.candidates(text[1:] + "م", 20, allowed=3.0) for speller in spellers)
            assert one == other
        known = [words.text(at) for at in range(len(words))]
        assert len(set(known)) == len(known)
        assert "سفينه" in known
    assert len(set(word_list._bases) - others) == 1
    for index in kept:
        index.close()
    del words, every, index, spellers
    kept.clear()
    gc.collect()
    assert not set(word_list._bases) - others
