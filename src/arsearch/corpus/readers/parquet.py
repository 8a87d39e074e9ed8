"""Parquet tables: one article a row, the columns named as in a CSV file. Needs the extra ``parquet``."""

from __future__ import annotations

from collections.abc import Iterator

from arsearch.corpus.detect_format import Head
from arsearch.corpus.parsing.extras import import_extra
from arsearch.corpus.parsing.rows import has_body, record_of
from arsearch.corpus.records.unwrap import articles_in
from arsearch.corpus.source_document import Record, RecordFault, SourceDocument, UnreadableError, too_long

__all__ = ["NAME", "SUFFIXES", "read", "recognises"]

NAME = "Parquet"
SUFFIXES: tuple[str, ...] = ()

_ROWS = 64


def recognises(head: Head) -> bool:
    """Whether it begins as such a table does."""
    return head.data.startswith(b"PAR1")


def read(document: SourceDocument) -> Iterator[Record | RecordFault]:
    """Yield the rows, a few at a time."""
    parquet = import_extra("pyarrow.parquet", "parquet", NAME)
    own = document.options.fields
    try:
        table = parquet.ParquetFile(document.seekable())
        columns = list(table.schema_arrow.names)
        if not has_body(columns, own):
            raise UnreadableError(
                f"no column for the body: the columns are {', '.join(columns)[:200]!r}; name it with the setting fields"
            )
        number = 0
        for group in range(table.metadata.num_row_groups):
            # What a page unpacks to is said before it is unpacked.
            size = table.metadata.row_group(group).total_byte_size
            document.budget.charge(max(size, 0))
            for batch in table.iter_batches(batch_size=_ROWS, row_groups=[group]):
                if batch.nbytes > _ROWS * document.options.max_record_bytes:
                    raise UnreadableError(too_long("row", document.options.max_record_bytes))
                for row in batch.to_pylist():
                    number += 1
                    record = record_of(columns, [row.get(name) for name in columns])
                    for fields in articles_in(record, own):
                        yield Record(fields, number)
    except (UnreadableError, MemoryError):
        raise
    except Exception as error:  # whatever the library meets in a damaged file
        raise UnreadableError(f"the table is damaged: {str(error)[:200]}") from error
