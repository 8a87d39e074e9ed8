"""What an indexing run starts from: which sources it reads, and whether the live generation can be built upon."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from arsearch.arabic import ANALYSIS_VERSION
from arsearch.corpus import check_sources
from arsearch.errors import CorpusError, CorruptIndexError, IncompatibleIndexError, NoIndexError
from arsearch.index.layout import Layout
from arsearch.index.manifest import Manifest, known_sources
from arsearch.index.refine import refinement_of
from arsearch.semantic import Encoder, load_encoder
from arsearch.settings import BUNDLED_ENCODER, Settings

__all__ = ["Plan", "Previous", "make_plan"]


@dataclass(frozen=True, slots=True)
class Previous:
    """The live generation an update starts from."""

    folder: Path
    manifest: Manifest


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do."""

    sources: tuple[Path, ...]
    """What is read."""
    known: tuple[str, ...]
    """Sources whose articles stay although they are not read."""
    encoder: Encoder
    previous: Previous | None
    reason: str
    """Why everything is worked on again although there was an index and it was not asked for; else empty."""
    live: str
    """The name of the generation that was live when the run began, or empty."""


def make_plan(layout: Layout, settings: Settings, sources: Sequence[Path], *, full: bool) -> Plan:
    """Return what a run on *sources* has to do; needs the lock.

    If the live generation cannot be built upon, its own sources are read again beside *sources*: nothing that was in
    the index is lost because of a new model or new rules. Raises NoIndexError if there is nothing to read,
    CorruptIndexError if it cannot be told what was in the index, CorpusError for sources that cannot be read,
    EncoderError for a model that cannot be loaded.
    """
    live, manifest, reason = _live(layout, forgiving=full and bool(sources))
    encoder = load_encoder(settings.model or (manifest.encoder if manifest else BUNDLED_ENCODER))
    folder = layout.generation(live)
    known = known_sources(folder) if live else ()
    if not sources and not known:
        raise NoIndexError(
            f"There is no index in {layout.root} to bring up to date. "
            f"Run `arsearch index SOURCE... --index {layout.root}`."
        )
    if manifest and not full:
        reason = _obstacle(folder, manifest, settings, encoder)
    again = [Path(source) for source in known]
    if manifest and not reason and not full:
        wanted = list(sources) or again
        previous = Previous(folder, manifest)
    else:
        wanted = list(sources) or again if full else [*again, *sources]
        previous = None
    wanted = list(dict.fromkeys(wanted))
    _check_remembered([source for source in wanted if source not in sources], layout)
    check_sources(wanted)
    return Plan(tuple(wanted), known if previous else (), encoder, previous, reason, live)


def _check_remembered(sources: Sequence[Path], layout: Layout) -> None:
    """Raise CorpusError for a source of earlier runs that is not there any more: nobody named it this time."""
    for source in sources:
        if not source.exists():
            raise CorpusError(
                f"{source}, which the index {layout.root} was made from, is not there any more. Bring it back, or name "
                "the sources that remain: `arsearch index SOURCE...` keeps the articles of the others, "
                "`arsearch index --full SOURCE...` drops them."
            )


def _live(layout: Layout, *, forgiving: bool) -> tuple[str, Manifest | None, str]:
    """Return the name of the live generation, its manifest if it can be used, and why not."""
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


def _obstacle(folder: Path, manifest: Manifest, settings: Settings, encoder: Encoder) -> str:
    """Return why the generation in *folder* cannot be built upon, or an empty text if it can."""
    if manifest.analysis_version != ANALYSIS_VERSION:
        return "The rules of analysis have changed since the index was made."
    if manifest.passage_words != settings.passage_words:
        return "The length of passages has been set to another value."
    if manifest.refinement != refinement_of(settings):
        return "How articles are read, cleaned or compared has been set to something else."
    made_with = (manifest.encoder, manifest.encoder_fingerprint, manifest.dimension)
    if made_with != (encoder.name, encoder.fingerprint, encoder.dimension):
        return f"The encoder {encoder.name!r} differs from the one the index was made with."
    return " ".join(manifest.faults(folder))
