"""What one worker of the server has in memory: ``python -m benchmarks.worker_memory INDEX QUERIES [--limit 450]``.

INDEX is an index, QUERIES a file of an evaluation set (``queries.tsv``). The server answers with words and meaning,
without its caches of answers and vectors; its memory is looked at after each hundred. Fails if the worker had more than
the limit resident while it answered.
"""

from __future__ import annotations

import argparse
import json
import sys
import urllib.request
from pathlib import Path
from urllib.parse import urlencode

from arsearch.evaluation.trec import read_queries
from benchmarks.process import children_of, memory_mb
from benchmarks.service import WITHOUT_CACHES, running_server

_ROUND = 100
_SETTINGS = WITHOUT_CACHES | {"max_query_ms": 60_000}
"""So much time that a machine that is busy with other things too does not make requests fail that are only late."""


def main() -> None:
    """Start the server, ask, and print what its worker had in memory."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("index", type=Path)
    parser.add_argument("queries", type=Path)
    parser.add_argument("--limit", type=int, default=450, help="MB (10^6 bytes) that the worker may have resident")
    arguments = parser.parse_args()
    queries = list(read_queries(arguments.queries).values())
    most = 0.0
    with running_server(arguments.index, workers=1, **_SETTINGS) as (port, server):
        for number, query in enumerate(queries, 1):
            address = f"http://127.0.0.1:{port}/api/v1/search?{urlencode({'q': query, 'mode': 'hybrid'})}"
            with urllib.request.urlopen(address) as answer:
                answer.read()
            if number % _ROUND == 0 or number == len(queries):
                worker = max(map(memory_mb, (server.pid, *children_of(server.pid))), key=lambda each: each["resident"])
                print(json.dumps({"queries": number} | {name: round(value) for name, value in worker.items()}))
                most = max(most, worker["resident"])
    if most > arguments.limit:
        sys.exit(f"The worker had {most:.0f} MB resident, more than {arguments.limit}.")


if __name__ == "__main__":
    main()
