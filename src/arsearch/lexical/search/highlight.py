"""Where the words of a query stand in a document, in the kernel or on arrays."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from arsearch.common.array_types import Doubles, Int32s, Int64s
from arsearch.lexical.query.parse import LexicalQuery, Synonym
from arsearch.lexical.search.postings import PostingReader
from arsearch.lexical.segment.field_names import TEXT_FOLDED, TEXT_STEM
from arsearch.lexical.segment.packing.spans import unpack_spans
from arsearch.lexical.segment.packing.words import read_tokens

__all__ = ["AskedWords", "Marks", "find_words", "mark_document", "native_snippets"]


@dataclass(frozen=True, slots=True)
class Marks:
    """Where the words of a query stand in a title or a body.

    *spans* int64 (tokens, 2): start and end of every token; *matches* int32 (matches, 3): of each token that matches,
    in order, its index, which of the query's scored words it is, and 1 if it has the very form of the query, else 0.
    """

    spans: Int64s
    matches: Int32s

    @classmethod
    def of(cls, spans: Int64s, words: Mapping[int, int], as_typed: Collection[int]) -> Marks:
        """Return those of the tokens that are keys of *words*; *as_typed* are those with the form of the query."""
        matches = [(token, word, token in as_typed) for token, word in sorted(words.items())]
        return cls(spans, np.array(matches, np.int32).reshape(-1, 3))

    @property
    def words(self) -> dict[int, int]:
        """For the index of a token that matches, which of the query's scored words it is."""
        return dict(self.matches[:, :2].tolist())

    @property
    def as_typed(self) -> set[int]:
        """Which tokens have the very form of the query."""
        return set(self.matches[self.matches[:, 2] != 0, 0].tolist())


@dataclass(frozen=True, slots=True)
class AskedWords:
    """The words of a query in one segment.

    *folded_words* and *stems* int32 (asked,) are their terms there, -1 for none; *owners* int32 (asked,): which of the
    query's scored words each stands for. Only the first *typed* were typed in this form. *others* are synonyms still to
    be looked for.
    """

    folded_words: Int32s
    stems: Int32s
    owners: Int32s
    typed: int
    others: tuple[Synonym, ...]

    @classmethod
    def of(cls, postings: PostingReader, index: int, query: LexicalQuery) -> AskedWords:
        """Return those of *query* in the segment *index*."""

        def number(field: str, text: str) -> int:
            return postings.numbers_of(field, text.encode())[index]

        # Quoted words stand only where they have the form that was quoted.
        quoted = {term for phrase in query.phrases for term in phrase}
        words = query.scored_words
        folded_words = [number(TEXT_FOLDED, word.folded) for word in words]
        stems = [-1 if word.folded in quoted else number(TEXT_STEM, word.stem) for word in words]
        owners = list(range(len(words)))
        for at, word in enumerate(words):
            for form in query.forms_of(word) if word.folded not in quoted else ():
                owners.append(at)
                folded_words.append(-1)
                stems.append(number(TEXT_STEM, form.stem))
            for old in _old_forms(query, word.folded):
                owners.append(at)
                folded_words.append(number(TEXT_FOLDED, old))
                stems.append(-1)
        others = query.synonyms
        # What comes first has a token that several would have: synonyms of one word behind others come after those.
        if not query.prefixes and all(len(synonym.folded_words) == 1 for synonym in others):
            for synonym in others:
                owners.append(_owner(query, synonym))
                folded_words.append(number(TEXT_FOLDED, synonym.folded_words[0]))
                stems.append(-1)
            others = ()
        asked, stood_for = np.array([folded_words, stems], np.int32), np.array(owners, np.int32)
        return cls(asked[0], asked[1], stood_for, len(words), others)


def _old_forms(query: LexicalQuery, folded: str) -> Iterator[str]:
    """Yield the forms that a quoted word has in articles with the phrase in an old spelling."""
    for phrase in query.old_phrases:
        for forms in phrase.places if folded in phrase.words else ():
            if folded in forms:
                yield from (form for form in forms if form != folded)


def mark_document(
    postings: PostingReader, asked: AskedWords, index: int, document: int, query: LexicalQuery
) -> tuple[Marks, Marks]:
    """Return where the words of *query* stand in the title and in the body of a *document* of the segment *index*.

    *asked* are those words there. Raises ValueError if the columns are damaged.
    """
    columns = postings.segments[index].columns
    if postings.native_forward is not None:
        found = postings.native_forward[index].find_words(document, asked.folded_words, asked.stems, asked.typed)
        matches = np.frombuffer(found, np.int32).reshape(-1, 3)
    else:
        flat = find_words(read_tokens(columns, document), columns.word_exacts, columns.word_stems, asked)
        matches = np.array(flat, np.int32).reshape(-1, 3)
    if len(matches):
        matches[:, 1] = asked.owners[matches[:, 1]]
    title, body = unpack_spans(columns, document)
    if query.prefixes or asked.others:
        found_so_far = Marks(title, matches)
        words, as_typed = found_so_far.words, found_so_far.as_typed
        _mark_others(postings, asked, index, read_tokens(columns, document), query, words)
        matches = Marks.of(title, words, as_typed).matches
    in_title = int(matches[:, 0].searchsorted(len(title)))
    in_body = matches[in_title:]
    in_body[:, 0] -= len(title)
    return Marks(title, matches[:in_title]), Marks(body, in_body)


def native_snippets(
    postings: PostingReader,
    asked: AskedWords,
    index: int,
    documents: Int64s,
    texts: Sequence[str],
    starts: Int64s,
    weights: Doubles,
    words: int,
) -> list[str | None] | None:
    """Return the best *words* words of *documents* of the segment *index*, whose bodies are *texts*.

    As :func:`arsearch.search.snippets.cut_snippet` cuts them: *weights* are those of the query's words, and without
    marks one begins at *starts*. A body without words has None; all is None where the kernel cannot tell what to mark.
    Raises ValueError if the columns are damaged.
    """
    if postings.native_forward is None or asked.others:
        return None
    columns = postings.segments[index].columns
    return postings.native_forward[index].snippets(
        tuple(texts), columns.span_offsets, asked.typed, words, documents, starts, asked.folded_words, asked.stems,
        asked.owners, weights, columns.word_widths, columns.span_bytes, columns.title_words,
    )  # fmt: skip


def find_words(tokens: Int32s, word_exacts: Int32s, word_stems: Int32s, asked: AskedWords) -> list[int]:
    """Return of each token that is asked for its index, the first word asked for that it is, and whether as typed.

    The three numbers stand one after the other. *tokens* int32 (tokens,) are numbers of words; *word_exacts* and
    *word_stems* int32 (words,) the terms of those. Raises ValueError if there is no such word.
    """
    if len(tokens) and not 0 <= int(tokens.min()) <= int(tokens.max()) < len(word_exacts):
        raise ValueError("the tokens of a segment are damaged")
    # Stop words have the stem -1, which nobody asks for.
    has_form = (word_exacts[tokens] == asked.folded_words[:, np.newaxis]) & (asked.folded_words >= 0)[:, np.newaxis]
    inflected = (word_stems[tokens] == asked.stems[:, np.newaxis]) & (asked.stems >= 0)[:, np.newaxis]
    matching = has_form | inflected
    indices = np.flatnonzero(matching.any(axis=0))
    if not len(indices):
        return []
    firsts, as_typed = matching[:, indices].argmax(axis=0), has_form[: asked.typed, indices].any(axis=0)
    flat: list[int] = np.column_stack([indices, firsts, as_typed]).reshape(-1).tolist()
    return flat


def _mark_others(
    postings: PostingReader, asked: AskedWords, index: int, tokens: Int32s, query: LexicalQuery, words: dict[int, int]
) -> None:
    """Add to *words* what stands in *tokens* of beginnings of words, and of synonyms of several words."""
    segment = postings.segments[index]
    folded_words = segment.columns.word_exacts[tokens]
    for prefix in query.prefixes:
        owner = next((at for at, word in enumerate(query.scored_words) if word.folded == prefix), 0)
        begin, end = segment.dictionary.with_prefix(TEXT_FOLDED, prefix.encode())
        begun = (folded_words >= begin) & (folded_words < end)
        begin, end = segment.dictionary.with_prefix(TEXT_STEM, prefix.encode())
        stems = segment.columns.word_stems[tokens]
        for position in np.flatnonzero(begun | ((stems >= begin) & (stems < end))).tolist():
            words.setdefault(position, owner)
    for synonym in asked.others:
        owner = _owner(query, synonym)
        numbers = [postings.numbers_of(TEXT_FOLDED, folded.encode())[index] for folded in synonym.folded_words]
        stands = np.ones(max(len(folded_words) - len(numbers) + 1, 0), dtype=np.bool_)
        for offset, number in enumerate(numbers):
            stands &= (folded_words[offset : offset + len(stands)] == number) & (number >= 0)
        for position in np.flatnonzero(stands).tolist():
            for offset in range(len(numbers)):
                words.setdefault(position + offset, owner)


def _owner(query: LexicalQuery, synonym: Synonym) -> int:
    """Return which of the scored words of *query* a *synonym* stands for."""
    scored = {word: at for at, word in enumerate(query.scored_words)}
    return next((scored[word] for word in query.words[synonym.first :] if word in scored), 0)
