"""Files that are made for tests: archives of files and of pages, a Word document."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile

from .reading import BODY, MORE, PAGE


def warc(*pages: tuple[str, bytes]) -> bytes:
    """Each record is a gzip member of its own, as crawlers write them."""
    file = b""
    for kind, data in pages:
        http = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
        payload = http + f"{len(data):x}\r\n".encode() + data + b"\r\n0\r\n\r\n"
        file += gzip.compress(
            b"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: https://example.org/a/1\r\n"
            b"Content-Type: application/http; msgtype=response\r\n"
            + f"Content-Length: {len(payload)}\r\n\r\n".encode()
            + payload
            + b"\r\n\r\n"
        )
    return file


FILES = {"2015/a.txt": "خبر من المدينة\nنص أول", "2015/b.html": PAGE % "", "c.jsonl": '{"id": "x", "body": "نص"}'}


def zipped(files: dict[str, str]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return file.getvalue()


def tarred(files: dict[str, str]) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        for name, text in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(text.encode())
            archive.addfile(info, io.BytesIO(text.encode()))
    return file.getvalue()


def word_file() -> bytes:
    import docx

    word = docx.Document()
    word.core_properties.author = "سلمى"
    word.add_heading("معرض الكتاب", level=1)
    word.add_paragraph(BODY)
    table = word.add_table(rows=1, cols=2)
    table.rows[0].cells[0].text, table.rows[0].cells[1].text = "دار", "بلد"
    word.add_paragraph(MORE)
    file = io.BytesIO()
    word.save(file)
    return file.getvalue()
