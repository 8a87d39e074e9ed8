"""Addresses in, HTML files out: pages as they are, and the pages that the entries of a feed point to.

Beside the files stands ``.fetched.json``, which remembers what servers said of the age of each page, so that the next
run only asks whether it has changed. A hidden file is no article, so the folder can be indexed as it is.
"""

from __future__ import annotations

import copy
import hashlib
import io
import itertools
import json
import os
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urldefrag, urljoin, urlsplit

from arsearch.corpus.detect_format import by_content
from arsearch.corpus.options import ReadingOptions
from arsearch.corpus.source_document import Budget, SourceDocument
from arsearch.errors import ArsearchError, FetchError
from arsearch.fetch.client import NOT_MODIFIED, FetchedPage, PoliteClient, StatusError, UnreachableError

__all__ = ["FetchSummary", "fetch"]

_MEMORY = ".fetched.json"
_VALIDATORS = {"etag": "If-None-Match", "last-modified": "If-Modified-Since"}
_PAGES = ("text/html", "application/xhtml+xml")
_UNSAFE = re.compile(r"[^\w.-]+")
_NAME_CHARACTERS = 80
_MAX_ENTRIES = 1_000


@dataclass(slots=True)
class FetchSummary:
    """What a run did, by address."""

    saved: dict[str, str] = field(default_factory=dict)
    """The file of each page that was saved."""
    unchanged: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    """Why each address that gave nothing did not."""
    again: dict[str, float] = field(default_factory=dict)
    """Which of these may do better soon, each with how many seconds the server wants to be left alone; 0: it does not
    say."""


def fetch(
    urls: Iterable[str],
    folder: Path,
    client: PoliteClient,
    *,
    only_new: bool = False,
    on_failure: Callable[[str], None] | None = None,
) -> FetchSummary:
    """Save the pages at *urls*, and those that feeds at *urls* point to, into *folder*.

    With *only_new*, pages that are there already and whose entry in the feed has not changed are not asked for.
    Addresses that fail are told to *on_failure* and do not stop the others. What is remembered of a page is on the disk
    after the page itself. Raises ArsearchError if *folder* cannot be written to.
    """
    summary = FetchSummary()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        memory = _remembered(folder)
        before = copy.deepcopy(memory)
        try:
            for url in urls:
                _fetch(urldefrag(url)[0], folder, client, memory, summary, on_failure, only_new=only_new)
        finally:
            if summary.saved:
                _sync(folder)
            if memory != before:
                _replace(folder / _MEMORY, json.dumps(memory, ensure_ascii=False, indent=1).encode())
    except OSError as error:
        raise ArsearchError(
            f"The folder {folder} cannot be written to: {error.strerror or error}. Name another with --out."
        ) from error
    return summary


def _fetch(
    url: str,
    folder: Path,
    client: PoliteClient,
    memory: dict[str, dict[str, str]],
    summary: FetchSummary,
    on_failure: Callable[[str], None] | None,
    *,
    only_new: bool = False,
    entry: str | None = None,
) -> None:
    """Fetch *url*; *entry* is set for a page that a feed points to: what that says of when it was changed."""
    known = memory.get(url, {})
    still_there = known.get("file") is None or (folder / known["file"]).is_file()
    if only_new and entry is not None and still_there and known.get("entry") == entry:
        return
    asked = {header: known[name] for name, header in _VALIDATORS.items() if name in known and still_there}
    try:
        answer = client.get(url, asked)
        if answer.status == NOT_MODIFIED:
            summary.unchanged.append(url)
            if entry is not None:
                memory[url] = known | {"entry": entry}
            return
        links = _links_of_feed(answer) if entry is None else None
        if links is None:
            _save(url, answer, folder, memory, summary)
            if entry is not None:
                memory[url]["entry"] = entry
            return
    except FetchError as error:
        summary.failed[url] = str(error)
        if isinstance(error, StatusError) and error.is_temporary:
            summary.again[url] = error.retry_after
        elif isinstance(error, UnreachableError):
            summary.again[url] = 0.0
        if on_failure is not None:
            on_failure(str(error))
        return
    for link, changed in links.items():
        _fetch(link, folder, client, memory, summary, on_failure, only_new=only_new, entry=changed)
    # Only now, and only if no page may be there the next time: until then the feed is asked for in full.
    if summary.again.keys().isdisjoint(links):
        memory[url] = _validators(answer)
    else:
        memory.pop(url, None)


def _links_of_feed(answer: FetchedPage) -> dict[str, str] | None:
    """Return the addresses of the entries, with when they were changed, if *answer* is a feed, else None."""
    reader = by_content(answer.body[: 64 * 1024], "")
    if reader is None or reader.NAME != "feed":
        return None
    from arsearch.corpus.readers.feed import entry_links

    options = ReadingOptions()
    document = SourceDocument(Path("feed"), io.BytesIO(answer.body), options, budget=Budget(len(answer.body), options))
    try:
        links = {urldefrag(urljoin(answer.url, link))[0]: changed for link, changed in entry_links(document)}
    except ValueError as error:
        raise FetchError(f"The feed {answer.url} cannot be read: {error}.") from None
    return dict(itertools.islice(links.items(), _MAX_ENTRIES))


def _save(
    url: str, answer: FetchedPage, folder: Path, memory: dict[str, dict[str, str]], summary: FetchSummary
) -> None:
    kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in _PAGES:
        raise FetchError(f"The address {url} answers with {kind or 'something'}, not with a page or a feed.")
    name = _file_name(url)
    _replace(folder / name, answer.body)
    memory[url] = {"file": name, **_validators(answer)}
    summary.saved[url] = name


def _replace(path: Path, data: bytes) -> None:
    """Let *path* hold *data*, all of it or none, also after a loss of power."""
    aside = path.with_name(f".{path.name.removeprefix('.')}.new")
    with aside.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)


def _sync(folder: Path) -> None:
    """Let the names of the files in *folder* outlive a loss of power."""
    if os.name != "nt":  # which cannot open folders
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _validators(answer: FetchedPage) -> dict[str, str]:
    return {name: answer.headers[name] for name in _VALIDATORS if name in answer.headers}


def _file_name(url: str) -> str:
    """Return a name for the page at *url* that no other address has, and that no file system minds."""
    parts = urlsplit(url)
    readable = _UNSAFE.sub("-", f"{parts.hostname}{parts.path}").strip("-.")[:_NAME_CHARACTERS]
    return f"{readable}-{hashlib.sha256(url.encode()).hexdigest()[:8]}.html"


def _remembered(folder: Path) -> dict[str, dict[str, str]]:
    try:
        memory = json.loads((folder / _MEMORY).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    valid = isinstance(memory, dict) and all(
        isinstance(entry, dict) and all(isinstance(value, str) for value in entry.values()) for entry in memory.values()
    )
    return memory if valid else {}
