"""Arabizi: how Arabic words are written with Latin letters and digits, and how much each way of writing costs.

The letters and digits are those of the chat alphabet of Egypt, the Levant and the Gulf and of romanised names in news
(compare Yaghan, "Arabizi: A Contemporary Style of Arabic Slang", 2008). A cost is roughly the negative logarithm of
how usual a spelling is: 0 for the plain one, 1 for one that is seldom meant. Arabic letters are folded ones, so heh is
also teh marbuta and yeh also alef maksura.
"""

from __future__ import annotations

import re

__all__ = [
    "CHUNKS",
    "EXTRA",
    "LONGEST_CHUNK",
    "SILENT",
    "SILENT_FIRST",
    "SKIPPED_ARTICLE",
    "UNTYPED",
    "UNTYPED_AMONG_VOWELS",
    "chunk_at",
    "has_all_vowels",
    "latin_words",
]

_TABLE = """
b    ب 0
p    ب 0.1
t    ت 0     ط 0.4   ث 0.9   ه 0.9
th   ث 0     ذ 0.4   ظ 0.6   ت 0.5   ط 0.9
j    ج 0
dj   ج 0
g    ج 0.3   ق 0.4   غ 0.4   ك 0.6
gh   غ 0
3    ع 0
3'   غ 0
'3   غ 0.1
8    ق 0.3   غ 0.3
7    ح 0     ه 0.8
7'   خ 0
'7   خ 0
5    خ 0
kh   خ 0     ح 0.9
5'   خ 0.1
x    خ 0.5
h    ه 0.1   ح 0.2
d    د 0     ض 0.3   ذ 0.6   ظ 0.8
dh   ذ 0.1   ظ 0.1   ض 0.1
z    ز 0     ذ 0.4   ظ 0.4   ض 0.7
9    ص 0     ق 0.8
9'   ض 0
'9   ض 0.1
6    ط 0
6'   ظ 0
'6   ظ 0.1
4    ذ 0.4   ش 0.6   ث 0.8
r    ر 0
s    س 0     ص 0.25  ث 0.8
sh   ش 0
ch   ش 0.1   خ 0.6   ك 0.9
c    س 0.4   ك 0.3   ش 0.7   ق 0.7
$    ش 0
f    ف 0
v    ف 0.1
q    ق 0     ك 0.9
k    ك 0     ق 0.4
ck   ك 0
2    ا 0.2   ء 0.1   ق 0.3   و 0.6   ي 0.5
l    ل 0
m    م 0
n    ن 0
ng   ن 0.3
w    و 0
y    ي 0
a    ا 0.15  ه 0.7   ع 0.7   ي 0.8   ء 0.8
aa   ا 0     ع 0.5
e    ي 0.45  ا 0.45  ه 0.8   ع 0.8
i    ي 0.15  ا 0.6   ع 0.8
ee   ي 0
ii   ي 0
ie   ي 0.1
y    ي 0
o    و 0.2   ا 0.7   ع 0.8
oo   و 0
ou   و 0
u    و 0.2   ا 0.7   ع 0.8
ow   و 0.1
ai   ي 0.1
ay   ي 0.1
ei   ي 0.1
ey   ي 0.1
aw   و 0.1
au   و 0.1
^a   ا 0     ع 0.5
^e   ا 0.05  ي 0.6   ع 0.6
^i   ا 0.1   ي 0.2   ع 0.5
^o   ا 0.15  و 0.2   ع 0.6
^u   ا 0.15  و 0.2   ع 0.6
a$   ا 0.1   ه 0.1   ي 0.5   ء 0.7
e$   ه 0.3   ي 0.2   ا 0.5
i$   ي 0
y$   ي 0
o$   و 0.1   ه 0.3
u$   و 0.1   ه 0.4
t$   ه 0.3
ah$  ه 0
eh$  ه 0
h$   ه 0     ح 0.2
'    ع 0.3   ء 0.1   ا 0.4
"""

SILENT = {"a": 0.5, "e": 0.3, "i": 0.35, "o": 0.45, "u": 0.4, "'": 0.2, "h": 1.0, "y": 0.9, "w": 0.9, "2": 0.6}
"""What it costs that letters typed stand for none: short vowels are not written in Arabic."""
SILENT_FIRST = 1.2
"""What it costs that a vowel typed first stands for none: there it is written with an alef."""
EXTRA = 1.7
"""What it costs that a consonant typed stands for nothing."""
UNTYPED = {"ا": 0.4, "و": 0.75, "ي": 0.75, "ء": 0.1, "ه": 0.8, "ع": 0.6, "ل": 1.2}
"""What it costs that a letter of the word was not typed; ``EXTRA`` for those not here."""
UNTYPED_AMONG_VOWELS = UNTYPED | {"ا": 0.8, "و": 1.1, "ي": 1.1}
"""The same where a vowel was typed after each consonant: who writes them all leaves out no long one."""
SKIPPED_ARTICLE = 0.3
"""What it costs that the article at the beginning of the word was not typed."""

_WORD = re.compile(r"[A-Za-z0-9$']*[A-Za-z$][A-Za-z0-9$']*")
_WITH_ALL_VOWELS = re.compile("[aeiou]*(?:(?:[sctdgk]h|[^aeiou])[aeiou]+)+(?:[sctdgk]h|[^aeiou])?")
_ARTICLES = frozenset({"al", "el", "il", "ul", "as", "ad", "ar", "an", "ash", "at", "az"})
_DOUBLED = 0.05


def _read_table() -> dict[str, dict[str, float]]:
    table: dict[str, dict[str, float]] = {}
    for line in _TABLE.strip().splitlines():
        chunk, *pairs = line.split()
        letters = dict(zip(pairs[0::2], map(float, pairs[1::2]), strict=True))
        known = table.setdefault(chunk, {})
        known.update(letters)
    for chunk, letters in list(table.items()):
        if (chunk.isalpha() and chunk[0] not in "aeiou" and len(set(chunk)) == 1) or chunk in (
            "sh",
            "th",
            "dh",
            "gh",
            "kh",
        ):
            table[chunk * 2] = {letter: cost + _DOUBLED for letter, cost in letters.items()}
    return table


CHUNKS = _read_table()
"""What each chunk of Latin letters and digits may stand for; ``^`` and ``$`` mark those that begin or end a word."""
LONGEST_CHUNK = 4


def chunk_at(word: str, start: int, end: int) -> dict[str, float]:
    """Return what ``word[start:end]`` may stand for there, with costs; empty if it stands for no letter."""
    chunk = word[start:end]
    found = CHUNKS.get(chunk, {})
    if start == 0:
        found = found | CHUNKS.get("^" + chunk, {})
    if end == len(word):
        found = found | CHUNKS.get(chunk + "$", {})
    return found


def has_all_vowels(word: str) -> bool:
    """Whether *word* has a vowel after each consonant, except at its end."""
    return _WITH_ALL_VOWELS.fullmatch(word) is not None


def latin_words(text: str) -> list[tuple[str, int, int]]:
    """Return the words of *text* that may be Arabizi, in lower case, an article joined to its word, with start and end.

    Romanised names have the article apart (``al dakhiliya``, ``al-dakhiliya``); in Arabic it is part of the word.
    """
    found: list[tuple[str, int, int]] = []
    for match in _WORD.finditer(text):
        word, start, end = match[0].lower(), match.start(), match.end()
        if found and found[-1][0] in _ARTICLES and text[found[-1][2] : start] in (" ", "-"):
            word, start = "al" + word, found[-1][1]
            found.pop()
        found.append((word, start, end))
    return found
