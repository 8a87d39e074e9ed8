"""What an encoder costs and brings: `python -m benchmarks.encoders fast bundled [MODEL ...] --data ../shared/data`.

Each is measured in a process of its own. Speed is that of one thread, by processor time, on passages of the first set;
what is asked for with --sets is indexed and evaluated by words, by meaning and by both. The last column of costs is the
memory that loading it and embedding queries add to a process.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from arsearch.corpus import ReadingReport, read_source
from arsearch.evaluation import evaluate
from arsearch.index import update_index
from arsearch.search.searcher import Searcher
from arsearch.semantic import load_encoder
from arsearch.settings import Settings
from benchmarks.process import memory_mb

_PASSAGES = 256
_WORDS = 110
"""Words of a passage, as long as those of news articles are."""
_QUERIES = 200
_ROUNDS = 3
_MODES = ("lexical", "semantic", "hybrid")
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "ORT_NUM_THREADS", "RAYON_NUM_THREADS"), "1")


def main() -> None:
    """Print a table of costs, then one of nDCG@10 for each set."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="+", help="encoders, as the setting model names them")
    parser.add_argument("--data", type=Path, required=True, help="folder with the data")
    parser.add_argument("--sets", nargs="*", default=[], help="evaluation sets to index and evaluate, such as kaif-dev")
    parser.add_argument("--work", type=Path, help="folder for indexes [default: a temporary one]")
    parser.add_argument("--costs-of", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.costs_of:
        print(json.dumps(costs(arguments.costs_of, arguments.data)))
        return
    print("| model | dimension | passages/s, a core | ms a query | memory, MB |\n|---|---|---|---|---|")
    for model in arguments.models:
        found = costs_in_process(model, arguments.data)
        print(
            f"| `{model}` | {found['dimension']} | {found['passages']:,.0f} | {found['query_ms']:.1f} "
            f"| {found['memory_mb']:.0f} |",
            flush=True,
        )
    for name in arguments.sets:
        print(f"\n| {name} | words | meaning | both |\n|---|---|---|---|")
        for model in arguments.models:
            with tempfile.TemporaryDirectory(dir=arguments.work) as folder:
                means = quality(model, arguments.data / "eval" / name, Path(folder, "index"))
            print(f"| `{model}` | {' | '.join(f'{means[mode]:.4f}' for mode in _MODES)} |", flush=True)


def costs_in_process(model: str, data: Path) -> dict[str, Any]:
    """Measure *model* in a process that does nothing else, with one thread."""
    command = [sys.executable, "-m", "benchmarks.encoders", model, "--data", str(data), "--costs-of", model]
    ended = subprocess.run(command, env=os.environ | _ONE_THREAD, stdout=subprocess.PIPE, check=True)
    found: dict[str, Any] = json.loads(ended.stdout)
    return found


def costs(model: str, data: Path) -> dict[str, Any]:
    """Return what the encoder *model* costs: the median of several rounds."""
    words = [
        word
        for article, _ in zip(
            read_source(data / "corpus" / "ant-news.jsonl.gz", ReadingReport()), range(_PASSAGES), strict=False
        )
        for word in article.body.split()
    ]
    passages = [" ".join(words[start : start + _WORDS]) for start in range(0, _PASSAGES * _WORDS, _WORDS)]
    passages = [passage for passage in passages if passage]
    queries = [" ".join(words[start : start + 3]) for start in range(0, _QUERIES * 50, 50)]
    before = memory_mb(os.getpid())["resident"]
    encoder = load_encoder(model)
    encoder.encode_queries(queries[:1])
    one_by_one, speeds = [], []
    for query in queries:
        began = time.process_time()
        encoder.encode_queries([query])
        one_by_one.append(time.process_time() - began)
    memory = memory_mb(os.getpid())["resident"] - before
    for _ in range(_ROUNDS):
        began = time.process_time()
        encoder.encode_passages(passages)
        speeds.append(len(passages) / (time.process_time() - began))
    return {
        "dimension": encoder.dimension,
        "passages": statistics.median(speeds),
        "query_ms": statistics.median(one_by_one) * 1000,
        "memory_mb": memory,
    }


def quality(model: str, folder: Path, index: Path) -> dict[str, float]:
    """Return nDCG@10 of the set in *folder* by words, by meaning and by both."""
    settings = Settings(index=index, model=model, duplicates="separate", keep_boilerplate=True)
    update_index([folder / "corpus.jsonl.gz"], settings)
    with Searcher(index, settings) as searcher:
        return {
            mode: evaluate(searcher, folder / "queries.tsv", folder / "qrels.txt", mode=mode).measures["nDCG@10"].mean
            for mode in _MODES
        }


if __name__ == "__main__":
    main()
