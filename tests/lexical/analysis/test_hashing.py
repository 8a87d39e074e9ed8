"""Words that were constructed to collide are told apart, and segments do not depend on the key of a process."""

from __future__ import annotations

import filecmp
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from arsearch import kernel
from arsearch.arabic import analyze
from arsearch.common import hashing
from arsearch.common.hashing import MAX_CHARACTERS, hashes_of
from arsearch.common.text_spans import TextSpans, code_points
from arsearch.lexical import Document, LexicalWriter
from arsearch.lexical.analysis.bulk import BulkAnalyzer
from arsearch.lexical.analysis.single_words import near_own_hashes

BASE = 0x9E3779B97F4A7C15
"""Of the polynomial modulo 2**64 by which words were told apart before."""

# Short vectors of the lattice of all polynomials that are 0 at BASE modulo 2**64, found by LLL.
ZEROS = (
    (3, 4, -2, 0, -3, 0, -3, 4, -1, 0, 2, -3, -1, -2, 1, 2, -4, -1, 1, -3, 0, 2),
    (2, 3, 3, 3, -1, -4, 2, 3, 1, 0, 0, -2, -2, 4, 3, 1, 0, -1, -4, 2, -4, -1),
    (3, 0, 2, -5, 1, 1, 0, -3, 2, 0, 1, -4, 2, -1, -5, 2, 2, -2, -1, 3, 0, -2),
)


def lattice_words(zero: tuple[int, ...]) -> tuple[str, str]:
    """Return two words of 22 Arabic letters whose difference is *zero*."""
    return "".join(chr(0x633 + each) for each in zero), "س" * len(zero)


def thue_morse(letters: str, length: int) -> tuple[str, str]:
    """Return two words that are told apart by no polynomial in any odd number modulo 2**64."""
    signs = [index.bit_count() % 2 for index in range(length)]
    return "".join(letters[sign] for sign in signs), "".join(letters[1 - sign] for sign in signs)


COLLIDING = [*map(lattice_words, ZEROS), thue_morse("دذ", 2048), thue_morse("بج", 2048)]


def polynomial(word: str, base: int = BASE) -> int:
    return sum(ord(letter) * pow(base, index, 1 << 64) for index, letter in enumerate(word)) % (1 << 64)


@pytest.mark.parametrize("words", COLLIDING)
def test_constructed_words_are_told_apart(words: tuple[str, str]) -> None:
    one, other = words
    assert one != other
    assert polynomial(one) == polynomial(other), "they collide by the polynomial"
    analyzer = BulkAnalyzer()
    analysed = analyzer.analyze([one, other])
    assert analyzer.exact_texts(analysed.words) == [token.folded for text in words for token in analyze(text)]


@pytest.mark.parametrize("base", [3, 0xFF51AFD7ED558CCD, BASE])
def test_thue_morse_words_collide_for_every_odd_base(base: int) -> None:
    one, other = thue_morse("دذ", 2048)
    assert polynomial(one, base) == polynomial(other, base)


words = st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=MAX_CHARACTERS + 3), max_size=20)


@given(words)
@example(["", "ا", "اا", "a" * MAX_CHARACTERS, "a" * (MAX_CHARACTERS + 1), "\U0010ffff" * MAX_CHARACTERS])
@example(["\0", "\0\0", ""])
def test_the_kernel_hashes_as_numpy_does(texts: list[str]) -> None:
    spans = TextSpans.of(texts)
    hashes = spans.hashes()
    with mock.patch.object(kernel, "native", None):
        assert hashes.tolist() == spans.hashes().tolist()
    assert len(set(hashes.tolist())) == len(set(texts)), "one hash a word"
    wide = hashes_of(spans.codes.astype(np.uint32), spans.begins, spans.ends)
    assert wide.tolist() == hashes.tolist(), "the same word has the same hash, whatever stands beside it"


def test_a_hash_is_the_sum_over_the_field() -> None:
    prime, key, text = (1 << 61) - 1, hashing.hash_key().tolist(), "مكتبة\U0010ffff"
    expected = (key[-1] + sum(key[i] * (ord(letter) + 1) for i, letter in enumerate(text))) % prime
    codes = code_points(text)
    [found] = hashes_of(codes, np.array([0]), np.array([len(text)])).tolist()
    assert found == expected << 3


@pytest.mark.parametrize("native", [True, False])
def test_the_largest_key_and_codes_do_not_overflow(native: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not native:
        monkeypatch.setattr(kernel, "native", None)
    elif kernel.native is None:
        pytest.skip("no compiled kernel")
    prime = (1 << 61) - 1
    monkeypatch.setattr(hashing, "_key", np.full(MAX_CHARACTERS + 1, prime - 1, dtype=np.uint64))
    codes = np.full(MAX_CHARACTERS, 0x10FFFF, dtype=np.uint32)
    [found] = hashes_of(codes, np.array([0]), np.array([MAX_CHARACTERS])).tolist()
    assert found == ((prime - 1) * (1 + MAX_CHARACTERS * 0x110000)) % prime << 3


@pytest.fixture
def tables_of_this_key() -> Iterator[None]:
    """Hashes of another key are of no use before or after."""
    yield
    near_own_hashes.cache_clear()


@pytest.mark.usefixtures("tables_of_this_key")
def test_segments_do_not_depend_on_the_key(
    documents: list[Document], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = []
    for number in range(2):
        key = np.random.default_rng(number).integers(0, (1 << 61) - 1, MAX_CHARACTERS + 1, dtype=np.uint64)
        monkeypatch.setattr(hashing, "_key", key)
        monkeypatch.setattr("arsearch.lexical.analysis.single_words._LISTED_HASHES", _listed_hashes())
        near_own_hashes.cache_clear()
        near_own_hashes()
        folder = tmp_path / str(number)
        writer = LexicalWriter(folder, memory_mb=32)
        for first in range(0, 400, 100):
            writer.add(documents[first : first + 100])
        writer.commit()
        folders.append(folder)
    names = sorted(path.relative_to(folders[0]) for path in folders[0].rglob("*") if path.is_file())
    assert any(name.suffix == ".arrays" for name in names)
    for name in names:
        assert filecmp.cmp(folders[0] / name, folders[1] / name, shallow=False), name


def _listed_hashes() -> object:
    from arsearch.lexical.analysis.single_words import _LISTED

    return _LISTED.hashes()
