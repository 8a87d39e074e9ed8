"""The parts of an office document, a ZIP file of XML, and what it says of itself."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from arsearch.corpus.parsing.xml_stream import local_name
from arsearch.corpus.records.people import is_placeholder, named_title
from arsearch.corpus.source_document import SourceDocument, UnreadableError, too_long

__all__ = ["OfficeFile", "about_fields", "open_office_file"]

_PLACEHOLDER_DATE = "2013-12-23T23:15:00Z"
"""Of the template of python-docx, in every document made with it."""
_COMMA = re.compile("[,،;؛]")


class OfficeFile:
    """The parts of an open document, by name; each is charged to the budget of *document* when it is read."""

    def __init__(self, document: SourceDocument, archive: zipfile.ZipFile) -> None:
        self._document = document
        self._archive = archive
        self._names = set(archive.namelist())

    def has(self, name: str) -> bool:
        """Whether there is a part called *name*."""
        return name in self._names

    def read(self, name: str) -> bytes:
        """Return the part *name*. Raises UnreadableError if it is longer than a record may be, KeyError if it lacks."""
        limit = self._document.options.max_record_bytes
        with self._archive.open(name) as part:
            data = part.read(limit + 1)
        self._document.budget.charge(len(data))
        if len(data) > limit:
            raise UnreadableError(too_long(f"part {name}", limit))
        return data

    def xml(self, name: str) -> Any:
        """Return the tree of the part *name*, None if there is none. Raises UnreadableError for what is no XML."""
        from lxml import etree

        if not self.has(name):
            return None
        parser = etree.XMLParser(
            resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True
        )
        try:
            return etree.fromstring(self.read(name), parser)
        except etree.XMLSyntaxError as error:
            raise UnreadableError(f"the document is damaged: {name}: {str(error)[:200]}") from None


@contextmanager
def open_office_file(document: SourceDocument) -> Iterator[OfficeFile]:
    """Open *document*. Raises UnreadableError for whatever is wrong with it in the block."""
    try:
        with zipfile.ZipFile(document.seekable()) as archive:
            yield OfficeFile(document, archive)
    except (zipfile.BadZipFile, NotImplementedError, OSError, KeyError, RuntimeError, EOFError) as error:
        if isinstance(error, UnreadableError):
            raise
        raise UnreadableError(f"the document is damaged: {error}") from error
    except Exception as error:
        if type(error).__module__ == "zlib":
            raise UnreadableError(f"the document is damaged: {error}") from error
        raise


def about_fields(tree: Any) -> dict[str, Any]:
    """Return the fields in *tree*, the description of a document in Dublin Core, without what programs fill in."""
    about: dict[str, list[str]] = {}
    for node in tree.iter() if tree is not None else ():
        if isinstance(node.tag, str) and node.text and node.text.strip():
            about.setdefault(local_name(node), []).append(node.text.strip())
    author = next(iter(about.get("creator", about.get("initial-creator", []))), "")
    date = next(iter(about.get("created", about.get("creation-date", about.get("date", [])))), "")
    keywords = [
        tag.strip() for text in [*about.get("keywords", []), *about.get("keyword", [])] for tag in _COMMA.split(text)
    ]
    return {
        "title": named_title(next(iter(about.get("title", [])), "")),
        "author": "" if is_placeholder(author) else author,
        "date": "" if date == _PLACEHOLDER_DATE else date[:10],
        "tags": [tag for tag in keywords if tag],
    }
