"""The engines that are measured, each behind the same few methods; loaded by name in a process of its own."""

from __future__ import annotations

import importlib

from benchmarks.engines.base import Engine

__all__ = ["PYTHON_ENGINES", "Engine", "load_engine"]

PYTHON_ENGINES = {
    "arsearch": "benchmarks.engines.arsearch_lexical:Production",
    "arsearch-stem": "benchmarks.engines.arsearch_lexical:OneField",
    "arsearch-hybrid": "benchmarks.engines.arsearch_hybrid:Hybrid",
    "whoosh": "benchmarks.engines.stock_whoosh:StockWhoosh",
    "bm25s": "benchmarks.engines.eager_bm25s:EagerBM25",
    "tantivy": "benchmarks.engines.rust_tantivy:Tantivy",
    "sqlite": "benchmarks.engines.sqlite_fts5:SqliteFTS5",
}


def load_engine(name: str) -> Engine:
    """Return the engine *name*. Raises ImportError when its package is not installed."""
    module, _, kind = PYTHON_ENGINES[name].partition(":")
    engine: Engine = getattr(importlib.import_module(module), kind)()
    return engine
