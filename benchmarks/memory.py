"""Memory of `arsearch index` on a JSON lines file of any size: `python benchmarks/memory.py --megabytes 2048`.

The file is made of sentences of the project's own articles, drawn by chance, so that no two articles are alike and the
vocabulary grows as that of a newspaper does not: numbers and names are made up. Peak memory is that of the process that
indexes, as the kernel counts it (ru_maxrss).
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
_SENTENCES = (4, 16)
_SEED = 1446


def main() -> None:
    """Make the file, index it, and print what it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=2048, help="size of the file")
    parser.add_argument("--work", type=Path, help="folder for the file and the index [default: a temporary one]")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.work) as folder:
        corpus, index = Path(folder, "articles.jsonl"), Path(folder, "index")
        count = write_articles(corpus, arguments.megabytes << 20)
        began = time.perf_counter()
        command = [sys.executable, "-m", "arsearch", "index", str(corpus), "--index", str(index), "--json"]
        completed = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        result = {
            "megabytes": arguments.megabytes,
            "articles": count,
            "passages": json.loads(completed.stdout)["passages"],
            "seconds": round(time.perf_counter() - began, 1),
            "peak_megabytes": round(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024),
            "index_megabytes": round(sum(path.stat().st_size for path in index.rglob("*") if path.is_file()) / 2**20),
        }
        print(json.dumps(result))


def write_articles(path: Path, size: int) -> int:
    """Write about *size* bytes of articles to *path*, one a line, and return how many."""
    count = 0
    with path.open("w", encoding="utf-8") as file:
        written = 0
        for article in articles():
            line = json.dumps(article, ensure_ascii=False) + "\n"
            file.write(line)
            written += len(line.encode())
            count += 1
            if written >= size:
                return count
    return count


def articles() -> Iterator[dict[str, object]]:
    """Yield articles without end, the same ones every time."""
    chance = random.Random(_SEED)
    sentences = [
        sentence
        for line in (ROOT / "corpus" / "news.jsonl").read_text(encoding="utf-8").splitlines()
        for sentence in json.loads(line)["body"].replace("\n", " ").split(". ")
    ]
    words = sorted({word for sentence in sentences for word in sentence.split()})
    number = 0
    while True:
        number += 1
        drawn = []
        for sentence in chance.choices(sentences, k=chance.randint(*_SENTENCES)):
            mixed = [word if chance.random() < 0.7 else chance.choice(words) for word in sentence.split()]
            drawn.append(" ".join(mixed))
        body = ". ".join(drawn) + f". رقم {number} من {chance.choice(words)}{chance.choice(words)}"
        yield {
            "id": f"made-{number}",
            "title": f"خبر {chance.choice(words)} {number}",
            "body": body,
            "source": "الواحة",
        }


if __name__ == "__main__":
    main()
