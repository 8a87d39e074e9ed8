"""The articles of an index as they were read, whatever version wrote it: for other programs, and to index again."""

from __future__ import annotations

import gzip
import json
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO, cast

from arsearch.corpus import Article
from arsearch.errors import ArsearchError
from arsearch.index.durability import sync
from arsearch.index.layout import Layout
from arsearch.index.reader_lock import ReaderLock
from arsearch.index.store.stored import open_stored

__all__ = ["draft_of", "export_articles", "json_line", "stored_articles", "write_lines"]

_GZIP = ".gz"


def stored_articles(index: Path) -> Generator[Article]:
    """Yield the articles of the live commit of *index* in the order of their ids, copies too, as they were read.

    Raises NoIndexError or CorruptIndexError.
    """
    layout = Layout(index)
    folder = layout.commit(layout.current())
    with closing(ReaderLock(folder)), open_stored(folder) as store:
        yield from store.articles()


def export_articles(index: Path, out: Path) -> int:
    """Write the articles of *index* to *out* as JSON lines, deflated if its suffix is ``.gz``; return how many.

    The same articles give the same bytes. Raises what :func:`stored_articles` raises, and ArsearchError if *out*
    cannot be written; what was there before is then as it was.
    """
    with closing(stored_articles(index)) as articles:
        return write_lines(out, map(json_line, articles))


def write_lines(out: Path, lines: Iterable[str]) -> int:
    """Write *lines* to *out*, deflated if its suffix is ``.gz``; return how many. Raises as :func:`draft_of` does."""
    count = 0
    with draft_of(out) as draft, _opened(draft, deflated=out.suffix.lower() == _GZIP) as file:
        for line in lines:
            file.write(line.encode())
            count += 1
    return count


@contextmanager
def draft_of(out: Path) -> Iterator[Path]:
    """Give a path to write to, and put what was written in the place of *out* at the end; on an error nothing changes.

    Raises ArsearchError if it cannot be written.
    """
    draft = out.with_name(f".{out.name}.new")
    try:
        try:
            yield draft
            sync(draft)
            draft.replace(out)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise ArsearchError(
            f"The file {out} cannot be written: {error.strerror or error}. Name another, or make room."
        ) from error


def json_line(article: Article) -> str:
    """Return *article* as a line of the native format, without fields that are empty."""
    fields = {name: value for name, value in article.as_dict().items() if value or name == "body"}
    fields |= fields.pop("extra", {})  # own fields stand beside the others, as they are read
    return json.dumps(fields, ensure_ascii=False) + "\n"


@contextmanager
def _opened(path: Path, *, deflated: bool) -> Iterator[IO[bytes]]:
    with path.open("wb") as raw:
        if not deflated:
            yield raw
            return
        # Neither a name nor a time, so that the bytes depend on nothing but the articles.
        with gzip.GzipFile(filename="", fileobj=raw, mode="wb", mtime=0) as file:
            yield cast("IO[bytes]", file)
