"""Articles and passages as Arrow tables, in files of Parquet or Arrow. Needs the extra ``parquet``."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from arsearch.article_fields import OwnFields
from arsearch.corpus import Article
from arsearch.errors import ArsearchError, IndexStateError
from arsearch.index.exports.passage_rows import open_passage_rows
from arsearch.index.layout import Layout
from arsearch.index.store.export import draft_of, stored_articles

__all__ = ["TABLE_SUFFIXES", "export_article_table", "export_passages"]

TABLE_SUFFIXES = (".parquet", ".arrow")
_ROWS = 1_024
"""Rows of a batch, and of a group of rows of Parquet."""
_TEXTS = ("id", "title", "body", "author", "date", "source", "url")


def export_article_table(index: Path, out: Path) -> int:
    """Write the articles of *index*, as they were read, to *out*; return how many.

    A column a field, those of own fields too; indexing the file gives the same index. Raises what
    ``export_articles`` raises, and ArsearchError without the extra.
    """
    arrow = _arrow()
    own = _own_fields(index)
    types: dict[str, Any] = dict.fromkeys(_TEXTS, arrow.string())
    types |= {"tags": arrow.list_(arrow.string()), "language": arrow.string()}
    types |= {"image": arrow.string(), "caption": arrow.string(), "structure": arrow.string()}
    types |= {field.name: _TYPES[field.kind](arrow) for field in own}
    with closing(stored_articles(index)) as articles:
        return _write(out, arrow.schema(list(types.items())), (_row(article, types) for article in articles))


def export_passages(index: Path, out: Path) -> int:
    """Write the passages of *index* that have vectors to *out*; return how many.

    A row has ``article_id``, ``start``, ``end``, ``text`` and ``vector``; JSON lines unless the suffix says a table.
    Raises as :func:`export_article_table` does.
    """
    with open_passage_rows(index) as passages:
        if out.suffix.lower() not in TABLE_SUFFIXES:
            from arsearch.index.store.export import write_lines

            return write_lines(out, (row.as_line() for row in passages.rows))
        arrow = _arrow()
        schema = arrow.schema([
            ("article_id", arrow.string()), ("start", arrow.int32()), ("end", arrow.int32()), ("text", arrow.string()),
            ("vector", arrow.list_(arrow.float32(), passages.dimension)),
        ])  # fmt: skip
        rows = (
            {"article_id": row.article_id, "start": row.start, "end": row.end, "text": row.text, "vector": row.vector}
            for row in passages.rows
        )
        return _write(out, schema, rows)


_TYPES: dict[str, Callable[[Any], Any]] = {
    "keyword": lambda arrow: arrow.list_(arrow.string()),
    "number": lambda arrow: arrow.float64(),
    "date": lambda arrow: arrow.string(),
    "text": lambda arrow: arrow.string(),
}


def _own_fields(index: Path) -> OwnFields:
    try:
        return Layout(index).live_manifest().own_fields
    except IndexStateError:  # of an older version, which had none; if there is no index, reading it says so
        return ()


def _row(article: Article, types: Mapping[str, Any]) -> dict[str, Any]:
    row = article.as_dict()
    row |= row.pop("extra", {})
    if "structure" in row:
        row["structure"] = json.dumps(row["structure"], separators=(",", ":"))
    return {name: row.get(name) for name in types}


def _write(out: Path, schema: Any, rows: Iterable[Mapping[str, Any]]) -> int:
    """Write *rows* to *out* in batches; return how many."""
    arrow = _arrow()
    remaining, count = iter(rows), 0
    with draft_of(out) as draft, _writer(draft, schema, parquet=out.suffix.lower() == ".parquet") as write:
        while batch := list(islice(remaining, _ROWS)):
            write(arrow.Table.from_batches([arrow.RecordBatch.from_pylist(batch, schema=schema)]))
            count += len(batch)
    return count


@contextmanager
def _writer(path: Path, schema: Any, *, parquet: bool) -> Iterator[Callable[[Any], None]]:
    if parquet:
        module = importlib.import_module("pyarrow.parquet")
        with module.ParquetWriter(path, schema, compression="zstd") as writer:
            yield writer.write_table
        return
    ipc = importlib.import_module("pyarrow.ipc")
    with path.open("wb") as file, ipc.new_file(file, schema) as writer:
        yield writer.write_table


def _arrow() -> Any:
    try:
        return importlib.import_module("pyarrow")
    except ImportError as error:
        raise ArsearchError(
            'Tables need the extra "parquet"; install it with: pip install "arsearch[parquet]"'
        ) from error
