"""The student's vocabulary: whole words of folded Arabic, and the source's own pieces for Latin.

An encoder's time is its tokens. The source spends 1.7 pieces on an Arabic word; folded text without punctuation and a
WordPiece vocabulary of Arabic words need far fewer. A new piece starts as the mean of the source's pieces for it.
"""

from __future__ import annotations

import gzip
import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import regex
from tokenizers import Regex, Tokenizer, models, pre_tokenizers, processors

from arsearch.arabic import fold
from training.data import WORD
from training.tokenizer import folding_normalizer
from training.transformer.source import Floats, Source
from training.transformer.texts import PROMPTS

__all__ = ["SPECIAL", "build_vocabulary", "count_words", "starting_rows", "student_tokenizer"]

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")
_CONTINUATION = "##"
_LONGEST_WORD = 40
_ALPHABET = 80
_ENDINGS = 0.12
"""Of the Arabic pieces, how many only ever stand inside a word."""
_RUNNING_WORDS = 6e6
"""What the list of frequent words counts as, beside the words of the texts."""
_WEIGHTS = {"ant": 2.0, "questions": 3.0, "wikipedia": 1.0, "periodicals": 0.15}
_LATIN = regex.compile(r"[a-z0-9]+")
_ARABIC = regex.compile(r"\p{Arabic}+")
_FOREIGN_WORDS = {"en": 12_000, "fr": 9_000}
_WORDS = regex.compile(WORD)


def count_words(train: Path, news: Path) -> Counter[str]:
    """Return how often each folded word of the texts was met, and each of a list of frequent Arabic words."""
    from wordfreq import get_frequency_dict

    counts: defaultdict[str, float] = defaultdict(float)
    exact: Counter[tuple[str, str]] = Counter()
    for source, text in _texts(train, news):
        exact.update((source, word) for word in text.split())
    for (source, word), count in exact.items():
        for part in _WORDS.findall(fold(word)):
            counts[part] += count * _WEIGHTS[source]
    for word, frequency in get_frequency_dict("ar").items():
        for part in _WORDS.findall(fold(word)):
            counts[part] += frequency * _RUNNING_WORDS
    return Counter({word: round(count) for word, count in sorted(counts.items()) if count >= 2})


def build_vocabulary(counts: Mapping[str, int], source: Source, size: int) -> list[str]:
    """Return *size* pieces: the special ones, letters, frequent Arabic words, endings that the others need, and Latin.

    A word that is not a piece is cut by the tokenizer into its longest beginning that is one, and endings.
    """
    latin = _latin_pieces(source)
    arabic = {word: count for word, count in counts.items() if _ARABIC.fullmatch(word)}
    letters: Counter[str] = Counter()
    for word, count in arabic.items():
        for letter in word:
            letters[letter] += count
    alphabet = sorted(letter for letter, _ in letters.most_common(_ALPHABET))
    pieces = [*SPECIAL, *alphabet, *(_CONTINUATION + letter for letter in alphabet)]
    room = size - len(pieces) - len(latin)
    by_count = sorted(arabic, key=lambda word: (-arabic[word], word))
    words = dict.fromkeys(word for word in by_count if len(word) > 1)
    frequent = list(words)[: room - round(room * _ENDINGS)]
    known = {*alphabet, *frequent}
    endings: Counter[str] = Counter()
    for word in words.keys() - known:
        cut = next(end for end in range(len(word) - 1, -1, -1) if end == 0 or word[:end] in known)
        if len(word) - cut > 1:
            endings[word[cut:]] += arabic[word]
    needed = sorted(endings, key=lambda ending: (-endings[ending], ending))[: room - len(frequent)]
    return [*pieces, *frequent, *(_CONTINUATION + ending for ending in needed), *latin]


def student_tokenizer(vocabulary: list[str]) -> Tokenizer:
    """Return a tokenizer that folds, keeps words alone, and knows the pieces of *vocabulary* by their place in it."""
    numbers = {piece: number for number, piece in enumerate(vocabulary)}
    made = Tokenizer(models.WordPiece(vocab=numbers, unk_token=SPECIAL[1], max_input_chars_per_word=_LONGEST_WORD))
    made.normalizer = folding_normalizer()
    made.pre_tokenizer = pre_tokenizers.Split(Regex("[^" + WORD.removeprefix("[")), "removed")
    made.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        special_tokens=[(SPECIAL[2], numbers[SPECIAL[2]]), (SPECIAL[3], numbers[SPECIAL[3]])],
    )
    return made


def starting_rows(vocabulary: list[str], source: Source) -> Floats:
    """Return a row for each piece, (pieces, hidden): the mean of the rows of the source's pieces for it."""
    rows = source.weights.words
    numbers = {piece: number for number, piece in enumerate(source.pieces)}
    tokenizer = source.tokenizer()
    special = dict(zip(SPECIAL, (source.pad, source.unk, source.bos, source.eos), strict=True))
    plain = [piece.removeprefix(_CONTINUATION) for piece in vocabulary]
    spellings = [(text, text.capitalize(), text.upper()) if _LATIN.fullmatch(text) else (text,) for text in plain]
    flat = tokenizer.encode_batch([text for each in spellings for text in each], add_special_tokens=False)
    encoded = iter([encoding.ids for encoding in flat])
    made = np.zeros((len(vocabulary), rows.shape[1]), np.float32)
    for place, piece in enumerate(vocabulary):
        options = [next(encoded) for _ in spellings[place]]
        if piece in special:
            ids = [special[piece]]
        elif piece.startswith(_CONTINUATION) and plain[place] in numbers:
            ids = [numbers[plain[place]]]
        else:
            ids = min(options, key=len)
            if piece.startswith(_CONTINUATION) and source.pieces[ids[0]] == "▁" and len(ids) > 1:
                ids = ids[1:]
        made[place] = rows[ids].mean(axis=0)
    return made


def _latin_pieces(source: Source) -> list[str]:
    """Return the pieces that frequent English and French words need, folded, whole words where the source has them."""
    from wordfreq import top_n_list

    tokenizer = source.tokenizer()
    wanted: dict[str, None] = dict.fromkeys(word for prompt in PROMPTS.values() for word in _LATIN.findall(prompt))
    for character in "abcdefghijklmnopqrstuvwxyz0123456789":
        wanted[character] = None
        wanted[_CONTINUATION + character] = None
    for number in range(10, 100):
        wanted[str(number)] = None
        wanted[f"{_CONTINUATION}{number:02}"] = None
    for year in range(1900, 2031):
        wanted[str(year)] = None
    for language, count in _FOREIGN_WORDS.items():
        for word in top_n_list(language, count):
            for part in _LATIN.findall(fold(word)):
                spellings = [part, part.capitalize(), part.upper(), *([word] if word != part else [])]
                best = min((tokenizer.encode(text, add_special_tokens=False).tokens for text in spellings), key=len)
                if len(best) == 1:
                    wanted[part] = None
                    continue
                for place, piece in enumerate(best):
                    bare = fold(piece.removeprefix("▁"))
                    if _LATIN.fullmatch(bare):
                        wanted[bare if place == 0 else _CONTINUATION + bare] = None
    return list(wanted)


def _texts(train: Path, news: Path) -> Iterator[tuple[str, str]]:
    for article in _lines(news):
        yield "ant", f"{article['title']} {article['body']}"
    for name in ("q2q", "news-title-stance"):
        for pair in _lines(train / f"{name}.jsonl.gz"):
            yield "questions", f"{pair['a']} {pair['b']}"
    for name, source in (("egyptian-wikipedia", "wikipedia"), ("periodicals", "periodicals")):
        for article in _lines(train / f"{name}.jsonl.gz"):
            yield source, f"{article['title']} {article['body']}"


def _lines(path: Path) -> Iterator[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)
