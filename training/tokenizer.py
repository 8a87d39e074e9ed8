"""The tokenizer of the encoder: folding, the article split off, and a WordPiece vocabulary, all in tokenizer.json.

The file folds raw text by itself, with the tables of :mod:`arsearch.arabic`, so the model works in plain
sentence-transformers.
"""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping

import regex
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers

from arsearch.arabic import fold
from arsearch.arabic import letters as ar
from arsearch.arabic.fold import folding_table
from training.data import WORD

__all__ = ["UNKNOWN", "build_tokenizer", "folding_normalizer", "word_splitter"]

UNKNOWN = "[UNK]"
_CONTINUATION = "##"
_LONGEST_WORD = 40
_ALPHABET = 200
_RAREST = 2
# Combining Greek iota: the one combining mark that folds to a letter.
_NEVER_MATTERS = {"\u0345"}

# A particle or two, then the article; what remains has two letters (compare arsearch.arabic.stem).
_ARTICLE = (
    rf"^(?:[{ar.WAW}{ar.FEH}]?[{ar.BEH}{ar.KAF}]?{ar.ALEF}{ar.LAM}|[{ar.WAW}{ar.FEH}]?{ar.LAM}{ar.LAM})(?=\p{{L}}{{2}})"
)


def folding_normalizer() -> normalizers.Sequence:
    """Return a normalizer that folds as :func:`arsearch.arabic.fold` does, for Arabic and Latin text.

    Compatibility decomposition and lower case are steps of their own; what folding still changes after those is
    grouped by its fold, one character class a fold. Each step passes over the whole text, so their number is what
    the normalizer costs.

    The presentation forms of lone vowel marks, which the table leaves out, become spaces here and nothing in
    ``fold``.
    """
    classes: defaultdict[str, set[str]] = defaultdict(set)
    for character in folding_table().keys() - _NEVER_MATTERS:
        for part in unicodedata.normalize("NFKD", character).lower():
            if (folded := fold(part)) != part:
                classes[folded].add(part)
    replacements = [normalizers.Replace(Regex(_character_class(classes[folded])), folded) for folded in sorted(classes)]
    return normalizers.Sequence([normalizers.NFKD(), normalizers.Lowercase(), *replacements])


def _character_class(characters: set[str]) -> str:
    """Write runs of code points as ranges: the class of the marks has hundreds of members."""
    runs: list[tuple[int, int]] = []
    for point in sorted(map(ord, characters)):
        if runs and point == runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], point)
        else:
            runs.append((point, point))
    return "[" + "".join(rf"\x{{{a:04X}}}" if a == b else rf"\x{{{a:04X}}}-\x{{{b:04X}}}" for a, b in runs) + "]"


def word_splitter() -> pre_tokenizers.Sequence:
    """Return a pre-tokenizer that keeps only words, and drops the article with the particles written before it.

    A word with and without its article then has one vector.
    """
    not_a_word = "[^" + WORD.removeprefix("[")
    return pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(not_a_word), "removed"),
            pre_tokenizers.Split(Regex(_ARTICLE), "removed"),
        ]
    )


def build_tokenizer(frequencies: Mapping[str, int], size: int) -> Tokenizer:
    """Return a tokenizer with a WordPiece vocabulary of at most *size*, learnt from the *frequencies* of folded words.

    The same frequencies give the same tokenizer.
    """
    article = regex.compile(_ARTICLE)
    counts: Counter[str] = Counter()
    for word, count in frequencies.items():
        if count >= _RAREST:
            counts[article.sub("", word)] += count
    letters: Counter[str] = Counter()
    for word, count in counts.items():
        for letter in word:
            letters[letter] += count
    alphabet = sorted(letter for letter, _ in sorted(letters.items(), key=lambda item: (-item[1], item[0]))[:_ALPHABET])
    known = {word: count for word, count in sorted(counts.items()) if set(word) <= set(alphabet)}

    learner = Tokenizer(models.WordPiece(unk_token=UNKNOWN))
    learner.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    # The trainer numbers letters in the order its hash map yields them, and numbers decide ties. As special tokens
    # the letters get their numbers from here, which is what makes the vocabulary reproducible.
    special = [UNKNOWN, *alphabet, *(_CONTINUATION + letter for letter in alphabet)]
    learner.train_from_iterator(
        _repeated(known.items()),
        trainers.WordPieceTrainer(vocab_size=size, special_tokens=special, show_progress=False),
    )
    tokenizer = Tokenizer(
        models.WordPiece(vocab=learner.get_vocab(), unk_token=UNKNOWN, max_input_chars_per_word=_LONGEST_WORD)
    )
    tokenizer.normalizer = folding_normalizer()
    tokenizer.pre_tokenizer = word_splitter()
    return tokenizer


def _repeated(counts: Iterable[tuple[str, int]]) -> Iterator[str]:
    """Yield each word as often as it was met: the trainer counts words itself."""
    return (" ".join([word] * count) for word, count in counts)
