"""What an indexing run starts from: which sources it reads, and whether the live commit can be built upon."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from arsearch.arabic import ANALYSIS_VERSION
from arsearch.article_fields import OwnFields
from arsearch.corpus import READING_VERSION, Article, check_sources
from arsearch.corpus.files.names import path_of, path_text
from arsearch.errors import CorpusError, CorruptIndexError, IncompatibleIndexError, NoIndexError
from arsearch.index.layout import ARTICLES_FOLDER, SEMANTIC_FOLDER, Layout
from arsearch.index.manifest import MANIFEST_FILE, Manifest, known_sources, named_today
from arsearch.index.store.files import FileState
from arsearch.index.store.legacy.one_file import FIRST_ARTICLES_FILE
from arsearch.index.store.stored import CurrentStore, open_stored
from arsearch.index.update.preprocess import preprocessing_of, reading_options
from arsearch.index.update.sources import Scan, is_there, scan
from arsearch.semantic import Encoder, load_encoder, stored_as
from arsearch.settings import BUNDLED_ENCODER, Settings

__all__ = ["STANDARD_INPUT", "Changes", "Plan", "Previous", "make_plan", "reading_of"]


STANDARD_INPUT = Path("-")
_OF_ARTICLES = (ARTICLES_FOLDER, FIRST_ARTICLES_FILE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What a run does beside reading sources."""

    forget: tuple[Path, ...] = ()
    """Sources that are dropped, with their articles."""
    add: tuple[Path, ...] = ()
    """Files and folders whose articles are added by hand; ``-`` is standard input."""
    delete: tuple[str, ...] = ()
    """Ids of articles that are deleted by hand."""
    put: tuple[Article, ...] = ()
    """Articles that are added by hand, or changed."""
    remove: tuple[str, ...] = ()
    """Ids of articles that are deleted by hand if they are there."""
    log_position: int = 0
    """The number of the last write of the log that is among these, 0 if none is."""
    compact: bool = False
    """Whether the stores are written anew as small as they can be."""
    embed: bool = False
    """Whether passages that wait for their vectors get them, though nothing else changes."""

    @property
    def by_hand(self) -> bool:
        """Whether it changes articles by hand, or their stores: sources are not read then."""
        return bool(self.add or self.delete or self.put or self.remove or self.compact or self.embed)


@dataclass(frozen=True, slots=True)
class Previous:
    """The live commit an update starts from."""

    folder: Path
    manifest: Manifest


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do."""

    sources: tuple[Path, ...]
    """All sources of the new commit, in the order in which they are read."""
    wanted: tuple[Path, ...]
    """Those of which the files are looked at."""
    missing: tuple[Path, ...]
    """Those that are not there, and of which the articles stay."""
    encoder: Encoder
    previous: Previous | None
    inherited: Path | None
    """The commit that gives the articles of missing sources and those added by hand, where all begins anew."""
    reason: str
    """Why everything is worked on again although there was an index and it was not asked for; else empty."""
    live: str
    """The name of the commit that was live when the run began, or empty."""
    scan: Scan
    forgotten: tuple[str, ...] = ()
    nothing_to_do: bool = False
    log_position: int = 0
    """The number of the last write of the log that is in the live commit."""
    unchanged: int = 0
    """If there is nothing to do: how many articles of the sources in question are as they were."""


def make_plan(
    layout: Layout,
    settings: Settings,
    sources: Sequence[Path],
    changes: Changes,
    *,
    full: bool,
    strict: bool,
    damage: str = "",
    encoder: Encoder | None = None,
) -> Plan:
    """Return what a run on *sources* has to do; needs the lock.

    *damage* says why nothing can be built upon, if so; *encoder* is one that is loaded already.

    If the live commit cannot be built upon, all its sources are read again beside *sources*, and what they do not
    give any more is taken from its article store: nothing that was in the index is lost because of a new model or new
    rules. Raises NoIndexError if there is nothing to read, CorruptIndexError if it cannot be told what was in the
    index, CorpusError for sources that cannot be read, EncoderError for a model that cannot be loaded.
    """
    live, manifest, reason = _live(layout, forgiving=full and bool(sources))
    folder = layout.commit(live)
    model = settings.model or (_encoder_of(folder) if live else "") or BUNDLED_ENCODER
    encoder = encoder if encoder is not None and encoder.name == model else load_encoder(model)
    known = [path_of(source) for source in known_sources(folder)] if live else []
    _check_forgotten(changes.forget, known)
    remembered = [source for source in known if source not in changes.forget]
    if not live and not sources and not changes.add and not changes.put:
        raise NoIndexError(
            f"There is no index in {layout.root} to bring up to date. "
            f"Run `arsearch index SOURCE... --index {layout.root}`."
        )
    check_sources(sources)
    reason = reason or damage
    if manifest and not full and not reason:
        reason = _obstacle(folder, manifest, settings, encoder)
    fresh = full and bool(sources)
    every = list(dict.fromkeys(sources if fresh else [*remembered, *sources]))
    missing = [source for source in every if not is_there(source)]
    plan = Plan(
        sources=tuple(every),
        wanted=tuple(source for source in every if source not in missing),
        missing=tuple(missing),
        encoder=encoder,
        previous=None,
        inherited=None if fresh or not live else folder,
        reason=reason,
        live=live,
        scan=Scan(),
        forgotten=tuple(map(path_text, changes.forget)),
        log_position=max(changes.log_position, manifest.log_position if manifest else 0),
    )
    if manifest and not reason and not full:
        update = _update(plan, Previous(folder, manifest), sources, settings, changes, strict=strict)
        if update.nothing_to_do or not (reason := " ".join(manifest.quick_faults(folder))):
            return update
    inherited = _inheritable(plan.inherited, manifest, missing) if plan.inherited else None
    found = scan(every, plan.wanted, {}, index=layout.root.resolve(), strict=strict, follow_links=settings.follow_links)
    return replace(plan, reason=reason, inherited=inherited, scan=found)


def _update(
    plan: Plan, previous: Previous, sources: Sequence[Path], settings: Settings, changes: Changes, *, strict: bool
) -> Plan:
    """Return the plan that builds upon *previous*."""
    if changes.by_hand:  # no source is looked at
        return replace(plan, wanted=(), missing=(), previous=previous, inherited=None)
    wanted = tuple(sources) or plan.wanted
    with open_stored(previous.folder) as store:
        assert isinstance(store, CurrentStore)
        known = {key: state for key, state in store.files().items() if key[0] not in plan.forgotten}
        if store.fact("reading") != reading_of(settings):
            known = {key: FileState(*key, shared=state.shared) for key, state in known.items()}
        unchanged = store.count([path_text(source) for source in wanted])
    found = scan(
        plan.sources, wanted, known, index=settings.index.resolve(), strict=strict, follow_links=settings.follow_links
    )
    return replace(
        plan,
        wanted=wanted,
        missing=() if sources else plan.missing,
        previous=previous,
        inherited=None,
        scan=found,
        nothing_to_do=found.nothing and not changes.forget and not previous.manifest.waiting,
        unchanged=unchanged,
    )


def reading_of(settings: Settings) -> str:
    """Return what files that have not changed were read with: another value means that they are read again."""
    return f"version {READING_VERSION}, {reading_options(settings)}"


def _encoder_of(folder: Path) -> str:
    """Return the encoder that the manifest of *folder* names, whatever its version; none if it cannot be read."""
    try:
        return named_today(json.loads((folder / MANIFEST_FILE).read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _check_forgotten(forget: Sequence[Path], known: Sequence[Path]) -> None:
    for source in forget:
        if source not in known:
            named = ", ".join(map(path_text, known)) or "none"
            raise CorpusError(
                f"{path_text(source)} is no source of this index, so it cannot be forgotten. Its sources are: {named}."
            )


def _inheritable(folder: Path, manifest: Manifest | None, missing: Sequence[Path]) -> Path | None:
    """Return *folder* if its article store is whole, None if it is not and nothing is lost without it.

    Raises CorruptIndexError if something would be lost.
    """
    try:
        files = [name for name in manifest.files if name.split("/")[0] in _OF_ARTICLES] if manifest else []
        is_whole = manifest is None or not any(manifest.fault_of(folder, name) for name in files)
        with open_stored(folder):
            if is_whole:
                return folder
    except (CorruptIndexError, OSError):
        pass
    if not missing and (manifest is None or not manifest.by_hand):
        return None
    raise CorruptIndexError(
        f"The article store of {folder} is damaged, and nothing else has what was added or deleted by hand, or came "
        "from sources that are not there any more. Run `arsearch rollback`, or `arsearch index --full SOURCE...` with "
        "the sources that remain."
    )


def _live(layout: Layout, *, forgiving: bool) -> tuple[str, Manifest | None, str]:
    """Return the name of the live commit, its manifest if it can be used, and why not."""
    try:
        live = layout.current()
    except NoIndexError:
        return "", None, ""
    except CorruptIndexError:
        if forgiving:
            return "", None, ""
        raise
    try:
        return live, layout.live_manifest(), ""
    except IncompatibleIndexError as error:
        return live, None, str(error)
    except CorruptIndexError:
        if forgiving:
            return live, None, ""
        raise


def _declared_otherwise(before: OwnFields, now: OwnFields) -> str:
    """Return how the declarations of own fields differ, in a sentence."""
    kinds, known = ({field.name: field.kind for field in fields} for fields in (before, now))
    changes = [
        f"{name} was {kinds[name]} and is {kind}" if name in kinds else f"{name} is new"
        for name, kind in known.items()
        if kinds.get(name) != kind
    ]
    changes += [f"{name} is gone" for name in kinds if name not in known]
    return f"The declared fields have changed: {', '.join(changes)}."


def _obstacle(folder: Path, manifest: Manifest, settings: Settings, encoder: Encoder) -> str:
    """Return why the commit in *folder* cannot be built upon, or an empty text if it can as far as is known."""
    if manifest.analysis_version != ANALYSIS_VERSION:
        return "The rules of analysis have changed since the index was made."
    if manifest.passage_words != settings.passage_words:
        return "The length of passages has been set to another value."
    if manifest.own_fields != settings.own_fields:
        return _declared_otherwise(manifest.own_fields, settings.own_fields)
    if manifest.refinement != preprocessing_of(settings):
        return "How articles are read, cleaned or compared has been set to something else."
    made_with = (manifest.encoder, manifest.encoder_fingerprint, manifest.dimension)
    if made_with != (encoder.name, encoder.fingerprint, encoder.dimension):
        return f"The encoder {encoder.name!r} differs from the one the index was made with."
    if stored_as(folder / SEMANTIC_FOLDER) != settings.vector_storage:
        return "How vectors are stored has been set to something else."
    try:
        with open_stored(folder) as store:
            if not (isinstance(store, CurrentStore) and store.is_current):
                return "The article store was written by another version of arsearch."
    except CorruptIndexError:
        return f"The article store in {folder} is damaged."
    return ""
