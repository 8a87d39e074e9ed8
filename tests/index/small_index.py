"""Three small articles, an index of them, and what may befall one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import arsearch
from arsearch import Settings
from arsearch.index import IndexSummary, Layout
from arsearch.index.checksummed import add_checksum

SEA = {"id": "sea", "title": "البحر", "body": "سفينة تدخل الميناء"}
SKY = {"id": "sky", "title": "السماء", "body": "قمر ونجم"}
BREAD = {"id": "bread", "title": "الخبز", "body": "قمح من الفرن"}


def found(settings: Settings, query: str) -> list[str]:
    with arsearch.open_index(settings.index, settings=settings) as index:
        return [hit.id for hit in index.search(query, mode="lexical").hits]


def counts(summary: IndexSummary) -> tuple[int, int, int, int]:
    return summary.added, summary.changed, summary.deleted, summary.unchanged


def edit_manifest(settings: Settings, commit: str = "", **changes: Any) -> None:
    """Let the manifest of a commit, the live one unless it is named, say something else, and be whole."""
    layout = Layout(settings.index)
    live = layout.current()
    path = layout.commit(commit or live) / "manifest.json"
    record = json.loads(path.read_text(encoding="utf-8"))
    del record["checksum"]
    path.write_bytes(add_checksum(record | changes))
    layout.switch(live)


def damage(folder: Path, pattern: str) -> None:
    [path] = folder.glob(pattern)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)
