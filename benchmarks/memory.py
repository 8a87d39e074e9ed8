"""Memory of `arsearch index` on a JSON lines file of any size: `python -m benchmarks.memory --megabytes 2048`.

The file is made of sentences of the project's own articles, drawn by chance, so that no two articles are alike and the
vocabulary grows as that of a newspaper does not: numbers and names are made up. Memory is looked at four times a
second: the most that the process and those it started had of their own (anonymous pages, which nothing but swapping
takes from them), and how much that was in each stage. `peak_megabytes` is of the process alone, as the kernel counts it
(ru_maxrss), with the pages of mapped files, which the system takes back when it needs them.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import random
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.process import children_of, memory_mb

ROOT = Path(__file__).parents[1]
_PAUSE = 0.25
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
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        stages: list[str] = ["starting"]
        follower = threading.Thread(target=follow, args=(process, stages))
        follower.start()
        own: dict[str, float] = {}
        for megabytes in own_memory(process):
            own[stages[-1]] = max(own.get(stages[-1], 0.0), megabytes)
        follower.join()
        assert process.stdout
        answer = process.stdout.read()
        if process.wait():
            sys.exit(f"{' '.join(command)} failed; run it by hand to see why.")
        result = {
            "megabytes": arguments.megabytes,
            "articles": count,
            "passages": json.loads(answer)["passages"],
            "seconds": round(time.perf_counter() - began, 1),
            "peak_megabytes": round(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024),
            "peak_own_megabytes": round(max(own.values())),
            "peak_own_megabytes_by_stage": {stage: round(megabytes) for stage, megabytes in own.items()},
            "index_megabytes": round(sum(path.stat().st_size for path in index.rglob("*") if path.is_file()) / 2**20),
        }
        print(json.dumps(result))


def own_memory(process: subprocess.Popen[bytes]) -> Iterator[float]:
    """Yield how much memory *process* and those it started have of their own (10^6 bytes), until it ends."""
    while process.poll() is None:
        with contextlib.suppress(OSError, KeyError):  # one of them has just ended
            yield sum(memory_mb(pid)["anonymous"] for pid in (process.pid, *children_of(process.pid)))
        time.sleep(_PAUSE)


def follow(process: subprocess.Popen[bytes], stages: list[str]) -> None:
    """Append to *stages* each stage that *process* says it has begun, and "after" it when it has ended."""
    assert process.stderr
    for line in process.stderr:
        event = json.loads(line)
        if event.get("event") != "progress":
            continue
        stage = event["stage"] if event["done"] != event["total"] else f"after {event['stage']}"
        if stage != stages[-1]:
            stages.append(stage)


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
