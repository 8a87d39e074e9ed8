from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy.typing as npt

_Array: TypeAlias = npt.NDArray[Any]

Term: TypeAlias = tuple[int, tuple[int, ...], float, float, int] | tuple[int, tuple[int, ...], float, float, int, int]

class Forward:
    def __init__(
        self,
        token_offsets: _Array,
        text_offsets: _Array,
        text_bytes: _Array,
        text_widths: _Array,
        word_exacts: _Array,
        word_stems: _Array,
        term_bytes: _Array,
        term_offsets: _Array,
        first_exact: int,
        last_exact: int,
        first_stem: int,
        last_stem: int,
        /,
    ) -> None: ...
    def view(
        self, documents: _Array, wanted: _Array, stems: tuple[int, ...], longest: int, /
    ) -> tuple[bytearray, bytearray, bytearray, bytearray, bytearray, bytearray]: ...
    def find_words(self, document: int, asked_exacts: _Array, asked_stems: _Array, typed: int, /) -> bytearray: ...
    def snippets(
        self,
        texts: tuple[str, ...],
        span_offsets: _Array,
        typed: int,
        words: int,
        documents: _Array,
        starts: _Array,
        asked_exacts: _Array,
        asked_stems: _Array,
        owners: _Array,
        weights: _Array,
        word_widths: _Array,
        span_bytes: _Array,
        title_words: _Array,
        /,
    ) -> list[str | None]: ...

class FieldTerms:
    def __init__(
        self,
        segments: tuple[tuple[_Array, _Array, _Array, _Array, _Array, _Array | None, int, int], ...],
        /,
    ) -> None: ...
    def numbers(self, text: bytes, /) -> tuple[int, ...]: ...
    def frequency(self, text: bytes, /) -> int: ...
    def find(self, text: bytes, /) -> tuple[tuple[int, ...], int] | None: ...
    def with_prefixes(self, prefixes: list[bytes], most: int, /) -> list[list[bytes]]: ...

class Postings:
    def __init__(
        self,
        segments: tuple[tuple[_Array, _Array, _Array, int], ...],
        norms: tuple[_Array, ...],
        live: _Array | None,
        /,
    ) -> None: ...
    def scored_list(self, terms: Sequence[Term], /) -> ScoredList: ...
    def list_of(self, documents: _Array, scores: _Array, /) -> ScoredList: ...
    def best(
        self, lists: list[ScoredList], limit: int, allowed: _Array | None, counting: bool, matched: _Array | None, /
    ) -> tuple[bytearray, bytearray, int]: ...

class ScoredList:
    def postings(self) -> tuple[bytearray, bytearray]: ...
    @property
    def nbytes(self) -> int: ...
    def __len__(self) -> int: ...

def align(
    codes: _Array,
    longest: int,
    untyped: _Array,
    letters: _Array,
    steps: _Array,
    prices: _Array,
    length: int,
    skippable: int,
    skip_price: float,
    /,
) -> bytearray: ...
def find_grams(words: _Array, /) -> bytearray: ...
def words_with_grams(grams: _Array, buckets: _Array, offsets: _Array, words: _Array, /) -> bytearray: ...
def find_features(
    query: _Array,
    idf: _Array,
    stems: _Array,
    words: _Array,
    text_stems: _Array,
    tokens: _Array,
    owners: _Array,
    positions: _Array,
    lengths: _Array,
    gram_idf: _Array,
    features: _Array,
    has_word: _Array,
    average_length: float,
    /,
) -> None: ...
def nearest_words(
    masks: _Array,
    weights: _Array,
    lengths: _Array,
    initials: _Array,
    first: int,
    last: int,
    mask: int,
    most_different: int,
    length: int,
    initial: int,
    most: int,
    /,
) -> bytearray: ...
def split_chunks(codes: _Array, kinds: _Array, begins: _Array, ends: _Array, key: _Array, hashes: _Array, /) -> int: ...
def hash_spans(codes: _Array, begins: _Array, ends: _Array, key: _Array, hashes: _Array, /) -> None: ...
def first_not_before(
    term_bytes: memoryview, term_offsets: memoryview, text: bytes, first: int, last: int, /
) -> int: ...
def token_spans(
    words: _Array,
    words_begin: int,
    words_end: int,
    widths: _Array,
    word_widths: _Array,
    spans: _Array,
    spans_begin: int,
    spans_end: int,
    count: int,
    body: int,
    /,
) -> bytearray: ...
def pack_postings(
    offsets: _Array,
    documents: _Array,
    frequencies: _Array,
    position_offsets: _Array,
    positions: _Array,
    ends: _Array,
    packed: _Array,
    /,
) -> None: ...
def unpack_postings(
    packed: _Array,
    begins: _Array,
    ends: _Array,
    counts: _Array,
    documents: _Array,
    frequencies: _Array,
    positions_begin: _Array,
    /,
) -> None: ...
def occurrences(packed: _Array, begin: int, end: int, count: int, last: int, /) -> tuple[bytearray, bytearray]: ...
def term_postings(packed: _Array, begin: int, end: int, count: int, /) -> tuple[bytearray, bytearray]: ...
def unpack_positions(
    packed: _Array, begins: _Array, ends: _Array, counts: _Array, frequencies: _Array, positions: _Array, /
) -> None: ...
def pack_words(words: _Array, offsets: _Array, widths: _Array, ends: _Array, packed: _Array, /) -> None: ...
def unpack_words(
    packed: _Array, begins: _Array, ends: _Array, counts: _Array, widths: _Array, words: _Array, /
) -> None: ...
def words_at(
    packed: _Array,
    text_offsets: _Array,
    token_offsets: _Array,
    widths: _Array,
    documents: _Array,
    places: _Array,
    words: _Array,
    /,
) -> None: ...
def minima(hashes: _Array, offsets: _Array, factors: _Array, summands: _Array, minima: _Array, /) -> None: ...
def mean_rows(table: _Array, scales: _Array, ids: _Array, offsets: _Array, means: _Array, /) -> None: ...
def nearest_rows(codes: _Array, query: _Array, allowed: _Array | None, depth: int, /) -> bytearray: ...
def take_rows(codes: _Array, rows: _Array, numbers: _Array, /) -> None: ...
def cut_snippet(text: str, spans: _Array, matches: _Array, weights: _Array, words: int, start_at: int, /) -> str: ...
def find_hashes(wanted: _Array, hashes: _Array, numbers: _Array, result: _Array, /) -> None: ...
def group_by_term(
    terms: _Array, offsets: _Array, positions: _Array, ends: _Array, owners: _Array, grouped: _Array, /
) -> None: ...
