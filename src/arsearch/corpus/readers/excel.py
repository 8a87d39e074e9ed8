"""Workbooks of Excel (``.xlsx``): one article a row, the columns named as in a CSV file.

Needs the extra ``documents``.
"""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Iterator
from typing import Any

from arsearch.corpus.detect_format import Head
from arsearch.corpus.parsing.extras import import_extra
from arsearch.corpus.parsing.office_file import open_office_file
from arsearch.corpus.parsing.rows import header_of, record_of
from arsearch.corpus.source_document import LeftOut, Record, RecordFault, SourceDocument, UnreadableError

__all__ = ["NAME", "SUFFIXES", "read", "recognises"]

NAME = "Excel"
SUFFIXES: tuple[str, ...] = ()

_MAX_COLUMNS = 1_000
_FEW_WORDS = 10


def recognises(head: Head) -> bool:
    """Whether it is a ZIP file of an office program with sheets in it."""
    if not head.data.startswith(b"PK\x03\x04"):
        return False
    return head.suffix in (".xlsx", ".xlsm") or (b"[Content_Types].xml" in head.data and b"xl/" in head.data)


def read(document: SourceDocument) -> Iterator[Record | RecordFault | LeftOut]:
    """Yield the rows of every sheet that has a column for the body, or of the one that the setting ``table`` names."""
    openpyxl = import_extra("openpyxl", "documents", NAME)
    file = document.seekable()
    try:
        with zipfile.ZipFile(file) as archive:
            document.budget.charge(sum(entry.file_size for entry in archive.infolist()))
        file.seek(0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles and extensions, which are not read
            book = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
            yield from _sheets(book, document)
    except (UnreadableError, MemoryError):
        raise
    except Exception as error:  # whatever the library meets in a damaged file
        texts = _shared_texts(document)
        if not texts:
            raise UnreadableError(f"the workbook is damaged: {str(error)[:200]}") from error
        yield RecordFault(
            f"the workbook is damaged: {str(error)[:200]}; its texts were read without their table", skipped=False
        )
        yield Record({"body": "\n\n".join(texts)}, default_id=document.default_id)


def _shared_texts(document: SourceDocument) -> list[str]:
    """Return the texts of a workbook whose sheets are lost, if there are some that may be an article."""
    try:
        with open_office_file(document) as file:
            tree = file.xml("xl/sharedStrings.xml")
    except ValueError:
        return []
    texts = ["".join(item.itertext()).strip() for item in (tree if tree is not None else ())]
    return texts if any(text.count(" ") > _FEW_WORDS for text in texts) else []


def _sheets(book: Any, document: SourceDocument) -> Iterator[Record | LeftOut]:
    own, table = document.options.fields, document.options.table
    sheets = [sheet for sheet in book.worksheets if not table or sheet.title == table]
    if not sheets:
        raise UnreadableError(
            f"no sheet is called {table!r}" if table and book.worksheets else "the workbook is damaged: it has no sheet"
        )
    for sheet in sheets:
        if getattr(sheet, "sheet_state", "visible") != "visible" and not table:
            yield LeftOut("no article: a hidden sheet", sheet.title)
            continue
        rows = sheet.iter_rows(values_only=True, max_col=_MAX_COLUMNS)
        header = header_of(rows, own)
        if header is None:
            yield LeftOut("no article: a sheet without a column for the body", sheet.title)
            continue
        columns, first = header
        for number, row in enumerate(rows, first + 1):
            if any(value not in (None, "") for value in row):
                yield Record(record_of(columns, row), number)
