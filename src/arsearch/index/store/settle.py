"""Which segments the article store of a commit has: earlier ones as they are, and the new one with what it takes in."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import numpy as np

from arsearch.common.segments import arrays_file, link_file, to_merge, write_segments
from arsearch.index.store.schema import COLUMNS, PACKED
from arsearch.index.store.segment import ArticleSegment, write_columns
from arsearch.index.store.segment_file import articles_file
from arsearch.index.store.segments import ArticleSegments
from arsearch.index.store.texts import TextPacker

__all__ = ["settle_segments"]

_CLOSED_UP = 256
"""Articles of a segment from which on it is written once more."""
_PAGE_BYTES = 1 << 15
_FILES = "source, path, size, modified, sha256, problems, shared, gone, version"


def settle_segments(
    folder: Path,
    name: str,
    connection: sqlite3.Connection,
    earlier: ArticleSegments | None,
    texts: TextPacker,
    *,
    compact: bool,
) -> None:
    """Write into *folder* which segments of *earlier* it has, and the one called *name*, which *connection* has open.

    *texts* packs the texts of that one. Small segments, and those of which much has gone, are merged into it; with
    *compact* all are. Where it has nothing, it is dropped.
    """
    segments = earlier.segments if earlier else []
    alive = [int(np.count_nonzero(segment.live)) for segment in segments]
    new = int(connection.execute("SELECT count(*) FROM articles").fetchone()[0])
    says = (
        new or connection.execute("SELECT (SELECT count(*) FROM files) + (SELECT count(*) FROM withheld)").fetchone()[0]
    )
    merged = to_merge(alive, [len(segment.ordinals) for segment in segments], new, compact=compact)
    if not says and merged == set() and segments:
        connection.execute("ROLLBACK")
        articles_file(folder, name).unlink()
        names = []
    else:
        connection.execute("COMMIT")
        for number in sorted(merged):
            _take_in(connection, segments[number], texts)
        write_columns(connection, arrays_file(folder, name), texts.dictionary)
        connection.execute("DROP TABLE traces")  # which the arrays have now
        connection.execute("ANALYZE")
        _close_up(connection, articles_file(folder, name))
        names = [name]
    kept = [segment for number, segment in enumerate(segments) if number not in merged]
    for segment in kept:
        link_file(segment.path, articles_file(folder, segment.name))
        link_file(arrays_file(segment.path.parent, segment.name), arrays_file(folder, segment.name))
    deleted = {segment.name: segment.ordinals[~segment.live] for segment in kept}
    deleted |= {name: np.empty(0, np.int64) for name in names}
    write_segments(folder, deleted, deleted)


def _close_up(connection: sqlite3.Connection, path: Path) -> None:
    """Close *connection* and leave no room between the rows of its articles, which have grown since they were inserted.

    A quarter of the file is such room. Of few articles that is not worth a second file. Of many, pages are large: in
    small ones, of which few articles fill one, an eighth stays empty.
    """
    if connection.execute("SELECT count(*) FROM articles").fetchone()[0] < _CLOSED_UP:
        return
    draft = path.with_name(f"{path.name}.new")
    connection.execute(f"PRAGMA page_size = {_PAGE_BYTES}")
    connection.execute("VACUUM INTO ?", (str(draft),))
    connection.close()
    draft.replace(path)


def _take_in(connection: sqlite3.Connection, segment: ArticleSegment, texts: TextPacker) -> None:
    """Copy what is live of *segment* into the tables of *connection*, where *texts* packs the texts."""
    connection.create_function("repack", 1, lambda data: texts.repack(data, segment.texts))
    address = f"{segment.path.absolute().as_uri()}?mode=ro&immutable=1"
    connection.execute("ATTACH ? AS old", (address,))
    try:
        connection.execute("BEGIN")
        connection.execute("CREATE TEMP TABLE deleted (ordinal INTEGER PRIMARY KEY)")
        deleted = segment.ordinals[~segment.live].tolist()
        connection.executemany("INSERT INTO deleted VALUES (?)", ((ordinal,) for ordinal in deleted))
        values = ", ".join(f"repack({name})" if name in PACKED else name for name in COLUMNS.split(", "))
        connection.execute(
            f"INSERT INTO main.articles ({COLUMNS}) SELECT {values} FROM old.articles "
            "WHERE ordinal NOT IN (SELECT ordinal FROM deleted)"
        )
        traces = ((ordinal, *segment.trace(ordinal)) for ordinal in segment.ordinals[segment.live].tolist())
        connection.executemany("INSERT INTO traces VALUES (?, ?, ?, ?)", traces)
        for table, key, columns in (("files", "number", _FILES), ("withheld", "id", "gone, version")):
            new = ", ".join(f"{column} = excluded.{column}" for column in columns.split(", "))
            connection.execute(
                f"INSERT INTO main.{table} SELECT {key}, {columns} FROM old.{table} WHERE true "
                f"ON CONFLICT ({key}) DO UPDATE SET {new} WHERE excluded.version > version"
            )
        connection.execute("DROP TABLE temp.deleted")
        connection.execute("COMMIT")
    finally:
        connection.execute("DETACH old")
