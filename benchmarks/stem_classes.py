"""Tell which words the stemmer makes one: ``python -m benchmarks.stem_classes``.

Counts in how many articles of ``../shared/data/corpus/ant-news.jsonl.gz`` each word stands, and takes the 200 stems
that are in most. A class mixes if two words that were judged apart, below, have its stem, and each makes up a twentieth
of it at least. With --show it prints all classes with their words, for judging anew after the stemmer changed.

Judged apart, by hand, is what means another thing and is no form of the other: a year and an age, May and water. A
derived word (Tunis and Tunisian, place and local) is what a reader of the one may want.
"""

from __future__ import annotations

import argparse
import gzip
import json
from collections import Counter, defaultdict
from pathlib import Path

from arsearch.arabic import Token, analyze, fold

_CORPUS = Path(__file__).parents[2] / "shared/data/corpus/ant-news.jsonl.gz"
_CLASSES = 200
_SHARE = 0.05
_APART = """
سنة سن
ماي ماء
ماي مائة
ماء مائة
رياضي رياض
مدني مدنين
مدني مدن
مدنين مدن
علي عليا
مهدية مهدي
جامعة جامع
بيان بيئة
مكان مكة
سلمان سلم
سلطان سلطة
شعبان شعب
عمان عم
لبنان لبن
حسين حس
منطقة منطق
شهرة شهر
حصة حصان
كلية كل
أمس أمسية
أمان أمين
بنات بن
وافق أفق
واصل أصل
آلية يه
دور دوري
دور دورية
دوري دورية
رسم رسمي
اجتماع اجتماعي
محل محلي
رابط رابطة
مجموع مجموعة
قضاء قضايا
قوة قوي
شعب شعبان
جد جدة
عادة عادي
كلم كلمة
مدة مدى
حر حرية
محكم محكمة
قصر قصرين
فتح فتحي
ترك تركيا
شرط شرطي
قفص قفصة
ديوان ديوانة
بن بنات
وجه وجهات
"""


def main() -> None:
    """Count and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.stem_classes")
    parser.add_argument("corpus", nargs="?", type=Path, default=_CORPUS, help="JSON lines with title and body, gzipped")
    parser.add_argument("--show", action="store_true", help="print every class with its words")
    arguments = parser.parse_args()
    classes = _classes(arguments.corpus)
    apart = {frozenset(map(fold, line.split())) for line in _APART.split("\n") if line}
    mixed = {stem: found for stem, words in classes.items() if (found := _mixes(words, apart))}
    if arguments.show:
        for stem, words in classes.items():
            total = words.total()
            shown = (f"{word} {100 * count // total} %" for word, count in words.most_common() if count * 50 >= total)
            print(f"{stem}: {'، '.join(shown)}")
    print(f"{len(mixed)} of the {len(classes)} commonest stems mix words: {'، '.join(map('~'.join, mixed.values()))}")


def _classes(corpus: Path) -> dict[str, Counter[str]]:
    """Return for each of the commonest stems in how many articles each of its words is, without what is before it."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    with gzip.open(corpus, "rt", encoding="utf-8") as lines:
        for line in lines:
            article = json.loads(line)
            tokens = (*analyze(article.get("title", "")), *analyze(article["body"]))
            for stem, word in {(token.stem, _word(token)) for token in tokens if token.stem.isalpha()}:
                counts[stem][word] += 1
    common = sorted(counts, key=lambda stem: (-counts[stem].total(), stem))
    return {stem: counts[stem] for stem in common[:_CLASSES]}


def _word(token: Token) -> str:
    """Return the folded word from its stem on: articles and particles are gone, endings are not."""
    return token.folded[max(token.folded.find(token.stem), 0) :]


def _mixes(words: Counter[str], apart: set[frozenset[str]]) -> tuple[str, ...]:
    """Return words of one class that were judged apart."""
    frequent = [word for word, count in words.most_common() if count >= _SHARE * words.total()]
    found = {
        word for one in frequent for other in frequent if frozenset((one, other)) in apart for word in (one, other)
    }
    return tuple(word for word in frequent if word in found)


if __name__ == "__main__":
    main()
