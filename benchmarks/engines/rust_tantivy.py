"""tantivy through its Python binding, on words that were analysed before."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import tantivy

from benchmarks.engines.base import TOP, stem_lines

__all__ = ["Tantivy"]

_HEAP_BYTES = 256 << 20


class Tantivy:
    """One indexing thread; its merges run in threads of their own, as they always do."""

    def index(self, documents: Path, folder: Path) -> None:
        """Index with positions and frequencies."""
        builder = tantivy.SchemaBuilder()
        builder.add_text_field("text", stored=False, tokenizer_name="whitespace", index_option="position")
        builder.add_unsigned_field("number", stored=True)
        writer = tantivy.Index(builder.build(), path=str(folder)).writer(heap_size=_HEAP_BYTES, num_threads=1)
        for number, line in enumerate(stem_lines(documents)):
            document = tantivy.Document()
            document.add_text("text", line)
            document.add_unsigned("number", number)
            writer.add_document(document)
        writer.commit()
        writer.wait_merging_threads()

    def settle(self, folder: Path) -> None:
        """Nothing to do: the binding has no merging of all segments."""

    def open(self, folder: Path) -> None:
        """Open a searcher."""
        index = tantivy.Index.open(str(folder))
        self._schema = index.schema
        self._searcher = index.searcher()

    def prepare(self, text: str, stems: Sequence[str]) -> Any:  # noqa: ARG002  # does not analyse
        """Return the query of the stems."""
        terms = [tantivy.Query.term_query(self._schema, "text", stem) for stem in stems]
        return tantivy.Query.boolean_query([(tantivy.Occur.Should, term) for term in terms])

    def search(self, query: Any) -> Any:
        """Answer, without counting all matches, so that tantivy may pass over blocks."""
        return self._searcher.search(query, TOP, count=False)

    def numbers(self, found: Any) -> list[int]:
        """Return the stored numbers."""
        return [self._searcher.doc(address)["number"][0] for _, address in found.hits]
