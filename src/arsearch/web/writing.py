"""Writing articles over HTTP: decided on what is there now, on the disk before it is answered, and found soon after."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import g

from arsearch.corpus import Article, article_from_mapping
from arsearch.corpus.fields import known_fields, unknown_names
from arsearch.errors import (
    ArsearchError,
    ArticleNotFoundError,
    IndexStateError,
    QueryError,
    ReadOnlyServerError,
    WriteBacklogError,
    WriteConflictError,
)
from arsearch.index import Layout
from arsearch.index.update.preprocess import reading_options
from arsearch.index.writes.log import WriteLog
from arsearch.web.api.responses import WriteItem, WriteResult
from arsearch.web.live import LiveIndex
from arsearch.web.metrics import WriteBacklog
from arsearch.web.problems import problem_details

__all__ = ["Draft", "WriteService", "audit", "version_of"]

_audit_log = logging.getLogger("arsearch.audit")

_LONGEST_WAIT = 30.0
_LOOK_EVERY = 0.02
_MAX_PENDING_BYTES = 256 << 20
_AUDITED_IDS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """One write that is asked for: *record* is the whole article, or with *patch* what is to be another; None deletes.

    *error* is why it cannot be done whatever is there.
    """

    id: str
    record: Mapping[str, Any] | None = None
    patch: bool = False
    if_match: frozenset[str] | None = None
    """Versions, or ``*``, of which the article has to have one."""
    only_new: bool = False
    """Whether it is done only if there is no such article."""
    error: ArsearchError | None = None


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What becomes of a draft, and what the article is afterwards."""

    id: str
    result: WriteResult
    article: Article | None = None
    notes: tuple[str, ...] = ()
    error: ArsearchError | None = None

    @property
    def changes(self) -> bool:
        """Whether anything is to be written."""
        return self.result not in ("refused", "unchanged")

    def as_item(self) -> WriteItem:
        """Return it as it is answered."""
        if self.error is not None:
            problem = problem_details(self.error)
            return WriteItem(id=self.id, status=problem.status, result="refused", version="", notes=[], problem=problem)
        status = 201 if self.result == "created" else 200
        version = version_of(self.article) if self.article else ""
        return WriteItem(id=self.id, status=status, result=self.result, version=version, notes=list(self.notes))


def version_of(article: Article) -> str:
    """Return what ``If-Match`` takes: it changes when any field does."""
    return article.content_hash()


class WriteService:
    """Takes the writes of one server process. Safe to use from several threads."""

    def __init__(self, live: LiveIndex) -> None:
        """Write to the index of *live*, where the setting ``backend`` lets it."""
        self._live = live
        self._layout = Layout(live.backend.local_directory)
        self._log = WriteLog(self._layout.root, self._position)

    def check(self) -> None:
        """Raise ReadOnlyServerError where nothing can be written, WriteBacklogError where too much waits."""
        settings = self._live.settings
        if obstacle := self._live.backend.write_obstacle():
            raise ReadOnlyServerError(obstacle)
        self._log.refresh()
        articles, size = self._log.backlog
        if articles >= settings.max_pending_writes or size > _MAX_PENDING_BYTES:
            raise WriteBacklogError(f"{articles} articles wait for being indexed. Try again in a moment.")

    def draft(self, record: Any, **options: Any) -> Draft:
        """Return the draft of a whole article that *record*, a JSON value, describes, with its id made if it has none.

        What is wrong with it is its ``error``.
        """
        try:
            article, _ = self._article(record)
        except ArsearchError as error:
            named = record.get("id") if isinstance(record, dict) else None
            return Draft(id=str(named) if isinstance(named, (str, int)) else "", error=error)
        return Draft(id=article.id, record=record, **options)

    def write(self, drafts: Sequence[Draft]) -> tuple[list[WriteItem], int]:
        """Do what *drafts* ask for; return what became of each, and the number of the last write.

        They are on the disk then. Raises IndexStateError if nothing can be written.
        """
        outcomes: list[_Outcome] = []

        def decide(log: WriteLog) -> list[tuple[str, Article | None]]:
            # Another request's thread may be the one that decides: nothing here knows of requests.
            with self._live.lend() as searcher:
                self._live.backend.catch_up()
                done: dict[str, Article | None] = {}
                changed: list[tuple[str, Article | None]] = []
                for draft in drafts:
                    if draft.id in done:
                        before = done[draft.id]
                    elif pending := log.pending(draft.id):
                        before = pending.article
                    else:
                        before = self._live.as_read(searcher, draft.id)
                    outcome = self._decide(draft, before)
                    outcomes.append(outcome)
                    if outcome.changes:
                        done[draft.id] = outcome.article
                        changed.append((draft.id, outcome.article))
                return changed

        try:
            number = self._log.append(decide)
        except OSError as error:
            raise IndexStateError(f"Nothing can be written to {self._layout.writes}: {error}.") from error
        return [outcome.as_item() for outcome in outcomes], number

    def _decide(self, draft: Draft, before: Article | None) -> _Outcome:
        """Return what becomes of *draft* where the article is *before*."""
        try:
            if draft.error is not None:
                raise draft.error
            _check_version(draft, before)
            if before is None and (draft.record is None or draft.patch):
                raise ArticleNotFoundError(f"No article has the id {draft.id!r}.")
            if draft.record is None:
                return _Outcome(draft.id, "deleted")
            record = _patched(before, draft.record) if draft.patch and before is not None else draft.record
            article, notes = self._article(record, draft.id)
        except ArsearchError as error:
            return _Outcome(draft.id, "refused", before, error=error)
        result: WriteResult = "created" if before is None else "unchanged" if article == before else "replaced"
        return _Outcome(draft.id, result, article, tuple(notes))

    def _article(self, record: Any, identifier: str = "") -> tuple[Article, list[str]]:
        """Return the article that *record* describes, and what was mended. Raises QueryError."""
        if not isinstance(record, dict):
            raise QueryError("An article must be a JSON object.", field="body")
        options = reading_options(self._live.settings)
        own = dict(options.fields)
        try:
            article, notes = article_from_mapping(
                known_fields(record, own, options.own), default_id=identifier, own=options.own
            )
        except ValueError as error:
            raise QueryError(f"The article cannot be used: {error}.", field="body") from None
        if identifier and article.id != identifier:
            raise QueryError(f"The id in the body, {article.id!r}, is not that of the address.", field="id")
        notes += [f'"{name}" is no field that is kept' for name in unknown_names(record, own, options.own)]
        return article, notes

    # When it can be found

    def is_visible(self, number: int) -> bool:
        """Whether all writes up to *number* can be found, by this process."""
        return self._position() >= number

    def wait(self, number: int) -> bool:
        """Wait until all writes up to *number* can be found, for half a minute at most; return whether they can."""
        until = time.monotonic() + _LONGEST_WAIT
        while not self.is_visible(number):
            if time.monotonic() > until:
                return False
            time.sleep(_LOOK_EVERY)
        return True

    def backlog(self) -> int:
        """Return how many articles wait for being indexed."""
        self._log.refresh()
        return self._log.backlog[0]

    def backlog_state(self) -> WriteBacklog | None:
        """Return what waits for being indexed, for metrics; None where nothing can be written."""
        settings = self._live.settings
        if not settings.tokens:
            return None
        self._log.refresh()
        articles, size = self._log.backlog
        return WriteBacklog(articles, size, self._log.waiting_since, self._log.commit_seconds())

    def _position(self) -> int:
        """Return the number of the last write that is in what this process serves, or was undone by a rollback."""
        applied, applied_in = self._log.applied()
        searcher = self._live.searcher()
        in_commit = searcher.index.manifest.log_position
        if self._live.settings.backend != "local":  # which commit is live there is known as of the last seconds
            return max(applied, in_commit) if searcher.commit == applied_in else in_commit
        if searcher.commit != self._layout.current():
            return in_commit
        return max(applied, in_commit)


def _check_version(draft: Draft, before: Article | None) -> None:
    """Raise WriteConflictError if the article *before* is not what *draft* expects."""
    if draft.only_new and before is not None:
        raise WriteConflictError(f"There is an article {draft.id!r} already.")
    if draft.if_match is None:
        return
    if before is None or ("*" not in draft.if_match and version_of(before) not in draft.if_match):
        raise WriteConflictError(f"The article {draft.id!r} is not the version that If-Match names.")


def _patched(before: Article, patch: Mapping[str, Any]) -> dict[str, Any]:
    """Return *before* with what *patch* says (RFC 7396)."""
    record = before.as_dict()
    record |= record.pop("extra", {})
    for name, value in patch.items():
        if value is None:
            record.pop(name, None)
        else:
            record[name] = value
    if "body" in patch and "structure" not in patch:
        record.pop("structure", None)  # it is of the body that was there
    return record


def audit(action: str, items: Sequence[WriteItem], task: str) -> None:
    """Write down who wrote what."""
    changed = [item.id for item in items if item.result not in ("refused", "unchanged")]
    _audit_log.info(
        "%s: %d of %d",
        action,
        len(changed),
        len(items),
        extra={
            "token": g.get("token", ""),
            "action": action,
            "articles": len(changed),
            "refused": sum(item.result == "refused" for item in items),
            "ids": changed[:_AUDITED_IDS],
            "task": task,
        },
    )
