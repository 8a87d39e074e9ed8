"""The files of a download, whatever it was packed in, and the shapes that the project reads."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

__all__ = ["ConversionError", "members", "parsed", "write_evaluation", "write_json_lines", "write_pairs"]


class ConversionError(Exception):
    """A download does not have the shape that its source published; the message says what was missed, and where."""


def members(source: Path, *patterns: str) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of the files in a folder, a ZIP or a tar file, or of the file itself, sorted by name.

    Archives inside archives are opened. Only names that match one of *patterns*, read as paths from the right.

    Raises:
        ConversionError: if nothing matches, or *source* is not there.
    """
    if not source.exists():
        raise ConversionError(f"{source} is not there")
    found = False
    for name, content in _walk(source):
        if any(PurePosixPath(name).match(pattern) for pattern in patterns):
            found = True
            yield name, content
    if not found:
        raise ConversionError(f"{source} has no {' or '.join(patterns)}")


def _walk(source: Path) -> Iterator[tuple[str, bytes]]:
    paths = sorted(source.rglob("*")) if source.is_dir() else [source]
    for path in paths:
        if path.is_file():
            name = path.relative_to(source).as_posix() if path != source else path.name
            with path.open("rb") as file:
                yield from _unpacked(name, file)


def _unpacked(name: str, file: Any) -> Iterator[tuple[str, bytes]]:
    if name.endswith(".zip"):
        with zipfile.ZipFile(file) as archive:
            for inside in sorted(archive.namelist()):
                if not inside.endswith("/"):
                    yield from _unpacked(inside, io.BytesIO(archive.read(inside)))
    elif name.endswith((".tar", ".tar.gz", ".tgz")):
        with tarfile.open(fileobj=file) as archive:
            for member in sorted(archive.getmembers(), key=lambda member: member.name):
                content = archive.extractfile(member)
                if content is not None:
                    yield from _unpacked(member.name, io.BytesIO(content.read()))
    elif name.endswith(".gz"):
        with gzip.open(file) as packed:
            yield name.removesuffix(".gz"), packed.read()
    else:
        yield name, file.read()


def parsed(name: str, content: bytes) -> Any:
    """Return what a JSON file says. Raises ConversionError, with the name and the line, if it is none."""
    try:
        return json.loads(content.decode("utf-8-sig"))
    except ValueError as error:
        raise ConversionError(f"{name} is not JSON: {error}") from error


def write_json_lines(path: Path, records: Iterable[Mapping[str, Any]]) -> int:
    """Write gzipped JSON lines, the same bytes for the same records, and return how many."""
    path.parent.mkdir(parents=True, exist_ok=True)
    count = 0
    with path.open("wb") as file, gzip.GzipFile("", "wb", fileobj=file, mtime=0) as packed:
        for record in records:
            packed.write(json.dumps(record, ensure_ascii=False).encode() + b"\n")
            count += 1
    return count


def write_pairs(path: Path, pairs: Iterable[tuple[str, str]]) -> int:
    """Write two columns with a tab between them, and return how many lines."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [f"{one}\t{other}\n" for one, other in pairs]
    path.write_text("".join(lines), encoding="utf-8")
    return len(lines)


def write_evaluation(
    folder: Path, corpus: Iterable[Mapping[str, str]], questions: Iterable[tuple[str, str]], prefix: str
) -> int:
    """Write corpus.jsonl.gz, queries.tsv and qrels.txt; each of *questions* has the id of its answer. Count them."""
    write_json_lines(folder / "corpus.jsonl.gz", corpus)
    asked = [(f"{prefix}-q{number}", " ".join(text.split()), answer) for number, (text, answer) in enumerate(questions)]
    (folder / "queries.tsv").write_text("".join(f"{name}\t{text}\n" for name, text, _ in asked), encoding="utf-8")
    (folder / "qrels.txt").write_text("".join(f"{name} 0 {answer} 1\n" for name, _, answer in asked), encoding="utf-8")
    return len(asked)
