"""The first stage of a run: the records of all files that have to be read, and changes by hand, go into the store."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from arsearch.corpus import (
    Article,
    KnownRecord,
    Origin,
    ReadArticle,
    read_records,
    read_stream,
    report_links,
)
from arsearch.corpus.files.names import path_of, path_text
from arsearch.corpus.own_fields import own_values
from arsearch.errors import ArticleNotFoundError
from arsearch.index.store.legacy.one_file import LegacyArticle
from arsearch.index.store.schema import ADDED_BY_HAND
from arsearch.index.store.stored import open_stored
from arsearch.index.store.writer import StoreWriter
from arsearch.index.update.file_batches import (
    FileBatch,
    FileProblem,
    batch_from_json,
    options_as_json,
    read_batches,
)
from arsearch.index.update.helper import Helper
from arsearch.index.update.ingest import Ingest
from arsearch.index.update.plan import STANDARD_INPUT, Plan, reading_of
from arsearch.index.update.preprocess import reading_options
from arsearch.index.update.sources import Key, observe
from arsearch.index.update.task import UpdateTask

__all__ = ["read_everything"]

_OVER_HTTP = Origin(Path("writes"), Path("writes"), "log")
_HELPED_BYTES = 1 << 20
"""So many bytes to read are worth another process."""


def read_everything(plan: Plan, task: UpdateTask, store: StoreWriter, ingest: Ingest, helper: Helper) -> None:
    """Read what *plan* says into *store* by way of *ingest*, and settle which record counts for each id.

    *helper* reads large files.

    Raises CorpusError for a file that cannot be read, ArticleNotFoundError for an id that cannot be deleted by hand.
    """
    _Reading(plan, task, store, ingest, helper).run()


class _Reading:
    def __init__(self, plan: Plan, task: UpdateTask, store: StoreWriter, ingest: Ingest, helper: Helper) -> None:
        self._helper = helper
        self._plan = plan
        self._task = task
        self._store = store
        self._ingest = ingest
        self._report = task.report
        self._options = reading_options(task.settings)
        self._reads_as_before = store.state.facts.get("reading") == reading_of(task.settings)
        self._read_before = 0

    def run(self) -> None:
        scan = self._plan.scan
        self._ingest.order_files(scan.ranks, scan.to_read, forgotten=self._plan.forgotten)
        self._ingest.forget(scan.gone)
        for key, state in scan.touched.items():
            self._store.files.set_state(self._store.files.number_of(*key), state)
        self._task.progress("reading", 0, scan.total_bytes)
        files: dict[str, list[Key]] = {}
        for key in scan.to_read:
            files.setdefault(key[0], []).append(key)
        for source in self._plan.sources:
            if self._plan.inherited and source in self._plan.missing:
                self._take_over_source(source, self._plan.inherited)
            for key in files.get(path_text(source), ()):
                self._read_file(key)
        for source, link in scan.links:
            report_links(source, [link], self._report)
        self._change_by_hand()
        self._ingest.settle()
        for number, outcomes in self._ingest.outcomes.items():
            self._report.tallies[number].add(outcomes)
        self._store.state.facts["reading"] = reading_of(self._task.settings)

    # Files

    def _read_file(self, key: Key) -> None:
        began = time.time_ns()
        problems = self._report.count
        path, total = path_of(key[1]), self._plan.scan.total_bytes
        file = self._store.files.number_of(*key)
        known = self._ingest.known_lines(file) if self._reads_as_before else {}
        for batch in self._batches(path, path_of(key[0]), known):
            for item in batch.met:
                if isinstance(item, KnownRecord):
                    self._keep(known[item.origin.digest], item.origin, file)
                elif isinstance(item, ReadArticle):
                    self._put(item, file)
                elif isinstance(item, FileProblem):
                    item.tell(self._report)
                else:
                    self._report.count_unknown(item)
            self._task.progress("reading", min(self._read_before + batch.position, total), total)
        state = observe(key, began=began, problems=self._report.count - problems)
        self._store.files.set_state(file, state)
        self._read_before += path.stat().st_size

    def _batches(self, path: Path, source: Path, known: Mapping[bytes, int]) -> Iterator[FileBatch]:
        if self._plan.scan.total_bytes < _HELPED_BYTES or not self._helper.is_wanted:
            yield from read_batches(path, source, self._options, known.keys())
            return
        asked = path_text(path), path_text(source), options_as_json(self._options), [digest.hex() for digest in known]
        for written in self._helper.stream("read", *asked):
            yield batch_from_json(written, source)

    def _keep(self, ordinal: int, origin: Origin, file: int) -> None:
        """Take in a record that gave the article *ordinal* before."""
        tally = self._report.tally_number(origin)
        if self._ingest.keep(ordinal, file, tally):
            self._report.tallies[tally].read += 1
        else:
            self._put(ReadArticle(self._ingest.article(ordinal), origin), file)

    def _put(self, record: ReadArticle, file: int) -> None:
        article, origin = record.article, record.origin
        outcome = self._ingest.put(article, file, self._report.tally_number(origin), origin.digest)
        self._report.tally(origin).count(article)
        if outcome == "replaced":
            message = f"the id {article.id!r} was read before; this record takes the place of that one"
        elif outcome == "passed over":
            message = f"the id {article.id!r} is also that of an article of a later file, which counts"
        else:
            return
        self._report.add(origin, message, skipped=False)

    # What no file gives

    def _take_over_source(self, source: Path, inherited: Path) -> None:
        """Take the articles of a source that is not there any more from the earlier commit."""
        with open_stored(inherited) as old:
            for stored in old.articles_of(path_text(source)):
                self._take_over(stored, source, self._store.files.add(path_text(source), stored.path))

    def _take_over(self, stored: LegacyArticle, source: Path, file: int) -> None:
        origin = Origin(source, path_of(stored.path), "earlier index")
        self._ingest.put(self._as_declared(stored.article), file, self._report.tally_number(origin))
        self._report.tally(origin).count(stored.article)

    def _as_declared(self, article: Article) -> Article:
        """Return an *article* of an earlier index with those of its own fields that are declared now."""
        own = self._task.settings.own_fields
        return replace(article, extra=own_values(article.extra, own, [])) if article.extra else article

    def _change_by_hand(self) -> None:
        if self._plan.inherited:
            with open_stored(self._plan.inherited) as old:
                self._ingest.add_tombstones(old.tombstones())
                for stored in old.added_by_hand():
                    self._take_over(stored, Path("added by hand"), ADDED_BY_HAND)
        changes = self._task.changes
        for path in changes.add:
            records = (
                read_stream(sys.stdin.buffer, "standard input", self._report, self._options)
                if path == STANDARD_INPUT
                else read_records(path, self._report, self._options)
            )
            for record in records:
                self._ingest.allow(record.article.id)
                self._put(record, ADDED_BY_HAND)
        for article in changes.put:
            self._ingest.allow(article.id)
            self._put(ReadArticle(article, _OVER_HTTP), ADDED_BY_HAND)
        self._ingest.add_tombstones(each for each in changes.remove if self._ingest.has(each))
        unknown = [identifier for identifier in changes.delete if not self._ingest.has(identifier)]
        if unknown:
            raise ArticleNotFoundError(
                f"No article has the id {', '.join(map(repr, unknown))}: nothing was deleted. "
                "Search, and take the id of a hit."
            )
        self._ingest.add_tombstones(changes.delete)
