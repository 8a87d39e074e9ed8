"""How long an update takes: `python benchmarks/updating.py --data ../shared/data`.

29,052 news articles are indexed; then, several times, 100 of them are changed, and `arsearch index` is run, once from a
single compressed file of all articles and once from a folder with one file a newspaper; then once more with nothing
changed. Times are of the whole command, from the start of its process to its end, beside the processor time it took.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import random
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

_CHANGED = 100
_ROUNDS = 5


def main() -> None:
    """Measure, and print one line of JSON for each way in which the articles lie."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the folder with corpus/saudi-news.jsonl.gz")
    parser.add_argument("--rounds", type=int, default=_ROUNDS)
    arguments = parser.parse_args()
    with gzip.open(arguments.data / "corpus" / "saudi-news.jsonl.gz", "rt", encoding="utf-8") as file:
        records = [json.loads(line) for line in file]
    for layout in ("one file", "a file a newspaper"):
        with tempfile.TemporaryDirectory() as folder:
            corpus, index = Path(folder, "corpus"), Path(folder, "index")
            _write(records, corpus, layout)
            _run(index, corpus)
            changes = []
            for round_number in range(arguments.rounds):
                for record in random.Random(round_number).sample(records, _CHANGED):
                    record["body"] += f"\nسطر جديد {round_number}"
                _write(records, corpus, layout)
                changes.append(_run(index))
            nothing = [_run(index) for _ in range(arguments.rounds)]
        print(json.dumps({"articles": len(records), "in": layout, "changed": _CHANGED, **_middle(changes)}))
        print(json.dumps({"articles": len(records), "in": layout, "changed": 0, **_middle(nothing)}))


def _write(records: list[dict[str, str]], corpus: Path, layout: str) -> None:
    """Write the articles; a file that would have the same bytes is left alone."""
    files: dict[str, list[str]] = {}
    for record in records:
        name = "articles" if layout == "one file" else record["source"]
        files.setdefault(name, []).append(json.dumps(record, ensure_ascii=False) + "\n")
    if not corpus.exists():
        corpus.mkdir()
    for name, lines in files.items():
        path = corpus / f"{name}.jsonl.gz"
        data = gzip.compress("".join(lines).encode(), compresslevel=1, mtime=0)
        if not path.exists() or path.read_bytes() != data:
            draft = path.with_suffix(".new")
            draft.write_bytes(data)
            shutil.move(draft, path)


def _run(index: Path, *sources: Path) -> tuple[float, float]:
    """Run the command; return the seconds that passed, and those of processors."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    command = [sys.executable, "-m", "arsearch", "index", *map(str, sources), "--index", str(index)]
    # As where it is installed: compiled modules are kept from the first run on.
    environment = os.environ | {"PYTHONPYCACHEPREFIX": str(index.with_name("compiled"))}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    elapsed = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return elapsed, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _middle(times: list[tuple[float, float]]) -> dict[str, float]:
    return {
        "seconds": round(statistics.median(time[0] for time in times), 2),
        "processor_seconds": round(statistics.median(time[1] for time in times), 2),
    }


if __name__ == "__main__":
    main()
